// Tests of what is in a file besides one plain picture: previews, pages, frames, channels that are
// no colours, floats, kinds that are not read, JPEGs without their end or with damage.
#define _GNU_SOURCE
#include "base/file.h"
#include "picture_samples.h"

#include <limits.h>

static char photograph[PATH_MAX];

static limn_file bytes_of(const char *name) {
    limn_file file;
    assert_int_equal(limn_file_open(name, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    return file;
}

static void refused(const char *name, const limn_read_options *options, const char *words) {
    limn_picture *picture;
    limn_picture_header header = {.size = sizeof header};
    if (limn_picture_read(name, options, &picture) != LIMN_INPUT) fail_msg("%s was read", name);
    assert_null(picture);
    if (!strstr(limn_message(), words)) fail_msg("%s, and not: %s", limn_message(), words);
    (void)limn_picture_read_header(name, options, &header); // may be content
}

static limn_picture_header header_of(const char *name) {
    limn_picture_header header = {.size = sizeof header};
    if (limn_picture_read_header(name, NULL, &header)) fail_msg("%s", limn_message());
    return header;
}

// ---- TIFF by hand ----

typedef struct page {
    int width, height, channels, bits;
    int format, colours, subfile; // tags 339, 262, 254
    int extra[4], extras;         // 338
    int packed, tile;             // 259; 322 of planes apart
    bool below;                   // hangs at the one before, at tag 330
    const void *pixels;           // NULL: all bytes are `fill`
    int fill;
} page;

typedef struct building {
    unsigned char bytes[1 << 20];
    size_t size;
} building;

static void number(building *to, unsigned value, int size) {
    for (int i = 0; i < size; i++) to->bytes[to->size++] = (unsigned char)(value >> 8 * i);
}

static void entry(building *to, int tag, unsigned value) {
    number(to, (unsigned)tag, 2);
    number(to, 4, 2);
    number(to, 1, 4);
    number(to, value, 4);
}

// SHORTs, four at most, of which more than two lie elsewhere.
static void shorts(building *to, int tag, const int *values, int count, size_t elsewhere) {
    number(to, (unsigned)tag, 2);
    number(to, 3, 2);
    number(to, (unsigned)count, 4);
    if (count > 2) {
        number(to, (unsigned)elsewhere, 4);
        return;
    }
    number(to, (unsigned)values[0], 2);
    number(to, count > 1 ? (unsigned)values[1] : 0, 2);
}

static size_t put_shorts(building *to, const int *values, int count) {
    size_t at = to->size;
    for (int i = 0; i < count; i++) number(to, (unsigned)values[i], 2);
    return at;
}

static void put_page(building *to, const page *it, size_t below) {
    size_t size = (size_t)(it->width * it->height * it->channels * it->bits / 8), start = to->size;
    assert_true(start + size + 400 < sizeof to->bytes);
    if (it->pixels)
        memcpy(to->bytes + start, it->pixels, size);
    else
        memset(to->bytes + start, it->fill, size);
    to->size += (size + 1) & ~(size_t)1;
    int bits[8];
    for (int i = 0; i < 8; i++) bits[i] = it->bits;
    size_t bits_at = put_shorts(to, bits, it->channels), extra_at = put_shorts(to, it->extra, 4);
    building head = {.size = to->size};
    (void)head;
    size_t count_at = to->size;
    number(to, 0, 2);
    if (it->subfile) entry(to, 254, (unsigned)it->subfile);
    entry(to, 256, (unsigned)it->width);
    entry(to, 257, (unsigned)it->height);
    shorts(to, 258, bits, it->channels, bits_at);
    entry(to, 259, it->packed ? (unsigned)it->packed : 1);
    entry(to, 262, (unsigned)it->colours);
    entry(to, 273, (unsigned)start);
    entry(to, 277, (unsigned)it->channels);
    entry(to, 278, (unsigned)it->height);
    entry(to, 279, (unsigned)size);
    if (below) entry(to, 330, (unsigned)below);
    if (it->extras) shorts(to, 338, it->extra, it->extras, extra_at);
    if (it->format) entry(to, 339, (unsigned)it->format);
    unsigned count = (unsigned)(to->size - count_at - 2) / 12;
    to->bytes[count_at] = (unsigned char)count;
}

// Pages in a chain; one that is `below` hangs at the one that follows it in the list.
static void make_tiff(const char *name, const page *pages, int count) {
    building *to = calloc(1, sizeof *to);
    memcpy(to->bytes, "II*\0\0\0\0\0", 8);
    to->size = 8;
    size_t link = 4, below = 0;
    for (int i = 0; i < count; i++) {
        size_t before = to->size;
        put_page(to, &pages[i], pages[i].below ? 0 : below);
        size_t pixels =
            (size_t)(pages[i].width * pages[i].height * pages[i].channels * pages[i].bits / 8);
        size_t place = before + ((pixels + 1) & ~(size_t)1) + 2 * (size_t)pages[i].channels + 8;
        if (pages[i].below) {
            below = place;
        } else {
            below = 0;
            for (int k = 0; k < 4; k++)
                to->bytes[link + (size_t)k] = (unsigned char)(place >> 8 * k);
            link = to->size;
        }
        number(to, 0, 4);
    }
    put(name, to->bytes, to->size);
    free(to);
}

static page plain(int width, int height, int fill, int subfile) {
    return (page){.width = width,
                  .height = height,
                  .channels = 3,
                  .bits = 8,
                  .colours = 2,
                  .fill = fill,
                  .subfile = subfile};
}

// ---- previews and pages ----

static void shows(const char *name, const limn_read_options *options, int width, int fill) {
    limn_picture *picture;
    if (limn_picture_read(name, options, &picture)) fail_msg("%s", limn_message());
    if (picture->width != width || picture->rgb[0] != (float)fill)
        fail_msg("%s: %d wide, of %g", name, picture->width, (double)picture->rgb[0]);
    limn_picture_free(picture);
}

static void no_preview(void **state) {
    (void)state;
    const page small = plain(24, 18, 10, 1), large = plain(96, 72, 20, 0);
    page below = large;
    below.below = true;
    make_tiff("first.tif", (page[]){small, large}, 2);
    make_tiff("two.tif", (page[]){small, plain(48, 36, 30, 0), large, small}, 4);
    make_tiff("last.tif", (page[]){large, small}, 2);
    make_tiff("below.tif", (page[]){below, small}, 2);
    make_tiff("alone.tif", &small, 1);
    shows("first.tif", NULL, 96, 20);
    shows("two.tif", NULL, 96, 20);
    shows("last.tif", NULL, 96, 20);
    shows("below.tif", NULL, 96, 20);
    shows("alone.tif", NULL, 24, 10);
    shows("first.tif", LIMN_WITH(limn_read_options, .page = 1), 24, 10); // asked for
    assert_int_equal(header_of("first.tif").pages, 1);
    assert_int_equal(header_of("two.tif").pages, 2);
    assert_int_equal(header_of("first.tif").width, 96);
}

static void no_raw(void **state) {
    (void)state;
    const page small = plain(160, 120, 77, 1);
    page raw = {.width = 480, .height = 320, .channels = 1, .bits = 16, .colours = 32803};
    make_tiff("after.dng", (page[]){small, raw}, 2);
    raw.below = true;
    make_tiff("shot.nef", (page[]){raw, small}, 2);
    make_tiff("plain.cr2", &small, 1);
    limn_file file = bytes_of("plain.cr2");
    unsigned char *bytes = malloc(file.size);
    memcpy(bytes, file.bytes, file.size);
    memcpy(bytes + 8, "CR\2\0", 4);
    put("shot.cr2", bytes, file.size);
    limn_file_close(&file);
    free(bytes);
    const char *const names[] = {"after.dng", "shot.nef", "shot.cr2"};
    for (int i = 0; i < 3; i++) {
        limn_picture_header header = {.size = sizeof header};
        refused(names[i], NULL, "is a raw photograph");
        assert_int_equal(limn_picture_read_header(names[i], NULL, &header), LIMN_INPUT);
    }
    shows("shot.nef", LIMN_WITH(limn_read_options, .page = 1), 160, 77);
}

static void pages(void **state) {
    (void)state;
    make_tiff("three.tif", (page[]){plain(9, 9, 1, 0), plain(8, 8, 2, 0), plain(99, 9, 3, 0)}, 3);
    assert_int_equal(header_of("three.tif").pages, 3);
    shows("three.tif", NULL, 9, 1);
    for (int i = 1; i <= 3; i++)
        shows("three.tif", LIMN_WITH(limn_read_options, .page = i),
              i == 1   ? 9
              : i == 2 ? 8
                       : 99,
              i);
    refused("three.tif", LIMN_WITH(limn_read_options, .page = 4),
            "has 3 pages, so there is no page 4.");
    // Frames: libvips writes a tall picture as so many.
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, HEIGHT / 2);
    save(image, "anim.webp[lossless]");
    assert_int_equal(header_of("anim.webp").pages, 2);
    limn_picture *picture;
    assert_int_equal(
        limn_picture_read("anim.webp", LIMN_WITH(limn_read_options, .page = 2), &picture), LIMN_OK);
    assert_int_equal(picture->height, HEIGHT / 2);
    assert_true(at(picture, 1, 3, 0) == shade(1, 3, HEIGHT / 2));
    limn_picture_free(picture);
    refused("anim.webp", LIMN_WITH(limn_read_options, .page = 3), "there is no page 3");
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), "one.jpg");
    assert_int_equal(header_of("one.jpg").pages, 1);
    refused("one.jpg", LIMN_WITH(limn_read_options, .page = 2),
            "has 1 page, so there is no page 2.");
}

