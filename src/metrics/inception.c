// Inception v3 (Szegedy and others, 1512.00567) as FID has it: blocks of branches, put side by
// side.
#include "metrics/inception.h"

#include "formats/fill.h"
#include "formats/load.h"

#include <stdio.h>
#include <string.h>

// A convolution without bias, batch norm, relu. Padding keeps the size; with stride 2 there is
// none.
typedef struct layer {
    const char *name;               // in its block, as torchvision has it; NULL ends them
    int out, rows, columns, stride; // out 0: the block's width; stride 0: 1
    bool beside;                    // takes what the layer before it took, and stands beside it
} layer;

typedef struct branch {
    enum { NO_POOL, POOL, POOL_HALVING } pool; // before its layers
    layer layers[7];
} branch;

enum { BRANCHES = 4 };
typedef struct branches {
    branch branch[BRANCHES]; // the first without pool and layers ends them
    int first_tower;         // TensorFlow counts from here: "_conv", "_tower_conv", "_tower_1_conv"
} branches;

// clang-format off
static const branches type_a = {.branch = {
    {.layers = {{"branch1x1", 64, 1, 1}}},
    {.layers = {{"branch5x5_1", 48, 1, 1}, {"branch5x5_2", 64, 5, 5}}},
    {.layers = {{"branch3x3dbl_1", 64, 1, 1}, {"branch3x3dbl_2", 96, 3, 3},
                {"branch3x3dbl_3", 96, 3, 3}}},
    {.pool = POOL, .layers = {{"branch_pool", 0, 1, 1}}}}};
static const branches type_b = {.branch = {
    {.layers = {{"branch3x3", 384, 3, 3, 2}}},
    {.layers = {{"branch3x3dbl_1", 64, 1, 1}, {"branch3x3dbl_2", 96, 3, 3},
                {"branch3x3dbl_3", 96, 3, 3, 2}}},
    {.pool = POOL_HALVING}}};
static const branches type_c = {.branch = {
    {.layers = {{"branch1x1", 192, 1, 1}}},
    {.layers = {{"branch7x7_1", 0, 1, 1}, {"branch7x7_2", 0, 1, 7}, {"branch7x7_3", 192, 7, 1}}},
    {.layers = {{"branch7x7dbl_1", 0, 1, 1}, {"branch7x7dbl_2", 0, 7, 1},
                {"branch7x7dbl_3", 0, 1, 7}, {"branch7x7dbl_4", 0, 7, 1},
                {"branch7x7dbl_5", 192, 1, 7}}},
    {.pool = POOL, .layers = {{"branch_pool", 192, 1, 1}}}}};
static const branches type_d = {.first_tower = 1, .branch = {
    {.layers = {{"branch3x3_1", 192, 1, 1}, {"branch3x3_2", 320, 3, 3, 2}}},
    {.layers = {{"branch7x7x3_1", 192, 1, 1}, {"branch7x7x3_2", 192, 1, 7},
                {"branch7x7x3_3", 192, 7, 1}, {"branch7x7x3_4", 192, 3, 3, 2}}},
    {.pool = POOL_HALVING}}};
static const branches type_e = {.branch = {
    {.layers = {{"branch1x1", 320, 1, 1}}},
    {.layers = {{"branch3x3_1", 384, 1, 1}, {"branch3x3_2a", 384, 1, 3},
                {"branch3x3_2b", 384, 3, 1, .beside = true}}},
    {.layers = {{"branch3x3dbl_1", 448, 1, 1}, {"branch3x3dbl_2", 384, 3, 3},
                {"branch3x3dbl_3a", 384, 1, 3}, {"branch3x3dbl_3b", 384, 3, 1, .beside = true}}},
    {.pool = POOL, .layers = {{"branch_pool", 192, 1, 1}}}}};
// clang-format on

