// Finding faces: the detector in up to three tries, boxes that overlap thinned out, landmarks of
// each that is left.
#include "face/finder.h"

#include "face/weights.h"
#include "image/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- networks at work ----

// A network for pictures of one side. Made when first asked for.
typedef struct machine {
    limn_graph *graph;
    limn_net net;
    limn_plan *plan;
    const limn_node *input;
    float *rgb; // [3][side][side], what the input is bound to
    int side;
} machine;

enum { MACHINES = 4 }; // three sizes of the detector, and the landmarks

struct limn_face_finder {
    limn_face_weights weights;
    limn_plan_options how;
    limn_workspace workspace; // no two of its plans run at once
    machine machines[MACHINES];
    int next; // the machine that another size takes
};

static void free_machine(machine *it) {
    limn_plan_free(it->plan);
    limn_net_free(&it->net);
    limn_graph_free(it->graph);
    limn_free(it->rgb);
    *it = (machine){.side = 0};
}

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for finding faces");
}

static limn_status build(limn_face_finder *finder, limn_face_network network, int side,
                         machine *it) {
    size_t numbers = 3 * (size_t)side * (size_t)side;
    it->side = side;
    it->graph = limn_graph_new();
    it->rgb = limn_alloc(numbers * sizeof *it->rgb);
    if (!it->graph || !it->rgb) return no_memory();
    it->net = (limn_net){.graph = it->graph, .store = &finder->weights.store};
    limn_node *x = limn_input(it->graph, "picture", LIMN_SHAPE(1, 3, side, side)), *y;
    if (network == LIMN_FACE_DETECTOR)
        y = limn_face_detector(&it->net, x);
    else
        y = limn_face_landmarks(&it->net, x, finder->weights.blocks);
    LIMN_TRY(limn_plan_new(&y, 1, finder->how, &it->plan));
    limn_net_bind(&it->net, it->plan, true);
    it->input = x;
    limn_plan_bind(it->plan, x, it->rgb, false);
    return LIMN_OK;
}

// No side of the detector is that of the landmarks.
static limn_status machine_for(limn_face_finder *finder, limn_face_network network, int side,
                               machine **found) {
    for (int i = 0; i < MACHINES; i++)
        if (finder->machines[i].side == side) {
            *found = &finder->machines[i];
            return LIMN_OK;
        }
    machine *it = *found = &finder->machines[finder->next];
    finder->next = (finder->next + 1) % MACHINES;
    free_machine(it);
    limn_status status = build(finder, network, side, it);
    if (status != LIMN_OK) free_machine(it);
    return status;
}

// What lies in the machine's picture, as the network wants it.
static limn_status run_machine(machine *it, limn_face_network network, const float **out) {
    limn_face_input(network, it->side, it->rgb);
    LIMN_TRY(limn_plan_run(it->plan));
    *out = limn_plan_output(it->plan, 0);
    return LIMN_OK;
}

static limn_status run_on(limn_face_finder *finder, limn_face_network network, int side,
                          const float *rgb, const float **out) {
    machine *it;
    LIMN_TRY(machine_for(finder, network, side, &it));
    memcpy(it->rgb, rgb, 3 * (size_t)side * (size_t)side * sizeof *rgb);
    return run_machine(it, network, out);
}

limn_status limn_face_detect(limn_face_finder *finder, int side, const float *rgb,
                             const float **out) {
    return run_on(finder, LIMN_FACE_DETECTOR, side, rgb, out);
}

limn_status limn_face_landmark(limn_face_finder *finder, const float *rgb, const float **out) {
    return run_on(finder, LIMN_FACE_LANDMARKS, LIMN_LANDMARK_SIDE, rgb, out);
}

// ---- boxes ----

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

// The box of an anchor in a cell, as parts of the square that the network saw.
static limn_face read_box(const float *out, int cells, int row, int column, int anchor) {
    static const double anchors[LIMN_ANCHORS][2] = {{1.603231, 2.094468},
                                                    {6.041143, 7.080126},
                                                    {2.882459, 3.518061},
                                                    {4.266906, 5.178857},
                                                    {9.041765, 10.66308}};
    double t[LIMN_BOX_NUMBERS];
    for (int k = 0; k < LIMN_BOX_NUMBERS; k++)
        t[k] = out[((LIMN_BOX_NUMBERS * anchor + k) * cells + row) * cells + column];
    limn_face box = {.score = sigmoid(t[4])};
    box.width = exp(t[2]) * anchors[anchor][0] / cells;
    box.height = exp(t[3]) * anchors[anchor][1] / cells;
    box.x = (column + sigmoid(t[0])) / cells - box.width / 2;
    box.y = (row + sigmoid(t[1])) / cells - box.height / 2;
    return box;
}

