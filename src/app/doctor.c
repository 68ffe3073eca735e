// limn doctor: what machine this is, what limn finds on it, and what would help.
#include "app/verb.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/threads.h"
#include "model/shelf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <vips/vips.h>
#include <zlib.h>

typedef struct options {
    limn_common_options common;
} options;

static const limn_option_group groups[] = {
    {"Messages", limn_common_table, offsetof(options, common)}, {0}};

// What was found, as lines or as members of the JSON, and what to do about it.
typedef struct report {
    limn_call *call;
    limn_text advice; // items of a JSON array, or lines
} report;

static void add(report *to, const char *name, const char *value) {
    if (!to->call->common->json) {
        limn_print("%-14s %s\n", name, value);
        return;
    }
    char key[32];
    snprintf(key, sizeof key, "%s", name);
    for (char *at = key; *at; at++)
        if (*at == ' ') *at = '_';
    limn_call_text(to->call, key, value);
}

static void advise(report *to, const char *sentence) {
    if (to->call->common->json) {
        if (to->advice.size) limn_text_print(&to->advice, ", ");
        limn_text_json(&to->advice, sentence);
    } else {
        limn_text_print(&to->advice, "advice         ");
        limn_text_wrap(&to->advice, sentence, 15, 15, 80);
        limn_text_print(&to->advice, "\n");
    }
}

static void processor_name(char name[128]) {
    char line[256];
    snprintf(name, 128, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        snprintf(name, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file) fclose(file);
}

static void report_processor(report *to) {
    char name[128], text[256];
    processor_name(name);
    add(to, "processor", name);
    limn_isa best = limn_isa_best();
    limn_text sets = {0};
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)best; isa++)
        limn_text_print(&sets, "%s%s", isa > LIMN_ISA_BASELINE ? ", " : "",
                        limn_isa_name((limn_isa)isa));
    add(to, "kernels", sets.data ? sets.data : "");
    limn_text_free(&sets);
    int threads = limn_threads_available();
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(text, sizeof text, "%d of %ld processors", threads, online);
    add(to, "threads", text);
    if (best < LIMN_ISA_AVX2)
        advise(to,
               "This processor has no AVX2. limn works, but several times slower than it could.");
    if (threads < online)
        advise(to, "This process may use only a part of the processors (taskset, a container's "
                   "limit). More of them make limn faster.");
}

static void report_memory(report *to) {
    char text[32];
    size_t available = limn_memory_available();
    add(to, "free memory", limn_text_bytes(text, available));
    if (available < (size_t)600 << 20)
        advise(to, "There is little free memory: a picture of 1024 x 1024 takes about 400 MB. Use "
                   "--size, or close other programs.");
}

static void report_software(report *to) {
    struct utsname system;
    char text[512];
    add(to, "limn", limn_version());
    if (uname(&system) == 0) {
        snprintf(text, sizeof text, "%s %s %s", system.sysname, system.release, system.machine);
        add(to, "system", text);
    }
    snprintf(text, sizeof text, "libvips %s, jansson %s, zlib %s", vips_version_string(),
             jansson_version_str(), zlibVersion());
    add(to, "libraries", text);
}

static limn_status report_models(report *to) {
    limn_shelf shelf;
    LIMN_TRY(limn_shelf_open(&shelf));
    limn_text names = {0};
    for (int i = 0; i < shelf.count; i++)
        limn_text_print(&names, "%s%s", i ? ", " : "", shelf.items[i].name);
    add(to, "models", names.data ? names.data : "none");
    limn_text_free(&names);
    if (shelf.fault) {
        limn_text sentence = {0};
        limn_text_print(&sentence,
                        "LIMN_MODELS: %s Mend it, or unset it to use the models that ship.",
                        shelf.fault);
        if (sentence.data) advise(to, sentence.data);
        limn_text_free(&sentence);
    } else if (!shelf.count)
        advise(to, "No models were found. Set LIMN_MODELS to the folder they are in, or name one "
                   "with --model.");
    limn_shelf_close(&shelf);
    return LIMN_OK;
}

static void report_writing(report *to) {
    bool can = limn_file_can_write("limn-doctor.png", true) == LIMN_OK;
    add(to, "this folder", can ? "can be written to" : "cannot be written to");
    if (!can) advise(to, limn_message());
}

static limn_status run(limn_call *call) {
    report to = {.call = call};
    report_software(&to);
    report_processor(&to);
    report_memory(&to);
    LIMN_TRY(report_models(&to));
    report_writing(&to);
    if (call->common->json)
        limn_text_print(limn_call_member(call, "advice"), "[%s]",
                        to.advice.data ? to.advice.data : "");
    else
        limn_print("%s", to.advice.data ? to.advice.data : "everything is well\n");
    limn_text_free(&to.advice);
    return LIMN_OK;
}

const limn_verb limn_verb_doctor = {
    .name = "doctor",
    .summary = "look at this machine and say what would help",
    .description = "Says what processor, memory, libraries and models limn finds, whether it can "
                   "write here, and what would make it work better.\n",
    .examples = "limn doctor\n",
    .groups = groups,
    .options_size = sizeof(options),
    .run = run,
};
