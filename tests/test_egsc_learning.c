// What EGSC-IT and UNIT learn from, and how: values of losses, what an update changes, gradients,
// what the second stage starts from (../shared/spec/exemplar-guided.md, T6 to T8, T13 and T16).
#include "base/cpu.h"
#include "egsc_samples.h"

// Stage 2 of a training, with parameters by formula.
static void begin_second(training *t) {
    training_begin(t);
    training_build(t, SECOND);
    parameters_by_formula(&t->store, "", 0);
    training_ready(t, SECOND);
    training_batch(t, 0);
}

// ---- T6 ----

// A discriminator that answers 0: 1 away from real, and half of that on average, times 10.
static void silent_discriminator(void **state) {
    (void)state;
    training t;
    training_options(&t, &limn_method_egsc_it, 2, 0);
    begin_second(&t);
    set_all(&t.store, "D.", 0);
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) training_look(&t, u);
    near("adversarial", sum_of(t.updates[LIMN_DRAWS], "G "), 10 * 2 * 1, 1e-5);
    near("discriminators", sum_of(t.updates[LIMN_JUDGES], "D "), 10 * 2 * 0.5, 1e-5);
    training_end(&t);
}

// ---- T7 ----

// Whether any parameter of the prefix differs from what it was.
static bool moved(const limn_store *store, const float *was, const char *prefix) {
    int all = 0, changed = 0;
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        if (strncmp(it->name, prefix, strlen(prefix))) continue;
        changed +=
            memcmp(store->values + it->offset, was + it->offset, it->count * sizeof *was) != 0;
        all++;
    }
    assert_true(all > 0);
    return changed > 0;
}

static void what_learns(void **state) {
    (void)state;
    static const char *const prefixes[] = {"D.a.", "D.b.", "F.a.", "F.b.", "E.a.",
                                           "E.b.", "S.",   "G.a.", "G.b."};
    training t;
    training_options(&t, &limn_method_egsc_it, 2, 2);
    begin_second(&t);
    size_t loss_bytes = t.it.loss.store.count * sizeof(float);
    float *was = training_floats(t.store.count), *loss = training_floats(t.it.loss.store.count);
    memcpy(loss, t.it.loss.store.values, loss_bytes);
    for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
        memcpy(was, t.store.values, t.store.count * sizeof *was);
        training_update(&t, u, 1e-4);
        for (size_t i = 0; i < ARRAY(prefixes); i++)
            assert_int_equal(moved(&t.store, was, prefixes[i]), u == LIMN_JUDGES ? i < 2 : i > 3);
    }
    assert_memory_equal(loss, t.it.loss.store.values, loss_bytes);
    free(was);
    free(loss);
    training_end(&t);
}

static void copy(training *t, const char *to, const char *from) {
    size_t size = strlen(to);
    for (int i = 0; i < t->store.size; i++) {
        const limn_parameter *it = &t->store.parameters[i];
        char name[128];
        if (strncmp(it->name, to, size)) continue;
        snprintf(name, sizeof name, "%s%s", from, it->name + size);
        memcpy(t->store.values + it->offset, training_values(t, name), it->count * sizeof(float));
    }
}

// One latent feeds both drawings of a picture: where the domains are alike they are the same.
static void one_latent(void **state) {
    (void)state;
    training t;
    training_options(&t, &limn_method_egsc_it, 2, 0);
    t.compares = true;
    begin_second(&t);
    copy(&t, "G.b.", "G.a.");
    copy(&t, "F.b.", "F.a.");
    size_t half = (size_t)t.batch * picture_floats(&t);
    memcpy(t.pictures + half, t.pictures, half * sizeof *t.pictures);
    limn_update_freeze(t.updates[LIMN_DRAWS]);
    training_look(&t, LIMN_DRAWS);
    near("x_ab", training_term(&t, LIMN_DRAWS, "x_ab"),
         training_term(&t, LIMN_DRAWS, "reconstruction a"), 1e-7);
    assert_true(training_term(&t, LIMN_DRAWS, "x_ab") > 0.01);
    training_end(&t);
}

// ---- T8 ----

static void same_parameters(const training *a, const training *b, const char *prefix) {
    int all = 0;
    for (int i = 0; i < a->store.size; i++) {
        const limn_parameter *it = &a->store.parameters[i];
        if (strncmp(it->name, prefix, strlen(prefix))) continue;
        const float *x = a->store.values + it->offset, *y = training_values(b, it->name);
        for (size_t k = 0; k < it->count; k++) near(it->name, (double)x[k], (double)y[k], 1e-6);
        all++;
    }
    assert_true(all > 0);
}

