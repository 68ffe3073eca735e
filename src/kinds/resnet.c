// The residual generators of paired translation: picture to picture.
//
//   conv 7x7 (reflected), two halving convolutions, B blocks, two doubling ones, conv 7x7, tanh
//
// Form spl (spatial profile loss): TensorFlow's SAME where sizes change, a relu behind each
// addition, zeros around the last convolution, norms with scale and shift. Its batch norms are
// instance norms in the doubling layers, as published. Form cyclegan (pix2pix, CycleGAN): zeros
// around the halving ones, no relu behind an addition, instance norms without scale and shift, and
// PyTorch's names.
//
// Shapes at the end of the line are for a picture of h x w and width c.
#include "kinds/resnet.h"

#include <stdio.h>

typedef struct limn_resnet_shape shape;

#define SPL_KERNELS                                                                                \
    { LIMN_INIT_TRUNCATED_NORMAL, 0, 0.02F }
#define CYCLEGAN_KERNELS                                                                           \
    { LIMN_INIT_NORMAL, 0, 0.02F }

// What one form has otherwise than the other.
typedef struct form {
    limn_layer_options half;
    limn_up_options twice;
    limn_border last; // what is around the picture at the last convolution
    limn_init kernels, scale, up_scale;
    double deviation; // of the last convolution
    bool affine;      // instance norms have scale and shift
    bool relu_behind; // blocks
} form;

static const form forms[] = {
    [LIMN_RESNET_SPL] = {.half = {.conv = {.stride = 2, .same = true}, .init = SPL_KERNELS},
                         .twice = {.conv = {.stride = 2, .same = true}, .init = SPL_KERNELS},
                         .last = LIMN_BORDER_ZERO,
                         .kernels = SPL_KERNELS,
                         .up_scale = {LIMN_INIT_TRUNCATED_NORMAL, 1, 0.02F},
                         .deviation = 1e-4,
                         .affine = true,
                         .relu_behind = true},
    [LIMN_RESNET_CYCLEGAN] = {.half = {.conv = {.stride = 2, .pad = 1}, .init = CYCLEGAN_KERNELS},
                              .twice = {.conv = {.stride = 2, .crop = 1, .adjust = 1},
                                        .init = CYCLEGAN_KERNELS},
                              .last = LIMN_BORDER_REFLECT,
                              .kernels = CYCLEGAN_KERNELS,
                              .scale = {LIMN_INIT_NORMAL, 1, 0.02F},
                              .up_scale = {LIMN_INIT_NORMAL, 1, 0.02F},
                              .deviation = 0.02},
};

// ---- names ----

typedef struct names {
    char conv[32], norm[32];
} names;

enum { FIRST = 1, UP = 4, LAST = 6 }; // layers outside of blocks, counted in order

static names of_layer(const shape *it, int layer) {
    static const int module[] = {0, 1, 4, 7, 10, 13, 17}; // the upper ones are behind the blocks
    names n;
    int index = module[layer] + (layer >= UP ? (int)it->blocks : 0);
    bool spl = it->form == LIMN_RESNET_SPL;
    snprintf(n.conv, sizeof n.conv, spl ? "c%d" : "model.%d", spl ? layer : index);
    snprintf(n.norm, sizeof n.norm, spl ? "c%d.norm" : "model.%d", spl ? layer : index + 1);
    return n;
}

// Blocks are counted from 1, their halves from 0.
static names in_block(const shape *it, int block, int half) {
    names n;
    bool spl = it->form == LIMN_RESNET_SPL;
    int in = spl ? block : 9 + block, conv = spl ? 1 + half : 1 + 4 * half,
        norm = spl ? 1 + half : 2 + 4 * half;
    snprintf(n.conv, sizeof n.conv, spl ? "r%d.conv%d" : "model.%d.conv_block.%d", in, conv);
    snprintf(n.norm, sizeof n.norm, spl ? "r%d.norm%d" : "model.%d.conv_block.%d", in, norm);
    return n;
}

// ---- layers ----

// A convolution before a batch norm needs no bias; form spl has it all the same.
static bool is_bare(const shape *it) {
    return it->form == LIMN_RESNET_CYCLEGAN && it->norm != LIMN_PAIRED_INSTANCE;
}

static limn_node *norm(limn_net *net, const shape *it, limn_node *x, bool up, const char *name) {
    const form *f = &forms[it->form];
    limn_paired_norm_options how = {.norm = it->norm,
                                    .statistics = it->statistics,
                                    .affine = f->affine,
                                    .scale = up ? f->up_scale : f->scale};
    bool spl_up = up && it->form == LIMN_RESNET_SPL;
    if (spl_up && it->norm == LIMN_PAIRED_BATCH) how.norm = LIMN_PAIRED_INSTANCE;
    return limn_paired_norm_layer(net, x, how, name);
}

static limn_layer_options reflected(const shape *it, int pad) {
    return (limn_layer_options){.conv = {.pad = pad, .border = LIMN_BORDER_REFLECT},
                                .init = forms[it->form].kernels,
                                .no_bias = is_bare(it)};
}

