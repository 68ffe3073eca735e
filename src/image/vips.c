// The door to libvips: starting it, and its messages as one sentence.
//
// Loaders are called by name after a look at the content (recognise.c), never found by libvips, so
// that no loader but those of JPEG, PNG, WebP and TIFF can run. Blocking the others in libvips too
// (vips_operation_block_set) would take 5 ms of every start and hold for the whole process, that
// of a caller who uses libvips for himself included.
#include "image/vips.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool own, started;

void limn_vips_own(void) {
    own = true;
}

static void discard(const char *domain, GLogLevelFlags level, const char *message, void *data) {
    (void)domain, (void)level, (void)message, (void)data;
}

// vips_init loads every module it finds below VIPSHOME: loaders for formats that are refused here,
// 35 ms at each start. In a process of our own, a prefix without modules leaves them out and keeps
// the messages English. vips_init sets the variable itself when it is not set; it does not stay.
static void start(void) {
    const char *home = "VIPSHOME";
    bool was_set = getenv(home);
    if (own && !was_set) setenv(home, "/nonexistent", 0);
    if (own) g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, discard, NULL);
    started = vips_init("limn") == 0;
    if (!was_set) unsetenv(home);
    if (!started || !own) return;
    vips_cache_set_max(0);   // every picture is read once
    vips_concurrency_set(1); // small work; the cores belong to the networks
}

limn_status limn_vips_start(void) {
    pthread_once(&once, start);
    if (started) return LIMN_OK;
    return limn_fail(LIMN_ERROR, "The picture library libvips does not start. Install it again.");
}

void limn_vips_message(char *text, size_t room) {
    char *all = vips_error_buffer_copy();
    const char *from = all, *prefix;
    size_t length = strcspn(from, "\n");
    // "VipsJpeg: premature end": what comes before the colon is of use to programmers only.
    while ((prefix = memchr(from, ':', length)) && prefix[1] == ' ' &&
           memchr(from, ' ', length) > (const void *)prefix) {
        length -= (size_t)(prefix + 2 - from);
        from = prefix + 2;
    }
    while (length && (from[length - 1] == '.' || from[length - 1] == ' ')) length--;
    if (length >= room) length = room - 1;
    for (size_t i = 0; i < length; i++) text[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    text[length] = 0;
    g_free(all);
}

bool limn_vips_lacks_memory(void) {
    // libvips and libpng; libjpeg; libtiff
    static const char *const words[] = {"ut of memory", "nsufficient memory", "llocate",
                                        "No space for"};
    const char *all = vips_error_buffer(); // in its place: a copy would empty it
    bool lacks = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        lacks = lacks || strstr(all, words[i]);
    return lacks;
}

VipsBlob *limn_vips_srgb(void) {
    VipsBlob *profile = NULL;
    if (vips_profile_load("srgb", &profile, NULL)) vips_error_clear();
    return profile;
}
