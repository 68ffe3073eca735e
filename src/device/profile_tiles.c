// Spatial profiles in tiles (profile.h), built once per instruction set.
//
// A tile is six sources, the channels of RGB and YUV, of 4 x 32 pixels with the row below and the
// column to the right; each is compared as it is, and so are its differences. RGB is read where it
// lies, but at the picture's edges, where some of that is not there: zeros are outside, so that
// nothing there counts. Where differences are taken, the last row or column is repeated, so that
// they are zero as well.
#include "device/lanes.h"
#include "device/profile.h"

enum {
    TALL = 4, // rows of a tile
    WIDE = LIMN_PROFILE_TILE,
    VECTORS = WIDE / LANES,
    PITCH = WIDE + LANES,
    SUMS = LIMN_PROFILE_SUMS,
};
#define SOURCES 6

// How a source is compared, in the order of its maps: as it is, less what is to the right, less
// what is below.
enum { ITSELF, RIGHT, BELOW, WAYS };

typedef struct view {
    const float *at;
    size_t stride; // of rows
} view;

typedef struct tile {
    view sources[SOURCES];
    bool edge;            // all of it lies in `room`, and has
    size_t rows, columns; // so many of the picture's
    _Alignas(64) float room[SOURCES][TALL + 1][PITCH];
} tile;

// ---- sources ----

// YUV of what the first three sources of a tile are, into its room.
static void make_yuv(tile *to) {
    view *of = to->sources;
    for (int i = 0; i <= TALL; i++)
        for (int v = 0; v < PITCH; v += LANES) {
            vec rgb[3];
            UNROLL for (int c = 0; c < 3; c++) rgb[c] =
                load(of[c].at + (size_t)i * of[c].stride + v);
            vec y = (float)LIMN_LUMA_R * rgb[0] + (float)LIMN_LUMA_G * rgb[1] +
                    (float)LIMN_LUMA_B * rgb[2];
            store(&to->room[3][i][v], y);
            store(&to->room[4][i][v], (float)LIMN_OF_U * (rgb[2] - y));
            store(&to->room[5][i][v], (float)LIMN_OF_V * (rgb[0] - y));
        }
    for (int s = 3; s < SOURCES; s++) of[s] = (view){to->room[s][0], PITCH};
}

// As much as there is of a channel from `x` on.
static void copy_edge(tile *to, int channel, const float *x, size_t stride) {
    for (size_t i = 0; i <= TALL; i++) {
        size_t count = i >= to->rows ? 0 : to->columns < PITCH ? to->columns : PITCH;
        memcpy(to->room[channel][i], x + i * stride, count * sizeof(float));
        memset(to->room[channel][i] + count, 0, (PITCH - count) * sizeof(float));
    }
    to->sources[channel] = (view){to->room[channel][0], PITCH};
}

// Asks for the rows of the tile below: so many short rows are more than the processor foresees.
INLINE void ask_below(const float *at, size_t stride) {
    for (int i = TALL + 1; i <= 2 * TALL; i++)
        for (int j = 0; j < WIDE; j += 16) __builtin_prefetch(at + (size_t)i * stride + j, 0, 2);
}

// Picture x at a tile.
static void open_tile(tile *to, const float *x, const limn_profile_bands *bands, size_t top,
                      size_t left) {
    size_t h = bands->h, w = bands->w;
    to->rows = h - top;
    to->columns = w - left;
    to->edge = to->rows <= TALL || to->columns < PITCH;
    for (int c = 0; c < 3; c++) {
        const float *at = x + ((size_t)c * h + top) * w + left;
        ask_below(at, w);
        if (to->edge)
            copy_edge(to, c, at, w);
        else
            to->sources[c] = (view){at, w};
    }
    make_yuv(to);
}

// What is outside of the picture, as a way of comparing needs it. Ways are taken in their order.
static void turn_to(tile *to, int way) {
    for (int s = 0; s < SOURCES && to->edge; s++) {
        float(*room)[PITCH] = to->room[s];
        for (size_t i = 0; i < TALL && i < to->rows; i++)
            for (size_t j = to->columns; j <= WIDE; j++)
                room[i][j] = way == RIGHT ? room[i][to->columns - 1] : 0;
        for (size_t i = to->rows; way == BELOW && i <= TALL; i++)
            memcpy(room[i], room[to->rows - 1], sizeof room[i]);
    }
}

// Vector v of row i, as it is compared.
INLINE vec value_at(view of, int way, int i, int v) {
    const float *at = of.at + (size_t)i * of.stride + v * LANES;
    if (way == ITSELF) return load(at);
    return load(at) - load(at + (way == RIGHT ? 1 : of.stride));
}

