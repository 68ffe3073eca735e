// Nodes, shapes, and the first mistake.
#include "graph/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limn_graph {
    limn_arena arena;
    limn_node **nodes;
    int size, room;
    limn_node broken;
    limn_status status; // of the mistake; LIMN_OK: there is none
    char mistake[1024];
};

int64_t limn_shape_count(const limn_shape *shape) {
    int64_t count = 1;
    for (int i = 0; i < shape->rank; i++) count *= shape->dim[i];
    return count;
}

bool limn_shape_equal(const limn_shape *a, const limn_shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

const char *limn_shape_text(const limn_shape *shape) {
    static _Thread_local char buffers[8][160]; // six numbers of 20 digits fit
    static _Thread_local int turn;
    char *text = buffers[turn++ % 8];
    int used = snprintf(text, sizeof *buffers, "[");
    for (int i = 0; i < shape->rank; i++)
        used += snprintf(text + used, sizeof *buffers - (size_t)used, i ? ", %lld" : "%lld",
                         (long long)shape->dim[i]);
    snprintf(text + used, sizeof *buffers - (size_t)used, "]");
    return text;
}

static const limn_op broken_op = {.name = "broken"};

limn_graph *limn_graph_new(void) {
    limn_graph *graph = calloc(1, sizeof *graph);
    if (graph) graph->broken = (limn_node){.graph = graph, .op = &broken_op, .id = -1, .name = ""};
    return graph;
}

void limn_graph_free(limn_graph *graph) {
    if (!graph) return;
    limn_arena_release(&graph->arena);
    free(graph->nodes);
    free(graph);
}

limn_status limn_graph_check(const limn_graph *graph) {
    return graph->status ? limn_fail(graph->status, "%s", graph->mistake) : LIMN_OK;
}

int limn_graph_size(const limn_graph *graph) {
    return graph->size;
}
limn_node *limn_graph_node(const limn_graph *graph, int id) {
    return graph->nodes[id];
}
limn_node *limn_graph_broken(limn_graph *graph) {
    return &graph->broken;
}

limn_node *limn_graph_fail(limn_graph *graph, limn_status status, const char *sentence) {
    if (graph->status) return &graph->broken; // only the first one counts
    graph->status = status;
    snprintf(graph->mistake, sizeof graph->mistake, "%s", sentence);
    return &graph->broken;
}

static limn_node *out_of_memory(limn_graph *graph) {
    return limn_graph_fail(graph, LIMN_MEMORY, "there is no memory for the graph");
}

// Every count of elements, times 16 bytes, must stay far from overflow.
static limn_status check_size(limn_node *node) {
    int64_t count = 1;
    for (int i = 0; i < node->shape.rank; i++) {
        int64_t dim = node->shape.dim[i];
        if (dim < 1)
            return limn_node_fail(node, "the result would be empty: %s",
                                  limn_shape_text(&node->shape));
        if (__builtin_mul_overflow(count, dim, &count) || count > INT64_MAX / 64)
            return limn_node_fail(node, "the result would be too large: %s",
                                  limn_shape_text(&node->shape));
    }
    return LIMN_OK;
}

limn_node *limn_node_new(limn_graph *graph, const limn_op *op, const void *attr, int inputs,
                         limn_node *const *input) {
    for (int i = 0; i < inputs; i++)
        if (input[i]->op == &broken_op) return &graph->broken;
    if (graph->size == graph->room) {
        int room = graph->room ? 2 * graph->room : 256;
        limn_node **nodes = realloc(graph->nodes, (size_t)room * sizeof *nodes);
        if (!nodes) return out_of_memory(graph);
        graph->nodes = nodes;
        graph->room = room;
    }
    limn_node *node = limn_arena_get(&graph->arena, sizeof *node);
    if (!node) return out_of_memory(graph);
    *node = (limn_node){.graph = graph, .op = op, .id = graph->size, .inputs = inputs};
    node->name = "";
    for (int i = 0; i < inputs; i++) node->input[i] = input[i];
    if (op->attr_size) {
        node->attr = limn_arena_copy(&graph->arena, attr, op->attr_size);
        if (!node->attr) return out_of_memory(graph);
    }
    if (op->shape(node) != LIMN_OK || check_size(node) != LIMN_OK) return &graph->broken;
    graph->nodes[graph->size++] = node;
    return node;
}

limn_status limn_node_fail(limn_node *node, const char *format, ...) {
    char *mistake = node->graph->mistake;
    size_t size = sizeof node->graph->mistake;
    if (node->graph->status) return LIMN_ERROR; // only the first one counts
    node->graph->status = LIMN_ERROR;
    int used = snprintf(mistake, size, "%s", node->op->name);
    for (int i = 0; i < node->inputs && used < (int)size / 2; i++) // room for the sentence
        used += snprintf(mistake + used, size - (size_t)used, "%s%s%s%s", i ? ", " : " of ",
                         node->input[i]->name, node->input[i]->name[0] ? " " : "",
                         limn_shape_text(&node->input[i]->shape));
    used += snprintf(mistake + used, size - (size_t)used, ": ");
    va_list list;
    va_start(list, format);
    vsnprintf(mistake + used, size - (size_t)used, format, list);
    va_end(list);
    return LIMN_ERROR;
}

limn_node *limn_named(limn_node *node, const char *format, ...) {
    if (node->op == &broken_op) return node;
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *name = limn_arena_copy(&node->graph->arena, text, strlen(text) + 1);
    if (name) node->name = name;
    return node;
}

static limn_status input_shape(limn_node *node) {
    node->shape = *(const limn_shape *)node->attr;
    return LIMN_OK;
}

static const limn_op input_op = {
    .name = "input",
    .formula = "a value from outside",
    .attr_size = sizeof(limn_shape),
    .shape = input_shape,
};

limn_node *limn_input(limn_graph *graph, const char *name, limn_shape shape) {
    return limn_named(limn_node_new(graph, &input_op, &shape, 0, NULL), "%s", name);
}

bool limn_is_input(const limn_node *node) {
    return node->op == &input_op;
}
