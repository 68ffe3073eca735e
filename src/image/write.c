// Writing pictures: planar floats -> libvips, strip by strip -> a file in memory -> a
// temporary file -> its place.
#include "image/write.h"

#include "base/file.h"
#include "base/options.h"
#include "image/metadata.h"
#include "image/pixels.h"
#include "image/vips.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// What a format can do; a row for each limn_format.
static const struct {
    const char *name, *saver;
    int deepest, longest; // bits; pixels of a side
    bool has_alpha, has_quality;
} formats[] = {
    [LIMN_FORMAT_NONE] = {.name = "none"},
    [LIMN_FORMAT_JPEG] = {"JPEG", "jpegsave_target", 8, 65500, false, true},
    [LIMN_FORMAT_PNG] = {"PNG", "pngsave_target", 16, 1000000, true, false},
    [LIMN_FORMAT_WEBP] = {"WebP", "webpsave_target", 8, 16383, true, true},
    [LIMN_FORMAT_TIFF] = {"TIFF", "tiffsave_target", 16, 10000000, true, false},
};

static const struct {
    const char *ending;
    limn_format format;
} endings[] = {
    {".jpg", LIMN_FORMAT_JPEG},  {".jpeg", LIMN_FORMAT_JPEG}, {".png", LIMN_FORMAT_PNG},
    {".jfif", LIMN_FORMAT_JPEG}, {".jpe", LIMN_FORMAT_JPEG},  {".webp", LIMN_FORMAT_WEBP},
    {".tif", LIMN_FORMAT_TIFF},  {".tiff", LIMN_FORMAT_TIFF},
};

enum { LAST_FORMAT = sizeof formats / sizeof *formats - 1 };

const char *limn_format_name(limn_format format) {
    return formats[(unsigned)format <= LAST_FORMAT ? format : LIMN_FORMAT_NONE].name;
}

limn_format limn_format_of_name(const char *path) {
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t size = strlen(endings[i].ending);
        if (length > size && path[length - size - 1] != '/' &&
            strcasecmp(path + length - size, endings[i].ending) == 0)
            return endings[i].format;
    }
    return LIMN_FORMAT_NONE;
}

// ---- the request ----

static limn_status check_options(const char *name, limn_write_options options,
                                 limn_format *format) {
    LIMN_TRY(limn_check_value("limn_format", (int)options.format, LAST_FORMAT));
    LIMN_TRY(limn_check_value("limn_existing", (int)options.existing, LIMN_REPLACE_EXISTING));
    LIMN_TRY(limn_check_value("limn_keeping", (int)options.metadata, LIMN_STRIP_METADATA));
    *format = options.format;
    if (*format == LIMN_FORMAT_NONE) *format = limn_format_of_name(name);
    if (*format == LIMN_FORMAT_NONE)
        return limn_fail(LIMN_USAGE,
                         "%s: the ending of the name does not say which format to write. Use .jpg, "
                         ".jpeg, .png, .webp, .tif or .tiff.",
                         name);
    if (options.depth != 0 && options.depth != 8 && options.depth != 16)
        return limn_fail(LIMN_USAGE, "%s: a depth of %d bits cannot be written. Use 8 or 16.", name,
                         options.depth);
    if (options.depth > formats[*format].deepest)
        return limn_fail(LIMN_USAGE,
                         "%s: %s has no %d bits a channel. Write a PNG or TIFF file, or use depth "
                         "8.",
                         name, formats[*format].name, options.depth);
    if (options.quality < 0 || options.quality > 100)
        return limn_fail(LIMN_USAGE, "%s: a quality of %d is outside 1 to 100.", name,
                         options.quality);
    return LIMN_OK;
}

static limn_status take_options(const char *name, const limn_write_options *given,
                                limn_write_options *options, limn_format *format) {
    LIMN_TRY(limn_take_options(given, options, sizeof *options));
    return check_options(name, *options, format);
}

limn_status limn_picture_check_write(const char *path, const limn_write_options *given) {
    limn_write_options options;
    limn_format format;
    LIMN_NEED(path);
    return take_options(path, given, &options, &format);
}

limn_status limn_format_holds(const char *name, limn_format format, int width, int height) {
    int longest = formats[format].longest;
    if (width <= longest && height <= longest) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: a picture of %d x %d pixels does not fit into a %s file, whose sides "
                     "hold %d at most. Write another format, or a smaller picture.",
                     name, width, height, formats[format].name, longest);
}

// ---- pixels ----

// How a picture becomes rows of a file.
typedef struct job {
    const limn_picture *picture;
    limn_pixel pixel;
} job;

static int generate(VipsRegion *region, void *sequence, void *a, void *b, gboolean *stop) {
    (void)sequence, (void)b, (void)stop;
    const job *work = a;
    VipsRect *part = &region->valid;
    for (int y = part->top; y < part->top + part->height; y++)
        limn_pixels_gather(work->picture, part->left, y, part->width, work->pixel,
                           VIPS_REGION_ADDR(region, part->left, y));
    return 0;
}

