// Tests of what files hold besides their colours: every format read, every format written.
//
// fuzz/corpus/picture/told.* were made by Pillow, tifffile and exiftool: 24 x 16 pixels that are to
// be turned (orientation 6, in EXIF and XMP), EXIF with GPS, XMP; IPTC but in WebP; a comment in
// JPEG, words in PNG; 300 dots an inch in JPEG and TIFF, nothing about that in the others; alpha
// but in JPEG; 16 bits in PNG and TIFF.
#define _GNU_SOURCE
#include "base/file.h"
#include "base/memory.h"
#include "picture_samples.h"

#include <limits.h>
#include <time.h>
#include <zlib.h>

static char kept[PATH_MAX]; // the folder of the samples

static const char *const endings[] = {"jpg", "png", "webp", "tif"};
enum { FORMATS = 4, JPEG = 0, PNG, WEBP, TIFF };

static limn_picture *read_sample(int format) {
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/told.%s", kept, endings[format]);
    return must_read(path);
}

// Writes a sample as X-to.Y, for others to look at.
static void convert(int from, int to, limn_keeping keeping, char name[32]) {
    limn_picture *picture = read_sample(from);
    snprintf(name, 32, "%s-to.%s", endings[from], endings[to]);
    must_write(
        picture, name,
        LIMN_WITH(limn_write_options, .metadata = keeping, .existing = LIMN_REPLACE_EXISTING));
    limn_picture_free(picture);
}

static bool has(const char *name, const char *words) {
    limn_file file;
    assert_int_equal(limn_file_open(name, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    bool found = memmem(file.bytes, file.size, words, strlen(words));
    limn_file_close(&file);
    return found;
}

static void must_have(const char *name, const char *words, bool wanted) {
    if (has(name, words) != wanted)
        fail_msg("%s: %s \"%s\"", name, wanted ? "lost" : "kept", words);
}

// ---- pictures ----

static void keeps_the_picture(void **state) {
    (void)state;
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++) {
            char name[32];
            convert(from, to, LIMN_KEEP_METADATA, name);
            limn_picture *was = read_sample(from), *now = must_read(name);
            limn_picture_header header = {.size = sizeof header};
            assert_int_equal(limn_picture_read_header(name, NULL, &header), 0);
            assert_int_equal(header.orientation, 1);
            assert_int_equal(header.other_colours, 0);
            assert_int_equal(now->width, 16);
            assert_int_equal(now->height, 24);
            assert_int_equal(was->depth, from == PNG || from == TIFF ? 16 : 8);
            assert_int_equal(now->depth, to == PNG || to == TIFF ? was->depth : 8);
            assert_int_equal(was->alpha != NULL, from != JPEG);
            assert_int_equal(now->alpha != NULL, from != JPEG && to != JPEG);
            float tolerance = to == PNG || to == TIFF ? 0.01F : to == WEBP ? 45 : 14;
            if (to == JPEG) limn_picture_on_white(was);
            for (int i = 0; i < 3 * 16 * 24; i++)
                if (!now->alpha || now->alpha[i % 384] > 0.9F)
                    assert_float_equal(now->rgb[i], was->rgb[i], tolerance);
            VipsImage *image = vips_image_new_from_file(name, NULL);
            assert_non_null(image);
            assert_int_not_equal(vips_image_get_typeof(image, VIPS_META_ICC_NAME), 0);
            g_object_unref(image);
            limn_picture_free(was);
            limn_picture_free(now);
        }
}

// ---- what is told of them ----

// By libexif, which does not read EXIF of TIFF.
static void check_exif(const char *name) {
    static const char *const told[][2] = {
        {"exif-ifd0-Artist", "Ann"},
        {"exif-ifd0-Copyright", "Bob"},
        {"exif-ifd0-Software", "Soft"},
        {"exif-ifd0-Model", "M5"},
        {"exif-ifd2-ExposureTime", "1/60"},
        {"exif-ifd3-GPSLatitude", "48/1 15/1 0/"},
        {"exif-ifd3-GPSLongitudeRef", "E"},
        {"exif-ifd0-Orientation", "1"},
        {"exif-ifd0-ImageDescription", "Shore"},
    };
    VipsImage *image = vips_image_new_from_file(name, NULL);
    assert_non_null(image);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const char *text = "nothing";
        if (vips_image_get_string(image, told[i][0], &text) ||
            strncmp(text, told[i][1], strlen(told[i][1])) != 0)
            fail_msg("%s: %s is %s", name, told[i][0], text);
    }
    g_object_unref(image);
}

