// What a folder of pictures looks like, for people whose folder is laid out in another way than is
// asked for.
#ifndef LIMN_DATA_LOOK_H
#define LIMN_DATA_LOOK_H

#include "data/set.h"

// Pictures in train/ itself, of those that can be read: up to the first that is not twice as wide
// as high.
typedef struct limn_joined_look {
    int count;         // that are
    const char *other; // that one, below the folder, and its size; NULL: there is none
    int width, height;
} limn_joined_look;
limn_joined_look limn_look_for_joined(const limn_set *set);

// "3 in train/cat, 3 in train/dog and 7 elsewhere"; where pairs are side by side, and train/ has a
// picture that cannot be such a pair: "5 in train; train/9.png has 63 x 32 pixels".
void limn_look_print(const limn_set *set, limn_text *text);

#endif
