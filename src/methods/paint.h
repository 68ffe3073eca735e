// Painting by optimisation: the picture itself is what is trained.
#ifndef LIMN_METHODS_PAINT_H
#define LIMN_METHODS_PAINT_H

#include "base/status.h"
#include "limn/picture.h"
#include "plan/plan.h"

typedef enum limn_paint_start { LIMN_FROM_NOISE, LIMN_FROM_CONTENT } limn_paint_start;

typedef struct limn_paint_options {
    const char *loss_network, *preprocess;
    const char *content_layer; // "relu3_3"
    double content_weight, style_weight, tv_weight;
    int iterations, history;
    limn_paint_start start;
    const limn_picture *start_picture; // instead, when given: same size as the content
    bool unclipped;                    // let values leave 0..255 while it works (the official code)
    int levels; // coarse to fine: begin at 1 / 2^(levels-1) of the size; 0: 1
    uint64_t seed;
    limn_plan_options plan;
    // Called before the first and after every iteration with the objective; false: stop here.
    bool (*progress)(void *context, int iteration, int iterations, double total);
    void (*say)(void *context, const char *line); // a line for people, or NULL
    void *context;
} limn_paint_options;

// "A Neural Algorithm of Artistic Style" (Gatys, Ecker, Bethge, 1508.06576) with the objective of
// Johnson 2016, which compares itself with it. The style picture counts at its own size.
limn_status limn_paint(const limn_picture *content, const limn_picture *style,
                       const limn_paint_options *options, limn_picture **result);

#endif
