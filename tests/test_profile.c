// The acceptance checks of the spatial profile loss (../shared/spec/spatial-profile.md, 9), in
// double where they give figures; test_ops holds every kernel against plain ones.
//
//    S1  self-similarity            alike_is_least
//    S2  two by two                 two_by_two
//    S3  pictures of hashes         hash_pictures, smooth_pictures
//    S4  gain and offset            gain_is_not_seen, offset_is_seen_by_colours
//    S5  factors, symmetry, sign    factors_of_u_and_v, either_may_be_the_target, ...
//    S6  not square                 not_square
//    S7  gradient, flat profiles    gradient_of_the_loss, flat_row, grey_pictures
//    S8  the fused operators        fused_is_composed, fused_on_flat_pictures, a_batch_is_a_mean
#include "metric_samples.h"
#include "plan/plan.h"
#include "profile_composed.h"

typedef limn_node *make_profile(limn_node *x, limn_node *y, limn_profile_options options);

// A pair of pictures, the profile of them by one of the two ways and its gradient.
typedef struct pair {
    int n, h, w;
    limn_profile_options options;
    make_profile *make;
    double *x, *y; // [n][3][h][w]
    double of[2][LIMN_PROFILE_PARTS];
    double *dx;        // of the sum of all parts
    limn_graph *graph; // of both, from the first measuring on
    limn_node *in[2];
    limn_plan *plan;
} pair;

static size_t count_of(const pair *it) {
    return (size_t)(3 * it->n * it->h * it->w);
}

static pair pair_of(int n, int h, int w, limn_profile_form form) {
    pair it = {
        .n = n, .h = h, .w = w, .options = {LIMN_PROFILE_ALL, form}, .make = profile_composed};
    it.x = malloc(count_of(&it) * sizeof(double));
    it.y = malloc(count_of(&it) * sizeof(double));
    it.dx = malloc(count_of(&it) * sizeof(double));
    return it;
}

static void close_pair(pair *it) {
    free(it->x);
    free(it->y);
    free(it->dx);
    limn_plan_free(it->plan);
    limn_graph_free(it->graph);
}

static void fill(double *to, size_t count, uint32_t number) {
    limn_random stream = {.seed = 7, .purpose = limn_purpose("profile"), .sample = number};
    for (size_t i = 0; i < count; i++) to[i] = limn_random_unit(&stream, (uint32_t)i);
}

static pair random_pair(int n, int h, int w, limn_profile_form form) {
    pair it = pair_of(n, h, w, form);
    fill(it.x, count_of(&it), 1);
    fill(it.y, count_of(&it), 2);
    return it;
}

static limn_plan *plan_of(limn_node *const *outputs, int count, limn_plan_options how) {
    limn_plan *plan;
    if (limn_plan_new(outputs, count, how, &plan) != LIMN_OK) fail_msg("%s", limn_message());
    return plan;
}

static void run_plan(limn_plan *plan) {
    if (limn_plan_run(plan) != LIMN_OK) fail_msg("%s", limn_message());
}

