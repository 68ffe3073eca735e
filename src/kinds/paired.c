// The networks of paired translation: what they have in common.
#include "kinds/paired.h"

static const double eps = 1e-5;

static limn_node *instance(limn_net *net, limn_node *x, limn_init scale, const char *name) {
    limn_shape channels = LIMN_SHAPE(x->shape.dim[1]);
    if (scale.kind == LIMN_INIT_USUAL) scale.kind = LIMN_INIT_ONE;
    limn_node *gamma = limn_weight(net, channels, scale, "%s.weight", name);
    limn_node *beta = limn_weight(net, channels, (limn_init){LIMN_INIT_ZERO}, "%s.bias", name);
    return limn_named(limn_instance_norm(x, gamma, beta, eps), "%s", name);
}

// A batch norm by the statistics of each picture; the running ones are kept for who wants them.
static limn_node *by_picture(limn_net *net, limn_node *x, limn_init scale, const char *name) {
    limn_shape channels = LIMN_SHAPE(x->shape.dim[1]);
    limn_node *y = instance(net, x, scale, name);
    (void)limn_buffer(net, channels, (limn_init){LIMN_INIT_ZERO}, "%s.running_mean", name);
    (void)limn_buffer(net, channels, (limn_init){LIMN_INIT_ONE}, "%s.running_var", name);
    return y;
}

limn_node *limn_paired_norm_layer(limn_net *net, limn_node *x, limn_paired_norm_options options,
                                  const char *name) {
    if (options.norm == LIMN_PAIRED_NO_NORM) return x;
    if (options.norm == LIMN_PAIRED_BATCH) {
        limn_batch_norm_options batch = {.momentum = 0.1, .scale = options.scale};
        bool picture = options.statistics == LIMN_PAIRED_PICTURE && !net->training;
        return picture ? by_picture(net, x, options.scale, name)
                       : limn_batch_layer(net, x, batch, name);
    }
    return options.affine ? instance(net, x, options.scale, name)
                          : limn_instance_norm(x, NULL, NULL, eps);
}

static limn_node *luma(limn_node *rgb) {
    static const double part[] = {0.299, 0.587, 0.114};
    limn_node *sum = NULL;
    for (int c = 0; c < 3; c++) {
        limn_node *one = limn_scale(limn_slice_axis(rgb, 1, c, 1), part[c]);
        sum = sum ? limn_add(sum, one) : one;
    }
    return sum;
}

static limn_node *in_three(limn_node *one) {
    return limn_concat((limn_node *[]){one, one, one}, 3, 1);
}

limn_node *limn_paired_in(limn_node *rgb, int channels) {
    return limn_affine(channels == 1 ? luma(rgb) : rgb, 1 / 127.5, -1);
}

limn_node *limn_paired_out(limn_node *y) {
    limn_node *shown = limn_affine(y, 127.5, 127.5);
    return shown->shape.dim[1] == 1 ? in_three(shown) : shown;
}

limn_node *limn_paired_given(limn_node *rgb, int wanted) {
    return wanted == LIMN_PAIRED_LUMA_KEPT ? in_three(luma(rgb)) : rgb;
}

limn_node *limn_paired_made(limn_node *y, limn_node *given, int wanted) {
    limn_node *made = limn_paired_out(y);
    if (wanted != LIMN_PAIRED_LUMA_KEPT) return made;
    made = limn_slice_axis(made, 2, 0, given->shape.dim[2]);
    made = limn_slice_axis(made, 3, 0, given->shape.dim[3]);
    return limn_add(made, limn_sub(given, in_three(luma(made))));
}

limn_status limn_paired_check(int64_t channels, int64_t out) {
    if (channels != 2 && out != 2) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "%lld channels in and %lld out: 1 or 3 are possible",
                     (long long)channels, (long long)out);
}
