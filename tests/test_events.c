// Tests of train/events.c: what TensorBoard is given, and what is left of it when a run goes on.
#include "base/file.h"
#include "own_folder.h"
#include "train/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char path[] = "events/events.out.tfevents.0.limn";
static limn_update update = {.name = "total",
                             .terms = {{.name = "content", .value = 0.5}, {.name = "style"}},
                             .term_count = 2,
                             .runs = 1,
                             .total = -2};
static limn_trainer trainer = {.folder = ".", .updates = {&update}, .update_count = 1};

// Opens the file at one step, then writes the records of the steps behind it up to another.
static void write_steps(int64_t from, int64_t to) {
    int events = -1;
    assert_int_equal(limn_folder_make("events"), LIMN_OK);
    trainer.step = from;
    assert_int_equal(limn_events_open(&trainer, &events), LIMN_OK);
    while (trainer.step < to) {
        trainer.step++;
        assert_int_equal(limn_events_add(&trainer, events, 0.25), LIMN_OK);
    }
    close(events);
}

static limn_file read_events(void) {
    limn_file file;
    assert_int_equal(limn_file_open(path, 1 << 20, LIMN_IO, &file), LIMN_OK);
    return file;
}

static size_t size_of_events(void) {
    limn_file file = read_events();
    size_t size = file.size;
    limn_file_close(&file);
    return size;
}

// RFC 3720, B.4, and the value that every list of checksums gives.
static void sums(void **state) {
    (void)state;
    unsigned char bytes[32] = {0};
    assert_int_equal(limn_crc32c("123456789", 9), 0xE3069283);
    assert_int_equal(limn_crc32c("", 0), 0);
    assert_int_equal(limn_crc32c(bytes, 32), 0x8A9136AA);
    memset(bytes, 0xFF, 32);
    assert_int_equal(limn_crc32c(bytes, 32), 0x62A8AB43);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    assert_int_equal(limn_crc32c(bytes, 32), 0x46DD794E);
}

// The first record of a file, but for the time and the sum that it changes, is what TensorFlow
// writes.
static void begins_as_it_must(void **state) {
    (void)state;
    write_steps(0, 0);
    limn_file file = read_events();
    assert_int_equal(file.size, 12 + 26 + 4);
    assert_memory_equal(file.bytes, "\x1A\0\0\0\0\0\0\0", 8);
    double time_written;
    assert_int_equal(file.bytes[12], 0x09);
    memcpy(&time_written, file.bytes + 13, 8);
    assert_true(time_written > (double)time(NULL) - 60 && time_written < (double)time(NULL) + 60);
    assert_memory_equal(file.bytes + 21,
                        "\x10\0\x1A\x0D"
                        "brain.Event:2",
                        17);
    limn_file_close(&file);
}

static void holds_every_value(void **state) {
    (void)state;
    write_steps(0, 0);
    size_t begin = size_of_events();
    write_steps(299, 300);
    limn_file file = read_events();
    const unsigned char *event = file.bytes + begin + 12;
    assert_memory_equal(event + 9, "\x10\xAC\x02\x2A", 4); // step 300, a summary
    const char values[] = "\x0A\x0E\x0A\x07seconds\x15\0\0\x80\x3E"
                          "\x0A\x0E\x0A\x07"
                          "content\x15\0\0\0\x3F"
                          "\x0A\x0C\x0A\x05style\x15\0\0\0\0"
                          "\x0A\x0C\x0A\x05total\x15\0\0\0\xC0";
    assert_int_equal(event[13], sizeof values - 1);
    assert_memory_equal(event + 14, values, sizeof values - 1);
    assert_int_equal(file.size, begin + 12 + 14 + sizeof values - 1 + 4);
    limn_file_close(&file);
}

static void goes_on_behind_a_step(void **state) {
    (void)state;
    write_steps(0, 3);
    size_t three = size_of_events();
    write_steps(3, 200);
    size_t all = size_of_events();
    write_steps(3, 3);
    assert_int_equal(size_of_events(), three);
    write_steps(3, 200);
    assert_int_equal(size_of_events(), all);
    write_steps(0, 200);
    assert_int_equal(size_of_events(), all);
    limn_file file = read_events();
    assert_int_equal(limn_events_kept(file.bytes, file.size, 3), three);
    assert_int_equal(limn_events_kept(file.bytes, file.size, 200), all);
    limn_file_close(&file);
}

// Wherever a record is cut, and whichever of its bits is wrong, what is before it stays.
static void drops_what_is_torn(void **state) {
    (void)state;
    write_steps(0, 2);
    size_t two = size_of_events();
    write_steps(2, 3);
    size_t three = size_of_events();
    limn_file file = read_events();
    unsigned char *copy = malloc(three);
    assert_non_null(copy);
    memcpy(copy, file.bytes, three);
    for (size_t size = two; size < three; size++) {
        assert_int_equal(limn_events_kept(copy, size, 9), two);
        copy[size] ^= 4;
        assert_int_equal(limn_events_kept(copy, three, 9), two);
        copy[size] ^= 4;
    }
    assert_int_equal(limn_events_kept(copy, three, 9), three);
    free(copy);
    limn_file_close(&file);
    assert_int_equal(truncate(path, (off_t)three - 7), 0);
    write_steps(3, 3);
    assert_int_equal(size_of_events(), two);
    assert_int_equal(limn_file_write(path, "not of ours", 11, true), LIMN_OK);
    write_steps(0, 3);
    assert_int_equal(size_of_events(), three);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(sums),
        IN_FOLDER(begins_as_it_must),
        IN_FOLDER(holds_every_value),
        IN_FOLDER(goes_on_behind_a_step),
        IN_FOLDER(drops_what_is_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
