// DSMAP and MUNIT: a content encoder and a style encoder for each of two domains, a decoder that
// draws a content in a style by adaptive instance norm; DSMAP maps contents into the domain they
// are drawn in.
//
// Sizes at the end of the line are for DSMAP and a picture of h x w; C = 4 w. IN: instance norm
// without parameters. LN: layer norm over a picture, with scale and shift by channel; MUNIT divides
// by its unbiased deviation.
#include "kinds/dsmap.h"

#include <stdio.h>

typedef struct limn_dsmap_shape shape;

static const double eps = 1e-5;

static bool is_munit(const shape *it) {
    return it->encoder == LIMN_ENCODER_MUNIT;
}

// "G.content.a", "G.style.b"
typedef struct place {
    char name[64];
} place;

static place in(const char *part, int domain) {
    place p;
    snprintf(p.name, sizeof p.name, "G.%s.%c", part, 'a' + domain);
    return p;
}

static place below(place p, const char *what, int number) {
    place q;
    snprintf(q.name, sizeof q.name, "%.40s.%s%d", p.name, what, number);
    return q;
}

// ---- layers ----

#define HE                                                                                         \
    { LIMN_INIT_HE_NORMAL, 0, 0 } // their first values

// Reflected at the border.
static limn_node *conv(limn_net *net, limn_node *x, int64_t out, int kernel, int stride, int pad,
                       place p) {
    limn_layer_options how = {.conv = {.stride = stride, .pad = pad, .border = LIMN_BORDER_REFLECT},
                              .init = HE};
    return limn_conv_layer(net, x, (int)out, kernel, how, p.name);
}

static limn_node *instance(limn_node *x) {
    return limn_instance_norm(x, NULL, NULL, eps);
}

static limn_node *layer(limn_net *net, const shape *it, limn_node *x, place p) {
    limn_shape channels = LIMN_SHAPE(x->shape.dim[1]);
    limn_node *scale =
        limn_weight(net, channels, (limn_init){LIMN_INIT_UNIFORM, 0, 1}, "%s.norm.weight", p.name);
    limn_node *shift =
        limn_weight(net, channels, (limn_init){LIMN_INIT_ZERO, 0, 0}, "%s.norm.bias", p.name);
    return limn_layer_norm(x, scale, shift, is_munit(it) ? LIMN_NORM_STD : LIMN_NORM_ROOT, eps);
}

// x + IN(conv(act(IN(conv(x)))))
static limn_node *block(limn_net *net, limn_node *x, double slope, place p) {
    int64_t c = x->shape.dim[1];
    limn_node *y = limn_leaky_relu(instance(conv(net, x, c, 3, 1, 1, below(p, "conv", 1))), slope);
    return limn_add(instance(conv(net, y, c, 3, 1, 1, below(p, "conv", 2))), x);
}

// ---- content ----

limn_dsmap_content limn_dsmap_encode(limn_net *net, const shape *it, int from, limn_node *x) {
    place p = in("content", from);
    bool munit = is_munit(it);
    int64_t w = it->width;
    limn_dsmap_content y;
    x = conv(net, x, w, 7, 1, 3, below(p, "conv", 0)); // w, h, w
    x = munit ? limn_relu(instance(x)) : limn_leaky_relu(x, 0.01);
    x = limn_relu(instance(conv(net, x, 2 * w, 4, 2, 1, below(p, "conv", 1)))); // 2w, h/2
    x = limn_relu(instance(conv(net, x, 4 * w, 4, 2, 1, below(p, "conv", 2)))); // C, h/4
    y.before = x;
    if (!munit) x = limn_relu(instance(conv(net, x, 4 * w, 4, 2, 1, below(p, "conv", 3)))); // h/8
    for (int i = 1; i <= it->blocks; i++) x = block(net, x, 0, below(p, "block", i));
    y.own = x;
    y.shared = munit ? x : block(net, x, 0.01, (place){"G.content.shared"});
    return y;
}

