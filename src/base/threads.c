// A team of workers that stays between calls.
//
// A worker with nothing to do spins for a moment (SPIN) before it sleeps, because the next call
// mostly comes at once, and because waking is dear: on a virtual machine a processor that sleeps is
// given away, and comes back when the host finds time.
#define _GNU_SOURCE
#include "base/threads.h"

#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

enum { MOST = 1024 };
static const double SPIN = 10e-3; // seconds

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

static struct team {
    pthread_mutex_t caller; // held by the one whose work is being done
    pthread_mutex_t lock;   // of what follows, for those who sleep
    pthread_cond_t changed;
    int workers, bound; // threads besides the caller's; how many of all have a core of their own
    int sleepers;
    uint64_t call; // counts calls; what follows belongs to the last one
    limn_body *body;
    void *context;
    int threads, left; // left: workers that are not done
} team = {.caller = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .changed = PTHREAD_COND_INITIALIZER};

static _Thread_local bool inside; // of a body: there is no team left for a call from there

// A turn of spinning that began at `start`. Others get the processor only after a while: a thread
// that lets go of it for a moment comes back a time slice later, and all others wait for it.
static void spin(double start) {
#if defined(__x86_64__)
    for (int i = 0; i < 16; i++) __builtin_ia32_pause();
#endif
    if (limn_now() > start + SPIN) sched_yield();
}

// Waits for the call after `seen`, spinning for a while where every thread can have a processor.
static uint64_t next_call(uint64_t seen) {
    int workers = __atomic_load_n(&team.workers, __ATOMIC_RELAXED);
    double start = limn_now(), end = start + (workers < limn_threads_available() ? SPIN : 0);
    do {
        uint64_t call = __atomic_load_n(&team.call, __ATOMIC_ACQUIRE);
        if (call != seen) return call;
        spin(start);
    } while (limn_now() < end);
    pthread_mutex_lock(&team.lock);
    team.sleepers++;
    while (team.call == seen) pthread_cond_wait(&team.changed, &team.lock);
    team.sleepers--;
    uint64_t call = team.call;
    pthread_mutex_unlock(&team.lock);
    return call;
}

static void bind_to(int index) {
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &processors) || index-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

typedef struct birth {
    int index;
    uint64_t seen;
} birth;

static void *work(void *context) {
    const birth born = *(birth *)context;
    uint64_t seen = born.seen;
    int bound = 0;
    inside = true;
    limn_threads_unbind(); // whoever made it may be bound
    __atomic_store_n(&((birth *)context)->index, 0, __ATOMIC_RELEASE); // it may go
    for (;;) {
        seen = next_call(seen);
        if (bound != team.bound) {
            bound = team.bound;
            if (born.index < bound) bind_to(born.index);
        }
        if (born.index < team.threads) team.body(team.context, born.index, team.threads);
        __atomic_fetch_sub(&team.left, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

// Workers for `threads` threads, as far as the system gives any. Returns how many there are.
static int grow(int threads) {
    if (threads > MOST) threads = MOST;
    while (team.workers + 1 < threads) {
        birth born = {team.workers + 1, team.call};
        pthread_t id;
        if (pthread_create(&id, NULL, work, &born)) break;
        pthread_detach(id);
        while (__atomic_load_n(&born.index, __ATOMIC_ACQUIRE)) sched_yield();
        __atomic_store_n(&team.workers, team.workers + 1, __ATOMIC_RELAXED);
    }
    return threads < team.workers + 1 ? threads : team.workers + 1;
}

void limn_parallel(int threads, limn_body *body, void *context) {
    if (threads <= 1 || inside) {
        body(context, 0, 1);
        return;
    }
    pthread_mutex_lock(&team.caller);
    team.threads = grow(threads);
    team.body = body;
    team.context = context;
    team.left = team.workers;
    pthread_mutex_lock(&team.lock);
    __atomic_store_n(&team.call, team.call + 1, __ATOMIC_RELEASE);
    if (team.sleepers) pthread_cond_broadcast(&team.changed);
    pthread_mutex_unlock(&team.lock);
    inside = true;
    body(context, 0, team.threads);
    inside = false;
    double start = team.workers < limn_threads_available() ? limn_now() : 0;
    while (__atomic_load_n(&team.left, __ATOMIC_ACQUIRE) > 0) spin(start);
    pthread_mutex_unlock(&team.caller);
}

void limn_threads_bind(int threads) {
    if (limn_threads_available() < threads) return;
    pthread_mutex_lock(&team.caller);
    team.bound = threads;
    bind_to(0);
    pthread_mutex_unlock(&team.caller);
}

void limn_threads_unbind(void) {
    if (limn_threads_available() > 0) sched_setaffinity(0, sizeof processors, &processors);
}
