// Tests of image/: pictures in and out of files, colour, sizes. Files to read are made by libvips.
#define _GNU_SOURCE
#include "base/file.h"
#include "limn/picture.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include <cmocka.h>

enum { WIDTH = 40, HEIGHT = 24 };

static char folder[64];

static int enter(void **state) {
    (void)state;
    strcpy(folder, "/tmp/limn-test-image-XXXXXX");
    return !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") || system(command);
}

// ---- what files are made of ----

// A smooth picture with a corner that can be told from the others.
static float shade(int c, int x, int y) {
    return (float)((c == 0 ? 40 + 5 * x : c == 1 ? 30 + 8 * y : 200 - 4 * x) & 255);
}

static VipsImage *make(int bands, int bits, VipsInterpretation type) {
    unsigned short *values = calloc((size_t)(WIDTH * HEIGHT * bands), 2);
    assert_non_null(values);
    for (int i = 0; i < WIDTH * HEIGHT * bands; i++) {
        int band = i % bands, x = i / bands % WIDTH, y = i / bands / WIDTH;
        bool alpha =
            bands == 2 ? band == 1 : bands == 4 && type != VIPS_INTERPRETATION_CMYK && band == 3;
        int value = alpha ? 255 - 6 * x : (int)shade(band, x, y);
        if (bits == 16)
            values[i] = (unsigned short)(value * 257 + (alpha ? 0 : 5));
        else
            ((unsigned char *)values)[i] = (unsigned char)value;
    }
    VipsImage *image = vips_image_new_from_memory_copy(
        values, (size_t)(WIDTH * HEIGHT * bands * bits / 8), WIDTH, HEIGHT, bands,
        bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
    free(values);
    assert_non_null(image);
    image->Type = type;
    return image;
}

// Writes the image, whose last reference this is; the name may carry libvips' [options].
static void save(VipsImage *image, const char *name) {
    if (vips_image_write_to_file(image, name, NULL)) fail_msg("%s", vips_error_buffer());
    g_object_unref(image);
}

static void save_plain(const char *name) {
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), name);
}

static void put(const char *name, const char *bytes, size_t size) {
    assert_int_equal(limn_file_write(name, bytes, size, true), LIMN_OK);
}

static void cut(const char *from, const char *to, double part) {
    limn_file file;
    assert_int_equal(limn_file_open(from, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    put(to, (const char *)file.bytes, (size_t)((double)file.size * part));
    limn_file_close(&file);
}

static limn_picture *must_read(const char *name) {
    limn_picture *picture;
    if (limn_picture_read(name, (limn_read_options){0}, &picture)) fail_msg("%s", limn_message());
    return picture;
}

static void must_write(const limn_picture *picture, const char *name, limn_write_options options) {
    if (limn_picture_write(picture, name, options)) fail_msg("%s", limn_message());
}

static void refused(const char *name, const char *sentence) {
    limn_picture *picture = (void *)1;
    assert_int_equal(limn_picture_read(name, (limn_read_options){0}, &picture), LIMN_INPUT);
    assert_null(picture);
    assert_string_equal(limn_message(), sentence);
}

static float at(const limn_picture *picture, int c, int x, int y) {
    size_t width = (size_t)picture->width, height = (size_t)picture->height;
    return picture->rgb[((size_t)c * height + (size_t)y) * width + (size_t)x];
}

// The largest difference from shade() scaled by `scale`, grey where `grey`.
static double error_of(const limn_picture *picture, bool grey) {
    double largest = 0;
    assert_int_equal(picture->width, WIDTH);
    assert_int_equal(picture->height, HEIGHT);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                largest = fmax(largest, fabs((double)at(picture, c, x, y) -
                                             (double)shade(grey ? 0 : c, x, y)));
    return largest;
}

static limn_picture *painted(limn_planes planes) {
    limn_picture *picture;
    assert_int_equal(limn_picture_new(WIDTH, HEIGHT, planes, &picture), LIMN_OK);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++)
        picture->rgb[i] = shade(i / (WIDTH * HEIGHT), i % WIDTH, i / WIDTH % HEIGHT);
    for (int i = 0; picture->alpha && i < WIDTH * HEIGHT; i++)
        picture->alpha[i] = (float)(255 - 6 * (i % WIDTH)) / 255;
    return picture;
}

// ---- reading ----

typedef struct kind {
    const char *name;
    int bands, bits;
    VipsInterpretation type;
    double tolerance;
    limn_format format;
} kind;

static const kind kinds[] = {
    {"rgb.png", 3, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_PNG},
    {"rgba.png", 4, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_PNG},
    {"rgb16.png", 3, 16, VIPS_INTERPRETATION_RGB16, 0.02, LIMN_FORMAT_PNG},
    {"rgba16.png", 4, 16, VIPS_INTERPRETATION_RGB16, 0.02, LIMN_FORMAT_PNG},
    {"grey.png", 1, 8, VIPS_INTERPRETATION_B_W, 0, LIMN_FORMAT_PNG},
    {"grey_alpha.png", 2, 8, VIPS_INTERPRETATION_B_W, 0, LIMN_FORMAT_PNG},
    {"grey16.png", 1, 16, VIPS_INTERPRETATION_GREY16, 0.02, LIMN_FORMAT_PNG},
    {"interlaced.png[interlace]", 3, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_PNG},
    {"palette.png[palette]", 3, 8, VIPS_INTERPRETATION_sRGB, 25, LIMN_FORMAT_PNG},
    {"rgb.jpg[Q=98,subsample-mode=off]", 3, 8, VIPS_INTERPRETATION_sRGB, 12, LIMN_FORMAT_JPEG},
    {"scans.jpg[Q=98,subsample-mode=off,interlace]", 3, 8, VIPS_INTERPRETATION_sRGB, 12,
     LIMN_FORMAT_JPEG},
    {"grey.jpg[Q=98]", 1, 8, VIPS_INTERPRETATION_B_W, 12, LIMN_FORMAT_JPEG},
    {"rgb.webp[lossless]", 3, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_WEBP},
    {"rgba.webp[lossless]", 4, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_WEBP},
    {"rgb.tif", 3, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_TIFF},
    {"lzw.tif[compression=lzw]", 4, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_TIFF},
    {"tiles.tif[tile,tile-width=16,tile-height=16]", 3, 8, VIPS_INTERPRETATION_sRGB, 0,
     LIMN_FORMAT_TIFF},
    {"big.tif[bigtiff]", 3, 8, VIPS_INTERPRETATION_sRGB, 0, LIMN_FORMAT_TIFF},
    {"rgb16.tif", 3, 16, VIPS_INTERPRETATION_RGB16, 0.02, LIMN_FORMAT_TIFF},
    {"grey16.tif", 1, 16, VIPS_INTERPRETATION_GREY16, 0.02, LIMN_FORMAT_TIFF},
};

static void reads_every_kind(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const kind *k = &kinds[i];
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(k->name, "["), k->name);
        save(make(k->bands, k->bits, k->type), k->name);
        limn_picture *picture = must_read(name);
        if (error_of(picture, k->bands < 3) > k->tolerance)
            fail_msg("%s is off by %g", name, error_of(picture, k->bands < 3));
        assert_int_equal(picture->depth, k->bits);
        assert_int_equal(picture->format, k->format);
        assert_int_equal(picture->alpha != NULL, k->bands % 2 == 0);
        if (picture->alpha) assert_float_equal(picture->alpha[10], (255 - 60) / 255.0, 1e-6);
        limn_picture_free(picture);
        limn_picture_header header;
        assert_int_equal(limn_picture_read_header(name, (limn_read_options){0}, &header), LIMN_OK);
        assert_int_equal(header.width, WIDTH);
        assert_int_equal(header.height, HEIGHT);
        assert_int_equal(header.depth, k->bits);
        assert_int_equal(header.format, k->format);
        assert_int_equal(header.has_alpha, k->bands % 2 == 0);
        assert_int_equal(header.orientation, 1);
        assert_int_equal(header.other_colours, 0);
    }
}

