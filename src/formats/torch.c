// State dicts of PyTorch: the legacy stream and the zip archive, one pickle reader for both.
//
// Legacy: pickles of a magic number, the version 1001, the system's properties, the object and the
// list of storage keys; then for each key an int64 count and the values.
// Zip: <top>/data.pkl and <top>/data/<key> for each storage.
#include "formats/torch.h"

#include "base/text.h"
#include "formats/pickle.h"
#include "formats/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MOST ((size_t)32 << 20) // bytes of all names and metadata
#define VISITS_MOST 1000000
#define PICKLE_MOST ((size_t)64 << 20)

typedef limn_pickle_value value;
typedef limn_pickle_storage storage;

// Flattening.
typedef struct walk {
    limn_tensors *set;
    char name[LIMN_NAME_MOST + 1];
    size_t names, visits;
    bool written; // whether names are only counted or tensors are added
} walk;

static limn_status too_large(void) {
    return limn_fail(LIMN_MODEL, "the dictionaries of the file hold more names than any model has");
}

static limn_status add_tensor(walk *w, const limn_pickle_tensor *t) {
    const storage *s = t->storage;
    size_t size = limn_element_size(t->element);
    bool empty = false;
    for (int i = 0; i < t->rank; i++) empty |= t->shape[i] == 0;
    const unsigned char *bytes = NULL;
    if (!empty)
        bytes = s->bytes + s->view_offset * limn_element_size(s->element) + t->offset * size;
    return limn_tensors_add_view(w->set, w->name, t->element, t->rank, t->shape, t->stride, bytes);
}

// Numbers and texts beside the tensors, such as the number of the epoch.
static limn_status add_metadata(walk *w, value item) {
    char text[64];
    limn_text longer = {0};
    if (w->set->metadata_count >= LIMN_METADATA_MOST) return LIMN_OK; // no use for so many
    if (item.kind == LIMN_PICKLE_TEXT) {
        w->names += item.size; // before it is looked through: it may be there a million times
        if (w->names > NAMES_MOST) return too_large();
        if (memchr(item.text, 0, item.size)) return LIMN_OK;
        limn_text_add(&longer, item.text, item.size);
        limn_status status = longer.failed
                                 ? limn_fail(LIMN_MEMORY, "no memory is left for the metadata")
                                 : limn_tensors_note(w->set, w->name, longer.data);
        limn_text_free(&longer);
        return status;
    }
    if (item.kind == LIMN_PICKLE_REAL)
        snprintf(text, sizeof text, "%.17g", item.real);
    else if (item.kind == LIMN_PICKLE_INTEGER)
        snprintf(text, sizeof text, "%lld", (long long)item.integer);
    else if (item.kind == LIMN_PICKLE_BOOLEAN)
        snprintf(text, sizeof text, "%s", item.integer ? "true" : "false");
    else
        return LIMN_OK;
    return limn_tensors_note(w->set, w->name, text);
}

// Puts a key behind the name so far. Keys of other kinds than text and whole numbers are passed
// over.
static limn_status join(walk *w, size_t length, value key, size_t *joined) {
    char number[32];
    const char *text = key.text;
    size_t size = key.size, dot = length ? 1 : 0;
    *joined = 0;
    if (key.kind == LIMN_PICKLE_INTEGER) {
        size = (size_t)snprintf(number, sizeof number, "%lld", (long long)key.integer);
        text = number;
    } else if (key.kind != LIMN_PICKLE_TEXT) {
        return LIMN_OK;
    }
    if (size > LIMN_NAME_MOST || length + dot + size > LIMN_NAME_MOST)
        return limn_fail(LIMN_MODEL, "a name in the file is longer than %d characters",
                         LIMN_NAME_MOST);
    if (size == 0 || memchr(text, 0, size))
        return limn_fail(LIMN_MODEL, "a name in the file is empty or holds the character zero");
    if (dot) w->name[length] = '.';
    memcpy(w->name + length + dot, text, size);
    *joined = length + dot + size;
    w->name[*joined] = 0;
    w->names += *joined;
    return w->names > NAMES_MOST ? too_large() : LIMN_OK;
}

