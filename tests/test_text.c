// Tests of base/text.c, and of what other files of base/ make of texts: JSON, sentences, names.
#include "base/text.h"

#include "base/memory.h"
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_json(const char *string, const char *json) {
    limn_text text = {0};
    limn_text_json(&text, string);
    assert_string_equal(text.data, json);
    limn_text_free(&text);
}

static void writes_json(void **state) {
    (void)state;
    assert_json("a\"\\\n\x01", "\"a\\\"\\\\\\u000a\\u0001\"");
    assert_json("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    // Latin-1, a surrogate, something overlong, an end in the middle.
    assert_json("b\xE4r", "\"b\xEF\xBF\xBDr\"");
    assert_json("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_json("\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_json("\xF0\x9F\x98", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

// What moves a cursor or begins a sequence is not shown, nor does JSON hand it on.
static void tames(void **state) {
    (void)state;
    char text[] = "a\x1B[31m\tb\n\x7F\xC2\x9B\xC2\xA0\xC3\x9B\x9B\r.";
    limn_text_tame(text);
    assert_string_equal(text, "a?[31m?b\n???\xC2\xA0\xC3\x9B??.");
    assert_json("\x7F\xC2\x9B\xC2\xA0", "\"\\u007f\\u009b\xC2\xA0\"");
}

// A sentence too long for its room is not cut inside a character, wherever the room ends.
static void cuts_between_characters(void **state) {
    (void)state;
    char name[4001];
    for (size_t i = 0; i < 4000; i++) name[i] = "\xF0\x9F\x98\x80"[i % 4];
    name[4000] = 0;
    for (int i = 0; i < 5; i++) {
        limn_fail(LIMN_INPUT, "%.*s%s", i, "1234", name);
        assert_true(limn_utf8_valid(limn_message(), strlen(limn_message())));
        assert_true(strlen(limn_message()) > 2040);
        limn_fail_in(LIMN_INPUT, "%.*s", i, "1234");
        assert_true(limn_utf8_valid(limn_message(), strlen(limn_message())));
        limn_fail_in(LIMN_INPUT, "%.*s%s", i, "1234", name);
        assert_true(limn_utf8_valid(limn_message(), strlen(limn_message())));
        assert_true(strlen(limn_message()) > 2040);
    }
}

static void prints_whole_names(void **state) {
    (void)state;
    char name[5001];
    memset(name, 'n', 5000);
    name[5000] = 0;
    limn_arena arena = {0};
    const char *path = limn_arena_print(&arena, "%s/%s", name, "train");
    assert_int_equal(strlen(path), 5006);
    assert_string_equal(path + 5000, "/train");
    assert_string_equal(limn_arena_print(&arena, "%d", 12), "12");
    limn_arena_release(&arena);
}

static void finds_beginnings_and_ends(void **state) {
    (void)state;
    assert_true(limn_text_begins("train/a.png", "train/"));
    assert_true(limn_text_begins("train/", "train/"));
    assert_true(limn_text_begins("a", ""));
    assert_false(limn_text_begins("train", "train/"));
    assert_false(limn_text_begins("a/train/", "train/"));
    assert_true(limn_text_ends("a.png", ".png"));
    assert_true(limn_text_ends(".png", ".png"));
    assert_true(limn_text_ends("a", ""));
    assert_false(limn_text_ends("png", ".png"));
    assert_false(limn_text_ends("a.png.", ".png"));
}

static void shows_all_scripts(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"Ziegen \xC3\xBC", "Ziegen \xC3\xBC"},
        {"\xE5\xB1\xB1 \xF0\x9F\x90\x90", "\xE5\xB1\xB1 \xF0\x9F\x90\x90"},
        {"a\nb\tc\x7F", "a?b?c?"},
        {"latin \xFC", "latin ?"},
        {"bell \xC2\x85", "bell ??"},
        {"turned \xE2\x80\xAE", "turned ???"},
        {"half \xE5\xB1", "half ??"},
    };
    limn_shown shown;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_string_equal(limn_show(&shown, table[i][0], strlen(table[i][0])), table[i][1]);
    char umlauts[201];
    for (int i = 0; i < 100; i++) memcpy(umlauts + 2 * i, "\xC3\xBC", 2);
    limn_show(&shown, umlauts, 200); // cut, but not within a letter
    assert_int_equal(strlen(shown.text), 68 + 3);
    assert_true(limn_utf8_valid(shown.text, strlen(shown.text)));
    limn_text whole = {0};
    limn_show_all(&whole, umlauts, 200);
    assert_int_equal(whole.size, 200);
    limn_text_free(&whole);
    limn_show_all(&whole, "a\033[2Jb", 6);
    assert_string_equal(whole.data, "a?[2Jb");
    limn_text_free(&whole);
    limn_show(&shown, umlauts + 1, 199);
    assert_true(limn_utf8_valid(shown.text, strlen(shown.text)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_json),
        cmocka_unit_test(tames),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(prints_whole_names),
        cmocka_unit_test(finds_beginnings_and_ends),
        cmocka_unit_test(shows_all_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
