// Two-step models from the weights that the published code saves (zsdonghao/Unsup-Im2Im,
// TensorLayer).
//
// NAME_net_g.npz, _net_e.npz, _net_p.npz hold generator, embedding and encoder as lists of arrays
// without names, in the order of creation; _net_d.npz, the discriminator, is of no use to a model:
//   G  dense, norm, { up, norm }, up, bias       norm: beta, gamma, running mean, running variance
//   P  conv, bias, { conv, norm }, dense, bias
//   E  the table, [K, 5] or as the only array of its list [1, K, 5]
// Maps are [h,w,c] there and [c,h,w] here, kernels [h,w,in,out], those of up [h,w,out,in], dense
// layers [in,out]. Where a dense layer meets a map, its rows or columns run through h, w, c.
#include "kinds/two_step.h"

#include "base/names.h"
#include "base/text.h"
#include "formats/fill.h"
#include "formats/load.h"
#include "model/model.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GENERATOR, EMBEDDING, ENCODER, DISCRIMINATOR, PARTS, MOST_ARRAYS = 64 };

static const struct part {
    char letter; // in the file's name
    const char *what;
} parts[PARTS] = {{'g', "generator"}, {'e', "embedding"}, {'p', "encoder"}, {'d', "discriminator"}};

// The arrays of a file.
typedef struct list {
    const char *path;
    limn_tensors set;
    limn_stored items[MOST_ARRAYS];
    int count;
    int taken; // so many already have their place in our networks
} list;

// How an array lies in the file.
typedef enum layout { PLAIN, KERNEL, DENSE_OUT, DENSE_IN } layout; // to a map, from a map

typedef struct move {
    limn_stored from; // seen as our parameter is
    const char *path; // of its file
    int parameter;
} move;

typedef struct importer {
    list lists[PARTS];
    limn_two_step_shape shape;
    const char *names[LIMN_MOST_DOMAINS]; // of domains
    limn_arena arena;
    limn_model *model;
    move moves[2 * MOST_ARRAYS + 1];
    int count;
} importer;

// ---- the files ----

static limn_status refuse_list(const list *it) {
    return limn_fail(LIMN_MODEL,
                     "%s: not the weights of a network of two-step as its published code saves "
                     "them (an .npz with a list of arrays named params)",
                     it->path);
}

// Lists whose arrays all have one shape are saved as one array with a dimension more.
static limn_status split_array(list *it, const limn_stored *whole) {
    if (whole->rank < 2 || whole->shape[0] > MOST_ARRAYS) return refuse_list(it);
    limn_stored item = *whole;
    item.rank--;
    memmove(item.shape, item.shape + 1, (size_t)item.rank * sizeof *item.shape);
    memmove(item.stride, item.stride + 1, (size_t)item.rank * sizeof *item.stride);
    it->count = (int)whole->shape[0];
    if (it->count) item.count /= whole->shape[0];
    size_t step = whole->stride[0] * limn_element_size(whole->element);
    for (int i = 0; i < it->count; i++) {
        it->items[i] = item;
        if (item.count) it->items[i].bytes += (size_t)i * step;
    }
    return LIMN_OK;
}

static limn_status read_list(const char *path, list *it) {
    *it = (list){.path = path};
    LIMN_TRY(limn_tensors_load(path, &it->set));
    const limn_stored *whole = limn_tensors_find(&it->set, "params");
    if (whole && it->set.count == 1) return split_array(it, whole);
    if (!it->set.count || it->set.count > MOST_ARRAYS) return refuse_list(it);
    for (; it->count < (int)it->set.count; it->count++) {
        char name[32];
        snprintf(name, sizeof name, "params.%d", it->count);
        const limn_stored *item = limn_tensors_find(&it->set, name);
        if (!item) return refuse_list(it);
        it->items[it->count] = *item;
    }
    return LIMN_OK;
}

// Which part of a model a list is; PARTS: none. Names of files may lie, shapes cannot.
static int part_of(const list *it) {
    const limn_stored *first = it->items;
    if (it->count == 1) return first->rank == 2 ? EMBEDDING : PARTS;
    if (it->count < 4) return PARTS;
    const limn_stored *head = &it->items[it->count - 2];
    if (first->rank == 2 && head->rank == 4) return GENERATOR;
    if (first->rank != 4 || head->rank != 2) return PARTS;
    return head->shape[1] == 1 ? DISCRIMINATOR : ENCODER;
}