// Without guidance, and with semantic terms that count for nothing.
static void reduces_to_unit(void **state) {
    (void)state;
    training a, b;
    training_options(&a, &limn_method_egsc_it, 2, 0);
    a.options.mask = false;
    a.options.no_adain = true;
    a.options.style_weight = a.options.content_weight = 0;
    training_options(&b, &limn_method_unit, 2, 0);
    assert_false(b.options.perceptual);
    begin_second(&a);
    begin_second(&b);
    assert_int_equal(limn_store_find(&a.store, "F.a.conv0.weight"), -1);
    for (int k = 0; k < 4; k++) {
        int which = k % LIMN_TWO_UPDATES;
        training_batch(&a, k);
        training_batch(&b, k);
        training_update(&a, which, 1e-4);
        training_update(&b, which, 1e-4);
        for (int i = 0; i < b.updates[which]->term_count; i++)
            near(b.updates[which]->terms[i].name, a.updates[which]->terms[i].value,
                 b.updates[which]->terms[i].value, 1e-6 * fabs(b.updates[which]->terms[i].value));
    }
    same_parameters(&a, &b, "E.");
    same_parameters(&a, &b, "S.");
    same_parameters(&a, &b, "G.");
    same_parameters(&a, &b, "D.");
    training_end(&a);
    training_end(&b);
}

// Without a latent space there is no noise, and no term that holds it near N(0, I).
static void cyclegan(void **state) {
    (void)state;
    training t;
    training_options(&t, &limn_method_unit, 2, 0);
    t.options.sharing = false;
    begin_second(&t);
    training_look(&t, LIMN_DRAWS);
    assert_int_equal(t.updates[LIMN_DRAWS]->term_count, 6);
    double cycle = training_term(&t, LIMN_DRAWS, "cycle a");
    limn_shape latent = latent_shape(&t);
    for (int j = 0; j < LIMN_EGSC_NOISES; j++)
        memset(t.noise[j], 0, (size_t)limn_shape_count(&latent) * sizeof(float));
    training_look(&t, LIMN_DRAWS);
    near("cycle a", training_term(&t, LIMN_DRAWS, "cycle a"), cycle, 0);
    training_end(&t);
}

// ---- T13 ----

enum { MOST_INPUTS = 400 };

// The whole objective of the generators in double.
typedef struct doubles {
    limn_plan *plan;
    const limn_node *node[MOST_INPUTS];
    const char *name[MOST_INPUTS]; // NULL: no parameter that is trained
    double *value[MOST_INPUTS], *first[MOST_INPUTS], *slope[MOST_INPUTS];
    size_t count[MOST_INPUTS];
    int inputs, trained;
} doubles;

static void add(doubles *it, const limn_node *node, const char *name, const float *values) {
    int i = it->inputs++;
    assert_true(it->inputs <= MOST_INPUTS);
    it->node[i] = node;
    it->name[i] = name;
    it->count[i] = (size_t)limn_shape_count(&node->shape);
    it->value[i] = calloc(it->count[i], sizeof(double));
    it->first[i] = calloc(it->count[i], sizeof(double));
    assert_non_null(it->value[i]);
    assert_non_null(it->first[i]);
    for (size_t k = 0; k < it->count[i]; k++) it->value[i][k] = (double)values[k];
    memcpy(it->first[i], it->value[i], it->count[i] * sizeof(double));
}

static void add_net(doubles *it, const limn_net *net, bool trained) {
    for (int i = 0; i < net->size; i++) {
        if (!net->node[i]) continue;
        const limn_parameter *at = &net->store->parameters[i];
        bool learns = trained && strncmp(at->name, "D.", 2) != 0;
        add(it, net->node[i], learns ? at->name : NULL, net->store->values + at->offset);
    }
}

static limn_node *total_of(const limn_update *update) {
    limn_node *total = NULL;
    for (int i = 0; i < update->term_count; i++) {
        limn_node *part = limn_scale(update->terms[i].node, update->terms[i].weight);
        total = total ? limn_add(total, part) : part;
    }
    return total;
}

