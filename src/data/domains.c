// Labelled domains: a folder of pictures for each.
#define _DEFAULT_SOURCE
#include "data/folder.h"

#include "base/file.h"
#include "model/tensors.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for the names of domains");
}

static limn_status add_domain(limn_domains *domains, const char *name, const char *path) {
    if (!limn_utf8_valid(name, strlen(name)))
        return limn_fail(LIMN_INPUT, "%s: the folder's name is not UTF-8: give it another", path);
    if (!strcmp(name, "all"))
        return limn_fail(LIMN_INPUT,
                         "%s: `all` means every domain to limn translate: give the folder another "
                         "name",
                         path);
    limn_folder *folder = &domains->folder;
    limn_domain domain = {.name = limn_arena_copy(&folder->arena, name, strlen(name) + 1),
                          .first = folder->count};
    if (!domain.name) return no_memory();
    LIMN_TRY(limn_folder_add(path, folder));
    domain.count = folder->count - domain.first;
    domains->items[domains->count++] = domain;
    return LIMN_OK;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// The names of the folders in `path`, sorted; how many, or -1 when there are too many or no memory.
static int list_folders(limn_arena *arena, const char *path, const char **names, int most) {
    DIR *listed = opendir(path);
    int count = 0;
    for (struct dirent *entry; listed && count >= 0 && (entry = readdir(listed));) {
        const char *inside = limn_arena_print(arena, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || !limn_folder_exists(inside)) continue;
        char *name = limn_arena_copy(arena, entry->d_name, strlen(entry->d_name) + 1);
        if (!name || count == most)
            count = -1;
        else
            names[count++] = name;
    }
    if (listed) closedir(listed);
    if (count > 0) qsort(names, (size_t)count, sizeof *names, by_bytes);
    return count;
}

static limn_status add_all(limn_domains *domains, const char *train) {
    limn_arena *arena = &domains->folder.arena;
    const char *names[LIMN_MOST_DOMAINS];
    int count = list_folders(arena, train, names, LIMN_MOST_DOMAINS);
    if (arena->failed) return no_memory();
    if (count < 0)
        return limn_fail(LIMN_INPUT, "%s: there are more than %d domains in this folder", train,
                         LIMN_MOST_DOMAINS);
    if (count < 2)
        return limn_fail(LIMN_INPUT,
                         "%s: a folder of pictures for each of at least two domains is needed in "
                         "this folder, and there is %s",
                         train, count ? "one" : "none");
    for (int i = 0; i < count; i++) {
        const char *path = limn_arena_print(arena, "%s/%s", train, names[i]);
        LIMN_TRY(path ? add_domain(domains, names[i], path) : no_memory());
    }
    return LIMN_OK;
}

static limn_status read_all(limn_domains *domains, const char *path) {
    limn_arena *arena = &domains->folder.arena;
    const char *train = limn_arena_print(arena, "%s/train", path);
    const char *a = limn_arena_print(arena, "%s/trainA", path);
    const char *b = limn_arena_print(arena, "%s/trainB", path);
    if (arena->failed) return no_memory();
    if (limn_folder_exists(train)) return add_all(domains, train);
    if (!limn_folder_exists(a) || !limn_folder_exists(b))
        return limn_fail(LIMN_INPUT,
                         "%s: neither the folder train, with a folder of pictures for each domain "
                         "in it, nor trainA and trainB are there",
                         path);
    LIMN_TRY(add_domain(domains, "A", a));
    return add_domain(domains, "B", b);
}

limn_status limn_domains_read(const char *path, limn_domains *domains) {
    *domains = (limn_domains){.count = 0};
    limn_status status = read_all(domains, path);
    if (status != LIMN_OK) limn_domains_free(domains);
    return status;
}

void limn_domains_free(limn_domains *domains) {
    limn_folder_free(&domains->folder);
    domains->count = 0;
}
