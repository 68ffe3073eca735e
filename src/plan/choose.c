// A kernel for every node, in the order of the graph, and conversions where layouts meet.
#include "plan/internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_value(limn_plan *plan, const limn_node *node, limn_tensor tensor, int step) {
    if (plan->value_count == plan->value_room) {
        int room = plan->value_room ? 2 * plan->value_room : 256;
        limn_value *values = realloc(plan->values, (size_t)room * sizeof *values);
        if (!values) return -1;
        plan->values = values;
        plan->value_room = room;
    }
    plan->values[plan->value_count] =
        (limn_value){.node = node, .tensor = tensor, .step = step, .last = step, .shares = -1};
    return plan->value_count++;
}

static limn_planned *add_step(limn_plan *plan) {
    if (plan->step_count == plan->step_room) {
        int room = plan->step_room ? 2 * plan->step_room : 256;
        limn_planned *steps = realloc(plan->steps, (size_t)room * sizeof *steps);
        if (!steps) return NULL;
        plan->steps = steps;
        plan->step_room = room;
    }
    limn_planned *made = &plan->steps[plan->step_count++];
    memset(made, 0, sizeof *made);
    return made;
}

static bool same_form(const limn_tensor *a, const limn_tensor *b) {
    return a->layout == b->layout && a->type == b->type;
}

// The value of a node in the wanted form: found, or made by a conversion step.
static int value_as(limn_plan *plan, int first, const limn_tensor *wanted) {
    const limn_node *node = plan->values[first].node;
    for (int i = first; i < plan->value_count; i++)
        if (plan->values[i].node == node && same_form(&plan->values[i].tensor, wanted)) return i;
    limn_planned *made = add_step(plan);
    if (!made) return -1;
    made->step = (limn_step){
        .node = node,
        .kernel = &limn_kernel_reorder,
        .kernel_name = "reorder",
        .isa = plan->options.isa,
        .threads = plan->options.threads,
        .out = *wanted,
        .in[0] = plan->values[first].tensor,
    };
    made->in[0] = first;
    int out = add_value(plan, node, *wanted, plan->step_count - 1);
    plan->steps[plan->step_count - 1].out = out;
    return out;
}

// The newest form of a node's value: what a kernel is first offered.
static int newest(const limn_plan *plan, int first) {
    int found = first;
    for (int i = first + 1; i < plan->value_count; i++)
        if (plan->values[i].node == plan->values[first].node) found = i;
    return plan->options.blocked_inputs ? found : first;
}

static limn_step blank_step(limn_plan *plan, const limn_node *node, const int *first) {
    limn_type type = plan->options.precision == LIMN_DOUBLES ? LIMN_DOUBLE : LIMN_FLOAT;
    limn_step step = {
        .node = node,
        .isa = plan->options.isa,
        .threads = plan->options.threads,
        .fast = plan->options.precision == LIMN_FAST,
        .out = {.shape = node->shape, .layout = LIMN_PLAIN, .type = type},
        .random = {.purpose = limn_purpose("node"), .sample = (uint32_t)node->id},
    };
    for (int i = 0; i < node->inputs; i++)
        step.in[i] = plan->values[newest(plan, first[node->input[i]->id])].tensor;
    return step;
}

void limn_step_decline(limn_step *step, const char *kernel, const char *why) {
    size_t used = strlen(step->declined);
    if (used < sizeof step->declined - 1)
        snprintf(step->declined + used, sizeof step->declined - used, "%s%s: %s", used ? "; " : "",
                 kernel, why);
}

// Tries the operator's kernels in order; the plain one is always there.
static limn_step choose(limn_plan *plan, const limn_node *node, const int *first) {
    bool plain_only = plan->options.plain || plan->options.precision == LIMN_DOUBLES;
    limn_step plain = blank_step(plan, node, first);
    const limn_kernel *const *kernels = plain_only ? NULL : node->op->kernels;
    for (; kernels && *kernels; kernels++) {
        limn_step step = blank_step(plan, node, first);
        step.kernel = *kernels;
        step.kernel_name = (*kernels)->name;
        const char *why = (*kernels)->accept(&step);
        if (!why && !step.declined[0]) memcpy(step.declined, plain.declined, sizeof step.declined);
        if (!why) return step;
        limn_step_decline(&plain, (*kernels)->name, why);
    }
    plain.kernel_name = "plain";
    for (int i = 0; i < node->inputs; i++) {
        plain.in[i].layout = LIMN_PLAIN;
        plain.in[i].type = plain.out.type;
    }
    return plain;
}

