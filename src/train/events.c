// The curves of a run in the form that TensorBoard reads.
//
// A file is a row of records, as TensorFlow's record_writer.cc has them, lowest byte first:
//
//     length (8)  masked crc of it (4)  payload (length)  masked crc of that (4)
//
// A payload is a message Event of event.proto, of which we write wall_time (1), step (2), and
// either file_version (3) or summary (5). All records of a run are of one length but for the digits
// of the step: a TensorBoard that had read beyond a cut finds itself between two records again.
#define _POSIX_C_SOURCE 200809L
#include "train/events.h"

#include "base/text.h"
#include "train/run_folder.h"

#include <string.h>
#include <time.h>

static const char file_name[] = "events/events.out.tfevents.0.limn";

enum { HEAD = 12, TAIL = 4 }; // bytes of a record around its payload

// Field number and wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
enum {
    EVENT_WALL_TIME = 1 << 3 | 1,
    EVENT_STEP = 2 << 3 | 0,
    EVENT_FILE_VERSION = 3 << 3 | 2,
    EVENT_SUMMARY = 5 << 3 | 2,
    SUMMARY_VALUE = 1 << 3 | 2,
    VALUE_TAG = 1 << 3 | 2,
    VALUE_SIMPLE = 2 << 3 | 5,
};

uint32_t limn_crc32c(const void *bytes, size_t size) {
    uint32_t crc = ~0u;
    for (const unsigned char *at = bytes, *end = at + size; at < end; at++) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

// So that a record inside of a record has another sum than its own.
static uint32_t masked(const void *bytes, size_t size) {
    uint32_t crc = limn_crc32c(bytes, size);
    return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

// ---- writing ----

static void add_fixed(limn_text *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) limn_text_add(to, &(char){(char)(value >> 8 * i)}, 1);
}

static void add_varint(limn_text *to, uint64_t value) {
    for (; value > 127; value >>= 7) add_fixed(to, (value & 127) | 128, 1);
    add_fixed(to, value, 1);
}

static void add_bytes(limn_text *to, uint64_t field, const char *bytes, size_t size) {
    add_varint(to, field);
    add_varint(to, size);
    limn_text_add(to, bytes, size);
}

static void add_value(void *to, const char *tag, double value) {
    limn_text message = {0}, *summary = to;
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    add_bytes(&message, VALUE_TAG, tag, strlen(tag));
    add_varint(&message, VALUE_SIMPLE);
    add_fixed(&message, bits, 4);
    if (!message.failed) add_bytes(summary, SUMMARY_VALUE, message.data, message.size);
    summary->failed |= message.failed;
    limn_text_free(&message);
}

static void begin_event(limn_text *event, int64_t step) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    double seconds = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
    uint64_t bits;
    memcpy(&bits, &seconds, sizeof bits);
    add_varint(event, EVENT_WALL_TIME);
    add_fixed(event, bits, 8);
    add_varint(event, EVENT_STEP);
    add_varint(event, (uint64_t)step);
}

// Writes the event as a record, and frees it.
static limn_status write_event(const limn_trainer *trainer, int events, limn_text *event) {
    limn_text record = {0};
    if (!event->failed) {
        add_fixed(&record, event->size, 8);
        if (!record.failed) add_fixed(&record, masked(record.data, record.size), 4);
        limn_text_add(&record, event->data, event->size);
        add_fixed(&record, masked(event->data, event->size), 4);
    }
    record.failed |= event->failed;
    limn_status status = limn_run_file_add(trainer, file_name, events, &record);
    limn_text_free(&record);
    limn_text_free(event);
    return status;
}

limn_status limn_events_add(const limn_trainer *trainer, int events, double seconds) {
    limn_text event = {0}, summary = {0};
    add_value(&summary, "seconds", seconds);
    limn_run_numbers(trainer, add_value, &summary);
    begin_event(&event, trainer->step);
    if (!summary.failed) add_bytes(&event, EVENT_SUMMARY, summary.data, summary.size);
    event.failed |= summary.failed;
    limn_text_free(&summary);
    return write_event(trainer, events, &event);
}

// ---- going on ----

static uint64_t fixed(const unsigned char *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

// The length of the payload at the begin of the bytes; 0 when there is no whole record, since no
// event is empty.
static size_t payload_size(const unsigned char *bytes, size_t size) {
    if (size < HEAD + TAIL || fixed(bytes + 8, 4) != masked(bytes, 8)) return 0;
    uint64_t payload = fixed(bytes, 8);
    if (payload > size - HEAD - TAIL) return 0;
    const unsigned char *tail = bytes + HEAD + payload;
    return fixed(tail, TAIL) == masked(bytes + HEAD, (size_t)payload) ? (size_t)payload : 0;
}

// The step of an event as begin_event writes it; -1 when it was written by somebody else.
static int64_t step_of(const unsigned char *event, size_t size) {
    if (size < 10 || event[0] != EVENT_WALL_TIME || event[9] != EVENT_STEP) return -1;
    uint64_t step = 0;
    for (size_t i = 0; i < 9 && 10 + i < size; i++) {
        step |= (uint64_t)(event[10 + i] & 127) << 7 * i;
        if (event[10 + i] < 128) return (int64_t)step;
    }
    return -1;
}

size_t limn_events_kept(const unsigned char *bytes, size_t size, int64_t step) {
    size_t kept = 0;
    for (size_t payload; (payload = payload_size(bytes + kept, size - kept));) {
        int64_t number = step_of(bytes + kept + HEAD, payload);
        if (number < 0 || number > step) break;
        kept += HEAD + payload + TAIL;
    }
    return kept;
}

limn_status limn_events_open(const limn_trainer *trainer, int *events) {
    size_t kept;
    LIMN_TRY(limn_run_file_open(trainer, file_name, limn_events_kept, events, &kept));
    if (kept) return LIMN_OK;
    static const char version[] = "brain.Event:2";
    limn_text event = {0};
    begin_event(&event, 0);
    add_bytes(&event, EVENT_FILE_VERSION, version, sizeof version - 1);
    return write_event(trainer, *events, &event);
}
