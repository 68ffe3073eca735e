// Diversity: how different the results of one picture in several styles look, the mean over random
// pairs of them; of a folder without styles, of random pairs of its pictures.
#include "metrics/diversity.h"

#include "base/file.h"
#include "base/random.h"
#include "data/folder.h"
#include "metrics/distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    int64_t pairs, seed;
    int kind; // limn_distance_kind
    limn_distance_options distance;
} options;

#define OPTION(member) .offset = offsetof(options, member)
static const limn_option own_table[] = {
    {.name = "pairs",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(pairs),
     .fallback = "15",
     .low = 1,
     .high = 10000,
     .help =
         "different pairs of results of each picture; of a folder without styles, pairs in all"},
    {.name = "seed",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(seed),
     .fallback = "0",
     .low = 0,
     .high = 0x1p53,
     .help = "of the drawing of pairs"},
    {.name = "distance",
     .kind = LIMN_OPTION_CHOICE,
     OPTION(kind),
     .fallback = "perceptual",
     .choices = "perceptual|lpips",
     .help = "what a pair is compared by: limn measure perceptual, or lpips"},
    {0}};

// ---- drawing ----

// The pair of this number: (1,0), (2,0), (2,1), (3,0), ...
static limn_pair pair_at(int64_t number) {
    int64_t first = (int64_t)((1 + sqrt(1 + 8 * (double)number)) / 2);
    while (first * (first - 1) / 2 > number) first--;
    while (first * (first + 1) / 2 <= number) first++;
    return (limn_pair){(int)first, (int)(number - first * (first - 1) / 2)};
}

static bool among(limn_pair pair, const limn_pair *pairs, int count) {
    for (int i = 0; i < count; i++)
        if (pairs[i].a == pair.a && pairs[i].b == pair.b) return true;
    return false;
}

static int by_place(const void *a, const void *b) {
    const limn_pair *x = a, *y = b;
    return x->a != y->a ? x->a - y->a : x->b - y->b;
}

// Floyd's way of drawing without replacement: with one more to draw from at each step, take one of
// all or, where it is there already, the one more.
int limn_diversity_draw(int pictures, int wanted, uint64_t seed, int content, limn_pair *pairs) {
    limn_random stream = {
        .seed = seed, .purpose = limn_purpose("diversity"), .sample = (uint32_t)content};
    int64_t all = (int64_t)pictures * (pictures - 1) / 2, count = all < wanted ? all : wanted;
    for (int i = 0; i < count; i++) {
        int64_t last = all - count + i;
        double unit = limn_random_unit(&stream, (uint32_t)i);
        limn_pair pair = pair_at((int64_t)(unit * (double)(last + 1)));
        pairs[i] = among(pair, pairs, i) ? pair_at(last) : pair;
    }
    qsort(pairs, (size_t)count, sizeof *pairs, by_place);
    return (int)count;
}

// ---- pictures ----

// What the results of one picture are, in the order of its styles.
typedef struct content {
    char **paths;
    int count;
} content;

typedef struct collection {
    limn_folder folder; // its arena holds the rest
    content *contents;
    char **paths; // of all contents
    int count, styles;
} collection;

typedef struct named {
    char *path;
    const char *name; // behind the style
} named;

static int compare_stems(const named *a, const named *b) {
    size_t sizes[2] = {limn_path_stem(a->name), limn_path_stem(b->name)};
    int order = memcmp(a->name, b->name, sizes[0] < sizes[1] ? sizes[0] : sizes[1]);
    return order ? order : (sizes[0] > sizes[1]) - (sizes[0] < sizes[1]);
}

static int by_name(const void *a, const void *b) {
    const named *x = a, *y = b;
    int order = compare_stems(x, y);
    return order ? order : strcmp(x->path, y->path);
}

// Pictures of one name become one content.
static void gather(collection *of, const named *all) {
    for (int i = 0; i < of->folder.count; i++) {
        if (!i || compare_stems(&all[i], &all[i - 1]))
            of->contents[of->count++] = (content){.paths = of->paths + i};
        of->paths[i] = all[i].path;
        of->contents[of->count - 1].count++;
    }
}

static const char *behind_style(const char *relative) {
    const char *slash = strchr(relative, '/');
    return slash ? slash + 1 : relative;
}