static limn_status choose_node(limn_plan *plan, const limn_node *node, int *first) {
    limn_step step = choose(plan, node, first);
    int in[LIMN_MAX_INPUTS] = {0};
    for (int i = 0; i < node->inputs; i++) {
        in[i] = value_as(plan, first[node->input[i]->id], &step.in[i]);
        if (in[i] < 0) return limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    }
    limn_planned *made = add_step(plan);
    int out = made ? add_value(plan, node, step.out, plan->step_count - 1) : -1;
    if (out < 0) return limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    made->step = step;
    made->out = first[node->id] = out;
    memcpy(made->in, in, sizeof in);
    return LIMN_OK;
}

// What the first `outputs` outputs are made of.
static void find_needed(limn_plan *plan, int outputs, bool *needed) {
    for (int i = 0; i < outputs; i++) needed[plan->output_node[i]->id] = true;
    for (int id = limn_graph_size(plan->graph) - 1; id >= 0; id--) {
        if (!needed[id]) continue;
        limn_node *node = limn_graph_node(plan->graph, id);
        for (int i = 0; i < node->inputs; i++) needed[node->input[i]->id] = true;
    }
}

// Inputs become values without a step; the plan remembers value numbers in place of node numbers.
static limn_status choose_input(limn_plan *plan, const limn_node *node, int *first) {
    limn_type type = plan->options.precision == LIMN_DOUBLES ? LIMN_DOUBLE : LIMN_FLOAT;
    limn_tensor form = {.shape = node->shape, .type = type};
    int made = first[node->id] = add_value(plan, node, form, -1);
    if (made >= 0 && plan->options.blocked_inputs && node->shape.rank == 4) {
        form.layout = LIMN_BLOCKED;
        if (plan->options.precision == LIMN_FAST) form.type = LIMN_BF16;
        made = value_as(plan, made, &form);
    }
    return made < 0 ? limn_fail(LIMN_MEMORY, "no memory for a plan") : LIMN_OK;
}

// Outputs from..to-1, and of what they are made of all that is not there yet.
static limn_status choose_outputs(limn_plan *plan, int from, int to, bool *needed, int *first) {
    find_needed(plan, to, needed);
    for (int id = 0; id < limn_graph_size(plan->graph); id++) {
        limn_node *node = limn_graph_node(plan->graph, id);
        if (!needed[id] || first[id] >= 0) continue;
        LIMN_TRY(limn_is_input(node) ? choose_input(plan, node, first)
                                     : choose_node(plan, node, first));
    }
    limn_tensor plain = {.type =
                             plan->options.precision == LIMN_DOUBLES ? LIMN_DOUBLE : LIMN_FLOAT};
    for (int i = from; i < to; i++) {
        plain.shape = plan->output_node[i]->shape;
        plan->output_value[i] = value_as(plan, first[plan->output_node[i]->id], &plain);
        if (plan->output_value[i] < 0) return limn_fail(LIMN_MEMORY, "no memory for a plan");
    }
    return LIMN_OK;
}

static limn_status choose_all(limn_plan *plan, bool *needed, int *first) {
    int before = plan->options.first;
    for (int id = 0; id < limn_graph_size(plan->graph); id++) first[id] = -1;
    if (before) LIMN_TRY(choose_outputs(plan, 0, before, needed, first));
    plan->cut = plan->step_count;
    LIMN_TRY(choose_outputs(plan, before, plan->outputs, needed, first));
    for (int i = 0; i < plan->inputs; i++) plan->input_value[i] = first[plan->input_value[i]];
    return LIMN_OK;
}

limn_status limn_plan_choose(limn_plan *plan) {
    size_t size = (size_t)limn_graph_size(plan->graph);
    bool *needed = calloc(size, sizeof *needed);
    int *first = calloc(size, sizeof *first); // the value each node was first computed as
    limn_status status = LIMN_OK;
    if (!needed || !first)
        status = limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    else
        status = choose_all(plan, needed, first);
    free(needed);
    free(first);
    return status;
}
