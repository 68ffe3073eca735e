// Copies a tile of the source map into a strip: borders, storage type and stride end here.
#include "device/direct_lanes.h"

#include "base/bf16.h"

#include <string.h>

static size_t size(int n) {
    return (size_t)n;
}

// `count` elements of `lanes` floats, taken every `step` elements from element `index` of the map.
INLINE void copy(const void *map, limn_type type, size_t index, int count, int step, int lanes,
                 float *to) {
    size_t stride = size(step) * size(lanes);
    const float *floats = (const float *)map + index * size(lanes);
    const uint16_t *halves = (const uint16_t *)map + index * size(lanes);
    if (lanes == 1 && type == LIMN_FLOAT)
        for (int i = 0; i < count; i++) to[i] = floats[size(i) * stride];
    else if (lanes == 1)
        for (int i = 0; i < count; i++) to[i] = limn_bf16_float(halves[size(i) * stride]);
    else if (type == LIMN_FLOAT)
        for (int i = 0; i < count; i++) store(to + i * LANES, load(floats + size(i) * stride));
    else
        for (int i = 0; i < count; i++) store(to + i * LANES, load_half(halves + size(i) * stride));
}

// Positions begin..end of a row of the strip that lie outside the map; position i is source column
// start + i*step.
INLINE void edge(const limn_direct_plan *plan, const void *source, limn_type type, size_t index,
                 int start, int begin, int end, int lanes, float *to) {
    for (int i = begin; i < end; i++) {
        int column = limn_direct_border(plan->border, start + i * plan->step_x, plan->source_w);
        float *out = to + size(i) * size(lanes);
        if (column < 0)
            memset(out, 0, size(lanes) * sizeof *out);
        else
            copy(source, type, index + size(column), 1, 1, lanes, out);
    }
}

static int within(int i, int most) {
    return i < 0 ? 0 : i > most ? most : i;
}

// One row of the strip from the source row that begins at `index`: a run for each remainder.
INLINE void row(const limn_direct_plan *plan, const void *source, limn_type type, size_t index,
                int first, int columns, int lanes, float *to) {
    int step = plan->step_x, w = plan->source_w;
    for (int r = 0; r < step && r < plan->reach_x; r++, to += plan->part_step) {
        int count = (columns - r + step - 1) / step, start = first + r;
        int low = start >= 0 ? 0 : within((-start + step - 1) / step, count);
        int high = start >= w ? 0 : within((w - start + step - 1) / step, count);
        if (high < low) high = low;
        edge(plan, source, type, index, start, 0, low, lanes, to);
        if (high > low)
            copy(source, type, index + size(start + low * step), high - low, step, lanes,
                 to + size(low) * size(lanes));
        edge(plan, source, type, index, start, high, count, lanes, to);
    }
}

void NAME(limn_direct_strip)(const limn_direct_plan *plan, const void *source, limn_type type,
                             limn_direct_extent first, limn_direct_extent extent, int block,
                             int blocks, float *strip) {
    int rows = (extent.h - 1) * plan->step_y + plan->reach_y;
    int columns = (extent.w - 1) * plan->step_x + plan->reach_x;
    int top = first.h * plan->step_y + plan->origin_y;
    int left = first.w * plan->step_x + plan->origin_x;
    for (int b = 0; b < blocks; b++) {
        for (int n = 0; n < extent.n; n++) {
            float *to = strip + size(b) * plan->block_step + size(n) * plan->picture_step;
            size_t plane = size(first.n + n) * size(plan->source_blocks) + size(block + b);
            for (int i = 0; i < rows; i++, to += plan->row_step) {
                if (i % plan->step_y >= plan->reach_y) continue;
                int y = limn_direct_border(plan->border, top + i, plan->source_h);
                if (y < 0) {
                    memset(to, 0, plan->row_step * sizeof *to);
                    continue;
                }
                size_t index = (plane * size(plan->source_h) + size(y)) * size(plan->source_w);
                if (plan->source_lanes == 1)
                    row(plan, source, type, index, left, columns, 1, to);
                else
                    row(plan, source, type, index, left, columns, LANES, to);
            }
        }
    }
}
