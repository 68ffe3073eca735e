// train dsmap: translation between two unpaired sets of pictures, by an exemplar.
//
// "Domain-Specific Mappings for Generative Adversarial Style Transfer", H.-Y. Chang, Z. Wang,
// Y.-Y. Chuang, ECCV 2020 (arXiv 2008.02198). A picture x_a has a content c_a, which both domains
// share, and a style s_a. A mapping M_b brings a content into domain b before it is drawn there:
//
//   x_ab = G_b(M_b(c_a), s_b)      the content of x_a in the style of x_b
//   x_aba = G_a(M_a(c(x_ab)), s(x_ba))
//
//   D   x_ab and a translation in a random style r are fake, x_b is real       (least squares)
//   G   adversarial; |G_a(M_a(c_a), s_a) - x_a|                 --reconstruction-weight
//       |x_aba - x_a|                                           --cycle-weight
//       |c(x_ab) - c_a|, for random styles as well              --content-weight
//       |M_a(c_a) - h_a|, h_a what a's encoder has before c_a   --domain-weight
//       |s(G_b(M_b(c_a), r)) - r|                               --style-weight
//       contextual: x_ab is like x_b somewhere, in VGG          --contextual-weight
//
// and the same for b. Where paper and code differ we follow the code, but for a contextual loss of
// exemplars alone, one step of Adam for the content encoder and a VGG-19.
#include "methods/dsmap.h"

#define EXEMPLAR(member) .offset = offsetof(limn_dsmap_options, shared.member)
#define OPTION(member) .offset = offsetof(limn_dsmap_options, member)
static const limn_option options[] = {
    LIMN_EXEMPLAR_OPTIONS("5", "2", "10"),
    {.name = "domain-weight",
     .kind = LIMN_OPTION_REAL,
     OPTION(domain),
     .fallback = "2",
     .low = 0,
     .high = 1e6,
     .help = "a content mapped into its own domain is what the domain's encoder had"},
    {.name = "contextual-weight",
     .kind = LIMN_OPTION_REAL,
     OPTION(contextual_weight),
     .fallback = "1",
     .low = 0,
     .high = 1e6,
     .help = "features of a translation are found somewhere in the exemplar"},
    {.name = "contextual",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(contextual),
     .fallback = "exemplar",
     .choices = "exemplar|all|none",
     .help = "which translations that is asked of: by exemplars, by chance too (published), none"},
    {.name = "contextual-layer",
     .kind = LIMN_OPTION_TEXT,
     OPTION(layer),
     .otherwise = "relu5_1 from 128 pixels on, relu4_1 below",
     .help = "the loss network's layer; published: pool5"},
    {.name = "mapping",
     .kind = LIMN_OPTION_FLAG,
     OPTION(mapping),
     .fallback = "yes",
     .help = "draw the shared content itself, without a mapping into the domain"},
    {.name = "skip",
     .kind = LIMN_OPTION_FLAG,
     OPTION(skip),
     .fallback = "yes",
     .help = "let the mapping see the shared content alone (as the paper writes it)"},
    {.name = "content-steps",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(content_steps),
     .fallback = "1",
     .low = 1,
     .high = 2,
     .help = "steps of Adam for the content encoder an iteration; 2: as published"},
    LIMN_LOSS_NETWORK_OPTIONS(EXEMPLAR),
    {0},
};

static const limn_default published[] = {{"image-size", "192"},
                                         {"width", "64"},
                                         {"batch-size", "2"},
                                         {"steps", "200000"},
                                         {"lr", "1e-4"},
                                         {"halve-every", "100000"},
                                         {"contextual", "all"},
                                         {"content-steps", "2"},
                                         {"contextual-layer", "pool5"},
                                         {0}};
static const limn_preset presets[] = {
    {"draft", limn_exemplar_draft}, {"good", limn_exemplar_good}, {"published", published}};

static const double SLOPE = 0.01; // of the discriminators' leaky relus

// ---- the objective ----

// What is read of a picture, and its content mapped into both domains.
typedef struct sight {
    limn_dsmap_content content;
    limn_node *style, *mapped[LIMN_TWO_DOMAINS];
} sight;

