// Models: load one, translate pictures with it.
//
//     limn_model *model;
//     limn_picture *photo, *painting;
//     if (limn_model_load("candy.safetensors", (limn_model_options){0}, &model) ||
//         limn_picture_read("photo.jpg", (limn_read_options){0}, &photo) ||
//         limn_translate(model, photo, (limn_translate_options){0}, &painting) ||
//         limn_picture_write(painting, "painting.png", (limn_write_options){0}))
//         fprintf(stderr, "%s\n", limn_message());
//
// Whoever made a thing frees it: limn_picture_free, limn_model_free.
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

typedef struct limn_model limn_model;

typedef struct limn_model_options {
    const char
        *network; // what a bare state dict is, where names and shapes do not tell; NULL: guess
} limn_model_options;

// Reads a model file: limn's own (safetensors with metadata), a plain safetensors state dict, or a
// PyTorch state dict (zip or legacy; read as data, nothing in it is executed). Fails with a
// sentence: LIMN_MODEL, also where a parameter is NaN or infinite; LIMN_MEMORY where the model, or
// the unpacking of its archive, needs more memory than is free.
LIMN_API limn_status limn_model_load(const char *path, limn_model_options options,
                                     limn_model **model);
LIMN_API void limn_model_free(limn_model *model); // NULL is fine

// Writes limn's own format: 16-bit floats with `half`, 32-bit without. Refuses to replace a file
// without `replace` (LIMN_USAGE), and with `half` a parameter that is too large for it
// (LIMN_MODEL).
LIMN_API limn_status limn_model_save(const limn_model *model, const char *path, bool half,
                                     bool replace);

// What the model says of itself.
LIMN_API const char *limn_model_method(const limn_model *model);  // "perceptual"
LIMN_API const char *limn_model_network(const limn_model *model); // "torch-examples"
LIMN_API int64_t limn_model_parameters(const limn_model *model);  // trainable numbers
LIMN_API int limn_model_scale(const limn_model *model);           // output size / input size
// Multiply-accumulates of the convolutions for one picture.
LIMN_API double limn_model_macs(const limn_model *model, int width, int height);
// Metadata by position: false at the end.
LIMN_API bool limn_model_metadata(const limn_model *model, int index, const char **key,
                                  const char **value);

typedef enum limn_speed { LIMN_SPEED_EXACT, LIMN_SPEED_FAST } limn_speed; // --precision

typedef struct limn_translate_options {
    limn_speed precision;
    int threads;          // 0: all processors this process may use
    const char *isa;      // "baseline", "avx2", "avx512", "avx512-bf16"; NULL: the best there is
    size_t max_memory;    // bytes; 0: three quarters of what is free. Over it: LIMN_MEMORY
    double strength;      // 0 is taken as 1 unless has_strength; see has_strength
    bool has_strength;    // `strength` was given: input + strength * (result - input)
    bool preserve_colour; // Y from the result, Cb and Cr from the input (BT.601), before `strength`
} limn_translate_options;

// A new picture from a picture. The network runs at the picture's own size and the result is
// cropped to it (times the model's scale); alpha and metadata are carried over. The plan for a size
// is kept in the model and used again for the next picture of that size. Not for two threads at
// once on one model.
LIMN_API limn_status limn_translate(limn_model *model, const limn_picture *picture,
                                    limn_translate_options options, limn_picture **result);

typedef struct limn_bench_result {
    double median_ms, min_ms;
    size_t peak_bytes; // of the whole process
    size_t plan_bytes;
    double gflops; // at the median, counted as direct convolution
} limn_bench_result;

// Times the network itself in this process on a noise picture. With `explain`, calls it with a line
// a step: kernel, layout, milliseconds, GFLOP/s, why a faster kernel was declined.
LIMN_API limn_status limn_model_bench(limn_model *model, int width, int height,
                                      limn_translate_options options, int runs,
                                      void (*explain)(void *context, const char *line),
                                      void *context, limn_bench_result *result);

#ifdef __cplusplus
}
#endif
#endif
