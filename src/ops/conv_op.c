// What the three convolution operators share.
#include "ops/conv_op.h"

#include "ops/pad.h"
#include "ops/resize.h"

#include <stdio.h>
#include <string.h>

int limn_border_index(limn_border border, int i, int size) {
    if (i >= 0 && i < size) return i;
    if (border == LIMN_BORDER_ZERO) return -1;
    if (border == LIMN_BORDER_REPLICATE) return i < 0 ? 0 : size - 1;
    int period = 2 * size - 2;
    if (period == 0) return 0;
    i = (i % period + period) % period;
    return i < size ? i : period - i;
}

double limn_conv_flops(const limn_node *node) {
    const limn_conv *conv = &((const conv_attr *)node->attr)->conv;
    return 2.0 * conv->n * conv->k * conv->oh * conv->ow * conv->kh * conv->kw *
           (conv->c / conv->groups);
}

extern const limn_op limn_op_pad, limn_op_resize, limn_op_pad_gradient;

// Whether the convolution can pad as `pad` does, which is done before it: then it does.
static bool pad_inside(limn_conv *conv, const pad_attr *pad) {
    int rows = (conv->oh - 1) * conv->stride_y + conv->kh - conv->top;
    int columns = (conv->ow - 1) * conv->stride_x + conv->kw - conv->left;
    bool padded = conv->top || conv->left || rows > conv->h || columns > conv->w;
    bool zeros = pad->border == LIMN_BORDER_ZERO && conv->border == LIMN_BORDER_ZERO;
    if ((padded && !zeros) || conv->upsample) return false;
    conv->top += pad->top;
    conv->left += pad->left;
    conv->border = pad->border;
    return true;
}

static limn_node *absorb_pad(limn_node *x, limn_conv *conv) {
    return pad_inside(conv, x->attr) ? x->input[0] : x;
}

// A rewrite does not know for which instruction set the plan is: the baseline answers for all,
// since each of them has a kernel for what another has one for.
bool limn_conv_is_fast(const limn_conv *conv, limn_pass pass) {
    const limn_conv_kernel *kernel;
    for (int i = 0; (kernel = limn_conv_kernel_at(LIMN_ISA_BASELINE, i)); i++)
        if (!kernel->decline(conv, pass, LIMN_FLOAT, LIMN_FLOAT)) return true;
    return false;
}

// Whether a fast convolution enlarges `small` to `large` as nearest neighbour does: then it does.
static bool enlarge_inside(limn_conv *conv, limn_pass pass, limn_resize_mode mode,
                           const limn_shape *small, const limn_shape *large) {
    bool twice = mode == LIMN_NEAREST && large->dim[2] == 2 * small->dim[2] &&
                 large->dim[3] == 2 * small->dim[3];
    limn_conv inside = *conv;
    inside.upsample = true;
    inside.h = (int)small->dim[2];
    inside.w = (int)small->dim[3];
    if (!twice || conv->upsample || !limn_conv_is_fast(&inside, pass)) return false;
    *conv = inside;
    return true;
}

static limn_node *absorb_enlargement(limn_node *x, limn_conv *conv, limn_pass pass) {
    limn_resize_mode mode = ((const resize_attr *)x->attr)->mode;
    limn_node *small = x->input[0];
    return enlarge_inside(conv, pass, mode, &small->shape, &x->shape) ? small : x;
}

limn_node *limn_conv_absorb_gradient(limn_node *node, const int *uses) {
    limn_node *large = node->input[0], *data = large;
    if (large->op == &limn_op_pad_gradient) data = large->input[0];
    if (data->op != &limn_op_conv2d_data || uses[large->id] != 1 || uses[data->id] != 1)
        return node;
    const conv_attr *attr = data->attr;
    limn_conv conv = attr->conv;
    limn_resize_mode mode = ((const resize_attr *)node->attr)->mode;
    if (attr->bias || (data != large && !pad_inside(&conv, large->attr))) return node;
    if (!enlarge_inside(&conv, LIMN_PASS_DATA, mode, &node->shape, &large->shape)) return node;
    return limn_conv2d_data(data->input[0], data->input[1], NULL, &conv);
}

limn_node *limn_conv_absorb(limn_node *x, limn_conv *conv, limn_pass pass) {
    limn_node *inside = x;
    if (x->op == &limn_op_pad) inside = absorb_pad(x, conv);
    if (x->op == &limn_op_resize) inside = absorb_enlargement(x, conv, pass);
    conv->h = (int)inside->shape.dim[2];
    conv->w = (int)inside->shape.dim[3];
    return inside;
}

// Offers the step to one kernel in the types at hand, then in float.
static const char *offer(limn_step *step, const limn_conv_kernel *kernel, limn_pass pass) {
    const conv_attr *attr = step->node->attr;
    if (kernel->approximate && !step->fast) return "approximate, and the precision is exact";
    limn_type x = kernel->plain_x ? LIMN_FLOAT : step->in[0].type, y = LIMN_FLOAT;
    if (pass == LIMN_PASS_WEIGHT)
        y = kernel->plain_y ? LIMN_FLOAT : step->in[1].type;
    else if (step->fast && !kernel->plain_y)
        y = LIMN_BF16;
    const char *why = kernel->decline(&attr->conv, pass, x, y);
    if (why && (x != LIMN_FLOAT || y != LIMN_FLOAT)) {
        x = y = LIMN_FLOAT;
        why = kernel->decline(&attr->conv, pass, x, y);
    }
    if (why) return why;
    for (int i = 1; i < step->node->inputs; i++) { // weights and bias
        step->in[i].layout = LIMN_PLAIN;
        step->in[i].type = LIMN_FLOAT;
    }
    limn_layout layout_x = kernel->plain_x ? LIMN_PLAIN : LIMN_BLOCKED;
    limn_layout layout_y = kernel->plain_y ? LIMN_PLAIN : LIMN_BLOCKED;
    step->in[0].layout = layout_x;
    step->in[0].type = x;
    limn_tensor *other = pass == LIMN_PASS_WEIGHT ? &step->in[1] : &step->out;
    other->layout = layout_y;
    other->type = y;
    if (attr->add) {
        step->in[step->node->inputs - 1].layout = layout_y;
        step->in[step->node->inputs - 1].type = y;
    }
    return NULL;
}

