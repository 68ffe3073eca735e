// Frames, warps, parts, pasting, landmarks of users, and the library's makeup (F5 to F7 of
// ../shared/spec/faces.md), on drawn faces.
#include "face/album.h"
#include "face/frame.h"
#include "face/makeup.h"
#include "face/parts.h"
#include "face/warp.h"
#include "face_samples.h"
#include "limn/makeup.h"
#include "methods/profile_loss.h"

#define SIDE 96

static void *taken(size_t bytes) {
    void *block = malloc(bytes);
    assert_non_null(block);
    return block;
}

static float *frame_of(int smooth, int side) {
    limn_picture *picture = make(smooth, 0, side, side);
    float *rgb = taken(3 * (size_t)side * (size_t)side * sizeof *rgb);
    memcpy(rgb, picture->rgb, 3 * (size_t)side * (size_t)side * sizeof *rgb);
    limn_picture_free(picture);
    return rgb;
}

// ---- windows ----

// A whole picture as a window of its own size is itself; resized it is what resizing gives.
static void windows(void **state) {
    (void)state;
    limn_picture *picture = make(0, 0, 40, 30), *resized;
    float *rgb = taken(3 * 40 * 30 * sizeof *rgb);
    limn_window all = {0, 0, 40, 30};
    for (int beyond = 0; beyond < 2; beyond++)
        for (int filter = 0; filter < 3; filter++) {
            assert_int_equal(limn_window_sample(picture, all, (limn_filter)filter,
                                                (limn_beyond)beyond, 40, 30, rgb),
                             LIMN_OK);
            for (int i = 0; i < 3 * 40 * 30; i++)
                assert_true(fabsf(rgb[i] - picture->rgb[i]) < 1e-3F);
        }
    assert_int_equal(limn_picture_resize(picture, 17, 11, LIMN_BILINEAR, &resized), LIMN_OK);
    assert_int_equal(
        limn_window_sample(picture, all, LIMN_BILINEAR, LIMN_BEYOND_BLACK, 17, 11, rgb), LIMN_OK);
    for (int i = 0; i < 3 * 17 * 11; i++) assert_true(fabsf(rgb[i] - resized->rgb[i]) < 1e-2F);
    limn_picture_free(resized);
    limn_picture_free(picture);
    free(rgb);
}

