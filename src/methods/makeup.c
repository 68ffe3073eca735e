// train makeup: the make-up of one face put on another, learnt from any faces.
//
// "Content and Colour Distillation for Learning Image Translations with the Spatial Profile Loss",
// M. S. Sarfraz, C. Seibold, H. Khalid, R. Stiefelhagen, BMVC 2019 (arXiv 1908.00274). a is a face,
// b another one, r = b warped onto the landmarks of a, a itself around it. No labels are needed:
// the shapes of y = f(a, r) are to be those of a and its colours those of r (ops/profile.h):
//
//   gp                         -S(dy, da)                           --gp-weight
//   cp-rgb, cp-yuv, cp-grad    against r                            --cp-weight, --cp-parts
//   l1                         |y - r| / (C H W)                    --l1-weight
//
// logged as what is missing of the largest S there can be. f begins at 0.99 r: tanh(atanh(0.99 r)
// + c), c the residual generator's last convolution; --skip tanh is tanh(r + c), as published.
#include "base/memory.h"
#include "face/album.h"
#include "face/parts.h"
#include "face/warp.h"
#include "image/cells.h"
#include "image/pixels.h"
#include "kinds/resnet.h"
#include "methods/profile_training.h"
#include "train/start.h"
#include "train/supervised.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct makeup_options {
    limn_profile_loss profile;
    limn_profile_training training;
    const char *references;
    int skip;
    bool colour_jitter, whole;
} makeup_options;

static const limn_default published[] = {LIMN_PROFILE_PUBLISHED, {"skip", "tanh"}, {0}};
static const limn_preset presets[] = {{"draft", limn_profile_draft},
                                      {"good", limn_profile_good},
                                      {"best", limn_profile_best},
                                      {"published", published}};

#define OPTION(member) .offset = offsetof(makeup_options, member)
#define PROFILE(member) .offset = offsetof(makeup_options, profile.member)
#define TRAINING(member) .offset = offsetof(makeup_options, training.member)
static const limn_option options[] = {
    LIMN_PROFILE_PRESET_OPTION,
    {.name = "references",
     .kind = LIMN_OPTION_PATH,
     OPTION(references),
     .placeholder = "FOLDER",
     .otherwise = "those of --data",
     .help = "faces whose make-up is given, where they are to be others"},
    {.name = "skip",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(skip),
     .fallback = "atanh",
     .choices = LIMN_RESNET_SKIPS,
     .help = "how the warped reference goes past the network: so that training begins at it, as "
             "published (paler), or not at all"},
    {.name = "colour-jitter",
     .kind = LIMN_OPTION_FLAG,
     OPTION(colour_jitter),
     .help = "give lips and eyes of references random colours, so that strong ones are seen"},
    {.name = "whole",
     .kind = LIMN_OPTION_FLAG,
     OPTION(whole),
     .help = "look for no faces: each picture is one, and nothing else"},
    LIMN_PROFILE_OPTIONS,
    LIMN_PROFILE_TRAINING_OPTIONS(
        "side of the square that a face is brought to: a multiple of 4", "1e-4",
        "spread of the first weights of the last layer: small ones begin at the reference"),
    {0},
};

typedef struct makeup {
    const makeup_options *options;
    limn_supervised task;
    int size;
    const limn_set *set;
    limn_set others;         // --references
    limn_album album, apart; // of the set, of the others
    const limn_album *from;  // where references come from
    int *references, count;  // files in it
} makeup;

// ---- pairs ----

// Chance of a sample besides the choice of its reference, which is drawn at the sample's number.
enum { COIN = 1 << 30, COLOURS };

static size_t floats_of_frame(const makeup *own) {
    return 3 * (size_t)own->size * (size_t)own->size;
}

