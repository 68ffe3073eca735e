// What a program that uses the library finds changed after it: nothing.
#define _GNU_SOURCE
#include "picture_samples.h"

#include <sys/wait.h>

static char before[1 << 16], after[1 << 16];

// The whole environment as one text.
static void copy_environment(char *text, size_t room) {
    size_t used = 0;
    for (char **at = environ; *at; at++) {
        used += (size_t)snprintf(text + used, room - used, "%s\n", *at);
        assert_true(used < room);
    }
}

static int warnings;

static void count(const char *domain, GLogLevelFlags level, const char *message, void *data) {
    (void)domain, (void)level, (void)message, (void)data;
    warnings++;
}

static void use_pictures(void) {
    limn_picture *picture;
    limn_write_options replace = {.size = sizeof replace, .existing = LIMN_REPLACE_EXISTING};
    assert_int_equal(limn_picture_read("photo.png", NULL, &picture), LIMN_OK);
    must_write(picture, "a.png", &replace);
    must_write(picture, "a.jpg", &replace);
    limn_picture_free(picture);
    picture = must_read("a.jpg");
    limn_picture_free(picture);
}

// The first that knows of libvips here is limn.
static void the_environment_stays(void **state) {
    (void)state;
    unsetenv("VIPSHOME");
    copy_environment(before, sizeof before);
    int most = vips_cache_get_max(), files = vips_cache_get_max_files();
    size_t memory = vips_cache_get_max_mem();
    use_pictures();
    copy_environment(after, sizeof after);
    assert_string_equal(before, after);
    assert_int_equal(vips_cache_get_max(), most);
    assert_int_equal(vips_cache_get_max_files(), files);
    assert_int_equal(vips_cache_get_max_mem(), memory);
}

static void settings_stay(void **state) {
    (void)state;
    setenv("VIPSHOME", "/nowhere", 1);
    assert_int_equal(VIPS_INIT("host"), 0);
    vips_cache_set_max(7);
    vips_cache_set_max_mem(1 << 20);
    vips_concurrency_set(3);
    use_pictures();
    assert_int_equal(vips_cache_get_max(), 7);
    assert_int_equal(vips_cache_get_max_mem(), 1 << 20);
    assert_int_equal(vips_concurrency_get(), 3);
    assert_string_equal(getenv("VIPSHOME"), "/nowhere");
}

// A handler from before limn was used gets what libvips says.
static void the_log_stays(void **state) {
    (void)state;
    g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, count, NULL);
    use_pictures();
    int seen = warnings;
    g_log("VIPS", G_LOG_LEVEL_WARNING, "a word of the host's");
    assert_int_equal(warnings, seen + 1);
}

static void write_photo(void **state) {
    (void)state;
    limn_picture *picture = painted(LIMN_RGB_ALPHA);
    must_write(picture, "photo.png", NULL);
    limn_picture_free(picture);
}

// Each in a process of its own, since libvips is started once in each.
static int in_child(const struct CMUnitTest *test) {
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        alarm(60);
        int failed = _cmocka_run_group_tests(test->name, test, 1, NULL, NULL);
        fflush(NULL);
        _exit(failed);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_photo),
        cmocka_unit_test(the_environment_stays),
        cmocka_unit_test(settings_stay),
        cmocka_unit_test(the_log_stays),
    };
    int failed = enter_folder(NULL);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) failed += in_child(&tests[i]);
    return failed + leave_folder(NULL);
}
