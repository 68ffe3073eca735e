// From the colours of a file to sRGB.
#include "image/srgb.h"

#include "image/profile.h"

// Puts `to` in the place of *image.
static bool replace(VipsImage **image, VipsImage *to, int failed) {
    if (failed) {
        vips_error_clear();
        return false;
    }
    g_object_unref(*image);
    *image = to;
    return true;
}

bool limn_vips_is_16_bit(const VipsImage *image) {
    return vips_band_format_is8bit(image->BandFmt) == 0;
}

bool limn_vips_is_plain(const VipsImage *image) {
    switch (image->Type) {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_B_W: return image->BandFmt == VIPS_FORMAT_UCHAR;
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_GREY16: return image->BandFmt == VIPS_FORMAT_USHORT;
    default: return false;
    }
}

// Transforms with the profile in the image, or with libvips' own for CMYK without one. 16 bits out,
// so that nothing is rounded twice.
static bool transform(VipsImage *from, VipsImage **to, const char *fallback) {
    return vips_icc_transform(from, to, "srgb", "embedded", TRUE, "input_profile", fallback,
                              "intent", VIPS_INTENT_RELATIVE, "black_point_compensation", TRUE,
                              "depth", 16, NULL) == 0;
}

bool limn_vips_has_foreign_profile(VipsImage *image) {
    const void *profile;
    size_t size;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return false;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size)) return false;
    return !limn_vips_is_plain(image) || !limn_profile_is_srgb(profile, size);
}

bool limn_vips_to_srgb(VipsImage **image) {
    VipsImage *next = NULL;
    if ((*image)->Type == VIPS_INTERPRETATION_MULTIBAND ||
        (*image)->Type == VIPS_INTERPRETATION_RGB) {
        VipsInterpretation guess = vips_image_guess_interpretation(*image);
        int failed = vips_copy(*image, &next, "interpretation", guess, NULL);
        if (!replace(image, next, failed)) return false;
    }
    next = NULL;
    if (limn_vips_has_foreign_profile(*image) && transform(*image, &next, "srgb"))
        replace(image, next, 0);
    if (limn_vips_lacks_memory()) return false;
    vips_error_clear();
    next = NULL;
    if ((*image)->Type == VIPS_INTERPRETATION_CMYK && transform(*image, &next, "cmyk"))
        replace(image, next, 0);
    next = NULL;
    if (limn_vips_is_plain(*image)) return true;
    int failed = vips_colourspace(*image, &next, VIPS_INTERPRETATION_RGB16, NULL);
    return replace(image, next, failed) && limn_vips_is_plain(*image);
}
