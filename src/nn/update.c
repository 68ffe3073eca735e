// One kind of training step.
#include "nn/update.h"

#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

limn_status limn_update_new(const char *name, limn_store *store, limn_update **update) {
    *update = calloc(1, sizeof **update);
    limn_graph *graph = *update ? limn_graph_new() : NULL;
    if (!graph) {
        free(*update);
        *update = NULL;
        return limn_fail(LIMN_MEMORY, "there is no memory for training");
    }
    (*update)->name = name;
    (*update)->net = (limn_net){.graph = graph, .store = store, .training = true};
    return LIMN_OK;
}

void limn_update_free(limn_update *update) {
    if (!update) return;
    limn_plan_free(update->plan);
    limn_graph_free(update->net.graph);
    limn_net_free(&update->net);
    for (int i = 0; i < update->held_count; i++) limn_net_free(&update->held[i].net);
    free(update->trained);
    free(update);
}

limn_net *limn_update_net(limn_update *update, limn_store *store, limn_hold hold) {
    update->overfull |= update->held_count == LIMN_MAX_NETS;
    if (update->overfull) return &update->held[LIMN_MAX_NETS - 1].net;
    struct limn_held_net *it = &update->held[update->held_count++];
    *it = (struct limn_held_net){{.graph = update->net.graph, .store = store}, hold};
    return &it->net;
}

void limn_update_term(limn_update *update, const char *name, limn_node *loss, double weight) {
    update->overfull |= update->term_count == LIMN_MAX_TERMS;
    if (update->overfull) return;
    update->terms[update->term_count++] =
        (struct limn_term){.name = name, .node = loss, .weight = weight};
}

int limn_update_show(limn_update *update, limn_node *node) {
    update->overfull |= update->shown_count == LIMN_MAX_SHOWN;
    if (update->overfull) return 0;
    update->shown[update->shown_count] = node;
    return update->shown_count++;
}

static int lend(limn_update *lender, limn_node *node) {
    for (int i = 0; i < lender->lent_count; i++)
        if (lender->lent[i] == node) return i;
    lender->overfull |= lender->lent_count == LIMN_MAX_LENT;
    if (lender->overfull) return 0;
    lender->lent[lender->lent_count] = node;
    return lender->lent_count++;
}

limn_node *limn_update_borrow(limn_update *update, limn_update *lender, limn_node *node) {
    limn_node *input = limn_input(update->net.graph, "lent", node->shape);
    update->overfull |= update->borrowed_count == LIMN_MAX_LENT;
    if (!update->overfull)
        update->borrowed[update->borrowed_count++] =
            (struct limn_borrowed){input, lender, lend(lender, node)};
    return input;
}

// Outputs in order: what is lent, the terms, what is shown, the gradients, what is kept.
static int terms_at(const limn_update *update) {
    return update->lent_count;
}
static int shown_at(const limn_update *update) {
    return terms_at(update) + update->term_count;
}
static int gradients_at(const limn_update *update) {
    return shown_at(update) + update->shown_count;
}
static int kept_at(const limn_update *update) {
    return gradients_at(update) + update->trained_count;
}

const float *limn_update_shown(const limn_update *update, int number) {
    return limn_plan_output(update->plan, shown_at(update) + number);
}

static limn_node *total_of(const limn_update *update) {
    limn_node *total = NULL;
    for (int i = 0; i < update->term_count; i++) {
        const struct limn_term *term = &update->terms[i];
        if (term->weight == 0) continue;
        limn_node *part = limn_reshape(limn_scale(term->node, term->weight), LIMN_SHAPE(1));
        total = total ? limn_add(total, part) : part;
    }
    return total;
}

// The first group that the name belongs to, or NULL.
static const limn_group *group_of(const limn_group *groups, const char *name) {
    for (; groups && groups->prefix; groups++)
        if (!strncmp(name, groups->prefix, strlen(groups->prefix))) return groups;
    return NULL;
}

