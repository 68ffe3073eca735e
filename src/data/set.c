// What a folder of pictures means for training, told by the names of files and folders.
#include "data/set.h"

#include "base/file.h"
#include "base/text.h"
#include "data/look.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const limn_layout_words limn_layouts[] = {
    [LIMN_LAYOUT_AUTO] = {"auto", "as the names of the folders tell", {NULL}},
    [LIMN_LAYOUT_PICTURES] = {"pictures", "of any kind", {NULL}},
    [LIMN_LAYOUT_UNPAIRED] = {"unpaired", "two domains, trainA and trainB", {"trainA", "trainB"}},
    [LIMN_LAYOUT_PAIRS] = {"pairs", "of equal names below A and B", {"A", "B"}},
    [LIMN_LAYOUT_JOINED] = {"joined",
                            "pairs side by side in one picture",
                            {"train that are twice as wide as high, A and B side by side"}},
    [LIMN_LAYOUT_DOMAINS] = {"domains",
                             "the folders of train",
                             {"train/NAME, one for each of two domains or more"}},
    [LIMN_LAYOUT_SCALES] = {"scales",
                            "pairs of a large and a small picture, HR and LR",
                            {"NAME_HR", "NAME_LR"}},
};

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for the names of pictures");
}

// ---- names ----

// A part of a name.
typedef struct slice {
    const char *at;
    int size;
} slice;

limn_read_options limn_set_reading(void) {
    enum { PIXEL = 16, USUAL = 1 << 28 }; // bytes, with alpha; what is read at most anyway
    size_t most = limn_memory_total() / 2 / PIXEL;
    return (limn_read_options){.size = sizeof(limn_read_options),
                               .max_pixels = most < USUAL ? (long long)most : 0};
}

const char *limn_set_name(const limn_set *set, int file) {
    return set->folder.paths[file] + set->tops[file >= set->second];
}

static bool is(slice one, const char *word) {
    return !strncmp(one.at, word, (size_t)one.size) && !word[one.size];
}

// "cats/deep/1.jpg" -> "cats"; of a file that lies in no folder nothing.
static slice folder_of(const char *name) {
    const char *slash = strchr(name, '/');
    return (slice){name, slash ? (int)(slash - name) : 0};
}

static bool is_letter(slice folder) {
    return folder.size == 1 && (*folder.at == 'A' || *folder.at == 'B');
}

// "DIV2K_train_LR_bicubic/X4/0001x4.png", "_LR" -> where "_LR" begins, within the first folder;
// "LR/1.png", "LR_mild/1.png" -> 0, as if the name began before.
static const char *mark_of(const char *name, const char *mark) {
    const char *at = strstr(name, mark), *behind = name + strlen(mark) - 1;
    slice folder = folder_of(name);
    bool first = folder.size && limn_text_begins(name, mark + 1);
    if (first && (*behind == '/' || *behind == '_')) return name;
    return at && at < name + folder.size ? at : NULL;
}

// Of train, val and test, trainA, ...; -1: of any other.
static int part_of(slice folder) {
    static const char *const words[][LIMN_PARTS] = {{"train", "val", "test"},
                                                    {"trainA", "valA", "testA"},
                                                    {"trainB", "valB", "testB"},
                                                    {"train", "valid", "test"}};
    for (size_t i = 0; i < sizeof words / sizeof **words; i++)
        if (is(folder, words[i / LIMN_PARTS][i % LIMN_PARTS])) return (int)(i % LIMN_PARTS);
    return -1;
}

// ---- layouts ----

// Folders in train/, counted up to two; `direct`: pictures beside them.
static int count_folders(const limn_set *set, int *direct) {
    int count = 0;
    slice first = {0};
    *direct = 0;
    for (int i = 0; i < set->folder.count; i++) {
        const char *name = limn_set_name(set, i);
        if (!limn_text_begins(name, "train/")) continue;
        slice folder = folder_of(name + strlen("train/"));
        *direct += !folder.size;
        if (folder.size && !count) count = 1, first = folder;
        if (folder.size && strncmp(first.at, folder.at, (size_t)first.size + 1) != 0) count = 2;
    }
    return count;
}

// Pictures that lie in no folder A or B, and of a guess all in train/ twice as wide as high.
static bool has_joined(const limn_set *set, bool guess) {
    bool apart = true;
    for (int i = 0; i < set->folder.count; i++)
        apart &= is_letter(folder_of(limn_set_name(set, i)));
    if (apart || !guess) return !apart;
    limn_joined_look look = limn_look_for_joined(set);
    return look.count && !look.other;
}

