// Tries every operator of the registry on every one of its cases (ops/op.h: limn_case), then the
// graph and the planner themselves.
//
//     test_ops [NAME...]     only these operators
//     test_ops --bench [NAME...]   times the cases instead
//
// A case is run as: the sentence of a mistake; plain float against plain double; the operator's
// kernels of every instruction set this processor has, exact and fast, from plain and from blocked
// inputs, on one thread and on two, with memory shared and not, under guard bytes; the gradient by
// every input against central differences in double, and the gradient's own kernels against double.
#define _POSIX_C_SOURCE 200809L
#include "ops/op.h"
#include "plan/plan.h"

#include "base/bf16.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_OUTPUTS = LIMN_MAX_INPUTS + 1 };

static int passed, failed;
static const char *doing = ""; // operator and case, for the sentence of a failure

static bool check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool check(bool good, const char *format, ...) {
    if (good) {
        passed++;
        return true;
    }
    failed++;
    va_list list;
    va_start(list, format);
    printf("  %s: ", doing);
    vprintf(format, list);
    printf("\n");
    va_end(list);
    return false;
}

// ---- a case, built ----

typedef struct trial {
    const limn_case *what;
    limn_graph *graph;
    limn_node *in[LIMN_MAX_INPUTS];
    double *value[LIMN_MAX_INPUTS];
    float *single[LIMN_MAX_INPUTS];
    limn_node *out[MOST_OUTPUTS]; // the result, then gradients of sum(weight * result)
    int outputs;
    limn_node *weight; // an input of the result's shape, when there are gradients
    double *weight_value;
    float *weight_single;
    double *reference[MOST_OUTPUTS]; // by plain kernels in double
} trial;

static size_t count_of(const limn_node *node) {
    return (size_t)limn_shape_count(&node->shape);
}

// Different values, evenly spread over [low, high] and shuffled, so that no two are close to each
// other and none is on zero.
static void spread_values(double *value, size_t count, double low, double high, uint32_t seed) {
    limn_random stream = {.seed = 17, .purpose = limn_purpose("test"), .sample = seed};
    for (size_t i = 0; i < count; i++)
        value[i] = low + (high - low) * (((double)i + 0.5 + 1.0 / 7) / ((double)count + 1.0 / 3));
    for (size_t i = count; i > 1; i--) {
        size_t k = limn_random_below(&stream, (uint32_t)i, (uint32_t)i);
        double swap = value[i - 1];
        value[i - 1] = value[k];
        value[k] = swap;
    }
}

static void make_values(trial *it, int i) {
    const limn_case *what = it->what;
    size_t count = count_of(it->in[i]);
    bool standard = what->low == 0 && what->high == 0;
    double low = standard ? -1 : what->low, high = standard ? 1 : what->high;
    it->value[i] = malloc(count * sizeof(double));
    it->single[i] = malloc(count * sizeof(float));
    spread_values(it->value[i], count, low, high, (uint32_t)i);
    limn_random stream = {.seed = 3, .sample = (uint32_t)i};
    for (size_t k = 0; k < count; k++) {
        if (what->whole)
            it->value[i][k] =
                low + limn_random_below(&stream, (uint32_t)k, (uint32_t)(high - low + 1));
        it->single[i][k] = (float)it->value[i][k];
        it->value[i][k] = (double)it->single[i][k];
    }
}

static bool build(trial *it, const limn_case *what) {
    *it = (trial){.what = what, .graph = limn_graph_new()};
    for (int i = 0; i < what->inputs; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        it->in[i] = limn_input(it->graph, name, what->input[i]);
    }
    it->out[0] = what->build(it->in);
    it->outputs = 1;
    return limn_graph_check(it->graph) == LIMN_OK;
}

static void add_gradients(trial *it) {
    if (it->what->rough || it->what->whole) return;
    limn_node *gradient[LIMN_MAX_INPUTS];
    it->weight = limn_input(it->graph, "weight", it->out[0]->shape);
    size_t count = count_of(it->weight);
    it->weight_value = malloc(count * sizeof(double));
    it->weight_single = malloc(count * sizeof(float));
    spread_values(it->weight_value, count, -0.5, 1, 99); // sums of them do not vanish
    for (size_t i = 0; i < count; i++) {
        it->weight_single[i] = (float)it->weight_value[i];
        it->weight_value[i] = (double)it->weight_single[i];
    }
    limn_status status =
        limn_gradients_from(it->out[0], it->weight, it->in, it->what->inputs, gradient);
    if (!check(status == LIMN_OK, "the gradient cannot be built: %s", limn_message())) {
        it->weight = NULL;
        return;
    }
    for (int i = 0; i < it->what->inputs; i++)
        if (check(gradient[i] != NULL, "no gradient by input %d", i) &&
            check(limn_shape_equal(&gradient[i]->shape, &it->in[i]->shape),
                  "the gradient by input %d is %s", i, limn_shape_text(&gradient[i]->shape)))
            it->out[it->outputs++] = gradient[i];
}

