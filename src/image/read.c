// Reading pictures: file -> libvips, strip by strip -> planar floats.
//
// libvips decodes in order and a strip at a time, so that beside the floats of the result only one
// strip is in memory. The turn of the EXIF is a choice of strides when a strip is spread out.
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "image/head.h"
#include "image/jpeg_codes.h"
#include "image/jpeg_quality.h"
#include "image/metadata.h"
#include "image/pages.h"
#include "image/pixels.h"
#include "image/profile.h"
#include "image/recognise.h"
#include "image/samples.h"
#include "image/segments.h"
#include "image/tiff.h"
#include "image/vips.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP = 32 }; // rows; TIFF strips and JPEG blocks are of 8, 16 or more

static const long long most_pixels = 268435456;

typedef struct file_bytes {
    const unsigned char *bytes;
    size_t size, whole; // of the file, of which the bytes may be the front
    const char *name;
    limn_format format;
    limn_page page;
    limn_tiff tiff;    // of TIFF
    limn_sink shown;   // to libvips in the place of the bytes; empty: the bytes themselves
    size_t pixels;     // as they are decoded; 0: not known yet
    int height;        // as it is stored
    int reduction;     // the sides that are decoded are 1/1, 1/2, 1/4 or 1/8 of the stored ones
    bool ends;         // has what a file ends with
    int left_channels; // that are neither colours nor alpha
} file_bytes;

// ---- opening ----

// libvips would unpack all words of a PNG, and a few megabytes of them can be gigabytes; and it
// would take memory for as many as a chunk says that it has. It is shown a file without words, up
// to what is cut, of which pixels alone are of use.
static limn_status hide_words(file_bytes *file) {
    bool any = false;
    limn_piece at = limn_pieces(file->bytes, file->size, file->format);
    size_t head = at.end;
    while (limn_next_piece(&at)) any = any || limn_is_png_text(at.kind);
    limn_tiff rest = {file->bytes, file->size, true, false};
    bool pixels = limn_tiff_number(&rest, at.end + 4, 4) == LIMN_CHUNK("IDAT");
    if (!any && (pixels || at.end == file->size)) return LIMN_OK;
    limn_sink_put(&file->shown, file->bytes, head);
    for (at = limn_pieces(file->bytes, file->size, file->format); limn_next_piece(&at);)
        if (!limn_is_png_text(at.kind))
            limn_sink_put(&file->shown, file->bytes + at.begin, at.end - at.begin);
    if (pixels) limn_sink_put(&file->shown, file->bytes + at.end, file->size - at.end);
    if (!file->shown.failed) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "%s: no memory for its %zu bytes.", file->name, file->size);
}

// A JPEG without its end mark is given one, behind what else is to follow.
static limn_status end_with(file_bytes *file, const char *filler) {
    file->shown.size = file->shown.at = 0;
    bool begun = file->size && file->bytes[file->size - 1] == 0xFF; // of an end mark, perhaps
    limn_sink_put(&file->shown, file->bytes, file->size - begun);
    limn_sink_put(&file->shown, filler, strlen(filler));
    limn_sink_put(&file->shown, "\xFF\xD9", 2);
    if (!file->shown.failed) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "%s: no memory for its %zu bytes.", file->name, file->size);
}

// How a JPEG is decoded: damage fails, or is passed over.
typedef enum strictness { STRICT, LENIENT } strictness;

