// Whether the right colours are in the right places, where truths are flat: made of a few colours,
// each a region of its own.
#ifndef LIMN_METRICS_COLOUR_H
#define LIMN_METRICS_COLOUR_H

#include "limn/picture.h"

#include <stdbool.h>

enum { LIMN_REGIONS_MOST = 64, LIMN_PALETTE_MOST = 16 };

// The colours of a truth, in the order in which they come, with the pixels of each.
typedef struct limn_regions {
    int count;
    unsigned char rgb[LIMN_REGIONS_MOST][3];
    int pixels[LIMN_REGIONS_MOST];
} limn_regions;

// What the colours of a result are told apart from: those of all truths, or of the truth at hand
// where all have more than 16.
typedef struct limn_palette {
    int count;
    unsigned char rgb[LIMN_PALETTE_MOST][3];
    bool too_many;
} limn_palette;

// LIMN_INPUT where there are more than 64. `region`, where it is not NULL, gets that of each pixel.
limn_status limn_regions_of(const limn_picture *truth, limn_regions *regions,
                            unsigned char *region);
void limn_palette_add(limn_palette *palette, const limn_regions *regions);

// Sums over results. Regions of fewer than 4 pixels are not counted, nor, but in `right`, the
// backgrounds: the largest region of each truth.
typedef struct limn_colour_sums {
    int pictures, right;        // right: all regions of it
    int regions, regions_right; // right: the mean colour over it is nearest to its own
    double distance;            // of mean colours to the regions' own
    double shape;               // intersection over union of the foregrounds
} limn_colour_sums;

// Adds a result of the truth's size; *shape gets its own.
limn_status limn_colour_add(const limn_palette *palette, const limn_picture *result,
                            const limn_picture *truth, limn_colour_sums *sums, double *shape);

#endif
