// Tests of base/file.c and its like: reading whole files, writing them safely, walking folders, and
// what memory there is.
#define _GNU_SOURCE
#include "base/file.h"
#include "base/memory.h"
#include "own_folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int entries(void) {
    FILE *list = popen("ls -A | wc -l", "r");
    int count = -1;
    assert_int_equal(fscanf(list, "%d", &count), 1);
    pclose(list);
    return count;
}

static void assert_content(const char *path, const char *content) {
    limn_file file;
    assert_int_equal(limn_file_open(path, 1000, LIMN_INPUT, &file), LIMN_OK);
    assert_int_equal(file.size, strlen(content));
    assert_memory_equal(file.bytes, content, file.size);
    limn_file_close(&file);
    assert_null(file.bytes);
}

static void reads(void **state) {
    (void)state;
    limn_file file;
    assert_int_equal(limn_file_write("a", "hello", 5, false), LIMN_OK);
    assert_content("a", "hello");
    assert_int_equal(limn_file_write("empty", "", 0, false), LIMN_OK);
    assert_int_equal(limn_file_open("empty", 10, LIMN_INPUT, &file), LIMN_OK);
    assert_null(file.bytes);
    assert_int_equal(file.size, 0);
    limn_file_close(&file);
}

static void refuses_to_read(void **state) {
    (void)state;
    limn_file file;
    assert_int_equal(limn_file_open("none", 10, LIMN_MODEL, &file), LIMN_MODEL);
    assert_string_equal(limn_message(), "none: there is no such file. Check the name.");
    assert_int_equal(limn_file_open(".", 10, LIMN_INPUT, &file), LIMN_INPUT);
    assert_string_equal(limn_message(), ".: is a folder, where one file was expected.");
    assert_int_equal(limn_file_write("a", "hello", 5, false), LIMN_OK);
    assert_int_equal(limn_file_open("a", 4, LIMN_INPUT, &file), LIMN_INPUT);
    assert_string_equal(limn_message(), "a: has 5 bytes, the limit is 4.");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(limn_file_open("pipe", 4, LIMN_INPUT, &file), LIMN_INPUT);
    assert_string_equal(limn_message(), "pipe: is not a regular file. Save it to a file first.");
    if (geteuid() == 0) return; // nothing is unreadable for root
    assert_int_equal(chmod("a", 0), 0);
    assert_int_equal(limn_file_open("a", 10, LIMN_INPUT, &file), LIMN_INPUT);
    assert_string_equal(limn_message(), "a: no permission to read it. Check its owner and mode.");
}

// What was read stays what it was.
static void outlives_its_file(void **state) {
    (void)state;
    limn_file file;
    assert_int_equal(limn_file_write("a", "hello", 5, false), LIMN_OK);
    assert_int_equal(limn_file_open("a", 10, LIMN_INPUT, &file), LIMN_OK);
    assert_int_equal(truncate("a", 0), 0);
    assert_memory_equal(file.bytes, "hello", 5);
    limn_file_close(&file);
}

// Files of the system say that they have 4096 bytes, and end before.
static void says_that_a_file_is_cut(void **state) {
    (void)state;
    const char *path = "/sys/kernel/uevent_seqnum";
    struct stat about;
    limn_file file;
    if (stat(path, &about) || about.st_size != 4096) skip();
    assert_int_equal(limn_file_open(path, 4096, LIMN_MODEL, &file), LIMN_MODEL);
    assert_non_null(strstr(limn_message(), " of 4096 bytes. Is another program writing it? Try "
                                           "again when it is done."));
    assert_null(file.bytes);
}

// A file full of holes takes no room on a disk.
static void has_no_memory(void **state) {
    (void)state;
    limn_file file;
    assert_int_equal(limn_file_write("a", "", 0, false), LIMN_OK);
    if (truncate("a", (off_t)1 << 42)) skip(); // not on every file system
    assert_int_equal(limn_file_open("a", SIZE_MAX, LIMN_INPUT, &file), LIMN_MEMORY);
    assert_string_equal(limn_message(), "a: no memory to read its 4.4 TB. Close other programs.");
}

