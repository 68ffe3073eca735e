// The U-Net generator of pix2pix: levels inside one another, each of which halves what it is given,
// hands it in, and doubles what comes back.
//
// Channels inside level l: c_l = w min(2^l, 8). For a picture of h x w:
//
//   level 0           conv -> level 1 -> relu, up, tanh
//   level 1 .. D-2    leaky relu, conv, norm -> the next -> relu, up, norm
//   level D-1         leaky relu, conv -> relu, up, norm
//
// conv and up are 4x4 of stride 2. All but level 0 hand back what they were given as well, in front
// of what they made. Names are those of PyTorch, where a level is a module within a module.
// Dropout, which training may have had, is off.
#include "kinds/unet.h"

#include <stdio.h>

typedef struct limn_unet_shape shape;

typedef struct place {
    char name[160];
} place;

static place level_in(place outer, int level) {
    place p;
    snprintf(p.name, sizeof p.name, level == 1 ? "%.100s.1.model" : "%.100s.3.model", outer.name);
    return p;
}

static place layer(place level, int index) {
    place p;
    snprintf(p.name, sizeof p.name, "%.140s.%d", level.name, index);
    return p;
}

static int channels(const shape *it, int level) {
    return (int)it->width * (level < 3 ? 1 << level : 8);
}

#define KERNELS                                                                                    \
    { LIMN_INIT_NORMAL, 0, 0.02F } // their first values

// Before a batch norm a bias is needless; the last layer has one whatever the norm.
static bool has_biases(const shape *it) {
    return it->norm == LIMN_PAIRED_INSTANCE;
}

static limn_node *down(limn_net *net, const shape *it, limn_node *x, int level, place p) {
    limn_layer_options how = {
        .conv = {.stride = 2, .pad = 1}, .init = KERNELS, .no_bias = !has_biases(it)};
    return limn_conv_layer(net, x, channels(it, level), 4, how, p.name);
}

static limn_node *up(limn_net *net, limn_node *x, int out, bool bias, place p) {
    limn_up_options how = {.conv = {.stride = 2, .crop = 1}, .init = KERNELS, .no_bias = !bias};
    return limn_up_layer(net, limn_relu(x), out, 4, how, p.name);
}

static limn_node *norm(limn_net *net, const shape *it, limn_node *x, place p) {
    limn_paired_norm_options how = {
        .norm = it->norm, .statistics = it->statistics, .scale = {LIMN_INIT_NORMAL, 1, 0.02F}};
    return limn_paired_norm_layer(net, x, how, p.name);
}

// x, and what this level and those in it make of it.
static limn_node *level(limn_net *net, const shape *it, limn_node *x, int number, place p) {
    bool innermost = number == (int)it->depth - 1;
    int behind = innermost ? 3 : 5; // the module that doubles
    limn_node *y = down(net, it, limn_leaky_relu(x, 0.2), number, layer(p, 1)); // c_l, half
    if (!innermost) {
        y = norm(net, it, y, layer(p, 2));
        y = level(net, it, y, number + 1, level_in(p, number + 1)); // 2 c_l
    }
    y = up(net, y, channels(it, number - 1), has_biases(it), layer(p, behind));
    y = norm(net, it, y, layer(p, behind + 1));
    return limn_concat((limn_node *[]){x, y}, 2, 1);
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const shape *it = of;
    place outer = {"model.model"};
    (void)to, (void)style;
    limn_node *given = limn_paired_given(content->node[0], it->luma);
    limn_node *x = limn_paired_in(given, (int)it->channels);
    x = down(net, it, x, 0, layer(outer, 0));
    x = level(net, it, x, 1, level_in(outer, 1));
    x = limn_tanh(up(net, x, (int)it->out, true, layer(outer, 3)));
    return limn_paired_made(x, given, it->luma);
}

// ---- the kind ----

static limn_status check(void *of, int domains) {
    const shape *it = of;
    (void)domains;
    return limn_paired_check(it->channels, it->out);
}

static limn_sizes sizes(const void *of) {
    const shape *it = of;
    return (limn_sizes){.usual = (int)it->size,
                        .square = true,
                        .bicubic = true,
                        .smallest = 1,
                        .multiple = 1 << it->depth,
                        .rounds = 1,
                        .luma = it->luma == LIMN_PAIRED_LUMA_KEPT,
                        .scale = 1};
}

#define WHOLE(title, member, usual, least, largest)                                                \
    LIMN_PAIRED_WHOLE(limn_unet_shape, title, member, usual, least, largest)
#define CHOICE(title, member, usual, words)                                                        \
    LIMN_PAIRED_CHOICE(limn_unet_shape, title, member, usual, words)
static const limn_option table[] = {
    WHOLE("depth", depth, "8", LIMN_UNET_LEAST_DEPTH, LIMN_UNET_MOST_DEPTH),
    WHOLE("width", width, "64", 1, LIMN_UNET_MOST_WIDTH),
    CHOICE("norm", norm, "batch", LIMN_PAIRED_NORMS),
    CHOICE("statistics", statistics, "running", LIMN_PAIRED_STATISTICS),
    CHOICE("luma", luma, "made", LIMN_PAIRED_LUMAS),
    WHOLE("channels", channels, "3", 1, 3),
    WHOLE("out", out, "3", 1, 3),
    WHOLE("size", size, "256", 128, 4096),
    {0}};

const limn_kind limn_kind_unet = {
    .name = "unet",
    .method = "paired",
    .verb = "translate",
    .title = "paired translation by a U-Net (pix2pix)",
    .shape = table,
    .shape_size = sizeof(limn_unet_shape),
    .check = check,
    .sizes = sizes,
    .draw = draw,
    .recognise = limn_unet_recognise,
    .rename = limn_unet_rename,
};