static sight read(limn_net *net, const limn_dsmap_shape *shape, int domain, limn_node *x) {
    sight s = {.content = limn_dsmap_encode(net, shape, domain, x),
               .style = limn_dsmap_style(net, shape, domain, x)};
    for (int to = 0; to < LIMN_TWO_DOMAINS; to++)
        s.mapped[to] = limn_dsmap_map(net, shape, to, &s.content);
    return s;
}

static limn_node *draw(limn_net *net, const limn_dsmap_shape *shape, int to, const sight *content,
                       limn_node *style) {
    return limn_dsmap_decode(net, shape, to, content->mapped[to], style);
}

// made[d], mapped[d]: what the generators' update has of the other domain's picture: drawn in the
// style of d's, and its content in d.
typedef struct translations {
    limn_node *made[LIMN_TWO_DOMAINS], *mapped[LIMN_TWO_DOMAINS];
} translations;

static void teach_discriminators(const limn_dsmap *own, limn_update *update, limn_update *lender,
                                 const translations *found, limn_exemplar_inputs in) {
    static const char *const real[] = {"D real a", "D real b"},
                             *const fake[] = {"D fake a", "D fake b"},
                             *const random[] = {"D random a", "D random b"},
                             *const on_real[] = {"D of real a", "D of real b"},
                             *const on_fake[] = {"D of fake a", "D of fake b"};
    const limn_dsmap_shape *shape = &own->shared.shape;
    limn_net *net = &update->net;
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        limn_node *judged[3][LIMN_SCALES];
        limn_node *mapped = limn_update_borrow(update, lender, found->mapped[d]);
        limn_node *const seen[3] = {in.x[d], limn_update_borrow(update, lender, found->made[d]),
                                    limn_dsmap_decode(net, shape, d, mapped, in.chance[d])};
        for (int i = 0; i < 3; i++)
            limn_exemplar_judge(net, shape->width, SLOPE, d, seen[i], judged[i]);
        limn_update_term(update, real[d], limn_exemplar_lsgan(judged[0], LIMN_REAL),
                         2); // for either fake
        limn_update_term(update, fake[d], limn_exemplar_lsgan(judged[1], LIMN_FAKE), 1);
        limn_update_term(update, random[d], limn_exemplar_lsgan(judged[2], LIMN_FAKE), 1);
        limn_update_term(update, on_real[d], limn_exemplar_answer(judged[0]), 0);
        limn_update_term(update, on_fake[d], limn_exemplar_answer(judged[1]), 0);
    }
}

static limn_node *features(limn_dsmap *own, limn_net *net, limn_node *x) {
    return limn_loss_network_tap(&own->loss, net, limn_affine(x, 127.5, 127.5), own->layer);
}

static void add_contextual(limn_dsmap *own, limn_update *update, limn_net *vgg,
                           limn_exemplar_inputs in, limn_node *const made[],
                           limn_node *const random[]) {
    static const char *const names[] = {"contextual a", "contextual b"}, *const by_chance[] = {
                                                                             "contextual random a",
                                                                             "contextual random b"};
    const limn_dsmap_options *chosen = own->options;
    for (int d = 0; d < LIMN_TWO_DOMAINS && vgg; d++) {
        limn_node *wanted = features(own, vgg, in.x[d]);
        limn_update_term(update, names[d], limn_contextual(features(own, vgg, made[d]), wanted),
                         chosen->contextual_weight);
        if (chosen->contextual == LIMN_CONTEXTUAL_ALL)
            limn_update_term(update, by_chance[d],
                             limn_contextual(features(own, vgg, random[d]), wanted),
                             chosen->contextual_weight);
    }
}

// What the generators' update makes of a picture of either domain x[d] and the other's: made[d],
// the other's content in the style of x[d], and random[d], in a style by chance; and what of both
// is read again.
typedef struct drawings {
    sight x[LIMN_TWO_DOMAINS], again[LIMN_TWO_DOMAINS], again_random[LIMN_TWO_DOMAINS];
    limn_node *made[LIMN_TWO_DOMAINS], *random[LIMN_TWO_DOMAINS];
} drawings;

