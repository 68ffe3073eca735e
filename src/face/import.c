// The published weights of face-api.js, as TensorFlow lays them out, under limn's names.
#include "face/weights.h"
#include "formats/tfjs.h"

#include <stdio.h>
#include <string.h>

// How the last part of a name becomes one of ours, and which axis of TensorFlow's each of ours is.
static const struct {
    const char *theirs, *ours;
    int rank, axis[4];
} parts[] = {
    {"filters", "weight", 4, {3, 2, 0, 1}},                    // [kh,kw,in,out]
    {"depthwise_filter", "depthwise.weight", 4, {2, 3, 0, 1}}, // [kh,kw,c,1]
    {"pointwise_filter", "pointwise.weight", 4, {3, 2, 0, 1}}, // [1,1,in,out]
    {"weights", "weight", 2, {1, 0}},                          // [in,out]
    {"bias", "bias", 1, {0}},
};

static limn_status add(const limn_stored *tensor, const char *network, limn_tensors *ours) {
    const char *slash = strrchr(tensor->name, '/');
    size_t shape[4], stride[4];
    char name[128];
    limn_shown shown;
    size_t i = 0, count = sizeof parts / sizeof *parts;
    while (i < count && (!slash || strcmp(slash + 1, parts[i].theirs) != 0)) i++;
    if (i == count || tensor->rank != parts[i].rank || strlen(tensor->name) > 64)
        return limn_fail(LIMN_MODEL, "weight %s is of no network that finds faces",
                         limn_show(&shown, tensor->name, strlen(tensor->name)));
    for (int d = 0; d < tensor->rank; d++) {
        shape[d] = tensor->shape[parts[i].axis[d]];
        stride[d] = tensor->stride[parts[i].axis[d]];
    }
    snprintf(name, sizeof name, "%s.%.*s.%s", network, (int)(slash - tensor->name), tensor->name,
             parts[i].ours);
    for (char *at = name; *at; at++) *at = *at == '/' ? '.' : *at;
    return limn_tensors_add_view(ours, name, tensor->element, tensor->rank, shape, stride,
                                 tensor->bytes);
}

static limn_status add_network(const limn_tensors *published, limn_tensors *ours) {
    bool detector = limn_tensors_find(published, "conv8/filters");
    bool landmarks = limn_tensors_find(published, "fc/weights");
    if (detector == landmarks)
        return limn_fail(LIMN_MODEL, "these are weights of another network than the tiny face "
                                     "detector and face landmark 68 of face-api.js");
    for (size_t i = 0; i < published->count; i++)
        LIMN_TRY(add(&published->items[i], detector ? "detector" : "landmarks", ours));
    return LIMN_OK;
}

static limn_status describe(limn_tensors *ours) {
    static const char *const said[][2] = {
        {"limn.format", "1"},
        {"limn.method", "faces"},
        {"limn.version", LIMN_VERSION},
        {"limn.licence", "MIT, Copyright (c) 2018 Vincent Mühler"},
        {"limn.source", "face-api.js by Vincent Mühler: tiny face detector, face landmark 68"},
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        LIMN_TRY(limn_tensors_describe(ours, said[i][0], said[i][1]));
    return limn_tensors_seal(ours);
}

// What is not of the networks would be carried along unseen.
static limn_status check(const limn_tensors *ours) {
    limn_face_weights weights;
    LIMN_TRY(limn_face_weights_read(ours, &weights));
    bool all = (size_t)weights.store.size == ours->count;
    int known = weights.store.size;
    limn_face_weights_free(&weights);
    if (all) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "there are %zu weights, and the networks have %d", ours->count,
                     known);
}

static limn_status read_all(const char *const *manifests, int count, limn_face_import *it) {
    for (int i = 0; i < count; i++) {
        LIMN_TRY(limn_tfjs_load(manifests[i], &it->published[i]));
        it->count++;
        limn_status status = add_network(&it->published[i], &it->ours);
        if (status != LIMN_OK) return limn_fail_in(status, "%s: ", manifests[i]);
    }
    limn_status status = describe(&it->ours);
    if (status == LIMN_OK) status = check(&it->ours);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", manifests[count - 1]);
}

limn_status limn_face_import_read(const char *const *manifests, int count, limn_face_import *it) {
    *it = (limn_face_import){.count = 0};
    if (count > LIMN_FACE_MANIFESTS)
        return limn_fail(LIMN_USAGE,
                         "%d manifests, and %d make a file: the detector and one of landmarks.",
                         count, LIMN_FACE_MANIFESTS);
    limn_status status = read_all(manifests, count, it);
    if (status != LIMN_OK) limn_face_import_free(it);
    return status;
}

void limn_face_import_free(limn_face_import *it) {
    limn_tensors_free(&it->ours);
    while (it->count) limn_tensors_free(&it->published[--it->count]);
}
