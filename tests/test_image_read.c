// Tests of reading pictures: every kind of file, colours, turns, and what is refused. Files are
// made by libvips.
#define _GNU_SOURCE
#include "base/file.h"
#include "picture_samples.h"

#include <fcntl.h>
#include <pthread.h>

static void save_plain(const char *name) {
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), name);
}

static void refused(const char *name, const char *sentence) {
    limn_picture *picture = (void *)1;
    assert_int_equal(limn_picture_read(name, NULL, &picture), LIMN_INPUT);
    assert_null(picture);
    assert_string_equal(limn_message(), sentence);
}

// ---- what is read ----

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
        limn_picture_header header = {.size = sizeof header};
        assert_int_equal(limn_picture_read_header(name, NULL, &header), LIMN_OK);
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
    limn_picture_header header = {.size = sizeof header};
    assert_int_equal(limn_picture_read_header(name, NULL, &header), LIMN_OK);
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
            limn_picture_header header = {.size = sizeof header};
            assert_int_equal(limn_picture_read_header(name, NULL, &header), 0);
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
                       LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING));
            assert_int_equal(limn_picture_read_header("again.jpg", NULL, &header), 0);
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
        const char *what, *advice;
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
        {"i.png", "\0\0\0\0\0\0\0\0", 8, "nothing but zero bytes.", " Copy it again."},
        {"j.png", "<!DOCTYPE html>", 15, "a web page.",
         " The download gave an error or a question instead: open the address in a browser."},
        {"k.png", "P6 1 1 255\n\1\2\3", 14, "a PNM picture."},
        {"l.png", "PK\3\4....", 8, "a zip archive.", " Unpack it first."},
        {"o.jpg",
         "\0\0\0\x18"
         "ftyphevc\0\0\0\0",
         16, "HEIC pictures."},
        {"p.jpg",
         "\0\0\0\x18"
         "ftypavis\0\0\0\0",
         16, "AVIF pictures."},
        {"m.png", "\1\2\3", 3, "no known format."},
        {"n.png", "\x89PNG", 4, "no known format."},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char sentence[256];
        put(files[i].name, files[i].bytes, files[i].size);
        snprintf(sentence, sizeof sentence, "%s" LOOKS "%s%s", files[i].name, files[i].what,
                 files[i].advice ? files[i].advice : CONVERT);
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
            if (limn_picture_read(name, NULL, &picture) != LIMN_INPUT)
                fail_msg("%s cut at %g was read", names[i], part);
            if (!strstr(limn_message(), ": the file ends in the middle of the picture") ||
                !strstr(limn_message(), ". Copy it again."))
                fail_msg("%s cut at %g: %s", names[i], part, limn_message());
        }
    VipsImage *image;
    assert_int_equal(vips_gaussnoise(&image, 300, 500, NULL), 0);
    save(image, "noise.jpg");
    cut("noise.jpg", "cut.jpg", 0.5);
    limn_picture *picture;
    assert_int_equal(limn_picture_read("cut.jpg", NULL, &picture), LIMN_INPUT);
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
    assert_int_equal(limn_picture_read("b.png", NULL, &picture), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "b.png: the PNG file is damaged"));
    assert_non_null(strstr(limn_message(), ". Copy it again."));
    limn_file_close(&file);
    free(bytes);
}

// Strips of an unknown type, as many as the field can say: counting them would take years.
static void refuses_endless_tiffs(void **state) {
    (void)state;
    static const char big[] = "II\x2B\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
                              "\x11\x01\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0"
                              "\x17\x01\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0"
                              "\0\0\0\0\0\0\0";
    static const char classic[] = "II\x2A\0\x08\0\0\0\x02\0"
                                  "\x11\x01\0\0\xFF\xFF\xFF\xFF\0\0\0\0"
                                  "\x17\x01\0\0\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0";
    put("big.tif", big, sizeof big);
    put("classic.tif", classic, sizeof classic);
    const char *const names[] = {"big.tif", "classic.tif"};
    for (int i = 0; i < 2; i++) {
        limn_picture *picture;
        assert_int_equal(limn_picture_read(names[i], NULL, &picture), LIMN_INPUT);
        assert_non_null(strstr(limn_message(), "the TIFF file is damaged"));
    }
}

