// Spatial profiles in tiles (profile.h), built once per instruction set.
//
// Planes of a tile are made of pixels once, for both pictures: 18 planes of 4 x 32 floats each.
// Where a tile reaches over the picture's edge the pixels are 0, and so is the difference of the
// last row or column to what is not there, so that nothing outside of a plane counts.
#include "device/lanes.h"
#include "device/profile.h"

enum {
    TALL = 4, // rows of a tile
    WIDE = LIMN_PROFILE_TILE,
    VECTORS = WIDE / LANES,
    MAPS = LIMN_PROFILE_MAPS,
    PLANES = LIMN_PROFILE_PLANES,
    SUMS = LIMN_PROFILE_SUMS,
};
#define SOURCES 6 // channels of RGB and of YUV, each with a plane as it is, one right, one below

typedef struct tile {
    _Alignas(64) float at[PLANES][TALL][WIDE];
} tile;

// The pixels of a tile with those right and below of it, where the picture does not have them all.
typedef struct edge {
    float at[3][TALL + 1][WIDE + LANES];
} edge;

// ---- planes ----

INLINE void to_yuv(const vec rgb[3], vec yuv[3]) {
    yuv[0] =
        (float)LIMN_LUMA_R * rgb[0] + (float)LIMN_LUMA_G * rgb[1] + (float)LIMN_LUMA_B * rgb[2];
    yuv[1] = (float)LIMN_OF_U * (rgb[2] - yuv[0]);
    yuv[2] = (float)LIMN_OF_V * (rgb[0] - yuv[0]);
}

// Map `map` (and its YUV) of one vector of three channels.
INLINE void put_planes(tile *to, int map, int i, int v, const vec rgb[3]) {
    vec yuv[3];
    to_yuv(rgb, yuv);
    for (int c = 0; c < 3; c++) {
        store(&to->at[3 * map + c][i][v * LANES], rgb[c]);
        store(&to->at[3 * (map + 3) + c][i][v * LANES], yuv[c]);
    }
}

INLINE void make_planes(tile *to, const float *const from[3], size_t stride) {
    for (int i = 0; i < TALL; i++)
        for (int v = 0; v < VECTORS; v++) {
            vec rgb[3], right[3], below[3];
            for (int c = 0; c < 3; c++) {
                const float *at = from[c] + (size_t)i * stride + v * LANES;
                rgb[c] = load(at);
                right[c] = rgb[c] - load(at + 1);
                below[c] = rgb[c] - load(at + stride);
            }
            put_planes(to, 0, i, v, rgb);
            put_planes(to, 1, i, v, right);
            put_planes(to, 2, i, v, below);
        }
}

// Differences of the picture's last row and column to what is outside are none.
static void clear_edges(tile *to, const limn_profile_bands *bands, size_t top, size_t left) {
    static const int right[] = {1, 4}, below[] = {2, 5};
    size_t column = bands->w - 1 - left, row = bands->h - 1 - top;
    for (int p = 0; p < SOURCES; p++) {
        if (column < WIDE)
            for (int i = 0; i < TALL; i++) to->at[3 * right[p / 3] + p % 3][i][column] = 0;
        if (row < TALL) memset(to->at[3 * below[p / 3] + p % 3][row], 0, WIDE * sizeof(float));
    }
}

// The planes of picture x at a tile.
static void fill_tile(tile *to, const float *x, const limn_profile_bands *bands, size_t top,
                      size_t left) {
    size_t h = bands->h, w = bands->w, rows = h - top, columns = w - left;
    const float *from[3];
    if (rows > TALL && columns > WIDE) {
        for (size_t c = 0; c < 3; c++) from[c] = x + (c * h + top) * w + left;
        make_planes(to, from, w);
        return;
    }
    edge room = {0};
    if (rows > TALL + 1) rows = TALL + 1;
    if (columns > WIDE + 1) columns = WIDE + 1;
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < rows; i++)
            memcpy(room.at[c][i], x + (c * h + top + i) * w + left, columns * sizeof(float));
        from[c] = room.at[c][0];
    }
    make_planes(to, from, WIDE + LANES);
    clear_edges(to, bands, top, left);
}

// ---- sums ----

// Sums of the rows of a tile row so far, by lane.
typedef struct row_sums {
    vec at[PLANES][SUMS][TALL];
} row_sums;

