// Tests of train/session.c on a method of two numbers: a step whose loss is not a number is left
// out as if it had never been, whichever of its updates broke, and in a run that was cut as well;
// what is judged, what is best, what a resumed run takes from its checkpoint; stages; optimisers.
#include "base/file.h"
#include "own_folder.h"
#include "train/run_folder.h"
#include "train/trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { UPDATES = 2, STEPS = 8, BROKEN = 5 }; // states are saved with steps 0, 3, 6 and 8

// A method of two updates on one number.
typedef struct toy {
    limn_update *updates[UPDATES];
    limn_node *x[UPDATES];
    float value;
    int64_t fact;
} toy;

// What a test asks of the method, and what it saw.
static struct {
    int64_t stage_end, fact; // what opening finds out
    const char *labels;
    const double *totals; // of one validation after the other; NULL: there are none
    int judged, bests;    // validations; models written as the best
    float shown, weight;  // w when last judged, after the last step
    int64_t fact_in_use;
    float weights[2 * STEPS]; // w before each step
} seen;

static int breaks; // the update of step BROKEN that is given no number; UPDATES: none
static bool idle;  // nothing is done in step BROKEN
static limn_text said;

static limn_status toy_open(limn_trainer *trainer) {
    static const char *const names[] = {"first", "second"};
    toy *own = trainer->own;
    trainer->stage_end = seen.stage_end;
    trainer->labels = seen.labels ? strdup(seen.labels) : NULL;
    own->fact = seen.fact;
    limn_trainer_remember(trainer, "a fact", &own->fact);
    for (int i = 0; i < UPDATES; i++) {
        LIMN_TRY(limn_update_new(names[i], &trainer->store, &own->updates[i]));
        LIMN_TRY(limn_trainer_add(trainer, own->updates[i]));
        limn_net *net = &own->updates[i]->net;
        own->x[i] = limn_input(net->graph, "x", LIMN_SHAPE(1));
        limn_node *w = limn_weight(net, LIMN_SHAPE(1), (limn_init){.kind = LIMN_INIT_ONE}, "w");
        limn_update_term(own->updates[i], names[i], limn_square(limn_mul(w, own->x[i])), 1);
    }
    LIMN_TRY(limn_store_ready(&trainer->store, 0, true));
    for (int i = 0; i < UPDATES; i++)
        LIMN_TRY(limn_update_ready(own->updates[i], LIMN_TRAINS(""), trainer->plan));
    return LIMN_OK;
}

static limn_status toy_step(limn_trainer *trainer) {
    toy *own = trainer->own;
    bool here = trainer->step + 1 == BROKEN;
    seen.fact_in_use = own->fact;
    seen.weights[trainer->step] = trainer->store.values[0];
    for (int i = 0; i < UPDATES && !(here && idle); i++) {
        own->value = here && i == breaks ? NAN : 1 + (float)trainer->step;
        limn_update_bind(own->updates[i], own->x[i], &own->value);
        LIMN_TRY(limn_trainer_update(trainer, own->updates[i], limn_adam_usual(1e-3)));
    }
    seen.weight = trainer->store.values[0];
    return LIMN_OK;
}

static limn_status toy_validate(limn_trainer *trainer, double *total) {
    seen.shown = trainer->store.values[0];
    *total = seen.totals ? seen.totals[seen.judged] : 1;
    seen.judged++;
    return LIMN_OK;
}

static limn_status toy_sample(limn_trainer *trainer, limn_picture **sheet) {
    (void)trainer;
    return limn_picture_new(8, 8, LIMN_RGB, sheet);
}

static limn_status toy_save(limn_trainer *trainer, const char *path) {
    (void)trainer;
    seen.bests += strstr(path, "/best.safetensors") != NULL;
    return LIMN_OK;
}

static void toy_close(limn_trainer *trainer) {
    (void)trainer;
}

