// What the files of a data set are.
#define _POSIX_C_SOURCE 200809L
#include "data/survey.h"

#include "base/file.h"
#include "base/threads.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A picture takes 12 bytes a pixel while it is read: only small ones are read side by side.
static const double large_pixels = 4e6;

// Of 255. JPEG leaves as much in pictures without colour, and in those of one colour.
static const float grey_tolerance = 2, flat_tolerance = 8;

enum { SMALL = 64 }; // pixels

typedef struct surveyor {
    limn_survey *survey;
    limn_survey_watch *watch;
    void *context;
    pthread_mutex_t lock;  // of what follows
    pthread_mutex_t large; // held by the one that reads a large picture
    int next;
    limn_status status;
    char sentence[512];
} surveyor;

static float larger(float a, float b) {
    return a > b ? a : b;
}

static void look_at_colours(const limn_picture *picture, limn_surveyed *file) {
    size_t plane = (size_t)picture->width * (size_t)picture->height;
    const float *red = picture->rgb, *green = red + plane, *blue = green + plane;
    float colour = 0, range = 0;
    for (int c = 0; c < 3; c++) {
        const float *values = picture->rgb + (size_t)c * plane;
        float low = values[0], high = values[0];
        for (size_t i = 1; i < plane; i++) {
            low = values[i] < low ? values[i] : low;
            high = larger(values[i], high);
        }
        range = larger(range, high - low);
    }
    for (size_t i = 0; i < plane; i++)
        colour = larger(colour, larger(fabsf(red[i] - green[i]), fabsf(green[i] - blue[i])));
    file->grey = colour <= grey_tolerance;
    file->flat = range <= flat_tolerance;
}

static limn_status read_bytes(surveyor *it, const limn_file *bytes, limn_surveyed *file) {
    const limn_read_options how = limn_set_reading();
    limn_picture_header header = {.size = sizeof header};
    limn_picture *picture;
    file->bytes = bytes->size;
    file->sum = limn_checksum(0, bytes->bytes, bytes->size);
    LIMN_TRY(limn_picture_read_header_bytes(bytes->bytes, bytes->size, file->path, &how, &header));
    bool is_large = (double)header.width * header.height > large_pixels;
    if (is_large) pthread_mutex_lock(&it->large);
    limn_status status =
        limn_picture_read_bytes(bytes->bytes, bytes->size, file->path, &how, &picture);
    if (status == LIMN_OK) {
        file->width = header.width;
        file->height = header.height;
        file->small = header.width < SMALL || header.height < SMALL;
        file->format = header.format;
        file->alpha = header.has_alpha;
        file->sixteen_bit = header.depth == 16;
        file->other_colours = header.other_colours;
        file->damaged = picture->damaged;
        look_at_colours(picture, file);
        limn_picture_free(picture);
    }
    if (is_large) pthread_mutex_unlock(&it->large);
    return status;
}

// The sentence at hand without the name before it, and without its advice: that is the same for
// most and better given once.
static limn_status keep_reason(limn_surveyed *file) {
    const char *reason = limn_message();
    size_t size = strlen(file->path);
    if (!strncmp(reason, file->path, size) && !strncmp(reason + size, ": ", 2)) reason += size + 2;
    const char *advice = strstr(reason, ". ");
    file->reason = strndup(reason, advice ? (size_t)(advice - reason) : strlen(reason));
    return file->reason ? LIMN_OK : limn_fail(LIMN_MEMORY, "no memory to survey pictures");
}

static limn_status survey_file(surveyor *it, limn_surveyed *file) {
    limn_file bytes;
    LIMN_TRY(limn_file_open(file->path, SIZE_MAX, LIMN_INPUT, &bytes));
    limn_status status = read_bytes(it, &bytes, file);
    limn_file_close(&bytes);
    return status;
}

// The next file, or NULL when there is none or the survey has ended.
static limn_surveyed *take_next(surveyor *it) {
    limn_surveyed *file = NULL;
    pthread_mutex_lock(&it->lock);
    if (it->status == LIMN_OK && it->next < it->survey->count) {
        file = &it->survey->files[it->next++];
        it->status = it->watch(it->context, it->next, it->survey->count, file->path);
        if (it->status != LIMN_OK) {
            snprintf(it->sentence, sizeof it->sentence, "%s", limn_message());
            file = NULL;
        }
    }
    pthread_mutex_unlock(&it->lock);
    return file;
}

// What fails is only marked.
static void survey_some(void *context, int thread, int threads) {
    surveyor *it = context;
    (void)thread;
    (void)threads;
    for (limn_surveyed *file; (file = take_next(it));)
        file->unreadable = survey_file(it, file) != LIMN_OK;
}

// What failed is surveyed once more, alone: libvips has one place for the reasons of all threads,
// and there may be memory now.
static limn_status survey_failed(surveyor *it) {
    for (int i = 0; i < it->survey->count; i++) {
        limn_surveyed *file = &it->survey->files[i];
        if (!file->unreadable) continue;
        LIMN_TRY(it->watch(it->context, i + 1, it->survey->count, file->path));
        limn_status status = survey_file(it, file);
        file->unreadable = status != LIMN_OK;
        // Memory that runs out is no fault of the picture's: one too large by itself is LIMN_INPUT.
        if (status == LIMN_MEMORY) return status;
        if (status != LIMN_OK) LIMN_TRY(keep_reason(file));
    }
    return LIMN_OK;
}

limn_status limn_survey_read(const limn_set *set, int threads, limn_survey_watch *watch,
                             void *context, limn_survey *survey) {
    int count = set->folder.count;
    *survey = (limn_survey){.files = calloc((size_t)count, sizeof *survey->files), .count = count};
    if (!survey->files) return limn_fail(LIMN_MEMORY, "no memory to survey %d pictures", count);
    for (int i = 0; i < count; i++)
        survey->files[i] =
            (limn_surveyed){.path = set->folder.paths[i], .relative = limn_set_name(set, i)};
    surveyor it = {.survey = survey, .watch = watch, .context = context};
    pthread_mutex_init(&it.lock, NULL);
    pthread_mutex_init(&it.large, NULL);
    limn_parallel(threads, survey_some, &it);
    limn_status status =
        it.status == LIMN_OK ? survey_failed(&it) : limn_fail(it.status, "%s", it.sentence);
    pthread_mutex_destroy(&it.large);
    pthread_mutex_destroy(&it.lock);
    if (status != LIMN_OK) limn_survey_free(survey);
    return status;
}

void limn_survey_free(limn_survey *survey) {
    for (int i = 0; i < survey->count; i++) free(survey->files[i].reason);
    free(survey->files);
    *survey = (limn_survey){0};
}