static void takes_paths_apart(void **state) {
    (void)state;
    static const struct {
        const char *path, *name;
        size_t stem;
    } table[] = {
        {"c.png", "c.png", 1},
        {"a.b/c.png", "c.png", 5},
        {"a.b/c", "c", 5},
        {"a/.png", ".png", 6},
        {"/", "", 1},
        {"", "", 0},
        {"c.tar.gz", "c.tar.gz", 5},
        {"a/c.", "c.", 3},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_string_equal(limn_path_name(table[i].path), table[i].name);
        assert_int_equal(limn_path_stem(table[i].path), table[i].stem);
    }
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_true(limn_path_exists("link") && limn_path_exists("."));
    assert_false(limn_path_exists("nowhere"));
}

static void replaces_only_when_told(void **state) {
    (void)state;
    assert_int_equal(limn_file_write("a", "one", 3, false), LIMN_OK);
    assert_int_equal(limn_file_write("a", "two", 3, false), LIMN_USAGE);
    assert_string_equal(limn_message(), "a: is there already. Pass --force to replace it.");
    assert_content("a", "one");
    assert_int_equal(limn_file_write("a", "two", 3, true), LIMN_OK);
    assert_content("a", "two");
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_int_equal(limn_file_can_write("link", false), LIMN_USAGE);
    assert_int_equal(entries(), 2);
}

// A file that appears while another is being written is not lost.
static void places_without_a_race(void **state) {
    (void)state;
    limn_writer writer;
    assert_int_equal(limn_writer_open("a", false, &writer), LIMN_OK);
    assert_int_equal(limn_writer_put(&writer, "mine", 4), LIMN_OK);
    assert_int_equal(limn_file_write("a", "theirs", 6, false), LIMN_OK);
    assert_int_equal(limn_writer_commit(&writer), LIMN_USAGE);
    assert_string_equal(limn_message(), "a: is there already. Pass --force to replace it.");
    assert_content("a", "theirs");
    assert_int_equal(entries(), 1);
}

static void *write_one(void *won) {
    if (limn_file_write("a", "x", 1, false) == LIMN_OK) __atomic_add_fetch((int *)won, 1, 5);
    return NULL;
}

static void one_of_many_wins(void **state) {
    (void)state;
    pthread_t threads[16];
    int won = 0;
    for (int i = 0; i < 16; i++) pthread_create(&threads[i], NULL, write_one, &won);
    for (int i = 0; i < 16; i++) pthread_join(threads[i], NULL);
    assert_int_equal(won, 1);
    assert_int_equal(entries(), 1);
}

static void leaves_nothing_behind(void **state) {
    (void)state;
    limn_writer writer;
    assert_int_equal(limn_writer_open("a", false, &writer), LIMN_OK);
    assert_int_equal(limn_writer_put(&writer, "mine", 4), LIMN_OK);
    assert_int_equal(entries(), 1);
    limn_writer_cancel(&writer);
    assert_int_equal(entries(), 0);
    assert_int_equal(limn_file_can_write("a", false), LIMN_OK);
    assert_int_equal(entries(), 0);
}

