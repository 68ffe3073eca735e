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
    assert(it->fact_count < LIMN_FACTS);
    limn_fact *fact = &it->facts[it->fact_count++];
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

void limn_measuring_say(const limn_measuring *it, const char *format, ...) {
    char line[512];
    va_list list;
    if (!it->hooks || !it->hooks->say) return;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    it->hooks->say(it->hooks->context, line);
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

// ---- pairs ----

typedef struct pairs {
    limn_measuring *it;
    limn_sizes_seen sizes;
    double sum;
    int finite, equal; // pairs in the mean; pairs without any difference, whose PSNR is infinite
} pairs;

static limn_status measure_read(pairs *of, limn_picture *a, limn_picture *b,
                                const char *const path[2], double *value) {
    if (a->width != b->width || a->height != b->height)
        return limn_fail(LIMN_INPUT,
                         "%s has %dx%d pixels and %s %dx%d: only equal sizes can be "
                         "compared",
                         path[0], a->width, a->height, path[1], b->width, b->height);
    limn_sizes_add(&of->sizes, a);
    return of->it->metric->pair(of->it, a, b, value);
}

static limn_status measure_pair(pairs *of, const char *const path[2]) {
    limn_picture *a, *b = NULL;
    double value;
    LIMN_TRY(limn_picture_read(path[0], (limn_read_options){0}, &a));
    limn_status status = limn_picture_read(path[1], (limn_read_options){0}, &b);
    if (status == LIMN_OK) status = measure_read(of, a, b, path, &value);
    limn_picture_free(a);
    limn_picture_free(b);
    if (status != LIMN_OK) return status;
    if (isfinite(value))
        of->sum += value, of->finite++;
    else
        of->equal++;
    const struct limn_measuring_hooks *hooks = of->it->hooks;
    if (hooks && hooks->one) hooks->one(hooks->context, path[0], value);
    return LIMN_OK;
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

static limn_status measure_folders(pairs *of, const limn_folder *a, const limn_folder *b) {
    for (int i = 0; i < a->count; i++) {
        const char *path[2] = {a->paths[i], partner(b, a->paths[i] + a->top)};
        if (!path[1])
            return limn_fail(LIMN_INPUT, "%s has no partner of the same name in the other folder",
                             path[0]);
        limn_measuring_progress(of->it, i + 1, a->count, path[0]);
        LIMN_TRY(measure_pair(of, path));
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

static limn_status measure_pairs(limn_measuring *it) {
    pairs of = {.it = it};
    char sizes[64];
    LIMN_TRY(measure_paths(&of, it->paths));
    it->value = of.finite ? of.sum / of.finite : INFINITY;
    limn_fact_number(it, "pairs", of.finite + of.equal);
    limn_fact_text(it, "size", "%s", limn_sizes_text(&of.sizes, sizes));
    if (of.equal) limn_fact_number(it, "equal-pairs", of.equal);
    if (of.equal && of.finite)
        limn_measuring_say(it, "%d pairs without any difference are not in the mean", of.equal);
    return LIMN_OK;
}

limn_status limn_measure(limn_measuring *it) {
    const limn_metric *metric = it->metric;
    limn_measuring_title(it, "%s", metric->title);
    limn_status status = metric->open ? metric->open(it) : LIMN_OK;
    if (status == LIMN_OK)
        status = metric->compares == LIMN_PAIRS ? measure_pairs(it) : metric->measure(it);
    if (metric->close) metric->close(it);
    return status;
}