static limn_status flatten(walk *w, limn_pickle_list *dictionary, size_t length, int depth) {
    if (dictionary->entered) return limn_fail(LIMN_MODEL, "a dictionary of the file holds itself");
    if (depth > 64) return limn_fail(LIMN_MODEL, "dictionaries are nested more than 64 deep");
    dictionary->entered = true;
    for (size_t i = 0; i + 1 < dictionary->count; i += 2) {
        value item = dictionary->items[i + 1];
        size_t joined;
        if (++w->visits > VISITS_MOST) return too_large();
        LIMN_TRY(join(w, length, dictionary->items[i], &joined));
        if (!joined) continue;
        if (item.kind == LIMN_PICKLE_DICTIONARY)
            LIMN_TRY(flatten(w, item.list, joined, depth + 1));
        else if (item.kind == LIMN_PICKLE_TENSOR)
            LIMN_TRY(add_tensor(w, item.tensor));
        else
            LIMN_TRY(add_metadata(w, item));
    }
    dictionary->entered = false;
    return LIMN_OK;
}

static limn_status flatten_root(limn_tensors *set, value root) {
    walk *w = calloc(1, sizeof *w);
    if (!w) return limn_fail(LIMN_MEMORY, "no memory is left for the names of the tensors");
    w->set = set;
    limn_status status;
    if (root.kind == LIMN_PICKLE_DICTIONARY)
        status = flatten(w, root.list, 0, 1);
    else
        status = limn_fail(LIMN_MODEL,
                           "the file holds %s, not a dictionary of named tensors; save "
                           "model.state_dict() instead",
                           root.kind == LIMN_PICKLE_TENSOR ? "a single tensor" : "something else");
    free(w);
    if (!status && !set->count)
        status = limn_fail(LIMN_MODEL, "the file holds dictionaries, but no tensor");
    return status ? status : limn_tensors_seal(set);
}

// Storages: a file names one as often as tensors use it. Sorted by key, equal ones are neighbours.

static int by_key(const void *a, const void *b) {
    const storage *s = *(storage *const *)a, *t = *(storage *const *)b;
    size_t least = s->key_size < t->key_size ? s->key_size : t->key_size;
    int order = least ? memcmp(s->key, t->key, least) : 0;
    return order ? order : (s->key_size > t->key_size) - (s->key_size < t->key_size);
}

static size_t storage_bytes(const storage *s) {
    return s->count * limn_element_size(s->element);
}

static limn_status sort_storages(limn_pickle *p) {
    if (p->storage_count) qsort(p->storages, p->storage_count, sizeof(storage *), by_key);
    for (size_t i = 1; i < p->storage_count; i++) {
        const storage *s = p->storages[i - 1], *t = p->storages[i];
        if (by_key(&p->storages[i - 1], &p->storages[i])) continue;
        limn_shown shown;
        if (s->element != t->element || s->count != t->count || s->untyped != t->untyped)
            return limn_fail(LIMN_MODEL, "storage %s is named twice with different types or counts",
                             limn_show(&shown, s->key, s->key_size));
    }
    return LIMN_OK;
}

// The first of the storages with this key; storage_count when there is none.
static size_t find_storage(const limn_pickle *p, const char *key, size_t key_size) {
    storage wanted = {.key = key, .key_size = (uint32_t)key_size};
    const storage *pointer = &wanted;
    size_t low = 0, high = p->storage_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_key(&p->storages[middle], &pointer) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < p->storage_count && !by_key(&p->storages[low], &pointer);
    return found ? low : p->storage_count;
}

// Gives the bytes to all storages that are the same as the one at `first`; returns the next.
static size_t fill_storage(limn_pickle *p, size_t first, const unsigned char *bytes) {
    size_t i = first;
    do p->storages[i++]->bytes = bytes;
    while (i < p->storage_count && !by_key(&p->storages[first], &p->storages[i]));
    return i;
}

// Legacy files.

static const value *look_up(value dictionary, const char *key) {
    if (dictionary.kind != LIMN_PICKLE_DICTIONARY) return NULL;
    for (size_t i = 0; i + 1 < dictionary.list->count; i += 2)
        if (limn_pickle_text_is(dictionary.list->items[i], key))
            return &dictionary.list->items[i + 1];
    return NULL;
}

