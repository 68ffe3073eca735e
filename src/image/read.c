// Reading pictures: file -> libvips, strip by strip -> planar floats.
//
// libvips decodes in order and a strip at a time, so that beside the floats of the result only one
// strip is in memory. The turn of the EXIF is a choice of strides when a strip is spread out.
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "image/pixels.h"
#include "image/profile.h"
#include "image/recognise.h"
#include "image/vips.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP = 32 }; // rows; TIFF strips and JPEG blocks are of 8, 16 or more

static const long long most_pixels = 268435456;

typedef struct file_bytes {
    const unsigned char *bytes;
    size_t size;
    const char *name;
    limn_format format;
} file_bytes;

// ---- opening ----

static VipsImage *load(const file_bytes *file) {
    VipsSource *source = vips_source_new_from_memory(file->bytes, file->size);
    if (!source) return NULL;
    VipsImage *image = NULL;
    const char *const loaders[] = {[LIMN_FORMAT_JPEG] = "jpegload_source",
                                   [LIMN_FORMAT_PNG] = "pngload_source",
                                   [LIMN_FORMAT_WEBP] = "webpload_source",
                                   [LIMN_FORMAT_TIFF] = "tiffload_source"};
    int failed = vips_call(loaders[file->format], source, &image, "access", VIPS_ACCESS_SEQUENTIAL,
                           "fail_on", VIPS_FAIL_ON_ERROR, NULL);
    g_object_unref(source); // the image holds its own
    return failed ? NULL : image;
}

static limn_status fail_cut(const file_bytes *file, int row, int height) {
    char place[64] = "";
    if (row > 0) snprintf(place, sizeof place, " (near row %d of %d)", row, height);
    return limn_fail(LIMN_INPUT, "%s: the file ends in the middle of the picture%s. Copy it again.",
                     file->name, place);
}

// `row`: how far decoding came, 0 when it never began.
static limn_status fail_decoding(const file_bytes *file, int row, int height) {
    char reason[256], place[64] = "";
    limn_vips_message(reason, sizeof reason);
    if (limn_ends_early(file->bytes, file->size, file->format)) return fail_cut(file, row, height);
    if (row > 0) snprintf(place, sizeof place, " near row %d of %d", row, height);
    return limn_fail(LIMN_INPUT, "%s: the %s file is damaged%s%s%s. Copy it again.", file->name,
                     limn_format_name(file->format), place, *reason ? ": " : "", reason);
}

// Small pictures are not worth asking the system what it has free.
enum { SMALL = 16 << 20 };

static limn_status check_memory(const file_bytes *file, VipsImage *image, size_t most) {
    char need[32], limit[32];
    size_t each = vips_image_hasalpha(image) ? 16 : 12;
    size_t bytes = (size_t)image->Xsize * (size_t)image->Ysize * each;
    if (!most && bytes <= SMALL) return LIMN_OK;
    most = limn_memory_limit(most);
    if (!most || bytes <= most) return LIMN_OK; // 0: the system does not say what is free
    return limn_fail(LIMN_MEMORY,
                     "%s: has %d x %d pixels, which need %s of memory, and the limit is %s. Make "
                     "it smaller first, or raise --max-memory.",
                     file->name, image->Xsize, image->Ysize, limn_text_bytes(need, bytes),
                     limn_text_bytes(limit, most));
}

static limn_status check_limits(const file_bytes *file, VipsImage *image,
                                limn_read_options options) {
    long long limit = options.max_pixels > 0 ? options.max_pixels : most_pixels;
    long long width = image->Xsize, height = image->Ysize;
    if (width * height > limit)
        return limn_fail(LIMN_INPUT,
                         "%s: has %lld x %lld = %lld pixels, the limit is %lld. Make it smaller "
                         "first.",
                         file->name, width, height, width * height, limit);
    if (image->Bands > 8 ||
        (image->Coding != VIPS_CODING_NONE && image->Coding != VIPS_CODING_LABQ) ||
        vips_band_format_iscomplex(image->BandFmt))
        return limn_fail(LIMN_INPUT,
                         "%s: has %d channels of an unusual kind. Convert it to 8 or 16 bit RGB "
                         "first.",
                         file->name, image->Bands);
    return check_memory(file, image, options.max_memory);
}

static limn_status open_bytes(const void *bytes, size_t size, const char *name,
                              limn_read_options options, file_bytes *file, VipsImage **image) {
    *file = (file_bytes){bytes, size, name, LIMN_FORMAT_NONE};
    LIMN_TRY(limn_recognise(bytes, size, name, &file->format));
    int limit = options.max_scans > 0 ? options.max_scans : 100;
    int scans = file->format == LIMN_FORMAT_JPEG ? limn_jpeg_scans(bytes, size) : 0;
    if (scans > limit)
        return limn_fail(LIMN_INPUT,
                         "%s: is a JPEG file of %d scans, the limit is %d. Save it "
                         "again with another program first.",
                         name, scans, limit);
    // A JPEG or PNG file that lacks nothing but its end mark is good enough; libwebp and libtiff
    // would be content with less.
    bool strict = file->format == LIMN_FORMAT_WEBP || file->format == LIMN_FORMAT_TIFF;
    if (strict && limn_ends_early(bytes, size, file->format)) return fail_cut(file, 0, 0);
    LIMN_TRY(limn_vips_start());
    *image = load(file);
    if (!*image) return fail_decoding(file, 0, 0);
    limn_status status = check_limits(file, *image, options);
    if (status == LIMN_OK) return LIMN_OK;
    g_object_unref(*image);
    *image = NULL;
    return status;
}

