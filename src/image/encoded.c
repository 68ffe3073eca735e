// A picture in the bytes of a file, and the image that libvips makes of them.
#include "image/encoded.h"

#include "base/memory.h"
#include "base/text.h"
#include "image/recognise.h"
#include "image/samples.h"

#include <stdlib.h>
#include <string.h>

static const long long most_pixels = 268435456;

// libvips would unpack all words of a PNG, and a few megabytes of them can be gigabytes; and it
// would take memory for as many as a chunk says that it has. It is shown a file without words, up
// to what is cut, of which pixels alone are of use.
static limn_status hide_words(limn_encoded *file) {
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

limn_status limn_encoded_end_with(limn_encoded *file, const char *filler) {
    file->shown.size = file->shown.at = 0;
    bool begun = file->size && file->bytes[file->size - 1] == 0xFF; // of an end mark, perhaps
    limn_sink_put(&file->shown, file->bytes, file->size - begun);
    limn_sink_put(&file->shown, filler, strlen(filler));
    limn_sink_put(&file->shown, "\xFF\xD9", 2);
    if (!file->shown.failed) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "%s: no memory for its %zu bytes.", file->name, file->size);
}

static VipsImage *load(const limn_encoded *file, limn_strictness how) {
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
    bool warned = how == LIMN_STRICT && file->format == LIMN_FORMAT_JPEG;
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

limn_status limn_encoded_fail_cut(const limn_encoded *file, int row) {
    char place[64] = "";
    if (row > 0)
        snprintf(place, sizeof place, " (near row %d of %d)", row * file->reduction, file->height);
    return limn_fail(LIMN_INPUT, "%s: the file ends in the middle of the picture%s. Copy it again.",
                     file->name, place);
}

static limn_status fail_kind(const limn_encoded *file, const char *kind) {
    return limn_fail(LIMN_INPUT,
                     "%s: is a %s file %s, a kind that limn does not read. Save it again with 8 or "
                     "16 bits a channel, as JPEG, PNG or TIFF.",
                     file->name, limn_format_name(file->format), kind);
}

// Not every library says that it had none: as much as the picture takes is tried for.
static bool lacks_memory(const limn_encoded *file) {
    enum { EACH = 8 };
    void *block = file->pixels ? malloc(EACH * file->pixels) : NULL;
    bool lacks = limn_vips_lacks_memory() || (file->pixels && !block);
    free(block);
    return lacks;
}

limn_status limn_encoded_fail_memory(const limn_encoded *file) {
    vips_error_clear();
    return limn_fail(LIMN_MEMORY,
                     "%s: there is no memory to decode it. Close other programs, or make it "
                     "smaller first.",
                     file->name);
}

limn_status limn_encoded_fail(const limn_encoded *file, int row) {
    char reason[256], place[64] = "";
    if (lacks_memory(file)) return limn_encoded_fail_memory(file);
    limn_vips_message(reason, sizeof reason);
    if (!file->ends) return limn_encoded_fail_cut(file, row);
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

static limn_status check_memory(const limn_encoded *file, VipsImage *image, size_t most) {
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

static limn_status check_limits(const limn_encoded *file, VipsImage *image,
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

static limn_status check_scans(const limn_encoded *file, limn_read_options options) {
    int limit = options.max_scans > 0 ? options.max_scans : 100;
    int scans = file->format == LIMN_FORMAT_JPEG ? limn_jpeg_scans(file->bytes, file->size) : 0;
    if (scans <= limit) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%s: is a JPEG file of %d scans, the limit is %d. Save it "
                     "again with another program first.",
                     file->name, scans, limit);
}

// The picture of the file that is wanted, as bytes for libvips.
static limn_status choose_page(limn_encoded *file, limn_read_options options) {
    LIMN_TRY(limn_page_find(file->bytes, file->size, file->whole, file->format, file->name,
                            options.page, &file->page));
    file->bytes += file->page.begin;
    file->size = file->page.size;
    file->ends = !limn_ends_early(file->bytes, file->size, file->format, file->page.directory);
    // libwebp and libtiff would be content with less.
    bool strict = file->format == LIMN_FORMAT_WEBP || file->format == LIMN_FORMAT_TIFF;
    if (strict && !file->ends) return limn_encoded_fail_cut(file, 0);
    if (file->format == LIMN_FORMAT_TIFF) limn_tiff_open(file->bytes, file->size, &file->tiff);
    if (file->format == LIMN_FORMAT_PNG) return hide_words(file);
    return file->format == LIMN_FORMAT_JPEG && !file->ends ? limn_encoded_end_with(file, "")
                                                           : LIMN_OK;
}

// A JPEG is stored by waves in blocks of 8 x 8: half of the waves are half of the picture.
static int reduction_to(const VipsImage *image, int enough) {
    int shorter = VIPS_MIN(image->Xsize, image->Ysize), reduction = 8;
    while (reduction > 1 && shorter / reduction < enough) reduction /= 2;
    return reduction;
}

static limn_status reduce(limn_encoded *file, int enough, limn_strictness how, VipsImage **image) {
    if (file->format != LIMN_FORMAT_JPEG || !enough) return LIMN_OK;
    file->reduction = reduction_to(*image, enough);
    if (file->reduction == 1) return LIMN_OK;
    g_object_unref(*image);
    *image = load(file, how);
    return *image ? LIMN_OK : limn_encoded_fail(file, 0);
}

limn_status limn_encoded_load(limn_encoded *file, limn_read_options options, limn_strictness how,
                              VipsImage **image) {
    file->reduction = 1;
    *image = load(file, how);
    if (!*image) return limn_encoded_fail(file, 0);
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

limn_status limn_encoded_open(const void *bytes, size_t size, size_t whole, const char *name,
                              limn_read_options options, limn_encoded *file) {
    *file = (limn_encoded){.bytes = bytes, .size = size, .whole = whole, .name = name};
    LIMN_TRY(limn_recognise(bytes, size, name, &file->format));
    LIMN_TRY(choose_page(file, options));
    LIMN_TRY(check_scans(file, options));
    return limn_vips_start();
}

void limn_encoded_close(limn_encoded *file) {
    free(file->shown.bytes);
    file->shown = (limn_sink){0};
}

void limn_vips_close(VipsImage **image) {
    if (*image) g_object_unref(*image);
    *image = NULL;
    vips_error_clear();
}
