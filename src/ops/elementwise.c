// What operators on single elements share: threads, views, layouts, shapes.
#include "ops/elementwise.h"

#include "ops/ops.h"

extern const limn_op limn_op_broadcast_to;

typedef struct parts {
    const limn_step *step;
    limn_part *part;
    size_t units;
} parts;

static void do_part(void *context, int thread, int threads) {
    const parts *it = context;
    size_t begin, end;
    limn_share(it->units, thread, threads, &begin, &end);
    if (begin < end) it->part(it->step, begin, end);
}

void limn_do_parts(const limn_step *step, limn_part *part, size_t units, size_t elements) {
    enum { WORTH = 16384 }; // elements that pay for waking a thread
    parts it = {step, part, units};
    size_t threads = elements / WORTH + 1;
    if (threads > (size_t)step->threads) threads = (size_t)step->threads;
    if (threads > units) threads = units;
    limn_parallel((int)threads, do_part, &it);
}

// Drops axes of one element and joins neighbours that every operand walks alike.
static limn_walk join(int rank, const size_t *dim, const size_t stride[2][LIMN_WALK_RANK]) {
    size_t dims[LIMN_WALK_RANK], strides[2][LIMN_WALK_RANK];
    int used = 0;
    limn_walk walk = {.count = 1};
    for (int i = rank - 1; i >= 0; i--) { // collected from the last axis on
        walk.count *= dim[i];
        if (dim[i] == 1) continue;
        bool alike = used > 0;
        for (int k = 0; k < 2 && alike; k++)
            alike = stride[k][i] == strides[k][used - 1] * dims[used - 1];
        if (alike) {
            dims[used - 1] *= dim[i];
            continue;
        }
        dims[used] = dim[i];
        for (int k = 0; k < 2; k++) strides[k][used] = stride[k][i];
        used++;
    }
    while (used < 2) {
        dims[used] = 1;
        for (int k = 0; k < 2; k++) strides[k][used] = used == 0;
        used++;
    }
    walk.rank = used;
    for (int i = 0; i < used; i++) {
        walk.dim[i] = dims[used - 1 - i];
        for (int k = 0; k < 2; k++) walk.stride[k][i] = strides[k][used - 1 - i];
    }
    return walk;
}

// Strides of a plain tensor along the axes of `shape`, 0 where it is repeated.
static void plain_strides(const limn_shape *from, const limn_shape *shape, size_t *stride) {
    size_t step = 1;
    for (int i = shape->rank - 1, k = from->rank - 1; i >= 0; i--, k--) {
        bool repeated = k < 0 || from->dim[k] == 1;
        stride[i] = repeated ? 0 : step;
        if (k >= 0) step *= (size_t)from->dim[k];
    }
}

// The same along the axes n, C, h, w, L of a blocked result.
static void blocked_strides(const limn_tensor *from, const limn_shape *shape, size_t lanes,
                            size_t *stride) {
    if (from->layout == LIMN_PLAIN) { // of one channel
        size_t plain[LIMN_MAX_RANK];
        plain_strides(&from->shape, shape, plain);
        for (int i = 0; i < 4; i++) stride[i] = plain[i];
        stride[1] = stride[4] = 0;
        return;
    }
    const int64_t *dim = from->shape.dim;
    size_t blocks = ((size_t)dim[1] + lanes - 1) / lanes;
    size_t width = (size_t)dim[3], height = (size_t)dim[2];
    stride[4] = 1;
    stride[3] = width == 1 ? 0 : lanes;
    stride[2] = height == 1 ? 0 : lanes * width;
    stride[1] = lanes * width * height;
    stride[0] = dim[0] == 1 ? 0 : stride[1] * blocks;
}

limn_walk limn_walk_broadcast(const limn_step *step, int operands) {
    size_t dim[LIMN_WALK_RANK] = {0}, stride[2][LIMN_WALK_RANK] = {{0}};
    const limn_shape *shape = &step->out.shape;
    int rank = shape->rank;
    for (int i = 0; i < rank; i++) dim[i] = (size_t)shape->dim[i];
    if (step->out.layout == LIMN_BLOCKED) {
        size_t lanes = (size_t)limn_isa_lanes(step->isa);
        dim[1] = (dim[1] + lanes - 1) / lanes;
        dim[4] = lanes;
        rank = 5;
        for (int k = 0; k < operands; k++) blocked_strides(&step->in[k], shape, lanes, stride[k]);
    } else {
        for (int k = 0; k < operands; k++) plain_strides(&step->in[k].shape, shape, stride[k]);
    }
    if (operands == 1)
        for (int i = 0; i < rank; i++) stride[1][i] = stride[0][i];
    return join(rank, dim, stride);
}

