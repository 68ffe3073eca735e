// Tests of base/options.c and base/options_print.c: what a table of options gives.
#include "base/options.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct inner {
    size_t memory;
    int mode;
} inner;

typedef struct values {
    bool loud, flip;
    const char *name, *file;
    int64_t steps;
    double rate, offset;
    limn_option_list layers;
    inner inner;
} values;

static const limn_option table[] = {{.name = "loud",
                                     .letter = 'l',
                                     .kind = LIMN_OPTION_FLAG,
                                     .offset = offsetof(values, loud),
                                     .help = "be loud"},
                                    {.name = "flip",
                                     .kind = LIMN_OPTION_FLAG,
                                     .offset = offsetof(values, flip),
                                     .fallback = "yes",
                                     .help = "leave pictures as they are"},
                                    {.name = "name",
                                     .letter = 'n',
                                     .kind = LIMN_OPTION_TEXT,
                                     .offset = offsetof(values, name),
                                     .help = "what it is called"},
                                    {.name = "in-file",
                                     .letter = 'i',
                                     .kind = LIMN_OPTION_PATH,
                                     .offset = offsetof(values, file),
                                     .otherwise = "nothing",
                                     .help = "where it comes from"},
                                    {.name = "steps",
                                     .kind = LIMN_OPTION_WHOLE,
                                     .offset = offsetof(values, steps),
                                     .fallback = "1000",
                                     .low = 1,
                                     .high = INFINITY,
                                     .help = "how many"},
                                    {.name = "rate",
                                     .kind = LIMN_OPTION_REAL,
                                     .offset = offsetof(values, rate),
                                     .fallback = "1e-3",
                                     .low = 0,
                                     .high = 1,
                                     .known_as = "speed|pace|p",
                                     .help = "how fast"},
                                    {.name = "offset",
                                     .kind = LIMN_OPTION_REAL,
                                     .offset = offsetof(values, offset),
                                     .help = "from where"},
                                    {.name = "layer",
                                     .kind = LIMN_OPTION_LIST,
                                     .offset = offsetof(values, layers),
                                     .placeholder = "NAME",
                                     .help = "which layers"},
                                    {0}};

static const limn_option more[] = {{.name = "memory",
                                    .kind = LIMN_OPTION_BYTES,
                                    .offset = offsetof(inner, memory),
                                    .high = 2e15,
                                    .fallback = "1.5G",
                                    .help = "how much"},
                                   {.name = "mode",
                                    .kind = LIMN_OPTION_CHOICE,
                                    .offset = offsetof(inner, mode),
                                    .fallback = "fast",
                                    .choices = "slow|fast|fastest",
                                    .help = "which way"},
                                   {0}};

static const limn_option_group groups[] = {
    {"First", table, 0}, {"Second", more, offsetof(values, inner)}, {0}};

// Parses words ended by NULL.
static limn_status parse(values *to, limn_parsed *parsed, const char *const *words) {
    int count = 0;
    while (words[count]) count++;
    memset(to, 0x5A, sizeof *to); // defaults must be set, not found
    return limn_options_parse(groups, count, (char *const *)words, to, parsed);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void defaults(void **state) {
    (void)state;
    values v;
    limn_parsed parsed;
    assert_int_equal(parse(&v, &parsed, (const char *const[]){NULL}), LIMN_OK);
    assert_false(v.loud);
    assert_true(v.flip);
    assert_null(v.name);
    assert_true(v.steps == 1000 && v.rate == 1e-3 && v.offset == 0);
    assert_int_equal(v.layers.count, 0);
    assert_true(v.inner.memory == 1500000000);
    assert_int_equal(v.inner.mode, 1);
    assert_int_equal(parsed.argument_count, 0);
    assert_false(limn_parsed_has(&parsed, "steps"));
    limn_parsed_free(&parsed);
}

static void reads(void **state) {
    (void)state;
    values v;
    limn_parsed parsed;
    assert_int_equal(
        parse(&v, &parsed,
              WORDS("first", "--steps=7", "-lnfoo", "--no-flip", "--in_file", "-x", "--layer", "a",
                    "second", "--layer=b", "--rate", "0.25", "--offset", "-2.5", "--memory", "400M",
                    "--mode=fastest", "--steps", "7", "-", "--", "--steps", "-l")),
        LIMN_OK);
    assert_true(v.loud);
    assert_false(v.flip);
    assert_string_equal(v.name, "foo");
    assert_string_equal(v.file, "-x");
    assert_true(v.steps == 7 && v.rate == 0.25 && v.offset == -2.5);
    assert_int_equal(v.layers.count, 2);
    assert_string_equal(v.layers.items[0], "a");
    assert_string_equal(v.layers.items[1], "b");
    assert_true(v.inner.memory == 400000000);
    assert_int_equal(v.inner.mode, 2);
    const char *const arguments[] = {"first", "second", "-", "--steps", "-l"};
    assert_int_equal(parsed.argument_count, 5);
    for (int i = 0; i < 5; i++) assert_string_equal(parsed.arguments[i], arguments[i]);
    assert_true(limn_parsed_has(&parsed, "in-file"));
    assert_false(limn_parsed_has(&parsed, "nothing"));
    assert_int_equal(limn_options_set(groups, "steps", "12", &v, &parsed), LIMN_OK);
    assert_true(v.steps == 12);
    assert_int_equal(limn_options_set(groups, "flip", "yes", &v, &parsed), LIMN_OK);
    assert_true(v.flip);
    assert_int_equal(limn_options_set(groups, "step", "12", &v, &parsed), LIMN_USAGE);
    limn_parsed_free(&parsed);
}

static void bytes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
    } cases[] = {{"0", 0},
                 {"300000", 300000},
                 {"2K", 2000},
                 {"2kB", 2000},
                 {"1.5GB", 1500000000},
                 {"1e3M", 1000000000},
                 {"512MiB", 512u << 20},
                 {"1KiB", 1024},
                 {"3B", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        values v;
        limn_parsed parsed;
        assert_int_equal(parse(&v, &parsed, WORDS("--memory", cases[i].text)), LIMN_OK);
        assert_true(v.inner.memory == cases[i].bytes);
        limn_parsed_free(&parsed);
    }
}

