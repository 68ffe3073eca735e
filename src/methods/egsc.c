// What EGSC-IT and UNIT have in common when they train.
#include "methods/egsc.h"

#include "data/cut.h"
#include "image/cells.h"
#include "model/runner.h"
#include "nn/losses.h"
#include "train/run_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_OUT = 4, LEAST_SIDE = 4, MOST_SIDE = 2048, LEAST_PERCEPTUAL = 20 };

// ---- discriminators ----

static const double SLOPE = 0.2;

limn_node *limn_egsc_judge(limn_net *net, int64_t width, limn_egsc_discriminator form,
                           limn_egsc_name of, limn_node *x) {
    static const limn_layer_options half = {.conv = {.stride = 2, .same = true},
                                            .init = {LIMN_INIT_GLOROT_UNIFORM, 0, 0}};
    bool twice = form == LIMN_JUDGE_PUBLISHED;
    char name[80];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s.conv%d", of.text, i);
        x = limn_conv_layer(net, x, (int)(width << i), 4, half, name);
        if (twice) x = limn_leaky_relu(x, SLOPE);
        snprintf(name, sizeof name, "%s.norm%d", of.text, i);
        if (i) x = limn_instance_layer(net, x, name);
        x = limn_leaky_relu(x, SLOPE);
    }
    snprintf(name, sizeof name, "%s.conv4", of.text);
    x = limn_conv_layer(net, x, 1, 1, (limn_layer_options){.init = half.init}, name);
    return twice ? limn_leaky_relu(x, SLOPE) : x;
}

// ---- the objective ----

// What is read of a picture.
typedef struct sight {
    limn_node *mu, *z, *content; // mu, z NULL: there is no latent space
    limn_node *mask, *style;     // of F; NULL: contents are not guided
} sight;

static sight read(limn_net *net, const limn_egsc *it, int domain, limn_node *x,
                  const limn_egsc_inputs *in, int noise) {
    sight s = {.content = limn_egsc_encode(net, &it->shape, limn_egsc_of("E", domain), x)};
    if (!it->shape.sharing) return s;
    s.mu = limn_egsc_block(net, s.content, (limn_egsc_name){"S.latent"});
    s.z = limn_egsc_noisy(&it->shape, s.mu, in->noise[noise]);
    s.content = limn_egsc_block(net, s.z, (limn_egsc_name){"S.content"});
    return s;
}

// F sees real pictures alone.
static void look(limn_net *guide, const limn_egsc *it, int domain, limn_node *x, sight *s) {
    if (!limn_egsc_guided(&it->shape)) return;
    limn_node *f = limn_egsc_encode(guide, &it->shape, limn_egsc_of("F", domain), x);
    if (it->shape.mask) s->mask = limn_egsc_mask(f);
    if (it->shape.adain != LIMN_ADAIN_NONE) s->style = limn_egsc_style(&it->shape, f);
}

static void read_both(limn_net *net, limn_net *guide, const limn_egsc *it,
                      const limn_egsc_inputs *in, sight x[LIMN_TWO_DOMAINS]) {
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        x[d] = read(net, it, d, in->x[d], in, d);
        look(guide, it, d, in->x[d], &x[d]);
    }
}

// A content, masked as the picture that it began with, in the style of an exemplar.
static limn_node *draw(limn_net *net, const limn_egsc *it, int to, limn_node *content,
                       limn_node *mask, limn_node *style) {
    limn_node *guided = limn_egsc_guide(&it->shape, content, mask, style);
    return limn_egsc_generate(net, &it->shape, limn_egsc_of("G", to), guided);
}

static limn_node *judged(limn_net *net, const limn_egsc *it, int domain, limn_node *x) {
    return limn_egsc_judge(net, it->shape.width,
                           (limn_egsc_discriminator)it->options->discriminator,
                           limn_egsc_of("D", domain), x);
}

void limn_egsc_teach_discriminators(const limn_egsc *it, limn_update *update, limn_net *guide,
                                    limn_egsc_inputs in) {
    static const char *const real[] = {"D real a", "D real b"}, *const fake[] = {"D fake a",
                                                                                 "D fake b"};
    double weight = 0.5 * it->options->gan_weight;
    limn_net *net = &update->net;
    sight x[LIMN_TWO_DOMAINS];
    read_both(net, guide, it, &in, x);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_node *made = draw(net, it, d, x[1 - d].content, x[1 - d].mask, x[d].style);
        limn_update_term(update, real[d], limn_lsgan(judged(net, it, d, in.x[d]), LIMN_REAL),
                         weight);
        limn_update_term(update, fake[d], limn_lsgan(judged(net, it, d, made), LIMN_FAKE), weight);
    }
}

