// Tests of train/session.c on a method of two numbers: a step whose loss is not a number is left
// out as if it had never been, whichever of its updates broke, and in a run that was cut as well;
// what is judged, what is best, what a resumed run takes from its checkpoint; stages; optimisers.
#include "base/file.h"
#include "own_folder.h"
#include "image/cells.h"
#include "kinds/johnson.h"
#include "train/run_folder.h"
#include "train/schedule.h"
#include "train/session.h"

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
    const char *domains[2];  // NULL: no labels
    int pictures;            // that there are
    const double *totals;    // of one validation after the other; NULL: there are none
    int judged;              // validations
    bool helps;              // w is not of the model
    int built[2];            // how often each stage was
    float shown, weight;     // w when last judged, after the last step
    int64_t fact_in_use;
    float weights[2 * STEPS]; // w before each step
} seen;

static int breaks; // the update of step BROKEN that is given no number; UPDATES: none
static bool idle;  // nothing is done in step BROKEN
static limn_text said;
static bool stops; // while all is opened

static float w_of(const limn_trainer *trainer) {
    int at = limn_store_find(&trainer->store, "w");
    return trainer->store.values[trainer->store.parameters[at].offset];
}

static const limn_init one = {.kind = LIMN_INIT_ONE};

static limn_status toy_open(limn_trainer *trainer) {
    toy *own = trainer->own;
    limn_johnson_shape shape = {.width = 1, .scale = 1};
    if (seen.stage_end) {
        trainer->lengths[0] = seen.stage_end;
        trainer->lengths[1] = trainer->common.steps - seen.stage_end;
    }
    trainer->set.count = seen.pictures;
    for (int i = 0; i < 2 && seen.domains[i]; i++)
        trainer->set.domains[trainer->set.domain_count++] = (limn_domain){.name = seen.domains[i]};
    own->fact = seen.fact;
    limn_trainer_remember(trainer, "a fact", &own->fact);
    LIMN_TRY(limn_model_new(limn_kind_find("torch-examples"), &shape, NULL, 0, &trainer->model));
    if (!seen.helps) limn_store_add(&trainer->model->store, "w", LIMN_SHAPE(1), one, false);
    return LIMN_OK;
}

static limn_status toy_build(limn_trainer *trainer) {
    static const char *const names[] = {"first", "second"};
    toy *own = trainer->own;
    seen.built[trainer->stage]++;
    for (int i = 0; i < UPDATES; i++) {
        LIMN_TRY(limn_trainer_update_new(trainer, names[i], &own->updates[i]));
        limn_net *net = &own->updates[i]->net;
        own->x[i] = limn_input(net->graph, "x", LIMN_SHAPE(1));
        limn_node *w = limn_weight(net, LIMN_SHAPE(1), one, "w");
        limn_update_term(own->updates[i], names[i], limn_square(limn_mul(w, own->x[i])), 1);
    }
    LIMN_TRY(limn_trainer_ready(trainer));
    for (int i = 0; i < UPDATES; i++)
        LIMN_TRY(limn_update_ready(own->updates[i], LIMN_TRAINS(""), trainer->plan));
    return LIMN_OK;
}

static limn_status toy_step(limn_trainer *trainer) {
    toy *own = trainer->own;
    bool here = trainer->step + 1 == BROKEN;
    seen.fact_in_use = own->fact;
    seen.weights[trainer->step] = w_of(trainer);
    for (int i = 0; i < UPDATES && !(here && idle); i++) {
        own->value = here && i == breaks ? NAN : 1 + (float)trainer->step;
        limn_update_bind(own->updates[i], own->x[i], &own->value);
        LIMN_TRY(limn_trainer_update(trainer, own->updates[i], limn_adam_usual(1e-3)));
    }
    seen.weight = w_of(trainer);
    return LIMN_OK;
}

static limn_status toy_validate(limn_trainer *trainer, double *total) {
    seen.shown = w_of(trainer);
    *total = seen.totals ? seen.totals[seen.judged] : 1;
    seen.judged++;
    return LIMN_OK;
}

static limn_status toy_sheet(limn_trainer *trainer, limn_cells *sheet) {
    static const float black[3 * 8 * 8];
    (void)trainer;
    return limn_cells_add_rgb(sheet, black, 8, 8);
}

