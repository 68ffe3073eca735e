// A filter for each channel: y[n,c,i,j] = sum_a,b X[n, c, i*s + a - top, j*s + b - left] w[c,a,b].
// Filters are packed [block][a][b][lane], lanes past the last channel zero.
#include "device/depthwise.h"

#include "base/memory.h"
#include "base/threads.h"
#include "device/lanes.h"

typedef struct job {
    const limn_conv_call *call;
    size_t blocks; // of channels
} job;

// What a row of the result sees.
typedef struct row {
    const float *x; // the block's map
    const float *filter;
    vec bias;
    int first, end; // filter rows that lie inside
    int top;        // the row of x under filter row 0
} row;

INLINE vec finish(const limn_tail *tail, vec sum) {
    if (!tail->act) return sum;
    vec_mask above = sum > 0;
    vec below = sum * all(tail->slope);
    return (vec)(((vec_mask)sum & above) | ((vec_mask)below & ~above));
}

// One pixel; filter columns first..end-1 lie inside.
INLINE vec pixel(const limn_conv *conv, const row *r, int column, int first, int end, int width) {
    vec sum = r->bias;
    for (int a = r->first; a < r->end; a++) {
        const float *x = r->x + ((ptrdiff_t)(r->top + a) * conv->w + column) * LANES;
        const float *w = r->filter + (size_t)(a * width) * LANES;
        for (int b = first; b < end; b++) sum += load(x + b * LANES) * load(w + b * LANES);
    }
    return sum;
}

INLINE void make_row(const limn_conv_call *call, const row *r, int width, float *y,
                     const float *add) {
    const limn_conv *conv = call->conv;
    for (int j = 0; j < conv->ow; j++) {
        int column = j * conv->stride_x - conv->left;
        int first = column < 0 ? -column : 0;
        int end = column + width > conv->w ? conv->w - column : width;
        vec sum = first == 0 && end == width ? pixel(conv, r, column, 0, width, width)
                                             : pixel(conv, r, column, first, end, width);
        sum = finish(&call->tail, sum);
        if (add) sum += load(add + (size_t)j * LANES);
        store(y + (size_t)j * LANES, sum);
    }
}

INLINE vec bias_of(const limn_conv_call *call, size_t block) {
    float values[LANES] = {0};
    for (size_t l = 0; l < LANES && call->tail.bias; l++)
        if (block * LANES + l < (size_t)call->conv->k)
            values[l] = call->tail.bias[block * LANES + l];
    return load(values);
}

static void run_thread(void *context, int thread, int threads) {
    const job *it = context;
    const limn_conv_call *call = it->call;
    const limn_conv *conv = call->conv;
    size_t rows = (size_t)conv->oh, begin, end;
    size_t taps = (size_t)(conv->kh * conv->kw), pixels = (size_t)conv->h * (size_t)conv->w;
    limn_share((size_t)conv->n * it->blocks * rows, thread, threads, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        size_t map = i / rows, block = map % it->blocks;
        row r = {.x = (const float *)call->x + map * pixels * LANES,
                 .filter = (const float *)call->packed + block * taps * LANES,
                 .bias = bias_of(call, block),
                 .top = (int)(i % rows) * conv->stride_y - conv->top};
        r.first = r.top < 0 ? -r.top : 0;
        r.end = r.top + conv->kh > conv->h ? conv->h - r.top : conv->kh;
        size_t at = i * (size_t)conv->ow * LANES;
        const float *add = call->tail.add ? (const float *)call->tail.add + at : NULL;
        if (conv->kw == 3)
            make_row(call, &r, 3, (float *)call->y + at, add);
        else
            make_row(call, &r, conv->kw, (float *)call->y + at, add);
    }
}

static size_t blocks_of(const limn_conv *conv) {
    return ((size_t)conv->c + LANES - 1) / LANES;
}

static void run(const limn_conv_call *call) {
    job it = {call, blocks_of(call->conv)};
    limn_parallel(call->threads, run_thread, &it);
}

static const char *decline(const limn_conv *conv, limn_pass pass, limn_type x, limn_type y) {
    if (conv->groups == 1 || conv->groups != conv->c || conv->groups != conv->k)
        return "not a filter for each channel";
    if (pass != LIMN_PASS_FORWARD) return "a gradient";
    if (conv->border != LIMN_BORDER_ZERO) return "a border other than zero";
    if (conv->upsample) return "enlargement before it";
    if (x != LIMN_FLOAT || y != LIMN_FLOAT) return "other types than float";
    return NULL;
}

static size_t packed_bytes(const limn_conv *conv, limn_pass pass) {
    (void)pass;
    return blocks_of(conv) * LANES * (size_t)(conv->kh * conv->kw) * sizeof(float);
}

static size_t scratch_bytes(const limn_conv *conv, limn_pass pass, int threads) {
    (void)conv, (void)pass, (void)threads;
    return 0;
}

static void pack(const limn_conv *conv, limn_pass pass, const float *w, void *packed, int threads) {
    (void)pass, (void)threads;
    size_t taps = (size_t)(conv->kh * conv->kw);
    float *to = packed;
    for (size_t block = 0; block < blocks_of(conv); block++)
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t l = 0; l < LANES; l++) {
                size_t channel = block * LANES + l;
                *to++ = channel < (size_t)conv->c ? w[channel * taps + tap] : 0;
            }
}

// Without a cost: nothing else takes such convolutions.
static const limn_conv_kernel kernel = {
    .name = "depthwise",
    .decline = decline,
    .packed_bytes = packed_bytes,
    .scratch_bytes = scratch_bytes,
    .pack = pack,
    .run = run,
};

const limn_conv_kernel *const NAME(limn_depthwise)[] = {&kernel, NULL};