// Whether some picture is where the layout needs one. Where it is a guess and nobody needs domains,
// pictures beside folders say that these are none.
static bool has(const limn_set *set, limn_data_layout layout, const char *need, bool guess) {
    int direct, folders;
    if (layout == LIMN_LAYOUT_JOINED) return has_joined(set, guess);
    if (layout == LIMN_LAYOUT_DOMAINS) {
        folders = count_folders(set, &direct);
        return set->kind.least ? folders > 0 : folders > 1 && !(guess && direct);
    }
    for (int i = 0; i < set->folder.count; i++) {
        const char *name = limn_set_name(set, i);
        if (layout == LIMN_LAYOUT_SCALES ? mark_of(name, need + strlen("NAME")) != NULL
                                         : is(folder_of(name), need))
            return true;
    }
    return false;
}

// Adds what the layout needs and has not: "trainB".
static bool fits(const limn_set *set, limn_data_layout layout, bool guess, limn_text *missing) {
    bool fit = true;
    if (missing->size) limn_text_print(missing, ", nor in ");
    for (const char *const *need = limn_layouts[layout].needs; *need; need++) {
        if (has(set, layout, *need, guess)) continue;
        limn_text_print(missing, "%s%s", fit ? "" : ", ", *need);
        fit = false;
    }
    return fit;
}

// What to do where domains are wanted, and folders are there but not in train: the first two of
// them are named. NULL: there are none.
static const char *advise_train(const limn_set_request *request, limn_set *set) {
    slice first = {0}, second = {0};
    if (!set->kind.least || request->layout) return NULL;
    for (int i = 0; i < set->folder.count && !second.size; i++) {
        slice folder = folder_of(limn_set_name(set, i));
        bool other = strncmp(first.at ? first.at : "", folder.at, (size_t)folder.size + 1) != 0;
        if (folder.size && first.size && other) second = folder;
        if (folder.size && !first.size) first = folder;
    }
    const char *path = request->path;
    int size = (int)strlen(path), name;
    while (size > 1 && path[size - 1] == '/') size--;
    for (name = size; name && path[name - 1] != '/';) name--;
    if (!second.size) return NULL;
    if (is((slice){path + name, size - name}, "train"))
        return limn_arena_print(&set->folder.arena, "Name the folder that %s lies in", path);
    return limn_arena_print(&set->folder.arena, "Make %.*s/train, and move %.*s and %.*s into it",
                            size, path, first.size, first.at, second.size, second.at);
}

// The one asked for, or the first of the method's that fits.
static limn_status choose_layout(const limn_set_request *request, limn_set *set) {
    const limn_data_layout asked[2] = {request->layout};
    const limn_data_layout *one = request->layout ? asked : set->kind.layouts;
    const char *name = limn_layouts[request->layout].name;
    limn_text missing = {0}, look = {0};
    while (*one && !fits(set, *one, one != asked, &missing)) one++;
    set->layout = *one;
    const char *advice = *one ? NULL : advise_train(request, set);
    if (!*one) limn_look_print(set, &look);
    if (!*one)
        limn_fail(LIMN_INPUT, "%s: %s%s%sthere are no pictures in %s. %s%s. There are %s.",
                  request->path, request->layout ? "--layout " : "", request->layout ? name : "",
                  request->layout ? ": " : "", missing.data, advice ? advice : "Put them there",
                  request->layout ? ", or name another --layout" : "", look.data);
    limn_text_free(&missing);
    limn_text_free(&look);
    return *one ? LIMN_OK : LIMN_INPUT;
}

// ---- the place of each file ----

typedef struct place {
    const char *key; // partners have one; the order within a domain
    slice folder;    // of its domain
    const char *label;
    int file, side, part, domain;
} place;

// Of a small picture, "0001x4.png" -> that of "0001".
static int small_stem_size(const char *stem) {
    int size = (int)limn_path_stem(stem), digits = size;
    while (digits && stem[digits - 1] >= '0' && stem[digits - 1] <= '9') digits--;
    return digits && digits < size && stem[digits - 1] == 'x' ? digits - 1 : size;
}

// In two folders the names are the same below each.
static bool place_low(limn_set *set, const char *name, place *to) {
    const char *stem = strrchr(name, '/');
    stem = stem ? stem + 1 : name;
    to->side = to->file >= set->second;
    int size = to->side ? (int)(stem - name) + small_stem_size(stem) : (int)limn_path_stem(name);
    to->key = limn_arena_print(&set->folder.arena, "%.*s", size, name);
    return true;
}

