// Norms beyond what test_ops tries: gradients with the relu inside, every kernel on maps of several
// runs, threads, what is folded in, flat pictures, and the kernels on flat arrays (device/map.h).
#include "base/bf16.h"
#include "base/memory.h"
#include "base/threads.h"
#include "ops/norm_run.h"
#include "plan/plan.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_INPUTS = LIMN_MAX_INPUTS };

typedef struct problem {
    limn_graph *graph;
    limn_node *input[MAX_INPUTS];
    float *values[MAX_INPUTS];
    int inputs;
} problem;

static problem open_problem(int inputs, const limn_shape *shapes, double low, double high) {
    problem it = {.graph = limn_graph_new(), .inputs = inputs};
    for (int i = 0; i < inputs; i++) {
        size_t count = (size_t)limn_shape_count(&shapes[i]);
        it.input[i] = limn_input(it.graph, "input", shapes[i]);
        it.values[i] = limn_alloc(count * sizeof(float));
        limn_random stream = {.seed = 7, .sample = (uint32_t)i};
        limn_random_uniform(&stream, (float)low, (float)high, it.values[i], count);
    }
    return it;
}

static void close_problem(problem *it) {
    for (int i = 0; i < it->inputs; i++) limn_free(it->values[i]);
    limn_graph_free(it->graph);
}

// The value of y, as doubles; the caller frees it. `kernel`, when given, receives the name of the
// kernel that made it.
static double *value_of(const problem *it, limn_node *y, limn_plan_options options,
                        const char **kernel) {
    limn_plan *plan;
    if (limn_plan_new(&y, 1, options, &plan) != LIMN_OK) fail_msg("%s", limn_message());
    bool doubles = options.precision == LIMN_DOUBLES;
    double *as_double[MAX_INPUTS] = {NULL};
    for (int i = 0; i < it->inputs; i++) {
        size_t count = (size_t)limn_shape_count(&it->input[i]->shape);
        if (doubles) as_double[i] = malloc(count * sizeof(double));
        for (size_t j = 0; doubles && j < count; j++) as_double[i][j] = it->values[i][j];
        limn_plan_bind(plan, it->input[i],
                       doubles ? (const void *)as_double[i] : (const void *)it->values[i], false);
    }
    if (limn_plan_run(plan) != LIMN_OK) fail_msg("%s", limn_message());
    size_t count = (size_t)limn_shape_count(&y->shape);
    double *result = malloc(count * sizeof *result);
    const void *output = limn_plan_output(plan, 0);
    for (size_t j = 0; j < count; j++)
        result[j] = doubles ? ((const double *)output)[j] : (double)((const float *)output)[j];
    for (int s = 0; kernel && s < limn_plan_steps(plan); s++) {
        const limn_step *step = limn_plan_step(plan, s, NULL);
        if (strcmp(step->kernel_name, "reorder")) *kernel = step->kernel_name;
    }
    for (int i = 0; i < it->inputs; i++) free(as_double[i]);
    limn_plan_free(plan);
    return result;
}

static double *reference(const problem *it, limn_node *y) {
    return value_of(it, y, (limn_plan_options){.precision = LIMN_DOUBLES, .no_rewrite = true},
                    NULL);
}

static double largest(const double *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++) most = fmax(most, fabs(values[i]));
    return most;
}

static void assert_near(const double *got, const double *wanted, size_t count, double tolerance,
                        const char *what) {
    double level = fmax(largest(wanted, count), 1e-6) * tolerance;
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - wanted[i]) <= level))
            fail_msg("%s: value %zu is %.9g, not %.9g", what, i, got[i], wanted[i]);
}

// In bf16 a few values change sides at a kink, so the whole is what counts.
static void assert_alike(const double *got, const double *wanted, size_t count, const char *what) {
    double error = 0, level = 0;
    for (size_t i = 0; i < count; i++) {
        error += (got[i] - wanted[i]) * (got[i] - wanted[i]);
        level += wanted[i] * wanted[i];
    }
    if (!(error <= 0.1 * 0.1 * level))
        fail_msg("%s: off by %.3g of %.3g", what, sqrt(error), sqrt(level));
}

static const limn_op *const ops[] = {
    &limn_op_moments,
    &limn_op_moments_data,
    &limn_op_moments_given,
    &limn_op_normalise,
    &limn_op_normalise_sums,
    &limn_op_normalise_data,
    &limn_op_normalise_parameter,
};

