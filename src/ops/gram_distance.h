// What gram_distance and its gradient share.
#ifndef LIMN_OPS_GRAM_DISTANCE_H
#define LIMN_OPS_GRAM_DISTANCE_H

#include "base/threads.h"
#include "device/map.h"
#include "ops/op.h"

// Two maps of `n` pictures as the kernels walk over them.
typedef struct gram_maps {
    const limn_map *map;
    const float *x, *y;
    size_t n, c, pixels, lanes, blocks;
} gram_maps;

// x is input `first`, y the next.
static inline gram_maps gram_maps_of(const limn_step *step, int first) {
    const limn_map *map = limn_map_for(step->isa);
    const int64_t *dim = step->in[first].shape.dim;
    gram_maps of = {.map = map,
                    .x = step->in[first].data,
                    .y = step->in[first + 1].data,
                    .n = (size_t)dim[0],
                    .c = (size_t)dim[1],
                    .pixels = (size_t)(dim[2] * dim[3]),
                    .lanes = (size_t)map->lanes};
    of.blocks = (of.c + of.lanes - 1) / of.lanes;
    return of;
}

// Adds to g what pixels of blocks i and j of a picture give to the difference of their products.
static inline void gram_add(const gram_maps *of, size_t picture, size_t i, size_t j, size_t pixel,
                            size_t pixels, float *g, size_t row) {
    size_t size = of->pixels * of->lanes, at = picture * of->blocks * size + pixel * of->lanes;
    limn_gram_pair pair = {{of->x + at + i * size, of->x + at + j * size},
                           {of->y + at + i * size, of->y + at + j * size}};
    of->map->gram_less(&pair, pixels, g, row);
}

static inline void gram_distance_accept(limn_step *step, int first) {
    for (int i = first; i < first + 2; i++) {
        step->in[i].layout = LIMN_BLOCKED;
        step->in[i].type = LIMN_FLOAT;
    }
}

static inline limn_status gram_distance_check(limn_node *node, int first) {
    const limn_shape *x = &node->input[first]->shape, *y = &node->input[first + 1]->shape;
    if (x->rank != 4)
        return limn_node_fail(node, "x must be [pictures, channels, height, width], not %s",
                              limn_shape_text(x));
    if (limn_shape_equal(x, y)) return LIMN_OK;
    return limn_node_fail(node, "both must have one shape, not %s and %s", limn_shape_text(x),
                          limn_shape_text(y));
}

// The difference of the products of channels i and j of planes [c][pixels], over all pixels.
static inline double gram_difference(const real *x, const real *y, size_t pixels, size_t i,
                                     size_t j) {
    double sum = 0;
    for (size_t p = 0; p < pixels; p++)
        sum += (double)x[i * pixels + p] * (double)x[j * pixels + p] -
               (double)y[i * pixels + p] * (double)y[j * pixels + p];
    return sum;
}

#endif