// Outside there is black, or the edge; between pixels a part of each.
static void beyond(void **state) {
    (void)state;
    limn_picture *picture;
    float rgb[3 * 4];
    assert_int_equal(limn_picture_new(2, 1, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 6; i++) picture->rgb[i] = i % 2 ? 200 : 100;
    limn_window wide = {-1, 0, 4, 1}, half = {0.5, 0, 1, 1};
    assert_int_equal(limn_window_sample(picture, wide, LIMN_BILINEAR, LIMN_BEYOND_BLACK, 4, 1, rgb),
                     LIMN_OK);
    static const float black[] = {0, 100, 200, 0}, edge[] = {100, 100, 200, 200};
    for (int i = 0; i < 12; i++) assert_true(fabsf(rgb[i] - black[i % 4]) < 1e-4F);
    assert_int_equal(limn_window_sample(picture, wide, LIMN_BILINEAR, LIMN_BEYOND_EDGE, 4, 1, rgb),
                     LIMN_OK);
    for (int i = 0; i < 12; i++) assert_true(fabsf(rgb[i] - edge[i % 4]) < 1e-4F);
    assert_int_equal(limn_window_sample(picture, half, LIMN_BILINEAR, LIMN_BEYOND_EDGE, 1, 1, rgb),
                     LIMN_OK);
    assert_true(fabsf(rgb[0] - 150) < 1e-4F);
    limn_picture_free(picture);
}

// ---- landmarks ----

static void frames(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(100, 50, 200);
    limn_bounds box = limn_landmarks_bounds(&face);
    limn_window frame = limn_frame_of(&face);
    double size = fmax(box.right - box.left, box.bottom - box.top);
    assert_true(fabs(frame.width - 1.15 * size) < 1e-9 && frame.width == frame.height);
    assert_true(fabs(frame.left + frame.width / 2 - (box.left + box.right) / 2) < 1e-9);
    assert_true(fabs(frame.top + 0.55 * frame.width - (box.top + box.bottom) / 2) < 1e-9);
    limn_landmarks in = limn_frame_landmarks(&face, frame, SIDE);
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        assert_true(in.point[i].x > 0 && in.point[i].x < SIDE && in.point[i].y > 0 &&
                    in.point[i].y < SIDE);
}

static void faults(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(10, 10, 100), other = face;
    assert_null(limn_landmarks_fault(&face));
    other = sample_landmarks(10, 10, 50);
    assert_string_equal(limn_landmarks_fault(&other), "it is smaller than 48 pixels");
    other = face; // from the side: all across is a tenth
    for (int i = 0; i < LIMN_LANDMARKS; i++) other.point[i].x = 50 + 0.1 * face.point[i].x;
    assert_string_equal(limn_landmarks_fault(&other), "it is turned away");
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        other.point[i] = (limn_point){face.point[i].x, -face.point[i].y};
    assert_string_equal(limn_landmarks_fault(&other), "its landmarks are not those of a face");
    for (int i = 0; i < LIMN_LANDMARKS; i++) // turned by a quarter: still a face
        other.point[i] = (limn_point){300 - face.point[i].y, face.point[i].x};
    assert_null(limn_landmarks_fault(&other));
    other.point[3].x = NAN;
    assert_true(limn_landmarks_size(&other) > 0);
}

// ---- the warp ----

static bool in_hull(const unsigned char *labels, size_t pixel) {
    return labels[pixel] != LIMN_FACE_PARTS;
}

// F5: equal landmarks give the frame itself; the mask is the hull, as the parts have it.
static void warp_itself(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(0, 0, SIDE);
    float *rgb = frame_of(0, SIDE), *out = taken(3 * SIDE * SIDE * sizeof *out);
    float *mask = taken(SIDE * SIDE * sizeof *mask);
    unsigned char *labels = taken(SIDE * SIDE);
    limn_framed both = {rgb, &face};
    assert_int_equal(limn_face_warp(SIDE, both, both, out, mask), LIMN_OK);
    for (size_t i = 0; i < 3 * SIDE * SIDE; i++) assert_true(fabsf(out[i] - rgb[i]) <= 0.5F);
    limn_face_label(&face, SIDE, labels);
    int inside = 0, unlike = 0;
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        inside += mask[i] == 1;
        unlike += in_hull(labels, i) && mask[i] != 1; // openings are of no part
    }
    assert_true(inside > SIDE * SIDE / 4);
    assert_int_equal(unlike, 0);
    free(rgb), free(out), free(mask), free(labels);
}

// The reference's landmarks moved by an affine map move its picture.
static void warp_affine(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(0, 0, SIDE), moved = face;
    float *rgb = taken(3 * SIDE * SIDE * sizeof *rgb), *out = taken(3 * SIDE * SIDE * sizeof *out);
    float *mask = taken(SIDE * SIDE * sizeof *mask);
    for (size_t c = 0; c < 3; c++) // smooth: a ramp in both directions
        for (size_t y = 0; y < SIDE; y++)
            for (size_t x = 0; x < SIDE; x++)
                rgb[(c * SIDE + y) * SIDE + x] =
                    (float)(0.8 * ((double)x + 0.5) + 1.3 * ((double)y + 0.5) + 20 * (double)c);
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        limn_point p = face.point[i];
        moved.point[i] = (limn_point){0.9 * p.x + 0.05 * p.y + 3, -0.04 * p.x + 0.92 * p.y + 2};
    }
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &face}, (limn_framed){rgb, &moved}, out, mask),
        LIMN_OK);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double u = x + 0.5, v = y + 0.5;
            double at_x = 0.9 * u + 0.05 * v + 3, at_y = -0.04 * u + 0.92 * v + 2;
            float expected =
                mask[y * SIDE + x] > 0 ? (float)(0.8 * at_x + 1.3 * at_y) : rgb[y * SIDE + x];
            assert_true(fabsf(out[y * SIDE + x] - expected) < 0.05F);
        }
    free(rgb), free(out), free(mask);
}