// The file of the reference for a sample; another than its own.
static int reference_of(const makeup *own, int sample, const limn_random *stream) {
    uint32_t count = (uint32_t)own->count;
    uint32_t k = stream ? limn_random_below(stream, (uint32_t)sample, count)
                        : (7 * (uint32_t)sample + 1) % count;
    bool itself =
        own->from == &own->album && own->references[k] == own->set->samples[sample].file[0];
    return own->references[itself ? (k + 1) % count : k];
}

static const char *find_reference(const void *context, int sample, const limn_random *stream) {
    const makeup *own = context;
    return own->from->folder->paths[reference_of(own, sample, stream)];
}

// Lips and eyes times a colour each, of 0.5 to 1.3 in each channel.
static limn_status jitter(const limn_random *stream, const limn_landmarks *landmarks, int side,
                          float *rgb) {
    size_t plane = (size_t)side * (size_t)side;
    float *weights = limn_alloc(LIMN_FACE_PARTS * plane * sizeof *weights);
    float by[2 * 3];
    if (!weights) return limn_fail(LIMN_MEMORY, "there is no memory for the parts of a face");
    limn_random colours = *stream;
    colours.purpose ^= COLOURS;
    limn_random_uniform(&colours, 0.5F, 1.3F, by, 6);
    limn_status status = limn_face_soften(landmarks, side, weights);
    for (size_t part = LIMN_LIPS; part <= LIMN_EYES && status == LIMN_OK; part++)
        for (size_t c = 0; c < 3; c++)
            for (size_t i = 0; i < plane; i++) {
                float colour = 1 + weights[part * plane + i] * (by[3 * part + c] - 1);
                float value = rgb[c * plane + i] * colour;
                rgb[c * plane + i] = value > 255 ? 255 : value;
            }
    limn_free(weights);
    return status;
}

// a, then r; `work` has room for a frame.
static limn_status make_frames(const makeup *own, int sample, const limn_picture *const *sides,
                               const limn_random *stream, float *work, float *out) {
    int file = own->set->samples[sample].file[0], other = reference_of(own, sample, stream);
    limn_landmarks of_face, of_reference;
    LIMN_TRY(limn_album_cut(&own->album, file, sides[0], own->size, out, &of_face));
    LIMN_TRY(limn_album_cut(own->from, other, sides[1], own->size, work, &of_reference));
    if (own->options->colour_jitter && stream)
        LIMN_TRY(jitter(stream, &of_reference, own->size, work));
    return limn_face_warp(own->size, (limn_framed){out, &of_face},
                          (limn_framed){work, &of_reference}, out + floats_of_frame(own), NULL);
}

// One coin for both: gp is against the face, and must see it as it is.
static limn_status make_pair(const void *context, int sample, const limn_picture *const *sides,
                             const limn_random *stream, float *out) {
    const makeup *own = context;
    float *work = limn_alloc(floats_of_frame(own) * sizeof *work);
    if (!work) return limn_fail(LIMN_MEMORY, "there is no memory for a face");
    limn_status status = make_frames(own, sample, sides, stream, work, out);
    limn_free(work);
    bool mirrored = own->options->training.flip && stream && limn_random_below(stream, COIN, 2);
    size_t side = (size_t)own->size;
    if (mirrored) limn_rows_flip(out, side, 2 * 3 * side);
    return status;
}

// ---- faces ----

static const char *const kept[] = {"landmarks.safetensors", "reference-landmarks.safetensors",
                                   NULL};
enum { OWN, REFERENCES };

static limn_status tell(void *context, int done, int count) {
    limn_trainer *trainer = context;
    if (trainer->hooks.asked && trainer->hooks.asked(trainer->hooks.context) == LIMN_STOP)
        return limn_fail(LIMN_STOPPED, "stopped while faces were looked for");
    if (done % 500 == 0 && done < count)
        limn_trainer_say(trainer, "looking for faces: %d of %d pictures", done, count);
    return LIMN_OK;
}

