// The networks of "Unsupervised Image-to-Image Translation with Generative Adversarial Networks"
// (Dong, Neekhara, Wu, Guo, arXiv 1701.02676), as its code has them for 64 x 64, width w = 128:
//
//   G  z 100, code 5 -> dense 4x4x8w -> up 8x8x4w -> 16x16x2w -> 32x32xw -> 64x64x3, tanh
//   D  64x64x3 -> 32x32xh -> 16x16x2h -> 8x8x4h -> 4x4x8h -> dense 1 (real), dense K (domain)
//   E  the same trunk as D -> dense 100                                             h = w / 2
//
// Kernels are 5x5 with stride 2 and TensorFlow's SAME padding, one before and two behind. Norms are
// batch norms, relu in G, leaky relu in D and E. For 2^k pixels there are k - 2 such layers. 256 x
// 256 is as tabled by the authors, who never ran it: half of w in G, and 4x4x8 to begin with.
#include "methods/two_step.h"

#include <stdio.h>

enum { KERNEL = 5, LEAST = 4 }; // LEAST: rows and columns where G begins

limn_status limn_two_step_check(const limn_two_step_shape *shape) {
    int size = shape->size;
    if (size < 8 || size > 256 || (size & (size - 1)))
        return limn_fail(LIMN_USAGE,
                         "pictures of %d x %d: the networks of two-step are for 8, 16, 32, 64, "
                         "128 or 256 rows and columns",
                         size, size);
    bool fine = shape->width >= 2 && shape->width <= LIMN_TWO_STEP_MOST_WIDTH &&
                shape->latent >= 1 && shape->latent <= LIMN_TWO_STEP_MOST_LATENT &&
                shape->embedding >= 0 && shape->embedding <= LIMN_MOST_DOMAINS &&
                shape->domains >= 2 && shape->domains <= LIMN_MOST_DOMAINS;
    if (fine) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "width %d, latent %d, embedding %d, %d domains: 2 to %d, 1 to %d, 0 to %d and "
                     "2 to %d are possible",
                     shape->width, shape->latent, shape->embedding, shape->domains,
                     LIMN_TWO_STEP_MOST_WIDTH, LIMN_TWO_STEP_MOST_LATENT, LIMN_MOST_DOMAINS,
                     LIMN_MOST_DOMAINS);
}

int limn_two_step_code_size(const limn_two_step_shape *shape) {
    return shape->embedding ? shape->embedding : shape->domains;
}

static int layers_of(const limn_two_step_shape *shape) {
    int layers = 0;
    while (LEAST << layers < shape->size) layers++;
    return layers;
}

static const limn_init kernels = {LIMN_INIT_NORMAL, 0, 0.02F};
// The running variance is the biased one, unlike PyTorch's.
static const limn_batch_norm_options norm = {
    .momentum = 0.1F, .biased = true, .scale = {LIMN_INIT_NORMAL, 1, 0.02F}};

limn_node *limn_two_step_code(limn_net *net, const limn_two_step_shape *shape, limn_node *labels) {
    if (!shape->embedding) return limn_one_hot(labels, shape->domains);
    limn_init init = {LIMN_INIT_UNIFORM, -0.1F, 0.1F};
    limn_shape rows = LIMN_SHAPE(shape->domains, shape->embedding);
    limn_node *table = limn_weight(net, rows, init, LIMN_TWO_STEP_EMBEDDING);
    return limn_gather(table, labels);
}

limn_node *limn_two_step_generator(limn_net *net, const limn_two_step_shape *shape, limn_node *z,
                                   limn_node *code) {
    static const limn_up_options plain = {
        .conv = {.stride = 2, .same = true}, .init = kernels, .no_bias = true};
    static const limn_up_options last = {.conv = {.stride = 2, .same = true}, .init = kernels};
    bool large = shape->size == 256;
    int layers = layers_of(shape), base = large ? shape->width / 2 : shape->width;
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

// What D and E have in common, each with its own parameters; flat at the end.
static limn_node *trunk(limn_net *net, const limn_two_step_shape *shape, limn_node *x,
                        const char *prefix) {
    static const limn_layer_options plain = {
        .conv = {.stride = 2, .same = true}, .init = kernels, .no_bias = true};
    static const limn_layer_options first = {.conv = {.stride = 2, .same = true}, .init = kernels};
    int layers = layers_of(shape), base = shape->width / 2;
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

limn_two_step_verdict limn_two_step_discriminator(limn_net *net, const limn_two_step_shape *shape,
                                                  limn_node *x) {
    x = trunk(net, shape, x, "D");
    return (limn_two_step_verdict){
        .real = limn_linear_layer(net, x, 1, kernels, true, "D.real"),
        .domain = limn_linear_layer(net, x, shape->domains, kernels, true, "D.domain"),
    };
}

limn_node *limn_two_step_encoder(limn_net *net, const limn_two_step_shape *shape, limn_node *x) {
    x = trunk(net, shape, x, "E");
    x = limn_linear_layer(net, x, shape->latent, kernels, true, "E.latent");
    return shape->uniform ? limn_tanh(x) : x; // [n,latent]
}
