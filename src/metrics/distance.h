// How different two pictures look: the distance of their features in a network, at several depths.
#ifndef LIMN_METRICS_DISTANCE_H
#define LIMN_METRICS_DISTANCE_H

#include "metrics/files.h"
#include "metrics/metric.h"
#include "model/loss_network.h"

// Which distance a metric takes, and of which files.
typedef struct limn_distance_options {
    const char *loss_network, *preprocess; // perceptual; NULL: those that ship
    const char *backbone, *weights;        // LPIPS
} limn_distance_options;

extern const limn_option limn_perceptual_table[], limn_lpips_table[];

typedef enum limn_distance_kind {
    LIMN_DISTANCE_PERCEPTUAL,
    LIMN_DISTANCE_LPIPS
} limn_distance_kind;

typedef struct limn_distance_meter {
    char title[96]; // "perceptual distance (VGG-19, unweighted)", "LPIPS-Alex v0.1"
    limn_loss_network network;
    const struct limn_backbone *backbone;
    limn_lpips_weights weights; // without taps: all 1
    limn_plan_options how;
    struct limn_distance_ready *ready; // the plan for the size looked at last
} limn_distance_meter;

limn_status limn_distance_open(limn_distance_kind kind, const limn_distance_options *options,
                               limn_plan_options how, limn_distance_meter *distance);
void limn_distance_close(limn_distance_meter *distance);

// What the network makes of a picture.
typedef struct limn_seen {
    int taps, width, height; // taps 0: nothing
    int channels[LIMN_LPIPS_TAPS];
    size_t places[LIMN_LPIPS_TAPS];
    float *map[LIMN_LPIPS_TAPS]; // [channels][places], in one block
} limn_seen;

// Takes what is clear in the picture for white. LIMN_INPUT when it is too small.
limn_status limn_distance_see(limn_distance_meter *distance, limn_picture *picture,
                              limn_seen *seen);
void limn_seen_free(limn_seen *seen);

// Of two pictures of equal size. LIMN_MEMORY.
limn_status limn_distance_between(const limn_distance_meter *distance, const limn_seen *a,
                                  const limn_seen *b, double *value);

// For metrics that compare pairs by a distance: opens it as their state, measures, closes it.
limn_status limn_distance_begin(limn_measuring *it, limn_distance_kind kind,
                                const limn_distance_options *options);
limn_status limn_distance_pair(limn_measuring *it, limn_picture *a, limn_picture *b, double *value);
void limn_distance_end(limn_measuring *it);

// At one depth: the mean over places of sum_c w_c (a_c / |a| - b_c / |b|)^2, where w NULL is all 1
// and lengths are taken 1e-10 longer. `room`: 2 places numbers.
double limn_distance_of_maps(const float *a, const float *b, const float *weight, int channels,
                             size_t places, double *room);

#endif
