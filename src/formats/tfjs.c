// TensorFlow.js manifests with weights of one byte each.
//
//   [{"weights": [{"name": "conv0/filters", "shape": [3, 3, 3, 16], "dtype": "float32",
//                  "quantization": {"dtype": "uint8", "scale": 0.009, "min": -1.2}}, ...],
//     "paths": ["NAME-shard1", ...]}, ...]
//
// The shards of a group, joined, hold its weights one after the other: value = byte scale + min.
#include "formats/tfjs.h"

#include "image/recognise.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MANIFEST_MOST ((size_t)1 << 20) // bytes
#define WEIGHT_MOST ((size_t)1 << 31)   // numbers of one weight

static bool is_blank(unsigned char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool limn_tfjs_is_manifest(const unsigned char *bytes, size_t size) {
    static const char start[] = "[{\"";
    size_t found = 0;
    for (size_t i = 0; i < size && found < sizeof start - 1; i++) {
        if (is_blank(bytes[i])) continue;
        if (bytes[i] != (unsigned char)start[found++]) return false;
    }
    return found == sizeof start - 1;
}

// ---- what a weight is ----

typedef struct weight {
    const char *name;
    int rank;
    size_t shape[LIMN_TENSOR_RANK], count;
    double scale, least;
} weight;

static limn_status read_shape(const json_t *list, weight *it) {
    limn_shown shown;
    if (!json_is_array(list) || json_array_size(list) > LIMN_TENSOR_RANK)
        return limn_fail(LIMN_MODEL, "its shape is no list of at most %d sizes", LIMN_TENSOR_RANK);
    it->rank = (int)json_array_size(list);
    it->count = 1;
    for (int i = 0; i < it->rank; i++) {
        const json_t *side = json_array_get(list, (size_t)i);
        json_int_t value = json_integer_value(side);
        if (!json_is_integer(side) || value < 0 || (uint64_t)value > WEIGHT_MOST)
            return limn_fail(LIMN_MODEL, "size %d of its shape cannot be", i + 1);
        it->shape[i] = (size_t)value;
        if (!limn_multiply(it->count, it->shape[i], &it->count)) it->count = SIZE_MAX;
    }
    if (it->count <= WEIGHT_MOST) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "a shape of %s has more than 2^31 numbers",
                     limn_show_shape(&shown, it->rank, it->shape));
}

static limn_status check_type(const json_t *type, const char *wanted, const char *what) {
    const char *text = json_string_value(type);
    limn_shown shown;
    if (text && !strcmp(text, wanted)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "%s is %s, and limn reads %s", what,
                     limn_show(&shown, text ? text : "no text", strlen(text ? text : "no text")),
                     wanted);
}

static limn_status read_quantisation(const json_t *said, weight *it) {
    const json_t *scale = json_object_get(said, "scale"), *least = json_object_get(said, "min");
    if (!json_is_object(said))
        return limn_fail(LIMN_MODEL, "it has no quantization, and limn reads weights of one byte");
    LIMN_TRY(check_type(json_object_get(said, "dtype"), "uint8", "its quantization"));
    it->scale = json_number_value(scale);
    it->least = json_number_value(least);
    bool numbers = json_is_number(scale) && json_is_number(least);
    if (numbers && fabs(it->scale) < 1e30 && fabs(it->least) < 1e30) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "scale and min of its quantization are no numbers below 1e30");
}

static limn_status read_weight(const json_t *said, weight *it) {
    limn_shown shown;
    it->name = json_string_value(json_object_get(said, "name"));
    size_t size = json_string_length(json_object_get(said, "name"));
    if (!it->name || !size || size > LIMN_NAME_MOST)
        return limn_fail(LIMN_MODEL, "a weight has no name of 1 to %d bytes", LIMN_NAME_MOST);
    limn_status status = check_type(json_object_get(said, "dtype"), "float32", "its dtype");
    if (status == LIMN_OK) status = read_shape(json_object_get(said, "shape"), it);
    if (status == LIMN_OK) status = read_quantisation(json_object_get(said, "quantization"), it);
    return status ? limn_fail_in(status, "weight %s: ", limn_show(&shown, it->name, size))
                  : LIMN_OK;
}

