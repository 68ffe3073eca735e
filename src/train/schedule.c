// How the learning rate changes while training goes on.
#include "train/schedule.h"

#include <math.h>

// Where a training stands: `part` of it is done, and so many whole epochs.
typedef struct place {
    double part, epochs, decay;
} place;

static double constant(const place *at) {
    (void)at;
    return 1;
}
static double linear(const place *at) {
    return 1 - at->part;
}
// "SGDR: Stochastic Gradient Descent with Warm Restarts", I. Loshchilov and F. Hutter 2017,
// equation 5, without restarts.
static double cosine(const place *at) {
    return 0.5 + 0.5 * cos(3.14159265358979323846 * at->part);
}
// Of DeepLab (Chen et al., 1606.00915, section 4.1), and of EGSC-IT.
static double poly(const place *at) {
    return pow(1 - at->part, 0.9);
}
static double exponential(const place *at) {
    return pow(at->decay, at->epochs);
}

// In the order of LIMN_SCHEDULES. `ends`: it depends on how many steps there are to be.
static const struct schedule {
    double (*factor)(const place *at);
    bool ends;
} schedules[] = {
    {constant, false}, {linear, true}, {cosine, true}, {poly, true}, {exponential, false}};

bool limn_schedule_ends(const limn_common *options) {
    return schedules[options->schedule].ends;
}

double limn_schedule(const limn_common *options, int64_t step, int64_t steps, int64_t epoch) {
    place at = {.part = (double)step / (double)steps,
                .epochs = (double)(epoch > 0 ? step / epoch : 0),
                .decay = options->decay};
    double factor = schedules[options->schedule].factor(&at);
    if (step < options->warmup) factor *= (double)(step + 1) / (double)options->warmup;
    if (options->halve_every) factor *= pow(0.5, (double)(step / options->halve_every));
    return factor;
}
