// A set of named tensors: adding, finding, reading values, tidying names.
#define _GNU_SOURCE // qsort_r
#include "formats/tensors.h"

#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limn_tensors_block {
    struct limn_tensors_block *next;
    void *bytes;
};

void limn_tensors_free(limn_tensors *set) {
    if (!set) return;
    for (struct limn_tensors_block *block = set->blocks; block; block = block->next)
        limn_free(block->bytes);
    free(set->items);
    free(set->metadata);
    free(set->order);
    limn_arena_release(&set->arena);
    limn_file_close(&set->file);
    *set = (limn_tensors){0};
}

void *limn_tensors_block(limn_tensors *set, size_t bytes) {
    struct limn_tensors_block *block = limn_arena_get(&set->arena, sizeof *block);
    if (!block) return NULL;
    block->bytes = limn_alloc(bytes);
    block->next = set->blocks;
    set->blocks = block;
    return block->bytes;
}

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "no memory is left for the list of the model's tensors");
}

// Makes room for one more item of an array that doubles.
static bool grow(void **items, size_t count, size_t *room, size_t size) {
    if (count < *room) return true;
    size_t more = *room ? 2 * *room : 16;
    void *larger = realloc(*items, more * size);
    if (!larger) return false;
    *items = larger;
    *room = more;
    return true;
}

// Row-major strides. A tensor without elements counts as contiguous whatever its strides.
static bool is_contiguous(const limn_stored *tensor) {
    size_t expected = 1;
    for (int i = tensor->rank - 1; i >= 0; i--) {
        if (tensor->shape[i] != 1 && tensor->stride[i] != expected) return tensor->count == 0;
        expected *= tensor->shape[i];
    }
    return true;
}

static bool multiply_all(int rank, const size_t *shape, size_t *count) {
    *count = 1;
    for (int i = 0; i < rank; i++)
        if (shape[i] == 0) return !(*count = 0);
    for (int i = 0; i < rank; i++)
        if (!limn_multiply(*count, shape[i], count)) return false;
    return true;
}

limn_status limn_tensors_add_view(limn_tensors *set, const char *name, limn_element element,
                                  int rank, const size_t *shape, const size_t *stride,
                                  const void *bytes) {
    assert(rank >= 0 && rank <= LIMN_TENSOR_RANK);
    limn_stored tensor = {.element = element, .rank = rank, .bytes = bytes};
    limn_shown shown, dimensions;
    size_t size;
    if (set->count >= LIMN_TENSORS_MOST)
        return limn_fail(LIMN_MODEL, "there are more than %d tensors, which no model needs",
                         LIMN_TENSORS_MOST);
    if (!multiply_all(rank, shape, &tensor.count) ||
        !limn_multiply(tensor.count, limn_element_size(element), &size) || size > PTRDIFF_MAX)
        return limn_fail(LIMN_MODEL, "tensor %s of shape %s is too large for any memory",
                         limn_show(&shown, name, strlen(name)),
                         limn_show_shape(&dimensions, rank, shape));
    size_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        tensor.shape[i] = shape[i];
        tensor.stride[i] = stride ? stride[i] : step;
        step *= shape[i];
    }
    tensor.contiguous = !stride || is_contiguous(&tensor);
    tensor.name = limn_arena_copy(&set->arena, name, strlen(name) + 1);
    void *items = set->items;
    bool grown = tensor.name && grow(&items, set->count, &set->room, sizeof tensor);
    set->items = items;
    if (!grown) return no_memory();
    set->items[set->count++] = tensor;
    return LIMN_OK;
}

limn_status limn_tensors_add(limn_tensors *set, const char *name, limn_element element, int rank,
                             const size_t *shape, const void *bytes) {
    return limn_tensors_add_view(set, name, element, rank, shape, NULL, bytes);
}

// A copy of a text that the set keeps, mended where it is no UTF-8: a name of a file, or a text
// that was cut inside a character.
static char *keep_text(limn_tensors *set, const char *text) {
    char *copy = limn_arena_copy(&set->arena, text, strlen(text) + 1);
    if (copy) limn_utf8_mend(copy);
    return copy;
}

limn_status limn_tensors_note(limn_tensors *set, const char *key, const char *value) {
    const char *text = keep_text(set, value);
    const char *name = limn_arena_copy(&set->arena, key, strlen(key) + 1);
    void *items = set->metadata;
    bool grown = text && name &&
                 grow(&items, set->metadata_count, &set->metadata_room, sizeof(limn_metadata));
    set->metadata = items;
    if (!grown) return no_memory();
    set->metadata[set->metadata_count++] = (limn_metadata){name, text};
    return LIMN_OK;
}

