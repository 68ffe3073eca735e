// The network whose features FID and KID compare: Inception v3 as TensorFlow published it on
// 2015-12-05, which differs from torchvision's in its weights, in its average pools and in one pool
// of its last block.
#ifndef LIMN_METRICS_INCEPTION_H
#define LIMN_METRICS_INCEPTION_H

#include "metrics/files.h"
#include "nn/net.h"

// x [n,3,h,w], -1..1, 75 rows and columns at least -> [n,features]: 64, 192, 768 or 2048 of them,
// the mean over all places. Parameters are named as in the file.
limn_node *limn_inception_on(limn_net *net, limn_inception_names names, limn_node *x, int features);

enum { LIMN_INCEPTION_SIZE = 299 };

// The network of a file, ready for pictures.
typedef struct limn_inception {
    limn_store store;
    limn_graph *graph;
    limn_net net;
    limn_plan *plan;
    limn_node *picture; // [1,3,299,299]
    int features;
} limn_inception;

// features 0: the most that the file has.
limn_status limn_inception_open(const char *path, int features, limn_plan_options how,
                                limn_inception *it);
void limn_inception_close(limn_inception *it);
// The features of one picture of 299x299, values -1..1.
limn_status limn_inception_run(limn_inception *it, const float *picture, float *out);

#endif
