// Losses made of operators.
#include "nn/losses.h"

static limn_node *mean_of(limn_node *x) {
    return limn_reshape(limn_mean(x, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
}

limn_node *limn_mse(limn_node *a, limn_node *b) {
    return mean_of(limn_square(limn_sub(a, b)));
}
limn_node *limn_l1(limn_node *a, limn_node *b) {
    return mean_of(limn_abs(limn_sub(a, b)));
}

limn_node *limn_style_loss(limn_node *x, limn_node *target, limn_style_form form) {
    limn_node *loss = limn_mse(limn_gram(x), target);
    double entries = (double)(x->shape.dim[1] * x->shape.dim[1]);
    return form == LIMN_STYLE_PAPER ? limn_scale(loss, entries) : loss;
}

limn_node *limn_total_variation(limn_node *x) {
    int h = (int)x->shape.dim[2] - 1, w = (int)x->shape.dim[3] - 1;
    limn_node *here = limn_crop(x, 0, 0, h, w);
    limn_node *right = limn_sub(here, limn_crop(x, 0, 1, h, w));
    limn_node *down = limn_sub(here, limn_crop(x, 1, 0, h, w));
    limn_node *sum = limn_add(limn_sum(limn_square(right), LIMN_ALL_AXES, LIMN_DROP),
                              limn_sum(limn_square(down), LIMN_ALL_AXES, LIMN_DROP));
    return limn_reshape(limn_scale(sum, 0.5), LIMN_SHAPE(1));
}