// ---- colour ----

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

static bool is_16_bit(const VipsImage *image) {
    return vips_band_format_is8bit(image->BandFmt) == 0;
}

static bool is_plain(const VipsImage *image) {
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

static bool has_foreign_profile(VipsImage *image) {
    const void *profile;
    size_t size;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME)) return false;
    if (vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size)) return false;
    return !is_plain(image) || !limn_profile_is_srgb(profile, size);
}

// Leaves an image of 8 or 16 bits, grey or RGB, with alpha or without. A profile that does not fit
// its picture is passed over, as viewers do.
static bool to_srgb(VipsImage **image) {
    VipsImage *next = NULL;
    if ((*image)->Type == VIPS_INTERPRETATION_MULTIBAND ||
        (*image)->Type == VIPS_INTERPRETATION_RGB) {
        VipsInterpretation guess = vips_image_guess_interpretation(*image);
        int failed = vips_copy(*image, &next, "interpretation", guess, NULL);
        if (!replace(image, next, failed)) return false;
    }
    next = NULL;
    if (has_foreign_profile(*image) && transform(*image, &next, "srgb")) replace(image, next, 0);
    vips_error_clear();
    next = NULL;
    if ((*image)->Type == VIPS_INTERPRETATION_CMYK && transform(*image, &next, "cmyk"))
        replace(image, next, 0);
    next = NULL;
    if (is_plain(*image)) return true;
    int failed = vips_colourspace(*image, &next, VIPS_INTERPRETATION_RGB16, NULL);
    return replace(image, next, failed) && is_plain(*image);
}

// ---- metadata ----

// EXIF values and the blobs worth keeping. The thumbnail shows another picture than the one that
// will be written, so it stays behind.
static void *keep_field(VipsImage *image, const char *name, GValue *value, void *to) {
    (void)image;
    const char *const kept[] = {VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME, VIPS_META_RESOLUTION_UNIT};
    bool keep = strncmp(name, "exif-ifd", 8) == 0;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        keep = keep || strcmp(name, kept[i]) == 0;
    if (keep) vips_image_set(to, name, value);
    return NULL;
}

static struct limn_metadata *keep_metadata(VipsImage *image) {
    VipsImage *fields = vips_image_new();
    if (!fields) return NULL;
    vips_image_init_fields(fields, 1, 1, 1, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_B_W, image->Xres, image->Yres);
    vips_image_map(image, keep_field, fields);
    vips_image_set_int(fields, VIPS_META_ORIENTATION, 1);
    if (vips_image_get_typeof(fields, "exif-ifd0-Orientation"))
        vips_image_set_string(fields, "exif-ifd0-Orientation", "1");
    return (struct limn_metadata *)fields;
}

// ---- pixels ----

// Where pixel (x, y) of the file goes: origin + x across + y down, in a plane of the result. Row:
// EXIF orientation; column: from which end x and y count, and whether they change places.
typedef struct turn {
    ptrdiff_t origin, across, down;
} turn;

static const struct {
    bool mirror_x, mirror_y, swap;
} orientations[] = {
    [1] = {false, false, false}, [2] = {true, false, false}, [3] = {true, true, false},
    [4] = {false, true, false},  [5] = {false, false, true}, [6] = {false, true, true},
    [7] = {true, true, true},    [8] = {true, false, true},
};