typedef void visit(const limn_case *one, problem *it, limn_node *y);

static void each_case(visit *see) {
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (const limn_case *one = ops[o]->cases; one->build; one++) {
            bool both = one->low == 0 && one->high == 0;
            problem it =
                open_problem(one->inputs, one->input, both ? -1 : one->low, both ? 1 : one->high);
            see(one, &it, one->build(it.input));
            close_problem(&it);
        }
}

// The gradient of sum(y * weight) by input i, by graph and by central differences in double.
static double sum_of(const problem *it, limn_node *y, const double *weight, double *in[]) {
    limn_plan *plan;
    limn_plan_options options = {.precision = LIMN_DOUBLES};
    if (limn_plan_new(&y, 1, options, &plan) != LIMN_OK) fail_msg("%s", limn_message());
    for (int i = 0; i < it->inputs; i++) limn_plan_bind(plan, it->input[i], in[i], false);
    if (limn_plan_run(plan) != LIMN_OK) fail_msg("%s", limn_message());
    const double *value = limn_plan_output(plan, 0);
    double sum = 0;
    for (int64_t j = 0; j < limn_shape_count(&y->shape); j++) sum += value[j] * weight[j];
    limn_plan_free(plan);
    return sum;
}

static double *doubles_of(const float *from, size_t count) {
    double *to = malloc(count * sizeof *to);
    for (size_t j = 0; j < count; j++) to[j] = from[j];
    return to;
}

static void see_gradient(const limn_case *one, problem *it, limn_node *y) {
    bool relu = y->op == &limn_op_normalise && strstr(one->what, "relu");
    if (one->mistake || (one->rough && !relu)) return; // these values are off the kinks
    size_t count = (size_t)limn_shape_count(&y->shape);
    int last = it->inputs;
    it->input[last] = limn_input(it->graph, "dy", y->shape);
    it->values[last] = limn_alloc(count * sizeof(float));
    limn_random_uniform(&(limn_random){.seed = 9}, -1, 1, it->values[last], count);
    limn_node *dx[MAX_INPUTS] = {NULL};
    if (limn_gradients_from(y, it->input[last], it->input, last, dx) != LIMN_OK)
        fail_msg("%s: %s", one->what, limn_message());
    double *in[MAX_INPUTS], *weight = doubles_of(it->values[last], count);
    for (int i = 0; i < last; i++)
        in[i] = doubles_of(it->values[i], (size_t)limn_shape_count(&it->input[i]->shape));
    for (int i = 0; i < last; i++) {
        size_t size = (size_t)limn_shape_count(&it->input[i]->shape);
        double *wanted = malloc(size * sizeof *wanted);
        for (size_t j = 0; j < size; j++) {
            const double step = 1e-5, middle = in[i][j];
            in[i][j] = middle + step;
            double above = sum_of(it, y, weight, in);
            in[i][j] = middle - step;
            double below = sum_of(it, y, weight, in);
            in[i][j] = middle;
            wanted[j] = (above - below) / (2 * step);
        }
        assert_non_null(dx[i]);
        it->inputs = last + 1;
        double *got = reference(it, dx[i]);
        it->inputs = last;
        assert_near(got, wanted, size, 1e-5, one->what);
        free(got);
        free(wanted);
        free(in[i]);
        in[i] = doubles_of(it->values[i], size);
    }
    for (int i = 0; i < last; i++) free(in[i]);
    free(weight);
    limn_free(it->values[last]);
}
static void gradients_are_right(void **state) {
    (void)state;
    each_case(see_gradient);
}

// ---- maps of several runs, threads, types, places ----

