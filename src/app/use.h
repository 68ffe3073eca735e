// One body for the verbs that make pictures from pictures by a model: stylize, upscale, translate.
//
// A verb is a table of the options below that it offers, and words. Whether a model can do what is
// asked for is said by its kind; what it cannot is refused here, once.
#ifndef LIMN_APP_USE_H
#define LIMN_APP_USE_H

#include "app/batch.h"

typedef struct limn_use_options {
    limn_batch_verb verb;
    const char *model, *network;
    int64_t longer;  // that pictures are brought to first; 0: as they are
    int size;        // limn_result_size, without LIMN_SIZE_USUAL
    double strength; // where the verb offers it
    bool preserve_colour;
    bool contact_sheet;
    double scale;  // result / picture; 0: the model's
    int64_t reach; // the longer side of the result; 0: by the scale
    const char *to, *from;
    int direction; // position in LIMN_DIRECTIONS
    limn_option_list exemplars;
    int64_t random, interpolate, seed;
    double style_strength; // where the verb offers it
    int pair;              // limn_pair_by
    bool noise, diagnose;
    const char *like, *parts, *landmarks;
    int64_t face, like_face; // by the size of their boxes, from 1 on
    bool remove;
} limn_use_options;

#define LIMN_USE(member) .offset = offsetof(limn_use_options, member)
#define LIMN_DIRECTIONS "unsaid|AtoB|BtoA|AtoA|BtoB"

#define LIMN_USE_MODEL_OPTION(without, what)                                                       \
    {                                                                                              \
        .name = "model", .letter = 'm', .kind = LIMN_OPTION_PATH, LIMN_USE(model),                 \
        .otherwise = without, .known_as = "style|network|weights|checkpoint|s",                    \
        .help = what ": a model file, the folder of a run, or a name that "                        \
                     "limn models lists"                                                           \
    }
#define LIMN_USE_PIXEL_OPTIONS                                                                     \
    {.name = "strength",                                                                           \
     .kind = LIMN_OPTION_REAL,                                                                     \
     LIMN_USE(strength),                                                                           \
     .fallback = "1",                                                                              \
     .low = 0,                                                                                     \
     .high = 1,                                                                                    \
     .known_as = "alpha|blend",                                                                    \
     .help = "how far from the picture (0) towards the result (1)"},                               \
    {                                                                                              \
        .name = "preserve-colour", .kind = LIMN_OPTION_FLAG, LIMN_USE(preserve_colour),            \
        .help = "keep the colours of the picture; only lightness comes from the result"            \
    }

// The run of a verb whose options are a limn_use_options; and of one that works on faces.
limn_status limn_use(limn_call *call);
limn_status limn_use_faces(limn_call *call);

// Between files: the input brought to the result's size, then colour and strength as asked for.
limn_status limn_use_finish(const limn_call *call, const limn_picture *picture,
                            limn_picture *result);

#endif
