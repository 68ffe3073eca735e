// Maps cut into tiles.
#ifndef LIMN_DEVICE_WINOGRAD_TILES_H
#define LIMN_DEVICE_WINOGRAD_TILES_H

#include "device/conv.h"
#include "device/winograd_vector.h"

#define BLOCK_MAX 256 // most tiles in a block
#define STEP_MAX 3

typedef struct tile {
    int n, y, x; // picture, row and column in tiles
} tile;

// Reads tiles of one channel block.
typedef void tile_reader(const char *const *rows, size_t step, float *v, size_t plane);
// Writes tiles of one channel block.
typedef void tile_writer(const float *p, size_t plane, const place *to);

#define READER(name, t, size, spread, half)                                                        \
    static void name(const char *const *rows, size_t step, float *v, size_t plane) {               \
        tile_in(t, size, spread, half, rows, step, v, plane);                                      \
    }
#define WRITER(name, t, m, half)                                                                   \
    static void name(const float *p, size_t plane, const place *to) {                              \
        tile_out(t, m, half, p, plane, to);                                                        \
    }
static const char zeros[TILE_MAX * STEP_MAX * 4 * LANES];

// A blocked map to be cut into tiles: row i of tile (y, x) is row (y * m + i) * step + offset_y.
typedef struct source {
    const char *data;
    bool half;
    int blocks, h, w;
    int first, count; // blocks that are read
    int m, size;      // rows from tile to tile, and read by each
    int step, offset_y, offset_x;
    limn_border border;
    tile_reader *read;
} source;

// Tile by tile into V.
static inline void read_tiles(const source *s, const tile *tiles, int count, float *v, size_t pitch,
                              size_t plane) {
    size_t pixel = (size_t)(s->half ? 2 : 4) * LANES, step = pixel * (size_t)s->step;
    size_t row = pixel * (size_t)s->w, whole = row * (size_t)s->h;
    _Alignas(64) char copy[TILE_MAX * TILE_MAX * 4 * LANES];
    for (int q = 0; q < count; q++) {
        int y = tiles[q].y * s->m * s->step + s->offset_y;
        int x = tiles[q].x * s->m * s->step + s->offset_x;
        bool inside = x >= 0 && x + (s->size - 1) * s->step < s->w;
        const char *rows[TILE_MAX];
        ptrdiff_t start[TILE_MAX];
        int columns[TILE_MAX] = {0};
        for (int i = 0; i < s->size; i++) {
            int from = edge(y + i * s->step, s->h, s->border);
            start[i] = from < 0 ? -1 : (ptrdiff_t)((size_t)from * row);
        }
        for (int i = 0; i < s->size && !inside; i++)
            columns[i] = edge(x + i * s->step, s->w, s->border);
        const char *map =
            s->data + ((size_t)tiles[q].n * (size_t)s->blocks + (size_t)s->first) * whole;
        float *to = v + (size_t)q * pitch;
        if (inside) {
            size_t next[TILE_MAX]; // from one channel block to the next
            for (int i = 0; i < s->size; i++) {
                rows[i] = start[i] < 0 ? zeros : map + start[i] + (size_t)x * pixel;
                next[i] = start[i] < 0 ? 0 : whole;
            }
            for (int b = 0; b < s->count; b++) {
                s->read(rows, step, to + (size_t)b * LANES, plane);
                for (int i = 0; i < s->size; i++) rows[i] += next[i];
            }
            continue;
        }
        for (int b = 0; b < s->count; b++, map += whole) {
            for (int i = 0; i < s->size; i++) {
                char *line = copy + (size_t)(i * s->size) * pixel;
                rows[i] = line;
                for (int j = 0; j < s->size; j++, line += pixel) {
                    bool out = start[i] < 0 || columns[j] < 0;
                    const char *from = out ? zeros : map + start[i] + (size_t)columns[j] * pixel;
                    if (s->half)
                        memcpy(line, from, 2 * LANES);
                    else
                        memcpy(line, from, 4 * LANES);
                }
            }
            s->read(rows, pixel, to + (size_t)b * LANES, plane);
        }
    }
}

// What tiles at the edges of a map are given before the tail: the adjoint of replication, and lines
// of winograd_mirror.h.
typedef struct edges {
    tile_writer *write; // of floats
    bool fold;          // row -1 is added to row 0, row h to row h - 1, and columns likewise
    bool back; // lines are taken from the outermost rows and columns, and added to the next
    const float *lines; // of the first picture and side, this block of channels; or NULL
    size_t picture, side, position; // floats from one to the next
} edges;

// One block of channels of a blocked map, to be written in tiles: row i of tile (y, x) is row
// (y * m + i) * step + offset_y; what lies past the map's end is left out.
typedef struct sink {
    char *data;      // of the block, in the first picture
    const char *add; // the same place in the map that is added, or NULL
    bool half;
    size_t picture; // bytes from picture to picture
    int h, w;
    float bias[LANES], slope;
    int m, step, offset_y, offset_x;
    tile_writer *write;
    const edges *edges; // or NULL
} sink;

// What a call writes into block k of its result, of `channels` channels and h x w pixels.
static inline sink sink_for(const limn_conv_call *call, int channels, int h, int w, int k) {
    const limn_tail *tail = &call->tail;
    sink s = {.half = call->y_type == LIMN_BF16,
              .h = h,
              .w = w,
              .slope = tail->act ? tail->slope : 1,
              .step = 1};
    size_t block = (size_t)(s.half ? 2 : 4) * LANES * (size_t)h * (size_t)w;
    s.data = (char *)call->y + (size_t)k * block;
    s.add = tail->add ? (const char *)tail->add + (size_t)k * block : NULL;
    s.picture = (size_t)ceil_div(channels, LANES) * block;
    for (int i = 0; tail->bias && i < LANES && k * LANES + i < channels; i++)
        s.bias[i] = tail->bias[k * LANES + i];
    return s;
}

