// Looks as a program that uses the library meets them (limn/model.h), compared with what the
// program makes, and what is refused.
//
//   test_styles build/limn FOLDER
#include "program_samples.h"

#include "kinds/two_step.h"

// ---- looks, compared with what the program makes ----

static void domains(void **state) {
    (void)state;
    limn_model *model = load(KEPT("emoji"));
    limn_runner *runner = open_plain(model);
    limn_picture *photo = read_photo();
    assert_int_equal(limn_model_styles(model), LIMN_STYLES_DOMAINS);
    for (int i = 0; i < 3; i++) {
        char words[128];
        const char *name = limn_model_domain(model, i);
        limn_style *style = domain_of(runner, name);
        snprintf(words, sizeof words, PHOTO " --to %s", name);
        check_program(translated(runner, photo, style), words);
        limn_picture *result; // the domain of the picture does not count
        good(limn_translate(runner, photo, limn_model_domain(model, 2), style, &result));
        check_program(result, words);
        limn_style_free(style);
    }
    assert_null(limn_model_domain(model, 3));
    assert_null(limn_model_domain(model, -1));
    limn_runner_free(runner);
    runner = open_with(model, (limn_run_options){.isa = "baseline", .result = LIMN_SIZE_KEEP});
    limn_style *style = domain_of(runner, "google");
    check_program(translated(runner, photo, style), PHOTO " --to google --size keep");
    limn_style_free(style);
    limn_picture_free(photo);
    limn_runner_free(runner);
    limn_model_free(model);
}

static void chance(void **state) {
    (void)state;
    limn_model *model = load(KEPT("emoji"));
    limn_runner *runner = open_plain(model);
    limn_picture *made[5];
    for (int k = 4; k >= 0; k--) { // a function of seed and number, whatever came before
        limn_style *style;
        good(limn_style_random(runner, "openmoji", 3, k, &style));
        made[k] = translated(runner, NULL, style);
        limn_style_free(style);
    }
    limn_picture *sheet = sheet_of(made, 5, 0);
    check_program(sheet, "--to openmoji --random 5 --seed 3");
    limn_runner_free(runner);
    limn_model_free(model);
}

// From one to the other in three steps: the ends, and what lies between.
static limn_picture *strip(limn_runner *runner, const limn_style *first, const limn_style *last) {
    limn_picture *made[3];
    for (int i = 0; i < 3; i++) {
        limn_style *style;
        good(limn_style_mix(first, last, i / 2.0, &style));
        made[i] = translated(runner, NULL, style);
        limn_style_free(style);
    }
    return sheet_of(made, 3, 3);
}

static void mixing(void **state) {
    (void)state;
    limn_model *model = load(KEPT("emoji"));
    limn_runner *runner = open_plain(model);
    limn_picture *photo = read_photo(), *other;
    limn_style *first, *second, *elsewhere;
    good(limn_picture_read(OTHER_PHOTO, NULL, &other));
    good(limn_style_read(runner, photo, "google", &first));
    good(limn_style_read(runner, other, "google", &second));
    good(limn_style_read(runner, photo, "openmoji", &elsewhere));
    check_program(translated(runner, NULL, first), PHOTO " --to google");
    check_program(strip(runner, first, second),
                  PHOTO " " OTHER_PHOTO " --to google --interpolate 3");
    check_program(strip(runner, first, elsewhere),
                  PHOTO " --from google --to openmoji --interpolate 3");
    limn_style *all[] = {first, second, elsewhere};
    for (size_t i = 0; i < ARRAY(all); i++) limn_style_free(all[i]);
    limn_picture_free(photo);
    limn_picture_free(other);
    limn_runner_free(runner);
    limn_model_free(model);
}

// ---- refusals ----

static void refuse(limn_runner *runner, const limn_picture *picture, const char *from,
                   const limn_style *style, const char *words) {
    limn_picture *result = (limn_picture *)&program;
    refused(limn_translate(runner, picture, from, style, &result), LIMN_USAGE, words);
    assert_null(result);
}

