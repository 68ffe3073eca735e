// Names of domains: they serve for folders and stand in sentences.
#ifndef LIMN_BASE_NAMES_H
#define LIMN_BASE_NAMES_H

enum { LIMN_MOST_DOMAINS = 256 };

// The word that stands for every domain where one is asked for.
#define LIMN_ALL_DOMAINS "all"

// What keeps a name from being that of the domain behind `count` others, as the rest of a sentence
// that begins with it ("the name is not UTF-8"); NULL when nothing does.
const char *limn_domain_fault(const char *name, const char *const *others, int count);

#endif
