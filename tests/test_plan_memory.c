// Where a plan puts its values, scratch and packed filters.
#include "plan_helpers.h"

// A chain of elementwise operators runs in the memory of its first result.
static void chains_run_in_place(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 16, 64, 64));
    limn_node *y = x;
    for (int i = 0; i < 6; i++) y = limn_relu(limn_affine(y, 1, -0.01));
    size_t bytes = 16 * 64 * 64 * sizeof(float);
    limn_plan *plan;
    assert_int_equal(limn_plan_new(&y, 1, (limn_plan_options){0}, &plan), LIMN_OK);
    assert_true(limn_plan_bytes(plan) < 2 * bytes);
    float *value = malloc(bytes);
    for (size_t i = 0; i < bytes / 4; i++) value[i] = 1;
    limn_plan_bind(plan, x, value, false);
    run(plan);
    run(plan); // the input was not written to
    assert_float_equal(first_of(plan, 0), 0.94, 1e-6);
    assert_float_equal(value[0], 1, 0);
    limn_plan_free(plan);
    // A value that is read again later is not written over.
    limn_node *a = limn_affine(x, 2, 0), *b = limn_relu(a), *c = limn_sub(b, limn_scale(a, 3));
    plan = plan_of(&c, 1, (limn_plan_options){0});
    limn_plan_bind(plan, x, value, false);
    run(plan);
    assert_float_equal(first_of(plan, 0), 2 - 6, 0);
    limn_plan_free(plan);
    free(value);
    limn_graph_free(graph);
}

static void memory_is_limited(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 64, 512, 512));
    limn_node *y = limn_pad(x, (limn_pad_options){.pad = 1, .border = LIMN_BORDER_REFLECT});
    limn_plan *plan;
    assert_int_equal(limn_plan_new(&y, 1, (limn_plan_options){.memory_limit = 1000000}, &plan),
                     LIMN_MEMORY);
    assert_null(plan);
    assert_words("this needs ");
    assert_words("of memory and the limit is ");
    limn_graph_free(graph);
}

// Plans of two sizes in one workspace, in turn, with guards: as large as the larger alone, and both
// right, though the block moved when the larger was made.
static void workspace_is_shared(void **state) {
    (void)state;
    enum { SMALL = 1000, LARGE = 50000 };
    static const int sizes[2] = {SMALL, LARGE};
    limn_workspace space = {0};
    limn_plan *plans[2];
    static float value[LARGE], mine[SMALL];
    limn_graph *graph = limn_graph_new();
    for (int p = 0; p < 2; p++) {
        limn_node *x = limn_input(graph, "x", LIMN_SHAPE(sizes[p])), *y = limn_square(x);
        limn_node *outputs[] = {y, limn_sub(y, limn_affine(x, 2, p))};
        plans[p] = plan_of(outputs, 2, (limn_plan_options){.workspace = &space, .threads = 1});
        limn_plan_bind(plans[p], x, value, false);
        if (p == 0) run(plans[p]); // what it leaves is gone when the larger is made
    }
    limn_plan_bind_output(plans[0], 0, mine);
    assert_true(limn_plan_bytes(plans[0]) < limn_plan_bytes(plans[1]));
    assert_int_equal(space.bytes, limn_plan_bytes(plans[1]));
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < LARGE; k++) value[k] = (float)(i + 1);
        run(plans[i % 2]);
        const float *found = limn_plan_output(plans[i % 2], 1);
        double wanted = (i + 1) * (i + 1) - (2 * (i + 1) + i % 2);
        for (int k = 0; k < sizes[i % 2]; k++) assert_float_equal((double)found[k], wanted, 0);
        assert_float_equal(mine[SMALL - 1], i < 2 ? 1 : 9, 0); // bound: it stays
    }
    for (int p = 0; p < 2; p++) limn_plan_free(plans[p]);
    limn_workspace_free(&space);
    limn_graph_free(graph);
}

