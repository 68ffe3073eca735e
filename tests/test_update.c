// Updates: the optimiser by its formulas, first values, groups of parameters, and nets that are
// held or frozen. Whole steps against PyTorch: test_step.
#include "formula_samples.h"
#include "nn/lbfgs.h"
#include "nn/losses.h"
#include "nn/optimiser.h"

// ---- what is asked for is what is done, zeros too ----

// One weight w of two numbers, at first 1, and the loss w . x: the gradient is x.
typedef struct line {
    limn_store store;
    limn_update *update;
    limn_node *x;
} line;

static void open_line(line *it) {
    *it = (line){.x = NULL};
    assert_int_equal(limn_update_new("line", &it->store, &it->update), LIMN_OK);
    limn_net *net = &it->update->net;
    it->x = limn_input(net->graph, "x", LIMN_SHAPE(2));
    limn_node *w = limn_weight(net, LIMN_SHAPE(2), (limn_init){LIMN_INIT_ONE}, "w");
    limn_update_term(it->update, "w x", limn_sum(limn_mul(w, it->x), LIMN_ALL_AXES, LIMN_DROP), 1);
    assert_int_equal(limn_store_ready(&it->store, 0, true), LIMN_OK);
    assert_int_equal(
        limn_update_ready(it->update, LIMN_TRAINS(""), (limn_plan_options){.threads = 1}), LIMN_OK);
}

static void step_on(line *it, const float *x, limn_adam adam) {
    limn_update_bind(it->update, it->x, x);
    assert_int_equal(limn_update_run(it->update, 0, 0), LIMN_OK);
    assert_true(isfinite(limn_adam_step(it->update, adam, 1)));
}

static void close_line(line *it) {
    limn_update_free(it->update);
    limn_store_free(&it->store);
}

static const float two_gradients[2][2] = {{1, -2}, {3, 0.5F}};

static void rate_of_0_changes_nothing(void **state) {
    (void)state;
    line it;
    open_line(&it);
    for (int i = 0; i < 2; i++) step_on(&it, two_gradients[i], limn_adam_usual(0));
    assert_float_equal(it.store.values[0], 1, 0);
    assert_float_equal(it.store.values[1], 1, 0);
    assert_int_equal(it.update->counter, 2);
    close_line(&it);
}

// A number of w with its moments, in double: `times` steps by the formulas of the paper, each
// adding its decay to the same gradient.
typedef struct number {
    double w, m, v;
} number;

static void by_hand(number *it, limn_adam adam, double g, int times, int before) {
    for (int k = 1; k <= times; k++) {
        g += adam.decay * it->w;
        it->m = adam.beta1 * it->m + (1 - adam.beta1) * g;
        it->v = adam.beta2 * it->v + (1 - adam.beta2) * g * g;
        double first = it->m / (1 - pow(adam.beta1, before + k));
        double second = it->v / (1 - pow(adam.beta2, before + k));
        it->w -= adam.rate * first / (sqrt(second) + adam.eps);
    }
}

static void check_number(const limn_store *store, size_t at, number wanted) {
    near("w", (double)store->values[at], wanted.w, 1e-5);
    near("m", (double)store->first[at], wanted.m, 1e-5);
    near("v", (double)store->second[at], wanted.v, 1e-5);
}

static void check_adam(limn_adam adam) {
    line it;
    open_line(&it);
    number w[2] = {{.w = 1}, {.w = 1}};
    for (int i = 0; i < 2; i++) {
        step_on(&it, two_gradients[i], adam);
        for (int k = 0; k < 2; k++) {
            by_hand(&w[k], adam, (double)two_gradients[i][k], 1, i);
            check_number(&it.store, (size_t)k, w[k]);
        }
    }
    close_line(&it);
}

static void adam_is_as_said(void **state) {
    (void)state;
    limn_adam usual = limn_adam_usual(0.1), adam = usual;
    check_adam(usual);
    adam.beta1 = 0;
    check_adam(adam);
    adam = usual;
    adam.beta2 = 0;
    check_adam(adam);
    adam = usual;
    adam.eps = 0;
    check_adam(adam);
    adam.eps = 0.5;
    adam.decay = 0.25;
    check_adam(adam);
}

