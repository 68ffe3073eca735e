// Threads, by OpenMP: the same workers that oneDNN uses, so that two teams never fight for cores.
#define _GNU_SOURCE
#include "base/threads.h"

#include <omp.h>
#include <sched.h>

int limn_threads_available(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
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
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) || CPU_COUNT(&all) < threads) return;
#pragma omp parallel num_threads(threads)
    {
        int wanted = omp_get_thread_num(), core = 0;
        for (; core < CPU_SETSIZE; core++)
            if (CPU_ISSET(core, &all) && wanted-- == 0) break;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
}
