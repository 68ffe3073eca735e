// What DSMAP and MUNIT learn from, and how: values of losses, gradients, the optimiser, without
// training (../shared/spec/domain-mapping.md, T7 and T9 to T13).
#include "dsmap_samples.h"

// ---- T7: values of losses ----

static float *values_of(training *it, const char *name) {
    int at = limn_store_find(&it->trainer.store, name);
    if (at < 0) fail_msg("there is no parameter %s", name);
    return it->trainer.store.values + it->trainer.store.parameters[at].offset;
}

// A discriminator that answers 0 to everything: each of its maps is 1 away from real.
static void silent_discriminator(void **state) {
    (void)state;
    const struct {
        const limn_method *method;
        double adversarial, discriminator;
    } cases[] = {{&limn_method_dsmap, 12, 12}, {&limn_method_munit, 6, 6}};
    for (size_t i = 0; i < ARRAY(cases); i++) {
        training it;
        training_options(&it, cases[i].method, 2, 1);
        training_begin(&it);
        set_all(&it.trainer.store, "D.", 0);
        for (int u = 0; u < LIMN_TWO_UPDATES; u++) training_look(&it, u);
        near("adversarial", sum_of(it.shared->updates[LIMN_DRAWS], "G "), cases[i].adversarial,
             1e-5);
        near("discriminators", sum_of(it.shared->updates[LIMN_JUDGES], "D "),
             cases[i].discriminator, 1e-5);
        training_end(&it);
    }
}

// The style by chance becomes the one that is read of what is made, which is the same whatever it
// is: |s + far| - |s - far| = 2 s for each of its eight numbers.
static void take_styles(training *it) {
    static const char *const terms[] = {"style a", "style b"};
    const float far = 16;
    float found[LIMN_TWO_DOMAINS][8] = {{0}};
    for (int k = 0; k < 8; k++)
        for (int side = -1; side <= 1; side += 2) {
            for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
                memset(it->chance[LIMN_DRAWS][d], 0, 8 * sizeof(float));
                it->chance[LIMN_DRAWS][d][k] = (float)side * far;
            }
            training_look(it, LIMN_DRAWS);
            for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
                found[d][k] -= (float)(4 * side * training_term(it, LIMN_DRAWS, terms[d]));
        }
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
        memcpy(it->chance[LIMN_DRAWS][d], found[d], sizeof found[d]);
}

// Pictures of one colour that the decoders always make, and codes that are alike: nothing is lost.
static void perfect(void **state) {
    (void)state;
    static const char *const kept[] = {"reconstruction ", "cycle ", "content ", "domain ",
                                       "style "};
    enum { GREY = 200 };
    training it;
    training_options(&it, &limn_method_dsmap, 2, 1);
    training_begin(&it);
    const limn_store *store = &it.trainer.store;
    for (int i = 0; i < store->size; i++) { // as at first: no biases, so flat contents are 0
        const limn_parameter *at = &store->parameters[i];
        bool zero = strstr(at->name, ".bias") || strstr(at->name, "G.decoder.a.conv0") ||
                    strstr(at->name, "G.decoder.b.conv0");
        for (size_t k = 0; k < at->count && zero; k++) store->values[at->offset + k] = 0;
    }
    for (int i = 0; i < 6; i++)
        values_of(&it, i < 3 ? "G.decoder.a.conv0.bias" : "G.decoder.b.conv0.bias")[i % 3] =
            (float)atanh(GREY / 127.5 - 1);
    for (int i = 0; i < LIMN_TWO_DOMAINS * 3 * SIDE * SIDE; i++) it.pictures[i] = GREY;
    take_styles(&it);
    training_look(&it, LIMN_DRAWS);
    for (size_t i = 0; i < ARRAY(kept); i++)
        near(kept[i], sum_of(it.shared->updates[LIMN_DRAWS], kept[i]), 0, 1e-3);
    training_end(&it);
}

// ---- T9: what learns from what ----

static int64_t node_count(const limn_node *node) {
    return limn_shape_count(&node->shape);
}

