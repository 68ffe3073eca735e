// Large maps between two convolutions, in strips of rows: where both ends of a style network are.
//
//   x -> first convolution -> norm (and relu) -> second convolution -> y
//
// The map between is larger than x and y there, and nothing else reads it. So it is never there as
// a whole: a strip of it is made, normed and read by the second convolution before the next is
// begun. What a norm takes of the whole map are its moments: they are joined from those of strips,
// in a pass before, after which each strip is made again. A strip is a convolution of those rows of
// x that it sees: within the map without padding, at its edges with the map's own.
#include "ops/strips.h"

#include "device/map.h"
#include "ops/conv_op.h"
#include "ops/norm_op.h"

extern const limn_op limn_op_moments, limn_op_normalise;

// From the first to before the last.
typedef struct rows {
    int from, to;
} rows;

typedef struct between {
    limn_node *first, *moments, *norm, *second;
    limn_pass pass; // of the first
    bool measured;  // the moments are the map's own
} between;

// Rows of a map as a convolution of `read`, those rows of what it reads.
typedef struct strip {
    limn_conv conv;
    rows read;
} strip;

static int least(int a, int b) {
    return a < b ? a : b;
}

static const limn_conv *conv_of(const limn_node *node) {
    return &((const conv_attr *)node->attr)->conv;
}

// ---- one strip ----

// Row i reads rows i * stride - top on of x, enlarged where that comes before.
static strip forward_strip(const limn_conv *conv, rows made) {
    strip it = {.conv = *conv};
    int up = conv->upsample, first = made.from * conv->stride_y - conv->top;
    int end = (made.to - 1) * conv->stride_y - conv->top + conv->kh;
    it.read.from = (first > 0 ? first : 0) >> up;
    it.read.to = (least(end, conv->h << up) + up) >> up;
    it.conv.h = it.read.to - it.read.from;
    it.conv.oh = made.to - made.from;
    it.conv.top = (it.read.from << up) - first;
    return it;
}

// Row i has i + top = stride * m + a, for rows m of what is read and taps a.
static strip data_strip(const limn_conv *conv, rows made) {
    strip it = {.conv = *conv};
    int stride = conv->stride_y, reach = made.from + conv->top - conv->kh + stride;
    it.read.from = reach > 0 ? reach / stride : 0;
    it.read.to = least(conv->oh, (made.to - 1 + conv->top) / stride + 1);
    it.conv.h = made.to - made.from;
    it.conv.oh = it.read.to - it.read.from;
    it.conv.top = conv->top + made.from - it.read.from * stride;
    return it;
}

static strip strip_of(const limn_conv *conv, limn_pass pass, rows made) {
    return pass == LIMN_PASS_DATA ? data_strip(conv, made) : forward_strip(conv, made);
}

// The convolution of `node` for a strip, of the rows that it reads.
static limn_node *convolve(const limn_node *node, limn_node *x, const strip *of) {
    conv_attr attr = *(const conv_attr *)node->attr;
    limn_node *bias = attr.bias ? node->input[2] : NULL;
    attr.conv = of->conv;
    limn_node *made = node->op == &limn_op_conv2d_data
                          ? limn_conv2d_data(x, node->input[1], bias, &attr.conv)
                          : limn_conv2d_node(x, node->input[1], bias, NULL, &attr);
    return limn_named(made, "%s", node->name);
}

static limn_node *make_between(const between *it, rows made) {
    limn_node *x = it->first->input[0];
    strip of = strip_of(conv_of(it->first), it->pass, made);
    return convolve(it->first,
                    limn_slice_axis(x, 2, of.read.from, (int64_t)of.read.to - of.read.from), &of);
}

static limn_node *normed(const between *it, limn_node *x, limn_node *moments) {
    const limn_node *norm = it->norm;
    limn_node *input[LIMN_MAX_INPUTS] = {x, moments};
    for (int i = 2; i < norm->inputs; i++) input[i] = norm->input[i];
    return limn_named(limn_node_new(x->graph, norm->op, norm->attr, norm->inputs, input), "%s",
                      norm->name);
}

// ---- all of them ----

// Rows of each strip of a map of `height` rows, all but the last.
static int strip_rows(int64_t height, int strips) {
    return (int)((height + strips - 1) / strips);
}

