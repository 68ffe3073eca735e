// What looks are asked for: domains, exemplars, chance, and ways between two of them; and what a
// model cannot do of it.
#include "app/looks.h"

#include "base/file.h"
#include "data/folder.h"
#include "base/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOOKS = 1024 };

// ---- what contradicts itself ----

static bool is_all(const limn_use_options *given) {
    return given->to && !strcmp(given->to, LIMN_ALL_DOMAINS);
}

limn_status limn_user_check(const limn_user *by) {
    const limn_use_options *given = by->given;
    if (given->exemplars.count && given->random)
        return limn_fail(LIMN_USAGE, "--exemplar and --random: choose one of them.");
    if (given->interpolate == 1)
        return limn_fail(LIMN_USAGE, "--interpolate 1: at least 2 steps are needed.");
    if (given->random && given->interpolate && given->random != 2)
        return limn_fail(LIMN_USAGE,
                         "--interpolate %lld with --random %lld: it goes from one style to "
                         "another: --random 2.",
                         (long long)given->interpolate, (long long)given->random);
    if (given->pair && (!given->exemplars.count || given->interpolate || given->diagnose))
        return limn_fail(LIMN_USAGE,
                         "--pair gives each picture one of the exemplars: --exemplar FOLDER is "
                         "needed, and neither --interpolate nor --diagnose.");
    if (given->diagnose && (given->exemplars.count != 1 || given->interpolate))
        return limn_fail(LIMN_USAGE, "--diagnose shows one exemplar: --exemplar PICTURE.");
    if (is_all(given) && (given->random || given->interpolate))
        return limn_fail(LIMN_USAGE, "--to all: name one domain for a sheet.");
    return LIMN_OK;
}

// ---- what a kind cannot ----

static bool has_domains(const limn_kind *kind) {
    return kind->most_domains > 0;
}
static bool reads_exemplars(const limn_kind *kind) {
    return kind->style != NULL;
}
static bool knows_chance(const limn_kind *kind) {
    return kind->chance != NULL;
}
static bool has_styles(const limn_kind *kind) {
    return kind->styles != LIMN_STYLES_NONE;
}
static bool has_codes(const limn_kind *kind) {
    return kind->styles == LIMN_STYLES_CODES;
}

static bool can_diagnose(const limn_kind *kind) {
    return kind->diagnose != NULL;
}

static const struct ability {
    const char *option;
    bool (*can)(const limn_kind *kind);
    const char *lack;
} abilities[] = {
    {"to", has_domains, "it has no domains"},
    {"from", has_domains, "it has no domains"},
    {"direction", has_codes, "name the domain with --to"},
    {"exemplar", reads_exemplars, "it reads no exemplars"},
    {"pair", reads_exemplars, "it reads no exemplars"},
    {"diagnose", can_diagnose, "there is nothing between a picture and its result"},
    {"random", knows_chance, "it makes nothing from chance"},
    {"interpolate", has_styles, "it has one look"},
    {"style-strength", has_codes, "its styles cannot be weakened"},
};

static limn_status check_abilities(const limn_user *by) {
    const limn_kind *kind = by->tool->model->kind;
    for (size_t i = 0; i < sizeof abilities / sizeof *abilities; i++)
        if (limn_parsed_has(by->call->parsed, abilities[i].option) && !abilities[i].can(kind))
            return limn_fail(LIMN_USAGE, "--%s: %s is a model of network %s: %s. Leave it out.",
                             abilities[i].option, by->tool->path, kind->name, abilities[i].lack);
    int fixed = kind->sizes(by->tool->model->shape).fixed;
    if (fixed && by->given->size == LIMN_SIZE_NATIVE - 1)
        return limn_fail(LIMN_USAGE,
                         "--size native: the networks of %s compute at %d x %d pixels alone. Say "
                         "model, keep or detail.",
                         by->tool->path, fixed, fixed);
    return LIMN_OK;
}

// ---- pictures and sheets ----

// Where domains are the styles, sheets show what the model makes of chance, or a way between two
// pictures or two domains.
static limn_status check_domain_sheet(const limn_user *by) {
    const limn_use_options *given = by->given;
    int count = by->call->parsed->argument_count;
    bool one = given->interpolate && count == 1;
    if (given->random && given->interpolate)
        return limn_fail(LIMN_USAGE, "--random and --interpolate: choose one of them.");
    if (given->random && count)
        return limn_fail(LIMN_USAGE, "--random makes pictures from chance and takes none.");
    if (given->interpolate && count > 2)
        return limn_fail(LIMN_USAGE,
                         "--interpolate %lld with %d pictures: at least 2 steps between two "
                         "pictures, or of one picture from --from to --to, are needed.",
                         (long long)given->interpolate, count);
    if (one && !given->from)
        return limn_fail(LIMN_USAGE,
                         "--interpolate %lld with one picture: say in which domain it begins: "
                         "--from DOMAIN.",
                         (long long)given->interpolate);
    if (given->from && !one)
        return limn_fail(LIMN_USAGE,
                         "--from %s: it belongs to --interpolate with one picture. Leave it out.",
                         given->from);
    limn_result_size size = (limn_result_size)(given->size + 1);
    if (limn_size_is_own(size) && (given->random || given->interpolate))
        return limn_fail(LIMN_USAGE,
                         "--size %s: the pictures of a sheet have the model's size. Leave it "
                         "out.",
                         size == LIMN_SIZE_KEEP ? "keep" : "detail");
    return LIMN_OK;
}

