// A model in memory: a network, its parameters, what its file says of it.
#ifndef LIMN_METHODS_MODEL_H
#define LIMN_METHODS_MODEL_H

#include "limn/model.h"
#include "methods/network.h"
#include "formats/tensors.h"

typedef struct limn_ready { // the plan made last, for pictures of one size
    limn_net net;
    limn_plan *plan;
    limn_node *x, *y;
    int width, height; // of the network's input, so after padding
    limn_translate_options options;
    size_t limit;
} limn_ready;

struct limn_model {
    const limn_network *network;
    limn_network_options options;
    limn_store store;
    limn_tensors told; // metadata only
    limn_ready ready;
};

// Makes `model->ready` for pictures of this size: LIMN_MEMORY where the plan needs more than
// `limit`.
limn_status limn_model_ready(limn_model *model, int width, int height,
                             const limn_translate_options *options, size_t limit);

// Runs the ready network on a picture of its size, [3][height][width] floats, and copies the part
// of the result that `to` shows when it lies at row `top`, column `left` of it.
typedef struct limn_part {
    int top, left;       // in the network's result
    int to_top, to_left; // in the picture `to`
    int rows, columns;
} limn_part;
limn_status limn_model_run(limn_model *model, const float *rgb, limn_part part, limn_picture *to);

// The same for a picture in tiles that overlap by the network's halo, each in a plan of at most
// `limit` bytes: equal to the whole up to rounding.
limn_status limn_model_run_tiled(limn_model *model, const limn_picture *picture,
                                 const limn_translate_options *options, size_t limit,
                                 limn_picture *to);

// What a model's file says of itself, without its parameters: method, network, scale and metadata
// may be asked of it, nothing else.
limn_status limn_model_look(const char *path, limn_model **model);

// Adds to, or replaces in, what the model's file will say.
limn_status limn_model_describe(limn_model *model, const char *key, const char *value);

// Writes a model like `model` with the values of a store that was trained, in 16-bit floats. The
// metadata say where it comes from.
limn_status limn_model_save_trained(const limn_model *model, const limn_store *trained,
                                    const char *source, int64_t step, const char *path);

// A model around a network, with parameters as a function of the seed.
limn_status limn_model_new(const limn_network *network, limn_network_options options, uint64_t seed,
                           limn_model **model);

#endif