static limn_node *build_forward(limn_node *const *in) {
    return limn_add(limn_leaky_relu(limn_instance_norm(in[0], in[1], in[2], 1e-5), 0.2), in[3]);
}
static limn_node *build_moments(limn_node *const *in) {
    return limn_moments(in[0], LIMN_OVER_PLANE);
}
static limn_node *build_layer(limn_node *const *in) {
    return limn_layer_norm(in[0], in[1], in[2], LIMN_NORM_STD, 1e-5);
}
static limn_node *build_batch(limn_node *const *in) {
    return limn_batch_norm(in[0], in[1], in[2], 1e-5, NULL);
}
// The gradient by input `i` of relu(norm), as a node of dy = in[3].
static limn_node *gradient_of(limn_node *y, limn_node *const *in, int i) {
    limn_node *dx = NULL;
    if (limn_gradients_from(limn_relu(y), in[3], &in[i], 1, &dx) != LIMN_OK)
        fail_msg("%s", limn_message());
    return dx;
}
static limn_node *build_back_instance(limn_node *const *in) {
    return gradient_of(limn_instance_norm(in[0], in[1], in[2], 1e-5), in, 0);
}
static limn_node *build_back_batch(limn_node *const *in) {
    return gradient_of(build_batch(in), in, 0);
}
static limn_node *build_back_layer(limn_node *const *in) {
    return gradient_of(build_layer(in), in, 0);
}
static limn_node *build_back_gamma(limn_node *const *in) {
    return gradient_of(build_batch(in), in, 1);
}
static limn_node *build_back_beta(limn_node *const *in) {
    return gradient_of(build_layer(in), in, 2);
}

typedef struct large {
    const char *what;
    limn_node *(*build)(limn_node *const *input);
} large;

static const large larges[] = {
    {"forward", build_forward},
    {"moments", build_moments},
    {"layer", build_layer},
    {"batch", build_batch},
    {"dx, instance", build_back_instance},
    {"dx, batch", build_back_batch},
    {"dx, layer", build_back_layer},
    {"dgamma", build_back_gamma},
    {"dbeta", build_back_beta},
};
enum { LARGES = sizeof larges / sizeof *larges };

static problem open_large(int which, limn_node **y) {
    const limn_shape shapes[] = {{4, {2, 21, 67, 65}}, {1, {21}}, {1, {21}}, {4, {2, 21, 67, 65}}};
    problem it = open_problem(4, shapes, -1, 3);
    *y = larges[which].build(it.input);
    return it;
}

static void large_maps_agree(void **state) {
    (void)state;
    for (int w = 0; w < LARGES; w++) {
        limn_node *y;
        problem it = open_large(w, &y);
        size_t count = (size_t)limn_shape_count(&y->shape);
        double *wanted = reference(&it, y);
        for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++)
            for (int kind = 0; kind < 4; kind++) {
                limn_plan_options options = {.isa = (limn_isa)isa,
                                             .blocked_inputs = kind & 1,
                                             .precision = kind & 2 ? LIMN_FAST : LIMN_EXACT,
                                             .threads = 2,
                                             .guard = true};
                const char *kernel = NULL;
                double *got = value_of(&it, y, options, &kernel);
                if (w < 2) assert_string_equal(kernel, "vectors");
                if (kind == 3)
                    assert_alike(got, wanted, count, larges[w].what);
                else
                    assert_near(got, wanted, count, 3e-5, larges[w].what);
                free(got);
            }
        free(wanted);
        close_problem(&it);
    }
}

static void threads_change_no_bit(void **state) {
    (void)state;
    for (int w = 0; w < LARGES; w++) {
        limn_node *y;
        problem it = open_large(w, &y);
        size_t count = (size_t)limn_shape_count(&y->shape);
        for (int blocked = 0; blocked < 2; blocked++) {
            double *one = NULL;
            for (int threads = 1; threads < 6; threads++) {
                limn_plan_options options = {.blocked_inputs = blocked, .threads = threads};
                double *got = value_of(&it, y, options, NULL);
                if (!one) {
                    one = got;
                    continue;
                }
                assert_memory_equal(got, one, count * sizeof *got);
                free(got);
            }
            free(one);
        }
        close_problem(&it);
    }
}

// ---- what is folded in ----

static int steps_of(limn_node *y, const limn_op *op, bool rewritten) {
    limn_plan *plan;
    limn_plan_options options = {.no_rewrite = !rewritten};
    if (limn_plan_new(&y, 1, options, &plan) != LIMN_OK) fail_msg("%s", limn_message());
    int count = 0;
    for (int s = 0; s < limn_plan_steps(plan); s++)
        count += !op || limn_plan_step(plan, s, NULL)->node->op == op;
    limn_plan_free(plan);
    return count;
}

static limn_node *build_two_readers(limn_node *const *in) {
    limn_node *norm = limn_instance_norm(in[0], in[1], in[2], 1e-5);
    return limn_add(limn_relu(norm), norm);
}

