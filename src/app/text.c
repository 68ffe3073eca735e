// Texts about verbs: --help, the list of verbs, the manual.
#include "app/verb.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80 };

// Paragraphs end with a newline in the source and stand apart by an empty line.
static void add_paragraphs(limn_text *text, const char *words, int width) {
    while (*words) {
        size_t size = strcspn(words, "\n");
        limn_text line = {0};
        limn_text_add(&line, words, size);
        limn_text_print(text, "\n");
        if (line.data) limn_text_wrap(text, line.data, 0, 0, width);
        limn_text_print(text, "\n");
        limn_text_free(&line);
        words += size + (words[size] == '\n');
    }
}

// What a verb says of itself, and the verbs of two words that begin with it.
static void add_description(limn_text *text, const limn_verb *verb, int width) {
    limn_text parts = {0};
    add_paragraphs(text, verb->description, width);
    limn_verb_parts(verb->name, &parts);
    limn_text line = {0};
    if (parts.size) limn_text_print(&line, "There are: %s.\n", parts.data);
    if (line.data) add_paragraphs(text, line.data, width);
    limn_text_free(&line);
    limn_text_free(&parts);
}

static void add_usage(limn_text *text, const limn_verb *verb) {
    limn_text_print(text, "limn %s", verb->name);
    if (verb->arguments) limn_text_print(text, " %s", verb->arguments);
    limn_text_print(text, " [options]");
}

static void add_examples(limn_text *text, const limn_verb *verb, const char *indent) {
    for (const char *at = verb->examples; at && *at;) {
        int size = (int)strcspn(at, "\n");
        limn_text_print(text, "%s%.*s\n", indent, size, at);
        at += size + (at[size] == '\n');
    }
}

void limn_help_verb(const limn_verb *verb, limn_text *text) {
    limn_text_print(text, "usage: ");
    add_usage(text, verb);
    limn_text_print(text, "\n");
    add_description(text, verb, WIDTH);
    if (verb->examples) limn_text_print(text, "\n");
    add_examples(text, verb, "  ");
    limn_options_help(verb->groups, text);
}

void limn_help_overview(limn_text *text) {
    limn_text_print(text, "usage: limn VERB [arguments] [options]\n\nVerbs:\n");
    const limn_verb *verb;
    for (int i = 0; (verb = limn_verb_at(i)); i++)
        limn_text_print(text, "  %-18s %s\n", verb->name, verb->summary);
    limn_text_print(text, "\nlimn VERB --help shows what a verb takes.\n");
}

// Exit codes are part of what scripts rely on.
static const char exit_codes[] =
    "\n## Exit codes\n\n"
    "| code | meaning |\n| --- | --- |\n"
    "| 0 | done |\n"
    "| 1 | anything without a class of its own |\n"
    "| 2 | wrong use: an option, a name, a file that is there already |\n"
    "| 3 | part of the work is done; what is not is named on stderr and in `--json` |\n"
    "| 4 | an input that cannot be read, or is over a limit |\n"
    "| 5 | a model that cannot be read, of the wrong kind or version |\n"
    "| 6 | no space, no permission, input/output |\n"
    "| 7 | out of memory, or over `--max-memory` |\n"
    "| 8 | training diverged |\n"
    "| 9 | the device or instruction set asked for is not there |\n"
    "| 129, 130, 143 | stopped by a closed terminal, Ctrl-C or SIGTERM |\n"
    "\nThe first Ctrl-C lets the picture in work be finished, the second stops at once; no half "
    "file is left either way.\n";

static const char introduction[] =
    "# limn: the manual\n\n"
    "Made from the option tables of the program by `limn help --markdown`; a test compares.\n\n"
    "Long options may be written with hyphens or underscores, values as `--name value` or "
    "`--name=value`, and `--` ends the options. Of two flags (`--x --no-x`) the last counts; an "
    "option that takes one value and is given two is refused. Results go to stdout, everything "
    "else to stderr. A size in bytes may end in K, M, G (thousands) or "
    "KiB, MiB, GiB. An existing file is never replaced without `--force`.\n\n"
    "With `--json` a verb prints one JSON value. Where that is an object it has `status` (the exit "
    "code) and, when something went wrong, `message`.\n";

static bool has_group(const limn_verb *verb, const limn_option_group *group) {
    for (const limn_option_group *other = verb ? verb->groups : NULL; other && other->options;
         other++)
        if (other->options == group->options) return true;
    return false;
}

// A verb of two words, train METHOD, has the options of the first, and those are not told again.
static void add_options(limn_text *text, const limn_verb *verb) {
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(verb->name, " "), verb->name);
    const limn_verb *above = strchr(verb->name, ' ') ? limn_verb_find(first) : NULL;
    limn_text titles = {0};
    for (const limn_option_group *group = verb->groups; group->options; group++) {
        const limn_option_group alone[] = {*group, {0}};
        if (has_group(above, group))
            limn_text_print(&titles, "%s%s", titles.size ? ", " : "", group->title);
        else
            limn_options_markdown(alone, text);
    }
    if (titles.size)
        limn_text_print(text, "\nAnd what stands under %s of [limn %s](#limn-%s).\n", titles.data,
                        first, first);
    limn_text_free(&titles);
}

void limn_help_manual(limn_text *text) {
    limn_text_print(text, "%s", introduction);
    const limn_verb *verb;
    for (int i = 0; (verb = limn_verb_at(i)); i++) {
        limn_text_print(text, "\n## limn %s\n\n```\n", verb->name);
        add_usage(text, verb);
        limn_text_print(text, "\n```\n");
        add_description(text, verb, 1 << 20);
        if (verb->examples) limn_text_print(text, "\n```sh\n");
        add_examples(text, verb, "");
        if (verb->examples) limn_text_print(text, "```\n");
        add_options(text, verb);
    }
    limn_text_print(text, "%s", exit_codes);
    limn_text_print(text, "\n## Environment\n\n`LIMN_MODELS`: folders with models, with colons "
                          "between them, to look in instead of the ones limn was installed with. "
                          "`TERM=dumb`: no progress line.\n");
}