static void begin_doubles(doubles *it, const training *t) {
    limn_update *update = t->updates[LIMN_DRAWS];
    limn_node *wrt[MOST_INPUTS], *found[MOST_INPUTS], *nodes[MOST_INPUTS + 1];
    *it = (doubles){.inputs = 0};
    add_net(it, &update->net, true);
    for (int i = 0; i < it->inputs; i++) { // those that learn first
        if (!it->name[i]) continue;
        wrt[it->trained++] = (limn_node *)(uintptr_t)it->node[i];
    }
    for (int i = 0; i < update->held_count; i++) add_net(it, &update->held[i].net, false);
    add(it, t->in[LIMN_DRAWS].pictures, NULL, t->pictures);
    for (int j = 0; j < LIMN_EGSC_NOISES; j++)
        add(it, t->in[LIMN_DRAWS].noise[j], NULL, t->noise[j]);
    nodes[0] = total_of(update);
    good(limn_gradients(nodes[0], wrt, it->trained, found));
    for (int i = 0; i < it->trained; i++) {
        assert_non_null(found[i]);
        nodes[1 + i] = found[i];
    }
    good(limn_plan_new(nodes, 1 + it->trained,
                       (limn_plan_options){.precision = LIMN_DOUBLES, .threads = 1}, &it->plan));
    for (int i = 0; i < it->inputs; i++) limn_plan_bind(it->plan, it->node[i], it->value[i], false);
}

static void end_doubles(doubles *it) {
    limn_plan_free(it->plan);
    for (int i = 0; i < it->inputs; i++) {
        free(it->value[i]);
        free(it->first[i]);
    }
}

// Moves the parameters of a prefix by so much along a direction; the change of the total.
static double total_at(doubles *it, const char *prefix, double by) {
    float *direction;
    for (int i = 0; i < it->inputs; i++) {
        memcpy(it->value[i], it->first[i], it->count[i] * sizeof(double));
        if (!it->name[i] || strncmp(it->name[i], prefix, strlen(prefix))) continue;
        direction = training_floats(it->count[i]);
        by_formula(direction, it->count[i], 70 + i, 0, 1);
        for (size_t k = 0; k < it->count[i]; k++) it->value[i][k] += by * (double)direction[k];
        free(direction);
    }
    good(limn_plan_run(it->plan));
    return *(const double *)(const void *)limn_plan_output(it->plan, 0);
}

// The gradient along it.
static double slope_at(doubles *it, const char *prefix) {
    double sum = 0;
    int at = 0;
    total_at(it, prefix, 0);
    for (int i = 0; i < it->inputs; i++) {
        if (!it->name[i]) continue;
        const double *slope = (const double *)(const void *)limn_plan_output(it->plan, 1 + at++);
        if (strncmp(it->name[i], prefix, strlen(prefix))) continue;
        float *direction = training_floats(it->count[i]);
        by_formula(direction, it->count[i], 70 + i, 0, 1);
        for (size_t k = 0; k < it->count[i]; k++) sum += slope[k] * (double)direction[k];
        free(direction);
    }
    return sum;
}

static void gradients(void **state) {
    static const char *const prefixes[] = {"E.a.", "E.b.", "S.", "G.a.", "G.b.", ""};
    const double step = 1e-8; // smaller than what is between two kinks
    for (int form = 0; form < 2; form++) {
        training t;
        doubles it;
        training_options(&t, &limn_method_egsc_it, 4, *(const int *)*state);
        t.batch = 1;
        t.options.adain = form;
        t.options.kl = form;
        training_begin(&t);
        training_build(&t, SECOND);
        parameters_by_formula(&t.store, "", 0);
        training_batch(&t, 0);
        begin_doubles(&it, &t);
        for (size_t i = 0; i < ARRAY(prefixes); i++) {
            double slope = slope_at(&it, prefixes[i]);
            double found =
                (total_at(&it, prefixes[i], step) - total_at(&it, prefixes[i], -step)) / (2 * step);
            near(prefixes[i], slope, found, 1e-3 * fabs(found));
        }
        end_doubles(&it);
        training_end(&t);
    }
}

// ---- T16 ----

