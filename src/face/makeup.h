// The make-up of one face on another, from photograph to photograph (faces.md 6), by a model that
// draws of two pictures: a face, and a reference warped onto it.
#ifndef LIMN_FACE_MAKEUP_H
#define LIMN_FACE_MAKEUP_H

#include "face/finder.h"
#include "face/paste.h"
#include "face/points.h"
#include "limn/makeup.h"
#include "model/model.h"

// A picture and the face in it that counts.
typedef struct limn_made_up {
    const limn_picture *picture; // what is clear in it is taken for white
    limn_landmarks landmarks;
} limn_made_up;

typedef struct limn_makeup_choice {
    bool part[LIMN_FACE_PARTS];
    double strength; // 0..1
} limn_makeup_choice;

// "lips,eyes" as a choice; NULL: all. LIMN_USAGE and a sentence.
limn_status limn_makeup_parts(const char *words, bool part[LIMN_FACE_PARTS]);

// The face of this number, from 1 on; 0: the largest. LIMN_INPUT and a sentence where there is no
// such, or it cannot be made up.
limn_status limn_faces_choose(const limn_faces *faces, int number, limn_landmarks *landmarks);
// Whether landmarks may be worked with at all.
limn_status limn_makeup_check(const limn_made_up *face);

// LIMN_USAGE where the model draws of one picture.
limn_status limn_makeup_check_model(const limn_model *model);
// Whether it carries an average face, to take make-up off with.
bool limn_makeup_has_average(const limn_model *model);

// A copy of the face's picture. `like` NULL: the average face of the model, in the complexion of
// the face. The picture's own alpha, depth and metadata stay.
limn_status limn_makeup_apply(limn_runner *runner, const limn_model *model,
                              const limn_made_up *face, const limn_made_up *like,
                              const limn_makeup_choice *choice, limn_picture **result);

#endif
