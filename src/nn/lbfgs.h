// L-BFGS (Liu and Nocedal, 1989) without a line search, as Torch's optim.lbfgs is used for
// pictures: steps of length 1, the first one min(1, 1 / |g|_1).
#ifndef LIMN_NN_LBFGS_H
#define LIMN_NN_LBFGS_H

#include "base/status.h"

#include <stddef.h>

typedef struct limn_lbfgs limn_lbfgs;

limn_status limn_lbfgs_new(size_t count, int history, int threads, limn_lbfgs **lbfgs);
void limn_lbfgs_free(limn_lbfgs *lbfgs);

// Moves x one step, given the gradient at x. x may be changed between steps (clipped): the next
// step takes the way that was really gone.
void limn_lbfgs_step(limn_lbfgs *lbfgs, float *x, const float *gradient);

#endif
