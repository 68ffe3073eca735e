// Tests of base/threads.c: who waits for whom, forks, the end of a process; and of base/aside.c.
#define _GNU_SOURCE
#include "base/aside.h"
#include "base/threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 16, COUNT = 100000, PATIENCE = 60 }; // seconds

// ---- sums ----

typedef struct sum {
    long long total;
    int bodies;
} sum;

static void add(void *context, int thread, int threads) {
    size_t begin, end;
    long long part = 0;
    limn_share(COUNT, thread, threads, &begin, &end);
    for (size_t i = begin; i < end; i++) part += (long long)i;
    __atomic_fetch_add(&((sum *)context)->total, part, __ATOMIC_RELAXED);
    __atomic_fetch_add(&((sum *)context)->bodies, 1, __ATOMIC_RELAXED);
}

static bool sum_is_right(int threads) {
    sum it = {0};
    limn_parallel(threads, add, &it);
    return it.total == (long long)COUNT * (COUNT - 1) / 2 && it.bodies == threads;
}

static void every_thread_works(void **state) {
    (void)state;
    static const int counts[] = {1, 2, MANY, 2, 3, MANY, 1, 2};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_true(sum_is_right(counts[i]));
    for (int i = 0; i < 3000; i++) assert_true(sum_is_right(2 + i % 3));
}

static void *sum_often(void *right) {
    for (int i = 0; i < 2000; i++) *(bool *)right = *(bool *)right && sum_is_right(2 + i % 5);
    return NULL;
}

