// Reading options from a command line by their table.
#include "base/options.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

// ---- values ----

// Where a value goes, and how the user named it ("--size", "-m").
typedef struct target {
    const limn_option *option;
    const char *called;
    void *value;
    limn_arena *arena; // for lists; NULL while defaults are set
} target;

static limn_status fail_range(const target *to, const char *text) {
    const limn_option *option = to->option;
    double low = option->low, high = option->high;
    char least[32], most[32];
    limn_option_limit(option, low, least);
    limn_option_limit(option, high, most);
    if (isinf(high))
        return limn_fail(LIMN_USAGE, "%s %s: must be at least %s.", to->called, text, least);
    if (isinf(low))
        return limn_fail(LIMN_USAGE, "%s %s: must be at most %s.", to->called, text, most);
    if (low == high) return limn_fail(LIMN_USAGE, "%s %s: must be %s.", to->called, text, least);
    return limn_fail(LIMN_USAGE, "%s %s: must be between %s and %s.", to->called, text, least,
                     most);
}

static bool in_range(const limn_option *option, double number) {
    return (option->low == 0 && option->high == 0) ||
           (number >= option->low && number <= option->high);
}

static limn_status set_flag(const target *to, const char *text) {
    bool yes = !strcmp(text, "yes"), no = !strcmp(text, "no");
    if (!yes && !no) return limn_fail(LIMN_USAGE, "%s %s: must be yes or no.", to->called, text);
    *(bool *)to->value = yes;
    return LIMN_OK;
}

static limn_status check_not_empty(const target *to, const char *text) {
    if (*text) return LIMN_OK;
    const char *what = to->option->kind == LIMN_OPTION_PATH ? "name" : "text";
    return limn_fail(LIMN_USAGE, "%s: the %s is empty.", to->called, what);
}

static limn_status set_text(const target *to, const char *text) {
    LIMN_TRY(check_not_empty(to, text));
    *(const char **)to->value = text;
    return LIMN_OK;
}

static limn_status set_whole(const target *to, const char *text) {
    char *end;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    bool plain = *text && strspn(text, "+-0123456789") == strlen(text);
    if (!plain || *end)
        return limn_fail(LIMN_USAGE, "%s %s: must be a whole number.", to->called, text);
    if (errno || !in_range(to->option, (double)number)) {
        if (to->option->low || to->option->high) return fail_range(to, text);
        return limn_fail(LIMN_USAGE, "%s %s: is too large a number.", to->called, text);
    }
    *(int64_t *)to->value = number;
    return LIMN_OK;
}

// Reads a decimal number at the beginning of a text: no hexadecimal, no "nan", no "inf".
static bool read_decimal(const char *text, double *number, const char **end) {
    size_t length = strspn(text, "+-0123456789.eE");
    char *stop;
    *number = strtod(text, &stop);
    *end = stop;
    return stop > text && stop <= text + length && isfinite(*number);
}

static limn_status set_real(const target *to, const char *text) {
    double number;
    const char *end;
    if (!read_decimal(text, &number, &end) || *end) {
        double low = to->option->low, high = to->option->high;
        if ((!low && !high) || !isfinite(low) || !isfinite(high))
            return limn_fail(LIMN_USAGE, "%s %s: must be a number.", to->called, text);
        return limn_fail(LIMN_USAGE, "%s %s: must be a number between %.15g and %.15g.", to->called,
                         text, low, high);
    }
    if (!in_range(to->option, number)) return fail_range(to, text);
    *(double *)to->value = number;
    return LIMN_OK;
}

static const struct {
    const char *name;
    double bytes;
} units[] = {
    {"", 1},         {"B", 1},        {"K", 1e3},      {"KB", 1e3},     {"M", 1e6}, {"MB", 1e6},
    {"G", 1e9},      {"GB", 1e9},     {"T", 1e12},     {"TB", 1e12},    {"k", 1e3}, {"kB", 1e3},
    {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40},
};

static limn_status set_bytes(const target *to, const char *text) {
    double number, bytes = -1;
    const char *end;
    if (read_decimal(text, &number, &end))
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (!strcmp(end, units[i].name)) bytes = number * units[i].bytes;
    if (bytes < 0 || bytes >= 0x1p60)
        return limn_fail(LIMN_USAGE, "%s %s: must be a number of bytes, such as 400M or 1.5G.",
                         to->called, text);
    if (!in_range(to->option, bytes)) return fail_range(to, text);
    *(size_t *)to->value = (size_t)bytes;
    return LIMN_OK;
}

