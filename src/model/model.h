// A model in memory: a kind, its shape and domains, parameters, what its file says of it.
#ifndef LIMN_MODEL_MODEL_H
#define LIMN_MODEL_MODEL_H

#include "model/kind.h"

struct limn_model {
    const limn_kind *kind;
    void *shape;
    const char **domains;
    int domain_count;
    limn_store store;
    limn_tensors told; // metadata only
    limn_arena arena;
};

// A model around a kind: its parameters are named, and have no values yet. Shape and names are
// copied. LIMN_USAGE where the kind refuses the shape.
limn_status limn_model_new(const limn_kind *kind, const void *shape, const char *const *domains,
                           int count, limn_model **model);

// The model in a set of tensors, which may be tidied: what the metadata say that it is, or what
// `network` says, or what names and shapes tell. Without parameters it can be asked and not run.
typedef enum limn_depth { LIMN_WITHOUT_PARAMETERS, LIMN_WITH_PARAMETERS } limn_depth;
limn_status limn_model_read(limn_tensors *set, const char *network, limn_depth depth,
                            limn_model **model);
// The same for a file, where `path` is one.
limn_status limn_model_open(const char *path, const char *network, limn_depth depth,
                            limn_model **model);
// What a file is that limn knows and that is no model, and what takes it; NULL: none of those.
const char *limn_model_other_file(const limn_tensors *set);

// What published weights do not say: how the domains are called, the side of the pictures they
// were trained on ("192"), whose statistics they were meant for. LIMN_USAGE and a sentence in the
// words of options.
limn_status limn_model_name_domains(limn_model *model, const char *const *names, int count);
limn_status limn_model_say_size(limn_model *model, const char *size);
// What its batch norms are to take: "running" or "picture".
limn_status limn_model_say_statistics(limn_model *model, const char *statistics);

// Contents are drawn as in training, where that has noise. LIMN_USAGE where it has none.
limn_status limn_model_draw_noise(limn_model *model);

// Trained on what JPEG leaves of pictures.
bool limn_model_is_for_jpeg(const limn_model *model);

// Keeps what one direction of two domains takes, "AtoB" or "BtoA": another model, in the place of
// this one.
limn_status limn_model_keep_direction(limn_model **model, const char *direction);
// LIMN_USAGE and a sentence where a part is not there for a domain.
limn_status limn_model_check_part(const limn_model *model, limn_part part, int domain);

// Adds to, or replaces in, what the model's file will say.
limn_status limn_model_describe(limn_model *model, const char *key, const char *value);

// Writes the parameters of `model` with the values of a store that was trained, in 16-bit floats
// where they can hold them. The metadata say where it comes from, and of what the model was
// described with limn.method and limn.loss.
limn_status limn_model_save_trained(const limn_model *model, const limn_store *trained,
                                    const char *source, int64_t step, const char *path);

// The size that it was trained at, which its results have unless asked otherwise: rows and columns,
// or the shorter side where it computes at any; 0: pictures keep theirs.
int limn_model_usual(const limn_model *model);

// The domain of this name. NULL: the only one, or the first where there is none. LIMN_USAGE and a
// sentence with those there are.
limn_status limn_model_find_domain(const limn_model *model, const char *name, int *domain);

#endif
