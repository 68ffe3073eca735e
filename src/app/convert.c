// limn convert: any model that limn reads into a file of limn's own.
#define _POSIX_C_SOURCE 200809L
#include "app/signals.h"
#include "app/verb.h"
#include "base/file.h"
#include "face/weights.h"
#include "formats/load.h"
#include "formats/numpy.h"
#include "formats/safetensors.h"
#include "model/model.h"
#include "model/shelf.h"

#include <stdlib.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    const char *output, *network, *size;
    int only, statistics; // positions in their choices
    bool half, force, inpaint;
    limn_option_list describe, domains;
} options;

#define DIRECTIONS "both|AtoB|BtoA"
#define STATISTICS "unsaid|picture|running"

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
     .help = "store 16-bit floats: half the size, and no difference that one could see. Where the "
             "input has them they are kept, unless --no-half says otherwise"},
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, network),
     .placeholder = "NAME",
     .help = LIMN_NETWORK_HELP},
    {.name = "only",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, only),
     .fallback = "both",
     .choices = DIRECTIONS,
     .help = "keep one direction of a model that translates by an exemplar: half of the file"},
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

static const limn_option published_table[] = {
    {.name = "domain",
     .kind = LIMN_OPTION_LIST,
     .offset = offsetof(options, domains),
     .placeholder = "NAME",
     .help = "what the next domain is to be called, given once for each in their order; without: "
             "0, 1, ... (TensorLayer), A and B, or as the file says"},
    {.name = "image-size",
     .kind = LIMN_OPTION_TEXT,
     .offset = offsetof(options, size),
     .placeholder = "N",
     .otherwise = "192 for DSMAP, 128 for unet_128, 256 for others",
     .help = "the shorter side of the pictures that published weights of DSMAP, MUNIT, pix2pix and "
             "CycleGAN were trained on"},
    {.name = "statistics",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, statistics),
     .fallback = "unsaid",
     .otherwise = "picture",
     .choices = STATISTICS,
     .placeholder = "picture|running",
     .help = "what batch norms of pix2pix and CycleGAN take: the statistics of the picture, as "
             "their program does and published results have it, or the running ones of training "
             "(its --eval)"},
    {.name = "inpaint",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, inpaint),
     .help = "the model fills a hole in the middle: domain 0 has it, domain 1 is whole"},
    {0}};

static const limn_option_group groups[] = {
    {"Model", table, 0},
    {"Published weights", published_table, 0},
    {"Messages", limn_common_table, offsetof(options, common)},
    {0}};

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

// Puts an entry into what the file will say.
typedef limn_status describer(void *file, const char *key, const char *value);

static limn_status describe_model(void *model, const char *key, const char *value) {
    return limn_model_describe(model, key, value);
}
static limn_status describe_set(void *set, const char *key, const char *value) {
    return limn_tensors_describe(set, key, value);
}

static limn_status describe(describer *say, void *file, const limn_option_list *what) {
    for (int i = 0; i < what->count; i++) {
        const char *sign = strchr(what->items[i], '=');
        if (!sign || sign == what->items[i])
            return limn_fail(LIMN_USAGE, "--describe %s: KEY=VALUE is meant.", what->items[i]);
        if (says_what_it_is(what->items[i]))
            return limn_fail(LIMN_USAGE, "--describe %s: the file says that itself.",
                             what->items[i]);
        char *key = strndup(what->items[i], (size_t)(sign - what->items[i]));
        if (!key) return limn_fail(LIMN_MEMORY, "No memory for a word.");
        limn_status status = say(file, key, sign + 1);
        free(key);
        LIMN_TRY(status);
    }
    return LIMN_OK;
}

// Of options that have no effect on what a file is.
static limn_status refuse_options(const limn_parsed *parsed, const char *const *names,
                                  const char *why) {
    for (; *names; names++)
        if (limn_parsed_has(parsed, *names))
            return limn_fail(LIMN_USAGE, "--%s: %s. Leave it out.", *names, why);
    return LIMN_OK;
}

static const char *const without_effect_on_arrays[] = {"network", "image-size", "statistics", NULL};
static const char *const without_effect_on_faces[] = {
    "network", "only", "domain", "image-size", "statistics", "inpaint", NULL};

