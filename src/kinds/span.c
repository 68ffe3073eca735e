// SPAN: enlarges at the size of the input, and makes pixels of channels at the end.
//
//   f0        = conv(x - mean)
//   f_k       = (a3 + f) (sigmoid(a3) - 1/2),  f = f_(k-1), k = 1 .. 6
//   a1, a2    = silu(conv(f)), silu(conv(a1));  a3 = conv(a2)
//   g         = conv(f6)
//   h         = conv 1x1 of f0, g, f1 and the a1 of block 6, one behind the other
//   y         = pixels of conv(h), 3 scale^2 channels;  result 255 y, plus the residual
//
// All other convolutions are 3x3 on zeros around, so that a pixel sees 1 + 18 + 1 + 1 to each side.
#include "kinds/span.h"

#include "base/memory.h"

#include <stdio.h>

enum { BLOCKS = 6, HALO = 1 + 3 * BLOCKS + 2 };

#define OPTION(member) .offset = offsetof(limn_span_shape, member)
static const limn_option shape[] = {
    {.name = "width",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(width),
     .fallback = "48",
     .low = 1,
     .high = 1024},
    {.name = "scale",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(scale),
     .fallback = "4",
     .low = 2,
     .high = 8},
    {.name = "residual",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(residual),
     .fallback = "nearest",
     .choices = "none|nearest"},
    {0},
};

static limn_sizes sizes(const void *of) {
    const limn_span_shape *it = of;
    return (limn_sizes){
        .smallest = 1, .multiple = 1, .rounds = 1, .halo = HALO, .scale = (int)it->scale};
}

// First values under which what a block says is as large as what it is given, from the first block
// to the last: gates open by what is some units large. By PyTorch's usual ones the last three are
// silent.
static const limn_layer_options into = {.conv = {.pad = 1}, .init = {LIMN_INIT_NORMAL, 0, 0.01F}};
static const limn_layer_options join = {.init = {LIMN_INIT_NORMAL, 0, 0.02F}};
static const limn_layer_options zero1 = {.conv = {.pad = 1}, .init = {LIMN_INIT_HE_NORMAL}};
static const limn_layer_options silent = {.conv = {.pad = 1}, .init = {LIMN_INIT_ZERO}};

// One convolution of a block.
static limn_node *part(limn_net *net, limn_node *x, int channels, int block, int number) {
    char name[32];
    snprintf(name, sizeof name, "block%d.conv%d", block, number);
    return limn_conv_layer(net, x, channels, 3, zero1, name);
}

// *first becomes its a1.
static limn_node *block(limn_net *net, limn_node *f, int channels, int number, limn_node **first) {
    limn_node *a1 = *first = limn_silu(part(net, f, channels, number, 1));
    limn_node *a2 = limn_silu(part(net, a1, channels, number, 2));
    return limn_gate(part(net, a2, channels, number, 3), f);
}

static limn_node *centred(limn_node *rgb) {
    static const double mean[3] = {0.4488, 0.4371, 0.4040};
    limn_node *channel[3];
    for (int c = 0; c < 3; c++)
        channel[c] = limn_affine(limn_slice_axis(rgb, 1, c, 1), 1, -255 * mean[c]);
    return limn_concat(channel, 3, 1);
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const limn_span_shape *it = of;
    limn_node *rgb = content->node[0], *near = NULL, *inner = NULL;
    int c = (int)it->width, scale = (int)it->scale;
    (void)to, (void)style;
    limn_node *f0 = limn_conv_layer(net, centred(rgb), c, 3, into, "conv1"), *f = f0;
    for (int k = 1; k <= BLOCKS; k++) {
        f = block(net, f, c, k, &inner);
        if (k == 1) near = f;
    }
    limn_node *g = limn_conv_layer(net, f, c, 3, zero1, "conv2");
    limn_node *all = limn_concat((limn_node *[]){f0, g, near, inner}, 4, 1);
    limn_node *h = limn_conv_layer(net, all, c, 1, join, "join");
    bool added = it->residual == LIMN_SPAN_NEAREST;
    limn_node *y = limn_conv_layer(net, h, 3 * scale * scale, 3, added ? silent : zero1, "up");
    y = limn_scale(limn_pixel_shuffle(y, scale), 255);
    return added ? limn_add(y, limn_upsample_nearest(rgb, scale)) : y;
}

// ---- flat areas stay flat ----

// The least and the largest value within REACH pixels along one axis.
enum { REACH = 2 };
typedef struct span_range {
    float low, high;
} span_range;

static void widen(span_range *range, span_range by) {
    range->low = by.low < range->low ? by.low : range->low;
    range->high = by.high > range->high ? by.high : range->high;
}

static void around(const span_range *from, int count, size_t step, span_range *to) {
    for (int i = 0; i < count; i++) {
        int first = i < REACH ? 0 : i - REACH, last = i + REACH < count ? i + REACH : count - 1;
        span_range here = from[(size_t)i * step];
        for (int j = first; j <= last; j++) widen(&here, from[(size_t)j * step]);
        to[(size_t)i * step] = here;
    }
}

static void ranges_of(const float *plane, int width, int height, span_range *to, span_range *room) {
    size_t columns = (size_t)width, rows = (size_t)height;
    for (size_t i = 0; i < rows * columns; i++) to[i] = (span_range){plane[i], plane[i]};
    for (size_t y = 0; y < rows; y++) around(to + y * columns, width, 1, room + y * columns);
    for (size_t x = 0; x < columns; x++) around(room + x, height, columns, to + x);
}

// Each value of a plane is held to what is around it in the picture, and as far again to both sides
// as that is wide. A flat area is left no choice.
static void hold(const span_range *ranges, int width, int height, int scale, float *plane) {
    for (int y = 0; y < height * scale; y++)
        for (int x = 0; x < width; x++) {
            span_range range = ranges[(size_t)(y / scale) * (size_t)width + (size_t)x];
            float wide = range.high - range.low, low = range.low - wide, high = range.high + wide;
            for (float *end = plane + scale; plane < end; plane++)
                *plane = *plane < low ? low : *plane > high ? high : *plane;
        }
}

static limn_status finish(const void *of, const limn_picture *was, limn_picture **made) {
    const limn_span_shape *it = of;
    int width = was->width, height = was->height, scale = (int)it->scale;
    size_t count = (size_t)width * (size_t)height;
    if (it->residual != LIMN_SPAN_NEAREST) return LIMN_OK;
    span_range *ranges = limn_alloc(2 * count * sizeof *ranges);
    if (!ranges) return limn_fail(LIMN_MEMORY, "there is no memory to finish a picture");
    for (size_t c = 0; c < 3; c++) {
        ranges_of(was->rgb + c * count, width, height, ranges, ranges + count);
        hold(ranges, width, height, scale, (*made)->rgb + c * count * (size_t)(scale * scale));
    }
    limn_free(ranges);
    return LIMN_OK;
}

const limn_kind limn_kind_span = {
    .name = "span",
    .method = "span",
    .verb = "upscale",
    .title = "enlarging two to eight times (Wan 2024)",
    .shape = shape,
    .shape_size = sizeof(limn_span_shape),
    .sizes = sizes,
    .draw = draw,
    .finish = finish,
};
