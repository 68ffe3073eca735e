// Options as text: --help, the manual, JSON.
#include "base/options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, HELP_COLUMN = 26 };

void limn_text_wrap(limn_text *text, const char *words, int column, int indent, int width) {
    bool first = true;
    while (*words) {
        int size = (int)strcspn(words, " ");
        if (!first && column + 1 + size > width) {
            limn_text_print(text, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            limn_text_add(text, " ", 1);
            column++;
        }
        limn_text_add(text, words, (size_t)size);
        column += size;
        words += size;
        words += strspn(words, " ");
        first = false;
    }
}

// A flag that is on unless told otherwise is shown as the way to switch it off.
static bool on_already(const limn_option *option) {
    return option->kind == LIMN_OPTION_FLAG && option->fallback && !strcmp(option->fallback, "yes");
}

static bool is_number(const limn_option *option) {
    return option->kind == LIMN_OPTION_WHOLE || option->kind == LIMN_OPTION_REAL;
}

const char *limn_option_limit(const limn_option *option, double limit, char words[32]) {
    if (option->kind == LIMN_OPTION_BYTES && isfinite(limit))
        return limn_text_bytes(words, (size_t)limit);
    snprintf(words, 32, option->kind == LIMN_OPTION_WHOLE ? "%.0f" : "%.15g", limit);
    return words;
}

// The words between parentheses, "1 to 100", each with what comes before it.
static void add_range(const limn_option *option, limn_text *text) {
    char least[32], most[32];
    if (!is_number(option) || (option->low == 0 && option->high == 0)) return;
    limn_option_limit(option, option->low, least);
    limn_option_limit(option, option->high, most);
    if (isinf(option->high))
        limn_text_print(text, "; at least %s", least);
    else if (isinf(option->low))
        limn_text_print(text, "; at most %s", most);
    else
        limn_text_print(text, "; %s to %s", least, most);
}

// "where it goes (1 to 100; default: 92)"
static void describe(const limn_option *option, limn_text *text) {
    limn_text notes = {0};
    add_range(option, &notes);
    if (option->kind == LIMN_OPTION_LIST) limn_text_print(&notes, "; may be given more than once");
    if (option->otherwise)
        limn_text_print(&notes, "; default: %s", option->otherwise);
    else if (option->fallback && option->kind != LIMN_OPTION_FLAG)
        limn_text_print(&notes, "; default: %s", option->fallback);
    limn_text_print(text, "%s", option->help);
    if (notes.data) limn_text_print(text, " (%s)", notes.data + 2);
    limn_text_free(&notes);
}

void limn_options_help(const limn_option_group *groups, limn_text *text) {
    for (; groups->options; groups++) {
        limn_text_print(text, "\n%s:\n", groups->title);
        for (const limn_option *option = groups->options; option->name; option++) {
            if (option->hidden) continue;
            char head[128];
            const char *value = limn_option_placeholder(option);
            int size = snprintf(head, sizeof head, "  %c%c%c --%s%s%s%s",
                                option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
                                option->letter ? ',' : ' ', on_already(option) ? "no-" : "",
                                option->name, value ? " " : "", value ? value : "");
            limn_text_print(text, "%s", head);
            if (size + 2 > HELP_COLUMN)
                limn_text_print(text, "\n%*s", HELP_COLUMN, "");
            else
                limn_text_print(text, "%*s", HELP_COLUMN - size, "");
            limn_text words = {0};
            describe(option, &words);
            limn_text_wrap(text, words.data ? words.data : "", HELP_COLUMN, HELP_COLUMN, WIDTH);
            limn_text_free(&words);
            limn_text_print(text, "\n");
        }
    }
}

// A cell of a Markdown table: the bar would end it.
static void add_cell(limn_text *text, const char *words) {
    for (; *words; words++) limn_text_print(text, *words == '|' ? "\\|" : "%c", *words);
}

void limn_options_markdown(const limn_option_group *groups, limn_text *text) {
    for (; groups->options; groups++) {
        limn_text_print(text, "\n| %s | |\n| --- | --- |\n", groups->title);
        for (const limn_option *option = groups->options; option->name; option++) {
            if (option->hidden) continue;
            const char *value = limn_option_placeholder(option);
            limn_text_print(text, "| `");
            if (option->letter) limn_text_print(text, "-%c`, `", option->letter);
            limn_text_print(text, "--%s%s", on_already(option) ? "no-" : "", option->name);
            if (value) limn_text_print(text, " ");
            if (value) add_cell(text, value);
            limn_text_print(text, "` | ");
            limn_text words = {0};
            describe(option, &words);
            add_cell(text, words.data ? words.data : "");
            limn_text_free(&words);
            limn_text_print(text, " |\n");
        }
    }
}

// ---- JSON ----

// The shortest decimal that reads back as the same double.
static void json_real(limn_text *text, double value) {
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        double again = 0;
        if (sscanf(digits, "%lf", &again) == 1 && again == value) break;
    }
    limn_text_print(text, "%s", digits);
}