limn_walk limn_walk_strides(int rank, const int64_t *dim, const size_t *stride) {
    size_t dims[LIMN_WALK_RANK] = {0}, strides[2][LIMN_WALK_RANK] = {{0}};
    for (int i = 0; i < rank; i++) {
        dims[i] = (size_t)dim[i];
        strides[0][i] = strides[1][i] = stride[i];
    }
    return join(rank, dims, strides);
}

bool limn_has_spare_lanes(const limn_step *step) {
    return step->out.shape.dim[1] % limn_isa_lanes(step->isa) != 0;
}

static void plain_float(limn_tensor *tensor) {
    tensor->layout = LIMN_PLAIN;
    tensor->type = LIMN_FLOAT;
}

const char *limn_accept_unary(limn_step *step, bool zero_stays, bool half) {
    limn_tensor *in = &step->in[0];
    if (in->layout == LIMN_BLOCKED && !zero_stays && limn_has_spare_lanes(step)) plain_float(in);
    step->out.layout = in->layout;
    step->out.type = half ? in->type : LIMN_FLOAT;
    step->in_place = true;
    return NULL;
}

// Whether an operand has the result's channels, one, or anything else (by broadcasting, 1).
static bool has_channels(const limn_step *step, const limn_shape *shape) {
    return shape->rank == 4 && shape->dim[1] == step->out.shape.dim[1];
}

static bool is_full(const limn_step *step, int i) {
    return limn_shape_equal(&step->in[i].shape, &step->out.shape);
}

// Blocked when a full-sized operand is, and the lanes past the last channel would stay zero.
static bool can_block(const limn_step *step, int zero) {
    if (step->out.shape.rank != 4) return false;
    bool any = false;
    int alone = 0; // operands of one value a pixel, which are not zero past the last channel
    for (int i = 0; i < 2; i++) {
        any |= is_full(step, i) && step->in[i].layout == LIMN_BLOCKED;
        bool rank_four = step->in[i].shape.rank == 4;
        if (!has_channels(step, &step->in[i].shape)) {
            if (!rank_four && step->in[i].shape.rank > 2 &&
                step->in[i].shape.dim[step->in[i].shape.rank - 3] != 1)
                return false; // [c,1,1]: has channels, but no blocked form
            alone++;
        }
    }
    if (!any) return false;
    return !limn_has_spare_lanes(step) || zero == 2 || (zero == 1 && !alone);
}

const char *limn_accept_binary(limn_step *step, int zero, bool half) {
    bool full[2] = {is_full(step, 0), is_full(step, 1)};
    bool blocked = can_block(step, zero), any_half = false;
    for (int i = 0; i < 2; i++) {
        limn_tensor *in = &step->in[i];
        in->layout = blocked && has_channels(step, &in->shape) ? LIMN_BLOCKED : LIMN_PLAIN;
        if (!blocked || !full[i]) in->type = LIMN_FLOAT; // types may differ, each is read as it is
        any_half |= in->type == LIMN_BF16;
    }
    step->out.layout = blocked ? LIMN_BLOCKED : LIMN_PLAIN;
    step->out.type = half && any_half ? LIMN_BF16 : LIMN_FLOAT;
    step->in_place = full[0];
    return NULL;
}

limn_status limn_unary_shape(limn_node *node) {
    node->shape = node->input[0]->shape;
    return LIMN_OK;
}

limn_status limn_binary_shape(limn_node *node) {
    const limn_shape *a = &node->input[0]->shape, *b = &node->input[1]->shape;
    int rank = a->rank > b->rank ? a->rank : b->rank;
    node->shape.rank = rank;
    for (int i = 1; i <= rank; i++) {
        int64_t p = i <= a->rank ? a->dim[a->rank - i] : 1;
        int64_t q = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (p != q && p != 1 && q != 1)
            return limn_node_fail(node,
                                  "sizes %lld and %lld do not fit: they must be equal, or "
                                  "one of them 1",
                                  (long long)p, (long long)q);
        node->shape.dim[rank - i] = p > q ? p : q;
    }
    return LIMN_OK;
}

limn_node *limn_binary_rewrite(limn_node *node, const int *uses) {
    (void)uses;
    for (int i = 0; i < 2; i++) {
        if (node->input[i]->op != &limn_op_broadcast_to) continue;
        if (!limn_shape_equal(&node->input[!i]->shape, &node->shape)) continue;
        limn_node *input[2] = {node->input[0], node->input[1]};
        input[i] = input[i]->input[0];
        return limn_node_new(node->graph, node->op, node->attr, 2, input);
    }
    return node;
}

limn_node *limn_unbroadcast(limn_node *dx, const limn_node *input) {
    return limn_sum_to(dx, input->shape);
}