// Of a folder, kept under the name of this number in that of the run.
static limn_status open_album(limn_trainer *trainer, const limn_folder *folder, int number,
                              limn_album *album) {
    makeup *own = trainer->own;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", trainer->folder, kept[number]);
    limn_album_request request = {.folder = folder,
                                  .kept = path,
                                  .whole = own->options->whole,
                                  .strict = trainer->common.strict,
                                  .how = trainer->plan,
                                  .tell = tell,
                                  .context = trainer};
    LIMN_TRY(limn_album_open(&request, album));
    if (album->found < folder->count)
        limn_trainer_say(trainer, "%d of %d pictures show no face and are left out",
                         folder->count - album->found, folder->count);
    return LIMN_OK;
}

static limn_status no_faces(const char *folder) {
    return limn_fail(LIMN_INPUT,
                     "%s: no face was found in any of its pictures. --whole takes each "
                     "picture for a face",
                     folder);
}

static limn_status list_references(makeup *own, const limn_set *set) {
    limn_range all = set->domains[0].part[LIMN_TRAIN];
    own->references = malloc(((size_t)all.count + 1) * sizeof *own->references);
    if (!own->references) return limn_fail(LIMN_MEMORY, "there is no memory for a list of faces");
    for (int i = 0; i < all.count; i++)
        own->references[own->count++] = set->samples[all.first + i].file[0];
    return LIMN_OK;
}

static const limn_samples faces = {
    .layouts = {LIMN_LAYOUT_PICTURES}, .files = 1, .order = LIMN_BY_SHORTEST};

static limn_status open_references(limn_trainer *trainer) {
    makeup *own = trainer->own;
    const char *path = own->options->references;
    own->from = &own->album;
    if (!path) return list_references(own, &trainer->set);
    const limn_set_request request = {.path = path};
    LIMN_TRY(limn_set_open(&request, &faces, &own->others));
    LIMN_TRY(open_album(trainer, &own->others.folder, REFERENCES, &own->apart));
    limn_set_keep(&own->others, own->apart.has);
    own->from = &own->apart;
    LIMN_TRY(list_references(own, &own->others));
    return own->count ? LIMN_OK : no_faces(path);
}

static limn_status open_pictures(limn_trainer *trainer) {
    makeup *own = trainer->own;
    LIMN_TRY(limn_trainer_pictures(trainer, &faces));
    own->set = &trainer->set;
    LIMN_TRY(open_album(trainer, &trainer->set.folder, OWN, &own->album));
    limn_set_keep(&trainer->set, own->album.has);
    if (!limn_set_count(&trainer->set, LIMN_TRAIN)) return no_faces(trainer->common.data);
    LIMN_TRY(open_references(trainer));
    if (own->count < 2 && own->from == &own->album)
        return limn_fail(LIMN_INPUT, "%s: there is one face, and a reference is another one",
                         trainer->common.data);
    limn_loader_options how = limn_trainer_loading(trainer, 2 * floats_of_frame(own), NULL, own);
    how.make_numbered = make_pair;
    how.partner = find_reference;
    return limn_supervised_load(trainer, &own->task, &how);
}

// The face that make-up is taken off with, where nobody names one, goes with the model.
static limn_status find_average(limn_trainer *trainer) {
    makeup *own = trainer->own;
    limn_store *store = &trainer->model->store;
    int rgb = limn_store_find(store, "average.rgb");
    int points = limn_store_find(store, "average.landmarks");
    limn_landmarks mean;
    if (trainer->resumes) return LIMN_OK; // it is in the checkpoint
    LIMN_TRY(limn_album_average(own->from, own->references, own->count, own->size,
                                store->values + store->parameters[rgb].offset, &mean));
    float *to = store->values + store->parameters[points].offset;
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        to[2 * i] = (float)mean.point[i].x;
        to[2 * i + 1] = (float)mean.point[i].y;
    }
    return LIMN_OK;
}

// ---- the objective ----