static bool has_other_colours(const char *name) {
    limn_picture_header header;
    assert_int_equal(limn_picture_read_header(name, (limn_read_options){0}, &header), LIMN_OK);
    return header.other_colours;
}

// Other ways to say the same colours: what was sRGB is converted there and must come back.
static void converts_colours(void **state) {
    (void)state;
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB), *other;
    assert_int_equal(vips_icc_transform(image, &other, "p3", "input_profile", "srgb", "depth", 16,
                                        "intent", VIPS_INTENT_RELATIVE, NULL),
                     0);
    save(other, "p3.png");
    assert_int_equal(vips_icc_transform(image, &other, "p3", "input_profile", "srgb", "intent",
                                        VIPS_INTENT_RELATIVE, NULL),
                     0);
    save(other, "p3.jpg[Q=100,subsample-mode=off]");
    assert_int_equal(vips_colourspace(image, &other, VIPS_INTERPRETATION_LAB, NULL), 0);
    save(other, "lab.tif");
    assert_int_equal(vips_colourspace(image, &other, VIPS_INTERPRETATION_scRGB, NULL), 0);
    save(other, "float.tif");
    g_object_unref(image);
    const struct {
        const char *name;
        double tolerance;
        int depth;
    } files[] = {{"p3.png", 1, 16}, {"p3.jpg", 12, 8}, {"lab.tif", 1, 16}, {"float.tif", 0.1, 16}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        limn_picture *picture = must_read(files[i].name);
        if (error_of(picture, false) > files[i].tolerance)
            fail_msg("%s is off by %g", files[i].name, error_of(picture, false));
        assert_int_equal(picture->depth, files[i].depth);
        assert_true(has_other_colours(files[i].name));
        limn_picture_free(picture);
    }
}

static void converts_cmyk(void **state) {
    (void)state;
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB), *other;
    assert_int_equal(vips_icc_transform(image, &other, "cmyk", "input_profile", "srgb", NULL), 0);
    g_object_unref(image);
    VipsImage *bare;
    assert_int_equal(vips_copy(other, &bare, NULL), 0);
    vips_image_remove(bare, VIPS_META_ICC_NAME);
    save(other, "cmyk.jpg[Q=98]");
    save(bare, "bare.tif");
    const char *const names[] = {"cmyk.jpg", "bare.tif"};
    for (int i = 0; i < 2; i++) {
        limn_picture *picture = must_read(names[i]);
        if (error_of(picture, false) > 70) fail_msg("%s: %g", names[i], error_of(picture, false));
        assert_null(picture->alpha);
        assert_true(has_other_colours(names[i]));
        limn_picture_free(picture);
    }
}