// "DIV2K_train_HR/0001.png", "DIV2K_train_LR_bicubic/X4/0001x4.png" -> "DIV2K_train/0001"
static bool place_scale(limn_set *set, const char *name, place *to) {
    const char *small = mark_of(name, "_LR"), *mark = small ? small : mark_of(name, "_HR");
    if (!mark) return false;
    const char *stem = strrchr(name, '/') + 1, *word = mark;
    int size = small ? small_stem_size(stem) : (int)limn_path_stem(stem);
    while (word > name && word[-1] != '_') word--;
    to->key =
        limn_arena_print(&set->folder.arena, "%.*s/%.*s", (int)(mark - name), name, size, stem);
    to->side = small != NULL;
    to->part = part_of((slice){word, (int)(mark - word)});
    return true;
}

// False: it has none in this layout.
static bool find_place(limn_set *set, const char *name, place *to) {
    slice first = folder_of(name), second = folder_of(name + first.size + (first.size > 0));
    slice last = {first.at + first.size - (first.size > 0), first.size > 0}; // A of trainA
    const char *pair = is_letter(first) ? name + 2 : NULL;                   // A/train/1.jpg
    int part = part_of(first);
    to->key = name;
    to->part = part >= 0 ? part : part_of(second);
    if (set->layout == LIMN_LAYOUT_UNPAIRED) {
        to->folder = last;
        return part >= 0 && is_letter(last);
    }
    if (set->layout == LIMN_LAYOUT_DOMAINS) {
        to->folder = second;
        return part >= 0 && !is_letter(last) && second.size;
    }
    if (set->layout == LIMN_LAYOUT_SCALES && set->second < set->folder.count)
        return place_low(set, name, to);
    if (set->layout == LIMN_LAYOUT_SCALES) return place_scale(set, name, to);
    if (set->layout == LIMN_LAYOUT_PICTURES) return true;
    const char *key = set->layout == LIMN_LAYOUT_JOINED ? name : pair;
    to->side = *name == 'B' && key == pair;
    if (key) to->key = limn_arena_print(&set->folder.arena, "%.*s", (int)limn_path_stem(key), key);
    return key;
}

// Those of one folder. Where nothing is called train, names of parts say nothing.
static int place_files(limn_set *set, int begin, int end, place *all) {
    int count = 0;
    bool divided = false, two = set->second < set->folder.count;
    for (int i = begin; i < end; i++) {
        place *one = &all[count];
        *one = (place){.file = i};
        if (!find_place(set, limn_set_name(set, i), one)) continue;
        slice label = two ? (slice){begin ? "B" : "A", 1} : one->folder;
        if (!set->kind.least) label.size = 0;
        one->label = limn_arena_print(&set->folder.arena, "%.*s", label.size, label.at);
        divided |= one->part == LIMN_TRAIN;
        count++;
    }
    for (int i = 0; i < count; i++)
        if (!divided || all[i].part < 0) all[i].part = LIMN_TRAIN;
    return count;
}

// ---- domains ----

static int find_domain(const limn_set *set, const char *name) {
    for (int i = 0; i < set->domain_count; i++)
        if (!strcmp(name, set->domains[i].name)) return i;
    return -1;
}

static int by_name(const void *a, const void *b) {
    const limn_domain *one = a, *two = b;
    return strcmp(one->name, two->name);
}

// Those that something is trained on, by name; then every file is told its own.
static limn_status find_domains(limn_set *set, place *all, int count) {
    for (int i = 0; i < count; i++) {
        if (all[i].part != LIMN_TRAIN || find_domain(set, all[i].label) >= 0) continue;
        if (set->domain_count == LIMN_MOST_DOMAINS)
            return limn_fail(LIMN_INPUT, "%s: belongs to one more than the %d domains there can be",
                             set->folder.paths[all[i].file], LIMN_MOST_DOMAINS);
        set->domains[set->domain_count++] = (limn_domain){.name = all[i].label};
    }
    qsort(set->domains, (size_t)set->domain_count, sizeof *set->domains, by_name);
    for (int i = 0; i < count; i++) all[i].domain = find_domain(set, all[i].label);
    return LIMN_OK;
}

