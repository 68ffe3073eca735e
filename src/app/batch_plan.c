// What a batch has to do: inputs listed, outputs named, and everything refused that can be refused
// before work begins.
#define _GNU_SOURCE
#include "app/batch.h"

#include "app/progress.h"
#include "base/file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const limn_option limn_batch_table[] = {
    {.name = "output",
     .letter = 'o',
     .known_as = "out|output-dir|output-folder|save|d",
     .kind = LIMN_OPTION_PATH,
     .offset = offsetof(limn_batch_options, output),
     .placeholder = "NAME",
     .help = "where the result goes: a file for one picture; a folder, made where it is missing, "
             "for several (end its name with / to mean a folder for one picture too)"},
    {.name = "recursive",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, recursive),
     .help = "take the folders inside folders as well; the output folder is laid out likewise"},
    {.name = "force",
     .known_as = "overwrite|y|f",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, force),
     .help = "replace files that are there already"},
    {.name = "skip-existing",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, skip_existing),
     .help = "leave out pictures whose result is there already"},
    {.name = "skip-broken",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, skip_broken),
     .help = "name pictures that cannot be read, but do not count them as failures"},
    {.name = "strict",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, strict),
     .help = "stop at the first picture that fails"},
    {.name = "dry-run",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, dry_run),
     .help = "check everything, print what would be done, and write nothing"},
    {.name = "page",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(limn_batch_options, page),
     .low = 1,
     .high = 10000,
     .placeholder = "N",
     .otherwise = "the first that is no preview",
     .help = "which page of a TIFF file, frame of a WebP file or picture of an MPO file"},
    {.name = "format",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(limn_batch_options, format),
     .fallback = "keep",
     .choices = "keep|jpg|png|webp|tif",
     .means = "jpeg=jpg|.jpg=jpg|.jpeg=jpg|tiff=tif|.tif=tif|.tiff=tif|.png=png|.webp=webp",
     .placeholder = "NAME",
     .help = "in a folder: the kind of file, jpg, png, webp or tif, with the ending of the names "
             "changed to it"},
    {.name = "depth",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(limn_batch_options, depth),
     .fallback = "auto",
     .otherwise = "that of the input, where the format can",
     .choices = "auto|8|16",
     .placeholder = "8|16",
     .help = "bits a channel; 16 is for PNG and TIFF"},
    {.name = "quality",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(limn_batch_options, quality),
     .fallback = "92",
     .low = 1,
     .high = 100,
     .help = "of JPEG and WebP"},
    {.name = "strip",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(limn_batch_options, strip),
     .help = "leave out what the input tells besides its colours: EXIF with the place, XMP, IPTC, "
             "comments, resolution"},
    {0}};

// By position in the choices of --format.
static const char *const endings[] = {NULL, ".jpg", ".png", ".webp", ".tif"};
static const limn_format formats[] = {LIMN_FORMAT_NONE, LIMN_FORMAT_JPEG, LIMN_FORMAT_PNG,
                                      LIMN_FORMAT_WEBP, LIMN_FORMAT_TIFF};

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "No memory for the list of pictures.");
}

// ---- names ----

// Where the ending of a name begins; the end of the name where it is no picture's.
static size_t stem_size(const char *name) {
    return limn_format_of_name(name) != LIMN_FORMAT_NONE ? limn_path_stem(name) : strlen(name);
}

// The output of one input, whose name below the output folder is `relative`.
static const char *output_name(limn_batch *batch, const char *relative, int variant) {
    const limn_batch_options *options = batch->options;
    if (!batch->folder) return options->output;
    size_t length = strlen(options->output);
    while (length > 1 && options->output[length - 1] == '/') length--;
    const char *slash = options->output[length - 1] == '/' ? "" : "/";
    const char *name = relative;
    if (options->format)
        name = limn_arena_print(&batch->arena, "%.*s%s", (int)stem_size(relative), relative,
                                endings[options->format]);
    if (batch->variants.count && name)
        name = limn_arena_print(&batch->arena, "%s/%s", batch->variants.names[variant], name);
    return name ? limn_arena_print(&batch->arena, "%.*s%s%s", (int)length, options->output, slash,
                                   name)
                : NULL;
}

