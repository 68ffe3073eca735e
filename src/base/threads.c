// Threads, by OpenMP: the same workers that oneDNN uses, so that two teams never fight for cores.
#define _GNU_SOURCE
#include "base/threads.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

// The processors of the process, read once: a bound thread would see only its own.
static cpu_set_t processors;
static pthread_once_t read_once = PTHREAD_ONCE_INIT;

static void read_processors(void) {
    if (!sched_getaffinity(0, sizeof processors, &processors)) return;
    CPU_ZERO(&processors);
    CPU_SET(0, &processors);
}

int limn_threads_available(void) {
    pthread_once(&read_once, read_processors);
    return CPU_COUNT(&processors);
}

void limn_parallel(int threads, limn_body *body, void *context) {
    if (threads <= 1) {
        body(context, 0, 1);
        return;
    }
#pragma omp parallel num_threads(threads)
    body(context, omp_get_thread_num(), omp_get_num_threads());
}

void limn_threads_bind(int threads) {
    if (limn_threads_available() < threads) return;
#pragma omp parallel num_threads(threads)
    {
        int wanted = omp_get_thread_num(), core = 0;
        for (; core < CPU_SETSIZE; core++)
            if (CPU_ISSET(core, &processors) && wanted-- == 0) break;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
}

void limn_threads_unbind(void) {
    if (limn_threads_available() > 0) sched_setaffinity(0, sizeof processors, &processors);
}
