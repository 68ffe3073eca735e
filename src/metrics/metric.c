// What all metrics share: pairs by name, and what is said of a measurement.
#include "metrics/metric.h"

#include "base/file.h"
#include "data/folder.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- what is said ----

void limn_measuring_title(limn_measuring *it, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(it->title, sizeof it->title, format, list);
    va_end(list);
}

static limn_fact *add_fact(limn_measuring *it, const char *name) {
    int i = 0;
    while (i < it->fact_count && strcmp(it->facts[i].name, name) != 0) i++;
    assert(i < LIMN_FACTS);
    limn_fact *fact = &it->facts[i];
    if (i == it->fact_count) it->fact_count++;
    *fact = (limn_fact){.name = name};
    return fact;
}

void limn_fact_number(limn_measuring *it, const char *name, double number) {
    add_fact(it, name)->number = number;
}

void limn_fact_text(limn_measuring *it, const char *name, const char *format, ...) {
    limn_fact *fact = add_fact(it, name);
    va_list list;
    va_start(list, format);
    vsnprintf(fact->text, sizeof fact->text, format, list);
    va_end(list);
}

void limn_fact_series(limn_measuring *it, const char *name, const double *numbers, int count) {
    assert(count <= LIMN_SERIES - it->series_count);
    limn_fact *fact = add_fact(it, name);
    fact->first = it->series_count;
    fact->count = count;
    memcpy(it->series + fact->first, numbers, (size_t)count * sizeof *numbers);
    it->series_count += count;
}

void limn_measuring_say(const limn_measuring *it, const char *format, ...) {
    char line[512];
    va_list list;
    if (!it->hooks || !it->hooks->say) return;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    it->hooks->say(it->hooks->context, line);
}

limn_status limn_measuring_read(const limn_measuring *it, const char *path,
                                limn_picture **picture) {
    LIMN_TRY(limn_picture_read(path, NULL, picture));
    if ((*picture)->damaged)
        limn_measuring_say(it, "%s: is damaged, and was decoded as far as it goes", path);
    return LIMN_OK;
}

void limn_measuring_progress(const limn_measuring *it, int number, int count, const char *path) {
    if (it->hooks && it->hooks->progress)
        it->hooks->progress(it->hooks->context, number, count, path);
}

void limn_sizes_add(limn_sizes_seen *seen, const limn_picture *picture) {
    int size[2] = {picture->width, picture->height};
    double pixels = (double)size[0] * size[1];
    bool first = !seen->count++;
    if (first || pixels < (double)seen->least[0] * seen->least[1])
        memcpy(seen->least, size, sizeof size);
    if (first || pixels > (double)seen->most[0] * seen->most[1])
        memcpy(seen->most, size, sizeof size);
}

const char *limn_sizes_text(const limn_sizes_seen *seen, char text[64]) {
    bool one = seen->least[0] == seen->most[0] && seen->least[1] == seen->most[1];
    int used = snprintf(text, 64, "%dx%d", seen->least[0], seen->least[1]);
    if (!one) snprintf(text + used, 64 - (size_t)used, " to %dx%d", seen->most[0], seen->most[1]);
    return text;
}

// ---- a pair ----

static limn_status measure_on(limn_measuring *it, const limn_picture *const pictures[2], float grey,
                              double *value) {
    limn_picture *laid[2] = {NULL, NULL};
    const limn_sheet_options *sheet =
        LIMN_WITH(limn_sheet_options, .background = {grey, grey, grey});
    limn_status status = LIMN_OK;
    for (int i = 0; i < 2 && status == LIMN_OK; i++)
        status = limn_picture_sheet(&pictures[i], 1, sheet, &laid[i]);
    if (status == LIMN_OK) status = it->metric->pair(it, laid[0], laid[1], value);
    for (int i = 0; i < 2; i++) limn_picture_free(laid[i]);
    return status;
}

