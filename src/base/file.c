// Whole files in, and safe files out.
#define _GNU_SOURCE
#include "base/file.h"

#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

// What an errno means to somebody who wants to write, and what to do about it.
static const struct {
    int number;
    const char *sentence;
} causes[] = {
    {ENOSPC, "the disk is full. Free some space, or write somewhere else"},
    {EDQUOT, "the disk quota is used up. Free some space, or write somewhere else"},
    {EFBIG, "the file grew larger than the system allows. Raise the limit (ulimit -f)"},
    {EACCES, "no permission to write in that folder. Choose another folder"},
    {EPERM, "no permission to write in that folder. Choose another folder"},
    {EROFS, "the disk is read-only. Choose another folder"},
    {ENOENT, "its folder is not there. Make the folder first"},
    {ENOTDIR, "a part of its path is a file, not a folder. Choose another name"},
    {ENAMETOOLONG, "the name is too long. Choose a shorter one"},
};

static limn_status fail_writing(const char *path, int number) {
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].number == number)
            return limn_fail(LIMN_IO, "%s: cannot be written: %s.", path, causes[i].sentence);
    return limn_fail(LIMN_IO, "%s: cannot be written: %s.", path, strerror(number));
}

static limn_status fail_reading(const char *path, limn_status status, int number) {
    if (number == ENOENT || number == ENOTDIR)
        return limn_fail(status, "%s: there is no such file. Check the name.", path);
    if (number == EACCES || number == EPERM)
        return limn_fail(status, "%s: no permission to read it. Check its owner and mode.", path);
    return limn_fail(status, "%s: cannot be read: %s.", path, strerror(number));
}

static limn_status fail_present(const char *path) {
    return limn_fail(LIMN_USAGE, "%s: is there already. Pass --force to replace it.", path);
}

// A new string of `size` bytes of `text`, `between` and `end`.
static char *join(const char *text, size_t size, const char *between, const char *end) {
    size_t middle = strlen(between), last = strlen(end);
    char *joined = malloc(size + middle + last + 1);
    if (!joined) return NULL;
    memcpy(joined, text, size);
    memcpy(joined + size, between, middle);
    memcpy(joined + size + middle, end, last + 1);
    return joined;
}

// Bytes of the path up to and including its last slash; 0 for a bare name.
static size_t folder_size(const char *path) {
    return (size_t)(limn_path_name(path) - path);
}

// ---- reading ----

// Files are read, not mapped: what another program cuts off a mapped file is a signal to its
// reader, and what it writes into one changes numbers that were checked.
static limn_status fill(int fd, const char *path, limn_status status, unsigned char *bytes,
                        size_t size) {
    for (size_t at = 0; at < size;) {
        size_t piece = size - at < (size_t)1 << 30 ? size - at : (size_t)1 << 30;
        ssize_t done = read(fd, bytes + at, piece);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return fail_reading(path, status, errno);
        if (done == 0)
            return limn_fail(status,
                             "%s: ends after %zu of %zu bytes. Is another program writing it? Try "
                             "again when it is done.",
                             path, at, size);
        at += (size_t)done;
    }
    return LIMN_OK;
}

