// What a file says of itself is the same whether all of it was read or, as when thousands are
// planned, only what is said in it.
#define _GNU_SOURCE
#include "base/file.h"
#include "picture_samples.h"

enum { SIDE = 600 };

// Noise, which no format makes small.
static void save_noise(const char *name, int bands, int frames, int turn) {
    VipsImage *noise, *bytes, *bent;
    assert_int_equal(
        vips_gaussnoise(&noise, SIDE * bands, SIDE * frames, "mean", 128.0, "sigma", 60.0, NULL),
        0);
    assert_int_equal(vips_cast(noise, &bytes, VIPS_FORMAT_UCHAR, NULL), 0);
    size_t size;
    void *memory = vips_image_write_to_memory(bytes, &size);
    bent = vips_image_new_from_memory_copy(memory, size, SIDE, SIDE * frames, bands,
                                           VIPS_FORMAT_UCHAR);
    assert_non_null(bent);
    bent->Type = bands > 2 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W;
    if (frames > 1) vips_image_set_int(bent, VIPS_META_PAGE_HEIGHT, SIDE);
    if (turn) vips_image_set_int(bent, VIPS_META_ORIENTATION, turn);
    g_free(memory);
    g_object_unref(bytes);
    g_object_unref(noise);
    save(bent, name);
}

// The bytes that this process has read so far; -1 where the system does not say.
static long long bytes_read(void) {
    long long count = -1;
    FILE *file = fopen("/proc/self/io", "r");
    if (file && fscanf(file, "rchar: %lld", &count) != 1) count = -1;
    if (file) fclose(file);
    return count;
}

static const struct {
    const char *name;
    int bands, frames, turn;
} kinds[] = {
    {"strips.tif", 3, 1, 0},
    {"turned.tif", 3, 1, 6},
    {"tiles.tif[tile,tile-width=64,tile-height=64]", 3, 1, 0},
    {"big.tif[bigtiff,compression=deflate]", 4, 1, 8},
    {"lzw.tif[compression=lzw]", 1, 1, 0},
    {"jpeg.tif[compression=jpeg,Q=95]", 3, 1, 0},
    {"pages.tif", 3, 3, 0},
    {"pyramid.tif[pyramid,tile,subifd]", 3, 1, 0},
    {"lossy.webp[Q=95]", 3, 1, 0},
    {"turned.webp[Q=95]", 3, 1, 5},
    {"clear.webp[Q=95]", 4, 1, 0},
    {"lossless.webp[lossless,effort=0]", 4, 1, 3},
    {"frames.webp[Q=95]", 4, 3, 0},
    {"rgb.jpg[Q=98]", 3, 1, 6},
    {"scans.jpg[Q=98,interlace]", 1, 1, 0},
    {"rgba.png", 4, 1, 0},
};

static void heads(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char name[64];
        limn_file file;
        limn_picture_header all = {.size = sizeof all}, part = {.size = sizeof part};
        snprintf(name, sizeof name, "%.*s", (int)strcspn(kinds[i].name, "["), kinds[i].name);
        save_noise(kinds[i].name, kinds[i].bands, kinds[i].frames, kinds[i].turn);
        assert_int_equal(limn_file_open(name, SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
        assert_int_equal(limn_picture_read_header_bytes(file.bytes, file.size, name, NULL, &all),
                         LIMN_OK);
        long long before = bytes_read();
        assert_int_equal(limn_picture_read_header(name, NULL, &part), LIMN_OK);
        long long taken = bytes_read() - before;
        if (memcmp(&all, &part, offsetof(limn_picture_header, left_channels) + sizeof(int)))
            fail_msg("%s: its head says %d x %d, %d bits, turn %d, %d pages; it is %d x %d, %d "
                     "bits, turn %d, %d pages",
                     name, part.width, part.height, part.depth, part.orientation, part.pages,
                     all.width, all.height, all.depth, all.orientation, all.pages);
        assert_int_equal(part.pages, kinds[i].frames);
        if (before >= 0 && taken > (long long)file.size / 3)
            fail_msg("%s: %lld of %zu bytes were read for its head", name, taken, file.size);
        limn_file_close(&file);
    }
}

// A cut file is told as before, though its head is whole.
static void cut_files(void **state) {
    (void)state;
    limn_picture_header part = {.size = sizeof part};
    limn_file file;
    save_noise("whole.tif", 3, 1, 0);
    assert_int_equal(limn_file_open("whole.tif", SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    assert_int_equal(limn_file_write("cut.tif", file.bytes, file.size - 4000, true), LIMN_OK);
    limn_file_close(&file);
    assert_int_equal(limn_picture_read_header("cut.tif", NULL, &part), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "cut.tif: the file ends in the middle"));
    save_noise("whole.webp", 3, 1, 0);
    assert_int_equal(limn_file_open("whole.webp", SIZE_MAX, LIMN_INPUT, &file), LIMN_OK);
    assert_int_equal(limn_file_write("cut.webp", file.bytes, file.size / 2, true), LIMN_OK);
    limn_file_close(&file);
    assert_int_equal(limn_picture_read_header("cut.webp", NULL, &part), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "cut.webp: the file ends in the middle"));
}

static void parts(void **state) {
    (void)state;
    enum { SIZE = 100000 };
    char *bytes = malloc(SIZE);
    for (int i = 0; i < SIZE; i++) bytes[i] = (char)(i % 250 + 1);
    assert_int_equal(limn_file_write("a", bytes, SIZE, true), LIMN_OK);
    limn_partial partial;
    assert_int_equal(limn_partial_open("a", LIMN_INPUT, &partial), LIMN_OK);
    assert_int_equal(partial.file.size, SIZE);
    assert_int_equal(partial.file.bytes[50000], 0);
    assert_int_equal(limn_partial_need(&partial, 49999, 40000), LIMN_OK);
    assert_memory_equal(partial.file.bytes + 49999, bytes + 49999, 40000);
    assert_int_equal(partial.file.bytes[0], 0);
    assert_int_equal(limn_partial_need(&partial, SIZE - 1, UINT64_MAX), LIMN_OK);
    assert_int_equal(limn_partial_need(&partial, UINT64_MAX, UINT64_MAX), LIMN_OK);
    assert_memory_equal(partial.file.bytes + SIZE - 1, bytes + SIZE - 1, 1);
    limn_partial_close(&partial);
    free(bytes);
    assert_int_equal(limn_file_write("empty", NULL, 0, true), LIMN_OK);
    assert_int_equal(limn_partial_open("empty", LIMN_INPUT, &partial), LIMN_OK);
    assert_int_equal(limn_partial_need(&partial, 0, 9), LIMN_OK);
    limn_partial_close(&partial);
    assert_int_equal(limn_partial_open("none", LIMN_MODEL, &partial), LIMN_MODEL);
    limn_partial_close(&partial);
}

int main(void) {
    const struct CMUnitTest tests[] = {IN_FOLDER(heads), IN_FOLDER(cut_files), IN_FOLDER(parts)};
    if (vips_init("test_image_head")) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
