// The networks of "Unsupervised Image-to-Image Translation with Generative Adversarial Networks"
// (Dong, Neekhara, Wu, Guo, arXiv 1701.02676), as its code has them for 64 x 64, width w = 128:
//
//   G  z 100, code 5 -> dense 4x4x8w -> up 8x8x4w -> 16x16x2w -> 32x32xw -> 64x64x3, tanh
//   E  64x64x3 -> 32x32xh -> 16x16x2h -> 8x8x4h -> 4x4x8h -> dense 100              h = w / 2
//
// Kernels are 5x5 with stride 2 and TensorFlow's SAME padding, one before and two behind. Norms are
// batch norms, relu in G, leaky relu in D and E. For 2^k pixels there are k - 2 such layers. 256 x
// 256 is as tabled by the authors, who never ran it: half of w in G, and 4x4x8 to begin with.
#include "kinds/two_step.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

enum { KERNEL = 5, LEAST = 4 }; // LEAST: rows and columns where G begins

limn_status limn_two_step_check(const limn_two_step_shape *shape) {
    long long size = shape->size, width = shape->width;
    if (size < 8 || size > 256 || (size & (size - 1)))
        return limn_fail(LIMN_USAGE,
                         "pictures of %lld x %lld: the networks of two-step are for 8, 16, 32, 64, "
                         "128 or 256 rows and columns",
                         size, size);
    bool fine = width >= 2 && width <= LIMN_TWO_STEP_MOST_WIDTH && shape->latent >= 1 &&
                shape->latent <= LIMN_TWO_STEP_MOST_LATENT && shape->embedding >= 0 &&
                shape->embedding <= LIMN_MOST_DOMAINS && shape->domains >= 2 &&
                shape->domains <= LIMN_MOST_DOMAINS;
    if (fine) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "width %lld, latent %lld, embedding %lld, %d domains: 2 to %d, 1 to %d, 0 to "
                     "%d and 2 to %d are possible",
                     width, (long long)shape->latent, (long long)shape->embedding, shape->domains,
                     LIMN_TWO_STEP_MOST_WIDTH, LIMN_TWO_STEP_MOST_LATENT, LIMN_MOST_DOMAINS,
                     LIMN_MOST_DOMAINS);
}

int limn_two_step_code_size(const limn_two_step_shape *shape) {
    return shape->embedding ? (int)shape->embedding : shape->domains;
}

static int layers_of(const limn_two_step_shape *shape) {
    int layers = 0;
    while (LEAST << layers < shape->size) layers++;
    return layers;
}

#define KERNELS                                                                                    \
    { LIMN_INIT_NORMAL, 0, 0.02F } // their first values
static const limn_init kernels = KERNELS;
// The running variance is the biased one, unlike PyTorch's.
static const limn_batch_norm_options norm = {
    .momentum = 0.1F, .biased = true, .scale = {LIMN_INIT_NORMAL, 1, 0.02F}};

static limn_node *table(limn_net *net, const limn_two_step_shape *shape) {
    limn_init init = {LIMN_INIT_UNIFORM, -0.1F, 0.1F};
    limn_shape rows = LIMN_SHAPE(shape->domains, shape->embedding);
    return shape->embedding ? limn_weight(net, rows, init, LIMN_TWO_STEP_EMBEDDING) : NULL;
}

limn_node *limn_two_step_code(limn_net *net, const limn_two_step_shape *shape, limn_node *labels) {
    return shape->embedding ? limn_gather(table(net, shape), labels)
                            : limn_one_hot(labels, shape->domains);
}