static void keeps_what_is_told(void **state) {
    (void)state;
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++) {
            char name[32];
            convert(from, to, LIMN_KEEP_METADATA, name);
            if (to != TIFF) check_exif(name);
            static const char *const words[] = {"Ann", "Bob", "Shore", "Soft", "M5"};
            for (int i = 0; i < 5; i++) must_have(name, words[i], true);
            must_have(name, "seaside", true);
            must_have(name, "tiff:Orientation>1<", true);
            must_have(name, "tiff:Orientation>6<", false);
            must_have(name, "Paris", from != WEBP && to != PNG);
            must_have(name, "5061726973", from != WEBP && to == PNG); // in hexadecimal digits
            must_have(name, "from the sea", from == JPEG);
            static const char *const png[] = {"a cat, Steps: 20", "a packed text", "Katze \xC3\xBC",
                                              "Jos\xC3\xA9"};
            for (int i = 0; i < 4; i++) must_have(name, png[i], from == PNG);
        }
}

// A file that was made of another is as good to start from.
static void keeps_it_twice(void **state) {
    (void)state;
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++) {
            char name[32];
            convert(from, to, LIMN_KEEP_METADATA, name);
            limn_picture *picture = must_read(name);
            must_write(picture, "again.jpg",
                       LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING));
            check_exif("again.jpg");
            must_have("again.jpg", "seaside", true);
            must_have("again.jpg", "Paris", from != WEBP);
            must_have("again.jpg", "from the sea", from == JPEG);
            must_have("again.jpg", "a cat, Steps: 20", from == PNG);
            limn_picture_free(picture);
        }
}

static void strips(void **state) {
    (void)state;
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++) {
            char name[32];
            convert(from, to, LIMN_STRIP_METADATA, name);
            static const char *const words[] = {"Ann",   "Bob",        "Shore", "Soft",  "seaside",
                                                "Paris", "5061726973", "sea",   "Steps", "packed",
                                                "Katze", "Exif",       "EXIF",  "eXIf",  "XMP",
                                                "8BIM",  "adobe"};
            for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                must_have(name, words[i], false);
        }
}

// The colours under a thumbnail are another picture's.
static void leaves_the_thumbnail(void **state) {
    (void)state;
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
    vips_image_set_blob_copy(image, "jpeg-thumbnail-data", "this is the small one", 21);
    vips_image_set_string(image, "exif-ifd0-Artist", "Ann");
    save(image, "a.jpg");
    limn_picture *picture = must_read("a.jpg");
    for (int to = 0; to < FORMATS; to++) {
        char name[32];
        snprintf(name, sizeof name, "b.%s", endings[to]);
        must_write(picture, name, NULL);
        must_have(name, "Ann", true);
        must_have(name, "the small one", false);
    }
    limn_picture_free(picture);
}

// ---- resolution ----

