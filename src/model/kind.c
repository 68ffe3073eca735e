// What can be asked of every kind of model.
#include "model/kind.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const limn_kind *limn_kind_find(const char *name) {
    for (const limn_kind *const *kind = limn_kinds; *kind; kind++)
        if (!strcmp((*kind)->name, name)) return *kind;
    return NULL;
}

void limn_kind_names(limn_text *text) {
    for (const limn_kind *const *kind = limn_kinds; *kind; kind++)
        limn_text_print(text, "%s%s",
                        kind == limn_kinds ? ""
                        : kind[1]          ? ", "
                                           : " or ",
                        (*kind)->name);
}

void *limn_kind_shape(const limn_kind *kind) {
    const limn_option_group groups[] = {{"shape", kind->shape, 0}, {0}};
    void *shape = calloc(1, kind->shape_size);
    if (shape) limn_options_default(groups, shape);
    return shape;
}

bool limn_kind_alike(const limn_kind *kind, const void *a, const void *b) {
    for (const limn_option *option = kind->shape; option->name; option++)
        if (!limn_option_same(option, a, b)) return false;
    return true;
}

void limn_kind_shape_words(const limn_kind *kind, const void *shape, limn_text *text) {
    const limn_option_group groups[] = {{"shape", kind->shape, 0}, {0}};
    limn_text json = {0};
    limn_options_json(groups, shape, &json);
    for (const char *at = json.data; at && *at; at++)
        if (!strchr("{}\":", *at)) limn_text_add(text, at, 1);
    text->failed |= json.failed;
    limn_text_free(&json);
}

bool limn_kind_holds(const limn_kind *kind, const void *shape, limn_part part, int domain) {
    return !kind->holds || kind->holds(shape, part, domain);
}

int limn_kind_first(const limn_kind *kind, const void *shape, limn_part part) {
    int domain = 0;
    while (!limn_kind_holds(kind, shape, part, domain)) domain++;
    return domain;
}

void limn_kind_pictures(const limn_kind *kind, limn_graph *graph, limn_shape shape,
                        limn_content *pictures) {
    *pictures = (limn_content){.count = kind->pictures ? kind->pictures : 1};
    for (int i = 0; i < pictures->count; i++)
        pictures->node[i] = limn_input(graph, "picture", shape);
}

limn_node *limn_kind_apply(const limn_kind *kind, limn_net *net, const void *shape,
                           limn_node *rgb) {
    assert(!kind->read && kind->pictures <= 1);
    return kind->draw(net, shape, 0, &(limn_content){.node = {rgb}, .count = 1}, NULL);
}

enum { LONGEST_ENLARGED = 16 };

void limn_sizes_trained(const limn_sizes *sizes, int *width, int *height) {
    int shorter = *width < *height ? *width : *height;
    int longer = *width < *height ? *height : *width;
    double by = (double)sizes->usual / shorter;
    double most = (double)LONGEST_ENLARGED * sizes->usual / longer;
    if (by > 1 && by > most) by = most > 1 ? most : 1;
    *width = sizes->square ? sizes->usual : (int)(*width * by + 0.5);
    *height = sizes->square ? sizes->usual : (int)(*height * by + 0.5);
}

limn_status limn_sizes_check(const limn_sizes *sizes, const char *name) {
    int multiple = sizes->multiple > sizes->rounds ? sizes->multiple : sizes->rounds;
    if (sizes->usual % multiple == 0) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "%s %d: a multiple of %d is needed", name, sizes->usual, multiple);
}