// A latent is held near N(0, I) wherever there is one.
static void add_latent(const limn_egsc *it, limn_update *update, const char *name, const sight *s) {
    if (s->mu)
        limn_update_term(update, name,
                         limn_latent_cost(s->mu, s->z, (limn_latent_form)it->options->kl),
                         it->options->kl_weight);
}

void limn_egsc_teach_generators(const limn_egsc *it, limn_update *update, limn_net *guide,
                                limn_egsc_inputs in, limn_node *made[LIMN_TWO_DOMAINS]) {
    static const char *const gan[] = {"G a", "G b"},
                             *const own_again[] = {"reconstruction a", "reconstruction b"},
                             *const latent[] = {"latent a", "latent b"},
                             *const cycle[] = {"cycle a", "cycle b"},
                             *const cycle_latent[] = {"cycle latent a", "cycle latent b"};
    const limn_egsc_options *chosen = it->options;
    limn_net *net = &update->net;
    sight x[LIMN_TWO_DOMAINS], again[LIMN_TWO_DOMAINS];
    read_both(net, guide, it, &in, x);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
        made[d] = draw(net, it, d, x[1 - d].content, x[1 - d].mask, x[d].style);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
        again[d] = read(net, it, d, made[d], &in, LIMN_TWO_DOMAINS + d);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_node *itself = draw(net, it, d, x[d].content, x[d].mask, x[d].style);
        limn_node *back = draw(net, it, d, again[1 - d].content, x[d].mask, x[d].style);
        limn_update_term(update, own_again[d], limn_l1(itself, in.x[d]), chosen->l1_weight);
        limn_update_term(update, cycle[d], limn_l1(back, in.x[d]), chosen->l1_weight);
        limn_update_term(update, gan[d], limn_lsgan(judged(net, it, d, made[d]), LIMN_REAL),
                         chosen->gan_weight);
        add_latent(it, update, latent[d], &x[d]);
        add_latent(it, update, cycle_latent[d], &again[d]);
    }
}

// ---- pictures ----

// A part of a picture, `size` of its sides, is enlarged to all of it.
static void enlarge(limn_picture *picture, double size, double x, double y, float *out) {
    int width = picture->width, height = picture->height;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < height; i++)
            for (int j = 0; j < width; j++) {
                double v = y * height + (i + 0.5) * size - 0.5;
                double u = x * width + (j + 0.5) * size - 0.5;
                int top = v < 0 ? 0 : (int)v, left = u < 0 ? 0 : (int)u;
                int below = top + 1 < height ? top + 1 : top;
                int right = left + 1 < width ? left + 1 : left;
                double down = v < 0 ? 0 : v - top, across = u < 0 ? 0 : u - left;
                const float *plane = picture->rgb + (size_t)c * (size_t)height * (size_t)width;
                const float *above = plane + (size_t)top * (size_t)width,
                            *under = plane + (size_t)below * (size_t)width;
                double a = (double)above[left] + across * (double)(above[right] - above[left]);
                double b = (double)under[left] + across * (double)(under[right] - under[left]);
                *out++ = (float)(a + down * (b - a));
            }
}

static limn_status make_picture(const void *context, const limn_picture *const *sides,
                                const limn_random *stream, float *out) {
    const limn_egsc *it = context;
    limn_picture *part;
    LIMN_TRY(limn_cut_covering(sides[0], it->width, it->height, stream, &part));
    if (stream && it->options->flip && limn_random_unit(stream, 0) < 0.5) limn_picture_flip(part);
    if (stream && it->options->crop && limn_random_unit(stream, 3) < 0.5) {
        double size = 0.8 + 0.2 * limn_random_unit(stream, 4);
        enlarge(part, size, (1 - size) * limn_random_unit(stream, 5),
                (1 - size) * limn_random_unit(stream, 6), out);
    } else {
        memcpy(out, part->rgb, 3 * (size_t)it->width * (size_t)it->height * sizeof *out);
    }
    limn_picture_free(part);
    return LIMN_OK;
}

static size_t floats_of(const limn_egsc *it) {
    return 3 * (size_t)it->width * (size_t)it->height;
}

// ---- opening ----

