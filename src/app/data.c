// limn data: whether a data set is fit to be trained on.
#include "app/batch.h"
#include "app/make.h"
#include "app/progress.h"
#include "app/signals.h"
#include "app/verb.h"
#include "base/threads.h"
#include "data/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 20 }; // names of one kind without -v

typedef struct options {
    limn_common_options common;
    int layout; // limn_data_layout, in whose order the choices are
    int64_t threads;
} options;

static const limn_option table[] = {
    {.name = "layout",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(options, layout),
     .fallback = "auto",
     .choices = "auto|pictures|unpaired|pairs|joined|domains|scales",
     .placeholder = "NAME",
     .help = "what the folders mean: pictures (any), unpaired (trainA, trainB), pairs (equal names "
             "below A and B), joined (A and B side by side in one picture), domains (train/NAME), "
             "scales (NAME_HR, NAME_LR); auto goes by their names"},
    {.name = "threads",
     .kind = LIMN_OPTION_WHOLE,
     .offset = offsetof(options, threads),
     .low = 1,
     .high = 1024,
     .otherwise = "one for each processor",
     .help = "pictures to read at once; large ones are read one by one"},
    {0}};

static const limn_option_group groups[] = {
    {"Data", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

// ---- kinds of picture ----

static const struct kind {
    const char *name, *words;
    size_t holds;    // which of the bools of limn_surveyed
    const char *key; // of what is said of each in the JSON; NULL: they are only counted
} kinds[] = {
    {"unreadable", "left out of training", offsetof(limn_surveyed, unreadable), "reason"},
    {"small", "a side under 64 pixels", offsetof(limn_surveyed, small), "size"},
    {"flat", "one colour all over", offsetof(limn_surveyed, flat), "size"},
    {"grey", "no colour at all", offsetof(limn_surveyed, grey), NULL},
    {"alpha", "training lays them on white", offsetof(limn_surveyed, alpha), NULL},
    {"sixteen_bit", "16 bits a channel", offsetof(limn_surveyed, sixteen_bit), NULL},
    {"other_colours", "not sRGB: converted on reading", offsetof(limn_surveyed, other_colours),
     NULL},
    {"damaged", "decoded all the same: look whether they are to be kept",
     offsetof(limn_surveyed, damaged), "size"},
};

// ---- the report: lines, or members of the JSON ----

typedef struct report {
    limn_call *call;
    limn_set *set;
    const limn_survey *survey;
    const limn_surveyed **files; // in any order
    int count;
    limn_text lines;
} report;

static void add_line(report *to, const char *name, const char *value) {
    limn_text_print(&to->lines, "%-14s %s\n", name, value);
}

// Pictures of one kind with what is to be said of each.
typedef struct list {
    const char *name, *words;
    const char *key; // of what is said of a picture, in the JSON
    limn_text items;
    int count;
} list;

static void add_item(const report *to, list *items, const char *file, const char *said) {
    limn_text *text = &items->items;
    if (to->call->common->json) {
        limn_text_print(text, "%s{\"file\": ", items->count ? ", " : "");
        limn_text_json(text, file);
        limn_text_print(text, ", \"%s\": ", items->key);
        limn_text_json(text, said);
        limn_text_print(text, "}");
    } else if (items->count < SHOWN || to->call->common->verbose) {
        limn_text_print(text, "    %s: %s\n", file, said);
    }
    items->count++;
}

// Says the list and frees it. Returns how many were in it.
static int end_list(report *to, list *items) {
    const char *text = items->items.data ? items->items.data : "";
    int hidden = to->call->common->verbose ? 0 : items->count - SHOWN;
    if (to->call->common->json)
        limn_text_print(limn_call_member(to->call, items->name), "[%s]", text);
    else if (items->count)
        limn_text_print(&to->lines, "%-14s %d (%s)\n%s", items->name, items->count, items->words,
                        text);
    if (hidden > 0 && !to->call->common->json)
        limn_text_print(&to->lines, "    and %d more, which -v names\n", hidden);
    to->lines.failed |= items->items.failed;
    limn_text_free(&items->items);
    return items->count;
}

// ---- sizes ----

static double pixels(const limn_surveyed *file) {
    return (double)file->width * file->height;
}

// Those that cannot be read come first: they have no pixels.
static int by_size(const void *a, const void *b) {
    const limn_surveyed *one = *(const limn_surveyed *const *)a;
    const limn_surveyed *two = *(const limn_surveyed *const *)b;
    double order = pixels(one) - pixels(two);
    if (order) return order < 0 ? -1 : 1;
    return (one > two) - (one < two);
}

// What is said of some pictures in the order of their size.
typedef struct sizes {
    int count, unreadable;
    double bytes;
    const limn_surveyed *smallest, *median, *largest; // NULL where none can be read
} sizes;

static sizes measure(const limn_surveyed *const *files, int count) {
    sizes of = {.count = count};
    for (int i = 0; i < count; i++) {
        of.unreadable += files[i]->reason != NULL;
        of.bytes += (double)files[i]->bytes;
    }
    if (of.unreadable == count) return of;
    of.smallest = files[of.unreadable];
    of.median = files[(of.unreadable + count) / 2];
    of.largest = files[count - 1];
    return of;
}

static void add_size(limn_text *json, const char *name, const limn_surveyed *file) {
    limn_text_print(json, ", \"%s\": ", name);
    if (file)
        limn_text_print(json, "[%d, %d]", file->width, file->height);
    else
        limn_text_print(json, "null");
}

static void add_sizes(limn_text *json, const sizes *of) {
    limn_text_print(json, "{\"pictures\": %d, \"unreadable\": %d, \"bytes\": %.15g", of->count,
                    of->unreadable, of->bytes);
    add_size(json, "smallest", of->smallest);
    add_size(json, "median", of->median);
    add_size(json, "largest", of->largest);
    limn_text_print(json, "}");
}

static const char *print_sizes(char text[128], const sizes *of) {
    char bytes[32];
    int used = snprintf(text, 128, "%d %s, %s", of->count, of->count == 1 ? "picture" : "pictures",
                        limn_text_bytes(bytes, (size_t)of->bytes));
    if (of->smallest && of->smallest->width == of->largest->width &&
        of->smallest->height == of->largest->height)
        snprintf(text + used, 128 - (size_t)used, ", %d x %d", of->median->width,
                 of->median->height);
    else if (of->smallest)
        snprintf(text + used, 128 - (size_t)used, ", %d x %d to %d x %d, median %d x %d",
                 of->smallest->width, of->smallest->height, of->largest->width, of->largest->height,
                 of->median->width, of->median->height);
    return text;
}

// ---- folders ----

static int folder_size(const limn_surveyed *file) {
    const char *slash = strrchr(file->relative, '/');
    return slash ? (int)(slash - file->relative) : 0;
}

static int compare_folders(const limn_surveyed *one, const limn_surveyed *two) {
    int size = folder_size(one), other = folder_size(two);
    int order = memcmp(one->relative, two->relative, (size_t)(size < other ? size : other));
    return order ? order : size - other;
}

static int by_folder(const void *a, const void *b) {
    int order = compare_folders(*(const limn_surveyed *const *)a, *(const limn_surveyed *const *)b);
    return order ? order : by_size(a, b);
}

static void add_folder(report *to, const limn_surveyed *const *files, int count, bool first) {
    sizes of = measure(files, count);
    char text[128], name[4096];
    int size = folder_size(files[0]);
    snprintf(name, sizeof name, "%.*s", size ? size : 1, size ? files[0]->relative : ".");
    if (!to->call->common->json) {
        limn_text_print(&to->lines, "    %s: %s\n", name, print_sizes(text, &of));
        return;
    }
    limn_text *json = &to->call->json;
    limn_text_print(json, first ? "" : ", ");
    limn_text_json(json, name);
    limn_text_print(json, ": ");
    add_sizes(json, &of);
}

static void add_folders(report *to) {
    bool json = to->call->common->json;
    qsort(to->files, (size_t)to->count, sizeof(limn_surveyed *), by_folder);
    int folders = 0, shown = json || to->call->common->verbose ? to->count : SHOWN;
    if (json) limn_text_print(limn_call_member(to->call, "folders"), "{");
    if (!json) limn_text_print(&to->lines, "folders\n");
    for (int i = 0, next; i < to->count; i = next, folders++) {
        for (next = i + 1; next < to->count && !compare_folders(to->files[i], to->files[next]);)
            next++;
        if (folders < shown) add_folder(to, to->files + i, next - i, i == 0);
    }
    if (json) limn_text_print(&to->call->json, "}");
    if (folders > shown)
        limn_text_print(&to->lines, "    and %d more, which -v names\n", folders - shown);
}

// ---- doubles ----

static int by_content(const void *a, const void *b) {
    const limn_surveyed *one = *(const limn_surveyed *const *)a;
    const limn_surveyed *two = *(const limn_surveyed *const *)b;
    if (one->bytes != two->bytes) return one->bytes < two->bytes ? -1 : 1;
    if (one->sum != two->sum) return one->sum < two->sum ? -1 : 1;
    return (one > two) - (one < two);
}

static void add_doubles(report *to) {
    list items = {.name = "doubled", .words = "the same file as another", .key = "same_as"};
    qsort(to->files, (size_t)to->count, sizeof(limn_surveyed *), by_content);
    for (int i = 1, first = 0; i < to->count; i++) {
        const limn_surveyed *one = to->files[first], *two = to->files[i];
        if (one->bytes != two->bytes || one->sum != two->sum)
            first = i;
        else if (!two->reason)
            add_item(to, &items, two->relative, one->relative);
    }
    end_list(to, &items);
}

// ---- everything ----

static void add_formats(report *to) {
    char text[128] = "";
    size_t used = 0;
    if (to->call->common->json) limn_text_print(limn_call_member(to->call, "formats"), "{");
    for (limn_format format = LIMN_FORMAT_JPEG; format <= LIMN_FORMAT_TIFF; format++) {
        int count = 0;
        for (int i = 0; i < to->count; i++) count += to->files[i]->format == format;
        if (!count) continue;
        const char *name = limn_format_name(format), *comma = used ? ", " : "";
        if (to->call->common->json)
            limn_text_print(&to->call->json, "%s\"%s\": %d", comma, name, count);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d %s", comma, count, name);
    }
    if (to->call->common->json)
        limn_text_print(&to->call->json, "}");
    else if (used)
        add_line(to, "formats", text);
}

static void add_kinds(report *to) {
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct kind *kind = &kinds[k];
        list items = {.name = kind->name, .words = kind->words, .key = kind->key};
        int count = 0;
        for (int i = 0; i < to->count; i++) {
            const limn_surveyed *file = &to->survey->files[i];
            char size[32];
            snprintf(size, sizeof size, "%d x %d", file->width, file->height);
            if (!*(const bool *)((const char *)file + kind->holds)) continue;
            count++;
            if (kind->key) add_item(to, &items, file->relative, file->reason ? file->reason : size);
        }
        if (kind->key)
            end_list(to, &items);
        else if (to->call->common->json)
            limn_call_number(to->call, kind->name, count);
        else if (count)
            limn_text_print(&to->lines, "%-14s %d (%s)\n", kind->name, count, kind->words);
    }
}

static bool fits(limn_data_layout layout, const limn_surveyed *first, const limn_surveyed *second) {
    if (first->reason || second->reason) return true; // that is said elsewhere
    if (layout == LIMN_LAYOUT_PAIRS)
        return first->width == second->width && first->height == second->height;
    long long scale = first->width / second->width;
    return scale > 1 && first->width == scale * second->width &&
           first->height == scale * second->height;
}

// Names tell who has no partner, sizes which partners do not match.
static void find_misfits(report *to) {
    limn_set *set = to->set;
    const limn_surveyed *files = to->survey->files;
    for (int i = 0; i < set->count; i++) {
        const limn_surveyed *first = &files[set->samples[i].file[0]];
        int second = set->samples[i].file[1];
        if (second >= 0 && !fits(set->layout, first, &files[second]))
            set->misfits[second] =
                limn_arena_print(&set->folder.arena, "has a size that does not fit %s (%d x %d)",
                                 first->relative, first->width, first->height);
    }
    for (int i = 0; i < to->count && set->layout == LIMN_LAYOUT_JOINED; i++)
        if (files[i].width % 2) set->misfits[i] = "has an odd width, so that it has no two halves";
}

static int add_misfits(report *to) {
    list items = {.name = "misfits", .words = "no place in the layout", .key = "reason"};
    find_misfits(to);
    to->lines.failed |= to->set->folder.arena.failed;
    for (int i = 0; i < to->count; i++)
        if (to->set->misfits[i])
            add_item(to, &items, to->survey->files[i].relative, to->set->misfits[i]);
    return end_list(to, &items);
}

// Returns how many misfits there are.
static int add_all(report *to, double seconds, sizes *of) {
    limn_data_layout layout = to->set->layout;
    char text[160], line[128];
    qsort(to->files, (size_t)to->count, sizeof(limn_surveyed *), by_size);
    *of = measure(to->files, to->count);
    snprintf(text, sizeof text, "%s; %.1f s", print_sizes(line, of), seconds);
    if (to->call->common->json) {
        limn_call_text(to->call, "data", to->call->parsed->arguments[0]);
        limn_call_text(to->call, "layout", limn_layouts[layout].name);
        limn_call_number(to->call, "seconds", seconds);
        add_sizes(limn_call_member(to->call, "all"), of);
    } else {
        add_line(to, "data", text);
        snprintf(text, sizeof text, "%s: %s", limn_layouts[layout].name,
                 limn_layouts[layout].meaning);
        add_line(to, "layout", text);
    }
    add_formats(to);
    add_folders(to);
    add_kinds(to);
    add_doubles(to);
    return add_misfits(to);
}

// ---- reading ----

static limn_status look(void *context, int number, int count, const char *path) {
    if (limn_signal_caught())
        return limn_fail(LIMN_STOPPED, "Stopped after %d of %d pictures.", number - 1, count);
    limn_progress_look(context, number, count, path);
    return LIMN_OK;
}

static void print(limn_text *lines) {
    if (lines->data) limn_print("%s", lines->data);
}

static limn_status judge(const char *path, const sizes *of, int misfits) {
    if (of->unreadable == of->count)
        return limn_fail(LIMN_INPUT,
                         "%s: there is nothing to train on: none of the %d pictures can be read. "
                         "Copy them again.",
                         path, of->count);
    if (of->unreadable)
        return limn_fail(LIMN_INPUT,
                         "%s: %d of %d pictures cannot be read. Copy them again or take them away; "
                         "training leaves them out.",
                         path, of->unreadable, of->count);
    if (misfits)
        return limn_fail(LIMN_INPUT,
                         "%s: %d of %d pictures have no place in the layout. Mend or take away "
                         "what is named, or name another --layout.",
                         path, misfits, of->count);
    return LIMN_OK;
}

static limn_status tell(limn_call *call, limn_set *set, const limn_survey *survey, double seconds) {
    report to = {.call = call, .set = set, .survey = survey, .count = survey->count};
    to.files = malloc((size_t)to.count * sizeof(limn_surveyed *));
    if (!to.files) return limn_fail(LIMN_MEMORY, "no memory to sort %d pictures", to.count);
    for (int i = 0; i < to.count; i++) to.files[i] = &survey->files[i];
    sizes of;
    int misfits = add_all(&to, seconds, &of);
    limn_status status = LIMN_OK;
    if (to.lines.failed || call->json.failed) {
        status = limn_fail(LIMN_MEMORY, "no memory for the report");
    } else {
        print(&to.lines);
        limn_batch_tell_left(call, &set->folder.left);
        if (set->folder.why) limn_complain("%s", set->folder.why);
        status = judge(call->parsed->arguments[0], &of, misfits);
    }
    limn_text_free(&to.lines);
    free(to.files);
    return status;
}

static limn_status survey(limn_call *call, limn_set *set) {
    const options *given = call->options;
    int threads = given->threads ? (int)given->threads : limn_threads_available();
    limn_progress progress;
    limn_progress_begin(&progress, call, 0);
    limn_signals_begin();
    limn_survey found;
    double begin = limn_now();
    limn_status status = limn_survey_read(set, threads, look, &progress, &found);
    limn_progress_clear(&progress);
    if (status != LIMN_OK) return status;
    status = tell(call, set, &found, limn_now() - begin);
    limn_survey_free(&found);
    return status;
}

static limn_status run(limn_call *call) {
    static const limn_samples any = {.layouts = {LIMN_LAYOUT_UNPAIRED, LIMN_LAYOUT_PAIRS,
                                                 LIMN_LAYOUT_SCALES, LIMN_LAYOUT_JOINED,
                                                 LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_PICTURES},
                                     .files = 2};
    const options *given = call->options;
    limn_set set;
    limn_set_request request = {.path = call->parsed->arguments[0],
                                .layout = (limn_data_layout)given->layout,
                                .misfits_are_told = true};
    LIMN_TRY(limn_set_open(&request, &any, &set));
    limn_status status = survey(call, &set);
    limn_set_free(&set);
    return status;
}

const limn_verb limn_verb_data = {
    .name = "data",
    .summary = "check a data set before it is trained on",
    .arguments = "FOLDER",
    .least = 1,
    .most = 1,
    .description =
        "Reads every picture below the folder and says how many there are, how large they are, "
        "which cannot be read and why, which are damaged and were decoded all the same, which are "
        "the same file as another, very small, or of one "
        "colour, and how many are grey, have alpha, 16 bits, or other colours than sRGB. Nothing "
        "is changed.\n"
        "What the folders mean is told from their names; of pairs, those that do not match are "
        "named as well. Ends with 4 when a picture cannot be read or has no partner.\n",
    .examples = "limn data photos/\n"
                "limn data facades/ --layout joined --json\n",
    .groups = groups,
    .options_size = sizeof(options),
    .part = limn_data_part,
    .run = run,
};
