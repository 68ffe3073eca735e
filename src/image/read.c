// Reading pictures: file -> libvips, strip by strip -> planar floats.
//
// libvips decodes in order and a strip at a time, so that beside the floats of the result only one
// strip is in memory. The turn of the EXIF is a choice of strides when a strip is spread out.
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "image/encoded.h"
#include "image/head.h"
#include "image/jpeg_codes.h"
#include "image/jpeg_quality.h"
#include "image/metadata.h"
#include "image/pixels.h"
#include "image/recognise.h"
#include "image/samples.h"
#include "image/srgb.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP = 32 }; // rows; TIFF strips and JPEG blocks are of 8, 16 or more

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
    limn_value_range range; // of floats
    unsigned short *coded;  // a row of them
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
static limn_status measure_floats(limn_encoded *file, limn_read_options options, spreading *it) {
    VipsImage *image;
    limn_status status = limn_encoded_load(file, options, LIMN_STRICT, &image);
    int failed = status == LIMN_OK ? go_through(image, measure_row, it) : -1;
    limn_vips_close(&image);
    LIMN_TRY(status);
    if (failed >= 0) return limn_encoded_fail(file, failed);
    if (!limn_range_known(&it->range))
        return limn_fail(LIMN_INPUT,
                         "%s: its numbers run from %g to %g. limn reads floats from 0 to 1 (linear "
                         "light), to 255 or to 65535: scale them first, or save 16 bits a channel.",
                         file->name, (double)it->range.low, (double)it->range.high);
    it->coded = malloc((size_t)it->width * (size_t)it->pixel.channels * sizeof *it->coded);
    return it->coded ? LIMN_OK : limn_fail(LIMN_MEMORY, "%s: no memory for a row.", file->name);
}

// ---- files ----

static limn_status new_picture(const limn_encoded *file, const VipsImage *image, int orientation,
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
static limn_status read_image(limn_encoded *file, limn_read_options options, VipsImage **image,
                              limn_picture **picture) {
    int orientation = orientation_of(*image), depth = limn_vips_is_16_bit(*image) ? 16 : 8;
    bool floats = file->format == LIMN_FORMAT_TIFF &&
                  limn_samples_float(&file->tiff, file->page.directory, *image);
    if (!floats && !limn_vips_to_srgb(image)) return limn_encoded_fail(file, 0);
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
    if (failed >= 0) return limn_encoded_fail(file, failed);
    return limn_vips_lacks_memory() ? limn_encoded_fail_memory(file) : LIMN_OK;
}

static limn_status read_as(limn_encoded *file, limn_read_options options, limn_strictness how,
                           limn_picture **picture) {
    VipsImage *image;
    limn_status status = limn_encoded_load(file, options, how, &image);
    if (status == LIMN_OK) status = read_image(file, options, &image, picture);
    limn_vips_close(&image);
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
static limn_status read_endless(limn_encoded *file, limn_read_options options,
                                limn_picture **picture) {
    LIMN_TRY(read_as(file, options, LIMN_STRICT, picture));
    uint64_t sum = sum_of(*picture);
    limn_picture_free(*picture);
    *picture = NULL;
    LIMN_TRY(limn_encoded_end_with(file, "\x5A\xC3\x36\x99\x12\xE7\x6B\x81\x3C\xA5"));
    LIMN_TRY(read_as(file, options, LIMN_LENIENT, picture));
    bool whole = sum_of(*picture) == sum && !limn_jpeg_lacks_scans(file->bytes, file->size);
    if (whole) return LIMN_OK;
    limn_picture_free(*picture);
    *picture = NULL;
    return limn_encoded_fail_cut(file, 0);
}

// Viewers show a JPEG that is damaged, and so it is read, if it does not end too early.
static limn_status read_jpeg(limn_encoded *file, limn_read_options options,
                             limn_picture **picture) {
    if (!file->ends) return read_endless(file, options, picture);
    limn_status status = read_as(file, options, LIMN_STRICT, picture);
    if (status == LIMN_OK) (*picture)->damaged = !limn_jpeg_codes_fit(file->bytes, file->size);
    if (status != LIMN_INPUT) return status;
    status = read_as(file, options, LIMN_LENIENT, picture);
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
    limn_encoded file;
    LIMN_GIVE(picture, (bytes || !size) && name);
    LIMN_TRY(take_options(given, name, &options));
    limn_status status = limn_encoded_open(bytes, size, size, name, options, &file);
    if (status == LIMN_OK && file.format == LIMN_FORMAT_JPEG)
        status = read_jpeg(&file, options, picture);
    else if (status == LIMN_OK)
        status = read_as(&file, options, LIMN_STRICT, picture);
    limn_encoded_close(&file);
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

static limn_status tell_header(const limn_encoded *file, VipsImage *image,
                               limn_picture_header *header) {
    int orientation = orientation_of(image);
    bool swap = orientations[orientation].swap;
    limn_picture_header made = {
        .width = swap ? image->Ysize : image->Xsize,
        .height = swap ? image->Xsize : image->Ysize,
        .format = file->format,
        .depth = limn_vips_is_16_bit(image) ? 16 : 8,
        .has_alpha = vips_image_hasalpha(image) ? 1 : 0,
        .orientation = orientation,
        .other_colours = !limn_vips_is_plain(image) || limn_vips_has_foreign_profile(image) ? 1 : 0,
        .pages = file->page.count > 1 ? file->page.count : 1,
        .left_channels = file->left_channels};
    if (file->format == LIMN_FORMAT_JPEG) made.quality = limn_jpeg_quality(file->bytes, file->size);
    return give_header(made, header);
}

static limn_status read_header(const limn_file *shown, size_t whole, const char *name,
                               limn_read_options options, limn_picture_header *header) {
    limn_encoded file;
    VipsImage *image = NULL;
    limn_status status = limn_encoded_open(shown->bytes, shown->size, whole, name, options, &file);
    if (status == LIMN_OK) status = limn_encoded_load(&file, options, LIMN_LENIENT, &image);
    if (status == LIMN_OK) status = tell_header(&file, image, header);
    if (image) limn_vips_close(&image);
    limn_encoded_close(&file);
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