static VipsImage *load(const file_bytes *file, strictness how) {
    bool own = file->shown.size;
    VipsSource *source = vips_source_new_from_memory(own ? file->shown.bytes : file->bytes,
                                                     own ? file->shown.size : file->size);
    if (!source) return NULL;
    VipsImage *image = NULL;
    const char *const loaders[] = {[LIMN_FORMAT_JPEG] = "jpegload_source",
                                   [LIMN_FORMAT_PNG] = "pngload_source",
                                   [LIMN_FORMAT_WEBP] = "webpload_source",
                                   [LIMN_FORMAT_TIFF] = "tiffload_source"};
    const char *loader = loaders[file->format];
    // libjpeg warns where it has made something up; the warnings of others are harmless.
    bool warned = how == STRICT && file->format == LIMN_FORMAT_JPEG;
    VipsFailOn fail_on = warned ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR;
    const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
    int failed, page = file->page.number;
    if (file->format == LIMN_FORMAT_TIFF)
        failed = vips_call(loader, source, &image, "access", access, "fail_on", fail_on, "page",
                           page, "subifd", file->page.below, NULL);
    else if (file->format == LIMN_FORMAT_WEBP)
        failed = vips_call(loader, source, &image, "access", access, "fail_on", fail_on, "page",
                           page, NULL);
    else if (file->format == LIMN_FORMAT_JPEG)
        failed = vips_call(loader, source, &image, "access", access, "fail_on", fail_on, "shrink",
                           file->reduction, NULL);
    else
        failed = vips_call(loader, source, &image, "access", access, "fail_on", fail_on, NULL);
    g_object_unref(source); // the image holds its own
    return failed ? NULL : image;
}

static limn_status fail_cut(const file_bytes *file, int row) {
    char place[64] = "";
    if (row > 0)
        snprintf(place, sizeof place, " (near row %d of %d)", row * file->reduction, file->height);
    return limn_fail(LIMN_INPUT, "%s: the file ends in the middle of the picture%s. Copy it again.",
                     file->name, place);
}

static limn_status fail_kind(const file_bytes *file, const char *kind) {
    return limn_fail(LIMN_INPUT,
                     "%s: is a %s file %s, a kind that limn does not read. Save it again with 8 or "
                     "16 bits a channel, as JPEG, PNG or TIFF.",
                     file->name, limn_format_name(file->format), kind);
}

// Not every library says that it had none: as much as the picture takes is tried for.
static bool lacks_memory(const file_bytes *file) {
    enum { EACH = 8 };
    void *block = file->pixels ? malloc(EACH * file->pixels) : NULL;
    bool lacks = limn_vips_lacks_memory() || (file->pixels && !block);
    free(block);
    return lacks;
}

static limn_status fail_memory(const file_bytes *file) {
    vips_error_clear();
    return limn_fail(LIMN_MEMORY,
                     "%s: there is no memory to decode it. Close other programs, or make it "
                     "smaller first.",
                     file->name);
}

// `row`: how far decoding came, 0 when it never began.
static limn_status fail_decoding(const file_bytes *file, int row) {
    char reason[256], place[64] = "";
    if (lacks_memory(file)) return fail_memory(file);
    limn_vips_message(reason, sizeof reason);
    if (!file->ends) return fail_cut(file, row);
    const char *unread =
        limn_unread_kind(file->bytes, file->size, file->format, file->page.directory);
    if (unread) return fail_kind(file, unread);
    if (row > 0)
        snprintf(place, sizeof place, " near row %d of %d", row * file->reduction, file->height);
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
    if (image->BandFmt != VIPS_FORMAT_UCHAR && image->BandFmt != VIPS_FORMAT_USHORT &&
        image->BandFmt != VIPS_FORMAT_FLOAT && image->Type != VIPS_INTERPRETATION_LABS)
        return fail_kind(file, "of numbers with a sign, or of more than 16 bits");
    if (image->Bands > 8 ||
        (image->Coding != VIPS_CODING_NONE && image->Coding != VIPS_CODING_LABQ) ||
        vips_band_format_iscomplex(image->BandFmt))
        return limn_fail(LIMN_INPUT,
                         "%s: has %d channels of an unusual kind. Convert it to 8 or 16 bit RGB "
                         "first.",
                         file->name, image->Bands);
    return LIMN_OK;
}