// A plan is begun, another of the same workspace uses what came first, and the first goes on: the
// results are those of one run, noise too, and what the other wrote over was not needed any more.
static void begun_plans_go_on(void **state) {
    (void)state;
    enum { SIZE = 4000 };
    static float value[SIZE], wanted[SIZE];
    limn_workspace space = {0};
    limn_graph *graph = limn_graph_new(), *others = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(SIZE));
    limn_node *late = limn_square(limn_add(x, limn_noise_normal(graph, LIMN_SHAPE(SIZE), 0, 1)));
    limn_node *early = limn_exp(limn_scale(limn_square(x), -1));
    limn_node *outputs[] = {early, limn_mul(limn_tanh(limn_square(early)), late)};
    limn_plan *plan =
        plan_of(outputs, 2,
                (limn_plan_options){.workspace = &space, .threads = 1, .first = 1, .guard = true});
    assert_true(limn_plan_begun_bytes(plan) > 0);
    assert_true(limn_plan_begun_bytes(plan) < limn_plan_bytes(plan));
    limn_node *y = limn_input(others, "y", LIMN_SHAPE(SIZE)), *z = limn_exp(limn_square(y));
    limn_plan *other = plan_of(&z, 1,
                               (limn_plan_options){.workspace = &space,
                                                   .threads = 1,
                                                   .above = limn_plan_begun_bytes(plan),
                                                   .guard = true});
    for (int i = 0; i < SIZE; i++) value[i] = (float)i / SIZE;
    limn_plan_bind(plan, x, value, false);
    limn_plan_seed(plan, 3, 4);
    run(plan);
    memcpy(wanted, limn_plan_output(plan, 1), sizeof wanted);
    assert_int_equal(limn_plan_begin(plan), LIMN_OK);
    limn_plan_bind(other, y, limn_plan_output(plan, 0), false);
    run(other);
    const float *lent = limn_plan_output(plan, 0), *made = limn_plan_output(other, 0);
    for (int i = 0; i < SIZE; i++)
        assert_float_equal((double)made[i], exp((double)lent[i] * (double)lent[i]), 1e-5);
    run(plan);
    assert_memory_equal(wanted, limn_plan_output(plan, 1), sizeof wanted);
    run(plan); // not begun: from the start
    assert_memory_equal(wanted, limn_plan_output(plan, 1), sizeof wanted);
    limn_plan_free(plan);
    limn_plan_free(other);
    limn_workspace_free(&space);
    limn_graph_free(graph);
    limn_graph_free(others);
}

// Whether filters that were bound as frozen, and then became others all the same, are packed anew;
// *bytes: what the plan takes.
static bool packs_again(limn_changes changes, int side, size_t *bytes) {
    static float picture[64 * 128 * 128], filters[64 * 64 * 9];
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 64, side, side)), *w[2], *outputs[2];
    for (int i = 0; i < 2; i++) {
        w[i] = limn_input(graph, "w", LIMN_SHAPE(64, 64, 3, 3));
        w[i]->changes = changes;
        outputs[i] = limn_conv2d(x, w[i], NULL, (limn_conv2d_options){.pad = 1});
    }
    limn_plan *plan = plan_of(outputs, 2, (limn_plan_options){.threads = 1});
    *bytes = limn_plan_bytes(plan);
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++) picture[i] = 1;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) filters[i] = 1;
    limn_plan_bind(plan, x, picture, false);
    for (int i = 0; i < 2; i++) limn_plan_bind(plan, w[i], filters, true);
    run(plan);
    for (int i = 0; i < 2; i++) assert_float_equal(first_of(plan, i), 4 * 64, 1e-2); // a corner
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) filters[i] = 2;
    run(plan);
    double found = first_of(plan, 0);
    assert_float_equal(first_of(plan, 1), found, 0);
    assert_float_equal(found, found > 6 * 64 ? 8 * 64 : 4 * 64, 1e-2);
    limn_plan_free(plan);
    limn_graph_free(graph);
    return found > 6 * 64;
}

// Filters that change have no place of their own: the plan is smaller, and even bound as frozen
// they are packed in every run. So it is with those of a loss network, where that takes little of
// the time of a step: on large maps, not on small ones.
static void filters_are_kept_where_that_saves_time(void **state) {
    (void)state;
    size_t rarely, always, never;
    assert_false(packs_again(LIMN_CHANGES_RARELY, 16, &rarely));
    assert_true(packs_again(LIMN_CHANGES_ALWAYS, 16, &always));
    assert_true(always < rarely);
    assert_false(packs_again(LIMN_CHANGES_RARELY, 128, &rarely));
    assert_true(packs_again(LIMN_CHANGES_NEVER, 128, &never));
    assert_true(never < rarely);
    assert_false(packs_again(LIMN_CHANGES_NEVER, 4, &never));
}

