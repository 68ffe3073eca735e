// Writing made sets.
#define _GNU_SOURCE
#include "makers/maker.h"

#include "base/options.h"
#include "limn/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const split_names[LIMN_SPLITS] = {"train", "test"};

// ---- digits and their order ----

static limn_status shuffle(const limn_making *making, limn_split split, int domain, int **order) {
    int count = making->files.digits[split].count;
    limn_random stream = {making->seed, limn_purpose("digits"), (uint32_t)domain, split};
    *order = malloc((size_t)count * sizeof **order);
    if (!*order) return limn_fail(LIMN_MEMORY, "there is no memory to shuffle %d digits", count);
    limn_random_order(&stream, *order, count);
    return LIMN_OK;
}

static limn_status choose_count(const limn_making_request *request, limn_split split,
                                limn_making *making) {
    int usual = request->maker->count[split], digits = making->files.digits[split].count;
    int asked = request->count[split];
    making->count[split] = asked ? asked : usual ? usual : digits;
    if (usual || asked <= digits) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "%s: %d pairs to %s are more than the %d digits that there are, and each is "
                     "taken once",
                     request->maker->name, asked, split_names[split], digits);
}

static limn_status prepare(const limn_making_request *request, limn_making *making) {
    for (int split = 0; split < LIMN_SPLITS; split++) {
        LIMN_TRY(choose_count(request, (limn_split)split, making));
        for (int domain = 0; domain < 2 && making->maker->digits; domain++)
            LIMN_TRY(shuffle(making, (limn_split)split, domain, &making->order[split][domain]));
    }
    return LIMN_OK;
}

limn_status limn_making_open(const limn_making_request *request, limn_making *making) {
    *making = (limn_making){.maker = request->maker, .seed = request->seed};
    if (making->maker->digits) LIMN_TRY(limn_digits_open(request->digits, &making->files));
    limn_status status = prepare(request, making);
    if (status != LIMN_OK) limn_making_close(making);
    return status;
}

void limn_making_close(limn_making *making) {
    for (int split = 0; split < LIMN_SPLITS; split++)
        for (int domain = 0; domain < 2; domain++) free(making->order[split][domain]);
    limn_digits_close(&making->files);
    *making = (limn_making){0};
}

// ---- a pair ----

static size_t picture_bytes(const limn_maker *maker) {
    return 3 * (size_t)maker->side * (size_t)maker->side;
}

limn_status limn_made_pair_new(const limn_maker *maker, limn_made_pair *pair) {
    size_t bytes = picture_bytes(maker);
    *pair = (limn_made_pair){0};
    unsigned char *all = malloc(LIMN_MADE_KINDS * bytes);
    if (!all) return limn_fail(LIMN_MEMORY, "there is no memory for a pair of pictures");
    for (int i = 0; i < LIMN_MADE_KINDS; i++) pair->pixels[i] = all + (size_t)i * bytes;
    return LIMN_OK;
}

void limn_made_pair_free(limn_made_pair *pair) {
    free(pair->pixels[0]);
    limn_text_free(&pair->line);
    *pair = (limn_made_pair){0};
}

void limn_make_pair(const limn_making *making, limn_split split, int number, limn_made_pair *pair) {
    memset(pair->pixels[0], 0, LIMN_MADE_KINDS * picture_bytes(making->maker));
    limn_text_free(&pair->line);
    making->maker->draw(making, split, number, pair);
}

void limn_fill_colour(unsigned char *pixels, int side, limn_rgb8 colour) {
    for (int i = 0; i < side * side; i++) memcpy(pixels + 3 * i, colour.of, 3);
}

// ---- files ----

static const struct part {
    const char *folder;
    limn_split split;
    limn_made made;
} parts[] = {
    {"trainA", LIMN_SPLIT_TRAIN, LIMN_MADE_A},
    {"trainB", LIMN_SPLIT_TRAIN, LIMN_MADE_B},
    {"trainA_labels", LIMN_SPLIT_TRAIN, LIMN_MADE_A_LABELS},
    {"trainB_labels", LIMN_SPLIT_TRAIN, LIMN_MADE_B_LABELS},
    {"testA", LIMN_SPLIT_TEST, LIMN_MADE_A},
    {"testB", LIMN_SPLIT_TEST, LIMN_MADE_B},
    {"testA2B", LIMN_SPLIT_TEST, LIMN_MADE_A2B},
    {"testB2A", LIMN_SPLIT_TEST, LIMN_MADE_B2A},
    {"testA_labels", LIMN_SPLIT_TEST, LIMN_MADE_A_LABELS},
    {"testB_labels", LIMN_SPLIT_TEST, LIMN_MADE_B_LABELS},
};
enum { PARTS = sizeof parts / sizeof *parts };

static bool is_made(const limn_making *making, const struct part *part) {
    return making->maker->labels || part->made < LIMN_MADE_A_LABELS;
}