static void toy_close(limn_trainer *trainer) {
    (void)trainer;
}

static const limn_stage one_stage[] = {{.steps = "steps", .build = toy_build, .step = toy_step},
                                       {0}};
static const limn_stage two_stages[] = {
    {.steps = "steps", .build = toy_build, .step = toy_step},
    {.name = "the second stage", .steps = "steps", .build = toy_build, .step = toy_step},
    {0}};

static limn_method method = {
    .name = "toy",
    .own_size = sizeof(toy),
    .stages = one_stage,
    .open = toy_open,
    .validate = toy_validate,
    .sheet = toy_sheet,
    .close = toy_close,
};

static void say(void *context, const char *line) {
    (void)context;
    limn_text_print(&said, "%s\n", line);
}

static bool stopped(void *context) {
    (void)context;
    return stops;
}

typedef struct outcome {
    char state[32];
} outcome;

static const limn_option_group groups[] = {{"Training", limn_common_training_table, 0}, {0}};

static limn_status try_run(const char *name, limn_common values, bool resume, bool accept) {
    limn_session_request request = {.method = &method,
                                    .groups = groups,
                                    .values = &values,
                                    .common = &values,
                                    .folder = name,
                                    .resume = resume,
                                    .accept_changes = accept,
                                    .hooks = {.say = say, .stopped = stopped}};
    method.stages = seen.stage_end ? two_stages : one_stage;
    limn_text_free(&said);
    return limn_session_run(&request);
}

static limn_common usual(void) {
    limn_common values;
    limn_options_default(groups, &values);
    values.steps = STEPS;
    values.save_every = "3";
    values.keep = 8;
    values.threads = 1;
    return values;
}

static outcome run(const char *name, limn_common values, bool resume) {
    if (try_run(name, values, resume, false) != LIMN_OK) fail_msg("%s: %s", name, limn_message());
    outcome result = {""};
    const char *at = strstr(said.data, "; state ");
    assert_non_null(at);
    sscanf(at, "; state %31s", result.state);
    return result;
}

// Trains, or goes on with, the run of this name.
static outcome train(const char *name, limn_on_nan on_nan, bool resume) {
    limn_common values = usual();
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
    limn_common values = usual();
    run("plain", values, false);
    assert_true(seen.shown == seen.weight);
    values.average = 0.5;
    run("averaged", values, false);
    assert_true(seen.shown > seen.weight && seen.shown < 1);
    seen.helps = true; // as discriminators do, of which nobody is shown an average
    run("helper", values, false);
    assert_true(seen.shown == seen.weight);
}

// The step that the best model of a run is of.
static int64_t step_of_best(const char *name) {
    char path[128];
    limn_model *model;
    snprintf(path, sizeof path, "%s/best.safetensors", name);
    assert_int_equal(limn_model_load(path, NULL, &model), LIMN_OK);
    int64_t step = strtoll(limn_tensors_metadata(&model->told, "limn.step"), NULL, 10);
    limn_model_free(model);
    return step;
}

// It is kept over the end of a session.
static void the_best_is_remembered(void **state) {
    (void)state;
    begin_unbroken();
    static const double first[] = {5, 3, 4, 4, 4}, second[] = {4, 2};
    limn_common values = usual();
    seen.totals = first;
    run("best", values, false);
    assert_int_equal(step_of_best("best"), 3);
    begin_unbroken();
    seen.totals = second;
    values.steps = STEPS + 3;
    values.save_every = "9";
    run("best", values, true);
    assert_int_equal(step_of_best("best"), STEPS + 3);
}

static void a_resumed_run_keeps_its_facts(void **state) {
    (void)state;
    begin_unbroken();
    seen.fact = 7;
    seen.pictures = 5;
    seen.domains[0] = "cat", seen.domains[1] = "dog";
    limn_common values = usual();
    run("facts", values, false);
    seen.fact = 8;
    values.steps = STEPS + 1;
    run("facts", values, true);
    assert_int_equal(seen.fact_in_use, 7);
    seen.domains[0] = "dog", seen.domains[1] = "cat";
    assert_int_equal(try_run("facts", values, true, false), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), "trained for cat, dog"));
}

