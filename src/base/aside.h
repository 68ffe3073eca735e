// A thread at the side, which does one thing at a time while its owner does another.
#ifndef LIMN_BASE_ASIDE_H
#define LIMN_BASE_ASIDE_H

typedef struct limn_aside limn_aside;
typedef void limn_errand(void *context);

// NULL where the system gives no thread: whatever it is sent to do is then done at once, by the
// caller. Signals are left to the other threads of the process.
limn_aside *limn_aside_new(void);
// Sends it; where it is still at work, first waits for it.
void limn_aside_send(limn_aside *aside, limn_errand *errand, void *context);
// Until it is back; what it wrote can be read then.
void limn_aside_wait(limn_aside *aside);
void limn_aside_free(limn_aside *aside); // waits

#endif
