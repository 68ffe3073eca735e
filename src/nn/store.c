// The parameters of networks.
#include "nn/store.h"

#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int limn_store_find(const limn_store *store, const char *name) {
    for (int i = 0; i < store->size; i++)
        if (!strcmp(store->parameters[i].name, name)) return i;
    return -1;
}

static int mistaken(limn_store *store, limn_status status, const char *sentence, const char *name) {
    if (!store->status) snprintf(store->mistake, sizeof store->mistake, sentence, name);
    if (!store->status) store->status = status;
    return -1;
}

static limn_parameter *new_parameter(limn_store *store) {
    if (store->size == store->room) {
        int room = store->room ? 2 * store->room : 64;
        limn_parameter *more = realloc(store->parameters, (size_t)room * sizeof *more);
        if (!more) return NULL;
        store->parameters = more;
        store->room = room;
    }
    return &store->parameters[store->size];
}

int limn_store_add(limn_store *store, const char *name, limn_shape shape, limn_init init,
                   bool buffer) {
    int known = limn_store_find(store, name);
    if (known >= 0) {
        if (!limn_shape_equal(&store->parameters[known].shape, &shape))
            return mistaken(store, LIMN_ERROR, "parameter %s is asked for with two shapes", name);
        return known;
    }
    limn_parameter *made = new_parameter(store);
    char *copy = strdup(name);
    if (!made || !copy) {
        free(copy);
        return mistaken(store, LIMN_MEMORY, "there is no memory for parameter %s", name);
    }
    *made = (limn_parameter){.name = copy, .shape = shape, .init = init, .buffer = buffer};
    made->count = (size_t)limn_shape_count(&shape);
    made->offset = store->count;
    store->count += limn_parameter_room(made);
    return store->size++;
}

static void truncated_normal(const limn_random *stream, float mean, float deviation, float *to,
                             size_t count) {
    limn_random_normal(stream, 0, 1, to, count);
    for (size_t i = 0; i < count; i++) {
        limn_random again = *stream;
        again.sample = (uint32_t)i + 1;
        for (; fabsf(to[i]) > 2; again.step++) limn_random_normal(&again, 0, 1, &to[i], 1);
        to[i] = mean + deviation * to[i];
    }
}

static void first_value(const limn_parameter *it, uint64_t seed, float *to) {
    limn_random stream = {.seed = seed, .purpose = limn_purpose(it->name)};
    switch (it->init.kind) {
    case LIMN_INIT_USUAL:
    case LIMN_INIT_ZERO: memset(to, 0, it->count * sizeof *to); break;
    case LIMN_INIT_ONE:
        for (size_t i = 0; i < it->count; i++) to[i] = 1;
        break;
    case LIMN_INIT_UNIFORM:
        limn_random_uniform(&stream, it->init.a, it->init.b, to, it->count);
        break;
    case LIMN_INIT_NORMAL:
        limn_random_normal(&stream, it->init.a, it->init.b, to, it->count);
        break;
    case LIMN_INIT_TRUNCATED_NORMAL:
        truncated_normal(&stream, it->init.a, it->init.b, to, it->count);
        break;
    default: assert(!"a layer says what these are for its weight");
    }
}

static bool enlarge(float **array, size_t old, size_t count) {
    float *more = limn_alloc_zeroed(count * sizeof *more);
    if (!more) return false;
    if (*array) memcpy(more, *array, old * sizeof *more);
    limn_free(*array);
    *array = more;
    return true;
}

static limn_status make_ready(limn_store *store, const limn_store *from, uint64_t seed,
                              bool training) {
    if (store->status) return limn_fail(store->status, "%s", store->mistake);
    size_t old = store->allocated;
    bool fine = store->count == old || enlarge(&store->values, old, store->count);
    float **more[] = {&store->first, &store->second};
    for (int i = 0; i < 2 && fine && training; i++)
        if (!*more[i] || store->count > old)
            fine = enlarge(more[i], *more[i] ? old : 0, store->count);
    if (!fine) return limn_fail(LIMN_MEMORY, "there is no memory for %zu parameters", store->count);
    for (int i = 0; i < store->size; i++) {
        const limn_parameter *it = &store->parameters[i];
        bool known = from && limn_store_find(from, it->name) >= 0;
        if (it->offset >= old && !known) first_value(it, seed, store->values + it->offset);
    }
    store->allocated = store->count;
    return LIMN_OK;
}

limn_status limn_store_ready(limn_store *store, uint64_t seed, bool training) {
    return make_ready(store, NULL, seed, training);
}

limn_status limn_store_ready_from(limn_store *store, const limn_store *from, uint64_t seed) {
    LIMN_TRY(make_ready(store, from, seed, true));
    if (from) limn_store_copy(store, from);
    return LIMN_OK;
}

limn_status limn_store_gradients(limn_store *store, size_t count) {
    if (count <= store->gradient_count) return LIMN_OK;
    limn_free(store->gradients);
    store->gradients = limn_alloc(count * sizeof *store->gradients);
    store->gradient_count = store->gradients ? count : 0;
    if (store->gradients) return LIMN_OK;
    return limn_fail(LIMN_MEMORY, "there is no memory for the gradients of %zu parameters", count);
}

// The same parameter, of the same shape, in another store; NULL: there is none.
static const limn_parameter *twin(const limn_store *store, const limn_parameter *of) {
    int at = limn_store_find(store, of->name);
    bool fits = at >= 0 && limn_shape_equal(&store->parameters[at].shape, &of->shape);
    return fits ? &store->parameters[at] : NULL;
}

bool limn_store_alike(const limn_store *a, const limn_store *b) {
    for (int i = 0; i < a->size; i++)
        if (!twin(b, &a->parameters[i])) return false;
    return a->size == b->size;
}

// Returns how many numbers have no twin.
static size_t copy(const limn_store *to, float *values, const limn_store *from, const float *old) {
    size_t left = 0;
    for (int i = 0; i < to->size; i++) {
        const limn_parameter *it = &to->parameters[i], *same = twin(from, it);
        if (same)
            memcpy(values + it->offset, old + same->offset, it->count * sizeof *values);
        else
            left += it->count;
    }
    return left;
}

void limn_store_copy(limn_store *to, const limn_store *from) {
    for (int i = 0; i < to->size; i++)
        assert(limn_store_find(from, to->parameters[i].name) < 0 || twin(from, &to->parameters[i]));
    copy(to, to->values, from, from->values);
}

size_t limn_store_copy_fitting(limn_store *to, const limn_store *from) {
    return copy(to, to->values, from, from->values);
}

static void give_up(float **array) {
    limn_free(*array);
    *array = NULL;
}

void limn_store_move_moments(limn_store *to, limn_store *from) {
    give_up(&from->gradients);
    from->gradient_count = 0;
    copy(to, to->first, from, from->first);
    give_up(&from->first);
    copy(to, to->second, from, from->second);
    give_up(&from->second);
}

void limn_store_free(limn_store *store) {
    for (int i = 0; i < store->size; i++) free(store->parameters[i].name);
    free(store->parameters);
    limn_free(store->values);
    limn_free(store->gradients);
    limn_free(store->first);
    limn_free(store->second);
    *store = (limn_store){0};
}

int64_t limn_store_trained(const limn_store *store) {
    int64_t count = 0;
    for (int i = 0; i < store->size; i++)
        if (!store->parameters[i].buffer) count += (int64_t)store->parameters[i].count;
    return count;
}