// Adds one plane of a tile to the sums of its rows, and to those of its columns, `line` apart.
INLINE void add_plane(const float (*x)[WIDE], const float (*y)[WIDE], vec (*rows)[TALL],
                      float *columns, size_t line) {
    vec row[SUMS][TALL];
    UNROLL for (int i = 0; i < TALL; i++) {
        row[0][i] = rows[0][i];
        row[1][i] = rows[1][i];
        row[2][i] = rows[2][i];
    }
    for (int v = 0; v < VECTORS; v++) {
        float *to = columns + v * LANES;
        vec xy = load(to), xx = load(to + line), yy = load(to + 2 * line);
        UNROLL for (int i = 0; i < TALL; i++) {
            vec a = load(&x[i][v * LANES]), b = load(&y[i][v * LANES]);
            vec ab = a * b, aa = a * a, bb = b * b;
            xy += ab, xx += aa, yy += bb;
            row[0][i] += ab, row[1][i] += aa, row[2][i] += bb;
        }
        store(to, xy), store(to + line, xx), store(to + 2 * line, yy);
    }
    UNROLL for (int i = 0; i < TALL; i++) {
        rows[0][i] = row[0][i];
        rows[1][i] = row[1][i];
        rows[2][i] = row[2][i];
    }
}

INLINE float lanes_sum(vec x) {
    float sum = 0;
    for (int l = 0; l < LANES; l++) sum += x[l];
    return sum;
}

static void put_rows(const limn_profile_run *run, const row_sums *sums, size_t top) {
    size_t h = run->bands.h, room = h + run->bands.w;
    for (size_t p = 0; p < PLANES; p++)
        for (size_t s = 0; s < SUMS; s++)
            for (size_t i = 0; i < TALL && top + i < h; i++)
                run->rows[(p * SUMS + s) * room + top + i] = lanes_sum(sums->at[p][s][i]);
}

static void sums_of_band(const limn_profile_run *run) {
    const limn_profile_bands *bands = &run->bands;
    size_t end = run->top + LIMN_PROFILE_BAND < bands->h ? run->top + LIMN_PROFILE_BAND : bands->h;
    memset(run->columns, 0, bands->columns * sizeof(float));
    for (size_t top = run->top; top < end; top += TALL) {
        row_sums sums;
        tile x, y;
        memset(&sums, 0, sizeof sums);
        for (size_t left = 0; left < bands->w; left += WIDE) {
            fill_tile(&x, run->x, bands, top, left);
            fill_tile(&y, run->y, bands, top, left);
            for (int p = 0; p < PLANES; p++)
                if (run->wanted[p / 3])
                    add_plane(x.at[p], y.at[p], sums.at[p],
                              run->columns + (size_t)p * SUMS * bands->line + left, bands->line);
        }
        put_rows(run, &sums, top);
    }
}

// ---- the gradient ----

// What a tile hands on: to its right, what the differences of its last column take from the next,
// to below the same of its last row.
typedef struct carried {
    float right[SOURCES][TALL];
    float *below; // [SOURCES][line]
} carried;

// Of a plane, what rows and columns are multiplied by, and the plane in both pictures.
typedef struct pulled {
    const float *row_xy, *row_xx, *column_xy, *column_xx; // from the tile's first row and column on
    const float (*x)[WIDE], (*y)[WIDE];
} pulled;

INLINE vec pull(const pulled *by, int i, int v) {
    vec xy = by->row_xy[i] + load(by->column_xy + v * LANES);
    vec xx = by->row_xx[i] + load(by->column_xx + v * LANES);
    return xy * load(&by->y[i][v * LANES]) + 2 * xx * load(&by->x[i][v * LANES]);
}

typedef struct gradient_job {
    const limn_profile_gradient_run *run;
    tile x, y;
    size_t top, left;
    int rows; // of the tile that are in the picture
    carried carried;
    float out[SOURCES][TALL][WIDE];
} gradient_job;

static pulled pulled_by(const gradient_job *job, int plane) {
    const limn_profile_gradient_run *run = job->run;
    size_t room = run->bands.h + run->bands.w, line = run->bands.line;
    const float *rows = run->given + (size_t)plane * SUMS * room + job->top;
    const float *columns = run->scratch + (size_t)plane * SUMS * line + job->left;
    return (pulled){.row_xy = rows,
                    .row_xx = rows + run->own * room,
                    .column_xy = columns,
                    .column_xx = columns + line,
                    .x = job->x.at[plane],
                    .y = job->y.at[plane]};
}

