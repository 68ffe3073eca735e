// The looks that a model can give, and translating by them: limn/model.h over the runner.
#include "model/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct limn_style {
    const limn_model *model; // borrowed; to tell whether a runner is of the same
    int to;                  // domain
    int64_t count;           // of numbers
    float *numbers;
    limn_content_values content; // where domains are the styles and this one is of a picture
};

void limn_style_free(limn_style *style) {
    if (!style) return;
    limn_content_free(&style->content);
    free(style->numbers);
    free(style);
}

// ---- making them ----

static limn_status refuse(const limn_runner *runner, const char *what) {
    return limn_fail(LIMN_USAGE, "models of network %s %s", runner->kind->name, what);
}

static limn_status allocate(const limn_runner *runner, int to, limn_style **result) {
    int64_t count = limn_runner_style_count(runner);
    limn_style *style = calloc(1, sizeof *style);
    float *numbers = calloc((size_t)count + 1, sizeof *numbers);
    if (!style || !numbers) {
        free(style);
        free(numbers);
        return limn_fail(LIMN_MEMORY, "there is no memory for a style");
    }
    *style = (limn_style){.model = runner->model, .to = to, .count = count, .numbers = numbers};
    *result = style;
    return LIMN_OK;
}

// A style of a domain, with the numbers that stand for the domain itself where there are such.
static limn_status begin(limn_runner *runner, const char *to, limn_style **style) {
    int domain = 0;
    *style = NULL;
    if (runner->kind->styles == LIMN_STYLES_NONE)
        return refuse(runner, "have one look, and no styles");
    LIMN_TRY(limn_model_find_domain(runner->model, to, &domain));
    LIMN_TRY(allocate(runner, domain, style));
    if (runner->kind->domain)
        runner->kind->domain(runner->shape, runner->store, domain, (*style)->numbers);
    return LIMN_OK;
}

static limn_status done(limn_status status, limn_style **style) {
    if (status == LIMN_OK) return LIMN_OK;
    limn_style_free(*style);
    *style = NULL;
    return status;
}

// What a picture is made of.
static limn_status read_content(limn_runner *runner, int from, const limn_picture *picture,
                                limn_content_values *content) {
    limn_sight sight;
    if (runner->kind->readable) LIMN_TRY(runner->kind->readable(runner->shape));
    LIMN_TRY(limn_runner_look(runner, from, picture, runner->result, &sight));
    *content = sight.content;
    sight.content = (limn_content_values){.count = 0};
    limn_sight_free(&sight);
    return LIMN_OK;
}

limn_status limn_style_read(limn_runner *runner, const limn_picture *exemplar, const char *to,
                            limn_style **style) {
    LIMN_GIVE(style, runner && exemplar);
    limn_status status = begin(runner, to, style);
    bool numbers = status == LIMN_OK && (*style)->count > 0;
    if (numbers && runner->kind->style)
        status =
            limn_runner_style(runner, (*style)->to, exemplar, runner->result, (*style)->numbers);
    else if (status == LIMN_OK && runner->kind->styles == LIMN_STYLES_DOMAINS)
        status = read_content(runner, (*style)->to, exemplar, &(*style)->content);
    return done(status, style);
}

limn_status limn_style_domain(limn_runner *runner, const char *to, limn_style **style) {
    LIMN_GIVE(style, runner);
    if (!runner->kind->domain) return refuse(runner, "have many looks in a domain");
    return begin(runner, to, style);
}

limn_status limn_style_random(limn_runner *runner, const char *to, uint64_t seed, int k,
                              limn_style **style) {
    LIMN_GIVE(style, runner);
    const limn_kind *kind = runner->kind;
    if (!kind->chance) return refuse(runner, "know no random styles");
    if (k < 0) return limn_fail(LIMN_USAGE, "random style %d cannot be: they count from 0 on", k);
    limn_status status = begin(runner, to, style);
    if (status != LIMN_OK) return status;
    bool of_content = kind->styles == LIMN_STYLES_DOMAINS;
    if (of_content) status = limn_runner_blank(runner, &(*style)->content);
    if (status == LIMN_OK)
        kind->chance(runner->shape, runner->store, (*style)->to, seed, k,
                     of_content ? (*style)->content.data[0] : (*style)->numbers);
    return done(status, style);
}

limn_status limn_style_average(limn_runner *runner, const char *to, limn_style **style) {
    LIMN_GIVE(style, runner);
    if (runner->kind->styles != LIMN_STYLES_CODES)
        return refuse(runner, "have no look between others");
    LIMN_TRY(begin(runner, to, style));
    if (runner->kind->average)
        runner->kind->average(runner->shape, runner->store, (*style)->to, (*style)->numbers);
    return LIMN_OK;
}

// The ends are those that were given, to the last bit.
static void mix(const float *a, const float *b, float part, size_t count, float *to) {
    for (size_t i = 0; i < count; i++) to[i] = part == 1 ? b[i] : a[i] + part * (b[i] - a[i]);
}

