// The pictures of a folder.
#include "data/folder.h"

#include "base/file.h"
#include "image/recognise.h"
#include "limn/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const kinds_left[] = {".heic", ".heif", ".avif", ".jxl", ".gif", ".bmp", ".nef",
                                         ".cr2",  ".cr3",  ".arw",  ".dng", ".raf", ".orf"};
_Static_assert(sizeof kinds_left / sizeof *kinds_left == LIMN_KINDS_LEFT, "one count a kind");

void limn_left_alone_add(limn_left_alone *left, const char *path) {
    const char *ending = path + limn_path_stem(path);
    for (int i = 0; i < LIMN_KINDS_LEFT; i++) left->count[i] += !strcasecmp(ending, kinds_left[i]);
}

void limn_left_alone_print(const limn_left_alone *left, limn_text *text) {
    bool any = false;
    for (int i = 0; i < LIMN_KINDS_LEFT; i++) {
        if (!left->count[i]) continue;
        limn_text_print(text, "%s%d %s", any ? ", " : "", left->count[i], kinds_left[i]);
        any = true;
    }
}

// A folder that cannot be listed.
static limn_status note_unlisted(limn_folder *folder) {
    if (!folder->unlisted++) folder->why = limn_arena_print(&folder->arena, "%s", limn_message());
    return folder->why ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for a sentence");
}

limn_format limn_folder_format(const char *path) {
    const char *name = limn_path_name(path);
    unsigned char bytes[64];
    if (limn_path_stem(name) < strlen(name)) return limn_format_of_name(path);
    FILE *file = fopen(path, "rbe");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) fclose(file);
    return limn_look(bytes, size).format;
}

// Whether it lies in the samples of a run that was begun among the pictures: runs would learn from
// their own sheets.
static bool is_sheet(const char *path, const char *relative) {
    static const char samples[] = "samples/";
    size_t folder = (size_t)(limn_path_name(path) - path), size = sizeof samples - 1;
    size_t below = (size_t)(limn_path_name(relative) - relative);
    if (below < size || memcmp(path + folder - size, samples, size) != 0) return false;
    if (below > size && path[folder - size - 1] != '/') return false;
    limn_text beside = {0};
    limn_text_print(&beside, "%.*scheckpoints", (int)(folder - size), path);
    bool run = !beside.failed && limn_folder_exists(beside.data);
    limn_text_free(&beside);
    return run;
}

static limn_status add(void *context, const char *path, const char *relative) {
    limn_folder *folder = context;
    if (!*relative) return note_unlisted(folder);
    if (is_sheet(path, relative)) return LIMN_OK;
    folder->top = (int)(strlen(path) - strlen(relative));
    if (limn_folder_format(path) == LIMN_FORMAT_NONE) {
        limn_left_alone_add(&folder->left, path);
        return LIMN_OK;
    }
    if ((folder->count & (folder->count + 1)) == 0) { // 0, 1, 3, 7, ...: room is a power of two
        size_t room = 2 * ((size_t)folder->count + 1);
        char **paths = realloc(folder->paths, room * sizeof *paths);
        if (!paths) return limn_fail(LIMN_MEMORY, "there is no memory for the names of pictures");
        folder->paths = paths;
    }
    char *copy = limn_arena_copy(&folder->arena, path, strlen(path) + 1);
    if (!copy) return limn_fail(LIMN_MEMORY, "there is no memory for the names of pictures");
    folder->paths[folder->count++] = copy;
    return LIMN_OK;
}

limn_status limn_folder_add(const char *path, limn_folder *folder) {
    int before = folder->count;
    LIMN_TRY(limn_folder_walk(path, true, add, folder));
    if (folder->count > before) return LIMN_OK;
    if (folder->why) return limn_fail(LIMN_INPUT, "%s", folder->why);
    limn_text left = {0};
    limn_left_alone_print(&folder->left, &left);
    limn_fail(LIMN_INPUT,
              "%s: there is no picture in this folder (.jpg .jpeg .png .webp .tif .tiff are looked "
              "for, at any depth)%s%s. %s",
              path, left.size ? "; left alone: " : "", left.size ? left.data : "",
              left.size ? "Convert them to JPEG or PNG." : "Put some there, or name another.");
    limn_text_free(&left);
    return LIMN_INPUT;
}

limn_status limn_folder_read(const char *path, limn_folder *folder) {
    *folder = (limn_folder){0};
    limn_status status = limn_folder_add(path, folder);
    if (status != LIMN_OK) limn_folder_free(folder);
    return status;
}

void limn_folder_free(limn_folder *folder) {
    free(folder->paths);
    limn_arena_release(&folder->arena);
    *folder = (limn_folder){0};
}
