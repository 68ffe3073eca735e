// Memory: every value and scratch gets a place in one block; those that never live at the same time
// share. Largest first, of those the one that lives longest, each at the lowest offset that is free
// while it lives; before all others what lives across the cut (limn_plan_begin), so that it lies
// low and together.
#include "plan/internal.h"

#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = LIMN_ALIGNMENT };

typedef struct span {
    size_t bytes, offset; // offset includes the guard before
    int from, to;         // the first and last step in which it lives
    bool crosses;         // the cut
    size_t *result;
} span;

// First readers, then who takes over whose memory.
static void find_lifetimes(limn_plan *plan) {
    for (int s = 0; s < plan->step_count; s++) {
        limn_planned *made = &plan->steps[s];
        for (int i = 0; i < limn_plan_operands(made); i++) plan->values[made->in[i]].last = s;
    }
    for (int i = 0; i < plan->outputs; i++) plan->values[plan->output_value[i]].last = INT_MAX;
}

static int root(const limn_plan *plan, int v) {
    while (plan->values[v].shares >= 0) v = plan->values[v].shares;
    return v;
}

// Through all that it is a part of.
static size_t offset_of(const limn_plan *plan, int v) {
    size_t shift = 0;
    for (; plan->values[v].shares >= 0; v = plan->values[v].shares) shift += plan->values[v].shift;
    return plan->values[v].offset + shift;
}

static void share_in_place(limn_plan *plan) {
    if (plan->options.keep_all) return;
    for (int s = 0; s < plan->step_count; s++) {
        const limn_planned *made = &plan->steps[s];
        if (!made->step.in_place) continue;
        limn_value *in = &plan->values[made->in[0]], *out = &plan->values[made->out];
        if (in->step < 0 || in->last != s || in->bytes != out->bytes) continue;
        bool again = false; // the same value as another operand, read at other places
        for (int i = 1; i < limn_plan_operands(made); i++) again |= made->in[i] == made->in[0];
        if (again) continue;
        out->shares = made->in[0];
        limn_value *owner = &plan->values[root(plan, made->out)];
        if (out->last > owner->last) owner->last = out->last;
    }
}

// The first step behind s that writes to the memory of a value; INT_MAX: there is none.
static int next_writer(const limn_plan *plan, int owner, int s) {
    int next = INT_MAX;
    for (int v = 0; v < plan->value_count; v++) {
        int step = plan->values[v].step;
        if (step > s && step < next && root(plan, v) == owner) next = step;
    }
    return next;
}

// Whether the memory of `part` may lie within that of `whole`, which step s puts together: nothing
// is written into the part from then on, nor over the whole while the part is still read.
static bool may_be_part(const limn_plan *plan, int part, int whole, int s) {
    const limn_value *it = &plan->values[part];
    if (it->step < 0 || it->last == INT_MAX || part == whole) return false;
    return next_writer(plan, part, s) == INT_MAX && it->last < next_writer(plan, whole, s);
}

static void place_parts(limn_plan *plan, int s) {
    const limn_planned *made = &plan->steps[s];
    limn_value *whole = &plan->values[made->out];
    size_t at = 0;
    for (int i = 0; i < made->step.node->inputs; i++) {
        int part = root(plan, made->in[i]);
        limn_value *it = &plan->values[part];
        size_t bytes = plan->values[made->in[i]].bytes;
        if (at % LIMN_ALIGNMENT == 0 && it->bytes == bytes &&
            may_be_part(plan, part, made->out, s)) {
            it->shares = made->out;
            it->shift = at;
            if (it->first < whole->first) whole->first = it->first;
            if (it->last > whole->last) whole->last = it->last;
        }
        at += bytes;
    }
}

// What is put together of parts is made in one place, so that nothing is copied. It lives from its
// first part on, which costs memory where that is small and early; no network is made so. Not where
// each value has its guards.
static void share_parts(limn_plan *plan) {
    if (plan->options.keep_all || plan->options.guard) return;
    for (int s = 0; s < plan->step_count; s++) {
        const limn_value *out = &plan->values[plan->steps[s].out];
        if (plan->steps[s].step.joins && out->shares < 0 && out->last != INT_MAX)
            place_parts(plan, s);
    }
}

