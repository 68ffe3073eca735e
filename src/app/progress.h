// One line on stderr that says how far the work is and how long it will take. Only on a terminal.
#ifndef LIMN_APP_PROGRESS_H
#define LIMN_APP_PROGRESS_H

#include "app/verb.h"

#include <stdbool.h>

typedef struct limn_progress {
    bool shown;   // there is a terminal to show it on
    bool drawn;   // the line is on the screen now
    double total; // work in any unit, such as pixels
    double done;
    double begin; // when the first piece of work began
    double due;   // when limn_progress_look draws again
} limn_progress;

void limn_progress_begin(limn_progress *progress, const limn_call *call, double total);
void limn_progress_add(limn_progress *progress, double work);
// Draws the line: "12 of 40  0:36 left  photo.jpg".
void limn_progress_draw(limn_progress *progress, int number, int count, const char *name);
// The same for work that is small and equal for each of many: ten times a second at most.
void limn_progress_look(limn_progress *progress, int number, int count, const char *name);
// Any words, cut to the width of the terminal.
void limn_progress_show(limn_progress *progress, const char *words);
void limn_progress_clear(limn_progress *progress); // before any other line, and at the end

#endif