const char *limn_option_choice(const char *choices, int position, char word[LIMN_CHOICE_SIZE]) {
    while (position-- > 0) {
        choices = strchr(choices, '|');
        if (!choices) return NULL;
        choices++;
    }
    size_t size = strcspn(choices, "|");
    assert(size < LIMN_CHOICE_SIZE);
    memcpy(word, choices, size);
    word[size] = 0;
    return word;
}

typedef struct choices_read {
    const char *choices;
    char (*buffers)[LIMN_CHOICE_SIZE];
} choices_read;

static const char *choice_at(const void *context, int position) {
    const choices_read *read = context;
    return position < 32 ? limn_option_choice(read->choices, position, read->buffers[position])
                         : NULL;
}

// What a word means that is none of the choices: "jpeg" is "jpg".
static const char *meaning(const char *means, const char *text, char buffer[LIMN_CHOICE_SIZE]) {
    const char *same;
    for (int i = 0; means && (same = limn_option_choice(means, i, buffer)); i++) {
        size_t size = strcspn(same, "=");
        if (!strncasecmp(same, text, size) && !text[size]) return same + size + 1;
    }
    return text;
}

// A placeholder that lists choices leaves out the one that stands for none.
static limn_status fail_choice(const target *to, const char *text) {
    const limn_option *option = to->option;
    char buffers[32][LIMN_CHOICE_SIZE];
    bool lists = option->placeholder && strchr(option->placeholder, '|');
    choices_read offered = {lists ? option->placeholder : option->choices, buffers};
    limn_text list = {0};
    const char *choice;
    for (int i = 0; (choice = choice_at(&offered, i)); i++)
        limn_text_print(&list, "%s%s", i ? ", " : "", choice);
    const char *near = limn_text_nearest(text, choice_at, &offered);
    limn_fail(LIMN_USAGE,
              near ? "%s %s: must be one of %s. Did you mean %s?" : "%s %s: must be one of %s.",
              to->called, text, list.data ? list.data : offered.choices, near);
    limn_text_free(&list);
    return LIMN_USAGE;
}

static limn_status set_choice(const target *to, const char *text) {
    LIMN_TRY(check_not_empty(to, text));
    char buffers[32][LIMN_CHOICE_SIZE], buffer[LIMN_CHOICE_SIZE];
    choices_read all = {to->option->choices, buffers};
    const char *choice, *meant = meaning(to->option->means, text, buffer);
    for (int i = 0; (choice = choice_at(&all, i)); i++) {
        if (strcasecmp(choice, meant) != 0) continue;
        *(int *)to->value = i;
        return LIMN_OK;
    }
    return fail_choice(to, text);
}

static limn_status set_list(const target *to, const char *text) {
    limn_option_list *list = to->value;
    assert(to->arena && "a list has no fallback");
    LIMN_TRY(check_not_empty(to, text));
    size_t bytes = ((size_t)list->count + 1) * sizeof *list->items;
    const char **items = limn_arena_get(to->arena, bytes);
    if (!items) return limn_fail(LIMN_MEMORY, "%s: no memory for its values.", to->called);
    if (list->count) memcpy(items, list->items, bytes - sizeof *items);
    items[list->count++] = text;
    list->items = items;
    return LIMN_OK;
}

// What a kind is: the size of its member, how it is read, how its value is called in --help.
static const struct {
    size_t size;
    limn_status (*set)(const target *to, const char *text);
    const char *placeholder;
} kinds[] = {
    [LIMN_OPTION_FLAG] = {sizeof(bool), set_flag, NULL},
    [LIMN_OPTION_TEXT] = {sizeof(char *), set_text, "TEXT"},
    [LIMN_OPTION_PATH] = {sizeof(char *), set_text, "FILE"},
    [LIMN_OPTION_WHOLE] = {sizeof(int64_t), set_whole, "N"},
    [LIMN_OPTION_REAL] = {sizeof(double), set_real, "X"},
    [LIMN_OPTION_BYTES] = {sizeof(size_t), set_bytes, "BYTES"},
    [LIMN_OPTION_CHOICE] = {sizeof(int), set_choice, NULL},
    [LIMN_OPTION_LIST] = {sizeof(limn_option_list), set_list, "TEXT"},
};

