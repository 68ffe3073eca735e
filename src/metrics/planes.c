// What comes before a metric on pixels: shave, colour.
#include "metrics/planes.h"

#include <math.h>
#include <stdlib.h>

#define OPTION(member) .offset = offsetof(limn_planes_options, member)
#define CHANNELS "rgb|y|y-round" // as limn_channels

const limn_option limn_planes_table[] = {
    {.name = "channels",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(channels),
     .fallback = "rgb",
     .choices = CHANNELS,
     .help = "compare all colours, or luma (super-resolution: y)"},
    {.name = "shave",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(shave),
     .fallback = "0",
     .low = 0,
     .high = 4096,
     .help = "leave out so many pixels on every side (super-resolution: the scale)"},
    {.name = "as-is",
     .kind = LIMN_OPTION_FLAG,
     OPTION(as_is),
     .help = "take 16-bit values as they are instead of rounded to 8 bits"},
    {0}};

typedef struct source {
    const limn_picture *picture;
    const limn_planes_options *options;
} source;

static double value_at(const source *from, int channel, int row, int column) {
    const limn_picture *picture = from->picture;
    size_t width = (size_t)picture->width, plane = width * (size_t)picture->height;
    size_t shave = (size_t)from->options->shave;
    size_t at = ((size_t)row + shave) * width + (size_t)column + shave;
    double value = (double)picture->rgb[(size_t)channel * plane + at];
    value = value < 0 ? 0 : value > 255 ? 255 : value;
    return from->options->as_is ? value : floor(value + 0.5);
}

static double luma_at(const source *from, int row, int column) {
    double r = value_at(from, 0, row, column), g = value_at(from, 1, row, column);
    double y = 16 + (65.481 * r + 128.553 * g + 24.966 * value_at(from, 2, row, column)) / 255;
    return from->options->channels == LIMN_CHANNELS_Y_ROUND ? floor(y + 0.5) : y;
}

static void convert(const source *from, const limn_planes_pair *planes, double *to) {
    for (int c = 0; c < planes->channels; c++)
        for (int i = 0; i < planes->height; i++)
            for (int j = 0; j < planes->width; j++)
                *to++ = planes->channels == 1 ? luma_at(from, i, j) : value_at(from, c, i, j);
}

limn_status limn_planes_open(limn_measuring *it) {
    char channels[LIMN_CHOICE_SIZE];
    const limn_planes_options *options = it->options;
    limn_fact_text(it, "channels", "%s", limn_option_choice(CHANNELS, options->channels, channels));
    limn_fact_text(it, "values", "%s", options->as_is ? "as they are" : "8-bit");
    limn_fact_number(it, "shave", (double)options->shave);
    return LIMN_OK;
}

limn_status limn_planes_compare(const limn_measuring *it, const limn_picture *a,
                                const limn_picture *b, int smallest, limn_planes_measure *measure,
                                double *value) {
    const limn_planes_options *options = it->options;
    int border = 2 * (int)options->shave;
    limn_planes_pair planes = {.channels = options->channels == LIMN_CHANNELS_RGB ? 3 : 1,
                               .height = a->height - border,
                               .width = a->width - border};
    if (planes.height < smallest || planes.width < smallest)
        return limn_fail(LIMN_INPUT, "%s of %dx%d pixels%s: at least %dx%d are needed",
                         it->metric->name, a->width, a->height,
                         border ? " without their border" : "", smallest + border,
                         smallest + border);
    size_t count = (size_t)planes.channels * (size_t)planes.height * (size_t)planes.width;
    double *values = malloc(2 * count * sizeof *values);
    if (!values) return limn_fail(LIMN_MEMORY, "there is no memory to measure pictures");
    convert(&(source){a, options}, &planes, values);
    convert(&(source){b, options}, &planes, values + count);
    planes.a = values;
    planes.b = values + count;
    limn_status status = measure(&planes, value);
    free(values);
    return status;
}