static double overlap(double a, double a_length, double b, double b_length) {
    double length = fmin(a + a_length, b + b_length) - fmax(a, b);
    return length > 0 ? length : 0;
}

static double area(const limn_face *a) {
    return a->width * a->height;
}

// Intersection over union.
static double likeness(const limn_face *a, const limn_face *b) {
    double both =
        overlap(a->x, a->width, b->x, b->width) * overlap(a->y, a->height, b->y, b->height);
    return both / (area(a) + area(b) - both);
}

static int by_score(const void *a, const void *b) {
    const limn_face *one = a, *two = b;
    return one->score < two->score ? 1 : one->score > two->score ? -1 : 0;
}

static int by_area(const void *a, const void *b) {
    double one = area(a), two = area(b);
    return one < two ? 1 : one > two ? -1 : by_score(a, b);
}

static limn_status add(limn_faces *faces, const limn_face *face) {
    limn_face *items = realloc(faces->items, ((size_t)faces->count + 1) * sizeof *items);
    if (!items) return no_memory();
    faces->items = items;
    items[faces->count++] = *face;
    return LIMN_OK;
}

static limn_status collect(const float *out, int cells, limn_faces *faces) {
    const double least = 0.5;
    for (int row = 0; row < cells; row++)
        for (int column = 0; column < cells; column++)
            for (int anchor = 0; anchor < LIMN_ANCHORS; anchor++) {
                limn_face box = read_box(out, cells, row, column, anchor);
                bool sound = isfinite(area(&box)) && area(&box) > 0;
                if (box.score > least && sound) LIMN_TRY(add(faces, &box));
            }
    return LIMN_OK;
}

// Of boxes that overlap the one of the highest score stays.
static void thin_out(limn_faces *faces) {
    const double most = 0.4;
    int kept = 0;
    if (faces->count) qsort(faces->items, (size_t)faces->count, sizeof *faces->items, by_score);
    for (int i = 0; i < faces->count; i++) {
        bool dropped = false;
        for (int k = 0; k < kept; k++)
            dropped |= likeness(&faces->items[i], &faces->items[k]) > most;
        if (!dropped) faces->items[kept++] = faces->items[i];
    }
    faces->count = kept;
}

static limn_status detect(limn_face_finder *finder, const limn_picture *picture, int side,
                          int times, limn_faces *faces) {
    int width = picture->width, height = picture->height;
    double margin = (times - 1) / 2.0, whole = (double)times * fmax(width, height);
    limn_window square = {-margin * width, -margin * height, whole, whole};
    machine *it;
    const float *out;
    LIMN_TRY(machine_for(finder, LIMN_FACE_DETECTOR, side, &it));
    LIMN_TRY(
        limn_window_sample(picture, square, LIMN_BILINEAR, LIMN_BEYOND_BLACK, side, side, it->rgb));
    LIMN_TRY(run_machine(it, LIMN_FACE_DETECTOR, &out));
    LIMN_TRY(collect(out, side / LIMN_DETECTOR_STEP, faces));
    thin_out(faces);
    for (int i = 0; i < faces->count; i++) {
        limn_face *box = &faces->items[i];
        box->x = box->x * whole + square.left;
        box->y = box->y * whole + square.top;
        box->width *= whole;
        box->height *= whole;
    }
    return LIMN_OK;
}

// ---- landmarks ----

// The whole pixels of a box that lie in the picture.
static bool inside(const limn_face *face, const limn_picture *picture, limn_window *box) {
    double right = floor(face->x) + floor(face->width);
    double bottom = floor(face->y) + floor(face->height);
    box->left = fmax(floor(face->x), 0);
    box->top = fmax(floor(face->y), 0);
    box->width = fmin(right, picture->width) - box->left;
    box->height = fmin(bottom, picture->height) - box->top;
    return box->width >= 1 && box->height >= 1;
}

