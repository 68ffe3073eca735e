// Recognises the style network of pytorch/examples at any width and any number of blocks.
#include "formats/recognise.h"

#include <stdio.h>
#include <string.h>

#define WIDTH_MOST 1024 // 32 as published; four times as much is the widest layer
#define BLOCKS_MOST 64

// A layer: the name before ".conv2d.weight", the widths in units of c (0: the picture's three
// channels), kernel size, and the norm behind it.
typedef struct layer {
    const char *name;
    int out, in, kernel;
    const char *norm;
} layer;

static const layer layers[] = {
    {"conv1", 1, 0, 9, "in1"},   {"conv2", 2, 1, 3, "in2"},   {"conv3", 4, 2, 3, "in3"},
    {"deconv1", 2, 4, 3, "in4"}, {"deconv2", 1, 2, 3, "in5"}, {"deconv3", 0, 1, 9, NULL},
};

static const layer block_layers[] = {
    {"conv1", 4, 4, 3, "in1"},
    {"conv2", 4, 4, 3, "in2"},
};

static size_t channels(int units, int width) {
    return units ? (size_t)(units * width) : 3;
}

static limn_status check_tensor(const limn_tensors *set, const char *prefix, const char *name,
                                const char *end, int rank, const size_t *shape) {
    char full[96];
    const limn_stored *tensor;
    snprintf(full, sizeof full, "%s%s.%s", prefix, name, end);
    LIMN_TRY(limn_tensors_get(set, full, rank, shape, &tensor));
    if (!limn_element_is_float(tensor->element))
        return limn_fail(LIMN_MODEL, "tensor %s holds whole numbers (%s)", full,
                         limn_element_name(tensor->element));
    return LIMN_OK;
}

// Adds the number of tensors seen to *seen.
static limn_status check_layer(const limn_tensors *set, const limn_style_network *network,
                               const char *prefix, const layer *l, size_t *seen) {
    size_t kernel = (size_t)l->kernel, out = channels(l->out, network->width);
    size_t shape[4] = {out, channels(l->in, network->width), kernel, kernel};
    LIMN_TRY(check_tensor(set, prefix, l->name, "conv2d.weight", 4, shape));
    LIMN_TRY(check_tensor(set, prefix, l->name, "conv2d.bias", 1, shape));
    *seen += 2;
    if (!l->norm) return LIMN_OK;
    LIMN_TRY(check_tensor(set, prefix, l->norm, network->scale, 1, shape));
    LIMN_TRY(check_tensor(set, prefix, l->norm, network->shift, 1, shape));
    *seen += 2;
    return LIMN_OK;
}

static int count_blocks(const limn_tensors *set) {
    char name[48];
    int blocks = 0;
    do snprintf(name, sizeof name, "res%d.conv1.conv2d.weight", blocks + 1);
    while (limn_tensors_find(set, name) && ++blocks <= BLOCKS_MOST);
    return blocks;
}

static limn_status check_all(const limn_tensors *set, limn_style_network *network) {
    const limn_stored *first;
    size_t seen = 0;
    LIMN_TRY(limn_tensors_get(set, "conv1.conv2d.weight", -1, NULL, &first));
    if (first->rank != 4 || first->shape[0] < 1 || first->shape[0] > WIDTH_MOST) {
        limn_shown shown;
        return limn_fail(LIMN_MODEL,
                         "tensor conv1.conv2d.weight has the shape %s where [c, 3, 9, 9] "
                         "with c from 1 to %d is expected",
                         limn_show_shape(&shown, first->rank, first->shape), WIDTH_MOST);
    }
    network->width = (int)first->shape[0];
    network->blocks = count_blocks(set);
    if (network->blocks > BLOCKS_MOST)
        return limn_fail(LIMN_MODEL, "there are more than %d residual blocks", BLOCKS_MOST);
    bool older = limn_tensors_find(set, "in1.scale") && !limn_tensors_find(set, "in1.weight");
    network->scale = older ? "scale" : "weight";
    network->shift = older ? "shift" : "bias";
    network->epsilon = older ? 1e-9f : 1e-5f;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        LIMN_TRY(check_layer(set, network, "", &layers[i], &seen));
    for (int block = 1; block <= network->blocks; block++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "res%d.", block);
        for (size_t i = 0; i < sizeof block_layers / sizeof *block_layers; i++)
            LIMN_TRY(check_layer(set, network, prefix, &block_layers[i], &seen));
    }
    if (seen != set->count)
        return limn_fail(LIMN_MODEL, "%zu tensors belong to the network, but the file holds %zu",
                         seen, set->count);
    return LIMN_OK;
}

limn_status limn_recognise_style(const limn_tensors *set, limn_style_network *network) {
    *network = (limn_style_network){0};
    limn_status status = check_all(set, network);
    if (!status) return LIMN_OK;
    return limn_fail_in(status, "this is not the style network of pytorch/examples: ");
}