static limn_status parse_size(const char *text, int *width, int *height) {
    int used = 0;
    if (sscanf(text, "%4d%n", width, &used) == 1 && !text[used])
        *height = *width;
    else if (sscanf(text, "%4dx%4d%n", width, height, &used) != 2 || text[used])
        *width = 0;
    if (*width >= LEAST_SIDE && *height >= LEAST_SIDE && *width <= MOST_SIDE &&
        *height <= MOST_SIDE)
        return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--image-size %s: a number of pixels, or width and height (512x256), from %d "
                     "to %d, are meant",
                     text, LEAST_SIDE, MOST_SIDE);
}

limn_status limn_egsc_take_options(limn_egsc *it, const limn_egsc_options *chosen) {
    it->options = chosen;
    LIMN_TRY(parse_size(chosen->image_size, &it->width, &it->height));
    int multiple = 1 << chosen->downsamplings;
    int shorter = it->width < it->height ? it->width : it->height;
    if (it->width % multiple || it->height % multiple)
        return limn_fail(LIMN_USAGE,
                         "--image-size %s: with --downsamplings %lld both sides must be multiples "
                         "of %d",
                         chosen->image_size, (long long)chosen->downsamplings, multiple);
    if (chosen->perceptual && shorter < LEAST_PERCEPTUAL)
        return limn_fail(LIMN_USAGE,
                         "--image-size %s: the loss network needs %d pixels at least. Take larger "
                         "pictures, or --no-perceptual",
                         chosen->image_size, LEAST_PERCEPTUAL);
    it->shape = (limn_egsc_shape){
        .size = shorter,
        .width = chosen->width,
        .downsamplings = chosen->downsamplings,
        .mask = chosen->mask,
        .adain = chosen->no_adain ? LIMN_ADAIN_NONE : chosen->adain,
        .sharing = chosen->sharing,
        .noise_deviation = chosen->noise_deviation,
        .he = chosen->init_type == LIMN_EGSC_HE,
    };
    return LIMN_OK;
}

// As many styles as there are pictures to have them of.
static void count_styles(const limn_trainer *trainer, limn_egsc *it) {
    for (int d = 0; d < LIMN_TWO_DOMAINS && it->shape.adain != LIMN_ADAIN_NONE; d++) {
        int count = trainer->set.domains[d].part[LIMN_TRAIN].count;
        it->shape.styles[d] = count < LIMN_EGSC_MOST_STYLES ? count : LIMN_EGSC_MOST_STYLES;
    }
}

// One picture is no set: what always comes with its style could not be told from the style.
static limn_status check_pictures(const limn_trainer *trainer) {
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
        if (trainer->set.domains[d].part[LIMN_TRAIN].count < 2)
            return limn_fail(LIMN_INPUT,
                             "domain %s has one picture to train on: two at least are needed",
                             trainer->set.domains[d].name);
    return LIMN_OK;
}

limn_status limn_egsc_open(limn_trainer *trainer, limn_egsc *it, const char *init) {
    LIMN_TRY(limn_two_domains_open(trainer, &it->options->domains));
    LIMN_TRY(check_pictures(trainer));
    limn_loader_options how = limn_trainer_loading(trainer, floats_of(it), make_picture, it);
    how.enough = limn_enough_to_cover(it->width, it->height);
    LIMN_TRY(limn_two_domains_load(trainer, how, HELD_OUT, it->held));
    count_styles(trainer, it);
    return limn_two_domains_start(trainer, init, &limn_kind_egsc_it, &it->shape);
}

void limn_egsc_close(limn_egsc *it) {
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) limn_held_out_free(&it->held[d]);
    limn_loss_network_free(&it->loss);
}

// ---- updates ----

limn_egsc_inputs limn_egsc_inputs_of(limn_update *update, const limn_egsc *it, int64_t batch) {
    limn_egsc_inputs in = {
        .pictures = limn_input(update->net.graph, "pictures",
                               LIMN_SHAPE(LIMN_TWO_DOMAINS * batch, 3, it->height, it->width))};
    limn_node *x = limn_affine(in.pictures, 1 / 127.5, -1);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) in.x[d] = limn_slice_axis(x, 0, d * batch, batch);
    return in;
}

// The k-th picture of a domain in an order by chance, or where it cannot be read one behind it.
static limn_status keep_style(limn_trainer *trainer, limn_runner *runner, int domain,
                              const int *order, int k, float *style) {
    const limn_set *set = &trainer->set;
    limn_range all = set->domains[domain].part[LIMN_TRAIN];
    limn_status status = LIMN_INPUT;
    for (int tries = 0; tries < all.count && status == LIMN_INPUT; tries++) {
        const limn_read_options how = limn_set_reading();
        int sample = all.first + order[(k + tries) % all.count];
        limn_picture *picture;
        status = limn_picture_read(set->folder.paths[set->samples[sample].file[0]], &how, &picture);
        if (status != LIMN_OK) continue;
        limn_picture_on_white(picture);
        status = limn_runner_style(runner, domain, picture, LIMN_SIZE_MODEL, style);
        limn_picture_free(picture);
    }
    return status;
}

