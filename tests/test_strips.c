// Networks whose largest maps are made in strips, against the same networks whole.
#include "model/kind.h"
#include "plan/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

// A network of a kind over parameters drawn by chance.
typedef struct network {
    limn_store store;
    limn_net net;
    limn_node *x, *y;
    void *shape;
} network;

static void build(network *it, const char *name, int height, int width) {
    const limn_kind *kind = limn_kind_find(name);
    assert_non_null(kind);
    it->shape = limn_kind_shape(kind);
    it->net = (limn_net){.graph = limn_graph_new(), .store = &it->store};
    it->x = limn_input(it->net.graph, "picture", LIMN_SHAPE(1, 3, height, width));
    it->y = limn_kind_apply(kind, &it->net, it->shape, it->x);
    good(limn_graph_check(it->net.graph));
    good(limn_store_ready(&it->store, 5, false));
}

static void release(network *it) {
    limn_graph_free(it->net.graph);
    limn_net_free(&it->net);
    limn_store_free(&it->store);
    free(it->shape);
    *it = (network){.x = NULL};
}

static float *picture_of(const network *it) {
    size_t count = (size_t)limn_shape_count(&it->x->shape);
    float *rgb = malloc(count * sizeof *rgb);
    for (size_t i = 0; i < count; i++)
        rgb[i] = (float)(128 + 60 * sin(0.003 * (double)i) + 60 * sin(0.71 * (double)(i % 977)));
    return rgb;
}

static limn_plan *run(const network *it, const float *rgb, limn_plan_options options) {
    limn_plan *plan;
    options.guard = true;
    options.threads = 2;
    good(limn_plan_new(&it->y, 1, options, &plan));
    limn_net_bind(&it->net, plan, true);
    limn_plan_bind(plan, it->x, rgb, false);
    good(limn_plan_run(plan));
    return plan;
}

static int steps_of(const limn_plan *plan, const char *op) {
    int count = 0;
    for (int s = 0; s < limn_plan_steps(plan); s++)
        count += !strcmp(limn_plan_step(plan, s, NULL)->node->op->name, op);
    return count;
}

static int64_t largest_map(const limn_plan *plan) {
    int64_t most = 0;
    for (int s = 0; s < limn_plan_steps(plan); s++) {
        int64_t count = limn_shape_count(&limn_plan_step(plan, s, NULL)->out.shape);
        if (count > most) most = count;
    }
    return most;
}

// The largest difference as a share of the largest value; no row may differ much more than all do
// on average, or there would be seams.
static double compare(const network *it, const limn_plan *a, const limn_plan *b) {
    const float *x = limn_plan_output(a, 0), *y = limn_plan_output(b, 0);
    const int64_t *dim = it->y->shape.dim;
    double largest = 0, worst = 0, all = 0, row = 0;
    for (int64_t i = 0; i < dim[1] * dim[2]; i++) {
        double sum = 0;
        for (int64_t j = 0; j < dim[3]; j++, x++, y++) {
            double off = fabs((double)*x - (double)*y);
            assert_true(off < 1e9); // a number
            if (off > worst) worst = off;
            if (fabs((double)*x) > largest) largest = fabs((double)*x);
            sum += off;
        }
        all += sum;
        if (sum > row) row = sum;
    }
    assert_true(row <= 4 * all / (double)(dim[1] * dim[2]));
    return worst / largest;
}

enum { STRIP_BYTES = 100000 };

static void check(const network *it, const char *name, limn_isa isa, limn_precision precision) {
    float *rgb = picture_of(it);
    limn_plan_options how = {.isa = isa, .precision = precision};
    limn_plan *whole = run(it, rgb, how);
    how.strip_bytes = STRIP_BYTES;
    limn_plan *strips = run(it, rgb, how);
    double off = compare(it, whole, strips);
    print_message("%-14s %-11s %-5s: %d and %d steps, largest difference %.2g of the largest\n",
                  name, limn_isa_name(isa), precision == LIMN_FAST ? "fast" : "exact",
                  limn_plan_steps(whole), limn_plan_steps(strips), off);
    assert_true(off < (precision == LIMN_FAST ? 0.05 : 5e-5));
    assert_int_equal(steps_of(whole, "insert"), 0);
    assert_true(steps_of(strips, "insert") >= 6); // at both ends
    assert_true(3 * largest_map(strips) < 2 * largest_map(whole));
    limn_plan_free(strips);
    limn_plan_free(whole);
    free(rgb);
}

static const char *const kinds[] = {"torch-examples", "johnson-in", "johnson-bn"};

static void strips_equal_the_whole(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        network it = {.x = NULL};
        build(&it, kinds[k], 251, 74);
        for (limn_isa isa = LIMN_ISA_BASELINE; isa <= limn_isa_best(); isa++)
            for (int fast = 0; fast < 2; fast++)
                check(&it, kinds[k], isa, fast ? LIMN_FAST : LIMN_EXACT);
        release(&it);
    }
}

// Heights of every remainder, so that the last strip has every number of rows.
static void all_heights(void **state) {
    (void)state;
    for (int height = 96; height < 104; height++) {
        network it = {.x = NULL};
        build(&it, "torch-examples", height, 41);
        check(&it, "torch-examples", limn_isa_best(), LIMN_EXACT);
        release(&it);
    }
}

// What strips do not pay for, or cannot do, stays whole.
static void small_maps_stay_whole(void **state) {
    (void)state;
    network it = {.x = NULL};
    build(&it, "torch-examples", 64, 64);
    float *rgb = picture_of(&it);
    limn_plan *plan = run(&it, rgb, (limn_plan_options){.strip_bytes = (size_t)1 << 20});
    assert_int_equal(steps_of(plan, "insert"), 0);
    limn_plan_free(plan);
    // Something else reads the map between.
    limn_store store = {0};
    limn_net net = {.graph = limn_graph_new(), .store = &store};
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, 200, 32));
    limn_layer_options same = {.conv.pad = 1};
    limn_node *m = limn_conv_layer(&net, x, 16, 3, same, "first");
    limn_node *y = limn_conv_layer(&net, limn_instance_layer(&net, m, "norm"), 3, 3, same, "last");
    limn_node *outputs[] = {y, limn_mean(m, LIMN_ALL_AXES, LIMN_DROP)};
    for (int count = 1; count <= 2; count++) {
        good(limn_plan_new(outputs, count, (limn_plan_options){.strip_bytes = 50000}, &plan));
        assert_int_equal(steps_of(plan, "insert") > 0, count == 1);
        limn_plan_free(plan);
    }
    limn_graph_free(net.graph);
    limn_net_free(&net);
    limn_store_free(&store);
    release(&it);
    free(rgb);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strips_equal_the_whole),
        cmocka_unit_test(all_heights),
        cmocka_unit_test(small_maps_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
