// limn data make: sets with truths, drawn by code.
#include "app/make.h"

#include "app/progress.h"
#include "app/signals.h"
#include "makers/maker.h"

#include <string.h>

typedef struct options {
    limn_common_options common;
    const char *digits;
    int64_t seed, count, test_count;
} options;

#define OPTION(member) .offset = offsetof(options, member)
static const limn_option table[] = {
    {.name = "digits",
     .kind = LIMN_OPTION_PATH,
     OPTION(digits),
     .placeholder = "DIR",
     .help = "the folder of MNIST's files, packed (.gz) or not: train-images-idx3-ubyte, "
             "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; or "
             "images-idx3-ubyte, labels-idx1-ubyte, of which the last tenth is for the test"},
    {.name = "seed",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(seed),
     .fallback = "0",
     .low = 0,
     .high = 0x1p53,
     .help = "decides all that is drawn"},
    {.name = "count",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(count),
     .low = 1,
     .high = 1e6,
     .otherwise = "what is usual for the set",
     .help = "pairs to train on"},
    {.name = "test-count",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(test_count),
     .low = 1,
     .high = 1e6,
     .otherwise = "what is usual for the set",
     .help = "pairs to test with"},
    {0}};

static const limn_option_group groups[] = {
    {"Making", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static const char *name_at(const void *context, int position) {
    (void)context;
    return limn_makers[position] ? limn_makers[position]->name : NULL;
}

static limn_status unknown(const char *name) {
    const char *near = limn_text_nearest(name, name_at, NULL);
    limn_text all = {0};
    for (int i = 0; limn_makers[i]; i++)
        limn_text_print(&all, "%s%s", i ? ", " : "", limn_makers[i]->name);
    limn_fail(LIMN_USAGE, "%s: there is no such set to make. There are %s.%s%s%s", name,
              all.data ? all.data : "", near ? " Did you mean " : "", near ? near : "",
              near ? "?" : "");
    limn_text_free(&all);
    return LIMN_USAGE;
}

static limn_status find(const char *name, const limn_maker **maker) {
    for (int i = 0; (*maker = limn_makers[i]); i++)
        if (!strcmp((*maker)->name, name)) return LIMN_OK;
    return unknown(name);
}

static limn_status check_digits(const limn_maker *maker, const char *folder) {
    if (maker->digits && !folder)
        return limn_fail(LIMN_USAGE,
                         "data make: --digits is missing: the folder where MNIST's files are");
    if (maker->digits || !folder) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "--digits: %s is made of none. Leave it out", maker->name);
}

static limn_status look(void *context, int number, int count, const char *name) {
    if (limn_signal_caught())
        return limn_fail(LIMN_STOPPED, "Stopped after %d of %d pairs; nothing is left of them.",
                         number - 1, count);
    limn_progress_look(context, number, count, name);
    return LIMN_OK;
}

static limn_status make(limn_call *call, const limn_making *making, const char *out) {
    limn_progress progress;
    limn_progress_begin(&progress, call, 0);
    limn_signals_begin();
    limn_status status = limn_making_write(making, out, look, &progress);
    limn_progress_clear(&progress);
    return status;
}

static void tell(limn_call *call, const limn_making *making, const char *out) {
    int train = making->count[LIMN_SPLIT_TRAIN], test = making->count[LIMN_SPLIT_TEST];
    limn_call_text(call, "data", out);
    limn_call_number(call, "pairs", train);
    limn_call_number(call, "test_pairs", test);
    limn_call_number(call, "seed", (double)making->seed);
    if (!call->common->json)
        limn_print("%s: %s, %d pairs to train on and %d to test with, seed %llu\n", out,
                   making->maker->name, train, test, (unsigned long long)making->seed);
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    const char *out = call->parsed->arguments[1];
    limn_making_request request = {.digits = given->digits,
                                   .seed = (uint64_t)given->seed,
                                   .count = {(int)given->count, (int)given->test_count}};
    LIMN_TRY(find(call->parsed->arguments[0], &request.maker));
    LIMN_TRY(check_digits(request.maker, given->digits));
    limn_making making;
    LIMN_TRY(limn_making_open(&request, &making));
    limn_status status = make(call, &making, out);
    if (status == LIMN_OK) tell(call, &making, out);
    limn_making_close(&making);
    return status;
}

// ---- the verb ----

static void describe_maker(const limn_maker *maker, limn_text *text) {
    const int *usual = maker->count;
    limn_text_print(text, "%s: %s; ", maker->name, maker->summary);
    if (usual[LIMN_SPLIT_TRAIN])
        limn_text_print(text, "%d pairs and %d for the test unless asked for more or fewer.\n",
                        usual[LIMN_SPLIT_TRAIN], usual[LIMN_SPLIT_TEST]);
    else
        limn_text_print(text, "as many pairs as there are digits unless asked for fewer.\n");
}

static const char *describe(void) {
    static limn_text text;
    if (text.data) return text.data;
    limn_text_print(&text,
                    "Makes a set of pairs of pictures of two domains for `limn train` to learn "
                    "translation from, with what a right translation is:\n");
    for (int i = 0; limn_makers[i]; i++) describe_maker(limn_makers[i], &text);
    limn_text_print(
        &text,
        "In OUT, which is new, stand trainA, trainB, testA, testB; testA2B and testB2A, the "
        "truths: a "
        "picture of the one domain as it is in the look of its partner, which has the same name; "
        "and "
        "pairs.csv, which says what was drawn: colours (rrggbb), places, and the number of each "
        "digit in its file with its label. Label maps (trainA_labels, ...) have grey values: 0 for "
        "the ground, 1 + label. Digits are flat: what is lighter than half is the digit.\n");
    return text.failed ? "" : text.data;
}

const limn_verb *limn_data_part(int position) {
    static limn_verb verb = {
        .name = "data make",
        .summary = "make a set with truths to try translation on",
        .arguments = "NAME OUT",
        .least = 2,
        .most = 2,
        .examples = "limn data make shapes shapes/\n"
                    "limn data make mnist-single digits/ --digits mnist/\n"
                    "limn data make mnist-multiple many/ --digits mnist/ --count 4000 "
                    "--test-count 500\n",
        .groups = groups,
        .options_size = sizeof(options),
        .run = run,
    };
    if (position) return NULL;
    if (!verb.description) verb.description = describe();
    return &verb;
}