// Of a layer of VGG on 16 pictures of 28x28; *conv: the layer.
static const limn_conv_kernel *kernel_for(limn_changes changes, limn_conv *conv) {
    limn_graph *graph = limn_graph_new();
    limn_node *w = limn_input(graph, "w", LIMN_SHAPE(512, 512, 3, 3));
    w->changes = changes;
    limn_node *y = limn_conv2d(limn_input(graph, "x", LIMN_SHAPE(16, 512, 4, 4)), w, NULL,
                               (limn_conv2d_options){.pad = 1});
    limn_plan *plan = plan_of(&y, 1, (limn_plan_options){.threads = 1});
    const limn_conv_kernel *found = NULL;
    for (int s = 0; s < limn_plan_steps(plan); s++)
        if (limn_plan_step(plan, s, NULL)->choice) found = limn_plan_step(plan, s, NULL)->choice;
    *conv = ((const conv_attr *)y->attr)->conv;
    limn_plan_free(plan);
    limn_graph_free(graph);
    assert_non_null(found);
    return found;
}

// What is packed once for all runs counts for little where kernels are compared.
static void filters_that_never_change_hardly_count_as_packed(void **state) {
    (void)state;
    static const limn_changes packed[] = {
        [LIMN_PACKED_EACH_TIME] = LIMN_CHANGES_RARELY, [LIMN_PACKED_ONCE] = LIMN_CHANGES_NEVER};
    limn_conv conv;
    for (limn_packing packing = LIMN_PACKED_EACH_TIME; packing <= LIMN_PACKED_ONCE; packing++) {
        const limn_conv_kernel *kernel, *taken = kernel_for(packed[packing], &conv);
        if (!taken->cost) skip(); // the matrix unit
        double seconds = limn_conv_seconds(taken, LIMN_ISA_AUTO, &conv, LIMN_PASS_FORWARD, packing);
        for (int i = 0; (kernel = limn_conv_kernel_at(LIMN_ISA_AUTO, i)); i++) {
            if (kernel->approximate || !kernel->cost ||
                kernel->decline(&conv, LIMN_PASS_FORWARD, LIMN_FLOAT, LIMN_FLOAT))
                continue;
            double other =
                limn_conv_seconds(kernel, LIMN_ISA_AUTO, &conv, LIMN_PASS_FORWARD, packing);
            assert_false(limn_conv_is_faster(other, seconds));
        }
    }
    if (limn_isa_best() == LIMN_ISA_AVX512)
        assert_ptr_not_equal(kernel_for(LIMN_CHANGES_NEVER, &conv),
                             kernel_for(LIMN_CHANGES_RARELY, &conv));
}

// A filter that two steps read is packed once a run, and read anew in the next.
static void filters_are_packed_once_a_run(void **state) {
    (void)state;
    static float picture[64 * 16 * 16], filters[64 * 64 * 9];
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 64, 16, 16));
    limn_node *w = limn_input(graph, "w", LIMN_SHAPE(64, 64, 3, 3));
    w->changes = LIMN_CHANGES_ALWAYS;
    limn_node *once = limn_conv2d(x, w, NULL, (limn_conv2d_options){.pad = 1});
    limn_node *twice =
        limn_conv2d(limn_affine(once, 1.0 / 512, 0), w, NULL, (limn_conv2d_options){.pad = 1});
    limn_plan *plan = plan_of(&twice, 1, (limn_plan_options){.threads = 1, .guard = true});
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++) picture[i] = 1;
    limn_plan_bind(plan, x, picture, false);
    limn_plan_bind(plan, w, filters, false);
    for (int pass = 1; pass <= 2; pass++) {
        for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) filters[i] = (float)pass;
        run(plan);
        // In a corner: 4 neighbours, of 4, 6, 6 and 9 neighbours themselves.
        assert_float_equal(first_of(plan, 0), pass * pass * 25 * 64 * 64 / 512.0, 1e-1);
    }
    limn_plan_free(plan);
    limn_graph_free(graph);
}

// ---- graphs by chance ----

enum { MOST = 16, SIDE = 6, NODES = 24 };

typedef struct by_chance {
    limn_graph *graph;
    limn_node *input, *filter, *node[NODES];
    int channels, pictures;
    uint64_t state;
} by_chance;

static int below(by_chance *it, int count) {
    it->state = it->state * 6364136223846793005U + 1442695040888963407U;
    return (int)((it->state >> 33) % (uint64_t)count);
}

static limn_node *any(by_chance *it, int size) {
    return it->node[below(it, size)];
}

// Pictures, channels or rows one behind the other, where they fit; cut to what is usual again.
static limn_node *joined(by_chance *it, int size) {
    limn_node *parts[3] = {any(it, size)};
    int axis = below(it, 3), count = 2 + below(it, 2);
    for (int i = 1; i < count; i++) {
        parts[i] = any(it, size);
        bool fits = true;
        for (int k = 0; k < 4; k++)
            fits &= k == axis || parts[i]->shape.dim[k] == parts[0]->shape.dim[k];
        if (!fits) parts[i] = parts[0];
    }
    return limn_concat(parts, count, axis);
}

