// The first stage of EGSC-IT: an auto-encoder of each domain against a discriminator of its own.
// Their encoders stay as F; the rest is dropped, or what translation starts from.
//
//   x_aa = G(block(block(F(x_a)) + noise))
//   D   x_aa is fake, x_a is real                        (least squares)
//   G   adversarial; |x_aa - x_a|; the latent is near N(0, I)
#include "methods/egsc.h"

#include "formats/fill.h"
#include "formats/load.h"
#include "formats/safetensors.h"
#include "image/cells.h"
#include "nn/losses.h"
#include "train/run_folder.h"

#include <stdio.h>
#include <string.h>

typedef limn_egsc_name place;

// "auto.a.latent"
static place part(int domain, const char *what) {
    place p;
    snprintf(p.text, sizeof p.text, "auto.%c.%.20s", 'a' + domain, what);
    return p;
}

typedef struct again {
    limn_node *mu, *z, *x;
} again;

// F, a block, noise (NULL: by chance), a block, a generator.
static again draw_again(limn_net *net, const limn_egsc_shape *shape, int domain, limn_node *x,
                        limn_node *noise) {
    again it;
    x = limn_egsc_encode(net, shape, limn_egsc_of("F", domain), x);
    it.mu = limn_egsc_block(net, x, part(domain, "latent"));
    it.z = limn_egsc_noisy(shape, it.mu, noise);
    x = limn_egsc_block(net, it.z, part(domain, "content"));
    it.x = limn_egsc_generate(net, shape, part(domain, "draw"), x);
    return it;
}

// ---- the objective ----

static limn_node *judged(limn_net *net, const limn_egsc *it, int domain, limn_node *x) {
    return limn_egsc_judge(net, it->shape.width,
                           (limn_egsc_discriminator)it->options->discriminator,
                           limn_egsc_of("auto.D", domain), x);
}

static void teach_discriminators(const limn_egsc *it, limn_update *update, limn_egsc_inputs in) {
    static const char *const real[] = {"stage 1 D real a", "stage 1 D real b"},
                             *const fake[] = {"stage 1 D fake a", "stage 1 D fake b"};
    double weight = 0.5 * it->options->gan_weight;
    limn_net *net = &update->net;
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_node *made = draw_again(net, &it->shape, d, in.x[d], in.noise[d]).x;
        limn_update_term(update, real[d], limn_lsgan(judged(net, it, d, in.x[d]), LIMN_REAL),
                         weight);
        limn_update_term(update, fake[d], limn_lsgan(judged(net, it, d, made), LIMN_FAKE), weight);
    }
}

static void teach_generators(const limn_egsc *it, limn_update *update, limn_egsc_inputs in) {
    static const char *const gan[] = {"stage 1 G a", "stage 1 G b"},
                             *const own_again[] = {"stage 1 reconstruction a",
                                                   "stage 1 reconstruction b"},
                             *const latent[] = {"stage 1 latent a", "stage 1 latent b"};
    const limn_egsc_options *chosen = it->options;
    limn_net *net = &update->net;
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        again made = draw_again(net, &it->shape, d, in.x[d], in.noise[d]);
        limn_update_term(update, own_again[d], limn_l1(made.x, in.x[d]), chosen->l1_weight);
        limn_update_term(update, gan[d], limn_lsgan(judged(net, it, d, made.x), LIMN_REAL),
                         chosen->gan_weight);
        limn_update_term(update, latent[d],
                         limn_latent_cost(made.mu, made.z, (limn_latent_form)chosen->kl),
                         chosen->kl_weight);
    }
}

void limn_egsc_teach_first(const limn_egsc *it, limn_update *update, int which,
                           limn_egsc_inputs in) {
    if (which == LIMN_JUDGES)
        teach_discriminators(it, update, in);
    else
        teach_generators(it, update, in);
}

// ---- the file of --stage1 ----

static limn_status load(const limn_trainer *trainer, const limn_egsc *it, limn_store *store) {
    const char *path = it->options->stage1;
    LIMN_TRY(limn_egsc_load_first(trainer, it, store));
    limn_trainer_say(trainer, "auto-encoders of %s", path);
    return LIMN_OK;
}