static const struct {
    const char *names[2];
    const branches *type;
    int width;
    bool largest; // its pool takes the largest and not the mean: that of 2015 does
} blocks[] = {
    {{"Mixed_5b", "mixed"}, &type_a, 32},         {{"Mixed_5c", "mixed_1"}, &type_a, 64},
    {{"Mixed_5d", "mixed_2"}, &type_a, 64},       {{"Mixed_6a", "mixed_3"}, &type_b},
    {{"Mixed_6b", "mixed_4"}, &type_c, 128},      {{"Mixed_6c", "mixed_5"}, &type_c, 160},
    {{"Mixed_6d", "mixed_6"}, &type_c, 160},      {{"Mixed_6e", "mixed_7"}, &type_c, 192},
    {{"Mixed_7a", "mixed_8"}, &type_d},           {{"Mixed_7b", "mixed_9"}, &type_e},
    {{"Mixed_7c", "mixed_10"}, &type_e, 0, true},
};
enum { BLOCKS = sizeof blocks / sizeof *blocks, BLOCKS_OF_768 = 8 };

typedef struct builder {
    limn_net *net;
    limn_inception_names names;
} builder;

static limn_node *convolution(const builder *by, limn_node *x, const layer *l, int pad,
                              const char *name) {
    limn_init none = {LIMN_INIT_ZERO};
    bool torch = by->names == LIMN_INCEPTION_TORCH;
    limn_conv2d_options options = {.stride = l->stride};
    options.top = options.bottom = pad ? (l->rows - 1) / 2 : 0;
    options.left = options.right = pad ? (l->columns - 1) / 2 : 0;
    limn_shape channels = LIMN_SHAPE(l->out);
    limn_shape shape = LIMN_SHAPE(l->out, x->shape.dim[1], l->rows, l->columns);
    limn_node *w = limn_weight(by->net, shape, none, "%s%s.weight", name, torch ? ".conv" : "");
    if (!torch) {
        limn_node *b = limn_weight(by->net, channels, none, "%s.bias", name);
        return limn_relu(limn_named(limn_conv2d(x, w, b, options), "%s", name));
    }
    limn_node *y = limn_named(limn_conv2d(x, w, NULL, options), "%s", name);
    limn_node *gamma = limn_weight(by->net, channels, none, "%s.bn.weight", name);
    limn_node *beta = limn_weight(by->net, channels, none, "%s.bn.bias", name);
    limn_node *mean = limn_buffer(by->net, channels, none, "%s.bn.running_mean", name);
    limn_node *variance = limn_buffer(by->net, channels, none, "%s.bn.running_var", name);
    return limn_relu(limn_batch_norm_test(y, gamma, beta, mean, variance, 1e-3));
}

static limn_node *pool_halving(limn_node *x) {
    return limn_max_pool(x, (limn_pool_options){.kernel = 3, .stride = 2});
}

// Zeros around the map are no part of a mean.
static limn_node *pool(limn_node *x, bool largest) {
    limn_pool_options options = {.kernel = 3, .stride = 1, .pad = 1};
    return largest ? limn_max_pool(x, options) : limn_average_pool(x, options);
}

// "Mixed_6b.branch7x7_2", or that of TensorFlow, by positions: "mixed_4_tower_conv_1".
static void name_layer(const builder *by, int block, int tower, int position, const layer *l,
                       char name[64]) {
    const char *own = blocks[block].names[by->names];
    char number[2][16] = {"", ""};
    if (by->names == LIMN_INCEPTION_TORCH) {
        snprintf(name, 64, "%s.%s", own, l->name);
        return;
    }
    if (tower > 1) snprintf(number[0], sizeof number[0], "_%d", tower - 1);
    if (position) snprintf(number[1], sizeof number[1], "_%d", position);
    snprintf(name, 64, "%s%s%s_conv%s", own, tower ? "_tower" : "", number[0], number[1]);
}

static limn_node *build_block(const builder *by, limn_node *x, int block) {
    const branches *type = blocks[block].type;
    limn_node *out[LIMN_MAX_INPUTS];
    int count = 0;
    for (int i = 0; i < BRANCHES && (type->branch[i].pool || type->branch[i].layers[0].name); i++) {
        const branch *way = &type->branch[i];
        limn_node *y = way->pool == POOL           ? pool(x, blocks[block].largest)
                       : way->pool == POOL_HALVING ? pool_halving(x)
                                                   : x;
        limn_node *before = y;
        for (int k = 0; way->layers[k].name; k++) {
            layer l = way->layers[k];
            char name[64];
            if (!l.out) l.out = blocks[block].width;
            if (l.beside) out[count++] = y;
            if (!l.beside) before = y;
            name_layer(by, block, i + type->first_tower, k, &l, name);
            y = convolution(by, before, &l, l.stride != 2, name);
        }
        out[count++] = y;
    }
    return limn_concat(out, count, 1);
}

