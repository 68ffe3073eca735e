// A verb of the program: one file that ends in a const struct, and one line in src/app/LIST.
#ifndef LIMN_APP_VERB_H
#define LIMN_APP_VERB_H

#include "app/originals.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/status.h"
#include "base/text.h"
#include "limn/model.h"
#include "limn/picture.h"

#include <stdbool.h>
#include <stddef.h>

// The first member of every verb's options, with limn_common_group as its table.
typedef struct limn_common_options {
    bool json, quiet, verbose, help;
} limn_common_options;

// For verbs that compute, with limn_compute_table.
typedef struct limn_compute_options {
    int precision; // limn_speed
    int64_t threads;
    int isa; // limn_isa
    size_t max_memory;
} limn_compute_options;

// Of options that name a kind of model.
#define LIMN_NETWORK_HELP                                                                          \
    "what network a bare state dict is, where its names do not tell; a wrong name lists those "    \
    "there are"

extern const limn_option limn_common_table[];
extern const limn_option limn_compute_table[];

// One use of a verb.
typedef struct limn_call {
    const struct limn_verb *verb;
    const void *options; // the verb's own struct
    const limn_common_options *common;
    const limn_parsed *parsed;
    // What --json prints: members of the object ("size": 512), each added with limn_call_member;
    // or, after limn_call_whole, a whole value.
    limn_text json;
    bool whole;
    limn_originals originals;      // that are known so far
    void (*before_line)(void *of); // says what comes before any line of limn_say; NULL: nothing
    void *before_line_of;
} limn_call;

typedef struct limn_verb {
    const char *name;        // "stylize"; may be two words: "train style"
    const char *summary;     // one line
    const char *arguments;   // "PICTURE|FOLDER ..."; NULL: none
    int least, most;         // arguments; most -1: any number
    const char *description; // paragraphs, each ended by a newline
    const char *examples;    // lines
    const limn_option_group *groups;
    size_t options_size;
    // The verbs of two words that begin with this one, by position; NULL behind the last. May be
    // NULL.
    const struct limn_verb *(*part)(int position);
    limn_status (*run)(limn_call *call);
} limn_verb;

extern const limn_verb *const limn_verbs[]; // ended by NULL; made from LIST
// The verb at a position, with the parts of each behind it; NULL behind the last.
const limn_verb *limn_verb_at(int position);

const limn_verb *limn_verb_find(const char *name);
// Adds the verbs of two words that begin with this one: "train style, train upscale". Nothing where
// there are none.
void limn_verb_parts(const char *word, limn_text *text);
// The sentence for a name that no verb has, with those that may be meant. Returns LIMN_USAGE.
limn_status limn_verb_unknown(const char *name);

// Texts about verbs.
void limn_help_verb(const limn_verb *verb, limn_text *text);
void limn_help_overview(limn_text *text);
void limn_help_manual(limn_text *text); // docs/manual.md

// Begins a member of the JSON object: the value is added next.
limn_text *limn_call_member(limn_call *call, const char *name);
void limn_call_text(limn_call *call, const char *name, const char *value); // NULL: null
void limn_call_number(limn_call *call, const char *name, double value);
limn_text *limn_call_whole(limn_call *call);

// On stdout, with control characters taken out, since names of strangers' files are in it.
void limn_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
// A line on stderr, "limn: ...", with control characters taken out likewise. `say` is silent with
// --quiet; `complain` is not.
void limn_say(const limn_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void limn_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Reads a picture, and says where it is damaged.
limn_status limn_call_read(const limn_call *call, const char *path, const limn_read_options *how,
                           limn_picture **picture);
// What a visitor of folders does with one that cannot be listed: tells why, and goes on.
limn_status limn_pass_over(void);

// The options of running that the command line gave; binds the threads. Fails with LIMN_NO_DEVICE
// when the processor lacks the instruction set that was asked for.
limn_status limn_compute_begin(const limn_compute_options *options, limn_run_options *run);
// The same for verbs that make plans of their own.
struct limn_plan_options;
limn_status limn_compute_plan(const limn_compute_options *options, struct limn_plan_options *plan);

#endif
