// The graph (its first mistake, names, sizes) and the planner (bindings, outputs). Its memory:
// test_plan_memory.c.
#include "plan_helpers.h"

static void first_mistake_is_kept(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "photo", LIMN_SHAPE(1, 3, 8, 8));
    limn_node *y = limn_input(graph, "style", LIMN_SHAPE(1, 4, 8, 8));
    assert_int_equal(limn_graph_check(graph), LIMN_OK);
    limn_node *sum = limn_add(x, limn_named(limn_relu(y), "act%d", 1));
    assert_ptr_equal(sum, limn_graph_broken(graph));
    // What is made of a broken node is broken and adds nothing to the sentence.
    limn_node *more =
        limn_mean(limn_square(limn_crop(sum, 0, 0, 99, 99)), LIMN_ALL_AXES, LIMN_DROP);
    assert_ptr_equal(more, limn_graph_broken(graph));
    limn_reshape(x, LIMN_SHAPE(7));
    assert_int_equal(limn_graph_check(graph), LIMN_ERROR);
    assert_string_equal(limn_message(),
                        "add of photo [1, 3, 8, 8], act1 [1, 4, 8, 8]: sizes 3 and 4 do not fit: "
                        "they must be equal, or one of them 1");
    limn_plan *plan;
    assert_int_equal(limn_plan_new(&more, 1, (limn_plan_options){0}, &plan), LIMN_ERROR);
    assert_null(plan);
    assert_words("photo [1, 3, 8, 8]");
    limn_node *gradient;
    assert_int_equal(limn_gradients(more, &x, 1, &gradient), LIMN_ERROR);
    limn_graph_free(graph);
}

static void sizes_cannot_overflow(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1 << 20, 1 << 20, 1 << 20, 1 << 20));
    assert_ptr_equal(x, limn_graph_broken(graph));
    assert_int_equal(limn_graph_check(graph), LIMN_ERROR);
    assert_words("too large");
    limn_graph_free(graph);
    graph = limn_graph_new();
    limn_input(graph, "x", LIMN_SHAPE(1, 0, 4));
    assert_int_equal(limn_graph_check(graph), LIMN_ERROR);
    assert_words("would be empty: [1, 0, 4]");
    limn_graph_free(graph);
}

static void a_loss_is_one_number(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(2, 3)), *gradient;
    assert_int_equal(limn_gradients(limn_square(x), &x, 1, &gradient), LIMN_ERROR);
    assert_words("a loss is one number");
    // By something that the loss does not depend on, or not through a stop: no gradient.
    limn_node *other = limn_input(graph, "other", LIMN_SHAPE(2, 3));
    limn_node *wrt[] = {x, other}, *found[2];
    limn_node *loss = limn_sum(limn_mul(x, limn_stop_gradient(other)), LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(loss, wrt, 2, found), LIMN_OK);
    assert_non_null(found[0]);
    assert_null(found[1]);
    limn_graph_free(graph);
}

// What is flat ends a gradient; what has a derivative that limn does not know is no zero.
static void gradients_are_known_or_a_mistake(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 1, 4, 4)), *gradient;
    limn_node *flat = limn_sum(limn_sign(x), LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(flat, &x, 1, &gradient), LIMN_OK);
    assert_null(gradient);
    limn_node *y = limn_max_pool(limn_square(x), (limn_pool_options){.kernel = 2});
    limn_node *loss = limn_sum(limn_square(y), LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(loss, &x, 1, &gradient), LIMN_OK);
    limn_node *size = limn_sum(limn_square(gradient), LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(size, &x, 1, &gradient), LIMN_ERROR);
    assert_words("max_pool_gradient of ");
    assert_words("a gradient is asked for through this operator, which has none: say "
                 "limn_stop_gradient");
    assert_int_equal(limn_graph_check(graph), LIMN_ERROR);
    limn_graph_free(graph);
    graph = limn_graph_new();
    limn_node *moments;
    x = limn_input(graph, "x", LIMN_SHAPE(2, 3));
    y = limn_square(limn_batch_norm(x, NULL, NULL, 1e-5, &moments));
    loss = limn_sum(y, LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(loss, &moments, 1, &gradient), LIMN_ERROR);
    assert_words("a gradient by the moments alone, without that of x, is not there");
    limn_graph_free(graph);
}