static limn_status add_file(importer *it, const char *path) {
    list read;
    limn_status status = read_list(path, &read);
    int part = status ? PARTS : part_of(&read);
    if (!status && part == PARTS) status = refuse_list(&read);
    if (!status && it->lists[part].path)
        status = limn_fail(LIMN_USAGE, "%s and %s: each of them is the %s of a model.",
                           it->lists[part].path, path, parts[part].what);
    if (status)
        limn_tensors_free(&read.set);
    else
        it->lists[part] = read;
    return status;
}

// Where the letter of the part stands in "faces_net_g.npz"; NULL when the name is another.
static const char *find_letter(const char *path) {
    const char *slash = strrchr(path, '/'), *found = NULL;
    for (const char *at = slash ? slash : path; (at = strstr(at, "net_")); at++)
        if (at[4] && strchr("gepd", at[4]) && (at[5] == '.' || at[5] == '_')) found = at + 4;
    return found;
}

// A single file stands for those beside it.
static limn_status add_beside(importer *it, const char *path) {
    const char *letter = find_letter(path);
    if (!letter)
        return limn_fail(LIMN_USAGE,
                         "%s: a model of two-step has its weights in three files. Name all three, "
                         "or one called NAME_net_g.npz with NAME_net_e.npz and NAME_net_p.npz "
                         "beside it.",
                         path);
    for (int i = 0; i < DISCRIMINATOR; i++) {
        char *beside = limn_arena_copy(&it->arena, path, strlen(path) + 1);
        if (!beside) return limn_fail(LIMN_MEMORY, "there is no memory for a name");
        beside[letter - path] = parts[i].letter;
        limn_status status = add_file(it, beside);
        if (status && strcmp(path, beside) != 0)
            limn_fail_in(status, "the %s that belongs to %s: ", parts[i].what, path);
        LIMN_TRY(status);
    }
    return LIMN_OK;
}

static limn_status add_files(importer *it, const char *const *paths, int count) {
    if (count == 1) LIMN_TRY(add_beside(it, paths[0]));
    for (int i = 0; i < count && count > 1; i++) LIMN_TRY(add_file(it, paths[i]));
    for (int i = 0; i < DISCRIMINATOR; i++)
        if (!it->lists[i].path)
            return limn_fail(LIMN_USAGE, "%s: the %s (NAME_net_%c.npz) is not among the files.",
                             paths[0], parts[i].what, parts[i].letter);
    return LIMN_OK;
}

// ---- what they say of the model ----

// A dimension as a number that limn_two_step_check can judge.
static int dimension(const limn_stored *item, int index) {
    enum { MOST = 1 << 20 };
    if (index >= item->rank || item->shape[index] > MOST) return MOST;
    return (int)item->shape[index];
}

static limn_status read_shape(importer *it) {
    enum { OF_LAYER = 5, MORE = 2, MOST_LAYERS = 6 }; // arrays
    const list *generator = &it->lists[GENERATOR], *encoder = &it->lists[ENCODER];
    const limn_stored *table = &it->lists[EMBEDDING].items[0];
    int layers = (generator->count - MORE) / OF_LAYER;
    if (generator->count != layers * OF_LAYER + MORE || layers < 1 || layers > MOST_LAYERS)
        return limn_fail(
            LIMN_MODEL,
            "%s: %d arrays, and a generator has %d for each layer (weights and four of "
            "its norm, no bias), and %d more",
            generator->path, generator->count, OF_LAYER, MORE);
    int width = dimension(&generator->items[generator->count - 2], 3);
    limn_two_step_shape *shape = &it->shape;
    *shape = (limn_two_step_shape){
        .size = 4 << layers,
        .width = layers == MOST_LAYERS ? 2 * width : width, // of 256 x 256
        .latent = dimension(&encoder->items[encoder->count - 2], 1),
        .embedding = dimension(table, 1),
        .domains = dimension(table, 0),
        .encoder_steps = 1, // how many is not told
        .stretch = true,    // as the code did with all that these weights have ever seen
    };
    if (!shape->embedding)
        return limn_fail(LIMN_MODEL, "%s: the embedding is empty", it->lists[EMBEDDING].path);
    // What cannot be asked for cannot be in files either.
    if (limn_two_step_check(shape) == LIMN_OK) return LIMN_OK;
    limn_fail(LIMN_MODEL, "%s", limn_message());
    return limn_fail_in(LIMN_MODEL, "%s: ", generator->path);
}