// Paths come sorted, so those of a style follow each other.
static int count_styles(const limn_folder *folder, bool *flat) {
    int styles = 0;
    size_t before = 0;
    *flat = false;
    for (int i = 0; i < folder->count; i++) {
        const char *name = folder->paths[i] + folder->top;
        size_t size = (size_t)(behind_style(name) - name);
        *flat |= !size;
        const char *last = i ? folder->paths[i - 1] + folder->top : "";
        if (size && (size != before || strncmp(name, last, size) != 0)) styles++;
        before = size;
    }
    return styles;
}

static limn_status sort(const char *path, collection *of) {
    size_t count = (size_t)of->folder.count;
    bool flat;
    of->styles = count_styles(&of->folder, &flat);
    if (flat && of->styles)
        return limn_fail(LIMN_INPUT,
                         "%s: there are pictures beside folders of pictures. Name a "
                         "folder of pictures alone, or of a folder for each style.",
                         path);
    if (of->styles == 1)
        return limn_fail(LIMN_INPUT,
                         "%s: there is one style in it, the folder of %s. Results in two styles or "
                         "more are needed, as limn translate lays them out: OUT/STYLE/NAME.",
                         path, of->folder.paths[0] + of->folder.top);
    of->contents = limn_arena_get(&of->folder.arena, count * sizeof *of->contents);
    of->paths = limn_arena_get(&of->folder.arena, count * sizeof *of->paths);
    named *all = limn_arena_get(&of->folder.arena, count * sizeof *all);
    if (!of->contents || !of->paths || !all)
        return limn_fail(LIMN_MEMORY, "there is no memory for the names of pictures");
    for (size_t i = 0; i < count; i++) {
        char *one = of->folder.paths[i];
        all[i] = (named){one, flat ? "" : behind_style(one + of->folder.top)};
    }
    qsort(all, count, sizeof *all, by_name);
    gather(of, all);
    return LIMN_OK;
}

// ---- measuring ----

// What was seen of a content's pictures, as far as it fits into HELD_BYTES: each has its place,
// which it shares with others where there are more.
enum { PLACES = 64, HELD_BYTES = 512 << 20 };

typedef struct work {
    limn_measuring *it;
    limn_seen seen[PLACES + 1]; // the last: for the second of a pair that share a place
    int picture[PLACES + 1];    // -1: none
    int places;
    limn_sizes_seen sizes;
    double sum, squares; // of distances; squares of what is off the mean
    int count;
} work;

static void forget(work *of) {
    for (int i = 0; i <= PLACES; i++) {
        limn_seen_free(&of->seen[i]);
        of->picture[i] = -1;
    }
}

// How many pictures like this one may be kept.
static int places_for(const limn_seen *seen) {
    size_t bytes = 0;
    for (int i = 0; i < seen->taps; i++)
        bytes += (size_t)seen->channels[i] * seen->places[i] * sizeof(float);
    return bytes * PLACES <= HELD_BYTES ? PLACES : 1 + (int)(HELD_BYTES / bytes);
}

static limn_status see(work *of, const content *from, int picture, int place) {
    limn_picture *read;
    if (of->picture[place] == picture) return LIMN_OK;
    limn_seen_free(&of->seen[place]);
    of->picture[place] = -1;
    LIMN_TRY(limn_picture_read(from->paths[picture], NULL, &read));
    limn_sizes_add(&of->sizes, read);
    limn_status status = limn_distance_see(of->it->state, read, &of->seen[place]);
    limn_picture_free(read);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", from->paths[picture]);
    of->picture[place] = picture;
    return LIMN_OK;
}

static limn_status measure_pair(work *of, const content *from, limn_pair pair) {
    int a = pair.a % of->places, b = pair.b % of->places;
    double distance;
    if (a == b) b = PLACES;
    LIMN_TRY(see(of, from, pair.a, a));
    LIMN_TRY(see(of, from, pair.b, b));
    const limn_seen *x = &of->seen[a], *y = &of->seen[b];
    if (x->width != y->width || x->height != y->height)
        return limn_fail(
            LIMN_INPUT, "%s has %dx%d pixels and %s %dx%d: only equal sizes can be compared",
            from->paths[pair.a], x->width, x->height, from->paths[pair.b], y->width, y->height);
    LIMN_TRY(limn_distance_between(of->it->state, x, y, &distance));
    double before = of->count ? of->sum / of->count : 0;
    of->sum += distance;
    of->count++;
    of->squares += (distance - before) * (distance - of->sum / of->count);
    return LIMN_OK;
}