// Memory for a file, straight from the system: malloc would keep such blocks at hand once they are
// freed, and they come once. Small ones are not worth asking what the system has free.
static limn_status make_room(const char *path, size_t size, unsigned char **bytes) {
    enum { SMALL = 16 << 20 };
    size_t available = size > SMALL ? limn_memory_available() : 0; // 0: it does not say
    void *block = available && size > available
                      ? MAP_FAILED
                      : mmap(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    *bytes = block;
    if (block != MAP_FAILED) return LIMN_OK;
    char room[32];
    return limn_fail(LIMN_MEMORY, "%s: no memory to read its %s. Close other programs.", path,
                     limn_text_bytes(room, size));
}

static limn_status read_all(int fd, const char *path, size_t limit, limn_status status,
                            limn_file *file) {
    struct stat about;
    if (fstat(fd, &about)) return fail_reading(path, status, errno);
    if (S_ISDIR(about.st_mode))
        return limn_fail(status, "%s: is a folder, where one file was expected.", path);
    if (!S_ISREG(about.st_mode))
        return limn_fail(status, "%s: is not a regular file. Save it to a file first.", path);
    if ((uintmax_t)about.st_size > limit)
        return limn_fail(status, "%s: has %ju bytes, the limit is %zu.", path,
                         (uintmax_t)about.st_size, limit);
    if (about.st_size == 0) return LIMN_OK;
    size_t size = (size_t)about.st_size;
    unsigned char *bytes;
    LIMN_TRY(make_room(path, size, &bytes));
    *file = (limn_file){bytes, size};
    limn_status result = fill(fd, path, status, bytes, size);
    if (result != LIMN_OK) limn_file_close(file);
    return result;
}

limn_status limn_file_open(const char *path, size_t limit, limn_status status, limn_file *file) {
    *file = (limn_file){0};
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail_reading(path, status, errno);
    limn_status result = read_all(fd, path, limit, status, file);
    close(fd);
    return result;
}

void limn_file_close(limn_file *file) {
    if (file->bytes) munmap((void *)(uintptr_t)file->bytes, file->size);
    *file = (limn_file){0};
}

// ---- writing ----

// Refuses what must not be replaced: anything at all without `replace`, and with it folders,
// devices and pipes (a rename would put a file in the place of /dev/null).
static limn_status check_target(const char *path, bool replace) {
    size_t length = strlen(path);
    if (length == 0) return limn_fail(LIMN_USAGE, "The name of the file to write is empty.");
    struct stat about;
    if (stat(path, &about)) {
        if (path[length - 1] == '/')
            return limn_fail(LIMN_USAGE, "%s: is the name of a folder. Add a file name.", path);
        // A link that leads nowhere is still there.
        if (!replace && lstat(path, &about) == 0) return fail_present(path);
        return LIMN_OK;
    }
    if (S_ISDIR(about.st_mode))
        return limn_fail(LIMN_USAGE, "%s: is a folder. Add a file name.", path);
    if (!S_ISREG(about.st_mode))
        return limn_fail(LIMN_USAGE, "%s: is not a regular file. Choose another name.", path);
    return replace ? LIMN_OK : fail_present(path);
}

// A hidden name that nobody can guess, in the folder of `path`.
static char *temporary_name(const char *path) {
    uint64_t number[2];
    if (getrandom(number, sizeof number, 0) != (ssize_t)sizeof number) return NULL;
    char name[64];
    snprintf(name, sizeof name, ".limn-%016jx%016jx.part", (uintmax_t)number[0],
             (uintmax_t)number[1]);
    return join(path, folder_size(path), "", name);
}

limn_status limn_writer_open(const char *path, bool replace, limn_writer *writer) {
    *writer = (limn_writer){.fd = -1, .replace = replace};
    LIMN_TRY(check_target(path, replace));
    writer->path = strdup(path);
    writer->temporary = temporary_name(path);
    if (!writer->path || !writer->temporary) {
        limn_writer_cancel(writer);
        return limn_fail(LIMN_MEMORY, "%s: no memory for its name.", path);
    }
    writer->fd =
        open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (writer->fd >= 0) {
        // Who made a file private wants what replaces it private. Some file systems know no modes.
        struct stat old;
        if (replace && stat(path, &old) == 0) (void)fchmod(writer->fd, old.st_mode & 0777);
        return LIMN_OK;
    }
    int number = errno;
    free(writer->temporary); // it was never made, so there is nothing to take away
    writer->temporary = NULL;
    limn_writer_cancel(writer);
    return fail_writing(path, number);
}

limn_status limn_writer_put(limn_writer *writer, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size) {
        size_t piece = size < (size_t)1 << 30 ? size : (size_t)1 << 30;
        ssize_t done = write(writer->fd, at, piece);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return fail_writing(writer->path, done < 0 ? errno : ENOSPC);
        at += done;
        size -= (size_t)done;
    }
    return LIMN_OK;
}

