// Batches for training, made ahead of time.
#define _POSIX_C_SOURCE 200809L
#include "data/loader.h"

#include "base/clock.h"
#include "base/threads.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limn_loader {
    limn_loader_options options;
    float *batch[2];    // one in use, one being made
    int64_t holds[2];   // which step is in it; -1: none
    int64_t wanted;     // the step to make; -1: nothing to do
    limn_status status; // of the last batch made
    char sentence[512];
    bool quit;
    bool *broken;   // by file
    char **reasons; // why, in the order they were met; NULL where there was no memory
    int broken_count;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started;
};

// The file for sample `index` of all samples ever: each epoch is a permutation, made by a
// four-round Feistel network over the next power of four, walked until it lands inside.
static uint32_t shuffled(uint64_t seed, uint64_t epoch, uint32_t position, uint32_t count) {
    int half = 1;
    while ((1u << (2 * half)) < count) half++;
    uint32_t mask = (1u << half) - 1, at = position;
    do {
        uint32_t left = at >> half, right = at & mask;
        for (uint32_t round = 0; round < 4; round++) {
            limn_random stream = {seed, limn_purpose("order"), round, epoch};
            uint32_t bits[4];
            limn_random_bits(&stream, right, bits);
            uint32_t next = left ^ (bits[0] & mask);
            left = right;
            right = next;
        }
        at = left << half | right;
    } while (at >= count);
    return at;
}

// Where the file of a sample comes from: all of the folder, or the domain whose turn it is.
static limn_domain source_of(const limn_loader *loader, int sample) {
    const limn_loader_options *options = &loader->options;
    if (!options->domain_count) return (limn_domain){.count = options->folder->count};
    return options->domains[sample / (options->batch / options->domain_count)];
}

static int file_of(const limn_loader *loader, int64_t step, int sample) {
    if (loader->options.domain_count) {
        limn_domain domain = source_of(loader, sample);
        limn_random stream = {loader->options.seed, limn_purpose("draw"), (uint32_t)sample,
                              (uint64_t)step};
        return domain.first + (int)limn_random_below(&stream, 0, (uint32_t)domain.count);
    }
    uint64_t count = (uint64_t)loader->options.folder->count;
    uint64_t index = (uint64_t)step * (uint64_t)loader->options.batch + (uint64_t)sample;
    return (int)shuffled(loader->options.seed, index / count, (uint32_t)(index % count),
                         (uint32_t)count);
}

static void note_broken(limn_loader *loader, int file) {
    pthread_mutex_lock(&loader->lock);
    if (!loader->broken[file]) {
        loader->broken[file] = true;
        loader->reasons[loader->broken_count++] = strdup(limn_message());
    }
    pthread_mutex_unlock(&loader->lock);
}

// On white before all else: what is clear has no colour to learn from.
static limn_status read_solid(const char *path, limn_picture **picture) {
    LIMN_TRY(limn_picture_read(path, (limn_read_options){0}, picture));
    limn_picture_on_white(*picture);
    return LIMN_OK;
}

static limn_status make_sample(limn_loader *loader, int64_t step, int sample, float *out) {
    const limn_loader_options *options = &loader->options;
    limn_random stream = {options->seed, limn_purpose("sample"), (uint32_t)sample, (uint64_t)step};
    limn_domain source = source_of(loader, sample);
    int begin = file_of(loader, step, sample) - source.first;
    for (int tries = 0; tries < source.count; tries++) {
        int file = source.first + (begin + tries) % source.count;
        limn_picture *picture;
        limn_status status = read_solid(options->folder->paths[file], &picture);
        if (status == LIMN_OK) {
            status = options->make(options->context, picture, &stream, out);
            limn_picture_free(picture);
            if (status != LIMN_OK) limn_fail_in(status, "%s: ", options->folder->paths[file]);
        }
        if (status == LIMN_OK || status == LIMN_MEMORY) return status;
        if (options->strict) return status;
        note_broken(loader, file);
    }
    return limn_fail(LIMN_INPUT, "none of the %d pictures can be read; the last: %s", source.count,
                     limn_message());
}