static int by_size(const void *a, const void *b) {
    const span *x = a, *y = b;
    if (x->crosses != y->crosses) return x->crosses ? -1 : 1;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    int lives = x->to - x->from, other = y->to - y->from;
    if (lives != other) return lives < other ? 1 : -1;
    return x->from - y->from;
}

static int by_offset(const void *a, const void *b) {
    const span *x = *(span *const *)a, *y = *(span *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

// The lowest gap from `at` on among the placed spans that live at the same time.
static size_t find_gap(const span *item, size_t at, span *placed, int count, span **beside) {
    int found = 0;
    for (int i = 0; i < count; i++)
        if (placed[i].from <= item->to && item->from <= placed[i].to) beside[found++] = &placed[i];
    qsort(beside, (size_t)found, sizeof *beside, by_offset);
    for (int i = 0; i < found; i++) {
        if (beside[i]->offset >= at && beside[i]->offset - at >= item->bytes) break;
        size_t end = beside[i]->offset + beside[i]->bytes;
        if (end > at) at = end;
    }
    return at;
}

static size_t room_for(const limn_plan *plan, size_t bytes) {
    return limn_round_up(bytes, LIMN_ALIGNMENT) + (plan->options.guard ? 2 * GUARD : 0);
}

// Of what a step packs.
static int last_use(const limn_plan *plan, int packer) {
    int last = packer;
    for (int s = packer + 1; s < plan->step_count; s++)
        if (plan->steps[s].packed_by == packer) last = s;
    return last;
}

static int collect(limn_plan *plan, span *spans) {
    int count = 0;
    for (int v = 0; v < plan->value_count; v++) {
        limn_value *it = &plan->values[v];
        if (it->step < 0 || it->shares >= 0) continue;
        spans[count++] = (span){.bytes = room_for(plan, it->bytes),
                                .from = it->first,
                                .to = it->last,
                                .result = &it->offset};
        if (plan->options.keep_all) spans[count - 1].from = 0, spans[count - 1].to = INT_MAX;
    }
    for (int s = 0; s < plan->step_count; s++) {
        limn_planned *made = &plan->steps[s];
        span room = {.from = s, .to = s};
        if (made->step.scratch_bytes) {
            room.bytes = room_for(plan, made->step.scratch_bytes);
            room.result = &made->scratch_offset;
            spans[count++] = room;
        }
        if (made->step.packed_bytes && !made->packed_kept && made->packed_by < 0) {
            room.to = last_use(plan, s);
            room.bytes = room_for(plan, made->step.packed_bytes);
            room.result = &made->packed_offset;
            spans[count++] = room;
        }
    }
    for (int i = 0; i < count; i++)
        spans[i].crosses = spans[i].from < plan->cut && spans[i].to >= plan->cut;
    return count;
}

// Whether two steps pack the same for the same kernel and shapes: a network that is used twice in a
// run needs its filters once.
static bool packs_the_same(const limn_planned *made, const limn_planned *other) {
    const limn_step *x = &made->step, *y = &other->step;
    const limn_node *a = x->node, *b = y->node;
    if (x->packed_bytes != y->packed_bytes || x->kernel != y->kernel || x->choice != y->choice ||
        made->in[x->pack_input] != other->in[y->pack_input] || a->op != b->op ||
        a->inputs != b->inputs || memcmp(a->attr, b->attr, a->op->attr_size) != 0)
        return false;
    for (int i = 0; i < a->inputs; i++)
        if (!limn_shape_equal(&a->input[i]->shape, &b->input[i]->shape)) return false;
    return true;
}

// What is made of an input's values may be kept from run to run where these may be frozen. Loss
// networks have four times their weights in transformed filters: where the step itself takes far
// longer than to make them anew, they have room only while it runs.
static bool is_kept(const limn_plan *plan, const limn_planned *made) {
    static const double LITTLE = 0.125;
    const limn_value *from = &plan->values[made->in[made->step.pack_input]];
    if (plan->options.seldom || from->step >= 0) return false;
    if (from->node->changes == LIMN_CHANGES_NEVER) return made->step.pack_share > LITTLE;
    return from->node->changes != LIMN_CHANGES_ALWAYS;
}

// Who packs.
static void find_packers(limn_plan *plan) {
    for (int s = 0; s < plan->step_count; s++) {
        limn_planned *made = &plan->steps[s];
        made->packed_by = -1;
        if (!made->step.packed_bytes) continue;
        made->packed_kept = is_kept(plan, made);
        for (int i = 0; i < s && made->packed_by < 0; i++)
            if (plan->steps[i].packed_by < 0 && packs_the_same(made, &plan->steps[i]))
                made->packed_by = i;
    }
}

static void place_packed(limn_plan *plan) {
    for (int s = 0; s < plan->step_count; s++) {
        limn_planned *made = &plan->steps[s];
        if (!made->packed_kept || made->packed_by >= 0) continue;
        made->packed_offset = plan->packed_bytes;
        plan->packed_bytes += limn_round_up(made->step.packed_bytes, LIMN_ALIGNMENT);
    }
}

static void find_packed(limn_plan *plan) {
    for (int s = 0; s < plan->step_count; s++) {
        limn_planned *made = &plan->steps[s];
        if (made->packed_by >= 0) made->packed_offset = plan->steps[made->packed_by].packed_offset;
    }
}

// The memory itself is taken when it is first written to, so that one that is too small costs
// nothing where no plan has run in it yet.
static bool make_room(limn_workspace *space, size_t bytes) {
    if (space->block && bytes <= space->bytes) return true;
    char *block = limn_alloc(bytes);
    if (!block) return false;
    limn_free(space->block);
    *space = (limn_workspace){block, bytes};
    return true;
}

static limn_status take_memory(limn_plan *plan) {
    char need[32], limit[32];
    size_t bytes = limn_plan_bytes(plan);
    if (plan->options.memory_needed) *plan->options.memory_needed = bytes;
    if (plan->options.memory_limit && bytes > plan->options.memory_limit)
        return limn_fail(
            LIMN_MEMORY,
            "this needs %s of memory and the limit is %s. Raise it, or take smaller pictures",
            limn_text_bytes(need, bytes), limn_text_bytes(limit, plan->options.memory_limit));
    plan->space = plan->options.workspace ? plan->options.workspace : &plan->own;
    plan->packed = plan->packed_bytes ? limn_alloc(plan->packed_bytes) : NULL;
    if (!make_room(plan->space, plan->block_bytes) || (plan->packed_bytes && !plan->packed))
        return limn_fail(LIMN_MEMORY, "there is no memory left: %s are needed",
                         limn_text_bytes(need, bytes));
    return LIMN_OK;
}

limn_status limn_plan_place(limn_plan *plan) {
    for (int v = 0; v < plan->value_count; v++) {
        limn_value *it = &plan->values[v];
        it->bytes = limn_tensor_bytes(&it->tensor, plan->options.isa);
        it->first = it->step;
    }
    find_lifetimes(plan);
    share_in_place(plan);
    share_parts(plan);
    find_packers(plan);
    size_t most = (size_t)plan->value_count + 2 * (size_t)plan->step_count;
    span *spans = calloc(most ? most : 1, sizeof *spans);
    span **beside = calloc(most ? most : 1, sizeof *beside);
    if (!spans || !beside) {
        free(spans);
        free(beside);
        return limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    }
    int count = collect(plan, spans);
    qsort(spans, (size_t)count, sizeof *spans, by_size);
    for (int i = 0; i < count; i++) {
        spans[i].offset = find_gap(&spans[i], plan->options.above, spans, i, beside);
        *spans[i].result = spans[i].offset + (plan->options.guard ? GUARD : 0);
        size_t end = spans[i].offset + spans[i].bytes;
        if (end > plan->block_bytes) plan->block_bytes = end;
        if (spans[i].crosses) plan->begun_bytes = plan->block_bytes;
    }
    free(spans);
    free(beside);
    for (int v = 0; v < plan->value_count; v++)
        if (plan->values[v].shares >= 0) plan->values[v].offset = offset_of(plan, v);
    place_packed(plan);
    find_packed(plan);
    return take_memory(plan);
}