// A model that keeps its looks by chance has so many of them.
static limn_status check_chances(const limn_user *by) {
    const limn_model *model = by->tool->model;
    if (!by->given->random || !model->kind->chances) return LIMN_OK;
    int most = model->kind->chances(model->shape, by->to);
    if (by->given->random <= most) return LIMN_OK;
    return limn_fail(LIMN_USAGE, "--random %lld: %s keeps %d looks of %s.",
                     (long long)by->given->random, by->tool->path, most,
                     limn_model_domain(model, by->to));
}

// Whether the domain alone says what a result is to look like.
static bool has_one_look(const limn_user *by) {
    const limn_model *model = by->tool->model;
    return model->kind->style_count && model->kind->style_count(model->shape) == 0;
}

static limn_status check_codes(const limn_user *by) {
    const limn_use_options *given = by->given;
    bool inside = by->from == by->to; // a domain: then the picture's own look serves
    bool one = has_one_look(by);
    if (one && given->exemplars.count)
        limn_say(by->call, "%s takes nothing of an exemplar: it changes nothing", by->tool->path);
    limn_status status = limn_model_check_part(by->tool->model, LIMN_READ, by->from);
    if (status == LIMN_OK) status = limn_model_check_part(by->tool->model, LIMN_DRAW, by->to);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", by->tool->path);
    if (!given->exemplars.count && !given->random && !inside && !one)
        return limn_fail(LIMN_USAGE, "a look is needed: --exemplar PICTURE, or --random N.");
    return check_chances(by);
}

static limn_status check_pictures(const limn_user *by) {
    const limn_kind *kind = by->tool->model->kind;
    bool from_chance = by->given->random && kind->styles == LIMN_STYLES_DOMAINS;
    if (!by->call->parsed->argument_count && !from_chance)
        return limn_fail(LIMN_USAGE, "%s: needs PICTURE|FOLDER ...%s", by->call->verb->name,
                         kind->styles == LIMN_STYLES_DOMAINS ? ", or --random N." : "");
    if (from_chance || !kind->readable) return LIMN_OK;
    limn_status status = kind->readable(by->tool->model->shape);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", by->tool->path);
}

// ---- domains ----

static limn_status find_direction(limn_user *by) {
    if (by->tool->model->domain_count != 2)
        return limn_fail(LIMN_USAGE,
                         "--direction: %s has %d domains, and it is short for two. Name the "
                         "domain with --to.",
                         by->tool->path, by->tool->model->domain_count);
    static const int ends[][2] = {{0, 0}, {0, 1}, {1, 0}, {0, 0}, {1, 1}};
    const int *found = ends[by->given->direction];
    bool unlike =
        (by->given->to && by->to != found[1]) || (by->given->from && by->from != found[0]);
    if (unlike)
        return limn_fail(LIMN_USAGE,
                         "--direction says another domain than --%s. Leave one of "
                         "them out.",
                         by->given->to && by->to != found[1] ? "to" : "from");
    by->from = found[0];
    by->to = found[1];
    return LIMN_OK;
}

static limn_status find_domains(limn_user *by) {
    const limn_kind *kind = by->tool->model->kind;
    const limn_use_options *given = by->given;
    int target = kind->target ? kind->target(by->tool->model->shape) : 1;
    bool two = by->tool->model->domain_count == 2;
    if (!has_domains(kind)) return LIMN_OK;
    by->to_all = is_all(given) && kind->domain;
    by->to = target;
    if (given->from) LIMN_TRY(limn_model_find_domain(by->tool->model, given->from, &by->from));
    if (given->to && !by->to_all)
        LIMN_TRY(limn_model_find_domain(by->tool->model, given->to, &by->to));
    if (!given->to && !given->direction && target < 0)
        return limn_fail(LIMN_USAGE,
                         "--to DOMAIN is needed. Those of the model are shown by limn info %s",
                         by->tool->path);
    // Of two domains the one that is not named is the other one.
    if (given->from && !given->to && two) by->to = 1 - by->from;
    if (!given->from) by->from = two && !by->to_all ? 1 - by->to : 0;
    return given->direction ? find_direction(by) : LIMN_OK;
}