// sRGB by another name is left alone to the bit; a profile of another kind is passed over.
static void keeps_srgb(void **state) {
    (void)state;
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
    VipsBlob *profile;
    assert_int_equal(vips_profile_load("srgb", &profile, NULL), 0);
    size_t size;
    const void *bytes = vips_blob_get(profile, &size);
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, bytes, size);
    save(image, "named.png");
    image = make(1, 8, VIPS_INTERPRETATION_B_W);
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, bytes, size);
    save(image, "grey.jpg[Q=98]");
    vips_area_unref((VipsArea *)profile);
    limn_picture *picture = must_read("named.png");
    assert_true(error_of(picture, false) == 0);
    assert_false(has_other_colours("named.png"));
    limn_picture_free(picture);
    picture = must_read("grey.jpg");
    assert_true(error_of(picture, true) <= 12);
    limn_picture_free(picture);
}

// The value that orientation o takes to (x, y), said the long way.
static float turned(int o, int c, int x, int y) {
    const int right = WIDTH - 1, bottom = HEIGHT - 1;
    const int from[9][2] = {{0, 0},          {x, y}, {right - x, y},  {right - x, bottom - y},
                            {x, bottom - y}, {y, x}, {y, bottom - x}, {right - y, bottom - x},
                            {right - y, x}};
    return shade(c, from[o][0], from[o][1]);
}