// Nobody means to have the first of two values forgotten.
static void two_values(void **state) {
    (void)state;
    static const struct {
        const char *words[5];
        const char *sentence;
    } cases[] = {
        {{"-n", "wave", "-n", "wreck"},
         "-n wreck: it was given before, as wave, and takes one value. Give it once."},
        {{"-nwave", "--name=wreck"},
         "--name wreck: it was given before, as wave, and takes one value. Give it once."},
        {{"--steps", "7", "--steps=9"},
         "--steps 9: it was given before, as 7, and takes one value. Give it once."},
        {{"--mode", "slow", "--mode", "fast"},
         "--mode fast: it was given before, as slow, and takes one value. Give it once."},
        {{"--in-file", "a", "--in_file", "b"},
         "--in-file b: it was given before, as a, and takes one value. Give it once."},
    };
    values v;
    limn_parsed parsed;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(&v, &parsed, cases[i].words), LIMN_USAGE);
        assert_string_equal(limn_message(), cases[i].sentence);
        limn_parsed_free(&parsed);
    }
    assert_int_equal(parse(&v, &parsed,
                           WORDS("--flip", "--no-flip", "--flip", "--layer", "a", "--layer", "b",
                                 "--steps=7", "--steps", "7")),
                     LIMN_OK);
    assert_true(v.flip && v.layers.count == 2 && v.steps == 7);
    limn_parsed_free(&parsed);
    const limn_setting pairs[] = {{"steps", "7"}, {"rate", "0.5"}, {"steps", "9"}, {0}};
    assert_int_equal(limn_options_pairs(groups, pairs, &v, &parsed), LIMN_USAGE);
    assert_string_equal(limn_message(), cases[2].sentence);
    limn_parsed_free(&parsed);
}