static limn_node *objective(limn_trainer *trainer, limn_update *update, limn_node *batch) {
    const makeup *own = trainer->own;
    limn_node *a = limn_slice_axis(batch, 1, 0, 3), *r = limn_slice_axis(batch, 1, 3, 3);
    const limn_content both = {.node = {a, r}, .count = 2};
    limn_node *y = trainer->model->kind->draw(&update->net, trainer->model->shape, 0, &both, NULL);
    limn_profile_loss_terms_of_two(&own->options->profile, update, y, a, r);
    return y;
}

// ---- the method ----

static limn_status makeup_open(limn_trainer *trainer) {
    makeup *own = trainer->own;
    const makeup_options *chosen = own->options = trainer->options;
    const limn_resnet_shape shape = {.width = chosen->training.width,
                                     .blocks = 9,
                                     .out = 3,
                                     .size = chosen->training.image_size,
                                     .norm = chosen->training.norm,
                                     .skip = chosen->skip,
                                     .output_deviation = chosen->training.output_deviation};
    own->size = (int)chosen->training.image_size;
    LIMN_TRY(limn_profile_loss_check(&chosen->profile, 0));
    LIMN_TRY(limn_start(trainer, chosen->training.init, limn_kind_find("makeup"), &shape, NULL));
    LIMN_TRY(open_pictures(trainer));
    limn_profile_training_length(trainer);
    return find_average(trainer);
}

static limn_status makeup_build(limn_trainer *trainer) {
    makeup *own = trainer->own;
    return limn_supervised_build(trainer, &own->task, LIMN_SHAPE(1, 6, own->size, own->size),
                                 objective);
}

static limn_status makeup_step(limn_trainer *trainer) {
    makeup *own = trainer->own;
    return limn_supervised_step(trainer, &own->task, own->options->training.rate);
}

static limn_status makeup_validate(limn_trainer *trainer, double *total) {
    return limn_supervised_judge(&((makeup *)trainer->own)->task, total);
}

// The face, the reference on it, what the network makes of them.
static limn_status add_row(const void *context, const float *sample, const float *made,
                           limn_cells *sheet) {
    const makeup *own = context;
    LIMN_TRY(limn_cells_add_rgb(sheet, sample, own->size, own->size));
    LIMN_TRY(limn_cells_add_rgb(sheet, sample + floats_of_frame(own), own->size, own->size));
    return limn_cells_add_rgb(sheet, made, own->size, own->size);
}

static limn_status makeup_sheet(limn_trainer *trainer, limn_cells *sheet) {
    sheet->columns = 3;
    return limn_supervised_sheet(trainer, &((makeup *)trainer->own)->task, add_row, sheet);
}

static void makeup_close(limn_trainer *trainer) {
    makeup *own = trainer->own;
    limn_supervised_free(&own->task);
    limn_album_free(&own->album);
    limn_album_free(&own->apart);
    limn_set_free(&own->others);
    free(own->references);
}

static const limn_stage stages[] = {
    {.steps = "steps", .batches = 1, .build = makeup_build, .step = makeup_step}, {0}};

const limn_method limn_method_makeup = {
    .name = "makeup",
    .title = "the make-up of one face on another, by spatial profiles (Sarfraz 2019)",
    .summary = "train a network that puts the make-up of one face on another",
    .description =
        "Learns from any photographs of faces, without labels, to give a face the colours of "
        "another and leave it its shapes, and writes model.safetensors into the run's folder. "
        "Landmarks are found once and kept there too; pictures in which no face is found are "
        "counted and left out.\n",
    .examples = "limn train makeup --data faces/ -o runs/makeup\n"
                "limn makeup me.jpg --like star.jpg -m runs/makeup -o out.jpg\n",
    .group = "Faces",
    .options = options,
    .options_size = sizeof(makeup_options),
    .own_size = sizeof(makeup),
    .presets = presets,
    .kept = kept,
    .stages = stages,
    .open = makeup_open,
    .validate = makeup_validate,
    .sheet = makeup_sheet,
    .close = makeup_close,
};
