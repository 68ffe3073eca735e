// Checkpoints: the whole state in one safetensors file, written safely.
#define _GNU_SOURCE
#include "train/run_folder.h"

#include "base/file.h"
#include "base/text.h"
#include "formats/load.h"
#include "formats/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The arrays that make up the state besides numbers.
static int arrays_of(const limn_trainer *trainer, float **arrays, const char **names) {
    const limn_store *store = &trainer->store;
    float *all[] = {store->values, store->first, store->second, trainer->average};
    const char *const called[] = {"values", "first", "second", "average"};
    int count = 0;
    for (int i = 0; i < 4; i++)
        if (all[i]) arrays[count] = all[i], names[count++] = called[i];
    return count;
}

uint64_t limn_trainer_checksum(const limn_trainer *trainer) {
    float *arrays[4];
    const char *names[4];
    int count = arrays_of(trainer, arrays, names);
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum = limn_checksum(sum, arrays[i], trainer->store.count * sizeof(float));
    for (int i = 0; i < trainer->update_count; i++)
        sum = limn_checksum(sum, &trainer->updates[i]->counter, sizeof(int64_t));
    return limn_checksum(sum, &trainer->step, sizeof trainer->step);
}

static limn_status describe_skipped(const limn_trainer *trainer, limn_tensors *set) {
    char list[21 * LIMN_MOST_SKIPPED + 1] = "";
    size_t used = 0;
    for (int i = 0; i < trainer->skipped_count; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%lld ",
                                 (long long)trainer->skipped[i]);
    return limn_tensors_describe(set, "skipped", list);
}

static limn_status describe_facts(const limn_trainer *trainer, limn_tensors *set) {
    for (int i = 0; i < trainer->fact_count; i++) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)*trainer->facts[i].value);
        LIMN_TRY(limn_tensors_describe(set, trainer->facts[i].name, text));
    }
    return trainer->labels ? limn_tensors_describe(set, "labels", trainer->labels) : LIMN_OK;
}

static limn_status describe(const limn_trainer *trainer, limn_tensors *set) {
    char key[64], text[64];
    snprintf(text, sizeof text, "%lld", (long long)trainer->step);
    LIMN_TRY(limn_tensors_describe(set, "step", text));
    for (int i = 0; i < trainer->update_count; i++) {
        snprintf(key, sizeof key, "counter %d", i); // two updates may have one name
        snprintf(text, sizeof text, "%lld", (long long)trainer->updates[i]->counter);
        LIMN_TRY(limn_tensors_describe(set, key, text));
    }
    snprintf(text, sizeof text, "%a", trainer->best);
    LIMN_TRY(limn_tensors_describe(set, "best", text));
    snprintf(text, sizeof text, "%.3f", trainer->seconds);
    LIMN_TRY(limn_tensors_describe(set, "seconds", text));
    LIMN_TRY(describe_skipped(trainer, set));
    LIMN_TRY(describe_facts(trainer, set));
    snprintf(text, sizeof text, "%016llx", (unsigned long long)limn_trainer_checksum(trainer));
    return limn_tensors_describe(set, "checksum", text);
}

// Where the state after so many steps is kept; freed whatever the result.
static limn_status name_checkpoint(const limn_trainer *trainer, int64_t step, limn_text *path) {
    return limn_run_path(trainer->folder, path, "checkpoints/step-%09lld.safetensors",
                         (long long)step);
}

limn_status limn_checkpoint_save(const limn_trainer *trainer) {
    limn_tensors set = {0};
    float *arrays[4];
    const char *names[4];
    int count = arrays_of(trainer, arrays, names);
    size_t shape[1] = {trainer->store.count};
    limn_status status = describe(trainer, &set);
    for (int i = 0; i < count && status == LIMN_OK; i++)
        status = limn_tensors_add(&set, names[i], LIMN_ELEMENT_F32, 1, shape, arrays[i]);
    limn_text path = {0};
    if (status == LIMN_OK) status = name_checkpoint(trainer, trainer->step, &path);
    if (status == LIMN_OK) status = limn_safetensors_write(path.data, &set, LIMN_ELEMENT_F32, true);
    limn_text_free(&path);
    limn_tensors_free(&set);
    return status;
}

// ---- finding them again ----

enum { MOST = 256 };

typedef struct found {
    int64_t steps[MOST];
    int count;
} found;

static limn_status visit(void *context, const char *path, const char *relative) {
    found *list = context;
    long long step;
    int used = 0;
    (void)path;
    if (sscanf(relative, "step-%lld.safetensors%n", &step, &used) != 1 || relative[used] || !used)
        return LIMN_OK;
    if (list->count < MOST) list->steps[list->count++] = step;
    return LIMN_OK;
}

