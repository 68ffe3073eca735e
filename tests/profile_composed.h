// The spatial profile loss of plain operators, which judges the fused ones.
#ifndef LIMN_TESTS_PROFILE_COMPOSED_H
#define LIMN_TESTS_PROFILE_COMPOSED_H

#include "ops/ops.h"
#include "ops/profile.h"
#include "ops/profile_op.h"

#include <math.h>

// Profiles whose elements lie along `axis`: their cosines, 0 where one does not count. A floor is
// under each squared length, so that its root has a slope.
static inline limn_node *cosines(limn_node *x, limn_node *y, int axis, limn_profile_form form) {
    double floor = profile_floor(form);
    limn_node *xx = limn_sum(limn_square(x), LIMN_AXIS(axis), LIMN_DROP);
    limn_node *yy = limn_sum(limn_square(y), LIMN_AXIS(axis), LIMN_DROP);
    limn_node *xy = limn_sum(limn_mul(x, y), LIMN_AXIS(axis), LIMN_DROP);
    xy = limn_div(xy, limn_sqrt(limn_clamp(xx, floor, INFINITY)));
    xy = limn_div(xy, limn_sqrt(limn_clamp(yy, floor, INFINITY)));
    if (form != LIMN_PROFILE_FORMULA) return xy;
    limn_node *least = limn_fill(x->graph, LIMN_SHAPE(1), floor);
    limn_node *flat_x = limn_greater(least, xx), *flat_y = limn_greater(least, yy);
    return limn_mul(xy, limn_mul(limn_affine(flat_x, -1, 1), limn_affine(flat_y, -1, 1)));
}

static inline limn_node *total(limn_node *x, double factor) {
    x = limn_scale(limn_sum(x, LIMN_ALL_AXES, LIMN_DROP), factor);
    return limn_reshape(x, LIMN_SHAPE(1));
}

// S of x and y [n,c,h,w], any number of channels, as maps of a picture of `rows` rows: [1].
static inline limn_node *profile_similarity(limn_node *x, limn_node *y, int64_t rows,
                                            limn_profile_form form) {
    double n = (double)x->shape.dim[0], h = (double)x->shape.dim[2], w = (double)x->shape.dim[3];
    limn_node *of_rows = cosines(x, y, 3, form), *of_columns = cosines(x, y, 2, form);
    if (form == LIMN_PROFILE_FORMULA)
        return limn_add(total(of_rows, 1 / (n * h)), total(of_columns, 1 / (n * w)));
    double divisor = form == LIMN_PROFILE_PYTORCH ? h : (double)rows;
    return limn_add(total(of_rows, 1 / divisor), total(of_columns, 1 / divisor));
}

static inline limn_node *channel(limn_node *x, int c) {
    return limn_slice_axis(x, 1, c, 1);
}

static inline limn_node *to_yuv(limn_node *x) {
    limn_node *r = channel(x, 0), *g = channel(x, 1), *b = channel(x, 2);
    limn_node *y = limn_add(limn_add(limn_scale(r, LIMN_LUMA_R), limn_scale(g, LIMN_LUMA_G)),
                            limn_scale(b, LIMN_LUMA_B));
    limn_node *u = limn_scale(limn_sub(b, y), LIMN_OF_U);
    limn_node *v = limn_scale(limn_sub(r, y), LIMN_OF_V);
    return limn_concat((limn_node *[]){y, u, v}, 3, 1);
}

// x less what is one further along the axis.
static inline limn_node *difference(limn_node *x, int axis) {
    int64_t left = x->shape.dim[axis] - 1;
    return limn_sub(limn_slice_axis(x, axis, 0, left), limn_slice_axis(x, axis, 1, left));
}

// S of the differences, where there are any.
static inline limn_node *of_differences(limn_node *x, limn_node *y, limn_profile_form form) {
    int64_t rows = x->shape.dim[2];
    limn_node *sum = limn_fill(x->graph, LIMN_SHAPE(1), 0);
    for (int axis = 2; axis < 4; axis++)
        if (x->shape.dim[axis] > 1)
            sum = limn_add(
                sum, profile_similarity(difference(x, axis), difference(y, axis), rows, form));
    return sum;
}

static inline limn_node *part_of(limn_node *x, limn_node *y, limn_profile_part part,
                                 limn_profile_options options) {
    if (!(options.parts >> part & 1)) return limn_fill(x->graph, LIMN_SHAPE(1), 0);
    if (part == LIMN_PROFILE_YUV || part == LIMN_PROFILE_YUV_GRADIENT) {
        x = to_yuv(x);
        y = to_yuv(y);
    }
    if (part == LIMN_PROFILE_GRADIENT || part == LIMN_PROFILE_YUV_GRADIENT)
        return of_differences(x, y, options.form);
    return profile_similarity(x, y, x->shape.dim[2], options.form);
}

// limn_profile, of plain operators.
static inline limn_node *profile_composed(limn_node *x, limn_node *y,
                                          limn_profile_options options) {
    limn_node *of[2 * LIMN_PROFILE_PARTS], *truth = limn_stop_gradient(y);
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++) {
        of[p] = limn_scale(part_of(x, y, (limn_profile_part)p, options), -1);
        of[LIMN_PROFILE_PARTS + p] = part_of(truth, truth, (limn_profile_part)p, options);
    }
    return limn_reshape(limn_concat(of, 2 * LIMN_PROFILE_PARTS, 0),
                        LIMN_SHAPE(2, LIMN_PROFILE_PARTS));
}

#endif
