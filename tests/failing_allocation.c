// For LD_PRELOAD: the allocation of number FAIL_AT that the program itself asks for is refused;
// those that libraries make stay as they are. tests/failing_verbs.sh counts FAIL_AT up until
// nothing fails.
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static uintptr_t first, last; // of the program's code
static long wanted, count;

// The program comes first.
static int find_program(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        first = info->dlpi_addr + part->p_vaddr;
        last = first + part->p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("FAIL_AT");
    dl_iterate_phdr(find_program, NULL);
    wanted = at ? atol(at) : 0;
}

// Says that there was such an allocation, for the script.
static bool strikes(void *caller) {
    uintptr_t at = (uintptr_t)caller;
    if (!wanted || at < first || at >= last) return false;
    if (__atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST) != wanted) return false;
    static const char word[] = "struck\n";
    if (write(2, word, sizeof word - 1) < 0) return false;
    errno = ENOMEM;
    return true;
}

#define STRIKES strikes(__builtin_return_address(0))

void *malloc(size_t bytes) {
    return STRIKES ? NULL : __libc_malloc(bytes);
}
void *calloc(size_t number, size_t bytes) {
    return STRIKES ? NULL : __libc_calloc(number, bytes);
}
void *realloc(void *block, size_t bytes) {
    return STRIKES ? NULL : __libc_realloc(block, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) {
    return STRIKES ? NULL : __libc_memalign(alignment, bytes);
}
int posix_memalign(void **block, size_t alignment, size_t bytes) {
    if (STRIKES) return ENOMEM;
    *block = __libc_memalign(alignment, bytes);
    return *block ? 0 : ENOMEM;
}