static limn_status find_trained(limn_update *update, const limn_group *groups) {
    const limn_net *net = &update->net;
    update->trained = calloc((size_t)net->size + 1, sizeof *update->trained);
    if (!update->trained) return limn_fail(LIMN_MEMORY, "there is no memory for training");
    for (int i = 0; i < net->size; i++) {
        if (!net->node[i] || net->store->parameters[i].buffer) continue;
        const limn_group *group = group_of(groups, net->store->parameters[i].name);
        if (!group) continue;
        assert(group->times >= 1);
        update->trained[update->trained_count++] =
            (struct limn_trained){.parameter = i, .factor = group->factor, .times = group->times};
    }
    return LIMN_OK;
}

// Adds the gradients to the outputs. A parameter that the total does not depend on is taken out.
static limn_status add_gradients(limn_update *update, limn_node **outputs) {
    limn_node *total = total_of(update);
    int count = total ? update->trained_count : 0, left = 0;
    limn_node **wrt = calloc(2 * (size_t)count + 1, sizeof *wrt), **gradient = wrt + count;
    if (!wrt) return limn_fail(LIMN_MEMORY, "there is no memory for training");
    for (int i = 0; i < count; i++) wrt[i] = update->net.node[update->trained[i].parameter];
    limn_status status = count ? limn_gradients(total, wrt, count, gradient) : LIMN_OK;
    for (int i = 0; i < count && status == LIMN_OK; i++) {
        if (!gradient[i]) continue;
        update->trained[left] = update->trained[i];
        outputs[gradients_at(update) + left++] = gradient[i];
    }
    update->trained_count = left;
    free(wrt);
    return status;
}

// Gradients are wanted from a run to the optimiser's step behind it: all updates have one place.
static limn_status place_gradients(limn_update *update) {
    limn_store *store = update->net.store;
    size_t count = 0;
    for (int i = 0; i < update->trained_count; i++) {
        update->trained[i].gradient = count;
        count += limn_parameter_room(&store->parameters[update->trained[i].parameter]);
    }
    return limn_store_gradients(store, count);
}

// The place may have moved, for an update that trains more.
static void bind_gradients(limn_update *update) {
    for (int i = 0; i < update->trained_count; i++)
        limn_plan_bind_output(update->plan, gradients_at(update) + i,
                              update->net.store->gradients + update->trained[i].gradient);
}

float *limn_update_gradient(const limn_update *update, const char *parameter) {
    const limn_store *store = update->net.store;
    int at = limn_store_find(store, parameter);
    for (int i = 0; i < update->trained_count; i++)
        if (update->trained[i].parameter == at)
            return store->gradients + update->trained[i].gradient;
    return NULL;
}

static void bind_held(limn_update *update, limn_hold hold) {
    for (int i = 0; i < update->held_count; i++)
        if (update->held[i].hold == hold)
            limn_net_bind(&update->held[i].net, update->plan, hold == LIMN_FROZEN);
}

void limn_update_freeze(limn_update *update) {
    bind_held(update, LIMN_FROZEN);
}

static void mark_changing(const limn_net *net) {
    for (int i = 0; i < net->size; i++)
        if (net->node[i]) net->node[i]->changes = LIMN_CHANGES_ALWAYS;
}

// What lenders have begun lies below what this one computes.
static void share_workspace(const limn_update *update, limn_plan_options *options) {
    options->first = update->lent_count;
    for (int i = 0; i < update->borrowed_count; i++) {
        size_t begun = limn_plan_begun_bytes(update->borrowed[i].lender->plan);
        if (begun > options->above) options->above = begun;
    }
}

static void list_outputs(const limn_update *update, limn_node **outputs) {
    memcpy(outputs, update->lent, (size_t)update->lent_count * sizeof *outputs);
    memcpy(outputs + shown_at(update), update->shown,
           (size_t)update->shown_count * sizeof *outputs);
    for (int i = 0; i < update->term_count; i++)
        outputs[terms_at(update) + i] = update->terms[i].node;
}

