// Options said once: a table of names, kinds, defaults, ranges and help. From it come parsing, the
// text of --help, the sentences about mistakes, the manual, and the JSON of resolved values.
//
//     typedef struct options { int64_t steps; double rate; } options;
//     static const limn_option table[] = {
//         {.name = "steps", .kind = LIMN_OPTION_WHOLE, .offset = offsetof(options, steps),
//          .fallback = "1000", .low = 1, .high = 1e9, .help = "how many steps to train"},
//         {0}};
//     static const limn_option_group groups[] = {{"Training", table, 0}, {0}};
#ifndef LIMN_BASE_OPTIONS_H
#define LIMN_BASE_OPTIONS_H

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "limn/train.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a value is, and the type of the member that holds it.
typedef enum limn_option_kind {
    LIMN_OPTION_FLAG,   // bool; takes no value, --no-NAME switches it off
    LIMN_OPTION_TEXT,   // const char *, not empty
    LIMN_OPTION_PATH,   // the same: a file or folder
    LIMN_OPTION_WHOLE,  // int64_t
    LIMN_OPTION_REAL,   // double, finite
    LIMN_OPTION_BYTES,  // size_t: 300000, 400M, 1.5G, 512MiB
    LIMN_OPTION_CHOICE, // int: the position in `choices`
    LIMN_OPTION_LIST,   // limn_option_list: may be given again and again
} limn_option_kind;

typedef struct limn_option_list {
    const char **items;
    int count;
} limn_option_list;

typedef struct limn_option {
    const char *name; // with hyphens; underscores are accepted as well. NULL ends a table
    char letter;      // for -m; 0: none
    limn_option_kind kind;
    size_t offset;           // of the member, in the group's struct
    const char *fallback;    // the default, written as on the command line; NULL: all zero
    const char *otherwise;   // what a missing value means, where no fallback says it
    const char *before;      // of a training: what runs had before there was this option; NULL: the
                             // fallback
    double low, high;        // numbers: both ends included; both 0: any. INFINITY is fine
    const char *choices;     // "exact|fast"
    const char *placeholder; // of the value in --help; NULL: by the kind
    const char *help;        // without full stop; long ones are wrapped
    bool idle;               // of a training: says nothing of what is learnt
    bool hidden;             // not in the help: for tests
    const char *known_as;    // what other programs call it, for the sentence: "style|s"
    const char *means;       // other words for choices: "jpeg=jpg|tiff=tif"
    const char *needs;       // without any of these it has no effect: "loss=profile|gan-weight", a
                             // choice of another option, or that it is not 0, or set
} limn_option;

// Options that belong together, in a struct that begins at `offset` of the values. A group without
// options ends the list.
typedef struct limn_option_group {
    const char *title;
    const limn_option *options;
    size_t offset;
} limn_option_group;

// What the words of a command line came to. Texts point into the words.
typedef struct limn_parsed {
    const char **arguments; // what is not an option, in order
    int argument_count;
    const limn_option **given; // in order
    const char **texts;        // the value of each, as it was given
    int given_count;
    limn_arena arena;
} limn_parsed;

// Sets every value to its default (a list to none). A fallback that cannot be read is a wrong
// program.
void limn_options_default(const limn_option_group *groups, void *values);

// Sets the defaults, then reads the words: --name value, --name=value, -n value, -nvalue, flags,
// -- to end options. Of two flags the last counts; what takes one value and is given two is
// refused: nobody means to have the first forgotten. LIMN_USAGE and a sentence for what is wrong.
// Free `parsed` whatever the result; lists live in it.
limn_status limn_options_parse(const limn_option_group *groups, int count, char *const *words,
                               void *values, limn_parsed *parsed);
// The same for names and values, ended by {0}; a flag is "yes" or "no".
limn_status limn_options_pairs(const limn_option_group *groups, const limn_setting *pairs,
                               void *values, limn_parsed *parsed);
void limn_parsed_free(limn_parsed *parsed);
bool limn_parsed_has(const limn_parsed *parsed, const char *name);

// Sets one value by its name (a flag: "yes" or "no"), for a configuration that comes from a file.
limn_status limn_options_set(const limn_option_group *groups, const char *name, const char *text,
                             void *values, limn_parsed *parsed);

enum { LIMN_CHOICE_SIZE = 64 }; // bytes of a word

const limn_option *limn_options_find(const limn_option_group *groups, const char *name);
// Whether it has the same value in two structs of its group.
bool limn_option_same(const limn_option *option, const void *a, const void *b);
// Where its value lies; NULL: there is no such option.
const void *limn_options_value(const limn_option_group *groups, const char *name,
                               const void *values);

// Whether the option is of use beside the values there are; what it needs that is no option of the
// groups is taken to be there. Where it is not, the first of what it needs, as it is written on the
// command line ("--loss profile").
bool limn_option_matters(const limn_option_group *groups, const limn_option *option,
                         const void *values, char needs[2 * LIMN_CHOICE_SIZE]);

// The choice at a position of "exact|fast", copied into `word`; NULL behind the last.
const char *limn_option_choice(const char *choices, int position, char word[LIMN_CHOICE_SIZE]);

// One end of the range as people write it: "100", "0.5", "400 MB".
const char *limn_option_limit(const limn_option *option, double limit, char words[32]);

// "N", "FILE", "exact|fast"; NULL for a flag.
const char *limn_option_placeholder(const limn_option *option);

// For --help: a title and a line or more for each option, 80 columns wide.
void limn_options_help(const limn_option_group *groups, limn_text *text);

// For the manual: a table in Markdown for each group.
void limn_options_markdown(const limn_option_group *groups, limn_text *text);

// All values as one JSON object: {"steps": 1000, "precision": "exact", "model": null}.
void limn_options_json(const limn_option_group *groups, const void *values, limn_text *text);

// The words that make these values out of the defaults: " --steps 1000 --no-flip --data 'my
// pictures'". Idle options are left out.
void limn_options_words(const limn_option_group *groups, const void *values, const void *defaults,
                        limn_text *text);

// What public functions take and fill: structs whose first member is their size, as the caller's
// header has them. A member that comes later lies behind all of an older struct, its padding too.
//
// Options: `to`, of `size` bytes, takes what is known of them; the rest, and all where `given` is
// NULL, is zero. LIMN_USAGE where the caller did not say the size, or asks for what comes later.
limn_status limn_take_options(const void *given, void *to, size_t size);
// A result: as much of `made`, of `size` bytes, as there is room for; the rest becomes zero.
// LIMN_USAGE where the caller did not say the size.
limn_status limn_give_result(const void *made, size_t size, void *to);
// The options that a call of a public function is given: LIMN_WITH(limn_read_options, .max_scans =
// 3)
#define LIMN_WITH(type, ...) (&(const type){.size = sizeof(type), __VA_ARGS__})

// Adds words to a text so that no line is longer than `width`; lines after the first begin with
// `indent` blanks, and the first is taken to stand at column `column`.
void limn_text_wrap(limn_text *text, const char *words, int column, int indent, int width);

#endif
