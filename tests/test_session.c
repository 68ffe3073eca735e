// Tests of train/session.c: a step whose loss is not a number is left out as if it had never been,
// whichever of its updates broke, and in a run that was cut as well.
#include "own_folder.h"
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
} toy;

static int breaks; // the update of step BROKEN that is given no number; UPDATES: none
static bool idle;  // nothing is done in step BROKEN
static limn_text said;

static limn_status toy_open(limn_trainer *trainer) {
    static const char *const names[] = {"first", "second"};
    toy *own = trainer->own;
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
        LIMN_TRY(limn_update_ready(own->updates[i], NULL, NULL, trainer->plan));
    return LIMN_OK;
}

static limn_status toy_step(limn_trainer *trainer) {
    toy *own = trainer->own;
    bool here = trainer->step + 1 == BROKEN;
    for (int i = 0; i < UPDATES && !(here && idle); i++) {
        own->value = here && i == breaks ? NAN : 1 + (float)trainer->step;
        limn_update_bind(own->updates[i], own->x[i], &own->value);
        LIMN_TRY(limn_trainer_update(trainer, own->updates[i], (limn_adam){0}));
    }
    return LIMN_OK;
}

static limn_status toy_sample(limn_trainer *trainer, limn_picture **sheet) {
    (void)trainer;
    return limn_picture_new(8, 8, LIMN_RGB, sheet);
}

static limn_status toy_save(limn_trainer *trainer, const char *path) {
    (void)trainer;
    (void)path;
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

// Trains, or goes on with, the run of this name.
static outcome train(const char *name, limn_on_nan on_nan, bool resume) {
    static const limn_option_group groups[] = {{"Training", limn_train_option_table, 0}, {0}};
    limn_train_options values;
    limn_options_default(groups, &values);
    values.steps = STEPS;
    values.save_every = "3";
    values.keep = 8;
    values.threads = 1;
    values.on_nan = (int)on_nan;
    limn_train_request request = {.method = &method,
                                  .groups = groups,
                                  .values = &values,
                                  .folder = name,
                                  .resume = resume,
                                  .hooks = {.say = say}};
    limn_text_free(&said);
    if (limn_train(&request) != LIMN_OK) fail_msg("%s: %s", name, limn_message());
    outcome result = {""};
    const char *at = strstr(said.data, "; state ");
    assert_non_null(at);
    sscanf(at, "; state %31s", result.state);
    return result;
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_no_trace),
        cmocka_unit_test(stays_left_out),
    };
    int failed = cmocka_run_group_tests(tests, enter_folder, leave_folder);
    limn_text_free(&said);
    return failed;
}