const char *limn_option_placeholder(const limn_option *option) {
    if (option->placeholder) return option->placeholder;
    return option->kind == LIMN_OPTION_CHOICE ? option->choices : kinds[option->kind].placeholder;
}

// ---- finding ----

static char hyphen(char letter) {
    return letter == '_' ? '-' : letter;
}

// Names are equal when they differ in hyphens and underscores only.
static bool same_name(const char *name, const char *word, size_t size) {
    if (strlen(name) != size) return false;
    for (size_t i = 0; i < size; i++)
        if (hyphen(name[i]) != hyphen(word[i])) return false;
    return true;
}

// An option and the struct that its offset counts from.
typedef struct place {
    const limn_option *option;
    size_t offset;
} place;

static place find(const limn_option_group *groups, const char *word, size_t size) {
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++)
            if (same_name(option->name, word, size))
                return (place){option, groups->offset + option->offset};
    return (place){0};
}

static place find_letter(const limn_option_group *groups, char letter) {
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++)
            if (option->letter == letter) return (place){option, groups->offset + option->offset};
    return (place){0};
}

const limn_option *limn_options_find(const limn_option_group *groups, const char *name) {
    return find(groups, name, strlen(name)).option;
}

const void *limn_options_value(const limn_option_group *groups, const char *name,
                               const void *values) {
    place found = find(groups, name, strlen(name));
    return found.option ? (const char *)values + found.offset : NULL;
}

// Whether "loss=profile", "gan-weight" or "sharing" is so.
static bool is_so(const limn_option_group *groups, const char *need, const void *values) {
    size_t size = strcspn(need, "=");
    char word[LIMN_CHOICE_SIZE];
    place at = find(groups, need, size);
    if (!at.option) return true;
    const void *value = (const char *)values + at.offset;
    if (at.option->kind == LIMN_OPTION_REAL) return *(const double *)value != 0;
    if (at.option->kind == LIMN_OPTION_FLAG) return *(const bool *)value;
    assert(at.option->kind == LIMN_OPTION_CHOICE && need[size]);
    return !strcmp(limn_option_choice(at.option->choices, *(const int *)value, word),
                   need + size + 1);
}

bool limn_option_matters(const limn_option_group *groups, const limn_option *option,
                         const void *values, char needs[2 * LIMN_CHOICE_SIZE]) {
    char need[LIMN_CHOICE_SIZE];
    for (int i = 0; option->needs && limn_option_choice(option->needs, i, need); i++)
        if (is_so(groups, need, values)) return true;
    if (!option->needs) return true;
    limn_option_choice(option->needs, 0, need);
    need[strcspn(need, "=")] = strchr(need, '=') ? ' ' : 0;
    snprintf(needs, 2 * LIMN_CHOICE_SIZE, "--%s", need);
    return false;
}

static const char *name_at(const void *context, int position) {
    for (const limn_option_group *group = context; group->options; group++)
        for (const limn_option *option = group->options; option->name; option++)
            if (position-- == 0) return option->name;
    return NULL;
}

// The only option whose name begins with the word, or NULL.
static const char *completion(const limn_option_group *groups, const char *word) {
    const char *name, *only = NULL;
    size_t size = strlen(word);
    for (int i = 0; size > 1 && (name = name_at(groups, i)); i++) {
        if (strncmp(name, word, size) != 0) continue;
        if (only) return NULL;
        only = name;
    }
    return only;
}

static bool is_among(const char *words, const char *word) {
    char buffer[64];
    const char *one;
    for (int i = 0; words && (one = limn_option_choice(words, i, buffer)); i++)
        if (!strcmp(one, word)) return true;
    return false;
}

// The option that other programs have under this name, or NULL.
static const char *known_as(const limn_option_group *groups, const char *word) {
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++)
            if (is_among(option->known_as, word)) return option->name;
    return NULL;
}

static limn_status fail_unknown(const limn_option_group *groups, const char *word, size_t size) {
    char name[64];
    if (size >= sizeof name) size = sizeof name - 1;
    for (size_t i = 0; i < size; i++) name[i] = (char)(word[i] == '_' ? '-' : word[i]);
    name[size] = 0;
    const char *near = known_as(groups, name);
    if (!near) near = limn_text_nearest(name, name_at, groups);
    if (!near) near = completion(groups, name);
    if (near)
        return limn_fail(LIMN_USAGE, "--%s: there is no such option. Did you mean --%s?", name,
                         near);
    return limn_fail(LIMN_USAGE, "--%s: there is no such option. --help lists those there are.",
                     name);
}

