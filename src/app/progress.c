// One line on stderr that says how far the work is and how long it will take. Only on a terminal.
#include "app/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_terminal(void) {
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

static int columns(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 20) return 80;
    return size.ws_col;
}

void limn_progress_begin(limn_progress *progress, const limn_call *call, double total) {
    *progress = (limn_progress){
        .shown = is_terminal() && !call->common->quiet, .total = total, .begin = limn_now()};
}

void limn_progress_add(limn_progress *progress, double work) {
    progress->done += work;
}

// "0:36 left"; nothing while there is too little to tell it from.
static void time_left(const limn_progress *progress, char text[32]) {
    double spent = limn_now() - progress->begin;
    *text = 0;
    if (progress->done <= 0 || spent < 0.2 || progress->total <= progress->done) return;
    double left = spent * (progress->total - progress->done) / progress->done;
    if (left > 359999) return;
    int seconds = (int)(left + 0.5);
    if (seconds < 3600)
        snprintf(text, 32, "  %d:%02d left", seconds / 60, seconds % 60);
    else
        snprintf(text, 32, "  %d:%02d:%02d left", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// The bytes of so many columns at most: a character takes one, which is too few for some scripts.
static int bytes_of(const char *line, int width) {
    const char *at = line;
    while (*at && width--) at += limn_utf8_length(at, strlen(at)); // tamed, so never 0
    return (int)(at - line);
}

void limn_progress_show(limn_progress *progress, const char *words) {
    char line[1024];
    if (!progress->shown) return;
    snprintf(line, sizeof line, "%s", words);
    limn_text_tame(line);
    for (char *at = line; (at = strchr(at, '\n'));) *at = '?';
    fprintf(stderr, "\r\033[K%.*s", bytes_of(line, columns() - 1), line);
    fflush(stderr);
    progress->drawn = true;
}

void limn_progress_draw(limn_progress *progress, int number, int count, const char *name) {
    char left[32], line[1024];
    if (!progress->shown) return;
    time_left(progress, left);
    snprintf(line, sizeof line, "%d of %d%s  %s", number, count, left, name);
    limn_progress_show(progress, line);
}

void limn_progress_look(limn_progress *progress, int number, int count, const char *name) {
    progress->total = count;
    progress->done = number - 1;
    if (limn_now() < progress->due) return;
    progress->due = limn_now() + 0.1;
    limn_progress_draw(progress, number, count, name);
}

void limn_progress_clear(limn_progress *progress) {
    if (!progress->drawn) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->drawn = false;
}