// The planes of one channel, `source`, gathered at its pixels.
static void gather(gradient_job *job, int source) {
    int plane = source < 3 ? source : source + 6, map = plane / 3;
    const bool *wanted = job->run->wanted;
    float moved[TALL][LANES + WIDE]; // from LANES on; before it what the tile to the left hands on
    float *below = job->carried.below + (size_t)source * job->run->bands.line + job->left;
    memset(job->out[source], 0, sizeof job->out[source]);
    if (wanted[map]) {
        pulled by = pulled_by(job, plane);
        for (int i = 0; i < job->rows; i++)
            for (int v = 0; v < VECTORS; v++)
                store(&job->out[source][i][v * LANES], pull(&by, i, v));
    }
    if (!wanted[map + 1]) return;
    pulled right = pulled_by(job, plane + 3), down = pulled_by(job, plane + 6);
    for (int i = 0; i < job->rows; i++) {
        moved[i][LANES - 1] = job->carried.right[source][i];
        for (int v = 0; v < VECTORS; v++) store(&moved[i][LANES + v * LANES], pull(&right, i, v));
        job->carried.right[source][i] = moved[i][LANES + WIDE - 1];
    }
    for (int v = 0; v < VECTORS; v++) {
        vec above = load(below + v * LANES);
        for (int i = 0; i < job->rows; i++) {
            vec own = pull(&down, i, v);
            const float *at = &moved[i][LANES + v * LANES];
            float *out = &job->out[source][i][v * LANES];
            store(out, load(out) + (load(at) - load(at - 1)) + (own - above));
            above = own;
        }
        store(below + v * LANES, above);
    }
}

// What YUV was given goes back to RGB, and all of it into dx.
static void put_out(const gradient_job *job) {
    const limn_profile_bands *bands = &job->run->bands;
    size_t columns = bands->w - job->left < WIDE ? bands->w - job->left : WIDE;
    for (int i = 0; i < job->rows; i++) {
        float row[3][WIDE];
        for (int v = 0; v < VECTORS; v++) {
            vec in[SOURCES];
            for (int s = 0; s < SOURCES; s++) in[s] = load(&job->out[s][i][v * LANES]);
            vec u = (float)LIMN_OF_U * in[4], red = (float)LIMN_OF_V * in[5];
            vec luma = in[3] - u - red;
            store(&row[0][v * LANES], in[0] + (float)LIMN_LUMA_R * luma + red);
            store(&row[1][v * LANES], in[1] + (float)LIMN_LUMA_G * luma);
            store(&row[2][v * LANES], in[2] + (float)LIMN_LUMA_B * luma + u);
        }
        for (size_t c = 0; c < 3; c++)
            memcpy(job->run->dx + (c * bands->h + job->top + (size_t)i) * bands->w + job->left,
                   row[c], columns * sizeof(float));
    }
}

// Columns' factors into lines of whole tiles, [planes][sums][line]; the third of each is unused.
static void spread_columns(const limn_profile_gradient_run *run) {
    const limn_profile_bands *bands = &run->bands;
    size_t room = bands->h + bands->w;
    for (size_t p = 0; p < PLANES; p++)
        for (size_t s = 0; s < 2; s++) {
            float *to = run->scratch + (p * SUMS + s) * bands->line;
            const float *from = run->given + (p * SUMS + s * run->own) * room + bands->h;
            memcpy(to, from, bands->w * sizeof(float));
            memset(to + bands->w, 0, (bands->line - bands->w) * sizeof(float));
        }
}

static void open_tile(gradient_job *job, size_t top, size_t left, size_t rows) {
    const limn_profile_gradient_run *run = job->run;
    job->top = top;
    job->left = left;
    job->rows = (int)(rows < TALL ? rows : TALL);
    fill_tile(&job->x, run->x, &run->bands, top, left);
    fill_tile(&job->y, run->y, &run->bands, top, left);
}

// What the last row of the band above takes from the first one of this.
static void take_from_above(gradient_job *job) {
    const limn_profile_gradient_run *run = job->run;
    size_t line = run->bands.line;
    memset(job->carried.below, 0, SOURCES * line * sizeof(float));
    if (run->top == 0) return;
    for (size_t left = 0; left < run->bands.w; left += WIDE) {
        open_tile(job, run->top - 1, left, 1);
        for (int s = 0; s < SOURCES; s++) {
            pulled by = pulled_by(job, (s < 3 ? s : s + 6) + 6);
            for (int v = 0; v < VECTORS; v++)
                store(job->carried.below + (size_t)s * line + left + v * LANES, pull(&by, 0, v));
        }
    }
}

static void gradient_of_band(const limn_profile_gradient_run *run) {
    const limn_profile_bands *bands = &run->bands;
    size_t end = run->top + LIMN_PROFILE_BAND < bands->h ? run->top + LIMN_PROFILE_BAND : bands->h;
    gradient_job job = {.run = run};
    spread_columns(run);
    job.carried.below = run->scratch + bands->columns;
    take_from_above(&job);
    for (size_t top = run->top; top < end; top += TALL) {
        memset(job.carried.right, 0, sizeof job.carried.right);
        for (size_t left = 0; left < bands->w; left += WIDE) {
            open_tile(&job, top, left, end - top);
            for (int s = 0; s < SOURCES; s++) gather(&job, s);
            put_out(&job);
        }
    }
}

const limn_profile_kernels NAME(limn_profile_kernels) = {
    .sums = sums_of_band,
    .gradient = gradient_of_band,
};
