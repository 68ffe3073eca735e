// Options from JSON.
#include "model/settings.h"

static limn_status read_list(const limn_option_group *groups, const char *name, const json_t *list,
                             void *values, limn_parsed *parsed) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (!item) return limn_fail(LIMN_INPUT, "entry %zu of \"%s\" is no text", i, name);
        LIMN_TRY(limn_options_set(groups, name, item, values, parsed));
    }
    return LIMN_OK;
}

limn_status limn_setting_read(const limn_option_group *groups, const char *name,
                              const json_t *value, void *values, limn_parsed *parsed) {
    if (!limn_options_find(groups, name) || json_is_null(value)) return LIMN_OK;
    if (json_is_array(value)) return read_list(groups, name, value, values, parsed);
    const char *text = json_is_true(value) ? "yes" : json_is_false(value) ? "no" : NULL;
    if (json_is_string(value)) text = json_string_value(value);
    // An option may keep the text.
    if (json_is_integer(value))
        text = limn_arena_print(&parsed->arena, "%lld", json_integer_value(value));
    if (json_is_real(value))
        text = limn_arena_print(&parsed->arena, "%.17g", json_real_value(value));
    if (parsed->arena.failed) return limn_fail(LIMN_MEMORY, "no memory for options");
    if (!text) return limn_fail(LIMN_INPUT, "\"%s\" is no value", name);
    return limn_options_set(groups, name, text, values, parsed);
}