// Two points at one place, all at one place, a mirrored reference, landmarks far outside.
static void warp_degenerate(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(0, 0, SIDE), other = face;
    float *rgb = frame_of(1, SIDE), *out = taken(3 * SIDE * SIDE * sizeof *out);
    limn_triangle triangles[LIMN_MOST_TRIANGLES];
    assert_true(limn_triangles(&face, SIDE, triangles) >= 68);
    other.point[20] = other.point[30];
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &other}, (limn_framed){rgb, &face}, out, NULL),
        LIMN_OK);
    for (int i = 0; i < LIMN_LANDMARKS; i++) other.point[i] = (limn_point){5, 5};
    assert_int_equal(limn_triangles(&other, SIDE, triangles), 0);
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &other}, (limn_framed){rgb, &face}, out, NULL),
        LIMN_OK);
    assert_memory_equal(out, rgb, 3 * SIDE * SIDE * sizeof *out);
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        other.point[i] = (limn_point){SIDE - face.point[i].x, face.point[i].y};
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &face}, (limn_framed){rgb, &other}, out, NULL),
        LIMN_OK);
    other = sample_landmarks(-1000, 5000, 3000);
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &face}, (limn_framed){rgb, &other}, out, NULL),
        LIMN_OK);
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &other}, (limn_framed){rgb, &face}, out, NULL),
        LIMN_OK);
    for (size_t i = 0; i < 3 * SIDE * SIDE; i++) assert_true(out[i] >= 0 && out[i] <= 255);
    free(rgb), free(out);
}

// ---- parts ----

static int count_label(const unsigned char *labels, int label) {
    int count = 0;
    for (int i = 0; i < SIDE * SIDE; i++) count += labels[i] == label;
    return count;
}

static int label_at(const unsigned char *labels, const limn_landmarks *face, int a, int b) {
    int x = (int)((face->point[a].x + face->point[b].x) / 2);
    int y = (int)((face->point[a].y + face->point[b].y) / 2);
    return labels[y * SIDE + x];
}

static void parts(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(0, 0, SIDE);
    unsigned char *labels = taken(SIDE * SIDE);
    limn_face_label(&face, SIDE, labels);
    int lips = count_label(labels, LIMN_LIPS);
    assert_int_equal(label_at(labels, &face, 51, 57), LIMN_LIPS); // shut
    assert_int_equal(label_at(labels, &face, 37, 41), LIMN_FACE_PARTS);
    assert_int_equal(label_at(labels, &face, 19, 37), LIMN_EYES);
    assert_int_equal(label_at(labels, &face, 24, 44), LIMN_EYES);
    assert_int_equal(label_at(labels, &face, 2, 30), LIMN_SKIN);
    assert_int_equal(label_at(labels, &face, 19, 19), LIMN_BROWS);
    assert_int_equal(label_at(labels, &face, 21, 22), LIMN_BROWS); // between them
    assert_int_equal(labels[0], LIMN_FACE_PARTS);
    sample_open_mouth(&face);
    limn_face_label(&face, SIDE, labels);
    assert_int_equal(label_at(labels, &face, 62, 66), LIMN_FACE_PARTS); // open
    assert_true(count_label(labels, LIMN_LIPS) < lips);
    free(labels);
}

// Weights are in 0..1, the skin's 0 at the edge of the hull and outside.
static void soft(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(0, 0, SIDE);
    size_t plane = SIDE * SIDE;
    unsigned char *labels = taken(plane);
    float *weights = taken(LIMN_FACE_PARTS * plane * sizeof *weights);
    float *rgb = frame_of(1, SIDE), *out = taken(3 * plane * sizeof *out),
          *mask = taken(plane * sizeof *mask);
    limn_face_label(&face, SIDE, labels);
    assert_int_equal(limn_face_soften(&face, SIDE, weights), LIMN_OK);
    assert_int_equal(
        limn_face_warp(SIDE, (limn_framed){rgb, &face}, (limn_framed){rgb, &face}, out, mask),
        LIMN_OK);
    for (size_t i = 0; i < plane; i++) {
        for (size_t part = 0; part < LIMN_FACE_PARTS; part++)
            assert_true(weights[part * plane + i] >= 0 && weights[part * plane + i] <= 1);
        if (mask[i] == 0) assert_true(weights[LIMN_SKIN * plane + i] == 0);
    }
    size_t cheek = (size_t)((face.point[2].y + face.point[30].y) / 2) * SIDE +
                   (size_t)((face.point[2].x + face.point[30].x) / 2);
    assert_true(weights[LIMN_SKIN * plane + cheek] > 0.99F);
    free(labels), free(weights), free(rgb), free(out), free(mask);
}

