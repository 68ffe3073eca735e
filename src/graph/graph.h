// The graph: what is to be computed, said once. No memory, no order, no device.
//
// Building never fails call by call. The first mistake (a shape that does not fit) is remembered by
// the graph with names and numbers, and the node that could not be made, and every node made from
// it, is the graph's `broken` node. limn_graph_check, or making a plan, hands the sentence back. So
// a network reads like its table in the paper.
#ifndef LIMN_GRAPH_GRAPH_H
#define LIMN_GRAPH_GRAPH_H

#include "base/memory.h"
#include "base/status.h"

enum { LIMN_MAX_RANK = 6, LIMN_MAX_INPUTS = 8 };

// Sizes from the outermost (slowest) axis in. Pictures are [n, c, h, w]. Rank 0 is one number.
typedef struct limn_shape {
    int rank;
    int64_t dim[LIMN_MAX_RANK];
} limn_shape;

#define LIMN_SHAPE(...)                                                                            \
    ((limn_shape){sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {__VA_ARGS__}})

int64_t limn_shape_count(const limn_shape *shape); // elements
bool limn_shape_equal(const limn_shape *a, const limn_shape *b);
// "[1, 3, 512, 512]", in one of a few buffers of this thread that are used in turn.
const char *limn_shape_text(const limn_shape *shape);

typedef struct limn_graph limn_graph;
typedef struct limn_node limn_node;
typedef struct limn_op limn_op;
struct limn_step; // what a kernel sees: plan/step.h
struct limn_kernel;
struct limn_case; // what the tests try: ops/op.h

// How often the values of an input become others.
typedef enum limn_changes {
    LIMN_CHANGES_RARELY, // what is made of them is kept, but not worth much work
    LIMN_CHANGES_ALWAYS, // from run to run: nothing made of them is kept
    LIMN_CHANGES_NEVER,  // what is made of them is kept where a run would take far longer without
} limn_changes;

// A value: the result of an operator on other values. Nodes only ever point to earlier nodes.
struct limn_node {
    limn_graph *graph;
    const limn_op *op;
    int id; // position in the graph
    int inputs;
    limn_node *input[LIMN_MAX_INPUTS];
    limn_shape shape;
    const void *attr;     // the operator's own options (its struct), or NULL
    const char *name;     // for people: "res1.conv1"; never NULL
    limn_changes changes; // of an input
};

// What the graph must know of an operator. One const struct each, in src/ops/.
struct limn_op {
    const char *name;    // "conv2d"
    const char *formula; // "y[n,k,i,j] = sum ..."
    size_t attr_size;
    // Sets node->shape from the inputs and attr, or says with limn_node_fail why it cannot.
    limn_status (*shape)(limn_node *node);
    // Puts into dx[i] the gradient of the loss by input i, as a node made of dy (the gradient by
    // this node), for every i with wanted[i]; NULL where it is zero. An operator without grad is
    // flat, or to ask for a gradient through it is a mistake.
    void (*grad)(limn_node *node, limn_node *dy, const bool *wanted, limn_node **dx);
    bool flat;    // its derivative is zero almost everywhere, or is taken to be: gradients end here
    bool no_grad; // its derivative is not zero, but not there either
    // Floating-point operations of the node, counted as the formula says; NULL: not worth counting.
    double (*flops)(const limn_node *node);
    // An equal but faster node, or the node itself. `uses[id]` counts the readers of each node.
    // The graph is the plan's own copy, so new nodes may be made freely. NULL: nothing to do.
    limn_node *(*rewrite)(limn_node *node, const int *uses);
    // An equal node that makes the large map it reads, one of more than so many bytes, in strips;
    // or the node itself. Nodes and `uses` as for rewrite. NULL: it never does.
    limn_node *(*strips)(limn_node *node, const int *uses, size_t bytes);
    const struct limn_kernel *const *kernels; // fastest first, NULL-ended, without the plain one
    void (*plain[2])(const struct limn_step *step); // float, double: slow, obvious, always there
    const struct limn_case *cases;                  // what to test, ended by a case without build
};

limn_graph *limn_graph_new(void); // NULL when there is no memory
void limn_graph_free(limn_graph *graph);

// LIMN_OK, or the first mistake made while building (sentence in limn_message).
limn_status limn_graph_check(const limn_graph *graph);
int limn_graph_size(const limn_graph *graph);
limn_node *limn_graph_node(const limn_graph *graph, int id);

// The stand-in for every node that could not be made.
limn_node *limn_graph_broken(limn_graph *graph);

// Remembers the graph's first mistake, and returns the stand-in.
limn_node *limn_graph_fail(limn_graph *graph, limn_status status, const char *sentence);

// Makes a node: used by the operators' own constructors. `attr` is copied.
limn_node *limn_node_new(limn_graph *graph, const limn_op *op, const void *attr, int inputs,
                         limn_node *const *input);
#define LIMN_NODE(op, attr, ...)                                                                   \
    limn_node_new((limn_node *const[]){__VA_ARGS__}[0]->graph, op, attr,                           \
                  (int)(sizeof((limn_node *const[]){__VA_ARGS__}) / sizeof(limn_node *)),          \
                  (limn_node *const[]){__VA_ARGS__})

// Remembers the graph's first mistake: "OP NAME: " and the sentence. Returns LIMN_ERROR.
limn_status limn_node_fail(limn_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Gives a node a name for people and returns it.
limn_node *limn_named(limn_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// A value from outside: a picture, a parameter, a target. Names are unique by agreement.
limn_node *limn_input(limn_graph *graph, const char *name, limn_shape shape);
bool limn_is_input(const limn_node *node);

#endif
