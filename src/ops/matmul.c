// matmul: y[i,j] = sum over l of a[i,l] b[l,j], for each of the leading axes.
#include "device/gemm.h"
#include "ops/op.h"

// Where the matrices of a step lie: m rows, n columns, k terms.
typedef struct product {
    size_t batch, m, n, k, step_a, step_b;
    bool ta, tb;
} product;

static product product_of(const limn_node *node) {
    const limn_shape *a = &node->input[0]->shape, *b = &node->input[1]->shape;
    const limn_matmul_options *o = node->attr;
    product it = {.batch = 1, .ta = o->transpose_a, .tb = o->transpose_b};
    it.m = (size_t)a->dim[a->rank - (it.ta ? 1 : 2)];
    it.k = (size_t)a->dim[a->rank - (it.ta ? 2 : 1)];
    it.n = (size_t)b->dim[b->rank - (it.tb ? 2 : 1)];
    for (int i = 0; i < a->rank - 2; i++) it.batch *= (size_t)a->dim[i];
    it.step_a = it.m * it.k;
    it.step_b = b->rank == 2 && a->rank > 2 ? 0 : it.k * it.n;
    if (!it.step_b && !it.ta) { // one b for all: the rows of all batches follow each other
        it.m *= it.batch;
        it.batch = 1;
    }
    return it;
}

OP_PLAIN(matmul) {
    product it = product_of(step->node);
    real *y = step->out.data;
    for (size_t batch = 0; batch < it.batch; batch++) {
        const real *a = (const real *)step->in[0].data + batch * it.step_a;
        const real *b = (const real *)step->in[1].data + batch * it.step_b;
        for (size_t i = 0; i < it.m; i++)
            for (size_t j = 0; j < it.n; j++) {
                double sum = 0;
                for (size_t l = 0; l < it.k; l++)
                    sum += (double)a[it.ta ? l * it.m + i : i * it.k + l] *
                           (double)b[it.tb ? j * it.k + l : l * it.n + j];
                *y++ = (real)sum;
            }
    }
}

#ifndef OP_DOUBLE

extern const limn_op limn_op_matmul;

static limn_status shape(limn_node *node) {
    const limn_shape *a = &node->input[0]->shape, *b = &node->input[1]->shape;
    bool fits = a->rank >= 2 && (b->rank == a->rank || b->rank == 2);
    for (int i = 0; fits && b->rank > 2 && i < a->rank - 2; i++) fits = a->dim[i] == b->dim[i];
    if (!fits)
        return limn_node_fail(node, "a product needs matrices with equal leading axes, or one b "
                                    "of rank 2 for all");
    const limn_matmul_options *o = node->attr;
    int64_t k = a->dim[a->rank - (o->transpose_a ? 2 : 1)];
    int64_t l = b->dim[b->rank - (o->transpose_b ? 1 : 2)];
    if (k != l)
        return limn_node_fail(node, "rows of %lld elements%s do not fit columns of %lld%s",
                              (long long)k, o->transpose_a ? " (a transposed)" : "", (long long)l,
                              o->transpose_b ? " (b transposed)" : "");
    node->shape = *a;
    node->shape.dim[a->rank - 2] = a->dim[a->rank - (o->transpose_a ? 1 : 2)];
    node->shape.dim[a->rank - 1] = b->dim[b->rank - (o->transpose_b ? 2 : 1)];
    return LIMN_OK;
}

static const char *accept(limn_step *step) {
    for (int i = 0; i < 2; i++) {
        step->in[i].layout = LIMN_PLAIN;
        step->in[i].type = LIMN_FLOAT;
    }
    step->scratch_bytes = limn_gemm_scratch(step->threads);
    return NULL;
}

static void run(const limn_step *step) {
    product it = product_of(step->node);
    float *y = step->out.data;
    for (size_t batch = 0; batch < it.batch; batch++, y += it.m * it.n) {
        const float *a = (const float *)step->in[0].data + batch * it.step_a;
        const float *b = (const float *)step->in[1].data + batch * it.step_b;
        limn_gemm(step->isa, step->threads, it.ta, it.tb, it.m, it.n, it.k, 1, a,
                  it.ta ? it.m : it.k, b, it.tb ? it.k : it.n, 0, y, it.n, step->scratch);
    }
}

