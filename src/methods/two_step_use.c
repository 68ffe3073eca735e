// Pictures through encoder and generator of a two-step model.
#include "methods/two_step.h"

#include <string.h>

// Pictures, 0..255, -> z. The networks count from -1 to 1.
static limn_node *build_encoder(limn_two_step_part *part, const limn_two_step_shape *shape,
                                int count) {
    limn_node *x =
        limn_input(part->net.graph, "pictures", LIMN_SHAPE(count, 3, shape->size, shape->size));
    part->input[0] = x;
    return limn_two_step_encoder(&part->net, shape, limn_affine(x, 1 / 127.5, -1));
}

// z and the code of a domain -> pictures, 0..255.
static limn_node *build_generator(limn_two_step_part *part, const limn_two_step_shape *shape,
                                  int count) {
    limn_graph *graph = part->net.graph;
    int code_size = limn_two_step_code_size(shape);
    part->input[0] = limn_input(graph, "z", LIMN_SHAPE(count, shape->latent));
    part->input[1] = limn_input(graph, "code", LIMN_SHAPE(count, code_size));
    limn_node *y = limn_two_step_generator(&part->net, shape, part->input[0], part->input[1]);
    return limn_affine(y, 127.5, 127.5);
}

typedef limn_node *build_part(limn_two_step_part *, const limn_two_step_shape *, int);
static build_part *const builds[2] = {build_encoder, build_generator};

static limn_status begin_part(limn_two_step_part *part, limn_store *store) {
    part->net = (limn_net){.graph = limn_graph_new(), .store = store};
    return part->net.graph ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for a graph");
}

static void close_part(limn_two_step_part *part) {
    limn_plan_free(part->plan);
    limn_graph_free(part->net.graph);
    limn_net_free(&part->net);
}

limn_status limn_two_step_register(const limn_two_step_shape *shape, limn_store *store) {
    limn_shape table = LIMN_SHAPE(shape->domains, shape->embedding);
    limn_init none = {0};
    if (shape->embedding) limn_store_add(store, LIMN_TWO_STEP_EMBEDDING, table, none, false);
    limn_status status = LIMN_OK;
    for (int i = 0; i < 2 && status == LIMN_OK; i++) {
        limn_two_step_part part = {.plan = NULL};
        status = begin_part(&part, store);
        if (status == LIMN_OK) builds[i](&part, shape, 1);
        if (status == LIMN_OK) status = limn_graph_check(part.net.graph);
        close_part(&part);
    }
    return status;
}

double limn_two_step_macs(const limn_two_step_shape *shape) {
    limn_store scratch = {0};
    double macs = 0;
    for (int i = 0; i < 2; i++) {
        limn_two_step_part part = {.plan = NULL};
        if (begin_part(&part, &scratch) == LIMN_OK) {
            builds[i](&part, shape, 1);
            macs += limn_net_macs(&part.net);
        }
        close_part(&part);
    }
    limn_store_free(&scratch);
    return macs;
}

limn_status limn_two_step_open(limn_two_step_player *player, limn_store *store,
                               const limn_two_step_shape *shape, int count,
                               limn_plan_options options, bool frozen) {
    static const char *const names[2] = {"the encoder",
                                         "the generator, in what the encoder leaves of the limit"};
    *player = (limn_two_step_player){.shape = *shape, .store = store, .count = count};
    for (int i = 0; i < 2; i++) {
        limn_two_step_part *part = &player->parts[i];
        LIMN_TRY(begin_part(part, store));
        limn_node *y = builds[i](part, shape, count);
        limn_status status = limn_plan_new(&y, 1, options, &part->plan);
        if (status != LIMN_OK) return limn_fail_in(status, "%s: ", names[i]);
        size_t used = limn_plan_bytes(part->plan), limit = options.memory_limit;
        if (limit) options.memory_limit = used < limit ? limit - used : 1;
        limn_net_bind(&part->net, part->plan, frozen);
    }
    return LIMN_OK;
}

void limn_two_step_close(limn_two_step_player *player) {
    for (int i = 0; i < 2; i++) close_part(&player->parts[i]);
    *player = (limn_two_step_player){.count = 0};
}

limn_status limn_two_step_encode(limn_two_step_player *player, const float *rgb, float *z) {
    limn_two_step_part *encoder = &player->parts[0];
    limn_plan_bind(encoder->plan, encoder->input[0], rgb, false);
    LIMN_TRY(limn_plan_run(encoder->plan));
    size_t count = (size_t)player->count * (size_t)player->shape.latent;
    memcpy(z, limn_plan_output(encoder->plan, 0), count * sizeof *z);
    return LIMN_OK;
}

