// The geometry of a direct convolution: anchors, phases, taps, tiles. See direct.h.
#include "device/direct.h"

#include "base/memory.h"

// A strip should leave room in a second-level cache of 512 KB for weights and sums. Many weights
// are better read seldom: then it may grow, as each of its source blocks is used for long.
enum { STRIP_FLOATS = 64 * 1024, STRIP_MOST = 256 * 1024, NARROW = 28 };

// For the weight gradient the dy of a tile and a group should stay in the first-level cache.
enum { WEIGHT_PIXELS = 128 };

const char *limn_direct_decline(const limn_conv *conv, limn_pass pass) {
    if (conv->groups != 1) return "groups";
    if (conv->upsample) return "upsampling";
    if (conv->kh * conv->kw > LIMN_DIRECT_TAPS || conv->kh > 64 || conv->kw > 64)
        return "kernel too large";
    if (conv->stride_y > LIMN_DIRECT_STRIDE || conv->stride_x > LIMN_DIRECT_STRIDE)
        return "stride too large";
    if (pass == LIMN_PASS_DATA && conv->border != LIMN_BORDER_ZERO) return "border";
    return NULL;
}

static void add_tap(limn_direct_plan *plan, int *count, int a, int b, int slot_y, int slot_x) {
    plan->tap_y[*count] = (unsigned char)a;
    plan->tap_x[*count] = (unsigned char)b;
    plan->slot_y[*count] = (unsigned char)slot_y;
    plan->slot_x[*count] = (unsigned char)slot_x;
    ++*count;
}

static void geometry_forward(limn_direct_plan *plan, const limn_conv *conv) {
    plan->source_channels = conv->c, plan->source_h = conv->h, plan->source_w = conv->w;
    plan->dest_channels = conv->k, plan->dest_h = conv->oh, plan->dest_w = conv->ow;
    plan->grid = (limn_direct_extent){conv->n, conv->oh, conv->ow};
    plan->step_y = conv->stride_y, plan->step_x = conv->stride_x;
    plan->origin_y = -conv->top, plan->origin_x = -conv->left;
    plan->reach_y = conv->kh, plan->reach_x = conv->kw;
    plan->dest_step_y = plan->dest_step_x = 1;
    plan->phases = 1;
    int taps = 0;
    for (int a = 0; a < conv->kh; a++)
        for (int b = 0; b < conv->kw; b++) add_tap(plan, &taps, a, b, a, b);
    plan->phase[0] = (limn_direct_phase){0, 0, taps, 0};
}

// dx row i has i + top = stride*m + p; it takes tap a = p + stride*a' from dy row m - a'. Anchors
// are the values of m, phases those of p.
static void geometry_data(limn_direct_plan *plan, const limn_conv *conv) {
    int sy = conv->stride_y, sx = conv->stride_x;
    int first_y = conv->top / sy, first_x = conv->left / sx;
    plan->source_channels = conv->k, plan->source_h = conv->oh, plan->source_w = conv->ow;
    plan->dest_channels = conv->c, plan->dest_h = conv->h, plan->dest_w = conv->w;
    plan->grid = (limn_direct_extent){conv->n, (conv->h - 1 + conv->top) / sy - first_y + 1,
                                      (conv->w - 1 + conv->left) / sx - first_x + 1};
    plan->step_y = plan->step_x = 1;
    plan->reach_y = ceil_div(conv->kh, sy), plan->reach_x = ceil_div(conv->kw, sx);
    plan->origin_y = first_y - (plan->reach_y - 1), plan->origin_x = first_x - (plan->reach_x - 1);
    plan->dest_step_y = sy, plan->dest_step_x = sx;
    int taps = 0;
    for (int p = 0; p < sy; p++) {
        for (int q = 0; q < sx; q++) {
            limn_direct_phase *phase = &plan->phase[plan->phases++];
            *phase = (limn_direct_phase){sy * first_y + p - conv->top,
                                         sx * first_x + q - conv->left, 0, taps};
            for (int a = p; a < conv->kh; a += sy)
                for (int b = q; b < conv->kw; b += sx)
                    add_tap(plan, &taps, a, b, plan->reach_y - 1 - a / sy,
                            plan->reach_x - 1 - b / sx);
            phase->taps = taps - phase->first_tap;
        }
    }
}

void limn_direct_geometry(limn_direct_plan *plan, const limn_conv *conv, limn_pass pass) {
    *plan = (limn_direct_plan){.border = conv->border};
    if (pass == LIMN_PASS_DATA)
        geometry_data(plan, conv);
    else
        geometry_forward(plan, conv);
}

// Floats of the strip of a tile; an odd number of positions keeps rows apart in the cache.
static size_t strip_size(limn_direct_plan *plan, limn_direct_extent tile) {
    size_t columns = (size_t)(tile.w - 1) * (size_t)plan->step_x + (size_t)plan->reach_x;
    size_t positions = ((columns + (size_t)plan->step_x - 1) / (size_t)plan->step_x) | 1;
    size_t rows = (size_t)(tile.h - 1) * (size_t)plan->step_y + (size_t)plan->reach_y;
    plan->part_step = positions * (size_t)plan->source_lanes;
    plan->row_step = plan->part_step * (size_t)plan->step_x;
    plan->picture_step = plan->row_step * rows;
    plan->block_step = plan->picture_step * (size_t)tile.n;
    return plan->block_step * (size_t)plan->source_blocks;
}