static void relu_and_addition_are_folded(void **state) {
    (void)state;
    static const struct {
        limn_node *(*build)(limn_node *const *input);
        int said, done; // steps
    } folds[] = {
        {build_forward, 4, 2},       // moments, normalise, leaky relu, add
        {build_two_readers, 4, 4},   // the norm is read twice
        {build_back_instance, 6, 3}, // moments, normalise, relu, relu gradient, sums, data
    };
    for (size_t f = 0; f < sizeof folds / sizeof *folds; f++) {
        const limn_shape shapes[] = {{4, {2, 5, 6, 7}}, {1, {5}}, {1, {5}}, {4, {2, 5, 6, 7}}};
        problem it = open_problem(4, shapes, -1, 1);
        limn_node *y = folds[f].build(it.input);
        assert_int_equal(steps_of(y, NULL, false), folds[f].said);
        assert_int_equal(steps_of(y, NULL, true), folds[f].done);
        double *wanted = reference(&it, y);
        double *got = value_of(&it, y, (limn_plan_options){.plain = true}, NULL);
        assert_near(got, wanted, (size_t)limn_shape_count(&y->shape), 3e-5, "folded");
        free(wanted);
        free(got);
        close_problem(&it);
    }
}

// ---- what the formulas promise ----

static limn_node *build_bare(limn_node *const *in) {
    return limn_instance_norm(in[0], NULL, NULL, 1e-2);
}

// Mean 0 and variance v / (v + eps), and adding 1000 to x changes only rounding.
static void instance_norm_has_its_moments(void **state) {
    (void)state;
    for (int far = 0; far < 2; far++) {
        enum { PIXELS = 67 * 65 };
        problem it = open_problem(1, (limn_shape[]){{4, {1, 17, 67, 65}}}, 0, 2);
        for (int i = 0; far && i < 17 * PIXELS; i++) it.values[0][i] += 1000;
        double *y = value_of(&it, build_bare(it.input), (limn_plan_options){0}, NULL);
        for (int c = 0; c < 17; c++) {
            const float *x = it.values[0] + c * PIXELS;
            double mean[2] = {0}, var[2] = {0};
            for (int i = 0; i < PIXELS; i++) {
                mean[0] += (double)x[i] / PIXELS;
                mean[1] += y[c * PIXELS + i] / PIXELS;
            }
            for (int i = 0; i < PIXELS; i++) {
                var[0] += pow((double)x[i] - mean[0], 2) / PIXELS;
                var[1] += pow(y[c * PIXELS + i] - mean[1], 2) / PIXELS;
            }
            assert_true(fabs(mean[1]) < (far ? 1e-3 : 1e-6));
            assert_true(fabs(var[1] - var[0] / (var[0] + 1e-2)) < (far ? 1e-4 : 1e-6));
        }
        free(y);
        close_problem(&it);
    }
}

// The two forms of layer norm differ by less than 1e-4 on many elements.
static void layer_norms_agree(void **state) {
    (void)state;
    problem it = open_problem(1, (limn_shape[]){{4, {2, 32, 24, 24}}}, -1, 1);
    limn_node *a = limn_layer_norm(it.input[0], NULL, NULL, LIMN_NORM_ROOT, 1e-5);
    limn_node *b = limn_layer_norm(it.input[0], NULL, NULL, LIMN_NORM_STD, 1e-5);
    double *y[2] = {value_of(&it, a, (limn_plan_options){0}, NULL),
                    value_of(&it, b, (limn_plan_options){0}, NULL)};
    assert_near(y[0], y[1], 2 * 32 * 24 * 24, 1e-4, "layer norms");
    free(y[0]);
    free(y[1]);
    close_problem(&it);
}

// A flat plane, exactly or up to rounding, becomes beta; its gradient stays a number.
static void flat_gives_flat(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        const limn_shape shapes[] = {{4, {1, 17, 16, 16}}, {1, {17}}, {1, {17}}};
        problem it = open_problem(3, shapes, -1, 1);
        for (int i = 0; i < 17 * 256; i++) {
            float value = 0.1F * (float)(i / 256 + 1); // not representable
            it.values[0][i] = kind & 1 && i % 3 == 0 ? nextafterf(value, 9) : value;
        }
        limn_node *y = limn_instance_norm(it.input[0], it.input[1], it.input[2], 1e-5);
        double *got = value_of(&it, y, (limn_plan_options){.blocked_inputs = kind & 2}, NULL);
        for (int i = 0; i < 17 * 256; i++) assert_true(got[i] == (double)it.values[2][i / 256]);
        free(got);
        limn_node *dx;
        assert_int_equal(limn_gradients_from(y, it.input[0], it.input, 1, &dx), LIMN_OK);
        got = value_of(&it, dx, (limn_plan_options){.blocked_inputs = kind & 2}, NULL);
        for (int i = 0; i < 17 * 256; i++) assert_true(fabs(got[i]) < 1);
        free(got);
        close_problem(&it);
    }
}

