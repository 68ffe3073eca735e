// How a data set is laid out, as the names of its folders tell, and what does not fit.
#include "data/layout.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *meaning;
} layouts[] = {
    [LIMN_LAYOUT_AUTO] = {"auto", "as the names of the folders tell"},
    [LIMN_LAYOUT_PICTURES] = {"pictures", "of any kind"},
    [LIMN_LAYOUT_UNPAIRED] = {"unpaired", "two domains, trainA and trainB"},
    [LIMN_LAYOUT_PAIRS] = {"pairs", "of equal names below A and B"},
    [LIMN_LAYOUT_JOINED] = {"joined", "pairs side by side in one picture"},
    [LIMN_LAYOUT_DOMAINS] = {"domains", "the folders of train"},
    [LIMN_LAYOUT_SCALES] = {"scales", "pairs of a large and a small picture, _HR and _LR"},
};

const char *limn_layout_name(limn_layout layout) {
    return layouts[layout].name;
}

const char *limn_layout_meaning(limn_layout layout) {
    return layouts[layout].meaning;
}

// ---- guessing ----

static bool begins(const char *name, const char *with) {
    return !strncmp(name, with, strlen(with));
}

// Whether some picture lies below this folder of the set.
static bool has_folder(const limn_survey *survey, const char *folder) {
    for (int i = 0; i < survey->folder.count; i++)
        if (begins(survey->files[i].relative, folder)) return true;
    return false;
}

// "DIV2K_train_LR_bicubic/X4/0001x4.png", "_LR" -> where "_LR" begins, within the first folder.
static const char *mark_of(const char *relative, const char *mark) {
    const char *at = strstr(relative, mark);
    return at && at < relative + strcspn(relative, "/") && strchr(at, '/') ? at : NULL;
}

static bool has_mark(const limn_survey *survey, const char *mark) {
    for (int i = 0; i < survey->folder.count; i++)
        if (mark_of(survey->files[i].relative, mark)) return true;
    return false;
}

// What train/ holds: folders alone are domains, pictures twice as wide as high are joined pairs.
static limn_layout guess_train(const limn_survey *survey) {
    const char *first = NULL;
    int direct = 0, wide = 0, domains = 0;
    for (int i = 0; i < survey->folder.count; i++) {
        const limn_surveyed *file = &survey->files[i];
        if (!begins(file->relative, "train/")) continue;
        const char *name = file->relative + strlen("train/");
        size_t size = strcspn(name, "/");
        if (name[size]) {
            domains += !first || strncmp(first, name, size + 1) != 0;
            first = name;
        } else if (!file->reason) {
            direct++;
            wide += file->width == 2 * file->height;
        }
    }
    if (direct) return wide == direct ? LIMN_LAYOUT_JOINED : LIMN_LAYOUT_PICTURES;
    return domains > 1 ? LIMN_LAYOUT_DOMAINS : LIMN_LAYOUT_PICTURES;
}

limn_layout limn_layout_guess(const limn_survey *survey) {
    if (has_folder(survey, "trainA/") && has_folder(survey, "trainB/")) return LIMN_LAYOUT_UNPAIRED;
    if (has_folder(survey, "A/") && has_folder(survey, "B/")) return LIMN_LAYOUT_PAIRS;
    if (has_mark(survey, "_HR") && has_mark(survey, "_LR")) return LIMN_LAYOUT_SCALES;
    return guess_train(survey);
}

static void miss(bool there, const char *name, limn_text *missing) {
    if (!there) limn_text_print(missing, "%s%s", missing->size ? ", " : "", name);
}

// Folders below train/, counted up to two.
static int count_domains(const limn_survey *survey) {
    const char *first = NULL;
    size_t size = 0;
    for (int i = 0; i < survey->folder.count; i++) {
        const char *name = survey->files[i].relative + strlen("train/");
        if (!begins(survey->files[i].relative, "train/") || !strchr(name, '/')) continue;
        if (first && strncmp(first, name, size) != 0) return 2;
        first = name;
        size = strcspn(name, "/") + 1;
    }
    return first != NULL;
}

void limn_layout_missing(const limn_survey *survey, limn_layout layout, limn_text *missing) {
    if (layout == LIMN_LAYOUT_UNPAIRED) {
        miss(has_folder(survey, "trainA/"), "trainA", missing);
        miss(has_folder(survey, "trainB/"), "trainB", missing);
    } else if (layout == LIMN_LAYOUT_PAIRS) {
        miss(has_folder(survey, "A/"), "A", missing);
        miss(has_folder(survey, "B/"), "B", missing);
    } else if (layout == LIMN_LAYOUT_SCALES) {
        miss(has_mark(survey, "_HR"), "NAME_HR", missing);
        miss(has_mark(survey, "_LR"), "NAME_LR", missing);
    } else if (layout == LIMN_LAYOUT_DOMAINS) {
        miss(count_domains(survey) > 1, "train/NAME, one for each of two domains or more", missing);
    }
}

// ---- pairs ----

// One of a pair: partners have one key, and the first of them comes first.
typedef struct partner {
    const char *key;
    int side;
    const limn_surveyed *file;
} partner;

