// How much memory there is: what the kernel says, held to the limits of the control groups that the
// process is in (systemd, SLURM, containers), of either version, and to that of its address space.
#define _GNU_SOURCE
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

// The files of a control group of either version.
typedef struct version {
    const char *type, *controller; // in mountinfo; in /proc/self/cgroup, "" for the one of all
    const char *limits[2], *used, *cache;
    const char *usual; // where it is mounted when nobody says
} version;

static const version versions[] = {
    {"cgroup2",
     "",
     {"memory.max", "memory.high"},
     "memory.current",
     "inactive_file ",
     "/sys/fs/cgroup"},
    {"cgroup",
     "memory",
     {"memory.limit_in_bytes"},
     "memory.usage_in_bytes",
     "total_inactive_file ",
     "/sys/fs/cgroup/memory"},
};

// The number behind a word that a line begins with; 0 where there is none.
static size_t read_number(const char *folder, const char *name, const char *key) {
    char path[4096], line[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    unsigned long long value = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) != 0) continue;
        value = strtoull(line + strlen(key), NULL, 10);
        break;
    }
    fclose(file);
    return (size_t)value;
}

static void hold(limn_memory *to, size_t limit, size_t used) {
    if (!limit) return;
    size_t left = limit > used ? limit - used : 1; // 0 would be to know nothing
    if (!to->total || limit < to->total) to->total = limit;
    if (!to->available || left < to->available) to->available = left;
}

// Pages of files that nobody has used for a while make room when it is asked for.
static void hold_to_group(limn_memory *to, const version *of, const char *folder) {
    size_t used = read_number(folder, of->used, "");
    size_t cache = read_number(folder, "memory.stat", of->cache);
    for (int i = 0; i < 2 && of->limits[i]; i++)
        hold(to, read_number(folder, of->limits[i], ""), used > cache ? used - cache : 0);
}

// A field of a line, from 0 on, ended by spaces; the line is cut up.
static char *field(char *line, int number) {
    char *rest, *at = strtok_r(line, " \n", &rest);
    while (at && number--) at = strtok_r(NULL, " \n", &rest);
    return at;
}

static bool has_word(const char *list, const char *word) {
    size_t size = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += size)
        if ((at == list || at[-1] == ',') && strchr(",\n ", at[size])) return true;
    return false;
}

// Where the groups of a version are mounted, and which of them is there at the top: mountinfo has
// number, parent, device, root, place, ..., " - ", type, source, options.
static void find_mount(const char *root, const version *of, char place[4096], char top[4096]) {
    char path[4096], line[8192];
    snprintf(place, 4096, "%s%s", root, of->usual);
    strcpy(top, "/");
    snprintf(path, sizeof path, "%s/proc/self/mountinfo", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        char *type = strstr(line, " - ");
        if (!type || strncmp(type + 3, of->type, strlen(of->type)) != 0) continue;
        if (type[3 + strlen(of->type)] != ' ') continue;
        char *options = strrchr(type + 3, ' ');
        if (*of->controller && !has_word(options + 1, of->controller)) continue;
        *type = 0;
        char *inner = field(line, 3), *outer = inner ? inner + strlen(inner) + 1 : NULL;
        if (!inner || !(outer = field(outer, 0))) continue;
        snprintf(top, 4096, "%s", inner);
        snprintf(place, 4096, "%s%s", root, outer);
        break;
    }
    if (file) fclose(file);
}

// The group of the process, as /proc/self/cgroup has it: "4:cpu,memory:/user/7" or "0::/user/7".
static void find_group(const char *root, const version *of, char group[4096]) {
    char path[4096], line[8192];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    *group = 0;
    while (file && !*group && fgets(line, sizeof line, file)) {
        char *names = strchr(line, ':'), *name = names ? strchr(names + 1, ':') : NULL;
        if (!name) continue;
        *name++ = 0;
        if (*of->controller ? !has_word(names + 1, of->controller) : names[1] != 0) continue;
        snprintf(group, 4096, "%.*s", (int)strcspn(name, "\n"), name);
    }
    if (file) fclose(file);
}

// From the group of the process up to the one that is mounted: the limits of all hold.
static void hold_to_groups(limn_memory *to, const char *root, const version *of) {
    char place[4096], top[4096], group[4096], folder[8192];
    find_mount(root, of, place, top);
    find_group(root, of, group);
    size_t size = strcmp(top, "/") != 0 ? strlen(top) : 0; // a container's lie below one of its own
    bool inside = !strncmp(group, top, size) && (!group[size] || group[size] == '/');
    const char *below = inside ? group + size : "";
    snprintf(folder, sizeof folder, "%s%s", place, below);
    for (char *end; strlen(folder) > strlen(place); *end = 0) {
        hold_to_group(to, of, folder);
        end = strrchr(folder, '/');
    }
    hold_to_group(to, of, place);
}

// Without /proc (a bare chroot) the system still says what is free and what there is, but not what
// its caches hold: about half of all may be had.
static limn_memory ask_system(const char *root) {
    char proc[4096];
    struct sysinfo about;
    snprintf(proc, sizeof proc, "%s/proc", root);
    limn_memory it = {1024 * read_number(proc, "meminfo", "MemTotal:"),
                      1024 * read_number(proc, "meminfo", "MemAvailable:")};
    if ((it.total && it.available) || sysinfo(&about)) return it;
    size_t unit = about.mem_unit, free = (about.freeram + about.bufferram) * unit;
    it.total = about.totalram * unit;
    it.available = free > it.total / 2 ? free : it.total / 2;
    return it;
}

limn_memory limn_memory_in(const char *root) {
    limn_memory it = ask_system(root);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        hold_to_groups(&it, root, &versions[i]);
    return it;
}

static limn_memory ask(void) {
    limn_memory it = limn_memory_in("");
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
        hold(&it, (size_t)space.rlim_cur,
             read_number("/proc/self", "statm", "") * (size_t)sysconf(_SC_PAGESIZE));
    return it;
}

size_t limn_memory_available(void) {
    return ask().available;
}

size_t limn_memory_total(void) {
    return ask().total;
}

size_t limn_memory_peak(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) ? 0 : (size_t)usage.ru_maxrss * 1024;
}
