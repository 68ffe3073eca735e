// The symbols that a state dict may name, what calling them gives, and persistent ids (storages).
// pickle_numpy.c has those of NumPy.
#include "formats/pickle_machine.h"

#include <stdlib.h>
#include <string.h>

// A view may repeat values (stride 0), but not so often that a small file asks for much memory.
#define REPEATED_MOST ((size_t)1 << 24)

typedef limn_pickle_machine machine;
typedef limn_pickle_value value;

limn_status limn_pickle_extent(machine *m, value item, const char *what, size_t *extent,
                               int *rank) {
    if (item.kind != LIMN_PICKLE_TUPLE || item.list->count > LIMN_TENSOR_RANK)
        return limn_pickle_refuse(m, "the %s of a tensor is not a tuple of at most %d numbers",
                                  what, LIMN_TENSOR_RANK);
    *rank = (int)item.list->count;
    for (int i = 0; i < *rank; i++) {
        value number = item.list->items[i];
        if (number.kind != LIMN_PICKLE_INTEGER || number.integer < 0)
            return limn_pickle_refuse(m,
                                      "the %s of a tensor has an item that is not a whole number, "
                                      "zero or larger",
                                      what);
        extent[i] = (size_t)number.integer;
    }
    return LIMN_OK;
}

// offset + sum((size - 1) * stride) lies inside the storage's `limit` elements.
static limn_status check_bounds(machine *m, const limn_pickle_tensor *t, size_t limit) {
    size_t count = 1, last = t->offset;
    limn_shown shown;
    for (int i = 0; i < t->rank; i++)
        if (!t->shape[i]) return LIMN_OK; // no elements
    for (int i = 0; i < t->rank; i++) {
        size_t reach;
        if (!limn_multiply(count, t->shape[i], &count) ||
            !limn_multiply(t->shape[i] - 1, t->stride[i], &reach) || !limn_plus(last, reach, &last))
            return limn_pickle_refuse(m, "a tensor of shape %s is larger than 64 bits can count",
                                      limn_show_shape(&shown, t->rank, t->shape));
    }
    if (last >= limit)
        return limn_pickle_refuse(m, "a tensor of shape %s reaches element %zu of a storage of %zu",
                                  limn_show_shape(&shown, t->rank, t->shape), last, limit);
    if (count > limit && count > REPEATED_MOST)
        return limn_pickle_refuse(m,
                                  "a tensor of shape %s repeats a storage of %zu elements more "
                                  "often than any model does",
                                  limn_show_shape(&shown, t->rank, t->shape), limit);
    return LIMN_OK;
}

// The common part: (storage, offset, size, stride, ...).
static limn_status new_tensor(machine *m, const value *arguments, limn_element element,
                              value *result) {
    limn_pickle_storage *storage = arguments[0].storage;
    limn_status status;
    int strides;
    if (arguments[1].kind != LIMN_PICKLE_INTEGER || arguments[1].integer < 0)
        return limn_pickle_refuse(m,
                                  "the offset of a tensor is not a whole number, zero or larger");
    if (m->pickle->tensor_count >= LIMN_TENSORS_MOST)
        return limn_pickle_refuse(m, "there are more than %d tensors", LIMN_TENSORS_MOST);
    limn_pickle_tensor *t = limn_pickle_take(m, sizeof *t, &status);
    if (!t) return status;
    t->storage = storage;
    t->element = element;
    t->offset = (size_t)arguments[1].integer;
    LIMN_TRY(limn_pickle_extent(m, arguments[2], "size", t->shape, &t->rank));
    LIMN_TRY(limn_pickle_extent(m, arguments[3], "stride", t->stride, &strides));
    if (strides != t->rank)
        return limn_pickle_refuse(m, "a tensor has %d sizes but %d strides", t->rank, strides);
    size_t limit = storage->view_count;
    if (storage->untyped) limit /= limn_element_size(element);
    LIMN_TRY(check_bounds(m, t, limit));
    m->pickle->tensor_count++;
    *result = (value){.kind = LIMN_PICKLE_TENSOR, .tensor = t};
    return LIMN_OK;
}