static void refuses_what_is_too_large(void **state) {
    (void)state;
    save_plain("a.png");
    save_plain("a.jpg[interlace]");
    limn_picture *picture;
    limn_picture_header header = {.size = sizeof header};
    limn_read_options few = {.size = sizeof few, .max_pixels = WIDTH * HEIGHT - 1},
                      enough = {.size = sizeof enough, .max_pixels = WIDTH * HEIGHT};
    const char *sentence =
        "a.png: has 40 x 24 = 960 pixels, the limit is 959. Make it smaller first.";
    assert_int_equal(limn_picture_read("a.png", &few, &picture), LIMN_INPUT);
    assert_string_equal(limn_message(), sentence);
    assert_int_equal(limn_picture_read_header("a.png", &few, &header), LIMN_INPUT);
    assert_string_equal(limn_message(), sentence);
    assert_int_equal(limn_picture_read("a.png", &enough, &picture), LIMN_OK);
    limn_picture_free(picture);
    assert_int_equal(
        limn_picture_read("a.jpg", LIMN_WITH(limn_read_options, .max_scans = 3), &picture),
        LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "a.jpg: is a JPEG file of "));
    assert_non_null(strstr(limn_message(), "scans, the limit is 3. Save it again with another "
                                           "program first."));
    // 12 bytes a pixel, with alpha 16.
    save(make(4, 8, VIPS_INTERPRETATION_sRGB), "alpha.png");
    limn_read_options tight = {.size = sizeof tight, .max_memory = WIDTH * HEIGHT * 16 - 1};
    assert_int_equal(limn_picture_read("a.png", &tight, &picture), LIMN_OK);
    limn_picture_free(picture);
    assert_int_equal(limn_picture_read("alpha.png", &tight, &picture), LIMN_MEMORY);
    assert_string_equal(limn_message(),
                        "alpha.png: has 40 x 24 pixels, which need 15 KB of memory, and the limit "
                        "is 15 KB. Make it smaller first, or raise --max-memory.");
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
    limn_status first = limn_picture_read("b.jpg", NULL, &picture);
    limn_status second = limn_picture_read("b.tif", NULL, &picture);
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
        if (limn_picture_read(name, NULL, &picture) != LIMN_OK) return "failed";
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

// The quality that libjpeg was asked for is seen in the file; of other formats there is none.
static void quality_is_told(void **state) {
    (void)state;
    static const int asked[] = {20, 50, 60, 75, 89, 90, 95, 100};
    limn_picture *picture = painted(LIMN_RGB);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        limn_write_options how = {
            .size = sizeof how, .format = LIMN_FORMAT_JPEG, .quality = asked[i]};
        limn_picture_header header = {.size = sizeof header};
        void *bytes;
        size_t size;
        assert_int_equal(limn_picture_write_bytes(picture, &how, &bytes, &size), LIMN_OK);
        assert_int_equal(limn_picture_read_header_bytes(bytes, size, "a picture", NULL, &header),
                         LIMN_OK);
        assert_int_equal(header.quality, asked[i]);
        free(bytes);
    }
    limn_write_options how = {.size = sizeof how, .format = LIMN_FORMAT_PNG};
    limn_picture_header header = {.size = sizeof header};
    void *bytes;
    size_t size;
    assert_int_equal(limn_picture_write_bytes(picture, &how, &bytes, &size), LIMN_OK);
    assert_int_equal(limn_picture_read_header_bytes(bytes, size, "a picture", NULL, &header),
                     LIMN_OK);
    assert_int_equal(header.quality, 0);
    free(bytes);
    limn_picture_free(picture);
}

int main(void) {
    if (vips_init("test_image_read")) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quality_is_told),
        IN_FOLDER(reads_every_kind),
        IN_FOLDER(converts_colours),
        IN_FOLDER(converts_cmyk),
        IN_FOLDER(keeps_srgb),
        IN_FOLDER(turns_once),
        IN_FOLDER(refuses_other_content),
        IN_FOLDER(refuses_missing_and_empty),
        IN_FOLDER(refuses_cut_files),
        IN_FOLDER(refuses_damaged_files),
        IN_FOLDER(refuses_endless_tiffs),
        IN_FOLDER(refuses_what_is_too_large),
        IN_FOLDER(prints_nothing),
        IN_FOLDER(reads_in_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