static limn_status make_batch(limn_loader *loader, int64_t step, float *batch) {
    for (int i = 0; i < loader->options.batch; i++)
        LIMN_TRY(make_sample(loader, step, i, batch + (size_t)i * loader->options.floats));
    return LIMN_OK;
}

static void *work(void *context) {
    limn_loader *loader = context;
    limn_threads_unbind(); // the one that computes keeps its core to itself
    pthread_mutex_lock(&loader->lock);
    while (!loader->quit) {
        if (loader->wanted < 0) {
            pthread_cond_wait(&loader->changed, &loader->lock);
            continue;
        }
        int64_t step = loader->wanted;
        pthread_mutex_unlock(&loader->lock);
        limn_status status = make_batch(loader, step, loader->batch[step & 1]);
        pthread_mutex_lock(&loader->lock);
        loader->status = status;
        if (status != LIMN_OK)
            snprintf(loader->sentence, sizeof loader->sentence, "%s", limn_message());
        loader->holds[step & 1] = step;
        if (loader->wanted == step) loader->wanted = -1;
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

limn_status limn_loader_new(limn_loader_options options, limn_loader **result) {
    *result = NULL;
    limn_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return limn_fail(LIMN_MEMORY, "there is no memory to load pictures");
    loader->options = options;
    assert(!options.domain_count || options.batch % options.domain_count == 0);
    loader->wanted = -1;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->changed, NULL);
    loader->broken = calloc((size_t)options.folder->count, sizeof *loader->broken);
    loader->reasons = calloc((size_t)options.folder->count, sizeof *loader->reasons);
    for (int i = 0; i < 2; i++) {
        loader->holds[i] = -1;
        loader->batch[i] = limn_alloc((size_t)options.batch * options.floats * sizeof(float));
    }
    if (!loader->broken || !loader->reasons || !loader->batch[0] || !loader->batch[1] ||
        pthread_create(&loader->thread, NULL, work, loader)) {
        limn_loader_free(loader);
        return limn_fail(LIMN_MEMORY, "there is no memory to load pictures");
    }
    loader->started = true;
    *result = loader;
    return LIMN_OK;
}

void limn_loader_free(limn_loader *loader) {
    if (!loader) return;
    if (loader->started) {
        pthread_mutex_lock(&loader->lock);
        loader->quit = true;
        pthread_cond_broadcast(&loader->changed);
        pthread_mutex_unlock(&loader->lock);
        pthread_join(loader->thread, NULL);
    }
    pthread_cond_destroy(&loader->changed);
    pthread_mutex_destroy(&loader->lock);
    limn_free(loader->batch[0]);
    limn_free(loader->batch[1]);
    for (int i = 0; i < loader->broken_count; i++) free(loader->reasons[i]);
    free(loader->reasons);
    free(loader->broken);
    free(loader);
}

limn_status limn_loader_batch(limn_loader *loader, int64_t step, const float **batch,
                              double *waited) {
    double start = limn_now();
    pthread_mutex_lock(&loader->lock);
    while (loader->wanted >= 0 && loader->wanted != step) // a step nobody wants any more
        pthread_cond_wait(&loader->changed, &loader->lock);
    if (loader->holds[step & 1] != step) {
        loader->wanted = step;
        pthread_cond_broadcast(&loader->changed);
        while (loader->wanted >= 0) pthread_cond_wait(&loader->changed, &loader->lock);
    }
    limn_status status = loader->status;
    if (status == LIMN_OK) {
        loader->wanted = step + 1;
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    *waited = limn_now() - start;
    *batch = loader->batch[step & 1];
    return status == LIMN_OK ? LIMN_OK : limn_fail(status, "%s", loader->sentence);
}

const char *limn_loader_broken(limn_loader *loader, int index) {
    pthread_mutex_lock(&loader->lock);
    bool there = index < loader->broken_count;
    const char *reason = there ? loader->reasons[index] : NULL;
    pthread_mutex_unlock(&loader->lock);
    return there && !reason ? "a picture that cannot be read" : reason;
}

void limn_loader_files(const limn_loader *loader, int64_t step, char *text, size_t size) {
    size_t used = 0;
    for (int i = 0; i < loader->options.batch && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                 loader->options.folder->paths[file_of(loader, step, i)]);
}

enum { NARROWEST = 64 };

// Of a line of pixels, enlarged until it is as wide as the square, little more than memory is used.
static limn_status check_width(const limn_picture *picture, double factor, int size) {
    int longer = picture->width > picture->height ? picture->width : picture->height;
    if (factor <= 1 || longer * factor <= (double)NARROWEST * size) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%d x %d pixels are too narrow for a square of %d: the longer side may be at "
                     "most %d times the shorter",
                     picture->width, picture->height, size, NARROWEST);
}

// Cuts a square out of a picture scaled by `factor`.
static limn_status cut_square(const limn_picture *picture, double factor, int size,
                              const double place[2], bool mirror, float *out) {
    LIMN_TRY(check_width(picture, factor, size));
    int width = (int)(picture->width * factor + 0.5),
        height = (int)(picture->height * factor + 0.5);
    if (width < size) width = size;
    if (height < size) height = size;
    limn_picture *scaled = NULL;
    if (width != picture->width || height != picture->height)
        LIMN_TRY(limn_picture_resize(picture, width, height, LIMN_BICUBIC, &scaled));
    const limn_picture *from = scaled ? scaled : picture;
    int left = (int)(place[0] * (width - size + 1)), top = (int)(place[1] * (height - size + 1));
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < size; i++) {
            const float *row = from->rgb +
                               ((size_t)c * (size_t)height + (size_t)(top + i)) * (size_t)width +
                               (size_t)left;
            float *to = out + ((size_t)c * (size_t)size + (size_t)i) * (size_t)size;
            for (int j = 0; j < size; j++) to[j] = row[mirror ? size - 1 - j : j];
        }
    limn_picture_free(scaled);
    return LIMN_OK;
}

