// EGSC-IT and UNIT: what a picture shows is read into a latent space that both domains share, and
// drawn by the generator of the other domain; in EGSC-IT weighted by a mask of the picture, with
// the mean and deviation of an exemplar's features. Both come from F, encoders that stay as the
// auto-encoders of a first stage have left them.
//
//   read   E(x) -> block, z -> block, c;  F(x) -> m           contents: c, m
//   style  F(exemplar) -> scale, shift                         2C numbers
//   draw   G(adain(c m, scale, shift))
//
// No network has a norm: it would take away what the style says.
#include "kinds/egsc_it.h"

#include <stdio.h>
#include <string.h>

typedef struct limn_egsc_shape shape;
typedef limn_egsc_name place;

static const double eps = 1e-5, least_variance = 1e-8;

bool limn_egsc_guided(const shape *it) {
    return it->mask || it->adain != LIMN_ADAIN_NONE;
}

int64_t limn_egsc_channels(const shape *it) {
    return it->width << it->downsamplings;
}

place limn_egsc_of(const char *network, int domain) {
    place p;
    snprintf(p.text, sizeof p.text, "%.40s.%c", network, 'a' + domain);
    return p;
}

static place below(place p, const char *what, int number) {
    place q;
    snprintf(q.text, sizeof q.text, "%.44s.%.12s%d", p.text, what, number);
    return q;
}

// ---- layers ----

static const double SLOPE = 0.2;

static const limn_init SMALL = {LIMN_INIT_TRUNCATED_NORMAL, 0, 0.02F}; // first values, as published

// Of layers before an encoder's blocks, and of those that enlarge. By the small ones each makes
// values three to five times smaller: with two halvings what is read comes to 0.0001 in mean square
// and goes under in the noise of 1, so that thousands of steps go by before anything is drawn
// again.
static limn_init first_values(const shape *it) {
    return it->he ? (limn_init){LIMN_INIT_HE_NORMAL, 0, 0} : SMALL;
}

// Reflected at the border.
static limn_node *conv(limn_net *net, limn_node *x, int64_t out, int kernel, int stride,
                       limn_init init, place p) {
    limn_layer_options how = {
        .conv = {.stride = stride, .pad = kernel / 2, .border = LIMN_BORDER_REFLECT}, .init = init};
    return limn_conv_layer(net, x, (int)out, kernel, how, p.text);
}

limn_node *limn_egsc_block(limn_net *net, limn_node *x, place p) {
    int64_t c = x->shape.dim[1];
    limn_node *y = limn_relu(conv(net, x, c, 3, 1, SMALL, below(p, "conv", 1)));
    return limn_add(conv(net, y, c, 3, 1, SMALL, below(p, "conv", 2)), x);
}

enum { BLOCKS = 3 }; // of an encoder, and of a generator

static limn_node *blocks(limn_net *net, limn_node *x, place p) {
    for (int i = 1; i <= BLOCKS; i++) x = limn_egsc_block(net, x, below(p, "block", i));
    return x;
}

// ---- networks ----

limn_node *limn_egsc_encode(limn_net *net, const shape *it, place p, limn_node *x) {
    limn_init init = first_values(it);
    x = limn_leaky_relu(conv(net, x, it->width, 7, 1, init, below(p, "conv", 0)), SLOPE); // w, h
    for (int i = 1; i <= it->downsamplings; i++)
        x = limn_leaky_relu(conv(net, x, it->width << i, 3, 2, init, below(p, "conv", i)), SLOPE);
    return blocks(net, x, p); // C, h/r
}

limn_node *limn_egsc_generate(limn_net *net, const shape *it, place p, limn_node *x) {
    limn_up_options twice = {.conv = {.stride = 2, .same = true}, .init = first_values(it)};
    x = blocks(net, x, p);
    for (int i = 1; i <= it->downsamplings; i++) {
        int out = (int)(it->width << (it->downsamplings - i));
        x = limn_leaky_relu(limn_up_layer(net, x, out, 3, twice, below(p, "up", i).text), SLOPE);
    }
    return limn_tanh(conv(net, x, 3, 1, 1, SMALL, below(p, "conv", 0))); // 3, h
}

limn_node *limn_egsc_noisy(const shape *it, limn_node *mu, limn_node *noise) {
    if (!noise) noise = limn_noise_normal(mu->graph, mu->shape, 0, it->noise_deviation);
    return limn_add(mu, noise);
}