static limn_status add_job(limn_batch *batch, const char *input, const char *relative,
                           int variant) {
    if (batch->count == batch->room) {
        if (batch->room > INT32_MAX / 2) return no_memory();
        int room = batch->room ? 2 * batch->room : 16;
        limn_job *jobs = realloc(batch->jobs, (size_t)room * sizeof *jobs);
        if (!jobs) return no_memory();
        batch->jobs = jobs;
        batch->room = room;
    }
    limn_job job = {.input = limn_arena_print(&batch->arena, "%s", input),
                    .output = output_name(batch, relative, variant),
                    .variant = variant};
    if (!job.input || !job.output) return no_memory();
    batch->jobs[batch->count++] = job;
    return LIMN_OK;
}

static limn_status add(limn_batch *batch, const char *input, const char *relative) {
    int count = batch->variants.count ? batch->variants.count : 1;
    LIMN_TRY(limn_originals_add(&batch->call->originals, input));
    for (int i = 0; i < count; i++) LIMN_TRY(add_job(batch, input, relative, i));
    return LIMN_OK;
}

// ---- inputs ----

// A folder being listed. Results of an earlier run, in an output folder inside of it, are no input.
typedef struct listing {
    limn_batch *batch;
    char *avoid; // real path of the output folder, or NULL
} listing;

static bool is_below(const char *path, const char *folder) {
    size_t size = strlen(folder);
    return !strncmp(path, folder, size) && path[size] == '/';
}

static limn_status visit(void *context, const char *path, const char *relative) {
    listing *list = context;
    if (!*relative) return limn_pass_over();
    if (limn_folder_format(path) == LIMN_FORMAT_NONE) {
        limn_left_alone_add(&list->batch->left, path);
        return LIMN_OK;
    }
    if (list->avoid) {
        char *real = realpath(path, NULL);
        bool avoided = real && is_below(real, list->avoid);
        free(real);
        if (avoided) return LIMN_OK;
    }
    return add(list->batch, path, relative);
}

static limn_status add_folder(limn_batch *batch, const char *path) {
    listing list = {batch, realpath(batch->options->output, NULL)};
    char *real = realpath(path, NULL);
    if (list.avoid && !(real && is_below(list.avoid, real))) {
        free(list.avoid);
        list.avoid = NULL;
    }
    int before = batch->count;
    limn_status status = limn_folder_walk(path, batch->options->recursive, visit, &list);
    free(list.avoid);
    free(real);
    if (status != LIMN_OK || batch->count > before) return status;
    return limn_fail(LIMN_INPUT,
                     "%s: there is no picture in this folder (.jpg, .png, .webp, .tif).%s", path,
                     batch->options->recursive ? "" : " Add --recursive to look into its folders.");
}

static limn_status add_inputs(limn_batch *batch) {
    const limn_parsed *parsed = batch->call->parsed;
    for (int i = 0; i < parsed->argument_count; i++) {
        const char *path = parsed->arguments[i];
        if (limn_folder_exists(path)) {
            LIMN_TRY(add_folder(batch, path));
            continue;
        }
        const char *name = limn_path_name(path);
        if (!*name) return limn_fail(LIMN_INPUT, "%s: there is no such folder.", path);
        LIMN_TRY(add(batch, path, name));
    }
    return LIMN_OK;
}

// ---- checks ----

static limn_status check_options(const limn_batch *batch) {
    const limn_batch_options *options = batch->options;
    if (!options->output)
        return limn_fail(LIMN_USAGE,
                         "%s: say where the result goes: -o FILE, or -o FOLDER/ for "
                         "several pictures.",
                         batch->call->verb->name);
    if (options->force && options->skip_existing)
        return limn_fail(LIMN_USAGE,
                         "--force replaces what is there and --skip-existing leaves it: "
                         "choose one of them.");
    if (options->strict && options->skip_broken)
        return limn_fail(LIMN_USAGE,
                         "--strict stops at a broken picture and --skip-broken goes on: "
                         "choose one of them.");
    return LIMN_OK;
}