static limn_status find_landmarks(limn_face_finder *finder, const limn_picture *picture,
                                  limn_window box, limn_landmarks *landmarks) {
    limn_picture *cut;
    machine *it;
    const float *out;
    double side = fmax(box.width, box.height);
    limn_window square = {-(side - box.width) / 2, -(side - box.height) / 2, side, side};
    LIMN_TRY(machine_for(finder, LIMN_FACE_LANDMARKS, LIMN_LANDMARK_SIDE, &it));
    LIMN_TRY(limn_picture_crop(picture, (int)box.left, (int)box.top, (int)box.width,
                               (int)box.height, &cut));
    limn_status status = limn_window_sample(cut, square, LIMN_BILINEAR, LIMN_BEYOND_BLACK, it->side,
                                            it->side, it->rgb);
    limn_picture_free(cut);
    if (status == LIMN_OK) status = run_machine(it, LIMN_FACE_LANDMARKS, &out);
    if (status != LIMN_OK) return status;
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        landmarks->point[i] = (limn_point){out[2 * i] * side + square.left + box.left,
                                           out[2 * i + 1] * side + square.top + box.top};
    return LIMN_OK;
}

static limn_status find_all_landmarks(limn_face_finder *finder, const limn_picture *picture,
                                      limn_faces *faces) {
    int kept = 0;
    for (int i = 0; i < faces->count; i++) {
        limn_window box;
        if (!inside(&faces->items[i], picture, &box)) continue;
        faces->items[kept] = faces->items[i];
        LIMN_TRY(find_landmarks(finder, picture, box, &faces->items[kept++].landmarks));
    }
    faces->count = kept;
    if (kept) qsort(faces->items, (size_t)kept, sizeof *faces->items, by_area);
    return LIMN_OK;
}

limn_status limn_faces_try(limn_face_finder *finder, const limn_picture *picture, int side,
                           int times, limn_faces *faces) {
    *faces = (limn_faces){.count = 0};
    limn_status status = detect(finder, picture, side, times, faces);
    if (status == LIMN_OK) status = find_all_landmarks(finder, picture, faces);
    if (status != LIMN_OK) limn_faces_free(faces);
    return status;
}

// The same for all ways to find faces, given the picture on white.
typedef limn_status search(limn_face_finder *finder, const limn_picture *picture,
                           limn_faces *faces);

static limn_status find_whole(limn_face_finder *finder, const limn_picture *picture,
                              limn_faces *faces) {
    limn_face face = {.width = picture->width, .height = picture->height, .score = 1};
    limn_window box = {0, 0, picture->width, picture->height};
    LIMN_TRY(find_landmarks(finder, picture, box, &face.landmarks));
    return add(faces, &face);
}

static limn_status find_in_solid(limn_face_finder *finder, const limn_picture *picture,
                                 limn_faces *faces) {
    static const struct { int side, times; } tries[] = {{416, 1}, {224, 3}, {608, 1}};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        LIMN_TRY(limn_faces_try(finder, picture, tries[i].side, tries[i].times, faces));
        if (faces->count) break;
        limn_faces_free(faces);
    }
    return LIMN_OK;
}

static limn_status on_white(limn_face_finder *finder, const limn_picture *picture, search *in,
                            limn_faces *faces) {
    limn_picture *solid;
    *faces = (limn_faces){.count = 0};
    if (!picture->alpha) return in(finder, picture, faces);
    LIMN_TRY(limn_picture_copy(picture, &solid));
    limn_picture_on_white(solid);
    limn_status status = in(finder, solid, faces);
    limn_picture_free(solid);
    return status;
}

limn_status limn_faces_find(limn_face_finder *finder, const limn_picture *picture,
                            limn_faces *faces) {
    return on_white(finder, picture, find_in_solid, faces);
}

limn_status limn_faces_whole(limn_face_finder *finder, const limn_picture *picture,
                             limn_faces *faces) {
    return on_white(finder, picture, find_whole, faces);
}

void limn_faces_free(limn_faces *faces) {
    free(faces->items);
    *faces = (limn_faces){.count = 0};
}

limn_status limn_face_finder_open(const char *path, limn_plan_options how,
                                  limn_face_finder **finder) {
    limn_face_finder *it = *finder = calloc(1, sizeof *it);
    if (!it) return no_memory();
    it->how = how;
    it->how.workspace = &it->workspace;
    limn_status status = limn_face_weights_load(path, &it->weights);
    if (status == LIMN_OK) return LIMN_OK;
    limn_face_finder_free(it);
    *finder = NULL;
    return status;
}

void limn_face_finder_free(limn_face_finder *finder) {
    if (!finder) return;
    for (int i = 0; i < MACHINES; i++) free_machine(&finder->machines[i]);
    limn_workspace_free(&finder->workspace);
    limn_face_weights_free(&finder->weights);
    free(finder);
}