// One more node on those there are.
static limn_node *next_node(by_chance *it, int size) {
    limn_node *x = any(it, size), *y = any(it, size);
    const int64_t usual[] = {it->pictures, it->channels, SIDE};
    bool is_usual = true;
    for (int axis = 0; axis < 3; axis++) {
        int64_t n = x->shape.dim[axis];
        is_usual &= n == usual[axis];
        if (n > 8 * usual[axis]) return limn_slice_axis(x, axis, n - usual[axis], usual[axis]);
    }
    switch (below(it, 8)) {
    case 0: return limn_affine(x, 0.5, 0.1);
    case 1: return limn_relu(x);
    case 2: return limn_tanh(x);
    case 3: return limn_shape_equal(&x->shape, &y->shape) ? limn_add(x, y) : limn_square(x);
    case 4:
    case 5:
        if (is_usual) return limn_conv2d(x, it->filter, NULL, (limn_conv2d_options){.pad = 1});
        int axis = below(it, 3);
        return limn_slice_axis(x, axis, 0, usual[axis]);
    default: return joined(it, size);
    }
}

static void check_alike(by_chance *it, limn_node *const *outputs, const float *picture,
                        const float *filter) {
    limn_plan *plans[2];
    limn_isa isa = LIMN_ISA_BASELINE + below(it, limn_isa_best());
    for (int apart = 0; apart < 2; apart++) {
        limn_plan_options options = {.keep_all = apart, .threads = 2, .isa = isa};
        if (limn_plan_new(outputs, 2, options, &plans[apart]) != LIMN_OK)
            fail_msg("%s", limn_message());
        limn_plan_bind(plans[apart], it->input, picture, false);
        limn_plan_bind(plans[apart], it->filter, filter, true);
        run(plans[apart]);
    }
    for (int i = 0; i < 2; i++)
        assert_memory_equal(limn_plan_output(plans[0], i), limn_plan_output(plans[1], i),
                            (size_t)limn_shape_count(&outputs[i]->shape) * sizeof(float));
    for (int apart = 0; apart < 2; apart++) limn_plan_free(plans[apart]);
}

// Whoever takes over whose memory, in whole or as a part, the results are those of values that lie
// apart.
static void shared_memory_changes_nothing(void **state) {
    (void)state;
    static float picture[2 * MOST * SIDE * SIDE], filter[MOST * MOST * 9];
    for (size_t i = 0; i < sizeof picture / sizeof *picture; i++) picture[i] = (float)sin(3. * i);
    for (size_t i = 0; i < sizeof filter / sizeof *filter; i++) filter[i] = (float)cos(5. * i) / 9;
    for (int seed = 0; seed < 600; seed++) {
        int c = seed % 3 ? MOST : 5, n = 1 + seed % 2;
        by_chance it = {.graph = limn_graph_new(), .channels = c, .pictures = n};
        it.state = (uint64_t)seed;
        it.input = it.node[0] = limn_input(it.graph, "x", LIMN_SHAPE(n, c, SIDE, SIDE));
        it.filter = limn_input(it.graph, "w", LIMN_SHAPE(c, c, 3, 3));
        for (int size = 1; size < NODES; size++) it.node[size] = next_node(&it, size);
        limn_node *outputs[2] = {it.node[NODES - 1], any(&it, NODES)};
        check_alike(&it, outputs, picture, filter);
        limn_graph_free(it.graph);
    }
}

// What is put together lies where its parts were made: there is no second copy.
static void parts_are_made_in_place(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 16, 32, 32));
    limn_node *parts[] = {limn_tanh(x), limn_square(x), limn_exp(x), limn_affine(x, 1, 2)};
    limn_node *y = limn_sum(limn_concat(parts, 4, 1), LIMN_SPATIAL, LIMN_DROP);
    limn_plan *plan;
    assert_int_equal(limn_plan_new(&y, 1, (limn_plan_options){0}, &plan), LIMN_OK);
    assert_true(limn_plan_bytes(plan) < 5 * 16 * 32 * 32 * sizeof(float));
    limn_plan_free(plan);
    limn_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_run_in_place),
        cmocka_unit_test(parts_are_made_in_place),
        cmocka_unit_test(shared_memory_changes_nothing),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(workspace_is_shared),
        cmocka_unit_test(begun_plans_go_on),
        cmocka_unit_test(filters_are_kept_where_that_saves_time),
        cmocka_unit_test(filters_are_packed_once_a_run),
        cmocka_unit_test(filters_that_never_change_hardly_count_as_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