static VipsImage *make_image(const job *work) {
    const limn_picture *picture = work->picture;
    VipsImage *image = vips_image_new();
    bool deep = work->pixel.depth == 16;
    vips_image_init_fields(image, picture->width, picture->height, work->pixel.channels,
                           deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, 1, 1);
    vips_image_set_int(image, VIPS_META_CONCURRENCY, 1); // not worth threads
    VipsBlob *profile = limn_vips_srgb();
    if (profile) {
        size_t size;
        const void *bytes = vips_blob_get(profile, &size);
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, bytes, size);
        vips_area_unref((VipsArea *)profile);
    }
    if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(image, NULL, generate, NULL, (void *)(uintptr_t)work, NULL)) {
        g_object_unref(image);
        return NULL;
    }
    return image;
}

static int save(VipsImage *image, VipsTarget *target, limn_format format, int quality, bool halve) {
    const char *saver = formats[format].saver;
    if (format == LIMN_FORMAT_JPEG)
        return vips_call(saver, image, target, "Q", quality, "subsample_mode",
                         halve ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF, NULL);
    if (format == LIMN_FORMAT_WEBP)
        return vips_call(saver, image, target, "Q", quality, "smart_subsample", TRUE, NULL);
    if (format == LIMN_FORMAT_TIFF)
        return vips_call(saver, image, target, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
                         "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    // A photograph is a third smaller by this filter, and quicker at a low level than without one.
    return vips_call(saver, image, target, "filter", VIPS_FOREIGN_PNG_FILTER_PAETH, "compression",
                     2, NULL);
}

// The whole file in memory, so that nothing but our own code writes to disks.
static limn_status encode(const limn_picture *picture, const char *name, limn_format format,
                          limn_write_options options, limn_sink *sink) {
    LIMN_TRY(limn_format_holds(name, format, picture->width, picture->height));
    int depth = options.depth ? options.depth : picture->depth;
    if (depth > formats[format].deepest) depth = 8;
    bool keep_alpha = picture->alpha && formats[format].has_alpha;
    job work = {picture, {keep_alpha ? 4 : 3, depth, picture->alpha && !keep_alpha}};
    VipsImage *image = make_image(&work);
    VipsTarget *target = limn_sink_target(sink);
    int quality = options.quality ? options.quality : 92;
    int failed = !image || !target || save(image, target, format, quality, options.halve_colours);
    if (image) g_object_unref(image);
    if (target) g_object_unref(target);
    char reason[256];
    limn_vips_message(reason, sizeof reason);
    bool stripped = options.metadata == LIMN_STRIP_METADATA;
    if (!failed && !sink->failed)
        limn_metadata_write(stripped ? NULL : picture->metadata, format, picture->width,
                            picture->height, sink);
    if (sink->failed)
        return limn_fail(LIMN_MEMORY, "%s: no memory for a %s file of more than %zu bytes.", name,
                         formats[format].name, sink->size);
    if (!failed) return LIMN_OK;
    // Nothing is on a disk yet, and what the format holds is known: it lacks memory, or threads.
    return limn_fail(LIMN_MEMORY, "%s: cannot be written as %s: %s.", name, formats[format].name,
                     *reason ? reason : "libvips gives no reason");
}

limn_status limn_picture_write(const limn_picture *picture, const char *path,
                               const limn_write_options *given) {
    limn_write_options options;
    limn_format format;
    limn_writer writer;
    limn_sink sink = {0};
    LIMN_NEED(picture && path);
    LIMN_TRY(take_options(path, given, &options, &format));
    LIMN_TRY(limn_vips_start());
    LIMN_TRY(limn_writer_open(path, options.existing == LIMN_REPLACE_EXISTING, &writer));
    limn_status status = encode(picture, path, format, options, &sink);
    if (status == LIMN_OK) status = limn_writer_put(&writer, sink.bytes, sink.size);
    free(sink.bytes);
    if (status == LIMN_OK) return limn_writer_commit(&writer);
    limn_writer_cancel(&writer);
    return status;
}

limn_status limn_picture_write_bytes(const limn_picture *picture, const limn_write_options *given,
                                     void **bytes, size_t *size) {
    limn_write_options options;
    limn_format format;
    limn_sink sink = {0};
    const char *name = "The picture";
    LIMN_GIVE(bytes, size && picture && given);
    *size = 0;
    LIMN_TRY(limn_take_options(given, &options, sizeof options));
    if (options.format == LIMN_FORMAT_NONE)
        return limn_fail(LIMN_USAGE,
                         "A picture cannot be written to memory without a format: set that of the "
                         "options.");
    LIMN_TRY(check_options(name, options, &format));
    LIMN_TRY(limn_vips_start());
    limn_status status = encode(picture, name, format, options, &sink);
    if (status != LIMN_OK) {
        free(sink.bytes);
        return status;
    }
    *bytes = sink.bytes;
    *size = sink.size;
    return LIMN_OK;
}
