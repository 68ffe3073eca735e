// Whole files in, and safe files out.
#ifndef LIMN_BASE_FILE_H
#define LIMN_BASE_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A whole file in memory. `bytes` is NULL for an empty file.
typedef struct limn_file {
    const unsigned char *bytes;
    size_t size;
} limn_file;

// Fails with `status` (say LIMN_MODEL) and a sentence when the file is missing, is a folder or
// anything else that is not a regular file, is larger than `limit` bytes or is cut while it is
// read; with LIMN_MEMORY when there is no memory for it, with LIMN_IO when the disk or the system
// has failed and the file may be as it should. Those two only after a second try. What happens to
// the file later changes nothing.
limn_status limn_file_open(const char *path, size_t limit, limn_status status, limn_file *file);
void limn_file_close(limn_file *file);

// The first `most` bytes, or all there are; *size gets how many that is.
limn_status limn_file_open_head(const char *path, size_t most, limn_status status, limn_file *head,
                                size_t *size);
// A file of which only what is needed is read; the other bytes are 0. A need outside of the file is
// none. Fails as limn_file_open does; who fails closes it all the same.
typedef struct limn_partial {
    limn_file file; // of its full size
    const char *path;
    limn_status status;
    int fd;
    bool *has; // each of its blocks
} limn_partial;
limn_status limn_partial_open(const char *path, limn_status status, limn_partial *partial);
limn_status limn_partial_need(limn_partial *partial, uint64_t at, uint64_t size);
void limn_partial_close(limn_partial *partial);

// The same file for reading by others, as far as they need: they close it.
limn_status limn_file_descriptor(const char *path, limn_status status, int *fd, size_t *size);

// The sentence of such a failure, by errno.
limn_status limn_fail_reading(const char *path, limn_status status, int number);

// Writing so that a reader never sees half a file: the bytes go to a temporary name in the same
// folder, are flushed, then renamed over `path`. Without `replace`, an existing file is refused
// (LIMN_USAGE) before any work, and once more when it is about to be put in place. With it, the
// mode of the existing file is kept, and what a link leads to is replaced, not the link.
typedef struct limn_writer {
    int fd;          // write here, with limn_writer_put or any library that takes a descriptor
    char *temporary; // the name in use until the end
    char *path;
    bool replace;
} limn_writer;

limn_status limn_writer_open(const char *path, bool replace, limn_writer *writer);
limn_status limn_writer_put(limn_writer *writer, const void *bytes, size_t size);
limn_status limn_writer_commit(limn_writer *writer); // closes the writer whatever the result
void limn_writer_cancel(limn_writer *writer);        // leaves nothing behind

// One call for the common case.
limn_status limn_file_write(const char *path, const void *bytes, size_t size, bool replace);

// Removes what writers left in a folder, and in these folders of it, that were killed on their way.
// What others are writing, or what cannot be removed, stays.
void limn_writer_sweep(const char *path, const char *const *within, size_t count);

// Fails with LIMN_USAGE when the file is there, LIMN_IO when its folder cannot be written to: asked
// before hours of work. Removes what killed writers left in that folder.
limn_status limn_file_can_write(const char *path, bool replace);

// Makes a folder and those above it.
limn_status limn_folder_make(const char *path);

bool limn_folder_exists(const char *path); // false for NULL and for files
bool limn_path_exists(const char *path);   // anything, a link to nowhere too

// What follows the last slash of a path, and the bytes before the ending of it: "a.b/c.png" ->
// "c.png" and 5. Without an ending, or where the name is nothing else (".png"), all bytes.
const char *limn_path_name(const char *path);
size_t limn_path_stem(const char *path);

// Whether both lead to the same file or folder, which is there.
bool limn_path_same(const char *a, const char *b);

// Visits every regular file below a folder in byte order of the path relative to it; with
// `recursive` false only the folder itself. Hidden entries (leading dot) are left out. A folder
// that several links lead to is entered through the first of them only. One below the first that
// cannot be listed, or that lies in 200 others, is visited itself, before all files and with
// an empty name: limn_message says why. The visitor may return a status other than LIMN_OK to end
// the walk with it.
typedef limn_status limn_visit(void *context, const char *path, const char *relative);
limn_status limn_folder_walk(const char *path, bool recursive, limn_visit *visit, void *context);
// The same for the folders in a folder, not those further down. One that cannot be told from a file
// (a link to nowhere) ends the walk.
limn_status limn_folder_folders(const char *path, limn_visit *visit, void *context);

// Adds to a checksum of bytes: start with 0 (64-bit FNV-1a; not for secrets).
uint64_t limn_checksum(uint64_t sum, const void *bytes, size_t size);

#endif
