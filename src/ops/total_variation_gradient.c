// total_variation_gradient: dx = dy times what each pixel's differences give: those to its right
// and lower neighbour, and those of its left and upper neighbour to it.
#include "ops/isa.h"
#include "ops/op.h"

// Row i of h x w pixels. It has differences of its own but in the last row, and so has each pixel
// but in the last column; what is above has them unless there is nothing.
INLINE void gradient_row(const real *x, real *dx, real dy, size_t i, size_t h, size_t w) {
    const real *up = i > 0 ? x - w : x, *down = i + 1 < h ? x + w : x;
    real own = i + 1 < h ? dy : 0;
    size_t last = w - 1;
#pragma omp simd
    for (size_t j = 0; j < last; j++)
        dx[j] = own * (2 * x[j] - x[j + 1] - down[j]) + dy * (x[j] - up[j]);
    dx[last] = 0;
#pragma omp simd
    for (size_t j = 1; j < w; j++) dx[j] += own * (x[j] - x[j - 1]);
}

INLINE void rows_body(const limn_step *step, size_t begin, size_t end) {
    size_t h = (size_t)step->out.shape.dim[2], w = (size_t)step->out.shape.dim[3];
    const real *dy = step->in[0].data, *x = step->in[1].data;
    real *dx = step->out.data;
    for (size_t r = begin; r < end; r++) gradient_row(x + r * w, dx + r * w, *dy, r % h, h, w);
}

OP_PLAIN(total_variation_gradient) {
    const int64_t *d = step->out.shape.dim;
    rows_body(step, 0, (size_t)(d[0] * d[1] * d[2]));
}

#ifndef OP_DOUBLE

VERSIONS(rows)

static limn_status shape(limn_node *node) {
    node->shape = node->input[1]->shape;
    return LIMN_OK;
}

static void run(const limn_step *step) {
    const int64_t *d = step->out.shape.dim;
    size_t count = (size_t)(d[0] * d[1] * d[2]);
    limn_do_parts(step, rows, count, count * (size_t)d[3]);
}

static const char *accept(limn_step *step) {
    for (int i = 0; i < 2; i++) {
        step->in[i].layout = LIMN_PLAIN;
        step->in[i].type = LIMN_FLOAT;
    }
    return NULL;
}

static const limn_kernel kernel = {.name = "one pass", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_node *build(limn_node *const *in) {
    limn_node *dx;
    bool good = limn_gradients(limn_total_variation(in[0]), in, 1, &dx) == LIMN_OK;
    return good ? dx : limn_graph_broken(in[0]->graph);
}

static const limn_case cases[] = {
    {.what = "a map", .build = build, .inputs = 1, .input = {{4, {2, 3, 7, 9}}}, .rough = true},
    {0},
};

const limn_op limn_op_total_variation_gradient = {
    .name = "total_variation_gradient",
    .formula = "dx = dy (the sum of a pixel's differences to and from its neighbours)",
    .shape = shape,
    .no_grad = true,
    .kernels = kernels,
    .plain = OP_PLAINS(total_variation_gradient),
    .cases = cases,
};

#endif
