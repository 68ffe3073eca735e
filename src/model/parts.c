// The plans of a runner: made when they are asked for, kept while there is room.
#include "model/parts.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Below this many pixels 16-bit storage saves nothing, and instance norms over few pixels make its
// rounding seen.
enum { FAST_PIXELS = 128 * 128 };

// Above so many pixels, or where the memory is short, large maps are made in strips.
enum { STRIP_PIXELS = 4000000, STRIP_BYTES = 48000000 };

void limn_ready_forget(limn_ready *ready) {
    limn_plan_free(ready->plan);
    limn_graph_free(ready->net.graph);
    limn_net_free(&ready->net);
    limn_free(ready->region);
    *ready = (limn_ready){.plan = NULL};
}

size_t limn_runner_bytes(const limn_runner *runner) {
    size_t bytes = 0;
    for (int i = 0; i < LIMN_READY_KEPT; i++)
        if (runner->ready[i].plan) bytes += limn_plan_bytes(runner->ready[i].plan);
    return bytes;
}

static bool takes(const limn_content_values *content, const limn_content *nodes) {
    if (!content) return true;
    for (int i = 0; i < content->count; i++)
        if (!limn_shape_equal(&content->shape[i], &nodes->node[i]->shape)) return false;
    return true;
}

static limn_ready *kept(limn_runner *runner, limn_part part, int domain, int width, int height,
                        const limn_content_values *content) {
    for (int i = 0; i < LIMN_READY_KEPT; i++) {
        limn_ready *it = &runner->ready[i];
        if (it->plan && it->part == part && it->domain == domain && it->width == width &&
            it->height == height && takes(content, &it->content))
            return it;
    }
    return NULL;
}

// An empty place, or that of the plan used longest ago.
static limn_ready *place_for(limn_runner *runner) {
    limn_ready *oldest = &runner->ready[0];
    for (int i = 1; i < LIMN_READY_KEPT && oldest->plan; i++)
        if (!runner->ready[i].plan || runner->ready[i].used < oldest->used)
            oldest = &runner->ready[i];
    limn_ready_forget(oldest);
    return oldest;
}

// Frees the plan used longest ago, other than `but`; false: there is none.
static bool make_room(limn_runner *runner, const limn_ready *but) {
    limn_ready *oldest = NULL;
    for (int i = 0; i < LIMN_READY_KEPT; i++) {
        limn_ready *it = &runner->ready[i];
        if (it->plan && it != but && (!oldest || it->used < oldest->used)) oldest = it;
    }
    if (oldest) limn_ready_forget(oldest);
    return oldest != NULL;
}

// ---- building ----

static void build_read(const limn_runner *runner, limn_ready *it) {
    limn_shape all = LIMN_SHAPE(runner->count, 3, it->height, it->width);
    it->rgb = limn_input(it->net.graph, "picture", all);
    runner->kind->read(&it->net, runner->shape, it->domain, it->rgb, &it->content);
}

static void build_style(const limn_runner *runner, limn_ready *it) {
    limn_shape all = LIMN_SHAPE(runner->count, 3, it->height, it->width);
    it->rgb = limn_input(it->net.graph, "picture", all);
    it->result = runner->kind->style(&it->net, runner->shape, it->domain, it->rgb);
}

static void build_draw(const limn_runner *runner, limn_ready *it,
                       const limn_content_values *content) {
    limn_graph *graph = it->net.graph;
    limn_shape all = LIMN_SHAPE(runner->count, 3, it->height, it->width);
    if (content)
        it->content.count = content->count;
    else
        limn_kind_pictures(runner->kind, graph, all, &it->content);
    for (int i = 0; content && i < content->count; i++)
        it->content.node[i] = limn_input(graph, "content", content->shape[i]);
    int64_t numbers = limn_runner_style_count(runner);
    if (numbers) it->style = limn_input(graph, "code", LIMN_SHAPE(runner->count, numbers));
    it->result = runner->kind->draw(&it->net, runner->shape, it->domain, &it->content, it->style);
}

static void build(const limn_runner *runner, limn_ready *it, const limn_content_values *content) {
    if (it->part == LIMN_READ) build_read(runner, it);
    if (it->part == LIMN_STYLE) build_style(runner, it);
    if (it->part == LIMN_DRAW) build_draw(runner, it, content);
}

// The result is cut to the size that is asked for, so it must be at least that large.
static limn_status check_result(const limn_runner *runner, const limn_ready *it) {
    if (it->part != LIMN_DRAW || !it->width) return LIMN_OK;
    const limn_shape *made = &it->result->shape;
    int64_t scale = runner->sizes.scale;
    if (made->dim[2] >= it->height * scale && made->dim[3] >= it->width * scale) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "a picture of %lldx%lld comes out of it, where %lldx%lld pixels are expected",
                     (long long)made->dim[3], (long long)made->dim[2],
                     (long long)(it->width * scale), (long long)(it->height * scale));
}

// Pixels that a part works on, at the size of its input.
static int64_t pixels_of(const limn_runner *runner, const limn_ready *it) {
    if (it->width) return (int64_t)it->width * it->height;
    const limn_shape *made = &it->result->shape;
    return made->dim[2] * made->dim[3] / (runner->sizes.scale * runner->sizes.scale);
}