// Two JPEGs behind one another, with the index of CIPA DC-007 in the first.
static void pictures_in_a_row(void **state) {
    (void)state;
    enum { INDEX = 4 + 4 + 8 + 2 + 12 + 4 + 32 };
    VipsImage *other, *noise;
    assert_int_equal(vips_gaussnoise(&noise, 300, 200, "mean", 128.0, "sigma", 60.0, NULL), 0);
    save(noise, "a.jpg[Q=100]"); // longer than what planning reads
    assert_int_equal(vips_black(&other, 30, 20, "bands", 3, NULL), 0);
    save(other, "b.jpg");
    limn_file a = bytes_of("a.jpg"), b = bytes_of("b.jpg");
    building *to = calloc(1, sizeof *to);
    memcpy(to->bytes, "\xFF\xD8\xFF\xE2\0\0MPF\0", 10);
    to->bytes[5] = INDEX - 2;
    to->size = 10;
    memcpy(to->bytes + to->size, "II*\0\x8\0\0\0", 8);
    to->size += 8;
    number(to, 1, 2);
    number(to, 0xB002, 2);
    number(to, 7, 2);
    number(to, 32, 4);
    number(to, 8 + 2 + 12 + 4, 4);
    number(to, 0, 4);
    for (int i = 0; i < 2; i++) {
        number(to, i ? 0 : 0x30000, 4);
        number(to, (unsigned)(i ? b.size : a.size), 4);
        number(to, i ? (unsigned)(2 + 2 + INDEX + a.size - 2 - 10) : 0, 4);
        number(to, 0, 4);
    }
    assert_int_equal(to->size, 2 + 2 + INDEX - 2);
    number(to, 0, 2); // the segment is two bytes longer
    to->bytes[5] = (unsigned char)(to->size - 4);
    memcpy(to->bytes + to->size, a.bytes + 2, a.size - 2);
    to->size += a.size - 2;
    memcpy(to->bytes + to->size, b.bytes, b.size);
    to->size += b.size;
    put("c.jpg", to->bytes, to->size);
    assert_int_equal(header_of("c.jpg").pages, 2);
    limn_picture *picture = must_read("c.jpg");
    assert_int_equal(picture->width, 300);
    assert_int_equal(picture->damaged, 0);
    limn_picture_free(picture);
    limn_picture_header second = {.size = sizeof second};
    assert_int_equal(
        limn_picture_read_header("c.jpg", LIMN_WITH(limn_read_options, .page = 2), &second),
        LIMN_OK);
    assert_int_equal(second.width, 30);
    shows("c.jpg", LIMN_WITH(limn_read_options, .page = 2), 30, 0);
    limn_file_close(&a);
    limn_file_close(&b);
    free(to);
}