limn_status limn_tensors_describe(limn_tensors *set, const char *key, const char *value) {
    for (size_t i = 0; i < set->metadata_count; i++) {
        if (strcmp(set->metadata[i].key, key) != 0) continue;
        const char *text = keep_text(set, value);
        if (!text) return no_memory();
        set->metadata[i].value = text;
        return LIMN_OK;
    }
    return limn_tensors_note(set, key, value);
}

static int by_key(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static limn_status check_keys(const limn_tensors *set) {
    size_t count = set->metadata_count;
    const char **keys = malloc((count ? count : 1) * sizeof *keys);
    if (!keys) return no_memory();
    for (size_t i = 0; i < count; i++) keys[i] = set->metadata[i].key;
    qsort(keys, count, sizeof *keys, by_key);
    limn_status status = LIMN_OK;
    limn_shown shown;
    for (size_t i = 1; i < count && !status; i++)
        if (!strcmp(keys[i - 1], keys[i]))
            status = limn_fail(LIMN_MODEL, "metadata key %s is there twice",
                               limn_show(&shown, keys[i], strlen(keys[i])));
    free(keys);
    return status;
}

static int by_name(const void *a, const void *b, void *context) {
    const limn_stored *items = context;
    return strcmp(items[*(const uint32_t *)a].name, items[*(const uint32_t *)b].name);
}

limn_status limn_tensors_seal(limn_tensors *set) {
    LIMN_TRY(check_keys(set));
    free(set->order);
    set->sorted = 0;
    set->order = malloc((set->count ? set->count : 1) * sizeof *set->order);
    if (!set->order) return no_memory();
    for (size_t i = 0; i < set->count; i++) set->order[i] = (uint32_t)i;
    qsort_r(set->order, set->count, sizeof *set->order, by_name, set->items);
    for (size_t i = 1; i < set->count; i++) {
        const char *name = set->items[set->order[i]].name;
        if (strcmp(name, set->items[set->order[i - 1]].name) != 0) continue;
        limn_shown shown;
        return limn_fail(LIMN_MODEL, "tensor %s is there twice",
                         limn_show(&shown, name, strlen(name)));
    }
    set->sorted = set->count;
    return LIMN_OK;
}

static void *copy_array(const void *items, size_t count, size_t size) {
    void *copy = malloc(count ? count * size : 1);
    if (copy && count) memcpy(copy, items, count * size);
    return copy;
}

limn_status limn_tensors_borrow(const limn_tensors *set, limn_tensors *copy) {
    *copy = (limn_tensors){
        .items = copy_array(set->items, set->count, sizeof *set->items),
        .metadata = copy_array(set->metadata, set->metadata_count, sizeof *set->metadata),
    };
    limn_status status = copy->items && copy->metadata ? LIMN_OK : no_memory();
    if (status == LIMN_OK) {
        copy->count = copy->room = set->count;
        copy->metadata_count = copy->metadata_room = set->metadata_count;
        status = limn_tensors_seal(copy);
    }
    if (status != LIMN_OK) limn_tensors_free(copy);
    return status;
}

const limn_stored *limn_tensors_find(const limn_tensors *set, const char *name) {
    size_t low = 0, high = set->sorted;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const limn_stored *tensor = &set->items[set->order[middle]];
        int order = strcmp(name, tensor->name);
        if (order == 0) return tensor;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    for (size_t i = set->sorted; i < set->count; i++) // added since
        if (!strcmp(set->items[i].name, name)) return &set->items[i];
    return NULL;
}

const char *limn_tensors_metadata(const limn_tensors *set, const char *key) {
    for (size_t i = 0; i < set->metadata_count; i++)
        if (!strcmp(set->metadata[i].key, key)) return set->metadata[i].value;
    return NULL;
}

static const char *candidate(const void *context, int i) {
    const limn_tensors *set = context;
    return (size_t)i < set->count && i < 2000 ? set->items[i].name : NULL;
}

limn_status limn_tensors_get(const limn_tensors *set, const char *name, int rank,
                             const size_t *shape, const limn_stored **tensor) {
    limn_shown found, expected;
    *tensor = limn_tensors_find(set, name);
    if (!*tensor) {
        const char *near = limn_text_nearest(name, candidate, set);
        if (!near) return limn_fail(LIMN_MODEL, "the model has no tensor %s", name);
        return limn_fail(LIMN_MODEL, "the model has no tensor %s (the nearest name is %s)", name,
                         limn_show(&found, near, strlen(near)));
    }
    if (rank < 0) return LIMN_OK;
    bool same = (*tensor)->rank == rank;
    for (int i = 0; same && i < rank; i++) same = (*tensor)->shape[i] == shape[i];
    if (same) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "tensor %s has the shape %s where %s is expected", name,
                     limn_show_shape(&found, (*tensor)->rank, (*tensor)->shape),
                     limn_show_shape(&expected, rank, shape));
}