static int pixels(limn_direct_extent tile) {
    return tile.n * tile.h * tile.w;
}

// The tallest tile of that width that fits, or of one row where none does.
static limn_direct_extent tallest(limn_direct_plan *plan, int w, int most, size_t room) {
    limn_direct_extent tile = {1, 1, w};
    for (; tile.h < plan->grid.h; tile.h++) {
        limn_direct_extent more = {1, tile.h + 1, w};
        if (pixels(more) > most || strip_size(plan, more) > room) break;
    }
    tile.h = ceil_div(plan->grid.h, ceil_div(plan->grid.h, tile.h));
    return tile;
}

// Neighbouring tiles copy their common rows and columns twice: the best tile makes the most of
// what it copies.
static void choose_tile(limn_direct_plan *plan, int most, size_t room, int threads) {
    const limn_direct_extent grid = plan->grid;
    limn_direct_extent tile = {0};
    double best = 0;
    for (int pieces = ceil_div(grid.w, most);; pieces++) {
        limn_direct_extent trial = tallest(plan, ceil_div(grid.w, pieces), most, room);
        size_t size = strip_size(plan, trial);
        double gain = (double)pixels(trial) / (double)size;
        if (size > room) gain *= (double)room / (double)size;
        if (gain > best * 1.05) tile = trial, best = gain;
        if (ceil_div(grid.w, pieces + 1) < NARROW) break;
    }
    if (tile.h == grid.h && tile.w == grid.w)
        for (; tile.n < grid.n; tile.n++) {
            limn_direct_extent more = {tile.n + 1, tile.h, tile.w};
            if (pixels(more) > most || strip_size(plan, more) > room) break;
        }
    // Few tiles leave threads idle at the end: shrink, pictures first, then rows.
    for (plan->tile = tile; limn_direct_tiles(plan) < (size_t)threads * 4; plan->tile = tile) {
        if (tile.n > 1)
            tile.n = ceil_div(tile.n, 2);
        else if (tile.h > 1 && tile.h * tile.w > 2 * NARROW)
            tile.h = ceil_div(tile.h, 2);
        else
            break;
    }
    plan->strip = limn_round_up(strip_size(plan, tile), 16);
}

// As many destination blocks at once as leaves room for a row of the tile in the registers.
static int choose_group(const limn_direct_plan *plan, limn_direct_kind kind,
                        const limn_direct_shape *shape) {
    int group = shape->group_most < 2 ? shape->group_most : 2;
    if (kind == LIMN_DIRECT_GATHER) group = least(shape->group_most, 3);
    while (group < shape->group_most && plan->grid.w * (group + 1) <= shape->sums) group++;
    if (kind == LIMN_DIRECT_GATHER && plan->dest_blocks == 4) group = shape->group_most;
    return least(group, plan->dest_blocks);
}

void limn_direct_plan_make(limn_direct_plan *plan, const limn_conv *conv, limn_pass pass,
                           limn_direct_kind kind, const limn_direct_shape *shape, int threads) {
    int lanes = shape->lanes;
    limn_direct_geometry(plan, conv, pass);
    plan->lanes = lanes;
    plan->source_lanes = kind == LIMN_DIRECT_SPREAD ? 1 : lanes;
    plan->source_blocks = ceil_div(plan->source_channels, plan->source_lanes);
    plan->dest_blocks = ceil_div(plan->dest_channels, kind == LIMN_DIRECT_GATHER ? 1 : lanes);
    plan->group = choose_group(plan, kind, shape);
    if (pass == LIMN_PASS_WEIGHT) { // takes one source block after the other
        int blocks = plan->source_blocks;
        plan->source_blocks = 1;
        choose_tile(plan, WEIGHT_PIXELS, STRIP_FLOATS, threads);
        plan->source_blocks = blocks;
        return;
    }
    size_t weights = (size_t)conv->c * (size_t)conv->k * (size_t)(conv->kh * conv->kw);
    size_t room = weights / 4 < STRIP_FLOATS ? STRIP_FLOATS : weights / 4;
    choose_tile(plan, shape->tile_pixels, room < STRIP_MOST ? room : STRIP_MOST, threads);
}

size_t limn_direct_tiles(const limn_direct_plan *plan) {
    return (size_t)ceil_div(plan->grid.n, plan->tile.n) *
           (size_t)ceil_div(plan->grid.h, plan->tile.h) *
           (size_t)ceil_div(plan->grid.w, plan->tile.w);
}

void limn_direct_tile(const limn_direct_plan *plan, size_t index, limn_direct_extent *first,
                      limn_direct_extent *extent) {
    size_t across = (size_t)ceil_div(plan->grid.w, plan->tile.w);
    size_t down = (size_t)ceil_div(plan->grid.h, plan->tile.h);
    first->w = (int)(index % across) * plan->tile.w;
    first->h = (int)(index / across % down) * plan->tile.h;
    first->n = (int)(index / across / down) * plan->tile.n;
    extent->n = least(plan->tile.n, plan->grid.n - first->n);
    extent->h = least(plan->tile.h, plan->grid.h - first->h);
    extent->w = least(plan->tile.w, plan->grid.w - first->w);
}