// A momentum of 0 leaves running statistics as they are; weights that are to begin at 0 do.
static void zeros_of_layers(void **state) {
    (void)state;
    limn_store store = {0};
    limn_update *update;
    assert_int_equal(limn_update_new("zeros", &store, &update), LIMN_OK);
    limn_node *input = limn_input(update->net.graph, "x", LIMN_SHAPE(1, 2, 4, 4)), *x = input;
    limn_layer_options zero = {.init = {LIMN_INIT_ZERO}};
    x = limn_batch_layer(&update->net, x, (limn_batch_norm_options){.momentum = 0}, "bn");
    x = limn_conv_layer(&update->net, x, 3, 3, zero, "conv");
    limn_update_term(update, "x", limn_sum(x, LIMN_ALL_AXES, LIMN_DROP), 1);
    assert_int_equal(limn_store_ready(&store, 0, true), LIMN_OK);
    assert_int_equal(limn_update_ready(update, LIMN_TRAINS(""), (limn_plan_options){.threads = 1}),
                     LIMN_OK);
    float picture[32];
    by_formula(picture, 32, 1, 3, 1);
    limn_update_bind(update, input, picture);
    assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
    limn_update_keep(update);
    static const struct {
        const char *name;
        float value;
    } wanted[] = {{"bn.weight", 1},      {"bn.bias", 0},     {"bn.running_mean", 0},
                  {"bn.running_var", 1}, {"conv.weight", 0}, {"conv.bias", 0}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const limn_parameter *it = &store.parameters[limn_store_find(&store, wanted[i].name)];
        for (size_t k = 0; k < it->count; k++)
            assert_float_equal(store.values[it->offset + k], wanted[i].value, 0);
    }
    limn_update_free(update);
    limn_store_free(&store);
}

typedef struct moments {
    double mean, deviation, largest;
} moments;

static moments moments_of(const limn_store *store, const char *name) {
    const limn_parameter *it = &store->parameters[limn_store_find(store, name)];
    const float *values = store->values + it->offset;
    double sum = 0, squares = 0, largest = 0, count = (double)it->count;
    for (size_t i = 0; i < it->count; i++) {
        double value = (double)values[i];
        sum += value;
        squares += value * value;
        largest = fmax(largest, fabs(value));
    }
    return (moments){sum / count, sqrt(squares / count - sum / count * sum / count), largest};
}

// Mean and deviation of each law on each kind of layer, and how far its values reach. Of the normal
// law cut at two deviations 0.8796 of the deviation is left.
static void first_values(void **state) {
    (void)state;
    enum { IN = 64, OUT = 96, SIZE = 5, GROUPS = 2, TAPS = SIZE * SIZE };
    static const double fans[3][2] = {
        {IN / GROUPS * TAPS, OUT / GROUPS * TAPS}, {OUT * TAPS, IN * TAPS}, {IN, OUT}};
    static const char *const names[] = {"conv.weight", "up.weight", "linear.weight"};
    static const char *const biases[] = {"conv.bias", "up.bias", "linear.bias"};
    for (int kind = LIMN_INIT_TRUNCATED_NORMAL; kind <= LIMN_INIT_HE_NORMAL; kind++) {
        limn_store store = {0};
        limn_net net = {.graph = limn_graph_new(), .store = &store};
        limn_init init = {(limn_init_kind)kind, 0, 0.02F};
        limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, IN, 8, 8));
        limn_layer_options conv = {.conv.groups = GROUPS, .init = init};
        limn_conv_layer(&net, x, OUT, SIZE, conv, "conv");
        limn_up_layer(&net, x, OUT, SIZE, (limn_up_options){.init = init}, "up");
        x = limn_input(net.graph, "flat", LIMN_SHAPE(1, IN));
        limn_linear_layer(&net, x, OUT, init, true, "linear");
        assert_int_equal(limn_graph_check(net.graph), LIMN_OK);
        assert_int_equal(limn_store_ready(&store, 11, false), LIMN_OK);
        for (int i = 0; i < 3; i++) {
            double in = fans[i][0], out = fans[i][1];
            moments found = moments_of(&store, names[i]);
            double bound = kind == LIMN_INIT_GLOROT_UNIFORM ? sqrt(6 / (in + out)) : 0.04;
            double wanted = kind == LIMN_INIT_TRUNCATED_NORMAL ? 0.8796 * 0.02
                            : kind == LIMN_INIT_HE_NORMAL      ? sqrt(2 / in)
                                                               : sqrt(2 / (in + out));
            near(names[i], found.mean, 0, 0.05 * wanted);
            near(names[i], found.deviation, wanted, 0.03 * wanted);
            bool bounded = kind == LIMN_INIT_TRUNCATED_NORMAL || kind == LIMN_INIT_GLOROT_UNIFORM;
            assert_int_equal(found.largest <= bound * (1 + 1e-6), bounded);
            assert_true(!bounded || found.largest > 0.98 * bound);
            assert_true(moments_of(&store, biases[i]).largest == 0);
        }
        limn_graph_free(net.graph);
        limn_net_free(&net);
        limn_store_free(&store);
    }
}