limn_status limn_batch_check_file(const limn_batch_options *options) {
    limn_format ending = limn_format_of_name(options->output);
    if (ending == LIMN_FORMAT_NONE)
        return limn_fail(LIMN_USAGE,
                         "%s: its ending is none of .jpg .png .webp .tif. Add one, or "
                         "a / to mean a folder.",
                         options->output);
    if (options->format && formats[options->format] != ending)
        return limn_fail(LIMN_USAGE, "%s: its ending says %s, --format says %s. Drop one of them.",
                         options->output, limn_format_name(ending),
                         limn_format_name(formats[options->format]));
    return LIMN_OK;
}

// Whether the output is a folder or a file, and whether it can be that.
static limn_status check_output(limn_batch *batch) {
    const limn_batch_options *options = batch->options;
    const limn_parsed *parsed = batch->call->parsed;
    const char *output = options->output;
    bool several = parsed->argument_count > 1 || limn_folder_exists(parsed->arguments[0]) ||
                   batch->variants.count;
    bool slash = output[strlen(output) - 1] == '/';
    batch->folder = several || slash || limn_folder_exists(output);
    if (!batch->folder) return limn_batch_check_file(options);
    if (limn_path_exists(output) && !limn_folder_exists(output))
        return limn_fail(LIMN_USAGE,
                         "%s: is a file, and several pictures need a folder. Name "
                         "another with -o.",
                         output);
    if (!slash && !limn_folder_exists(output) && limn_format_of_name(output) != LIMN_FORMAT_NONE)
        return limn_fail(LIMN_USAGE,
                         "%s: is the name of one picture, and there are several. "
                         "Name a folder with -o.",
                         output);
    return LIMN_OK;
}

static int by_output(const void *a, const void *b) {
    const limn_job *const *one = a, *const *two = b;
    int order = strcmp((*one)->output, (*two)->output);
    return order ? order : (*one > *two) - (*one < *two);
}

// Two inputs with one output: the second would replace the first.
static limn_status check_doubles(const limn_batch *batch) {
    const limn_job **jobs = malloc((size_t)batch->count * sizeof(limn_job *));
    if (!jobs) return no_memory();
    for (int i = 0; i < batch->count; i++) jobs[i] = &batch->jobs[i];
    qsort(jobs, (size_t)batch->count, sizeof(limn_job *), by_output);
    limn_status status = LIMN_OK;
    for (int i = 1; i < batch->count && status == LIMN_OK; i++)
        if (!strcmp(jobs[i - 1]->output, jobs[i]->output))
            status = limn_fail(LIMN_USAGE,
                               "%s and %s: both would be written to %s. Run limn once "
                               "for each, with another -o.",
                               jobs[i - 1]->input, jobs[i]->input, jobs[i]->output);
    free(jobs);
    return status;
}

// --force is for results.
static limn_status check_originals(const limn_batch *batch) {
    for (int i = 0; i < batch->count; i++)
        LIMN_TRY(limn_originals_check(&batch->call->originals, batch->jobs[i].output));
    return LIMN_OK;
}

static limn_status check_existing(limn_batch *batch) {
    const limn_batch_options *options = batch->options;
    const char *first = NULL;
    int others = -1;
    for (int i = 0; i < batch->count && !options->force; i++) {
        limn_job *job = &batch->jobs[i];
        if (!limn_path_exists(job->output)) continue;
        if (options->skip_existing) {
            job->state = LIMN_JOB_SKIPPED;
            continue;
        }
        if (!first) first = job->output;
        others++;
    }
    if (!first) return LIMN_OK;
    char more[64] = "";
    if (others) snprintf(more, sizeof more, ", and %d more", others);
    return limn_fail(LIMN_USAGE,
                     "%s: is there already%s. Pass --force to replace, or "
                     "--skip-existing to keep what is there.",
                     first, more);
}

limn_read_options limn_batch_reading(const limn_batch *batch) {
    const limn_batch_verb *verb = batch->call->options;
    return (limn_read_options){.size = sizeof(limn_read_options),
                               .max_memory = verb->compute.max_memory,
                               .page = (int)batch->options->page};
}

