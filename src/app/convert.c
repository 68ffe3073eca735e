// limn convert: any model file that limn reads into limn's own format.
#define _POSIX_C_SOURCE 200809L
#include "app/shelf.h"
#include "app/verb.h"
#include "base/file.h"
#include "methods/model.h"

#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    const char *output, *network;
    bool half, force;
    limn_option_list describe;
} options;

static const limn_option table[] = {
    {.name = "output",
     .letter = 'o',
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(options, output),
     .placeholder = "FILE",
     .help = "the file to write, ending in .safetensors"},
    {.name = "half",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, half),
     .help = "store 16-bit floats: half the size, and no difference that one could see"},
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, network),
     .placeholder = "NAME",
     .help = "what network the input is, where its names do not tell"},
    {.name = "describe",
     .kind = LIMN_OPTION_LIST,
     .offset = offsetof(options, describe),
     .placeholder = "KEY=VALUE",
     .help = "something for the file to say of itself: a licence, a source; limn.rank=1 puts it "
             "first among models that fit"},
    {.name = "force",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, force),
     .help = "replace a file that is there already"},
    {0}};

static const limn_option_group groups[] = {
    {"Model", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static bool ends_in(const char *name, const char *ending) {
    size_t size = strlen(name), end = strlen(ending);
    return size > end && !strcmp(name + size - end, ending);
}

static limn_status check_output(const char *output, bool force) {
    if (!output) return limn_fail(LIMN_USAGE, "convert: say where the result goes: -o FILE.");
    if (!ends_in(output, ".safetensors"))
        return limn_fail(LIMN_USAGE,
                         "%s: limn writes its models as safetensors. End the name in "
                         ".safetensors.",
                         output);
    return limn_file_can_write(output, force);
}

// The keys that a reader of the file goes by.
static bool says_what_it_is(const char *item) {
    static const char *const own[] = {
        "limn.format=", "limn.method=", "limn.network=", "limn.options=", "limn.version="};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strncmp(item, own[i], strlen(own[i]))) return true;
    return false;
}

static limn_status describe(limn_model *model, const limn_option_list *what) {
    for (int i = 0; i < what->count; i++) {
        const char *sign = strchr(what->items[i], '=');
        if (!sign || sign == what->items[i])
            return limn_fail(LIMN_USAGE, "--describe %s: KEY=VALUE is meant.", what->items[i]);
        if (says_what_it_is(what->items[i]))
            return limn_fail(LIMN_USAGE, "--describe %s: the file says that itself.",
                             what->items[i]);
        char *key = strndup(what->items[i], (size_t)(sign - what->items[i]));
        if (!key) return limn_fail(LIMN_MEMORY, "No memory for a word.");
        limn_status status = limn_model_describe(model, key, sign + 1);
        free(key);
        LIMN_TRY(status);
    }
    return LIMN_OK;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    LIMN_TRY(check_output(given->output, given->force));
    limn_model *model;
    LIMN_TRY(limn_shelf_load(call, call->parsed->arguments[0], 0, given->network, &model));
    limn_status status = describe(model, &given->describe);
    if (status == LIMN_OK)
        status = limn_model_save(model, given->output, given->half, given->force);
    if (status == LIMN_OK) {
        limn_call_text(call, "output", given->output);
        limn_call_text(call, "network", limn_model_network(model));
        limn_call_number(call, "parameters", (double)limn_model_parameters(model));
        limn_say(call, "%s: %s, %lld parameters, %d-bit floats", given->output,
                 limn_model_network(model), (long long)limn_model_parameters(model),
                 given->half ? 16 : 32);
    }
    limn_model_free(model);
    return status;
}

const limn_verb limn_verb_convert = {
    .name = "convert",
    .summary = "make a model file of limn's own from another",
    .arguments = "MODEL",
    .least = 1,
    .most = 1,
    .description =
        "Reads a PyTorch state dict (zip or legacy .pth, .model), safetensors or a model "
        "of limn, and writes safetensors that say what they are. Nothing in the input "
        "is executed.\n",
    .examples = "limn convert candy.pth -o candy.safetensors --half\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
