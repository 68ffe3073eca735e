// The pickle machine: a stack, marks, a memo, and the opcodes that state dicts and arrays of arrays
// are written with. pickle_call.c and pickle_numpy.c have the symbols and what calling them means.
#include "formats/pickle_machine.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MOST ((size_t)256 << 20) // bytes of objects
#define OBJECTS_MOST ((size_t)10000000) // values put on the stack at once
#define MEMO_MOST ((size_t)1 << 20)

typedef limn_pickle_machine machine;
typedef limn_pickle_value value;

void limn_pickle_complain(const machine *m, const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    limn_fail(LIMN_MODEL, "%s (opcode %s at byte %zu of %s)", text, m->opcode_name, m->opcode_at,
              m->pickle->where);
}

static limn_status claim(machine *m, size_t bytes) {
    if (bytes > MEMORY_MOST || m->pickle->memory > MEMORY_MOST - bytes)
        return limn_pickle_refuse(m, "the pickle needs more than %zu bytes of objects",
                                  MEMORY_MOST);
    m->pickle->memory += bytes;
    return LIMN_OK;
}

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "no memory is left to read the pickle");
}

void *limn_pickle_take(machine *m, size_t bytes, limn_status *status) {
    *status = claim(m, bytes);
    if (*status) return NULL;
    void *piece = limn_arena_get(&m->pickle->arena, bytes);
    if (!piece) *status = no_memory();
    return piece;
}

// The stack and the memo: arrays that double.
static limn_status enlarge(machine *m, value **items, size_t *room, size_t need) {
    if (need <= *room) return LIMN_OK;
    size_t more = *room ? *room : 64;
    while (more < need) more *= 2;
    LIMN_TRY(claim(m, (more - *room) * sizeof(value)));
    value *larger = realloc(*items, more * sizeof(value));
    if (!larger) return no_memory();
    memset(larger + *room, 0, (more - *room) * sizeof(value));
    *items = larger;
    *room = more;
    return LIMN_OK;
}

static limn_status push(machine *m, value item) {
    if (m->count >= OBJECTS_MOST)
        return limn_pickle_refuse(m, "the pickle has more than %zu objects", OBJECTS_MOST);
    LIMN_TRY(enlarge(m, &m->stack, &m->room, m->count + 1));
    m->stack[m->count++] = item;
    return LIMN_OK;
}

