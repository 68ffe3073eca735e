// Checkpoints: the whole state in one safetensors file, written safely.
#define _GNU_SOURCE
#include "train/run_folder.h"

#include "base/file.h"
#include "base/text.h"
#include "formats/fill.h"
#include "formats/load.h"
#include "formats/safetensors.h"
#include "train/stages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Of the whole state. Older limns averaged all parameters, those of discriminators too.
static const char CHECKSUM[] = "state checksum", OLDER_CHECKSUM[] = "checksum";

// The arrays that make up the state besides numbers: of all parameters, or of the first ones.
typedef struct array {
    const char *name;
    float *at;
    size_t count;
} array;
typedef struct arrays {
    array list[4];
    int count;
} arrays;

static arrays arrays_of(const limn_trainer *trainer) {
    const limn_store *store = &trainer->store;
    const array all[] = {{"values", store->values, store->count},
                         {"first", store->first, store->count},
                         {"second", store->second, store->count},
                         {"average", trainer->average, trainer->averaged}};
    arrays found = {.count = 0};
    for (int i = 0; i < 4; i++)
        if (all[i].at) found.list[found.count++] = all[i];
    return found;
}

uint64_t limn_trainer_checksum(const limn_trainer *trainer) {
    arrays all = arrays_of(trainer);
    uint64_t sum = 0;
    for (int i = 0; i < all.count; i++)
        sum = limn_checksum(sum, all.list[i].at, all.list[i].count * sizeof(float));
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

static limn_status describe_number(limn_tensors *set, const char *key, int64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return limn_tensors_describe(set, key, text);
}

// The domains in their order; "" where there are no labels, and where there is no memory: then they
// are not compared.
static void print_domains(const limn_trainer *trainer, limn_text *text) {
    for (int i = 0; i < trainer->set.domain_count && trainer->set.domains[i].name; i++)
        limn_text_print(text, "%s%s", i ? ", " : "", trainer->set.domains[i].name);
}

static limn_status describe_pictures(const limn_trainer *trainer, limn_tensors *set) {
    limn_text domains = {0};
    char sum[32];
    if (!trainer->set.count) return LIMN_OK;
    print_domains(trainer, &domains);
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)limn_set_checksum(&trainer->set));
    limn_status status =
        describe_number(set, "pictures", limn_set_count(&trainer->set, LIMN_TRAIN));
    if (status == LIMN_OK) status = limn_tensors_describe(set, "pictures checksum", sum);
    if (status == LIMN_OK && domains.size)
        status = limn_tensors_describe(set, "labels", domains.data);
    limn_text_free(&domains);
    return status;
}

static limn_status describe(const limn_trainer *trainer, limn_tensors *set) {
    char key[64], text[64];
    LIMN_TRY(describe_number(set, "step", trainer->step));
    LIMN_TRY(describe_number(set, "stage", trainer->stage));
    for (int i = 0; i < trainer->update_count; i++) {
        snprintf(key, sizeof key, "counter %d", i); // two updates may have one name
        LIMN_TRY(describe_number(set, key, trainer->updates[i]->counter));
    }
    for (int i = 0; i < trainer->fact_count; i++)
        LIMN_TRY(describe_number(set, trainer->facts[i].name, *trainer->facts[i].value));
    snprintf(text, sizeof text, "%a", trainer->best);
    LIMN_TRY(limn_tensors_describe(set, "best", text));
    snprintf(text, sizeof text, "%.3f", trainer->seconds);
    LIMN_TRY(limn_tensors_describe(set, "seconds", text));
    LIMN_TRY(describe_skipped(trainer, set));
    LIMN_TRY(describe_pictures(trainer, set));
    snprintf(text, sizeof text, "%016llx", (unsigned long long)limn_trainer_checksum(trainer));
    return limn_tensors_describe(set, CHECKSUM, text);
}