// ---- reading ----

void limn_options_default(const limn_option_group *groups, void *values) {
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++) {
            void *value = (char *)values + groups->offset + option->offset;
            memset(value, 0, kinds[option->kind].size);
            if (!option->fallback) continue;
            target to = {option, option->name, value, NULL};
            limn_status status = kinds[option->kind].set(&to, option->fallback);
            assert(status == LIMN_OK && "the default of an option does not fit its own table");
            (void)status;
        }
}

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "No memory for the words of the command line.");
}

// The command line while it is read.
typedef struct reader {
    const limn_option_group *groups;
    char *const *words;
    int at, count;
    void *values;
    limn_parsed *parsed;
} reader;

static limn_status make_room(limn_parsed *parsed, size_t most) {
    parsed->given = limn_arena_get(&parsed->arena, most * sizeof(limn_option *));
    parsed->texts = limn_arena_get(&parsed->arena, most * sizeof(char *));
    return parsed->given && parsed->texts ? LIMN_OK : no_memory();
}

static limn_status check_once(const limn_parsed *parsed, const limn_option *option,
                              const char *called, const char *text) {
    if (option->kind == LIMN_OPTION_FLAG || option->kind == LIMN_OPTION_LIST) return LIMN_OK;
    for (int i = 0; i < parsed->given_count; i++)
        if (parsed->given[i] == option && strcmp(parsed->texts[i], text) != 0)
            return limn_fail(
                LIMN_USAGE, "%s %s: it was given before, as %s, and takes one value. Give it once.",
                called, text, parsed->texts[i]);
    return LIMN_OK;
}

static limn_status set(reader *read, place found, const char *called, const char *text) {
    LIMN_TRY(check_once(read->parsed, found.option, called, text));
    target to = {found.option, called, (char *)read->values + found.offset, &read->parsed->arena};
    LIMN_TRY(kinds[found.option->kind].set(&to, text));
    limn_parsed *parsed = read->parsed;
    parsed->given[parsed->given_count] = found.option;
    parsed->texts[parsed->given_count++] = text;
    return LIMN_OK;
}

// The word after an option is its value, unless it looks like an option that was not meant as one.
static limn_status next_value(reader *read, const limn_option *option, const char *called,
                              const char **text) {
    const char *next = read->at < read->count ? read->words[read->at] : NULL;
    if (!next || (next[0] == '-' && next[1] == '-'))
        return limn_fail(LIMN_USAGE, "%s: needs a value: %s %s.", called, called,
                         limn_option_placeholder(option));
    *text = next;
    read->at++;
    return LIMN_OK;
}

static limn_status read_long(reader *read, const char *word) {
    size_t size = strcspn(word + 2, "=");
    const char *text = word[2 + size] ? word + 3 + size : NULL;
    place found = find(read->groups, word + 2, size);
    bool off = false;
    if (!found.option && size > 3 && !strncmp(word + 2, "no-", 3)) {
        found = find(read->groups, word + 5, size - 3);
        off = found.option && found.option->kind == LIMN_OPTION_FLAG;
        if (!off) found.option = NULL;
    }
    if (!found.option) return fail_unknown(read->groups, word + 2, size);
    char called[80];
    snprintf(called, sizeof called, "--%s%s", off ? "no-" : "", found.option->name);
    if (found.option->kind == LIMN_OPTION_FLAG) {
        if (text) return limn_fail(LIMN_USAGE, "%s: takes no value.", called);
        text = off ? "no" : "yes";
    }
    if (!text) LIMN_TRY(next_value(read, found.option, called, &text));
    return set(read, found, called, text);
}

static limn_status fail_letter(const limn_option_group *groups, const char *called) {
    const char *near = known_as(groups, called + 1);
    if (near)
        return limn_fail(LIMN_USAGE, "%s: there is no such option. Did you mean --%s?", called,
                         near);
    return limn_fail(LIMN_USAGE, "%s: there is no such option. --help lists those there are.",
                     called);
}

static limn_status read_short(reader *read, const char *word) {
    for (const char *at = word + 1; *at; at++) {
        char called[] = {'-', *at, 0};
        place found = find_letter(read->groups, *at);
        if (!found.option) return fail_letter(read->groups, called);
        if (found.option->kind == LIMN_OPTION_FLAG) {
            LIMN_TRY(set(read, found, called, "yes"));
            continue;
        }
        const char *text = at + 1;
        if (*text == '=') text++;
        if (!*text) LIMN_TRY(next_value(read, found.option, called, &text));
        return set(read, found, called, text);
    }
    return LIMN_OK;
}