static unsigned crc(const unsigned char *bytes, size_t size) {
    unsigned sum = ~0u;
    for (size_t i = 0; i < size; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    return ~sum;
}

// libvips writes no EXIF into a PNG that had none: puts a chunk with the turn behind the header.
static void add_turn(const char *name, int orientation) {
    enum { HEAD = 33, CHUNK = 12 + 26 };
    unsigned char chunk[CHUNK] = "\0\0\0\x1A"
                                 "eXIf"
                                 "MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1";
    chunk[27] = (unsigned char)orientation;
    unsigned sum = crc(chunk + 4, CHUNK - 8);
    for (int i = 0; i < 4; i++) chunk[CHUNK - 4 + i] = (unsigned char)(sum >> (24 - 8 * i));
    limn_file file;
    assert_int_equal(limn_file_open(name, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    unsigned char *bytes = malloc(file.size + CHUNK);
    memcpy(bytes, file.bytes, HEAD);
    memcpy(bytes + HEAD, chunk, CHUNK);
    memcpy(bytes + HEAD + CHUNK, file.bytes + HEAD, file.size - HEAD);
    put(name, (const char *)bytes, file.size + CHUNK);
    limn_file_close(&file);
    free(bytes);
}

static void turns_once(void **state) {
    (void)state;
    const char *const files[] = {"o.png", "o.tif", "o.webp[lossless]",
                                 "o.jpg[Q=100,subsample-mode=off]"};
    for (int o = 1; o <= 8; o++)
        for (int f = 0; f < 4; f++) {
            VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
            vips_image_set_int(image, VIPS_META_ORIENTATION, o);
            save(image, files[f]);
            char name[16];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(files[f], "["), files[f]);
            if (f == 0) add_turn(name, o);
            limn_picture_header header;
            assert_int_equal(limn_picture_read_header(name, (limn_read_options){0}, &header), 0);
            limn_picture *picture = must_read(name);
            assert_int_equal(header.orientation, o);
            assert_int_equal(header.width, o < 5 ? WIDTH : HEIGHT);
            assert_int_equal(header.height, o < 5 ? HEIGHT : WIDTH);
            assert_int_equal(picture->width, header.width);
            assert_int_equal(picture->height, header.height);
            for (int c = 0; c < 3; c++)
                for (int i = 0; i < WIDTH * HEIGHT; i++) {
                    int x = i % picture->width, y = i / picture->width;
                    if (fabsf(at(picture, c, x, y) - turned(o, c, x, y)) > (f == 3 ? 12 : 0))
                        fail_msg("%s: orientation %d wrong at %d, %d", name, o, x, y);
                }
            // Written again it stands upright, and stays so.
            must_write(picture, "again.jpg",
                       (limn_write_options){.existing = LIMN_REPLACE_EXISTING});
            assert_int_equal(limn_picture_read_header("again.jpg", (limn_read_options){0}, &header),
                             0);
            assert_int_equal(header.orientation, 1);
            assert_int_equal(header.width, picture->width);
            limn_picture_free(picture);
        }
}

// ---- refusals ----

#define CONVERT " Convert it to JPEG, PNG, WebP or TIFF first."
#define LOOKS ": is not a picture that limn reads; the content looks like "

static void refuses_other_content(void **state) {
    (void)state;
    const struct {
        const char *name, *bytes;
        size_t size;
        const char *what;
    } files[] = {
        {"a.png", "<?xml version='1.0'?><SVG/>", 27, "an SVG drawing."},
        {"b.jpg", "Dear diary,\n", 12, "text."},
        {"c.jpg", "GIF89a\1\0\1\0", 10, "a GIF picture."},
        {"d.jpg", "%PDF-1.7\n%\xE2\xE3", 11, "a PDF document."},
        {"e.jpg",
         "\0\0\0\x18"
         "ftypheic\0\0\0\0",
         16, "a HEIC picture."},
        {"f.jpg",
         "\0\0\0\x18"
         "ftypisom\0\0\0\0",
         16, "a video."},
        {"g.tif", "BM\1\2\3\4", 6, "a BMP picture."},
        {"h.webp", "RIFF\4\0\0\0WAVEfmt ", 16, "no known format."},
        {"i.png", "\0\0\0\0\0\0\0\0", 8, "nothing but zero bytes."},
        {"j.png", "<!DOCTYPE html>", 15, "a web page: the download may have failed."},
        {"k.png", "P6 1 1 255\n\1\2\3", 14, "a PNM picture."},
        {"l.png", "PK\3\4....", 8, "a zip archive."},
        {"m.png", "\1\2\3", 3, "no known format."},
        {"n.png", "\x89PNG", 4, "no known format."},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char sentence[256];
        put(files[i].name, files[i].bytes, files[i].size);
        snprintf(sentence, sizeof sentence, "%s" LOOKS "%s" CONVERT, files[i].name, files[i].what);
        refused(files[i].name, sentence);
    }
}

static void refuses_missing_and_empty(void **state) {
    (void)state;
    put("empty.jpg", "", 0);
    refused("empty.jpg", "empty.jpg: the file is empty. Copy it again.");
    refused("none.jpg", "none.jpg: there is no such file. Check the name.");
    refused(".", ".: is a folder, where one file was expected.");
}

static void refuses_cut_files(void **state) {
    (void)state;
    const char *const names[] = {"c.jpg",  "c.jpg[interlace]", "c.png", "c.png[interlace]",
                                 "c.webp", "c.webp[lossless]", "c.tif", "c.tif[compression=lzw]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (double part = 0.1; part < 1; part += 0.17) {
            char whole[16], name[32];
            snprintf(whole, sizeof whole, "%.*s", (int)strcspn(names[i], "["), names[i]);
            snprintf(name, sizeof name, "cut_%s", whole);
            save_plain(names[i]);
            cut(whole, name, part);
            limn_picture *picture;
            if (limn_picture_read(name, (limn_read_options){0}, &picture) != LIMN_INPUT)
                fail_msg("%s cut at %g was read", names[i], part);
            if (!strstr(limn_message(), ": the file ends in the middle of the picture") ||
                !strstr(limn_message(), ". Copy it again, or pass --skip-broken."))
                fail_msg("%s cut at %g: %s", names[i], part, limn_message());
        }
    VipsImage *image;
    assert_int_equal(vips_gaussnoise(&image, 300, 500, NULL), 0);
    save(image, "noise.jpg");
    cut("noise.jpg", "cut.jpg", 0.5);
    limn_picture *picture;
    assert_int_equal(limn_picture_read("cut.jpg", (limn_read_options){0}, &picture), LIMN_INPUT);
    int row = 0;
    assert_int_equal(sscanf(strstr(limn_message(), "(near"), "(near row %d of 500)", &row), 1);
    assert_true(row > 150 && row < 350);
}

static void refuses_damaged_files(void **state) {
    (void)state;
    save_plain("a.png");
    limn_file file;
    assert_int_equal(limn_file_open("a.png", SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    char *bytes = malloc(file.size);
    memcpy(bytes, file.bytes, file.size);
    memset(bytes + file.size / 2, 0, 20);
    put("b.png", bytes, file.size);
    limn_picture *picture;
    assert_int_equal(limn_picture_read("b.png", (limn_read_options){0}, &picture), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "b.png: the PNG file is damaged"));
    assert_non_null(strstr(limn_message(), ". Copy it again, or pass --skip-broken."));
    limn_file_close(&file);
    free(bytes);
}

static void refuses_what_is_too_large(void **state) {
    (void)state;
    save_plain("a.png");
    save_plain("a.jpg[interlace]");
    limn_picture *picture;
    limn_picture_header header;
    limn_read_options few = {.max_pixels = WIDTH * HEIGHT - 1},
                      enough = {.max_pixels = WIDTH * HEIGHT};
    const char *sentence =
        "a.png: has 40 x 24 = 960 pixels, the limit is 959. Make it smaller first.";
    assert_int_equal(limn_picture_read("a.png", few, &picture), LIMN_INPUT);
    assert_string_equal(limn_message(), sentence);
    assert_int_equal(limn_picture_read_header("a.png", few, &header), LIMN_INPUT);
    assert_string_equal(limn_message(), sentence);
    assert_int_equal(limn_picture_read("a.png", enough, &picture), LIMN_OK);
    limn_picture_free(picture);
    assert_int_equal(limn_picture_read("a.jpg", (limn_read_options){.max_scans = 3}, &picture),
                     LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "a.jpg: is a JPEG file of "));
    assert_non_null(strstr(limn_message(), "scans, the limit is 3. Save it again with another "
                                           "program first."));
    // A small file that says it is large: refused by its header, in no time and no memory.
    VipsImage *image;
    assert_int_equal(vips_black(&image, 20000, 20000, NULL), 0);
    save(image, "bomb.png[compression=9]");
    refused("bomb.png", "bomb.png: has 20000 x 20000 = 400000000 pixels, the limit is 268435456. "
                        "Make it smaller first.");
}

static void prints_nothing(void **state) {
    (void)state;
    save_plain("a.jpg");
    save_plain("a.tif");
    cut("a.jpg", "b.jpg", 0.7);
    cut("a.tif", "b.tif", 0.7);
    fflush(NULL);
    int old = dup(2), log = open("log", O_RDWR | O_CREAT, 0600);
    dup2(log, 2);
    limn_picture *picture;
    limn_status first = limn_picture_read("b.jpg", (limn_read_options){0}, &picture);
    limn_status second = limn_picture_read("b.tif", (limn_read_options){0}, &picture);
    fflush(NULL);
    dup2(old, 2);
    close(old);
    assert_int_equal(first, LIMN_INPUT);
    assert_int_equal(second, LIMN_INPUT);
    assert_int_equal(lseek(log, 0, SEEK_END), 0);
    close(log);
}

static void *read_often(void *name) {
    for (int i = 0; i < 20; i++) {
        limn_picture *picture;
        if (limn_picture_read(name, (limn_read_options){0}, &picture) != LIMN_OK) return "failed";
        bool right = error_of(picture, false) <= 12;
        limn_picture_free(picture);
        if (!right) return "wrong";
    }
    return NULL;
}

static void reads_in_threads(void **state) {
    (void)state;
    static char name[] = "a.jpg";
    save_plain("a.jpg[Q=98,subsample-mode=off]");
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, read_often, name);
    for (int i = 0; i < 8; i++) {
        void *problem;
        pthread_join(threads[i], &problem);
        assert_null(problem);
    }
}

// ---- writing ----

static void writes_every_format(void **state) {
    (void)state;
    const struct {
        const char *name;
        int depth;
        double tolerance;
        limn_format format;
    } files[] = {
        {"a.png", 8, 0, LIMN_FORMAT_PNG},    {"b.PNG", 16, 0, LIMN_FORMAT_PNG},
        {"c.tif", 8, 0, LIMN_FORMAT_TIFF},   {"d.tiff", 16, 0, LIMN_FORMAT_TIFF},
        {"e.jpg", 8, 14, LIMN_FORMAT_JPEG},  {"f.JPEG", 8, 14, LIMN_FORMAT_JPEG},
        {"g.webp", 8, 40, LIMN_FORMAT_WEBP},
    };
    for (int alpha = 0; alpha < 2; alpha++)
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
            limn_picture *picture = painted(alpha ? LIMN_RGB_ALPHA : LIMN_RGB);
            if (alpha && files[i].format == LIMN_FORMAT_JPEG)
                for (int k = 0; k < WIDTH * HEIGHT; k++) picture->alpha[k] = 1;
            must_write(picture, files[i].name,
                       (limn_write_options){.depth = files[i].depth == 8 ? 0 : files[i].depth,
                                            .existing = LIMN_REPLACE_EXISTING});
            limn_picture *back = must_read(files[i].name);
            if (error_of(back, false) > files[i].tolerance)
                fail_msg("%s is off by %g", files[i].name, error_of(back, false));
            assert_int_equal(back->format, files[i].format);
            assert_int_equal(back->depth, files[i].depth);
            bool kept = alpha && files[i].format != LIMN_FORMAT_JPEG;
            assert_int_equal(back->alpha != NULL, kept);
            for (int k = 0; kept && k < WIDTH * HEIGHT; k++)
                assert_float_equal(back->alpha[k], picture->alpha[k], 1e-6);
            limn_picture_free(back);
            limn_picture_free(picture);
        }
}

