// What a model file holds, for people: the same questions whichever method made it.
#ifndef LIMN_METHODS_ABOUT_H
#define LIMN_METHODS_ABOUT_H

#include "formats/tensors.h"

enum { LIMN_MOST_WORK = 3 };

typedef struct limn_about {
    const char *method, *network;
    const char *verb; // that it is for: "stylize"
    int64_t parameters;
    int scale;            // output size / input size; 0: the model has a size of its own,
    int size;             // so many rows and columns
    const char **domains; // that it translates between
    int domain_count;
    struct limn_work {
        int size;    // rows and columns
        double macs; // multiply-accumulates for a picture of that size
    } work[LIMN_MOST_WORK];
    int work_count;
    limn_arena arena; // of all the words
} limn_about;

// `set` is what the file at `path` holds, and is left as it is; `network` says what a bare state
// dict is, or is NULL. LIMN_MODEL and a sentence for what no method can run. Free it whatever the
// result.
limn_status limn_about_read(const limn_tensors *set, const char *path, const char *network,
                            limn_about *about);
// The same from what the file's metadata say, without its parameters: method, network, verb, scale,
// size and domains are told, nothing else. Free it whatever the result.
limn_status limn_about_look(limn_tensors *set, limn_about *about);
void limn_about_free(limn_about *about);

// LIMN_USAGE where a file of limn's own, of network `is`, is said to be of another; NULL: nothing
// is said.
limn_status limn_about_check_network(const char *is, const char *said);

// A kind of model: the one that its file's metadata name.
typedef limn_status limn_tell(limn_tensors *set, const char *network, limn_about *about);
typedef limn_status limn_tell_head(limn_tensors *set, limn_about *about);
// methods/model.c: any network that makes pictures from pictures
limn_tell limn_model_tell;
limn_tell_head limn_model_tell_head;
// methods/two_step_model.c
limn_tell limn_two_step_tell;
limn_tell_head limn_two_step_tell_head;

#endif