// ---- guidance ----

limn_node *limn_egsc_mask(limn_node *f) {
    return limn_affine(limn_sigmoid(f), 0.5, 0.5);
}

limn_node *limn_egsc_style(const shape *it, limn_node *f) {
    limn_shape channels = LIMN_SHAPE(f->shape.dim[0], f->shape.dim[1]);
    limn_node *moments = limn_moments(f, LIMN_OVER_PLANE);
    limn_node *mean = limn_reshape(limn_slice_axis(moments, 2, 0, 1), channels);
    limn_node *variance = limn_reshape(limn_slice_axis(moments, 2, 1, 1), channels);
    if (it->adain == LIMN_ADAIN_PUBLISHED)
        return limn_concat((limn_node *const[]){mean, variance}, 2, 1);
    limn_node *deviation = limn_sqrt(limn_affine(variance, 1, eps));
    return limn_concat((limn_node *const[]){deviation, mean}, 2, 1);
}

limn_node *limn_egsc_guide(const shape *it, limn_node *content, limn_node *mask, limn_node *style) {
    int64_t c = limn_egsc_channels(it);
    if (mask) content = limn_mul(content, mask);
    if (!style) return content;
    limn_node *scale = limn_slice_axis(style, 1, 0, c), *shift = limn_slice_axis(style, 1, c, c);
    if (it->adain == LIMN_ADAIN_PUBLISHED)
        return limn_adain(content, scale, shift, LIMN_NORM_VARIANCE, least_variance);
    return limn_adain(content, scale, shift, LIMN_NORM_ROOT, eps);
}

// The styles that the model keeps of a domain: [64,2C], the first `styles` of which are there.
static void keep_styles(limn_net *net, const shape *it, int domain) {
    static const limn_init zero = {LIMN_INIT_ZERO, 0, 0};
    limn_buffer(net, LIMN_SHAPE(LIMN_EGSC_MOST_STYLES, 2 * limn_egsc_channels(it)), zero,
                "styles.%c", 'a' + domain);
}

// ---- the kind ----

static limn_node *from_rgb(limn_node *rgb) {
    return limn_affine(rgb, 1 / 127.5, -1);
}

static limn_node *latent(limn_net *net, const shape *it, limn_node *x) {
    x = limn_egsc_block(net, x, (place){"S.latent"});
    if (it->noise) x = limn_egsc_noisy(it, x, NULL);
    return limn_egsc_block(net, x, (place){"S.content"});
}

static void read(limn_net *net, const void *of, int from, limn_node *rgb, limn_content *content) {
    const shape *it = of;
    limn_node *x = from_rgb(rgb), *c = limn_egsc_encode(net, it, limn_egsc_of("E", from), x);
    content->node[0] = it->sharing ? latent(net, it, c) : c;
    if (it->mask)
        content->node[1] = limn_egsc_mask(limn_egsc_encode(net, it, limn_egsc_of("F", from), x));
    content->count = it->mask ? 2 : 1;
}

static limn_node *style(limn_net *net, const void *of, int to, limn_node *rgb) {
    keep_styles(net, of, to);
    return limn_egsc_style(of, limn_egsc_encode(net, of, limn_egsc_of("F", to), from_rgb(rgb)));
}

// A style that was weakened or exaggerated may have come below a deviation of 0.
static limn_node *held(const shape *it, limn_node *style) {
    int64_t c = limn_egsc_channels(it);
    if (!style || it->adain != LIMN_ADAIN_STANDARD) return style;
    limn_node *scale = limn_relu(limn_slice_axis(style, 1, 0, c));
    return limn_concat((limn_node *const[]){scale, limn_slice_axis(style, 1, c, c)}, 2, 1);
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const shape *it = of;
    limn_node *mask = it->mask ? content->node[1] : NULL;
    limn_node *x = limn_egsc_guide(it, content->node[0], mask, held(it, style));
    return limn_affine(limn_egsc_generate(net, it, limn_egsc_of("G", to), x), 127.5, 127.5);
}

static int64_t style_count(const void *of) {
    const shape *it = of;
    return it->adain == LIMN_ADAIN_NONE ? 0 : 2 * limn_egsc_channels(it);
}