static limn_status check_name(const importer *it, int which, const char *name) {
    limn_shown shown;
    const char *fault = limn_domain_fault(name, it->names, which);
    if (!fault) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "--domain %s: %s.", limn_show(&shown, name, strlen(name)), fault);
}

static limn_status name_domains(importer *it, const limn_import_options *options) {
    static const char *const filled[] = {"hole", "whole"};
    int domains = it->shape.domains;
    it->shape.inpaint = options->inpaint;
    if (options->inpaint && domains != 2)
        return limn_fail(LIMN_USAGE,
                         "--inpaint: the domains are pictures with a hole and whole ones, and the "
                         "model has %d.",
                         domains);
    if (options->count && options->count != domains)
        return limn_fail(LIMN_USAGE, "--domain: %d names, and the model has %d domains.",
                         options->count, domains);
    for (int i = 0; i < domains; i++) {
        it->names[i] = options->inpaint ? filled[i] : limn_arena_print(&it->arena, "%d", i);
        if (options->count) {
            LIMN_TRY(check_name(it, i, options->names[i]));
            it->names[i] = options->names[i];
        }
    }
    return it->arena.failed ? limn_fail(LIMN_MEMORY, "there is no memory for a model") : LIMN_OK;
}

// ---- what goes where ----

enum { CELLS = 16 }; // of the 4 x 4 map that a dense layer meets

// The shape in the file of what is `ours` here.
static int foreign_shape(const limn_shape *ours, layout how, size_t *shape) {
    static const int kernel[] = {2, 3, 1, 0}, matrix[] = {1, 0, 2, 3}, plain[] = {0, 1, 2, 3};
    const int *order = how == PLAIN ? plain : how == KERNEL ? kernel : matrix;
    for (int i = 0; i < ours->rank; i++) shape[i] = (size_t)ours->dim[order[i]];
    return ours->rank;
}

// The same values with their dimensions in our order; a dense layer's side towards a map in two.
static limn_stored seen_as_ours(const limn_stored *item, layout how) {
    limn_stored view = *item;
    const size_t *shape = item->shape, *stride = item->stride;
    if (how == PLAIN) return view;
    view.contiguous = false;
    if (how == KERNEL) {
        static const int order[] = {3, 2, 0, 1};
        for (int i = 0; i < 4; i++) {
            view.shape[i] = shape[order[i]];
            view.stride[i] = stride[order[i]];
        }
        return view;
    }
    int map = how == DENSE_OUT ? 1 : 0; // the dimension that runs through a map
    size_t channels = shape[map] / CELLS;
    size_t sizes[2][3] = {{shape[1], channels, CELLS}, {channels, CELLS, shape[0]}};
    size_t steps[2][3] = {{stride[1], stride[0], channels * stride[0]},
                          {stride[1], channels * stride[1], stride[0]}};
    view.rank = 3;
    memcpy(view.shape, sizes[map], sizeof sizes[map]);
    memcpy(view.stride, steps[map], sizeof steps[map]);
    return view;
}

// The next array of a part becomes the parameter of this name.
__attribute__((format(printf, 4, 5))) static limn_status place(importer *it, int part, layout how,
                                                               const char *format, ...) {
    list *from = &it->lists[part];
    const limn_store *store = &it->model->store;
    char name[48];
    va_list words;
    va_start(words, format);
    vsnprintf(name, sizeof name, format, words);
    va_end(words);
    int parameter = limn_store_find(store, name);
    assert(parameter >= 0);
    const limn_parameter *to = &store->parameters[parameter];
    if (from->taken == from->count)
        return limn_fail(LIMN_MODEL, "%s: the %s ends before %s", from->path, parts[part].what,
                         name);
    size_t shape[LIMN_MAX_RANK];
    int rank = foreign_shape(&to->shape, how, shape), at = from->taken++;
    const limn_stored *item = &from->items[at];
    bool fits = item->rank == rank && !memcmp(item->shape, shape, (size_t)rank * sizeof *shape);
    limn_shown found, wanted;
    if (!fits)
        return limn_fail(LIMN_MODEL, "%s: array %d has the shape %s where %s is expected (%s)",
                         from->path, at, limn_show_shape(&found, item->rank, item->shape),
                         limn_show_shape(&wanted, rank, shape), name);
    if (!limn_element_is_float(item->element))
        return limn_fail(LIMN_MODEL, "%s: array %d holds %s, no weights", from->path, at,
                         limn_element_name(item->element));
    it->moves[it->count++] =
        (move){.from = seen_as_ours(item, how), .path = from->path, .parameter = parameter};
    return LIMN_OK;
}