// One for each domain that is drawn in; the published files keep them crosswise.
limn_node *limn_dsmap_map(limn_net *net, const shape *it, int to,
                          const limn_dsmap_content *content) {
    static const limn_up_options twice = {.conv = {.stride = 2, .crop = 1, .adjust = 1},
                                          .init = HE};
    static const limn_layer_options half = {.conv = {.stride = 2, .pad = 1}, .init = HE};
    if (!it->mapping) return content->shared;
    place p = in("map", to), up = below(p, "up", 0), down = below(p, "down", 0);
    int c = (int)content->shared->shape.dim[1];
    limn_node *x = limn_up_layer(net, content->shared, c, 3, twice, up.name); // C, h/4
    x = limn_relu(layer(net, it, x, up));
    if (it->skip) x = limn_add(x, content->before);
    x = limn_conv_layer(net, x, c, 3, half, down.name); // C, h/8
    return layer(net, it, x, down);
}

// ---- style ----

limn_node *limn_dsmap_style(limn_net *net, const shape *it, int of, limn_node *x) {
    place p = in("style", of);
    int64_t w = it->width;
    x = limn_relu(conv(net, x, w, 7, 1, 3, below(p, "conv", 0)));
    for (int i = 1; i <= 4; i++)
        x = limn_relu(conv(net, x, i == 1 ? 2 * w : 4 * w, 4, 2, 1, below(p, "conv", i)));
    x = limn_mean(x, LIMN_SPATIAL, LIMN_KEEP); // C, 1
    x = conv(net, x, it->style, 1, 1, 0, below(p, "conv", 5));
    return limn_reshape(x, LIMN_SHAPE(x->shape.dim[0], it->style));
}

// All parameters of the decoder's adaptive norms, in the order of their use.
static limn_node *modulation(limn_net *net, const shape *it, int to, limn_node *style) {
    static const limn_init he = HE;
    place p = in("mlp", to);
    limn_node *x = limn_relu(limn_linear_layer(net, style, 256, he, true, below(p, "fc", 0).name));
    x = limn_relu(limn_linear_layer(net, x, 256, he, true, below(p, "fc", 1).name));
    int64_t numbers = it->blocks * 2 * 2 * 4 * it->width; // blocks, norms, shift and scale, C
    return limn_linear_layer(net, x, (int)numbers, he, true, below(p, "fc", 2).name);
}

// The norm number `index`: first its shifts, then its scales.
static limn_node *adaptive(limn_node *x, limn_node *modulation, int index) {
    int64_t c = x->shape.dim[1];
    limn_node *shift = limn_slice_axis(modulation, 1, 2 * index * c, c);
    limn_node *scale = limn_slice_axis(modulation, 1, (2 * index + 1) * c, c);
    return limn_adain(x, scale, shift, LIMN_NORM_ROOT, eps);
}

limn_node *limn_dsmap_decode(limn_net *net, const shape *it, int to, limn_node *x,
                             limn_node *style) {
    place p = in("decoder", to);
    limn_node *all = modulation(net, it, to, style);
    int64_t c = x->shape.dim[1];
    int ups = is_munit(it) ? 2 : 3;
    for (int i = 0; i < it->blocks; i++) {
        place q = below(p, "block", i + 1);
        limn_node *y = conv(net, x, c, 3, 1, 1, below(q, "conv", 1));
        y = conv(net, limn_relu(adaptive(y, all, 2 * i)), c, 3, 1, 1, below(q, "conv", 2));
        x = limn_add(adaptive(y, all, 2 * i + 1), x);
    }
    for (int i = 1; i <= ups; i++) {
        place q = below(p, "up", i);
        int64_t out = ups - i == 2 ? c : it->width << (ups - i); // C, 2w, w
        x = conv(net, limn_upsample_nearest(x, 2), out, 5, 1, 2, q);
        x = limn_relu(layer(net, it, x, q));
    }
    return limn_tanh(conv(net, x, 3, 7, 1, 3, below(p, "conv", 0)));
}

// ---- the kind ----

