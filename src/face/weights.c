// Reading the networks that find faces.
#include "face/weights.h"

#include "formats/fill.h"
#include "formats/load.h"
#include "model/shelf.h"

#include <stdlib.h>

// Names the parameters of what is there, in a graph that is not kept.
static limn_status name_parameters(limn_face_weights *weights) {
    limn_graph *graph = limn_graph_new();
    if (!graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_net net = {.graph = graph, .store = &weights->store};
    int side = 8 * LIMN_DETECTOR_STEP;
    if (weights->detector)
        limn_face_detector(&net, limn_input(graph, "picture", LIMN_SHAPE(1, 3, side, side)));
    side = LIMN_LANDMARK_SIDE;
    if (weights->blocks)
        limn_face_landmarks(&net, limn_input(graph, "box", LIMN_SHAPE(1, 3, side, side)),
                            weights->blocks);
    limn_status status = limn_graph_check(graph);
    limn_net_free(&net);
    limn_graph_free(graph);
    return status;
}

limn_status limn_face_weights_read(const limn_tensors *set, limn_face_weights *weights) {
    bool any = limn_tensors_find(set, "landmarks.fc.weight");
    bool full = limn_tensors_find(set, "landmarks.dense3.conv0.bias");
    *weights = (limn_face_weights){.detector = limn_tensors_find(set, "detector.conv0.weight"),
                                   .blocks = !any   ? 0
                                             : full ? 4
                                                    : 3};
    if (!weights->detector && !any)
        return limn_fail(LIMN_MODEL, "it holds no network that finds faces; limn convert makes a "
                                     "file of those of face-api.js");
    limn_status status = name_parameters(weights);
    if (status == LIMN_OK) status = limn_tensors_fill(set, &weights->store);
    if (status != LIMN_OK) limn_face_weights_free(weights);
    return status;
}

static limn_status load(const char *path, limn_face_weights *weights) {
    limn_tensors set = {0};
    LIMN_TRY(limn_tensors_load(path, &set));
    limn_status status = limn_face_weights_read(&set, weights);
    limn_tensors_free(&set);
    if (status == LIMN_OK && !(weights->detector && weights->blocks)) {
        status = limn_fail(LIMN_MODEL, "it lacks the network of %s: convert both at once",
                           weights->detector ? "landmarks" : "the detector");
        limn_face_weights_free(weights);
    }
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

limn_status limn_face_weights_load(const char *path, limn_face_weights *weights) {
    *weights = (limn_face_weights){.blocks = 0};
    if (path) return load(path, weights);
    char *found = limn_shelf_tool(LIMN_SHELF_FACES);
    if (!found)
        return limn_fail(LIMN_MODEL, "faces.safetensors, the networks that find faces, was not "
                                     "found in the folders of LIMN_MODELS or beside the program");
    limn_status status = load(found, weights);
    free(found);
    return status;
}

void limn_face_weights_free(limn_face_weights *weights) {
    limn_store_free(&weights->store);
    *weights = (limn_face_weights){.blocks = 0};
}
