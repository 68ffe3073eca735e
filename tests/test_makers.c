// Sets made from digits: what IDX files are refused, and that what is drawn has the shares that the
// specification says, on made-up digits.
#include "own_folder.h"

#include "formats/idx.h"
#include "limn/picture.h"
#include "makers/maker.h"

#include <dirent.h>
#include <math.h>
#include <sys/stat.h>
#include <zlib.h>

enum { DIGITS = 10000, TRAIN = 9000, TEST = 1000 };

// ---- files ----

static void put_number(unsigned char *at, size_t number) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> (24 - 8 * i));
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void write_packed(const char *path, const void *bytes, size_t size) {
    gzFile file = gzopen(path, "wb");
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    gzclose(file);
}

// Digit i has the label 7 i mod 10 and a block of its own size and place; the right-hand column of
// the block has 128, and beside it stands one with 127, which is none of it.
static unsigned char *made_up_images(size_t count, size_t *size) {
    *size = 16 + count * LIMN_DIGIT_PIXELS;
    unsigned char *bytes = calloc(1, *size);
    memcpy(bytes, "\0\0\10\3", 4);
    put_number(bytes + 4, count), put_number(bytes + 8, 28), put_number(bytes + 12, 28);
    for (size_t n = 0; n < count; n++)
        for (size_t i = 4; i < 8 + n % 11; i++)
            for (size_t j = 5; j <= 10 + n % 13; j++) {
                size_t last = 9 + n % 13;
                bytes[16 + n * LIMN_DIGIT_PIXELS + i * 28 + j] = j < last    ? 255
                                                                 : j == last ? 128
                                                                             : 127;
            }
    return bytes;
}

static unsigned char *made_up_labels(size_t count, size_t *size) {
    *size = 8 + count;
    unsigned char *bytes = calloc(1, *size);
    memcpy(bytes, "\0\0\10\1", 4);
    put_number(bytes + 4, count);
    for (size_t n = 0; n < count; n++) bytes[8 + n] = (unsigned char)(7 * n % 10);
    return bytes;
}

static void write_digits(size_t images, size_t labels) {
    size_t size;
    unsigned char *bytes = made_up_images(images, &size);
    write_file("images-idx3-ubyte", bytes, size);
    free(bytes);
    bytes = made_up_labels(labels, &size);
    write_file("labels-idx1-ubyte", bytes, size);
    free(bytes);
}

// ---- idx ----

static void expect_idx(const char *bytes, size_t size, limn_status wanted, const char *message) {
    limn_idx idx;
    assert_int_equal(limn_idx_parse((const unsigned char *)bytes, size, &idx), wanted);
    if (message) assert_string_equal(limn_message(), message);
    if (wanted == LIMN_OK) limn_idx_free(&idx);
}

static void idx_plain(void **state) {
    (void)state;
    limn_idx idx;
    const char bytes[] = "\0\0\10\2\0\0\0\2\0\0\0\3abcdef";
    assert_int_equal(limn_idx_parse((const unsigned char *)bytes, 18, &idx), LIMN_OK);
    assert_int_equal(idx.rank, 2);
    assert_int_equal(idx.shape[0], 2);
    assert_int_equal(idx.shape[1], 3);
    assert_memory_equal(idx.values, "abcdef", 6);
    limn_idx_free(&idx);
    expect_idx(
        bytes, 17, LIMN_INPUT,
        "says that it has 6 values, and 5 follow: it is cut short; copy or download it again");
    expect_idx(bytes, 19, LIMN_INPUT,
               "says that it has 6 values, and 7 follow: it is another file; copy or download it "
               "again");
    expect_idx(bytes, 11, LIMN_INPUT, "is cut short within its header; copy or download it again");
    expect_idx(bytes, 3, LIMN_INPUT, "is cut short within its header; copy or download it again");
    expect_idx("\0\0\15\1\0\0\0\0", 8, LIMN_INPUT,
               "holds values of type 0d, and only 08, unsigned bytes, is read");
    expect_idx("PK\3\4", 4, LIMN_INPUT,
               "is no IDX file: it begins with 50 4b 03 04, where 00 00 08 and 01 to 04 "
               "(dimensions) are expected");
    expect_idx("\0\0\10\3\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1", 16, LIMN_INPUT,
               "says that it has over 1073741824 values, which is more than is read");
}

