// Which of the exemplars a picture gets: that of its name, one by chance, the most similar.
#include "app/looks.h"

#include "base/file.h"
#include "base/random.h"
#include "image/pixels.h"
#include "metrics/metric.h"

#include <stdlib.h>
#include <string.h>

enum { COMPARED = 100, WIDE = 256, HIGH = 128 }; // as the official script has it

// "000017" of "in/000017.png".
static bool is_named(const char *input, const char *name) {
    const char *last = limn_path_name(input);
    return strlen(name) == limn_path_stem(last) && !strncmp(last, name, strlen(name));
}

static limn_status by_name(const limn_user *by, const char *input, int *look) {
    for (*look = 0; *look < by->looks.count; (*look)++)
        if (is_named(input, by->looks.names[*look])) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "--pair name: there is no exemplar of the name of %s",
                     limn_path_name(input));
}

static limn_random chance(const limn_user *by, const char *input) {
    const char *name = limn_path_name(input);
    return (limn_random){.seed = (uint64_t)by->given->seed,
                         .purpose = limn_purpose("pair"),
                         .step = limn_checksum(0, name, limn_path_stem(name))};
}

// ---- the most similar ----

// In greys, of one size.
static limn_status make_small(const limn_picture *picture, limn_picture **small) {
    LIMN_TRY(limn_picture_resize(picture, WIDE, HIGH, LIMN_BILINEAR, small));
    limn_planes_grey((*small)->rgb, (size_t)WIDE * HIGH, (*small)->rgb);
    return LIMN_OK;
}

static const limn_metric *find_metric(const char *name) {
    const limn_metric *const *it = limn_metrics;
    while (*it && strcmp((*it)->name, name) != 0) it++;
    return *it;
}

static limn_status compare(limn_measuring *ssim, const limn_picture *a, const limn_picture *b,
                           double *value) {
    limn_picture *first, *second;
    LIMN_TRY(limn_picture_copy(a, &first));
    limn_status status = limn_picture_copy(b, &second);
    if (status == LIMN_OK) status = ssim->metric->pair(ssim, first, second, value);
    limn_picture_free(first);
    limn_picture_free(second);
    return status;
}

// The small exemplars stay, for the pictures to come.
static limn_status open_small(const limn_user *by, limn_look *look) {
    limn_picture *whole;
    if (look->exemplar) return LIMN_OK;
    LIMN_TRY(limn_look_open(by, look, &whole));
    limn_status status = make_small(whole, &look->exemplar);
    limn_picture_free(whole);
    return status;
}

// Left out of all comparisons where it is broken and --skip-broken passes over such.
static limn_status take_part(const limn_user *by, limn_look *look) {
    limn_status status = look->broken ? LIMN_OK : open_small(by, look);
    if (status == LIMN_OK) return LIMN_OK;
    LIMN_TRY(limn_user_pass_broken(by, status));
    look->broken = true;
    return LIMN_OK;
}

static limn_status find_similar(limn_user *by, limn_measuring *ssim, const limn_picture *small,
                                const int *order, int *look) {
    int count = by->looks.count < COMPARED ? by->looks.count : COMPARED;
    double most = -2;
    *look = -1;
    for (int i = 0; i < count; i++) {
        double value;
        limn_look *one = &by->looks.items[order[i]];
        LIMN_TRY(take_part(by, one));
        if (one->broken) continue;
        LIMN_TRY(compare(ssim, small, one->exemplar, &value));
        if (*look < 0 || value > most) most = value, *look = order[i];
    }
    return *look < 0 ? limn_fail(LIMN_INPUT, "none of %d exemplars could be read", count) : LIMN_OK;
}

static limn_status with_metric(limn_user *by, const limn_picture *picture, const int *order,
                               int *look) {
    limn_measuring ssim = {.metric = find_metric("ssim")};
    limn_picture *small;
    void *options = calloc(1, ssim.metric->options_size + 1);
    if (!options) return limn_fail(LIMN_MEMORY, "there is no memory to compare exemplars");
    limn_options_default(ssim.metric->groups, options);
    ssim.options = options;
    limn_status status = make_small(picture, &small);
    if (status == LIMN_OK && ssim.metric->open) status = ssim.metric->open(&ssim);
    if (status == LIMN_OK) status = find_similar(by, &ssim, small, order, look);
    if (ssim.metric->close) ssim.metric->close(&ssim);
    limn_picture_free(small);
    free(options);
    return status;
}

static limn_status by_likeness(limn_user *by, const limn_picture *picture, int *look) {
    limn_random stream = {.seed = (uint64_t)by->given->seed,
                          .purpose = limn_purpose("pairs to compare")};
    int *order = malloc((size_t)by->looks.count * sizeof *order);
    if (!order) return limn_fail(LIMN_MEMORY, "there is no memory to compare exemplars");
    limn_random_order(&stream, order, by->looks.count);
    limn_status status = with_metric(by, picture, order, look);
    free(order);
    return status;
}

// ---- the look ----

static limn_status choose(limn_user *by, const char *input, const limn_picture *picture,
                          int *look) {
    limn_random stream = chance(by, input);
    if (by->given->pair == LIMN_PAIR_NAME) return by_name(by, input, look);
    if (by->given->pair == LIMN_PAIR_SIMILAR) return by_likeness(by, picture, look);
    *look = (int)limn_random_below(&stream, 0, (uint32_t)by->looks.count);
    return LIMN_OK;
}

limn_status limn_pair_choose(limn_user *by, const char *input, const limn_picture *picture,
                             int *look) {
    limn_picture *exemplar;
    *look = 0;
    LIMN_TRY(choose(by, input, picture, look));
    limn_look *it = &by->looks.items[*look];
    if (it->style) return LIMN_OK;
    LIMN_TRY(limn_look_open(by, it, &exemplar));
    limn_status status = limn_look_read(by, exemplar, it);
    limn_picture_free(exemplar);
    return status;
}
