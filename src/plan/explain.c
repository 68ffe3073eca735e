// Where the time goes, a line a step.
#include "plan/internal.h"

#include <stdio.h>
#include <string.h>

static const char *form(const limn_tensor *tensor) {
    static const char *const names[2][3] = {{"plain", "plain bf16", "double"},
                                            {"blocked", "blocked bf16", "double"}};
    return names[tensor->layout][tensor->type];
}

static int describe(const limn_planned *made, char *line, size_t size) {
    const limn_step *step = &made->step;
    bool reorder = step->kernel == &limn_kernel_reorder;
    int used = snprintf(line, size, "%-20s %-15s %-20s %-12s %-20s %9.3f ms",
                        step->node->name[0] ? step->node->name : "-",
                        reorder ? "reorder" : step->node->op->name, step->kernel_name,
                        form(&step->out), limn_shape_text(&step->out.shape), made->seconds * 1e3);
    double flops = !reorder && step->node->op->flops ? step->node->op->flops(step->node) : 0;
    if (flops > 0 && made->seconds > 0 && (size_t)used < size)
        used += snprintf(line + used, size - (size_t)used, " %7.1f GFLOP/s",
                         flops / made->seconds * 1e-9);
    return used;
}

void limn_plan_explain(const limn_plan *plan, void (*tell)(void *context, const char *line),
                       void *context) {
    char line[768];
    for (int i = 0; i < plan->step_count; i++) {
        size_t used = (size_t)describe(&plan->steps[i], line, sizeof line);
        if (plan->steps[i].step.declined[0] && used < sizeof line)
            snprintf(line + used, sizeof line - used, "   declined: %s",
                     plan->steps[i].step.declined);
        tell(context, line);
    }
}
