// The symbols that a pickled array of arrays may name, and what calling and building them gives.
//
// An array is made empty and a type without byte order; BUILD then gives them what they lack:
//   _reconstruct(ndarray, (0,), b'b')   (1, shape, type, fortran, bytes or a list of arrays)
//   dtype('f4', False, True)            (3, '<', None, None, None, -1, -1, 0)
// In protocol 2 Python 2 writes bytes as str, Python 3 as encode(a text of them, 'latin1').
#include "formats/pickle_machine.h"

typedef limn_pickle_machine machine;
typedef limn_pickle_value value;

// A word, whichever Python wrote it.
static bool is_word(value item, const char *word) {
    bool words = item.kind == LIMN_PICKLE_TEXT || item.kind == LIMN_PICKLE_BYTES ||
                 item.kind == LIMN_PICKLE_LATIN;
    return words && limn_pickle_word(item.text, item.size, word);
}

static bool is_integer(value item, int64_t integer) {
    return item.kind == LIMN_PICKLE_INTEGER && item.integer == integer;
}

static limn_status reconstruct(machine *m, const value *arguments, size_t count, value *result) {
    bool usual = count == 3 && arguments[0].kind == LIMN_PICKLE_SYMBOL &&
                 !strcmp(arguments[0].symbol->name, "ndarray") &&
                 arguments[1].kind == LIMN_PICKLE_TUPLE && arguments[1].list->count == 1 &&
                 is_integer(arguments[1].list->items[0], 0) && is_word(arguments[2], "b");
    if (!usual) return limn_pickle_refuse(m, "an array is not made from (ndarray, (0,), b'b')");
    limn_status status;
    limn_pickle_array *array = limn_pickle_take(m, sizeof *array, &status);
    *result = (value){.kind = LIMN_PICKLE_ARRAY, .array = array};
    return status;
}

static limn_status make_type(machine *m, const value *arguments, size_t count, value *result) {
    if (count != 3 ||
        (arguments[0].kind != LIMN_PICKLE_TEXT && arguments[0].kind != LIMN_PICKLE_BYTES))
        return limn_pickle_refuse(m, "a type is not made from a name and two numbers");
    limn_status status;
    limn_shown shown;
    limn_numpy_type *type = limn_pickle_take(m, sizeof *type, &status);
    if (!type) return status;
    if (!limn_numpy_type_find(arguments[0].text, arguments[0].size, type))
        return limn_pickle_refuse(m, "arrays of type %s are not read",
                                  limn_show(&shown, arguments[0].text, arguments[0].size));
    *result = (value){.kind = LIMN_PICKLE_DTYPE, .dtype = type};
    return LIMN_OK;
}

// Texts are looked through once or twice. A file that asks for more than a few times its size, by
// naming one long text again and again, only wants to keep the reader busy.
static limn_status look_through(machine *m, size_t bytes) {
    m->looked_through += bytes;
    if (m->looked_through / 8 <= m->size) return LIMN_OK;
    return limn_pickle_refuse(m, "arrays use the same bytes again and again");
}

// The text stays as it is until an array's values are needed.
static limn_status encode(machine *m, const value *arguments, size_t count, value *result) {
    if (count != 2 || arguments[0].kind != LIMN_PICKLE_TEXT || !is_word(arguments[1], "latin1"))
        return limn_pickle_refuse(m, "bytes are not made from a text and 'latin1'");
    *result = arguments[0];
    result->kind = LIMN_PICKLE_LATIN;
    LIMN_TRY(look_through(m, result->size));
    for (uint32_t i = 0; i < result->size; i++)
        if ((unsigned char)result->text[i] > 0xc3) // which begins the characters from 256 on
            return limn_pickle_refuse(m, "bytes are made from a text with other characters");
    return LIMN_OK;
}

static const struct limn_pickle_symbol symbols[] = {
    {"numpy.core.multiarray", "_reconstruct", LIMN_ROLE_CALL, 0, reconstruct},
    {"numpy._core.multiarray", "_reconstruct", LIMN_ROLE_CALL, 0, reconstruct},
    {"numpy", "ndarray", LIMN_ROLE_TYPE, 0, NULL},
    {"numpy", "dtype", LIMN_ROLE_CALL, 0, make_type},
    {"_codecs", "encode", LIMN_ROLE_CALL, 0, encode},
};

