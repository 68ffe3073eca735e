// Ten iterations of train paired, train makeup and train upscale --network srresnet against
// PyTorch (tests/reference/paired_step.py), by plain and by fast kernels: pictures in folders,
// found, cut, warped and batched by the methods themselves.
#include "paired_samples.h"
#include "reference/paired_step_expected.h"

#include "face/album.h"
#include "face/frame.h"
#include "formats/load.h"
#include "formats/safetensors.h"

extern const limn_method limn_method_makeup, limn_method_upscale;

enum { SIDE = 32, SMALL = 8, SETTLED_AFTER = 5 };

// ---- parameters by formula ----

static bool is_learnt(const char *name) {
    return limn_text_ends(name, ".weight") || limn_text_ends(name, ".bias") ||
           limn_text_ends(name, ".slope");
}

static int place_among_names(const limn_store *store, const char *name) {
    int place = 0;
    for (int i = 0; i < store->size; i++) {
        const char *other = store->parameters[i].name;
        place += is_learnt(other) && strcmp(other, name) < 0;
    }
    return place;
}

static void set_parameters(limn_store *store) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        if (!is_learnt(it->name)) continue;
        double amplitude = sqrt(6 * (double)it->shape.dim[0] / (double)it->count), base = 0;
        int number = place_among_names(store, it->name);
        if (!limn_text_ends(it->name, ".weight"))
            amplitude = 0.1;
        else if (it->shape.rank == 1)
            base = 1, amplitude = 0.3;
        for (size_t k = 0; k < it->count; k++) {
            double u = 43758.5453 * sin(12.9898 * (double)(k + 1) + 78.233 * number);
            store->values[it->offset + k] = (float)(base + amplitude * (2 * (u - floor(u)) - 1));
        }
    }
}

// ---- following ----

enum { MOST_TERMS = 6, MOST_WORDS = 20 };

typedef struct twin {
    const limn_method *method;
    const char *words[MOST_WORDS]; // beside rate and width
    const char *terms[MOST_TERMS];
    const double *wanted; // [EXPECTED_ITERATIONS][terms]
    int settled_after;    // 0: never
} twin;

static double term_of(const limn_update *update, const char *name) {
    for (int i = 0; i < update->term_count; i++)
        if (!strcmp(update->terms[i].name, name)) return update->terms[i].value;
    fail_msg("there is no term %s", name);
    return 0;
}

static int count_words(const char *const *words, int most) {
    int count = 0;
    while (count < most && words[count]) count++;
    return count;
}

// Exact: each term within 1e-3. Fast: those of all iterations together within 2 %.
static void follow(limn_trainer *trainer, const twin *it) {
    int iterations = trainer->plan.plain ? 2 : EXPECTED_ITERATIONS;
    int terms = count_words(it->terms, MOST_TERMS);
    double found[MOST_TERMS] = {0}, sum[MOST_TERMS] = {0};
    good(limn_stage_begin(trainer, 0));
    set_parameters(&trainer->store);
    for (int i = 0; i < iterations; i++) {
        trainer->taken = 0;
        good(trainer->method->stages[0].step(trainer));
        trainer->step++;
        int settled = it->settled_after && i >= it->settled_after;
        for (int t = 0; t < terms; t++) {
            double value = term_of(trainer->updates[settled], it->terms[t]);
            double expected = it->wanted[i * terms + t];
            found[t] += value, sum[t] += expected;
            if (trainer->plan.precision == LIMN_EXACT)
                expect_near(value, expected, 1e-3 * expected);
        }
    }
    for (int t = 0; t < terms; t++) expect_near(found[t], sum[t], 0.02 * sum[t]);
}

static void follow_all_ways(const twin *it) {
    static const limn_plan_options ways[] = {
        {.plain = true, .threads = 1}, {.threads = 1}, {.precision = LIMN_FAST, .threads = 1}};
    const char *words[MOST_WORDS + 4];
    char rate[32];
    int count = count_words(it->words, MOST_WORDS);
    snprintf(rate, sizeof rate, "%.17g", expected_rate);
    const char *const common[] = {"--lr", rate, "--width", "4"};
    memcpy(words, it->words, sizeof it->words);
    memcpy(words + count, common, sizeof common);
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        training run;
        good(begin_training(&run, it->method, 2, count + 4, words));
        run.trainer.plan = ways[way];
        follow(&run.trainer, it);
        close_training(&run);
    }
}

#define GAPS "gp", "cp-rgb", "cp-yuv", "cp-grad", "l1"

// ---- pairs ----

// Pictures by formula: of pair p, the smooth one is given, the hash is the truth.
static void draw_formula(limn_picture *picture, int number, int side) {
    float *to = picture->rgb;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < picture->height; y++)
            for (int x = 0; x < picture->width; x++) *to++ = value_at(!side, number, y, x, c);
}

