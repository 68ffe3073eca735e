// Batches for training, made ahead of time.
#define _POSIX_C_SOURCE 200809L
#include "data/loader.h"

#include "base/aside.h"
#include "base/clock.h"
#include "base/threads.h"
#include "data/sample.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HELPERS = 7, PATIENCE = 4, MOST_ROOMS = 4 };

// A place of a batch that was filled by one of several threads.
typedef struct attempt {
    int sample;
    limn_status status;
    const char *damaged;
} attempt;

struct limn_loader {
    limn_loader_options options;
    limn_kept *kept;
    limn_aside *helpers[MOST_HELPERS]; // of the thread that makes batches, as what follows
    int helper_count;
    int64_t number; // of the batch that they make
    float *out;
    int next_place; // atomic
    attempt *attempts;
    int helpers_wanted, waits; // batches in a row that were waited for
    double handed_out;         // when the last one was
    // Batches in a ring, by number: one in use, the others made ahead.
    int rooms;
    float *batch[MOST_ROOMS];
    int64_t holds[MOST_ROOMS]; // which is in it; -1: none
    int64_t wanted, last;      // the one to make, and how far to go on; -1: nothing to do
    int64_t failed;            // one that cannot be made; -1: none
    limn_status status;        // why
    char sentence[512];
    bool quit;
    bool *broken;   // by sample
    char **reasons; // why, in the order they were met; NULL where there was no memory
    int broken_count;
    bool *hurt;           // by sample: one of its pictures is damaged
    const char **damaged; // such pictures, one of a sample, in the order they were met
    int damaged_count;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started;
};

// Which of `count` stands at a position of an epoch: each epoch is a permutation, made by a
// four-round Feistel network over the next power of four, walked until it lands inside.
static int shuffled(uint64_t seed, int domain, uint64_t epoch, uint32_t position, uint32_t count) {
    int half = 1;
    while ((1u << (2 * half)) < count) half++;
    uint32_t mask = (1u << half) - 1, at = position;
    do {
        uint32_t left = at >> half, right = at & mask;
        for (uint32_t round = 0; round < 4; round++) {
            limn_random stream = {seed, limn_purpose("order"), 4 * (uint32_t)domain + round, epoch};
            uint32_t bits[4];
            limn_random_bits(&stream, right, bits);
            uint32_t next = left ^ (bits[0] & mask);
            left = right;
            right = next;
        }
        at = left << half | right;
    } while (at >= count);
    return (int)at;
}

// Of each domain in a batch.
static int samples_each(const limn_loader_options *how) {
    return how->batch / how->set->domain_count;
}

// The samples of the domain whose turn it is in a batch.
static limn_range source_of(const limn_loader *loader, int place) {
    const limn_loader_options *how = &loader->options;
    return how->set->domains[place / samples_each(how)].part[LIMN_TRAIN];
}

// Which of them has this place in a batch.
static int choose(const limn_loader *loader, int64_t number, int place) {
    const limn_loader_options *how = &loader->options;
    uint64_t batch = (uint64_t)number, each = (uint64_t)samples_each(how);
    uint64_t count = (uint64_t)source_of(loader, place).count;
    limn_random stream = {how->seed, limn_purpose("draw"), (uint32_t)place, batch};
    if (how->set->kind.order == LIMN_DRAWN)
        return (int)limn_random_below(&stream, 0, (uint32_t)count);
    uint64_t length = how->set->kind.order == LIMN_BY_SHORTEST
                          ? (uint64_t)limn_set_epoch(how->set, how->batch) * each
                          : count;
    uint64_t index = batch * each + (uint64_t)place % each;
    return shuffled(how->seed, place / (int)each, index / length,
                    (uint32_t)(index % length % count), (uint32_t)count);
}

static void note_broken(limn_loader *loader, int sample) {
    pthread_mutex_lock(&loader->lock);
    if (!loader->broken[sample]) {
        loader->broken[sample] = true;
        loader->reasons[loader->broken_count++] = strdup(limn_message());
    }
    pthread_mutex_unlock(&loader->lock);
}

