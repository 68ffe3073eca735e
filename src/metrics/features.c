// Features of sets of pictures.
#include "metrics/features.h"

#include "base/file.h"
#include "data/folder.h"
#include "formats/load.h"
#include "formats/numpy_write.h"
#include "metrics/files.h"

#include <stdlib.h>
#include <string.h>

#define OPTION(member) .offset = offsetof(limn_feature_options, member)
#define RESIZES "pytorch-fid|tensorflow|clean" // as limn_feature_resize
static const int sizes[] = {0, 64, 192, 768, 2048};
const limn_option limn_feature_table[] = {
    {.name = "network",
     .kind = LIMN_OPTION_PATH,
     OPTION(network),
     .help = "the Inception network of FID, such as pt_inception-2015-12-05-6726825d.pth"},
    {.name = "features",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(features),
     .fallback = "most",
     .choices = "most|64|192|768|2048",
     .help = "how many features are compared, from early layers to late ones; most: what the "
             "network has"},
    {.name = "resize",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(resize),
     .fallback = "pytorch-fid",
     .choices = RESIZES,
     .help = "how pictures are brought to 299x299: as pytorch-fid does (bilinear), as TensorFlow "
             "did in 2017, or as clean-fid does (bicubic, without aliasing)"},
    {0}};

static limn_status open_network(limn_measuring *it, const limn_feature_options *options,
                                limn_inception *network) {
    char resize[LIMN_CHOICE_SIZE];
    LIMN_TRY(limn_inception_open(options->network, sizes[options->features], it->plan, network));
    limn_fact_text(it, "network", "%s", limn_path_name(options->network));
    limn_fact_text(it, "resize", "%s", limn_option_choice(RESIZES, options->resize, resize));
    return LIMN_OK;
}

limn_status limn_with_features(limn_measuring *it, const limn_feature_options *options,
                               limn_measure_features *measure) {
    limn_inception network = {0};
    if (limn_folder_exists(it->paths[0]) || limn_folder_exists(it->paths[1]))
        LIMN_TRY(open_network(it, options, &network));
    else if (options->network)
        limn_measuring_say(it, "both are files: --network %s is not needed", options->network);
    limn_status status = measure(it, &network);
    limn_inception_close(&network);
    return status;
}

// ---- a picture ----

typedef struct tap {
    int a, b;
    float t; // y = (1 - t) x[a] + t x[b]
} tap;

static void find_taps(int from, int to, double offset, tap *taps) {
    for (int i = 0; i < to; i++) {
        double at = (i + offset) * from / to - offset;
        if (at < 0) at = 0;
        int a = (int)at < from - 1 ? (int)at : from - 1;
        taps[i] = (tap){a, a + 1 < from ? a + 1 : a, (float)(at - a)};
    }
}

// offset: where in a pixel its value lies.
static void resize_bilinear(const limn_picture *picture, double offset, int size, float *out) {
    tap rows[LIMN_INCEPTION_SIZE], columns[LIMN_INCEPTION_SIZE];
    size_t width = (size_t)picture->width, plane = width * (size_t)picture->height;
    find_taps(picture->height, size, offset, rows);
    find_taps(picture->width, size, offset, columns);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < size; i++) {
            const float *from = picture->rgb + (size_t)c * plane;
            const float *above = from + (size_t)rows[i].a * width;
            const float *below = from + (size_t)rows[i].b * width;
            for (int j = 0; j < size; j++) {
                tap at = columns[j];
                float upper = above[at.a] + at.t * (above[at.b] - above[at.a]);
                float lower = below[at.a] + at.t * (below[at.b] - below[at.a]);
                *out++ = upper + rows[i].t * (lower - upper);
            }
        }
}