// Cuts with a factor between `least` and `most`; without a stream the least, in the middle.
static limn_status square(const limn_picture *picture, int size, double least, double most,
                          const limn_random *stream, float *out) {
    double place[2] = {0.5, 0.5};
    if (!stream) return cut_square(picture, least, size, place, false, out);
    double factor = least + (most - least) * limn_random_unit(stream, 0);
    for (uint32_t i = 0; i < 2; i++) place[i] = limn_random_unit(stream, 1 + i);
    return cut_square(picture, factor, size, place, limn_random_unit(stream, 3) < 0.5, out);
}

static double smallest_factor(const limn_picture *picture, int size) {
    return (double)size / (picture->width < picture->height ? picture->width : picture->height);
}

limn_status limn_random_square(const limn_picture *picture, int size, const limn_random *stream,
                               float *out) {
    double least = smallest_factor(picture, size), most = 1.6 * least < 1 ? 1.6 * least : 1;
    return square(picture, size, least, most < least ? least : most, stream, out);
}

limn_status limn_native_square(const limn_picture *picture, int size, const limn_random *stream,
                               float *out) {
    double least = smallest_factor(picture, size), own = least > 1 ? least : 1;
    return square(picture, size, own, own, stream, out);
}

limn_status limn_hold_out(limn_folder *folder, int most, size_t floats, limn_make_sample *make,
                          const void *context, limn_held_out *held) {
    *held = (limn_held_out){.samples = limn_alloc((size_t)most * floats * sizeof(float))};
    if (!held->samples) return limn_fail(LIMN_MEMORY, "there is no memory for pictures");
    bool enough = folder->count >= 5 * most;
    int first = folder->count;
    for (int at = folder->count - 1; at >= 0 && held->count < most; at--) {
        limn_picture *picture;
        limn_status status = read_solid(folder->paths[at], &picture);
        if (status == LIMN_OK)
            status = make(context, picture, NULL, held->samples + (size_t)held->count * floats);
        limn_picture_free(picture);
        if (status == LIMN_INPUT) continue; // no better than one that cannot be read
        LIMN_TRY(status);
        held->count++;
        first = at;
    }
    if (enough && first >= 4 * most) folder->count = first; // not where most cannot be read
    if (held->count) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "none of the pictures can be read: %s", limn_message());
}

void limn_held_out_free(limn_held_out *held) {
    limn_free(held->samples);
    *held = (limn_held_out){.count = 0};
}
