// Reading colour maps.
#include "metrics/colour_map.h"

#include "base/file.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MOST ((size_t)1 << 20) // bytes of a file

// What is left of a line.
typedef struct words {
    const char *at, *end;
} words;

static void pass_blanks(words *line) {
    while (line->at < line->end && strchr(" \t\r", *line->at) && *line->at) line->at++;
}

// Whether this character comes next behind blanks; passes over it if so.
static bool next_is(words *line, char character) {
    pass_blanks(line);
    if (line->at == line->end || *line->at != character) return false;
    line->at++;
    return true;
}

static bool read_byte(words *line, uint32_t *number) {
    pass_blanks(line);
    const char *start = line->at;
    *number = 0;
    for (; line->at < line->end && *line->at >= '0' && *line->at <= '9'; line->at++)
        if ((*number = 10 * *number + (uint32_t)(*line->at - '0')) > 255) return false;
    return line->at > start;
}

static bool is_end(words *line) {
    pass_blanks(line);
    return line->at == line->end;
}

static bool read_colour(words line, limn_mapped *to) {
    uint32_t numbers[4];
    for (int i = 0; i < 4; i++)
        if ((i && !next_is(&line, ',')) || !read_byte(&line, &numbers[i])) return false;
    *to = (limn_mapped){numbers[0] << 16 | numbers[1] << 8 | numbers[2], (int)numbers[3]};
    return is_end(&line);
}

static bool read_star(words line, int *class) {
    uint32_t number;
    if (!next_is(&line, '*') || !next_is(&line, ',') || !read_byte(&line, &number)) return false;
    *class = (int)number;
    return is_end(&line);
}

static limn_status read_line(words line, int number, limn_colour_map *map) {
    limn_shown shown;
    words rest = line;
    int other;
    if (is_end(&rest) || *rest.at == '#') return LIMN_OK;
    if (read_colour(line, &map->colours[map->count])) {
        map->count++;
    } else if (read_star(line, &other)) {
        if (map->other >= 0) return limn_fail(LIMN_INPUT, "line %d is a second star", number);
        map->other = other;
    } else {
        return limn_fail(
            LIMN_INPUT,
            "line %d, \"%s\", is neither red,green,blue,class nor *,class, all of 0 to "
            "255",
            number, limn_show(&shown, line.at, (size_t)(line.end - line.at)));
    }
    return LIMN_OK;
}

static int by_colour(const void *a, const void *b) {
    uint32_t x = ((const limn_mapped *)a)->colour, y = ((const limn_mapped *)b)->colour;
    return (x > y) - (x < y);
}

static limn_status read_lines(const char *text, size_t size, limn_colour_map *map) {
    const char *end = text + size;
    for (int number = 1; text < end; number++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        LIMN_TRY(read_line((words){text, stop ? stop : end}, number, map));
        text = stop ? stop + 1 : end;
    }
    if (!map->count) return limn_fail(LIMN_INPUT, "there is no colour in it");
    qsort(map->colours, (size_t)map->count, sizeof *map->colours, by_colour);
    for (int i = 1; i < map->count; i++) {
        uint32_t colour = map->colours[i].colour;
        if (colour == map->colours[i - 1].colour)
            return limn_fail(LIMN_INPUT, "the colour %u,%u,%u is there twice", colour >> 16,
                             colour >> 8 & 255, colour & 255);
    }
    return LIMN_OK;
}

limn_status limn_colour_map_parse(const char *text, size_t size, limn_colour_map *map) {
    size_t lines = 1;
    *map = (limn_colour_map){.other = -1};
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    map->colours = calloc(lines, sizeof *map->colours);
    if (!map->colours) return limn_fail(LIMN_MEMORY, "there is no memory for a map of colours");
    limn_status status = read_lines(text, size, map);
    if (status != LIMN_OK) limn_colour_map_free(map);
    return status;
}

limn_status limn_colour_map_open(const char *path, limn_colour_map *map) {
    limn_file file;
    LIMN_TRY(limn_file_open(path, MOST, LIMN_INPUT, &file));
    limn_status status = limn_colour_map_parse((const char *)file.bytes, file.size, map);
    limn_file_close(&file);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

void limn_colour_map_free(limn_colour_map *map) {
    free(map->colours);
    *map = (limn_colour_map){0};
}

int limn_colour_map_find(const limn_colour_map *map, uint32_t colour) {
    limn_mapped wanted = {.colour = colour};
    const limn_mapped *found =
        bsearch(&wanted, map->colours, (size_t)map->count, sizeof wanted, by_colour);
    return found ? found->class : map->other;
}