// Dots an inch as the file has them; 0: it says nothing.
static double told_resolution(const char *name) {
    limn_file file;
    double found = 0;
    assert_int_equal(limn_file_open(name, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    const unsigned char *jfif = memmem(file.bytes, file.size, "JFIF", 5),
                        *png = memmem(file.bytes, file.size, "pHYs", 4);
    if (jfif && jfif[7]) found = jfif[8] << 8 | jfif[9];
    if (png) found = (png[4] << 24 | png[5] << 16 | png[6] << 8 | png[7]) * 0.0254;
    limn_file_close(&file);
    return found;
}

static void keeps_resolution(void **state) {
    (void)state;
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++) {
            char name[32];
            convert(from, to, LIMN_KEEP_METADATA, name);
            double wanted = from == JPEG || from == TIFF ? 300 : 0;
            if (to == JPEG || to == PNG) assert_float_equal(told_resolution(name), wanted, 0.01);
            limn_picture *picture = must_read(name);
            must_write(picture, "again.png",
                       LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING));
            assert_float_equal(told_resolution("again.png"), wanted, 0.01);
            limn_picture_free(picture);
        }
    limn_picture *picture = painted(LIMN_RGB); // of no file
    for (int to = 0; to < FORMATS; to++) {
        char name[32];
        snprintf(name, sizeof name, "made.%s", endings[to]);
        must_write(picture, name, NULL);
        limn_picture *back = must_read(name);
        must_write(back, "again.png",
                   LIMN_WITH(limn_write_options, .existing = LIMN_REPLACE_EXISTING));
        assert_float_equal(told_resolution("again.png"), 0, 0);
        limn_picture_free(back);
    }
    limn_picture_free(picture);
}

// ---- a trusted reader ----

// One line a file, so that all sixteen take a second.
static void as_exiftool_says(void **state) {
    (void)state;
    static const char command[] =
        "exiftool -q -f -p '${FileName;s/-.*//} $Artist/$Copyright/$Software/$Model/"
        "${ExposureTime#}/${GPSLatitude#}/${GPSLongitude#}/$IFD0:Orientation#/"
        "$XMP-tiff:Orientation#/$XMP-dc:Subject/$IPTC:Keywords' *-to.*";
    static const char wanted[] = "Ann/Bob/Soft/M5/0.01666666667/48.25/16.5/1/1/seaside/";
    if (system("command -v exiftool >which")) skip();
    for (int from = 0; from < FORMATS; from++)
        for (int to = 0; to < FORMATS; to++) {
            char name[32];
            convert(from, to, LIMN_KEEP_METADATA, name);
        }
    FILE *lines = popen(command, "r");
    char line[512], from[16];
    int count = 0, used = 0;
    for (; fgets(line, sizeof line, lines); count++) {
        assert_int_equal(sscanf(line, "%15s %n", from, &used), 1);
        const char *iptc = strcmp(from, "webp") == 0 ? "-\n" : "Paris\n";
        if (strncmp(line + used, wanted, strlen(wanted)) != 0 ||
            strcmp(line + used + strlen(wanted), iptc) != 0)
            fail_msg("%s", line);
    }
    pclose(lines);
    assert_int_equal(count, FORMATS * FORMATS);
}

// ---- what is damaged, or made to harm ----

static void put_chunk(FILE *file, const char *name, const void *bytes, size_t size) {
    unsigned char head[8] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                             (unsigned char)(size >> 8), (unsigned char)size};
    memcpy(head + 4, name, 4);
    unsigned sum = ~0U;
    for (size_t i = 0; i < 4 + size; i++) {
        sum ^= i < 4 ? head[4 + i] : ((const unsigned char *)bytes)[i - 4];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320U : 0);
    }
    sum = ~sum;
    const unsigned char end[4] = {(unsigned char)(sum >> 24), (unsigned char)(sum >> 16),
                                  (unsigned char)(sum >> 8), (unsigned char)sum};
    fwrite(head, 1, 8, file);
    fwrite(bytes, 1, size, file);
    fwrite(end, 1, 4, file);
}