static void release(trial *it) {
    for (int i = 0; i < it->what->inputs; i++) {
        free(it->value[i]);
        free(it->single[i]);
    }
    for (int i = 0; i < it->outputs; i++) free(it->reference[i]);
    free(it->weight_value);
    free(it->weight_single);
    limn_graph_free(it->graph);
}

// ---- running ----

static limn_plan *plan_of(const trial *it, limn_plan_options options) {
    limn_plan *plan;
    if (!check(limn_plan_new(it->out, it->outputs, options, &plan) == LIMN_OK, "no plan: %s",
               limn_message()))
        return NULL;
    bool doubles = options.precision == LIMN_DOUBLES;
    for (int i = 0; i < it->what->inputs; i++)
        limn_plan_bind(plan, it->in[i],
                       doubles ? (const void *)it->value[i] : (const void *)it->single[i], false);
    if (it->weight)
        limn_plan_bind(plan, it->weight,
                       doubles ? (const void *)it->weight_value : (const void *)it->weight_single,
                       false);
    limn_plan_seed(plan, 5, 7);
    return plan;
}

static bool run(limn_plan *plan) {
    return plan && check(limn_plan_run(plan) == LIMN_OK, "%s", limn_message());
}

static const char *kernels_of(const limn_plan *plan) {
    static char text[256];
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < limn_plan_steps(plan) && used < sizeof text - 1; i++) {
        const limn_step *step = limn_plan_step(plan, i, NULL);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s/%s", i ? ", " : "",
                                 step->node->op->name, step->kernel_name);
    }
    return text;
}

static bool find_reference(trial *it) {
    limn_plan *plan = plan_of(it, (limn_plan_options){.precision = LIMN_DOUBLES,
                                                      .no_rewrite = true,
                                                      .keep_all = true,
                                                      .guard = true,
                                                      .threads = 1});
    bool good = run(plan);
    for (int i = 0; good && i < it->outputs; i++) {
        size_t bytes = count_of(it->out[i]) * sizeof(double);
        it->reference[i] = malloc(bytes);
        memcpy(it->reference[i], limn_plan_output(plan, i), bytes);
    }
    limn_plan_free(plan);
    return good;
}

static double largest_of(const double *value, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (fabs(value[i]) > largest) largest = fabs(value[i]);
    return largest;
}

static void compare(const trial *it, const limn_plan *plan, double tolerance, const char *how) {
    for (int i = 0; i < it->outputs; i++) {
        const float *found = limn_plan_output(plan, i);
        size_t count = count_of(it->out[i]), worst = 0;
        double scale = largest_of(it->reference[i], count), error = 0;
        for (size_t k = 0; k < count; k++) {
            double e = fabs((double)found[k] - it->reference[i][k]);
            if (!(e <= error)) { // a NaN is the worst
                error = e;
                worst = k;
                if (isnan(e)) break;
            }
        }
        check(error <= tolerance * scale || error == 0,
              "%s: %s %d differs by %.2g of the largest at element %zu: %.9g, not %.9g (%s)", how,
              i ? "gradient" : "output", i ? i - 1 : 0, error / scale, worst, (double)found[worst],
              it->reference[i][worst], kernels_of(plan));
    }
}

static float *copy_outputs(const trial *it, const limn_plan *plan, size_t *count) {
    *count = 0;
    for (int i = 0; i < it->outputs; i++) *count += count_of(it->out[i]);
    float *copy = malloc(*count * sizeof *copy), *to = copy;
    for (int i = 0; i < it->outputs; to += count_of(it->out[i]), i++)
        memcpy(to, limn_plan_output(plan, i), count_of(it->out[i]) * sizeof *to);
    return copy;
}