// ---- pasting ----

static limn_paste paste_of(const limn_landmarks *face) {
    return (limn_paste){.frame = limn_frame_of(face),
                        .landmarks = *face,
                        .side = SIDE,
                        .part = {true, true, true},
                        .strength = 1};
}

// F6: nothing is changed at strength 0, by no part, or outside of the frame.
static void untouched(void **state) {
    (void)state;
    limn_picture *picture = make(0, 0, 300, 200), *before;
    limn_landmarks face = sample_landmarks(60, 20, 150);
    float *difference = taken(3 * SIDE * SIDE * sizeof *difference);
    for (int i = 0; i < 3 * SIDE * SIDE; i++) difference[i] = 40;
    assert_int_equal(limn_picture_copy(picture, &before), LIMN_OK);
    limn_paste it = paste_of(&face);
    it.strength = 0;
    assert_int_equal(limn_face_paste(&it, difference, picture), LIMN_OK);
    assert_memory_equal(picture->rgb, before->rgb, 3 * 300 * 200 * sizeof(float));
    it = paste_of(&face);
    memset(it.part, 0, sizeof it.part);
    assert_int_equal(limn_face_paste(&it, difference, picture), LIMN_OK);
    assert_memory_equal(picture->rgb, before->rgb, 3 * 300 * 200 * sizeof(float));
    it = paste_of(&face);
    assert_int_equal(limn_face_paste(&it, difference, picture), LIMN_OK);
    int changed = 0;
    for (int y = 0; y < 200; y++)
        for (int x = 0; x < 300; x++) {
            bool same = picture->rgb[y * 300 + x] == before->rgb[y * 300 + x];
            bool outside = x + 1 < it.frame.left || y + 1 < it.frame.top ||
                           x > it.frame.left + it.frame.width || y > it.frame.top + it.frame.height;
            assert_true(same || !outside);
            changed += !same;
        }
    assert_true(changed > 5000);
    free(difference);
    limn_picture_free(before);
    limn_picture_free(picture);
}

// Brows stay as they are unless they are asked for; then nothing else changes.
static void brows(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(60, 20, 150);
    float *difference = taken(3 * SIDE * SIDE * sizeof *difference);
    for (int i = 0; i < 3 * SIDE * SIDE; i++) difference[i] = 40;
    for (int asked = 0; asked < 2; asked++) {
        limn_picture *picture = make(0, 0, 300, 200), *before;
        assert_int_equal(limn_picture_copy(picture, &before), LIMN_OK);
        limn_paste it = paste_of(&face);
        if (asked) memcpy(it.part, (bool[LIMN_FACE_PARTS]){[LIMN_BROWS] = true}, sizeof it.part);
        assert_int_equal(limn_face_paste(&it, difference, picture), LIMN_OK);
        limn_point brow = face.point[19], lip = face.point[57];
        size_t at_brow = (size_t)brow.y * 300 + (size_t)brow.x;
        size_t at_lip = (size_t)(lip.y - 1) * 300 + (size_t)lip.x;
        float brow_by = picture->rgb[at_brow] - before->rgb[at_brow];
        float lip_by = picture->rgb[at_lip] - before->rgb[at_lip];
        assert_true(asked ? brow_by > 8 && lip_by == 0 : brow_by < 4 && lip_by > 8);
        limn_picture_free(before);
        limn_picture_free(picture);
    }
    free(difference);
}

