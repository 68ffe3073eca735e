// A thread at the side.
#define _POSIX_C_SOURCE 200809L
#include "base/aside.h"

#include "base/guests.h"
#include "base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct limn_aside {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    limn_errand *errand; // NULL: it is back
    void *context;
    bool over;
};

static void *serve(void *context) {
    limn_aside *aside = context;
    limn_threads_unbind(); // the one that computes keeps its core to itself
    pthread_mutex_lock(&aside->lock);
    while (!aside->over) {
        if (!aside->errand) {
            pthread_cond_wait(&aside->changed, &aside->lock);
            continue;
        }
        pthread_mutex_unlock(&aside->lock);
        limn_threads_guest_comes();
        aside->errand(aside->context);
        limn_threads_guest_goes();
        pthread_mutex_lock(&aside->lock);
        aside->errand = NULL;
        pthread_cond_broadcast(&aside->changed);
    }
    pthread_mutex_unlock(&aside->lock);
    return NULL;
}

// A thread that no signal is delivered to, and those that it makes.
static bool start(limn_aside *aside) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&aside->thread, NULL, serve, aside) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

limn_aside *limn_aside_new(void) {
    limn_aside *aside = calloc(1, sizeof *aside);
    if (!aside) return NULL;
    pthread_mutex_init(&aside->lock, NULL);
    pthread_cond_init(&aside->changed, NULL);
    if (start(aside)) return aside;
    pthread_cond_destroy(&aside->changed);
    pthread_mutex_destroy(&aside->lock);
    free(aside);
    return NULL;
}

void limn_aside_wait(limn_aside *aside) {
    if (!aside) return;
    pthread_mutex_lock(&aside->lock);
    while (aside->errand) pthread_cond_wait(&aside->changed, &aside->lock);
    pthread_mutex_unlock(&aside->lock);
}

void limn_aside_send(limn_aside *aside, limn_errand *errand, void *context) {
    if (!aside) {
        errand(context);
        return;
    }
    limn_aside_wait(aside);
    pthread_mutex_lock(&aside->lock);
    aside->errand = errand;
    aside->context = context;
    pthread_cond_broadcast(&aside->changed);
    pthread_mutex_unlock(&aside->lock);
}

void limn_aside_free(limn_aside *aside) {
    if (!aside) return;
    limn_aside_wait(aside);
    pthread_mutex_lock(&aside->lock);
    aside->over = true;
    pthread_cond_broadcast(&aside->changed);
    pthread_mutex_unlock(&aside->lock);
    pthread_join(aside->thread, NULL);
    pthread_cond_destroy(&aside->changed);
    pthread_mutex_destroy(&aside->lock);
    free(aside);
}