// Arrays without names say nothing of what they belong to: a kind that has such published weights.
static limn_status import(const limn_parsed *parsed, const options *given, limn_model **model) {
    const limn_import_options how = {given->domains.items, given->domains.count, given->inpaint};
    LIMN_TRY(refuse_options(parsed, without_effect_on_arrays,
                            "the weights of TensorLayer say what they are"));
    for (const limn_kind *const *kind = limn_kinds; *kind; kind++)
        if ((*kind)->import)
            return (*kind)->import(parsed->arguments, parsed->argument_count, &how, model);
    return limn_numpy_refuse_list();
}

static bool has_halves(const limn_tensors *set) {
    bool all = set->count > 0;
    for (size_t i = 0; i < set->count; i++) all &= set->items[i].element == LIMN_ELEMENT_F16;
    return all;
}

static limn_status load_named(limn_call *call, const options *given, limn_model **model,
                              bool *half) {
    char *path;
    limn_tensors set = {0};
    LIMN_TRY(limn_shelf_find(call->parsed->arguments[0], NULL, 0, &path));
    limn_status status = limn_tensors_load(path, &set);
    if (status == LIMN_OK) {
        if (!limn_parsed_has(call->parsed, "half")) *half = has_halves(&set);
        status = limn_model_read(&set, given->network, LIMN_WITH_PARAMETERS, model);
        if (status != LIMN_OK) limn_fail_in(status, "%s: ", path);
    }
    limn_call_text(call, "model", path);
    limn_tensors_free(&set);
    free(path);
    return status;
}

// What a file is, as limn_tensors_kind has it. A name of a model on the shelf is none.
static limn_status look(const char *path, const char **kind) {
    enum { HEAD = 1 << 12 }; // the name of the first member is in it
    limn_file head;
    size_t size;
    *kind = "";
    limn_status status = limn_file_open_head(path, HEAD, LIMN_MODEL, &head, &size);
    if (status != LIMN_OK) return status == LIMN_MODEL ? LIMN_OK : status;
    *kind = limn_tensors_kind(head.bytes, head.size);
    limn_file_close(&head);
    return LIMN_OK;
}

static limn_status load(limn_call *call, const options *given, const char *what, limn_model **model,
                        bool *half) {
    const limn_parsed *parsed = call->parsed;
    const char *name = parsed->arguments[0];
    if (!strcmp(what, "NumPy zip")) return import(parsed, given, model);
    if (parsed->argument_count > 1)
        return limn_fail(LIMN_USAGE,
                         "%s%s%s%s: convert takes one model at a time; only weights of TensorLayer "
                         "and TensorFlow.js are several files.",
                         name, *what ? " (" : "", what, *what ? ")" : "");
    if (given->inpaint)
        return limn_fail(LIMN_USAGE, "%s: --inpaint is for TensorLayer weights.", name);
    LIMN_TRY(load_named(call, given, model, half));
    if (given->domains.count)
        LIMN_TRY(limn_model_name_domains(*model, given->domains.items, given->domains.count));
    if (given->statistics) {
        char word[LIMN_CHOICE_SIZE];
        limn_option_choice(STATISTICS, given->statistics, word);
        LIMN_TRY(limn_model_say_statistics(*model, word));
    }
    return given->size ? limn_model_say_size(*model, given->size) : LIMN_OK;
}

static limn_status keep(int only, limn_model **model) {
    char direction[LIMN_CHOICE_SIZE];
    limn_option_choice(DIRECTIONS, only, direction);
    return only ? limn_model_keep_direction(model, direction) : LIMN_OK;
}

static limn_status write_result(limn_call *call, const limn_model *model, bool half) {
    const options *given = call->options;
    limn_signals_begin();
    limn_signals_hold();
    limn_status status = limn_model_save(model, given->output, half ? LIMN_HALVES : LIMN_FLOATS,
                                         given->force ? LIMN_REPLACE_EXISTING : LIMN_KEEP_EXISTING);
    limn_signals_release();
    LIMN_TRY(status);
    limn_call_text(call, "output", given->output);
    limn_call_text(call, "network", limn_model_network(model));
    limn_call_number(call, "parameters", (double)limn_model_parameters(model));
    limn_say(call, "%s: %s, %lld parameters, %d-bit floats", given->output,
             limn_model_network(model), (long long)limn_model_parameters(model), half ? 16 : 32);
    return LIMN_OK;
}