limn_node *limn_two_step_generator(limn_net *net, const limn_two_step_shape *shape, limn_node *z,
                                   limn_node *code) {
    static const limn_up_options plain = {
        .conv = {.stride = 2, .same = true}, .init = KERNELS, .no_bias = true};
    static const limn_up_options last = {.conv = {.stride = 2, .same = true}, .init = KERNELS};
    bool large = shape->size == 256;
    int layers = layers_of(shape), base = (int)(large ? shape->width / 2 : shape->width);
    int channels = large ? 8 * base : base << (layers - 1);
    char name[16];
    limn_node *x = limn_concat((limn_node *const[]){z, code}, 2, 1);
    x = limn_linear_layer(net, x, channels * LEAST * LEAST, kernels, false, "G.dense");
    x = limn_reshape(x, LIMN_SHAPE(z->shape.dim[0], channels, LEAST, LEAST));
    x = limn_relu(limn_batch_layer(net, x, norm, "G.norm0")); // [n,8w,4,4]
    for (int i = 1; i < layers; i++) {
        snprintf(name, sizeof name, "G.up%d", i);
        x = limn_up_layer(net, x, base << (layers - 1 - i), KERNEL, plain, name);
        snprintf(name, sizeof name, "G.norm%d", i);
        x = limn_relu(limn_batch_layer(net, x, norm, name)); // [n,4w,8,8] ..
    }
    snprintf(name, sizeof name, "G.up%d", layers);
    return limn_tanh(limn_up_layer(net, x, 3, KERNEL, last, name)); // [n,3,size,size]
}

limn_node *limn_two_step_dense(limn_net *net, limn_node *x, int64_t out, const char *name) {
    return limn_linear_layer(net, x, (int)out, kernels, true, name);
}

limn_node *limn_two_step_trunk(limn_net *net, const limn_two_step_shape *shape, limn_node *x,
                               const char *prefix) {
    static const limn_layer_options plain = {
        .conv = {.stride = 2, .same = true}, .init = KERNELS, .no_bias = true};
    static const limn_layer_options first = {.conv = {.stride = 2, .same = true}, .init = KERNELS};
    int layers = layers_of(shape), base = (int)shape->width / 2;
    char name[16];
    for (int i = 0; i < layers; i++) {
        snprintf(name, sizeof name, "%s.conv%d", prefix, i);
        x = limn_conv_layer(net, x, base << i, KERNEL, i ? plain : first, name);
        snprintf(name, sizeof name, "%s.norm%d", prefix, i);
        if (i) x = limn_batch_layer(net, x, norm, name);
        x = limn_leaky_relu(x, 0.2); // [n,h,size/2,size/2], [n,2h,size/4,size/4] ..
    }
    return limn_reshape(x, LIMN_SHAPE(x->shape.dim[0], -1)); // [n,8h*4*4]
}

limn_node *limn_two_step_encoder(limn_net *net, const limn_two_step_shape *shape, limn_node *x) {
    x = limn_two_step_dense(net, limn_two_step_trunk(net, shape, x, "E"), shape->latent,
                            "E.latent");
    return shape->uniform ? limn_tanh(x) : x; // [n,latent]
}

// ---- the kind: pictures count 0..255, the networks -1..1 ----

static void read(limn_net *net, const void *shape, int from, limn_node *rgb,
                 limn_content *content) {
    (void)from;
    content->node[0] = limn_two_step_encoder(net, shape, limn_affine(rgb, 1 / 127.5, -1));
    content->count = 1;
}

static limn_node *draw(limn_net *net, const void *shape, int to, const limn_content *content,
                       limn_node *style) {
    (void)to;
    table(net, shape); // no part of the picture, but of the model
    return limn_affine(limn_two_step_generator(net, shape, content->node[0], style), 127.5, 127.5);
}

static int64_t style_count(const void *shape) {
    return limn_two_step_code_size(shape);
}

void limn_two_step_domain(const void *of, const limn_store *store, int domain, float *code) {
    const limn_two_step_shape *shape = of;
    int size = limn_two_step_code_size(shape);
    for (int i = 0; i < size; i++) code[i] = i == domain;
    if (!shape->embedding) return;
    const float *rows =
        store->values + store->parameters[limn_store_find(store, LIMN_TWO_STEP_EMBEDDING)].offset;
    memcpy(code, rows + (size_t)domain * (size_t)size, (size_t)size * sizeof *code);
}