static limn_status plan(const limn_runner *runner, limn_ready *it, size_t limit, size_t *needed) {
    bool reads = it->part == LIMN_READ, constant = runner->change == LIMN_CONSTANT;
    limn_plan_options how = runner->how;
    how.memory_limit = limit;
    how.memory_needed = needed;
    if (constant && pixels_of(runner, it) < FAST_PIXELS) how.precision = LIMN_EXACT;
    if (pixels_of(runner, it) > STRIP_PIXELS) how.strip_bytes = STRIP_BYTES;
    limn_node *const *outputs = reads ? it->content.node : &it->result;
    int count = reads ? it->content.count : 1;
    limn_status status = limn_plan_new(outputs, count, how, &it->plan);
    bool strips = status == LIMN_MEMORY && *needed > limit && !how.strip_bytes;
    if (strips) how.strip_bytes = STRIP_BYTES;
    if (strips) status = limn_plan_new(outputs, count, how, &it->plan);
    if (status == LIMN_OK) status = check_result(runner, it);
    if (status == LIMN_OK) limn_net_bind(&it->net, it->plan, constant);
    return status;
}

// What was to be done; a part that draws contents knows of no picture.
static limn_status fail_for(const limn_runner *runner, const limn_ready *it, limn_status status) {
    const char *network = runner->kind->name;
    if (!it->width) return limn_fail_in(status, "network %s: ", network);
    return limn_fail_in(status, "a picture of %dx%d with network %s: ", it->width, it->height,
                        network);
}

// Adds what the plan needs that did not fit, 0 where that is not why it failed.
static limn_status make(limn_runner *runner, const limn_ready *wanted,
                        const limn_content_values *content, size_t limit, limn_ready *it,
                        size_t *needed) {
    *it = *wanted;
    it->net = (limn_net){.graph = limn_graph_new(), .store = runner->store};
    if (!it->net.graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    build(runner, it, content);
    limn_status status = plan(runner, it, limit, needed);
    if (status == LIMN_OK) return LIMN_OK;
    if (*needed <= limit) *needed = 0;
    limn_ready_forget(it);
    return fail_for(runner, wanted, status);
}

// ---- memory ----

// What plans and pictures may take. What the system has free does not hold plans that are kept any
// more.
static size_t limit_of(const limn_runner *runner) {
    size_t limit = limn_memory_limit(runner->max_memory);
    return runner->max_memory ? limit : limit + limn_runner_bytes(runner);
}

// A limit of 1 makes a plan that tells, and takes nothing.
size_t limn_ready_bytes(limn_runner *runner, limn_part part, int domain, int width, int height) {
    const limn_ready other = {.part = part, .domain = domain, .width = width, .height = height};
    limn_ready made;
    size_t needed = 0;
    if (make(runner, &other, NULL, 1, &made, &needed) == LIMN_OK) limn_ready_forget(&made);
    return needed;
}

// What a part and its pictures take at another size; 0: that is not known.
static size_t take_at(limn_runner *runner, const limn_ready *it, int width, int height,
                      size_t pictures) {
    size_t needed = limn_ready_bytes(runner, it->part, it->domain, width, height);
    double part = (double)width * height / ((double)it->width * it->height);
    return needed ? needed + (size_t)(part * (double)pictures) : 0;
}

// ". 1400x1400 would fit": memory grows with the pixels, but for what filters take.
static void advise(limn_runner *runner, const limn_ready *it, size_t needed, size_t pictures,
                   char advice[64]) {
    enum { TRIES = 6 };
    double limit = (double)limit_of(runner), factor = 1;
    snprintf(advice, 64, ". Raise it%s",
             runner->sizes.fixed ? "" : ", or make the picture smaller first");
    if (!it->width || runner->sizes.halo || runner->sizes.fixed || runner->kind->read) return;
    for (int i = 0; i < TRIES && needed > limit; i++) {
        factor *= 0.99 * sqrt(limit / (double)needed);
        int width = (int)(factor * it->width), height = (int)(factor * it->height);
        if (width < 1 || height < 1) return;
        needed = take_at(runner, it, width, height, pictures);
        if (needed && needed <= limit) snprintf(advice, 64, ". %dx%d would fit", width, height);
    }
}

// In the numbers of whoever gave the limit, which is one for all.
static limn_status fail_memory(limn_runner *runner, const limn_ready *it, size_t needed,
                               size_t pictures) {
    char text[32], allowed[32], advice[64];
    advise(runner, it, needed + pictures, pictures, advice);
    limn_fail(LIMN_MEMORY, "this needs %s of memory with its pictures and the limit is %s%s",
              limn_text_bytes(text, needed + pictures), limn_text_bytes(allowed, limit_of(runner)),
              advice);
    return fail_for(runner, it, LIMN_MEMORY);
}

// Whether a plan that is there still fits the limit, which it shares with others; where it does
// not, another one may.
static bool fits(limn_runner *runner, limn_ready *it, size_t limit) {
    while (limn_runner_bytes(runner) > limit && make_room(runner, it)) continue;
    return limn_plan_bytes(it->plan) <= limit;
}

limn_status limn_ready_find(limn_runner *runner, limn_part part, int domain, int width, int height,
                            const limn_content_values *content, size_t pictures,
                            limn_ready **ready) {
    limn_ready wanted = {.part = part, .width = width, .height = height};
    if (!runner->kind->domains_share) wanted.domain = domain;
    if (runner->model) LIMN_TRY(limn_model_check_part(runner->model, part, wanted.domain));
    size_t all = limit_of(runner), limit = all > pictures ? all - pictures : 1, needed = 0;
    limn_ready *it = kept(runner, part, wanted.domain, width, height, content);
    limn_status status = LIMN_OK;
    if (!it || !fits(runner, it, limit)) {
        it = place_for(runner);
        do {
            size_t others = limn_runner_bytes(runner);
            needed = 0;
            status =
                make(runner, &wanted, content, limit > others ? limit - others : 1, it, &needed);
        } while (status == LIMN_MEMORY && make_room(runner, it));
        if (status == LIMN_MEMORY && needed) return fail_memory(runner, &wanted, needed, pictures);
    }
    LIMN_TRY(status);
    it->used = ++runner->uses;
    *ready = it;
    return LIMN_OK;
}
