// What the numbers of a TIFF file are.
#include "image/samples.h"

#include <math.h>

// The channels that are colours, by the photometric interpretation.
static int colours_of(const limn_tiff *tiff, uint64_t directory) {
    enum { BLACK_IS_ZERO = 1, PALETTE = 3, SEPARATED = 5, LOG_L = 32844 };
    uint64_t kind = limn_tiff_get(tiff, directory, 262, 2);
    if (kind <= BLACK_IS_ZERO || kind == PALETTE || kind == LOG_L) return 1;
    return kind == SEPARATED ? (int)limn_tiff_get(tiff, directory, 334, 4) : 3;
}

// Which channel is alpha: the first extra one that says so, or a lone one that says nothing at all.
static int alpha_of(const limn_tiff *tiff, uint64_t directory, int colours, int channels) {
    limn_tag extra;
    if (!limn_tiff_find(tiff, directory, 338, &extra)) return channels == colours + 1 ? colours : 0;
    for (int i = colours; i < channels; i++)
        if (limn_tiff_value(tiff, &extra, (uint64_t)(i - colours))) return i;
    return 0;
}

limn_status limn_samples_choose(const limn_tiff *tiff, uint64_t directory, VipsImage **image,
                                int *left) {
    int channels = (*image)->Bands, colours = colours_of(tiff, directory);
    *left = 0;
    if (limn_tiff_get(tiff, directory, 277, 1) != (uint64_t)channels || channels <= colours)
        return LIMN_OK;
    int alpha = alpha_of(tiff, directory, colours, channels);
    *left = channels - colours - (alpha > 0);
    if (!*left) return LIMN_OK;
    VipsImage *parts[2] = {NULL, NULL}, *chosen = NULL;
    int failed = vips_extract_band(*image, &parts[0], 0, "n", colours, NULL);
    if (!failed && alpha) failed = vips_extract_band(*image, &parts[1], alpha, NULL);
    if (!failed && alpha) failed = vips_bandjoin(parts, &chosen, 2, NULL);
    if (!failed && !alpha) chosen = g_object_ref(parts[0]);
    for (int i = 0; i < 2; i++)
        if (parts[i]) g_object_unref(parts[i]);
    if (failed) return limn_fail(LIMN_MEMORY, "no memory for the channels of a picture");
    g_object_unref(*image);
    *image = chosen;
    return LIMN_OK;
}

bool limn_samples_float(const limn_tiff *tiff, uint64_t directory, const VipsImage *image) {
    enum { FLOATS = 3 };
    return image->BandFmt == VIPS_FORMAT_FLOAT && image->Type != VIPS_INTERPRETATION_LAB &&
           image->Type != VIPS_INTERPRETATION_XYZ && image->Bands <= 4 &&
           limn_tiff_get(tiff, directory, 339, 1) == FLOATS;
}

static bool is_alpha(int channel, int channels) {
    return channels % 2 == 0 && channel == channels - 1;
}

void limn_range_add(limn_value_range *range, const float *row, int channels, int count) {
    for (int i = 0; i < count * channels; i++) {
        if (!isfinite(row[i])) continue;
        bool alpha = is_alpha(i % channels, channels);
        float *high = alpha ? &range->alpha : &range->high;
        *high = fmaxf(*high, row[i]);
        if (!alpha) range->low = fminf(range->low, row[i]);
    }
}

// The value of white; 0: of none that is known. What lies a little outside comes from resizing.
// What is just above 255 is more likely of 10 or 12 bits than a black picture of 16.
static float white_of(const limn_value_range *range) {
    static const float brightest_light = 8, slack = 1.02F, darkest_white = 8192;
    float high = range->high;
    float white = high <= brightest_light ? 1 : high <= 255 * slack ? 255 : 65535;
    bool known = high <= 65535 * slack && range->low >= -0.1F * fmaxf(white, high);
    if (high > 255 * slack && high < darkest_white) known = false;
    return known ? white : 0;
}

bool limn_range_known(const limn_value_range *range) {
    return white_of(range) > 0;
}

static float coded(float linear) {
    return linear <= 0.0031308F ? 12.92F * linear : 1.055F * powf(linear, 1 / 2.4F) - 0.055F;
}

void limn_samples_code(const limn_value_range *range, const float *row, int channels, int count,
                       unsigned short *to) {
    float white = white_of(range), solid = range->alpha <= 1 ? 1 : white;
    for (int i = 0; i < count * channels; i++) {
        bool alpha = is_alpha(i % channels, channels);
        float value = row[i] / (alpha ? solid : white);
        value = value > 0 ? value < 1 ? value : 1 : 0; // not a number becomes 0
        if (white <= 1 && !alpha) value = coded(value);
        to[i] = (unsigned short)(value * 65535 + 0.5F);
    }
}
