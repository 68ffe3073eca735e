// Models, and what runs them.
//
//     limn_model *model;
//     limn_runner *runner;
//     limn_picture *photo, *painting;
//     if (limn_model_load("wave.safetensors", NULL, &model) ||
//         limn_runner_open(model, NULL, &runner) ||
//         limn_picture_read("photo.jpg", NULL, &photo) ||
//         limn_translate(runner, photo, NULL, NULL, &painting) ||
//         limn_picture_write(painting, "painting.png", NULL))
//         fprintf(stderr, "%s\n", limn_message());
//
// What holds in all of limn's headers unless a line says otherwise:
//
// * What is passed in stays the caller's, is read during the call and not kept. What comes out by a
//   pointer to a pointer is new and the caller's, to be freed by the function that its kind has;
//   on failure it is NULL. Texts that are returned belong to what was asked for them.
// * Options and results are structs of the caller's whose first member is their size, so that a
//   program goes on working with a later library that knows more members. Options that are NULL or
//   0 mean what is usual:
//
//       limn_run_options options = {.size = sizeof options, .threads = 1};
//
//   LIMN_USAGE where the size is not said, or where a later header's option is asked for.
// * A function that returns a status refuses NULL where it needs something, and numbers outside
//   what is said here: LIMN_USAGE. The others must be given what they ask for.
// * Text is UTF-8, but for names of files, which are the system's.
// * Models and styles never change, so that any number of threads may use one. A runner and a
//   picture are one thread's at a time. Functions without either may be called from any thread.
#ifndef LIMN_MODEL_H
#define LIMN_MODEL_H

#include "limn/picture.h"
#include "limn/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- models ----

// Parameters and what a file says of them.
typedef struct limn_model limn_model;

typedef struct limn_model_options {
    size_t size;
    const char *network; // what a bare state dict is, where names do not tell; NULL: guess
} limn_model_options;

// Reads a model file: limn's own (safetensors with metadata), a plain safetensors state dict, or a
// PyTorch state dict (zip or legacy; read as data, nothing in it is executed). `path` may also be
// the folder of a run, or the name of a model that limn models lists. LIMN_MODEL, also where a
// parameter is NaN or infinite; LIMN_MEMORY where the model, or the unpacking of its archive, needs
// more memory than is free.
LIMN_API limn_status limn_model_load(const char *path, const limn_model_options *options,
                                     limn_model **model);
// The same from so many bytes in memory; `name` is for the sentences.
LIMN_API limn_status limn_model_load_bytes(const void *bytes, size_t size, const char *name,
                                           const limn_model_options *options, limn_model **model);
LIMN_API void limn_model_free(limn_model *model); // NULL is fine; after its runners and styles

typedef enum limn_numbers { LIMN_FLOATS, LIMN_HALVES } limn_numbers; // 32 and 16 bits
// Writes limn's own format; the file appears whole or not at all. LIMN_USAGE where the file is
// there and not to be replaced, LIMN_MODEL where a parameter is too large for halves, LIMN_IO,
// LIMN_MEMORY.
LIMN_API limn_status limn_model_save(const limn_model *model, const char *path,
                                     limn_numbers numbers, limn_existing existing);

// What the model says of itself. Texts live as long as it.
LIMN_API const char *limn_model_method(const limn_model *model);  // "perceptual"
LIMN_API const char *limn_model_network(const limn_model *model); // "torch-examples"
LIMN_API const char *limn_model_verb(const limn_model *model);    // of limn, "stylize"
LIMN_API int64_t limn_model_parameters(const limn_model *model);  // trainable numbers
LIMN_API int limn_model_scale(const limn_model *model);           // result size / input size
// Rows and columns of its results where it has a size of its own; 0: pictures keep theirs.
LIMN_API int limn_model_side(const limn_model *model);
// The domains that it translates between, by position from 0 on; NULL behind the last.
LIMN_API const char *limn_model_domain(const limn_model *model, int index);
// Multiply-accumulates of the convolutions for one picture; 0 for a size that it does not take.
LIMN_API double limn_model_macs(const limn_model *model, int width, int height);
// Metadata of its file by position from 0 on: the key, and at *value what it says. NULL behind the
// last, and *value is left alone.
LIMN_API const char *limn_model_metadata(const limn_model *model, int index, const char **value);

// What the look of a result is said by.
typedef enum limn_styles {
    LIMN_STYLES_NONE,    // nothing: the model has one look
    LIMN_STYLES_DOMAINS, // a domain
    LIMN_STYLES_CODES,   // a domain and numbers: read from an exemplar, drawn by chance, mixed
} limn_styles;
LIMN_API limn_styles limn_model_styles(const limn_model *model);