static void sweeps(void **state) {
    (void)state;
    assert_int_equal(limn_folder_make("run/samples"), LIMN_OK);
    assert_int_equal(limn_folder_make("run/other"), LIMN_OK);
    const char *const killed[] = {"run/a", "run/samples/b", "run/other/c"};
    for (size_t i = 0; i < sizeof killed / sizeof *killed; i++) {
        limn_writer writer;
        assert_int_equal(limn_writer_open(killed[i], false, &writer), LIMN_OK);
        close(writer.fd);
        free(writer.path);
        free(writer.temporary);
    }
    assert_int_equal(limn_file_write("run/.limn-0123.part", "", 0, false), LIMN_OK);
    assert_int_equal(limn_file_write("run/kept", "", 0, false), LIMN_OK);
    const char *const within[] = {"samples", "none"};
    limn_writer_sweep("run", within, 2);
    limn_writer_sweep("nowhere", within, 2);
    assert_int_equal(chdir("run"), 0);
    assert_int_equal(entries(), 4); // samples, other, kept, and what no writer would call its file
    assert_int_equal(chdir("samples"), 0);
    assert_int_equal(entries(), 0);
    assert_int_equal(chdir("../other"), 0);
    assert_int_equal(entries(), 1);
    assert_int_equal(chdir("../.."), 0);
}