static void plan_pair(pair *it) {
    limn_shape shape = LIMN_SHAPE(it->n, 3, it->h, it->w);
    it->graph = limn_graph_new();
    it->in[0] = limn_input(it->graph, "x", shape);
    it->in[1] = limn_input(it->graph, "y", shape);
    limn_node *out[2] = {it->make(it->in[0], it->in[1], it->options), NULL};
    limn_node *losses = limn_slice_axis(out[0], 0, 0, 1);
    limn_node *loss = limn_reshape(limn_sum(losses, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
    if (limn_gradients(loss, it->in, 1, &out[1]) != LIMN_OK) fail_msg("%s", limn_message());
    if (!out[1]) out[1] = limn_scale(it->in[0], 0); // differences of one pixel
    it->plan = plan_of(out, 2, (limn_plan_options){.precision = LIMN_DOUBLES, .threads = 1});
}

// Values and gradient, in double.
static void measure_pair(pair *it) {
    if (!it->plan) plan_pair(it);
    limn_plan_bind(it->plan, it->in[0], it->x, false);
    limn_plan_bind(it->plan, it->in[1], it->y, false);
    run_plan(it->plan);
    memcpy(it->of, limn_plan_output(it->plan, 0), sizeof it->of);
    memcpy(it->dx, limn_plan_output(it->plan, 1), count_of(it) * sizeof(double));
}

static double sum_of(const double of[LIMN_PROFILE_PARTS]) {
    double sum = 0;
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++) sum += of[p];
    return sum;
}

static void expect_parts(const double of[LIMN_PROFILE_PARTS], double gp, double rgb, double yuv,
                         double grad, double within) {
    expect_near(of[LIMN_PROFILE_GRADIENT], gp, within);
    expect_near(of[LIMN_PROFILE_RGB], rgb, within);
    expect_near(of[LIMN_PROFILE_YUV], yuv, within);
    expect_near(of[LIMN_PROFILE_YUV_GRADIENT], grad, within);
}

// Of random pictures with themselves, by both ways.
static void expect_least(int h, int w, limn_profile_form form, double least) {
    static make_profile *const ways[] = {profile_composed, limn_profile};
    for (int way = 0; way < 2; way++) {
        pair it = random_pair(1, h, w, form);
        memcpy(it.y, it.x, count_of(&it) * sizeof(double));
        it.make = ways[way];
        measure_pair(&it);
        expect_near(sum_of(it.of[0]), least, 1e-7);
        expect_near(sum_of(it.of[1]), -least, 1e-7);
        if (form == LIMN_PROFILE_FORMULA) expect_parts(it.of[0], -12, -6, -6, -12, 1e-9);
        close_pair(&it);
    }
}

static void alike_is_least(void **state) {
    (void)state;
    expect_least(12, 12, LIMN_PROFILE_FORMULA, -36);
    expect_least(12, 12, LIMN_PROFILE_PYTORCH, -36.0454545454545);
    expect_least(12, 12, LIMN_PROFILE_TENSORFLOW, -35);
    expect_least(256, 256, LIMN_PROFILE_PYTORCH, -36.0000919117647);
    expect_least(256, 256, LIMN_PROFILE_TENSORFLOW, -35.953125);
}

static void not_square(void **state) {
    (void)state;
    expect_least(128, 256, LIMN_PROFILE_FORMULA, -36);
    expect_least(128, 256, LIMN_PROFILE_PYTORCH,
                 -(6 * 384. / 128 + 6 * 383. / 128 + 6 * 383. / 127));
    expect_least(128, 256, LIMN_PROFILE_TENSORFLOW, -53.90625);
}

static void two_by_two(void **state) {
    (void)state;
    const double x_values[] = {1, 2, 3, 4}, y_values[] = {4, 3, 2, 1};
    limn_graph *graph = limn_graph_new();
    limn_shape shape = LIMN_SHAPE(1, 1, 2, 2);
    limn_node *x = limn_input(graph, "x", shape), *y = limn_input(graph, "y", shape), *out[2];
    out[0] = limn_scale(profile_similarity(x, y, 2, LIMN_PROFILE_FORMULA), -1);
    assert_int_equal(limn_gradients(out[0], &x, 1, &out[1]), LIMN_OK);
    limn_plan *plan = plan_of(out, 2, (limn_plan_options){.precision = LIMN_DOUBLES, .threads = 1});
    limn_plan_bind(plan, x, x_values, false);
    limn_plan_bind(plan, y, y_values, false);
    run_plan(plan);
    static const double wanted[] = {-0.1955087, -0.0259893, -0.0004217, 0.0621882};
    expect_near(*(const double *)limn_plan_output(plan, 0), -1.6015340, 1e-7);
    for (int i = 0; i < 4; i++)
        expect_near(((const double *)limn_plan_output(plan, 1))[i], wanted[i], 1e-7);
    limn_plan_free(plan);
    limn_graph_free(graph);
}

// Output `changed` against the target that is not.
static pair sample_pair(int smooth, limn_profile_form form) {
    pair it = pair_of(1, 32, 48, form);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 32; i++)
            for (int j = 0; j < 48; j++) {
                size_t at = ((size_t)c * 32 + (size_t)i) * 48 + (size_t)j;
                it.x[at] = (double)value_at(smooth, 1, i, j, c) / 255;
                it.y[at] = (double)value_at(smooth, 0, i, j, c) / 255;
            }
    return it;
}

