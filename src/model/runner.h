// What runs a kind of model: plans for its parts, pictures in and out of them.
//
// A kind has up to three parts: read (a picture, of a domain, becomes contents), style (a picture
// becomes numbers), draw (contents and numbers become a picture). A runner makes a plan for a part,
// a domain and a size when it is first asked for, and keeps the ones used last. limn/model.h has
// what the library shows of it; this is for the program and for training's sheets.
#ifndef LIMN_MODEL_RUNNER_H
#define LIMN_MODEL_RUNNER_H

#include "model/model.h"

// Whether the parameters can change between two runs.
typedef enum limn_change { LIMN_CONSTANT, LIMN_TRAINED } limn_change;

// For `count` pictures at a time. Kind, shape and store are borrowed. The plan options' memory
// limit is what plans and pictures may take together; 0: three quarters of what is free.
limn_status limn_runner_new(const limn_kind *kind, const void *shape, limn_store *store, int count,
                            limn_change change, limn_plan_options how, limn_runner **runner);

// ---- numbers in, numbers out, for all `count` pictures ----

// Contents of pictures of one size. Starts as {0}.
typedef struct limn_content_values {
    int count;
    limn_shape shape[LIMN_MOST_CONTENTS];
    float *data[LIMN_MOST_CONTENTS]; // in one block
} limn_content_values;
// Memory for values of the shapes that are there.
limn_status limn_content_take(limn_content_values *content);
void limn_content_free(limn_content_values *content);

limn_status limn_runner_encode(limn_runner *runner, int from, const float *rgb, int width,
                               int height, limn_content_values *content);
limn_status limn_runner_measure(limn_runner *runner, int to, const float *rgb, int width,
                                int height, float *style); // [count][style_count]
// The pictures lie at *rgb until the next call, [count] of `shape`.
limn_status limn_runner_decode(limn_runner *runner, int to, const limn_content_values *content,
                               const float *style, const float **rgb, limn_shape *shape);
// Contents of the right shapes, of undefined values.
limn_status limn_runner_blank(limn_runner *runner, limn_content_values *content);

// ---- one picture ----

// What was read of a picture, to be drawn in as many looks as one likes.
typedef struct limn_sight {
    const limn_picture *was; // borrowed; NULL: the content comes from chance
    limn_picture *spent;     // `was`, where nobody wants its colours once it is drawn; or NULL
    limn_picture *input;     // what the networks were shown; NULL: `was` itself
    int width, height;       // of that, before it was continued
    limn_content_values content;
} limn_sight;
void limn_sight_free(limn_sight *sight);

limn_status limn_runner_look(limn_runner *runner, int from, const limn_picture *picture,
                             limn_result_size size, limn_sight *sight);
limn_status limn_runner_show(limn_runner *runner, int to, limn_sight *sight, const float *style,
                             limn_result_size size, limn_picture **result);
// Of an exemplar; [style_count].
limn_status limn_runner_style(limn_runner *runner, int to, const limn_picture *exemplar,
                              limn_result_size size, float *style);

// What was read, or what the style holds where `sight` was read of no picture, in a style; NULL:
// the one look that the model has.
limn_status limn_runner_show_style(limn_runner *runner, limn_sight *sight, const limn_style *style,
                                   limn_picture **result);
limn_result_size limn_runner_size(const limn_runner *runner);
// Whether results are brought back to the picture's own size.
static inline bool limn_size_is_own(limn_result_size size) {
    return size == LIMN_SIZE_KEEP || size == LIMN_SIZE_DETAIL;
}

// The source of chance for networks that draw noise; 0 until then.
void limn_runner_seed(limn_runner *runner, uint64_t seed);
// Another one over the same parameters, of a shape that needs no others; it is borrowed.
limn_status limn_runner_like(const limn_runner *runner, const void *shape, limn_runner **other);

const void *limn_runner_shape(const limn_runner *runner);
int64_t limn_runner_style_count(const limn_runner *runner); // 0: no styles
size_t limn_runner_bytes(const limn_runner *runner);        // of the plans that are kept

#endif