// A large photograph keeps its own detail: what is added is smooth, and what the frame gave.
static void detail(void **state) {
    (void)state;
    enum { BIG = 900 };
    limn_picture *picture = make(0, 0, BIG, BIG), *before;
    for (size_t i = 0; i < (size_t)3 * BIG * BIG; i++) picture->rgb[i] = 60 + picture->rgb[i] / 4;
    limn_landmarks face = sample_landmarks(50, 50, 800);
    float *difference = taken(3 * SIDE * SIDE * sizeof *difference);
    for (int i = 0; i < 3 * SIDE * SIDE; i++) difference[i] = (float)(i / SIDE % SIDE) / 2;
    assert_int_equal(limn_picture_copy(picture, &before), LIMN_OK);
    limn_paste it = paste_of(&face);
    assert_int_equal(limn_face_paste(&it, difference, picture), LIMN_OK);
    float steepest = 0;
    for (size_t i = 1; i < (size_t)BIG * BIG; i++) {
        float now = picture->rgb[i] - before->rgb[i],
              last = picture->rgb[i - 1] - before->rgb[i - 1];
        steepest = fmaxf(steepest, fabsf(now - last));
    }
    assert_true(steepest < 4);             // neighbours of the picture differ by up to 64
    for (int side = 0; side < 2; side++) { // on the cheeks all of it
        const limn_point *p = face.point;
        size_t x = (size_t)((p[side ? 14 : 2].x + p[30].x) / 2);
        for (size_t y = (size_t)p[30].y - 40; y < (size_t)p[30].y; y++) {
            double row = ((double)y + 0.5 - it.frame.top) * SIDE / it.frame.width - 0.5;
            float added = picture->rgb[y * BIG + x] - before->rgb[y * BIG + x];
            assert_true(fabs((double)added - row / 2) < 0.1);
        }
    }
    free(difference);
    limn_picture_free(before);
    limn_picture_free(picture);
}

// ---- landmarks of users ----

static void points_back(void **state) {
    (void)state;
    limn_landmarks face = sample_landmarks(1.0 / 3, 0.1, 123.456);
    limn_text text = {0};
    limn_points points;
    limn_text_print(&text, "{\"status\": 0, \"face\": ");
    limn_points_print(&text, &face);
    limn_text_print(&text, "}");
    if (limn_points_parse(text.data, text.size, &points)) fail_msg("%s", limn_message());
    assert_true(points.has_face && !points.has_like);
    assert_memory_equal(&points.face, &face, sizeof face);
    limn_text_free(&text);
}

static void points_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } table[] = {{"", "it is no JSON"},
                 {"{", "it is no JSON: line 1"},
                 {"{\"face\": [NaN]}", "it is no JSON"},
                 {"[]", "neither \"face\" nor \"like\""},
                 {"{}", "neither \"face\" nor \"like\""},
                 {"{\"face\": 3}", "\"face\" has 0 points, and a face has 68"},
                 {"{\"like\": [[1, 2]]}", "\"like\" has 1 points, and a face has 68"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        limn_points points;
        assert_int_equal(limn_points_parse(table[i].text, strlen(table[i].text), &points),
                         LIMN_INPUT);
        if (!strstr(limn_message(), table[i].words)) fail_msg("%s", limn_message());
    }
    static const char *const bad[] = {"[1]", "[1, 2, 3]", "[1, \"2\"]", "[1e300, 0]", "7"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        limn_text text = {0};
        limn_points points;
        limn_text_print(&text, "{\"face\": [");
        for (int k = 0; k < 67; k++) limn_text_print(&text, "[%d, 1], ", k);
        limn_text_print(&text, "%s]}", bad[i]);
        assert_int_equal(limn_points_parse(text.data, text.size, &points), LIMN_INPUT);
        assert_non_null(strstr(limn_message(), "point 67 of \"face\" is not two numbers"));
        limn_text_free(&text);
    }
    limn_landmarks far = sample_landmarks(300, 0, 100);
    assert_int_equal(limn_points_check(&far, 100, 100), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "far outside of the picture of 100 x 100"));
}

static void words(void **state) {
    (void)state;
    bool part[LIMN_FACE_PARTS];
    assert_int_equal(limn_makeup_parts(NULL, part), LIMN_OK);
    assert_true(part[LIMN_LIPS] && part[LIMN_EYES] && part[LIMN_SKIN] && !part[LIMN_BROWS]);
    assert_int_equal(limn_makeup_parts("skin,lips", part), LIMN_OK);
    assert_true(part[LIMN_LIPS] && !part[LIMN_EYES] && part[LIMN_SKIN]);
    static const char *const bad[] = {"", "lip", "lips,", "lips,nose", "lips eyes"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(limn_makeup_parts(bad[i], part), LIMN_USAGE);
        assert_non_null(strstr(limn_message(), "They are lips, eyes, skin and brows"));
    }
}

