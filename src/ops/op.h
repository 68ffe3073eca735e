// How an operator is written: one file in src/ops/, one line in src/ops/LIST.
//
// The file holds, in this order: its shape rule, its gradient, its plain kernel, its fast kernels,
// its test cases, and one const struct `limn_op_NAME` that binds them. It is compiled twice: as it
// is, and once more with OP_DOUBLE defined, where `real` is double and only the plain kernel counts
// (so everything else stands between #ifndef OP_DOUBLE and #endif).
#ifndef LIMN_OPS_OP_H
#define LIMN_OPS_OP_H

#include "ops/ops.h"
#include "plan/step.h"

#ifdef OP_DOUBLE
typedef double real;
#define OP_PLAIN(name)                                                                             \
    void limn_plain_##name##_double(const limn_step *step);                                        \
    void limn_plain_##name##_double(const limn_step *step)
#else
typedef float real;
// Heads the plain kernel: slow, obvious, one loop a formula; all operands plain and of type real.
#define OP_PLAIN(name)                                                                             \
    void limn_plain_##name##_float(const limn_step *step);                                         \
    void limn_plain_##name##_double(const limn_step *step);                                        \
    void limn_plain_##name##_float(const limn_step *step)
#endif
// What the const struct says of it: .plain = OP_PLAINS(name)
#define OP_PLAINS(name)                                                                            \
    { limn_plain_##name##_float, limn_plain_##name##_double }

// A case that the tests try: shapes in, a node out. Inputs are random in [low, high] (both 0: -1
// to 1), no two values of one input closer than needed to stay off the kinks of max and relu.
// tests/test_ops.c runs each as: plain float against double; every kernel of every instruction set,
// from plain and from blocked inputs, exact and fast; the gradient by every input against central
// differences in double; memory shared and not, with guard bytes.
typedef struct limn_case {
    const char *what;                             // "3x3, stride 2, reflect"
    limn_node *(*build)(limn_node *const *input); // input[0]->graph is the graph
    int inputs;
    limn_shape input[LIMN_MAX_INPUTS];
    double low, high;
    bool whole;          // input values are whole numbers in [low, high] (indices): no gradient
    bool rough;          // no gradient check: not differentiable, or random
    const char *mistake; // words of the sentence that building it must give; NULL: it must work
} limn_case;

#endif
