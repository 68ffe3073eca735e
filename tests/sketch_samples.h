// Graphs of a test's own: inputs with values, parameters in a store, and what comes of them.
#ifndef LIMN_TESTS_SKETCH_SAMPLES_H
#define LIMN_TESTS_SKETCH_SAMPLES_H

#include "formula_samples.h"
#include "nn/net.h"

typedef struct sketch {
    limn_store store;
    limn_net net;
    const limn_node *input[4];
    const float *value[4];
    int inputs;
} sketch;

static inline void begin(sketch *it) {
    *it = (sketch){.inputs = 0};
    it->net = (limn_net){.graph = limn_graph_new(), .store = &it->store};
    assert_non_null(it->net.graph);
}

static inline void end(sketch *it) {
    limn_graph_free(it->net.graph);
    limn_net_free(&it->net);
    limn_store_free(&it->store);
}

static inline limn_node *input(sketch *it, limn_shape shape, const float *value) {
    limn_node *node = limn_input(it->net.graph, "input", shape);
    it->input[it->inputs] = node;
    it->value[it->inputs++] = value;
    return node;
}

static inline void compute_as(sketch *it, limn_plan_options how, limn_node *const *nodes, int count,
                              float *const *out) {
    limn_plan *plan;
    good(limn_store_ready(&it->store, 1, false));
    good(limn_plan_new(nodes, count, how, &plan));
    limn_net_bind(&it->net, plan, false);
    for (int i = 0; i < it->inputs; i++) limn_plan_bind(plan, it->input[i], it->value[i], false);
    good(limn_plan_run(plan));
    for (int i = 0; i < count; i++)
        memcpy(out[i], limn_plan_output(plan, i),
               (size_t)limn_shape_count(&nodes[i]->shape) * sizeof(float));
    limn_plan_free(plan);
}

// The values of a node, for the caller to free.
static inline float *compute(sketch *it, limn_node *node) {
    float *out = training_floats((size_t)limn_shape_count(&node->shape));
    compute_as(it, (limn_plan_options){.threads = 1}, &node, 1, &out);
    return out;
}

static inline float *noise(size_t count, int number) {
    float *values = training_floats(count);
    by_formula(values, count, number, 0, 1);
    return values;
}

static inline void same(const char *what, const float *a, const float *b, size_t count,
                        double tolerance) {
    for (size_t i = 0; i < count; i++) near(what, (double)a[i], (double)b[i], tolerance);
}

static inline bool equal(const float *a, const float *b, size_t count) {
    return !memcmp(a, b, count * sizeof *a);
}

#endif
