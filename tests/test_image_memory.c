// Memory that runs out while a picture is decoded, in our own code or in that of others: a sentence
// about memory; never damage, and never another picture.
#define _GNU_SOURCE
#include "image/vips.h"
#include "picture_samples.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const char *const kinds[] = {
    "a.png",
    "b.jpg[Q=95]",
    "c.jpg[Q=95,interlace]",
    "d.webp[Q=95]",
    "e.webp[lossless,effort=0]",
    "f.tif[compression=deflate]",
    "g.tif[tile,tile-width=128,tile-height=128]",
    "h.tif[compression=jpeg,Q=95]",
};
enum { KINDS = sizeof kinds / sizeof *kinds, SIDE = 600, STEP = 900000, MOST = 12000000 };

// Sanitizers take address space of their own, and end a program that gets none.
#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

static void save_noise(const char *name) {
    VipsImage *noise, *bytes, *three;
    assert_int_equal(vips_gaussnoise(&noise, SIDE, SIDE, "mean", 128.0, "sigma", 60.0, NULL), 0);
    assert_int_equal(vips_cast(noise, &bytes, VIPS_FORMAT_UCHAR, NULL), 0);
    VipsImage *bands[] = {bytes, bytes, bytes};
    assert_int_equal(vips_bandjoin(bands, &three, 3, NULL), 0);
    three->Type = VIPS_INTERPRETATION_sRGB;
    g_object_unref(noise);
    g_object_unref(bytes);
    save(three, name);
}

static size_t address_space(void) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%zu", &pages) != 1) pages = 0;
    if (file) fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// Reads once, and again with so many bytes more than are in use then. What it comes to, as the
// status of a process.
enum { AS_IT_IS, TOLD, WRONG };
static int read_with(const char *name, size_t more) {
    limn_picture *truth, *picture;
    limn_vips_own();
    alarm(60);
    if (limn_picture_read(name, NULL, &truth)) return WRONG;
    size_t most = address_space() + more, bytes = 3 * sizeof(float) * SIDE * SIDE;
    if (setrlimit(RLIMIT_AS, &(struct rlimit){most, most})) return WRONG;
    limn_status status = limn_picture_read(name, NULL, &picture);
    if (status == LIMN_MEMORY && strstr(limn_message(), name)) return TOLD;
    if (status == LIMN_OK && !memcmp(picture->rgb, truth->rgb, bytes)) return AS_IT_IS;
    fprintf(stderr, "%s with %zu bytes: status %d, %s\n", name, more, (int)status, limn_message());
    return WRONG;
}

// In a process of its own.
static int outcome(const char *name, size_t more) {
    char number[32];
    int how;
    snprintf(number, sizeof number, "%zu", more);
    pid_t child = vfork();
    if (!child) {
        execl("/proc/self/exe", "test_image_memory", name, number, (char *)NULL);
        _exit(WRONG);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    if (WIFEXITED(how)) return WEXITSTATUS(how);
    // GLib ends a program that has no memory for its own few bytes.
    return WTERMSIG(how) == SIGTRAP || WTERMSIG(how) == SIGABRT ? TOLD : WRONG;
}

static void decodes(void **state) {
    (void)state;
    int sums[3] = {0};
    if (SANITIZED || !address_space()) skip();
    for (int i = 0; i < KINDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(kinds[i], "["), kinds[i]);
        save_noise(kinds[i]);
        for (size_t more = 0; more < MOST; more += STEP) {
            int how = outcome(name, more);
            if (how == WRONG) fail_msg("%s: wrong with %zu bytes more", name, more);
            sums[how]++;
        }
    }
    assert_true(sums[AS_IT_IS] > KINDS && sums[TOLD] > KINDS);
}

int main(int count, char **words) {
    const struct CMUnitTest tests[] = {IN_FOLDER(decodes)};
    if (count == 3) return read_with(words[1], strtoul(words[2], NULL, 10));
    if (vips_init("test_image_memory")) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
