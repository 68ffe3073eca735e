// Training, by the methods and options of the program: `limn train METHOD --help` and
// docs/manual.md say what there is.
//
//     const limn_setting settings[] = {{"style", "painting.jpg"},
//                                      {"data", "photos"},
//                                      {"output", "runs/mine"},
//                                      {"preset", "draft"},
//                                      {NULL, NULL}};
//     if (limn_train("style", settings, NULL)) fprintf(stderr, "%s\n", limn_message());
//
// What comes of it is in the folder of the run, whose name limn_model_load takes for its model.
#ifndef LIMN_TRAIN_H
#define LIMN_TRAIN_H

#include "limn/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// An option as on a command line: the long name, without its hyphens, and the value; "yes" or "no"
// for what takes none. What takes one value is given one.
typedef struct limn_setting {
    const char *option, *value;
} limn_setting;

// What a training may be asked for between two steps.
typedef enum limn_wish {
    LIMN_GO_ON,
    LIMN_STOP, // save and end with LIMN_STOPPED
    LIMN_SAVE, // save and go on
} limn_wish;

// The functions are called in the thread that trains, between two steps; each may be NULL. Lines
// are theirs during the call. `context` is the caller's and is handed on as it is.
typedef struct limn_train_options {
    size_t size;
    void (*say)(void *context, const char *line); // a line for people, without its end
    // After a step: a line for people, the part that is done, 0 to 1, the seconds that the rest of
    // the stage will take.
    void (*progress)(void *context, const char *line, double done, double seconds_left);
    int (*asked)(void *context); // after each step: a limn_wish
    void *context;
} limn_train_options;

// Trains, and returns when that is done: minutes to days. `settings` are ended by {NULL, NULL};
// NULL: none. One of them is "output", the folder of the run; or "resume", the folder of a run to
// go on with: the others come from that run then, and `method` may be NULL. A folder is locked
// while a run is at work in it; trainings in different folders may run at the same time, and take
// turns at the processors. Nothing that is passed is kept.
// Fails as the program does, with its sentences, where options are called "--steps". LIMN_USAGE: a
// method, an option or a value that there is not, a folder in use, a change that a run cannot take.
// LIMN_INPUT, LIMN_MODEL, LIMN_IO, LIMN_MEMORY. LIMN_DIVERGED: the numbers became none.
// LIMN_STOPPED: it was asked to stop, and all is saved.
LIMN_API limn_status limn_train(const char *method, const limn_setting *settings,
                                const limn_train_options *options);

// The names of the methods, by position from 0 on; NULL behind the last. They live as long as the
// library.
LIMN_API const char *limn_method_name(int index);

#ifdef __cplusplus
}
#endif
#endif