// Two threads, twice, memory shared and not: the same bits. One thread, which packs filters anew,
// may add in another order (a sum over pictures split among threads), within the tolerance.
static void try_variants(const trial *it, limn_plan_options options, double tolerance,
                         const char *how) {
    float *first = NULL;
    options.guard = true;
    for (int variant = 0; variant < 3; variant++) {
        options.threads = variant == 2 ? 1 : 2;
        options.keep_all = variant == 1;
        options.seldom = variant == 2;
        limn_plan *plan = plan_of(it, options);
        if (run(plan) && (variant || run(plan))) { // twice: nothing is left over from the first
            size_t count;
            float *found = copy_outputs(it, plan, &count);
            if (variant != 1) compare(it, plan, tolerance, how);
            if (variant == 1 && first)
                check(!memcmp(first, found, count * sizeof *found),
                      "%s: sharing memory changes bits (%s)", how, kernels_of(plan));
            if (variant == 0)
                first = found;
            else
                free(found);
        }
        limn_plan_free(plan);
    }
    free(first);
}

static void try_kernels(const trial *it, bool fast) {
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++)
        for (int blocked = 0; blocked < 2; blocked++) {
            char how[96];
            snprintf(how, sizeof how, "%s, %s, %s inputs", limn_isa_name((limn_isa)isa),
                     fast ? "fast" : "exact", blocked ? "blocked" : "plain");
            try_variants(it,
                         (limn_plan_options){.precision = fast ? LIMN_FAST : LIMN_EXACT,
                                             .isa = (limn_isa)isa,
                                             .blocked_inputs = blocked},
                         fast ? 1e-2 : 3e-5, how);
        }
}

static void round_values(double *value, float *single, size_t count) {
    for (size_t i = 0; i < count; i++) {
        single[i] = limn_bf16_float(limn_bf16(single[i]));
        value[i] = (double)single[i];
    }
}

// Fast precision stores blocked inputs in 16 bits: all inputs are rounded to that first, so that
// steps and kinks do not move.
static void try_fast(trial *it) {
    if (it->what->whole) return; // 16 bits do not hold large whole numbers
    for (int i = 0; i < it->what->inputs; i++)
        round_values(it->value[i], it->single[i], count_of(it->in[i]));
    if (it->weight) round_values(it->weight_value, it->weight_single, count_of(it->weight));
    for (int i = 0; i < it->outputs; i++) {
        free(it->reference[i]);
        it->reference[i] = NULL;
    }
    if (find_reference(it)) try_kernels(it, true);
}

// ---- gradients ----

// The loss sum(weight * result) by plain doubles.
static double loss_of(const trial *it, limn_plan *plan) {
    if (limn_plan_run(plan) != LIMN_OK) return NAN;
    const double *y = limn_plan_output(plan, 0);
    double loss = 0;
    for (size_t i = 0; i < count_of(it->out[0]); i++) loss += it->weight_value[i] * y[i];
    return loss;
}

// The derivative along `direction` of input i, by four points (error of order step^4).
static double slope_along(const trial *it, limn_plan *plan, int i, const double *direction,
                          double step) {
    static const double at[] = {-2, -1, 1, 2}, factor[] = {1, -8, 8, -1};
    size_t count = count_of(it->in[i]);
    double *moved = malloc(count * sizeof *moved), slope = 0;
    limn_plan_bind(plan, it->in[i], moved, false);
    for (int p = 0; p < 4; p++) {
        for (size_t k = 0; k < count; k++) moved[k] = it->value[i][k] + at[p] * step * direction[k];
        slope += factor[p] * loss_of(it, plan);
    }
    limn_plan_bind(plan, it->in[i], it->value[i], false);
    free(moved);
    return slope / (12 * step);
}

// All elements of a small input one by one; a few random directions of a large one.
static void try_gradient(const trial *it, limn_plan *plan, int i) {
    size_t count = count_of(it->in[i]);
    const double *gradient = it->reference[i + 1];
    double *direction = calloc(count, sizeof *direction);
    bool small = count <= 64;
    int tries = small ? (int)count : 4;
    // Steps stay within the distance between neighbouring values, so that no kink is crossed.
    double step = 0.1 / (double)(count + 10);
    if (step > 1e-3) step = 1e-3;
    double worst = 0, scale = largest_of(gradient, count) + 1e-12;
    for (int t = 0; t < tries; t++) {
        double expected = 0, length = 0;
        if (small) {
            memset(direction, 0, count * sizeof *direction);
            direction[t] = 1;
        } else {
            spread_values(direction, count, -1, 1, (uint32_t)(1000 + t));
        }
        for (size_t k = 0; k < count; k++) {
            expected += gradient[k] * direction[k];
            length += fabs(gradient[k] * direction[k]);
        }
        double error = fabs(slope_along(it, plan, i, direction, step) - expected);
        double relative = error / (small ? scale : length + 1e-12);
        if (!(relative <= worst)) worst = relative;
        if (isnan(worst)) break;
    }
    check(worst < 1e-6, "the gradient by input %d is off by %.2g", i, worst);
    free(direction);
}

