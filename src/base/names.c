// Names of domains.
#include "base/names.h"

#include "base/text.h"

#include <string.h>

static bool has_control(const char *name) {
    while (*name && !limn_text_control(name)) name++;
    return *name;
}

const char *limn_domain_fault(const char *name, const char *const *others, int count) {
    enum { LONGEST = 255 }; // bytes: of a folder's name
    size_t size = strlen(name);
    if (!limn_utf8_valid(name, size)) return "the name is not UTF-8";
    if (has_control(name)) return "the name has a control character";
    if (!size || strpbrk(name, "/\\") || !strcmp(name, ".") || !strcmp(name, ".."))
        return "the name is to serve for a folder, and cannot";
    if (size > LONGEST) return "the name is longer than 255 bytes";
    if (!strcmp(name, LIMN_ALL_DOMAINS)) return "the name is taken: it stands for every domain";
    for (int i = 0; i < count; i++)
        if (!strcmp(others[i], name)) return "two domains cannot have one name";
    return NULL;
}