static void read(limn_net *net, const void *of, int from, limn_node *rgb, limn_content *content) {
    const shape *it = of;
    limn_dsmap_content y = limn_dsmap_encode(net, it, from, limn_affine(rgb, 1 / 127.5, -1));
    content->node[0] = y.shared;
    content->node[1] = y.before;
    content->count = it->mapping && it->skip ? 2 : 1;
}

static limn_node *style(limn_net *net, const void *of, int to, limn_node *rgb) {
    return limn_dsmap_style(net, of, to, limn_affine(rgb, 1 / 127.5, -1));
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *numbers) {
    limn_dsmap_content y = {.shared = content->node[0], .before = content->node[1]};
    limn_node *x = limn_dsmap_decode(net, of, to, limn_dsmap_map(net, of, to, &y), numbers);
    return limn_affine(x, 127.5, 127.5);
}

static int64_t style_count(const void *of) {
    return ((const shape *)of)->style;
}

static void chance(const void *of, const limn_store *store, int to, uint64_t seed, int k,
                   float *out) {
    limn_random stream = {
        .seed = seed, .purpose = limn_purpose("dsmap style"), .sample = (uint32_t)k};
    (void)store, (void)to;
    limn_random_normal(&stream, 0, 1, out, (size_t)style_count(of));
}

// Pictures are read of the domain that a direction begins in; looks and all else are of the other.
static bool holds(const void *of, limn_part part, int domain) {
    int direction = ((const shape *)of)->direction;
    int from = direction == LIMN_B_TO_A ? 1 : 0;
    return direction == LIMN_BOTH_DIRECTIONS || domain == (part == LIMN_READ ? from : 1 - from);
}

static int target(const void *of) {
    return ((const shape *)of)->direction == LIMN_B_TO_A ? 0 : 1;
}

static limn_status check(void *of, int domains) {
    const shape *it = of;
    (void)domains;
    if (!is_munit(it) || !it->mapping) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "a MUNIT encoder has no mapping: its contents are not shared");
}

static limn_sizes sizes(const void *of) {
    const shape *it = of;
    return (limn_sizes){.usual = (int)it->size,
                        .smallest = 16,
                        .multiple = is_munit(it) ? 4 : 8,
                        .rounds = 1,
                        .scale = 1};
}

#define MEMBER(member) .offset = offsetof(limn_dsmap_shape, member)
#define WHOLE(title, member, usual, least, largest)                                                \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_WHOLE, MEMBER(member), .fallback = usual, .low = least, \
        .high = largest                                                                            \
    }
static const limn_option shape_table[] = {
    WHOLE("size", size, "128", 64, 1024),
    WHOLE("width", width, "32", 1, 128),
    WHOLE("style", style, "8", 1, 64),
    WHOLE("blocks", blocks, "4", 1, 16),
    {.name = "encoder",
     .kind = LIMN_OPTION_CHOICE,
     MEMBER(encoder),
     .fallback = "dsmap",
     .choices = "dsmap|munit"},
    {.name = "mapping", .kind = LIMN_OPTION_FLAG, MEMBER(mapping), .fallback = "yes"},
    {.name = "skip", .kind = LIMN_OPTION_FLAG, MEMBER(skip), .fallback = "yes"},
    {.name = "direction",
     .kind = LIMN_OPTION_CHOICE,
     MEMBER(direction),
     .fallback = "both",
     .choices = "both|AtoB|BtoA"},
    {0}};

const limn_kind limn_kind_dsmap = {
    .name = "dsmap",
    .method = "dsmap",
    .verb = "translate",
    .title = "translation by an exemplar (DSMAP 2020, MUNIT 2018)",
    .shape = shape_table,
    .shape_size = sizeof(limn_dsmap_shape),
    .check = check,
    .sizes = sizes,
    .least_domains = 2,
    .most_domains = 2,
    .target = target,
    .styles = LIMN_STYLES_CODES,
    .style_count = style_count,
    .chance = chance,
    .holds = holds,
    .read = read,
    .style = style,
    .draw = draw,
    .recognise = limn_dsmap_recognise,
    .rename = limn_dsmap_rename,
};