static int orientation_of(VipsImage *image) {
    int orientation = vips_image_get_orientation(image);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

static turn turn_for(int orientation, int width, int height) {
    bool swap = orientations[orientation].swap;
    ptrdiff_t across = swap ? height : 1,
              down = swap ? 1 : width; // the result's row is `height` wide
    turn t = {0, across, down};
    if (orientations[orientation].mirror_x) t.origin += (width - 1) * across, t.across = -across;
    if (orientations[orientation].mirror_y) t.origin += (height - 1) * down, t.down = -down;
    return t;
}

// Fills the picture; the row where decoding failed, or -1.
static int decode(VipsImage *image, int orientation, limn_picture *picture) {
    turn t = turn_for(orientation, image->Xsize, image->Ysize);
    VipsRegion *region = vips_region_new(image);
    if (!region) return 0;
    const limn_pixel pixel = {image->Bands, image->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8, false};
    int failed = -1;
    for (int y = 0; y < image->Ysize && failed < 0; y += STRIP) {
        VipsRect strip = {0, y, image->Xsize, VIPS_MIN(STRIP, image->Ysize - y)};
        if (vips_region_prepare(region, &strip)) {
            failed = y;
            break;
        }
        for (int row = y; row < y + strip.height; row++)
            limn_pixels_spread(VIPS_REGION_ADDR(region, 0, row), pixel, image->Xsize, picture,
                               t.origin + row * t.down, t.across);
    }
    g_object_unref(region);
    return failed;
}

static limn_status read_image(const file_bytes *file, VipsImage **image, limn_picture **picture) {
    int orientation = orientation_of(*image), depth = is_16_bit(*image) ? 16 : 8;
    int width = (*image)->Xsize, height = (*image)->Ysize;
    bool swap = orientations[orientation].swap;
    struct limn_metadata *metadata = keep_metadata(*image);
    limn_status status = LIMN_OK;
    if (!to_srgb(image)) status = fail_decoding(file, 0, 0);
    if (status == LIMN_OK) {
        bool alpha = (*image)->Bands == 2 || (*image)->Bands > 3;
        status = limn_picture_new(swap ? height : width, swap ? width : height,
                                  alpha ? LIMN_RGB_ALPHA : LIMN_RGB, picture);
    }
    if (status != LIMN_OK) {
        limn_metadata_free(metadata);
        return status;
    }
    (*picture)->metadata = metadata;
    (*picture)->depth = depth;
    (*picture)->format = file->format;
    int failed = decode(*image, orientation, *picture);
    if (failed < 0) return LIMN_OK;
    limn_picture_free(*picture);
    *picture = NULL;
    return fail_decoding(file, failed, height);
}

static limn_status take_options(const limn_read_options *given, const char *name,
                                limn_read_options *options) {
    LIMN_TRY(limn_take_options(given, options, sizeof *options));
    if (options->max_pixels >= 0 && options->max_scans >= 0) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "%s: a limit of %lld pixels and %d scans cannot be.", name,
                     options->max_pixels, options->max_scans);
}

limn_status limn_picture_read_bytes(const void *bytes, size_t size, const char *name,
                                    const limn_read_options *given, limn_picture **picture) {
    limn_read_options options;
    file_bytes file;
    VipsImage *image = NULL;
    LIMN_GIVE(picture, (bytes || !size) && name);
    LIMN_TRY(take_options(given, name, &options));
    LIMN_TRY(open_bytes(bytes, size, name, options, &file, &image));
    limn_status status = read_image(&file, &image, picture);
    g_object_unref(image);
    vips_error_clear();
    return status;
}

limn_status limn_picture_read(const char *path, const limn_read_options *options,
                              limn_picture **picture) {
    limn_file file;
    LIMN_GIVE(picture, path);
    LIMN_TRY(limn_file_open(path, SIZE_MAX, LIMN_INPUT, &file));
    limn_status status = limn_picture_read_bytes(file.bytes, file.size, path, options, picture);
    limn_file_close(&file);
    return status;
}

static limn_status give_header(limn_picture_header made, limn_picture_header *header) {
    return limn_give_result(&made, sizeof made, header);
}

limn_status limn_picture_read_header_bytes(const void *bytes, size_t size, const char *name,
                                           const limn_read_options *given,
                                           limn_picture_header *header) {
    limn_read_options options;
    file_bytes file;
    VipsImage *image = NULL;
    LIMN_NEED((bytes || !size) && name && header);
    LIMN_TRY(give_header((limn_picture_header){0}, header));
    LIMN_TRY(take_options(given, name, &options));
    LIMN_TRY(open_bytes(bytes, size, name, options, &file, &image));
    int orientation = orientation_of(image);
    bool swap = orientations[orientation].swap;
    limn_picture_header made = {.width = swap ? image->Ysize : image->Xsize,
                                .height = swap ? image->Xsize : image->Ysize,
                                .format = file.format,
                                .depth = is_16_bit(image) ? 16 : 8,
                                .has_alpha = vips_image_hasalpha(image) ? 1 : 0,
                                .orientation = orientation,
                                .other_colours =
                                    !is_plain(image) || has_foreign_profile(image) ? 1 : 0};
    g_object_unref(image);
    return give_header(made, header);
}

// A JPEG or PNG file says all that is asked for in front of its pixels, mostly in the first KBs.
limn_status limn_picture_read_header(const char *path, const limn_read_options *options,
                                     limn_picture_header *header) {
    enum { HEAD = 256 << 10 };
    limn_file file;
    size_t size;
    LIMN_NEED(path && header);
    LIMN_TRY(give_header((limn_picture_header){0}, header));
    LIMN_TRY(limn_file_open_head(path, HEAD, LIMN_INPUT, &file, &size));
    limn_format format = limn_look(file.bytes, file.size).format;
    bool whole = file.size == size;
    limn_status status = LIMN_INPUT;
    if (whole || format == LIMN_FORMAT_JPEG || format == LIMN_FORMAT_PNG)
        status = limn_picture_read_header_bytes(file.bytes, file.size, path, options, header);
    limn_file_close(&file);
    if (status != LIMN_INPUT || whole) return status;
    LIMN_TRY(limn_file_open(path, SIZE_MAX, LIMN_INPUT, &file));
    status = limn_picture_read_header_bytes(file.bytes, file.size, path, options, header);
    limn_file_close(&file);
    return status;
}
