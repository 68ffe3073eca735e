// The network of pytorch/examples (fast_neural_style), a descendant of Johnson et al. (2016):
// reflection before every convolution, instance norm, nearest x2 and a convolution in place of the
// transposed one, linear output; and telling it from the names and shapes of a state dict.
//
// Shapes at the end of the line are for a picture of h x w and width c.
#include "kinds/torch_examples.h"

#include "kinds/johnson.h"

#include <stdio.h>
#include <string.h>

static const limn_layer_options reflect4 = {.conv = {.pad = 4, .border = LIMN_BORDER_REFLECT}};
static const limn_layer_options reflect1 = {.conv = {.pad = 1, .border = LIMN_BORDER_REFLECT}};
static const limn_layer_options half = {
    .conv = {.pad = 1, .stride = 2, .border = LIMN_BORDER_REFLECT}};

static limn_node *block(limn_net *net, limn_node *x, int number) {
    char name[64];
    int c = (int)x->shape.dim[1];
    snprintf(name, sizeof name, "res%d.conv1.conv2d", number);
    limn_node *y = limn_conv_layer(net, x, c, 3, reflect1, name);
    snprintf(name, sizeof name, "res%d.in1", number);
    y = limn_relu(limn_instance_layer(net, y, name));
    snprintf(name, sizeof name, "res%d.conv2.conv2d", number);
    y = limn_conv_layer(net, y, c, 3, reflect1, name);
    snprintf(name, sizeof name, "res%d.in2", number);
    return limn_add(limn_instance_layer(net, y, name), x);
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const limn_johnson_shape *it = of;
    int c = (int)it->width;
    (void)to, (void)style;
    limn_node *y = limn_conv_layer(net, content->node[0], c, 9, reflect4, "conv1.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in1")); // c, h, w
    y = limn_conv_layer(net, y, 2 * c, 3, half, "conv2.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in2")); // 2c, h/2, w/2
    y = limn_conv_layer(net, y, 4 * c, 3, half, "conv3.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in3")); // 4c, h/4, w/4
    for (int i = 1; i <= 5; i++) y = block(net, y, i);
    y = limn_conv_layer(net, limn_upsample_nearest(y, 2), 2 * c, 3, reflect1, "deconv1.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in4")); // 2c, h/2, w/2
    y = limn_conv_layer(net, limn_upsample_nearest(y, 2), c, 3, reflect1, "deconv2.conv2d");
    y = limn_relu(limn_instance_layer(net, y, "in5"));                // c, h, w
    return limn_conv_layer(net, y, 3, 9, reflect4, "deconv3.conv2d"); // 3, h, w
}

// ---- recognising ----

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
static limn_status check_layer(const limn_tensors *set, const limn_torch_examples *network,
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

static limn_status check_all(const limn_tensors *set, limn_torch_examples *network) {
    const limn_stored *first;
    size_t seen = 0;
    LIMN_TRY(limn_tensors_get(set, "conv1.conv2d.weight", -1, NULL, &first));
    if (first->rank != 4 || first->shape[0] < 1 || first->shape[0] > LIMN_JOHNSON_MOST_WIDTH) {
        limn_shown shown;
        return limn_fail(LIMN_MODEL,
                         "tensor conv1.conv2d.weight has the shape %s where [c, 3, 9, 9] "
                         "with c from 1 to %d is expected",
                         limn_show_shape(&shown, first->rank, first->shape),
                         LIMN_JOHNSON_MOST_WIDTH);
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

limn_status limn_recognise_torch_examples(const limn_tensors *set, limn_torch_examples *network) {
    *network = (limn_torch_examples){0};
    limn_status status = check_all(set, network);
    if (!status) return LIMN_OK;
    return limn_fail_in(status, "this is not the style network of pytorch/examples: ");
}

// Somebody's word counts for more than the names.
static limn_status recognise(const limn_tensors *set, bool named, void *of) {
    limn_johnson_shape *it = of;
    limn_torch_examples network;
    if (named) return limn_johnson_recognise(set, named, of);
    LIMN_TRY(limn_recognise_torch_examples(set, &network));
    if (network.blocks != 5 || strcmp(network.scale, "weight") != 0)
        return limn_fail(LIMN_MODEL,
                         "it is a style network of %d residual blocks with norms named "
                         "%s; limn runs those of 5 blocks named weight",
                         network.blocks, network.scale);
    it->width = network.width;
    return LIMN_OK;
}

static limn_sizes sizes(const void *of) {
    (void)of;
    return (limn_sizes){.smallest = 5, .multiple = 1, .rounds = 4, .scale = 1};
}

static const limn_option shape[] = LIMN_JOHNSON_SHAPE("32", "1", 1);

const limn_kind limn_kind_torch_examples = {
    .name = "torch-examples",
    .method = "perceptual",
    .verb = "stylize",
    .title = "style of one painting (Johnson 2016, as pytorch/examples has it)",
    .shape = shape,
    .shape_size = sizeof(limn_johnson_shape),
    .sizes = sizes,
    .draw = draw,
    .recognise = recognise,
};