static int newest_first(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static limn_status list_all(const limn_trainer *trainer, found *list) {
    limn_text path = {0};
    *list = (found){.count = 0};
    limn_status status = limn_run_path(trainer->folder, &path, "checkpoints");
    if (status == LIMN_OK) status = limn_folder_walk(path.data, false, visit, list);
    limn_text_free(&path);
    qsort(list->steps, (size_t)list->count, sizeof *list->steps, newest_first);
    return status;
}

limn_status limn_checkpoint_prune(const limn_trainer *trainer) {
    found list;
    LIMN_TRY(list_all(trainer, &list));
    int64_t keep = trainer->common.keep < 2 ? 2 : trainer->common.keep;
    for (int i = (int)keep; i < list.count; i++) {
        limn_text path = {0};
        if (name_checkpoint(trainer, list.steps[i], &path) == LIMN_OK) unlink(path.data);
        limn_text_free(&path);
    }
    return LIMN_OK;
}

static int64_t number_of(const limn_tensors *set, const char *key) {
    const char *text = limn_tensors_metadata(set, key);
    return text ? strtoll(text, NULL, 10) : 0;
}

static void read_skipped(limn_trainer *trainer, const limn_tensors *set) {
    const char *text = limn_tensors_metadata(set, "skipped");
    char *end;
    trainer->skipped_count = 0;
    while (text && trainer->skipped_count < LIMN_MOST_SKIPPED) {
        int64_t step = strtoll(text, &end, 10);
        if (end == text) return;
        trainer->skipped[trainer->skipped_count++] = step;
        text = end;
    }
}

static limn_status read_facts(limn_trainer *trainer, const limn_tensors *set) {
    for (int i = 0; i < trainer->fact_count; i++)
        if (limn_tensors_metadata(set, trainer->facts[i].name))
            *trainer->facts[i].value = number_of(set, trainer->facts[i].name);
    const char *labels = limn_tensors_metadata(set, "labels");
    if (!labels || !trainer->labels || !strcmp(labels, trainer->labels)) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: this run was trained for %s, and the folders of --data are now %s: give "
                     "them their old names",
                     trainer->folder, labels, trainer->labels);
}

// An average that was not kept before begins with the values.
static limn_status read_arrays(limn_trainer *trainer, const limn_tensors *set) {
    float *arrays[4];
    const char *names[4];
    int count = arrays_of(trainer, arrays, names);
    size_t length = trainer->store.count;
    for (int i = 0; i < count; i++)
        if (arrays[i] == trainer->average && !limn_tensors_find(set, names[i]))
            memcpy(arrays[i], trainer->store.values, length * sizeof(float));
        else
            LIMN_TRY(limn_tensors_read_float(set, names[i], arrays[i], length));
    return LIMN_OK;
}

static limn_status take_over(limn_trainer *trainer, const limn_tensors *set, const char *path) {
    LIMN_TRY(read_facts(trainer, set)); // first: other domains make arrays of other lengths
    LIMN_TRY(read_arrays(trainer, set));
    char key[64];
    for (int i = 0; i < trainer->update_count; i++) {
        snprintf(key, sizeof key, "counter %d", i);
        trainer->updates[i]->counter = number_of(set, key);
    }
    trainer->step = number_of(set, "step");
    read_skipped(trainer, set);
    const char *best = limn_tensors_metadata(set, "best");
    const char *seconds = limn_tensors_metadata(set, "seconds");
    trainer->best = best ? strtod(best, NULL) : INFINITY;
    trainer->seconds = seconds ? strtod(seconds, NULL) : 0;
    const char *sum = limn_tensors_metadata(set, "checksum");
    if (sum && strtoull(sum, NULL, 16) == limn_trainer_checksum(trainer)) return LIMN_OK;
    return limn_fail(LIMN_IO, "%s: what was read is not what was written", path);
}

static limn_status load_one(limn_trainer *trainer, int64_t step) {
    limn_text path = {0};
    limn_tensors set = {0};
    limn_status status = name_checkpoint(trainer, step, &path);
    if (status == LIMN_OK) status = limn_tensors_load(path.data, &set);
    if (status == LIMN_OK) status = take_over(trainer, &set, path.data);
    limn_tensors_free(&set);
    limn_text_free(&path);
    return status;
}

// Under its old name it would count among the newest, and what can be read be taken away instead.
static void put_aside(const limn_trainer *trainer, int64_t step) {
    limn_text from = {0}, to = {0};
    if (name_checkpoint(trainer, step, &from) == LIMN_OK) {
        limn_text_print(&to, "%s.unreadable", from.data);
        if (!to.failed) rename(from.data, to.data);
    }
    limn_text_free(&from);
    limn_text_free(&to);
}

limn_status limn_checkpoint_load(limn_trainer *trainer) {
    found list;
    LIMN_TRY(list_all(trainer, &list));
    for (int i = 0; i < list.count; i++) {
        limn_status status = load_one(trainer, list.steps[i]);
        for (int newer = 0; newer < i && status == LIMN_OK; newer++)
            put_aside(trainer, list.steps[newer]);
        if (status == LIMN_OK || status == LIMN_USAGE || status == LIMN_MEMORY) return status;
        limn_trainer_say(trainer, "checkpoint of step %lld left aside: %s",
                         (long long)list.steps[i], limn_message());
    }
    if (list.count)
        return limn_fail(LIMN_IO, "%s: none of the %d checkpoints can be read", trainer->folder,
                         list.count);
    return LIMN_OK;
}