static limn_status mix_contents(const limn_content_values *a, const limn_content_values *b,
                                float part, limn_content_values *to) {
    *to = *a;
    if (!a->count) return LIMN_OK;
    LIMN_TRY(limn_content_take(to));
    for (int i = 0; i < a->count; i++)
        mix(a->data[i], b->data[i], part, (size_t)limn_shape_count(&a->shape[i]), to->data[i]);
    return LIMN_OK;
}

static bool alike(const limn_style *a, const limn_style *b) {
    if (a->model != b->model || a->content.count != b->content.count) return false;
    for (int i = 0; i < a->content.count; i++)
        if (!limn_shape_equal(&a->content.shape[i], &b->content.shape[i])) return false;
    return a->to == b->to || a->model->kind->domain;
}

limn_status limn_style_mix(const limn_style *a, const limn_style *b, double part,
                           limn_style **style) {
    LIMN_GIVE(style, a && b);
    if (!isfinite(part)) return limn_fail(LIMN_USAGE, "two styles cannot be mixed by %g", part);
    if (!alike(a, b))
        return limn_fail(LIMN_USAGE, "the two styles are of different models or domains, or only "
                                     "one of them is of a picture");
    limn_style *made = *style = calloc(1, sizeof *made);
    if (!made) return limn_fail(LIMN_MEMORY, "there is no memory for a style");
    *made = (limn_style){.model = a->model, .to = part < 0.5 ? a->to : b->to, .count = a->count};
    made->numbers = calloc((size_t)a->count + 1, sizeof *made->numbers);
    limn_status status = made->numbers ? LIMN_OK : limn_fail(LIMN_MEMORY, "no memory for a style");
    if (status == LIMN_OK) {
        mix(a->numbers, b->numbers, (float)part, (size_t)a->count, made->numbers);
        status = mix_contents(&a->content, &b->content, (float)part, &made->content);
    }
    return done(status, style);
}

// ---- translating ----

// The domain of a picture: of two the one that the style is not.
static limn_status find_from(const limn_runner *runner, const char *from, const limn_style *style,
                             int *domain) {
    bool other = !from && style && runner->model->domain_count == 2;
    *domain = other ? 1 - style->to : 0;
    if (other || (!from && runner->kind->domains_share)) return LIMN_OK;
    return limn_model_find_domain(runner->model, from, domain);
}

static limn_status check(const limn_runner *runner, const limn_picture *picture,
                         const limn_style *style) {
    const limn_kind *kind = runner->kind;
    if (style && style->model != runner->model)
        return limn_fail(LIMN_USAGE,
                         "the style is of another model, of network %s: make one with "
                         "a runner of the same model",
                         style->model->kind->name);
    if (!style && kind->styles != LIMN_STYLES_NONE)
        return limn_fail(LIMN_USAGE,
                         "network %s: a style is needed: an exemplar's, a domain's, or "
                         "one by chance",
                         kind->name);
    bool drawn = style && style->content.count;
    if (!picture && !drawn)
        return limn_fail(LIMN_USAGE, "network %s: a picture is needed", kind->name);
    if (picture && drawn)
        return limn_fail(LIMN_USAGE,
                         "network %s: the style holds what a picture is made of, so that "
                         "another would not be seen. Leave one of the two out, or take the "
                         "domain's style",
                         kind->name);
    return picture && kind->readable ? kind->readable(runner->shape) : LIMN_OK;
}

limn_result_size limn_runner_size(const limn_runner *runner) {
    return runner->result;
}

limn_status limn_runner_show_style(limn_runner *runner, limn_sight *sight, const limn_style *style,
                                   limn_picture **result) {
    limn_sight lent = {.content = style ? style->content : (limn_content_values){.count = 0}};
    return limn_runner_show(runner, style ? style->to : 0, sight->was ? sight : &lent,
                            style ? style->numbers : NULL, runner->result, result);
}

limn_status limn_translate(limn_runner *runner, const limn_picture *picture, const char *from,
                           const limn_style *style, limn_picture **result) {
    limn_sight sight = {.was = NULL};
    int domain;
    LIMN_GIVE(result, runner);
    LIMN_TRY(check(runner, picture, style));
    LIMN_TRY(limn_runner_tell(runner, 0));
    if (picture) LIMN_TRY(find_from(runner, from, style, &domain));
    if (picture) LIMN_TRY(limn_runner_look(runner, domain, picture, runner->result, &sight));
    limn_status status = limn_runner_tell(runner, picture && runner->kind->read ? 0.4 : 0);
    if (status == LIMN_OK) status = limn_runner_show_style(runner, &sight, style, result);
    limn_sight_free(&sight);
    if (status == LIMN_OK) status = limn_runner_tell(runner, 1);
    if (status == LIMN_OK) return LIMN_OK;
    limn_picture_free(*result);
    *result = NULL;
    return status;
}