// ---- networks that find faces ----

static limn_status write_faces(limn_call *call, limn_tensors *set) {
    const options *given = call->options;
    size_t numbers = 0;
    for (size_t i = 0; i < set->count; i++) numbers += set->items[i].count;
    LIMN_TRY(describe(describe_set, set, &given->describe));
    LIMN_TRY(limn_safetensors_write(
        given->output, set, given->half ? LIMN_ELEMENT_F16 : LIMN_ELEMENT_F32, given->force));
    limn_call_text(call, "output", given->output);
    limn_call_text(call, "network", "faces");
    limn_call_number(call, "parameters", (double)numbers);
    limn_say(call, "%s: faces, %zu parameters, %d-bit floats", given->output, numbers,
             given->half ? 16 : 32);
    return LIMN_OK;
}

static limn_status convert_faces(limn_call *call) {
    const limn_parsed *parsed = call->parsed;
    limn_face_import import;
    LIMN_TRY(
        refuse_options(parsed, without_effect_on_faces, "the weights of TensorFlow.js find faces"));
    LIMN_TRY(limn_face_import_read(parsed->arguments, parsed->argument_count, &import));
    limn_status status = write_faces(call, &import.ours);
    limn_face_import_free(&import);
    return status;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    limn_model *model = NULL;
    bool half = given->half;
    const char *what;
    LIMN_TRY(check_output(given->output, given->force));
    LIMN_TRY(look(call->parsed->arguments[0], &what));
    if (!strcmp(what, "TensorFlow.js manifest")) return convert_faces(call);
    limn_status status = load(call, given, what, &model, &half);
    if (status == LIMN_OK) status = keep(given->only, &model);
    if (status == LIMN_OK) status = describe(describe_model, model, &given->describe);
    if (status == LIMN_OK) status = write_result(call, model, half);
    limn_model_free(model);
    return status;
}

const limn_verb limn_verb_convert = {
    .name = "convert",
    .summary = "make a model file of limn's own from another",
    .arguments = "MODEL ...",
    .least = 1,
    .most = -1,
    .description =
        "Reads a PyTorch state dict (zip or legacy .pth, .model), safetensors or a model "
        "of limn, and writes safetensors that say what they are. Nothing in the input "
        "is executed.\n"
        "TensorLayer weights of two-step translation, as its published code saves them, are "
        "several files of one model: NAME_net_g.npz, NAME_net_e.npz and NAME_net_p.npz. Name one "
        "of them, and the others are found beside it; or name all, in any order. NAME_net_d.npz "
        "is not needed. Such a model stretches the values of each picture to 0..255, as that code "
        "did.\n"
        "Of pix2pix and CycleGAN generators are taken (latest_net_G.pth, latest_net_G_A.pth): "
        "ResNets and U-Nets with their norms. Dropout, which their program leaves on, is off.\n"
        "Of DSMAP and MUNIT the file gen_NUMBER.pt is taken, which holds both generators. Weights "
        "that their authors publish are CC BY-NC-SA 4.0: for no commercial use.\n"
        "Of TensorFlow.js the weights of face-api.js are taken that find faces: the manifests of "
        "the tiny face detector and of face landmark 68, full or tiny, with their shards beside "
        "them, become one file, such as faces.safetensors, which ships.\n",
    .examples = "limn convert candy.pth -o candy.safetensors --half\n"
                "limn convert celebA_net_g.npz --domain male --domain female -o celebA.safetensors"
                "\n"
                "limn convert gen_00200000.pt --domain cat --domain dog -o both.safetensors\n"
                "limn convert latest_net_G.pth -o horse2zebra.safetensors\n"
                "limn convert both.safetensors --only AtoB -o cat2dog.safetensors\n"
                "limn convert tiny_face_detector_model-weights_manifest.json "
                "face_landmark_68_model-weights_manifest.json --half -o faces.safetensors\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
