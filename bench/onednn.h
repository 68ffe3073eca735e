// oneDNN's convolution as a judge of ours: made once, run often. Zero borders only.
#ifndef LIMN_BENCH_ONEDNN_H
#define LIMN_BENCH_ONEDNN_H

#include "base/status.h"
#include "device/conv.h"

typedef struct limn_onednn limn_onednn;

// Holds oneDNN, for the whole process and before its first use, to vectors of so many lanes.
void limn_onednn_limit(int lanes);

// `plain_x` and `plain_y` as in limn_conv_kernel; a blocked map is in blocks of `lanes`. The maps
// are the caller's, of float; the weights live inside, in whatever layout oneDNN likes, and are
// read (FORWARD, DATA) or written (WEIGHT) there.
limn_status limn_onednn_new(const limn_conv *conv, limn_pass pass, bool plain_x, bool plain_y,
                            int lanes, limn_onednn **made);
// FORWARD: x to y; DATA: dy (x) to dx (y); WEIGHT: x and dy (y) to the weights.
limn_status limn_onednn_run(limn_onednn *conv, void *x, void *y);
void limn_onednn_free(limn_onednn *conv);

#endif