// ---- channels ----

static void channels(void **state) {
    (void)state;
    enum { SIDE = 16 };
    static const struct {
        int channels, extra[4], extras, left;
        int alpha; // the channel that is alpha, 0: none
    } cases[] = {
        {4, {0}, 1, 1, 0},          {4, {2}, 1, 0, 3},    {5, {0, 2}, 2, 1, 4},
        {7, {0, 0, 0, 0}, 4, 4, 0}, {5, {2, 0}, 2, 1, 3}, {4, {0}, 0, 0, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int n = cases[i].channels;
        unsigned char pixels[SIDE * SIDE * 8];
        for (int k = 0; k < SIDE * SIDE * n; k++) pixels[k] = (unsigned char)(20 + 30 * (k % n));
        page it = {.width = SIDE,
                   .height = SIDE,
                   .channels = n,
                   .bits = 8,
                   .colours = 2,
                   .extras = cases[i].extras,
                   .pixels = pixels};
        memcpy(it.extra, cases[i].extra, sizeof it.extra);
        make_tiff("a.tif", &it, 1);
        limn_picture_header header = header_of("a.tif");
        limn_picture *picture = must_read("a.tif");
        assert_int_equal(header.left_channels, cases[i].left);
        assert_int_equal(header.has_alpha, cases[i].alpha > 0);
        assert_int_equal(picture->alpha != NULL, cases[i].alpha > 0);
        for (int c = 0; c < 3; c++)
            assert_true(picture->rgb[c * SIDE * SIDE + 5] == (float)(20 + 30 * c));
        if (picture->alpha)
            assert_float_equal(picture->alpha[5], (20 + 30 * cases[i].alpha) / 255.0, 1e-6);
        limn_picture_free(picture);
    }
}

// ---- numbers ----

static void make_floats(const char *name, int channels, float low, float high) {
    static float values[WIDTH * HEIGHT * 4];
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        for (int c = 0; c < channels; c++)
            values[i * channels + c] = channels == 4 && c == 3
                                           ? 0.5F
                                           : low + (high - low) * (float)i / (WIDTH * HEIGHT - 1);
    values[3 * channels] = NAN;
    page it = {.width = WIDTH,
               .height = HEIGHT,
               .channels = channels,
               .bits = 32,
               .format = 3,
               .colours = channels < 3 ? 1 : 2,
               .pixels = values,
               .extra = {2},
               .extras = channels == 4};
    make_tiff(name, &it, 1);
}

static double light(double x) {
    return x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055;
}

static void floats(void **state) {
    (void)state;
    static const float highs[] = {1, 255, 65535};
    for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1)
        for (int k = 0; k < 3; k++) {
            make_floats("f.tif", channels, 0, highs[k]);
            limn_picture *picture = must_read("f.tif");
            assert_int_equal(picture->depth, 16);
            assert_int_equal(picture->alpha != NULL, channels == 4);
            if (picture->alpha) assert_float_equal(picture->alpha[9], 0.5, 1e-4);
            for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) {
                double x = i % (WIDTH * HEIGHT) / (double)(WIDTH * HEIGHT - 1);
                double wanted = 255 * (k ? x : light(x));
                if (i % (WIDTH * HEIGHT) != 3) assert_float_equal(picture->rgb[i], wanted, 0.01);
            }
            limn_picture_free(picture);
        }
    make_floats("f.tif", 3, -3, 5);
    refused("f.tif", NULL, "its numbers run from -3 to 5. limn reads floats");
    make_floats("f.tif", 1, 0, 4095); // 12 bits: not black
    refused("f.tif", NULL, "its numbers run from 0 to 4095.");
    make_floats("f.tif", 1, 0, 1e6F);
    refused("f.tif", NULL, "its numbers run from 0 to 1e+06.");
}