// What the lines of two opposite sides give to row (or column) `at` of `size`, pixel `along`.
static inline vec reflected(const edges *e, int picture, int side, int at, int size, int along) {
    const float *line = e->lines + (size_t)picture * e->picture + (size_t)side * e->side +
                        (size_t)along * e->position;
    int first = at == 0, last = at == size - 1;
    if (e->back) first = (at == 1) - first, last = (at == size - 2) - last;
    vec sum = {0};
    if (first) sum += all((float)first) * load(line);
    if (last) sum += all((float)last) * load(line + e->side);
    return sum;
}

// Adds what lies one row or column outside of the map to what it stands for.
static inline void fold_tile(const sink *s, int y, int x, float *made) {
    for (int i = 0; i < s->m; i++) {
        int by_row = y + i == -1 ? 1 : y + i == s->h ? -1 : 0;
        for (int j = 0; by_row && j < s->m; j++) {
            float *from = made + (i * s->m + j) * LANES, *to = from + by_row * s->m * LANES;
            store(to, load(to) + load(from));
        }
    }
    for (int j = 0; j < s->m; j++) {
        int by_column = x + j == -1 ? 1 : x + j == s->w ? -1 : 0;
        for (int i = 0; by_column && i < s->m; i++) {
            float *from = made + (i * s->m + j) * LANES, *to = from + by_column * LANES;
            store(to, load(to) + load(from));
        }
    }
}

// A tile at the edge, pixel by pixel.
static inline void write_edge(const sink *s, int picture, int y, int x, const float *p,
                              size_t plane) {
    static const float none[LANES];
    _Alignas(64) float made[TILE_MAX * TILE_MAX * LANES];
    size_t line = (size_t)s->m * LANES * sizeof(float), pixel = (size_t)(s->half ? 2 : 4) * LANES;
    place flat = {(char *)made, NULL, line, LANES * sizeof(float), s->m, s->m, none, 1};
    s->edges->write(p, plane, &flat);
    if (s->edges->fold) fold_tile(s, y, x, made);
    for (int i = 0; i < s->m; i++)
        for (int j = 0; j < s->m; j++) {
            int row = y + i * s->step, column = x + j * s->step;
            if (row < 0 || column < 0 || row >= s->h || column >= s->w) continue;
            vec value = load(made + (i * s->m + j) * LANES);
            if (s->edges->lines)
                value += reflected(s->edges, picture, 0, row, s->h, column) +
                         reflected(s->edges, picture, 2, column, s->w, row);
            size_t at = (size_t)picture * s->picture +
                        ((size_t)row * (size_t)s->w + (size_t)column) * pixel;
            store_map(
                s->half, s->data + at,
                with_tail(s->half, value, load(s->bias), s->slope, s->add ? s->add + at : NULL));
        }
}

// Products at p, tiles `pitch` and points `plane` floats apart, to outputs.
static inline void write_tiles(const sink *s, const tile *tiles, int count, const float *p,
                               size_t pitch, size_t plane) {
    size_t pixel = (size_t)(s->half ? 2 : 4) * LANES, row = pixel * (size_t)s->w;
    place to = {.row = row * (size_t)s->step,
                .column = pixel * (size_t)s->step,
                .bias = s->bias,
                .slope = s->slope};
    for (int q = 0; q < count; q++) {
        int y = tiles[q].y * s->m * s->step + s->offset_y;
        int x = tiles[q].x * s->m * s->step + s->offset_x;
        if (y >= s->h || x >= s->w) continue;
        int reach = (s->m - 1) * s->step + 2;
        if (s->edges && (y < 2 || x < 2 || y + reach >= s->h || x + reach >= s->w)) {
            write_edge(s, tiles[q].n, y, x, p + (size_t)q * pitch, plane);
            continue;
        }
        size_t at = (size_t)tiles[q].n * s->picture + (size_t)y * row + (size_t)x * pixel;
        to.y = s->data + at;
        to.add = s->add ? s->add + at : NULL;
        to.rows = ceil_div(s->h - y, s->step);
        to.columns = ceil_div(s->w - x, s->step);
        s->write(p + (size_t)q * pitch, plane, &to);
    }
}

// The tiles first, first + 1, ... of maps of tiles_y x tiles_x tiles.
static inline void list_tiles(int tiles_y, int tiles_x, size_t first, int count, tile *tiles) {
    size_t each = (size_t)tiles_y * (size_t)tiles_x, across = (size_t)tiles_x;
    for (int q = 0; q < count; q++) {
        size_t at = first + (size_t)q, rest = at % each;
        tiles[q] = (tile){(int)(at / each), (int)(rest / across), (int)(rest % across)};
    }
}

// Why Winograd of 4x4 or 5x5 with stride 2 does not take a problem (winograd.c), or NULL.
const char *NAME(limn_winograd_down_decline)(const limn_conv *conv, limn_pass pass, limn_type x,
                                             limn_type y);

// The kernels of winograd_down.c and winograd_nine.c.
extern const limn_conv_kernel NAME(limn_winograd_down);
extern const limn_conv_kernel NAME(limn_winograd_plain_x);
extern const limn_conv_kernel NAME(limn_winograd_plain_y);

#endif