static void mistakes(void **state) {
    (void)state;
    static const struct {
        const char *words[3];
        const char *sentence;
    } cases[] = {
        {{"--stps", "3"}, "--stps: there is no such option. Did you mean --steps?"},
        {{"--in_fil", "3"}, "--in-fil: there is no such option. Did you mean --in-file?"},
        {{"--mem"}, "--mem: there is no such option. Did you mean --memory?"},
        {{"--xyzzy"}, "--xyzzy: there is no such option. --help lists those there are."},
        {{"-x"}, "-x: there is no such option. --help lists those there are."},
        {{"--no-steps"}, "--no-steps: there is no such option. --help lists those there are."},
        {{"--loud=1"}, "--loud: takes no value."},
        {{"--no-flip=1"}, "--no-flip: takes no value."},
        {{"--steps"}, "--steps: needs a value: --steps N."},
        {{"--mode"}, "--mode: needs a value: --mode slow|fast|fastest."},
        {{"-n"}, "-n: needs a value: -n TEXT."},
        {{"-n", "--loud"}, "-n: needs a value: -n TEXT."},
        {{"--in-file="}, "--in-file: the name is empty."},
        {{"--name="}, "--name: the text is empty."},
        {{"--layer", ""}, "--layer: the text is empty."},
        {{"--steps", "0"}, "--steps 0: must be at least 1."},
        {{"--steps", "x"}, "--steps x: must be a whole number."},
        {{"--steps", "0x10"}, "--steps 0x10: must be a whole number."},
        {{"--steps", " 5"}, "--steps  5: must be a whole number."},
        {{"--steps", ""}, "--steps : must be a whole number."},
        {{"--rate", "2"}, "--rate 2: must be between 0 and 1."},
        {{"--memory", "3000T"}, "--memory 3000T: must be between 0 bytes and 2000 TB."},
        {{"--rate", "inf"}, "--rate inf: must be a number between 0 and 1."},
        {{"--rate", "0x1p-2"}, "--rate 0x1p-2: must be a number between 0 and 1."},
        {{"--rate", "1,5"}, "--rate 1,5: must be a number between 0 and 1."},
        {{"--rate", "50%"}, "--rate 50%: must be a number between 0 and 1."},
        {{"--pace", "1"}, "--pace: there is no such option. Did you mean --rate?"},
        {{"-p", "1"}, "-p: there is no such option. Did you mean --rate?"},
        {{"-p1"}, "-p: there is no such option. Did you mean --rate?"},
        {{"--offset", "1e999"}, "--offset 1e999: must be a number."},
        {{"--memory", "-1"}, "--memory -1: must be a number of bytes, such as 400M or 1.5G."},
        {{"--memory", "9X"}, "--memory 9X: must be a number of bytes, such as 400M or 1.5G."},
        {{"--memory", "1e30"}, "--memory 1e30: must be a number of bytes, such as 400M or 1.5G."},
        {{"--mode", "quick"}, "--mode quick: must be one of slow, fast, fastest."},
        {{"--mode", "slwo"}, "--mode slwo: must be one of slow, fast, fastest. Did you mean slow?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        values v;
        limn_parsed parsed;
        assert_int_equal(parse(&v, &parsed, cases[i].words), LIMN_USAGE);
        assert_string_equal(limn_message(), cases[i].sentence);
        limn_parsed_free(&parsed);
    }
}

static void prints(void **state) {
    (void)state;
    values v;
    limn_parsed parsed;
    limn_text text = {0};
    assert_int_equal(parse(&v, &parsed, WORDS("-n", "a \"b\"", "--layer", "x", "--rate", "0.1")),
                     LIMN_OK);
    limn_options_json(groups, &v, &text);
    assert_string_equal(text.data,
                        "{\"loud\": false, \"flip\": true, \"name\": \"a \\\"b\\\"\", \"in-file\": "
                        "null, \"steps\": 1000, \"rate\": 0.1, \"offset\": 0, \"layer\": [\"x\"], "
                        "\"memory\": 1500000000, \"mode\": \"fast\"}");
    limn_text_free(&text);
    limn_parsed_free(&parsed);
    limn_options_help(groups, &text);
    assert_non_null(strstr(text.data, "\nFirst:\n  -l, --loud              be loud\n"));
    assert_non_null(strstr(text.data, "      --no-flip           leave pictures as they are\n"));
    assert_non_null(strstr(text.data, "how many (at least 1; default: 1000)\n"));
    assert_non_null(strstr(text.data, "how fast (0 to 1; default: 1e-3)\n"));
    assert_non_null(
        strstr(text.data, "--in-file FILE      where it comes from (default: nothing)"));
    assert_non_null(strstr(text.data, "which layers (may be given more than once)\n"));
    for (const char *line = text.data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        assert_true(strcspn(line, "\n") <= 80);
    }
    limn_text_free(&text);
    limn_options_markdown(groups, &text);
    assert_non_null(
        strstr(text.data, "| `--mode slow\\|fast\\|fastest` | which way (default: fast) |"));
    limn_text_free(&text);
}

// An option that another one makes idle.
static void needs(void **state) {
    (void)state;
    const limn_option one = {.name = "weight", .needs = "mode=slow|rate"};
    const limn_option other = {.name = "decay", .needs = "schedule=cosine"}; // which is not there
    values v = {.rate = 0, .inner.mode = 1};
    char words[2 * LIMN_CHOICE_SIZE];
    assert_false(limn_option_matters(groups, &one, &v, words));
    assert_string_equal(words, "--mode slow");
    assert_true(limn_option_matters(groups, &other, &v, words));
    assert_true(limn_option_matters(groups, &table[0], &v, words));
    v.rate = 0.5;
    assert_true(limn_option_matters(groups, &one, &v, words));
    v = (values){.rate = 0, .inner.mode = 0};
    assert_true(limn_option_matters(groups, &one, &v, words));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),   cmocka_unit_test(reads),    cmocka_unit_test(bytes),
        cmocka_unit_test(two_values), cmocka_unit_test(mistakes), cmocka_unit_test(prints),
        cmocka_unit_test(needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
