// Losses of EGSC-IT and UNIT.
#include "nn/consistency.h"

#include "nn/losses.h"

limn_node *limn_latent_cost(limn_node *mu, limn_node *z, limn_latent_form form) {
    limn_node *x = form == LIMN_LATENT_MEAN ? mu : z;
    return limn_distance_to(x, 0, LIMN_SQUARES, 1 / (double)limn_shape_count(&x->shape));
}

limn_node *limn_unit_planes(limn_node *x) {
    limn_node *flat = limn_reshape(x, LIMN_SHAPE(x->shape.dim[0], x->shape.dim[1], -1));
    return limn_reshape(limn_l2_normalise(flat, 2, 1e-6), x->shape);
}

limn_node *limn_plane_products(limn_node *planes) {
    return limn_scale(limn_gram(planes), (double)planes->shape.dim[1]); // gram divides by c h w
}

limn_node *limn_content_distance(limn_node *const *a, limn_node *const *b, int count) {
    limn_node *sum = NULL;
    for (int l = 0; l < count; l++) {
        limn_node *part = limn_scale(limn_l1(a[l], b[l]), (l + 1) / (double)count);
        sum = sum ? limn_add(sum, part) : part;
    }
    return sum;
}

limn_node *limn_style_distance(limn_node *const *a, limn_node *const *b, int count) {
    limn_node *sum = NULL;
    for (int l = 0; l < count; l++) {
        limn_node *part = limn_l1(limn_plane_products(a[l]), limn_plane_products(b[l]));
        sum = sum ? limn_add(sum, part) : part;
    }
    return sum;
}
