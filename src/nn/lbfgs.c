// L-BFGS without a line search.
#include "nn/lbfgs.h"

#include "base/memory.h"
#include "base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 64 };

struct limn_lbfgs {
    size_t count;
    int history, threads;
    int kept, newest; // pairs, and the place of the last one
    float **s, **y;   // differences of x and of the gradient
    double *rho;      // 1 / (y . s)
    float *last_x, *last_gradient, *direction;
    bool started;
};

static float *array(size_t count) {
    return limn_alloc(count * sizeof(float));
}

limn_status limn_lbfgs_new(size_t count, int history, int threads, limn_lbfgs **result) {
    assert(history > 0 && history <= MOST_PAIRS);
    *result = NULL;
    limn_lbfgs *it = calloc(1, sizeof *it);
    if (!it) return limn_fail(LIMN_MEMORY, "there is no memory for L-BFGS");
    *it = (limn_lbfgs){.count = count, .history = history, .threads = threads};
    it->s = calloc((size_t)history, sizeof *it->s);
    it->y = calloc((size_t)history, sizeof *it->y);
    it->rho = calloc((size_t)history, sizeof *it->rho);
    it->last_x = array(count), it->last_gradient = array(count), it->direction = array(count);
    bool fine = it->s && it->y && it->rho && it->last_x && it->last_gradient && it->direction;
    for (int i = 0; i < history && fine; i++) {
        it->s[i] = array(count), it->y[i] = array(count);
        fine = it->s[i] && it->y[i];
    }
    if (!fine) {
        limn_lbfgs_free(it);
        return limn_fail(LIMN_MEMORY, "there is no memory for L-BFGS with a history of %d",
                         history);
    }
    *result = it;
    return LIMN_OK;
}

void limn_lbfgs_free(limn_lbfgs *it) {
    if (!it) return;
    for (int i = 0; i < it->history; i++) {
        if (it->s) limn_free(it->s[i]);
        if (it->y) limn_free(it->y[i]);
    }
    free(it->s);
    free(it->y);
    free(it->rho);
    limn_free(it->last_x);
    limn_free(it->last_gradient);
    limn_free(it->direction);
    free(it);
}

// ---- sums and updates over long arrays; sums in pieces of fixed size, so that the number of
// threads does not change them ----

enum { PIECE = 65536 };

typedef struct sweep {
    float *to;
    const float *a, *b;
    double factor, *pieces;
    size_t count;
} sweep;

static void dot_part(void *context, int thread, int threads) {
    const sweep *it = context;
    size_t begin, end, pieces = (it->count + PIECE - 1) / PIECE;
    limn_share(pieces, thread, threads, &begin, &end);
    for (size_t p = begin; p < end; p++) {
        size_t from = p * PIECE, to = from + PIECE < it->count ? from + PIECE : it->count;
        double sum = 0;
        for (size_t i = from; i < to; i++) sum += (double)it->a[i] * (double)it->b[i];
        it->pieces[p] = sum;
    }
}

static double dot(const limn_lbfgs *it, const float *a, const float *b) {
    size_t pieces = (it->count + PIECE - 1) / PIECE;
    double stack[1024], sum = 0, *sums = pieces <= 1024 ? stack : malloc(pieces * sizeof *sums);
    if (!sums) return NAN; // the step that follows is seen to be broken
    sweep job = {.a = a, .b = b, .pieces = sums, .count = it->count};
    limn_parallel(it->threads, dot_part, &job);
    for (size_t p = 0; p < pieces; p++) sum += sums[p];
    if (sums != stack) free(sums);
    return sum;
}

static void add_part(void *context, int thread, int threads) {
    const sweep *it = context;
    size_t begin, end;
    limn_share(it->count, thread, threads, &begin, &end);
    float factor = (float)it->factor;
    for (size_t i = begin; i < end; i++) it->to[i] += factor * it->a[i];
}

static void add(const limn_lbfgs *it, float *to, double factor, const float *from) {
    sweep job = {.to = to, .a = from, .factor = factor, .count = it->count};
    limn_parallel(it->threads, add_part, &job);
}

static void swap(float **a, float **b) {
    float *kept = *a;
    *a = *b;
    *b = kept;
}

// The differences are made where the last ones were, which the step writes anew: the place of the
// next pair may still hold the oldest.
static void remember(limn_lbfgs *it, const float *x, const float *gradient) {
    int place = (it->newest + 1) % it->history;
    float *s = it->last_x, *y = it->last_gradient;
    for (size_t i = 0; i < it->count; i++) {
        s[i] = x[i] - s[i];
        y[i] = gradient[i] - y[i];
    }
    double product = dot(it, y, s);
    if (!(product > 1e-10)) return; // no curvature to learn from
    swap(&it->last_x, &it->s[place]);
    swap(&it->last_gradient, &it->y[place]);
    it->newest = place;
    it->rho[place] = 1 / product;
    if (it->kept < it->history) it->kept++;
}

// direction = -H gradient by the two-loop recursion.
static void find_direction(limn_lbfgs *it, const float *gradient) {
    double alpha[MOST_PAIRS];
    float *d = it->direction;
    for (size_t i = 0; i < it->count; i++) d[i] = -gradient[i];
    if (!it->kept) return;
    for (int k = 0; k < it->kept; k++) {
        int at = (it->newest - k + it->history) % it->history;
        alpha[k] = it->rho[at] * dot(it, it->s[at], d);
        add(it, d, -alpha[k], it->y[at]);
    }
    const float *y = it->y[it->newest];
    float scale = (float)(1 / (it->rho[it->newest] * dot(it, y, y)));
    for (size_t i = 0; i < it->count; i++) d[i] *= scale;
    for (int k = it->kept - 1; k >= 0; k--) {
        int at = (it->newest - k + it->history) % it->history;
        double beta = it->rho[at] * dot(it, it->y[at], d);
        add(it, d, alpha[k] - beta, it->s[at]);
    }
}

void limn_lbfgs_step(limn_lbfgs *it, float *x, const float *gradient) {
    double length = 1;
    if (it->started) {
        remember(it, x, gradient);
    } else {
        double sum = 0;
        for (size_t i = 0; i < it->count; i++) sum += fabs((double)gradient[i]);
        length = sum > 1 ? 1 / sum : 1;
    }
    it->started = true;
    memcpy(it->last_x, x, it->count * sizeof *x);
    memcpy(it->last_gradient, gradient, it->count * sizeof *x);
    find_direction(it, gradient);
    add(it, x, length, it->direction);
}