static void hash_pictures(void **state) {
    (void)state;
    static const double wanted[][LIMN_PROFILE_PARTS] = {
        {-11.664509730, -5.981538966, -5.951625708, -11.736053749},
        {-14.628812885, -7.476961078, -7.439672484, -14.724555813},
        {-14.397203244, -7.476961078, -7.439672484, -14.490797696}};
    static const struct {
        size_t c, i, j;
        double slope;
    } slopes[] = {{0, 0, 0, -0.00011621}, {1, 16, 24, -0.00201573}, {2, 31, 47, 0.00369546}};
    for (int form = 0; form < 3; form++) {
        pair it = sample_pair(0, (limn_profile_form)form);
        measure_pair(&it);
        const double *w = wanted[form];
        expect_parts(it.of[0], w[0], w[1], w[2], w[3], 2e-9);
        if (form == LIMN_PROFILE_FORMULA) {
            expect_parts(it.of[1], 12, 6, 6, 12, 1e-9);
            for (int k = 0; k < 3; k++)
                expect_near(it.dx[(slopes[k].c * 32 + slopes[k].i) * 48 + slopes[k].j],
                            slopes[k].slope, 1e-8);
        }
        close_pair(&it);
    }
}

static void smooth_pictures(void **state) {
    (void)state;
    pair it = sample_pair(1, LIMN_PROFILE_FORMULA);
    measure_pair(&it);
    expect_parts(it.of[0], -2.997945856, -5.991312285, -5.882132064, -2.248450457, 2e-9);
    expect_parts(it.of[1], 12, 6, 6, 10.628417410, 2e-9);
    double *kept = it.x;
    it.x = it.y;
    it.y = kept;
    measure_pair(&it);
    expect_parts(it.of[0], -2.997945856, -5.991312285, -5.882132064, -2.248450457, 2e-9);
    expect_parts(it.of[1], 12, 6, 6, 12, 2e-9);
    close_pair(&it);
}

// The pair's values after x became gain x + offset, by channel.
static void changed(const pair *it, const double gain[3], double offset,
                    double of[LIMN_PROFILE_PARTS]) {
    pair other = random_pair(it->n, it->h, it->w, it->options.form);
    size_t pixels = (size_t)(it->h * it->w);
    for (size_t i = 0; i < count_of(it); i++) other.x[i] = it->x[i] * gain[i / pixels % 3] + offset;
    memcpy(other.y, it->y, count_of(it) * sizeof(double));
    measure_pair(&other);
    memcpy(of, other.of[0], sizeof other.of[0]);
    close_pair(&other);
}

static void gain_is_not_seen(void **state) {
    (void)state;
    static const double half[3] = {0.5, 0.5, 0.5}, apart[3] = {0.4, 1, 1.7};
    pair it = random_pair(2, 9, 11, LIMN_PROFILE_FORMULA);
    double of[LIMN_PROFILE_PARTS], along = 0, largest = 0;
    measure_pair(&it);
    changed(&it, half, 0, of);
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++) expect_near(of[p], it.of[0][p], 1e-6);
    for (size_t i = 0; i < count_of(&it); i++) {
        along += it.x[i] * it.dx[i];
        largest = fmax(largest, fabs(it.x[i] * it.dx[i]));
    }
    assert_true(fabs(along) < 1e-9 * largest);
    changed(&it, apart, 0, of);
    expect_near(of[LIMN_PROFILE_GRADIENT], it.of[0][LIMN_PROFILE_GRADIENT], 1e-6);
    expect_near(of[LIMN_PROFILE_RGB], it.of[0][LIMN_PROFILE_RGB], 1e-6);
    assert_true(fabs(of[LIMN_PROFILE_YUV] - it.of[0][LIMN_PROFILE_YUV]) > 1e-3);
    close_pair(&it);
}

static void offset_is_seen_by_colours(void **state) {
    (void)state;
    static const double same[3] = {1, 1, 1};
    pair it = random_pair(1, 9, 11, LIMN_PROFILE_FORMULA);
    double of[LIMN_PROFILE_PARTS];
    measure_pair(&it);
    changed(&it, same, 0.3, of);
    expect_near(of[LIMN_PROFILE_GRADIENT], it.of[0][LIMN_PROFILE_GRADIENT], 1e-9);
    expect_near(of[LIMN_PROFILE_YUV_GRADIENT], it.of[0][LIMN_PROFILE_YUV_GRADIENT], 1e-9);
    assert_true(fabs(of[LIMN_PROFILE_RGB] - it.of[0][LIMN_PROFILE_RGB]) > 1e-3);
    assert_true(fabs(of[LIMN_PROFILE_YUV] - it.of[0][LIMN_PROFILE_YUV]) > 1e-3);
    close_pair(&it);
}