// The penalty |d sum(relu(x)^2) / dx|^2 = 4 x^2 where x > 0, and its gradient, 8 x.
static void second_derivatives(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(4)), *first, *second;
    limn_node *loss = limn_sum(limn_square(limn_relu(x)), LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(loss, &x, 1, &first), LIMN_OK);
    limn_node *penalty = limn_sum(limn_square(first), LIMN_ALL_AXES, LIMN_DROP);
    assert_int_equal(limn_gradients(penalty, &x, 1, &second), LIMN_OK);
    assert_non_null(second);
    limn_plan *plan = plan_of(&second, 1, (limn_plan_options){0});
    float value[] = {1, -2, 3, -4};
    limn_plan_bind(plan, x, value, false);
    run(plan);
    const float *found = limn_plan_output(plan, 0);
    for (int i = 0; i < 4; i++) assert_float_equal(found[i], value[i] > 0 ? 8 * value[i] : 0, 0);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

static void outputs_may_be_inputs_or_equal(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(4)), *y = limn_square(x);
    limn_node *unused = limn_input(graph, "unused", LIMN_SHAPE(3));
    limn_node *outputs[] = {x, y, y, limn_stop_gradient(y)};
    limn_plan *plan = plan_of(outputs, 4, (limn_plan_options){0});
    float value[4] = {3, 0, 0, 0};
    limn_plan_bind(plan, x, value, false);
    limn_plan_bind(plan, unused, value, false); // no mistake
    run(plan);
    assert_float_equal(first_of(plan, 0), 3, 0);
    for (int i = 1; i < 4; i++) assert_float_equal(first_of(plan, i), 9, 0);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

static void inputs_are_bound_again(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 3, 4, 4)), *y = limn_scale(x, 2);
    limn_node *k = limn_input(graph, "k", LIMN_SHAPE(1, 3, 1, 1));
    limn_node *z = limn_mul(y, k);
    limn_plan *plan = plan_of(&z, 1, (limn_plan_options){.blocked_inputs = true});
    float one[48], two[48], factor[3] = {1, 1, 1};
    for (int i = 0; i < 48; i++) {
        one[i] = 1;
        two[i] = 2;
    }
    limn_plan_bind(plan, x, one, false);
    limn_plan_bind(plan, k, factor, true);
    run(plan);
    assert_float_equal(first_of(plan, 0), 2, 0);
    one[0] = 5; // not frozen: read at every run
    run(plan);
    assert_float_equal(first_of(plan, 0), 10, 0);
    limn_plan_bind(plan, x, two, false);
    run(plan);
    assert_float_equal(first_of(plan, 0), 4, 0);
    float other[3] = {10, 1, 1}; // frozen until it is bound again
    limn_plan_bind(plan, k, other, true);
    run(plan);
    assert_float_equal(first_of(plan, 0), 40, 0);
    float mine[48] = {0};
    limn_plan_bind_output(plan, 0, mine);
    run(plan);
    assert_float_equal(mine[0], 40, 0);
    assert_float_equal(mine[47], 4, 0);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

// An output in the caller's memory, whose value later steps read too.
static void bound_output_is_read_again(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(8));
    limn_node *a = limn_affine(x, 1, 1), *b = limn_square(a), *c = limn_affine(b, 1, 1);
    limn_node *outputs[] = {b, c};
    limn_plan *plan = plan_of(outputs, 2, (limn_plan_options){0});
    float value[8] = {1}, mine[8];
    limn_plan_bind(plan, x, value, false);
    limn_plan_bind_output(plan, 0, mine);
    run(plan);
    assert_float_equal(mine[0], 4, 0);
    assert_float_equal(mine[7], 1, 0);
    assert_float_equal(first_of(plan, 1), 5, 0);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

