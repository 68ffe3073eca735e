// Two iterations of each stage of EGSC-IT against PyTorch (tests/reference/egsc_it.py), by plain
// and by fast kernels (../shared/spec/exemplar-guided.md, T20).
//
// The rate is 1e-6, as in test_dsmap_step.c and for the same reason: so small networks have kinks
// at every turn, and Adam makes a full step of any gradient.
#include "egsc_samples.h"
#include "reference/egsc_it_expected.h"

// Which update follows which.
static const int order[STAGES][6] = {{0, 1, 0, 1, -1}, {0, 1, 1, 1, 1, 1}};

static void compare(const limn_update *update, const double *wanted, int k) {
    for (int i = 0; i < update->term_count; i++) {
        char what[80];
        snprintf(what, sizeof what, "update %d, %s", k, update->terms[i].name);
        near(what, update->terms[i].value, wanted[i], 1e-3 * fabs(wanted[i]));
    }
}

static void run(training *t, int stage, const double (*expected)[EXPECTED_TERMS], int *k) {
    for (int i = 0; i < 6 && order[stage][i] >= 0; i++) {
        int which = order[stage][i];
        training_batch(t, *k);
        training_update(t, which, 1e-6);
        compare(t->updates[which], expected[*k], *k);
        (*k)++;
    }
}

static void follow(training *t, const double (*expected)[EXPECTED_TERMS]) {
    int k = 0;
    training_begin(t);
    training_build(t, FIRST);
    parameters_by_formula(&t->store, "", 0);
    training_ready(t, FIRST);
    run(t, FIRST, expected, &k);
    training_cross(t);
    run(t, SECOND, expected, &k);
    run(t, SECOND, expected, &k);
    assert_int_equal(k, EXPECTED_UPDATES);
    training_end(t);
}

static const limn_plan_options ways[] = {{.plain = true, .threads = 1}, {.threads = 1}};

static void single(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY(ways); i++) {
        training t;
        training_options(&t, &limn_method_egsc_it, 4, 0);
        t.how = ways[i];
        t.options.init = LIMN_EGSC_FROM_FIRST;
        follow(&t, egsc_single);
    }
}

static void published(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY(ways); i++) {
        training t;
        training_options(&t, &limn_method_egsc_it, 2, 2);
        t.how = ways[i];
        t.options.init = "none";
        t.options.adain = LIMN_ADAIN_PUBLISHED;
        t.options.kl = LIMN_LATENT_NOISY;
        t.options.discriminator = LIMN_JUDGE_PLAIN;
        follow(&t, egsc_published);
    }
}

static void unmasked(void **state) {
    (void)state;
    training t;
    training_options(&t, &limn_method_egsc_it, 2, 2);
    t.options.init = LIMN_EGSC_FROM_FIRST;
    t.options.mask = false;
    follow(&t, egsc_unmasked);
}

static void plain_content(void **state) {
    (void)state;
    training t;
    training_options(&t, &limn_method_egsc_it, 4, 0);
    t.options.init = LIMN_EGSC_FROM_FIRST;
    t.options.no_adain = true;
    follow(&t, egsc_plain_content);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(single), cmocka_unit_test(published),
                                       cmocka_unit_test(unmasked), cmocka_unit_test(plain_content)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