// ---- the bytes of a group ----

enum { MOST_SHARDS = 256, TO_LOOK_AT = 512 }; // bytes of a shard that is too long

typedef struct source {
    limn_tfjs_shard *open;
    void *context;
} source;

// The shards of a group, and the byte that is read next.
typedef struct shards {
    limn_file items[MOST_SHARDS];
    int count, now;
    size_t at;
} shards;

static void close_shards(shards *all) {
    while (all->count) limn_file_close(&all->items[--all->count]);
}

// A name in the folder of the manifest, and no way out of it.
static limn_status check_name(const char *name) {
    limn_shown shown;
    if (name && *name && *name != '.' && !strpbrk(name, "/\\") && strlen(name) < 256)
        return LIMN_OK;
    return limn_fail(LIMN_MODEL, "the shard %s is no plain name of a file beside the manifest",
                     limn_show(&shown, name ? name : "", strlen(name ? name : "")));
}

static limn_status wrong_size(const char *name, const limn_file *shard, size_t size, size_t left) {
    limn_recognised looks =
        shard->size ? limn_look(shard->bytes, shard->size) : (limn_recognised){0};
    limn_shown shown;
    bool other = looks.what && strcmp(looks.what, "text") != 0;
    return limn_fail(LIMN_MODEL, "the weights need %zu bytes of the shard %s, which has %zu%s%s",
                     left, limn_show(&shown, name, strlen(name)), size,
                     other ? ": it looks like " : "", other ? looks.what : "");
}

// Opens the next, of which at most `left` bytes are needed; the last has exactly those.
static limn_status open_shard(const source *from, const char *name, bool last, size_t *left,
                              shards *all) {
    limn_file *shard = &all->items[all->count];
    size_t size;
    LIMN_TRY(check_name(name));
    LIMN_TRY(from->open(from->context, name, *left + TO_LOOK_AT, shard, &size));
    all->count++;
    bool fits = last ? size == *left : size <= *left;
    if (!fits || size != shard->size) return wrong_size(name, shard, size, *left);
    *left -= size;
    return LIMN_OK;
}

static limn_status open_shards(const source *from, const json_t *paths, size_t needed,
                               shards *all) {
    int count = (int)json_array_size(paths);
    for (int i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(paths, (size_t)i));
        LIMN_TRY(open_shard(from, name, i + 1 == count, &needed, all));
    }
    return LIMN_OK;
}

// value = byte scale + min
static void read_values(shards *all, const weight *it, float *values) {
    for (size_t i = 0; i < it->count; i++) {
        while (all->at == all->items[all->now].size) all->now++, all->at = 0;
        values[i] = (float)(all->items[all->now].bytes[all->at++] * it->scale + it->least);
    }
}

static limn_status add_weights(const json_t *weights, shards *all, float *values,
                               limn_tensors *set) {
    for (size_t i = 0; i < json_array_size(weights); i++) {
        weight it;
        LIMN_TRY(read_weight(json_array_get(weights, i), &it));
        read_values(all, &it, values);
        LIMN_TRY(limn_tensors_add(set, it.name, LIMN_ELEMENT_F32, it.rank, it.shape, values));
        values += it.count;
    }
    return LIMN_OK;
}

static limn_status count_numbers(const json_t *weights, size_t *numbers) {
    *numbers = 0;
    for (size_t i = 0; i < json_array_size(weights); i++) {
        weight it;
        LIMN_TRY(read_weight(json_array_get(weights, i), &it));
        *numbers += it.count; // of at most 2^31 each, in a manifest of 1 MiB
    }
    return LIMN_OK;
}

// ---- the manifest ----