// One value as several outputs, each in memory of its own; an output that is an input.
static void outputs_of_one_value_are_bound(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(4)), *y = limn_square(x);
    limn_node *outputs[] = {y, x, y, y, x, limn_affine(y, 1, 1)};
    limn_plan *plan = plan_of(outputs, 6, (limn_plan_options){0});
    float value[4] = {3}, of_y[4] = {0}, again[4] = {0}, of_x[4] = {0};
    limn_plan_bind_output(plan, 1, of_x); // before the input itself is bound
    limn_plan_bind(plan, x, value, false);
    limn_plan_bind_output(plan, 3, again);
    limn_plan_bind_output(plan, 2, of_y);
    run(plan);
    assert_float_equal(value[0], 3, 0);
    assert_float_equal(of_y[0], 9, 0);
    assert_float_equal(again[0], 9, 0);
    assert_float_equal(of_x[0], 3, 0);
    static const float wanted[] = {9, 3, 9, 9, 3, 10};
    for (int i = 0; i < 6; i++) assert_float_equal(first_of(plan, i), wanted[i], 0);
    float other[4] = {0};
    limn_plan_bind_output(plan, 2, other); // elsewhere from now on
    value[0] = 2;
    run(plan);
    assert_float_equal(of_y[0], 9, 0);
    assert_float_equal(other[0], 4, 0);
    assert_float_equal(again[0], 4, 0);
    assert_float_equal(of_x[0], 2, 0);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

static void known_values(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *x = limn_input(graph, "x", LIMN_SHAPE(1, 1, 2, 3));
    limn_node *outputs[] = {
        limn_pad(x, (limn_pad_options){.left = 2, .border = LIMN_BORDER_REFLECT}),
        limn_pad(x, (limn_pad_options){.top = 1, .border = LIMN_BORDER_REPLICATE}),
        limn_resize(x, 4, 6, LIMN_NEAREST),
        limn_resize(x, 2, 6, LIMN_BILINEAR_HALF_PIXEL),
        limn_resize(x, 3, 3, LIMN_BILINEAR_ALIGN_CORNERS),
        limn_max_pool(x, (limn_pool_options){.kernel = 2, .stride = 1}),
        limn_average_pool(x, (limn_pool_options){.kernel = 2, .stride = 1, .pad = 1}),
        limn_transpose(x, (int[]){0, 1, 3, 2}),
        limn_softmax(x, 3),
        limn_sum(x, LIMN_AXIS(3), LIMN_DROP),
        limn_mean(x, LIMN_ALL_AXES, LIMN_DROP),
    };
    enum { COUNT = sizeof outputs / sizeof *outputs };
    static const float expected[COUNT][24] = {
        {3, 2, 1, 2, 3, 6, 5, 4, 5, 6},
        {1, 2, 3, 1, 2, 3, 4, 5, 6},
        {1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6},
        {1, 1.25f, 1.75f, 2.25f, 2.75f, 3, 4, 4.25f, 4.75f, 5.25f, 5.75f, 6},
        {1, 2, 3, 2.5f, 3.5f, 4.5f, 4, 5, 6},
        {5, 6},
        {1, 1.5f, 2.5f, 3, 2.5f, 3, 4, 4.5f, 4, 4.5f, 5.5f, 6},
        {1, 4, 2, 5, 3, 6},
        {0.09003057f, 0.24472847f, 0.66524096f, 0.09003057f, 0.24472847f, 0.66524096f},
        {6, 15},
        {3.5f},
    };
    float value[6] = {1, 2, 3, 4, 5, 6};
    for (int blocked = 0; blocked < 2; blocked++) {
        limn_plan *plan =
            plan_of(outputs, COUNT, (limn_plan_options){.blocked_inputs = blocked != 0});
        limn_plan_bind(plan, x, value, false);
        run(plan);
        for (int i = 0; i < COUNT; i++) {
            const float *found = limn_plan_output(plan, i);
            for (int64_t k = 0; k < limn_shape_count(&outputs[i]->shape); k++)
                if (fabsf(found[k] - expected[i][k]) > 1e-6f)
                    fail_msg("output %d, element %d: %g, not %g", i, (int)k, (double)found[k],
                             (double)expected[i][k]);
        }
        limn_plan_free(plan);
    }
    limn_graph_free(graph);
}

