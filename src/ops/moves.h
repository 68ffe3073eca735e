// The kernels of an operator that only moves elements. The file that includes this defines OP_NAME
// and static limn_walk view(step, &offset): where the result's elements, front to back, lie in x.
#include "ops/elementwise.h"

#define MOVE_PLAIN(name) OP_PLAIN(name)

static limn_walk view(const limn_step *step, size_t *offset);

MOVE_PLAIN(OP_NAME) {
    size_t offset = 0;
    limn_walk walk = view(step, &offset);
    const real *x = (const real *)step->in[0].data + offset;
    real *y = step->out.data;
    for (size_t i = 0; i < walk.count; i++) y[i] = x[limn_walk_at(&walk, 0, i)];
}

#ifndef OP_DOUBLE

typedef struct rows {
    char *y;
    const char *x;
    size_t rows, columns, row_stride, column_stride;
} rows;

// A column at a time over 16 rows that lie side by side in x: neither side leaves the cache.
#define MOVE(type)                                                                                 \
    INLINE void turn_##type(rows it) {                                                             \
        for (size_t first = 0; first < it.rows; first += 16) {                                     \
            size_t count = it.rows - first < 16 ? it.rows - first : 16;                            \
            type *y = (type *)(void *)it.y + first * it.columns;                                   \
            const type *x = (const type *)(const void *)it.x + first * it.row_stride;              \
            for (size_t c = 0; c < it.columns; c++)                                                \
                for (size_t r = 0; r < count; r++)                                                 \
                    y[r * it.columns + c] = x[r * it.row_stride + c * it.column_stride];           \
        }                                                                                          \
    }                                                                                              \
    INLINE void move_##type(rows it, size_t columns, size_t stride) {                              \
        for (size_t r = 0; r < it.rows; r++) {                                                     \
            type *y = (type *)(void *)it.y + r * columns;                                          \
            const type *x = (const type *)(const void *)it.x + r * it.row_stride;                  \
            _Pragma("omp simd") for (size_t c = 0; c < columns; c++) y[c] = x[c * stride];         \
        }                                                                                          \
    }                                                                                              \
    INLINE void moves_##type(rows it) {                                                            \
        if (it.column_stride == 1 && it.columns == 16)                                             \
            move_##type(it, 16, 1);                                                                \
        else if (it.column_stride == 1)                                                            \
            move_##type(it, it.columns, 1);                                                        \
        else if (it.column_stride == 0)                                                            \
            move_##type(it, it.columns, 0);                                                        \
        else                                                                                       \
            turn_##type(it);                                                                       \
    }
MOVE(uint16_t)
MOVE(uint32_t)

INLINE void move_body(const limn_step *step, size_t begin, size_t end) {
    size_t offset = 0, bytes = limn_type_bytes(step->out.type);
    limn_walk walk = view(step, &offset);
    int last = walk.rank - 1;
    size_t columns = walk.dim[last], unit = walk.count >= 64 * columns ? columns : 64;
    begin *= unit;
    end = end * unit < walk.count ? end * unit : walk.count;
    for (size_t at = begin; at < end;) {
        size_t row = at / columns, column = at % columns;
        size_t from = offset + limn_walk_row(&walk, 0, row) + column * walk.stride[0][last];
        rows it = {.y = (char *)step->out.data + at * bytes,
                   .x = (const char *)step->in[0].data + from * bytes,
                   .rows = 1,
                   .columns = columns - column,
                   .row_stride = walk.stride[0][last - 1],
                   .column_stride = walk.stride[0][last]};
        if (it.columns > end - at) it.columns = end - at;
        if (it.columns == columns) {
            it.rows = walk.dim[last - 1] - row % walk.dim[last - 1];
            if (it.rows > (end - at) / columns) it.rows = (end - at) / columns;
        }
        if (bytes == 2)
            moves_uint16_t(it);
        else
            moves_uint32_t(it);
        at += it.rows * it.columns;
    }
}
VERSIONS(move)

static void move_run(const limn_step *step) {
    size_t offset = 0;
    limn_walk walk = view(step, &offset);
    size_t columns = walk.dim[walk.rank - 1];
    size_t unit = walk.count >= 64 * columns ? columns : 64;
    limn_do_parts(step, move, (walk.count + unit - 1) / unit, walk.count);
}

#endif
