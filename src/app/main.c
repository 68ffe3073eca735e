// The program: finds the verb, reads its options, runs it, and says how it went.
#include "app/signals.h"
#include "app/verb.h"
#include "image/vips.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Whether --json is among the words, for mistakes made before the options could be read.
static bool asks_json(int count, char *const *words) {
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (!strcmp(words[i], "--json")) return true;
    return false;
}

static bool has_parts(const limn_verb *verb) {
    limn_text parts = {0};
    limn_verb_parts(verb->name, &parts);
    bool any = parts.size > 0;
    limn_text_free(&parts);
    return any;
}

// A verb may have two words ("train style"): the longer name wins. Where the first word is a verb
// that takes arguments ("data"), what follows it need not be a part.
static const limn_verb *find_verb(int count, char *const *words, int *used) {
    char both[64];
    if (count > 1) {
        snprintf(both, sizeof both, "%s %s", words[0], words[1]);
        const limn_verb *verb = limn_verb_find(both);
        *used = 2;
        if (verb) return verb;
    }
    *used = 1;
    const limn_verb *verb = limn_verb_find(words[0]);
    bool part = verb && !verb->most && count > 1 && words[1][0] != '-' && has_parts(verb);
    if (verb && !part) return verb;
    limn_verb_unknown(part ? both : words[0]);
    return NULL;
}

static limn_status check_arguments(const limn_verb *verb, int count) {
    const char *what = verb->arguments ? verb->arguments : "";
    if (count < verb->least)
        return limn_fail(LIMN_USAGE, "%s: needs %s. limn %s --help shows how.", verb->name, what,
                         verb->name);
    if (verb->most == 0 && count)
        return limn_fail(LIMN_USAGE,
                         "%s: takes no arguments, and got %d. limn %s --help shows how.",
                         verb->name, count, verb->name);
    if (verb->most >= 0 && count > verb->most)
        return limn_fail(LIMN_USAGE,
                         "%s: takes %s, and got %d arguments. limn %s --help shows how.",
                         verb->name, what, count, verb->name);
    return LIMN_OK;
}

static int print(limn_text *text) {
    if (text->data && !text->failed) fputs(text->data, stdout);
    bool failed = text->failed;
    limn_text_free(text);
    return failed ? LIMN_MEMORY : LIMN_OK;
}

// {"status": 0, ...members} or, for what failed, {"status": 4, "message": "...", ...members}
static int print_json(int code, bool failed, limn_call *call) {
    limn_text out = {0};
    if (call && call->whole && !failed) {
        limn_text_add(&out, call->json.data ? call->json.data : "", call->json.size);
    } else {
        limn_text_print(&out, "{\"status\": %d", code);
        if (failed) limn_text_print(&out, ", \"message\": ");
        if (failed) limn_text_json(&out, limn_message());
        if (call && call->json.size && !call->whole) limn_text_print(&out, ", %s", call->json.data);
        limn_text_print(&out, "}");
    }
    limn_text_print(&out, "\n");
    return print(&out);
}

// A status as the exit code: stopped by a signal is 128 and its number.
static int exit_code(limn_status status) {
    return status == LIMN_STOPPED && limn_signal_caught() ? 128 + limn_signal_caught()
                                                          : (int)status;
}

static limn_status no_room_for_json(limn_call *call) {
    limn_text_free(&call->json);
    return limn_fail(LIMN_MEMORY, "There is no memory for the JSON of what was done.");
}

static int finish(limn_status status, bool json, limn_call *call) {
    if (json && call && call->json.failed) status = no_room_for_json(call);
    if (status != LIMN_OK) limn_complain("%s", limn_message());
    int code = exit_code(status);
    if (!json || print_json(code, status != LIMN_OK, call) == LIMN_OK) return code;
    limn_complain("there is no memory for the JSON of what was done");
    return LIMN_MEMORY;
}

static int run_verb(const limn_verb *verb, int count, char *const *words) {
    bool json = asks_json(count, words);
    void *options = calloc(1, verb->options_size);
    if (!options) return finish(limn_fail(LIMN_MEMORY, "No memory to begin with."), json, NULL);
    limn_parsed parsed;
    limn_status status = limn_options_parse(verb->groups, count, words, options, &parsed);
    const limn_common_options *common = options;
    int code;
    if (status == LIMN_OK && common->help) {
        limn_text text = {0};
        limn_help_verb(verb, &text);
        code = print(&text);
    } else {
        if (status == LIMN_OK) status = check_arguments(verb, parsed.argument_count);
        limn_call call = {.verb = verb, .options = options, .common = common, .parsed = &parsed};
        if (status == LIMN_OK) status = verb->run(&call);
        code = finish(status, json, &call);
        limn_text_free(&call.json);
        limn_originals_free(&call.originals);
    }
    limn_parsed_free(&parsed);
    free(options);
    return code;
}

static int run(int count, char *const *words) {
    limn_text text = {0};
    if (count == 0) {
        limn_help_overview(&text);
        fputs(text.data ? text.data : "", stderr);
        limn_text_free(&text);
        return LIMN_USAGE;
    }
    if (!strcmp(words[0], "--version") || !strcmp(words[0], "-V")) {
        limn_text_print(&text, "limn %s\n", limn_version());
        return print(&text);
    }
    if (!strcmp(words[0], "--help") || !strcmp(words[0], "-h")) {
        limn_help_overview(&text);
        return print(&text);
    }
    int used;
    const limn_verb *verb = find_verb(count, words, &used);
    if (!verb) return finish(LIMN_USAGE, asks_json(count, words), NULL);
    return run_verb(verb, count - used, words + used);
}

// A descriptor that is closed, as those who start programs in the background leave them, would be
// the next file that is opened: sentences would go into a log, or a picture.
static void open_standard(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", O_RDWR); // the lowest free one
}

int main(int argc, char **argv) {
    open_standard();
    signal(SIGXFSZ, SIG_IGN); // a file over the limit is a failed write, and told
    limn_vips_own();
    int code = run(argc > 0 ? argc - 1 : 0, argv + 1);
    // A full disk shows only here when stdout is a file.
    if (fflush(stdout) || ferror(stdout)) {
        limn_complain("The result could not be written to stdout. Is its disk full?");
        if (code == LIMN_OK) code = LIMN_IO;
    }
    return code;
}