static void try_gradients(const trial *it) {
    if (!it->weight) return;
    limn_plan *plan;
    limn_plan_options options = {.precision = LIMN_DOUBLES, .threads = 1};
    if (!check(limn_plan_new(it->out, 1, options, &plan) == LIMN_OK, "%s", limn_message())) return;
    for (int i = 0; i < it->what->inputs; i++) limn_plan_bind(plan, it->in[i], it->value[i], false);
    limn_plan_seed(plan, 5, 7);
    for (int i = 0; i + 1 < it->outputs; i++) try_gradient(it, plan, i);
    limn_plan_free(plan);
}

// ---- one case, one operator ----

static void try_mistake(trial *it, bool built) {
    check(!built && strstr(limn_message(), it->what->mistake),
          "the sentence is \"%s\", without \"%s\"", built ? "" : limn_message(), it->what->mistake);
}

static void try_case(const limn_case *what) {
    trial it;
    bool built = build(&it, what);
    if (what->mistake) {
        try_mistake(&it, built);
    } else if (check(built, "it cannot be built: %s", limn_message())) {
        for (int i = 0; i < what->inputs; i++) make_values(&it, i);
        add_gradients(&it);
        if (find_reference(&it)) {
            try_variants(&it, (limn_plan_options){.plain = true, .isa = LIMN_ISA_BASELINE}, 3e-6,
                         "plain");
            try_kernels(&it, false);
            try_gradients(&it);
            try_fast(&it);
        }
    }
    release(&it);
}

static void try_op(const limn_op *op) {
    int failed_before = failed, passed_before = passed, cases = 0;
    check(op->name && op->formula && op->shape && op->plain[0] && op->plain[1] && op->cases,
          "%s lacks a part", op->name);
    check((op->grad != NULL) + op->flat + op->no_grad == 1,
          "%s must have a gradient, or say that it is flat, or that it has none", op->name);
    for (const limn_case *what = op->cases; what && what->build; what++, cases++) {
        char text[128];
        snprintf(text, sizeof text, "%s: %s", op->name, what->what);
        doing = text;
        try_case(what);
    }
    doing = op->name;
    check(cases > 0, "no cases");
    printf("%-22s %3d cases, %5d checks%s\n", op->name, cases, passed - passed_before,
           failed > failed_before ? "  FAILED" : "");
    fflush(stdout);
}

// ---- timing ----

static double seconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double best_time(limn_plan *plan) {
    double best = 1e9, end = seconds_now() + 0.1;
    while (seconds_now() < end) {
        double start = seconds_now();
        if (limn_plan_run(plan) != LIMN_OK) return 0;
        double taken = seconds_now() - start;
        if (taken < best) best = taken;
    }
    return best;
}

static void time_case(const limn_op *op, const limn_case *what) {
    trial it;
    if (build(&it, what)) {
        for (int blocked = 0; blocked < 2; blocked++) {
            limn_plan_options options = {.blocked_inputs = blocked};
            if (!it.in[0]) continue;
            add_gradients(&it);
            for (int i = 0; i < what->inputs; i++)
                if (!it.value[i]) make_values(&it, i);
            limn_plan *plan = plan_of(&it, options);
            if (plan)
                printf("%-18s %-32s %-8s %9.3f ms  %s\n", op->name, what->what,
                       blocked ? "blocked" : "plain", 1e3 * best_time(plan), kernels_of(plan));
            limn_plan_free(plan);
            it.outputs = 1;
            free(it.weight_value);
            free(it.weight_single);
            it.weight = NULL;
            it.weight_value = NULL;
            it.weight_single = NULL;
        }
    }
    release(&it);
}

static void time_op(const limn_op *op) {
    for (const limn_case *what = op->cases; what && what->build; what++)
        if (!what->mistake) time_case(op, what);
}

static bool is_chosen(const limn_op *op, int count, char **names) {
    for (int i = 0; i < count; i++)
        if (!strcmp(names[i], op->name)) return true;
    return count == 0;
}

int main(int count, char **words) {
    bool bench = count > 1 && !strcmp(words[1], "--bench");
    int first = bench ? 2 : 1, tried = 0;
    for (const limn_op *const *op = limn_ops; *op; op++) {
        if (!is_chosen(*op, count - first, words + first)) continue;
        tried++;
        if (bench)
            time_op(*op);
        else
            try_op(*op);
    }
    if (!tried) printf("no operator of that name\n");
    if (!bench) printf("%d passed, %d failed\n", passed, failed);
    return failed || !tried;
}
