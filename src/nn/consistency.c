// Losses of EGSC-IT and UNIT.
#include "nn/consistency.h"

limn_node *limn_latent_cost(limn_node *mu, limn_node *z, limn_latent_form form) {
    limn_node *x = form == LIMN_LATENT_MEAN ? mu : z;
    return limn_distance_to(x, 0, LIMN_SQUARES, 1 / (double)limn_shape_count(&x->shape));
}

limn_node *limn_unit_features(limn_node *x) {
    return limn_unit_planes(x, 1e-6);
}

static limn_node *plus(limn_node *sum, limn_node *part) {
    return sum ? limn_add(sum, part) : part;
}

limn_node *limn_content_distances(limn_node *const *a, limn_node *const *b, int count,
                                  int64_t turn) {
    limn_node *sum = NULL;
    for (int l = 0; l < count; l++) {
        double values = (double)(limn_shape_count(&a[l]->shape) / a[l]->shape.dim[0]);
        double weight = (l + 1) / (double)count;
        sum = plus(sum, limn_distances(a[l], b[l], turn, LIMN_ABSOLUTE, weight / values));
    }
    return sum;
}

limn_node *limn_style_distances(limn_node *const *a, limn_node *const *b, int count) {
    limn_node *sum = NULL;
    for (int l = 0; l < count; l++) { // a Gram matrix is divided by c h w
        double channels = (double)a[l]->shape.dim[1];
        sum = plus(sum, limn_scale(limn_gram_distance(a[l], b[l]), channels));
    }
    return sum;
}
