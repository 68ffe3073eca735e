// That training on pairs learns, by each loss (../shared/spec/spatial-profile.md, S16): red and
// blue of smooth pictures change places. Of 300 steps at width 8, the mean of the last 20 (what is
// missing of the reach; the mean difference) is at most 0.6 of that of the first 20.
#include "paired_samples.h"

#include <jansson.h>

enum { SIDE = 32, PAIRS = 8, STEPS = 300, WINDOW = 20 };

// Waves of a few pixels to the picture's size; of the truth, red is blue and blue red.
static void draw_waves(limn_picture *picture, int number, int side) {
    float *to = picture->rgb;
    for (int channel = 0; channel < 3; channel++) {
        int c = side ? 2 - channel : channel;
        double across = 0.05 * (1 + (number + c) % 5), down = 0.04 * (1 + (2 * number + c) % 7);
        for (int y = 0; y < picture->height; y++)
            for (int x = 0; x < picture->width; x++)
                *to++ = (float)(128 + 110 * sin(across * x + down * y + number + 2 * c));
    }
}

// "total" of each step.
static void read_totals(const char *path, double totals[STEPS]) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int step = 0;
    json_t *line;
    while (step < STEPS && (line = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL))) {
        json_t *total = json_object_get(line, "total");
        if (total) totals[step++] = json_number_value(total);
        json_decref(line);
    }
    fclose(file);
    assert_int_equal(step, STEPS);
}

static void expect_learning(const char *loss) {
    double totals[STEPS], first = 0, last = 0;
    char path[64];
    const limn_setting settings[] = {
        {"data", "data"},         {"output", loss},    {"loss", loss},   {"image-size", "32"},
        {"width", "8"},           {"batch-size", "2"}, {"steps", "300"}, {"lr", "1e-3"},
        {"schedule", "cosine"},   {"ema", "0"},        {"seed", "0"},    {"threads", "1"},
        {"sample-every", "1000"}, {NULL, NULL}};
    good(limn_train("paired", settings, NULL));
    snprintf(path, sizeof path, "%s/log.jsonl", loss);
    read_totals(path, totals);
    for (int i = 0; i < WINDOW; i++) {
        first += totals[i];
        last += totals[STEPS - 1 - i];
    }
    printf("%s: %.4g at first, %.4g at last\n", loss, first / WINDOW, last / WINDOW);
    assert_true(last <= 0.6 * first);
}

static void learns(void **state) {
    (void)state;
    write_pairs("data", PAIRS, SIDE, SIDE, draw_waves);
    expect_learning("l1");
    expect_learning("profile");
}

int main(void) {
    const struct CMUnitTest tests[] = {IN_FOLDER(learns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