static drawings draw_all(limn_net *net, const limn_dsmap_shape *shape, limn_exemplar_inputs in) {
    drawings its = {0};
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) its.x[d] = read(net, shape, d, in.x[d]);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        its.made[d] = draw(net, shape, d, &its.x[1 - d], its.x[d].style);
        its.random[d] = draw(net, shape, d, &its.x[1 - d], in.chance[d]);
        its.again[d] = read(net, shape, d, its.made[d]);
        its.again_random[d] = read(net, shape, d, its.random[d]);
    }
    return its;
}

static void teach_to_deceive(const limn_dsmap *own, limn_update *update, const drawings *its,
                             int d) {
    static const char *const gan[] = {"G a", "G b"}, *const gan_random[] = {"G random a",
                                                                            "G random b"};
    limn_node *judged[LIMN_SCALES];
    int64_t width = own->shared.shape.width;
    limn_exemplar_judge(&update->net, width, SLOPE, d, its->made[d], judged);
    limn_update_term(update, gan[d], limn_exemplar_lsgan(judged, LIMN_REAL), 1);
    limn_exemplar_judge(&update->net, width, SLOPE, d, its->random[d], judged);
    limn_update_term(update, gan_random[d], limn_exemplar_lsgan(judged, LIMN_REAL), 1);
}

// Pictures, contents and styles are themselves again.
static void teach_to_keep(const limn_dsmap *own, limn_update *update, const drawings *its,
                          limn_exemplar_inputs in, int d) {
    static const char *const
        own_again[] = {"reconstruction a", "reconstruction b"},
        *const cycle[] = {"cycle a", "cycle b"}, *const content[] = {"content a", "content b"},
        *const random[] = {"content random a", "content random b"},
        *const specific[] = {"domain a", "domain b"}, *const style[] = {"style a", "style b"};
    const limn_dsmap_shape *shape = &own->shared.shape;
    const limn_exemplar_options *weight = &own->options->shared;
    limn_net *net = &update->net;
    const sight *x = &its->x[d], *there = &its->again[1 - d];
    limn_node *itself = draw(net, shape, d, x, x->style);
    limn_update_term(update, own_again[d], limn_l1(itself, in.x[d]), weight->reconstruction);
    // The style comes from the translation into d, not from d's picture.
    limn_node *back = draw(net, shape, d, there, its->again[d].style);
    limn_update_term(update, cycle[d], limn_l1(back, in.x[d]), weight->cycle);
    limn_update_term(update, content[d], limn_l1(there->content.shared, x->content.shared),
                     weight->content);
    limn_update_term(update, random[d],
                     limn_l1(its->again_random[1 - d].content.shared, x->content.shared),
                     weight->content);
    if (shape->mapping)
        limn_update_term(update, specific[d], limn_l1(x->content.own, x->mapped[d]),
                         own->options->domain);
    limn_update_term(update, style[d], limn_l1(its->again_random[d].style, in.chance[d]),
                     weight->style);
}

static translations teach_generators(limn_dsmap *own, limn_update *update, limn_net *vgg,
                                     limn_exemplar_inputs in) {
    drawings its = draw_all(&update->net, &own->shared.shape, in);
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) {
        teach_to_deceive(own, update, &its, d);
        teach_to_keep(own, update, &its, in, d);
    }
    add_contextual(own, update, vgg, in, its.made, its.random);
    return (translations){{its.made[0], its.made[1]}, {its.x[1].mapped[0], its.x[0].mapped[1]}};
}

// ---- the method ----

static bool has_contextual(const limn_dsmap_options *chosen) {
    return chosen->contextual != LIMN_CONTEXTUAL_NONE && chosen->contextual_weight > 0;
}

static void take_options(limn_dsmap *own, const limn_dsmap_options *chosen) {
    own->options = chosen;
    own->shared.options = &chosen->shared;
    own->layer = chosen->layer                      ? chosen->layer
                 : chosen->shared.image_size >= 128 ? "relu5_1"
                                                    : "relu4_1";
    own->shared.shape.mapping = chosen->mapping;
    own->shared.shape.skip = chosen->skip;
}