// Through a dozen norms over a white picture the gradient stays small: each would multiply it by
// 1/sqrt(eps), until it leaves the range of floats and ruins the moments of Adam.
static void flat_passes_no_gradient(void **state) {
    (void)state;
    const limn_shape shapes[] = {{4, {1, 3, 12, 12}}, {4, {3, 3, 3, 3}}, {1, {3}}};
    problem it = open_problem(3, shapes, 0.1, 1);
    for (int i = 0; i < 3 * 144; i++) it.values[0][i] = 255;
    limn_node *y = it.input[0], *w = it.input[1], *beta = it.input[2], *dw;
    limn_conv2d_options reflect = {.pad = 1, .border = LIMN_BORDER_REFLECT};
    for (int i = 0; i < 16; i++)
        y = limn_relu(limn_instance_norm(limn_conv2d(y, w, NULL, reflect), NULL, beta, 1e-5));
    limn_node *dy = limn_conv2d(y, w, NULL, (limn_conv2d_options){.pad = 1}); // not flat
    assert_int_equal(limn_gradients_from(y, dy, &w, 1, &dw), LIMN_OK);
    double *got = value_of(&it, dw, (limn_plan_options){0}, NULL);
    for (int i = 0; i < 81; i++) assert_true(fabs(got[i]) < 1e6);
    free(got);
    close_problem(&it);
}

// A NaN anywhere in a plane must not vanish, in no layout: training watches for it.
static void nan_is_not_lost(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        problem it = open_problem(1, (limn_shape[]){{4, {1, 17, 16, 16}}}, -1, 1);
        it.values[0][16 * 256 + 77] = NAN;
        limn_node *y = limn_relu(limn_instance_norm(it.input[0], NULL, NULL, 1e-5));
        limn_plan_options options = {.blocked_inputs = kind & 1,
                                     .precision = kind & 2 ? LIMN_FAST : LIMN_EXACT};
        double *got = value_of(&it, y, options, NULL);
        for (int i = 0; i < 17 * 256; i++) assert_true(isnan(got[i]) == (i >= 16 * 256));
        free(got);
        close_problem(&it);
    }
}

// Nor behind a convolution, where it is stored in 16 bits: with all bits of a NaN set, rounding
// would carry into the sign.
static void nan_is_not_lost_in_convolutions(void **state) {
    (void)state;
    const uint32_t all_ones = 0x7FFFFFFF;
    float nan;
    memcpy(&nan, &all_ones, sizeof nan);
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++) {
        problem it =
            open_problem(2, (limn_shape[]){{4, {1, 32, 24, 24}}, {4, {32, 32, 3, 3}}}, -1, 1);
        it.values[0][10 * 24 + 10] = (double)nan;
        limn_node *y = limn_conv2d(it.input[0], it.input[1], NULL, (limn_conv2d_options){.pad = 1});
        limn_plan_options options = {.isa = (limn_isa)isa, .precision = LIMN_FAST};
        double *got = value_of(
            &it, limn_relu(limn_conv2d(y, it.input[1], NULL, (limn_conv2d_options){.pad = 1})),
            options, NULL);
        for (int c = 0; c < 32; c++) assert_true(isnan(got[c * 576 + 10 * 24 + 10]));
        free(got);
        close_problem(&it);
    }
}

// ---- flat arrays (device/map.h) ----

enum { FLAT = 1003 };

static float flat_value(int array, int i) {
    limn_random stream = {.seed = 3, .sample = (uint32_t)array};
    return (float)(2 * limn_random_unit(&stream, (uint32_t)i) - 1);
}

static void fill_flat(float arrays[4][FLAT]) {
    for (int a = 0; a < 4; a++)
        for (int i = 0; i < FLAT; i++) arrays[a][i] = flat_value(a, i);
}