static limn_status place_norm(importer *it, int part, int number) {
    static const char *const names[] = {"bias", "weight", "running_mean", "running_var"};
    for (int i = 0; i < 4; i++)
        LIMN_TRY(place(it, part, PLAIN, "%c.norm%d.%s", part == GENERATOR ? 'G' : 'E', number,
                       names[i]));
    return LIMN_OK;
}

static limn_status place_generator(importer *it, int layers) {
    LIMN_TRY(place(it, GENERATOR, DENSE_OUT, "G.dense.weight"));
    LIMN_TRY(place_norm(it, GENERATOR, 0));
    for (int i = 1; i < layers; i++) {
        LIMN_TRY(place(it, GENERATOR, KERNEL, "G.up%d.weight", i));
        LIMN_TRY(place_norm(it, GENERATOR, i));
    }
    LIMN_TRY(place(it, GENERATOR, KERNEL, "G.up%d.weight", layers));
    return place(it, GENERATOR, PLAIN, "G.up%d.bias", layers);
}

static limn_status place_encoder(importer *it, int layers) {
    LIMN_TRY(place(it, ENCODER, KERNEL, "E.conv0.weight"));
    LIMN_TRY(place(it, ENCODER, PLAIN, "E.conv0.bias"));
    for (int i = 1; i < layers; i++) {
        LIMN_TRY(place(it, ENCODER, KERNEL, "E.conv%d.weight", i));
        LIMN_TRY(place_norm(it, ENCODER, i));
    }
    LIMN_TRY(place(it, ENCODER, DENSE_IN, "E.latent.weight"));
    return place(it, ENCODER, PLAIN, "E.latent.bias");
}

// Finds a place for every array before memory is taken for any.
static limn_status place_all(importer *it) {
    int layers = 0;
    while (4 << layers < it->shape.size) layers++;
    LIMN_TRY(place(it, EMBEDDING, PLAIN, LIMN_TWO_STEP_EMBEDDING));
    LIMN_TRY(place_generator(it, layers));
    LIMN_TRY(place_encoder(it, layers));
    for (int i = 0; i < DISCRIMINATOR; i++)
        if (it->lists[i].taken != it->lists[i].count)
            return limn_fail(LIMN_MODEL, "%s: %d arrays, and %d are those of the %s",
                             it->lists[i].path, it->lists[i].count, it->lists[i].taken,
                             parts[i].what);
    return LIMN_OK;
}

static limn_status read_weights(importer *it) {
    LIMN_TRY(
        limn_model_new(&limn_kind_two_step, &it->shape, it->names, it->shape.domains, &it->model));
    LIMN_TRY(place_all(it));
    limn_store *store = &it->model->store;
    LIMN_TRY(limn_store_ready(store, 0, false));
    for (int i = 0; i < it->count; i++) {
        const move *one = &it->moves[i];
        limn_status status =
            limn_tensor_fill(&one->from, &store->parameters[one->parameter], store);
        if (status != LIMN_OK) return limn_fail_in(status, "%s: ", one->path);
    }
    return LIMN_OK;
}

// ---- the whole ----

static limn_status describe_source(importer *it) {
    limn_text text = {0};
    limn_text_print(&text, "TensorLayer weights:");
    for (int i = 0; i < DISCRIMINATOR; i++) limn_text_print(&text, " %s", it->lists[i].path);
    limn_status status = text.failed ? limn_fail(LIMN_MEMORY, "no memory for a model's metadata")
                                     : limn_model_describe(it->model, "limn.source", text.data);
    limn_text_free(&text);
    return status;
}

static limn_status import(importer *it, const char *const *paths, int count,
                          const limn_import_options *options) {
    LIMN_TRY(add_files(it, paths, count));
    LIMN_TRY(read_shape(it));
    LIMN_TRY(name_domains(it, options));
    LIMN_TRY(read_weights(it));
    return describe_source(it);
}

limn_status limn_two_step_import(const char *const *paths, int count,
                                 const limn_import_options *options, limn_model **model) {
    importer *it = calloc(1, sizeof *it);
    *model = NULL;
    if (!it) return limn_fail(LIMN_MEMORY, "there is no memory for a model");
    limn_status status = import(it, paths, count, options);
    for (int i = 0; i < PARTS; i++) limn_tensors_free(&it->lists[i].set);
    limn_arena_release(&it->arena);
    if (status == LIMN_OK)
        *model = it->model;
    else
        limn_model_free(it->model);
    free(it);
    return status;
}