static limn_status resize_clean(const limn_picture *picture, int size, float *out) {
    limn_picture *resized;
    LIMN_TRY(limn_picture_resize(picture, size, size, LIMN_BICUBIC, &resized));
    for (int i = 0; i < 3 * size * size; i++) {
        float value = resized->rgb[i];
        out[i] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
    limn_picture_free(resized);
    return LIMN_OK;
}

limn_status limn_feature_resized(const limn_picture *picture, limn_feature_resize resize, int size,
                                 float *out) {
    if (resize == LIMN_RESIZE_CLEAN) return resize_clean(picture, size, out);
    resize_bilinear(picture, resize == LIMN_RESIZE_PYTORCH_FID ? 0.5 : 0, size, out);
    return LIMN_OK;
}

limn_status limn_feature_prepare(limn_picture *picture, limn_feature_resize resize, float *out) {
    static const float middles[] = {127.5f, 128, 128};
    float middle = middles[resize];
    limn_picture_on_white(picture);
    LIMN_TRY(limn_feature_resized(picture, resize, LIMN_INCEPTION_SIZE, out));
    for (int i = 0; i < 3 * LIMN_INCEPTION_SIZE * LIMN_INCEPTION_SIZE; i++)
        out[i] = (out[i] - middle) / middle;
    return LIMN_OK;
}

// ---- a set ----

static limn_status read_one(const limn_measuring *it, limn_inception *network,
                            limn_feature_resize resize, const char *path, float *prepared,
                            limn_features *to) {
    limn_picture *picture;
    LIMN_TRY(limn_measuring_read(it, path, &picture));
    limn_sizes_add(&to->sizes, picture);
    limn_status status = limn_feature_prepare(picture, resize, prepared);
    limn_picture_free(picture);
    if (status != LIMN_OK) return status;
    return limn_inception_run(network, prepared,
                              to->values + (size_t)to->count++ * (size_t)to->size);
}

static limn_status read_all(limn_measuring *it, limn_inception *network, limn_feature_resize resize,
                            const limn_folder *folder, limn_features *to) {
    size_t pixels = 3 * (size_t)LIMN_INCEPTION_SIZE * LIMN_INCEPTION_SIZE;
    float *prepared = malloc(pixels * sizeof *prepared);
    to->values = calloc((size_t)folder->count * (size_t)to->size, sizeof *to->values);
    limn_status status = LIMN_OK;
    if (!prepared || !to->values)
        status = limn_fail(LIMN_MEMORY, "there is no memory for the features of %d pictures",
                           folder->count);
    for (int i = 0; i < folder->count && status == LIMN_OK; i++) {
        limn_measuring_progress(it, i + 1, folder->count, folder->paths[i]);
        status = read_one(it, network, resize, folder->paths[i], prepared, to);
    }
    free(prepared);
    return status;
}

static void say_set(limn_measuring *it, int set, const limn_features *features) {
    static const char *const names[2][2] = {{"pictures-a", "size-a"}, {"pictures-b", "size-b"}};
    char text[64];
    limn_fact_number(it, names[set][0], features->count);
    if (features->sizes.count)
        limn_fact_text(it, names[set][1], "%s", limn_sizes_text(&features->sizes, text));
}

limn_status limn_features_read(limn_measuring *it, limn_inception *network,
                               const limn_feature_options *options, int set, limn_features *out) {
    const char *path = it->paths[set];
    limn_folder folder;
    *out = (limn_features){.size = network->features};
    LIMN_TRY(limn_folder_read(path, &folder));
    limn_status status = LIMN_OK;
    if (folder.count < 2)
        status = limn_fail(LIMN_INPUT,
                           "%s: there is one picture in this folder, and %s compares "
                           "sets of two or more",
                           path, it->metric->name);
    if (status == LIMN_OK)
        status = read_all(it, network, (limn_feature_resize)options->resize, &folder, out);
    limn_text left = {0};
    limn_left_alone_print(&folder.left, &left);
    if (left.size) limn_measuring_say(it, "%s: left alone: %s", path, left.data);
    limn_text_free(&left);
    limn_folder_free(&folder);
    if (status == LIMN_OK) say_set(it, set, out);
    if (status != LIMN_OK) limn_features_free(out);
    return status;
}

// ---- a file in its place ----

limn_status limn_feature_file(const limn_measuring *it, int set, const char *of,
                              limn_tensors *file) {
    *file = (limn_tensors){0};
    limn_status status = limn_tensors_load(it->paths[set], file);
    if (status == LIMN_OK) return LIMN_OK;
    return limn_fail_in(status == LIMN_MEMORY ? status : LIMN_INPUT,
                        "a folder of pictures or a file of %s is needed: ", of);
}

limn_status limn_feature_size(const limn_measuring *it, const limn_inception *network, int set,
                              const char *of, int size) {
    if (!network->plan || size == network->features) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%s: these are %s of %d features, and the network gives %d: --features says "
                     "how many it shall give",
                     it->paths[set], of, size, network->features);
}

limn_status limn_features_take(limn_measuring *it, const limn_tensors *file, int set,
                               limn_features *out) {
    static const char *const names[] = {"features-a", "features-b"};
    *out = (limn_features){0};
    limn_status status = limn_features_from(file, &out->count, &out->size, &out->values);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", it->paths[set]);
    limn_fact_text(it, names[set], "%s", limn_path_name(it->paths[set]));
    say_set(it, set, out);
    return LIMN_OK;
}

limn_status limn_features_write(const limn_features *features, const char *path, bool replace) {
    size_t count = (size_t)features->count * (size_t)features->size;
    double *wide = malloc(count * sizeof *wide);
    if (!wide)
        return limn_fail(LIMN_MEMORY, "there is no memory for the features of %d pictures",
                         features->count);
    for (size_t i = 0; i < count; i++) wide[i] = (double)features->values[i];
    limn_numpy_item item = {"features", 2, {(size_t)features->count, (size_t)features->size}, wide};
    limn_status status = limn_numpy_write(path, &item, 1, replace);
    free(wide);
    return status;
}

void limn_features_free(limn_features *features) {
    free(features->values);
    *features = (limn_features){0};
}