// A folder of train/ must be fit to be a domain, unless others are asked for.
static limn_status check_folder(void *context, const char *path, const char *name) {
    const limn_set *set = context;
    const char *fault = limn_domain_fault(name, NULL, 0);
    limn_folder empty;
    if (!strcmp(name, "__MACOSX")) return LIMN_OK; // unpacking leaves it
    if (fault)
        return limn_fail(LIMN_INPUT,
                         "%s: as the name of a domain: %s. Give the folder another name", path,
                         fault);
    if (find_domain(set, name) >= 0) return LIMN_OK;
    LIMN_TRY(limn_folder_read(path, &empty));
    limn_folder_free(&empty);
    return limn_fail(LIMN_INPUT, "%s: its pictures are those of another folder. Take the link away",
                     path);
}

static const char *domain_at(const void *context, int i) {
    const limn_set *set = context;
    return i < set->domain_count ? set->domains[i].name : NULL;
}

// Behind what is wrong with them, the domains that there are.
static limn_status refuse_domains(const limn_set *set, limn_status status, const char *what) {
    limn_text list = {0};
    for (int i = 0; i < set->domain_count; i++)
        limn_text_print(&list, "%s%s", i ? ", " : "", set->domains[i].name);
    limn_fail(status, "%s There %s %s.", what, set->domain_count > 1 ? "are" : "is", list.data);
    limn_text_free(&list);
    return status;
}

static limn_status refuse_name(limn_set *set, const char *name) {
    const char *near = limn_text_nearest(name, domain_at, set);
    const char *advice =
        near ? limn_arena_print(&set->folder.arena, " Did you mean %s?", near) : "";
    const char *what = limn_arena_print(&set->folder.arena,
                                        "--domain %s: there is no such domain.%s", name, advice);
    return refuse_domains(set, LIMN_USAGE, what);
}

// Takes the domains of these names, in this order. Two that go by A and B alone are named.
static limn_status pick_domains(limn_set *set, const char *const *names, place *all, int count) {
    limn_domain picked[LIMN_MOST_DOMAINS] = {{0}};
    int moved[LIMN_MOST_DOMAINS], taken = 0;
    bool lettered = set->layout == LIMN_LAYOUT_UNPAIRED || set->second < set->folder.count;
    bool named = lettered && find_domain(set, names[0]) < 0 && names[1] && !names[2];
    for (int i = 0; i < LIMN_MOST_DOMAINS; i++) moved[i] = -1;
    for (const char *name; (name = names[taken]); taken++) {
        const char *fault = limn_domain_fault(name, names, taken);
        int found = named ? taken : find_domain(set, name);
        if (fault) return limn_fail(LIMN_USAGE, "--domain %s: %s.", name, fault);
        if (found < 0) return refuse_name(set, name);
        picked[taken].name = limn_arena_print(&set->folder.arena, "%s", name);
        moved[found] = taken;
    }
    if (taken < set->kind.least)
        return refuse_domains(set, LIMN_USAGE,
                              limn_arena_print(&set->folder.arena,
                                               "--domain names %d, and at least %d are needed.",
                                               taken, set->kind.least));
    memcpy(set->domains, picked, sizeof picked);
    set->domain_count = taken;
    for (int i = 0; i < count; i++)
        if (all[i].domain >= 0) all[i].domain = moved[all[i].domain];
    return LIMN_OK;
}

static limn_status choose_domains(const limn_set_request *request, limn_set *set, place *all,
                                  int count) {
    const char *path = request->path ? request->path : request->path_a;
    const char *train = limn_arena_print(&set->folder.arena, "%s/train", path);
    if (request->domains)
        LIMN_TRY(pick_domains(set, request->domains, all, count));
    else if (train && set->layout == LIMN_LAYOUT_DOMAINS)
        LIMN_TRY(limn_folder_folders(train, check_folder, set));
    int least = set->kind.least, most = set->kind.most;
    bool few = set->domain_count < least;
    if (!few && (!most || set->domain_count <= most)) return LIMN_OK;
    const char *what = limn_arena_print(
        &set->folder.arena, "%s: at %s %d domains are needed%s.", path, few ? "least" : "most",
        few ? least : most, few ? ", each a folder in train" : ": choose them with --domain");
    return refuse_domains(set, few ? LIMN_INPUT : LIMN_USAGE, what);
}

// ---- samples ----

static int by_place(const void *a, const void *b) {
    const place *one = a, *two = b;
    int order = one->part - two->part;
    if (!order) order = one->domain - two->domain;
    if (!order) order = strcmp(one->key, two->key);
    if (!order) order = one->side - two->side;
    return order ? order : one->file - two->file;
}

