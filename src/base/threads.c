// A team of workers that stays between calls.
//
// A worker with nothing to do spins for a moment (SPIN) before it sleeps, because the next call
// mostly comes at once, and because waking is dear: on a virtual machine a processor that sleeps is
// given away, and comes back when the host finds time. While a guest works on the same processors,
// one of the team is often kept waiting for a time slice; the others do not spin that long but
// sleep (SPIN_BESIDE), so that the guest gets the time.
#define _GNU_SOURCE
#include "base/threads.h"

#include "base/clock.h"
#include "base/guests.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

static const double SPIN = 10e-3, SPIN_BESIDE = 0.2e-3; // seconds

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

// A call is one number, so that a worker learns with one load whether it takes part: the count of
// calls, and how many threads this one has. Nothing else is read by those who do not.
#define CALL(number, threads) ((uint64_t)(number) << 16 | (uint64_t)(threads))
#define NUMBER(call) ((call) >> 16)
#define THREADS(call) ((int)((call)&0xFFFF))

typedef struct worker {
    pthread_t id;
    pthread_cond_t wake;
    bool asleep;   // under the team's lock
    uint64_t seen; // the last call when it was made
} worker;

static struct team {
    pthread_mutex_t caller; // held by the one whose work is being done
    pthread_mutex_t lock;   // of those who sleep
    int workers, bound; // threads besides the caller's; how many of all have a core of their own
    bool ended;
    uint64_t call; // what follows belongs to it
    limn_body *body;
    void *context;
    int left;            // workers that are not done
    bool caller_sleeps;  // until they are
    pthread_cond_t done; // for it
} team = {.caller = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

static int guests; // at work

static worker crew[LIMN_MOST_THREADS]; // that of thread 0, the caller, is not used

static _Thread_local bool inside; // of a body: there is no team left for a call from there

// A turn of spinning that began at `start`. Others get the processor only after a while: a thread
// that lets go of it for a moment comes back a time slice later, and all others wait for it.
static void spin(double start) {
#if defined(__x86_64__)
    for (int i = 0; i < 16; i++) __builtin_ia32_pause();
#endif
    if (limn_now() > start + SPIN) sched_yield();
}

static bool has_guests(void) {
    return __atomic_load_n(&guests, __ATOMIC_RELAXED) > 0;
}

// Waits for a call after `seen` that thread `index` takes part in, spinning for a while where every
// thread of the last one can have a processor.
static uint64_t next_call(int index, uint64_t seen) {
    double start = limn_now();
    bool spins = THREADS(seen) <= limn_threads_available();
    uint64_t call;
    do {
        call = __atomic_load_n(&team.call, __ATOMIC_ACQUIRE);
        if (call != seen && index < THREADS(call)) return call;
        spin(start);
    } while (spins && limn_now() < start + (has_guests() ? SPIN_BESIDE : SPIN));
    pthread_mutex_lock(&team.lock);
    while ((call = team.call) == seen || index >= THREADS(call)) {
        crew[index].asleep = true;
        pthread_cond_wait(&crew[index].wake, &team.lock);
    }
    crew[index].asleep = false;
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

// The last one wakes the caller, which says that it sleeps before it looks whether anybody is left.
static void leave_call(void) {
    if (__atomic_sub_fetch(&team.left, 1, __ATOMIC_SEQ_CST) > 0) return;
    if (!__atomic_load_n(&team.caller_sleeps, __ATOMIC_SEQ_CST)) return;
    pthread_mutex_lock(&team.lock);
    pthread_cond_signal(&team.done);
    pthread_mutex_unlock(&team.lock);
}

static void *work(void *context) {
    const worker *self = context;
    int index = (int)(self - crew), bound = 0;
    uint64_t call = self->seen;
    inside = true;
    limn_threads_unbind(); // whoever made it may be bound
    for (;;) {
        call = next_call(index, call);
        if (!team.body) return NULL;
        if (bound != team.bound) {
            bound = team.bound;
            if (index < bound) bind_to(index);
        }
        team.body(team.context, index, THREADS(call));
        leave_call();
    }
}

// A child has none of its parent's threads, and locks may be held by those. Whoever was inside a
// body still is, and gives its lock back when it leaves.
static void begin_again(void) {
    team = (struct team){.caller = PTHREAD_MUTEX_INITIALIZER,
                         .lock = PTHREAD_MUTEX_INITIALIZER,
                         .done = PTHREAD_COND_INITIALIZER};
    guests = 0;
    if (inside) pthread_mutex_lock(&team.caller);
}

static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void watch_forks(void) {
    pthread_atfork(NULL, NULL, begin_again);
}

// Workers for `threads` threads, as far as the system gives any. Returns how many there are.
static int grow(int threads) {
    if (team.ended) return 1;
    if (threads > LIMN_MOST_THREADS) threads = LIMN_MOST_THREADS;
    pthread_once(&watch_once, watch_forks);
    while (team.workers + 1 < threads) {
        worker *next = &crew[team.workers + 1];
        *next = (worker){.wake = PTHREAD_COND_INITIALIZER, .seen = team.call};
        if (pthread_create(&next->id, NULL, work, next)) break;
        team.workers++;
    }
    return threads < team.workers + 1 ? threads : team.workers + 1;
}

// Gives the team work: `body` on the first of so many threads, the caller's among them.
static void post(int threads, limn_body *body, void *context) {
    team.body = body;
    team.context = context;
    team.left = threads - 1;
    pthread_mutex_lock(&team.lock);
    __atomic_store_n(&team.call, CALL(NUMBER(team.call) + 1, threads), __ATOMIC_RELEASE);
    for (int i = 1; i < threads; i++)
        if (crew[i].asleep) pthread_cond_signal(&crew[i].wake);
    pthread_mutex_unlock(&team.lock);
}

static void sleep_until_done(void) {
    pthread_mutex_lock(&team.lock);
    __atomic_store_n(&team.caller_sleeps, true, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&team.left, __ATOMIC_SEQ_CST) > 0)
        pthread_cond_wait(&team.done, &team.lock);
    __atomic_store_n(&team.caller_sleeps, false, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&team.lock);
}

// Until the workers of a call of so many threads are done.
static void wait_for_workers(int threads) {
    double start = threads <= limn_threads_available() ? limn_now() : 0;
    while (__atomic_load_n(&team.left, __ATOMIC_ACQUIRE) > 0) {
        spin(start);
        if (has_guests() && limn_now() > start + SPIN_BESIDE) sleep_until_done();
    }
}

void limn_parallel(int threads, limn_body *body, void *context) {
    if (threads <= 1 || inside) {
        body(context, 0, 1);
        return;
    }
    pthread_mutex_lock(&team.caller);
    threads = grow(threads);
    post(threads, body, context);
    inside = true;
    body(context, 0, threads);
    inside = false;
    wait_for_workers(threads);
    pthread_mutex_unlock(&team.caller);
}

// When the library is unloaded its code goes, so nobody may be left in it. At the end of a process
// somebody may be at work, even the thread that ends it: nothing is unloaded then, nobody waits.
__attribute__((destructor)) static void end(void) {
    if (inside || pthread_mutex_trylock(&team.caller)) return;
    post(team.workers + 1, NULL, NULL);
    for (int i = 1; i <= team.workers; i++) pthread_join(crew[i].id, NULL);
    team.workers = 0;
    team.ended = true;
    pthread_mutex_unlock(&team.caller);
}

void limn_threads_bind(int threads) {
    if (limn_threads_available() != threads) return;
    pthread_mutex_lock(&team.caller);
    team.bound = threads;
    bind_to(0);
    pthread_mutex_unlock(&team.caller);
}

void limn_threads_unbind(void) {
    if (limn_threads_available() > 0) sched_setaffinity(0, sizeof processors, &processors);
}

void limn_threads_guest_comes(void) {
    __atomic_fetch_add(&guests, 1, __ATOMIC_RELAXED);
}

void limn_threads_guest_goes(void) {
    __atomic_fetch_sub(&guests, 1, __ATOMIC_RELAXED);
}
