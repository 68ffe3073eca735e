// What a kernel sees: a step of a plan, with its operands in memory.
#ifndef LIMN_PLAN_STEP_H
#define LIMN_PLAN_STEP_H

#include "base/cpu.h"
#include "base/random.h"
#include "device/conv.h"
#include "graph/graph.h"

// PLAIN: row-major, any rank. BLOCKED, rank 4 only: [n][ceil(c/L)][h][w][L] with L lanes of the
// instruction set. Lanes past the last channel are zero: who writes a blocked map keeps them so,
// who reads one may rely on it.
typedef enum limn_layout { LIMN_PLAIN, LIMN_BLOCKED } limn_layout;

typedef struct limn_tensor {
    void *data;
    limn_shape shape;
    limn_layout layout;
    limn_type type;
} limn_tensor;

typedef struct limn_kernel limn_kernel;

typedef struct limn_step {
    const limn_node *node;
    const limn_kernel *kernel; // NULL: the operator's plain kernel
    const char *kernel_name;   // what --explain prints
    limn_isa isa;              // never AUTO
    int threads;
    bool fast; // 16-bit storage and approximate kernels are allowed
    limn_tensor out, in[LIMN_MAX_INPUTS];
    // What `accept` asks for.
    size_t scratch_bytes; // memory during the run
    size_t packed_bytes;  // memory for what `pack` makes of input `pack_input`
    int pack_input;
    double pack_share; // how much of a run `pack` takes where it is done anew: 0..1
    bool in_place;     // out may be the memory of in[0] (same layout and type, and no other reader)
    bool joins;        // each input may lie where the output has it, one behind the other
    const void *choice; // the kernel's own note to itself, such as which variant
    void *scratch, *packed;
    limn_random random; // for random operators: seed and step of this run, sample = node id
    char declined[240]; // the kernels that were not taken, and why
} limn_step;

// Adds a kernel to those that were not taken, as long as there is room.
void limn_step_decline(limn_step *step, const char *kernel, const char *why);

// A kernel of an operator. `accept` is given in[i].shape, .layout and .type as the inputs are now,
// out.shape, and everything plain float in `out`. It changes in[i].layout/.type to what it wants
// (the plan converts where that differs) and sets out.layout/.type, scratch_bytes and so on, and
// returns NULL; or it returns a few words that say why it does not take this step.
struct limn_kernel {
    const char *name;
    const char *(*accept)(limn_step *step);
    void (*pack)(const limn_step *step); // in[pack_input] is there; fills `packed`
    void (*run)(const limn_step *step);
};

static inline size_t limn_type_bytes(limn_type type) {
    return type == LIMN_DOUBLE ? 8 : type == LIMN_FLOAT ? 4 : 2;
}

// Bytes of a tensor's memory, padded lanes included.
size_t limn_tensor_bytes(const limn_tensor *tensor, limn_isa isa);

// Elements of a tensor's memory, padded lanes included.
size_t limn_tensor_room(const limn_tensor *tensor, limn_isa isa);

#endif
