// Spatial profiles: the cosines of rows and columns of two pictures, their YUV versions and the
// differences of neighbours (ops/profile.h), in double; what is missing of the reach of the second.
#include "ops/profile.h"
#include "metrics/metric.h"

#include <stdlib.h>
#include <string.h>

typedef struct profile_options {
    int form;
} profile_options;

static const limn_option table[] = {
    {.name = "form",
     .kind = LIMN_OPTION_CHOICE,
     .offset = offsetof(profile_options, form),
     .fallback = "formula",
     .choices = "formula|pytorch|tensorflow",
     .help = "the paper's formula, or the sums, divisors and floors of the authors' programs"},
    {0}};

typedef double parts[2][LIMN_PROFILE_PARTS]; // -S, then reach

typedef struct meter {
    limn_graph *graph; // for pictures of this size
    limn_plan *plan;
    limn_node *x[2];
    double *values[2];
    int width, height;
    struct {
        double value;
        parts of;
    } last[2]; // of the last two comparisons: a pair with alpha has two, of which one counts
    parts sum;
    int pairs;
} meter;

static limn_status open(limn_measuring *it) {
    it->state = calloc(1, sizeof(meter));
    return it->state ? LIMN_OK : limn_fail(LIMN_MEMORY, "there is no memory for profiles");
}

static void forget(meter *m) {
    limn_plan_free(m->plan);
    limn_graph_free(m->graph);
    for (int i = 0; i < 2; i++) {
        free(m->values[i]);
        m->values[i] = NULL;
    }
    m->plan = NULL;
    m->graph = NULL;
    m->width = m->height = 0;
}

static void close(limn_measuring *it) {
    if (it->state) forget(it->state);
    free(it->state);
}

static limn_status build(meter *m, limn_profile_form form, int width, int height,
                         limn_plan_options plan) {
    size_t count = 3 * (size_t)width * (size_t)height;
    forget(m);
    for (int i = 0; i < 2; i++) m->values[i] = malloc(count * sizeof(double));
    m->graph = limn_graph_new();
    if (!m->values[0] || !m->values[1] || !m->graph)
        return limn_fail(LIMN_MEMORY, "there is no memory for profiles of %d x %d pixels", width,
                         height);
    for (int i = 0; i < 2; i++)
        m->x[i] = limn_input(m->graph, i ? "b" : "a", LIMN_SHAPE(1, 3, height, width));
    limn_node *out = limn_profile(m->x[0], m->x[1], (limn_profile_options){LIMN_PROFILE_ALL, form});
    plan.precision = LIMN_DOUBLES;
    LIMN_TRY(limn_plan_new(&out, 1, plan, &m->plan));
    for (int i = 0; i < 2; i++) limn_plan_bind(m->plan, m->x[i], m->values[i], false);
    m->width = width;
    m->height = height;
    return LIMN_OK;
}

static bool is_zero(const double *numbers) {
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++)
        if (numbers[p] != 0) return false;
    return true;
}

static limn_status pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value) {
    meter *m = it->state;
    const profile_options *chosen = it->options;
    const limn_picture *const both[2] = {a, b};
    size_t count = 3 * (size_t)a->width * (size_t)a->height;
    if (m->width != a->width || m->height != a->height)
        LIMN_TRY(build(m, (limn_profile_form)chosen->form, a->width, a->height, it->plan));
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < count; k++) m->values[i][k] = (double)both[i]->rgb[k] / 255;
    LIMN_TRY(limn_plan_run(m->plan));
    const double *reach = (const double *)limn_plan_output(m->plan, 0) + LIMN_PROFILE_PARTS;
    if (is_zero(reach) && memcmp(m->values[0], m->values[1], count * sizeof(double)) != 0)
        return limn_fail(LIMN_INPUT,
                         "a black picture has no profile that another could be held to");
    m->last[1] = m->last[0];
    memcpy(m->last[0].of, limn_plan_output(m->plan, 0), sizeof(parts));
    *value = 0;
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++)
        *value += m->last[0].of[0][p] + m->last[0].of[1][p];
    m->last[0].value = *value;
    return LIMN_OK;
}

// Facts are the means over the pairs so far.
static void counts(limn_measuring *it, double value) {
    static const char *const names[] = {"gp", "cp-rgb", "cp-yuv", "cp-grad"};
    meter *m = it->state;
    const parts *of = &m->last[m->last[0].value == value ? 0 : 1].of;
    double sum = 0, reach = 0;
    m->pairs++;
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++) {
        for (int k = 0; k < 2; k++) m->sum[k][p] += (*of)[k][p];
        sum += m->sum[0][p] / m->pairs;
        reach += m->sum[1][p] / m->pairs;
        limn_fact_number(it, names[p], m->sum[0][p] / m->pairs);
    }
    limn_fact_number(it, "sum", sum);
    limn_fact_number(it, "reach", reach);
}

const limn_metric limn_metric_profile = {
    .name = "profile",
    .title = "spatial profiles, missing of the reach",
    .summary = "measure how rows and columns of pictures point where those of true ones do",
    .description =
        "The spatial profile loss (Sarfraz and others, 2019) of a picture against the second one: "
        "cosines of rows and columns, negative, of differences of neighbours (gp) and of colours "
        "(cp-rgb, cp-yuv, cp-grad), and their sum, -36 at best. The reach is what a picture could "
        "come to that points as the second one does, whose flat rows and columns count nothing; "
        "the value is what is missing of it, 0 for equal pictures, and for those that are the same "
        "but for how bright they are. A black picture has no profile to be held to. Of two "
        "folders, "
        "means over the pictures that have the same names. Transparent pictures are laid on black "
        "and on white, "
        "and the less alike counts.\n",
    .examples = "limn measure profile result.png truth.png\n"
                "limn measure profile results/ truths/ --json\n",
    .compares = LIMN_PAIRS,
    .groups = {{"Measuring", table, 0}},
    .options_size = sizeof(profile_options),
    .open = open,
    .close = close,
    .pair = pair,
    .counts = counts,
};
