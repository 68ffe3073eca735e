// What DSMAP and MUNIT have in common when they train.
#include "methods/exemplar.h"

#include "data/cut.h"
#include "image/cells.h"
#include "model/runner.h"

#include <stdio.h>
#include <string.h>

enum { HELD_OUT = 4 };

const limn_default limn_exemplar_draft[] = {{"image-size", "64"},
                                            {"width", "32"},
                                            {"batch-size", "2"},
                                            {"steps", "10000"},
                                            {"schedule", "cosine"},
                                            {"ema", "0.999"},
                                            {0}};
const limn_default limn_exemplar_good[] = {{"image-size", "128"},
                                           {"width", "32"},
                                           {"batch-size", "2"},
                                           {"steps", "12000"},
                                           {"schedule", "cosine"},
                                           {"ema", "0.999"},
                                           {0}};

// ---- discriminators ----

static limn_node *judge(limn_net *net, int64_t width, double slope, limn_node *x, int domain,
                        int scale) {
    static const limn_init normal = {LIMN_INIT_NORMAL, 0, 0.02F};
    char name[32];
    for (int i = 0; i < 4; i++) {
        limn_layer_options half = {.conv = {.stride = 2, .pad = 1, .border = LIMN_BORDER_REFLECT},
                                   .init = normal};
        snprintf(name, sizeof name, "D.%c.%d.conv%d", 'a' + domain, scale, i);
        x = limn_leaky_relu(limn_conv_layer(net, x, (int)(width << i), 4, half, name), slope);
    }
    snprintf(name, sizeof name, "D.%c.%d.conv4", 'a' + domain, scale);
    return limn_conv_layer(net, x, 1, 1, (limn_layer_options){.init = normal}, name);
}

void limn_exemplar_judge(limn_net *net, int64_t width, double slope, int domain, limn_node *x,
                         limn_node *out[LIMN_SCALES]) {
    for (int i = 0; i < LIMN_SCALES; i++) {
        if (i) x = limn_average_pool(x, (limn_pool_options){.kernel = 3, .stride = 2, .pad = 1});
        out[i] = judge(net, width, slope, x, domain, i);
    }
}

limn_node *limn_exemplar_lsgan(limn_node *const out[LIMN_SCALES], limn_verdict wanted) {
    limn_node *sum = limn_lsgan(out[0], wanted);
    for (int i = 1; i < LIMN_SCALES; i++) sum = limn_add(sum, limn_lsgan(out[i], wanted));
    return sum;
}

limn_node *limn_exemplar_answer(limn_node *const out[LIMN_SCALES]) {
    limn_node *sum = NULL;
    for (int i = 0; i < LIMN_SCALES; i++) {
        limn_node *one = limn_reshape(limn_mean(out[i], LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
        sum = sum ? limn_add(sum, one) : one;
    }
    return limn_scale(sum, 1.0 / LIMN_SCALES);
}

// ---- pictures ----

// As much of a picture as a square holds, perhaps mirrored.
static limn_status make_square(const void *context, const limn_picture *const *sides,
                               const limn_random *stream, float *out) {
    const limn_exemplar *it = context;
    int size = (int)it->shape.size;
    limn_picture *part;
    LIMN_TRY(limn_cut_covering(sides[0], size, size, stream, &part));
    if (stream && it->options->flip && limn_random_unit(stream, 0) < 0.5) limn_picture_flip(part);
    memcpy(out, part->rgb, 3 * (size_t)size * (size_t)size * sizeof *out);
    limn_picture_free(part);
    return LIMN_OK;
}

static limn_status open_pictures(limn_trainer *trainer, limn_exemplar *it) {
    size_t side = (size_t)it->shape.size;
    LIMN_TRY(limn_two_domains_open(trainer, &it->options->domains));
    limn_loader_options how = limn_trainer_loading(trainer, 3 * side * side, make_square, it);
    how.enough = limn_enough_to_cover((int)side, (int)side);
    return limn_two_domains_load(trainer, how, HELD_OUT, it->held);
}

// ---- opening ----

void limn_exemplar_shape(const limn_exemplar_options *options, limn_dsmap_shape *shape) {
    shape->size = options->image_size;
    shape->width = options->width;
    shape->style = options->style_length;
    shape->blocks = options->blocks;
}

limn_status limn_exemplar_open(limn_trainer *trainer, limn_exemplar *it) {
    const limn_exemplar_options *chosen = it->options;
    size_t numbers = (size_t)trainer->common.batch_size * (size_t)chosen->style_length;
    limn_exemplar_shape(chosen, &it->shape);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        it->chance[d] = limn_alloc(numbers * sizeof(float));
        if (!it->chance[d]) return limn_fail(LIMN_MEMORY, "there is no memory for styles");
    }
    LIMN_TRY(open_pictures(trainer, it));
    return limn_two_domains_start(trainer, chosen->init, &limn_kind_dsmap, &it->shape);
}

void limn_exemplar_close(limn_exemplar *it) {
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_free(it->chance[d]);
        limn_held_out_free(&it->held[d]);
    }
}