// Some file systems know nothing of fsync and say so; that is not a failure to write.
static bool flush(int fd) {
    if (fsync(fd) == 0) return true;
    return errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
}

// Gives the file its name unless the name is taken; 0 or an errno. Three ways, each without a gap
// between looking and doing, for file systems that lack the one before.
static int place_new(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return errno;
    if (link(from, to) == 0) return unlink(from) ? errno : 0;
    if (errno == EEXIST) return errno;
    int claim = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (claim < 0) return errno;
    close(claim);
    if (rename(from, to) == 0) return 0;
    int number = errno;
    unlink(to);
    return number;
}

// So that the name, too, outlives a power cut. Not every file system can; the file is whole anyway.
static void flush_folder(const char *path) {
    size_t size = folder_size(path);
    char *folder = size ? join(path, size, "", "") : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(folder);
}

limn_status limn_writer_commit(limn_writer *writer) {
    int number = flush(writer->fd) ? 0 : errno;
    int fd = writer->fd;
    writer->fd = -1;
    if (close(fd) && !number && errno != EINTR) number = errno;
    if (number) {
        limn_status status = fail_writing(writer->path, number);
        limn_writer_cancel(writer);
        return status;
    }
    if (writer->replace)
        number = rename(writer->temporary, writer->path) ? errno : 0;
    else
        number = place_new(writer->temporary, writer->path);
    limn_status status = LIMN_OK;
    if (number == EEXIST || number == EISDIR || number == ENOTEMPTY)
        status = fail_present(writer->path);
    else if (number)
        status = fail_writing(writer->path, number);
    else
        flush_folder(writer->path);
    if (status == LIMN_OK) {
        free(writer->temporary); // it is no more: nothing to take away
        writer->temporary = NULL;
    }
    limn_writer_cancel(writer);
    return status;
}

void limn_writer_cancel(limn_writer *writer) {
    if (writer->fd >= 0) close(writer->fd);
    if (writer->temporary) unlink(writer->temporary);
    free(writer->temporary);
    free(writer->path);
    *writer = (limn_writer){.fd = -1};
}

static bool is_temporary(const char *name) {
    int size = 0;
    return sscanf(name, ".limn-%*32[0-9a-f].part%n", &size) == 0 && size == 43 && !name[size];
}

// Takes over the descriptor.
static void sweep(int fd) {
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !folder) close(fd);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_temporary(entry->d_name)) (void)unlinkat(fd, entry->d_name, 0);
    closedir(folder);
}

void limn_writer_sweep(const char *path, const char *const *within, size_t count) {
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
    int fd = open(path, FLAGS);
    if (fd < 0) return;
    for (size_t i = 0; i < count; i++) sweep(openat(fd, within[i], FLAGS));
    sweep(fd);
}

limn_status limn_file_write(const char *path, const void *bytes, size_t size, bool replace) {
    limn_writer writer;
    LIMN_TRY(limn_writer_open(path, replace, &writer));
    limn_status status = limn_writer_put(&writer, bytes, size);
    if (status == LIMN_OK) return limn_writer_commit(&writer);
    limn_writer_cancel(&writer);
    return status;
}

// Trying is the only honest question: modes, lists, quotas and mounts all have a say.
limn_status limn_file_can_write(const char *path, bool replace) {
    limn_writer writer;
    LIMN_TRY(limn_writer_open(path, replace, &writer));
    limn_writer_cancel(&writer);
    return LIMN_OK;
}

// ---- folders ----

static limn_status make_one(const char *path) {
    if (mkdir(path, 0777) == 0) return LIMN_OK;
    int number = errno;
    struct stat about;
    if (stat(path, &about) == 0) {
        if (S_ISDIR(about.st_mode)) return LIMN_OK;
        return limn_fail(LIMN_IO, "%s: is a file, where a folder is wanted. Choose another name.",
                         path);
    }
    return fail_writing(path, number);
}