limn_status limn_measure_pictures(limn_measuring *it, limn_picture *a, limn_picture *b,
                                  double *value) {
    const limn_picture *const both[2] = {a, b};
    double on_white;
    if (!a->alpha && !b->alpha) return it->metric->pair(it, a, b, value);
    LIMN_TRY(measure_on(it, both, 0, value));
    LIMN_TRY(measure_on(it, both, 255, &on_white));
    *value = it->metric->more_is_alike ? fmin(*value, on_white) : fmax(*value, on_white);
    return LIMN_OK;
}

// ---- pairs ----

typedef struct pairs {
    limn_measuring *it;
    limn_sizes_seen sizes;
    double sum;
    int finite, infinite; // pairs in the mean; pairs whose PSNR is infinite
    int equal, failed;    // pairs without any difference; pictures that could not be measured
} pairs;

static bool is_pooled(const limn_measuring *it) {
    return it->metric->compares == LIMN_POOLED;
}

static bool has_clear(const limn_picture *picture) {
    size_t count = picture->alpha ? (size_t)picture->width * (size_t)picture->height : 0, i = 0;
    while (i < count && picture->alpha[i] >= 1) i++;
    return i < count;
}

// What is pooled is colours or classes, which a clear pixel has not.
static limn_status pool(limn_measuring *it, limn_picture *a, limn_picture *b,
                        const char *const path[2], double *value) {
    bool clear = has_clear(a);
    if (clear || has_clear(b))
        return limn_fail(LIMN_INPUT, "%s has clear pixels: lay it on a ground first",
                         path[clear ? 0 : 1]);
    return it->metric->pair(it, a, b, value);
}

static limn_status measure_read(pairs *of, limn_picture *a, limn_picture *b,
                                const char *const path[2], double *value) {
    if (a->width != b->width || a->height != b->height)
        return limn_fail(LIMN_INPUT,
                         "%s has %dx%d pixels and %s %dx%d: only equal sizes can be "
                         "compared",
                         path[0], a->width, a->height, path[1], b->width, b->height);
    LIMN_TRY(is_pooled(of->it) ? pool(of->it, a, b, path, value)
                               : limn_measure_pictures(of->it, a, b, value));
    limn_sizes_add(&of->sizes, a);
    return LIMN_OK;
}

static void add(pairs *of, const char *path, double value, bool equal) {
    const struct limn_measuring_hooks *hooks = of->it->hooks;
    bool finite = isfinite(value);
    if (finite) of->sum += value;
    of->finite += finite;
    of->infinite += !finite;
    of->equal += equal;
    if (finite && of->it->metric->counts) of->it->metric->counts(of->it, value);
    if (hooks && hooks->one) hooks->one(hooks->context, path, value);
}

// Whether the sentence at hand is about a file by its name.
static bool named(const char *path) {
    return strstr(limn_message(), path) != NULL;
}

static float opacity(const limn_picture *picture, size_t pixel) {
    return picture->alpha ? picture->alpha[pixel] : 1;
}

// Whatever colours clear pixels hide.
static bool look_equal(const limn_picture *a, const limn_picture *b) {
    if (a->width != b->width || a->height != b->height) return false;
    size_t count = (size_t)a->width * (size_t)a->height;
    for (size_t i = 0; i < count; i++) {
        if (opacity(a, i) != opacity(b, i)) return false;
        for (size_t c = 0; c < 3 && opacity(a, i) > 0; c++)
            if (a->rgb[c * count + i] != b->rgb[c * count + i]) return false;
    }
    return true;
}

static limn_status measure_pair(pairs *of, const char *const path[2]) {
    limn_picture *a, *b = NULL;
    double value;
    LIMN_TRY(limn_measuring_read(of->it, path[0], &a));
    limn_status status = limn_measuring_read(of->it, path[1], &b);
    bool equal = status == LIMN_OK && look_equal(a, b); // before they are changed
    if (status == LIMN_OK) status = measure_read(of, a, b, path, &value);
    limn_picture_free(a);
    limn_picture_free(b);
    if (status == LIMN_OK) add(of, path[0], value, equal);
    return status == LIMN_OK || named(path[0]) || named(path[1])
               ? status
               : limn_fail_in(status, "%s and %s: ", path[0], path[1]);
}

