// Memory: aligned blocks, what the system says of them, arenas.
#define _GNU_SOURCE
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static bool on_huge_pages(size_t bytes) {
    return bytes >= 2 * HUGE_PAGE;
}

void *limn_alloc(size_t bytes) {
    size_t alignment = on_huge_pages(bytes) ? HUGE_PAGE : LIMN_ALIGNMENT;
    if (bytes > SIZE_MAX - alignment) return NULL;
    void *block = aligned_alloc(alignment, limn_round_up(bytes ? bytes : 1, alignment));
#ifdef MADV_HUGEPAGE
    if (block && alignment == HUGE_PAGE)
        madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return block;
}

// Pages that are given back to the system are zero when they are touched next, and take no memory
// until then: what is never used of a large block costs nothing.
static size_t give_back_pages(char *block, size_t bytes) {
    size_t whole = bytes / HUGE_PAGE * HUGE_PAGE;
#ifdef __linux__
    if (on_huge_pages(bytes) && madvise(block, whole, MADV_DONTNEED) == 0) return whole;
#endif
    (void)block, (void)whole;
    return 0;
}

void *limn_alloc_zeroed(size_t bytes) {
    char *block = limn_alloc(bytes);
    if (!block) return NULL;
    size_t zero = give_back_pages(block, bytes);
    memset(block + zero, 0, bytes - zero);
    return block;
}

void limn_free(void *block) {
    free(block);
}

size_t limn_memory_limit(size_t asked) {
    return asked ? asked : limn_memory_available() / 4 * 3;
}

struct limn_arena_block {
    struct limn_arena_block *next;
    size_t used, size;
    char data[] __attribute__((aligned(16)));
};

void *limn_arena_get(limn_arena *arena, size_t bytes) {
    if (arena->failed || bytes > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    bytes = limn_round_up(bytes ? bytes : 1, 16);
    struct limn_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) {
        size_t size = bytes > 16384 ? bytes : 16384;
        block = calloc(1, sizeof *block + size);
        if (!block) {
            arena->failed = true;
            return NULL;
        }
        block->size = size;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *piece = block->data + block->used;
    block->used += bytes;
    return piece;
}

void *limn_arena_copy(limn_arena *arena, const void *from, size_t bytes) {
    void *piece = limn_arena_get(arena, bytes);
    if (piece && bytes) memcpy(piece, from, bytes);
    return piece;
}

char *limn_arena_print(limn_arena *arena, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = limn_arena_get(arena, size < 0 ? SIZE_MAX : (size_t)size + 1);
    if (text) vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

void limn_arena_release(limn_arena *arena) {
    while (arena->blocks) {
        struct limn_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->failed = false;
}