// Where the state after so many steps is kept; freed whatever the result.
static limn_status name_checkpoint(const limn_trainer *trainer, int64_t step, limn_text *path) {
    return limn_run_path(trainer->folder, path, "checkpoints/step-%09lld.safetensors",
                         (long long)step);
}

// Each parameter by its name: the stages of a training have different ones.
static limn_status add_array(const limn_trainer *trainer, const array *from, limn_tensors *set) {
    for (int i = 0; i < trainer->store.size; i++) {
        const limn_parameter *it = &trainer->store.parameters[i];
        char name[LIMN_NAME_MOST];
        if (it->offset >= from->count) break;
        snprintf(name, sizeof name, "%s.%s", from->name, it->name);
        LIMN_TRY(
            limn_tensors_add(set, name, LIMN_ELEMENT_F32, 1, &it->count, from->at + it->offset));
    }
    return LIMN_OK;
}

static limn_status add_arrays(const limn_trainer *trainer, limn_tensors *set) {
    arrays all = arrays_of(trainer);
    for (int i = 0; i < all.count; i++) LIMN_TRY(add_array(trainer, &all.list[i], set));
    return LIMN_OK;
}

limn_status limn_checkpoint_save(const limn_trainer *trainer) {
    limn_tensors set = {0};
    limn_text path = {0};
    limn_status status = describe(trainer, &set);
    if (status == LIMN_OK) status = add_arrays(trainer, &set);
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
    if (step >= 0 && list->count < MOST) list->steps[list->count++] = step;
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

bool limn_checkpoint_any(const limn_trainer *trainer) {
    found list;
    return list_all(trainer, &list) == LIMN_OK && list.count > 0;
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

// Steps and the like: no run has more, and what is reckoned with them stays far from overflow.
static const int64_t most_steps = 1000000000;

static int64_t number_of(const limn_tensors *set, const char *key) {
    const char *text = limn_tensors_metadata(set, key);
    return text ? strtoll(text, NULL, 10) : 0;
}

static limn_status check_number(const limn_tensors *set, const char *key) {
    int64_t number = number_of(set, key);
    if (number >= 0 && number <= most_steps) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "%s %lld is none from 0 to %lld", key, (long long)number,
                     (long long)most_steps);
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

static limn_status check_labels(const limn_trainer *trainer, const char *labels) {
    limn_text now = {0};
    print_domains(trainer, &now);
    limn_status status = LIMN_OK;
    if (labels && now.size && strcmp(labels, now.data) != 0)
        status = limn_fail(LIMN_USAGE,
                           "%s: this run was trained for %s, and the folders of --data are now "
                           "%s: give them their old names",
                           trainer->folder, labels, now.data);
    limn_text_free(&now);
    return status;
}

// Other pictures, or one more, would come in another order.
static limn_status check_pictures(const limn_trainer *trainer, const limn_tensors *set) {
    const char *sum = limn_tensors_metadata(set, "pictures checksum");
    int count = limn_set_count(&trainer->set, LIMN_TRAIN);
    if (!sum || !trainer->set.count || trainer->accepts_changes ||
        strtoull(sum, NULL, 16) == limn_set_checksum(&trainer->set))
        return LIMN_OK;
    return limn_fail(
        LIMN_USAGE,
        "%s: this run was begun with %lld pictures, and there are now %d in --data, or "
        "others: all would come in another order. Put them back, or pass "
        "--accept-changes if that is meant",
        trainer->folder, (long long)number_of(set, "pictures"), count);
}

static limn_status read_facts(limn_trainer *trainer, const limn_tensors *set) {
    for (int i = 0; i < trainer->fact_count; i++)
        LIMN_TRY(check_number(set, trainer->facts[i].name));
    for (int i = 0; i < trainer->fact_count; i++)
        if (limn_tensors_metadata(set, trainer->facts[i].name))
            *trainer->facts[i].value = number_of(set, trainer->facts[i].name);
    if (trainer->method->resumed) trainer->method->resumed(trainer);
    LIMN_TRY(check_labels(trainer, limn_tensors_metadata(set, "labels")));
    return check_pictures(trainer, set);
}

// Older limns kept all in one piece, in an order of their own. Where a training has one stage, it
// is that of today.
static limn_status read_piece(const limn_trainer *trainer, const limn_tensors *set,
                              const array *to) {
    const limn_stored *piece = limn_tensors_find(set, to->name);
    bool alike = piece && piece->count == to->count;
    if (alike && !trainer->method->stages[1].build)
        return limn_tensors_read_float(set, to->name, to->at, to->count);
    return limn_fail(LIMN_USAGE,
                     "%s: the checkpoints of this run are those of an older limn, which this one "
                     "cannot go on with. Its model is as good as before: begin a new run, with "
                     "--init %s where the method has it",
                     trainer->folder, trainer->folder);
}

// Where options were changed, what the state lacks is their doing.
static limn_status check_fit(const limn_trainer *trainer, const limn_tensors *set,
                             const limn_parameter *it, const char *name) {
    const limn_stored *kept = limn_tensors_find(set, name);
    if (!trainer->accepts_changes || (kept && kept->count == it->count)) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: with these options the network is another than the run's, whose state "
                     "has %s%s. Leave out what changes the network, or begin a new run",
                     trainer->folder, kept ? "another size of " : "no ", it->name);
}

static limn_status read_array(const limn_trainer *trainer, const limn_tensors *set,
                              const array *to) {
    if (limn_tensors_find(set, "values")) return read_piece(trainer, set, to);
    for (int i = 0; i < trainer->store.size; i++) {
        const limn_parameter *it = &trainer->store.parameters[i];
        char name[LIMN_NAME_MOST];
        if (it->offset >= to->count) break;
        snprintf(name, sizeof name, "%s.%s", to->name, it->name);
        LIMN_TRY(check_fit(trainer, set, it, name));
        LIMN_TRY(limn_tensors_read_float(set, name, to->at + it->offset, it->count));
    }
    return LIMN_OK;
}

// Whether it holds an average: one that was not kept before begins with the values.
static bool has_average(const limn_trainer *trainer, const limn_tensors *set) {
    char name[LIMN_NAME_MOST];
    if (limn_tensors_find(set, "values")) return limn_tensors_find(set, "average");
    snprintf(name, sizeof name, "average.%s", trainer->store.parameters[0].name);
    return limn_tensors_find(set, name);
}

static limn_status read_arrays(limn_trainer *trainer, const limn_tensors *set) {
    arrays all = arrays_of(trainer);
    for (int i = 0; i < all.count; i++) {
        const array *to = &all.list[i];
        if (to->at == trainer->average && !has_average(trainer, set))
            memcpy(to->at, trainer->store.values, to->count * sizeof(float));
        else
            LIMN_TRY(read_array(trainer, set, to));
    }
    return LIMN_OK;
}

static limn_status read_numbers(limn_trainer *trainer, const limn_tensors *set) {
    char key[64];
    for (int i = 0; i < trainer->update_count; i++) {
        snprintf(key, sizeof key, "counter %d", i);
        LIMN_TRY(check_number(set, key));
        trainer->updates[i]->counter = number_of(set, key);
    }
    read_skipped(trainer, set);
    const char *best = limn_tensors_metadata(set, "best");
    const char *seconds = limn_tensors_metadata(set, "seconds");
    trainer->best = best ? strtod(best, NULL) : INFINITY;
    trainer->seconds = seconds ? strtod(seconds, NULL) : 0;
    return LIMN_OK;
}

// The stage that the state is of: at a border it may have come to its end.
static int stage_in(const limn_trainer *trainer, const limn_tensors *set) {
    int64_t stage = limn_tensors_metadata(set, "stage") ? number_of(set, "stage")
                                                        : limn_stage_of(trainer, trainer->step);
    int last = 0;
    while (trainer->method->stages[last + 1].build) last++;
    return stage < 0 ? 0 : stage > last ? last : (int)stage;
}

// An older limn's sum says nothing to us where its average was longer.
static bool is_as_written(const limn_trainer *trainer, const limn_tensors *set) {
    const char *sum = limn_tensors_metadata(set, CHECKSUM);
    bool longer = trainer->average && trainer->averaged < trainer->store.count;
    if (!sum) {
        sum = limn_tensors_metadata(set, OLDER_CHECKSUM);
        if (sum && longer) return true;
    }
    return sum && strtoull(sum, NULL, 16) == limn_trainer_checksum(trainer);
}

static limn_status take_over(limn_trainer *trainer, const limn_tensors *set, const char *path) {
    LIMN_TRY(check_number(set, "step"));
    LIMN_TRY(read_facts(trainer, set)); // first: other domains make arrays of other lengths
    trainer->step = number_of(set, "step");
    LIMN_TRY(limn_stage_begin(trainer, stage_in(trainer, set)));
    LIMN_TRY(read_arrays(trainer, set));
    for (int i = 0; i < trainer->update_count; i++) limn_update_freeze(trainer->updates[i]);
    LIMN_TRY(read_numbers(trainer, set));
    if (is_as_written(trainer, set)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "%s: what was read is not what was written", path);
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

// Beginning again would put a new model and a new log over the old ones.
static limn_status begin_again(const limn_trainer *trainer) {
    if (!limn_run_has_begun(trainer->folder)) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: there is no state to go on from: %s/checkpoints holds none, and the run "
                     "has come some way. Put them back, or begin again in another folder with -o",
                     trainer->folder, trainer->folder);
}

limn_status limn_checkpoint_load(limn_trainer *trainer) {
    found list;
    LIMN_TRY(list_all(trainer, &list));
    if (!list.count) return begin_again(trainer);
    for (int i = 0; i < list.count; i++) {
        limn_status status = load_one(trainer, list.steps[i]);
        for (int newer = 0; newer < i && status == LIMN_OK; newer++)
            put_aside(trainer, list.steps[newer]);
        if (status != LIMN_MODEL) return status; // done, or not the state's fault
        limn_trainer_say(trainer, "checkpoint of step %lld left aside: %s",
                         (long long)list.steps[i], limn_message());
    }
    return limn_fail(
        LIMN_IO,
        "%s: none of the %d checkpoints can be read. The run cannot go on: begin a new "
        "one, with --init %s where the method has it and the run has a model",
        trainer->folder, list.count, trainer->folder);
}

// ---- for another run ----

static limn_status take_values(const limn_tensors *set, limn_store *store) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        char name[LIMN_NAME_MOST];
        snprintf(name, sizeof name, "values.%s", it->name);
        const limn_stored *kept = limn_tensors_find(set, name);
        if (kept && kept->count == it->count) LIMN_TRY(limn_tensor_fill(kept, it, store));
    }
    return LIMN_OK;
}

limn_status limn_checkpoint_values(const char *folder, limn_store *store) {
    const limn_trainer other = {.folder = (char *)folder};
    bool taken = false;
    found list;
    LIMN_TRY(list_all(&other, &list));
    limn_status status = LIMN_OK;
    for (int i = 0; i < list.count && !taken && status != LIMN_MEMORY; i++) {
        limn_text path = {0};
        limn_tensors set = {0};
        status = name_checkpoint(&other, list.steps[i], &path);
        if (status == LIMN_OK) status = limn_tensors_load(path.data, &set);
        taken = status == LIMN_OK;
        if (taken) status = take_values(&set, store);
        if (taken && status) limn_fail_in(status, "%s: ", path.data);
        limn_tensors_free(&set);
        limn_text_free(&path);
    }
    return taken || status == LIMN_MEMORY ? status : LIMN_OK;
}
