// Gradients as nodes: reverse accumulation over the part of the graph between `wrt` and the loss.
#include "ops/ops.h"

#include <stdlib.h>

// Which nodes depend on any of wrt: gradients are made along these only.
static void mark(limn_node *y, limn_node *const *wrt, int count, bool *depends) {
    for (int i = 0; i < count; i++)
        if (wrt[i]->id >= 0 && wrt[i]->id <= y->id) depends[wrt[i]->id] = true;
    for (int id = 0; id <= y->id; id++) {
        limn_node *node = limn_graph_node(y->graph, id);
        if (node->op->flat) continue;
        for (int i = 0; i < node->inputs; i++)
            if (depends[node->input[i]->id]) depends[id] = true;
    }
}

static limn_status spread(limn_node *node, limn_node *dy, const bool *depends, limn_node **sum) {
    bool wanted[LIMN_MAX_INPUTS] = {false};
    limn_node *dx[LIMN_MAX_INPUTS] = {NULL};
    bool any = false;
    for (int i = 0; i < node->inputs; i++) any |= wanted[i] = depends[node->input[i]->id];
    if (!any) return LIMN_OK;
    if (!node->op->grad)
        return limn_node_fail(node, "a gradient is asked for through this operator, which has "
                                    "none: say limn_stop_gradient where it is not wanted, or "
                                    "build the loss of other operators");
    node->op->grad(node, dy, wanted, dx);
    for (int i = 0; i < node->inputs; i++) {
        if (!wanted[i] || !dx[i]) continue;
        limn_node **slot = &sum[node->input[i]->id];
        *slot = *slot ? limn_add(*slot, dx[i]) : dx[i];
    }
    return LIMN_OK;
}

limn_status limn_gradients_from(limn_node *y, limn_node *dy, limn_node *const *wrt, int count,
                                limn_node **gradient) {
    LIMN_TRY(limn_graph_check(y->graph));
    size_t size = (size_t)y->id + 1;
    bool *depends = calloc(size, sizeof *depends);
    limn_node **sum = calloc(size, sizeof *sum);
    limn_status status = LIMN_OK;
    if (!depends || !sum) {
        status = limn_fail(LIMN_MEMORY, "there is no memory for the gradients");
    } else {
        mark(y, wrt, count, depends);
        sum[y->id] = dy;
        for (int id = y->id; id >= 0 && status == LIMN_OK; id--) {
            limn_node *node = limn_graph_node(y->graph, id);
            if (sum[id] && !node->op->flat && depends[id])
                status = spread(node, sum[id], depends, sum);
        }
        for (int i = 0; i < count; i++)
            gradient[i] = wrt[i]->id >= 0 && wrt[i]->id <= y->id ? sum[wrt[i]->id] : NULL;
        status = limn_graph_check(y->graph);
    }
    free(depends);
    free(sum);
    return status;
}

limn_status limn_gradients(limn_node *loss, limn_node *const *wrt, int count,
                           limn_node **gradient) {
    LIMN_TRY(limn_graph_check(loss->graph));
    if (limn_shape_count(&loss->shape) != 1)
        return limn_fail(LIMN_ERROR, "the gradient of %s %s: a loss is one number", loss->op->name,
                         limn_shape_text(&loss->shape));
    return limn_gradients_from(loss, limn_fill(loss->graph, loss->shape, 1), wrt, count, gradient);
}
