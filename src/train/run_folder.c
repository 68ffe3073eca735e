// The folder of a run: lock, configuration, log.
#define _GNU_SOURCE
#include "train/run_folder.h"

#include "base/file.h"
#include "base/text.h"
#include "train/schedule.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

limn_status limn_run_path(const char *folder, limn_text *path, const char *format, ...) {
    char part[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    limn_text_print(path, "%s/%s", folder, part);
    return path->failed ? limn_fail(LIMN_MEMORY, "there is no memory for a name") : LIMN_OK;
}

// Files that are written again and again. Not through a link.
static int open_own(const char *path, int how) {
    return open(path, how | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
}

static limn_status take_lock(const char *folder, int *lock) {
    limn_text path = {0};
    limn_status status = limn_run_path(folder, &path, "lock");
    *lock = status == LIMN_OK ? open_own(path.data, O_RDWR) : -1;
    limn_text_free(&path);
    LIMN_TRY(status);
    if (*lock < 0)
        return limn_fail(LIMN_IO, "%s: the run cannot be locked: %s", folder, strerror(errno));
    if (!flock(*lock, LOCK_EX | LOCK_NB)) return LIMN_OK;
    close(*lock);
    *lock = -1;
    return limn_fail(LIMN_USAGE,
                     "%s: another limn is training in this folder. Wait for it, or "
                     "give another folder with -o",
                     folder);
}

// Of a name itself, not of what it leads to where it is a link.
static bool look_at(const char *folder, const char *name, struct stat *about) {
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool there = fd >= 0 && !fstatat(fd, name, about, AT_SYMLINK_NOFOLLOW);
    if (fd >= 0) close(fd);
    return there;
}

static bool has_file(const char *folder, const char *name) {
    struct stat about;
    return look_at(folder, name, &about);
}

bool limn_run_has_begun(const char *folder) {
    struct stat log;
    return has_file(folder, "model.safetensors") ||
           (look_at(folder, "log.jsonl", &log) && log.st_size > 0);
}

// What a run's folder has from the beginning, the folder itself first.
static const char *const parts[] = {"", "lock", "checkpoints", "samples", "events"};
enum { LOCK = 1, PARTS = sizeof parts / sizeof *parts };

// What is written in the folder itself, config.json and the lock apart.
static const char *const written[] = {"model.safetensors", "best.safetensors", "log.jsonl",
                                      "index.html"};
enum { WRITTEN = sizeof written / sizeof *written };

static limn_status refuse_link(const char *folder, const char *part, const char *name) {
    struct stat about;
    limn_text path = {0};
    LIMN_TRY(limn_run_path(folder, &path, "%s", part));
    limn_status status = LIMN_OK;
    if (look_at(path.data, name, &about) && S_ISLNK(about.st_mode))
        status = limn_fail(LIMN_USAGE,
                           "%s%s%s: is a link, and a run keeps all it has in its own folder. Put "
                           "there what it leads to",
                           path.data, *part ? "/" : "", name);
    limn_text_free(&path);
    return status;
}

static limn_status refuse_links_in(const char *folder, const char *part) {
    limn_text path = {0};
    LIMN_TRY(limn_run_path(folder, &path, "%s", part));
    DIR *entries = opendir(path.data);
    limn_status status = LIMN_OK;
    for (struct dirent *entry; entries && status == LIMN_OK && (entry = readdir(entries));)
        if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
            status = refuse_link(folder, part, entry->d_name);
    if (entries) closedir(entries);
    limn_text_free(&path);
    return status;
}

// A link would lead out of the folder: a stranger's run could name any file of the user's.
static limn_status refuse_links(const char *folder, const char *const *kept) {
    LIMN_TRY(refuse_link(folder, "", "config.json"));
    for (; kept && *kept; kept++) LIMN_TRY(refuse_link(folder, "", *kept));
    for (int i = 0; i < WRITTEN; i++) LIMN_TRY(refuse_link(folder, "", written[i]));
    for (int i = LOCK; i < PARTS; i++) {
        LIMN_TRY(refuse_link(folder, "", parts[i]));
        if (i != LOCK) LIMN_TRY(refuse_links_in(folder, parts[i]));
    }
    return LIMN_OK;
}

static limn_status refuse_others(const char *folder) {
    for (int i = 0; i < WRITTEN; i++)
        if (has_file(folder, written[i]))
            return limn_fail(LIMN_USAGE,
                             "%s/%s is there already, and a run in this folder would replace it. "
                             "Give another folder with -o",
                             folder, written[i]);
    return LIMN_OK;
}

static limn_status check_folder(const char *folder, bool resume, const limn_run_hold *hold) {
    bool there = has_file(folder, "config.json");
    if (resume && !there)
        return limn_fail(LIMN_USAGE,
                         "%s: there is no run to resume in this folder (no config.json)", folder);
    if (!resume && there)
        return limn_fail(LIMN_USAGE,
                         "%s: there is a run in this folder. Go on with it by `limn "
                         "train --resume %s`, or give another folder with -o",
                         folder, folder);
    LIMN_TRY(refuse_links(folder, hold->kept));
    return resume ? LIMN_OK : refuse_others(folder);
}

static limn_status make_part(const char *folder, int part, limn_run_hold *hold) {
    limn_text path = {0};
    bool there = part ? has_file(folder, parts[part]) : limn_folder_exists(folder);
    limn_status status = limn_run_path(folder, &path, "%s", parts[part]);
    if (status == LIMN_OK && part == LOCK) status = take_lock(folder, &hold->lock);
    if (status == LIMN_OK && part != LOCK) status = limn_folder_make(part ? path.data : folder);
    if (status == LIMN_OK && !there) hold->made |= 1u << part;
    limn_text_free(&path);
    return status;
}

limn_status limn_run_open(const char *folder, bool resume, limn_run_hold *hold) {
    *hold = (limn_run_hold){.lock = -1, .kept = hold->kept};
    LIMN_TRY(check_folder(folder, resume, hold)); // before anything is made in it
    for (int i = 0; i < PARTS; i++) LIMN_TRY(make_part(folder, i, hold));
    for (int i = 0; hold->kept && hold->kept[i]; i++)
        if (!has_file(folder, hold->kept[i])) hold->made |= 1u << (PARTS + i);
    LIMN_TRY(check_folder(folder, resume, hold)); // another may have begun and ended meanwhile
    limn_writer_sweep(folder, parts + LOCK + 1, PARTS - LOCK - 1);
    return LIMN_OK;
}

static void remove_part(const char *folder, const char *name) {
    limn_text path = {0};
    if (limn_run_path(folder, &path, "%s", name) == LIMN_OK) remove(path.data);
    limn_text_free(&path);
}

static void remove_made(const char *folder, const limn_run_hold *hold) {
    for (int i = 0; hold->kept && hold->kept[i]; i++)
        if (hold->made >> (PARTS + i) & 1) remove_part(folder, hold->kept[i]);
    for (int i = PARTS - 1; i >= 0; i--)
        if (hold->made >> i & 1) remove_part(folder, parts[i]);
}

void limn_run_close(const char *folder, limn_run_hold *hold) {
    if (!has_file(folder, "config.json")) remove_made(folder, hold);
    if (hold->lock >= 0) close(hold->lock);
    *hold = (limn_run_hold){.lock = -1};
}

// Whether an option may change while a run goes on.
static bool may_change(const limn_trainer *trainer, const limn_option *option) {
    const limn_stage *stage = trainer->method->stages;
    if (!option || option->idle) return true;
    while (stage[1].build) stage++;
    return !strcmp(option->name, stage->steps) && !limn_schedule_ends(&trainer->common);
}

// The names whose values differ, joined; "" when none do.
static void compare(const limn_trainer *trainer, const limn_option_group *groups, json_t *old,
                    json_t *now, limn_text *changed) {
    const char *name;
    json_t *value;
    json_object_foreach(now, name, value) {
        json_t *before = json_object_get(old, name);
        if (!before || json_equal(before, value)) continue;
        if (may_change(trainer, limn_options_find(groups, name))) continue;
        char *a = json_dumps(before, JSON_ENCODE_ANY), *b = json_dumps(value, JSON_ENCODE_ANY);
        limn_text_print(changed, "%s--%s was %s and is now %s", changed->size ? "; " : "", name,
                        a ? a : "?", b ? b : "?");
        free(a);
        free(b);
    }
}

json_t *limn_run_read_config(const char *folder) {
    enum { MOST = 1 << 24 };
    limn_text path = {0};
    limn_file file;
    json_t *config = NULL;
    limn_status status = limn_run_path(folder, &path, "config.json");
    if (status == LIMN_OK) status = limn_file_open(path.data, MOST, LIMN_INPUT, &file);
    limn_text_free(&path);
    if (status != LIMN_OK) return NULL;
    if (file.size)
        config = json_loadb((const char *)file.bytes, file.size, JSON_REJECT_DUPLICATES, NULL);
    limn_file_close(&file);
    return config;
}

limn_status limn_run_compare(const limn_trainer *trainer, const limn_option_group *groups,
                             const char *json) {
    limn_text changed = {0};
    json_t *old = limn_run_read_config(trainer->folder), *now = json_loads(json, 0, NULL);
    if (old && now) compare(trainer, groups, old, now, &changed);
    limn_status status = LIMN_OK;
    if (!old)
        status =
            limn_fail(LIMN_INPUT, "%s/config.json cannot be read, so the run cannot be resumed",
                      trainer->folder);
    else if (changed.size && !trainer->accepts_changes)
        status = limn_fail(LIMN_USAGE,
                           "resuming with other options: %s. Pass --accept-changes if "
                           "that is meant",
                           changed.data);
    json_decref(old);
    json_decref(now);
    limn_text_free(&changed);
    return status;
}

limn_status limn_run_config(const char *folder, const char *json) {
    limn_text path = {0};
    limn_status status = limn_run_path(folder, &path, "config.json");
    if (status == LIMN_OK) status = limn_file_write(path.data, json, strlen(json), true);
    limn_text_free(&path);
    return status;
}

// ---- what grows by a step ----

static limn_status kept_length(const char *path, limn_run_kept *kept, int64_t step,
                               size_t *length) {
    limn_file old;
    *length = 0;
    if (access(path, F_OK)) return LIMN_OK;
    LIMN_TRY(limn_file_open(path, (size_t)1 << 40, LIMN_IO, &old));
    if (old.size) *length = kept(old.bytes, old.size, step);
    limn_file_close(&old);
    return LIMN_OK;
}

limn_status limn_run_file_open(const limn_trainer *trainer, const char *name, limn_run_kept *kept,
                               int *file, size_t *length) {
    limn_text path = {0};
    if (*file >= 0) close(*file);
    *file = -1;
    limn_status status = limn_run_path(trainer->folder, &path, "%s", name);
    if (status == LIMN_OK) status = kept_length(path.data, kept, trainer->step, length);
    if (status == LIMN_OK) {
        *file = open_own(path.data, O_WRONLY);
        if (*file < 0 || ftruncate(*file, (off_t)*length) ||
            lseek(*file, (off_t)*length, SEEK_SET) < 0)
            status = limn_fail(LIMN_IO, "%s cannot be written: %s", path.data, strerror(errno));
    }
    limn_text_free(&path);
    return status;
}

limn_status limn_run_file_add(const limn_trainer *trainer, const char *name, int file,
                              const limn_text *bytes) {
    if (bytes->failed) return limn_fail(LIMN_MEMORY, "there is no memory for %s", name);
    errno = ENOSPC; // what a part of it means, which write does not call a failure
    if (write(file, bytes->data, bytes->size) == (ssize_t)bytes->size) return LIMN_OK;
    return limn_fail(LIMN_IO, "%s/%s cannot be written: %s", trainer->folder, name,
                     strerror(errno));
}

// Lines are in order; a torn last line is dropped. What is no line of a log, but lies between such,
// stays: the history behind it is worth more.
static size_t kept_lines(const unsigned char *bytes, size_t size, int64_t step) {
    size_t kept = 0;
    for (size_t at = 0; at < size;) {
        const unsigned char *end = memchr(bytes + at, '\n', size - at);
        long long number;
        char line[64] = "";
        size_t length = size - at < sizeof line - 1 ? size - at : sizeof line - 1;
        memcpy(line, bytes + at, length);
        bool own = sscanf(line, "{\"step\": %lld", &number) == 1;
        if (!end || (own && number > step)) break;
        at = (size_t)(end - bytes) + 1;
        if (own) kept = at;
    }
    return kept;
}

limn_status limn_run_log_open(const limn_trainer *trainer, int *log) {
    size_t length;
    return limn_run_file_open(trainer, "log.jsonl", kept_lines, log, &length);
}

void limn_run_numbers(const limn_trainer *trainer, limn_run_number *call, void *context) {
    for (int u = 0; u < trainer->update_count; u++) {
        const limn_update *update = trainer->updates[u];
        if (!update->runs) continue;
        for (int i = 0; i < update->term_count; i++)
            call(context, update->terms[i].name, update->terms[i].value);
        call(context, update->name, update->total);
    }
}

static void print_number(void *line, const char *name, double value) {
    limn_text_print(line, ", \"%s\": %.9g", name, value);
}

limn_status limn_run_log(const limn_trainer *trainer, int log, double seconds) {
    limn_text line = {0};
    limn_text_print(&line, "{\"step\": %lld, \"seconds\": %.4f, \"waited\": %.4f",
                    (long long)trainer->step, seconds, trainer->waited);
    limn_run_numbers(trainer, print_number, &line);
    limn_text_print(&line, "}\n");
    limn_status status = limn_run_file_add(trainer, "log.jsonl", log, &line);
    limn_text_free(&line);
    return status;
}