const struct limn_pickle_symbol *limn_pickle_numpy_symbol(const char *module, size_t module_size,
                                                          const char *name, size_t name_size) {
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (limn_pickle_word(module, module_size, symbols[i].module) &&
            limn_pickle_word(name, name_size, symbols[i].name))
            return &symbols[i];
    return NULL;
}

static limn_status build_type(machine *m, limn_numpy_type *type, const value *items, size_t count) {
    bool usual = count == 8 && is_integer(items[0], 3);
    for (int i = 2; i < 5; i++) usual = usual && items[i].kind == LIMN_PICKLE_NONE;
    if (!usual) return limn_pickle_refuse(m, "a type is more than that of plain numbers");
    type->big_endian = is_word(items[1], ">");
    if (type->big_endian || is_word(items[1], "<") || is_word(items[1], "|")) return LIMN_OK;
    return limn_pickle_refuse(m, "the byte order of a type is none of <, > and |");
}

// How many bytes a value stands for.
static size_t bytes_of(value item) {
    size_t count = item.size;
    for (uint32_t i = 0; item.kind == LIMN_PICKLE_LATIN && i < item.size; i++)
        count -= ((unsigned char)item.text[i] & 0xc0) == 0x80; // the second byte of a character
    return count;
}

// As many values as the shape says, no more and no fewer.
static limn_status check_values(machine *m, limn_pickle_array *array) {
    limn_shown shown;
    const char *shape = limn_show_shape(&shown, array->rank, array->shape);
    value values = array->values;
    size_t needed = array->count, there = 0;
    if (array->type.object) {
        if (values.kind != LIMN_PICKLE_LIST)
            return limn_pickle_refuse(m, "the objects of an array are not in a list");
        there = values.list->count;
    } else {
        if (values.kind != LIMN_PICKLE_BYTES && values.kind != LIMN_PICKLE_LATIN)
            return limn_pickle_refuse(m, "the values of an array are not bytes");
        if (!limn_multiply(needed, limn_element_size(array->type.element), &needed))
            return limn_pickle_refuse(m, "an array of shape %s is larger than 64 bits can count",
                                      shape);
        LIMN_TRY(look_through(m, values.kind == LIMN_PICKLE_LATIN ? values.size : 0));
        there = bytes_of(values);
    }
    if (there == needed) return LIMN_OK;
    return limn_pickle_refuse(m, "an array of shape %s has %zu %s where %zu are needed", shape,
                              there, array->type.object ? "objects" : "bytes", needed);
}

static limn_status build_array(machine *m, limn_pickle_array *array, const value *items,
                               size_t count) {
    bool usual = count == 5 && is_integer(items[0], 1) && items[2].kind == LIMN_PICKLE_DTYPE &&
                 (items[3].kind == LIMN_PICKLE_BOOLEAN || items[3].kind == LIMN_PICKLE_INTEGER);
    if (!usual)
        return limn_pickle_refuse(m, "an array is not given version 1, a shape, a type, an order "
                                     "and values");
    if (array->built) return limn_pickle_refuse(m, "an array is given its values twice");
    LIMN_TRY(limn_pickle_extent(m, items[1], "shape", array->shape, &array->rank));
    limn_shown shown;
    array->count = 1;
    for (int i = 0; i < array->rank; i++)
        if (!limn_multiply(array->count, array->shape[i], &array->count))
            return limn_pickle_refuse(m, "an array of shape %s is larger than 64 bits can count",
                                      limn_show_shape(&shown, array->rank, array->shape));
    array->type = *items[2].dtype;
    array->fortran = items[3].integer != 0;
    array->values = items[4];
    array->built = true;
    return check_values(m, array);
}

limn_status limn_pickle_numpy_build(machine *m, value target, value state) {
    if (state.kind != LIMN_PICKLE_TUPLE ||
        (target.kind != LIMN_PICKLE_DTYPE && target.kind != LIMN_PICKLE_ARRAY))
        return limn_pickle_refuse(m, "state is given to something that is neither an array nor a "
                                     "type");
    if (target.kind == LIMN_PICKLE_DTYPE)
        return build_type(m, target.dtype, state.list->items, state.list->count);
    return build_array(m, target.array, state.list->items, state.list->count);
}
