// What tests share that compare what the library gives with what the program makes of one model.
#ifndef LIMN_TESTS_PROGRAM_SAMPLES_H
#define LIMN_TESTS_PROGRAM_SAMPLES_H

#include "runner_samples.h"

static const char *program, *scratch, *used_model;

// The folder is emptied; false: it cannot be.
static inline bool program_begin(const char *path, const char *folder, const char *model) {
    char command[1024];
    program = path;
    scratch = folder;
    used_model = model;
    snprintf(command, sizeof command, "rm -rf %s && mkdir -p %s", scratch, scratch);
    return system(command) == 0;
}

static inline void run_program(const char *verb, const char *words) {
    char command[2048];
    snprintf(command, sizeof command, "%s %s %s -q", program, verb, words);
    if (system(command)) fail_msg("it failed: %s", command);
}

static inline limn_picture *read_back(const char *path) {
    limn_picture *picture;
    good(limn_picture_read(path, NULL, &picture));
    return picture;
}

// Of limn translate with these words.
static inline limn_picture *by_program(const char *words) {
    char all[1536], path[512];
    snprintf(path, sizeof path, "%s/made.png", scratch);
    snprintf(all, sizeof all, "%s -o %s --force -m %s --isa baseline --threads 1", words, path,
             used_model);
    run_program("translate", all);
    return read_back(path);
}

// A picture, its values held to 8 bits as in the file; frees it.
static inline void check_file(limn_picture *made, const char *path) {
    limn_picture *wanted = read_back(path);
    for (size_t i = 0; i < 3 * (size_t)made->width * (size_t)made->height; i++)
        made->rgb[i] = floorf(fminf(fmaxf(made->rgb[i], 0), 255) + 0.5F);
    check_same(made, wanted, 0);
    limn_picture_free(made);
    limn_picture_free(wanted);
}
static inline void check_program(limn_picture *made, const char *words) {
    char path[512];
    limn_picture_free(by_program(words));
    snprintf(path, sizeof path, "%s/made.png", scratch);
    check_file(made, path);
}

// The looks of a strip, as --interpolate and --random lay them out; frees the pictures.
static inline limn_picture *sheet_of(limn_picture **pictures, int count, int columns) {
    limn_sheet_options how = {
        .size = sizeof how, .columns = columns, .gap = 2, .background = {255, 255, 255}};
    limn_picture *sheet;
    good(limn_picture_sheet((const limn_picture *const *)pictures, count, &how, &sheet));
    for (int i = 0; i < count; i++) limn_picture_free(pictures[i]);
    return sheet;
}

#endif