// A function of the seed and the name alone, however many there are; the mean is where it was said.
static void truncated_values_are_a_function(void **state) {
    (void)state;
    limn_store stores[3] = {{0}};
    for (int i = 0; i < 3; i++) {
        limn_init init = {LIMN_INIT_TRUNCATED_NORMAL, 1, 0.5F};
        if (i) limn_store_add(&stores[i], "before", LIMN_SHAPE(3), init, false);
        limn_store_add(&stores[i], "w", LIMN_SHAPE(5000), init, false);
        assert_int_equal(limn_store_ready(&stores[i], i == 2 ? 4 : 3, false), LIMN_OK);
    }
    const float *w[3];
    for (int i = 0; i < 3; i++)
        w[i] = stores[i].values + stores[i].parameters[limn_store_find(&stores[i], "w")].offset;
    assert_memory_equal(w[0], w[1], 5000 * sizeof *w[0]);
    assert_memory_not_equal(w[0], w[2], 5000 * sizeof *w[0]);
    near("mean", moments_of(&stores[0], "w").mean, 1, 0.02);
    for (int i = 0; i < 5000; i++) assert_true(fabsf(w[0][i] - 1) <= 1);
    for (int i = 0; i < 3; i++) limn_store_free(&stores[i]);
}

// ---- groups, and nets that are not trained ----

// Four numbers named by their groups, the loss their sum of squares: each group as it is said, what
// has none held, and the first group that fits is the one.
static void groups_of_parameters(void **state) {
    (void)state;
    enum { COUNT = 4 };
    static const char *const names[COUNT] = {"a.w", "b.slow.w", "b.twice.w", "c.w"};
    const limn_group groups[] = {{"a.", 1, 1}, {"b.slow.", 0.25, 1}, {"b.", 0.5, 2}, {NULL, 0, 0}};
    const double factors[COUNT] = {1, 0.25, 0.5, 0};
    const int times[COUNT] = {1, 1, 2, 0};
    limn_store store = {0};
    limn_update *update;
    assert_int_equal(limn_update_new("groups", &store, &update), LIMN_OK);
    for (int i = 0; i < COUNT; i++) {
        limn_node *w =
            limn_weight(&update->net, LIMN_SHAPE(1), (limn_init){LIMN_INIT_ONE}, "%s", names[i]);
        limn_update_term(update, names[i], limn_square(w), 1);
    }
    assert_int_equal(limn_store_ready(&store, 0, true), LIMN_OK);
    assert_int_equal(limn_update_ready(update, groups, (limn_plan_options){.threads = 1}), LIMN_OK);
    assert_int_equal(update->trained_count, 3);
    number wanted[COUNT];
    for (int i = 0; i < COUNT; i++) wanted[i] = (number){.w = 1};
    for (int step = 0; step < 3; step++) {
        limn_adam adam = limn_adam_usual(0.1);
        adam.decay = 0.25;
        assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
        assert_true(isfinite(limn_adam_step(update, adam, 1)));
        for (int i = 0; i < COUNT; i++) {
            adam.rate = 0.1 * factors[i];
            by_hand(&wanted[i], adam, 2 * wanted[i].w, times[i], step * times[i]);
            check_number(&store, store.parameters[i].offset, wanted[i]);
        }
    }
    assert_int_equal(update->counter, 3);
    // Without momentum: w (1 - 2 rate factor), as often as the group says with the first gradient.
    for (int i = 0; i < COUNT; i++) store.values[store.parameters[i].offset] = 1;
    memset(store.first, 0, store.count * sizeof *store.first);
    assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
    limn_sgd_step(update, (limn_sgd){.rate = 0.1}, 1);
    for (int i = 0; i < COUNT; i++)
        near(names[i], (double)store.values[store.parameters[i].offset],
             1 - 0.2 * factors[i] * times[i], 1e-6);
    limn_update_free(update);
    limn_store_free(&store);
}