// What is whole but of a kind that is not read is not called damaged.
static void kinds_not_read(void **state) {
    (void)state;
    static const struct {
        int bits, format, packed;
        const char *words;
    } cases[] = {
        {16, 2, 1, "of numbers with a sign"}, {8, 2, 1, "of numbers with a sign"},
        {16, 3, 1, "of floats of 16 bits"},   {64, 3, 1, "of floats of 64 bits"},
        {32, 1, 1, "of more than 16 bits"},   {8, 1, 50002, "packed in an unusual way"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        page it = {.width = 16,
                   .height = 16,
                   .channels = 3,
                   .bits = cases[i].bits,
                   .format = cases[i].format,
                   .packed = cases[i].packed,
                   .colours = 2};
        make_tiff("k.tif", &it, 1);
        refused("k.tif", NULL, cases[i].words);
        assert_null(strstr(limn_message(), "damaged"));
        assert_non_null(strstr(limn_message(), "a kind that limn does not read. Save it again"));
    }
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), "a.jpg");
    limn_file file = bytes_of("a.jpg");
    unsigned char *bytes = malloc(file.size);
    static const unsigned char starts[][2] = {{0xC0, 12}, {0xC3, 8}, {0xC5, 8}};
    for (int i = 0; i < 3; i++) {
        memcpy(bytes, file.bytes, file.size);
        unsigned char *start = memmem(bytes, file.size, "\xFF\xC0", 2);
        start[1] = starts[i][0];
        start[4] = starts[i][1];
        put("b.jpg", bytes, file.size);
        refused("b.jpg", NULL, "a kind that limn does not read");
    }
    limn_file_close(&file);
    free(bytes);
    static const char apple[] = "\x89PNG\r\n\x1A\n\0\0\0\4CgBI\x50\0\x20\2\x2B\xD5\xB3\x7F"
                                "\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x8\2\0\0\0\x90\x77\x53\xDE"
                                "\0\0\0\0IEND\xAE\x42\x60\x82";
    put("apple.png", apple, sizeof apple - 1);
    refused("apple.png", NULL, "of Apple's own making (CgBI)");
}

