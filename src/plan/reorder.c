// The conversion between layouts and types: out[n,c,h,w] = in[n,c,h,w].
#include "plan/element.h"
#include "plan/internal.h"

#include "base/threads.h"

#include <string.h>

#if defined(__clang__) // which says so where a sanitizer keeps a loop from becoming vectors
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

typedef struct job {
    const limn_step *step;
    size_t lanes, channels, blocks, pixels, pictures;
} job;

// ---- 8x8 elements at once ----

enum { TILE = 8 };
typedef float row __attribute__((vector_size(TILE * sizeof(float))));
typedef uint32_t wide __attribute__((vector_size(TILE * sizeof(uint32_t))));
typedef uint16_t narrow __attribute__((vector_size(TILE * sizeof(uint16_t))));

INLINE void load_row(const void *from, limn_type type, size_t i, row *value) {
    if (type == LIMN_BF16) {
        narrow half;
        memcpy(&half, (const uint16_t *)from + i, sizeof half);
        *value = (row)(__builtin_convertvector(half, wide) << 16);
    } else {
        memcpy(value, (const float *)from + i, sizeof *value);
    }
}

INLINE void store_row(void *to, limn_type type, size_t i, const row *value) {
    if (type == LIMN_BF16) { // as limn_bf16
        wide bits = (wide)*value, rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        wide nan = (wide)((bits & 0x7FFFFFFF) > 0x7F800000);
        narrow half =
            __builtin_convertvector((nan & (bits >> 16 | 0x40)) | (~nan & rounded), narrow);
        memcpy((uint16_t *)to + i, &half, sizeof half);
    } else {
        memcpy((float *)to + i, value, sizeof *value);
    }
}

// out[j][i] = in[i][j]: pairs, then fours, then halves change places.
INLINE void turn(row *r) {
    row a[TILE], b[TILE];
    for (int i = 0; i < TILE; i += 2) {
        a[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        a[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < TILE; i++) {
        if (i & 2) continue;
        b[i] = __builtin_shufflevector(a[i], a[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        b[i + 2] = __builtin_shufflevector(a[i], a[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < TILE / 2; i++) {
        r[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// `rows` rows of `from`, `stride` apart, become columns of `to`; missing rows are zero.
typedef struct tile {
    const void *from;
    void *to;
    size_t at, stride, to_at, to_stride, rows, columns;
} tile;

INLINE void turn_tile(tile it, limn_type from, limn_type to) {
    row r[TILE] = {{0}};
    for (size_t i = 0; i < TILE && i < it.rows; i++)
        load_row(it.from, from, it.at + i * it.stride, &r[i]);
    turn(r);
    for (size_t i = 0; i < TILE && i < it.columns; i++)
        store_row(it.to, to, it.to_at + i * it.to_stride, &r[i]);
}

// One block of channels of one picture: plain planes <-> pixels of `lanes` values. The last few
// pixels go one by one.
INLINE void to_blocked(const job *it, size_t from, size_t to, size_t count, limn_type in_type,
                       limn_type out_type) {
    const void *in = it->step->in[0].data;
    void *out = it->step->out.data;
    size_t p = 0, lanes = it->lanes;
    for (; p + TILE <= it->pixels; p += TILE)
        for (size_t l = 0; l < lanes; l += TILE)
            turn_tile((tile){in, out, from + l * it->pixels + p, it->pixels, to + p * lanes + l,
                             lanes, count > l ? count - l : 0, TILE},
                      in_type, out_type);
    for (; p < it->pixels; p++)
        for (size_t l = 0; l < lanes; l++)
            store(out, out_type, to + p * lanes + l,
                  l < count ? load(in, in_type, from + l * it->pixels + p) : 0);
}

INLINE void to_plain(const job *it, size_t from, size_t to, size_t count, limn_type in_type,
                     limn_type out_type) {
    const void *in = it->step->in[0].data;
    void *out = it->step->out.data;
    size_t p = 0, lanes = it->lanes;
    for (; p + TILE <= it->pixels; p += TILE)
        for (size_t l = 0; l < count; l += TILE)
            turn_tile((tile){in, out, from + p * lanes + l, lanes, to + l * it->pixels + p,
                             it->pixels, TILE, count - l},
                      in_type, out_type);
    for (; p < it->pixels; p++)
        for (size_t l = 0; l < count; l++)
            store(out, out_type, to + l * it->pixels + p, load(in, in_type, from + p * lanes + l));
}

INLINE void block_of(const job *it, size_t index, limn_type in_type, limn_type out_type) {
    size_t picture = index / it->blocks, first = index % it->blocks * it->lanes;
    size_t count = it->channels - first < it->lanes ? it->channels - first : it->lanes;
    size_t blocked = index * it->pixels * it->lanes;
    size_t plain = (picture * it->channels + first) * it->pixels;
    if (it->step->out.layout == LIMN_BLOCKED)
        to_blocked(it, plain, blocked, count, in_type, out_type);
    else
        to_plain(it, blocked, plain, count, in_type, out_type);
}

INLINE void block_body(const job *it, size_t index) {
    limn_type in = it->step->in[0].type, out = it->step->out.type;
    if (in == LIMN_FLOAT && out == LIMN_FLOAT)
        block_of(it, index, LIMN_FLOAT, LIMN_FLOAT);
    else if (in == LIMN_FLOAT)
        block_of(it, index, LIMN_FLOAT, LIMN_BF16);
    else if (out == LIMN_FLOAT)
        block_of(it, index, LIMN_BF16, LIMN_FLOAT);
    else
        block_of(it, index, LIMN_BF16, LIMN_BF16);
}

static void block(const job *it, size_t index) {
    block_body(it, index);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) static void block_avx2(const job *it, size_t index) {
    block_body(it, index);
}
#else
#define block_avx2 block
#endif

static void reorder_part(void *context, int thread, int threads) {
    const job *it = context;
    size_t begin, end;
    limn_share(it->pictures * it->blocks, thread, threads, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        if (it->step->isa >= LIMN_ISA_AVX2)
            block_avx2(it, i);
        else
            block(it, i);
    }
}

static void convert_part(void *context, int thread, int threads) {
    const job *it = context;
    size_t begin, end, room = limn_tensor_room(&it->step->out, it->step->isa);
    limn_share(room, thread, threads, &begin, &end);
    const limn_tensor *in = &it->step->in[0], *out = &it->step->out;
    if (in->type == LIMN_BF16) {
#pragma omp simd
        for (size_t i = begin; i < end; i++)
            store(out->data, LIMN_FLOAT, i, load(in->data, LIMN_BF16, i));
    } else {
#pragma omp simd
        for (size_t i = begin; i < end; i++)
            store(out->data, LIMN_BF16, i, load(in->data, LIMN_FLOAT, i));
    }
}

static void reorder(const limn_step *step) {
    const limn_shape *shape = &step->out.shape;
    job it = {.step = step, .lanes = (size_t)limn_isa_lanes(step->isa)};
    if (step->in[0].layout == step->out.layout) {
        limn_parallel(step->threads, convert_part, &it);
        return;
    }
    it.pictures = (size_t)shape->dim[0];
    it.channels = (size_t)shape->dim[1];
    it.pixels = (size_t)(shape->dim[2] * shape->dim[3]);
    it.blocks = (it.channels + it.lanes - 1) / it.lanes;
    limn_parallel(step->threads, reorder_part, &it);
}

const limn_kernel limn_kernel_reorder = {.name = "reorder", .run = reorder};
