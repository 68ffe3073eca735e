// The Huffman codes of JPEG files, followed without a look at what they stand for. ITU-T T.81,
// annexes B, F.2.2 and G.1.2.
#include "image/jpeg_codes.h"

#include <stdint.h>
#include <string.h>

enum { TABLES = 4, COMPONENTS = 4, LONGEST = 16, SHORT = 8 };

// A table by the length of its codes; short ones, which most are, by their bits.
typedef struct table {
    int behind[LONGEST + 1]; // the first code that is no longer one of this length
    int symbol[LONGEST + 1]; // what is to be added to a code for the place of its symbol
    unsigned char symbols[256], length_of[1 << SHORT], symbol_of[1 << SHORT];
    bool known;
} table;

typedef struct component {
    int name, across, down; // blocks in a unit
    int dc, ac;             // its tables in this scan
} component;

typedef struct scan {
    component *of[COMPONENTS];
    int count, first, last, high; // coefficients; bits that an earlier scan had, or 0
} scan;

typedef struct codes {
    const unsigned char *at, *end;
    uint64_t bits; // the next ones, from the top
    int have;      // so many of them
    int made_up;   // of these, zeros that stand for what is behind the scan
    bool wrong;
    table tables[2][TABLES];
    component components[COMPONENTS];
    int count, width, height, restart; // units between marks; 0: none
    bool progressive;
    int run; // blocks to come that say nothing
} codes;

// ---- bits ----

static void fill(codes *it) {
    while (it->have <= 56) {
        bool marker = it->at + 1 < it->end && it->at[0] == 0xFF && it->at[1] != 0;
        bool more = it->at < it->end && !marker;
        uint64_t byte = more ? *it->at : 0;
        if (more) it->at += it->at[0] == 0xFF ? 2 : 1; // FF 00 is FF
        if (!more) it->made_up += 8;
        it->bits |= byte << (56 - it->have);
        it->have += 8;
    }
}

static void skip(codes *it, int count) {
    it->bits = count < 64 ? it->bits << count : 0;
    it->have -= count;
}

static unsigned take(codes *it, int count) {
    if (it->have < count) fill(it);
    unsigned value = count ? (unsigned)(it->bits >> (64 - count)) : 0;
    skip(it, count);
    return value;
}

static int next_symbol(codes *it, const table *of) {
    if (it->have < LONGEST) fill(it);
    unsigned begin = (unsigned)(it->bits >> (64 - SHORT));
    if (of->length_of[begin]) {
        skip(it, of->length_of[begin]);
        return of->symbol_of[begin];
    }
    for (int length = SHORT + 1; length <= LONGEST; length++) {
        int code = (int)(it->bits >> (64 - length));
        if (code >= of->behind[length]) continue;
        skip(it, length);
        return of->symbols[(code + of->symbol[length]) & 255];
    }
    it->wrong = true;
    return 0;
}

// ---- segments ----

static void make_short(table *of, int code, int length, int place) {
    int first = code << (SHORT - length), count = 1 << (SHORT - length);
    for (int i = first; i < first + count && i < 1 << SHORT; i++) {
        of->length_of[i] = (unsigned char)length;
        of->symbol_of[i] = of->symbols[place];
    }
}

// One table of a segment: its class and name, how many codes of each length, their symbols.
static size_t read_table(codes *it, const unsigned char *at, size_t size) {
    if (size < 1 + LONGEST || at[0] >> 4 > 1 || (at[0] & 15) >= TABLES) return size;
    table *of = &it->tables[at[0] >> 4][at[0] & 15];
    size_t total = 0;
    for (int i = 1; i <= LONGEST; i++) total += at[i];
    if (total > 256 || size < 1 + LONGEST + total) return size;
    *of = (table){.known = true};
    memcpy(of->symbols, at + 1 + LONGEST, total);
    for (int length = 1, code = 0, place = 0; length <= LONGEST; length++, code <<= 1) {
        of->symbol[length] = place - code;
        for (int i = 0; i < at[length]; i++, code++, place++)
            if (length <= SHORT) make_short(of, code, length, place);
        of->behind[length] = code;
    }
    return 1 + LONGEST + total;
}

static void read_tables(codes *it, const unsigned char *at, size_t size) {
    while (size) {
        size_t used = read_table(it, at, size);
        at += used;
        size -= used;
    }
}

static bool read_frame(codes *it, const unsigned char *at, size_t size) {
    if (size < 6 || at[0] != 8 || at[5] < 1 || at[5] > COMPONENTS || size < 6 + 3U * at[5])
        return false;
    it->height = at[1] << 8 | at[2];
    it->width = at[3] << 8 | at[4];
    it->count = at[5];
    for (int i = 0; i < it->count; i++) {
        const unsigned char *each = at + 6 + 3 * i;
        it->components[i] = (component){each[0], each[1] >> 4, each[1] & 15, 0, 0};
        if (!it->components[i].across || !it->components[i].down) return false;
    }
    return it->height && it->width;
}

static bool read_scan(codes *it, const unsigned char *at, size_t size, scan *to) {
    *to = (scan){.count = size ? at[0] : 0};
    if (to->count < 1 || to->count > it->count || size < 4 + 2U * (unsigned)to->count) return false;
    for (int i = 0; i < to->count; i++) {
        int which = 0;
        while (which < it->count && it->components[which].name != at[1 + 2 * i]) which++;
        if (which == it->count) return false;
        to->of[i] = &it->components[which];
        to->of[i]->dc = at[2 + 2 * i] >> 4 & (TABLES - 1);
        to->of[i]->ac = at[2 + 2 * i] & (TABLES - 1);
    }
    const unsigned char *range = at + 1 + 2 * to->count;
    to->first = range[0];
    to->last = it->progressive ? range[1] : 63;
    to->high = range[2] >> 4;
    return to->first <= to->last && to->last < 64;
}

