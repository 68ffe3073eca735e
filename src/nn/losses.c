// Losses made of operators.
#include "nn/losses.h"

static limn_node *mean_of(limn_node *x) {
    return limn_reshape(limn_mean(x, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
}

static double count_of(const limn_node *x) {
    return (double)limn_shape_count(&x->shape);
}

limn_node *limn_mse(limn_node *a, limn_node *b) {
    if (limn_shape_equal(&a->shape, &b->shape))
        return limn_distance(a, b, LIMN_SQUARES, 1 / count_of(a));
    return mean_of(limn_square(limn_sub(a, b)));
}
limn_node *limn_l1(limn_node *a, limn_node *b) {
    if (limn_shape_equal(&a->shape, &b->shape))
        return limn_distance(a, b, LIMN_ABSOLUTE, 1 / count_of(a));
    return mean_of(limn_abs(limn_sub(a, b)));
}

limn_node *limn_lsgan(limn_node *logits, limn_verdict wanted) {
    return limn_distance_to(logits, wanted == LIMN_REAL, LIMN_SQUARES, 1 / count_of(logits));
}

// -log sigmoid(l) and -log(1 - sigmoid(l)): neither loses digits, however sure the logits are.
limn_node *limn_bce(limn_node *logits, limn_verdict wanted) {
    return mean_of(limn_softplus(wanted == LIMN_REAL ? limn_scale(logits, -1) : logits));
}

// The value of x [n,k] at the label of each row, [n].
static limn_node *at_label(limn_node *x, limn_node *labels) {
    return limn_sum(limn_mul(x, limn_one_hot(labels, x->shape.dim[1])), LIMN_AXIS(1), LIMN_DROP);
}

limn_node *limn_cross_entropy(limn_node *logits, limn_node *labels) {
    return limn_scale(mean_of(at_label(limn_log_softmax(logits, 1), labels)), -1);
}
limn_node *limn_accuracy(limn_node *logits, limn_node *labels) {
    limn_node *largest = limn_max(logits, LIMN_AXIS(1), LIMN_DROP);
    return mean_of(limn_equal(at_label(logits, labels), largest));
}

limn_node *limn_style_loss(limn_node *x, limn_node *target, limn_style_form form) {
    limn_node *loss = limn_mse(limn_gram(x), target);
    double entries = (double)(x->shape.dim[1] * x->shape.dim[1]);
    return form == LIMN_STYLE_PAPER ? limn_scale(loss, entries) : loss;
}

// Features of unit length around the mean: [n,c,h,w] -> [n,c,h w].
static limn_node *directions(limn_node *x, limn_node *mean) {
    x = limn_l2_normalise(limn_sub(x, mean), 1, 1e-8);
    return limn_reshape(x, LIMN_SHAPE(x->shape.dim[0], x->shape.dim[1], -1));
}

limn_node *limn_contextual(limn_node *x, limn_node *y) {
    static const double h = 0.5; // how sharply likeness counts, as in the code of DSMAP
    y = limn_stop_gradient(y);
    limn_node *mean = limn_mean(y, LIMN_AXIS(0) | LIMN_SPATIAL, LIMN_KEEP);
    limn_node *cosine = limn_matmul(directions(x, mean), directions(y, mean),
                                    (limn_matmul_options){.transpose_a = true}); // [n,i,j]
    limn_node *d = limn_relu(limn_affine(cosine, -1, 1));
    limn_node *nearest = limn_min(d, LIMN_AXIS(2), LIMN_KEEP);
    limn_node *like = limn_div(d, limn_affine(nearest, 1, 1e-5));
    like = limn_softmax(limn_scale(like, -1 / h), 2);
    like = limn_mean(limn_max(like, LIMN_AXIS(1), LIMN_DROP), LIMN_AXIS(1), LIMN_DROP); // [n]
    return limn_scale(mean_of(limn_log(limn_affine(like, 1, 1e-5))), -1);
}