static void respects_umask(void **state) {
    (void)state;
    mode_t old = umask(027);
    assert_int_equal(limn_file_write("a", "one", 3, false), LIMN_OK);
    umask(old);
    struct stat about;
    assert_int_equal(stat("a", &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
}

static void keeps_the_mode(void **state) {
    (void)state;
    struct stat about;
    assert_int_equal(limn_file_write("a", "one", 3, false), LIMN_OK);
    assert_int_equal(chmod("a", 0600), 0);
    assert_int_equal(limn_file_write("a", "two", 3, true), LIMN_OK);
    assert_int_equal(stat("a", &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void refuses_to_write(void **state) {
    (void)state;
    assert_int_equal(limn_file_can_write("none/a", false), LIMN_IO);
    assert_string_equal(
        limn_message(),
        "none/a: cannot be written: its folder is not there. Make the folder first.");
    assert_int_equal(limn_file_can_write(".", true), LIMN_USAGE);
    assert_string_equal(limn_message(), ".: is a folder. Add a file name.");
    assert_int_equal(limn_file_can_write("none/", true), LIMN_USAGE);
    assert_string_equal(limn_message(), "none/: is the name of a folder. Add a file name.");
    assert_int_equal(limn_file_can_write("", true), LIMN_USAGE);
    assert_string_equal(limn_message(), "The name of the file to write is empty.");
    assert_int_equal(limn_file_can_write("/dev/null", true), LIMN_USAGE);
    assert_string_equal(limn_message(), "/dev/null: is not a regular file. Choose another name.");
    assert_int_equal(limn_file_write("a", "one", 3, false), LIMN_OK);
    assert_int_equal(limn_file_can_write("a/b", false), LIMN_IO);
    assert_string_equal(limn_message(), "a/b: cannot be written: a part of its path is a file, not "
                                        "a folder. Choose another name.");
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_int_equal(limn_file_write(name, "one", 3, false), LIMN_IO);
    assert_non_null(strstr(limn_message(), "the name is too long. Choose a shorter one."));
    assert_int_equal(entries(), 1);
}

// A limit on file sizes stands for a full disk.
static void full_disk(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {1000, 1000};
        setrlimit(RLIMIT_FSIZE, &limit);
        char *bytes = calloc(1, 5000);
        limn_status status = limn_file_write("a", bytes, 5000, false);
        free(bytes);
        const char *expected = "a: cannot be written: the file grew larger than the system allows. "
                               "Raise the limit (ulimit -f).";
        _exit(status == LIMN_IO && strcmp(limn_message(), expected) == 0 ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_int_equal(entries(), 0);
}

static void makes_folders(void **state) {
    (void)state;
    struct stat about;
    assert_int_equal(limn_folder_make("a/b/c/"), LIMN_OK);
    assert_int_equal(limn_folder_make("a/b//c"), LIMN_OK);
    assert_int_equal(stat("a/b/c", &about), 0);
    assert_int_equal(limn_file_write("f", "one", 3, false), LIMN_OK);
    assert_int_equal(limn_folder_make("f/b"), LIMN_IO);
    assert_string_equal(limn_message(),
                        "f: is a file, where a folder is wanted. Choose another name.");
    assert_int_equal(limn_folder_make(""), LIMN_USAGE);
}

static limn_status note(void *context, const char *path, const char *relative) {
    struct stat about;
    assert_int_equal(lstat(path, &about), 0);
    strcat(context, relative);
    strcat(context, " ");
    return strcmp(relative, "stop") ? LIMN_OK : LIMN_STOPPED;
}

static void walks(void **state) {
    (void)state;
    assert_int_equal(limn_folder_make("top/b/c"), LIMN_OK);
    const char *const files[] = {"top/a.x", "top/b/1",     "top/b/c/2",
                                 "top/b.x", "top/.hidden", "top/B"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(limn_file_write(files[i], "", 0, false), LIMN_OK);
    assert_int_equal(symlink("..", "top/b/circle"), 0);
    assert_int_equal(symlink("a.x", "top/link"), 0);
    assert_int_equal(symlink("nowhere", "top/dangling"), 0);
    char found[256] = "";
    assert_int_equal(limn_folder_walk("top", true, note, found), LIMN_OK);
    assert_string_equal(found, "B a.x b.x b/1 b/c/2 dangling link ");
    found[0] = 0;
    assert_int_equal(limn_folder_walk("top/", false, note, found), LIMN_OK);
    assert_string_equal(found, "B a.x b.x dangling link ");
    assert_int_equal(limn_file_write("top/stop", "", 0, false), LIMN_OK);
    assert_int_equal(limn_file_write("top/z", "", 0, false), LIMN_OK);
    found[0] = 0;
    assert_int_equal(limn_folder_walk("top", false, note, found), LIMN_STOPPED);
    assert_string_equal(found, "B a.x b.x dangling link stop ");
    assert_int_equal(limn_folder_walk("none", true, note, found), LIMN_INPUT);
    assert_string_equal(limn_message(), "none: there is no such folder. Check the name.");
    assert_int_equal(limn_folder_walk("top/z", true, note, found), LIMN_INPUT);
    assert_string_equal(limn_message(), "top/z: is a file, where a folder was expected.");
    assert_int_equal(limn_folder_make("top/b/b2"), LIMN_OK);
    found[0] = 0;
    assert_int_equal(limn_folder_folders("top/b", note, found), LIMN_OK);
    assert_string_equal(found, "b2 c circle ");
    assert_int_equal(limn_folder_folders("top", note, found), LIMN_INPUT);
    assert_string_equal(limn_message(), "top/dangling: there is no such folder. Check the name.");
    assert_int_equal(limn_folder_folders("none", note, found), LIMN_INPUT);
    assert_string_equal(limn_message(), "none: there is no such folder. Check the name.");
}

// Two links in each folder to the next: 2^40 ways to the last.
static void walks_links_once(void **state) {
    (void)state;
    enum { DEPTH = 40 };
    char name[32], target[32];
    for (int i = 0; i < DEPTH; i++) {
        snprintf(name, sizeof name, "deep/%d", i);
        assert_int_equal(limn_folder_make(name), LIMN_OK);
        snprintf(target, sizeof target, "../%d", i + 1);
        for (int link = 0; link < 2 && i < DEPTH - 1; link++) {
            snprintf(name, sizeof name, "deep/%d/%c", i, 'a' + link);
            assert_int_equal(symlink(target, name), 0);
        }
    }
    assert_int_equal(limn_file_write("deep/3/x", "", 0, false), LIMN_OK);
    char found[256] = "";
    assert_int_equal(limn_folder_walk("deep/0", true, note, found), LIMN_OK);
    assert_string_equal(found, "a/a/a/x ");
    found[0] = 0; // once through links, and once where it is
    assert_int_equal(limn_folder_walk("deep", true, note, found), LIMN_OK);
    assert_string_equal(found, "0/a/a/a/x 3/x ");
}

// A link as the name of a result stays one: what it leads to is replaced.
static void follows_links(void **state) {
    (void)state;
    assert_int_equal(limn_folder_make("store"), LIMN_OK);
    assert_int_equal(limn_file_write("store/real", "one", 3, false), LIMN_OK);
    assert_int_equal(symlink("store/real", "link"), 0);
    assert_int_equal(symlink("link", "twice"), 0);
    assert_int_equal(symlink("store/none", "dangling"), 0);
    assert_int_equal(symlink("circle", "circle"), 0);
    assert_int_equal(limn_file_write("twice", "two", 3, false), LIMN_USAGE);
    assert_int_equal(limn_file_write("twice", "two", 3, true), LIMN_OK);
    assert_content("store/real", "two");
    assert_int_equal(limn_file_write("dangling", "new", 3, false), LIMN_USAGE);
    assert_int_equal(limn_file_write("dangling", "new", 3, true), LIMN_OK);
    assert_content("store/none", "new");
    assert_int_equal(limn_file_write("circle", "new", 3, true), LIMN_IO);
    struct stat about;
    const char *const links[] = {"link", "twice", "dangling", "circle"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lstat(links[i], &about), 0);
        assert_true(S_ISLNK(about.st_mode));
    }
    assert_int_equal(entries(), 5);
}

// Asking whether a file can be written takes away what the killed have left, and nothing else.
static void sweeps_what_nobody_writes(void **state) {
    (void)state;
    limn_writer writer;
    assert_int_equal(limn_writer_open("a", false, &writer), LIMN_OK);
    pid_t child = fork();
    if (child == 0) {
        limn_writer killed;
        close(writer.fd); // so that the parent alone holds it
        assert_int_equal(limn_writer_open("b", false, &killed), LIMN_OK);
        raise(SIGKILL);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    assert_int_equal(entries(), 2);
    assert_int_equal(limn_file_can_write("c", false), LIMN_OK);
    assert_int_equal(entries(), 1);
    assert_int_equal(limn_writer_put(&writer, "mine", 4), LIMN_OK);
    assert_int_equal(limn_writer_commit(&writer), LIMN_OK);
    assert_content("a", "mine");
    assert_int_equal(entries(), 1);
}

// The begin of a file is all that is read of it.
static void reads_heads(void **state) {
    (void)state;
    limn_file head;
    size_t size;
    assert_int_equal(limn_file_write("a", "0123456789", 10, false), LIMN_OK);
    assert_int_equal(limn_file_open_head("a", 4, LIMN_INPUT, &head, &size), LIMN_OK);
    assert_int_equal(head.size, 4);
    assert_int_equal(size, 10);
    assert_memory_equal(head.bytes, "0123", 4);
    limn_file_close(&head);
    assert_int_equal(limn_file_open_head("a", 40, LIMN_INPUT, &head, &size), LIMN_OK);
    assert_int_equal(head.size, 10);
    limn_file_close(&head);
    assert_int_equal(limn_file_open_head("none", 4, LIMN_MODEL, &head, &size), LIMN_MODEL);
}

static limn_status note_all(void *context, const char *path, const char *relative) {
    char *found = context;
    strcat(found, *relative ? relative : path);
    strcat(found, *relative ? " " : "! ");
    return LIMN_OK;
}

// A folder below that cannot be listed is named, and the others are listed.
static void walks_on(void **state) {
    (void)state;
    bool root = geteuid() == 0;
    assert_int_equal(chmod(".", 0777), 0);
    assert_int_equal(limn_folder_make("top/b"), LIMN_OK);
    assert_int_equal(limn_folder_make("top/shut/x"), LIMN_OK);
    assert_int_equal(limn_file_write("top/a", "", 0, false), LIMN_OK);
    assert_int_equal(limn_file_write("top/b/1", "", 0, false), LIMN_OK);
    assert_int_equal(chmod("top/shut", 0), 0);
    if (root) assert_int_equal(seteuid(65534), 0); // who may read everything
    char found[256] = "";
    assert_int_equal(limn_folder_walk("top", true, note_all, found), LIMN_OK);
    assert_string_equal(found, "top/shut! a b/1 ");
    assert_string_equal(limn_message(),
                        "top/shut: no permission to read it. Check its owner and mode.");
    found[0] = 0;
    assert_int_equal(limn_folder_walk("top", false, note_all, found), LIMN_OK);
    assert_string_equal(found, "a ");
    assert_int_equal(limn_folder_walk("top/shut", true, note_all, found), LIMN_INPUT);
    if (root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod("top/shut", 0755), 0);
}

static void *walk_deep(void *found) {
    return (void *)(uintptr_t)limn_folder_walk("deep", true, note_all, found);
}

// What a sanitizer takes of a stack besides.
#ifdef __SANITIZE_ADDRESS__
enum { STACK = 1 << 20 };
#else
enum { STACK = 128 << 10 };
#endif

// Folders in folders, 2,000 of them, on a stack of 128 KB.
static void walks_so_deep(void **state) {
    (void)state;
    assert_int_equal(limn_folder_make("deep"), LIMN_OK);
    int at = open("deep", O_RDONLY | O_DIRECTORY), next;
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(mkdirat(at, "d", 0755), 0);
        next = openat(at, "d", O_RDONLY | O_DIRECTORY);
        close(openat(at, "f", O_WRONLY | O_CREAT, 0644));
        close(at);
        at = next;
    }
    close(at);
    static char found[1 << 17];
    pthread_t thread;
    pthread_attr_t how;
    void *status;
    pthread_attr_init(&how);
    assert_int_equal(pthread_attr_setstacksize(&how, STACK), 0);
    assert_int_equal(pthread_create(&thread, &how, walk_deep, found), 0);
    pthread_join(thread, &status);
    pthread_attr_destroy(&how);
    assert_int_equal((uintptr_t)status, LIMN_OK);
    assert_non_null(strstr(found, "! d/d/"));
    assert_null(strstr(strstr(found, "! ") + 1, "! ")); // one is named, what lies in it is not
    int files = 0;
    for (const char *f = found; (f = strstr(f, "f ")); f++) files++;
    assert_int_equal(files, 201);
}

// ---- what memory there is ----

static void write_text(const char *path, const char *text) {
    char folder[128];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(limn_folder_make(folder), LIMN_OK);
    assert_int_equal(limn_file_write(path, text, strlen(text), true), LIMN_OK);
}

static void assert_memory(size_t total, size_t available) {
    limn_memory it = limn_memory_in("root");
    assert_int_equal(it.total, total);
    assert_int_equal(it.available, available);
}

static void knows_limits(void **state) {
    (void)state;
    assert_true(limn_memory_total() >= limn_memory_available());
    assert_true(limn_memory_available() > 0);
    // Without anything the system is asked.
    limn_memory it = limn_memory_in("nowhere");
    assert_true(it.available > 0 && it.total >= it.available);
    write_text("root/proc/meminfo",
               "MemTotal:       4000 kB\nMemFree: 5 kB\nMemAvailable: 3000 kB\n");
    assert_memory(4000 << 10, 3000 << 10);
    // Version 1: that of the process, that above it, none at the top.
    write_text("root/proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/jobs/7\n0::/\n");
    write_text("root/proc/self/mountinfo",
               "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
               "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
               "35 31 0:32 / /sys/fs/cgroup/m rw shared:1 - cgroup cgroup rw,memory\n");
    write_text("root/sys/fs/cgroup/m/memory.limit_in_bytes", "9223372036854771712\n");
    write_text("root/sys/fs/cgroup/m/memory.usage_in_bytes", "3500000\n");
    write_text("root/sys/fs/cgroup/m/jobs/memory.limit_in_bytes", "2000000\n");
    write_text("root/sys/fs/cgroup/m/jobs/memory.usage_in_bytes", "1500000\n");
    assert_memory(2000000, 500000);
    write_text("root/sys/fs/cgroup/m/jobs/memory.stat", "cache 9\ntotal_inactive_file 300000\n");
    assert_memory(2000000, 800000);
    write_text("root/sys/fs/cgroup/m/jobs/7/memory.limit_in_bytes", "1000000\n");
    write_text("root/sys/fs/cgroup/m/jobs/7/memory.usage_in_bytes", "900000\n");
    assert_memory(1000000, 100000);
    write_text("root/sys/fs/cgroup/m/jobs/7/memory.usage_in_bytes", "1000000\n");
    assert_memory(1000000, 1); // 0 would be to know nothing
    // In a container the groups above are not there, and the mount is the group itself.
    write_text("root/proc/self/mountinfo", "35 31 0:32 /jobs /c rw - cgroup cgroup rw,memory\n");
    write_text("root/c/memory.limit_in_bytes", "1800000\n");
    write_text("root/c/7/memory.limit_in_bytes", "1700000\n");
    assert_memory(1700000, 1700000);
    // Version 2, as systemd and SLURM use it.
    write_text("root/proc/self/cgroup", "0::/system.slice/job.scope\n");
    write_text("root/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    assert_memory(4000 << 10, 3000 << 10);
    write_text("root/sys/fs/cgroup/system.slice/memory.max", "1500000\n");
    write_text("root/sys/fs/cgroup/system.slice/memory.current", "400000\n");
    write_text("root/sys/fs/cgroup/system.slice/job.scope/memory.max", "max\n");
    assert_memory(1500000, 1100000);
    write_text("root/sys/fs/cgroup/system.slice/job.scope/memory.high", "900000\n");
    write_text("root/sys/fs/cgroup/system.slice/job.scope/memory.current", "300000\n");
    write_text("root/sys/fs/cgroup/system.slice/job.scope/memory.stat", "inactive_file 100000\n");
    assert_memory(900000, 700000);
    // Nobody says where it is mounted: at the usual place.
    write_text("root/proc/self/mountinfo", "\n");
    assert_memory(900000, 700000);
    write_text("root/proc/self/cgroup", "\n");
    write_text("root/sys/fs/cgroup/memory.max", "800000\n");
    assert_memory(800000, 800000);
}

// Values of the authors' test suite for 64-bit FNV-1a.
static void sums(void **state) {
    (void)state;
    assert_true(limn_checksum(0, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(limn_checksum(0, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    uint64_t part = limn_checksum(0, "foo", 3);
    assert_true(limn_checksum(part, "bar", 3) == UINT64_C(0x85944171f73967e8));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(reads),
        IN_FOLDER(refuses_to_read),
        IN_FOLDER(outlives_its_file),
        IN_FOLDER(says_that_a_file_is_cut),
        IN_FOLDER(has_no_memory),
        IN_FOLDER(takes_paths_apart),
        IN_FOLDER(replaces_only_when_told),
        IN_FOLDER(places_without_a_race),
        IN_FOLDER(one_of_many_wins),
        IN_FOLDER(leaves_nothing_behind),
        IN_FOLDER(sweeps),
        IN_FOLDER(respects_umask),
        IN_FOLDER(keeps_the_mode),
        IN_FOLDER(refuses_to_write),
        IN_FOLDER(full_disk),
        IN_FOLDER(makes_folders),
        IN_FOLDER(walks),
        IN_FOLDER(walks_links_once),
        IN_FOLDER(follows_links),
        IN_FOLDER(sweeps_what_nobody_writes),
        IN_FOLDER(reads_heads),
        IN_FOLDER(walks_on),
        IN_FOLDER(walks_so_deep),
        IN_FOLDER(knows_limits),
        IN_FOLDER(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
