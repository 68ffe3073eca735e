// Threads: one team that stays, bound to cores, sharing a range.
#ifndef LIMN_BASE_THREADS_H
#define LIMN_BASE_THREADS_H

#include <stddef.h>

enum { LIMN_MOST_THREADS = 1024 };

// The processors this process might use when it was first asked, bound threads or not.
int limn_threads_available(void);

// Runs body(context, thread, threads) once on each of `threads` threads and waits for all; where
// the system gives fewer, on those. Callers take turns, and a call from inside a body runs alone. A
// child of fork() has a team of its own; the workers end when the library is unloaded.
typedef void limn_body(void *context, int thread, int threads);
void limn_parallel(int threads, limn_body *body, void *context);

// The part [*begin, *end) of 0..count that a thread does; parts differ by one at most.
static inline void limn_share(size_t count, int thread, int threads, size_t *begin, size_t *end) {
    *begin = count * (size_t)thread / (size_t)threads;
    *end = count * ((size_t)thread + 1) / (size_t)threads;
}

// Binds each worker to a core of its own, once, where the team has as many threads as there are
// processors (left to the system, two sometimes share a core and take twice as long). A smaller
// team is left to the system, which knows the processors that others do not use: two processes of
// one thread each would have the same. For programs, not libraries: it changes the calling thread
// too.
void limn_threads_bind(int threads);

// Lets the calling thread run on any processor again: for a thread that a bound one has started.
void limn_threads_unbind(void);

#endif