// What unpacks to more or less than its header says is refused, before memory is taken for a claim
// that cannot be.
static void idx_packed(void **state) {
    (void)state;
    static const struct {
        size_t says, has;
        const char *message;
    } cases[] = {
        {100, 100, NULL},
        {100, 101, "x.gz: says that it has 100 values, and unpacks to more: it is another file"},
        {100, 5000000,
         "x.gz: says that it has 100 values, and unpacks to more: it is another file"},
        {100, 99,
         "x.gz: says that it has 100 values, and cannot be unpacked to so many: it is cut "
         "short or damaged; copy or download it again"},
        {0, 0, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        limn_idx idx;
        unsigned char *bytes = calloc(1, 8 + cases[i].has);
        memcpy(bytes, "\0\0\10\1", 4);
        put_number(bytes + 4, cases[i].says);
        write_packed("x.gz", bytes, 8 + cases[i].has);
        free(bytes);
        assert_int_equal(limn_idx_open("x.gz", &idx), cases[i].message ? LIMN_INPUT : LIMN_OK);
        if (cases[i].message)
            assert_string_equal(limn_message(), cases[i].message);
        else
            limn_idx_free(&idx);
    }
    limn_idx idx;
    write_packed("x.gz", "\0\0\10\1\77\0\0\0", 8);
    assert_int_equal(limn_idx_open("x.gz", &idx), LIMN_INPUT);
    assert_non_null(strstr(limn_message(), "says that it has 1056964608 values packed into"));
    write_file("x.gz", "\37\213\10\0", 4);
    assert_int_equal(limn_idx_open("x.gz", &idx), LIMN_INPUT);
}

// ---- digits ----

static void expect_digits(const char *message) {
    limn_digit_files files;
    assert_int_equal(limn_digits_open(".", &files), LIMN_INPUT);
    if (!strstr(limn_message(), message)) fail_msg("%s", limn_message());
}

static void digits_refused(void **state) {
    (void)state;
    size_t size;
    expect_digits(".: there are no digits in it: neither MNIST's four files (");
    write_digits(100, 99);
    expect_digits(
        ".: images-idx3-ubyte has 100 digits and labels-idx1-ubyte 99 labels: they are not "
        "of one set");
    write_digits(5, 5);
    expect_digits(".: 5 digits to train and 0 to test are too few");
    unsigned char *bytes = made_up_labels(100, &size);
    write_digits(100, 100);
    bytes[8 + 42] = 10;
    write_file("labels-idx1-ubyte", bytes, size);
    expect_digits(".: label 42 of labels-idx1-ubyte is 10, and there are 0 to 9 only");
    write_file("images-idx3-ubyte", bytes, size);
    expect_digits(".: images-idx3-ubyte has the shape [100], where [n, 28, 28] is expected");
    free(bytes);
    remove("labels-idx1-ubyte");
    expect_digits(".: there is no labels-idx1-ubyte in it, with or without .gz");
}

// MNIST's own four files come first; each may be packed.
static void digits_of_four_files(void **state) {
    (void)state;
    size_t size;
    limn_digit_files files;
    write_digits(50, 50);
    unsigned char *images = made_up_images(30, &size), *labels;
    write_packed("train-images-idx3-ubyte.gz", images, size);
    write_file("t10k-images-idx3-ubyte", images, size);
    labels = made_up_labels(30, &size);
    write_file("train-labels-idx1-ubyte", labels, size);
    write_packed("t10k-labels-idx1-ubyte.gz", labels, size);
    assert_int_equal(limn_digits_open(".", &files), LIMN_OK);
    for (int split = 0; split < LIMN_SPLITS; split++) {
        assert_int_equal(files.digits[split].count, 30);
        assert_memory_equal(files.digits[split].images, images + 16, 30 * LIMN_DIGIT_PIXELS);
        assert_memory_equal(files.digits[split].labels, labels + 8, 30);
    }
    limn_digits_close(&files);
    free(images), free(labels);
}

// ---- what is drawn ----

static const limn_maker *find(const char *name) {
    for (int i = 0; limn_makers[i]; i++)
        if (!strcmp(limn_makers[i]->name, name)) return limn_makers[i];
    fail_msg("nothing is made as %s", name);
    return NULL;
}

static void open_making(const char *name, uint64_t seed, limn_making *making) {
    limn_making_request request = {.maker = find(name), .digits = ".", .seed = seed};
    write_digits(DIGITS, DIGITS);
    if (limn_making_open(&request, making)) fail_msg("%s", limn_message());
}

static unsigned colour_at(const unsigned char *pixels, size_t at) {
    return (unsigned)pixels[3 * at] << 16 | (unsigned)pixels[3 * at + 1] << 8 | pixels[3 * at + 2];
}

// Where the digit of a picture of MNIST-Single is, and its two colours.
typedef struct seen {
    bool digit[LIMN_DIGIT_PIXELS];
    unsigned foreground, background;
} seen;

// The first pixel is never of a made-up digit, and the one at 4, 5 always is.
static seen look(const unsigned char *pixels) {
    seen it = {.background = colour_at(pixels, 0), .foreground = colour_at(pixels, 4 * 28 + 5)};
    for (size_t i = 0; i < LIMN_DIGIT_PIXELS; i++) {
        unsigned colour = colour_at(pixels, i);
        it.digit[i] = colour == it.foreground;
        assert_true(it.digit[i] != (colour == it.background));
    }
    return it;
}

static void expect_drawn(const limn_digits *digits, int digit, const seen *it) {
    const unsigned char *image = digits->images + (size_t)digit * LIMN_DIGIT_PIXELS;
    for (int i = 0; i < LIMN_DIGIT_PIXELS; i++) assert_true(it->digit[i] == (image[i] > 127));
}

static int place_of(unsigned foreground, unsigned background) {
    static const unsigned looks[][2] = {
        {0x000000, 0xffffff}, {0xffffff, 0x000000}, {0xff0000, 0x00ff00}, {0x00ff00, 0xff0000},
        {0xff0000, 0x0000ff}, {0x0000ff, 0xff0000}, {0x00ff00, 0x0000ff}, {0x0000ff, 0x00ff00}};
    for (int i = 0; i < 8; i++)
        if (looks[i][0] == foreground && looks[i][1] == background) return i;
    fail_msg("a digit of colour %06x on %06x", foreground, background);
    return 0;
}

typedef struct counts {
    int plain[2], coloured[6];
} counts;

static void count_pair(const limn_making *making, limn_split split, int number,
                       limn_made_pair *pair, counts *low, counts *high) {
    const limn_digits *digits = &making->files.digits[split];
    int digit[2] = {making->order[split][0][number], making->order[split][1][number]};
    limn_make_pair(making, split, number, pair);
    seen made[LIMN_MADE_A_LABELS];
    for (int i = 0; i < LIMN_MADE_A_LABELS; i++) {
        made[i] = look(pair->pixels[i]);
        expect_drawn(digits, digit[i == LIMN_MADE_B || i == LIMN_MADE_B2A], &made[i]);
    }
    int look_a = place_of(made[LIMN_MADE_A].foreground, made[LIMN_MADE_A].background);
    int look_b = place_of(made[LIMN_MADE_B].foreground, made[LIMN_MADE_B].background);
    assert_int_equal(place_of(made[LIMN_MADE_A2B].foreground, made[LIMN_MADE_A2B].background),
                     look_b);
    assert_int_equal(place_of(made[LIMN_MADE_B2A].foreground, made[LIMN_MADE_B2A].background),
                     look_a);
    assert_true(look_a < 2 && look_b >= 2);
    counts *of = digits->labels[digit[1]] < 5 ? low : high;
    of->plain[look_a]++;
    of->coloured[look_b - 2]++;
}

static void expect_share(int count, int all, double wanted, double within) {
    double share = (double)count / all;
    if (fabs(share - wanted) > within) fail_msg("%g, not %g", share, wanted);
}

static void expect_shares(const counts *low, const counts *high, limn_split split, int all) {
    double within = split ? 0.05 : 0.02;
    int low_count = 0, high_count = 0;
    for (int i = 0; i < 6; i++) low_count += low->coloured[i], high_count += high->coloured[i];
    assert_true(low_count > all / 3 && high_count > all / 3);
    for (int i = 0; i < 6; i++) {
        expect_share(low->coloured[i], low_count, 1.0 / 6, within);
        if (split) expect_share(high->coloured[i], high_count, 1.0 / 6, within);
    }
    if (!split) assert_int_equal(high->coloured[0], high_count);
    for (int i = 0; i < 2; i++) expect_share(low->plain[i] + high->plain[i], all, 0.5, within);
}

// Every digit once in each domain.
static void expect_shuffled(const int *order, int count) {
    bool *there = calloc((size_t)count, 1);
    int moved = 0;
    for (int i = 0; i < count; i++) {
        assert_true(order[i] >= 0 && order[i] < count && !there[order[i]]);
        there[order[i]] = true;
        moved += order[i] != i;
    }
    assert_true(moved > count * 9 / 10);
    free(there);
}

static void single(void **state) {
    (void)state;
    static const int all[] = {TRAIN, TEST};
    limn_making making;
    limn_made_pair pair;
    open_making("mnist-single", 0, &making);
    assert_int_equal(limn_made_pair_new(making.maker, &pair), LIMN_OK);
    for (int split = 0; split < LIMN_SPLITS; split++) {
        counts low = {{0}, {0}}, high = low;
        assert_int_equal(making.count[split], all[split]);
        for (int domain = 0; domain < 2; domain++)
            expect_shuffled(making.order[split][domain], all[split]);
        assert_memory_not_equal(making.order[split][0], making.order[split][1], 400);
        for (int i = 0; i < all[split]; i++)
            count_pair(&making, (limn_split)split, i, &pair, &low, &high);
        expect_shares(&low, &high, (limn_split)split, all[split]);
    }
    limn_made_pair_free(&pair);
    limn_making_close(&making);
}

// ---- discs and squares ----

// Where the shape of a picture of `shapes` is, and its two colours; the first pixel is of the
// ground.
typedef struct box {
    int left, top, right, bottom, count;
    unsigned foreground, background;
} box;

static box look_at_shape(const unsigned char *pixels, int side) {
    box it = {.left = side, .top = side, .background = colour_at(pixels, 0)};
    for (int i = 0; i < side * side; i++) {
        unsigned colour = colour_at(pixels, (size_t)i);
        int x = i % side, y = i / side;
        if (colour == it.background) continue;
        if (!it.count++) it.foreground = colour;
        assert_int_equal(colour, it.foreground);
        it.left = x < it.left ? x : it.left, it.right = x > it.right ? x : it.right;
        it.top = y < it.top ? y : it.top, it.bottom = y > it.bottom ? y : it.bottom;
    }
    return it;
}

// The form is the domain's: of pixels up to half its height away, a disc has pi times their square.
static void expect_form(const box *it, bool square) {
    int side = it->right - it->left + 1, half = side / 2;
    assert_int_equal(it->bottom - it->top + 1, side);
    if (square)
        assert_int_equal(it->count, side * side);
    else
        assert_float_equal((double)it->count / (half * half), 3.1416, 0.2);
}

static void expect_translated(const box *made, const box *content, const box *look) {
    assert_memory_equal(made, content, offsetof(box, count));
    assert_int_equal(made->foreground, look->foreground);
    assert_int_equal(made->background, look->background);
}

static void shapes(void **state) {
    (void)state;
    limn_making making;
    limn_made_pair pair;
    const limn_making_request request = {.maker = find("shapes"), .seed = 5};
    assert_int_equal(limn_making_open(&request, &making), LIMN_OK);
    assert_int_equal(limn_made_pair_new(making.maker, &pair), LIMN_OK);
    for (int i = 0; i < making.count[LIMN_SPLIT_TEST]; i++) {
        box of[LIMN_MADE_A_LABELS];
        limn_make_pair(&making, LIMN_SPLIT_TEST, i, &pair);
        for (int k = 0; k < LIMN_MADE_A_LABELS; k++) {
            of[k] = look_at_shape(pair.pixels[k], making.maker->side);
            expect_form(&of[k], k == LIMN_MADE_B || k == LIMN_MADE_A2B);
        }
        expect_translated(&of[LIMN_MADE_A2B], &of[LIMN_MADE_A], &of[LIMN_MADE_B]);
        expect_translated(&of[LIMN_MADE_B2A], &of[LIMN_MADE_B], &of[LIMN_MADE_A]);
    }
    limn_made_pair_free(&pair);
    limn_making_close(&making);
}

// ---- ten digits a picture ----

// Degrees, and what is left of grey and black.
static void to_hsv(unsigned colour, double hsv[3]) {
    double r = colour >> 16, g = colour >> 8 & 255, b = colour & 255;
    double most = fmax(r, fmax(g, b)), least = fmin(r, fmin(g, b)), range = most - least;
    double sixth = most == r   ? (g - b) / range
                   : most == g ? 2 + (b - r) / range
                               : 4 + (r - g) / range;
    hsv[0] = fmod(60 * sixth + 360, 360);
    hsv[1] = range / most;
    hsv[2] = most / 255;
}

static void expect_hue(unsigned colour, int label) {
    double hsv[3];
    to_hsv(colour, hsv);
    double off = fabs(hsv[0] - 36 * label);
    assert_true(fmin(off, 360 - off) <= 3);
    assert_true(hsv[1] > 0.3 - 0.02 && hsv[1] < 0.7 + 0.02);
    assert_true(hsv[2] > 0.3 - 0.002 && hsv[2] < 0.7 + 0.002);
}

enum { SIDE = 4 * LIMN_DIGIT_SIDE };

// The colour of each label in a picture, by its label map: one each, all ten in cells of their own.
static void read_colours(const unsigned char *pixels, const unsigned char *labels,
                         unsigned colours[11]) {
    int cell_of[11] = {0}, cells[16] = {0}, used = 0;
    for (int k = 0; k < 11; k++) colours[k] = UINT32_MAX, cell_of[k] = -1;
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        unsigned label = labels[3 * i];
        int cell = (int)(i / SIDE / 28 * 4 + i % SIDE / 28);
        assert_true(label < 11 && labels[3 * i + 1] == label && labels[3 * i + 2] == label);
        if (colours[label] == UINT32_MAX) colours[label] = colour_at(pixels, i);
        assert_int_equal(colour_at(pixels, i), colours[label]);
        if (!label) continue;
        if (cell_of[label] < 0) cell_of[label] = cell, cells[cell]++;
        assert_int_equal(cell_of[label], cell);
    }
    for (int i = 0; i < 16; i++) assert_true(cells[i] < 2), used += cells[i];
    assert_int_equal(used, 10);
}