// "A/train/1.jpg" -> "train/1"
static bool take_pair(limn_arena *arena, const char *relative, partner *one) {
    if (!begins(relative, "A/") && !begins(relative, "B/")) return false;
    one->side = *relative == 'B';
    one->key = limn_arena_print(arena, "%.*s", (int)limn_path_stem(relative + 2), relative + 2);
    return true;
}

// "DIV2K_train_HR/0001.png", "DIV2K_train_LR_bicubic/X4/0001x4.png" -> "DIV2K_train/0001"
static bool take_scale(limn_arena *arena, const char *relative, partner *one) {
    const char *small = mark_of(relative, "_LR"), *mark = small ? small : mark_of(relative, "_HR");
    if (!mark) return false;
    const char *name = limn_path_name(relative);
    size_t size = limn_path_stem(name), digits = size;
    while (digits && name[digits - 1] >= '0' && name[digits - 1] <= '9') digits--;
    if (small && digits && digits < size && name[digits - 1] == 'x') size = digits - 1;
    one->side = small != NULL;
    one->key =
        limn_arena_print(arena, "%.*s/%.*s", (int)(mark - relative), relative, (int)size, name);
    return true;
}

static int by_key(const void *a, const void *b) {
    const partner *one = a, *two = b;
    int order = strcmp(one->key, two->key);
    if (!order) order = one->side - two->side;
    return order ? order : (one->file > two->file) - (one->file < two->file);
}

static void add(limn_misfits *to, const limn_surveyed *file, const char *reason) {
    to->items[to->count++] = (limn_misfit){file, reason};
}

static bool fits(limn_layout layout, const limn_surveyed *first, const limn_surveyed *second) {
    if (first->reason || second->reason) return true; // that is said elsewhere
    if (layout == LIMN_LAYOUT_PAIRS)
        return first->width == second->width && first->height == second->height;
    long long scale = first->width / second->width;
    return scale > 1 && first->width == scale * second->width &&
           first->height == scale * second->height;
}

// Of `count` pictures with one key.
static void check_partners(limn_layout layout, const partner *all, int count,
                           limn_misfits *misfits) {
    static const char *const alone[] = {"has no partner in B", "has no partner in A"};
    static const char *const alone_scale[] = {"has no small partner", "has no large partner"};
    bool scales = layout == LIMN_LAYOUT_SCALES;
    if (all[0].side == all[count - 1].side) {
        for (int i = 0; i < count; i++)
            add(misfits, all[i].file, (scales ? alone_scale : alone)[all[i].side]);
        return;
    }
    for (int i = 1; i < count; i++)
        if (all[i].side == 0)
            add(misfits, all[i].file, "has the name of another, but for its ending or folder");
        else if (!fits(layout, all[0].file, all[i].file))
            add(misfits, all[i].file,
                limn_arena_print(&misfits->arena, "has a size that does not fit %s (%d x %d)",
                                 all[0].file->relative, all[0].file->width, all[0].file->height));
}

static limn_status check_pairs(const limn_survey *survey, limn_layout layout,
                               limn_misfits *misfits) {
    limn_arena arena = {0};
    partner *all = calloc((size_t)survey->folder.count, sizeof *all);
    int count = 0;
    for (int i = 0; all && i < survey->folder.count; i++) {
        const limn_surveyed *file = &survey->files[i];
        bool is_scale = layout == LIMN_LAYOUT_SCALES;
        all[count].file = file;
        count += (is_scale ? take_scale : take_pair)(&arena, file->relative, &all[count]);
    }
    bool failed = !all || arena.failed;
    if (!failed && count) qsort(all, (size_t)count, sizeof *all, by_key);
    for (int i = 0, next; i < count && !failed; i = next) {
        for (next = i + 1; next < count && !strcmp(all[i].key, all[next].key);) next++;
        check_partners(layout, all + i, next - i, misfits);
    }
    free(all);
    limn_arena_release(&arena);
    failed |= misfits->arena.failed;
    return failed ? limn_fail(LIMN_MEMORY, "no memory to match pairs") : LIMN_OK;
}

// ---- joined pairs ----

static void check_joined(const limn_survey *survey, limn_misfits *misfits) {
    for (int i = 0; i < survey->folder.count; i++)
        if (survey->files[i].width % 2)
            add(misfits, &survey->files[i], "has an odd width, so that it has no two halves");
}

limn_status limn_layout_check(const limn_survey *survey, limn_layout layout,
                              limn_misfits *misfits) {
    *misfits = (limn_misfits){0};
    misfits->items = calloc((size_t)survey->folder.count, sizeof *misfits->items);
    if (!misfits->items) return limn_fail(LIMN_MEMORY, "no memory to match pictures");
    if (layout == LIMN_LAYOUT_PAIRS || layout == LIMN_LAYOUT_SCALES)
        return check_pairs(survey, layout, misfits);
    if (layout == LIMN_LAYOUT_JOINED) check_joined(survey, misfits);
    return LIMN_OK;
}

void limn_misfits_free(limn_misfits *misfits) {
    free(misfits->items);
    limn_arena_release(&misfits->arena);
    *misfits = (limn_misfits){0};
}
