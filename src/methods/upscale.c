// train upscale: a network that enlarges four or eight times.
//
// "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", J. Johnson, A. Alahi,
// L. Fei-Fei, ECCV 2016 (arXiv 1603.08155), section 4.2. y: f(small), the enlarged picture; x: the
// picture it was made small from.
//
//   pixel     |y - x|^2 / (C H W)                                  --loss pixel
//   feature   |phi_j(y) - phi_j(x)|^2 / (C H W) at relu2_2         --loss feature
//
// We take VGG-19 where the paper has VGG-16, and make the small picture by antialiased bicubic
// reduction alone; --blur adds the paper's Gaussian of sigma 1 before it.
#include "model/loss_network.h"
#include "kinds/johnson.h"
#include "train/start.h"
#include "train/supervised.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct upscale_options {
    const char *init, *loss_network, *preprocess, *layer;
    int scale, loss, preset;
    int64_t crop_size, width, settle_after;
    bool blur;
    double rate;
} upscale_options;

enum { DRAFT, GOOD, BEST };
enum { PIXEL, FEATURE };
static const struct preset {
    int64_t steps, crop_size, batch_size;
} presets[] = {
    [DRAFT] = {500, 96, 4},
    [GOOD] = {5000, 144, 4},
    [BEST] = {50000, 288, 4},
};

#define OPTION(member) .offset = offsetof(upscale_options, member)
static const limn_option options[] = {
    {.name = "scale",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(scale),
     .fallback = "4",
     .choices = "4|8",
     .help = "how many times larger"},
    {.name = "loss",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(loss),
     .fallback = "pixel",
     .choices = "pixel|feature",
     .help = "true pixels, or true features: sharper, less faithful"},
    {.name = "preset",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(preset),
     .fallback = "good",
     .choices = "draft|good|best",
     .help = "minutes, an hour, a day: steps and size"},
    {.name = "init",
     .kind = LIMN_OPTION_TEXT,
     OPTION(init),
     .fallback = "auto",
     .placeholder = "auto|none|MODEL",
     .help = "the model to start from; auto takes one that ships, none starts from chance"},
    {.name = "crop-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(crop_size),
     .otherwise = "by the preset",
     .low = 0,
     .high = 2048,
     .help = "side of the large training squares, a multiple of the scale"},
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(width),
     .fallback = "64",
     .low = 1,
     .high = 256,
     .help = "channels of the network"},
    {.name = "blur",
     .kind = LIMN_OPTION_FLAG,
     OPTION(blur),
     .help = "blur by a Gaussian of sigma 1 before making pictures small (the paper)"},
    {.name = "layer",
     .kind = LIMN_OPTION_TEXT,
     OPTION(layer),
     .fallback = "relu2_2",
     .help = "the layer where features are compared"},
    {.name = "lr",
     .kind = LIMN_OPTION_REAL,
     OPTION(rate),
     .fallback = "1e-3",
     .low = 1e-9,
     .high = 10,
     .help = "learning rate of Adam"},
    {.name = "settle-after",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(settle_after),
     .fallback = "200",
     .low = 0,
     .high = 1e9,
     .help = "steps after which batch norms keep their statistics, in a network that starts from "
             "chance (others keep theirs at once); 0: never, as published"},
    {.name = "loss-network",
     .kind = LIMN_OPTION_PATH,
     OPTION(loss_network),
     .otherwise = "the VGG-19 that ships",
     .help = "VGG-16 or VGG-19 with torchvision's names"},
    {.name = "preprocess",
     .kind = LIMN_OPTION_TEXT,
     OPTION(preprocess),
     .otherwise = "as its file says",
     .placeholder = "caffe|torchvision",
     .help = "what the loss network expects of a picture"},
    {0},
};

enum { HELD_OUT = 4 };

// What makes a sample: the large square, then the small one.
typedef struct pair_shape {
    int large, small;
    bool blur;
} pair_shape;

typedef struct upscale {
    const upscale_options *options;
    int64_t batch_size;
    pair_shape pair;
    size_t floats;
    limn_loss_network loss;
    limn_set set;
    limn_model *start;
    int64_t from_chance; // start is; as a fact
    limn_supervised task;
} upscale;

// ---- pictures ----

// In place, along one axis: taps at -3 .. 3, edges repeated.
static void blur_line(float *line, int count, size_t step) {
    static const double taps[4] = {0.39905028, 0.24203623, 0.05400558, 0.00443305};
    float before[2048]; // --crop-size is at most that
    for (int i = 0; i < count; i++) before[i] = line[(size_t)i * step];
    for (int i = 0; i < count; i++) {
        double now = taps[0] * (double)before[i];
        for (int t = 1; t < 4; t++) {
            int low = i - t < 0 ? 0 : i - t, high = i + t >= count ? count - 1 : i + t;
            now += taps[t] * ((double)before[low] + (double)before[high]);
        }
        line[(size_t)i * step] = (float)now;
    }
}

