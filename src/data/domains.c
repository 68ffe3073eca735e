// Labelled domains: a folder of pictures for each.
#include "data/folder.h"

#include "base/file.h"
#include "base/text.h"

#include <string.h>

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for the names of domains");
}

// Folders have different names by themselves.
static limn_status add_domain(limn_domains *domains, const char *name, const char *path) {
    const char *fault = limn_domain_fault(name, NULL, 0);
    if (fault)
        return limn_fail(LIMN_INPUT,
                         "%s: as the name of a domain: %s. Give the folder another name", path,
                         fault);
    limn_folder *folder = &domains->folder;
    limn_domain domain = {.name = limn_arena_copy(&folder->arena, name, strlen(name) + 1),
                          .first = folder->count};
    if (!domain.name) return no_memory();
    LIMN_TRY(limn_folder_add(path, folder));
    domain.count = folder->count - domain.first;
    domains->items[domains->count++] = domain;
    return LIMN_OK;
}

static limn_status visit(void *context, const char *path, const char *name) {
    limn_domains *domains = context;
    if (domains->count < LIMN_MOST_DOMAINS) return add_domain(domains, name, path);
    return limn_fail(LIMN_INPUT,
                     "%s: this folder would be one more than the %d domains there can be", path,
                     LIMN_MOST_DOMAINS);
}

static limn_status add_all(limn_domains *domains, const char *train) {
    LIMN_TRY(limn_folder_folders(train, visit, domains));
    if (domains->count >= 2) return LIMN_OK;
    return limn_fail(LIMN_INPUT,
                     "%s: a folder of pictures for each of at least two domains is needed in "
                     "this folder, and there is %s",
                     train, domains->count ? "one" : "none");
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