static limn_status keep_styles_of(limn_trainer *trainer, limn_egsc *it, limn_runner *runner,
                                  int domain) {
    int count = trainer->set.domains[domain].part[LIMN_TRAIN].count;
    limn_random stream = {.seed = (uint64_t)trainer->common.seed,
                          .purpose = limn_purpose("styles to keep"),
                          .sample = (uint32_t)domain};
    int *order = malloc((size_t)count * sizeof *order);
    char name[16];
    if (!order) return limn_fail(LIMN_MEMORY, "there is no memory to choose styles");
    limn_random_order(&stream, order, count);
    snprintf(name, sizeof name, "styles.%c", 'a' + domain);
    const limn_parameter *kept = &trainer->store.parameters[limn_store_find(&trainer->store, name)];
    size_t numbers = (size_t)limn_runner_style_count(runner);
    limn_status status = LIMN_OK;
    for (int k = 0; k < it->shape.styles[domain] && status == LIMN_OK; k++)
        status = keep_style(trainer, runner, domain, order, k,
                            trainer->store.values + kept->offset + (size_t)k * numbers);
    free(order);
    return status;
}

// Of pictures as they are, without mirroring and the like.
static limn_status keep_styles(limn_trainer *trainer, limn_egsc *it) {
    limn_runner *runner;
    if (it->shape.adain == LIMN_ADAIN_NONE) return LIMN_OK;
    LIMN_TRY(limn_trainer_runner(trainer, 1, &runner));
    limn_status status = LIMN_OK;
    for (int d = 0; d < LIMN_TWO_DOMAINS && status == LIMN_OK; d++)
        status = keep_styles_of(trainer, it, runner, d);
    limn_runner_free(runner);
    return status;
}

// Where the first stage has come to its end; what begins with a model had one of its own.
static limn_status cross_border(limn_trainer *trainer, limn_egsc *it) {
    const char *init = it->options->init;
    bool from_first = !strcmp(init, LIMN_EGSC_FROM_FIRST);
    if (from_first || !strcmp(init, "none"))
        LIMN_TRY(limn_egsc_save_first(trainer, it, trainer->before));
    if (from_first) limn_egsc_start_from(&trainer->store, trainer->before);
    return keep_styles(trainer, it);
}

static limn_status start(limn_trainer *trainer, limn_egsc *it) {
    if (trainer->start) LIMN_TRY(limn_checkpoint_values(trainer->start, &trainer->store));
    bool border = trainer->before && limn_egsc_has_first(trainer->before);
    return border ? cross_border(trainer, it) : LIMN_OK;
}

limn_status limn_egsc_build(limn_trainer *trainer, limn_egsc *it, limn_egsc_more *more) {
    static const char *const names[] = {"discriminators", "generators"};
    static const limn_group drawing[] = {{"E.", 1, 1}, {"S.", 1, 1}, {"G.", 1, 1}, {NULL, 0, 0}};
    limn_net *guide[LIMN_TWO_UPDATES];
    limn_node *made[LIMN_TWO_DOMAINS];
    for (int i = 0; i < LIMN_TWO_UPDATES; i++) {
        LIMN_TRY(limn_trainer_update_new(trainer, names[i], &it->updates[i]));
        it->in[i] = limn_egsc_inputs_of(it->updates[i], it, trainer->common.batch_size);
        guide[i] = limn_update_net(it->updates[i], &trainer->store, LIMN_FROZEN);
        guide[i]->changes = LIMN_CHANGES_NEVER; // F is that of the first stage for good
    }
    limn_update *judging = it->updates[LIMN_JUDGES], *draws = it->updates[LIMN_DRAWS];
    limn_egsc_teach_discriminators(it, judging, guide[LIMN_JUDGES], it->in[LIMN_JUDGES]);
    limn_egsc_teach_generators(it, draws, guide[LIMN_DRAWS], it->in[LIMN_DRAWS], made);
    if (more) more(it, draws, it->in[LIMN_DRAWS], made);
    LIMN_TRY(limn_trainer_ready(trainer));
    LIMN_TRY(start(trainer, it));
    LIMN_TRY(limn_update_ready(judging, LIMN_TRAINS("D."), trainer->plan));
    return limn_update_ready(draws, drawing, trainer->plan);
}

