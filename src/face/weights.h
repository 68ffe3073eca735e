// The parameters of the networks that find faces, and where they come from.
#ifndef LIMN_FACE_WEIGHTS_H
#define LIMN_FACE_WEIGHTS_H

#include "face/networks.h"
#include "formats/tensors.h"

// What a file of them has.
typedef struct limn_face_weights {
    limn_store store;
    bool detector;
    int blocks; // of the network of landmarks; 0: it is not there
} limn_face_weights;

// LIMN_MODEL and a sentence where a tensor is missing or of another shape, or none is of theirs.
limn_status limn_face_weights_read(const limn_tensors *set, limn_face_weights *weights);
// From a file, both networks. NULL: the one that ships.
limn_status limn_face_weights_load(const char *path, limn_face_weights *weights);
void limn_face_weights_free(limn_face_weights *weights);

// Published weights: one manifest a network.
enum { LIMN_FACE_MANIFESTS = 2 };
typedef struct limn_face_import {
    limn_tensors ours; // what a file of limn's holds and says
    limn_tensors published[LIMN_FACE_MANIFESTS];
    int count;
} limn_face_import;
limn_status limn_face_import_read(const char *const *manifests, int count, limn_face_import *it);
void limn_face_import_free(limn_face_import *it);

#endif