static void blur(float *planes, int size) {
    for (int line = 0; line < 3 * size; line++)
        blur_line(planes + (size_t)line * (size_t)size, size, 1);
    for (int c = 0; c < 3; c++)
        for (int j = 0; j < size; j++)
            blur_line(planes + (size_t)c * (size_t)size * (size_t)size + j, size, (size_t)size);
}

static limn_status make_pair(const void *context, const limn_picture *const *sides,
                             const limn_random *stream, float *out) {
    const pair_shape *pair = context;
    size_t large = 3 * (size_t)pair->large * (size_t)pair->large;
    size_t small = 3 * (size_t)pair->small * (size_t)pair->small;
    limn_picture *soft, *reduced;
    LIMN_TRY(limn_cut_native(sides[0], pair->large, pair->large, stream, out));
    LIMN_TRY(limn_picture_new(pair->large, pair->large, LIMN_RGB, &soft));
    memcpy(soft->rgb, out, large * sizeof *out);
    if (pair->blur) blur(soft->rgb, pair->large);
    limn_status status =
        limn_picture_resize(soft, pair->small, pair->small, LIMN_BICUBIC, &reduced);
    limn_picture_free(soft);
    LIMN_TRY(status);
    memcpy(out + large, reduced->rgb, small * sizeof *out);
    limn_picture_free(reduced);
    return LIMN_OK;
}

static limn_status open_pictures(limn_trainer *trainer) {
    upscale *own = trainer->own;
    if (!trainer->common.data)
        return limn_fail(LIMN_USAGE, "--data FOLDER is needed: photographs to learn from");
    static const limn_samples samples = {.layouts = {LIMN_LAYOUT_SCALES, LIMN_LAYOUT_PICTURES},
                                         .files = 1}; // small ones are made on the way
    limn_set_request request = {.path = trainer->common.data};
    LIMN_TRY(limn_set_open(&request, &samples, &own->set));
    if (own->set.note) limn_trainer_say(trainer, "%s", own->set.note);
    limn_loader_options how = {
        .set = &own->set,
        .batch = (int)own->batch_size,
        .floats = own->floats,
        .make = make_pair,
        .context = &own->pair,
        .seed = (uint64_t)trainer->common.seed,
        .strict = trainer->common.strict,
    };
    LIMN_TRY(limn_hold_out(&how, 0, HELD_OUT, &own->task.held_out));
    return limn_loader_new(how, &trainer->loader);
}

// ---- the objective ----

static limn_node *part(limn_node *batch, int64_t begin, int size) {
    limn_node *flat = limn_slice_axis(batch, 1, begin, 3 * (int64_t)size * size);
    return limn_reshape(flat, LIMN_SHAPE(batch->shape.dim[0], 3, size, size));
}

static limn_node *objective(limn_trainer *trainer, limn_update *update, limn_node *batch) {
    upscale *own = trainer->own;
    const upscale_options *chosen = own->options;
    int64_t large = 3 * (int64_t)own->pair.large * own->pair.large;
    limn_node *x = part(batch, 0, own->pair.large), *small = part(batch, large, own->pair.small);
    limn_node *y = limn_kind_apply(own->start->kind, &update->net, own->start->shape, small);
    limn_update_term(update, "pixel", limn_mse(y, x), chosen->loss == PIXEL ? 1 : 0);
    if (chosen->loss == FEATURE) {
        limn_net *frozen = limn_update_net(update, &own->loss.store, LIMN_FROZEN);
        limn_vgg vgg = limn_loss_network_on(&own->loss, frozen);
        limn_node *of_y, *of_x;
        limn_vgg_taps(&vgg, y, &chosen->layer, 1, &of_y);
        limn_vgg_taps(&vgg, x, &chosen->layer, 1, &of_x);
        limn_update_term(update, "feature", limn_mse(of_y, of_x), 1);
    }
    return y;
}

// ---- the method ----

static limn_status shape_from_options(limn_trainer *trainer) {
    upscale *own = trainer->own;
    const upscale_options *chosen = own->options = trainer->options;
    const struct preset *preset = &presets[chosen->preset];
    int scale = chosen->scale ? 8 : 4;
    own->pair.large = (int)(chosen->crop_size ? chosen->crop_size : preset->crop_size);
    own->pair.small = own->pair.large / scale;
    own->pair.blur = chosen->blur;
    if (own->pair.large % scale || own->pair.small < 4)
        return limn_fail(LIMN_USAGE, "--crop-size %d: a multiple of %d from %d on is needed",
                         own->pair.large, scale, 4 * scale);
    own->floats = 3 * ((size_t)own->pair.large * (size_t)own->pair.large +
                       (size_t)own->pair.small * (size_t)own->pair.small);
    own->batch_size = trainer->common.batch_size ? trainer->common.batch_size : preset->batch_size;
    trainer->common.batch_size = own->batch_size;
    if (!trainer->common.steps) trainer->common.steps = preset->steps;
    return LIMN_OK;
}

// A network that was trained has the statistics it needs.
static void choose_settling(limn_trainer *trainer) {
    upscale *own = trainer->own;
    own->task.settles = own->options->settle_after > 0;
    own->task.settled_from = own->from_chance ? own->options->settle_after : 0;
}