// The plane of a source (ops/profile_op.h).
INLINE size_t plane_of(int source, int way) {
    return (size_t)(source % 3 + 3 * way + 9 * (source / 3));
}

// ---- sums ----

// Sums of the rows of a tile row so far, by lane.
typedef struct row_sums {
    vec at[LIMN_PROFILE_PLANES][SUMS][TALL];
} row_sums;

// Adds one plane of a tile to the sums of its rows, and to those of its columns, `line` apart.
INLINE void add_plane(view x, view y, int way, vec (*rows)[TALL], float *columns, size_t line) {
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
            vec a = value_at(x, way, i, v), b = value_at(y, way, i, v);
            xy += a * b, xx += a * a, yy += b * b;
            row[0][i] += a * b, row[1][i] += a * a, row[2][i] += b * b;
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
    for (size_t p = 0; p < LIMN_PROFILE_PLANES; p++)
        for (size_t s = 0; s < SUMS; s++)
            for (size_t i = 0; i < TALL && top + i < h; i++)
                run->rows[(p * SUMS + s) * room + top + i] = lanes_sum(sums->at[p][s][i]);
}

// The planes of a tile that are compared one way.
INLINE void add_planes(const limn_profile_run *run, const tile *x, const tile *y, int way,
                       row_sums *sums, size_t left) {
    size_t line = run->bands.line;
    for (int s = 0; s < SOURCES; s++) {
        size_t plane = plane_of(s, way);
        if (run->wanted[plane / 3])
            add_plane(x->sources[s], y->sources[s], way, sums->at[plane],
                      run->columns + plane * SUMS * line + left, line);
    }
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
            open_tile(&x, run->x, bands, top, left);
            open_tile(&y, run->y, bands, top, left);
            add_planes(run, &x, &y, ITSELF, &sums, left);
            turn_to(&x, RIGHT), turn_to(&y, RIGHT);
            add_planes(run, &x, &y, RIGHT, &sums, left);
            turn_to(&x, BELOW), turn_to(&y, BELOW);
            add_planes(run, &x, &y, BELOW, &sums, left);
        }
        put_rows(run, &sums, top);
    }
}

// ---- the gradient ----

// What a tile hands on: to its right, what the differences of its last column take from the next,
// to below the same of its last row.
typedef struct carried {
    vec right[SOURCES][TALL]; // its last vector
    float *below;             // [SOURCES][line]
} carried;

// Of a plane, what rows and columns are multiplied by, and its source in both pictures.
typedef struct pulled {
    const float *row_xy, *row_xx, *column_xy, *column_xx; // from the tile's first row and column on
    view x, y;
} pulled;

INLINE vec pull(const pulled *by, int way, int i, int v) {
    vec xy = by->row_xy[i] + load(by->column_xy + v * LANES);
    vec xx = by->row_xx[i] + load(by->column_xx + v * LANES);
    return xy * value_at(by->y, way, i, v) + 2 * xx * value_at(by->x, way, i, v);
}

typedef struct gradient_job {
    const limn_profile_gradient_run *run;
    tile x, y;
    size_t top, left;
    int rows; // of the tile that are in the picture
    carried carried;
    float out[SOURCES][TALL][WIDE];
} gradient_job;

INLINE pulled pulled_by(const gradient_job *job, int source, int way) {
    const limn_profile_gradient_run *run = job->run;
    size_t room = run->bands.h + run->bands.w, line = run->bands.line;
    const float *rows = run->given + plane_of(source, way) * SUMS * room + job->top;
    const float *columns = run->scratch + plane_of(source, way) * SUMS * line + job->left;
    return (pulled){.row_xy = rows,
                    .row_xx = rows + run->own * room,
                    .column_xy = columns,
                    .column_xx = columns + line,
                    .x = job->x.sources[source],
                    .y = job->y.sources[source]};
}

static void gather_itself(gradient_job *job, int source) {
    const pulled by = pulled_by(job, source, ITSELF);
    for (int i = 0; i < job->rows; i++)
        for (int v = 0; v < VECTORS; v++)
            store(&job->out[source][i][v * LANES], pull(&by, ITSELF, i, v));
}

// The elements one before those of b, where a comes before b.
INLINE vec one_before(vec a, vec b) {
#if LIMN_LANES == 16
    return __builtin_shufflevector(a, b, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
                                   30);
#else
    return __builtin_shufflevector(a, b, 7, 8, 9, 10, 11, 12, 13, 14);
#endif
}

// A difference gives to its pixel and takes from the next.
static void gather_right(gradient_job *job, int source) {
    const pulled by = pulled_by(job, source, RIGHT);
    for (int i = 0; i < job->rows; i++) {
        vec before = job->carried.right[source][i];
        for (int v = 0; v < VECTORS; v++) {
            vec own = pull(&by, RIGHT, i, v);
            float *out = &job->out[source][i][v * LANES];
            store(out, load(out) + (own - one_before(before, own)));
            before = own;
        }
        job->carried.right[source][i] = before;
    }
}