limn_node *limn_inception_on(limn_net *net, limn_inception_names names, limn_node *x,
                             int features) {
    static const struct {
        const char *names[2];
        layer layer;
        int pad;
        bool pooled; // a pool follows
    } stem[] = {
        {{"Conv2d_1a_3x3", "conv"}, {"", 32, 3, 3, 2}, 0, false},
        {{"Conv2d_2a_3x3", "conv_1"}, {"", 32, 3, 3}, 0, false},
        {{"Conv2d_2b_3x3", "conv_2"}, {"", 64, 3, 3}, 1, true}, // 64 features
        {{"Conv2d_3b_1x1", "conv_3"}, {"", 80, 1, 1}, 0, false},
        {{"Conv2d_4a_3x3", "conv_4"}, {"", 192, 3, 3}, 0, true}, // 192
    };
    builder by = {net, names};
    int layers = features == 64 ? 3 : 5;
    int many = features < 768 ? 0 : features == 768 ? BLOCKS_OF_768 : BLOCKS;
    for (int i = 0; i < layers; i++) {
        x = convolution(&by, x, &stem[i].layer, stem[i].pad, stem[i].names[names]);
        if (stem[i].pooled) x = pool_halving(x);
    }
    for (int i = 0; i < many; i++) x = build_block(&by, x, i);
    return limn_mean(x, LIMN_SPATIAL, LIMN_DROP);
}

// ---- of a file ----

static limn_status load(const limn_tensors *set, int features, limn_plan_options how,
                        limn_inception *it) {
    limn_inception_names names;
    int most;
    LIMN_TRY(limn_inception_recognise(set, &names, &most));
    if (features > most)
        return limn_fail(LIMN_USAGE,
                         "--features %d: it ends where there are %d of them. Take %d, or "
                         "pt_inception-2015-12-05-6726825d.pth, which has 2048.",
                         features, most, most);
    it->features = features ? features : most;
    it->graph = limn_graph_new();
    if (!it->graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    it->net = (limn_net){.graph = it->graph, .store = &it->store};
    it->picture = limn_input(it->graph, "picture",
                             LIMN_SHAPE(1, 3, LIMN_INCEPTION_SIZE, LIMN_INCEPTION_SIZE));
    limn_node *out = limn_inception_on(&it->net, names, it->picture, it->features);
    LIMN_TRY(limn_graph_check(it->graph));
    LIMN_TRY(limn_tensors_fill(set, &it->store));
    LIMN_TRY(limn_plan_new(&out, 1, how, &it->plan));
    limn_net_bind(&it->net, it->plan, true);
    return LIMN_OK;
}

limn_status limn_inception_open(const char *path, int features, limn_plan_options how,
                                limn_inception *it) {
    limn_tensors set = {0};
    *it = (limn_inception){0};
    if (!path)
        return limn_fail(LIMN_USAGE, "--network FILE is needed: the Inception network of FID, such "
                                     "as pt_inception-2015-12-05-6726825d.pth of pytorch-fid");
    LIMN_TRY(limn_tensors_load(path, &set));
    limn_status status = load(&set, features, how, it);
    limn_tensors_free(&set);
    if (status == LIMN_OK) return LIMN_OK;
    limn_inception_close(it);
    return limn_fail_in(status, "--network %s: ", path);
}

void limn_inception_close(limn_inception *it) {
    limn_plan_free(it->plan);
    limn_net_free(&it->net);
    limn_graph_free(it->graph);
    limn_store_free(&it->store);
    *it = (limn_inception){0};
}

limn_status limn_inception_run(limn_inception *it, const float *picture, float *out) {
    limn_plan_bind(it->plan, it->picture, picture, false);
    LIMN_TRY(limn_plan_run(it->plan));
    memcpy(out, limn_plan_output(it->plan, 0), (size_t)it->features * sizeof *out);
    return LIMN_OK;
}
