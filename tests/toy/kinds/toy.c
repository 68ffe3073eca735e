// An example of a kind of model: small networks that translate between two domains, with a look
// that is read of an exemplar or drawn by chance.
//
//   read   x -> 3x3, w -> a, 4x4 stride 2, 2w -> 4x4 stride 2, 4w -> b       contents: b, a
//   style  x -> 4x4 stride 2, w -> 4x4 stride 2, 2w -> mean -> dense         4 numbers
//   draw   b, normalised, scaled and shifted by the style -> x4 -> 3x3, w; beside a -> 3x3, 3, tanh
//
// Each domain has networks of its own: parameters PART.DOMAIN.LAYER, as in draw.B.conv1. w: width.
#include "toy.h"

#include "model/kind.h"

#include <stdio.h>

enum { CODE = 4, MULTIPLE = 4 };

static const limn_layer_options same = {.conv = {.pad = 1}};
static const limn_layer_options half = {.conv = {.pad = 1, .stride = 2}};

static limn_node *conv(limn_net *net, limn_node *x, int64_t out, limn_layer_options how,
                       const char *part, int domain, int number) {
    char name[32];
    snprintf(name, sizeof name, "%s.%c.conv%d", part, 'A' + domain, number);
    return limn_conv_layer(net, x, (int)out, how.conv.stride == 2 ? 4 : 3, how, name);
}

static limn_node *dense(limn_net *net, limn_node *x, int64_t out, const char *part, int domain) {
    char name[32];
    snprintf(name, sizeof name, "%s.%c.dense", part, 'A' + domain);
    return limn_linear_layer(net, x, (int)out, (limn_init){LIMN_INIT_USUAL}, true, name);
}

// The networks count -1..1.
static limn_node *from_rgb(limn_node *rgb) {
    return limn_affine(rgb, 1 / 127.5, -1);
}

static void read(limn_net *net, const void *shape, int from, limn_node *rgb,
                 limn_content *content) {
    int64_t width = ((const toy_shape *)shape)->width;
    limn_node *a = limn_relu(conv(net, from_rgb(rgb), width, same, "read", from, 1)); // w, h, w
    limn_node *b = limn_relu(conv(net, a, 2 * width, half, "read", from, 2));         // 2w, h/2
    content->node[0] = conv(net, b, 4 * width, half, "read", from, 3);                // 4w, h/4
    content->node[1] = a;
    content->count = 2;
}

static limn_node *style(limn_net *net, const void *shape, int to, limn_node *rgb) {
    int64_t width = ((const toy_shape *)shape)->width;
    limn_node *x = limn_relu(conv(net, from_rgb(rgb), width, half, "style", to, 1));
    x = limn_relu(conv(net, x, 2 * width, half, "style", to, 2));                // 2w, h/4
    return dense(net, limn_mean(x, LIMN_SPATIAL, LIMN_DROP), CODE, "style", to); // [n,4]
}

static limn_node *draw(limn_net *net, const void *shape, int to, const limn_content *content,
                       limn_node *code) {
    int64_t width = ((const toy_shape *)shape)->width;
    limn_node *both = dense(net, code, 8 * width, "draw", to); // [n,8w]: scale, then shift
    limn_node *scale = limn_affine(limn_slice_axis(both, 1, 0, 4 * width), 1, 1);
    limn_node *shift = limn_slice_axis(both, 1, 4 * width, 4 * width);
    limn_node *x = limn_relu(limn_adain(content->node[0], scale, shift, LIMN_NORM_ROOT, 1e-5));
    x = limn_relu(conv(net, limn_upsample_nearest(x, 4), width, same, "draw", to, 1)); // w, h, w
    x = limn_concat((limn_node *const[]){x, content->node[1]}, 2, 1);
    return limn_affine(limn_tanh(conv(net, x, 3, same, "draw", to, 2)), 127.5, 127.5);
}

static int64_t style_count(const void *shape) {
    (void)shape;
    return CODE;
}

// The prior: training draws styles by the same law.
static void chance(const void *shape, const limn_store *store, int to, uint64_t seed, int k,
                   float *code) {
    limn_random stream = {
        .seed = seed, .purpose = limn_purpose("toy random"), .sample = (uint32_t)k};
    (void)shape, (void)store, (void)to;
    limn_random_normal(&stream, 0, 1, code, CODE);
}

static limn_sizes sizes(const void *shape) {
    return (limn_sizes){.usual = (int)((const toy_shape *)shape)->image_size,
                        .smallest = MULTIPLE,
                        .multiple = MULTIPLE,
                        .rounds = 1,
                        .scale = 1};
}

#define MEMBER(member) .offset = offsetof(toy_shape, member)
static const limn_option shape[] = {{.name = "image-size",
                                     .kind = LIMN_OPTION_WHOLE,
                                     MEMBER(image_size),
                                     .fallback = "16",
                                     .low = MULTIPLE,
                                     .high = 256},
                                    {.name = "width",
                                     .kind = LIMN_OPTION_WHOLE,
                                     MEMBER(width),
                                     .fallback = "8",
                                     .low = 1,
                                     .high = 64},
                                    {0}};

const limn_kind limn_kind_toy = {
    .name = "toy",
    .method = "toy",
    .verb = "translate",
    .title = "an example: two domains and looks of four numbers",
    .shape = shape,
    .shape_size = sizeof(toy_shape),
    .sizes = sizes,
    .least_domains = 2,
    .most_domains = 2,
    .styles = LIMN_STYLES_CODES,
    .style_count = style_count,
    .chance = chance,
    .read = read,
    .style = style,
    .draw = draw,
};