static void json_text(limn_text *text, const char *value) {
    if (value)
        limn_text_json(text, value);
    else
        limn_text_print(text, "null");
}

static void add_choice(limn_text *text, const limn_option *option, int position) {
    char word[LIMN_CHOICE_SIZE];
    limn_text_print(text, "%s", limn_option_choice(option->choices, position, word));
}

static void json_choice(limn_text *text, const limn_option *option, int position) {
    limn_text_print(text, "\"");
    add_choice(text, option, position);
    limn_text_print(text, "\"");
}

static void json_list(limn_text *text, const limn_option_list *list) {
    limn_text_print(text, "[");
    for (int i = 0; i < list->count; i++) {
        if (i) limn_text_print(text, ", ");
        limn_text_json(text, list->items[i]);
    }
    limn_text_print(text, "]");
}

static void json_value(limn_text *text, const limn_option *option, const void *value) {
    switch (option->kind) {
    case LIMN_OPTION_FLAG: limn_text_print(text, *(const bool *)value ? "true" : "false"); break;
    case LIMN_OPTION_TEXT:
    case LIMN_OPTION_PATH: json_text(text, *(const char *const *)value); break;
    case LIMN_OPTION_WHOLE: limn_text_print(text, "%" PRId64, *(const int64_t *)value); break;
    case LIMN_OPTION_REAL: json_real(text, *(const double *)value); break;
    case LIMN_OPTION_BYTES: limn_text_print(text, "%zu", *(const size_t *)value); break;
    case LIMN_OPTION_CHOICE: json_choice(text, option, *(const int *)value); break;
    case LIMN_OPTION_LIST: json_list(text, value); break;
    }
}

void limn_options_json(const limn_option_group *groups, const void *values, limn_text *text) {
    const char *between = "{";
    for (; groups->options; groups++)
        for (const limn_option *option = groups->options; option->name; option++) {
            limn_text_print(text, "%s", between);
            limn_text_json(text, option->name);
            limn_text_print(text, ": ");
            json_value(text, option, (const char *)values + groups->offset + option->offset);
            between = ", ";
        }
    limn_text_print(text, *between == '{' ? "{}" : "}");
}

// ---- a command line ----

// A word as a shell wants it: plain where nothing in it means more than itself.
static void add_word(limn_text *text, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_./:,=+@%";
    if (*word && !word[strspn(word, plain)]) {
        limn_text_print(text, "%s", word);
        return;
    }
    limn_text_print(text, "'");
    for (; *word; word++) limn_text_print(text, *word == '\'' ? "'\\''" : "%c", *word);
    limn_text_print(text, "'");
}

static void add_option(const limn_option *option, const void *value, limn_text *text) {
    const limn_option_list *list = value;
    const char *const *words = value;
    switch (option->kind) {
    case LIMN_OPTION_FLAG:
        limn_text_print(text, " --%s%s", *(const bool *)value ? "" : "no-", option->name);
        break;
    case LIMN_OPTION_LIST:
        for (int i = 0; i < list->count; i++) {
            limn_text_print(text, " --%s ", option->name);
            add_word(text, list->items[i]);
        }
        break;
    case LIMN_OPTION_TEXT:
    case LIMN_OPTION_PATH:
        if (!*words) break;
        limn_text_print(text, " --%s ", option->name);
        add_word(text, *words);
        break;
    case LIMN_OPTION_CHOICE:
        limn_text_print(text, " --%s ", option->name);
        add_choice(text, option, *(const int *)value);
        break;
    default: limn_text_print(text, " --%s ", option->name); json_value(text, option, value);
    }
}

bool limn_option_same(const limn_option *option, const void *a, const void *b) {
    limn_text texts[2] = {{0}, {0}};
    json_value(&texts[0], option, (const char *)a + option->offset);
    json_value(&texts[1], option, (const char *)b + option->offset);
    bool same = texts[0].data && texts[1].data && !strcmp(texts[0].data, texts[1].data);
    limn_text_free(&texts[0]);
    limn_text_free(&texts[1]);
    return same;
}

void limn_options_words(const limn_option_group *groups, const void *values, const void *defaults,
                        limn_text *text) {
    for (; groups->options; groups++) {
        const char *group = (const char *)values + groups->offset;
        const char *usual = (const char *)defaults + groups->offset;
        for (const limn_option *option = groups->options; option->name; option++)
            if (!option->idle && !limn_option_same(option, group, usual))
                add_option(option, group + option->offset, text);
    }
}