static void rounds_and_holds(void **state) {
    (void)state;
    limn_picture *picture;
    const float values[] = {-3, 300, 0.49f, 0.51f, NAN, INFINITY, 254.6f, 127.3f};
    const float at_8[] = {0, 255, 0, 1, 0, 255, 255, 127};
    assert_int_equal(limn_picture_new(8, 1, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 24; i++) picture->rgb[i] = values[i % 8];
    must_write(picture, "a.png", (limn_write_options){0});
    must_write(picture, "b.png", (limn_write_options){.depth = 16});
    limn_picture *low = must_read("a.png"), *high = must_read("b.png");
    for (int i = 0; i < 24; i++) {
        assert_true(low->rgb[i] == at_8[i % 8]);
        double value = isnan(values[i % 8]) ? 0 : fmin(fmax((double)values[i % 8], 0), 255);
        long steps = lround((double)high->rgb[i] * 257);
        assert_int_equal(steps, lround(value / 255 * 65535));
    }
    limn_picture_free(picture);
    limn_picture_free(low);
    limn_picture_free(high);
}

static void lays_alpha_on_white(void **state) {
    (void)state;
    limn_picture *picture;
    assert_int_equal(limn_picture_new(16, 16, LIMN_RGB_ALPHA, &picture), LIMN_OK);
    for (int i = 0; i < 3 * 256; i++) picture->rgb[i] = 55;
    for (int i = 0; i < 256; i++) picture->alpha[i] = 0.25f;
    must_write(picture, "a.jpg", (limn_write_options){0});
    limn_picture *back = must_read("a.jpg");
    assert_float_equal(back->rgb[100], 205, 2);
    limn_picture_free(picture);
    limn_picture_free(back);
}

static void refuses_to_write(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB), *wide;
    assert_int_equal(limn_picture_new(17000, 1, LIMN_RGB, &wide), LIMN_OK);
    const struct {
        const char *name;
        limn_write_options options;
        limn_status status;
        const char *sentence;
    } cases[] = {
        {"a.gif",
         {0},
         LIMN_USAGE,
         "a.gif: the ending of the name does not say which format to write. Use .jpg, .jpeg, .png, "
         ".webp, .tif or .tiff."},
        {".png",
         {0},
         LIMN_USAGE,
         ".png: the ending of the name does not say which format to write. Use .jpg, .jpeg, .png, "
         ".webp, .tif or .tiff."},
        {"a.jpg",
         {.depth = 16},
         LIMN_USAGE,
         "a.jpg: JPEG has no 16 bits a channel. Write a PNG or TIFF file, or use depth 8."},
        {"a.webp",
         {.depth = 16},
         LIMN_USAGE,
         "a.webp: WebP has no 16 bits a channel. Write a PNG or TIFF file, or use depth 8."},
        {"a.png",
         {.depth = 12},
         LIMN_USAGE,
         "a.png: a depth of 12 bits cannot be written. Use 8 or 16."},
        {"a.jpg", {.quality = 101}, LIMN_USAGE, "a.jpg: a quality of 101 is outside 1 to 100."},
        {"none/a.jpg",
         {0},
         LIMN_IO,
         "none/a.jpg: cannot be written: its folder is not there. Make the folder first."},
        {"there.png", {0}, LIMN_USAGE, "there.png: is there already. Pass --force to replace it."},
    };
    must_write(picture, "there.png", (limn_write_options){0});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(limn_picture_write(picture, cases[i].name, cases[i].options),
                         cases[i].status);
        assert_string_equal(limn_message(), cases[i].sentence);
    }
    assert_int_equal(limn_picture_write(wide, "wide.webp", (limn_write_options){0}), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "wide.webp: a picture of 17000 x 1 pixels does not fit into a WebP file, "
                        "whose sides hold 16383 at most. Write another format, or make it smaller "
                        "with --size.");
    assert_int_equal(limn_picture_check_write("a.jpg", (limn_write_options){.depth = 16}),
                     LIMN_USAGE);
    assert_int_equal(limn_picture_check_write("a.png", (limn_write_options){.depth = 16}), LIMN_OK);
    assert_int_not_equal(access("wide.webp", F_OK), 0);
    limn_picture_free(wide);
    limn_picture_free(picture);
}