static const limn_kernel kernel = {.name = "gemm", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_node *matmul(limn_node *a, bool ta, limn_node *b, bool tb) {
    return limn_matmul(a, b, (limn_matmul_options){ta, tb});
}

// The gradient of one b that serves all: the rows of all batches as one matrix.
static limn_node *shared_b(limn_node *a, limn_node *dy, bool ta, bool tb) {
    if (ta) {
        int order[LIMN_MAX_RANK];
        for (int i = 0; i < a->shape.rank; i++) order[i] = i;
        order[a->shape.rank - 2] = a->shape.rank - 1;
        order[a->shape.rank - 1] = a->shape.rank - 2;
        a = limn_transpose(a, order);
    }
    a = limn_reshape(a, LIMN_SHAPE(-1, a->shape.dim[a->shape.rank - 1]));
    dy = limn_reshape(dy, LIMN_SHAPE(-1, dy->shape.dim[dy->shape.rank - 1]));
    return tb ? matmul(dy, true, a, false) : matmul(a, true, dy, false);
}

// Y = A B:  dA = dY B^T,  dB = A^T dY; for transposed operands the transposes of these.
static void grad(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx) {
    const limn_matmul_options *o = node->attr;
    limn_node *a = node->input[0], *b = node->input[1];
    bool ta = o->transpose_a, tb = o->transpose_b;
    if (wanted[0]) {
        if (!ta)
            dx[0] = matmul(dy, false, b, !tb);
        else if (b->shape.rank == a->shape.rank)
            dx[0] = matmul(b, tb, dy, true);
        else { // b has no batches of its own: (dY B^T)^T
            int order[LIMN_MAX_RANK];
            for (int i = 0; i < a->shape.rank; i++) order[i] = i;
            order[a->shape.rank - 2] = a->shape.rank - 1;
            order[a->shape.rank - 1] = a->shape.rank - 2;
            dx[0] = limn_transpose(matmul(dy, false, b, !tb), order);
        }
    }
    if (!wanted[1]) return;
    if (b->shape.rank != a->shape.rank)
        dx[1] = shared_b(a, dy, ta, tb);
    else
        dx[1] = tb ? matmul(dy, true, a, ta) : matmul(a, !ta, dy, false);
}

static double flops(const limn_node *node) {
    product it = product_of(node);
    return 2.0 * (double)it.batch * (double)it.m * (double)it.n * (double)it.k;
}

limn_node *limn_matmul(limn_node *a, limn_node *b, limn_matmul_options options) {
    return LIMN_NODE(&limn_op_matmul, &options, a, b);
}

limn_node *limn_linear(limn_node *x, limn_node *w, limn_node *b) {
    limn_node *y = matmul(x, false, w, true);
    return b ? limn_add(y, b) : y;
}

static limn_node *nn(limn_node *const *in) {
    return matmul(in[0], false, in[1], false);
}
static limn_node *nt(limn_node *const *in) {
    return matmul(in[0], false, in[1], true);
}
static limn_node *tn(limn_node *const *in) {
    return matmul(in[0], true, in[1], false);
}
static limn_node *tt(limn_node *const *in) {
    return matmul(in[0], true, in[1], true);
}
static limn_node *linear(limn_node *const *in) {
    return limn_linear(in[0], in[1], in[2]);
}

#define TWO(f, ...) .build = f, .inputs = 2, .input = {__VA_ARGS__}
static const limn_case cases[] = {
    {.what = "matrices", TWO(nn, {2, {17, 30}}, {2, {30, 21}})},
    {.what = "b transposed", TWO(nt, {2, {17, 30}}, {2, {21, 30}})},
    {.what = "a transposed", TWO(tn, {2, {30, 17}}, {2, {30, 21}})},
    {.what = "both transposed", TWO(tt, {2, {30, 17}}, {2, {21, 30}})},
    {.what = "batches", TWO(nn, {3, {3, 5, 7}}, {3, {3, 7, 4}})},
    {.what = "batches, b transposed", TWO(nt, {3, {3, 5, 7}}, {3, {3, 4, 7}})},
    {.what = "batches, a transposed", TWO(tn, {3, {3, 7, 5}}, {3, {3, 7, 4}})},
    {.what = "batches, both transposed", TWO(tt, {3, {3, 7, 5}}, {3, {3, 4, 7}})},
    {.what = "one b for all", TWO(nn, {3, {3, 5, 7}}, {2, {7, 4}})},
    {.what = "one b for all, both transposed", TWO(tt, {3, {3, 7, 5}}, {2, {4, 7}})},
    {.what = "larger", TWO(nt, {2, {128, 257}}, {2, {96, 257}})},
    {.what = "linear",
     .build = linear,
     .inputs = 3,
     .input = {{2, {4, 33}}, {2, {10, 33}}, {1, {10}}}},
    {.what = "lengths that do not fit",
     TWO(nt, {2, {17, 30}}, {2, {30, 21}}),
     .mistake = "rows of 30 elements do not fit columns of 21 (b transposed)"},
    {.what = "other batches",
     TWO(nn, {3, {3, 5, 7}}, {3, {2, 7, 4}}),
     .mistake = "equal leading axes"},
    {0},
};

const limn_op limn_op_matmul = {
    .name = "matmul",
    .formula = "y[i,j] = sum_l a[i,l] b[l,j]",
    .attr_size = sizeof(limn_matmul_options),
    .shape = shape,
    .grad = grad,
    .flops = flops,
    .kernels = kernels,
    .plain = OP_PLAINS(matmul),
    .cases = cases,
};

#endif