static limn_status start_model(limn_trainer *trainer) {
    upscale *own = trainer->own;
    const upscale_options *chosen = own->options;
    limn_johnson_shape shape = {.width = chosen->width, .scale = chosen->scale ? 8 : 4};
    bool from_chance;
    LIMN_TRY(
        limn_start(trainer, chosen->init, limn_kind_find("sr"), &shape, &own->start, &from_chance));
    own->from_chance = from_chance;
    limn_trainer_remember(trainer, "from chance", &own->from_chance);
    choose_settling(trainer);
    return LIMN_OK;
}

static limn_status upscale_open(limn_trainer *trainer) {
    upscale *own = trainer->own;
    LIMN_TRY(shape_from_options(trainer));
    const upscale_options *chosen = own->options;
    if (chosen->loss == FEATURE && !chosen->loss_network)
        return limn_fail(LIMN_USAGE,
                         "--loss-network FILE is needed: no VGG-19 was found beside the "
                         "program");
    if (chosen->loss == FEATURE)
        LIMN_TRY(limn_loss_network_load(chosen->loss_network, chosen->preprocess, &chosen->layer, 1,
                                        &own->loss));
    LIMN_TRY(start_model(trainer));
    LIMN_TRY(open_pictures(trainer));
    LIMN_TRY(limn_supervised_build(trainer, &own->task,
                                   LIMN_SHAPE(own->batch_size, (int64_t)own->floats), objective));
    LIMN_TRY(limn_trainer_take(trainer, &own->start->store));
    return limn_supervised_ready(trainer, &own->task);
}

static limn_status upscale_step(limn_trainer *trainer) {
    upscale *own = trainer->own;
    return limn_supervised_step(trainer, &own->task, own->options->rate);
}

static limn_status upscale_validate(limn_trainer *trainer, double *total) {
    return limn_supervised_judge(&((upscale *)trainer->own)->task, total);
}

// Left bicubic, in the middle what the network makes of the same, right the truth.
static limn_status upscale_sample(limn_trainer *trainer, limn_picture **sheet) {
    upscale *own = trainer->own;
    double total;
    LIMN_TRY(upscale_validate(trainer, &total));
    const limn_supervised *task = &own->task;
    int size = own->pair.large, count = task->held_out.count;
    size_t large = 3 * (size_t)size * (size_t)size;
    limn_picture views[3 * HELD_OUT], *bicubic[HELD_OUT] = {NULL};
    const limn_picture *pictures[3 * HELD_OUT];
    limn_status status = LIMN_OK;
    for (int i = 0; i < count && status == LIMN_OK; i++) {
        float *truth = task->held_out.samples + (size_t)i * own->floats;
        limn_picture small = {
            .width = own->pair.small, .height = own->pair.small, .depth = 8, .rgb = truth + large};
        status = limn_picture_resize(&small, size, size, LIMN_BICUBIC, &bicubic[i]);
        views[3 * i + 1] = views[3 * i + 2] =
            (limn_picture){.width = size, .height = size, .depth = 8, .rgb = truth};
        views[3 * i + 1].rgb = (float *)(uintptr_t)(task->shown + (size_t)i * large);
        pictures[3 * i] = bicubic[i];
        pictures[3 * i + 1] = &views[3 * i + 1];
        pictures[3 * i + 2] = &views[3 * i + 2];
    }
    if (status == LIMN_OK)
        status = limn_picture_sheet(pictures, 3 * count,
                                    (limn_sheet_options){.columns = 3, .gap = 4}, sheet);
    for (int i = 0; i < count; i++) limn_picture_free(bicubic[i]);
    return status;
}

static limn_status upscale_save(limn_trainer *trainer, const char *path) {
    upscale *own = trainer->own;
    return limn_model_save_trained(own->start, &trainer->store, trainer->source, trainer->step,
                                   path);
}

static void upscale_close(limn_trainer *trainer) {
    upscale *own = trainer->own;
    limn_supervised_free(&own->task);
    limn_loss_network_free(&own->loss);
    limn_model_free(own->start);
    limn_set_free(&own->set);
}

const limn_method limn_method_upscale = {
    .name = "upscale",
    .title = "a network that enlarges photographs four or eight times (Johnson 2016)",
    .summary = "train a network that enlarges pictures",
    .description = "Learns from a folder of photographs to make pictures four or eight times "
                   "larger, and writes "
                   "model.safetensors into the run's folder. With --loss pixel the result is as "
                   "near to the true "
                   "pixels as it can be, with --loss feature it is sharper.\n",
    .examples = "limn train upscale --data photos/ -o runs/x4\n"
                "limn upscale small.jpg -m runs/x4/model.safetensors -o large.png\n",
    .group = "Enlarging",
    .options = options,
    .options_size = sizeof(upscale_options),
    .own_size = sizeof(upscale),
    .open = upscale_open,
    .resumed = choose_settling,
    .step = upscale_step,
    .validate = upscale_validate,
    .sample = upscale_sample,
    .save = upscale_save,
    .close = upscale_close,
};