// ---- updates ----

static limn_exemplar_inputs inputs_of(limn_update *update, const limn_dsmap_shape *shape,
                                      int64_t batch) {
    limn_graph *graph = update->net.graph;
    limn_exemplar_inputs in;
    in.pictures = limn_input(graph, "pictures",
                             LIMN_SHAPE(LIMN_TWO_DOMAINS * batch, 3, shape->size, shape->size));
    limn_node *x = limn_affine(in.pictures, 1 / 127.5, -1);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        in.x[d] = limn_slice_axis(x, 0, d * batch, batch);
        in.chance[d] =
            limn_input(graph, d ? "style b" : "style a", LIMN_SHAPE(batch, shape->style));
    }
    return in;
}

limn_status limn_exemplar_build(limn_trainer *trainer, limn_exemplar *it,
                                limn_exemplar_teach *teach, const limn_group *groups) {
    static const char *const names[] = {"discriminators", "generators"};
    for (int i = 0; i < LIMN_TWO_UPDATES; i++) {
        LIMN_TRY(limn_trainer_update_new(trainer, names[i], &it->updates[i]));
        it->in[i] = inputs_of(it->updates[i], &it->shape, trainer->common.batch_size);
    }
    teach(trainer->own, it->updates, it->in);
    LIMN_TRY(limn_trainer_ready(trainer));
    LIMN_TRY(limn_update_ready(it->updates[LIMN_DRAWS], groups, trainer->plan));
    return limn_update_ready(it->updates[LIMN_JUDGES], LIMN_TRAINS("D."), trainer->plan);
}

double limn_exemplar_work(void *own, const limn_dsmap_shape *shape, int64_t batch,
                          limn_exemplar_teach *teach) {
    limn_store scratch = {0};
    limn_update *updates[LIMN_TWO_UPDATES] = {NULL};
    limn_exemplar_inputs in[LIMN_TWO_UPDATES];
    limn_status status = LIMN_OK;
    for (int i = 0; i < LIMN_TWO_UPDATES && status == LIMN_OK; i++) {
        status = limn_update_new("work", &scratch, &updates[i]);
        if (status == LIMN_OK) in[i] = inputs_of(updates[i], shape, batch);
    }
    if (status == LIMN_OK) teach(own, updates, in);
    double macs = 0;
    for (int i = 0; i < LIMN_TWO_UPDATES; i++) {
        if (status == LIMN_OK) status = limn_graph_check(updates[i]->net.graph);
        macs += status == LIMN_OK ? limn_net_macs(&updates[i]->net) : 0;
        limn_update_free(updates[i]);
    }
    limn_store_free(&scratch);
    return macs;
}

// Styles from the prior: a function of seed, step, update and domain.
static void draw_styles(const limn_trainer *trainer, limn_exemplar *it, int which) {
    size_t numbers = (size_t)trainer->common.batch_size * (size_t)it->shape.style;
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_random stream = {.seed = (uint64_t)trainer->common.seed,
                              .purpose = limn_purpose("styles of a step"),
                              .sample = (uint32_t)(which * LIMN_TWO_DOMAINS + d),
                              .step = (uint64_t)trainer->step};
        limn_random_normal(&stream, 0, 1, it->chance[d], numbers);
    }
}