static bool same_stem(const char *a, const char *b) {
    size_t size = limn_path_stem(a);
    return size == limn_path_stem(b) && !memcmp(a, b, size);
}

// The picture of the same name below the folder or, without one, of the same name anywhere in it.
static const char *partner(const limn_folder *folder, const char *relative) {
    const char *found = NULL;
    for (int i = 0; i < folder->count; i++) {
        const char *path = folder->paths[i];
        if (same_stem(path + folder->top, relative)) return path;
        if (!found && same_stem(limn_path_name(path), limn_path_name(relative))) found = path;
    }
    return found;
}

static limn_status measure_one(pairs *of, const char *path, const char *other) {
    if (other) return measure_pair(of, (const char *const[2]){path, other});
    return limn_fail(LIMN_INPUT, "%s has no partner of the same name in the other folder", path);
}

// One that cannot be measured is told of; the others are.
static limn_status measure_folders(pairs *of, const limn_folder *a, const limn_folder *b) {
    const struct limn_measuring_hooks *hooks = of->it->hooks;
    for (int i = 0; i < a->count; i++) {
        limn_measuring_progress(of->it, i + 1, a->count, a->paths[i]);
        limn_status status = measure_one(of, a->paths[i], partner(b, a->paths[i] + a->top));
        if (status == LIMN_OK) continue;
        if (status != LIMN_INPUT || is_pooled(of->it)) return status;
        if (hooks && hooks->failed) hooks->failed(hooks->context);
        of->failed++;
    }
    return LIMN_OK;
}

static limn_status measure_paths(pairs *of, const char *const path[2]) {
    if (!limn_folder_exists(path[0]) && !limn_folder_exists(path[1])) return measure_pair(of, path);
    limn_folder a, b;
    LIMN_TRY(limn_folder_read(path[0], &a));
    limn_status status = limn_folder_read(path[1], &b);
    if (status == LIMN_OK) {
        status = measure_folders(of, &a, &b);
        limn_folder_free(&b);
    }
    limn_folder_free(&a);
    return status;
}

static void tell(limn_measuring *it, const pairs *of) {
    char sizes[64];
    it->value = of->finite ? of->sum / of->finite : INFINITY;
    limn_fact_text(it, "size", "%s", limn_sizes_text(&of->sizes, sizes));
    limn_fact_number(it, "pairs", of->finite + of->infinite);
    limn_fact_number(it, "equal-pairs", of->equal);
    limn_fact_number(it, "failed", of->failed);
    if (of->infinite && of->finite)
        limn_measuring_say(it, "%d pairs without any difference are not in the mean", of->infinite);
}

static limn_status measure_pooled(limn_measuring *it) {
    char sizes[64];
    pairs of = {.it = it};
    LIMN_TRY(measure_paths(&of, it->paths));
    LIMN_TRY(it->metric->measure(it));
    limn_fact_text(it, "size", "%s", limn_sizes_text(&of.sizes, sizes));
    limn_fact_number(it, "pairs", of.sizes.count);
    return LIMN_OK;
}

static limn_status measure_pairs(limn_measuring *it) {
    pairs of = {.it = it};
    LIMN_TRY(measure_paths(&of, it->paths));
    int measured = of.finite + of.infinite;
    if (measured) tell(it, &of);
    if (!of.failed) return LIMN_OK;
    return limn_fail(measured ? LIMN_PARTIAL : LIMN_INPUT,
                     "%d of %d pictures could not be measured (named above)%s.", of.failed,
                     of.failed + measured, measured ? "; the mean is that of the others" : "");
}

limn_status limn_measure(limn_measuring *it) {
    const limn_metric *metric = it->metric;
    limn_measuring_title(it, "%s", metric->title);
    limn_status status = metric->open ? metric->open(it) : LIMN_OK;
    if (status == LIMN_OK)
        status = metric->compares == LIMN_PAIRS ? measure_pairs(it)
                 : is_pooled(it)                ? measure_pooled(it)
                                                : metric->measure(it);
    if (metric->close) metric->close(it);
    return status;
}