static void same_values(const training *t, const char *prefix, const limn_store *of,
                        const char *other, const char *second) {
    int all = 0;
    size_t size = strlen(prefix);
    for (int i = 0; i < t->store.size; i++) {
        const limn_parameter *it = &t->store.parameters[i];
        const float *from[2] = {NULL, NULL};
        if (strncmp(it->name, prefix, size)) continue;
        for (int k = 0; k < (second ? 2 : 1); k++) {
            char name[128];
            snprintf(name, sizeof name, "%s%s", k ? second : other, it->name + size);
            int at = limn_store_find(of, name);
            assert_true(at >= 0);
            from[k] = of->values + of->parameters[at].offset;
        }
        for (size_t k = 0; k < it->count; k++) {
            float wanted = second ? (from[0][k] + from[1][k]) / 2 : from[0][k];
            near(it->name, (double)t->store.values[it->offset + k], (double)wanted, 0);
        }
        all++;
    }
    assert_true(all > 0);
}

static void start(void **state) {
    (void)state;
    for (int n = 0; n < 3; n += 2) {
        training first, t;
        training_options(&first, &limn_method_egsc_it, 2, n);
        training_begin(&first);
        training_build(&first, FIRST);
        assert_true(limn_egsc_has_first(&first.store));
        parameters_by_formula(&first.store, "", 0);
        training_options(&t, &limn_method_egsc_it, 2, n);
        training_begin(&t);
        training_build(&t, SECOND);
        assert_false(limn_egsc_has_first(&t.store));
        limn_egsc_start_from(&t.store, &first.store);
        same_values(&t, "E.a.", &first.store, "F.a.", NULL);
        same_values(&t, "E.b.", &first.store, "F.b.", NULL);
        same_values(&t, "G.a.", &first.store, "auto.a.draw.", NULL);
        same_values(&t, "G.b.", &first.store, "auto.b.draw.", NULL);
        same_values(&t, "S.latent.", &first.store, "auto.a.latent.", "auto.b.latent.");
        same_values(&t, "S.content.", &first.store, "auto.a.content.", "auto.b.content.");
        training_end(&first);
        training_end(&t);
    }
}

// ---- instruction sets and precision ----

// One iteration's terms by each set of instructions.
static void instruction_sets(void **state) {
    (void)state;
    double wanted[LIMN_TWO_UPDATES][LIMN_MAX_TERMS];
    for (int isa = 0; isa <= (int)limn_isa_best(); isa++) {
        training t;
        training_options(&t, &limn_method_egsc_it, 8, 2);
        t.how.isa = (limn_isa)isa;
        begin_second(&t);
        for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
            training_look(&t, u);
            for (int i = 0; i < t.updates[u]->term_count; i++) {
                double found = t.updates[u]->terms[i].value;
                if (!isa) wanted[u][i] = found;
                near(t.updates[u]->terms[i].name, found, wanted[u][i], 1e-4 * fabs(wanted[u][i]));
            }
        }
        training_end(&t);
    }
}

// The mean of what all updates of an iteration come to.
static double total_of_stage(training *t, int iterations) {
    double sum = 0;
    for (int i = 0; i < iterations; i++)
        for (int u = 0; u < LIMN_TWO_UPDATES; u++) {
            training_batch(t, i);
            training_update(t, u, 2e-4);
            sum += t->updates[u]->total / iterations;
        }
    return sum;
}

// Forty iterations of each stage: 16-bit storage leads as far. Not so each of the discriminators'
// own, a tenth of the total, which differ by 4 in 100 here.
static void precisions(void **state) {
    (void)state;
    double found[2][STAGES];
    for (int fast = 0; fast < 2; fast++) {
        training t;
        training_options(&t, &limn_method_egsc_it, 8, 0);
        t.how.precision = fast ? LIMN_FAST : LIMN_EXACT;
        t.options.init = LIMN_EGSC_FROM_FIRST;
        training_begin(&t);
        training_build(&t, FIRST);
        parameters_by_formula(&t.store, "", 0);
        training_ready(&t, FIRST);
        found[fast][FIRST] = total_of_stage(&t, 40);
        training_cross(&t);
        found[fast][SECOND] = total_of_stage(&t, 40);
        training_end(&t);
    }
    for (int i = 0; i < STAGES; i++) near("a total", found[1][i], found[0][i], 0.02 * found[0][i]);
}

int main(void) {
    static int one = 0, three = 2; // halvings
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_discriminator),
        cmocka_unit_test(what_learns),
        cmocka_unit_test(one_latent),
        cmocka_unit_test(reduces_to_unit),
        cmocka_unit_test(cyclegan),
        cmocka_unit_test_prestate(gradients, &one),
        cmocka_unit_test_prestate(gradients, &three),
        cmocka_unit_test(start),
        cmocka_unit_test(instruction_sets),
        cmocka_unit_test(precisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
