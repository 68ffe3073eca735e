// Pictures for a sheet, one after the other.
#ifndef LIMN_IMAGE_CELLS_H
#define LIMN_IMAGE_CELLS_H

#include "limn/picture.h"

typedef struct limn_cells {
    limn_picture **items; // NULL: an empty cell
    int count, room;
    int columns; // 0: as square a sheet as can be
    int gap;     // pixels
} limn_cells;

// The picture is the sheet's from now on, whatever the result; NULL leaves a cell empty.
limn_status limn_cells_add(limn_cells *cells, limn_picture *picture);
// A copy of [3][height][width].
limn_status limn_cells_add_rgb(limn_cells *cells, const float *rgb, int width, int height);
// On white.
limn_status limn_cells_sheet(const limn_cells *cells, limn_picture **sheet);
void limn_cells_free(limn_cells *cells);

#endif