// Noise differs from step to step and from node to node, and comes back with its seed.
static void noise_follows_the_seed(void **state) {
    (void)state;
    limn_graph *graph = limn_graph_new();
    limn_node *outputs[] = {limn_noise_normal(graph, LIMN_SHAPE(4000), 1, 2),
                            limn_noise_normal(graph, LIMN_SHAPE(4000), 1, 2)};
    limn_plan *plan = plan_of(outputs, 2, (limn_plan_options){0});
    float first[2];
    for (int step = 0; step < 2; step++) {
        limn_plan_seed(plan, 1, (uint64_t)step);
        run(plan);
        first[step] = first_of(plan, 0);
        assert_true(fabsf(first_of(plan, 1) - first[step]) > 1e-6f);
        double sum = 0, squares = 0;
        for (int i = 0; i < 4000; i++) {
            double value = (double)((const float *)limn_plan_output(plan, 0))[i];
            sum += value;
            squares += (value - 1) * (value - 1);
        }
        assert_float_equal(sum / 4000, 1, 0.15);
        assert_float_equal(squares / 4000, 4, 0.4);
    }
    assert_true(fabsf(first[0] - first[1]) > 1e-6f);
    limn_plan_seed(plan, 1, 0);
    run(plan);
    assert_float_equal(first_of(plan, 0), first[0], 0);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

// Bit for bit the same numbers from plain kernels and on any number of threads.
static void noise_by_threads(void **state) {
    (void)state;
    enum { COUNT = 9001 };
    limn_graph *graph = limn_graph_new();
    limn_node *outputs[] = {limn_noise_normal(graph, LIMN_SHAPE(COUNT), 1, 2),
                            limn_noise_normal(graph, LIMN_SHAPE(COUNT), -1, 3)};
    static float wanted[2][COUNT];
    for (int threads = 0; threads <= 5; threads++) {
        limn_plan_options options = {.plain = !threads, .threads = threads ? threads : 1};
        limn_plan *plan = plan_of(outputs, 2, options);
        limn_plan_seed(plan, 1, 7);
        run(plan);
        for (int i = 0; i < 2; i++) {
            if (!threads) memcpy(wanted[i], limn_plan_output(plan, i), sizeof wanted[i]);
            assert_memory_equal(limn_plan_output(plan, i), wanted[i], sizeof wanted[i]);
        }
        limn_plan_free(plan);
    }
    limn_graph_free(graph);
}

static void missing_instructions_are_refused(void **state) {
    (void)state;
    if (limn_isa_best() == LIMN_ISA_AMX) skip();
    limn_graph *graph = limn_graph_new();
    limn_node *y = limn_relu(limn_input(graph, "x", LIMN_SHAPE(4)));
    limn_plan *plan;
    assert_int_equal(limn_plan_new(&y, 1, (limn_plan_options){.isa = LIMN_ISA_AMX}, &plan),
                     LIMN_NO_DEVICE);
    assert_words("this processor has no amx instructions");
    limn_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_mistake_is_kept),
        cmocka_unit_test(sizes_cannot_overflow),
        cmocka_unit_test(a_loss_is_one_number),
        cmocka_unit_test(gradients_are_known_or_a_mistake),
        cmocka_unit_test(second_derivatives),
        cmocka_unit_test(outputs_may_be_inputs_or_equal),
        cmocka_unit_test(inputs_are_bound_again),
        cmocka_unit_test(bound_output_is_read_again),
        cmocka_unit_test(outputs_of_one_value_are_bound),
        cmocka_unit_test(known_values),
        cmocka_unit_test(noise_follows_the_seed),
        cmocka_unit_test(noise_by_threads),
        cmocka_unit_test(missing_instructions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
