// What the tests of sets share: folders of files and what they are opened as.
#ifndef LIMN_TESTS_SET_SAMPLES_H
#define LIMN_TESTS_SET_SAMPLES_H

#include "base/file.h"
#include "data/set.h"
#include "own_folder.h"

static const limn_samples plain = {.layouts = {LIMN_LAYOUT_PICTURES}, .files = 1},
                          paired = {.layouts = {LIMN_LAYOUT_PAIRS, LIMN_LAYOUT_JOINED}, .files = 2},
                          two = {.layouts = {LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_UNPAIRED},
                                 .files = 1,
                                 .least = 2,
                                 .most = 2},
                          labelled = {.layouts = {LIMN_LAYOUT_DOMAINS, LIMN_LAYOUT_UNPAIRED},
                                      .files = 1,
                                      .least = 2};

// A file at set/PATH that is no picture: names are all that counts.
static inline void touch(const char *path) {
    char whole[300];
    snprintf(whole, sizeof whole, "set/%s", path);
    *strrchr(whole, '/') = 0;
    assert_int_equal(limn_folder_make(whole), LIMN_OK);
    snprintf(whole, sizeof whole, "set/%s", path);
    assert_int_equal(limn_file_write(whole, "x", 1, true), LIMN_OK);
}

static inline void good(limn_status status) {
    if (status != LIMN_OK) fail_msg("%s", limn_message());
}

static inline limn_set open_set(const limn_samples *kind, const char *const *domains) {
    limn_set set;
    good(limn_set_open(&(limn_set_request){.path = "set", .domains = domains}, kind, &set));
    return set;
}

#endif