// _rebuild_tensor(storage, offset, size, stride), and v2 with requires_grad, hooks, metadata.
static limn_status rebuild_tensor(machine *m, const value *arguments, size_t count, value *result) {
    if (count < 4 || count > 7 || arguments[0].kind != LIMN_PICKLE_STORAGE)
        return limn_pickle_refuse(m, "a tensor is not made of a storage, offset, size and stride");
    if (arguments[0].storage->untyped)
        return limn_pickle_refuse(m, "a tensor is made of a storage without a type");
    return new_tensor(m, arguments, arguments[0].storage->element, result);
}

// (storage, offset, size, stride, requires_grad, hooks, type, metadata).
static limn_status rebuild_typed(machine *m, const value *arguments, size_t count, value *result) {
    if (count < 7 || count > 8 || arguments[0].kind != LIMN_PICKLE_STORAGE ||
        arguments[6].kind != LIMN_PICKLE_SYMBOL || arguments[6].symbol->role != LIMN_ROLE_TYPE)
        return limn_pickle_refuse(m, "a tensor is not made of a storage, offset, size, stride and "
                                     "type");
    limn_element element = arguments[6].symbol->element;
    if (!arguments[0].storage->untyped && arguments[0].storage->element != element)
        return limn_pickle_refuse(m, "a tensor and its storage have different types");
    return new_tensor(m, arguments, element, result);
}

// (tensor, requires_grad, hooks) and perhaps a state: the tensor.
static limn_status rebuild_parameter(machine *m, const value *arguments, size_t count,
                                     value *result) {
    if (count < 1 || count > 4 || arguments[0].kind != LIMN_PICKLE_TENSOR)
        return limn_pickle_refuse(m, "a parameter is not made of a tensor");
    *result = arguments[0];
    return LIMN_OK;
}

// () or ([[key, value], ...],), the latter from Python 2.
static limn_status ordered_dictionary(machine *m, const value *arguments, size_t count,
                                      value *result) {
    LIMN_TRY(limn_pickle_new_list(m, LIMN_PICKLE_DICTIONARY, 0, result));
    result->list->ordered = true;
    if (count == 0) return LIMN_OK;
    if (count > 1 || arguments[0].kind != LIMN_PICKLE_LIST)
        return limn_pickle_refuse(m, "an OrderedDict is not made of a list");
    for (size_t i = 0; i < arguments[0].list->count; i++) {
        value pair = arguments[0].list->items[i];
        if ((pair.kind != LIMN_PICKLE_LIST && pair.kind != LIMN_PICKLE_TUPLE) ||
            pair.list->count != 2)
            return limn_pickle_refuse(m, "an OrderedDict is not made of pairs");
        LIMN_TRY(limn_pickle_append(m, result->list, pair.list->items[0]));
        LIMN_TRY(limn_pickle_append(m, result->list, pair.list->items[1]));
    }
    return LIMN_OK;
}

static limn_status size_tuple(machine *m, const value *arguments, size_t count, value *result) {
    if (count != 1 || arguments[0].kind != LIMN_PICKLE_TUPLE)
        return limn_pickle_refuse(m, "a torch.Size is not made of a tuple");
    *result = arguments[0];
    return LIMN_OK;
}

// A device, or bytes: nothing that limn needs.
static limn_status ignored(machine *m, const value *arguments, size_t count, value *result) {
    for (size_t i = 0; i < count; i++)
        if (arguments[i].kind != LIMN_PICKLE_TEXT && arguments[i].kind != LIMN_PICKLE_INTEGER)
            return limn_pickle_refuse(m, "a device or a text is made of something else");
    *result = (value){.kind = LIMN_PICKLE_OTHER};
    return LIMN_OK;
}