static void gather_below(gradient_job *job, int source) {
    const pulled by = pulled_by(job, source, BELOW);
    float *below = job->carried.below + (size_t)source * job->run->bands.line + job->left;
    for (int v = 0; v < VECTORS; v++) {
        vec above = load(below + v * LANES);
        for (int i = 0; i < job->rows; i++) {
            vec own = pull(&by, BELOW, i, v);
            float *out = &job->out[source][i][v * LANES];
            store(out, load(out) + (own - above));
            above = own;
        }
        store(below + v * LANES, above);
    }
}

// What the planes of a tile give, at the pixels of their sources.
static void gather(gradient_job *job) {
    const bool *wanted = job->run->wanted;
    memset(job->out, 0, sizeof job->out);
    for (int s = 0; s < SOURCES; s++)
        if (wanted[plane_of(s, ITSELF) / 3]) gather_itself(job, s);
    turn_to(&job->x, RIGHT), turn_to(&job->y, RIGHT);
    for (int s = 0; s < SOURCES; s++)
        if (wanted[plane_of(s, RIGHT) / 3]) gather_right(job, s);
    turn_to(&job->x, BELOW), turn_to(&job->y, BELOW);
    for (int s = 0; s < SOURCES; s++)
        if (wanted[plane_of(s, BELOW) / 3]) gather_below(job, s);
}

// What YUV was given goes back to RGB, and all of it into dx.
static void put_out(const gradient_job *job) {
    const limn_profile_bands *bands = &job->run->bands;
    size_t columns = bands->w - job->left < WIDE ? bands->w - job->left : WIDE;
    for (int i = 0; i < job->rows; i++) {
        float row[3][WIDE];
        for (int v = 0; v < VECTORS; v++) {
            vec in[SOURCES];
            UNROLL for (int s = 0; s < SOURCES; s++) in[s] = load(&job->out[s][i][v * LANES]);
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
    for (size_t p = 0; p < LIMN_PROFILE_PLANES; p++)
        for (size_t s = 0; s < 2; s++) {
            float *to = run->scratch + (p * SUMS + s) * bands->line;
            const float *from = run->given + (p * SUMS + s * run->own) * room + bands->h;
            memcpy(to, from, bands->w * sizeof(float));
            memset(to + bands->w, 0, (bands->line - bands->w) * sizeof(float));
        }
}

static void move_to(gradient_job *job, size_t top, size_t left, size_t rows) {
    const limn_profile_gradient_run *run = job->run;
    job->top = top;
    job->left = left;
    job->rows = (int)(rows < TALL ? rows : TALL);
    open_tile(&job->x, run->x, &run->bands, top, left);
    open_tile(&job->y, run->y, &run->bands, top, left);
}

// What the last row of the band above takes from the first one of this.
static void take_from_above(gradient_job *job) {
    const limn_profile_gradient_run *run = job->run;
    size_t line = run->bands.line;
    memset(job->carried.below, 0, SOURCES * line * sizeof(float));
    if (run->top == 0) return;
    for (size_t left = 0; left < run->bands.w; left += WIDE) {
        move_to(job, run->top - 1, left, 1);
        turn_to(&job->x, BELOW), turn_to(&job->y, BELOW);
        for (int s = 0; s < SOURCES; s++) {
            const pulled by = pulled_by(job, s, BELOW);
            if (!run->wanted[plane_of(s, BELOW) / 3]) continue;
            for (int v = 0; v < VECTORS; v++)
                store(job->carried.below + (size_t)s * line + left + v * LANES,
                      pull(&by, BELOW, 0, v));
        }
    }
}

static void gradient_of_band(const limn_profile_gradient_run *run) {
    const limn_profile_bands *bands = &run->bands;
    size_t end = run->top + LIMN_PROFILE_BAND < bands->h ? run->top + LIMN_PROFILE_BAND : bands->h;
    gradient_job job;
    job.run = run;
    spread_columns(run);
    job.carried.below = run->scratch + bands->columns;
    take_from_above(&job);
    for (size_t top = run->top; top < end; top += TALL) {
        memset(job.carried.right, 0, sizeof job.carried.right);
        for (size_t left = 0; left < bands->w; left += WIDE) {
            move_to(&job, top, left, end - top);
            gather(&job);
            put_out(&job);
        }
    }
}

const limn_profile_kernels NAME(limn_profile_kernels) = {
    .sums = sums_of_band,
    .gradient = gradient_of_band,
};