// ---- JPEGs that are not quite whole ----

static void without_end(void **state) {
    (void)state;
    const char *const names[] = {"a.jpg[Q=98,subsample-mode=off]",
                                 "b.jpg[Q=98,subsample-mode=off,interlace]"};
    for (int i = 0; i < 2; i++) {
        char name[8];
        snprintf(name, sizeof name, "%.5s", names[i]);
        save(make(3, 8, VIPS_INTERPRETATION_sRGB), names[i]);
        limn_file file = bytes_of(name);
        limn_picture *whole = must_read(name);
        for (size_t lacks = 1; lacks <= 2; lacks++) {
            put("c.jpg", file.bytes, file.size - lacks);
            limn_picture *picture = must_read("c.jpg");
            assert_memory_equal(picture->rgb, whole->rgb, 3 * WIDTH * HEIGHT * sizeof(float));
            assert_int_equal(picture->damaged, 0);
            limn_picture_free(picture);
        }
        limn_picture_free(whole);
        for (size_t lacks = 60; lacks < 300; lacks++) { // more than its last square
            put("d.jpg", file.bytes, file.size - lacks);
            refused("d.jpg", NULL, "the file ends in the middle of the picture");
        }
        limn_file_close(&file);
    }
}

// Damage that viewers pass over is passed over, and told.
static void damaged(void **state) {
    (void)state;
    limn_picture *photo = must_read(photograph);
    must_write(photo, "a.jpg", LIMN_WITH(limn_write_options, .quality = 75));
    limn_picture_free(photo);
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), "whole.jpg");
    limn_file file = bytes_of("a.jpg");
    unsigned char *bytes = malloc(file.size);
    size_t half = file.size / 2;
    memcpy(bytes, file.bytes, file.size);
    memset(bytes + half, 0, 3000);
    put("zeros.jpg", bytes, file.size);
    memcpy(bytes + half, "\xFF\xD9", 2);
    put("short.jpg", bytes, half + 2); // with an end mark
    const char *const names[] = {"zeros.jpg", "short.jpg", "a.jpg", "whole.jpg"};
    for (int i = 0; i < 4; i++) {
        limn_picture *picture = must_read(names[i]), *copy;
        if (picture->damaged != (i < 2)) fail_msg("%s: %d", names[i], picture->damaged);
        assert_int_equal(limn_picture_copy(picture, &copy), LIMN_OK);
        assert_int_equal(header_of(names[i]).width, picture->width);
        limn_picture_free(copy);
        limn_picture_free(picture);
    }
    limn_file_close(&file);
    free(bytes);
}

