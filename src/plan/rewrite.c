// The plan's own copy of the graph: only what the outputs need, with the operators' rewrites.
#include "plan/internal.h"

#include <stdlib.h>
#include <string.h>

// How often each node of the caller's graph is read by nodes that are needed; 0: not needed.
static void count_uses(limn_node *const *outputs, int count, int *uses) {
    int last = -1;
    for (int i = 0; i < count; i++) {
        uses[outputs[i]->id]++;
        if (outputs[i]->id > last) last = outputs[i]->id;
    }
    for (int id = last; id >= 0; id--) {
        if (!uses[id]) continue;
        limn_node *node = limn_graph_node(outputs[0]->graph, id);
        for (int i = 0; i < node->inputs; i++) uses[node->input[i]->id]++;
    }
}

typedef struct copying {
    limn_plan *plan;
    limn_node **map; // caller's id -> node of the plan's graph
    int *uses;       // by id in the plan's graph
    int room;
} copying;

static bool note_uses(copying *copy, limn_node *node, int uses) {
    int size = limn_graph_size(copy->plan->graph);
    if (size > copy->room) {
        int room = 2 * size + 64;
        int *more = realloc(copy->uses, (size_t)room * sizeof *more);
        if (!more) return false;
        for (int i = copy->room; i < room; i++) more[i] = 1; // made by a rewrite: one reader
        copy->uses = more;
        copy->room = room;
    }
    if (node->id >= 0) copy->uses[node->id] = uses;
    return true;
}

static limn_status copy_node(copying *copy, limn_node *old, int uses) {
    limn_plan *plan = copy->plan;
    limn_node *input[LIMN_MAX_INPUTS];
    for (int i = 0; i < old->inputs; i++) input[i] = copy->map[old->input[i]->id];
    limn_node *node = limn_node_new(plan->graph, old->op, old->attr, old->inputs, input);
    if (old->name[0]) limn_named(node, "%s", old->name);
    node->changes = old->changes;
    for (;;) {
        LIMN_TRY(limn_graph_check(plan->graph));
        if (!note_uses(copy, node, uses)) return limn_fail(LIMN_MEMORY, "no memory for a plan");
        if (!node->op->rewrite || plan->options.no_rewrite) break;
        limn_node *better = node->op->rewrite(node, copy->uses);
        if (better == node) break;
        if (!better->name[0] && node->name[0]) limn_named(better, "%s", node->name);
        node = better;
    }
    if (node->op->strips && plan->options.strip_bytes && !plan->options.no_rewrite) {
        node = node->op->strips(node, copy->uses, plan->options.strip_bytes);
        LIMN_TRY(limn_graph_check(plan->graph));
        if (!note_uses(copy, node, uses)) return limn_fail(LIMN_MEMORY, "no memory for a plan");
    }
    copy->map[old->id] = node;
    return LIMN_OK;
}

limn_status limn_plan_rewrite(limn_plan *plan, limn_node *const *outputs) {
    size_t size = (size_t)limn_graph_size(outputs[0]->graph);
    int *uses = calloc(size, sizeof *uses);
    copying copy = {.plan = plan, .map = calloc(size, sizeof *copy.map)};
    plan->graph = limn_graph_new();
    plan->input_name = limn_arena_get(&plan->arena, size * sizeof *plan->input_name);
    plan->input_value = limn_arena_get(&plan->arena, size * sizeof *plan->input_value);
    limn_status status = LIMN_OK;
    if (!uses || !copy.map || !plan->graph || plan->arena.failed)
        status = limn_fail(LIMN_MEMORY, "there is no memory for a plan");
    if (status == LIMN_OK) count_uses(outputs, plan->outputs, uses);
    for (size_t id = 0; status == LIMN_OK && id < size; id++) {
        limn_node *old = limn_graph_node(outputs[0]->graph, (int)id);
        if (!uses[id]) continue;
        status = copy_node(&copy, old, uses[id]);
        if (status == LIMN_OK && limn_is_input(old)) {
            plan->input_name[plan->inputs] = old;
            plan->input_value[plan->inputs++] = copy.map[id]->id; // the node, until choosing
        }
    }
    for (int i = 0; status == LIMN_OK && i < plan->outputs; i++)
        plan->output_node[i] = copy.map[outputs[i]->id];
    free(uses);
    free(copy.map);
    free(copy.uses);
    return status;
}