static void add_sample(limn_set *set, const place *of, int second) {
    limn_range *range = &set->domains[of->domain].part[of->part];
    if (!range->count++) range->first = set->count;
    set->samples[set->count++] = (limn_sample){{of->file, second}};
}

// Why a small picture is no partner, where a scale is wanted; NULL: it is one, or cannot be read,
// which is told when it is.
static const char *wrong_scale(limn_set *set, int large, int small) {
    const limn_read_options how = limn_set_reading();
    limn_picture_header a = {.size = sizeof a}, b = {.size = sizeof b};
    int scale = set->kind.scale;
    if (!scale || limn_picture_read_header(set->folder.paths[large], &how, &a) ||
        limn_picture_read_header(set->folder.paths[small], &how, &b) ||
        (a.width / scale == b.width && a.height / scale == b.height))
        return NULL;
    return limn_arena_print(&set->folder.arena,
                            "has %d x %d pixels and its large partner %d x %d: not %d "
                            "times as large, as --scale says",
                            b.width, b.height, a.width, a.height, scale);
}

// Of `count` files with one key. A large picture may have several small ones.
static void match(limn_set *set, const place *all, int count) {
    static const char *const alone[] = {"has no partner in B", "has no partner in A"};
    static const char *const alone_scale[] = {"has no small partner", "has no large partner"};
    bool scales = set->layout == LIMN_LAYOUT_SCALES;
    for (int i = 0; i < count; i++) {
        const char **misfit = &set->misfits[all[i].file];
        if (all[0].side == all[count - 1].side)
            *misfit = (scales ? alone_scale : alone)[all[i].side];
        else if (i && (!all[i].side || (all[i - 1].side && !scales)))
            *misfit = "has the name of another, but for its ending or folder";
        else if (i && !(*misfit = wrong_scale(set, all[0].file, all[i].file)))
            add_sample(set, &all[0], all[i].file);
    }
}

static void add_samples(limn_set *set, const place *all, int count) {
    bool pairs = set->layout == LIMN_LAYOUT_PAIRS || set->layout == LIMN_LAYOUT_SCALES;
    for (int i = 0, next; i < count; i = next) {
        const place *first = &all[i];
        for (next = i + 1; next < count && all[next].part == first->part &&
                           all[next].domain == first->domain && !strcmp(all[next].key, first->key);)
            next++;
        if (first->domain < 0) continue; // of a domain that nobody asked for
        if (pairs && set->kind.files > 1)
            match(set, first, next - i);
        else
            for (int k = i; k < next; k++)
                if (!all[k].side) add_sample(set, &all[k], -1);
    }
}

static void note(limn_text *text, int count, const char *words) {
    if (count) limn_text_print(text, ", %s %d", words, count);
}

static void write_note(limn_set *set) {
    int misfits = 0, first = 0, others = set->folder.count;
    for (int i = set->folder.count - 1; i >= 0; i--)
        if (set->misfits[i]) misfits++, first = i;
    for (int i = 0; i < set->count; i++) {
        const limn_sample *one = &set->samples[i];
        others -= !i || one->file[0] != one[-1].file[0]; // which may have several partners
        others -= one->file[1] >= 0;
    }
    limn_text text = {0};
    note(&text, limn_set_count(set, LIMN_HELD_OUT), "held out");
    note(&text, limn_set_count(set, LIMN_TEST), "for the test");
    note(&text, others - misfits, "not used");
    note(&text, misfits, "without a place");
    if (misfits)
        limn_text_print(&text, " (%s: %s)", limn_set_name(set, first), set->misfits[first]);
    note(&text, set->folder.unlisted, "folders that cannot be listed");
    if (set->folder.unlisted) limn_text_print(&text, " (%s)", set->folder.why);
    if (text.size)
        set->note = limn_arena_print(&set->folder.arena, "%s: to train on %d%s",
                                     limn_layouts[set->layout].name,
                                     limn_set_count(set, LIMN_TRAIN), text.data);
    limn_text_free(&text);
}

// ---- the whole ----