limn_status limn_options_parse(const limn_option_group *groups, int count, char *const *words,
                               void *values, limn_parsed *parsed) {
    *parsed = (limn_parsed){0};
    limn_options_default(groups, values);
    // Letters may stand together in one word, so there are at most as many options as characters.
    size_t most = 1;
    for (int i = 0; i < count; i++) most += strlen(words[i]) + 1;
    parsed->arguments = limn_arena_get(&parsed->arena, most * sizeof(char *));
    if (!parsed->arguments) return no_memory();
    LIMN_TRY(make_room(parsed, most));
    reader read = {groups, words, 0, count, values, parsed};
    bool open = true;
    while (read.at < read.count) {
        const char *word = words[read.at++];
        if (open && !strcmp(word, "--"))
            open = false;
        else if (open && word[0] == '-' && word[1] == '-')
            LIMN_TRY(read_long(&read, word));
        else if (open && word[0] == '-' && word[1])
            LIMN_TRY(read_short(&read, word));
        else if (!word[0])
            return limn_fail(LIMN_USAGE, "A name is empty: \"\" is no file and no folder.");
        else
            parsed->arguments[parsed->argument_count++] = word;
    }
    return LIMN_OK;
}

limn_status limn_options_pairs(const limn_option_group *groups, const limn_setting *pairs,
                               void *values, limn_parsed *parsed) {
    size_t count = 0;
    *parsed = (limn_parsed){0};
    limn_options_default(groups, values);
    while (pairs && pairs[count].option) count++;
    LIMN_TRY(make_room(parsed, count + 1));
    reader read = {.groups = groups, .values = values, .parsed = parsed};
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(pairs[i].option);
        place found = find(groups, pairs[i].option, size);
        if (!found.option) return fail_unknown(groups, pairs[i].option, size);
        char called[80];
        snprintf(called, sizeof called, "--%s", found.option->name);
        if (!pairs[i].value) return limn_fail(LIMN_USAGE, "%s: its value is missing.", called);
        LIMN_TRY(set(&read, found, called, pairs[i].value));
    }
    return LIMN_OK;
}

limn_status limn_options_set(const limn_option_group *groups, const char *name, const char *text,
                             void *values, limn_parsed *parsed) {
    place found = find(groups, name, strlen(name));
    if (!found.option) return fail_unknown(groups, name, strlen(name));
    target to = {found.option, name, (char *)values + found.offset, &parsed->arena};
    return kinds[found.option->kind].set(&to, text);
}

void limn_parsed_free(limn_parsed *parsed) {
    limn_arena_release(&parsed->arena);
    *parsed = (limn_parsed){0};
}

bool limn_parsed_has(const limn_parsed *parsed, const char *name) {
    for (int i = 0; i < parsed->given_count; i++)
        if (!strcmp(parsed->given[i]->name, name)) return true;
    return false;
}

// ---- structs of callers ----

enum { LARGEST = 4096 }; // bytes: a size above that was never set

static limn_status read_size(const void *of, size_t *size) {
    memcpy(size, of, sizeof *size);
    if (*size >= sizeof *size && *size <= LARGEST) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "A struct is given without its size. Set its first member: .size = sizeof "
                     "options.");
}

limn_status limn_take_options(const void *given, void *to, size_t size) {
    size_t there;
    memset(to, 0, size);
    if (!given) return LIMN_OK;
    LIMN_TRY(read_size(given, &there));
    for (size_t i = size; i < there; i++)
        if (((const char *)given)[i])
            return limn_fail(LIMN_USAGE,
                             "Options of %zu bytes ask for what this limn, %s, does not know: it "
                             "has %zu bytes of them. Use a newer library, or leave them zero.",
                             there, limn_version(), size);
    memcpy(to, given, there < size ? there : size);
    return LIMN_OK;
}

limn_status limn_give_result(const void *made, size_t size, void *to) {
    size_t room;
    LIMN_TRY(read_size(to, &room));
    memset(to, 0, room);
    memcpy(to, made, room < size ? room : size);
    memcpy(to, &room, sizeof room);
    return LIMN_OK;
}