void limn_two_step_latents(const limn_two_step_shape *shape, const limn_random *stream, int count,
                           float *z) {
    size_t numbers = (size_t)count * (size_t)shape->latent;
    if (shape->uniform)
        limn_random_uniform(stream, -1, 1, z, numbers);
    else
        limn_random_normal(stream, 0, 1, z, numbers);
}

static void chance(const void *shape, const limn_store *store, int to, uint64_t seed, int k,
                   float *z) {
    limn_random stream = {
        .seed = seed, .purpose = limn_purpose("two-step random"), .sample = (uint32_t)k};
    (void)store, (void)to;
    limn_two_step_latents(shape, &stream, 1, z);
}

static limn_status check(void *of, int domains) {
    limn_two_step_shape *shape = of;
    shape->domains = domains;
    return limn_two_step_check(shape);
}

static limn_sizes sizes(const void *of) {
    int size = (int)((const limn_two_step_shape *)of)->size;
    return (limn_sizes){
        .fixed = size, .usual = size, .smallest = 1, .multiple = 1, .rounds = 1, .scale = 1};
}

// The model of a run that has not come to its second step.
static limn_status readable(const void *of) {
    const limn_two_step_shape *shape = of;
    if (shape->encoder_steps > 0) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "the encoder of this model is not trained yet, so that it cannot "
                                 "read pictures. Wait for the second step of its training, or make "
                                 "pictures from chance: --random 16");
}

static int target(const void *of) {
    return ((const limn_two_step_shape *)of)->inpaint ? 1 : -1;
}

#define MEMBER(member) .offset = offsetof(limn_two_step_shape, member)
static const limn_option shape_table[] = {
    {.name = "size",
     .kind = LIMN_OPTION_WHOLE,
     MEMBER(size),
     .fallback = "64",
     .low = 8,
     .high = 256},
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     MEMBER(width),
     .fallback = "128",
     .low = 2,
     .high = LIMN_TWO_STEP_MOST_WIDTH},
    {.name = "latent",
     .kind = LIMN_OPTION_WHOLE,
     MEMBER(latent),
     .fallback = "100",
     .low = 1,
     .high = LIMN_TWO_STEP_MOST_LATENT},
    {.name = "embedding",
     .kind = LIMN_OPTION_WHOLE,
     MEMBER(embedding),
     .fallback = "5",
     .low = 0,
     .high = LIMN_MOST_DOMAINS},
    {.name = "uniform", .kind = LIMN_OPTION_FLAG, MEMBER(uniform)},
    {.name = "stretch", .kind = LIMN_OPTION_FLAG, MEMBER(stretch)},
    {.name = "inpaint", .kind = LIMN_OPTION_FLAG, MEMBER(inpaint)},
    // Files without the number come from other programs, or from a time when all were trained.
    {.name = "encoder_steps",
     .kind = LIMN_OPTION_WHOLE,
     MEMBER(encoder_steps),
     .fallback = "1",
     .low = 0,
     .high = 1e15},
    {0}};

const limn_kind limn_kind_two_step = {
    .name = "two-step",
    .method = "two-step",
    .verb = "translate",
    .title = "translation between labelled domains in two steps (Dong 2017)",
    .shape = shape_table,
    .shape_size = sizeof(limn_two_step_shape),
    .check = check,
    .sizes = sizes,
    .least_domains = 2,
    .most_domains = LIMN_MOST_DOMAINS,
    .domains_share = true,
    .target = target,
    .styles = LIMN_STYLES_DOMAINS,
    .style_count = style_count,
    .domain = limn_two_step_domain,
    .chance = chance,
    .read = read,
    .draw = draw,
    .readable = readable,
    .prepare = limn_two_step_prepare,
    .finish = limn_two_step_finish,
    .import = limn_two_step_import,
};
