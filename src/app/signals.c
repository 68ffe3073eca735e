// Ctrl-C, SIGTERM and a terminal that is closed: the first asks for an end after the picture in
// work, the second ends at once.
#include "app/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// Atomic, since pictures are written by a thread that signals do not come to.
static atomic_int caught, held, insisted;

static void leave(int number) {
    if (isatty(STDERR_FILENO)) {
        ssize_t ignored = write(STDERR_FILENO, "\n", 1);
        (void)ignored;
    }
    _exit(128 + number);
}

static void tell_once_more_stops(void) {
    static const char words[] = "\nFinishing what is in work. Ctrl-C once more stops at once.\n";
    int number = errno; // of whatever the signal came into
    ssize_t ignored = isatty(STDERR_FILENO) ? write(STDERR_FILENO, words, sizeof words - 1) : 0;
    (void)ignored;
    errno = number;
}

static void on_signal(int number) {
    if (!caught) {
        caught = number;
        tell_once_more_stops();
    } else if (number == SIGHUP) {
        return; // kernel and shell both send it, and systemd after SIGTERM: nobody insists
    } else {
        insisted = 1; // before looking: whoever writes looks the other way round
        if (!held) leave(number);
    }
}

void limn_signals_begin(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        // What we were told to ignore (by the shell, for a job in the background; by nohup) stays
        // ignored.
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        sigaction(numbers[i], &action, NULL);
    }
}

int limn_signal_caught(void) {
    return caught;
}

void limn_signals_hold(void) {
    held = 1;
    if (insisted) leave(caught);
}

void limn_signals_release(void) {
    held = 0;
    if (insisted) leave(caught);
}