// U and V by the factors of PyTorch's code are those of TensorFlow's but for a gain, and gains of a
// channel are not seen.
static void factors_of_u_and_v(void **state) {
    (void)state;
    double of[2];
    pair it = random_pair(1, 9, 11, LIMN_PROFILE_FORMULA);
    for (int code = 0; code < 2; code++) {
        const double gain[3] = {1, code ? 0.492 / 0.493 : 1, code ? 0.8773 / 0.877 : 1};
        limn_graph *graph = limn_graph_new();
        limn_shape shape = LIMN_SHAPE(1, 3, 9, 11);
        limn_node *x = limn_input(graph, "x", shape), *y = limn_input(graph, "y", shape);
        limn_node *by = limn_input(graph, "gain", LIMN_SHAPE(1, 3, 1, 1)), *out;
        out = profile_similarity(limn_mul(x, by), limn_mul(y, by), 9, LIMN_PROFILE_FORMULA);
        limn_plan *plan =
            plan_of(&out, 1, (limn_plan_options){.precision = LIMN_DOUBLES, .threads = 1});
        limn_plan_bind(plan, x, it.x, false);
        limn_plan_bind(plan, y, it.y, false);
        limn_plan_bind(plan, by, gain, false);
        run_plan(plan);
        of[code] = *(const double *)limn_plan_output(plan, 0);
        limn_plan_free(plan);
        limn_graph_free(graph);
    }
    expect_near(of[1], of[0], 1e-12);
    close_pair(&it);
}

static void either_may_be_the_target(void **state) {
    (void)state;
    pair it = random_pair(2, 9, 11, LIMN_PROFILE_FORMULA), other = it;
    other.x = it.y;
    other.y = it.x;
    other.dx = malloc(count_of(&it) * sizeof(double));
    measure_pair(&it);
    measure_pair(&other);
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++) expect_near(other.of[0][p], it.of[0][p], 1e-12);
    other.x = other.y = NULL;
    close_pair(&other);
    close_pair(&it);
}

static void a_negative_is_furthest(void **state) {
    (void)state;
    pair it = random_pair(1, 9, 11, LIMN_PROFILE_FORMULA);
    for (size_t i = 0; i < count_of(&it); i++) it.x[i] = 1 - it.y[i];
    measure_pair(&it);
    expect_near(it.of[0][LIMN_PROFILE_GRADIENT], 12, 1e-9);
    close_pair(&it);
}

// Two copies of a pair: the mean stays, the sums of the codes double.
static void copies_in_a_batch(void **state) {
    (void)state;
    for (int form = 0; form < 3; form++) {
        pair one = random_pair(1, 6, 9, (limn_profile_form)form);
        pair two = pair_of(2, 6, 9, (limn_profile_form)form);
        size_t count = count_of(&one);
        for (size_t i = 0; i < 2 * count; i++) {
            two.x[i] = one.x[i % count];
            two.y[i] = one.y[i % count];
        }
        measure_pair(&one);
        measure_pair(&two);
        double factor = form == LIMN_PROFILE_FORMULA ? 1 : 2;
        for (int p = 0; p < LIMN_PROFILE_PARTS; p++)
            expect_near(two.of[0][p], factor * one.of[0][p], 1e-12);
        close_pair(&one);
        close_pair(&two);
    }
}

// The gradient of the pair against central differences of the loss.
static void expect_gradient(pair *it, double within) {
    double *slopes = malloc(count_of(it) * sizeof(double));
    measure_pair(it);
    memcpy(slopes, it->dx, count_of(it) * sizeof(double));
    for (size_t i = 0; i < count_of(it); i++) {
        const double kept = it->x[i], step = 1e-5;
        double loss[2];
        for (int side = 0; side < 2; side++) {
            it->x[i] = side ? kept + step : kept - step;
            measure_pair(it);
            loss[side] = sum_of(it->of[0]);
        }
        it->x[i] = kept;
        expect_near(slopes[i], (loss[1] - loss[0]) / (2 * step), within);
    }
    free(slopes);
}

static void gradient_of_the_loss(void **state) {
    (void)state;
    static make_profile *const ways[] = {profile_composed, limn_profile};
    for (int way = 0; way < 2; way++)
        for (int form = 0; form < 3; form++) {
            pair it = random_pair(1, 7, 9, (limn_profile_form)form);
            it.make = ways[way];
            expect_gradient(&it, 1e-6);
            close_pair(&it);
        }
}