// A folder being filled, and what is known of its pairs.
typedef struct work {
    const limn_making *making;
    const char *folder;
    limn_made_pair pair;
    limn_text table; // pairs.csv
    limn_making_look *look;
    void *context;
    int done, count;
} work;

static limn_status make_folders(const work *of) {
    for (int i = 0; i < PARTS; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", of->folder, parts[i].folder);
        if (is_made(of->making, &parts[i])) LIMN_TRY(limn_folder_make(path));
    }
    return LIMN_OK;
}

// Not flushed one by one, which takes minutes for a set: all are, before the folder gets its name.
static limn_status write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wbxe");
    bool fine = file && fwrite(bytes, 1, size, file) == size;
    if (file && fclose(file)) fine = false;
    if (fine) return LIMN_OK;
    return limn_fail(LIMN_IO, "%s: cannot be written: %s", path, strerror(errno));
}

static limn_status write_picture(const work *of, const struct part *part, const char *name) {
    char path[4096];
    int side = of->making->maker->side;
    limn_picture *picture;
    void *bytes = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/%s/%s", of->folder, part->folder, name);
    LIMN_TRY(limn_picture_from_pixels(of->pair.pixels[part->made], side, side, 3 * (size_t)side,
                                      LIMN_PIXELS_RGB8, &picture));
    limn_status status = limn_picture_write_bytes(
        picture, LIMN_WITH(limn_write_options, .format = LIMN_FORMAT_PNG), &bytes, &size);
    if (status == LIMN_OK) status = write_bytes(path, bytes, size);
    free(bytes);
    limn_picture_free(picture);
    return status;
}

static limn_status write_pair(work *of, limn_split split, int number) {
    char name[32];
    snprintf(name, sizeof name, "%06d.png", number);
    LIMN_TRY(of->look(of->context, ++of->done, of->count, name));
    limn_make_pair(of->making, split, number, &of->pair);
    for (int i = 0; i < PARTS; i++)
        if (parts[i].split == split && is_made(of->making, &parts[i]))
            LIMN_TRY(write_picture(of, &parts[i], name));
    limn_text_print(&of->table, "%s,%s%s\n", split_names[split], name,
                    of->pair.line.data ? of->pair.line.data : "");
    return of->table.failed || of->pair.line.failed
               ? limn_fail(LIMN_MEMORY, "there is no memory for the table of pairs")
               : LIMN_OK;
}

static limn_status write_table(const work *of) {
    char path[4096];
    snprintf(path, sizeof path, "%s/pairs.csv", of->folder);
    return write_bytes(path, of->table.data, of->table.size);
}

static limn_status write_all(work *of) {
    const int *count = of->making->count;
    LIMN_TRY(make_folders(of));
    of->count = count[LIMN_SPLIT_TRAIN] + count[LIMN_SPLIT_TEST];
    limn_text_print(&of->table, "split,name%s\n", of->making->maker->columns);
    for (int split = 0; split < LIMN_SPLITS; split++)
        for (int i = 0; i < count[split]; i++) LIMN_TRY(write_pair(of, (limn_split)split, i));
    return write_table(of);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)kind, (void)place;
    return remove(path);
}

// What failed leaves nothing behind.
static void take_back(const char *folder) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static limn_status flush(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && !syncfs(fd);
    int number = errno;
    if (fd >= 0) close(fd);
    return fine ? LIMN_OK
                : limn_fail(LIMN_IO, "%s: cannot be written: %s", folder, strerror(number));
}

// So that nobody takes half a set for a whole one, the folder has another name until its end.
static limn_status write_as(const limn_making *making, const char *folder, const char *out,
                            limn_making_look *look, void *context) {
    work of = {.making = making, .folder = folder, .look = look, .context = context};
    LIMN_TRY(limn_made_pair_new(making->maker, &of.pair));
    limn_status status = write_all(&of);
    limn_made_pair_free(&of.pair);
    limn_text_free(&of.table);
    LIMN_TRY(status);
    LIMN_TRY(flush(folder));
    if (!rename(folder, out)) return LIMN_OK;
    return limn_fail(LIMN_IO, "%s: the finished set, %s, cannot be given this name: %s", out,
                     folder, strerror(errno));
}

limn_status limn_making_write(const limn_making *making, const char *out, limn_making_look *look,
                              void *context) {
    char folder[2048];
    int size = (int)strlen(out);
    while (size > 1 && out[size - 1] == '/') size--;
    if (limn_path_exists(out))
        return limn_fail(LIMN_USAGE,
                         "%s: is there already; name a folder that is not, or take it "
                         "away",
                         out);
    if (snprintf(folder, sizeof folder, "%.*s.part-%ld", size, out, (long)getpid()) >= 2048)
        return limn_fail(LIMN_USAGE, "%s: the name is too long", out);
    limn_status status = write_as(making, folder, out, look, context);
    if (status != LIMN_OK) take_back(folder);
    return status;
}