static void callers_take_turns(void **state) {
    (void)state;
    pthread_t threads[4];
    bool right[4];
    for (int i = 0; i < 4; i++) {
        right[i] = true;
        assert_int_equal(pthread_create(&threads[i], NULL, sum_often, &right[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(right[i]);
    }
}

static void nest(void *context, int thread, int threads) {
    (void)thread, (void)threads;
    sum it = {0};
    limn_parallel(4, add, &it);
    if (it.bodies == 1) __atomic_fetch_add((int *)context, 1, __ATOMIC_RELAXED);
}

static void a_body_has_no_team(void **state) {
    (void)state;
    int alone = 0;
    limn_parallel(4, nest, &alone);
    assert_int_equal(alone, 4);
}

// ---- a call waits for its own workers only ----

static int is_held, is_free; // atomic

static void hold(int number) {
    (void)number;
    int old = errno;
    __atomic_store_n(&is_held, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&is_free, __ATOMIC_ACQUIRE)) usleep(1000);
    errno = old;
}

static void take_last(void *context, int thread, int threads) {
    if (thread == threads - 1) *(pthread_t *)context = pthread_self();
}

// The last of many workers is stopped by a signal: calls that do not need it go on.
static void others_are_not_waited_for(void **state) {
    (void)state;
    pthread_t last;
    limn_parallel(MANY, take_last, &last);
    usleep(100000); // until it sleeps
    signal(SIGUSR1, hold);
    assert_int_equal(pthread_kill(last, SIGUSR1), 0);
    while (!__atomic_load_n(&is_held, __ATOMIC_ACQUIRE)) usleep(1000);
    alarm(PATIENCE);
    for (int i = 0; i < 100; i++) assert_true(sum_is_right(2));
    __atomic_store_n(&is_free, 1, __ATOMIC_RELEASE);
    assert_true(sum_is_right(MANY));
    alarm(0);
}

// ---- forks, and the end ----

// What a child ends with, or -1 when it does not come to its end.
static int outcome(pid_t child) {
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

static void a_child_has_a_team(void **state) {
    (void)state;
    assert_true(sum_is_right(4));
    pid_t child = fork();
    if (!child) {
        alarm(PATIENCE);
        _exit(sum_is_right(4) && sum_is_right(MANY) ? 0 : 1);
    }
    assert_int_equal(outcome(child), 0);
    assert_true(sum_is_right(4));
}

static void linger(void *context, int thread, int threads) {
    (void)thread, (void)threads;
    __atomic_store_n((int *)context, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n((int *)context, __ATOMIC_ACQUIRE) == 1) usleep(1000);
}

static void *call_lingering(void *context) {
    limn_parallel(3, linger, context);
    return NULL;
}

// While another thread has the team.
static void a_child_forgets_other_callers(void **state) {
    (void)state;
    pthread_t other;
    int lingers = 0;
    assert_int_equal(pthread_create(&other, NULL, call_lingering, &lingers), 0);
    while (!__atomic_load_n(&lingers, __ATOMIC_ACQUIRE)) usleep(1000);
    pid_t child = fork();
    if (!child) {
        alarm(PATIENCE);
        _exit(sum_is_right(4) ? 0 : 1);
    }
    int code = outcome(child);
    __atomic_store_n(&lingers, 2, __ATOMIC_RELEASE);
    pthread_join(other, NULL);
    assert_int_equal(code, 0);
}

static void fork_inside(void *context, int thread, int threads) {
    (void)threads;
    if (thread == 0) *(pid_t *)context = fork();
}

static void a_child_of_a_body_goes_on(void **state) {
    (void)state;
    pid_t child;
    limn_parallel(4, fork_inside, &child);
    if (!child) {
        alarm(PATIENCE);
        _exit(sum_is_right(4) ? 0 : 1);
    }
    assert_int_equal(outcome(child), 0);
}

static void leave(void *context, int thread, int threads) {
    (void)threads;
    if (thread == *(int *)context) exit(7);
    usleep(1000);
}

// exit() in a body, by the caller or a worker; what the parent prints must not be flushed twice.
static void a_body_may_exit(void **state) {
    (void)state;
    for (int thread = 0; thread < 4; thread++) {
        fflush(NULL);
        pid_t child = fork();
        if (!child) {
            alarm(PATIENCE);
            limn_parallel(4, leave, &thread);
            _exit(1);
        }
        assert_int_equal(outcome(child), 7);
    }
}

static void nobody_waits_at_exit(void **state) {
    (void)state;
    for (int busy = 0; busy < 2; busy++) {
        fflush(NULL);
        pid_t child = fork();
        if (!child) {
            alarm(PATIENCE);
            pthread_t other;
            int lingers = 0;
            if (!sum_is_right(4)) _exit(1);
            if (busy && pthread_create(&other, NULL, call_lingering, &lingers)) _exit(1);
            while (busy && !__atomic_load_n(&lingers, __ATOMIC_ACQUIRE)) usleep(1000);
            exit(7);
        }
        assert_int_equal(outcome(child), 7);
    }
}

// A child of a process that had a team has no threads to wait for.
static void a_child_may_exit(void **state) {
    (void)state;
    assert_true(sum_is_right(4));
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        alarm(PATIENCE);
        exit(7);
    }
    assert_int_equal(outcome(child), 7);
}

// Of fewer threads than processors none is bound: another such process would have the same ones.
static void a_small_team_is_left_alone(void **state) {
    (void)state;
    cpu_set_t before, after;
    if (limn_threads_available() < 2) skip();
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    limn_threads_bind(limn_threads_available() - 1);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
    limn_threads_bind(limn_threads_available());
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_int_equal(CPU_COUNT(&after), 1);
    limn_threads_unbind();
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
}

// ---- a thread at the side ----

// An errand that waits until it may go on.
typedef struct errand {
    int may_go, done; // atomic
    pthread_t by;
} errand;

static void run_errand(void *context) {
    errand *it = context;
    while (!__atomic_load_n(&it->may_go, __ATOMIC_ACQUIRE)) usleep(1000);
    it->by = pthread_self();
    __atomic_fetch_add(&it->done, 1, __ATOMIC_RELEASE);
}

static void errands_are_run_aside(void **state) {
    (void)state;
    alarm(PATIENCE);
    limn_aside *aside = limn_aside_new();
    assert_non_null(aside);
    errand it = {0};
    limn_aside_send(aside, run_errand, &it); // and its owner goes on
    assert_int_equal(__atomic_load_n(&it.done, __ATOMIC_ACQUIRE), 0);
    __atomic_store_n(&it.may_go, 1, __ATOMIC_RELEASE);
    limn_aside_wait(aside);
    assert_int_equal(it.done, 1);
    assert_false(pthread_equal(it.by, pthread_self()));
    for (int i = 0; i < 1000; i++) limn_aside_send(aside, run_errand, &it);
    limn_aside_free(aside);
    assert_int_equal(it.done, 1001);
    alarm(0);
}

static void let_the_other_wait(void *context, int thread, int threads) {
    (void)context, (void)threads;
    if (thread) usleep(300000);
}

static double own_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Whoever waits for the rest of the team leaves the processor to what is done aside.
static void waiting_beside_an_errand_takes_no_time(void **state) {
    (void)state;
    limn_aside *aside = limn_aside_new();
    errand it = {0};
    limn_aside_send(aside, run_errand, &it);
    usleep(50000); // until it is at work
    double begin = own_seconds();
    limn_parallel(2, let_the_other_wait, NULL);
    double taken = own_seconds() - begin;
    __atomic_store_n(&it.may_go, 1, __ATOMIC_RELEASE);
    limn_aside_free(aside);
    assert_true(taken < 0.03);
    assert_true(sum_is_right(2));
}

static void without_a_thread_errands_are_run_at_once(void **state) {
    (void)state;
    errand it = {.may_go = 1};
    limn_aside_send(NULL, run_errand, &it);
    assert_int_equal(it.done, 1);
    assert_true(pthread_equal(it.by, pthread_self()));
    limn_aside_wait(NULL);
    limn_aside_free(NULL);
}

static void read_mask(void *mask) {
    pthread_sigmask(SIG_SETMASK, NULL, mask);
}

static void signals_do_not_come_aside(void **state) {
    (void)state;
    sigset_t aside_has, own;
    limn_aside *aside = limn_aside_new();
    limn_aside_send(aside, read_mask, &aside_has);
    limn_aside_free(aside);
    read_mask(&own);
    assert_true(sigismember(&aside_has, SIGINT) && sigismember(&aside_has, SIGTERM));
    assert_false(sigismember(&own, SIGINT) || sigismember(&own, SIGTERM));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_thread_works),
        cmocka_unit_test(callers_take_turns),
        cmocka_unit_test(a_body_has_no_team),
        cmocka_unit_test(others_are_not_waited_for),
        cmocka_unit_test(a_child_has_a_team),
        cmocka_unit_test(a_child_forgets_other_callers),
        cmocka_unit_test(a_child_of_a_body_goes_on),
        cmocka_unit_test(a_body_may_exit),
        cmocka_unit_test(nobody_waits_at_exit),
        cmocka_unit_test(a_child_may_exit),
        cmocka_unit_test(a_small_team_is_left_alone),
        cmocka_unit_test(errands_are_run_aside),
        cmocka_unit_test(waiting_beside_an_errand_takes_no_time),
        cmocka_unit_test(without_a_thread_errands_are_run_at_once),
        cmocka_unit_test(signals_do_not_come_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