limn_status limn_user_check_model(limn_user *by) {
    limn_styles styles = by->tool->model->kind->styles;
    LIMN_TRY(check_abilities(by));
    if (styles == LIMN_STYLES_DOMAINS) LIMN_TRY(check_domain_sheet(by));
    LIMN_TRY(check_pictures(by));
    LIMN_TRY(find_domains(by));
    return styles == LIMN_STYLES_CODES ? check_codes(by) : LIMN_OK;
}

// ---- looks ----

static limn_status no_memory(void) {
    return limn_fail(LIMN_MEMORY, "there is no memory for the list of looks");
}

// Adds an empty one of this name, which is copied.
static limn_status add(limn_user *by, const char *name, limn_look **look) {
    limn_looks *all = &by->looks;
    if (all->count == MOST_LOOKS && !by->given->pair)
        return limn_fail(LIMN_USAGE, "more than %d looks at once are not possible", MOST_LOOKS);
    bool by_name = !by->given->pair || by->given->pair == LIMN_PAIR_NAME;
    for (int i = 0; i < all->count && by_name; i++)
        if (!strcmp(all->names[i], name))
            return limn_fail(LIMN_USAGE,
                             "%s: two exemplars have this name, %s. Give one of them another name.",
                             name,
                             by->given->pair ? "by which --pair chooses one"
                                             : "and their results would lie in one folder");
    limn_look *items = realloc(all->items, ((size_t)all->count + 1) * sizeof *items);
    if (items) all->items = items;
    const char **names = realloc(all->names, ((size_t)all->count + 1) * sizeof *names);
    if (names) all->names = names;
    const char *copy = limn_arena_copy(&all->arena, name, strlen(name) + 1);
    if (!items || !names || !copy) return no_memory();
    *look = &items[all->count];
    **look = (limn_look){.style = NULL};
    names[all->count++] = copy;
    return LIMN_OK;
}

static const char *domain_name(const limn_user *by, int domain) {
    return limn_model_domain(by->tool->model, domain);
}

static limn_status add_domains(limn_user *by) {
    int first = by->to_all ? 0 : by->to,
        last = by->to_all ? by->tool->model->domain_count - 1 : by->to;
    for (int d = first; d <= last; d++) {
        limn_look *look;
        LIMN_TRY(add(by, domain_name(by, d), &look));
        LIMN_TRY(limn_style_domain(by->tool->runner, domain_name(by, d), &look->style));
    }
    return LIMN_OK;
}

static limn_status add_chance(limn_user *by) {
    for (int k = 0; k < (int)by->given->random; k++) {
        char name[16];
        limn_look *look;
        snprintf(name, sizeof name, "%04d", k + 1);
        LIMN_TRY(add(by, name, &look));
        LIMN_TRY(limn_style_random(by->tool->runner, domain_name(by, by->to),
                                   (uint64_t)by->given->seed, k, &look->style));
    }
    return LIMN_OK;
}

static limn_status read_picture(const limn_user *by, const char *path, limn_picture **picture) {
    const limn_read_options how = {.size = sizeof how,
                                   .max_memory = by->given->verb.compute.max_memory};
    return limn_call_read(by->call, path, &how, picture);
}

limn_status limn_look_open(const limn_user *by, const limn_look *look, limn_picture **exemplar) {
    LIMN_TRY(read_picture(by, look->path, exemplar));
    limn_picture_on_white(*exemplar);
    return LIMN_OK;
}

limn_status limn_look_read(limn_user *by, const limn_picture *exemplar, limn_look *look) {
    limn_status status =
        limn_style_read(by->tool->runner, exemplar, domain_name(by, by->to), &look->style);
    if (status == LIMN_OK) status = limn_user_weaken(by, &look->style);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", look->path);
}

limn_status limn_user_pass_broken(const limn_user *by, limn_status status) {
    if (status != LIMN_INPUT || !by->given->verb.batch.skip_broken) return status;
    limn_say(by->call, "skipped: %s", limn_message());
    return LIMN_OK;
}

static limn_status read_exemplar(limn_user *by, limn_look *look) {
    LIMN_TRY(limn_look_open(by, look, &look->exemplar));
    return limn_look_read(by, look->exemplar, look);
}

