// Pictures for a sheet.
#include "image/cells.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 16 };

limn_status limn_cells_add(limn_cells *cells, limn_picture *picture) {
    if (cells->count == cells->room) {
        int room = 2 * cells->room + 16;
        limn_picture **more =
            room <= MOST ? realloc(cells->items, (size_t)room * sizeof *more) : NULL;
        if (!more) {
            limn_picture_free(picture);
            return limn_fail(LIMN_MEMORY, "no memory for a sheet of %d pictures", room);
        }
        cells->items = more;
        cells->room = room;
    }
    cells->items[cells->count++] = picture;
    return LIMN_OK;
}

limn_status limn_cells_add_rgb(limn_cells *cells, const float *rgb, int width, int height) {
    limn_picture *copy;
    LIMN_TRY(limn_picture_new(width, height, LIMN_RGB, &copy));
    memcpy(copy->rgb, rgb, 3 * (size_t)width * (size_t)height * sizeof *rgb);
    return limn_cells_add(cells, copy);
}

limn_status limn_cells_sheet(const limn_cells *cells, limn_picture **sheet) {
    limn_sheet_options how = {.size = sizeof how,
                              .columns = cells->columns,
                              .gap = cells->gap,
                              .background = {255, 255, 255}};
    return limn_picture_sheet((const limn_picture *const *)cells->items, cells->count, &how, sheet);
}

void limn_cells_free(limn_cells *cells) {
    for (int i = 0; i < cells->count; i++) limn_picture_free(cells->items[i]);
    free(cells->items);
    *cells = (limn_cells){.items = NULL};
}