// ---- the loss ----

// The terms of x against a picture of shapes and one of colours, by name; NAN: there is none.
typedef struct losses {
    double gp, rgb, yuv, grad, l1;
} losses;

static double term(const limn_update *update, const char *name) {
    for (int i = 0; i < update->term_count; i++)
        if (!strcmp(update->terms[i].name, name)) return update->terms[i].value;
    return NAN;
}

static losses losses_of(const float *x, const float *shape, const float *colour) {
    enum { N = 16 };
    const limn_profile_loss how = {.gp = 1, .cp = 1, .cp_parts = "rgb,yuv,gradient"};
    limn_store store = {0};
    limn_update *update;
    assert_int_equal(limn_update_new("terms", &store, &update), LIMN_OK);
    limn_graph *graph = update->net.graph;
    limn_node *in[3];
    static const char *const names[] = {"x", "shape", "colour"};
    for (int i = 0; i < 3; i++) in[i] = limn_input(graph, names[i], LIMN_SHAPE(1, 3, N, N));
    limn_profile_loss_terms_of_two(&how, update, in[0], in[1], in[2]);
    assert_int_equal(limn_store_ready(&store, 0, false), LIMN_OK);
    if (limn_update_ready(update, NULL, (limn_plan_options){.threads = 1}))
        fail_msg("%s", limn_message());
    const float *const values[] = {x, shape, colour};
    for (int i = 0; i < 3; i++) limn_update_bind(update, in[i], values[i]);
    assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
    losses found = {term(update, "gp"), term(update, "cp-rgb"), term(update, "cp-yuv"),
                    term(update, "cp-grad"), term(update, "l1")};
    limn_update_free(update);
    limn_store_free(&store);
    return found;
}

// Shapes are those of the one picture, colours of the other: each is reached by itself.
static void loss_of_two(void **state) {
    (void)state;
    float *a = frame_of(0, 16), *b = frame_of(1, 16);
    losses as_a = losses_of(a, a, b), as_b = losses_of(b, a, b);
    assert_true(fabs(as_a.gp) < 1e-4 && as_b.gp > 1);
    assert_true(as_a.rgb > 0.1 && as_a.yuv > 0.1 && as_a.grad > 0.1 && as_a.l1 > 0.01);
    assert_true(fabs(as_b.rgb) < 1e-4 && fabs(as_b.yuv) < 1e-4 && fabs(as_b.grad) < 1e-4);
    assert_true(as_b.l1 == 0);
    free(a), free(b);
}

// ---- the library ----

// A model that was not trained begins at its reference, so that the result is nearly the warp.
static limn_model *untrained(limn_runner **runner) {
    const limn_kind *kind = limn_kind_find("makeup");
    limn_parsed parsed = {0};
    limn_model *model;
    void *shape = limn_kind_shape(kind);
    const limn_option_group groups[] = {{"shape", kind->shape, 0}, {0}};
    assert_int_equal(limn_options_set(groups, "width", "4", shape, &parsed), LIMN_OK);
    assert_int_equal(limn_options_set(groups, "blocks", "1", shape, &parsed), LIMN_OK);
    assert_int_equal(limn_options_set(groups, "size", "64", shape, &parsed), LIMN_OK);
    if (limn_model_new(kind, shape, NULL, 0, &model) || limn_store_ready(&model->store, 0, false) ||
        limn_runner_open(model, NULL, runner))
        fail_msg("%s", limn_message());
    limn_parsed_free(&parsed);
    free(shape);
    return model;
}

static limn_picture *grey(int width, int height, float value) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(width, height, LIMN_RGB_ALPHA, &picture), LIMN_OK);
    size_t pixels = (size_t)width * (size_t)height;
    for (size_t i = 0; i < 3 * pixels; i++) picture->rgb[i] = value;
    for (size_t i = 0; i < pixels; i++) picture->alpha[i] = i % 2 ? 1 : 0.5F;
    return picture;
}

