// What random_normal and random_uniform share: other numbers in every step and node. The file that
// includes this defines OP_NAME, OP_SELF (its limn_op) and OP_FILL, which fills a part from a
// stream by two numbers; and `parts`, which does parts of PART numbers.
#include "ops/isa.h"
#include "ops/op.h"

#include <string.h>

typedef struct noise_attr {
    limn_shape shape;
    double a, b;
    int number; // of the node in the graph as it was said: plans number theirs anew
} noise_attr;

#define NOISE_PLAIN(name) OP_PLAIN(name)

static limn_random stream_of(const limn_step *step) {
    limn_random stream = step->random;
    stream.sample = (uint32_t)((const noise_attr *)step->node->attr)->number;
    return stream;
}

static void fill(const limn_step *step, size_t begin, size_t end) {
    const noise_attr *o = step->node->attr;
    limn_random stream = stream_of(step);
    OP_FILL(&stream, (float)o->a, (float)o->b, step->out.data, begin, end);
}

NOISE_PLAIN(OP_NAME) {
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    char *y = step->out.data;
    fill(step, 0, count);
    // Doubles are the same numbers: spread out from the last on, in the same memory.
    for (size_t i = count; sizeof(real) > sizeof(float) && i-- > 0;) {
        float value;
        memcpy(&value, y + i * sizeof value, sizeof value);
        real wide = (real)value;
        memcpy(y + i * sizeof wide, &wide, sizeof wide);
    }
}

#ifndef OP_DOUBLE

extern const limn_op OP_SELF;

enum { PART = 1024, COST = 64 }; // numbers; elements that one is worth

static limn_part parts;

static const char *accept(limn_step *step) {
    (void)step;
    return NULL;
}

static void run(const limn_step *step) {
    size_t count = (size_t)limn_shape_count(&step->out.shape);
    limn_do_parts(step, parts, (count + PART - 1) / PART, count * COST);
}

static const limn_kernel kernel = {.name = "in parts", .accept = accept, .run = run};
static const limn_kernel *const kernels[] = {&kernel, NULL};

static limn_status shape(limn_node *node) {
    node->shape = ((const noise_attr *)node->attr)->shape;
    return LIMN_OK;
}

static limn_node *noise(limn_graph *graph, limn_shape shape, double a, double b) {
    noise_attr attr = {shape, a, b, limn_graph_size(graph)};
    return limn_node_new(graph, &OP_SELF, &attr, 0, NULL);
}

static limn_node *build(limn_node *const *in) {
    return limn_mul(in[0], noise(in[0]->graph, LIMN_SHAPE(2, 5, 6, 7), 0.5, 2));
}

static limn_node *many(limn_node *const *in) {
    return limn_mul(in[0], noise(in[0]->graph, LIMN_SHAPE(2 * PART + 7), 0.5, 2));
}

static const limn_case cases[] = {
    {.what = "times a map", .build = build, .inputs = 1, .input = {{4, {2, 5, 6, 7}}}},
    {.what = "of several parts", .build = many, .inputs = 1, .input = {{1, {1}}}},
    {0},
};

#endif
