// The gradient in w of winograd.c: dU[point] = V[point]^T (A dy At)[point], summed over tiles, and
// dw = Gt dU G.
//
// Built once per instruction set with LIMN_LANES and LIMN_SUFFIX.
#include "device/winograd_filters.h"
#include "device/winograd_work.h"

#include "base/threads.h"

// Items: tile by tile, first x then dy.
static void weight_read(void *context, int thread, int threads) {
    job *j = context;
    const form *f = j->form;
    const frame *s = &j->s;
    size_t begin, end;
    limn_share((size_t)j->count, thread, threads, &begin, &end);
    int phase = (int)j->next, py = phase / f->phases, px = phase % f->phases;
    source from = read_x(f, j->call, s, py, px);
    read_tiles(&from, j->tiles + begin, (int)(end - begin), j->v + begin * s->pitch, s->pitch,
               s->plane);
    bool half = j->call->y_type == LIMN_BF16;
    source dy = {.data = j->call->dy,
                 .half = half,
                 .blocks = s->out_blocks,
                 .count = s->out_blocks,
                 .h = j->call->conv->oh,
                 .w = j->call->conv->ow,
                 .m = f->m,
                 .size = f->m,
                 .step = f->down ? 1 : f->phases,
                 .offset_y = f->down ? 0 : py,
                 .offset_x = f->down ? 0 : px,
                 .read = f->spread[half]};
    read_tiles(&dy, j->tiles + begin, (int)(end - begin), j->m + begin * s->pitch_m, s->pitch_m,
               s->plane_m);
}

// Points and panels are shared by the threads, so that nothing is added up between them.
static void weight_product(void *context, int thread, int threads) {
    job *j = context;
    const form *f = j->form;
    const frame *s = &j->s;
    size_t panels = (size_t)ceil_div(s->out_blocks, 2), begin, end;
    limn_share((size_t)f->t * (size_t)f->t * panels, thread, threads, &begin, &end);
    for (size_t item = begin; item < end; item++) {
        int point = (int)(item / panels), k = 2 * (int)(item % panels);
        int width = s->out_blocks - k < 2 ? 1 : 2;
        product(true, width, s->in, j->v + (size_t)point * s->plane, s->pitch,
                j->m + (size_t)point * s->plane_m + (size_t)k * LANES, s->pitch_m, 0,
                (size_t)j->count, j->filters + filter_at(f, s, k, point), (size_t)width * LANES,
                j->more);
    }
}

// dw += Ht dU H over channels of x; blocks of k are shared by the threads, and where there are few,
// channels.
static void weight_finish(void *context, int thread, int threads) {
    job *j = context;
    const form *f = j->form;
    const frame *s = &j->s;
    float rows[TILE_MAX][5], columns[TILE_MAX][5], *dw = j->call->y;
    int phase = (int)j->next, across = taps_across(f), at_tap[25];
    bool more = phase && !f->down; // taps of two phases meet
    size_t begin, end, taps = (size_t)(f->taps * f->taps), in = (size_t)s->in;
    own_taps(f, phase / f->phases, phase % f->phases, at_tap);
    phase_transform(f, phase / f->phases, false, rows);
    phase_transform(f, phase % f->phases, false, columns);
    limn_share((size_t)s->out_blocks * in, thread, threads, &begin, &end);
    for (size_t at = begin; at < end; at++) {
        int k = (int)(at / in), width = s->out_blocks - (k & ~1) < 2 ? 1 : 2;
        size_t c = at % in, stride = s->depth * (size_t)width * LANES;
        const float *from =
            j->filters + filter_at(f, s, k & ~1, 0) + (c * (size_t)width + (size_t)(k & 1)) * LANES;
        vec sums[25];
        if (across == 2)
            taps_of(6, 2, rows, columns, from, stride, sums);
        else if (across == 3)
            taps_of(6, 3, rows, columns, from, stride, sums);
        else
            taps_of(6, 5, rows, columns, from, stride, sums);
        int left = s->out - k * LANES, count = left < LANES ? left : LANES;
        for (int tap = 0; tap < across * across; tap++) {
            if (at_tap[tap] < 0) continue;
            float *to = dw + ((size_t)k * LANES * in + c) * taps + at_tap[tap];
            if (more) sums[tap] += side_by_side(to, in * taps, count);
            set_apart(to, in * taps, count, sums[tap]);
        }
    }
}

void NAME(limn_winograd_weight)(job *j) {
    const limn_conv_call *call = j->call;
    for (size_t phase = 0; phase < (size_t)results(j->form, &j->s); phase++) {
        j->next = phase;
        for (size_t first = 0; first < j->s.tiles; first += (size_t)j->s.block) {
            size_t left = j->s.tiles - first;
            tile tiles[BLOCK_MAX];
            j->count = (int)(left < (size_t)j->s.block ? left : (size_t)j->s.block);
            list_tiles(j->s.tiles_y, j->s.tiles_x, first, j->count, tiles);
            j->tiles = tiles;
            j->more = first > 0;
            limn_parallel(call->threads, weight_read, j);
            limn_parallel(call->threads, weight_product, j);
        }
        limn_parallel(call->threads, weight_finish, j);
    }
}