static size_t bottom(const machine *m) {
    return m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

static limn_status pop(machine *m, value *item) {
    if (m->count <= bottom(m)) return limn_pickle_refuse(m, "the stack of the pickle is empty");
    *item = m->stack[--m->count];
    return LIMN_OK;
}

// The items above the last mark, which is removed: stack[first], ... stack[first + count - 1]. They
// are off the stack, but stay readable until the next push.
static limn_status pop_marked(machine *m, size_t *first, size_t *count) {
    if (!m->mark_count) return limn_pickle_refuse(m, "there is no mark on the stack of the pickle");
    *first = m->marks[--m->mark_count];
    *count = m->count - *first;
    m->count = *first;
    return LIMN_OK;
}

limn_status limn_pickle_new_list(machine *m, limn_pickle_kind kind, size_t room, value *item) {
    limn_status status;
    limn_pickle_list *list = limn_pickle_take(m, sizeof *list, &status);
    if (!list) return status;
    list->depth = 1;
    list->room = room;
    if (room) {
        list->items = limn_pickle_take(m, room * sizeof(value), &status);
        if (!list->items) return status;
    }
    *item = (value){.kind = kind, .list = list};
    return LIMN_OK;
}

static bool is_container(value item) {
    return item.kind == LIMN_PICKLE_TUPLE || item.kind == LIMN_PICKLE_LIST ||
           item.kind == LIMN_PICKLE_DICTIONARY;
}

limn_status limn_pickle_append(machine *m, limn_pickle_list *list, value item) {
    int depth = is_container(item) ? item.list->depth + 1 : 1;
    if (depth > LIMN_PICKLE_DEPTH)
        return limn_pickle_refuse(m, "containers are nested more than %d deep", LIMN_PICKLE_DEPTH);
    if (depth > list->depth) list->depth = depth;
    if (list->count == list->room) {
        limn_status status;
        size_t room = list->room ? 2 * list->room : 4;
        value *items = limn_pickle_take(m, room * sizeof *items, &status);
        if (!items) return status;
        if (list->count) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    return LIMN_OK;
}

// Little-endian, `width` bytes.
static limn_status read_number(machine *m, int width, uint64_t *number) {
    if (m->size - m->at < (size_t)width)
        return limn_pickle_refuse(m, "the pickle ends in the middle of an opcode");
    *number = 0;
    for (int i = 0; i < width; i++) *number |= (uint64_t)m->bytes[m->at + (size_t)i] << 8 * i;
    m->at += (size_t)width;
    return LIMN_OK;
}

static int64_t sign_extend(uint64_t number, int width) {
    uint64_t sign = (uint64_t)1 << (8 * width - 1);
    return (int64_t)((number ^ sign) - sign);
}

// Opcodes. `argument` is the number in the table: a width in bytes, or how many, or which.

static bool is_numpy(const machine *m) {
    return m->pickle->dialect == LIMN_PICKLE_NUMPY;
}

const char *limn_pickle_purpose(const machine *m) {
    return is_numpy(m) ? "array" : "state dict";
}

// For opcodes that the dialect has no use for.
static limn_status needless(const machine *m) {
    return limn_pickle_refuse(m, "the pickle does something that no %s needs",
                              limn_pickle_purpose(m));
}

static limn_status protocol(machine *m, int argument) {
    uint64_t version;
    LIMN_TRY(read_number(m, argument, &version));
    if (version < 2 || version > 5)
        return limn_pickle_refuse(m, "pickles of protocol %d are not read, only 2 to 5",
                                  (int)version);
    return LIMN_OK;
}

static limn_status frame(machine *m, int argument) {
    uint64_t length;
    LIMN_TRY(read_number(m, argument, &length));
    if (length > m->size - m->at)
        return limn_pickle_refuse(m, "a frame is longer than the rest of the pickle");
    return LIMN_OK;
}

static limn_status stop(machine *m, int argument) {
    (void)argument;
    if (m->mark_count || m->count != 1)
        return limn_pickle_refuse(m,
                                  "the pickle ends with %zu values and %d marks on its stack "
                                  "instead of one value",
                                  m->count, m->mark_count);
    m->stopped = true;
    return LIMN_OK;
}

static limn_status mark(machine *m, int argument) {
    (void)argument;
    if (m->mark_count == LIMN_PICKLE_DEPTH)
        return limn_pickle_refuse(m, "more than %d marks are open", LIMN_PICKLE_DEPTH);
    m->marks[m->mark_count++] = m->count;
    return LIMN_OK;
}

static limn_status read_line(machine *m, const char **text, size_t *size) {
    size_t left = m->size - m->at, most = left < 256 ? left : 256;
    *text = (const char *)m->bytes + m->at;
    const char *end = most ? memchr(*text, '\n', most) : NULL;
    if (!end) return limn_pickle_refuse(m, "a name has no end");
    *size = (size_t)(end - *text);
    m->at += *size + 1;
    return LIMN_OK;
}

static limn_status global(machine *m, int argument) {
    (void)argument;
    const char *module, *name;
    size_t module_size, name_size;
    value symbol;
    LIMN_TRY(read_line(m, &module, &module_size));
    LIMN_TRY(read_line(m, &name, &name_size));
    LIMN_TRY(limn_pickle_symbol_find(m, module, module_size, name, name_size, &symbol));
    return push(m, symbol);
}

static limn_status stack_global(machine *m, int argument) {
    (void)argument;
    value module, name, symbol;
    LIMN_TRY(pop(m, &name));
    LIMN_TRY(pop(m, &module));
    if (module.kind != LIMN_PICKLE_TEXT || name.kind != LIMN_PICKLE_TEXT)
        return limn_pickle_refuse(m, "a symbol is named by something that is not text");
    LIMN_TRY(limn_pickle_symbol_find(m, module.text, module.size, name.text, name.size, &symbol));
    return push(m, symbol);
}

static limn_status put(machine *m, size_t index) {
    if (index >= MEMO_MOST)
        return limn_pickle_refuse(m, "place %zu of the memo is asked for; there are %zu", index,
                                  MEMO_MOST);
    if (m->count <= bottom(m)) return limn_pickle_refuse(m, "the stack of the pickle is empty");
    LIMN_TRY(enlarge(m, &m->memo, &m->memo_room, index + 1));
    if (m->memo[index].kind == LIMN_PICKLE_ABSENT) m->memo_count++;
    m->memo[index] = m->stack[m->count - 1];
    return LIMN_OK;
}

static limn_status memo_put(machine *m, int argument) {
    uint64_t index;
    LIMN_TRY(read_number(m, argument, &index));
    return put(m, (size_t)index);
}

static limn_status memoize(machine *m, int argument) {
    (void)argument;
    return put(m, m->memo_count);
}

static limn_status memo_get(machine *m, int argument) {
    uint64_t index;
    LIMN_TRY(read_number(m, argument, &index));
    if (index >= m->memo_room || m->memo[index].kind == LIMN_PICKLE_ABSENT)
        return limn_pickle_refuse(m, "place %d of the memo is empty", (int)index);
    return push(m, m->memo[index]);
}

static limn_status make_tuple(machine *m, size_t first, size_t count) {
    value tuple;
    LIMN_TRY(limn_pickle_new_list(m, LIMN_PICKLE_TUPLE, count, &tuple));
    for (size_t i = 0; i < count; i++)
        LIMN_TRY(limn_pickle_append(m, tuple.list, m->stack[first + i]));
    return push(m, tuple);
}

static limn_status tuple_marked(machine *m, int argument) {
    (void)argument;
    size_t first, count;
    LIMN_TRY(pop_marked(m, &first, &count));
    return make_tuple(m, first, count);
}

static limn_status tuple_of(machine *m, int argument) {
    size_t count = (size_t)argument;
    if (m->count - bottom(m) < count)
        return limn_pickle_refuse(m, "the stack of the pickle is empty");
    m->count -= count;
    return make_tuple(m, m->count, count);
}

static limn_status empty(machine *m, int argument) {
    value item;
    LIMN_TRY(limn_pickle_new_list(m, (limn_pickle_kind)argument, 0, &item));
    return push(m, item);
}

// The container that items are put into: the top of the stack.
static limn_status target(machine *m, limn_pickle_kind kind, limn_pickle_list **list) {
    bool found = m->count > bottom(m) && m->stack[m->count - 1].kind == kind;
    if (!found)
        return limn_pickle_refuse(m, kind == LIMN_PICKLE_LIST
                                         ? "items are appended to something that is not a list"
                                         : "items are set in something that is not a dictionary");
    *list = m->stack[m->count - 1].list;
    return LIMN_OK;
}

static limn_status append_range(machine *m, size_t first, size_t count, int argument) {
    limn_pickle_kind kind = (limn_pickle_kind)argument;
    limn_pickle_list *list;
    LIMN_TRY(target(m, kind, &list));
    if (kind == LIMN_PICKLE_DICTIONARY && count % 2)
        return limn_pickle_refuse(m, "a dictionary is given a key without a value");
    for (size_t i = 0; i < count; i++) LIMN_TRY(limn_pickle_append(m, list, m->stack[first + i]));
    return LIMN_OK;
}

static limn_status append_marked(machine *m, int argument) {
    size_t first, count;
    LIMN_TRY(pop_marked(m, &first, &count));
    return append_range(m, first, count, argument);
}

static limn_status append_one(machine *m, int argument) {
    size_t count = argument == LIMN_PICKLE_DICTIONARY ? 2 : 1;
    if (m->count - bottom(m) < count)
        return limn_pickle_refuse(m, "the stack of the pickle is empty");
    m->count -= count;
    return append_range(m, m->count, count, argument);
}

// `width`: of the number in front that says how many bytes follow.
static limn_status push_text(machine *m, limn_pickle_kind kind, int width) {
    uint64_t size;
    LIMN_TRY(read_number(m, width, &size));
    if (size > m->size - m->at)
        return limn_pickle_refuse(m, "a text of %llu bytes is longer than the rest of the pickle",
                                  (unsigned long long)size);
    value item = {kind, (uint32_t)size, {.text = (const char *)m->bytes + m->at}};
    if (kind == LIMN_PICKLE_TEXT && !limn_utf8_valid(item.text, item.size))
        return limn_pickle_refuse(m, "a text is not UTF-8");
    m->at += (size_t)size;
    return push(m, item);
}

static limn_status text(machine *m, int argument) {
    return push_text(m, LIMN_PICKLE_TEXT, argument);
}

static limn_status bytes(machine *m, int argument) {
    return is_numpy(m) ? push_text(m, LIMN_PICKLE_BYTES, argument) : needless(m);
}

// A str of Python 2: in a state dict a name, in an array mostly its values.
static limn_status string(machine *m, int argument) {
    return push_text(m, is_numpy(m) ? LIMN_PICKLE_BYTES : LIMN_PICKLE_TEXT, argument);
}

static limn_status long_string(machine *m, int argument) {
    return is_numpy(m) ? string(m, argument) : needless(m);
}

static limn_status push_integer(machine *m, limn_pickle_kind kind, int64_t integer) {
    return push(m, (value){.kind = kind, .integer = integer});
}

static limn_status integer_unsigned(machine *m, int argument) {
    uint64_t number;
    LIMN_TRY(read_number(m, argument, &number));
    return push_integer(m, LIMN_PICKLE_INTEGER, (int64_t)number);
}

static limn_status integer_signed(machine *m, int argument) {
    uint64_t number;
    LIMN_TRY(read_number(m, argument, &number));
    return push_integer(m, LIMN_PICKLE_INTEGER, sign_extend(number, argument));
}

static limn_status integer_long(machine *m, int argument) {
    uint64_t width, number;
    LIMN_TRY(read_number(m, argument, &width));
    if (width > 8)
        return limn_pickle_refuse(m, "a number of %d bytes is larger than 64 bits", (int)width);
    LIMN_TRY(read_number(m, (int)width, &number));
    return push_integer(m, LIMN_PICKLE_INTEGER, width ? sign_extend(number, (int)width) : 0);
}

static limn_status real(machine *m, int argument) {
    uint64_t number;
    LIMN_TRY(read_number(m, argument, &number));
    number = __builtin_bswap64(number); // the only big-endian thing in a pickle
    value item = {.kind = LIMN_PICKLE_REAL};
    memcpy(&item.real, &number, sizeof item.real);
    return push(m, item);
}

static limn_status none(machine *m, int argument) {
    (void)argument;
    return push_integer(m, LIMN_PICKLE_NONE, 0);
}

static limn_status boolean(machine *m, int argument) {
    return push_integer(m, LIMN_PICKLE_BOOLEAN, argument);
}

static limn_status persistent(machine *m, int argument) {
    (void)argument;
    value id, storage;
    if (is_numpy(m)) return needless(m);
    LIMN_TRY(pop(m, &id));
    LIMN_TRY(limn_pickle_persistent(m, id, &storage));
    return push(m, storage);
}

static limn_status reduce(machine *m, int argument) {
    (void)argument;
    value callee, arguments, result;
    LIMN_TRY(pop(m, &arguments));
    LIMN_TRY(pop(m, &callee));
    LIMN_TRY(limn_pickle_call(m, callee, arguments, &result));
    return push(m, result);
}

// The state of an OrderedDict holds version numbers of modules, that of a tensor Python attributes:
// neither is needed.
static limn_status build(machine *m, int argument) {
    (void)argument;
    value state;
    LIMN_TRY(pop(m, &state));
    if (m->count <= bottom(m)) return limn_pickle_refuse(m, "the stack of the pickle is empty");
    value top = m->stack[m->count - 1];
    if (is_numpy(m)) return limn_pickle_numpy_build(m, top, state);
    bool known =
        top.kind == LIMN_PICKLE_TENSOR || (top.kind == LIMN_PICKLE_DICTIONARY && top.list->ordered);
    if (!known)
        return limn_pickle_refuse(m, "state is given to something that is neither an OrderedDict "
                                     "nor a tensor");
    return LIMN_OK;
}

// Opcodes with a name only are known to Python and refused here.
static const struct opcode {
    const char *name;
    limn_status (*run)(machine *, int);
    int argument;
} opcodes[256] = {
    [0x80] = {"PROTO", protocol, 1},
    [0x95] = {"FRAME", frame, 8},
    [0x2e] = {"STOP", stop, 0},
    [0x63] = {"GLOBAL", global, 0},
    [0x93] = {"STACK_GLOBAL", stack_global, 0},
    [0x71] = {"BINPUT", memo_put, 1},
    [0x72] = {"LONG_BINPUT", memo_put, 4},
    [0x94] = {"MEMOIZE", memoize, 0},
    [0x68] = {"BINGET", memo_get, 1},
    [0x6a] = {"LONG_BINGET", memo_get, 4},
    [0x28] = {"MARK", mark, 0},
    [0x29] = {"EMPTY_TUPLE", tuple_of, 0},
    [0x85] = {"TUPLE1", tuple_of, 1},
    [0x86] = {"TUPLE2", tuple_of, 2},
    [0x87] = {"TUPLE3", tuple_of, 3},
    [0x74] = {"TUPLE", tuple_marked, 0},
    [0x5d] = {"EMPTY_LIST", empty, LIMN_PICKLE_LIST},
    [0x61] = {"APPEND", append_one, LIMN_PICKLE_LIST},
    [0x65] = {"APPENDS", append_marked, LIMN_PICKLE_LIST},
    [0x7d] = {"EMPTY_DICT", empty, LIMN_PICKLE_DICTIONARY},
    [0x73] = {"SETITEM", append_one, LIMN_PICKLE_DICTIONARY},
    [0x75] = {"SETITEMS", append_marked, LIMN_PICKLE_DICTIONARY},
    [0x58] = {"BINUNICODE", text, 4},
    [0x8c] = {"SHORT_BINUNICODE", text, 1},
    [0x55] = {"SHORT_BINSTRING", string, 1},
    [0x54] = {"BINSTRING", long_string, 4},
    [0x43] = {"SHORT_BINBYTES", bytes, 1},
    [0x42] = {"BINBYTES", bytes, 4},
    [0x4a] = {"BININT", integer_signed, 4},
    [0x4b] = {"BININT1", integer_unsigned, 1},
    [0x4d] = {"BININT2", integer_unsigned, 2},
    [0x8a] = {"LONG1", integer_long, 1},
    [0x47] = {"BINFLOAT", real, 8},
    [0x4e] = {"NONE", none, 0},
    [0x88] = {"NEWTRUE", boolean, 1},
    [0x89] = {"NEWFALSE", boolean, 0},
    [0x51] = {"BINPERSID", persistent, 0},
    [0x52] = {"REDUCE", reduce, 0},
    [0x62] = {"BUILD", build, 0},
    [0x30] = {"POP", NULL, 0},
    [0x31] = {"POP_MARK", NULL, 0},
    [0x32] = {"DUP", NULL, 0},
    [0x46] = {"FLOAT", NULL, 0},
    [0x49] = {"INT", NULL, 0},
    [0x4c] = {"LONG", NULL, 0},
    [0x50] = {"PERSID", NULL, 0},
    [0x53] = {"STRING", NULL, 0},
    [0x56] = {"UNICODE", NULL, 0},
    [0x64] = {"DICT", NULL, 0},
    [0x67] = {"GET", NULL, 0},
    [0x69] = {"INST", NULL, 0},
    [0x6c] = {"LIST", NULL, 0},
    [0x6f] = {"OBJ", NULL, 0},
    [0x70] = {"PUT", NULL, 0},
    [0x81] = {"NEWOBJ", NULL, 0},
    [0x82] = {"EXT1", NULL, 0},
    [0x83] = {"EXT2", NULL, 0},
    [0x84] = {"EXT4", NULL, 0},
    [0x8b] = {"LONG4", NULL, 0},
    [0x8d] = {"BINUNICODE8", NULL, 0},
    [0x8e] = {"BINBYTES8", NULL, 0},
    [0x8f] = {"EMPTY_SET", NULL, 0},
    [0x90] = {"ADDITEMS", NULL, 0},
    [0x91] = {"FROZENSET", NULL, 0},
    [0x92] = {"NEWOBJ_EX", NULL, 0},
    [0x96] = {"BYTEARRAY8", NULL, 0},
    [0x97] = {"NEXT_BUFFER", NULL, 0},
    [0x98] = {"READONLY_BUFFER", NULL, 0},
};

static limn_status step(machine *m) {
    m->opcode_at = m->at;
    m->opcode_name = "(none)";
    if (m->at == m->size)
        return limn_pickle_refuse(m, "the pickle has no end; the file is cut short");
    unsigned char byte = m->bytes[m->at++];
    const struct opcode *opcode = &opcodes[byte];
    char unknown[8];
    snprintf(unknown, sizeof unknown, "%02x", byte);
    m->opcode_name = opcode->name ? opcode->name : unknown;
    limn_status status = opcode->run ? opcode->run(m, opcode->argument) : needless(m);
    m->opcode_name = "(none)"; // `unknown` ends here
    return status;
}

limn_status limn_pickle_read(limn_pickle *pickle, const unsigned char *bytes, size_t size,
                             size_t *at, limn_pickle_value *result) {
    machine m = {.pickle = pickle, .bytes = bytes, .size = size, .at = *at};
    limn_status status = LIMN_OK;
    while (!status && !m.stopped) status = step(&m);
    if (!status) {
        *result = m.stack[0];
        *at = m.at;
    }
    pickle->memory -= (m.room + m.memo_room) * sizeof(value);
    free(m.stack);
    free(m.memo);
    return status;
}

void limn_pickle_free(limn_pickle *pickle) {
    free(pickle->storages);
    limn_arena_release(&pickle->arena);
    *pickle = (limn_pickle){0};
}

bool limn_pickle_text_is(limn_pickle_value item, const char *expected) {
    return item.kind == LIMN_PICKLE_TEXT && item.size == strlen(expected) &&
           !memcmp(item.text, expected, item.size);
}