// The largest part of a term's gradient by the parameters of each prefix.
static void gradients_of(training *it, limn_node *loss, const char *const *prefixes, int count,
                         double *largest) {
    limn_update *update = it->shared->updates[LIMN_DRAWS];
    limn_net *net = &update->net;
    limn_node *wrt[300], *found[300], *nodes[300];
    int of[300], all = 0, there = 0;
    for (int i = 0; i < net->size; i++)
        for (int k = 0; k < count && net->node[i]; k++)
            if (!strncmp(it->trainer.store.parameters[i].name, prefixes[k], strlen(prefixes[k])))
                of[all] = k, wrt[all++] = net->node[i];
    good(limn_gradients(loss, wrt, all, found));
    for (int k = 0; k < count; k++) largest[k] = 0;
    for (int i = 0; i < all; i++)
        if (found[i]) nodes[there] = found[i], of[there++] = of[i];
    limn_plan *plan;
    good(limn_plan_new(nodes, there, (limn_plan_options){.threads = 1}, &plan));
    limn_net_bind(net, plan, false);
    limn_plan_bind(plan, it->shared->in[LIMN_DRAWS].pictures, it->pictures, false);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
        limn_plan_bind(plan, it->shared->in[LIMN_DRAWS].chance[d], it->chance[LIMN_DRAWS][d],
                       false);
    good(limn_plan_run(plan));
    for (int i = 0; i < there; i++) {
        const float *values = limn_plan_output(plan, i);
        for (int64_t k = 0; k < node_count(nodes[i]); k++)
            largest[of[i]] = fmax(largest[of[i]], fabs((double)values[k]));
    }
    limn_plan_free(plan);
}

static limn_node *node_of_term(const training *it, const char *name) {
    const limn_update *update = it->shared->updates[LIMN_DRAWS];
    for (int i = 0; i < update->term_count; i++)
        if (!strcmp(update->terms[i].name, name)) return update->terms[i].node;
    fail_msg("there is no term %s", name);
    return NULL;
}

static void domain_term(void **state) {
    (void)state;
    static const char *const prefixes[] = {
        "G.map.a.", "G.content.a.", "G.content.shared", // these learn
        "G.map.b.", "G.content.b.", "G.style.a.",       "G.style.b.",
        "G.mlp.a.", "G.mlp.b.",     "G.decoder.a.",     "G.decoder.b."};
    double largest[ARRAY(prefixes)];
    training it;
    training_options(&it, &limn_method_dsmap, 2, 1);
    training_begin(&it);
    gradients_of(&it, node_of_term(&it, "domain a"), prefixes, ARRAY(prefixes), largest);
    for (size_t i = 0; i < ARRAY(prefixes); i++)
        if ((largest[i] > 0) != (i < 3)) fail_msg("%s: gradient %g", prefixes[i], largest[i]);
    training_end(&it);
}

// A step of one side leaves the other as it is, bit for bit.
static void separate(void **state) {
    (void)state;
    const limn_method *const methods[] = {&limn_method_dsmap, &limn_method_munit};
    for (size_t m = 0; m < ARRAY(methods); m++) {
        training it;
        training_options(&it, methods[m], 2, 1);
        training_begin(&it);
        const limn_store *store = &it.trainer.store;
        float *before = training_floats(store->count);
        for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
            int moved = 0, all = 0;
            memcpy(before, store->values, store->count * sizeof *before);
            training_update(&it, u);
            for (int i = 0; i < store->size; i++) {
                const limn_parameter *at = &store->parameters[i];
                bool same = !memcmp(before + at->offset, store->values + at->offset,
                                    at->count * sizeof *before);
                bool trained = (at->name[0] == 'D') == (u == LIMN_JUDGES);
                if (!trained && !same) fail_msg("%s has moved", at->name);
                moved += trained && !same;
                all += trained;
            }
            assert_int_equal(moved, all);
        }
        free(before);
        training_end(&it);
    }
}

// ---- T10: where the style of a cycle comes from ----

static double cycle_with(training *it, float shade) {
    for (int i = 3 * SIDE * SIDE; i < 2 * 3 * SIDE * SIDE; i++)
        it->pictures[i] = 127 + shade * (it->pictures[i] - 127);
    training_look(it, LIMN_DRAWS);
    double value = training_term(it, LIMN_DRAWS, "cycle a");
    training_batch(it, 0);
    return value;
}