static void note_damaged(limn_loader *loader, int sample, const char *path) {
    pthread_mutex_lock(&loader->lock);
    if (!loader->hurt[sample]) loader->damaged[loader->damaged_count++] = path;
    loader->hurt[sample] = true;
    pthread_mutex_unlock(&loader->lock);
}

// ---- a batch ----

static limn_random stream_of(const limn_loader *loader, int64_t number, int place) {
    return (limn_random){loader->options.seed, limn_purpose("sample"), (uint32_t)place,
                         (uint64_t)number};
}

static limn_status fill_place(limn_loader *loader, int64_t number, int place, float *out) {
    const limn_loader_options *how = &loader->options;
    const limn_sampling alone = {.how = how, .kept = loader->kept};
    limn_random stream = stream_of(loader, number, place);
    limn_range source = source_of(loader, place);
    int begin = choose(loader, number, place);
    for (int tries = 0; tries < source.count; tries++) {
        int sample = source.first + (begin + tries) % source.count;
        const char *damaged;
        limn_status status = limn_sample_make(&alone, sample, &stream, out, &damaged);
        if (damaged) note_damaged(loader, sample, damaged);
        if (status != LIMN_INPUT || how->strict)
            return status; // the disk's fault, not the picture's
        note_broken(loader, sample);
    }
    return limn_fail(LIMN_INPUT, "none of the %d pictures can be read; the last: %s", source.count,
                     limn_message());
}

// What several threads do of a batch: places as they come, each of the picture whose turn it is.
static void try_places(void *context) {
    limn_loader *loader = context;
    const limn_loader_options *how = &loader->options;
    const limn_sampling one_of = {how, loader->kept,
                                  how->spare / (size_t)(loader->helper_count + 1)};
    int place;
    while ((place = __atomic_fetch_add(&loader->next_place, 1, __ATOMIC_RELAXED)) < how->batch) {
        limn_random stream = stream_of(loader, loader->number, place);
        attempt *it = &loader->attempts[place];
        it->sample = source_of(loader, place).first + choose(loader, loader->number, place);
        it->status = limn_sample_make(&one_of, it->sample, &stream,
                                      loader->out + (size_t)place * how->floats, &it->damaged);
    }
}

static void try_together(limn_loader *loader, int64_t number, float *batch) {
    loader->number = number;
    loader->out = batch;
    loader->next_place = 0;
    for (int i = 0; i < loader->helper_count; i++)
        limn_aside_send(loader->helpers[i], try_places, loader);
    try_places(loader);
    for (int i = 0; i < loader->helper_count; i++) limn_aside_wait(loader->helpers[i]);
}

// What failed is made again by one thread alone, so that all is met in the order of the places, and
// told in the sentences of one thread.
static limn_status make_batch(limn_loader *loader, int64_t number, float *batch) {
    const limn_loader_options *how = &loader->options;
    bool together = loader->helper_count > 0;
    if (together) try_together(loader, number, batch);
    for (int i = 0; i < how->batch; i++) {
        const attempt *it = &loader->attempts[i];
        bool made = together && it->status == LIMN_OK;
        if (made && it->damaged) note_damaged(loader, it->sample, it->damaged);
        if (!made) LIMN_TRY(fill_place(loader, number, i, batch + (size_t)i * how->floats));
    }
    return LIMN_OK;
}

// ---- threads ----

static void call_helpers(limn_loader *loader, int wanted) {
    while (loader->helper_count < wanted) {
        limn_aside *next = limn_aside_new();
        if (!next) return;
        loader->helpers[loader->helper_count++] = next;
    }
}

static bool is_held(const limn_loader *loader, int64_t number) {
    return loader->holds[number % loader->rooms] == number;
}

// The first one from `number` to the last that is not there, and was not tried in vain.
static int64_t find_missing(const limn_loader *loader, int64_t number) {
    while (number <= loader->last && is_held(loader, number)) number++;
    return number <= loader->last && number != loader->failed ? number : -1;
}

