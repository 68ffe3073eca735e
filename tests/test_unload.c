// The shared library is loaded, used by several threads, and unloaded; the process goes on.
//
//   test_unload LIBRARY
#include "limn/model.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *library;

// The functions of a library, by the types that the headers give them.
#define FIND(name) typeof(name) *name##_of = (typeof(name) *)(uintptr_t)dlsym(handle, #name)

static void use(void *handle) {
    FIND(limn_model_load);
    FIND(limn_runner_open);
    FIND(limn_runner_bench);
    FIND(limn_runner_free);
    FIND(limn_model_free);
    assert_true(limn_model_load_of && limn_runner_open_of && limn_runner_bench_of);
    limn_model *model;
    limn_runner *runner;
    limn_bench_result result = {.size = sizeof result};
    limn_run_options options = {.size = sizeof options, .threads = 4};
    assert_int_equal(limn_model_load_of("models/wave.safetensors", NULL, &model), LIMN_OK);
    assert_int_equal(limn_runner_open_of(model, &options, &runner), LIMN_OK);
    assert_int_equal(limn_runner_bench_of(runner, 64, 64, 2, NULL, NULL, &result), LIMN_OK);
    limn_runner_free_of(runner);
    limn_model_free_of(model);
}

static void unloads(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        if (!handle) fail_msg("%s", dlerror());
        use(handle);
        assert_int_equal(dlclose(handle), 0);
        assert_null(dlopen(library, RTLD_NOW | RTLD_NOLOAD)); // it is really gone
        usleep(50000);                                        // whoever is left runs into nothing
    }
}

// What the library watches forks with is gone as well.
static void forks_afterwards(void **state) {
    (void)state;
    int status;
    pid_t child = fork();
    if (!child) _exit(0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int count, char **words) {
    if (count != 2) return 2;
    library = words[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unloads),
        cmocka_unit_test(forks_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