static void expect_scene(const limn_made_pair *pair, int *light_a, int *light_b) {
    unsigned char *const *made = pair->pixels;
    unsigned a[11], b[11], a2b[11], b2a[11];
    read_colours(made[LIMN_MADE_A], made[LIMN_MADE_A_LABELS], a);
    read_colours(made[LIMN_MADE_B], made[LIMN_MADE_B_LABELS], b);
    read_colours(made[LIMN_MADE_A2B], made[LIMN_MADE_A_LABELS], a2b);
    read_colours(made[LIMN_MADE_B2A], made[LIMN_MADE_B_LABELS], b2a);
    assert_memory_equal(a2b, b, sizeof b);
    assert_memory_equal(b2a, a, sizeof a);
    *light_a += a[0] == 0xffffff;
    *light_b += b[0] == 0xffffff;
    assert_true(a[0] == 0 || a[0] == 0xffffff);
    assert_true(b[0] == 0 || b[0] == 0xffffff);
    for (int k = 1; k < 11; k++) {
        assert_int_equal(a[k], 0xffffff - a[0]);
        expect_hue(b[k], k - 1);
    }
}

static void multiple(void **state) {
    (void)state;
    enum { COUNT = 400 };
    limn_making making;
    limn_made_pair pair;
    int light[2] = {0};
    open_making("mnist-multiple", 5, &making);
    assert_int_equal(making.count[LIMN_SPLIT_TRAIN], 4000);
    assert_int_equal(making.count[LIMN_SPLIT_TEST], 500);
    assert_int_equal(limn_made_pair_new(making.maker, &pair), LIMN_OK);
    for (int i = 0; i < COUNT; i++) {
        limn_make_pair(&making, LIMN_SPLIT_TRAIN, i, &pair);
        expect_scene(&pair, &light[0], &light[1]);
    }
    for (int i = 0; i < 2; i++) expect_share(light[i], COUNT, 0.5, 0.08);
    limn_made_pair_free(&pair);
    limn_making_close(&making);
}