// A domain less makes the names others; so would a picture.
static void other_pictures_are_refused(void **state) {
    (void)state;
    begin_unbroken();
    seen.pictures = 5;
    seen.domains[0] = "cat", seen.domains[1] = "dog";
    limn_common values = usual();
    run("pictures", values, false);
    seen.domains[0] = NULL;
    values.steps = STEPS + 1;
    assert_int_equal(try_run("pictures", values, true, false), LIMN_USAGE);
    assert_non_null(strstr(limn_message(), "all would come in another order"));
    assert_int_equal(try_run("pictures", values, true, true), LIMN_OK);
}

// Where the rate falls to the last step, another last step is another training.
static void a_length_that_counts_is_named(void **state) {
    (void)state;
    static const int ends[] = {1, 2, 3}; // linear, cosine, poly
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[32];
        snprintf(name, sizeof name, "ends-%zu", i);
        begin_unbroken();
        limn_common values = usual();
        values.schedule = ends[i];
        run(name, values, false);
        values.steps = STEPS + 1;
        assert_int_equal(try_run(name, values, true, false), LIMN_USAGE);
        assert_non_null(strstr(limn_message(), "--steps was 8 and is now 9"));
        assert_int_equal(try_run(name, values, true, true), LIMN_OK);
    }
}

// At the end of a stage the average becomes the weights, and the schedule begins anew.
static void stages(void **state) {
    (void)state;
    begin_unbroken();
    seen.stage_end = 4;
    limn_common values = usual();
    values.average = 0.9;
    run("stages", values, false);
    assert_int_equal(seen.built[0], 1);
    assert_int_equal(seen.built[1], 1);
    assert_non_null(strstr(said.data, "the second stage: 4 steps"));
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
static void stopped_while_opened(void **state) {
    (void)state;
    breaks = UPDATES;
    outcome whole = train("not stopped", LIMN_NAN_STOP, false);
    stops = true;
    assert_int_equal(try_run("stopped", usual(), false, false), LIMN_STOPPED);
    assert_non_null(strstr(limn_message(), "stopped at step 0 of 8"));
    stops = false;
    assert_string_equal(train("stopped", LIMN_NAN_STOP, true).state, whole.state);
}

static void gradient_descent(void **state) {
    (void)state;
    begin_unbroken();
    limn_common values = usual();
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
    limn_run_hold hold = {.lock = -1};
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
    static const int ends[] = {1, 2, 3};
    static const double middle[] = {0.5, 0.5, 0.535886731268146}; // (1/2)^0.9
    for (int i = 0; i < 3; i++) {
        limn_common options = {.schedule = ends[i]};
        assert_true(limn_schedule(&options, 0, 10, 1) == 1);
        assert_float_equal(limn_schedule(&options, 5, 10, 1), middle[i], 1e-12);
        assert_true(limn_schedule(&options, 10, 10, 1) == 0);
        assert_true(limn_schedule_ends(&options));
    }
}

static void exponential_falls_by_epoch(void **state) {
    (void)state;
    limn_common options = {.schedule = 4, .decay = 0.96};
    assert_true(limn_schedule(&options, 6, 100, 7) == 1);
    assert_float_equal(limn_schedule(&options, 7, 100, 7), 0.96, 1e-12);
    assert_float_equal(limn_schedule(&options, 21, 100, 7), 0.96 * 0.96 * 0.96, 1e-12);
    assert_false(limn_schedule_ends(&options));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_end_at_0),
        cmocka_unit_test(exponential_falls_by_epoch),
        cmocka_unit_test(leaves_no_trace),
        cmocka_unit_test(stays_left_out),
        cmocka_unit_test(the_average_is_judged),
        cmocka_unit_test(the_best_is_remembered),
        cmocka_unit_test(a_resumed_run_keeps_its_facts),
        cmocka_unit_test(other_pictures_are_refused),
        cmocka_unit_test(a_length_that_counts_is_named),
        cmocka_unit_test(stages),
        cmocka_unit_test(stopped_while_opened),
        cmocka_unit_test(gradient_descent),
        cmocka_unit_test(opening_sweeps),
    };
    int failed = cmocka_run_group_tests(tests, enter_folder, leave_folder);
    limn_text_free(&said);
    return failed;
}