limn_status limn_exemplar_step(limn_trainer *trainer, limn_exemplar *it) {
    const limn_exemplar_options *chosen = it->options;
    const float *pictures;
    limn_adam adam = limn_adam_usual(chosen->rate);
    adam.beta1 = chosen->beta1;
    adam.decay = chosen->weight_decay;
    LIMN_TRY(limn_trainer_batch(trainer, &pictures));
    for (int which = 0; which < LIMN_TWO_UPDATES; which++) {
        limn_update_bind(it->updates[which], it->in[which].pictures, pictures);
        for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
            limn_update_bind(it->updates[which], it->in[which].chance[d], it->chance[d]);
    }
    LIMN_TRY(limn_trainer_begin_update(trainer, it->updates[LIMN_DRAWS]));
    for (int which = 0; which < LIMN_TWO_UPDATES; which++) {
        draw_styles(trainer, it, which);
        LIMN_TRY(limn_trainer_update(trainer, it->updates[which], adam));
    }
    return LIMN_OK;
}

// ---- sheets ----

enum { LOOKS = 2 * HELD_OUT }; // exemplars, then random ones

typedef struct drawing {
    limn_exemplar *it;
    limn_runner *runner;
    limn_cells *sheet;
    float *styles; // [LOOKS][style]
} drawing;

static const float *held_out(const drawing *by, int domain, int i) {
    const limn_exemplar *it = by->it;
    size_t floats = 3 * (size_t)it->shape.size * (size_t)it->shape.size;
    return it->held[domain].samples + (size_t)(i % it->held[domain].count) * floats;
}

static limn_status add_held(const drawing *by, int domain, int i) {
    int size = (int)by->it->shape.size;
    return limn_cells_add_rgb(by->sheet, held_out(by, domain, i), size, size);
}

static limn_status find_styles(const drawing *by, int to) {
    int size = (int)by->it->shape.size;
    size_t count = (size_t)by->it->shape.style;
    for (int i = 0; i < HELD_OUT; i++) {
        LIMN_TRY(limn_runner_measure(by->runner, to, held_out(by, to, i), size, size,
                                     by->styles + (size_t)i * count));
        limn_kind_dsmap.chance(&by->it->shape, NULL, to, 0, i,
                               by->styles + (size_t)(HELD_OUT + i) * count);
    }
    return LIMN_OK;
}

static limn_status add_row(const drawing *by, int to, int content) {
    int size = (int)by->it->shape.size, from = 1 - to;
    limn_content_values read;
    LIMN_TRY(add_held(by, from, content));
    LIMN_TRY(limn_runner_encode(by->runner, from, held_out(by, from, content), size, size, &read));
    limn_status status = LIMN_OK;
    for (int i = 0; i < LOOKS && status == LIMN_OK; i++) {
        const float *rgb, *look = by->styles + (size_t)i * (size_t)by->it->shape.style;
        limn_shape shape;
        status = limn_runner_decode(by->runner, to, &read, look, &rgb, &shape);
        if (status == LIMN_OK) status = limn_cells_add_rgb(by->sheet, rgb, size, size);
    }
    limn_content_free(&read);
    return status;
}

static limn_status add_direction(const drawing *by, int to) {
    LIMN_TRY(find_styles(by, to));
    LIMN_TRY(limn_cells_add(by->sheet, NULL));
    for (int i = 0; i < LOOKS; i++)
        LIMN_TRY(i < HELD_OUT ? add_held(by, to, i) : limn_cells_add(by->sheet, NULL));
    for (int i = 0; i < HELD_OUT; i++) LIMN_TRY(add_row(by, to, i));
    return LIMN_OK;
}

limn_status limn_exemplar_sheet(limn_trainer *trainer, limn_exemplar *it, limn_cells *sheet) {
    drawing by = {.it = it, .sheet = sheet};
    by.styles = limn_alloc(LOOKS * (size_t)it->shape.style * sizeof(float));
    if (!by.styles) return limn_fail(LIMN_MEMORY, "there is no memory for styles");
    sheet->columns = 1 + LOOKS;
    limn_status status = limn_trainer_runner(trainer, 1, &by.runner);
    for (int to = LIMN_DOMAIN_B; to >= LIMN_DOMAIN_A && status == LIMN_OK; to--)
        status = add_direction(&by, to);
    limn_runner_free(by.runner);
    limn_free(by.styles);
    return status;
}
