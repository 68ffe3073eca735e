// Models, and what runs them.
//
//     limn_model *model;
//     limn_runner *runner;
//     limn_picture *photo, *painting;
//     if (limn_model_load("wave.safetensors", NULL, &model) ||
//         limn_runner_open(model, NULL, &runner) ||
//         limn_picture_read("photo.jpg", (limn_read_options){0}, &photo) ||
//         limn_translate(runner, photo, NULL, NULL, &painting) ||
//         limn_picture_write(painting, "painting.png", (limn_write_options){0}))
//         fprintf(stderr, "%s\n", limn_message());
//
// Whoever made a thing frees it. What is passed in stays the caller's, is read during the call and
// not kept, unless a line says otherwise. On failure every result is NULL.
//
// Options are passed by pointer; NULL means the defaults. Their first member is their size, so that
// a program goes on working with a later library that knows more options:
//
//     limn_run_options options = {.size = sizeof options, .threads = 1};
#ifndef LIMN_MODEL_H
#define LIMN_MODEL_H

#include "limn/picture.h"
#include "limn/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- models ----

// Parameters and what a file says of them. Never changed once it is made, so any number of threads
// may use one, each with a runner of its own.
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
// The same from bytes in memory; `name` is for the sentences.
LIMN_API limn_status limn_model_load_bytes(const void *bytes, size_t size, const char *name,
                                           const limn_model_options *options, limn_model **model);
LIMN_API void limn_model_free(limn_model *model); // NULL is fine; after its runners and styles

typedef enum limn_numbers { LIMN_FLOATS, LIMN_HALVES } limn_numbers; // 32 and 16 bits
// Writes limn's own format. Refuses to replace a file unless told to (LIMN_USAGE), and halves for a
// parameter that is too large for them (LIMN_MODEL).
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
// The domains that it translates between, in order; NULL behind the last.
LIMN_API const char *limn_model_domain(const limn_model *model, int index);
// Multiply-accumulates of the convolutions for one picture.
LIMN_API double limn_model_macs(const limn_model *model, int width, int height);
// Metadata by position: false at the end.
LIMN_API bool limn_model_metadata(const limn_model *model, int index, const char **key,
                                  const char **value);

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
} limn_result_size;

typedef struct limn_run_options {
    size_t size;
    limn_speed precision;
    int threads;       // 0: all processors this process may use
    size_t max_memory; // bytes; 0: three quarters of what is free. Over it: tiles, or LIMN_MEMORY
    const char *isa; // "baseline", "avx2", "avx512", "avx512-bf16", "amx"; NULL: the best there is
    limn_result_size result;
    // Called between parts of the work, done from 0 to 1. Anything but 0 ends the call with
    // LIMN_STOPPED. `context` is the caller's and must live as long as the runner.
    int (*progress)(void *context, double done);
    void *context;
} limn_run_options;

// The memory and the plans that one thread needs to use a model: plans are kept for the sizes met
// last. One thread at a time; the model must outlive it.
typedef struct limn_runner limn_runner;
LIMN_API limn_status limn_runner_open(const limn_model *model, const limn_run_options *options,
                                      limn_runner **runner);
LIMN_API void limn_runner_free(limn_runner *runner); // NULL is fine

// A look: a domain, and the numbers that say which of its looks. May be used with any runner of the
// same model. `to` names a domain; NULL is fine where the model has one or none.
typedef struct limn_style limn_style;
// The look of a picture. Where domains are the styles (two-step): what the picture is made of, in
// that domain, to be mixed and drawn.
LIMN_API limn_status limn_style_read(limn_runner *runner, const limn_picture *exemplar,
                                     const char *to, limn_style **style);
// A domain itself.
LIMN_API limn_status limn_style_domain(limn_runner *runner, const char *to, limn_style **style);
// The k-th of a seed: a function of both. Where domains are the styles: a content by chance in that
// domain, to be drawn without a picture.
LIMN_API limn_status limn_style_random(limn_runner *runner, const char *to, uint64_t seed, int k,
                                       limn_style **style);
// The look in the middle of the domain's. Mixed with another it weakens it.
LIMN_API limn_status limn_style_average(limn_runner *runner, const char *to, limn_style **style);
// a + part (b - a). LIMN_USAGE where one has what the other lacks.
LIMN_API limn_status limn_style_mix(const limn_style *a, const limn_style *b, double part,
                                    limn_style **style);
LIMN_API void limn_style_free(limn_style *style); // NULL is fine

// A new picture from a picture. `from` names its domain: NULL where the model does not ask, or has
// two domains and the style says the other. style: NULL where the model has but one look. picture:
// NULL where the style holds a content. Where networks work on pixels in their places, alpha is
// carried over; metadata always are. LIMN_USAGE where something is missing or superfluous.
LIMN_API limn_status limn_translate(limn_runner *runner, const limn_picture *picture,
                                    const char *from, const limn_style *style,
                                    limn_picture **result);

typedef struct limn_bench_result {
    size_t size;
    double median_ms, min_ms;
    size_t peak_bytes; // of the whole process
    size_t plan_bytes;
    double gflops; // at the median, counted as direct convolution
} limn_bench_result;

// Times the networks themselves on a noise picture. With `explain`, calls it with a line a step:
// kernel, layout, milliseconds, GFLOP/s, why a faster kernel was declined. `result` is the
// caller's, its size set.
LIMN_API limn_status limn_runner_bench(limn_runner *runner, int width, int height, int runs,
                                       void (*explain)(void *context, const char *line),
                                       void *context, limn_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