#define FACES(...)                                                                                 \
    (&(const limn_makeup_options){                                                                 \
        .size = sizeof(limn_makeup_options), .networks = "models/faces.safetensors", __VA_ARGS__})

static void library(void **state) {
    (void)state;
    limn_runner *runner;
    limn_model *model = untrained(&runner);
    limn_picture *face = grey(120, 100, 50), *like = grey(90, 90, 150), *made, *half, *none;
    limn_landmarks at = sample_landmarks(10, 5, 90), there = sample_landmarks(5, 5, 80);
    double points[2][136];
    for (int i = 0; i < 68; i++) {
        points[0][2 * i] = at.point[i].x, points[0][2 * i + 1] = at.point[i].y;
        points[1][2 * i] = there.point[i].x, points[1][2 * i + 1] = there.point[i].y;
    }
    if (limn_makeup(runner, face, like, FACES(.points = points[0], .like_points = points[1]),
                    &made) ||
        limn_makeup(
            runner, face, like,
            FACES(.points = points[0], .like_points = points[1], .held_back = 0.5, .parts = "skin"),
            &half) ||
        limn_makeup(runner, face, like,
                    FACES(.points = points[0], .like_points = points[1], .held_back = 1), &none))
        fail_msg("%s", limn_message());
    size_t nose = (size_t)at.point[29].y * 120 + (size_t)at.point[29].x, plane = 120 * 100;
    assert_memory_equal(none->rgb, face->rgb, 3 * plane * sizeof(float));
    assert_memory_equal(made->alpha, face->alpha, plane * sizeof(float));
    assert_true(made->rgb[0] == 50 && made->rgb[nose] > 120);
    assert_true(fabsf((half->rgb[nose] - 50) * 2 - (made->rgb[nose] - 50)) < 1);
    limn_picture_free(made), limn_picture_free(half), limn_picture_free(none);
    assert_int_equal(limn_makeup(runner, face, like, FACES(.face = 0), &made), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "the face: no face was found in it"));
    assert_int_equal(limn_makeup(runner, face, like, FACES(.points = points[0]), &made),
                     LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "the reference: no face was found in it"));
    assert_int_equal(limn_makeup(runner, face, NULL, FACES(.points = points[0]), &made),
                     LIMN_MODEL);
    assert_non_null(strstr(limn_message(), "carries no average face"));
    assert_int_equal(limn_makeup(runner, face, like, FACES(.held_back = 1.5), &made), LIMN_USAGE);
    assert_int_equal(limn_makeup(runner, face, like, FACES(.face = -1), &made), LIMN_USAGE);
    assert_null(made);
    limn_picture_free(face), limn_picture_free(like);
    limn_runner_free(runner);
    limn_model_free(model);
}

// A picture of any size and no face is no failure of finding.
static void no_face(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 300}, {7, 3}, {64, 64}};
    limn_face_finder *finder;
    if (limn_face_finder_open("models/faces.safetensors", (limn_plan_options){.threads = 1},
                              &finder))
        fail_msg("%s", limn_message());
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        limn_picture *picture = grey(sizes[i][0], sizes[i][1], 0);
        limn_faces faces;
        assert_int_equal(limn_faces_find(finder, picture, &faces), LIMN_OK);
        assert_int_equal(faces.count, 0);
        limn_picture_free(picture);
    }
    limn_face_finder_free(finder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),
        cmocka_unit_test(beyond),
        cmocka_unit_test(frames),
        cmocka_unit_test(faults),
        cmocka_unit_test(warp_itself),
        cmocka_unit_test(warp_affine),
        cmocka_unit_test(warp_degenerate),
        cmocka_unit_test(parts),
        cmocka_unit_test(soft),
        cmocka_unit_test(untouched),
        cmocka_unit_test(brows),
        cmocka_unit_test(detail),
        cmocka_unit_test(points_back),
        cmocka_unit_test(points_refused),
        cmocka_unit_test(words),
        cmocka_unit_test(loss_of_two),
        cmocka_unit_test(library),
        cmocka_unit_test(no_face),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
