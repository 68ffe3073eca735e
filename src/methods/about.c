// Which method tells what a model file holds.
#include "methods/about.h"

#include <string.h>

static const struct kind {
    const char *method; // as in limn.method; NULL: all others
    limn_tell *tell;
    limn_tell_head *tell_head;
} kinds[] = {{"two-step", limn_two_step_tell, limn_two_step_tell_head},
             {NULL, limn_model_tell, limn_model_tell_head}};

static const struct kind *kind_of(const limn_tensors *set) {
    const char *method = limn_tensors_metadata(set, "limn.method");
    const struct kind *kind = kinds;
    while (kind->method && !(method && !strcmp(kind->method, method))) kind++;
    return kind;
}

limn_status limn_about_read(const limn_tensors *set, const char *path, const char *network,
                            limn_about *about) {
    *about = (limn_about){.method = NULL};
    limn_tensors own; // whoever tells may tidy the names
    LIMN_TRY(limn_tensors_borrow(set, &own));
    limn_status status = kind_of(set)->tell(&own, network, about);
    limn_tensors_free(&own);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", path);
    if (!about->arena.failed) return LIMN_OK;
    limn_about_free(about);
    return limn_fail(LIMN_MEMORY, "there is no memory for a model");
}

limn_status limn_about_look(limn_tensors *set, limn_about *about) {
    *about = (limn_about){.method = NULL};
    return kind_of(set)->tell_head(set, about);
}

limn_status limn_about_check_network(const char *is, const char *said) {
    if (!said || !strcmp(said, is)) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "the file says that its network is %.60s, and it was called %.60s. Leave "
                     "--network out",
                     is, said);
}

void limn_about_free(limn_about *about) {
    limn_arena_release(&about->arena);
    *about = (limn_about){.method = NULL};
}