// ---- kept styles ----

static const float *kept(const shape *it, const limn_store *store, int of, int which) {
    char name[16];
    snprintf(name, sizeof name, "styles.%c", 'a' + of);
    const limn_parameter *all = &store->parameters[limn_store_find(store, name)];
    return store->values + all->offset + (size_t)which * (size_t)style_count(it);
}

static int chances(const void *of, int to) {
    return (int)((const shape *)of)->styles[to];
}

// The k-th of the kept ones in an order of the seed's.
static void chance(const void *of, const limn_store *store, int to, uint64_t seed, int k,
                   float *out) {
    int order[LIMN_EGSC_MOST_STYLES], count = chances(of, to);
    limn_random stream = {.seed = seed, .purpose = limn_purpose("kept style")};
    if (!count) return;
    limn_random_order(&stream, order, count);
    memcpy(out, kept(of, store, to, order[k % count]), (size_t)style_count(of) * sizeof *out);
}

static void average(const void *of, const limn_store *store, int to, float *out) {
    int64_t numbers = style_count(of);
    int count = chances(of, to);
    const float *all = count ? kept(of, store, to, 0) : NULL;
    for (int64_t i = 0; i < numbers && all; i++) {
        double sum = 0;
        for (int k = 0; k < count; k++) sum += (double)all[k * numbers + i];
        out[i] = (float)(sum / count);
    }
}

// ---- sizes and shape ----

static int multiple_of(const shape *it) {
    return 1 << it->downsamplings;
}

static limn_sizes sizes(const void *of) {
    const shape *it = of;
    int multiple = multiple_of(it);
    return (limn_sizes){.usual = (int)it->size,
                        .smallest = multiple > 2 ? 2 * multiple : 4, // what reflections need
                        .multiple = multiple,
                        .rounds = 1,
                        .scale = 1};
}

static limn_status check(void *of, int domains) {
    const shape *it = of;
    (void)domains;
    if (it->adain != LIMN_ADAIN_NONE || !(it->styles[0] + it->styles[1])) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%lld and %lld styles are kept, and without adain there are "
                     "none",
                     (long long)it->styles[0], (long long)it->styles[1]);
}

#define MEMBER(member) .offset = offsetof(limn_egsc_shape, member)
#define WHOLE(title, member, usual, least, largest)                                                \
    {                                                                                              \
        .name = title, .kind = LIMN_OPTION_WHOLE, MEMBER(member), .fallback = usual, .low = least, \
        .high = largest                                                                            \
    }
#define FLAG(title, member, usual)                                                                 \
    { .name = title, .kind = LIMN_OPTION_FLAG, MEMBER(member), .fallback = usual }
static const limn_option shape_table[] = {
    WHOLE("size", size, "64", 4, 2048),
    WHOLE("width", width, "32", 1, 256),
    WHOLE("downsamplings", downsamplings, "2", 0, 4),
    FLAG("mask", mask, "yes"),
    {.name = "adain",
     .kind = LIMN_OPTION_CHOICE,
     MEMBER(adain),
     .fallback = "standard",
     .choices = "standard|published|none"},
    FLAG("sharing", sharing, "yes"),
    FLAG("noise", noise, "no"),
    {.name = "noise-deviation",
     .kind = LIMN_OPTION_REAL,
     MEMBER(noise_deviation),
     .fallback = "1",
     .low = 0,
     .high = 100},
    WHOLE("styles-a", styles[0], "0", 0, LIMN_EGSC_MOST_STYLES),
    WHOLE("styles-b", styles[1], "0", 0, LIMN_EGSC_MOST_STYLES),
    {0}};

const limn_kind limn_kind_egsc_it = {
    .name = "egsc-it",
    .method = "egsc-it",
    .verb = "translate",
    .title = "translation by an exemplar with a feature mask (EGSC-IT 2019, UNIT 2017)",
    .shape = shape_table,
    .shape_size = sizeof(limn_egsc_shape),
    .check = check,
    .sizes = sizes,
    .least_domains = 2,
    .most_domains = 2,
    .styles = LIMN_STYLES_CODES,
    .style_count = style_count,
    .chance = chance,
    .chances = chances,
    .average = average,
    .read = read,
    .style = style,
    .draw = draw,
    .diagnose = limn_egsc_diagnose,
};