static void note_slower(limn_step *step, const limn_conv_kernel *kernel, double seconds,
                        double taken) {
    char why[48];
    snprintf(why, sizeof why, "%.2f ms, not %.2f", 1e3 * seconds, 1e3 * taken);
    limn_step_decline(step, kernel->name, why);
}

// The fastest by prediction of those that take it. The matrix unit has no prediction: where `fast`
// allows it, it is taken.
static const limn_conv_kernel *fastest(limn_step *step, limn_pass pass) {
    const limn_conv_kernel *kernel, *best = NULL;
    const limn_conv *conv = &((const conv_attr *)step->node->attr)->conv;
    const limn_step before = *step;
    limn_packing packing = step->node->input[1]->changes == LIMN_CHANGES_NEVER
                               ? LIMN_PACKED_ONCE
                               : LIMN_PACKED_EACH_TIME;
    double least = 0;
    for (int i = 0; (kernel = limn_conv_kernel_at(step->isa, i)); i++) {
        limn_step trial = before;
        const char *why = offer(&trial, kernel, pass);
        if (why) {
            limn_step_decline(step, kernel->name, why);
            continue;
        }
        double seconds =
            kernel->cost ? limn_conv_seconds(kernel, step->isa, conv, pass, packing) : 0;
        if (best && !limn_conv_is_faster(seconds, least)) {
            note_slower(step, kernel, seconds, least);
            continue;
        }
        if (best) note_slower(step, best, least, seconds);
        memcpy(trial.declined, step->declined, sizeof trial.declined);
        *step = trial;
        best = kernel;
        least = seconds;
        if (!kernel->cost) break;
    }
    return best;
}

static const char *accept(limn_step *step, limn_pass pass) {
    const conv_attr *attr = step->node->attr;
    const limn_conv_kernel *kernel = fastest(step, pass);
    if (!kernel) return "no fast convolution takes it";
    step->choice = kernel;
    step->kernel_name = kernel->name;
    step->scratch_bytes = kernel->scratch_bytes(&attr->conv, pass, step->threads);
    if (pass != LIMN_PASS_WEIGHT) {
        step->packed_bytes = kernel->packed_bytes(&attr->conv, pass);
        step->pack_input = 1;
        step->pack_share = limn_conv_pack_share(kernel, step->isa, &attr->conv, pass);
    }
    return NULL;
}

static void run(const limn_step *step, limn_pass pass) {
    const conv_attr *attr = step->node->attr;
    const limn_conv_kernel *kernel = step->choice;
    bool weight = pass == LIMN_PASS_WEIGHT;
    limn_conv_call call = {
        .conv = &attr->conv,
        .pass = pass,
        .threads = step->threads,
        .x = step->in[0].data,
        .dy = weight ? step->in[1].data : NULL,
        .packed = weight ? NULL : step->packed,
        .y = step->out.data,
        .x_type = step->in[0].type,
        .y_type = weight ? step->in[1].type : step->out.type,
        .tail = {.act = attr->act, .slope = attr->slope},
        .scratch = step->scratch,
    };
    if (attr->bias) call.tail.bias = step->in[2].data;
    if (attr->add) call.tail.add = step->in[step->node->inputs - 1].data;
    kernel->run(&call);
}

static void pack(const limn_step *step, limn_pass pass) {
    const conv_attr *attr = step->node->attr;
    const limn_conv_kernel *kernel = step->choice;
    kernel->pack(&attr->conv, pass, step->in[1].data, step->packed, step->threads);
}

static const char *accept_forward(limn_step *step) {
    return accept(step, LIMN_PASS_FORWARD);
}
static const char *accept_data(limn_step *step) {
    return accept(step, LIMN_PASS_DATA);
}
static const char *accept_weight(limn_step *step) {
    return accept(step, LIMN_PASS_WEIGHT);
}
static void run_forward(const limn_step *step) {
    run(step, LIMN_PASS_FORWARD);
}
static void run_data(const limn_step *step) {
    run(step, LIMN_PASS_DATA);
}
static void run_weight(const limn_step *step) {
    run(step, LIMN_PASS_WEIGHT);
}
static void pack_forward(const limn_step *step) {
    pack(step, LIMN_PASS_FORWARD);
}
static void pack_data(const limn_step *step) {
    pack(step, LIMN_PASS_DATA);
}

const limn_kernel limn_kernel_conv_forward = {"convolution", accept_forward, pack_forward,
                                              run_forward};
const limn_kernel limn_kernel_conv_data = {"convolution", accept_data, pack_data, run_data};
const limn_kernel limn_kernel_conv_weight = {"convolution", accept_weight, NULL, run_weight};