static void note_made(limn_loader *loader, int64_t number, limn_status status) {
    if (status == LIMN_OK) {
        loader->holds[number % loader->rooms] = number;
    } else {
        loader->failed = number;
        loader->status = status;
        snprintf(loader->sentence, sizeof loader->sentence, "%s", limn_message());
    }
    if (loader->wanted == number) loader->wanted = find_missing(loader, number);
}

static void *work(void *context) {
    limn_loader *loader = context;
    limn_threads_unbind(); // the one that computes keeps its core to itself
    pthread_mutex_lock(&loader->lock);
    while (!loader->quit) {
        int64_t number = loader->wanted;
        if (number < 0) {
            pthread_cond_wait(&loader->changed, &loader->lock);
            continue;
        }
        int helpers = loader->helpers_wanted, room = (int)(number % loader->rooms);
        loader->holds[room] = -1;
        pthread_mutex_unlock(&loader->lock);
        call_helpers(loader, helpers);
        limn_status status = make_batch(loader, number, loader->batch[room]);
        pthread_mutex_lock(&loader->lock);
        note_made(loader, number, status);
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

// Of what is free an eighth at most.
static limn_kept *keep_pictures(const limn_loader_options *how) {
    size_t most = how->spare, some = limn_memory_available() / 8;
    return limn_kept_new(how->set->folder.count, some && some < most ? some : most);
}

// Two, and more where little of what may be spared goes into them.
static bool make_rooms(limn_loader *loader) {
    const limn_loader_options *how = &loader->options;
    size_t bytes = (size_t)how->batch * how->floats * sizeof(float);
    for (loader->rooms = 0; loader->rooms < MOST_ROOMS; loader->rooms++) {
        size_t all = (size_t)(loader->rooms + 1) * bytes;
        if (loader->rooms >= 2 && all > how->spare / 8) break;
        loader->holds[loader->rooms] = -1;
        loader->batch[loader->rooms] = limn_alloc(bytes);
        if (!loader->batch[loader->rooms]) return false;
    }
    return true;
}

static void fail_rooms(const limn_loader_options *how) {
    char words[32];
    limn_text_bytes(words, (size_t)how->batch * how->floats * sizeof(float));
    limn_fail(
        LIMN_MEMORY,
        "a batch of %d takes %s, and there is no memory for two. Take a smaller --batch-size, "
        "or smaller pictures",
        how->batch, words);
}

limn_status limn_loader_new(limn_loader_options options, limn_loader **result) {
    *result = NULL;
    limn_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return limn_fail(LIMN_MEMORY, "there is no memory to load pictures");
    loader->options = options;
    loader->kept = keep_pictures(&options);
    assert(options.batch > 0 && options.batch % options.set->domain_count == 0);
    loader->wanted = loader->last = loader->failed = -1;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->changed, NULL);
    loader->broken = calloc((size_t)options.set->count, sizeof *loader->broken);
    loader->reasons = calloc((size_t)options.set->count, sizeof *loader->reasons);
    loader->hurt = calloc((size_t)options.set->count, sizeof *loader->hurt);
    loader->damaged = calloc((size_t)options.set->count, sizeof *loader->damaged);
    bool rooms = make_rooms(loader);
    if (!rooms) fail_rooms(&options);
    loader->attempts = calloc((size_t)options.batch, sizeof *loader->attempts);
    bool lists =
        loader->broken && loader->reasons && loader->hurt && loader->damaged && loader->attempts;
    bool made = rooms && lists && !pthread_create(&loader->thread, NULL, work, loader);
    if (rooms && !made) limn_fail(LIMN_MEMORY, "there is no memory to load pictures");
    if (!made) {
        limn_loader_free(loader);
        return LIMN_MEMORY;
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
    for (int i = 0; i < loader->helper_count; i++) limn_aside_free(loader->helpers[i]);
    limn_kept_free(loader->kept);
    free(loader->attempts);
    for (int i = 0; i < loader->rooms; i++) limn_free(loader->batch[i]);
    for (int i = 0; i < loader->broken_count; i++) free(loader->reasons[i]);
    free(loader->reasons);
    free(loader->broken);
    free(loader->hurt);
    free(loader->damaged);
    free(loader);
}

// Who is waited for again and again is given a helper.
static void judge_waiting(limn_loader *loader, double begin) {
    const limn_loader_options *how = &loader->options;
    double now = limn_now();
    int most = how->spare ? limn_threads_available() - 1 : 0;
    if (most > how->batch - 1) most = how->batch - 1;
    if (most > MOST_HELPERS) most = MOST_HELPERS;
    loader->waits = now - begin > 0.1 * (now - loader->handed_out) ? loader->waits + 1 : 0;
    loader->handed_out = now;
    if (loader->waits < PATIENCE || loader->helpers_wanted >= most) return;
    loader->helpers_wanted++;
    loader->waits = 0;
}

limn_status limn_loader_batch(limn_loader *loader, int64_t number, const float **batch,
                              double *waited) {
    double start = limn_now();
    pthread_mutex_lock(&loader->lock);
    while (!is_held(loader, number) && number != loader->failed) {
        bool coming = loader->wanted >= 0 && loader->wanted <= number && number <= loader->last;
        if (!coming) loader->wanted = loader->last = number;
        pthread_cond_broadcast(&loader->changed);
        pthread_cond_wait(&loader->changed, &loader->lock);
    }
    limn_status status = number == loader->failed ? loader->status : LIMN_OK;
    if (status == LIMN_OK) {
        judge_waiting(loader, start);
        loader->last = number + loader->rooms - 1;
        loader->wanted = find_missing(loader, number + 1);
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    *waited = limn_now() - start;
    *batch = loader->batch[number % loader->rooms];
    return status == LIMN_OK ? LIMN_OK : limn_fail(status, "%s", loader->sentence);
}

const char *limn_loader_broken(limn_loader *loader, int index) {
    pthread_mutex_lock(&loader->lock);
    bool there = index < loader->broken_count;
    const char *reason = there ? loader->reasons[index] : NULL;
    pthread_mutex_unlock(&loader->lock);
    return there && !reason ? "a picture that cannot be read" : reason;
}

const char *limn_loader_damaged(limn_loader *loader, int index) {
    pthread_mutex_lock(&loader->lock);
    const char *path = index < loader->damaged_count ? loader->damaged[index] : NULL;
    pthread_mutex_unlock(&loader->lock);
    return path;
}

void limn_loader_files(const limn_loader *loader, int64_t number, char *text, size_t size) {
    const limn_set *set = loader->options.set;
    size_t used = 0;
    for (int i = 0; i < loader->options.batch && used < size; i++) {
        int sample = source_of(loader, i).first + choose(loader, number, i);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                 set->folder.paths[set->samples[sample].file[0]]);
    }
}

limn_status limn_hold_out(const limn_loader_options *how, int domain, int most,
                          limn_held_out *held) {
    limn_range *parts = how->set->domains[domain].part;
    bool apart = parts[LIMN_HELD_OUT].count;
    limn_range from = parts[apart ? LIMN_HELD_OUT : LIMN_TRAIN];
    size_t room = (size_t)most * how->floats * sizeof(float);
    *held = (limn_held_out){.samples = limn_alloc(room)};
    if (!held->samples) return limn_fail(LIMN_MEMORY, "there is no memory for pictures");
    int first = from.count;
    const limn_sampling alone = {.how = how};
    limn_status status = LIMN_INPUT;
    for (int at = from.count - 1; at >= 0 && held->count < most; at--) {
        float *out = held->samples + (size_t)held->count * how->floats;
        const char *damaged;
        status = limn_sample_make(&alone, from.first + at, NULL, out, &damaged);
        if (status != LIMN_OK && status != LIMN_INPUT) return status; // another time it can be read
        if (status != LIMN_OK) continue;
        held->count++;
        first = at;
    }
    bool enough = from.count >= 5 * most && first >= 4 * most; // not where most cannot be read
    if (enough && !apart) parts[LIMN_TRAIN].count = first;
    if (held->count) return LIMN_OK;
    return limn_fail(status, "none of the pictures can be read: %s", limn_message());
}

void limn_held_out_free(limn_held_out *held) {
    limn_free(held->samples);
    *held = (limn_held_out){.count = 0};
}