static limn_status dsmap_open(limn_trainer *trainer) {
    limn_dsmap *own = trainer->own;
    const limn_dsmap_options *chosen = trainer->options;
    take_options(own, chosen);
    if (has_contextual(chosen))
        LIMN_TRY(limn_loss_network_load(chosen->shared.loss_network, chosen->shared.preprocess,
                                        &own->layer, 1, &own->loss));
    LIMN_TRY(limn_exemplar_open(trainer, &own->shared));
    return limn_two_domains_describe(trainer, &own->loss, own->layer);
}

static void teach(void *of, limn_update *const updates[], const limn_exemplar_inputs in[]) {
    limn_dsmap *own = of;
    limn_update *draws = updates[LIMN_DRAWS];
    limn_net *vgg =
        has_contextual(own->options) ? limn_update_net(draws, &own->loss.store, LIMN_FROZEN) : NULL;
    translations found = teach_generators(own, draws, vgg, in[LIMN_DRAWS]);
    teach_discriminators(own, updates[LIMN_JUDGES], draws, &found, in[LIMN_JUDGES]);
}

static limn_status dsmap_build(limn_trainer *trainer) {
    limn_dsmap *own = trainer->own;
    const limn_group generators[] = {
        {"G.content.", 1, (int)own->options->content_steps}, {"G.", 1, 1}, {NULL, 0, 0}};
    return limn_exemplar_build(trainer, &own->shared, teach, generators);
}

// With as much of the loss network as there is.
static double dsmap_work(limn_trainer *trainer, const void *chosen, int64_t batch) {
    const limn_dsmap *own = trainer->own;
    limn_dsmap other = {.loss = own->loss};
    take_options(&other, chosen);
    limn_exemplar_shape(other.shared.options, &other.shared.shape);
    if (has_contextual(other.options) && !own->loss.layers) return 0;
    return limn_exemplar_work(&other, &other.shared.shape, batch, teach);
}

static limn_status dsmap_step(limn_trainer *trainer) {
    return limn_exemplar_step(trainer, &((limn_dsmap *)trainer->own)->shared);
}

static limn_status dsmap_sheet(limn_trainer *trainer, struct limn_cells *sheet) {
    return limn_exemplar_sheet(trainer, &((limn_dsmap *)trainer->own)->shared, sheet);
}

static void dsmap_close(limn_trainer *trainer) {
    limn_dsmap *own = trainer->own;
    limn_exemplar_close(&own->shared);
    limn_loss_network_free(&own->loss);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = dsmap_build, .step = dsmap_step}, {0}};

const limn_method limn_method_dsmap = {
    .name = "dsmap",
    .title = "translation between two sets by an exemplar (Chang 2020)",
    .summary = "train a model that gives a picture the look of another domain's exemplar",
    .description =
        "Learns from two folders of pictures that were never paired (FOLDER/trainA and "
        "FOLDER/trainB, or two folders of FOLDER/train/), both ways at once. The result keeps the "
        "pose and layout of a picture and takes its look from an exemplar of the other domain, or "
        "from chance.\n"
        "The preset draft, 64 pixels, shows in an hour or two whether two sets go together; good, "
        "128 pixels, may start from it: --init RUN --steps 4000.\n"
        "Two folders of one's own, summer and winter, at any depth: --data-a summer/ --data-b "
        "winter/, of the same kind of place, for whatever always differs between them is "
        "translated too. Where shapes stay in their places (seasons, paintings), raise "
        "--cycle-weight, to 10; where shapes change (cats to dogs), leave it at 5 or lower it.\n",
    .examples =
        "limn train dsmap --data cats_dogs/ -o runs/draft --preset draft\n"
        "limn train dsmap --data cats_dogs/ -o runs/cd --init runs/draft --steps 4000\n"
        "limn translate cat.jpg -m runs/cd --exemplar dog.jpg -o out.png\n"
        "limn train dsmap --data-a summer/ --data-b winter/ --domain summer --domain winter "
        "--cycle-weight 10 --preset draft -o runs/seasons\n"
        "limn translate lake.jpg -m runs/seasons --to winter --random 6 -o lake-looks.png\n",
    .group = "Translation",
    .options = options,
    .options_size = sizeof(limn_dsmap_options),
    .own_size = sizeof(limn_dsmap),
    .presets = presets,
    .stages = stages,
    .open = dsmap_open,
    .work = dsmap_work,
    .sheet = dsmap_sheet,
    .close = dsmap_close,
};