void limn_tensor_read(const limn_stored *tensor, float *out) {
    size_t size = limn_element_size(tensor->element);
    if (tensor->count == 0) return;
    if (tensor->contiguous) {
        limn_element_to_float(tensor->element, tensor->bytes, size, out, tensor->count);
        return;
    }
    int inner = tensor->rank - 1; // not contiguous, so there is at least one dimension
    size_t index[LIMN_TENSOR_RANK] = {0}, length = tensor->shape[inner];
    for (size_t done = 0; done < tensor->count; done += length) {
        size_t offset = 0;
        for (int i = 0; i < inner; i++) offset += index[i] * tensor->stride[i];
        limn_element_to_float(tensor->element, tensor->bytes + offset * size,
                              tensor->stride[inner] * size, out + done, length);
        for (int i = inner - 1; i >= 0 && ++index[i] == tensor->shape[i]; i--) index[i] = 0;
    }
}

limn_status limn_tensors_read_float(const limn_tensors *set, const char *name, float *out,
                                    size_t count) {
    const limn_stored *tensor;
    LIMN_TRY(limn_tensors_get(set, name, -1, NULL, &tensor));
    if (tensor->count != count)
        return limn_fail(LIMN_MODEL, "tensor %s has %zu values where %zu are expected", name,
                         tensor->count, count);
    limn_tensor_read(tensor, out);
    return LIMN_OK;
}

static size_t count_named(const limn_tensors *set, const char *prefix) {
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += !strncmp(set->items[i].name, prefix, strlen(prefix));
    return count;
}

// in<digits>.running_mean or .running_var, alone or after a dot: an instance norm's, where the
// running statistics of a batch norm (bn1, or in a layer called main1) are meant to be used.
static bool is_running_statistic(const char *name) {
    if (!limn_text_ends(name, ".running_mean") && !limn_text_ends(name, ".running_var"))
        return false;
    const char *start = name, *stop = strrchr(name, '.');
    for (const char *at = name; at < stop; at++)
        if (*at == '.') start = at + 1;
    if (stop - start < 3 || strncmp(start, "in", 2) != 0) return false;
    for (start += 2; start < stop; start++)
        if (*start < '0' || *start > '9') return false;
    return true;
}

// The dictionary of weights that a training's state holds beside others, if it is the only one.
static limn_status select_inside(limn_tensors *set) {
    static const char *const inside[] = {"state_dict.", "model_state_dict.", "netG."};
    const char *found = NULL;
    for (int i = 0; i < 3; i++) {
        if (!count_named(set, inside[i])) continue;
        if (found)
            return limn_fail(LIMN_MODEL,
                             "it holds two dictionaries of weights, %.*s and %.*s. Save the one "
                             "that is meant alone",
                             (int)strlen(found) - 1, found, (int)strlen(inside[i]) - 1, inside[i]);
        found = inside[i];
    }
    if (found) limn_tensors_select(set, found);
    return LIMN_OK;
}

limn_status limn_tensors_tidy(limn_tensors *set) {
    size_t kept = 0;
    static const char *const wrappers[] = {"module.",
                                           "_orig_mod."}; // in this order, where both are
    LIMN_TRY(select_inside(set));
    for (int i = 0; i < 2; i++)
        if (count_named(set, wrappers[i]) == set->count) limn_tensors_select(set, wrappers[i]);
    for (size_t i = 0; i < set->count; i++) {
        const char *name = set->items[i].name;
        bool counter = limn_text_ends(name, ".num_batches_tracked");
        if (!counter && !is_running_statistic(name)) set->items[kept++] = set->items[i];
    }
    set->count = kept;
    return limn_tensors_seal(set);
}

bool limn_tensors_select(limn_tensors *set, const char *prefix) {
    size_t length = strlen(prefix), kept = 0, named = 0;
    for (size_t i = 0; i < set->count; i++) named += !strncmp(set->items[i].name, prefix, length);
    if (!named) return false;
    for (size_t i = 0; i < set->count; i++) {
        if (strncmp(set->items[i].name, prefix, length) != 0) continue;
        set->items[kept] = set->items[i];
        set->items[kept++].name += length;
    }
    set->count = kept;
    set->sorted = 0; // the search goes through all of them if there is no memory to sort
    (void)limn_tensors_seal(set);
    return true;
}
