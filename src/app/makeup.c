// limn makeup: the make-up of one face on another.
#include "app/use.h"

#include <stdio.h>

static const limn_option table[] = {
    LIMN_USE_MODEL_OPTION("the best one for this verb that limn models lists", "the model"),
    {.name = "like",
     .kind = LIMN_OPTION_PATH,
     LIMN_USE(like),
     .known_as = "reference|style|exemplar",
     .help = "a picture of the face whose make-up is given; with --remove one without make-up"},
    {.name = "remove",
     .kind = LIMN_OPTION_FLAG,
     LIMN_USE(remove),
     .help = "take make-up off: as a face without it has, or where --like names none the average "
             "face that the model carries"},
    {.name = "parts",
     .kind = LIMN_OPTION_TEXT,
     LIMN_USE(parts),
     .placeholder = "PART,...",
     .otherwise = "lips,eyes,skin",
     .help = "what is made up: lips, eyes, skin, brows; without brows they stay as they are"},
    {.name = "strength",
     .kind = LIMN_OPTION_REAL,
     LIMN_USE(strength),
     .fallback = "1",
     .low = 0,
     .high = 1,
     .known_as = "alpha|blend",
     .help = "how far from the picture (0) towards the result (1)"},
    {.name = "face",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(face),
     .fallback = "0",
     .otherwise = "the largest",
     .low = 0,
     .high = 1000,
     .help = "which face of a picture of several, counted from 1, the largest, on"},
    {.name = "like-face",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(like_face),
     .fallback = "0",
     .otherwise = "the largest",
     .low = 0,
     .high = 1000,
     .help = "the same of --like"},
    {.name = "landmarks",
     .kind = LIMN_OPTION_PATH,
     LIMN_USE(landmarks),
     .placeholder = "FILE",
     .help = "where the faces are, as --dry-run --json prints it, mended by hand: JSON with the 68 "
             "points of \"face\", of \"like\" or both"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

// Where the one that ships is missing, one is trained with a line.
static limn_status run(limn_call *call) {
    const limn_use_options *given = call->options;
    char sentence[768];
    limn_status status = limn_use_faces(call);
    if (status != LIMN_MODEL || given->model) return status;
    snprintf(sentence, sizeof sentence, "%s", limn_message());
    return limn_fail(LIMN_MODEL,
                     "%s limn train makeup --data FACES -o runs/makeup makes one of a folder of "
                     "photographs of faces.",
                     sentence);
}

const limn_verb limn_verb_makeup = {
    .name = "makeup",
    .summary = "put the make-up of one face on another",
    .arguments = "FACE|FOLDER ...",
    .least = 1,
    .most = -1,
    .description =
        "Gives the faces of photographs the make-up of another face, in their own light and with "
        "their own features. Photographs may have any size and keep their detail: what the model "
        "changes is enlarged and added, with soft edges, and nothing outside of the face changes.\n"
        "Faces are found as they are, upright and seen from the front or a little from the side. "
        "Of several the largest is taken. --dry-run tells where they are, with --json in the form "
        "that --landmarks takes.\n",
    .examples = "limn makeup me.jpg --like star.jpg -o out.jpg\n"
                "limn makeup me.jpg --like star.jpg --parts lips --strength 0.7 -o lips.jpg\n"
                "limn makeup star.jpg --remove -o bare.jpg\n"
                "limn makeup me.jpg --like star.jpg --dry-run --json -o out.jpg > faces.json\n",
    .groups = groups,
    .options_size = sizeof(limn_use_options),
    .run = run,
};