static void no_groups_is_an_evaluation(void **state) {
    (void)state;
    line it;
    open_line(&it);
    limn_update *judging;
    assert_int_equal(limn_update_new("judging", &it.store, &judging), LIMN_OK);
    limn_node *w = limn_weight(&judging->net, LIMN_SHAPE(2), (limn_init){LIMN_INIT_ONE}, "w");
    limn_update_term(judging, "w w", limn_sum(limn_square(w), LIMN_ALL_AXES, LIMN_DROP), 1);
    assert_int_equal(limn_update_ready(judging, NULL, (limn_plan_options){.threads = 1}), LIMN_OK);
    assert_int_equal(limn_update_run(judging, 0, 0), LIMN_OK);
    assert_float_equal(judging->total, 2, 0);
    assert_int_equal(judging->trained_count, 0);
    limn_update_free(judging);
    close_line(&it);
}

// One convolution by three nets over one store: the trained one and the held one follow its values,
// the frozen one when it is told to.
static void held_and_frozen_nets(void **state) {
    (void)state;
    limn_store store = {0};
    limn_update *update;
    assert_int_equal(limn_update_new("nets", &store, &update), LIMN_OK);
    limn_node *x = limn_input(update->net.graph, "x", LIMN_SHAPE(1, 32, 12, 12));
    limn_net *nets[] = {&update->net, limn_update_net(update, &store, LIMN_HELD),
                        limn_update_net(update, &store, LIMN_FROZEN)};
    int shown[3];
    for (int i = 0; i < 3; i++)
        shown[i] =
            limn_update_show(update, limn_conv_layer(nets[i], x, 32, 3,
                                                     (limn_layer_options){.conv.pad = 1}, "conv"));
    assert_int_equal(store.size, 2);
    assert_int_equal(limn_store_ready(&store, 7, true), LIMN_OK);
    assert_int_equal(limn_update_ready(update, LIMN_TRAINS(""), (limn_plan_options){.threads = 1}),
                     LIMN_OK);
    static float picture[32 * 144];
    by_formula(picture, sizeof picture / sizeof *picture, 3, 0, 1);
    limn_update_bind(update, x, picture);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
        for (int i = 1; i < 3; i++)
            assert_memory_equal(limn_update_shown(update, shown[0]),
                                limn_update_shown(update, shown[i]), sizeof picture);
        by_formula(store.values, store.count, 9, 0, 0.1); // other weights
        limn_update_freeze(update);
    }
    limn_update_free(update);
    limn_store_free(&store);
}