limn_status limn_update_ready(limn_update *update, const limn_group *groups,
                              limn_plan_options options) {
    if (update->overfull)
        return limn_fail(LIMN_ERROR,
                         "the %s step has more terms, results, nets or loans than limn has room "
                         "for",
                         update->name);
    LIMN_TRY(limn_graph_check(update->net.graph));
    LIMN_TRY(find_trained(update, groups));
    limn_net *net = &update->net;
    mark_changing(net);
    for (int i = 0; i < update->held_count; i++)
        if (update->held[i].hold == LIMN_HELD) mark_changing(&update->held[i].net);
    size_t most = (size_t)(kept_at(update) + net->kept_count) + 1;
    limn_node **outputs = calloc(most, sizeof *outputs);
    if (!outputs) return limn_fail(LIMN_MEMORY, "there is no memory for training");
    list_outputs(update, outputs);
    share_workspace(update, &options);
    limn_status status = add_gradients(update, outputs);
    if (status == LIMN_OK) status = place_gradients(update);
    for (int i = 0; i < net->kept_count && status == LIMN_OK; i++)
        outputs[kept_at(update) + i] = net->kept[i].value;
    if (status == LIMN_OK)
        status = limn_plan_new(outputs, kept_at(update) + net->kept_count, options, &update->plan);
    free(outputs);
    if (status != LIMN_OK) return limn_fail_in(status, "the %s step: ", update->name);
    limn_net_bind(net, update->plan, false);
    bind_held(update, LIMN_HELD);
    bind_held(update, LIMN_FROZEN);
    return LIMN_OK;
}

void limn_update_bind(limn_update *update, const limn_node *input, const float *data) {
    limn_plan_bind(update->plan, input, data, false);
}

const char *limn_update_broken(const limn_update *update) {
    for (int i = 0; i < update->term_count; i++)
        if (!isfinite(update->terms[i].value)) return update->terms[i].name;
    return NULL;
}

static void collect(limn_update *update) {
    update->total = 0;
    for (int i = 0; i < update->term_count; i++) {
        const float *value = limn_plan_output(update->plan, terms_at(update) + i);
        update->terms[i].value = (double)value[0];
        update->total += update->terms[i].weight * update->terms[i].value;
    }
}

static void sow(limn_update *update, uint64_t seed, uint64_t step) {
    uint64_t own = (uint64_t)limn_purpose(update->name) << 16 | (uint64_t)update->runs++;
    limn_plan_seed(update->plan, seed ^ own, step);
}

limn_status limn_update_begin(limn_update *update, uint64_t seed, uint64_t step) {
    sow(update, seed, step);
    update->begun = true;
    return update->timed ? limn_plan_begin_timed(update->plan) : limn_plan_begin(update->plan);
}

static void bind_borrowed(limn_update *update) {
    for (int i = 0; i < update->borrowed_count; i++) {
        const struct limn_borrowed *it = &update->borrowed[i];
        assert(it->lender->begun);
        limn_update_bind(update, it->input, limn_plan_output(it->lender->plan, it->number));
    }
}

limn_status limn_update_run(limn_update *update, uint64_t seed, uint64_t step) {
    if (!update->begun) sow(update, seed, step);
    update->begun = false;
    bind_borrowed(update);
    bind_gradients(update);
    LIMN_TRY(update->timed ? limn_plan_run_timed(update->plan) : limn_plan_run(update->plan));
    collect(update);
    return LIMN_OK;
}

void limn_update_keep(limn_update *update) {
    const limn_net *net = &update->net;
    for (int i = 0; i < net->kept_count; i++) {
        const limn_parameter *it = &net->store->parameters[net->kept[i].parameter];
        memcpy(net->store->values + it->offset, limn_plan_output(update->plan, kept_at(update) + i),
               it->count * sizeof(float));
    }
}