// Words that would unpack to gigabytes; the picture is read, in no time and no memory.
static void bombs(void **state) {
    (void)state;
    enum { SIZE = 8000000, COUNT = 400 };
    size_t packed_size = SIZE / 500;
    unsigned char *packed = malloc(packed_size), *plain = calloc(1, SIZE);
    memset(plain, 'a', SIZE);
    VipsImage *image = make(3, 8, VIPS_INTERPRETATION_sRGB);
    memcpy(packed, "k\0\0", 3);
    unsigned long room = packed_size - 3;
    assert_int_equal(compress(packed + 3, &room, plain, SIZE), 0);
    save(image, "a.png");
    limn_file file;
    assert_int_equal(limn_file_open("a.png", SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    FILE *bomb = fopen("bomb.png", "wb");
    fwrite(file.bytes, 1, 33, bomb);
    for (int i = 0; i < COUNT; i++) put_chunk(bomb, "zTXt", packed, room + 3);
    put_chunk(bomb, "tEXt", "Title\0harmless", 14);
    fwrite(file.bytes + 33, 1, file.size - 33, bomb);
    fclose(bomb);
    limn_file_close(&file);
    double before = (double)clock();
    limn_picture *picture = must_read("bomb.png");
    double seconds = ((double)clock() - before) / CLOCKS_PER_SEC;
    if (seconds > 2) fail_msg("%g s", seconds);
    assert_true(error_of(picture, false) == 0);
    must_write(picture, "b.png", NULL);
    must_have("b.png", "harmless", true);
    limn_picture_free(picture);
    free(packed);
    free(plain);
}

// A chunk that says it is larger than memory: nothing is taken for it.
static void lies(void **state) {
    (void)state;
    static const char *const kinds[] = {"iTXt", "tEXt", "zTXt", "eXIf", "iCCP", "abCd"};
    save(make(3, 8, VIPS_INTERPRETATION_sRGB), "a.png");
    limn_file file;
    assert_int_equal(limn_file_open("a.png", SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    unsigned char *bytes = malloc(file.size + 12);
    size_t before = limn_memory_peak();
    for (int i = 0; i < 6; i++) {
        memcpy(bytes, file.bytes, 33);
        memcpy(bytes + 33, "\x62\0\0\0", 4); // 1.6 GB
        memcpy(bytes + 37, kinds[i], 4);
        memcpy(bytes + 41, file.bytes + 33, file.size - 33);
        limn_picture *picture;
        assert_int_equal(limn_picture_read_bytes(bytes, file.size + 8, "lie", NULL, &picture),
                         LIMN_INPUT);
        assert_non_null(strstr(limn_message(), "lie: the file ends in the middle"));
    }
    assert_true(limn_memory_peak() < before + (100 << 20));
    limn_file_close(&file);
    free(bytes);
}

// Every sample with every byte of its metadata spoilt, one at a time: read or refused, and what was
// read is written.
static void spoilt(void **state) {
    (void)state;
    for (int format = 0; format < FORMATS; format++) {
        char path[PATH_MAX + 16];
        snprintf(path, sizeof path, "%s/told.%s", kept, endings[format]);
        limn_file file;
        assert_int_equal(limn_file_open(path, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
        unsigned char *bytes = malloc(file.size);
        for (size_t i = 0; i < file.size; i += 3) {
            memcpy(bytes, file.bytes, file.size);
            bytes[i] ^= i % 2 ? 0xFF : 0x41;
            limn_picture *picture;
            if (limn_picture_read_bytes(bytes, file.size, "spoilt", NULL, &picture)) continue;
            for (int to = 0; to < FORMATS && i % 5 == 0; to++) {
                static const limn_format formats[] = {LIMN_FORMAT_JPEG, LIMN_FORMAT_PNG,
                                                      LIMN_FORMAT_WEBP, LIMN_FORMAT_TIFF};
                limn_write_options how = {.size = sizeof how, .format = formats[to]};
                void *written;
                size_t size;
                assert_int_equal(limn_picture_write_bytes(picture, &how, &written, &size), LIMN_OK);
                free(written);
            }
            limn_picture_free(picture);
        }
        free(bytes);
        limn_file_close(&file);
    }
}

int main(void) {
    if (vips_init("test_formats") || !realpath("fuzz/corpus/picture", kept)) return 1;
    const struct CMUnitTest tests[] = {
        IN_FOLDER(keeps_the_picture),
        IN_FOLDER(keeps_what_is_told),
        IN_FOLDER(keeps_it_twice),
        IN_FOLDER(strips),
        IN_FOLDER(leaves_the_thumbnail),
        IN_FOLDER(keeps_resolution),
        IN_FOLDER(as_exiftool_says),
        IN_FOLDER(bombs),
        IN_FOLDER(lies),
        IN_FOLDER(spoilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