// ---- running ----

typedef enum limn_speed { LIMN_SPEED_EXACT, LIMN_SPEED_FAST } limn_speed; // --precision

// The size that a picture is computed at and that the result has.
typedef enum limn_result_size {
    LIMN_SIZE_USUAL,  // the next where the model was trained at a size, else native
    LIMN_SIZE_MODEL,  // the shorter side is brought to the training size
    LIMN_SIZE_KEEP,   // that, and the result enlarged to the picture's size
    LIMN_SIZE_NATIVE, // computed at the picture's size
    LIMN_SIZE_DETAIL, // as LIMN_SIZE_KEEP, but the change alone is enlarged, and added to the
                      // picture
} limn_result_size;

typedef struct limn_run_options {
    size_t size;
    limn_speed precision;
    int threads;       // 1 to 1024; 0: all processors this process may use
    size_t max_memory; // bytes, 1,000,000 or more; 0: three quarters of what is free. Over it:
                       // tiles, or LIMN_MEMORY
    const char *isa;   // a set of instructions, as limn bench --help lists them; NULL: the best
    limn_result_size result;
    // Called between parts of the work, in the thread that called, done from 0 to 1. Anything but
    // 0 ends the call with LIMN_STOPPED. `context` is the caller's, must live as long as the
    // runner, and is handed on as it is.
    int (*progress)(void *context, double done);
    void *context;
} limn_run_options;

// The memory and the plans that one thread needs to use a model: plans are kept for the sizes met
// last. The model must outlive it. LIMN_NO_DEVICE where the processor does not have `isa`.
typedef struct limn_runner limn_runner;
LIMN_API limn_status limn_runner_open(const limn_model *model, const limn_run_options *options,
                                      limn_runner **runner);
LIMN_API void limn_runner_free(limn_runner *runner); // NULL is fine

// A look: a domain, and the numbers that say which of its looks. May be used with any runner of the
// same model, which must outlive it. `to` names a domain; NULL is fine where the model has one or
// none. LIMN_USAGE where the model has no such domain, or no such styles.
typedef struct limn_style limn_style;
// The look of a picture. Where domains are the styles (two-step): what the picture is made of, in
// that domain, to be mixed and drawn. LIMN_MEMORY, LIMN_STOPPED.
LIMN_API limn_status limn_style_read(limn_runner *runner, const limn_picture *exemplar,
                                     const char *to, limn_style **style);
// A domain itself.
LIMN_API limn_status limn_style_domain(limn_runner *runner, const char *to, limn_style **style);
// The k-th of a seed, from 0 on: a function of both. Where domains are the styles: a content by
// chance in that domain, to be drawn without a picture.
LIMN_API limn_status limn_style_random(limn_runner *runner, const char *to, uint64_t seed, int k,
                                       limn_style **style);
// The look in the middle of the domain's. Mixed with another it weakens it.
LIMN_API limn_status limn_style_average(limn_runner *runner, const char *to, limn_style **style);
// a + part (b - a), for any finite part. LIMN_USAGE where one has what the other lacks.
LIMN_API limn_status limn_style_mix(const limn_style *a, const limn_style *b, double part,
                                    limn_style **style);
LIMN_API void limn_style_free(limn_style *style); // NULL is fine

// A new picture from a picture. `from` names its domain: NULL where the model does not ask, or has
// two domains and the style says the other. style: NULL where the model has but one look. picture:
// NULL where the style holds a content. Where networks work on pixels in their places, alpha is
// carried over; metadata always are. Colours are held to 0..255. LIMN_USAGE where something is
// missing or superfluous, LIMN_MEMORY over the limit, LIMN_STOPPED by `progress`.
LIMN_API limn_status limn_translate(limn_runner *runner, const limn_picture *picture,
                                    const char *from, const limn_style *style,
                                    limn_picture **result);

typedef struct limn_bench_result {
    size_t size;              // the caller's to set
    double median_ms, min_ms; // milliseconds a run
    size_t peak_bytes;        // of the whole process
    size_t plan_bytes;
    double gflops;  // 1e9 operations a second at the median, counted as direct convolution
    double look_ms; // the median of a further look of a picture that was read; 0: it is read anew
} limn_bench_result;

// Times the networks themselves on a noise picture of this size (of the model's own where it has
// one), `runs` times, 1 or more. With `explain` that is not NULL, calls it with a line a step:
// kernel, layout, milliseconds, GFLOP/s, why a faster kernel was declined; the line is its during
// the call, `context` is handed on as it is.
LIMN_API limn_status limn_runner_bench(limn_runner *runner, int width, int height, int runs,
                                       void (*explain)(void *context, const char *line),
                                       void *context, limn_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
