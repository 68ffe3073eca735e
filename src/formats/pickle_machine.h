// What the parts of the pickle reader share: the machine, and calling a symbol.
#ifndef LIMN_MODEL_PICKLE_MACHINE_H
#define LIMN_MODEL_PICKLE_MACHINE_H

#include "formats/pickle.h"

#include <string.h>

#define LIMN_PICKLE_DEPTH 64 // of nested containers and of open marks

typedef struct limn_pickle_machine {
    limn_pickle *pickle;
    const unsigned char *bytes;
    size_t size, at;
    size_t opcode_at;        // where the opcode being done lies
    const char *opcode_name; // "REDUCE"
    limn_pickle_value *stack;
    size_t count, room;
    size_t marks[LIMN_PICKLE_DEPTH];
    int mark_count;
    limn_pickle_value *memo;
    size_t memo_count, memo_room;
    size_t looked_through; // bytes of texts that stand for bytes
    bool stopped;
} limn_pickle_machine;

// What a pickle may name. It is only compared, never looked up.
typedef enum limn_pickle_role {
    LIMN_ROLE_CALL,
    LIMN_ROLE_STORAGE,
    LIMN_ROLE_UNTYPED, // a storage of bytes
    LIMN_ROLE_TYPE,
} limn_pickle_role;

typedef limn_status limn_pickle_function(limn_pickle_machine *machine,
                                         const limn_pickle_value *arguments, size_t count,
                                         limn_pickle_value *result);

struct limn_pickle_symbol {
    const char *module, *name;
    limn_pickle_role role;
    limn_element element;       // of a storage or type
    limn_pickle_function *call; // of LIMN_ROLE_CALL
};

// LIMN_MODEL and a sentence that ends in the opcode and where it is. The status is spelled out so
// that the compiler knows it is not LIMN_OK.
#define limn_pickle_refuse(...) (limn_pickle_complain(__VA_ARGS__), LIMN_MODEL)
void limn_pickle_complain(const limn_pickle_machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Zeroed memory within the reader's limit; NULL after a refusal, whose status is *status.
void *limn_pickle_take(limn_pickle_machine *machine, size_t bytes, limn_status *status);
limn_status limn_pickle_new_list(limn_pickle_machine *machine, limn_pickle_kind kind, size_t room,
                                 limn_pickle_value *value);
limn_status limn_pickle_append(limn_pickle_machine *machine, limn_pickle_list *list,
                               limn_pickle_value item);

// The symbol of this module and name, if it is one of those known.
limn_status limn_pickle_symbol_find(limn_pickle_machine *machine, const char *module,
                                    size_t module_size, const char *name, size_t name_size,
                                    limn_pickle_value *value);
// The same for pickles of NumPy; NULL when it is none of those.
const struct limn_pickle_symbol *limn_pickle_numpy_symbol(const char *module, size_t module_size,
                                                          const char *name, size_t name_size);
// REDUCE and BINPERSID.
limn_status limn_pickle_call(limn_pickle_machine *machine, limn_pickle_value callee,
                             limn_pickle_value arguments, limn_pickle_value *value);
limn_status limn_pickle_persistent(limn_pickle_machine *machine, limn_pickle_value id,
                                   limn_pickle_value *value);
// BUILD in pickles of NumPy: a type learns its byte order, an array its shape and values.
limn_status limn_pickle_numpy_build(limn_pickle_machine *machine, limn_pickle_value target,
                                    limn_pickle_value state);
// "state dict" or "array": what the pickle is for.
const char *limn_pickle_purpose(const limn_pickle_machine *machine);

// A tuple of at most 8 whole numbers, none negative: the `what` of a tensor or array.
limn_status limn_pickle_extent(limn_pickle_machine *machine, limn_pickle_value item,
                               const char *what, size_t *extent, int *rank);

static inline bool limn_pickle_word(const char *text, size_t size, const char *word) {
    return size == strlen(word) && !memcmp(text, word, size);
}

#endif