static limn_status read_record(limn_pickle *p, const unsigned char *bytes, size_t size, size_t *at,
                               value key) {
    limn_shown shown;
    uint64_t count;
    if (key.kind != LIMN_PICKLE_TEXT)
        return limn_fail(LIMN_MODEL, "the list of storages holds something that is not a key");
    const char *print = limn_show(&shown, key.text, key.size);
    size_t first = find_storage(p, key.text, key.size);
    if (first == p->storage_count)
        return limn_fail(LIMN_MODEL, "storage %s is in the file, but no tensor uses it", print);
    if (p->storages[first]->bytes)
        return limn_fail(LIMN_MODEL, "storage %s is twice in the list of storages", print);
    if (size - *at < 8)
        return limn_fail(LIMN_MODEL, "the file ends before storage %s; it is cut short", print);
    memcpy(&count, bytes + *at, 8);
    *at += 8;
    if (count != p->storages[first]->count)
        return limn_fail(LIMN_MODEL, "storage %s has %llu elements where %zu are expected", print,
                         (unsigned long long)count, p->storages[first]->count);
    size_t length = storage_bytes(p->storages[first]);
    if (length > size - *at)
        return limn_fail(LIMN_MODEL,
                         "the file ends in the middle of storage %s (%zu bytes of %zu "
                         "are there); it is cut short",
                         print, size - *at, length);
    fill_storage(p, first, bytes + *at);
    *at += length;
    return LIMN_OK;
}

static limn_status read_records(limn_pickle *p, const unsigned char *bytes, size_t size, size_t at,
                                value keys) {
    if (keys.kind != LIMN_PICKLE_LIST)
        return limn_fail(LIMN_MODEL, "the file has no list of storages");
    for (size_t i = 0; i < keys.list->count; i++)
        LIMN_TRY(read_record(p, bytes, size, &at, keys.list->items[i]));
    for (size_t i = 0; i < p->storage_count; i++) {
        limn_shown shown;
        if (!p->storages[i]->bytes)
            return limn_fail(LIMN_MODEL, "a tensor uses storage %s, which the file does not hold",
                             limn_show(&shown, p->storages[i]->key, p->storages[i]->key_size));
    }
    if (at != size)
        return limn_fail(LIMN_MODEL, "%zu bytes follow the last storage of the file", size - at);
    return LIMN_OK;
}

// Where the pickle of the magic number ends; 0 where there is none. From protocol 4 on it lies in a
// frame, whose length is in front.
static size_t end_of_magic(const unsigned char *bytes, size_t size) {
    static const unsigned char magic[] = {0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                          0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
    enum { PROTOCOL = 0x80, FRAME = 0x95 };
    if (size < 3 || bytes[0] != PROTOCOL) return 0;
    size_t at = bytes[2] == FRAME ? 11 : 2;
    bool there = size >= at + sizeof magic && !memcmp(bytes + at, magic, sizeof magic);
    return there ? at + sizeof magic : 0;
}

bool limn_torch_is_legacy(const unsigned char *bytes, size_t size) {
    return end_of_magic(bytes, size) > 0;
}

static limn_status read_legacy(limn_pickle *p, const unsigned char *bytes, size_t size,
                               limn_tensors *set) {
    value version, system, root, keys;
    size_t at = end_of_magic(bytes, size);
    if (!at) return limn_fail(LIMN_MODEL, "the file does not begin as a PyTorch file does");
    LIMN_TRY(limn_pickle_read(p, bytes, size, &at, &version));
    if (version.kind != LIMN_PICKLE_INTEGER || version.integer != 1001)
        return limn_fail(LIMN_MODEL, "the PyTorch file has another version than 1001");
    LIMN_TRY(limn_pickle_read(p, bytes, size, &at, &system));
    const value *little = look_up(system, "little_endian");
    if (!little || little->kind != LIMN_PICKLE_BOOLEAN)
        return limn_fail(LIMN_MODEL, "the PyTorch file does not say its byte order");
    if (!little->integer)
        return limn_fail(LIMN_MODEL,
                         "the PyTorch file was written on a big-endian machine; save it "
                         "again on another");
    LIMN_TRY(limn_pickle_read(p, bytes, size, &at, &root));
    size_t used = p->storage_count;
    LIMN_TRY(limn_pickle_read(p, bytes, size, &at, &keys));
    if (p->storage_count != used)
        return limn_fail(LIMN_MODEL, "the list of storages holds more than keys");
    LIMN_TRY(sort_storages(p));
    LIMN_TRY(read_records(p, bytes, size, at, keys));
    return flatten_root(set, root);
}

limn_status limn_torch_read_legacy(const unsigned char *bytes, size_t size, limn_tensors *set) {
    limn_pickle pickle = {.where = "the file", .dialect = LIMN_PICKLE_TORCH_LEGACY};
    limn_status status = read_legacy(&pickle, bytes, size, set);
    limn_pickle_free(&pickle);
    return status;
}

// Zip archives.

// The archive's only member called <top>/data.pkl, and the length of "<top>/".
static limn_status find_pickle(const limn_zip *zip, const limn_zip_member **member, size_t *top) {
    *member = NULL;
    *top = 0;
    bool script = false;
    for (size_t i = 0; i < zip->count; i++) {
        const limn_zip_member *m = &zip->members[i];
        const char *slash = memchr(m->name, '/', m->name_size);
        size_t folder = slash ? (size_t)(slash - m->name) + 1 : 0, rest = m->name_size - folder;
        const char *name = m->name + folder;
        if (!folder) continue;
        script |= (rest == 13 && !memcmp(name, "constants.pkl", 13)) ||
                  (rest > 5 && !memcmp(name, "code/", 5));
        if (rest != 8 || memcmp(name, "data.pkl", 8) != 0) continue;
        if (*member) return limn_fail(LIMN_MODEL, "the zip archive holds more than one data.pkl");
        *member = m;
        *top = folder;
    }
    if (script)
        return limn_fail(LIMN_MODEL, "the file is a TorchScript program, not a state dict; save "
                                     "model.state_dict() instead");
    if (!*member)
        return limn_fail(LIMN_MODEL, "the file is a zip archive, but not one of PyTorch: it has no "
                                     "data.pkl. If it holds a model, unpack it first");
    return LIMN_OK;
}

static char *put(char *to, const char *from, size_t size) {
    if (size) memcpy(to, from, size);
    return to + size;
}

static const limn_zip_member *find_member(const limn_zip *zip, const limn_zip_member *pickle,
                                          size_t top, const char *folder, const char *key,
                                          size_t key_size) {
    char name[2 * LIMN_NAME_MOST];
    size_t middle = strlen(folder);
    if (top + middle + key_size > sizeof name) return NULL;
    char *end = put(put(put(name, pickle->name, top), folder, middle), key, key_size);
    return limn_zip_find(zip, name, (size_t)(end - name));
}

static limn_status check_order(limn_zip *zip, const limn_zip_member *pickle, size_t top,
                               limn_tensors *set) {
    const limn_zip_member *member = find_member(zip, pickle, top, "byteorder", "", 0);
    const unsigned char *bytes;
    if (!member) return LIMN_OK;
    LIMN_TRY(limn_zip_read(zip, member, 64, set, &bytes));
    if (member->size >= 6 && !memcmp(bytes, "little", 6)) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "the PyTorch file was written on a big-endian machine; save it "
                                 "again on another");
}