static limn_status check_scans(const file_bytes *file, limn_read_options options) {
    int limit = options.max_scans > 0 ? options.max_scans : 100;
    int scans = file->format == LIMN_FORMAT_JPEG ? limn_jpeg_scans(file->bytes, file->size) : 0;
    if (scans <= limit) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%s: is a JPEG file of %d scans, the limit is %d. Save it "
                     "again with another program first.",
                     file->name, scans, limit);
}

// The picture of the file that is wanted, as bytes for libvips.
static limn_status choose_page(file_bytes *file, limn_read_options options) {
    LIMN_TRY(limn_page_find(file->bytes, file->size, file->whole, file->format, file->name,
                            options.page, &file->page));
    file->bytes += file->page.begin;
    file->size = file->page.size;
    file->ends = !limn_ends_early(file->bytes, file->size, file->format, file->page.directory);
    // libwebp and libtiff would be content with less.
    bool strict = file->format == LIMN_FORMAT_WEBP || file->format == LIMN_FORMAT_TIFF;
    if (strict && !file->ends) return fail_cut(file, 0);
    if (file->format == LIMN_FORMAT_TIFF) limn_tiff_open(file->bytes, file->size, &file->tiff);
    if (file->format == LIMN_FORMAT_PNG) return hide_words(file);
    return file->format == LIMN_FORMAT_JPEG && !file->ends ? end_with(file, "") : LIMN_OK;
}

// A JPEG is stored by waves in blocks of 8 x 8: half of the waves are half of the picture.
static int reduction_to(const VipsImage *image, int enough) {
    int shorter = VIPS_MIN(image->Xsize, image->Ysize), reduction = 8;
    while (reduction > 1 && shorter / reduction < enough) reduction /= 2;
    return reduction;
}

static limn_status reduce(file_bytes *file, int enough, strictness how, VipsImage **image) {
    if (file->format != LIMN_FORMAT_JPEG || !enough) return LIMN_OK;
    file->reduction = reduction_to(*image, enough);
    if (file->reduction == 1) return LIMN_OK;
    g_object_unref(*image);
    *image = load(file, how);
    return *image ? LIMN_OK : fail_decoding(file, 0);
}

static limn_status load_checked(file_bytes *file, limn_read_options options, strictness how,
                                VipsImage **image) {
    file->reduction = 1;
    *image = load(file, how);
    if (!*image) return fail_decoding(file, 0);
    file->height = (*image)->Ysize;
    if (file->format == LIMN_FORMAT_TIFF)
        LIMN_TRY(
            limn_samples_choose(&file->tiff, file->page.directory, image, &file->left_channels));
    LIMN_TRY(check_limits(file, *image, options));
    LIMN_TRY(reduce(file, options.enough, how, image));
    LIMN_TRY(check_memory(file, *image, options.max_memory));
    file->pixels = (size_t)(*image)->Xsize * (size_t)(*image)->Ysize;
    return LIMN_OK;
}

static limn_status open_bytes(const void *bytes, size_t size, size_t whole, const char *name,
                              limn_read_options options, file_bytes *file) {
    *file = (file_bytes){.bytes = bytes, .size = size, .whole = whole, .name = name};
    LIMN_TRY(limn_recognise(bytes, size, name, &file->format));
    LIMN_TRY(choose_page(file, options));
    LIMN_TRY(check_scans(file, options));
    return limn_vips_start();
}

static void close_bytes(file_bytes *file) {
    free(file->shown.bytes);
    file->shown = (limn_sink){0};
}