// b's decoders do not look at styles here, so that x_b enters a's cycle by the style of x_ba alone:
// in DSMAP, where a's decoder looks at it, and nowhere in MUNIT.
static void style_of_the_cycle(void **state) {
    (void)state;
    const limn_method *const methods[] = {&limn_method_dsmap, &limn_method_munit};
    for (size_t m = 0; m < ARRAY(methods); m++) {
        training it;
        training_options(&it, methods[m], 2, 1);
        it.munit_options.shared.cycle = 10;
        training_begin(&it);
        set_all(&it.trainer.store, "G.mlp.b.fc0.weight", 0);
        bool seen = cycle_with(&it, 1) != cycle_with(&it, 0.2F);
        assert_int_equal(seen, methods[m] == &limn_method_dsmap);
        set_all(&it.trainer.store, "G.mlp.a.fc0.weight", 0);
        assert_true(cycle_with(&it, 1) == cycle_with(&it, 0.2F));
        training_end(&it);
    }
}

// ---- T11: the optimiser ----

static void rates(void **state) {
    (void)state;
    static const struct {
        int64_t step;
        double rate;
    } cases[] = {{0, 1e-4}, {99999, 1e-4}, {100000, 5e-5}, {200000, 2.5e-5}};
    const limn_default *published = limn_method_dsmap.presets[2].values;
    limn_common common = {.halve_every = 0};
    double rate = 0;
    for (; published->option; published++) {
        if (!strcmp(published->option, "lr")) rate = strtod(published->value, NULL);
        if (!strcmp(published->option, "halve-every")) common.halve_every = atoll(published->value);
    }
    for (size_t i = 0; i < ARRAY(cases); i++)
        near("the rate", rate * limn_schedule(&common, cases[i].step, 200000, 1), cases[i].rate,
             1e-12);
}

// What a parameter becomes, by hand: steps that follow each other add up their decay.
static double adam_by_hand(double w, double g, int times) {
    double m = 0, v = 0;
    for (int t = 1; t <= times; t++) {
        g += 1e-4 * w;
        m = 0.5 * m + 0.5 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= 2e-4 * m / (1 - pow(0.5, t)) / (sqrt(v / (1 - pow(0.999, t))) + 1e-8);
    }
    return w;
}

static void content_steps(void **state) {
    (void)state;
    for (int steps = 1; steps <= 2; steps++) {
        training it;
        training_options(&it, &limn_method_dsmap, 2, 1);
        it.dsmap_options.content_steps = steps;
        training_begin(&it);
        limn_store *store = &it.trainer.store;
        training_look(&it, LIMN_DRAWS);
        float *values = training_floats(2 * store->count), *slopes = values + store->count;
        memcpy(values, store->values, store->count * sizeof *values);
        for (int i = 0; i < store->size; i++) {
            const limn_parameter *at = &store->parameters[i];
            const float *slope = limn_update_gradient(it.shared->updates[LIMN_DRAWS], at->name);
            if (slope) memcpy(slopes + at->offset, slope, at->count * sizeof *slope);
        }
        training_update(&it, LIMN_DRAWS);
        for (int i = 0; i < store->size; i++) {
            const limn_parameter *at = &store->parameters[i];
            int times = strncmp(at->name, "G.content.", 10) ? 1 : steps;
            for (size_t k = at->offset; k < at->offset + at->count && at->name[0] == 'G'; k++)
                near(at->name, (double)store->values[k],
                     adam_by_hand((double)values[k], (double)slopes[k], times), 2e-6);
        }
        free(values);
        training_end(&it);
    }
}

// Without a gradient the decay alone moves a parameter.
static void decay(void **state) {
    (void)state;
    training it;
    training_options(&it, &limn_method_dsmap, 2, 1);
    training_begin(&it);
    set_all(&it.trainer.store, "D.a.0.conv4", 0); // so that nothing reaches what lies before it
    float *weight = values_of(&it, "D.a.0.conv0.weight"), before = *weight;
    training_update(&it, LIMN_JUDGES);
    near("a parameter that decays", (double)*weight, adam_by_hand((double)before, 0, 1), 1e-7);
    assert_true(*weight != before);
    training_end(&it);
}

