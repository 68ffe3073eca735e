// A file in memory that libvips writes.
#include "image/sink.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(limn_sink *sink, size_t size) {
    if (size <= sink->room) return true;
    size_t room = sink->room < SIZE_MAX / 2 ? 2 * sink->room : size;
    if (room < size) room = size;
    if (room < 1 << 16) room = 1 << 16;
    unsigned char *bytes = realloc(sink->bytes, room);
    if (!bytes) return false;
    sink->bytes = bytes;
    sink->room = room;
    return true;
}

bool limn_sink_put(limn_sink *sink, const void *bytes, size_t size) {
    size_t end;
    sink->failed = sink->failed || !limn_plus(sink->at, size, &end) || !make_room(sink, end);
    if (sink->failed) return false;
    if (sink->at > sink->size) memset(sink->bytes + sink->size, 0, sink->at - sink->size);
    if (size) memcpy(sink->bytes + sink->at, bytes, size);
    sink->at = end;
    if (end > sink->size) sink->size = end;
    return true;
}

static gint64 put(VipsTargetCustom *target, const void *bytes, gint64 size, void *sink) {
    (void)target;
    return limn_sink_put(sink, bytes, (size_t)size) ? size : -1;
}

static gint64 seek(VipsTargetCustom *target, gint64 offset, int whence, void *context) {
    (void)target;
    limn_sink *sink = context;
    size_t from = whence == SEEK_CUR ? sink->at : whence == SEEK_END ? sink->size : 0;
    if (offset < 0 ? from < (size_t)-offset : from > (size_t)(INT64_MAX - offset)) return -1;
    sink->at = from + (size_t)offset;
    return (gint64)sink->at;
}

static gint64 read_back(VipsTargetCustom *target, void *bytes, gint64 size, void *context) {
    (void)target;
    limn_sink *sink = context;
    size_t left = sink->at < sink->size ? sink->size - sink->at : 0;
    size_t count = (size_t)size < left ? (size_t)size : left;
    if (count) memcpy(bytes, sink->bytes + sink->at, count);
    sink->at += count;
    return (gint64)count;
}

VipsTarget *limn_sink_target(limn_sink *sink) {
    VipsTargetCustom *target = vips_target_custom_new();
    if (!target) return NULL;
    g_signal_connect(target, "write", G_CALLBACK(put), sink);
    g_signal_connect(target, "seek", G_CALLBACK(seek), sink);
    g_signal_connect(target, "read", G_CALLBACK(read_back), sink);
    return VIPS_TARGET(target);
}