limn_status limn_egsc_build_first(limn_trainer *trainer, limn_egsc *it) {
    static const char *const names[] = {"auto discriminators", "auto-encoders"};
    static const limn_group drawing[] = {
        {"F.", 1, 1}, {"auto.a.", 1, 1}, {"auto.b.", 1, 1}, {NULL, 0, 0}};
    for (int i = 0; i < LIMN_TWO_UPDATES; i++) {
        LIMN_TRY(limn_trainer_update_new(trainer, names[i], &it->updates[i]));
        it->in[i] = limn_egsc_inputs_of(it->updates[i], it, trainer->common.batch_size);
        limn_egsc_teach_first(it, it->updates[i], i, it->in[i]);
    }
    LIMN_TRY(limn_trainer_ready(trainer));
    if (it->options->stage1 && !trainer->resumes) {
        limn_store given = {0};
        limn_status status = load(trainer, it, &given);
        if (status == LIMN_OK) limn_store_copy(&trainer->store, &given);
        limn_store_free(&given);
        LIMN_TRY(status);
    }
    LIMN_TRY(limn_update_ready(it->updates[LIMN_JUDGES], LIMN_TRAINS("auto.D."), trainer->plan));
    return limn_update_ready(it->updates[LIMN_DRAWS], drawing, trainer->plan);
}

bool limn_egsc_has_first(const limn_store *store) {
    return limn_store_find(store, "auto.a.latent.conv1.weight") >= 0;
}

// What of a store goes into the file: discriminators do not.
static bool is_kept(const limn_parameter *it) {
    return limn_text_begins(it->name, "F.") || limn_text_begins(it->name, "auto.a.") ||
           limn_text_begins(it->name, "auto.b.");
}

// What the file says of itself: those who take it must be alike.
static limn_status describe(const limn_trainer *trainer, const limn_egsc *it, limn_text *text) {
    limn_text_print(text, "width %lld, downsamplings %lld, domains %s, %s",
                    (long long)it->shape.width, (long long)it->shape.downsamplings,
                    trainer->set.domains[0].name, trainer->set.domains[1].name);
    return text->failed ? limn_fail(LIMN_MEMORY, "there is no memory for a file of auto-encoders")
                        : LIMN_OK;
}

static limn_status add_kept(const limn_store *store, limn_tensors *set) {
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        size_t shape[LIMN_MAX_RANK];
        if (!is_kept(it)) continue;
        for (int d = 0; d < it->shape.rank; d++) shape[d] = (size_t)it->shape.dim[d];
        LIMN_TRY(limn_tensors_add(set, it->name, LIMN_ELEMENT_F32, it->shape.rank, shape,
                                  store->values + it->offset));
    }
    return LIMN_OK;
}

static const char TELLS[] = "limn.stage1";

limn_status limn_egsc_save_first(const limn_trainer *trainer, const limn_egsc *it,
                                 const limn_store *store) {
    limn_tensors set = {0};
    limn_text path = {0}, told = {0};
    limn_status status = limn_run_path(trainer->folder, &path, "stage1.safetensors");
    if (status == LIMN_OK) status = describe(trainer, it, &told);
    if (status == LIMN_OK) status = limn_tensors_describe(&set, TELLS, told.data);
    if (status == LIMN_OK) status = add_kept(store, &set);
    if (status == LIMN_OK) status = limn_safetensors_write(path.data, &set, LIMN_ELEMENT_F32, true);
    limn_text_free(&told);
    limn_text_free(&path);
    limn_tensors_free(&set);
    return status;
}

static limn_status check(const limn_trainer *trainer, const limn_egsc *it,
                         const limn_tensors *set) {
    const char *path = it->options->stage1, *told = limn_tensors_metadata(set, TELLS);
    limn_text wanted = {0};
    if (!told)
        return limn_fail(LIMN_USAGE,
                         "--stage1 %s: it holds no auto-encoders. The stage1.safetensors of a run "
                         "of limn train egsc-it is meant",
                         path);
    limn_status status = describe(trainer, it, &wanted);
    if (status == LIMN_OK && strcmp(told, wanted.data) != 0)
        status = limn_fail(LIMN_USAGE,
                           "--stage1 %s: its auto-encoders have %.200s; this training has %s", path,
                           told, wanted.data);
    limn_text_free(&wanted);
    return status;
}

// Their names and shapes, in a store without values.
static limn_status name_parameters(const limn_egsc *it, limn_store *store) {
    limn_net net = {.graph = limn_graph_new(), .store = store};
    if (!net.graph) return limn_fail(LIMN_MEMORY, "there is no memory for a graph");
    limn_node *x = limn_input(net.graph, "x", LIMN_SHAPE(1, 3, it->height, it->width));
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) draw_again(&net, &it->shape, d, x, NULL);
    limn_status status = limn_graph_check(net.graph);
    limn_graph_free(net.graph);
    limn_net_free(&net);
    return status;
}