static void close_image(VipsImage **image) {
    if (*image) g_object_unref(*image);
    *image = NULL;
    vips_error_clear();
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
    if (limn_vips_lacks_memory()) return false;
    vips_error_clear();
    next = NULL;
    if ((*image)->Type == VIPS_INTERPRETATION_CMYK && transform(*image, &next, "cmyk"))
        replace(image, next, 0);
    next = NULL;
    if (is_plain(*image)) return true;
    int failed = vips_colourspace(*image, &next, VIPS_INTERPRETATION_RGB16, NULL);
    return replace(image, next, failed) && is_plain(*image);
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

// Goes through an image, strip by strip; returns the row where decoding failed, or -1.
typedef void each_row(void *context, const void *row, int y);

static int go_through(VipsImage *image, each_row *each, void *context) {
    VipsRegion *region = vips_region_new(image);
    if (!region) return 0;
    int failed = -1;
    for (int y = 0; y < image->Ysize && failed < 0; y += STRIP) {
        VipsRect strip = {0, y, image->Xsize, VIPS_MIN(STRIP, image->Ysize - y)};
        if (vips_region_prepare(region, &strip)) failed = y;
        for (int row = y; row < y + strip.height && failed < 0; row++)
            each(context, VIPS_REGION_ADDR(region, 0, row), row);
    }
    g_object_unref(region);
    return failed;
}

// An image on its way into a picture.
typedef struct spreading {
    const limn_picture *picture;
    turn turn;
    limn_pixel pixel;
    int width;
    limn_range range;      // of floats
    unsigned short *coded; // a row of them
} spreading;

static void spread_row(void *context, const void *row, int y) {
    spreading *it = context;
    if (it->coded) limn_samples_code(&it->range, row, it->pixel.channels, it->width, it->coded);
    limn_pixels_spread(it->coded ? it->coded : row, it->pixel, it->width, it->picture,
                       it->turn.origin + y * it->turn.down, it->turn.across);
}

static void measure_row(void *context, const void *row, int y) {
    spreading *it = context;
    (void)y;
    limn_range_add(&it->range, row, it->pixel.channels, it->width);
}

// Floats are gone through once for their range alone.
static limn_status measure_floats(file_bytes *file, limn_read_options options, spreading *it) {
    VipsImage *image;
    limn_status status = load_checked(file, options, STRICT, &image);
    int failed = status == LIMN_OK ? go_through(image, measure_row, it) : -1;
    close_image(&image);
    LIMN_TRY(status);
    if (failed >= 0) return fail_decoding(file, failed);
    if (!limn_range_known(&it->range))
        return limn_fail(LIMN_INPUT,
                         "%s: its numbers run from %g to %g. limn reads floats from 0 to 1 (linear "
                         "light), to 255 or to 65535: scale them first, or save 16 bits a channel.",
                         file->name, (double)it->range.low, (double)it->range.high);
    it->coded = malloc((size_t)it->width * (size_t)it->pixel.channels * sizeof *it->coded);
    return it->coded ? LIMN_OK : limn_fail(LIMN_MEMORY, "%s: no memory for a row.", file->name);
}

// ---- files ----

static limn_status new_picture(const file_bytes *file, const VipsImage *image, int orientation,
                               limn_picture **picture) {
    bool swap = orientations[orientation].swap, alpha = image->Bands == 2 || image->Bands > 3;
    int width = image->Xsize, height = image->Ysize;
    LIMN_TRY(limn_picture_new(swap ? height : width, swap ? width : height,
                              alpha ? LIMN_RGB_ALPHA : LIMN_RGB, picture));
    (*picture)->format = file->format;
    return limn_metadata_read(file->bytes, file->size, file->format, file->page.directory,
                              &(*picture)->metadata);
}

// Decodes an image that was opened; it is another one afterwards.
static limn_status read_image(file_bytes *file, limn_read_options options, VipsImage **image,
                              limn_picture **picture) {
    int orientation = orientation_of(*image), depth = is_16_bit(*image) ? 16 : 8;
    bool floats = file->format == LIMN_FORMAT_TIFF &&
                  limn_samples_float(&file->tiff, file->page.directory, *image);
    if (!floats && !to_srgb(image)) return fail_decoding(file, 0);
    bool deep = floats || (*image)->BandFmt == VIPS_FORMAT_USHORT;
    limn_status status = new_picture(file, *image, orientation, picture);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", file->name);
    (*picture)->depth = depth;
    spreading it = {.picture = *picture,
                    .turn = turn_for(orientation, (*image)->Xsize, (*image)->Ysize),
                    .pixel = {(*image)->Bands, deep ? 16 : 8, false},
                    .width = (*image)->Xsize};
    if (floats) LIMN_TRY(measure_floats(file, options, &it));
    int failed = go_through(*image, spread_row, &it);
    free(it.coded);
    if (failed >= 0) return fail_decoding(file, failed);
    return limn_vips_lacks_memory() ? fail_memory(file) : LIMN_OK;
}

static limn_status read_as(file_bytes *file, limn_read_options options, strictness how,
                           limn_picture **picture) {
    VipsImage *image;
    limn_status status = load_checked(file, options, how, &image);
    if (status == LIMN_OK) status = read_image(file, options, &image, picture);
    close_image(&image);
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*picture);
    *picture = NULL;
    return status;
}