static limn_status read_group(const source *from, const json_t *group, limn_tensors *set) {
    const json_t *weights = json_object_get(group, "weights");
    const json_t *paths = json_object_get(group, "paths");
    size_t numbers;
    shards all = {.count = 0};
    if (!json_is_array(weights) || !json_is_array(paths) || !json_array_size(paths))
        return limn_fail(LIMN_MODEL, "a group of the manifest lacks its list of weights or paths");
    if (json_array_size(paths) > MOST_SHARDS)
        return limn_fail(LIMN_MODEL, "a group of the manifest has more than %d shards",
                         MOST_SHARDS);
    LIMN_TRY(count_numbers(weights, &numbers));
    limn_status status = open_shards(from, paths, numbers, &all);
    float *values = NULL;
    if (status == LIMN_OK) values = limn_tensors_block(set, (numbers + 1) * sizeof *values);
    if (status == LIMN_OK && !values)
        status = limn_fail(LIMN_MEMORY, "there is no memory for %zu weights", numbers);
    if (status == LIMN_OK) status = add_weights(weights, &all, values, set);
    close_shards(&all);
    return status;
}

// "conv0" beside "conv0/filters": one of them is in the place of the other.
static limn_status check_overlap(const limn_tensors *set) {
    for (size_t i = 0; i < set->count; i++) {
        char name[LIMN_NAME_MOST + 1];
        snprintf(name, sizeof name, "%s", set->items[i].name);
        for (char *slash = strrchr(name, '/'); slash; slash = strrchr(name, '/')) {
            *slash = 0;
            if (!limn_tensors_find(set, name)) continue;
            limn_shown one, other;
            return limn_fail(LIMN_MODEL, "the weights %s and %s overlap",
                             limn_show(&one, name, strlen(name)),
                             limn_show(&other, set->items[i].name, strlen(set->items[i].name)));
        }
    }
    return LIMN_OK;
}

static limn_status read_manifest(const source *from, const json_t *manifest, limn_tensors *set) {
    if (!json_is_array(manifest) || !json_array_size(manifest))
        return limn_fail(LIMN_MODEL, "the manifest is no list of groups of weights");
    for (size_t i = 0; i < json_array_size(manifest); i++)
        LIMN_TRY(read_group(from, json_array_get(manifest, i), set));
    LIMN_TRY(limn_tensors_seal(set));
    return check_overlap(set);
}

limn_status limn_tfjs_parse(const unsigned char *bytes, size_t size, limn_tfjs_shard *open,
                            void *context, limn_tensors *set) {
    const source from = {open, context};
    json_error_t fault;
    limn_shown shown;
    if (size > MANIFEST_MOST)
        return limn_fail(LIMN_MODEL, "a manifest of %zu bytes is larger than limn reads (%zu)",
                         size, MANIFEST_MOST);
    json_t *manifest = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &fault);
    if (!manifest)
        return limn_fail(LIMN_MODEL, "the manifest is no JSON: line %d: %s", fault.line,
                         limn_show(&shown, fault.text, strlen(fault.text)));
    limn_status status = read_manifest(&from, manifest, set);
    json_decref(manifest);
    if (status) limn_tensors_free(set);
    return status;
}

static limn_status open_beside(void *context, const char *name, size_t most, limn_file *shard,
                               size_t *size) {
    const char *manifest = context;
    char path[4096];
    int folder = (int)(limn_path_name(manifest) - manifest);
    if (snprintf(path, sizeof path, "%.*s%s", folder, manifest, name) >= (int)sizeof path)
        return limn_fail(LIMN_MODEL, "the name of the shard is too long");
    return limn_file_open_head(path, most, LIMN_MODEL, shard, size);
}

limn_status limn_tfjs_load(const char *path, limn_tensors *set) {
    limn_file file;
    char *context = (char *)(uintptr_t)path; // read only
    *set = (limn_tensors){0};
    LIMN_TRY(limn_file_open(path, MANIFEST_MOST, LIMN_MODEL, &file));
    limn_status status = limn_tfjs_parse(file.bytes, file.size, open_beside, context, set);
    limn_file_close(&file);
    return status ? limn_fail_in(status, "%s: ", path) : LIMN_OK;
}