static void paired(void **state) {
    (void)state;
    static const char *const norms[] = {"instance", "batch"};
    static const struct {
        const char *loss, *l1_weight;
        const double *wanted[2]; // with instance norms, with batch norms
        const char *terms[MOST_TERMS];
    } all[] = {
        {"l1", "0", {*expected_l1_instance, *expected_l1_batch}, {"l1"}},
        {"profile", "0", {*expected_profile_instance, *expected_profile_batch}, {GAPS}},
        {"profile", "10", {*expected_profile_l1_instance, *expected_profile_l1_batch}, {GAPS}}};
    write_pairs("data", 2, SIDE, SIDE, draw_formula);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int norm = 0; norm < 2; norm++) {
            twin it = {&limn_method_paired,
                       {"--data", "data", "--image-size", "32", "--no-flip", "--loss", all[i].loss,
                        "--l1-weight", all[i].l1_weight, "--norm", norms[norm]},
                       .wanted = all[i].wanted[norm]};
            memcpy(it.terms, all[i].terms, sizeof it.terms);
            follow_all_ways(&it);
        }
}

// ---- make-up ----

// A spiral in a frame that is the picture; the other face's is its mirror image.
static limn_landmarks spiral(int mirrored) {
    limn_landmarks it;
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        double radius = sqrt((i + 0.5) / LIMN_LANDMARKS);
        it.point[i] = (limn_point){radius * cos(2.4 * i), radius * sin(2.4 * i)};
    }
    it = limn_frame_landmarks(&it, limn_frame_of(&it), SIDE);
    for (int i = 0; i < LIMN_LANDMARKS && mirrored; i++) it.point[i].x = SIDE - it.point[i].x;
    return it;
}

// In place of what was found in the pictures: nothing, since hashes are no faces.
static void keep_landmarks(const char *folder, const char *kept) {
    limn_set set;
    limn_album album;
    limn_tensors found = {0}, ours = {0};
    float numbers[2][LIMN_LANDMARKS][2];
    const size_t shape[] = {2, LIMN_LANDMARKS, 2};
    const limn_set_request of_folder = {.path = folder};
    const limn_samples faces = {.layouts = {LIMN_LAYOUT_PICTURES}, .files = 1};
    good(limn_set_open(&of_folder, &faces, &set));
    const limn_album_request request = {
        .folder = &set.folder, .kept = kept, .whole = true, .how = {.threads = 1}};
    good(limn_album_open(&request, &album));
    assert_int_equal(album.folder->count, 2);
    limn_album_free(&album);
    limn_set_free(&set);
    for (int face = 0; face < 2; face++) {
        limn_landmarks points = spiral(face);
        for (int i = 0; i < LIMN_LANDMARKS; i++) {
            numbers[face][i][0] = (float)points.point[i].x;
            numbers[face][i][1] = (float)points.point[i].y;
        }
    }
    good(limn_tensors_load(kept, &found));
    good(limn_tensors_describe(&ours, "pictures", limn_tensors_metadata(&found, "pictures")));
    good(limn_tensors_add(&ours, "landmarks", LIMN_ELEMENT_F32, 3, shape, numbers));
    good(limn_safetensors_write(kept, &ours, LIMN_ELEMENT_F32, true));
    limn_tensors_free(&found);
    limn_tensors_free(&ours);
}

static void makeup(void **state) {
    (void)state;
    static const char *const skips[] = {"atanh", "tanh"};
    static const double *const wanted[] = {*expected_makeup_atanh, *expected_makeup_tanh};
    write_pairs("data", 2, SIDE, SIDE, draw_formula);
    keep_landmarks("data/B/train", "landmarks.safetensors");
    for (int i = 0; i < 2; i++)
        follow_all_ways(&(twin){&limn_method_makeup,
                                {"--data", "data/B/train", "--image-size", "32", "--no-flip",
                                 "--whole", "--skip", skips[i]},
                                {GAPS},
                                wanted[i]});
}

// ---- enlarging ----

// Mirrored in its middle: no coin changes it.
static void draw_mirrored(limn_picture *picture, int number, int small) {
    float *to = picture->rgb;
    int last = picture->width - 1;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < picture->height; y++)
            for (int x = 0; x <= last; x++)
                *to++ = value_at(small, number, y, x < last - x ? x : last - x, c);
}

static void enlarging(void **state) {
    (void)state;
    char settled[8];
    write_pairs("large", 2, SIDE, SIDE, draw_mirrored);
    write_pairs("small", 2, SMALL, SMALL, draw_mirrored);
    snprintf(settled, sizeof settled, "%d", SETTLED_AFTER);
    follow_all_ways(&(twin){&limn_method_upscale,
                            {"--data", "large/A/train", "--low", "small/B/train", "--network",
                             "srresnet", "--loss", "profile", "--init", "none", "--crop-size", "32",
                             "--graphics", "0", "--settle-after", settled},
                            {"pixel", GAPS},
                            *expected_enlarging,
                            SETTLED_AFTER});
}

// Finding faces needs the networks that ship, wherever a test is.
static void find_models(void) {
    char path[4096];
    assert_non_null(realpath("models", path));
    assert_int_equal(setenv("LIMN_MODELS", path, 1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {IN_FOLDER(paired), IN_FOLDER(makeup), IN_FOLDER(enlarging)};
    find_models();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
