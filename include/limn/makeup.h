// Make-up: that of one face on another, in photographs of any size.
//
//     if (limn_model_load("makeup", NULL, &model) || limn_runner_open(model, NULL, &runner) ||
//         limn_picture_read("me.jpg", NULL, &me) || limn_picture_read("star.jpg", NULL, &star) ||
//         limn_makeup(runner, me, star, NULL, &result) ||
//         limn_picture_write(result, "out.jpg", NULL))
//         fprintf(stderr, "%s\n", limn_message());
//
// limn/model.h says what holds for arguments, options and results everywhere.
#ifndef LIMN_MAKEUP_H
#define LIMN_MAKEUP_H

#include "limn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LIMN_FACE_POINTS = 68 };

typedef struct limn_makeup_options {
    size_t size;
    const char *parts;    // some of lips, eyes, skin and brows; NULL: "lips,eyes,skin"
    double held_back;     // 0..1: how much of the make-up is left away; default (0): nothing
    int face, like_face;  // which, by the size of their boxes from 1 on; default (0): the largest
    const double *points; // of the face, 68 times x and y in the order of iBUG 68, pixels from the
                          // corner of the picture; NULL: they are found
    const double *like_points; // of the reference
    const char *networks; // the file of those that find faces; NULL: faces.safetensors that ships
} limn_makeup_options;

// A new picture: `face` with the make-up of `like`. NULL for `like` takes make-up off: the face is
// given that of the average face that the model carries. Only the face changes; alpha, depth and
// metadata are those of `face`. LIMN_USAGE where the model is none for this, LIMN_INPUT where no
// face is found or it is too small, LIMN_MEMORY.
LIMN_API limn_status limn_makeup(limn_runner *runner, const limn_picture *face,
                                 const limn_picture *like, const limn_makeup_options *options,
                                 limn_picture **result);

#ifdef __cplusplus
}
#endif
#endif