// A limit on file sizes stands for a full disk.
static void full_disk(void **state) {
    (void)state;
    const char *const names[] = {"a.png", "a.jpg", "a.webp", "a.tif"};
    limn_picture *picture;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(limn_picture_new(300, 300, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 270000; i++) picture->rgb[i] = (float)(i * 2654435761u >> 24);
    for (int i = 0; i < 4; i++) {
        struct rlimit limit;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        struct rlimit low = {9000, limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        limn_status status = limn_picture_write(picture, names[i], (limn_write_options){0});
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        if (status != LIMN_IO ||
            !strstr(limn_message(), ": cannot be written: the file grew larger"))
            fail_msg("%s: status %d, %s", names[i], status, limn_message());
        assert_int_not_equal(access(names[i], F_OK), 0);
    }
    FILE *list = popen("ls -A | wc -l", "r");
    int left = -1;
    assert_int_equal(fscanf(list, "%d", &left), 1);
    pclose(list);
    assert_int_equal(left, 0);
    limn_picture_free(picture);
    signal(SIGXFSZ, old);
}

static void keeps_exif(void **state) {
    (void)state;
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
    vips_image_set_int(image, VIPS_META_ORIENTATION, 6);
    vips_image_set_string(image, "exif-ifd0-Model",
                          "Limner 3 (Limner 3, ASCII, 9 components, 9 bytes)");
    vips_image_set_string(image, "exif-ifd2-ColorSpace", "65535");
    vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, "<x/>", 4);
    save(image, "a.jpg");
    limn_picture *picture = must_read("a.jpg");
    const char *const names[] = {"b.jpg", "b.webp", "b.png"};
    for (int i = 0; i < 3; i++) {
        must_write(picture, names[i], (limn_write_options){0});
        VipsImage *back = vips_image_new_from_file(names[i], NULL);
        assert_non_null(back);
        const char *text;
        assert_int_equal(vips_image_get_string(back, "exif-ifd0-Model", &text), 0);
        assert_non_null(strstr(text, "Limner 3"));
        assert_int_equal(vips_image_get_string(back, "exif-ifd0-Orientation", &text), 0);
        if (text[0] != '1') fail_msg("%s: orientation %s", names[i], text);
        assert_int_equal(vips_image_get_string(back, "exif-ifd2-PixelXDimension", &text), 0);
        assert_int_equal(atoi(text), HEIGHT);
        assert_int_equal(vips_image_get_string(back, "exif-ifd2-ColorSpace", &text), 0);
        if (text[0] != '1') fail_msg("%s: colour space %s", names[i], text);
        assert_int_not_equal(vips_image_get_typeof(back, VIPS_META_XMP_NAME), 0);
        assert_int_not_equal(vips_image_get_typeof(back, VIPS_META_ICC_NAME), 0);
        g_object_unref(back);
    }
    limn_picture_free(picture);
}

static void to_memory_and_back(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA), *back;
    const limn_format formats[] = {LIMN_FORMAT_PNG, LIMN_FORMAT_TIFF, LIMN_FORMAT_WEBP};
    for (int i = 0; i < 3; i++) {
        void *bytes;
        size_t size;
        limn_write_options options = {.format = formats[i]};
        assert_int_equal(limn_picture_write_bytes(picture, options, &bytes, &size), LIMN_OK);
        assert_int_equal(
            limn_picture_read_bytes(bytes, size, "upload", (limn_read_options){0}, &back), LIMN_OK);
        assert_true(error_of(back, false) <= (i == 2 ? 40 : 0));
        limn_picture_free(back);
        assert_int_equal(
            limn_picture_read_bytes(bytes, size / 2, "upload", (limn_read_options){0}, &back),
            LIMN_INPUT);
        free(bytes);
    }
    limn_picture_free(picture);
}