static const limn_method method = {
    .name = "toy",
    .own_size = sizeof(toy),
    .open = toy_open,
    .step = toy_step,
    .validate = toy_validate,
    .sample = toy_sample,
    .save = toy_save,
    .close = toy_close,
};

static void say(void *context, const char *line) {
    (void)context;
    limn_text_print(&said, "%s\n", line);
}

typedef struct outcome {
    char state[32];
} outcome;

static const limn_option_group groups[] = {{"Training", limn_train_option_table, 0}, {0}};

static limn_status try_run(const char *name, limn_train_options values, bool resume) {
    limn_train_request request = {.method = &method,
                                  .groups = groups,
                                  .values = &values,
                                  .folder = name,
                                  .resume = resume,
                                  .hooks = {.say = say}};
    limn_text_free(&said);
    return limn_train(&request);
}

static limn_train_options usual(void) {
    limn_train_options values;
    limn_options_default(groups, &values);
    values.steps = STEPS;
    values.save_every = "3";
    values.keep = 8;
    values.threads = 1;
    return values;
}

static outcome run(const char *name, limn_train_options values, bool resume) {
    if (try_run(name, values, resume) != LIMN_OK) fail_msg("%s: %s", name, limn_message());
    outcome result = {""};
    const char *at = strstr(said.data, "; state ");
    assert_non_null(at);
    sscanf(at, "; state %31s", result.state);
    return result;
}

// Trains, or goes on with, the run of this name.
static outcome train(const char *name, limn_on_nan on_nan, bool resume) {
    limn_train_options values = usual();
    values.on_nan = (int)on_nan;
    return run(name, values, resume);
}

// What breaks, and from which state such a run goes on: where nothing was changed yet, none is
// lost.
static const struct {
    const char *name;
    limn_on_nan on_nan;
    int breaks, from;
} runs[] = {
    {"rewind-first", LIMN_NAN_REWIND, 0, 3},
    {"rewind-second", LIMN_NAN_REWIND, 1, 3},
    {"skip-first", LIMN_NAN_SKIP, 0, 5},
    {"skip-second", LIMN_NAN_SKIP, 1, 3},
};

static void leaves_no_trace(void **state) {
    (void)state;
    breaks = UPDATES;
    idle = true;
    outcome wanted = train("without", LIMN_NAN_STOP, false);
    idle = false;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        breaks = runs[i].breaks;
        outcome found = train(runs[i].name, runs[i].on_nan, false);
        assert_non_null(strstr(said.data, "step 5: "));
        bool back = strstr(said.data, "back to step 3; step 5 will be left out");
        assert_int_equal(back, runs[i].from == 3);
        assert_string_equal(found.state, wanted.state);
    }
}

// The step would have numbers now; the runs of the test before, cut, leave it out all the same.
static void stays_left_out(void **state) {
    (void)state;
    outcome wanted = train("without", LIMN_NAN_STOP, true);
    breaks = UPDATES;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (int step = 6; step <= STEPS; step += 2) {
            char path[128];
            snprintf(path, sizeof path, "%s/checkpoints/step-%09d.safetensors", runs[i].name, step);
            assert_int_equal(unlink(path), 0);
        }
        char words[32];
        snprintf(words, sizeof words, "going on from step %d", runs[i].from);
        outcome found = train(runs[i].name, LIMN_NAN_STOP, true);
        assert_non_null(strstr(said.data, words));
        assert_string_equal(found.state, wanted.state);
    }
}

static void begin_unbroken(void) {
    memset(&seen, 0, sizeof seen);
    breaks = UPDATES;
}

// w falls with every step, so its average is above it.
static void the_average_is_judged(void **state) {
    (void)state;
    begin_unbroken();
    limn_train_options values = usual();
    run("plain", values, false);
    assert_true(seen.shown == seen.weight);
    values.average = 0.5;
    run("averaged", values, false);
    assert_true(seen.shown > seen.weight && seen.shown < 1);
}