#define STORAGE(type, element)                                                                     \
    { "torch", type "Storage", LIMN_ROLE_STORAGE, LIMN_ELEMENT_##element, NULL }
#define TYPE(type, element)                                                                        \
    { "torch", type, LIMN_ROLE_TYPE, LIMN_ELEMENT_##element, NULL }
#define CALL(module, name, call)                                                                   \
    { module, name, LIMN_ROLE_CALL, 0, call }

static const struct limn_pickle_symbol symbols[] = {
    CALL("collections", "OrderedDict", ordered_dictionary),
    CALL("torch._utils", "_rebuild_tensor", rebuild_tensor),
    CALL("torch._utils", "_rebuild_tensor_v2", rebuild_tensor),
    CALL("torch._utils", "_rebuild_tensor_v3", rebuild_typed),
    CALL("torch._utils", "_rebuild_parameter", rebuild_parameter),
    CALL("torch._utils", "_rebuild_parameter_with_state", rebuild_parameter),
    CALL("torch", "Size", size_tuple),
    CALL("torch", "device", ignored),
    CALL("_codecs", "encode", ignored),
    STORAGE("Float", F32),
    STORAGE("Double", F64),
    STORAGE("Half", F16),
    STORAGE("BFloat16", BF16),
    STORAGE("Long", I64),
    STORAGE("Int", I32),
    STORAGE("Short", I16),
    STORAGE("Char", I8),
    STORAGE("Byte", U8),
    STORAGE("Bool", BOOL),
    {"torch", "UntypedStorage", LIMN_ROLE_UNTYPED, LIMN_ELEMENT_U8, NULL},
    TYPE("float32", F32),
    TYPE("float", F32),
    TYPE("float64", F64),
    TYPE("double", F64),
    TYPE("float16", F16),
    TYPE("half", F16),
    TYPE("bfloat16", BF16),
    TYPE("int64", I64),
    TYPE("long", I64),
    TYPE("int32", I32),
    TYPE("int", I32),
    TYPE("int16", I16),
    TYPE("short", I16),
    TYPE("int8", I8),
    TYPE("uint8", U8),
    TYPE("uint16", U16),
    TYPE("uint32", U32),
    TYPE("uint64", U64),
    TYPE("bool", BOOL),
};

static const struct limn_pickle_symbol *torch_symbol(const char *module, size_t module_size,
                                                     const char *name, size_t name_size) {
    bool torch = limn_pickle_word(module, module_size, "torch") ||
                 limn_pickle_word(module, module_size, "torch.cuda") ||
                 limn_pickle_word(module, module_size, "torch.storage");
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        const struct limn_pickle_symbol *symbol = &symbols[i];
        bool storage = symbol->role == LIMN_ROLE_STORAGE || symbol->role == LIMN_ROLE_UNTYPED;
        if (!limn_pickle_word(name, name_size, symbol->name)) continue;
        if ((storage && torch) || limn_pickle_word(module, module_size, symbol->module))
            return symbol;
    }
    return NULL;
}

limn_status limn_pickle_symbol_find(machine *m, const char *module, size_t module_size,
                                    const char *name, size_t name_size, value *result) {
    bool numpy = m->pickle->dialect == LIMN_PICKLE_NUMPY;
    const struct limn_pickle_symbol *symbol =
        (numpy ? limn_pickle_numpy_symbol : torch_symbol)(module, module_size, name, name_size);
    *result = (value){.kind = LIMN_PICKLE_SYMBOL, .symbol = symbol};
    if (symbol) return LIMN_OK;
    limn_shown first, second;
    return limn_pickle_refuse(m,
                              "the file asks Python for %s.%s, which no %s needs; limn reads "
                              "numbers only and runs nothing%s",
                              limn_show(&first, module, module_size),
                              limn_show(&second, name, name_size), limn_pickle_purpose(m),
                              numpy ? "" : ". Save model.state_dict(), not the model");
}

limn_status limn_pickle_call(machine *m, value callee, value arguments, value *result) {
    if (callee.kind != LIMN_PICKLE_SYMBOL || !callee.symbol->call)
        return limn_pickle_refuse(m, "something is called that is not a function");
    if (arguments.kind != LIMN_PICKLE_TUPLE)
        return limn_pickle_refuse(m, "a function is called with something that is not a tuple");
    return callee.symbol->call(m, arguments.list->items, arguments.list->count, result);
}

// Legacy files: None, or (key of the view, offset, count) of a part of the storage.
static limn_status read_view(machine *m, value view, limn_pickle_storage *storage) {
    if (view.kind == LIMN_PICKLE_NONE) return LIMN_OK;
    const value *items = view.kind == LIMN_PICKLE_TUPLE ? view.list->items : NULL;
    if (!items || view.list->count != 3 || items[1].kind != LIMN_PICKLE_INTEGER ||
        items[2].kind != LIMN_PICKLE_INTEGER || items[1].integer < 0 || items[2].integer < 0)
        return limn_pickle_refuse(m, "the view of a storage is not a key, an offset and a count");
    storage->view_offset = (size_t)items[1].integer;
    storage->view_count = (size_t)items[2].integer;
    if (storage->view_offset > storage->count ||
        storage->view_count > storage->count - storage->view_offset)
        return limn_pickle_refuse(m,
                                  "a view of %zu elements from %zu on is outside its storage of "
                                  "%zu",
                                  storage->view_count, storage->view_offset, storage->count);
    return LIMN_OK;
}

static limn_status keep_storage(machine *m, limn_pickle_storage *storage) {
    limn_pickle *pickle = m->pickle;
    if (pickle->storage_count >= LIMN_TENSORS_MOST)
        return limn_pickle_refuse(m, "there are more than %d storages", LIMN_TENSORS_MOST);
    if (pickle->storage_count == pickle->storage_room) {
        size_t room = pickle->storage_room ? 2 * pickle->storage_room : 64;
        void *larger = realloc(pickle->storages, room * sizeof(limn_pickle_storage *));
        if (!larger) return limn_fail(LIMN_MEMORY, "no memory is left to read the pickle");
        pickle->storages = larger;
        pickle->storage_room = room;
    }
    pickle->storages[pickle->storage_count++] = storage;
    return LIMN_OK;
}

// ('storage', tag, key, location, count) and in legacy files a view.
limn_status limn_pickle_persistent(machine *m, value id, value *result) {
    size_t expected = m->pickle->dialect == LIMN_PICKLE_TORCH_LEGACY ? 6 : 5, bytes;
    const value *items = id.kind == LIMN_PICKLE_TUPLE ? id.list->items : NULL;
    if (items && id.list->count && limn_pickle_text_is(items[0], "module"))
        return limn_pickle_refuse(m, "the file holds a whole Python module, not a state dict; save "
                                     "model.state_dict() instead");
    if (!items || id.list->count != expected || !limn_pickle_text_is(items[0], "storage") ||
        items[1].kind != LIMN_PICKLE_SYMBOL || items[2].kind != LIMN_PICKLE_TEXT ||
        items[4].kind != LIMN_PICKLE_INTEGER || items[4].integer < 0)
        return limn_pickle_refuse(m,
                                  "a storage is not named by a type, a key, a place and a count");
    if (items[2].size > LIMN_NAME_MOST) // a hundred thousand may share one key, and are sorted
        return limn_pickle_refuse(m, "the key of a storage is longer than %d bytes",
                                  LIMN_NAME_MOST);
    bool untyped = items[1].symbol->role == LIMN_ROLE_UNTYPED;
    if (!untyped && items[1].symbol->role != LIMN_ROLE_STORAGE)
        return limn_pickle_refuse(m, "a storage has the type %s", items[1].symbol->name);
    limn_status status;
    limn_pickle_storage *storage = limn_pickle_take(m, sizeof *storage, &status);
    if (!storage) return status;
    *storage = (limn_pickle_storage){.key = items[2].text,
                                     .key_size = items[2].size,
                                     .untyped = untyped,
                                     .element = items[1].symbol->element,
                                     .count = (size_t)items[4].integer,
                                     .view_count = (size_t)items[4].integer};
    if (!limn_multiply(storage->count, limn_element_size(storage->element), &bytes) ||
        bytes > PTRDIFF_MAX)
        return limn_pickle_refuse(m, "a storage of %zu elements is larger than 64 bits can count",
                                  storage->count);
    if (expected == 6) LIMN_TRY(read_view(m, items[5], storage));
    LIMN_TRY(keep_storage(m, storage));
    *result = (value){.kind = LIMN_PICKLE_STORAGE, .storage = storage};
    return LIMN_OK;
}