// A row of one colour has differences of length 0 to the right: they count nothing, and pull at
// nothing.
static void flat_row(void **state) {
    (void)state;
    static make_profile *const ways[] = {profile_composed, limn_profile};
    for (int way = 0; way < 2; way++)
        for (int side = 0; side < 2; side++) {
            pair it = random_pair(1, 7, 9, LIMN_PROFILE_FORMULA);
            it.make = ways[way];
            for (size_t c = 0; c < 3; c++)
                for (size_t j = 0; j < 9; j++) (side ? it.x : it.y)[(c * 7 + 3) * 9 + j] = 0.4;
            measure_pair(&it);
            assert_true(isfinite(sum_of(it.of[0])));
            for (size_t i = 0; i < count_of(&it); i++) assert_true(isfinite(it.dx[i]));
            // GP and CP_grad lose that row in each of three channels to the right.
            if (!side) expect_parts(it.of[1], 12 - 3 / 7., 6, 6 - 2 / 7., 12 - 3 / 7., 1e-9);
            close_pair(&it);
        }
}

// A constant row of either picture: differences to the right pull at nothing. With GP alone and one
// row there is nothing else.
static void flat_row_pulls_nothing(void **state) {
    (void)state;
    static make_profile *const ways[] = {profile_composed, limn_profile};
    for (int way = 0; way < 2; way++)
        for (int side = 0; side < 2; side++) {
            pair it = random_pair(1, 1, 9, LIMN_PROFILE_FORMULA);
            it.options.parts = 1u << LIMN_PROFILE_GRADIENT;
            it.make = ways[way];
            for (size_t i = 0; i < count_of(&it); i++) (side ? it.x : it.y)[i] = 0.4;
            measure_pair(&it);
            assert_true(sum_of(it.of[0]) == 0 && (side || sum_of(it.of[1]) == 0));
            for (size_t i = 0; i < count_of(&it); i++) assert_true(it.dx[i] == 0);
            close_pair(&it);
        }
}

static void grey_pictures(void **state) {
    (void)state;
    pair it = random_pair(1, 7, 9, LIMN_PROFILE_FORMULA);
    for (size_t i = 0; i < count_of(&it); i++) {
        it.x[i] = it.x[i % 63];
        it.y[i] = it.y[i % 63];
    }
    it.options.parts = 1u << LIMN_PROFILE_YUV;
    measure_pair(&it);
    expect_near(it.of[1][LIMN_PROFILE_YUV], 2, 1e-12); // of Y alone
    close_pair(&it);
}

// ---- the fused operators in float ----

typedef struct floats {
    float of[2][LIMN_PROFILE_PARTS];
    float *dx;
} floats;

static floats measure_floats(const pair *it, make_profile *way, limn_isa isa) {
    limn_graph *graph = limn_graph_new();
    limn_shape shape = LIMN_SHAPE(it->n, 3, it->h, it->w);
    limn_node *x = limn_input(graph, "x", shape), *y = limn_input(graph, "y", shape);
    limn_node *all = way(x, y, it->options), *out[2] = {all, NULL};
    limn_node *losses = limn_slice_axis(all, 0, 0, 1);
    limn_node *loss = limn_reshape(limn_sum(losses, LIMN_ALL_AXES, LIMN_DROP), LIMN_SHAPE(1));
    if (limn_gradients(loss, &x, 1, &out[1]) != LIMN_OK) fail_msg("%s", limn_message());
    limn_plan *plan =
        plan_of(out, 2, (limn_plan_options){.isa = isa, .threads = it->n > 1 ? 2 : 1});
    float *values[2];
    floats found = {.dx = malloc(count_of(it) * sizeof(float))};
    for (int side = 0; side < 2; side++) {
        values[side] = malloc(count_of(it) * sizeof(float));
        for (size_t i = 0; i < count_of(it); i++)
            values[side][i] = (float)(side ? it->y : it->x)[i];
        limn_plan_bind(plan, side ? y : x, values[side], false);
    }
    run_plan(plan);
    memcpy(found.of, limn_plan_output(plan, 0), sizeof found.of);
    memcpy(found.dx, limn_plan_output(plan, 1), count_of(it) * sizeof(float));
    for (int side = 0; side < 2; side++) free(values[side]);
    limn_plan_free(plan);
    limn_graph_free(graph);
    return found;
}

