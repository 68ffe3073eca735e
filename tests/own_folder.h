// A folder that a test, or a group of them, has to itself.
#ifndef LIMN_TESTS_OWN_FOLDER_H
#define LIMN_TESTS_OWN_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char own_folder[64];

static inline int enter_folder(void **state) {
    (void)state;
    strcpy(own_folder, "/tmp/limn-test-XXXXXX");
    return !mkdtemp(own_folder) || chdir(own_folder);
}

static inline int leave_folder(void **state) {
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", own_folder, own_folder);
    return chdir("/") || system(command);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

#endif