limn_status limn_egsc_load_first(const limn_trainer *trainer, const limn_egsc *it,
                                 limn_store *store) {
    const char *path = it->options->stage1;
    limn_tensors set = {0};
    limn_status status = limn_tensors_load(path, &set);
    if (status == LIMN_OK) status = check(trainer, it, &set);
    if (status == LIMN_OK) status = name_parameters(it, store);
    if (status == LIMN_OK) {
        status = limn_tensors_fill(&set, store);
        if (status != LIMN_OK) status = limn_fail_in(status, "--stage1 %s: ", path);
    }
    limn_tensors_free(&set);
    return status;
}

// ---- the border ----

static const float *values_of(const limn_store *store, const char *network, const char *rest) {
    char name[128];
    snprintf(name, sizeof name, "%s%s", network, rest);
    int at = limn_store_find(store, name);
    return at < 0 ? NULL : store->values + store->parameters[at].offset;
}

void limn_egsc_start_from(limn_store *store, const limn_store *first) {
    static const struct {
        const char *network, *of, *and; // the mean of both; NULL: the first alone
    } origins[] = {{"E.a.", "F.a.", NULL},
                   {"E.b.", "F.b.", NULL},
                   {"G.a.", "auto.a.draw.", NULL},
                   {"G.b.", "auto.b.draw.", NULL},
                   {"S.latent.", "auto.a.latent.", "auto.b.latent."},
                   {"S.content.", "auto.a.content.", "auto.b.content."}};
    for (int i = 0; i < store->size; i++)
        for (size_t o = 0; o < sizeof origins / sizeof *origins; o++) {
            const limn_parameter *it = &store->parameters[i];
            if (!limn_text_begins(it->name, origins[o].network)) continue;
            const char *rest = it->name + strlen(origins[o].network);
            const float *a = values_of(first, origins[o].of, rest);
            const float *b = origins[o].and ? values_of(first, origins[o].and, rest) : a;
            float *to = store->values + it->offset;
            for (size_t k = 0; k < it->count && a && b; k++)
                to[k] = a == b ? a[k] : (a[k] + b[k]) / 2;
        }
}

// ---- sheets ----

static limn_status add_rows(const limn_egsc *it, limn_update *update, limn_node *pictures,
                            float *both, limn_cells *sheet) {
    size_t floats = 3 * (size_t)it->width * (size_t)it->height;
    for (int i = 0; i < it->held[0].count || i < it->held[1].count; i++) {
        for (int d = 0; d < LIMN_TWO_DOMAINS; d++)
            memcpy(both + (size_t)d * floats,
                   it->held[d].samples + (size_t)(i % it->held[d].count) * floats,
                   floats * sizeof *both);
        limn_update_bind(update, pictures, both);
        LIMN_TRY(limn_update_run(update, 0, 0));
        for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
            LIMN_TRY(limn_cells_add_rgb(sheet, both + (size_t)d * floats, it->width, it->height));
            LIMN_TRY(
                limn_cells_add_rgb(sheet, limn_update_shown(update, d), it->width, it->height));
        }
    }
    return LIMN_OK;
}

// What each auto-encoder makes of what is held out, with noise as in training.
static limn_status show(limn_trainer *trainer, const limn_egsc *it, limn_update *update,
                        float *both, limn_cells *sheet) {
    limn_plan_options seldom = trainer->plan;
    seldom.seldom = true;
    limn_egsc_inputs in = limn_egsc_inputs_of(update, it, 1);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_node *made = draw_again(&update->net, &it->shape, d, in.x[d], NULL).x;
        limn_update_show(update, limn_affine(made, 127.5, 127.5));
    }
    LIMN_TRY(limn_update_ready(update, NULL, seldom));
    return add_rows(it, update, in.pictures, both, sheet);
}

limn_status limn_egsc_sheet_first(limn_trainer *trainer, limn_egsc *it, limn_cells *sheet) {
    size_t floats = LIMN_TWO_DOMAINS * 3 * (size_t)it->width * (size_t)it->height;
    limn_update *update;
    sheet->columns = 2 * LIMN_TWO_DOMAINS;
    LIMN_TRY(limn_update_new("auto-encoders shown", &trainer->store, &update));
    float *both = limn_alloc(floats * sizeof *both);
    limn_status status = both ? show(trainer, it, update, both, sheet)
                              : limn_fail(LIMN_MEMORY, "there is no memory for a sheet");
    limn_free(both);
    limn_update_free(update);
    return status;
}