// A hole is full of bits that are codes, too: that what they say is more or less than the picture
// is how it shows.
static void holes(void **state) {
    (void)state;
    static const char *const kinds[] = {"a.jpg[Q=75]", "a.jpg[Q=95,subsample-mode=off]",
                                        "a.jpg[Q=85,interlace]", "a.jpg[Q=85,optimize-coding]",
                                        "a.jpg[Q=85,restart-interval=5]"};
    for (int i = 0; i < 5; i++)
        for (int part = 1; part < 6; part++) {
            VipsImage *image = vips_image_new_from_file(photograph, NULL);
            assert_non_null(image);
            save(image, kinds[i]);
            limn_picture *picture = must_read("a.jpg");
            if (picture->damaged) fail_msg("%s is whole", kinds[i]);
            limn_picture_free(picture);
            limn_file file = bytes_of("a.jpg");
            unsigned char *bytes = malloc(file.size);
            memcpy(bytes, file.bytes, file.size);
            memset(bytes + file.size * (size_t)part / 7, part % 2 ? 0 : 77, 2000);
            put("hole.jpg", bytes, file.size);
            limn_file_close(&file);
            free(bytes);
            if (limn_picture_read("hole.jpg", NULL, &picture)) continue; // told as well
            if (!picture->damaged) fail_msg("%s: a hole at %d/7 is not told", kinds[i], part);
            limn_picture_free(picture);
        }
}

// ---- names ----

static void names(void **state) {
    (void)state;
    assert_int_equal(limn_format_of_name("a.jfif"), LIMN_FORMAT_JPEG);
    assert_int_equal(limn_format_of_name("a.JPE"), LIMN_FORMAT_JPEG);
    assert_int_equal(limn_format_of_name("jfif"), LIMN_FORMAT_NONE);
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), "a.jpg");
    limn_picture *picture = must_read("a.jpg");
    must_write(picture, "b.jfif", NULL);
    limn_picture_free(picture);
    picture = must_read("b.jfif");
    assert_int_equal(picture->format, LIMN_FORMAT_JPEG);
    limn_picture_free(picture);
}

int main(void) {
    if (vips_init("test_pages") || !realpath("examples/chelsea.jpg", photograph)) return 1;
    const struct CMUnitTest tests[] = {
        IN_FOLDER(no_preview),     IN_FOLDER(no_raw),
        IN_FOLDER(pages),          IN_FOLDER(pictures_in_a_row),
        IN_FOLDER(channels),       IN_FOLDER(floats),
        IN_FOLDER(kinds_not_read), IN_FOLDER(without_end),
        IN_FOLDER(damaged),        IN_FOLDER(holes),
        IN_FOLDER(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