limn_status limn_two_step_generate(limn_two_step_player *player, const float *z, const float *code,
                                   float *rgb) {
    limn_two_step_part *generator = &player->parts[1];
    limn_plan_bind(generator->plan, generator->input[0], z, false);
    limn_plan_bind(generator->plan, generator->input[1], code, false);
    LIMN_TRY(limn_plan_run(generator->plan));
    size_t side = (size_t)player->shape.size, count = (size_t)player->count * 3 * side * side;
    memcpy(rgb, limn_plan_output(generator->plan, 0), count * sizeof *rgb);
    return LIMN_OK;
}

void limn_two_step_domain_code(const limn_two_step_player *player, int domain, float *code) {
    int size = limn_two_step_code_size(&player->shape);
    for (int i = 0; i < size; i++) code[i] = i == domain;
    if (!player->shape.embedding) return;
    const limn_store *store = player->store;
    int table = limn_store_find(store, LIMN_TWO_STEP_EMBEDDING);
    const float *rows = store->values + store->parameters[table].offset;
    memcpy(code, rows + (size_t)domain * (size_t)size, (size_t)size * sizeof *code);
}

void limn_two_step_latents(const limn_two_step_shape *shape, const limn_random *stream, int count,
                           float *z) {
    size_t numbers = (size_t)count * (size_t)shape->latent;
    if (shape->uniform)
        limn_random_uniform(stream, -1, 1, z, numbers);
    else
        limn_random_normal(stream, 0, 1, z, numbers);
}

// ---- one picture ----

limn_status limn_two_step_read(limn_two_step_player *player, const limn_two_step_about *about,
                               const limn_picture *picture, float *z) {
    int size = about->shape.size;
    limn_picture *square;
    LIMN_TRY(limn_picture_new(size, size, LIMN_RGB, &square));
    limn_status status = limn_two_step_prepare(about, picture, about->inpaint, square->rgb);
    if (status == LIMN_OK) status = limn_two_step_encode(player, square->rgb, z);
    limn_picture_free(square);
    return status;
}

limn_status limn_two_step_show(limn_two_step_player *player, const float *z, const float *code,
                               limn_picture **result) {
    int size = player->shape.size;
    LIMN_TRY(limn_picture_new(size, size, LIMN_RGB, result));
    limn_status status = limn_two_step_generate(player, z, code, (*result)->rgb);
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*result);
    *result = NULL;
    return status;
}

// Copies a part of `from`, as large as `to`, into the middle of `to` where they share a middle.
static void paste_middle(const limn_picture *from, limn_picture *to, int width, int height) {
    size_t row_floats = (size_t)to->width, plane = row_floats * (size_t)to->height;
    size_t top = (size_t)(to->height - height) / 2, left = (size_t)(to->width - width) / 2;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = top; i < top + (size_t)height; i++) {
            size_t at = c * plane + i * row_floats + left;
            memcpy(to->rgb + at, from->rgb + at, (size_t)width * sizeof *to->rgb);
        }
}

static limn_status resized(limn_picture **picture, int width, int height) {
    limn_picture *other;
    LIMN_TRY(limn_picture_resize(*picture, width, height, LIMN_BICUBIC, &other));
    limn_picture_free(*picture);
    *picture = other;
    return LIMN_OK;
}

// The picture with the hole in its middle filled from what was made, at the size of that.
static limn_status fill_hole(const limn_two_step_about *about, const limn_picture *picture,
                             limn_picture **made) {
    limn_picture *whole;
    int width = (*made)->width, height = (*made)->height, size = about->shape.size;
    LIMN_TRY(limn_picture_resize(picture, width, height, LIMN_BICUBIC, &whole));
    limn_picture_on_white(whole); // as it was read
    int hole = limn_two_step_hole(size);
    paste_middle(*made, whole, width * hole / size, height * hole / size);
    limn_picture_free(*made);
    *made = whole;
    return LIMN_OK;
}

limn_status limn_two_step_translate(limn_two_step_player *player, const limn_two_step_about *about,
                                    const limn_picture *picture, int domain, bool keep_size,
                                    limn_picture **result) {
    float z[LIMN_TWO_STEP_MOST_LATENT], code[LIMN_MOST_DOMAINS];
    limn_two_step_domain_code(player, domain, code);
    LIMN_TRY(limn_two_step_read(player, about, picture, z));
    LIMN_TRY(limn_two_step_show(player, z, code, result));
    limn_status status = LIMN_OK;
    if (keep_size) status = resized(result, picture->width, picture->height);
    if (status == LIMN_OK && about->inpaint) status = fill_hole(about, picture, result);
    if (status == LIMN_OK) {
        limn_picture_inherit(*result, picture);
        return LIMN_OK;
    }
    limn_picture_free(*result);
    *result = NULL;
    return status;
}