static void refusals(void **state) {
    (void)state;
    limn_model *emoji = load(KEPT("emoji")), *onehot = load(KEPT("onehot")),
               *sr = load(KEPT("sr4"));
    limn_model *twin = load(KEPT("emoji"));
    limn_runner *runner = open_plain(emoji), *other = open_plain(onehot), *large = open_plain(sr);
    limn_runner *second = open_plain(twin);
    limn_picture *picture = noise(20, 20, LIMN_RGB), *made;
    limn_style *google = domain_of(runner, "google"), *read, *style;
    good(limn_style_read(runner, picture, "google", &read));
    refuse(runner, picture, NULL, NULL, "network two-step: a style is needed");
    refuse(runner, NULL, NULL, google, "network two-step: a picture is needed");
    refuse(runner, picture, NULL, read,
           "network two-step: the style holds what a picture is made of");
    refuse(large, NULL, NULL, NULL, "network sr: a picture is needed");
    refuse(large, picture, NULL, google, "the style is of another model");
    refuse(other, picture, NULL, google, "the style is of another model");
    refuse(other, NULL, NULL, read, "the style is of another model");
    refuse(second, picture, NULL, google, "the style is of another model");
    refuse(runner, picture, "gogle", google,
           "gogle: the model has no such domain. Did you mean google?");
    refuse(large, picture, "google", NULL, "google: the model has no such domain. It has none.");
    refused(limn_style_domain(runner, "gogle", &style), LIMN_USAGE, "Did you mean google?");
    assert_null(style);
    refused(limn_style_domain(runner, NULL, &style), LIMN_USAGE,
            "A domain must be named. The model has google, ");
    refused(limn_style_random(runner, "x", 1, 1, &style), LIMN_USAGE,
            "x: the model has no such domain");
    refused(limn_style_read(runner, picture, "x", &style), LIMN_USAGE,
            "x: the model has no such domain");
    refused(limn_style_average(runner, "google", &style), LIMN_USAGE,
            "models of network two-step have no look between others");
    assert_null(style);
    refused(limn_style_domain(large, NULL, &style), LIMN_USAGE, "models of network sr ");
    refused(limn_style_random(large, NULL, 1, 1, &style), LIMN_USAGE, "models of network sr ");
    refused(limn_style_read(large, picture, NULL, &style), LIMN_USAGE,
            "models of network sr have one look");
    refused(limn_style_average(large, NULL, &style), LIMN_USAGE, "models of network sr ");
    assert_null(style);
    refused(limn_style_mix(google, read, 0.5, &style), LIMN_USAGE,
            "only one of them is of a picture");
    assert_null(style);
    limn_style *foreign = domain_of(second, "google");
    refused(limn_style_mix(google, foreign, 0.5, &style), LIMN_USAGE,
            "the two styles are of different models");
    made = translated(runner, picture, google); // and goes on
    limn_picture_free(made);
    limn_picture_free(picture);
    limn_style_free(google);
    limn_style_free(read);
    limn_style_free(foreign);
    limn_runner *runners[] = {runner, other, large, second};
    for (size_t i = 0; i < ARRAY(runners); i++) limn_runner_free(runners[i]);
    limn_model *models[] = {emoji, onehot, sr, twin};
    for (size_t i = 0; i < ARRAY(models); i++) limn_model_free(models[i]);
}

// A model of a run that has not come to its second step draws, and cannot read.
static void unread(void **state) {
    (void)state;
    static const char *const called[] = {"a", "b"};
    limn_two_step_shape shape = {.size = 8, .width = 4, .latent = 3};
    limn_model *model;
    limn_style *style;
    limn_picture *picture = noise(8, 8, LIMN_RGB), *result;
    good(limn_model_new(&limn_kind_two_step, &shape, called, 2, &model));
    good(limn_store_ready(&model->store, 1, false));
    limn_runner *runner = open_plain(model);
    refused(limn_style_read(runner, picture, "a", &style), LIMN_MODEL, "is not trained yet");
    assert_null(style);
    style = domain_of(runner, "a");
    refused(limn_translate(runner, picture, NULL, style, &result), LIMN_MODEL,
            "is not trained yet");
    limn_style_free(style);
    good(limn_style_random(runner, "a", 1, 0, &style));
    result = translated(runner, NULL, style);
    assert_int_equal(result->width, 8);
    limn_style_free(style);
    limn_picture_free(result);
    limn_picture_free(picture);
    limn_runner_free(runner);
    limn_model_free(model);
}

int main(int count, char **words) {
    if (count != 3) return 2;
    if (!program_begin(words[1], words[2], KEPT("emoji"))) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains),  cmocka_unit_test(chance), cmocka_unit_test(mixing),
        cmocka_unit_test(refusals), cmocka_unit_test(unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