static limn_node *down(limn_net *net, const shape *it, limn_node *x, int64_t out, int layer) {
    limn_layer_options how = layer == FIRST ? reflected(it, 3) : forms[it->form].half;
    names n = of_layer(it, layer);
    how.no_bias = is_bare(it);
    x = limn_conv_layer(net, x, (int)out, layer == FIRST ? 7 : 3, how, n.conv);
    return limn_relu(norm(net, it, x, false, n.norm));
}

// norm(conv(relu(norm(conv(x))))) + x
static limn_node *block(limn_net *net, const shape *it, limn_node *x, int number) {
    int c = (int)x->shape.dim[1];
    names n = in_block(it, number, 0), m = in_block(it, number, 1);
    limn_node *y = limn_conv_layer(net, x, c, 3, reflected(it, 1), n.conv);
    y = limn_relu(norm(net, it, y, false, n.norm));
    y = norm(net, it, limn_conv_layer(net, y, c, 3, reflected(it, 1), m.conv), false, m.norm);
    y = limn_add(y, x);
    return forms[it->form].relu_behind ? limn_relu(y) : y;
}

static limn_node *up(limn_net *net, const shape *it, limn_node *x, int64_t out, int layer) {
    limn_up_options how = forms[it->form].twice;
    names n = of_layer(it, layer);
    how.no_bias = is_bare(it);
    x = limn_up_layer(net, x, (int)out, 3, how, n.conv);
    return limn_relu(norm(net, it, x, true, n.norm));
}

static limn_node *last(limn_net *net, const shape *it, limn_node *x) {
    const form *f = &forms[it->form];
    limn_layer_options how = {.conv = {.pad = 3, .border = f->last}, .init = f->kernels};
    how.init.b = (float)(it->output_deviation ? it->output_deviation : f->deviation);
    return limn_conv_layer(net, x, (int)it->out, 7, how, of_layer(it, LAST).conv);
}

// atanh(0.99 r)
static limn_node *inverse_tanh(limn_node *r) {
    limn_node *above = limn_log(limn_affine(r, 0.99, 1)),
              *below = limn_log(limn_affine(r, -0.99, 1));
    return limn_scale(limn_sub(above, below), 0.5);
}

limn_node *limn_resnet(limn_net *net, const shape *it, limn_node *x, limn_node *r) {
    int64_t c = it->width;
    x = down(net, it, x, c, FIRST);         // c, h, w
    x = down(net, it, x, 2 * c, FIRST + 1); // 2c, h/2, w/2
    x = down(net, it, x, 4 * c, FIRST + 2); // 4c, h/4, w/4
    for (int i = 1; i <= it->blocks; i++) x = block(net, it, x, i);
    x = up(net, it, x, 2 * c, UP); // 2c, h/2, w/2
    x = up(net, it, x, c, UP + 1); // c, h, w
    x = last(net, it, x);
    if (r && it->skip == LIMN_RESNET_TANH) x = limn_add(x, r);
    if (r && it->skip == LIMN_RESNET_ATANH) x = limn_add(x, inverse_tanh(r));
    return limn_tanh(x);
}

// ---- the kind ----

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const shape *it = of;
    (void)to, (void)style;
    limn_node *given = limn_paired_given(content->node[0], it->luma);
    limn_node *x = limn_paired_in(given, (int)it->channels);
    return limn_paired_made(limn_resnet(net, it, x, NULL), given, it->luma);
}

static limn_status check(void *of, int domains) {
    const shape *it = of;
    (void)domains;
    return limn_paired_check(it->channels, it->out);
}

limn_sizes limn_resnet_sizes(const void *of) {
    const shape *it = of;
    return (limn_sizes){.usual = (int)it->size,
                        .bicubic = true,
                        .smallest = 5,
                        .multiple = 1,
                        .rounds = 4,
                        .luma = it->luma == LIMN_PAIRED_LUMA_KEPT,
                        .scale = 1};
}

#define WHOLE(title, member, usual, least, largest)                                                \
    LIMN_PAIRED_WHOLE(limn_resnet_shape, title, member, usual, least, largest)
#define CHOICE(title, member, usual, words)                                                        \
    LIMN_PAIRED_CHOICE(limn_resnet_shape, title, member, usual, words)
static const limn_option table[] = {
    CHOICE("form", form, "spl", LIMN_RESNET_FORMS),
    WHOLE("width", width, "64", 1, LIMN_RESNET_MOST_WIDTH),
    WHOLE("blocks", blocks, "9", 1, LIMN_RESNET_MOST_BLOCKS),
    CHOICE("norm", norm, "instance", LIMN_PAIRED_NORMS),
    CHOICE("statistics", statistics, "running", LIMN_PAIRED_STATISTICS),
    CHOICE("luma", luma, "made", LIMN_PAIRED_LUMAS),
    WHOLE("channels", channels, "3", 1, 3),
    WHOLE("out", out, "3", 1, 3),
    WHOLE("size", size, "256", 16, 4096),
    {0}};

const limn_kind limn_kind_resnet = {
    .name = "resnet",
    .method = "paired",
    .verb = "translate",
    .title = "paired translation by residual blocks (spatial profiles 2019, pix2pix, CycleGAN)",
    .shape = table,
    .shape_size = sizeof(limn_resnet_shape),
    .check = check,
    .sizes = limn_resnet_sizes,
    .draw = draw,
    .recognise = limn_resnet_recognise,
    .rename = limn_resnet_rename,
};