// By plain operators in double. A profile of one pixel has a cosine of 1 or -1, and slopes that are
// differences of equal numbers around 1.
static void expect_alike(pair *it, limn_isa isa) {
    measure_pair(it);
    floats fused = measure_floats(it, limn_profile, isa);
    double largest = it->h == 1 || it->w == 1 ? 1 : 0, worst = 0;
    for (int i = 0; i < 2 * LIMN_PROFILE_PARTS; i++) {
        double wanted = it->of[i / LIMN_PROFILE_PARTS][i % LIMN_PROFILE_PARTS];
        expect_near((double)fused.of[i / LIMN_PROFILE_PARTS][i % LIMN_PROFILE_PARTS], wanted,
                    1e-6 * fmax(1, fabs(wanted)));
    }
    for (size_t i = 0; i < count_of(it); i++) {
        if (!isfinite(fused.dx[i]))
            fail_msg("element %zu of the gradient is %g", i, (double)fused.dx[i]);
        largest = fmax(largest, fabs(it->dx[i]));
        worst = fmax(worst, fabs((double)fused.dx[i] - it->dx[i]));
    }
    if (worst > 1e-5 * largest)
        fail_msg("%d x %d, parts %u, form %d: the gradient is off by %.2g of %.2g", it->h, it->w,
                 it->options.parts, (int)it->options.form, worst, largest);
    free(fused.dx);
}

static void fused_is_composed(void **state) {
    (void)state;
    static const int sizes[][3] = {{1, 1, 1},   {1, 1, 7},    {2, 5, 1},  {1, 31, 33},
                                   {2, 32, 32}, {1, 128, 64}, {1, 65, 47}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++)
            for (unsigned parts = 1; parts <= LIMN_PROFILE_ALL; parts += s == 3 ? 1 : 14)
                for (int form = 0; form < 3; form++) {
                    pair it =
                        random_pair(sizes[s][0], sizes[s][1], sizes[s][2], (limn_profile_form)form);
                    it.options.parts = parts;
                    expect_alike(&it, (limn_isa)isa);
                    close_pair(&it);
                }
}

static void fused_on_flat_pictures(void **state) {
    (void)state;
    static const double levels[] = {0, 1, 0.5};
    for (int isa = LIMN_ISA_BASELINE; isa <= (int)limn_isa_best(); isa++)
        for (int kind = 0; kind < 9; kind++) {
            pair it = random_pair(1, 17, 37, LIMN_PROFILE_FORMULA);
            for (size_t i = 0; i < count_of(&it); i++) {
                it.y[i] = levels[kind / 3];
                if (kind % 3) it.x[i] = kind % 3 == 1 ? levels[kind / 3] : it.x[i % 629];
            }
            floats of = measure_floats(&it, limn_profile, (limn_isa)isa);
            for (int p = 0; p < LIMN_PROFILE_PARTS; p++) assert_true(isfinite(of.of[0][p]));
            for (size_t i = 0; i < count_of(&it); i++) assert_true(isfinite(of.dx[i]));
            assert_true(of.of[1][LIMN_PROFILE_GRADIENT] == 0);
            free(of.dx);
            close_pair(&it);
        }
}

static void a_batch_is_a_mean(void **state) {
    (void)state;
    enum { N = 3 };
    pair it = random_pair(N, 19, 35, LIMN_PROFILE_FORMULA);
    floats whole = measure_floats(&it, limn_profile, LIMN_ISA_AUTO);
    double mean[LIMN_PROFILE_PARTS] = {0};
    pair one = it;
    one.n = 1;
    for (int i = 0; i < N; i++, one.x += count_of(&one), one.y += count_of(&one)) {
        floats of = measure_floats(&one, limn_profile, LIMN_ISA_AUTO);
        for (int p = 0; p < LIMN_PROFILE_PARTS; p++) mean[p] += (double)of.of[0][p] / N;
        free(of.dx);
    }
    for (int p = 0; p < LIMN_PROFILE_PARTS; p++)
        expect_near((double)whole.of[0][p], mean[p], 1e-6 * fmax(1, fabs(mean[p])));
    free(whole.dx);
    close_pair(&it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_is_least),
        cmocka_unit_test(not_square),
        cmocka_unit_test(two_by_two),
        cmocka_unit_test(hash_pictures),
        cmocka_unit_test(smooth_pictures),
        cmocka_unit_test(gain_is_not_seen),
        cmocka_unit_test(offset_is_seen_by_colours),
        cmocka_unit_test(factors_of_u_and_v),
        cmocka_unit_test(either_may_be_the_target),
        cmocka_unit_test(a_negative_is_furthest),
        cmocka_unit_test(copies_in_a_batch),
        cmocka_unit_test(gradient_of_the_loss),
        cmocka_unit_test(flat_row),
        cmocka_unit_test(flat_row_pulls_nothing),
        cmocka_unit_test(grey_pictures),
        cmocka_unit_test(fused_is_composed),
        cmocka_unit_test(fused_on_flat_pictures),
        cmocka_unit_test(a_batch_is_a_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