// ---- colour and size ----

static void preserves_colour(void **state) {
    (void)state;
    limn_picture *input = painted(LIMN_RGB), *result = painted(LIMN_RGB);
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) result->rgb[i] = (float)(i * 7 % 256);
    limn_picture *before;
    assert_int_equal(limn_picture_copy(result, &before), LIMN_OK);
    assert_int_equal(limn_picture_preserve_colour(result, input), LIMN_OK);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double y[3], cb[3], cr[3];
        const limn_picture *const all[] = {result, before, input};
        for (int k = 0; k < 3; k++) {
            const float *r = all[k]->rgb + i, *g = r + WIDTH * HEIGHT, *b = g + WIDTH * HEIGHT;
            y[k] = 0.299 * (double)*r + 0.587 * (double)*g + 0.114 * (double)*b;
            cb[k] = ((double)*b - y[k]) / 1.772;
            cr[k] = ((double)*r - y[k]) / 1.402;
        }
        assert_float_equal(y[0], y[1], 1e-3);
        assert_float_equal(cb[0], cb[2], 1e-3);
        assert_float_equal(cr[0], cr[2], 1e-3);
    }
    limn_picture_free(before);
    limn_picture_free(result);
    limn_picture_free(input);
}

static void blends(void **state) {
    (void)state;
    limn_picture *input = painted(LIMN_RGB), *result = painted(LIMN_RGB), *small;
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) result->rgb[i] = 300;
    assert_int_equal(limn_picture_blend(result, input, 0.25), LIMN_OK);
    float expected = input->rgb[5] + 0.25f * (255 - input->rgb[5]);
    assert_float_equal(result->rgb[5], expected, 1e-4);
    assert_int_equal(limn_picture_crop(input, 0, 0, 3, 2, &small), LIMN_OK);
    assert_int_equal(limn_picture_blend(result, small, 0.5), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "Pictures of 40 x 24 and 3 x 2 pixels cannot be mixed: the sizes differ. "
                        "Resize one of them first.");
    assert_int_equal(limn_picture_preserve_colour(result, small), LIMN_USAGE);
    limn_picture_free(small);
    limn_picture_free(result);
    limn_picture_free(input);
}

// Numbers of Pillow 12: a 7x5 picture in mode F; of the enlarged one the first six of row 3.
static void resizes_as_pillow(void **state) {
    (void)state;
    static const struct {
        limn_filter filter;
        int width, height, first;
        float expected[6];
    } cases[] = {
        {LIMN_BICUBIC, 3, 2, 0, {107.709f, 139.325f, 144.409f, 124.514f, 143.898f, 136.749f}},
        {LIMN_BICUBIC, 9, 8, 27, {169.679f, 222.911f, 169.207f, 85.569f, 144.062f, 140.872f}},
        {LIMN_BILINEAR, 3, 2, 0, {109.753f, 140.380f, 141.182f, 122.039f, 144.380f, 136.896f}},
        {LIMN_BILINEAR, 9, 8, 27, {153.562f, 192.854f, 160.472f, 108.535f, 154.375f, 137.993f}},
        {LIMN_LANCZOS3, 3, 2, 0, {107.432f, 140.459f, 145.490f, 127.434f, 145.256f, 135.083f}},
        {LIMN_LANCZOS3, 9, 8, 27, {180.122f, 245.064f, 176.141f, 75.221f, 141.597f, 140.597f}},
    };
    limn_picture *picture, *resized;
    assert_int_equal(limn_picture_new(7, 5, LIMN_RGB, &picture), LIMN_OK);
    for (int i = 0; i < 105; i++) {
        int x = i % 7, y = i / 7 % 5;
        picture->rgb[i] = (float)((x * 37 + y * 91 + x * y * 13) % 256);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int width = cases[i].width, height = cases[i].height;
        assert_int_equal(limn_picture_resize(picture, width, height, cases[i].filter, &resized),
                         LIMN_OK);
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 6; k++)
                assert_float_equal(resized->rgb[c * width * height + cases[i].first + k],
                                   cases[i].expected[k], 2e-3);
        limn_picture_free(resized);
    }
    assert_int_equal(limn_picture_resize(picture, 0, 3, LIMN_BICUBIC, &resized), LIMN_USAGE);
    limn_picture_free(picture);
}

// Hidden colours stay hidden: a red disc on clear green has no green rim.
static void resizes_with_alpha(void **state) {
    (void)state;
    limn_picture *picture, *resized;
    assert_int_equal(limn_picture_new(64, 64, LIMN_RGB_ALPHA, &picture), LIMN_OK);
    for (int i = 0; i < 64 * 64; i++) {
        bool inside = hypot(i % 64 - 32, (double)i / 64 - 32) < 20;
        picture->rgb[i] = inside ? 255 : 0;
        picture->rgb[4096 + i] = inside ? 0 : 255;
        picture->rgb[8192 + i] = 0;
        picture->alpha[i] = inside;
    }
    const int sizes[] = {20, 150};
    for (int s = 0; s < 2; s++) {
        int n = sizes[s] * sizes[s];
        assert_int_equal(limn_picture_resize(picture, sizes[s], sizes[s], LIMN_BICUBIC, &resized),
                         LIMN_OK);
        for (int i = 0; i < n; i++) {
            assert_true(resized->alpha[i] >= 0 && resized->alpha[i] <= 1);
            if (resized->alpha[i] > 0.01f) assert_float_equal(resized->rgb[n + i], 0, 0.01);
            if (resized->alpha[i] > 0.01f) assert_float_equal(resized->rgb[i], 255, 0.01);
        }
        limn_picture_free(resized);
    }
    limn_picture_free(picture);
}