static uint64_t sum_of(const limn_picture *picture) {
    size_t count = 3 * (size_t)picture->width * (size_t)picture->height;
    return limn_checksum(0, picture->rgb, count * sizeof *picture->rgb);
}

// A JPEG that lacks nothing but its end mark is good enough: that is one to which other bytes make
// no difference.
static limn_status read_endless(file_bytes *file, limn_read_options options,
                                limn_picture **picture) {
    LIMN_TRY(read_as(file, options, STRICT, picture));
    uint64_t sum = sum_of(*picture);
    limn_picture_free(*picture);
    *picture = NULL;
    LIMN_TRY(end_with(file, "\x5A\xC3\x36\x99\x12\xE7\x6B\x81\x3C\xA5"));
    LIMN_TRY(read_as(file, options, LENIENT, picture));
    bool whole = sum_of(*picture) == sum && !limn_jpeg_lacks_scans(file->bytes, file->size);
    if (whole) return LIMN_OK;
    limn_picture_free(*picture);
    *picture = NULL;
    return fail_cut(file, 0);
}

// Viewers show a JPEG that is damaged, and so it is read, if it does not end too early.
static limn_status read_jpeg(file_bytes *file, limn_read_options options, limn_picture **picture) {
    if (!file->ends) return read_endless(file, options, picture);
    limn_status status = read_as(file, options, STRICT, picture);
    if (status == LIMN_OK) (*picture)->damaged = !limn_jpeg_codes_fit(file->bytes, file->size);
    if (status != LIMN_INPUT) return status;
    status = read_as(file, options, LENIENT, picture);
    if (status == LIMN_OK) (*picture)->damaged = 1;
    return status;
}

static limn_status take_options(const limn_read_options *given, const char *name,
                                limn_read_options *options) {
    LIMN_TRY(limn_take_options(given, options, sizeof *options));
    if (options->page < 0)
        return limn_fail(LIMN_USAGE, "%s: there is no page %d.", name, options->page);
    if (options->enough < 0)
        return limn_fail(LIMN_USAGE, "%s: %d pixels cannot be enough.", name, options->enough);
    if (options->max_pixels >= 0 && options->max_scans >= 0) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "%s: a limit of %lld pixels and %d scans cannot be.", name,
                     options->max_pixels, options->max_scans);
}

