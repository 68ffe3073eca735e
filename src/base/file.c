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
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
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

// What has nothing to do with the file itself, and may pass: the same file may be read another
// time.
static bool is_passing(int number) {
    static const int passing[] = {EIO, EMFILE, ENFILE, ENOMEM, ESTALE, ETIMEDOUT, EAGAIN};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (number == passing[i]) return true;
    return false;
}

limn_status limn_fail_reading(const char *path, limn_status status, int number) {
    if (number == ENOENT || number == ENOTDIR)
        return limn_fail(status, "%s: there is no such file. Check the name.", path);
    if (number == EACCES || number == EPERM)
        return limn_fail(status, "%s: no permission to read it. Check its owner and mode.", path);
    if (is_passing(number)) status = number == ENOMEM ? LIMN_MEMORY : LIMN_IO;
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

// After a failure: whether it is worth another try, which is to be the last.
static bool may_pass(bool *again) {
    int number = errno;
    if (*again || !is_passing(number)) return false;
    *again = true;
    (void)nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    errno = number;
    return true;
}

// Files are read, not mapped: what another program cuts off a mapped file is a signal to its
// reader, and what it writes into one changes numbers that were checked.
static limn_status fill(int fd, const char *path, limn_status status, unsigned char *bytes,
                        size_t size) {
    bool again = false;
    for (size_t at = 0; at < size;) {
        size_t piece = size - at < (size_t)1 << 30 ? size - at : (size_t)1 << 30;
        ssize_t done = read(fd, bytes + at, piece);
        if (done < 0 && (errno == EINTR || may_pass(&again))) continue;
        if (done < 0) return limn_fail_reading(path, status, errno);
        if (done == 0)
            return limn_fail(status,
                             "%s: ends after %zu of %zu bytes. Is another program writing it? Try "
                             "again when it is done.",
                             path, at, size);
        at += (size_t)done;
    }
    return LIMN_OK;
}

static void *get_pages(size_t size) {
    bool again = false;
    void *block;
    do {
        block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                     -1, 0);
    } while (block == MAP_FAILED && may_pass(&again));
    return block;
}

// Memory for a file, straight from the system: malloc would keep such blocks at hand once they are
// freed, and they come once. Small ones are not worth asking what the system has free.
static limn_status make_room(const char *path, size_t size, unsigned char **bytes) {
    enum { SMALL = 16 << 20 };
    size_t available = size > SMALL ? limn_memory_available() : 0; // 0: it does not say
    void *block = available && size > available ? MAP_FAILED : get_pages(size);
    *bytes = block;
    if (block != MAP_FAILED) return LIMN_OK;
    char room[32];
    return limn_fail(LIMN_MEMORY, "%s: no memory to read its %s. Close other programs.", path,
                     limn_text_bytes(room, size));
}

static limn_status check_regular(int fd, const char *path, limn_status status, size_t *size) {
    struct stat about;
    if (fstat(fd, &about)) return limn_fail_reading(path, status, errno);
    if (S_ISDIR(about.st_mode))
        return limn_fail(status, "%s: is a folder, where one file was expected.", path);
    if (!S_ISREG(about.st_mode))
        return limn_fail(status, "%s: is not a regular file. Save it to a file first.", path);
    *size = (size_t)about.st_size;
    return LIMN_OK;
}

limn_status limn_file_descriptor(const char *path, limn_status status, int *fd, size_t *size) {
    bool again = false;
    do {
        // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
        *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (*fd < 0 && may_pass(&again));
    if (*fd < 0) return limn_fail_reading(path, status, errno);
    limn_status result = check_regular(*fd, path, status, size);
    if (result == LIMN_OK) return LIMN_OK;
    close(*fd);
    *fd = -1;
    return result;
}

static limn_status read_begin(int fd, const char *path, size_t size, limn_status status,
                              limn_file *file) {
    unsigned char *bytes;
    if (!size) return LIMN_OK;
    LIMN_TRY(make_room(path, size, &bytes));
    *file = (limn_file){bytes, size};
    limn_status result = fill(fd, path, status, bytes, size);
    if (result != LIMN_OK) limn_file_close(file);
    return result;
}

limn_status limn_file_open(const char *path, size_t limit, limn_status status, limn_file *file) {
    int fd;
    size_t size;
    *file = (limn_file){0};
    LIMN_TRY(limn_file_descriptor(path, status, &fd, &size));
    limn_status result =
        size > limit ? limn_fail(status, "%s: has %zu bytes, the limit is %zu.", path, size, limit)
                     : read_begin(fd, path, size, status, file);
    close(fd);
    return result;
}

limn_status limn_file_open_head(const char *path, size_t most, limn_status status, limn_file *head,
                                size_t *size) {
    int fd;
    *head = (limn_file){0};
    LIMN_TRY(limn_file_descriptor(path, status, &fd, size));
    limn_status result = read_begin(fd, path, *size < most ? *size : most, status, head);
    close(fd);
    return result;
}

void limn_file_close(limn_file *file) {
    if (file->bytes) munmap((void *)(uintptr_t)file->bytes, file->size);
    *file = (limn_file){0};
}

// ---- reading in parts ----

enum { BLOCK = 16 << 10 };

limn_status limn_partial_open(const char *path, limn_status status, limn_partial *partial) {
    *partial = (limn_partial){.path = path, .status = status, .fd = -1};
    size_t size;
    LIMN_TRY(limn_file_descriptor(path, status, &partial->fd, &size));
    if (!size) return LIMN_OK;
    // Pages that nobody writes to take no memory, however large the file is.
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes != MAP_FAILED) partial->file = (limn_file){bytes, size};
    if (bytes != MAP_FAILED) partial->has = calloc(size / BLOCK + 1, sizeof *partial->has);
    return partial->has ? LIMN_OK : limn_fail(LIMN_MEMORY, "%s: no memory to look at it.", path);
}

