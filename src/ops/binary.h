// The kernels of an operator on pairs of elements, broadcast. The file that includes this defines
// OP_NAME, OP_VALUE(a, b), OP_ZERO (what keeps spare lanes zero: limn_accept_binary), OP_HALF where
// 16-bit maps give a 16-bit map, OP_FAST(a, b) where the kernel computes floats in another way than
// the plain one, and OP_ATTR, seen as `o`, where the operator has options.
#include "ops/elementwise.h"

#ifndef OP_HALF
#define OP_HALF false
#endif
#ifndef OP_FAST
#define OP_FAST(a, b) OP_VALUE(a, b)
#endif

#define BINARY_PLAIN(name) OP_PLAIN(name)

BINARY_PLAIN(OP_NAME) {
#ifdef OP_ATTR
    const OP_ATTR o = *(const OP_ATTR *)step->node->attr;
#endif
    const real *a = step->in[0].data, *b = step->in[1].data;
    real *y = step->out.data;
    limn_walk walk = limn_walk_broadcast(step, 2);
    for (size_t i = 0; i < walk.count; i++)
        y[i] = OP_VALUE(a[limn_walk_at(&walk, 0, i)], b[limn_walk_at(&walk, 1, i)]);
}

#ifndef OP_DOUBLE

#ifdef OP_ATTR
#define BINARY_ATTR , const OP_ATTR o
#define BINARY_PASS , o
#else
#define BINARY_ATTR
#define BINARY_PASS
#endif

// `rows` rows of `columns` elements each; r and s are the operands' steps to the next row, column.
typedef struct rows {
    void *y;
    const void *a, *b;
    size_t rows, columns, ra, rb;
} rows;

INLINE void each(rows it, size_t columns, size_t sa, size_t sb, limn_type ta, limn_type tb,
                 limn_type ty BINARY_ATTR) {
    for (size_t r = 0; r < it.rows; r++) {
        size_t y = r * columns, p = r * it.ra, q = r * it.rb;
#pragma omp simd
        for (size_t c = 0; c < columns; c++) {
            float u = load(it.a, ta, p + c * sa), v = load(it.b, tb, q + c * sb);
            store(it.y, ty, y + c, OP_FAST(u, v));
        }
    }
}

// Rows as long as a vector get a loop of fixed length.
INLINE void any_length(rows it, size_t sa, size_t sb, limn_type ta, limn_type tb,
                       limn_type ty BINARY_ATTR) {
    if (it.columns == 16)
        each(it, 16, sa, sb, ta, tb, ty BINARY_PASS);
    else if (it.columns == 8)
        each(it, 8, sa, sb, ta, tb, ty BINARY_PASS);
    else
        each(it, it.columns, sa, sb, ta, tb, ty BINARY_PASS);
}

INLINE void any_stride(rows it, size_t sa, size_t sb, limn_type ta, limn_type tb,
                       limn_type ty BINARY_ATTR) {
    if (sa && sb)
        any_length(it, 1, 1, ta, tb, ty BINARY_PASS);
    else if (sa)
        any_length(it, 1, 0, ta, tb, ty BINARY_PASS);
    else
        any_length(it, 0, 1, ta, tb, ty BINARY_PASS);
}

// Elements begin..end of the result.
INLINE void binary_body(const limn_step *step, size_t begin, size_t end) {
#ifdef OP_ATTR
    const OP_ATTR o = *(const OP_ATTR *)step->node->attr;
#endif
    limn_walk walk = limn_walk_broadcast(step, 2);
    int last = walk.rank - 1;
    size_t columns = walk.dim[last], sa = walk.stride[0][last], sb = walk.stride[1][last];
    limn_type ta = step->in[0].type, tb = step->in[1].type, ty = step->out.type;
    size_t unit = walk.count >= 64 * columns ? columns : 64;
    begin *= unit;
    end = end * unit < walk.count ? end * unit : walk.count;
    for (size_t at = begin; at < end;) {
        size_t row = at / columns, column = at % columns;
        size_t a = limn_walk_row(&walk, 0, row) + column * sa;
        size_t b = limn_walk_row(&walk, 1, row) + column * sb;
        rows it = {.y = (char *)step->out.data + at * limn_type_bytes(ty),
                   .a = (const char *)step->in[0].data + a * limn_type_bytes(ta),
                   .b = (const char *)step->in[1].data + b * limn_type_bytes(tb),
                   .rows = 1,
                   .columns = columns - column,
                   .ra = walk.stride[0][last - 1],
                   .rb = walk.stride[1][last - 1]};
        if (it.columns > end - at) it.columns = end - at;
        if (it.columns == columns) {
            it.rows = walk.dim[last - 1] - row % walk.dim[last - 1];
            if (it.rows > (end - at) / columns) it.rows = (end - at) / columns;
        }
        const limn_type small = OP_HALF ? LIMN_BF16 : LIMN_FLOAT;
        if (ta == LIMN_FLOAT && tb == LIMN_FLOAT)
            any_stride(it, sa, sb, LIMN_FLOAT, LIMN_FLOAT, LIMN_FLOAT BINARY_PASS);
        else if (ta == tb)
            any_stride(it, sa, sb, LIMN_BF16, LIMN_BF16, small BINARY_PASS);
        else if (ta == LIMN_BF16)
            any_stride(it, sa, sb, LIMN_BF16, LIMN_FLOAT, small BINARY_PASS);
        else
            any_stride(it, sa, sb, LIMN_FLOAT, LIMN_BF16, small BINARY_PASS);
        at += it.rows * it.columns;
    }
}
VERSIONS(binary)

static void binary_run(const limn_step *step) {
    limn_walk walk = limn_walk_broadcast(step, 2);
    size_t columns = walk.dim[walk.rank - 1];
    size_t unit = walk.count >= 64 * columns ? columns : 64;
    limn_do_parts(step, binary, (walk.count + unit - 1) / unit, walk.count);
}

static const char *binary_accept(limn_step *step) {
    return limn_accept_binary(step, OP_ZERO, OP_HALF);
}

static const limn_kernel binary_kernel = {
    .name = "any layout", .accept = binary_accept, .run = binary_run};
static const limn_kernel *const binary_kernels[] = {&binary_kernel, NULL};

#endif