static limn_status read_members(limn_pickle *p, limn_zip *zip, const limn_zip_member *pickle,
                                size_t top, limn_tensors *set) {
    for (size_t i = 0; i < p->storage_count;) {
        const storage *s = p->storages[i];
        limn_shown shown;
        const unsigned char *bytes;
        const char *print = limn_show(&shown, s->key, s->key_size);
        const limn_zip_member *m = find_member(zip, pickle, top, "data/", s->key, s->key_size);
        if (!m)
            return limn_fail(LIMN_MODEL,
                             "a tensor uses storage %s, which the archive does not hold", print);
        if (m->size != storage_bytes(s))
            return limn_fail(LIMN_MODEL, "storage %s has %zu bytes where %zu are expected", print,
                             m->size, storage_bytes(s));
        LIMN_TRY(limn_zip_read(zip, m, m->size, set, &bytes));
        i = fill_storage(p, i, bytes);
    }
    return LIMN_OK;
}

static limn_status read_zip(limn_pickle *p, limn_zip *zip, limn_tensors *set) {
    const limn_zip_member *member;
    const unsigned char *bytes;
    size_t top, at = 0;
    value root;
    LIMN_TRY(find_pickle(zip, &member, &top));
    LIMN_TRY(check_order(zip, member, top, set));
    LIMN_TRY(limn_zip_read(zip, member, PICKLE_MOST, set, &bytes));
    LIMN_TRY(limn_pickle_read(p, bytes, member->size, &at, &root));
    if (at != member->size)
        return limn_fail(LIMN_MODEL, "%zu bytes follow the end of data.pkl", member->size - at);
    LIMN_TRY(sort_storages(p));
    LIMN_TRY(read_members(p, zip, member, top, set));
    return flatten_root(set, root);
}

limn_status limn_torch_read_zip(const unsigned char *bytes, size_t size, limn_tensors *set) {
    limn_pickle pickle = {.where = "data.pkl"};
    limn_zip zip = {0};
    limn_status status = limn_zip_open(bytes, size, &zip);
    if (!status) status = read_zip(&pickle, &zip, set);
    limn_pickle_free(&pickle);
    limn_zip_close(&zip);
    return status;
}