static void fits(void **state) {
    (void)state;
    int width, height;
    limn_fit_size(4000, 3000, 512, &width, &height);
    assert_int_equal(width, 512);
    assert_int_equal(height, 384);
    limn_fit_size(3, 1000, 100, &width, &height);
    assert_int_equal(width, 1);
    assert_int_equal(height, 100);
    limn_picture *picture = painted(LIMN_RGB);
    assert_int_equal(limn_picture_fit(picture, 80), LIMN_OK);
    assert_int_equal(picture->width, 80);
    assert_int_equal(picture->height, 48);
    assert_int_equal(limn_picture_fit(picture, 20), LIMN_OK);
    assert_int_equal(picture->width, 20);
    assert_int_equal(picture->height, 12);
    assert_int_equal(limn_picture_fit(picture, 0), LIMN_USAGE);
    limn_picture_free(picture);
}

static void crops_and_flips(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA), *part;
    assert_int_equal(limn_picture_crop(picture, 5, 3, 7, 2, &part), LIMN_OK);
    assert_int_equal(part->width, 7);
    assert_true(at(part, 1, 6, 1) == shade(1, 11, 4));
    assert_true(part->alpha[8] == picture->alpha[6]);
    limn_picture_flip(part);
    assert_true(at(part, 0, 0, 1) == shade(0, 11, 4));
    assert_true(part->alpha[0] == picture->alpha[11]);
    limn_picture_free(part);
    assert_int_equal(limn_picture_crop(picture, 30, 3, 11, 2, &part), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "The part of 11 x 2 pixels at 30, 3 does not lie inside the "
                        "picture of 40 x 24 pixels.");
    assert_int_equal(limn_picture_crop(picture, INT32_MAX, 0, INT32_MAX, 1, &part), LIMN_USAGE);
    limn_picture_free(picture);
}

static void sheets(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB), *small, *sheet;
    assert_int_equal(limn_picture_crop(picture, 0, 0, 10, 4, &small), LIMN_OK);
    const limn_picture *const all[] = {picture, small, small, NULL, picture};
    limn_sheet_options options = {.columns = 2, .gap = 3, .background = {9, 8, 7}};
    assert_int_equal(limn_picture_sheet(all, 5, options, &sheet), LIMN_OK);
    assert_int_equal(sheet->width, 3 + 40 + 3 + 10 + 3);
    assert_int_equal(sheet->height, 3 + 24 + 3 + 4 + 3 + 24 + 3);
    assert_true(at(sheet, 0, 0, 0) == 9 && at(sheet, 2, 50, 33) == 7);
    assert_true(at(sheet, 0, 3, 3) == shade(0, 0, 0));
    assert_true(at(sheet, 1, 46, 13) == shade(1, 0, 0));
    assert_true(at(sheet, 1, 18 + 2, 31) == shade(1, 2, 1));
    assert_true(at(sheet, 2, 42, 60) == shade(2, 39, 23));
    limn_picture_free(sheet);
    options = (limn_sheet_options){0};
    assert_int_equal(limn_picture_sheet(all, 5, options, &sheet), LIMN_OK);
    assert_int_equal(sheet->width, 40 + 40 + 10);
    limn_picture_free(sheet);
    assert_int_equal(limn_picture_sheet(all, 0, options, &sheet), LIMN_USAGE);
    limn_picture_free(small);
    limn_picture_free(picture);
}

static void impossible_sizes(void **state) {
    (void)state;
    limn_picture *picture;
    assert_int_equal(limn_picture_new(0, 5, LIMN_RGB, &picture), LIMN_USAGE);
    assert_string_equal(limn_message(), "A picture of 0 x 5 pixels cannot be: both sides need 1.");
    assert_null(picture);
    limn_picture_free(NULL);
}

int main(void) {
    if (vips_init("test_image")) return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(reads_every_kind),
        TEST(converts_colours),
        TEST(converts_cmyk),
        TEST(keeps_srgb),
        TEST(turns_once),
        TEST(refuses_other_content),
        TEST(refuses_missing_and_empty),
        TEST(refuses_cut_files),
        TEST(refuses_damaged_files),
        TEST(refuses_what_is_too_large),
        TEST(prints_nothing),
        TEST(reads_in_threads),
        TEST(writes_every_format),
        TEST(rounds_and_holds),
        TEST(lays_alpha_on_white),
        TEST(refuses_to_write),
        TEST(full_disk),
        TEST(keeps_exif),
        TEST(to_memory_and_back),
        TEST(preserves_colour),
        TEST(blends),
        TEST(resizes_as_pillow),
        TEST(resizes_with_alpha),
        TEST(fits),
        TEST(crops_and_flips),
        TEST(sheets),
        TEST(impossible_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
