// KID (Binkowski, Sutherland, Arbel and Gretton, 1801.01401): the unbiased squared maximum mean
// discrepancy of the features of two sets, with the kernel k(x, y) = (x.y / d + 1)^3:
//     MMD^2 = [sum_{i != j} k(x_i, x_j) + sum_{i != j} k(y_i, y_j)] / (m (m - 1))
//             - 2 sum_{i, j} k(x_i, y_j) / m^2
// the mean over subsets of m pictures of each set. It may be negative.
#include "metrics/kid.h"

#include "base/file.h"
#include "base/random.h"
#include "base/threads.h"
#include "metrics/features.h"

#include <math.h>
#include <stdlib.h>

typedef struct options {
    limn_feature_options features;
    int64_t subsets, subset_size, seed;
    const char *save;
    bool force;
} options;

#define OPTION(member) .offset = offsetof(options, member)
static const limn_option table[] = {
    {.name = "subsets",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(subsets),
     .fallback = "100",
     .low = 1,
     .high = 1e6,
     .help = "how many subsets to take the mean of"},
    {.name = "subset-size",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(subset_size),
     .fallback = "1000",
     .low = 2,
     .high = 1e4,
     .help = "pictures of each set in a subset; the smaller set where it has fewer"},
    {.name = "seed",
     .kind = LIMN_OPTION_WHOLE,
     OPTION(seed),
     .fallback = "0",
     .low = 0,
     .high = 0x1p53,
     .help = "of the drawing of subsets"},
    {.name = "save",
     .kind = LIMN_OPTION_PATH,
     OPTION(save),
     .placeholder = "FILE.npz",
     .help = "write the features of B, to be given in its place another time, to limn measure fid "
             "as well"},
    {.name = "force", .kind = LIMN_OPTION_FLAG, OPTION(force), .help = "replace that file"},
    {0}};

// ---- kernels ----

// Rows of both sets, the second behind the first, and k of each with each.
typedef struct kernels {
    const float **row;
    int count, size;
    double *k; // [count][count], all of it filled
    int threads;
} kernels;

static double kernel(const float *x, const float *y, int size) {
    double sum[8] = {0};
    int i = 0;
    for (; i + 8 <= size; i += 8) {
#pragma omp simd
        for (int l = 0; l < 8; l++) sum[l] += (double)x[i + l] * (double)y[i + l];
    }
    for (; i < size; i++) sum[0] += (double)x[i] * (double)y[i];
    double dot = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    double base = dot / size + 1;
    return base * base * base;
}

// Row i has i + 1 kernels to compute: rows are dealt out in turn.
static void fill(void *context, int thread, int threads) {
    kernels *of = context;
    size_t n = (size_t)of->count;
    for (size_t i = (size_t)thread; i < n; i += (size_t)threads)
        for (size_t j = 0; j <= i; j++)
            of->k[i * n + j] = of->k[j * n + i] = kernel(of->row[i], of->row[j], of->size);
}

static double sum_over(const kernels *of, const int *a, const int *b, int m, bool diagonal) {
    double sum = 0;
    for (int i = 0; i < m; i++) {
        const double *row = of->k + (size_t)a[i] * (size_t)of->count;
        for (int j = 0; j < m; j++)
            if (diagonal || i != j) sum += row[b[j]];
    }
    return sum;
}

static double discrepancy(const kernels *of, const int *a, const int *b, int m) {
    double own = sum_over(of, a, a, m, false) + sum_over(of, b, b, m, false);
    return own / ((double)m * (m - 1)) - 2 * sum_over(of, a, b, m, true) / ((double)m * m);
}

// ---- subsets ----

// Kernels of all pictures are computed once where they fit; otherwise those of each subset.
enum { AT_ONCE = 6000 };

typedef struct work {
    const limn_kid_sets *sets;
    kernels kernels;
    int *order[2]; // all of a set
    int *a, *b;    // places of a subset's pictures among the kernels' rows
    int m;
    bool at_once;
} work;

static void put_row(work *it, int place, int set, int picture) {
    it->kernels.row[place] = it->sets->values[set] + (size_t)picture * (size_t)it->sets->size;
}

static limn_status begin(const limn_kid_sets *sets, limn_kid_options how, work *it) {
    int total = sets->count[0] + sets->count[1], m = how.subset_size;
    *it = (work){.sets = sets, .m = m, .at_once = total <= AT_ONCE};
    size_t rows = (size_t)(it->at_once ? total : 2 * m);
    if (how.memory_limit && rows * rows * sizeof(double) > how.memory_limit)
        return limn_fail(LIMN_MEMORY,
                         "the kernels of %zu pictures need more memory than may be used; take a "
                         "smaller --subset-size",
                         rows);
    it->kernels = (kernels){.row = calloc(rows, sizeof *it->kernels.row),
                            .count = (int)rows,
                            .size = sets->size,
                            .k = calloc(rows * rows, sizeof(double)),
                            .threads = how.threads};
    for (int s = 0; s < 2; s++) {
        it->order[s] = calloc((size_t)sets->count[s], sizeof(int));
        for (int i = 0; it->order[s] && i < sets->count[s]; i++) it->order[s][i] = i;
    }
    it->a = calloc((size_t)m, sizeof(int));
    it->b = calloc((size_t)m, sizeof(int));
    if (!it->kernels.row || !it->kernels.k || !it->order[0] || !it->order[1] || !it->a || !it->b)
        return limn_fail(LIMN_MEMORY, "there is no memory for the kernels of %zu pictures", rows);
    for (int i = 0; it->at_once && i < total; i++)
        put_row(it, i, i >= sets->count[0], i >= sets->count[0] ? i - sets->count[0] : i);
    if (it->at_once) limn_parallel(how.threads, fill, &it->kernels);
    return LIMN_OK;
}

