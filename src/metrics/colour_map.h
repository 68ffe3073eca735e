// Which class a colour of a label map stands for.
//
//     # a comment, or an empty line
//     128,64,128,1
//     *,0
//
// A line a colour: red, green, blue, class; a star stands for all other colours.
#ifndef LIMN_METRICS_COLOUR_MAP_H
#define LIMN_METRICS_COLOUR_MAP_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct limn_mapped {
    uint32_t colour; // red << 16 | green << 8 | blue
    int class;       // 0 to 255
} limn_mapped;

typedef struct limn_colour_map {
    int count;
    limn_mapped *colours; // by colour
    int other;            // class of all other colours; -1: they have none
} limn_colour_map;

// LIMN_INPUT and a sentence with the line that is wrong; LIMN_MEMORY. Free it after success only.
limn_status limn_colour_map_parse(const char *text, size_t size, limn_colour_map *map);
limn_status limn_colour_map_open(const char *path, limn_colour_map *map);
void limn_colour_map_free(limn_colour_map *map);

// The class of a colour; -1: it has none.
int limn_colour_map_find(const limn_colour_map *map, uint32_t colour);

#endif