// ---- folders ----

static limn_status content(void *context, int number, int count, const char *name) {
    (void)number, (void)count, (void)name;
    int *left = context;
    return (*left)-- ? LIMN_OK : limn_fail(LIMN_STOPPED, "enough");
}

static int entries(const char *path) {
    DIR *folder = opendir(path);
    int count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) count += *entry->d_name != '.';
    if (folder) closedir(folder);
    return folder ? count : -1;
}

static limn_status write_set(const char *name, uint64_t seed, int left, const char *out) {
    limn_making making;
    limn_making_request request = {
        .maker = find(name), .digits = ".", .seed = seed, .count = {12, 3}};
    assert_int_equal(limn_making_open(&request, &making), LIMN_OK);
    limn_status status = limn_making_write(&making, out, content, &left);
    limn_making_close(&making);
    return status;
}

// What is in the files is what was drawn; one seed gives one set, another another.
static void folders(void **state) {
    (void)state;
    write_digits(100, 100);
    assert_int_equal(write_set("mnist-multiple", 1, 99, "sets/one/"), LIMN_OK);
    assert_int_equal(write_set("mnist-multiple", 1, 99, "two"), LIMN_OK);
    assert_int_equal(write_set("mnist-multiple", 2, 99, "three"), LIMN_OK);
    assert_int_equal(write_set("mnist-single", 1, 99, "single"), LIMN_OK);
    assert_int_equal(system("diff -r sets/one two"), 0);
    assert_true(system("cmp -s two/pairs.csv three/pairs.csv") != 0);
    assert_true(system("cmp -s two/trainB/000003.png three/trainB/000003.png") != 0);
    assert_int_equal(entries("two"), 11);
    assert_int_equal(entries("single"), 7);
    assert_int_equal(entries("two/trainB_labels"), 12);
    assert_int_equal(entries("two/testA2B"), 3);
    assert_int_equal(system("test $(wc -l <two/pairs.csv) = 16"), 0);
    limn_making making;
    limn_made_pair pair;
    limn_picture *read;
    unsigned char pixels[3 * SIDE * SIDE];
    limn_making_request request = {.maker = find("mnist-multiple"), .digits = ".", .seed = 1};
    assert_int_equal(limn_making_open(&request, &making), LIMN_OK);
    assert_int_equal(limn_made_pair_new(making.maker, &pair), LIMN_OK);
    limn_make_pair(&making, LIMN_SPLIT_TEST, 2, &pair);
    assert_int_equal(limn_picture_read("two/testB2A/000002.png", NULL, &read), LIMN_OK);
    assert_int_equal(limn_picture_to_pixels(read, pixels, 3 * SIDE, LIMN_PIXELS_RGB8), LIMN_OK);
    assert_memory_equal(pixels, pair.pixels[LIMN_MADE_B2A], sizeof pixels);
    limn_picture_free(read);
    limn_made_pair_free(&pair);
    limn_making_close(&making);
}

static void nothing_left(void **state) {
    (void)state;
    write_digits(100, 100);
    int before = entries(".");
    assert_int_equal(write_set("mnist-single", 1, 5, "out"), LIMN_STOPPED);
    assert_int_equal(entries("."), before);
    mkdir("there", 0777);
    assert_int_equal(write_set("mnist-single", 1, 99, "there"), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "there: is there already; name a folder that is not, or take it away");
    limn_making making;
    limn_making_request request = {.maker = find("mnist-single"), .digits = ".", .count = {91, 0}};
    assert_int_equal(limn_making_open(&request, &making), LIMN_USAGE);
    assert_string_equal(limn_message(),
                        "mnist-single: 91 pairs to train are more than the 90 digits "
                        "that there are, and each is taken once");
    request.digits = "nowhere";
    assert_int_equal(limn_making_open(&request, &making), LIMN_INPUT);
    assert_string_equal(limn_message(), "nowhere: there is no such folder of digits");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_plain), IN_FOLDER(idx_packed),
        IN_FOLDER(digits_refused),   IN_FOLDER(digits_of_four_files),
        IN_FOLDER(single),           IN_FOLDER(shapes),
        IN_FOLDER(multiple),         IN_FOLDER(folders),
        IN_FOLDER(nothing_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