limn_status limn_folder_make(const char *path) {
    if (!*path) return limn_fail(LIMN_USAGE, "The name of the folder to make is empty.");
    char *copy = strdup(path);
    if (!copy) return limn_fail(LIMN_MEMORY, "%s: no memory for its name.", path);
    limn_status status = LIMN_OK;
    for (char *at = copy + 1; *at && status == LIMN_OK; at++) {
        if (*at != '/') continue;
        *at = 0;
        status = make_one(copy);
        *at = '/';
    }
    if (status == LIMN_OK) status = make_one(copy);
    free(copy);
    return status;
}

typedef struct names {
    char **list;
    size_t count, room;
} names;

// The folders from the top down to the one being read: a link back to one of them is a circle.
typedef struct level {
    const struct level *above;
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
    names found;  // relative paths
    // Folders entered through links: two links in each of thirty folders would make a billion ways.
    identity *linked;
    size_t linked_count, linked_room;
} walker;

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
    return fail_reading(path, LIMN_INPUT, number);
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

// Takes over `relative`: keeps what is looked for, goes down into a folder, forgets anything else.
// Of files those that can be seen are wanted, of folders all: what one holds cannot be guessed.
static limn_status take_entry(walker *walk, char *relative, const level *here) {
    limn_status status = LIMN_OK;
    bool kept = false;
    char *path = relative ? join(walk->top, strlen(walk->top), "/", relative) : NULL;
    struct stat about;
    if (!path) {
        status = no_memory(walk);
    } else if (stat(path, &about)) {
        if (walk->folders) status = fail_listing(path, errno);
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

static limn_status list_folder(walker *walk, const char *relative, const level *above) {
    char *path = join(walk->top, strlen(walk->top), *relative ? "/" : "", relative);
    if (!path) return no_memory(walk);
    struct stat about = {0};
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_seen, by_name);
    limn_status status = LIMN_OK;
    if (count < 0 || stat(path, &about)) status = fail_listing(path, errno);
    level here = {above, about.st_dev, about.st_ino};
    for (int i = 0; i < count; i++) {
        const char *between = *relative ? "/" : "", *name = entries[i]->d_name;
        if (status == LIMN_OK)
            status = take_entry(walk, join(relative, strlen(relative), between, name), &here);
        free(entries[i]);
    }
    free(entries);
    free(path);
    return status;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static limn_status visit_all(walker *walk, limn_visit *visit, void *context) {
    const char *path = walk->top;
    limn_status status = list_folder(walk, "", NULL);
    names *found = &walk->found;
    if (status == LIMN_OK && found->count)
        qsort(found->list, found->count, sizeof *found->list, by_bytes);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    const char *slash = length && path[length - 1] == '/' ? "" : "/";
    for (size_t i = 0; i < found->count; i++) {
        if (status == LIMN_OK) {
            char *whole = join(path, length, slash, found->list[i]);
            status = whole ? visit(context, whole, found->list[i]) : no_memory(walk);
            free(whole);
        }
        free(found->list[i]);
    }
    free(found->list);
    free(walk->linked);
    return status;
}

limn_status limn_folder_walk(const char *path, bool recursive, limn_visit *visit, void *context) {
    return visit_all(&(walker){.top = path, .recursive = recursive}, visit, context);
}

limn_status limn_folder_folders(const char *path, limn_visit *visit, void *context) {
    return visit_all(&(walker){.top = path, .folders = true}, visit, context);
}

// FNV-1a with its usual start, which stands for a sum of 0.
uint64_t limn_checksum(uint64_t sum, const void *bytes, size_t size) {
    uint64_t hash = sum ? sum : UINT64_C(14695981039346656037);
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}

const char *limn_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

size_t limn_path_stem(const char *path) {
    const char *name = limn_path_name(path), *dot = strrchr(name, '.');
    return dot && dot > name ? (size_t)(dot - path) : strlen(path);
}

bool limn_path_exists(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0;
}

bool limn_folder_exists(const char *path) {
    struct stat about;
    return path && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}