// ---- T12: whom the contextual loss is asked of ----

static void contextual_terms(void **state) {
    (void)state;
    static const int wanted[] = {
        [LIMN_CONTEXTUAL_EXEMPLAR] = 2, [LIMN_CONTEXTUAL_ALL] = 4, [LIMN_CONTEXTUAL_NONE] = 0};
    for (int of = 0; of < 3; of++) {
        training it;
        training_options(&it, &limn_method_dsmap, 2, 1);
        it.dsmap_options.contextual = of;
        training_begin(&it);
        const limn_update *update = it.shared->updates[LIMN_DRAWS];
        int count = 0;
        for (int i = 0; i < update->term_count; i++)
            count += !strncmp(update->terms[i].name, "contextual", 10);
        assert_int_equal(count, wanted[of]);
        training_end(&it);
    }
}

// ---- T13: gradients in double ----

static double *in_double(const float *from, size_t count) {
    double *to = calloc(count, sizeof *to);
    assert_non_null(to);
    for (size_t i = 0; i < count; i++) to[i] = (double)from[i];
    return to;
}

typedef struct check {
    training *it;
    limn_update *update;
    limn_plan *forward, *backward;
    double *values, *frozen, *pictures, *chance[LIMN_TWO_DOMAINS], *lent[LIMN_MAX_LENT];
} check;

// What is borrowed is a constant here.
static void borrow(check *by, int which) {
    training_lend(by->it, which);
    for (int i = 0; i < by->update->borrowed_count; i++) {
        const struct limn_borrowed *it = &by->update->borrowed[i];
        by->lent[i] = in_double(limn_plan_output(it->lender->plan, it->number),
                                (size_t)limn_shape_count(&it->input->shape));
    }
}

static void bind_check(check *by, limn_plan *plan, int which) {
    const limn_store *store = &by->it->trainer.store, *loss = &by->it->loss->store;
    for (int i = 0; i < by->update->net.size; i++)
        if (by->update->net.node[i])
            limn_plan_bind(plan, by->update->net.node[i], by->values + store->parameters[i].offset,
                           false);
    for (int h = 0; h < by->update->held_count; h++)
        for (int i = 0; i < by->update->held[h].net.size; i++)
            if (by->update->held[h].net.node[i])
                limn_plan_bind(plan, by->update->held[h].net.node[i],
                               by->frozen + loss->parameters[i].offset, false);
    limn_plan_bind(plan, by->it->shared->in[which].pictures, by->pictures, false);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
        limn_plan_bind(plan, by->it->shared->in[which].chance[d], by->chance[d], false);
    for (int i = 0; i < by->update->borrowed_count; i++)
        limn_plan_bind(plan, by->update->borrowed[i].input, by->lent[i], false);
}

static limn_node *weighted_sum(const limn_update *update) {
    limn_node *total = NULL;
    for (int i = 0; i < update->term_count; i++) {
        const struct limn_term *term = &update->terms[i];
        if (term->weight == 0) continue;
        limn_node *part = limn_reshape(limn_scale(term->node, term->weight), LIMN_SHAPE(1));
        total = total ? limn_add(total, part) : part;
    }
    return total;
}

static double total_at(check *by, const double *direction, double step) {
    const limn_store *store = &by->it->trainer.store;
    for (size_t i = 0; i < store->count; i++) by->values[i] += step * direction[i];
    good(limn_plan_run(by->forward));
    double total = *(const double *)limn_plan_output(by->forward, 0);
    for (size_t i = 0; i < store->count; i++) by->values[i] -= step * direction[i];
    return total;
}

