// Memory: checked size arithmetic, aligned blocks, arenas.
#ifndef LIMN_BASE_MEMORY_H
#define LIMN_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMN_ALIGNMENT 64 // bytes: a cache line, and the widest vector

// *product = a * b; false when it does not fit.
static inline bool limn_multiply(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

static inline bool limn_plus(size_t a, size_t b, size_t *sum) {
    return !__builtin_add_overflow(a, b, sum);
}

static inline size_t limn_round_up(size_t value, size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

// A block aligned to LIMN_ALIGNMENT, contents undefined; NULL when there is no memory. Blocks of
// some megabytes are placed on huge pages where the system offers them. Free with limn_free.
void *limn_alloc(size_t bytes);
void *limn_alloc_zeroed(size_t bytes);
void limn_free(void *block);

// The process's largest resident size so far, the memory free for new work, and all that it could
// ever have, in bytes. The last two are 0 where the system does not say.
size_t limn_memory_peak(void);
size_t limn_memory_available(void);
size_t limn_memory_total(void);

// The last two of a system whose files lie below `root`, "" for this one: limits of control groups
// count, that of the address space does not.
typedef struct limn_memory {
    size_t total, available;
} limn_memory;
limn_memory limn_memory_in(const char *root);

enum { LIMN_LEAST_MEMORY = 1000000 }; // bytes; the lowest limit that makes sense
// What may be used where so much was asked for; 0, nothing asked: three quarters of what is free.
size_t limn_memory_limit(size_t asked);

// An arena hands out zeroed pieces that all die with it. It never fails: after the first refused
// allocation it remembers `failed` and hands out NULL.
typedef struct limn_arena {
    struct limn_arena_block *blocks;
    bool failed;
} limn_arena;

void *limn_arena_get(limn_arena *arena, size_t bytes);
void *limn_arena_copy(limn_arena *arena, const void *from, size_t bytes);
char *limn_arena_print(limn_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void limn_arena_release(limn_arena *arena);

#endif