static limn_status add_exemplar(void *context, const char *path, const char *relative) {
    limn_user *by = context;
    limn_look *look;
    char name[256];
    if (relative && !*relative) return limn_pass_over();
    if (limn_folder_format(path) == LIMN_FORMAT_NONE && relative) return LIMN_OK;
    const char *last = limn_path_name(path);
    snprintf(name, sizeof name, "%.*s", (int)limn_path_stem(last), last);
    LIMN_TRY(limn_originals_add(&by->call->originals, path));
    LIMN_TRY(add(by, name, &look));
    look->path = limn_arena_copy(&by->looks.arena, path, strlen(path) + 1);
    if (!look->path) return no_memory();
    if (by->given->pair) return LIMN_OK;
    limn_status status = read_exemplar(by, look);
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(look->exemplar);
    by->looks.count--;
    return limn_user_pass_broken(by, status);
}

static limn_status add_exemplars(limn_user *by) {
    for (int i = 0; i < by->given->exemplars.count; i++) {
        const char *path = by->given->exemplars.items[i];
        LIMN_TRY(limn_folder_exists(path)
                     ? limn_folder_walk(path, by->given->verb.batch.recursive, add_exemplar, by)
                     : add_exemplar(by, path, NULL));
    }
    if (by->looks.count || !by->given->exemplars.count) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "--exemplar %s: there is no picture in this folder%s.",
                     by->given->exemplars.items[0],
                     by->given->verb.batch.skip_broken ? " that could be read" : "");
}

// What two pictures, or one in two domains, are made of: the ends of a strip.
static limn_status add_contents(limn_user *by) {
    const limn_parsed *parsed = by->call->parsed;
    for (int i = 0; i < 2; i++) {
        limn_picture *picture;
        limn_look *look;
        int which = i < parsed->argument_count ? i : 0;
        LIMN_TRY(limn_originals_add(&by->call->originals, parsed->arguments[which]));
        LIMN_TRY(add(by, i ? "last" : "first", &look));
        LIMN_TRY(read_picture(by, parsed->arguments[which], &picture));
        limn_status status = limn_style_read(
            by->tool->runner, picture,
            domain_name(by, i == 0 && by->given->from ? by->from : by->to), &look->style);
        limn_picture_free(picture);
        LIMN_TRY(status);
    }
    return LIMN_OK;
}

limn_status limn_user_weaken(limn_user *by, limn_style **style) {
    double strength = by->given->style_strength;
    limn_style *average, *full = *style;
    if (!limn_parsed_has(by->call->parsed, "style-strength") || strength == 1) return LIMN_OK;
    LIMN_TRY(limn_style_average(by->tool->runner, domain_name(by, by->to), &average));
    limn_status status = limn_style_mix(average, full, strength, style);
    if (status == LIMN_OK)
        limn_style_free(full);
    else
        *style = full;
    limn_style_free(average);
    return status;
}

// The two looks that are there become so many, from the one to the other.
static limn_status interpolate(limn_user *by) {
    int steps = (int)by->given->interpolate;
    if (!steps) return LIMN_OK;
    if (by->looks.count != 2)
        return limn_fail(LIMN_USAGE,
                         "--interpolate %d goes from one look to another: two exemplars or "
                         "--random 2 are needed.",
                         steps);
    limn_looks ends = by->looks;
    by->looks = (limn_looks){.items = NULL};
    limn_status status = LIMN_OK;
    for (int i = 0; i < steps && status == LIMN_OK; i++) {
        char name[16];
        limn_look *look;
        snprintf(name, sizeof name, "%04d", i + 1);
        status = add(by, name, &look);
        if (status == LIMN_OK)
            status = limn_style_mix(ends.items[0].style, ends.items[1].style,
                                    (double)((float)i / (float)(steps - 1)), &look->style);
    }
    for (int i = 0; i < 2 && status == LIMN_OK; i++) { // the ends are those of the exemplars
        by->looks.items[i * (steps - 1)].exemplar = ends.items[i].exemplar;
        ends.items[i].exemplar = NULL;
    }
    limn_looks_free(&ends);
    return status;
}

limn_status limn_looks_find(limn_user *by) {
    const limn_use_options *given = by->given;
    limn_styles styles = by->tool->model->kind->styles;
    if (styles == LIMN_STYLES_NONE) return LIMN_OK;
    if (given->random)
        LIMN_TRY(add_chance(by));
    else if (styles == LIMN_STYLES_CODES)
        LIMN_TRY(add_exemplars(by));
    else
        LIMN_TRY(given->interpolate ? add_contents(by) : add_domains(by));
    for (int i = 0; i < by->looks.count && !given->exemplars.count; i++)
        LIMN_TRY(limn_user_weaken(by, &by->looks.items[i].style));
    return interpolate(by);
}

void limn_looks_free(limn_looks *looks) {
    for (int i = 0; i < looks->count; i++) {
        limn_style_free(looks->items[i].style);
        limn_picture_free(looks->items[i].exemplar);
    }
    free(looks->items);
    free(looks->names);
    limn_arena_release(&looks->arena);
    *looks = (limn_looks){.items = NULL};
}
