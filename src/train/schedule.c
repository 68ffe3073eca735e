// How the learning rate changes while training goes on.
#include "train/trainer.h"

#include <math.h>

static double constant(double part) {
    (void)part;
    return 1;
}
static double linear(double part) {
    return 1 - part;
}
// "SGDR: Stochastic Gradient Descent with Warm Restarts", I. Loshchilov and F. Hutter 2017,
// equation 5, without restarts.
static double cosine(double part) {
    return 0.5 + 0.5 * cos(3.14159265358979323846 * part);
}

// In the order of --schedule's choices; `part` of the training is done.
static double (*const schedules[])(double part) = {constant, linear, cosine};

double limn_schedule(const limn_train_options *options, int64_t step, int64_t steps) {
    double factor = schedules[options->schedule]((double)step / (double)steps);
    if (step < options->warmup) factor *= (double)(step + 1) / (double)options->warmup;
    if (options->halve_every) factor *= pow(0.5, (double)(step / options->halve_every));
    return factor;
}
