// limn help: the verbs, one verb, or the whole manual.
#include "app/verb.h"

#include <stdio.h>
#include <string.h>

typedef struct options {
    limn_common_options common;
    bool markdown;
} options;

static const limn_option table[] = {
    {.name = "markdown",
     .kind = LIMN_OPTION_FLAG,
     .offset = offsetof(options, markdown),
     .help = "print the manual of all verbs, as docs/manual.md has it"},
    {0}};

static const limn_option_group groups[] = {
    {"Manual", table, 0}, {"Messages", limn_common_table, offsetof(options, common)}, {0}};

static limn_status add_verb(const limn_parsed *parsed, limn_text *text) {
    char name[64];
    bool two = parsed->argument_count > 1;
    snprintf(name, sizeof name, "%s%s%s", parsed->arguments[0], two ? " " : "",
             two ? parsed->arguments[1] : "");
    const limn_verb *verb = limn_verb_find(name);
    if (!verb) return limn_verb_unknown(name);
    limn_help_verb(verb, text);
    return LIMN_OK;
}

static limn_status run(limn_call *call) {
    const options *given = call->options;
    limn_text text = {0};
    limn_status status = LIMN_OK;
    if (given->markdown)
        limn_help_manual(&text);
    else if (call->parsed->argument_count)
        status = add_verb(call->parsed, &text);
    else
        limn_help_overview(&text);
    if (status == LIMN_OK && call->common->json)
        limn_call_text(call, "text", text.data);
    else if (status == LIMN_OK)
        fputs(text.data ? text.data : "", stdout);
    limn_text_free(&text);
    return status;
}

const limn_verb limn_verb_help = {
    .name = "help",
    .summary = "show the verbs, or what one of them takes",
    .arguments = "[VERB]",
    .least = 0,
    .most = 2,
    .description = "Without a verb, lists all of them.\n",
    .examples = "limn help stylize\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