static limn_status read_folders(const limn_set_request *request, limn_set *set) {
    const char *a = request->path_a, *b = request->path_b, *second = b ? b : request->path_low;
    if (!a != !b || !a == !request->path)
        return limn_fail(LIMN_USAGE, "--data FOLDER is needed, or in its place --data-a FOLDER and "
                                     "--data-b FOLDER, one for each of two domains.");
    LIMN_TRY(limn_folder_read(a ? a : request->path, &set->folder));
    set->second = set->folder.count;
    set->tops[0] = set->folder.top;
    if (second) LIMN_TRY(limn_folder_add(second, &set->folder));
    set->tops[1] = set->folder.top;
    return LIMN_OK;
}

static limn_status fill(const limn_set_request *request, limn_set *set, place *all) {
    int count = place_files(set, 0, set->second, all);
    count += place_files(set, set->second, set->folder.count, all + count);
    if (set->folder.arena.failed) return no_memory();
    LIMN_TRY(find_domains(set, all, count));
    if (set->kind.least) LIMN_TRY(choose_domains(request, set, all, count));
    qsort(all, (size_t)count, sizeof *all, by_place);
    add_samples(set, all, count);
    if (!set->kind.least) set->domains[0].name = NULL;
    write_note(set);
    if (set->folder.arena.failed) return no_memory();
    for (int i = 0; i < set->domain_count && !request->misfits_are_told; i++)
        if (!set->domains[i].part[LIMN_TRAIN].count)
            return limn_fail(LIMN_INPUT, "%s: there is nothing to train on: %s", request->path,
                             set->note);
    return LIMN_OK;
}

static limn_status open_set(const limn_set_request *request, limn_set *set) {
    LIMN_TRY(read_folders(request, set));
    set->layout = LIMN_LAYOUT_PICTURES;
    if (request->path_low)
        set->layout = LIMN_LAYOUT_SCALES;
    else if (request->path)
        LIMN_TRY(choose_layout(request, set));
    size_t files = (size_t)set->folder.count;
    set->samples = limn_arena_get(&set->folder.arena, files * sizeof *set->samples);
    set->misfits = limn_arena_get(&set->folder.arena, files * sizeof *set->misfits);
    place *all = calloc(files, sizeof *all);
    limn_status status = LIMN_MEMORY;
    if (!all || set->folder.arena.failed)
        no_memory();
    else
        status = fill(request, set, all);
    free(all);
    return status;
}

limn_status limn_set_open(const limn_set_request *request, const limn_samples *kind,
                          limn_set *set) {
    *set = (limn_set){.kind = *kind};
    limn_status status = open_set(request, set);
    if (status != LIMN_OK) limn_set_free(set);
    return status;
}

void limn_set_free(limn_set *set) {
    limn_folder_free(&set->folder);
    *set = (limn_set){.count = 0};
}

int limn_set_count(const limn_set *set, limn_set_part part) {
    int count = 0;
    for (int i = 0; i < set->domain_count; i++) count += set->domains[i].part[part].count;
    return count;
}

int64_t limn_set_epoch(const limn_set *set, int batch) {
    int each = batch / set->domain_count, longest = 0, shortest = INT_MAX;
    for (int i = 0; i < set->domain_count; i++) {
        int count = set->domains[i].part[LIMN_TRAIN].count;
        if (count > longest) longest = count;
        if (count < shortest) shortest = count;
    }
    int batches = (set->kind.order == LIMN_BY_SHORTEST ? shortest : longest) / each;
    return batches ? batches : 1;
}

static void keep_range(limn_set *set, limn_range *range, const bool *kept, int *to) {
    int first = *to;
    for (int i = 0; i < range->count; i++) {
        limn_sample sample = set->samples[range->first + i];
        if (kept[sample.file[0]]) set->samples[(*to)++] = sample;
    }
    *range = (limn_range){first, *to - first};
}

// Samples stand by part, then by domain.
void limn_set_keep(limn_set *set, const bool *kept) {
    int to = 0;
    for (int part = 0; part < LIMN_PARTS; part++)
        for (int d = 0; d < set->domain_count; d++)
            keep_range(set, &set->domains[d].part[part], kept, &to);
    set->count = to;
}

uint64_t limn_set_checksum(const limn_set *set) {
    uint64_t sum = 0;
    for (int i = 0; i < set->domain_count; i++) {
        const limn_range *range = &set->domains[i].part[LIMN_TRAIN];
        sum = limn_checksum(sum, "", 1); // where a domain begins
        for (int k = 0; k < 2 * range->count; k++) {
            int file = set->samples[range->first + k / 2].file[k % 2];
            const char *name = file < 0 ? "" : limn_set_name(set, file);
            sum = limn_checksum(sum, name, strlen(name) + 1);
        }
    }
    return sum;
}