limn_status limn_picture_read_bytes(const void *bytes, size_t size, const char *name,
                                    const limn_read_options *given, limn_picture **picture) {
    limn_read_options options;
    file_bytes file;
    LIMN_GIVE(picture, (bytes || !size) && name);
    LIMN_TRY(take_options(given, name, &options));
    limn_status status = open_bytes(bytes, size, size, name, options, &file);
    if (status == LIMN_OK && file.format == LIMN_FORMAT_JPEG)
        status = read_jpeg(&file, options, picture);
    else if (status == LIMN_OK)
        status = read_as(&file, options, STRICT, picture);
    close_bytes(&file);
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

// A header tells of the picture as it is stored.
static limn_status take_header_options(const limn_read_options *given, const char *name,
                                       limn_read_options *options) {
    LIMN_TRY(take_options(given, name, options));
    options->enough = 0;
    return LIMN_OK;
}

static limn_status give_header(limn_picture_header made, limn_picture_header *header) {
    return limn_give_result(&made, sizeof made, header);
}

static limn_status tell_header(const file_bytes *file, VipsImage *image,
                               limn_picture_header *header) {
    int orientation = orientation_of(image);
    bool swap = orientations[orientation].swap;
    limn_picture_header made = {.width = swap ? image->Ysize : image->Xsize,
                                .height = swap ? image->Xsize : image->Ysize,
                                .format = file->format,
                                .depth = is_16_bit(image) ? 16 : 8,
                                .has_alpha = vips_image_hasalpha(image) ? 1 : 0,
                                .orientation = orientation,
                                .other_colours =
                                    !is_plain(image) || has_foreign_profile(image) ? 1 : 0,
                                .pages = file->page.count > 1 ? file->page.count : 1,
                                .left_channels = file->left_channels};
    if (file->format == LIMN_FORMAT_JPEG) made.quality = limn_jpeg_quality(file->bytes, file->size);
    return give_header(made, header);
}

static limn_status read_header(const limn_file *shown, size_t whole, const char *name,
                               limn_read_options options, limn_picture_header *header) {
    file_bytes file;
    VipsImage *image = NULL;
    limn_status status = open_bytes(shown->bytes, shown->size, whole, name, options, &file);
    if (status == LIMN_OK) status = load_checked(&file, options, LENIENT, &image);
    if (status == LIMN_OK) status = tell_header(&file, image, header);
    if (image) close_image(&image);
    close_bytes(&file);
    return status;
}

limn_status limn_picture_read_header_bytes(const void *bytes, size_t size, const char *name,
                                           const limn_read_options *given,
                                           limn_picture_header *header) {
    limn_read_options options;
    LIMN_NEED((bytes || !size) && name && header);
    LIMN_TRY(give_header((limn_picture_header){0}, header));
    LIMN_TRY(take_header_options(given, name, &options));
    return read_header(&(limn_file){bytes, size}, size, name, options, header);
}

// Of most files a few KBs say all that is asked for. What is not understood from these is read
// whole, and then it is clear what is wrong with it.
static limn_status read_header_alone(const char *path, limn_read_options options,
                                     limn_picture_header *header) {
    enum { BEGIN = 1024 };
    limn_partial partial;
    limn_file shown;
    limn_status status = limn_partial_open(path, LIMN_INPUT, &partial);
    if (status == LIMN_OK) status = limn_partial_need(&partial, 0, BEGIN);
    shown = partial.file;
    limn_format format = status == LIMN_OK ? limn_look(shown.bytes, shown.size).format : 0;
    if (status == LIMN_OK) status = limn_head_need(&partial, format, &shown.size);
    if (status == LIMN_OK) status = read_header(&shown, partial.file.size, path, options, header);
    limn_partial_close(&partial);
    return status;
}

limn_status limn_picture_read_header(const char *path, const limn_read_options *given,
                                     limn_picture_header *header) {
    limn_read_options options;
    limn_file file;
    LIMN_NEED(path && header);
    LIMN_TRY(give_header((limn_picture_header){0}, header));
    LIMN_TRY(take_header_options(given, path, &options));
    limn_status status = read_header_alone(path, options, header);
    if (status != LIMN_INPUT) return status;
    LIMN_TRY(limn_file_open(path, SIZE_MAX, LIMN_INPUT, &file));
    status = read_header(&file, file.size, path, options, header);
    limn_file_close(&file);
    return status;
}