// Along a direction in the parameters of each prefix, the sum of terms by differences and by
// gradients.
static void compare_slopes(check *by, const char *const *prefixes, const int *parameter,
                           int count) {
    const limn_store *store = &by->it->trainer.store;
    double *direction = calloc(store->count, sizeof *direction);
    assert_non_null(direction);
    good(limn_plan_run(by->backward));
    for (int p = 0; prefixes[p]; p++) {
        double slope = 0, size = 0;
        memset(direction, 0, store->count * sizeof *direction);
        for (int i = 0; i < count; i++) {
            const limn_parameter *at = &store->parameters[parameter[i]];
            const double *gradient = limn_plan_output(by->backward, i);
            if (strncmp(at->name, prefixes[p], strlen(prefixes[p]))) continue;
            for (size_t k = 0; k < at->count; k++) {
                double along = sin(3.7 * (double)(k + 1) + 1.3 * i);
                direction[at->offset + k] = along;
                slope += along * gradient[k];
                size += gradient[k] * gradient[k];
            }
        }
        assert_true(size > 0);
        const double h = 1e-7;
        double found = (total_at(by, direction, h) - total_at(by, direction, -h)) / (2 * h);
        near(prefixes[p], found, slope, 1e-3 * fmax(fabs(slope), 0.1 * sqrt(size)));
    }
    free(direction);
}

static void check_step(training *it, int which, const char *const *prefixes) {
    check by = {.it = it, .update = it->shared->updates[which]};
    const limn_store *store = &it->trainer.store;
    const limn_net *net = &by.update->net;
    limn_node *wrt[300], *gradients[300], *total = weighted_sum(by.update);
    int parameter[300], count = 0, left = 0;
    for (int i = 0; i < net->size; i++)
        if (net->node[i] && store->parameters[i].name[0] == (which == LIMN_JUDGES ? 'D' : 'G'))
            parameter[count] = i, wrt[count++] = net->node[i];
    good(limn_gradients(total, wrt, count, gradients));
    for (int i = 0; i < count; i++)
        if (gradients[i]) gradients[left] = gradients[i], parameter[left++] = parameter[i];
    limn_plan_options how = {.precision = LIMN_DOUBLES, .threads = 1};
    good(limn_plan_new(&total, 1, how, &by.forward));
    good(limn_plan_new(gradients, left, how, &by.backward));
    by.values = in_double(store->values, store->count);
    by.frozen = in_double(it->loss->store.values, it->loss->store.count);
    by.pictures = in_double(it->pictures, LIMN_TWO_DOMAINS * 3 * SIDE * SIDE);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) by.chance[d] = in_double(it->chance[which][d], 8);
    borrow(&by, which);
    bind_check(&by, by.forward, which);
    bind_check(&by, by.backward, which);
    compare_slopes(&by, prefixes, parameter, left);
    limn_plan_free(by.forward);
    limn_plan_free(by.backward);
    free(by.values), free(by.frozen), free(by.pictures);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) free(by.chance[d]);
    for (int i = 0; i < by.update->borrowed_count; i++) free(by.lent[i]);
}

static void gradients(void **state) {
    (void)state;
    static const char *const judges[] = {"D.a.0", "D.b.2", "D.", NULL},
                             *const dsmap_parts[] = {"G.content.a", "G.content.b", "G.content.s",
                                                     "G.map.a",     "G.map.b",     "G.style.a",
                                                     "G.mlp.b",     "G.decoder.a", NULL},
                             *const munit_parts[] = {"G.content.a", "G.style.b", "G.mlp.a",
                                                     "G.decoder.b", NULL};
    const limn_method *const methods[] = {&limn_method_dsmap, &limn_method_munit};
    for (size_t m = 0; m < ARRAY(methods); m++) {
        training it;
        training_options(&it, methods[m], 2, 1);
        it.dsmap_options.contextual = LIMN_CONTEXTUAL_ALL;
        it.munit_options.shared.cycle = 10;
        it.munit_options.perceptual = 1;
        training_begin(&it);
        check_step(&it, LIMN_JUDGES, judges);
        check_step(&it, LIMN_DRAWS, m ? munit_parts : dsmap_parts);
        training_end(&it);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_discriminator), cmocka_unit_test(perfect),
        cmocka_unit_test(domain_term),          cmocka_unit_test(separate),
        cmocka_unit_test(style_of_the_cycle),   cmocka_unit_test(rates),
        cmocka_unit_test(content_steps),        cmocka_unit_test(decay),
        cmocka_unit_test(contextual_terms),     cmocka_unit_test(gradients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