// The way the file will be written.
limn_write_options limn_batch_writing(const limn_batch_options *options, const limn_job *job) {
    limn_format format = formats[options->format];
    if (format == LIMN_FORMAT_NONE) format = limn_format_of_name(job->output);
    if (format == LIMN_FORMAT_NONE) format = job->header.format;
    return (limn_write_options){
        .size = sizeof(limn_write_options),
        .format = format,
        .depth = 8 * options->depth,
        .quality = (int)options->quality,
        .existing = options->force ? LIMN_REPLACE_EXISTING : LIMN_KEEP_EXISTING,
        .metadata = options->strip ? LIMN_STRIP_METADATA : LIMN_KEEP_METADATA,
    };
}

static bool is_laid(const limn_batch *batch, const limn_job *job) {
    bool lost = limn_batch_writing(batch->options, job).format == LIMN_FORMAT_JPEG;
    return job->header.has_alpha && lost;
}

static bool is_one_of_many(const limn_batch *batch, const limn_job *job) {
    return job->header.pages > 1 && !batch->options->page;
}

static bool leaves_channels(const limn_batch *batch, const limn_job *job) {
    (void)batch;
    return job->header.left_channels > 0;
}

// What is not done with a picture as one might think: told once, of the first.
static const struct notice {
    bool (*holds)(const limn_batch *batch, const limn_job *job);
    const char *words;
} notices[] = {
    {is_laid, "JPEG has no transparency, so it is laid on white"},
    {is_one_of_many, "has several pages or frames, and the first is taken; --page takes another"},
    {leaves_channels, "has channels besides colours and alpha, such as saved selections, which are "
                      "left alone"},
};

static void tell(const limn_batch *batch, const struct notice *notice) {
    const limn_job *first = NULL;
    int others = -1;
    for (int i = 0; i < batch->count; i++) {
        const limn_job *job = &batch->jobs[i];
        if (job->state != LIMN_JOB_WAITING || !notice->holds(batch, job)) continue;
        if (!first) first = job;
        others++;
    }
    char more[32] = "";
    if (others > 0) snprintf(more, sizeof more, " and %d more", others);
    if (first) limn_say(batch->call, "%s%s: %s", first->input, more, notice->words);
}

static limn_status check_job(limn_batch *batch, limn_job *job) {
    const limn_read_options reading = limn_batch_reading(batch);
    job->header.size = sizeof job->header;
    limn_status status = limn_picture_read_header(job->input, &reading, &job->header);
    if (status != LIMN_OK) return limn_batch_fail(batch, job, status);
    const limn_write_options writing = limn_batch_writing(batch->options, job);
    return limn_picture_check_write(job->output, &writing);
}

// Over a network, thousands of headers take a while.
static limn_status check_jobs(limn_batch *batch) {
    limn_progress progress;
    limn_status status = LIMN_OK;
    limn_progress_begin(&progress, batch->call, batch->count);
    for (int i = 0; i < batch->count && status == LIMN_OK; i++) {
        limn_job *job = &batch->jobs[i];
        limn_progress_look(&progress, i + 1, batch->count, job->input);
        if (job->state == LIMN_JOB_WAITING) status = check_job(batch, job);
    }
    limn_progress_clear(&progress);
    LIMN_TRY(status);
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) tell(batch, &notices[i]);
    return LIMN_OK;
}

limn_status limn_batch_plan(limn_batch *batch, limn_call *call, const limn_batch_options *options,
                            limn_variants variants) {
    *batch = (limn_batch){.call = call, .options = options, .variants = variants};
    LIMN_TRY(check_options(batch));
    LIMN_TRY(check_output(batch));
    LIMN_TRY(add_inputs(batch));
    LIMN_TRY(check_doubles(batch));
    LIMN_TRY(check_originals(batch));
    LIMN_TRY(check_existing(batch));
    return check_jobs(batch);
}

void limn_batch_free(limn_batch *batch) {
    free(batch->jobs);
    limn_arena_release(&batch->arena);
    *batch = (limn_batch){0};
}