static limn_status measure_content(work *of, const content *from, int number, limn_pair *pairs) {
    const options *given = of->it->options;
    int count =
        limn_diversity_draw(from->count, (int)given->pairs, (uint64_t)given->seed, number, pairs);
    of->places = 1;
    for (int i = 0; i < count; i++) {
        LIMN_TRY(measure_pair(of, from, pairs[i]));
        if (!i) of->places = places_for(&of->seen[0]);
    }
    return LIMN_OK;
}

static limn_status measure_all(work *of, const collection *all, limn_pair *pairs, int *alone) {
    for (int i = 0; i < all->count; i++) {
        limn_measuring_progress(of->it, i + 1, all->count, all->contents[i].paths[0]);
        if (all->contents[i].count < 2) ++*alone;
        limn_status status = measure_content(of, &all->contents[i], i, pairs);
        forget(of);
        if (status != LIMN_OK) return status;
    }
    return LIMN_OK;
}

static limn_status measure_collection(limn_measuring *it, const collection *all) {
    const options *given = it->options;
    work of = {.it = it};
    int alone = 0;
    char text[64];
    limn_pair *pairs = calloc((size_t)given->pairs, sizeof *pairs);
    if (!pairs) return limn_fail(LIMN_MEMORY, "there is no memory for pairs");
    forget(&of);
    limn_status status = measure_all(&of, all, pairs, &alone);
    free(pairs);
    if (status != LIMN_OK) return status;
    if (!of.count)
        return limn_fail(LIMN_INPUT, "%s: there are no two results of one picture in it",
                         it->paths[0]);
    it->value = of.sum / of.count;
    if (all->styles) {
        limn_fact_number(it, "contents", all->count - alone);
        limn_fact_number(it, "styles", all->styles);
    }
    limn_fact_number(it, "pictures", all->folder.count);
    limn_fact_text(it, "size", "%s", limn_sizes_text(&of.sizes, text));
    limn_fact_number(it, "pairs", of.count);
    limn_fact_number(it, "standard-error", sqrt(of.squares) / of.count);
    limn_fact_number(it, "seed", (double)given->seed);
    if (alone) limn_measuring_say(it, "%d pictures with one result each are left out", alone);
    return LIMN_OK;
}

static limn_status measure(limn_measuring *it) {
    collection all = {.count = 0};
    LIMN_TRY(limn_folder_read(it->paths[0], &all.folder));
    limn_status status = sort(it->paths[0], &all);
    if (status == LIMN_OK) status = measure_collection(it, &all);
    limn_folder_free(&all.folder);
    return status;
}

static limn_status open(limn_measuring *it) {
    const options *given = it->options;
    LIMN_TRY(limn_distance_begin(it, (limn_distance_kind)given->kind, &given->distance));
    const limn_distance_meter *distance = it->state;
    limn_measuring_title(it, "diversity: %s", distance->title);
    return LIMN_OK;
}

const limn_metric limn_metric_diversity = {
    .name = "diversity",
    .title = "diversity",
    .summary = "measure how different results in several styles look",
    .description =
        "OUT is what limn translate lays out, OUT/STYLE/NAME: of each picture random pairs of its "
        "results, each pair once, are compared, and the mean over all pairs is printed with its "
        "standard error. More is more diverse; no result is compared with itself, nor with that of "
        "another picture.\n"
        "Of a folder of pictures without such folders, random pairs of its pictures are compared: "
        "of real ones, that is about the most that can be reached.\n",
    .examples = "limn measure diversity translated/\n"
                "limn measure diversity dogs/ --pairs 1500\n",
    .compares = LIMN_ONE_SET,
    .computes = true,
    .groups = {{"Measuring", own_table, 0},
               {"Perceptual distance", limn_perceptual_table, offsetof(options, distance)},
               {"LPIPS", limn_lpips_table, offsetof(options, distance)}},
    .options_size = sizeof(options),
    .open = open,
    .close = limn_distance_end,
    .measure = measure,
};