// It is kept over the end of a session.
static void the_best_is_remembered(void **state) {
    (void)state;
    begin_unbroken();
    static const double first[] = {5, 3, 4, 4, 4}, second[] = {4, 2};
    limn_train_options values = usual();
    seen.totals = first;
    run("best", values, false);
    assert_int_equal(seen.bests, 2);
    begin_unbroken();
    seen.totals = second;
    values.steps = STEPS + 3;
    values.save_every = "9";
    run("best", values, true);
    assert_int_equal(seen.bests, 1);
}

static void a_resumed_run_keeps_its_facts(void **state) {
    (void)state;
    begin_unbroken();
    seen.fact = 7;
    seen.labels = "cat, dog";
    limn_train_options values = usual();
    run("facts", values, false);
    seen.fact = 8;
    values.steps = STEPS + 1;
    run("facts", values, true);
    assert_int_equal(seen.fact_in_use, 7);
    seen.labels = "dog, cat";
    assert_int_equal(try_run("facts", values, true), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), "trained for cat, dog"));
}

// At the end of a stage the average becomes the weights, and the schedule begins anew.
static void stages(void **state) {
    (void)state;
    begin_unbroken();
    seen.stage_end = 4;
    limn_train_options values = usual();
    values.average = 0.9;
    run("stages", values, false);
    // It is half a step above them, so that the next step goes down by half of one.
    float step = seen.weights[2] - seen.weights[3];
    assert_float_equal(seen.weights[3] - seen.weights[4], 0.5f * step, 0.1f * step);
    values.average = 0;
    values.schedule = 1;
    run("linear", values, false);
    float before = seen.weights[2] - seen.weights[3], after = seen.weights[4] - seen.weights[5];
    assert_true(after > 1.5f * before);
}

// Two updates a step, each (w x)^2 with its gradient 2 w x^2: by hand, with one momentum for both.
static void gradient_descent(void **state) {
    (void)state;
    begin_unbroken();
    limn_train_options values = usual();
    values.optimiser = 1;
    values.steps = 2;
    run("sgd", values, false);
    double w = 1, m = 0;
    for (int step = 0; step < 2; step++)
        for (int i = 0; i < UPDATES; i++) {
            m = 0.9 * m + 2 * w * (1 + step) * (1 + step);
            w -= 1e-3 * m;
        }
    assert_float_equal(seen.weight, (float)w, 1e-6);
}

// Who has the lock takes away what a writer that was killed left.
static void opening_sweeps(void **state) {
    (void)state;
    limn_run_hold hold;
    assert_int_equal(limn_run_open("swept", false, &hold), LIMN_OK);
    close(hold.lock);
    const char *left = "swept/samples/.limn-0123456789abcdef0123456789abcdef.part";
    assert_int_equal(limn_file_write(left, "", 0, false), LIMN_OK);
    assert_int_equal(limn_run_open("swept", false, &hold), LIMN_OK);
    close(hold.lock);
    assert_int_equal(access(left, F_OK), -1);
}

// What is left of the rate falls to 0, which is no rate of its own.
static void schedules_end_at_0(void **state) {
    (void)state;
    limn_train_options options = {.schedule = 2};
    assert_float_equal(limn_schedule(&options, 0, 10), 1, 0);
    assert_float_equal(limn_schedule(&options, 5, 10), 0.5, 1e-12);
    assert_true(limn_schedule(&options, 10, 10) == 0);
    options.schedule = 1;
    assert_true(limn_schedule(&options, 10, 10) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_end_at_0),
        cmocka_unit_test(leaves_no_trace),
        cmocka_unit_test(stays_left_out),
        cmocka_unit_test(the_average_is_judged),
        cmocka_unit_test(the_best_is_remembered),
        cmocka_unit_test(a_resumed_run_keeps_its_facts),
        cmocka_unit_test(stages),
        cmocka_unit_test(gradient_descent),
        cmocka_unit_test(opening_sweeps),
    };
    int failed = cmocka_run_group_tests(tests, enter_folder, leave_folder);
    limn_text_free(&said);
    return failed;
}