limn_status limn_partial_need(limn_partial *partial, uint64_t at, uint64_t size) {
    size_t all = partial->file.size;
    if (!size || at >= all) return LIMN_OK;
    if (size > all - at) size = all - at;
    for (size_t i = (size_t)at / BLOCK; i <= (at + size - 1) / BLOCK; i++) {
        size_t begin = i * BLOCK, length = all - begin < BLOCK ? all - begin : BLOCK;
        if (partial->has[i]) continue;
        if (lseek(partial->fd, (off_t)begin, SEEK_SET) < 0)
            return limn_fail_reading(partial->path, partial->status, errno);
        unsigned char *bytes = (unsigned char *)(uintptr_t)partial->file.bytes;
        LIMN_TRY(fill(partial->fd, partial->path, partial->status, bytes + begin, length));
        partial->has[i] = true;
    }
    return LIMN_OK;
}

void limn_partial_close(limn_partial *partial) {
    limn_file_close(&partial->file);
    if (partial->fd >= 0) close(partial->fd);
    free(partial->has);
    *partial = (limn_partial){.fd = -1};
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
        if (errno == ELOOP) return fail_writing(path, ELOOP);
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

// Where writing ends when `path` is a link: at what it leads to, which need not be there.
static char *follow(const char *path) {
    enum { LINKS = 40 }; // as many as the kernel follows
    char target[4096], *at = strdup(path);
    for (int i = 0; at && i < LINKS; i++) {
        ssize_t size = readlink(at, target, sizeof target - 1);
        if (size < 0) return at;
        target[size] = 0;
        char *next = join(at, *target == '/' ? 0 : folder_size(at), "", target);
        free(at);
        at = next;
    }
    return at;
}

// For as long as it is being written. What nobody holds was left by a writer that was killed; false
// where it is taken for that, and away, right now. Some file systems know no locks.
static bool hold(int fd) {
    struct stat about;
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) return false;
    return fstat(fd, &about) || about.st_nlink;
}

// Makes the temporary file; 0 or an errno. Without it, there is nothing to take away.
static int make_temporary(limn_writer *writer) {
    enum { TRIES = 8 };
    for (int i = 0; i < TRIES; i++) {
        free(writer->temporary);
        writer->temporary = temporary_name(writer->path);
        if (!writer->temporary) return ENOMEM;
        // Readable too: libraries that write TIFF come back to their own bytes.
        int fd = open(writer->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        int number = errno;
        if (fd >= 0 && hold(fd)) {
            writer->fd = fd;
            return 0;
        }
        if (fd >= 0) close(fd);
        free(writer->temporary);
        writer->temporary = NULL;
        if (fd < 0) return number;
    }
    return EBUSY;
}

limn_status limn_writer_open(const char *path, bool replace, limn_writer *writer) {
    *writer = (limn_writer){.fd = -1, .replace = replace};
    LIMN_TRY(check_target(path, replace));
    writer->path = follow(path);
    int number = writer->path ? make_temporary(writer) : ENOMEM;
    if (number) {
        limn_writer_cancel(writer);
        return number == ENOMEM ? limn_fail(LIMN_MEMORY, "%s: no memory for its name.", path)
                                : fail_writing(path, number);
    }
    // Who made a file private wants what replaces it private. Some file systems know no modes.
    struct stat old;
    if (replace && stat(path, &old) == 0) (void)fchmod(writer->fd, old.st_mode & 0777);
    return LIMN_OK;
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

// The folder that a file lies in; -1 where it cannot be opened.
static int open_folder(const char *path) {
    size_t size = folder_size(path);
    char *folder = size ? join(path, size, "", "") : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    return fd;
}

// So that the name, too, outlives a power cut. Not every file system can; the file is whole anyway.
static void flush_folder(const char *path) {
    int fd = open_folder(path);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

limn_status limn_writer_commit(limn_writer *writer) {
    int number = flush(writer->fd) ? 0 : errno;
    int fd = writer->fd;
    writer->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); // holds it until it has its name
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

static void sweep_one(int folder, const char *name) {
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return;
    if (!flock(fd, LOCK_EX | LOCK_NB)) (void)unlinkat(folder, name, 0);
    close(fd);
}

// Takes over the descriptor.
static void sweep(int fd) {
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !folder) close(fd);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_temporary(entry->d_name)) sweep_one(fd, entry->d_name);
    closedir(folder);
}

void limn_writer_sweep(const char *path, const char *const *within, size_t count) {
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
    int fd = open(path, FLAGS);
    if (fd < 0) return;
    for (size_t i = 0; i < count; i++) sweep(openat(fd, within[i], FLAGS | O_NOFOLLOW));
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
    sweep(open_folder(writer.path));
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

// ---- names ----

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

bool limn_path_same(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool limn_folder_exists(const char *path) {
    struct stat about;
    return path && stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}