limn_status limn_egsc_update(limn_trainer *trainer, limn_egsc *it, int which) {
    const float *pictures;
    limn_adam adam = limn_adam_usual(it->options->rate);
    adam.beta1 = 0.5;
    LIMN_TRY(limn_trainer_batch(trainer, &pictures));
    limn_update_bind(it->updates[which], it->in[which].pictures, pictures);
    return limn_trainer_update(trainer, it->updates[which], adam);
}

limn_status limn_egsc_step(limn_trainer *trainer, limn_egsc *it) {
    LIMN_TRY(limn_egsc_update(trainer, it, LIMN_JUDGES));
    for (int64_t i = 0; i < it->options->generator_updates; i++)
        LIMN_TRY(limn_egsc_update(trainer, it, LIMN_DRAWS));
    return LIMN_OK;
}

// ---- sheets ----

typedef struct drawing {
    limn_egsc *it;
    limn_runner *runner;
    limn_cells *sheet;
    float *made;                    // a picture
    float *style[LIMN_TWO_DOMAINS]; // of the pictures at hand
} drawing;

static const float *held_out(const limn_egsc *it, int domain, int i) {
    return it->held[domain].samples + (size_t)(i % it->held[domain].count) * floats_of(it);
}

static limn_status add(const drawing *by, const float *rgb) {
    return limn_cells_add_rgb(by->sheet, rgb, by->it->width, by->it->height);
}

static limn_status add_drawn(const drawing *by, int to, const limn_content_values *content) {
    const float *rgb;
    limn_shape shape;
    LIMN_TRY(limn_runner_decode(by->runner, to, content, by->style[to], &rgb, &shape));
    return add(by, rgb);
}

// There and back: what comes back has the mask of the picture that it was.
static limn_status add_cycle(const drawing *by, int from, const limn_content_values *content) {
    const limn_egsc *it = by->it;
    limn_content_values again;
    limn_shape shape;
    const float *made;
    LIMN_TRY(limn_runner_decode(by->runner, 1 - from, content, by->style[1 - from], &made, &shape));
    LIMN_TRY(add(by, made));
    memcpy(by->made, made, floats_of(it) * sizeof *made); // the plans lie in one memory
    LIMN_TRY(limn_runner_encode(by->runner, 1 - from, by->made, it->width, it->height, &again));
    if (it->shape.mask)
        memcpy(again.data[1], content->data[1],
               (size_t)limn_shape_count(&content->shape[1]) * sizeof(float));
    limn_status status = add_drawn(by, from, &again);
    limn_content_free(&again);
    return status;
}

static limn_status add_row(const drawing *by, int from, int i) {
    const limn_egsc *it = by->it;
    limn_content_values content;
    for (int d = 0; d < LIMN_TWO_DOMAINS && by->style[d]; d++)
        LIMN_TRY(limn_runner_measure(by->runner, d, held_out(it, d, i), it->width, it->height,
                                     by->style[d]));
    LIMN_TRY(add(by, held_out(it, from, i)));
    if (by->style[from]) LIMN_TRY(add(by, held_out(it, 1 - from, i)));
    LIMN_TRY(limn_runner_encode(by->runner, from, held_out(it, from, i), it->width, it->height,
                                &content));
    limn_status status = add_cycle(by, from, &content);
    if (status == LIMN_OK) status = add_drawn(by, from, &content);
    limn_content_free(&content);
    return status;
}

static limn_status fill_sheet(drawing *by) {
    for (int from = 0; from < LIMN_TWO_DOMAINS; from++)
        for (int i = 0; i < HELD_OUT; i++) LIMN_TRY(add_row(by, from, i));
    return LIMN_OK;
}

limn_status limn_egsc_sheet(limn_trainer *trainer, limn_egsc *it, limn_cells *sheet) {
    drawing by = {.it = it, .sheet = sheet};
    LIMN_TRY(limn_trainer_runner(trainer, 1, &by.runner));
    size_t numbers = (size_t)limn_runner_style_count(by.runner);
    by.made = limn_alloc((floats_of(it) + LIMN_TWO_DOMAINS * numbers) * sizeof *by.made);
    for (int d = 0; d < LIMN_TWO_DOMAINS && by.made && numbers; d++)
        by.style[d] = by.made + floats_of(it) + (size_t)d * numbers;
    sheet->columns = numbers ? 5 : 4;
    limn_status status =
        by.made ? fill_sheet(&by) : limn_fail(LIMN_MEMORY, "there is no memory for a sheet");
    limn_free(by.made);
    limn_runner_free(by.runner);
    return status;
}