static void end(work *it) {
    free(it->kernels.row);
    free(it->kernels.k);
    free(it->order[0]);
    free(it->order[1]);
    free(it->a);
    free(it->b);
}

static double of_subset(work *it, uint64_t seed, int subset) {
    for (int s = 0; s < 2; s++) {
        limn_random stream = {.seed = seed,
                              .purpose = limn_purpose("kid"),
                              .sample = (uint32_t)s,
                              .step = (uint64_t)subset};
        limn_random_shuffle(&stream, 0, it->order[s], it->sets->count[s], it->m);
    }
    for (int i = 0; i < it->m; i++) {
        it->a[i] = it->at_once ? it->order[0][i] : i;
        it->b[i] = it->at_once ? it->sets->count[0] + it->order[1][i] : it->m + i;
        if (it->at_once) continue;
        put_row(it, i, 0, it->order[0][i]);
        put_row(it, it->m + i, 1, it->order[1][i]);
    }
    if (!it->at_once) limn_parallel(it->kernels.threads, fill, &it->kernels);
    return discrepancy(&it->kernels, it->a, it->b, it->m);
}

limn_status limn_kid(const limn_kid_sets *sets, limn_kid_options how, double *mean,
                     double *deviation) {
    work it;
    double squares = 0; // of what is off the mean
    *mean = 0;
    limn_status status = begin(sets, how, &it);
    for (int i = 0; i < how.subsets && status == LIMN_OK; i++) {
        double one = of_subset(&it, how.seed, i);
        double off = one - *mean;
        *mean += off / (i + 1);
        squares += off * (one - *mean);
    }
    end(&it);
    *deviation = sqrt(squares / how.subsets);
    return status;
}

// ---- the metric ----

static int least(int64_t a, int b) {
    return a < b ? (int)a : b;
}

static limn_status compare(limn_measuring *it, const limn_features *set) {
    const options *given = it->options;
    double deviation;
    int m = least(least(given->subset_size, set[0].count), set[1].count);
    limn_kid_sets sets = {
        {set[0].count, set[1].count}, set[0].size, {set[0].values, set[1].values}};
    limn_kid_options how = {.subset_size = m,
                            .subsets = (int)given->subsets,
                            .seed = (uint64_t)given->seed,
                            .threads = it->plan.threads,
                            .memory_limit = it->plan.memory_limit};
    LIMN_TRY(limn_kid(&sets, how, &it->value, &deviation));
    it->value *= 1000;
    limn_measuring_title(it, "KID-%d x 1000", set[0].size);
    limn_fact_number(it, "subsets", (double)given->subsets);
    limn_fact_number(it, "subset-size", m);
    limn_fact_number(it, "deviation", 1000 * deviation);
    limn_fact_number(it, "seed", (double)given->seed);
    if (m < 1000)
        limn_measuring_say(it, "subsets of %d pictures: KID varies more than with the usual 1000",
                           m);
    return LIMN_OK;
}

static limn_status read_side(limn_measuring *it, limn_inception *network, int which,
                             limn_features *to) {
    const options *given = it->options;
    limn_tensors file;
    if (network->plan && limn_folder_exists(it->paths[which]))
        return limn_features_read(it, network, &given->features, which, to);
    LIMN_TRY(limn_feature_file(it, which, "features", &file));
    limn_status status = limn_features_take(it, &file, which, to);
    limn_tensors_free(&file);
    if (status != LIMN_OK) return status;
    return limn_feature_size(it, network, which, "rows", to->size);
}

static limn_status measure_with(limn_measuring *it, limn_inception *network) {
    const options *given = it->options;
    limn_features set[2] = {{0}, {0}};
    limn_status status = LIMN_OK;
    for (int i = 0; i < 2 && status == LIMN_OK; i++) status = read_side(it, network, i, &set[i]);
    if (status == LIMN_OK && set[0].size != set[1].size)
        status = limn_fail(LIMN_INPUT, "%s holds rows of %d features and %s of %d", it->paths[0],
                           set[0].size, it->paths[1], set[1].size);
    if (status == LIMN_OK) status = compare(it, set);
    if (status == LIMN_OK && given->save)
        status = limn_features_write(&set[1], given->save, given->force);
    for (int i = 0; i < 2; i++) limn_features_free(&set[i]);
    return status;
}

static limn_status measure(limn_measuring *it) {
    const options *given = it->options;
    if (given->save) LIMN_TRY(limn_file_can_write(given->save, given->force));
    return limn_with_features(it, &given->features, measure_with);
}

const limn_metric limn_metric_kid = {
    .name = "kid",
    .title = "KID",
    .summary = "measure how near a set of pictures is to another",
    .description =
        "Kernel Inception Distance: the squared maximum mean discrepancy of the features of two "
        "sets of pictures, the mean over subsets, times 1000. Less is better, and the number of "
        "pictures does not bias it; it may fall a little below 0. Folders are read at any depth. "
        "Transparent pictures are laid on white.\n"
        "In place of a folder a file of features will do, .npz as --save writes it, of the same "
        "network, features and resize.\n"
        "The network is not shipped. --features 2048 needs pytorch-fid's "
        "pt_inception-2015-12-05-6726825d.pth; figures with fewer features cannot be compared with "
        "published ones.\n",
    .examples = "limn measure kid results/ dogs/ --network pt_inception-2015-12-05-6726825d.pth\n"
                "limn measure kid results/ dogs/ --network FILE --save dogs.npz\n"
                "limn measure kid others/ dogs.npz --network FILE\n",
    .compares = LIMN_TWO_SETS,
    .computes = true,
    .groups = {{"Measuring", table, 0},
               {"Network", limn_feature_table, offsetof(options, features)}},
    .options_size = sizeof(options),
    .measure = measure,
};