static void assert_close(double got, double wanted) {
    if (!(fabs(got - wanted) <= 2e-6 * (1 + fabs(wanted)))) fail_msg("%.9g, not %.9g", got, wanted);
}

static void check_square_sum(const limn_map *map, size_t count) {
    static float x[4][FLAT];
    fill_flat(x);
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)x[0][i] * (double)x[0][i];
    assert_close(map->square_sum(x[0], count), sum);
}

static void check_adam(const limn_map *map, size_t count) {
    static float x[4][FLAT], old[4][FLAT];
    fill_flat(x);
    for (int i = 0; i < FLAT; i++) x[3][i] = fabsf(x[3][i]);
    memcpy(old, x, sizeof x);
    const limn_adam_run by = {.scale = 1,
                              .beta1 = 0.9F,
                              .beta2 = 0.999F,
                              .eps = 1e-3F,
                              .decay = 0.1F,
                              .rate = 0.02F,
                              .root = 0.3F};
    map->adam(&by, x[0], x[1], x[2], x[3], count);
    for (size_t i = 0; i < FLAT; i++) {
        double p = old[0][i], g = old[1][i] + 0.1 * p;
        double m = 0.9 * old[2][i] + 0.1 * g, v = 0.999 * old[3][i] + 0.001 * g * g;
        p -= 0.02 * m / (sqrt(v) / 0.3 + 1e-3);
        assert_close(x[0][i], i < count ? p : (double)old[0][i]);
        assert_close(x[2][i], i < count ? m : (double)old[2][i]);
        assert_close(x[3][i], i < count ? v : (double)old[3][i]);
    }
}

static void flat_kernels_are_right(void **state) {
    (void)state;
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++) {
        const limn_map *map = limn_map_for((limn_isa)isa);
        const size_t counts[] = {0, 1, 7, 16, 31, FLAT};
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            check_square_sum(map, counts[i]);
            check_adam(map, counts[i]);
        }
    }
}

static void check_half(float value, float got, bool at_once) {
    float wanted = limn_bf16_float(limn_bf16(value));
    if (at_once && fabsf(value) < FLT_MIN) return; // the instruction makes them 0
    if (isnan(value) ? !isnan(got) : memcmp(&got, &wanted, sizeof got) != 0)
        fail_msg("%.9g becomes %.9g, not %.9g", (double)value, (double)got, (double)wanted);
}

// Rounding to bf16 is that of base/bf16.h.
static void halves_are_rounded(void **state) {
    (void)state;
    static float x[FLAT];
    static const float special[] = {0,      -0.0F,       INFINITY,    -INFINITY,
                                    NAN,    FLT_MAX,     1.00390625F, 1.01171875F,
                                    1e-41F, -3.3895e38F, 1.0039063F};
    for (int i = 0; i < FLAT; i++) {
        uint32_t bits[4];
        limn_random_bits(&(limn_random){.seed = 5}, (uint32_t)i, bits);
        if ((bits[0] & 0x7F800000) == 0x7F800000) bits[0] = 0x7FC00000;
        memcpy(&x[i], &bits[0], sizeof x[i]);
    }
    memcpy(x, special, sizeof special);
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++) {
        const limn_map *map = limn_map_for((limn_isa)isa);
        static uint16_t in[FLAT], out[FLAT];
        for (int i = 0; i < FLAT; i++) in[i] = limn_bf16(x[i]);
        limn_norm_run run = {.type = LIMN_BF16, .count = FLAT, .x = in, .out = out};
        run.at_once = isa >= LIMN_ISA_AVX512_BF16;
        for (int l = 0; l < LIMN_LANES_MOST; l++) run.scale[l] = 1.3F;
        map->norm(&run);
        for (int i = 0; i < FLAT; i++)
            check_half(limn_bf16_float(in[i]) * 1.3F + 0, limn_bf16_float(out[i]), run.at_once);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(large_maps_agree),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(relu_and_addition_are_folded),
        cmocka_unit_test(instance_norm_has_its_moments),
        cmocka_unit_test(layer_norms_agree),
        cmocka_unit_test(flat_gives_flat),
        cmocka_unit_test(flat_passes_no_gradient),
        cmocka_unit_test(nan_is_not_lost),
        cmocka_unit_test(nan_is_not_lost_in_convolutions),
        cmocka_unit_test(flat_kernels_are_right),
        cmocka_unit_test(halves_are_rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