static limn_node *measure(const between *it, int strips) {
    limn_node *part[LIMN_MAX_INPUTS];
    double elements[LIMN_MAX_INPUTS];
    int height = (int)it->first->shape.dim[2], each = strip_rows(height, strips), count = 0;
    for (int from = 0; from < height; from += each) {
        rows made = {from, least(from + each, height)};
        if (count == LIMN_MAX_INPUTS) {
            part[0] = limn_moments_joined(part, elements, count);
            elements[0] = from;
            count = 1;
        }
        const limn_node *moments = it->moments;
        part[count] = LIMN_NODE(moments->op, moments->attr, make_between(it, made));
        elements[count++] = made.to - made.from;
    }
    return limn_moments_joined(part, elements, count);
}

static limn_node *make(const between *it, limn_node *moments, int strips) {
    limn_node *y = NULL;
    int height = (int)it->second->shape.dim[2], each = strip_rows(height, strips);
    for (int from = 0; from < height; from += each) {
        strip of = forward_strip(conv_of(it->second), (rows){from, least(from + each, height)});
        limn_node *x = normed(it, make_between(it, of.read), moments);
        y = limn_insert(y, convolve(it->second, x, &of), from, height);
    }
    return y;
}

// ---- whether it is worth it, and can be ----

static bool find(limn_node *second, const int *uses, between *it) {
    limn_node *norm = second->input[0];
    const norm_attr *attr = norm->attr;
    if (norm->op != &limn_op_normalise || uses[norm->id] != 1) return false;
    // A standard deviation is of so many elements: those of a strip would be counted.
    if (attr->residual || attr->form == LIMN_NORM_STD) return false;
    limn_node *first = norm->input[0], *moments = norm->input[1];
    bool data = first->op == &limn_op_conv2d_data;
    if (first->op != &limn_op_conv2d && !data) return false;
    bool measured = moments->op == &limn_op_moments && moments->input[0] == first;
    if (uses[first->id] != 1 + measured || (measured && uses[moments->id] != 1)) return false;
    if (((const conv_attr *)first->attr)->add || ((const conv_attr *)second->attr)->add)
        return false;
    *it = (between){first,   moments, norm, second, data ? LIMN_PASS_DATA : LIMN_PASS_FORWARD,
                    measured};
    return !data || !conv_of(first)->upsample;
}

// Of a map in the widest lanes that there are: which it will have is not known yet.
static size_t bytes_of(const limn_node *map) {
    const int64_t *dim = map->shape.dim;
    return (size_t)(dim[0] * dim[2] * dim[3]) * limn_round_up((size_t)dim[1], LIMN_LANES_MOST) *
           sizeof(float);
}

static bool is_larger(const limn_node *map, const limn_node *other) {
    return limn_shape_count(&map->shape) > limn_shape_count(&other->shape);
}

// A strip should not be mostly what it shares with the next.
static int count_strips(const between *it, size_t bytes) {
    const limn_node *first = it->first, *second = it->second;
    size_t whole = bytes_of(first), strips = (whole + bytes - 1) / bytes;
    if (!is_larger(first, first->input[0]) || !is_larger(first, second)) return 1;
    size_t shared = (size_t)(conv_of(first)->kh + conv_of(second)->kh);
    size_t most = (size_t)second->shape.dim[2] / (2 * shared);
    return (int)(strips < most ? strips : most);
}

// Whether fast kernels take all strips, as they take the whole.
static bool are_fast(const between *it, int strips) {
    int height = (int)it->second->shape.dim[2], each = strip_rows(height, strips);
    for (int from = 0; from < height; from += each) {
        rows made = {from, least(from + each, height)};
        strip second = forward_strip(conv_of(it->second), made);
        strip first = strip_of(conv_of(it->first), it->pass, second.read);
        if (!limn_conv_is_fast(&second.conv, LIMN_PASS_FORWARD) ||
            !limn_conv_is_fast(&first.conv, it->pass))
            return false;
    }
    return true;
}

limn_node *limn_conv_strips(limn_node *second, const int *uses, size_t bytes) {
    between it;
    if (!find(second, uses, &it)) return second;
    int strips = count_strips(&it, bytes);
    if (strips < 2 || !are_fast(&it, strips)) return second;
    return make(&it, it.measured ? measure(&it, strips) : it.moments, strips);
}
