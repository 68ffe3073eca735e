// What lies in a folder, and below it.
#define _GNU_SOURCE
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 200 }; // folders, one in another: each takes some of the stack

typedef struct names {
    char **list;
    size_t count, room;
} names;

// The folders from the top down to the one being read: a link back to one of them is a circle.
typedef struct level {
    const struct level *above;
    int depth;
    dev_t device;
    ino_t number;
} level;

// What a folder is by any name.
typedef struct identity {
    dev_t device;
    ino_t number;
} identity;

typedef struct walker {
    const char *top;
    bool recursive;
    bool folders; // they are what is looked for, not files
    limn_visit *visit;
    void *context;
    names found; // relative paths
    // Folders entered through links: two links in each of thirty folders would make a billion ways.
    identity *linked;
    size_t linked_count, linked_room;
} walker;

static char *join(const char *folder, const char *name) {
    size_t size = strlen(folder), all = size + strlen(name) + 2;
    char *joined = malloc(all);
    bool apart = size && *name && folder[size - 1] != '/';
    if (joined) snprintf(joined, all, "%s%s%s", folder, apart ? "/" : "", name);
    return joined;
}

static limn_status no_memory(const walker *walk) {
    return limn_fail(LIMN_MEMORY, "%s: no memory for its list of files.", walk->top);
}

static limn_status add(walker *walk, char *relative) {
    names *found = &walk->found;
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : 64, bytes;
        char **list = NULL;
        if (limn_multiply(room, sizeof *list, &bytes)) list = realloc(found->list, bytes);
        if (!list) return no_memory(walk);
        found->list = list;
        found->room = room;
    }
    found->list[found->count++] = relative;
    return LIMN_OK;
}

static bool is_circle(const level *here, const struct stat *about) {
    for (; here; here = here->above)
        if (here->device == about->st_dev && here->number == about->st_ino) return true;
    return false;
}

// Whether the folder at the end of a link is to be entered: it is remembered, and not entered
// twice.
static limn_status take_link(walker *walk, const struct stat *about, bool *enter) {
    *enter = false;
    for (size_t i = 0; i < walk->linked_count; i++)
        if (walk->linked[i].device == about->st_dev && walk->linked[i].number == about->st_ino)
            return LIMN_OK;
    if (walk->linked_count == walk->linked_room) {
        size_t room = walk->linked_room ? 2 * walk->linked_room : 16, bytes;
        identity *linked = NULL;
        if (limn_multiply(room, sizeof *linked, &bytes)) linked = realloc(walk->linked, bytes);
        if (!linked) return no_memory(walk);
        walk->linked = linked;
        walk->linked_room = room;
    }
    walk->linked[walk->linked_count++] = (identity){about->st_dev, about->st_ino};
    *enter = true;
    return LIMN_OK;
}

static limn_status fail_listing(const char *path, int number) {
    if (number == ENOENT)
        return limn_fail(LIMN_INPUT, "%s: there is no such folder. Check the name.", path);
    if (number == ENOTDIR)
        return limn_fail(LIMN_INPUT, "%s: is a file, where a folder was expected.", path);
    return limn_fail_reading(path, LIMN_INPUT, number);
}

static limn_status list_folder(walker *walk, const char *relative, const level *above);

// Goes down into a folder unless it has been seen.
static limn_status enter(walker *walk, const char *path, const char *relative,
                         const struct stat *about, const level *here) {
    if (is_circle(here, about)) return LIMN_OK;
    struct stat link;
    bool wanted = true;
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) LIMN_TRY(take_link(walk, about, &wanted));
    return wanted ? list_folder(walk, relative, here) : LIMN_OK;
}

// Whether what cannot be looked at is the visitor's to complain of: a link to nowhere is, and what
// there is no right to, but not what has gone meanwhile.
static bool is_there(const char *path, int number) {
    struct stat about;
    return number != ENOENT || lstat(path, &about) == 0;
}

// Takes over `relative`: keeps what is looked for, goes down into a folder, forgets anything else.
// Of files those that can be seen are wanted, of folders all: what one holds cannot be guessed.
static limn_status take_entry(walker *walk, char *relative, const level *here) {
    limn_status status = LIMN_OK;
    bool kept = false;
    char *path = relative ? join(walk->top, relative) : NULL;
    struct stat about;
    if (!path) {
        status = no_memory(walk);
    } else if (stat(path, &about)) {
        if (walk->folders) status = fail_listing(path, errno);
        kept = !walk->folders && is_there(path, errno);
        if (kept) status = add(walk, relative);
        kept = kept && status == LIMN_OK;
    } else if (walk->folders ? S_ISDIR(about.st_mode) : S_ISREG(about.st_mode)) {
        status = add(walk, relative);
        kept = status == LIMN_OK;
    } else if (S_ISDIR(about.st_mode) && walk->recursive) {
        status = enter(walk, path, relative, &about, here);
    }
    if (!kept) free(relative);
    free(path);
    return status;
}

static int is_seen(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

// In an order that is the same everywhere: of several links to a folder the first counts.
static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

// The folder that was asked for must be listed; any other is told of and passed over.
static limn_status pass_over(walker *walk, const char *path, const level *above,
                             limn_status status) {
    return above && status == LIMN_INPUT ? walk->visit(walk->context, path, "") : status;
}

static limn_status fail_deep(const char *path) {
    return limn_fail(LIMN_INPUT, "%s: lies in %d folders, one in another, and is left out.", path,
                     DEEPEST);
}

static limn_status list_folder(walker *walk, const char *relative, const level *above) {
    char *path = join(walk->top, relative);
    if (!path) return no_memory(walk);
    struct stat about = {0};
    struct dirent **entries = NULL;
    level here = {.above = above, .depth = above ? above->depth + 1 : 0};
    bool deep = here.depth > DEEPEST;
    int count = deep ? 0 : scandir(path, &entries, is_seen, by_name);
    limn_status status = deep ? fail_deep(path) : LIMN_OK;
    if (count < 0 || stat(path, &about)) status = fail_listing(path, errno);
    if (status != LIMN_OK) status = pass_over(walk, path, above, status);
    here.device = about.st_dev;
    here.number = about.st_ino;
    for (int i = 0; i < count; i++) {
        if (status == LIMN_OK) status = take_entry(walk, join(relative, entries[i]->d_name), &here);
        free(entries[i]);
    }
    free(entries);
    free(path);
    return status;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static limn_status visit_all(walker *walk) {
    limn_status status = list_folder(walk, "", NULL);
    names *found = &walk->found;
    if (status == LIMN_OK && found->count)
        qsort(found->list, found->count, sizeof *found->list, by_bytes);
    for (size_t i = 0; i < found->count; i++) {
        if (status == LIMN_OK) {
            char *whole = join(walk->top, found->list[i]);
            status = whole ? walk->visit(walk->context, whole, found->list[i]) : no_memory(walk);
            free(whole);
        }
        free(found->list[i]);
    }
    free(found->list);
    free(walk->linked);
    return status;
}

limn_status limn_folder_walk(const char *path, bool recursive, limn_visit *visit, void *context) {
    return visit_all(
        &(walker){.top = path, .recursive = recursive, .visit = visit, .context = context});
}

limn_status limn_folder_folders(const char *path, limn_visit *visit, void *context) {
    return visit_all(&(walker){.top = path, .folders = true, .visit = visit, .context = context});
}
