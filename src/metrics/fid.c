// FID, the Frechet Inception Distance (Heusel and others, 1706.08500): that of two normal laws
// which have the means and covariances of the features of two sets.
#include "base/file.h"
#include "metrics/features.h"
#include "metrics/statistics.h"

#include <string.h>

typedef struct options {
    limn_feature_options features;
    const char *save;
    bool force;
} options;

#define OPTION(member) .offset = offsetof(options, member)
static const limn_option table[] = {
    {.name = "save",
     .kind = LIMN_OPTION_PATH,
     OPTION(save),
     .placeholder = "FILE.npz",
     .help = "write the statistics of B, to be given in its place another time"},
    {.name = "force", .kind = LIMN_OPTION_FLAG, OPTION(force), .help = "replace that file"},
    {0}};

// One of the two sets.
typedef struct side {
    limn_statistics statistics;
    int count; // pictures; 0: statistics of a file
} side;

static limn_status of_features(const limn_measuring *it, limn_features *features, side *to) {
    to->count = features->count;
    limn_status status = limn_statistics_of(features->values, features->count, features->size,
                                            it->plan.threads, &to->statistics);
    limn_features_free(features);
    return status;
}

static limn_status take_statistics(limn_measuring *it, const limn_tensors *file, int which,
                                   side *to) {
    static const char *const names[] = {"statistics-a", "statistics-b"};
    limn_status status = limn_statistics_from(file, &to->statistics);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", it->paths[which]);
    limn_fact_text(it, names[which], "%s", limn_path_name(it->paths[which]));
    return LIMN_OK;
}

static limn_status read_file(limn_measuring *it, int which, side *to) {
    limn_tensors file;
    limn_features features;
    LIMN_TRY(limn_feature_file(it, which, "statistics", &file));
    bool whole = limn_tensors_find(&file, "features");
    limn_status status = whole ? limn_features_take(it, &file, which, &features)
                               : take_statistics(it, &file, which, to);
    if (whole && status == LIMN_OK) status = of_features(it, &features, to);
    limn_tensors_free(&file);
    return status;
}

static limn_status read_side(limn_measuring *it, limn_inception *network, int which, side *to) {
    const options *given = it->options;
    limn_features features;
    if (!network->plan || !limn_folder_exists(it->paths[which])) {
        LIMN_TRY(read_file(it, which, to));
        return limn_feature_size(it, network, which, "statistics", to->statistics.size);
    }
    LIMN_TRY(limn_features_read(it, network, &given->features, which, &features));
    return of_features(it, &features, to);
}

static limn_status compare(limn_measuring *it, const side *sides) {
    const options *given = it->options;
    int size = sides[0].statistics.size, count = size + 1;
    if (size != sides[1].statistics.size)
        return limn_fail(LIMN_INPUT, "%s holds statistics of %d features and %s of %d",
                         it->paths[0], size, it->paths[1], sides[1].statistics.size);
    for (int i = 0; i < 2; i++)
        if (sides[i].count && sides[i].count < count) count = sides[i].count;
    LIMN_TRY(
        limn_frechet(&sides[0].statistics, &sides[1].statistics, it->plan.threads, &it->value));
    limn_measuring_title(it, "FID-%d", size);
    if (count <= size)
        limn_measuring_say(it, "fewer pictures than features bias FID: compare only figures of as "
                               "many pictures as these");
    if (!given->save) return LIMN_OK;
    return limn_statistics_write(&sides[1].statistics, given->save, given->force);
}

static limn_status measure_with(limn_measuring *it, limn_inception *network) {
    side sides[2] = {{.count = 0}, {.count = 0}};
    limn_status status = LIMN_OK;
    for (int i = 0; i < 2 && status == LIMN_OK; i++) status = read_side(it, network, i, &sides[i]);
    if (status == LIMN_OK) status = compare(it, sides);
    for (int i = 0; i < 2; i++) limn_statistics_free(&sides[i].statistics);
    return status;
}

static limn_status measure(limn_measuring *it) {
    const options *given = it->options;
    if (given->save) LIMN_TRY(limn_file_can_write(given->save, given->force));
    return limn_with_features(it, &given->features, measure_with);
}

const limn_metric limn_metric_fid = {
    .name = "fid",
    .title = "FID",
    .summary = "measure how near a set of pictures is to another, as papers print it",
    .description =
        "Frechet Inception Distance of two sets of pictures. Less is better. It is biased by how "
        "many pictures there are: compare only figures of equal counts, or take limn measure kid. "
        "Folders are read at any depth. Transparent pictures are laid on white.\n"
        "In place of a folder a file of statistics will do, .npz with mu and sigma as pytorch-fid "
        "writes them, or of features that limn measure kid has kept, of the same network, features "
        "and resize.\n"
        "The network is not shipped. --features 2048 needs pytorch-fid's "
        "pt_inception-2015-12-05-6726825d.pth; figures with fewer features cannot be compared with "
        "published ones.\n",
    .examples = "limn measure fid results/ dogs/ --network pt_inception-2015-12-05-6726825d.pth\n"
                "limn measure fid results/ dogs/ --network FILE --save dogs.npz\n"
                "limn measure fid others/ dogs.npz --network FILE\n",
    .compares = LIMN_TWO_SETS,
    .computes = true,
    .groups = {{"Measuring", table, 0},
               {"Network", limn_feature_table, offsetof(options, features)}},
    .options_size = sizeof(options),
    .measure = measure,
};
