// Ctrl-C, SIGTERM and a terminal that is closed: the first asks for an end after the picture in
// work, the second ends at once.
#ifndef LIMN_APP_SIGNALS_H
#define LIMN_APP_SIGNALS_H

void limn_signals_begin(void);
int limn_signal_caught(void); // its number; 0: none so far

// Between these two a file is being put in place: a second signal waits for the end of it, so that
// no temporary file is left. A verb that writes one file at its end begins right before: until then
// a signal may stop it at once. For one thread at a time, whichever it is.
void limn_signals_hold(void);
void limn_signals_release(void);

#endif
