// Writing pictures: planar floats -> libvips, strip by strip -> a temporary file -> its place.
#include "image/write.h"

#include "base/file.h"
#include "base/options.h"
#include "image/pixels.h"
#include "image/vips.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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
    {".webp", LIMN_FORMAT_WEBP}, {".tif", LIMN_FORMAT_TIFF},  {".tiff", LIMN_FORMAT_TIFF},
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

static void *copy_field(VipsImage *image, const char *name, GValue *value, void *to) {
    (void)image;
    vips_image_set(to, name, value);
    return NULL;
}

static VipsImage *make_image(const job *work) {
    const limn_picture *picture = work->picture;
    VipsImage *image = vips_image_new(), *fields = limn_metadata_fields(picture->metadata);
    bool deep = work->pixel.depth == 16;
    vips_image_init_fields(image, picture->width, picture->height, work->pixel.channels,
                           deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB,
                           fields ? fields->Xres : 1, fields ? fields->Yres : 1);
    if (fields) vips_image_map(fields, copy_field, image);
    if (vips_image_get_typeof(image, "exif-ifd2-ColorSpace"))
        vips_image_set_string(image, "exif-ifd2-ColorSpace", "1"); // EXIF for sRGB
    vips_image_set_int(image, VIPS_META_CONCURRENCY, 1);           // not worth threads
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

static int save(VipsImage *image, VipsTarget *target, limn_format format, int quality) {
    const char *saver = formats[format].saver;
    if (format == LIMN_FORMAT_JPEG)
        return vips_call(saver, image, target, "Q", quality, "subsample_mode",
                         VIPS_FOREIGN_SUBSAMPLE_OFF, NULL);
    if (format == LIMN_FORMAT_WEBP)
        return vips_call(saver, image, target, "Q", quality, "smart_subsample", TRUE, NULL);
    if (format == LIMN_FORMAT_TIFF)
        return vips_call(saver, image, target, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
                         "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    return vips_call(saver, image, target, NULL);
}

static limn_status write_to(const limn_picture *picture, VipsTarget *target, const char *name,
                            limn_format format, limn_write_options options) {
    if (!target) return limn_fail(LIMN_MEMORY, "%s: no memory for writing it.", name);
    LIMN_TRY(limn_format_holds(name, format, picture->width, picture->height));
    int depth = options.depth ? options.depth : picture->depth;
    if (depth > formats[format].deepest) depth = 8;
    bool keep_alpha = picture->alpha && formats[format].has_alpha;
    job work = {picture, {keep_alpha ? 4 : 3, depth, picture->alpha && !keep_alpha}};
    VipsImage *image = make_image(&work);
    int failed = !image || save(image, target, format, options.quality ? options.quality : 92);
    if (image) g_object_unref(image);
    if (!failed) return LIMN_OK;
    char reason[256];
    limn_vips_message(reason, sizeof reason);
    return limn_fail(LIMN_IO, "%s: cannot be written as %s: %s.", name, formats[format].name,
                     *reason ? reason : "libvips gives no reason");
}

// libvips forgets why a write failed; one more attempt, on a file that is given up anyway, brings
// the reason to light and puts it into the sentence.
static void ask_why(limn_writer *writer) {
    static const char zeros[1 << 16];
    if (lseek(writer->fd, 0, SEEK_END) >= 0) (void)limn_writer_put(writer, zeros, sizeof zeros);
}

limn_status limn_picture_write(const limn_picture *picture, const char *path,
                               const limn_write_options *given) {
    limn_write_options options;
    limn_format format;
    limn_writer writer;
    LIMN_NEED(picture && path);
    LIMN_TRY(take_options(path, given, &options, &format));
    LIMN_TRY(limn_vips_start());
    LIMN_TRY(limn_writer_open(path, options.existing == LIMN_REPLACE_EXISTING, &writer));
    VipsTarget *target = vips_target_new_to_descriptor(writer.fd);
    limn_status status = write_to(picture, target, path, format, options);
    if (target) g_object_unref(target);
    vips_error_clear();
    if (status == LIMN_OK) return limn_writer_commit(&writer);
    if (status == LIMN_IO) ask_why(&writer);
    limn_writer_cancel(&writer);
    return status;
}

limn_status limn_picture_write_bytes(const limn_picture *picture, const limn_write_options *given,
                                     void **bytes, size_t *size) {
    limn_write_options options;
    limn_format format;
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
    VipsTarget *target = vips_target_new_to_memory();
    limn_status status = write_to(picture, target, name, format, options);
    if (status == LIMN_OK) {
        const void *data = vips_blob_get(target->blob, size);
        *bytes = malloc(*size);
        if (*bytes)
            memcpy(*bytes, data, *size);
        else
            status = limn_fail(LIMN_MEMORY, "No memory for a file of %zu bytes.", *size);
    }
    if (target) g_object_unref(target);
    vips_error_clear();
    return status;
}