static void too_many_nets(void **state) {
    (void)state;
    line it;
    open_line(&it);
    limn_update *update;
    assert_int_equal(limn_update_new("crowded", &it.store, &update), LIMN_OK);
    for (int i = 0; i <= LIMN_MAX_NETS; i++)
        assert_non_null(limn_update_net(update, &it.store, LIMN_HELD));
    assert_int_equal(limn_update_ready(update, NULL, (limn_plan_options){0}), LIMN_ERROR);
    assert_string_equal(limn_message(), "the crowded step has more terms, results, nets or loans "
                                        "than limn has room for");
    limn_update_free(update);
    close_line(&it);
}

// As many as a network has that is deeper than any that is known: all keep their statistics.
static void many_batch_norms(void **state) {
    (void)state;
    enum { NORMS = 200 };
    limn_store store = {0};
    limn_update *update;
    assert_int_equal(limn_update_new("deep", &store, &update), LIMN_OK);
    update->net.training = true;
    limn_node *input = limn_input(update->net.graph, "x", LIMN_SHAPE(1, 1, 2, 2)), *x = input;
    for (int i = 0; i < NORMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "norm%d", i);
        x = limn_batch_layer(&update->net, x, (limn_batch_norm_options){.momentum = 0.5}, name);
    }
    limn_update_show(update, x);
    assert_int_equal(limn_store_ready(&store, 7, true), LIMN_OK);
    assert_int_equal(limn_update_ready(update, LIMN_TRAINS(""), (limn_plan_options){.threads = 1}),
                     LIMN_OK);
    limn_update_bind(update, input, (const float[]){1, 2, 3, 6});
    assert_int_equal(limn_update_run(update, 0, 0), LIMN_OK);
    limn_update_keep(update);
    const float *first = store.values +
                         store.parameters[limn_store_find(&store, "norm0.running_mean")].offset,
                *last = store.values +
                        store.parameters[limn_store_find(&store, "norm199.running_var")].offset;
    assert_float_equal(*first, 1.5, 1e-6);          // half of 3
    assert_float_equal(*last, 0.5 + 2.0 / 3, 1e-3); // half of 1, half of 4/3
    limn_update_free(update);
    limn_store_free(&store);
}

// ---- L-BFGS ----

// Half the sum of i x_i^2, whose gradient is i x_i.
static void descend(limn_lbfgs *it, float *x, int count) {
    float gradient[8];
    for (int i = 0; i < count; i++) gradient[i] = (float)(i + 1) * x[i];
    limn_lbfgs_step(it, x, gradient);
}

// Of a step that was not gone nothing is learnt, and nothing forgotten: the next is as before it.
static void pairs_without_curvature(void **state) {
    (void)state;
    enum { COUNT = 8, HISTORY = 2 };
    limn_lbfgs *it;
    float x[COUNT] = {1, 1, 1, 1, 1, 1, 1, 1}, before[COUNT], first[COUNT];
    assert_int_equal(limn_lbfgs_new(COUNT, HISTORY, 1, &it), LIMN_OK);
    for (int i = 0; i < HISTORY + 2; i++) descend(it, x, COUNT);
    memcpy(before, x, sizeof x);
    descend(it, x, COUNT);
    memcpy(first, x, sizeof x);
    for (int i = 0; i < 3; i++) {
        memcpy(x, before, sizeof x);
        descend(it, x, COUNT);
        assert_memory_equal(x, first, sizeof x);
    }
    for (int i = 0; i < 30; i++) descend(it, x, COUNT);
    for (int i = 0; i < COUNT; i++) assert_float_equal(x[i], 0, 1e-3F);
    limn_lbfgs_free(it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_of_0_changes_nothing),
        cmocka_unit_test(pairs_without_curvature),
        cmocka_unit_test(adam_is_as_said),
        cmocka_unit_test(zeros_of_layers),
        cmocka_unit_test(first_values),
        cmocka_unit_test(truncated_values_are_a_function),
        cmocka_unit_test(groups_of_parameters),
        cmocka_unit_test(no_groups_is_an_evaluation),
        cmocka_unit_test(held_and_frozen_nets),
        cmocka_unit_test(too_many_nets),
        cmocka_unit_test(many_batch_norms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
