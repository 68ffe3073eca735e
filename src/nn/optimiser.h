// Optimisers over the flat arrays of a store.
#ifndef LIMN_NN_OPTIMISER_H
#define LIMN_NN_OPTIMISER_H

#include "nn/update.h"

// All as they are said: a rate of 0 changes no parameter, a beta of 0 remembers nothing.
typedef struct limn_adam {
    double rate, beta1, beta2;
    double eps;   // added after the root and the bias correction (PyTorch's form)
    double clip;  // the gradient's norm is brought down to this; 0: as it is
    double decay; // weight decay, added to the gradient (L2)
} limn_adam;

// What Adam's paper and PyTorch have: betas 0.9 and 0.999, eps 1e-8; no clip, no decay.
limn_adam limn_adam_usual(double rate);

// One step of Adam (Kingma and Ba, 1412.6980) on the parameters that the update trains, each as
// often and as far as its group says, and limn_update_keep; counts it.
// Returns the norm of the gradient; where that is not a number (or its square too large for one),
// nothing is changed.
double limn_adam_step(limn_update *update, limn_adam options, int threads);

typedef struct limn_sgd {
    double rate, momentum;
    double clip; // as above
} limn_sgd;

// One step of gradient descent with momentum (kept in store->first), otherwise as limn_adam_step.
double limn_sgd_step(limn_update *update, limn_sgd options, int threads);

// average += (1 - decay) * (values - average), running statistics as well: those of the averaged
// weights lie near the average of theirs.
void limn_average_step(const float *values, float *average, size_t count, double decay,
                       int threads);

#endif