// ---- blocks ----

static void follow_dc(codes *it, const component *of) {
    take(it, next_symbol(it, &it->tables[0][of->dc]) & 15);
}

static void follow_ac(codes *it, const scan *in, const component *of) {
    const table *codes_of = &it->tables[1][of->ac];
    if (it->run) {
        it->run--;
        return;
    }
    for (int k = in->first ? in->first : 1; k <= in->last && !it->wrong;) {
        int symbol = next_symbol(it, codes_of), zeros = symbol >> 4, size = symbol & 15;
        if (!size && zeros < 15) {
            if (it->progressive) it->run = (1 << zeros) - 1 + (int)take(it, zeros);
            return;
        }
        k += zeros + 1;
        take(it, size);
        if (k > in->last + 1) it->wrong = true;
    }
}

static void follow_block(codes *it, const scan *in, const component *of) {
    if (in->first == 0) follow_dc(it, of);
    if (in->last > 0) follow_ac(it, in, of);
}

// Whether nothing but padding follows: bits of a byte, or bytes of one value, as cameras write.
static bool is_used_up(codes *it) {
    if (it->have - it->made_up < 0) return false; // of what is not there
    for (const unsigned char *at = it->at; at + 1 < it->end; at++) {
        if (at[0] == 0xFF && at[1] != 0) return at == it->at ? it->have - it->made_up < 8 : true;
        if (at[0] != it->at[0]) return false;
    }
    return false;
}

// ---- scans ----

static int ceiling(int value, int by) {
    return (value + by - 1) / by;
}

// The units of a scan: blocks of one component, or of all together.
static int64_t count_units(const codes *it, const scan *in) {
    int across = 1, down = 1;
    for (int i = 0; i < it->count; i++) {
        if (it->components[i].across > across) across = it->components[i].across;
        if (it->components[i].down > down) down = it->components[i].down;
    }
    const component *only = in->of[0];
    if (in->count > 1)
        return (int64_t)ceiling(it->width, 8 * across) * ceiling(it->height, 8 * down);
    return (int64_t)ceiling(ceiling(it->width * only->across, across), 8) *
           ceiling(ceiling(it->height * only->down, down), 8);
}

static void follow_unit(codes *it, const scan *in) {
    if (in->count == 1) {
        follow_block(it, in, in->of[0]);
        return;
    }
    for (int i = 0; i < in->count; i++)
        for (int block = 0; block < in->of[i]->across * in->of[i]->down; block++)
            follow_block(it, in, in->of[i]);
}

static void begin_bits(codes *it) {
    it->bits = 0;
    it->have = it->made_up = it->run = 0;
}

static bool has_tables(const codes *it, const scan *in) {
    for (int i = 0; i < in->count; i++) {
        if (in->first == 0 && !it->tables[0][in->of[i]->dc].known) return false;
        if (in->last > 0 && !it->tables[1][in->of[i]->ac].known) return false;
    }
    return true;
}

static void follow_scan(codes *it, const scan *in) {
    int64_t units = count_units(it, in);
    begin_bits(it);
    for (int64_t i = 0; i < units && !it->wrong; i++) {
        if (it->restart && i && i % it->restart == 0) {
            bool marked = is_used_up(it) && it->at + 1 < it->end && it->at[1] >> 3 == 0xD0 >> 3;
            if (!marked) it->wrong = true;
            if (marked) it->at += 2;
            begin_bits(it);
        }
        follow_unit(it, in);
        if (it->made_up > it->have) it->wrong = true; // it is at its end
    }
    if (!it->wrong && !is_used_up(it)) it->wrong = true;
}

// To the next marker that is not within a scan.
static bool find_marker(codes *it) {
    for (; it->at + 1 < it->end; it->at++)
        if (it->at[0] == 0xFF && it->at[1] > 1 && it->at[1] != 0xFF && it->at[1] >> 3 != 0xD0 >> 3)
            return true;
    return false;
}

bool limn_jpeg_codes_fit(const unsigned char *bytes, size_t size) {
    enum {
        BASELINE = 0xC0,
        EXTENDED,
        PROGRESSIVE,
        TABLE = 0xC4,
        SCAN = 0xDA,
        INTERVAL = 0xDD,
        END = 0xD9
    };
    codes it = {.at = size > 2 ? bytes + 2 : bytes, .end = bytes + size};
    while (!it.wrong && find_marker(&it) && it.at[1] != END && it.at + 4 <= it.end) {
        int kind = it.at[1];
        size_t length = (size_t)it.at[2] << 8 | it.at[3];
        const unsigned char *segment = it.at + 4;
        if (length < 2 || length > (size_t)(it.end - it.at) - 2) return true;
        it.at += 2 + length;
        length -= 2;
        scan in;
        bool frame = kind >= BASELINE && kind <= PROGRESSIVE;
        if (kind >> 4 == 0xC && kind > PROGRESSIVE && kind != TABLE && kind != 0xC8) return true;
        if (frame) it.progressive = kind == PROGRESSIVE;
        if (frame && !read_frame(&it, segment, length)) return true;
        if (kind == TABLE) read_tables(&it, segment, length);
        if (kind == INTERVAL && length >= 2) it.restart = segment[0] << 8 | segment[1];
        if (kind != SCAN) continue;
        if (!it.count || !read_scan(&it, segment, length, &in) || !has_tables(&it, &in))
            return true;
        if (!in.high) follow_scan(&it, &in);
    }
    return !it.wrong;
}
