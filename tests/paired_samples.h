// What the tests of training on pairs, and of its like, share: folders of pairs, and a training
// without the session around it.
#ifndef LIMN_TESTS_PAIRED_SAMPLES_H
#define LIMN_TESTS_PAIRED_SAMPLES_H

#include "own_folder.h"
#include "formula_pictures.h"

#include "base/options.h"
#include "base/text.h"
#include "limn/limn.h"
#include "train/schedule.h"
#include "train/stages.h"

#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>

static inline void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static inline void expect_near(double value, double wanted, double within) {
    if (!(fabs(value - wanted) <= within)) fail_msg("%.12g, not %.12g", value, wanted);
}

static inline void expect_words(const char *words) {
    if (!strstr(limn_message(), words))
        fail_msg("\"%s\" says nothing of \"%s\"", limn_message(), words);
}

// ---- pictures ----

typedef void draw_side(limn_picture *picture, int number, int side);

static inline void make_folder(const char *format, const char *folder) {
    char path[128];
    snprintf(path, sizeof path, format, folder);
    assert_int_equal(mkdir(path, 0755), 0);
}

static inline void write_png(limn_picture *picture, const char *path) {
    good(limn_picture_write(picture, path, NULL));
    limn_picture_free(picture);
}

// FOLDER/A/train/N.png and FOLDER/B/train/N.png
static inline void write_pairs(const char *folder, int count, int width, int height,
                               draw_side *draw) {
    static const char *const folders[] = {"%s", "%s/A", "%s/B", "%s/A/train", "%s/B/train"};
    for (int i = 0; i < 5; i++) make_folder(folders[i], folder);
    for (int i = 0; i < 2 * count; i++) {
        char path[128];
        limn_picture *picture;
        good(limn_picture_new(width, height, LIMN_RGB, &picture));
        draw(picture, i / 2, i % 2);
        snprintf(path, sizeof path, "%s/%s/train/%02d.png", folder, i % 2 ? "B" : "A", i / 2);
        write_png(picture, path);
    }
}

// FOLDER/train/N.png: A left of B.
static inline void write_joined(const char *folder, int count, int width, int height,
                                draw_side *draw) {
    make_folder("%s", folder);
    make_folder("%s/train", folder);
    for (int i = 0; i < count; i++) {
        char path[128];
        limn_picture *whole, *half;
        good(limn_picture_new(2 * width, height, LIMN_RGB, &whole));
        good(limn_picture_new(width, height, LIMN_RGB, &half));
        for (int side = 0; side < 2; side++) {
            draw(half, i, side);
            for (int row = 0; row < 3 * height; row++)
                memcpy(whole->rgb + (size_t)(2 * row + side) * (size_t)width,
                       half->rgb + (size_t)row * (size_t)width, (size_t)width * sizeof(float));
        }
        limn_picture_free(half);
        snprintf(path, sizeof path, "%s/train/%02d.png", folder, i);
        write_png(whole, path);
    }
}

// ---- a training ----

typedef struct training {
    limn_trainer trainer;
    max_align_t options[64];
    const char *data;
    limn_parsed parsed;
} training;

// Opened, with the options that the words are; its --data among them. The run's folder is this one.
static inline limn_status begin_training(training *it, const limn_method *method, int batch,
                                         int count, const char *const *words) {
    static char here[] = ".";
    const limn_option_group groups[] = {{"", method->options, 0}, {0}};
    char *own[32];
    int own_count = 0;
    *it = (training){.trainer = {.method = method, .options = it->options, .folder = here}};
    for (int i = 0; i < count; i++) {
        if (!strcmp(words[i], "--data"))
            it->data = words[++i];
        else
            own[own_count++] = (char *)(uintptr_t)words[i];
    }
    assert_true(method->options_size <= sizeof it->options);
    good(limn_options_parse(groups, own_count, own, it->options, &it->parsed));
    it->trainer.common = (limn_common){.data = it->data, .batch_size = batch, .seed = 1};
    it->trainer.batches[0] = 1;
    it->trainer.lengths[0] = 1000;
    it->trainer.plan.threads = 1;
    it->trainer.own = calloc(1, method->own_size);
    assert_non_null(it->trainer.own);
    return method->open(&it->trainer);
}
extern const limn_method limn_method_paired;
#define BEGIN(it, batch, ...)                                                                      \
    begin_training(it, &limn_method_paired, batch,                                                 \
                   (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                  \
                   (const char *[]){__VA_ARGS__})
#define OPEN(...) good(BEGIN(__VA_ARGS__))

static inline void close_training(training *it) {
    limn_stage_end(&it->trainer);
    limn_store_free(&it->trainer.store);
    limn_loader_free(it->trainer.loader);
    it->trainer.method->close(&it->trainer);
    limn_model_free(it->trainer.model);
    limn_set_free(&it->trainer.set);
    limn_parsed_free(&it->parsed);
    free(it->trainer.own);
}

#endif
