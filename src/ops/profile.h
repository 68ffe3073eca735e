// Spatial profiles: how alike the rows and columns of two pictures are ("Content and Colour
// Distillation for Learning Image Translations with the Spatial Profile Loss", M. S. Sarfraz, C.
// Seibold, H. Khalid, R. Stiefelhagen, BMVC 2019, arXiv 1908.00274).
//
// S(x,y) = sum over channels of the mean cosine of rows and the mean cosine of columns, x and y
// pictures, their YUV versions or the differences of neighbours in either.
#ifndef LIMN_OPS_PROFILE_H
#define LIMN_OPS_PROFILE_H

#include "graph/graph.h"

// GRADIENT: differences of RGB (GP); RGB, YUV, YUV_GRADIENT: colours (CP).
typedef enum limn_profile_part {
    LIMN_PROFILE_GRADIENT,
    LIMN_PROFILE_RGB,
    LIMN_PROFILE_YUV,
    LIMN_PROFILE_YUV_GRADIENT,
    LIMN_PROFILE_PARTS
} limn_profile_part;

// FORMULA: means over rows, columns and pictures; a profile shorter than 1e-4 in either picture
// (values in [0,1]) counts 0. The two codes divide rows and columns by the height, of the map
// (PYTORCH) or of the picture (TENSORFLOW), and add pictures up; their floors are 1e-12 and 1e-6.
typedef enum limn_profile_form {
    LIMN_PROFILE_FORMULA,
    LIMN_PROFILE_PYTORCH,
    LIMN_PROFILE_TENSORFLOW
} limn_profile_form;

enum { LIMN_PROFILE_ALL = (1 << LIMN_PROFILE_PARTS) - 1 };
typedef struct limn_profile_options {
    unsigned parts; // a bit each: 1u << LIMN_PROFILE_RGB; the others are 0
    limn_profile_form form;
} limn_profile_options;

// Of pictures x, y [n,3,h,w] with values in [0,1]: -S of each part, then its reach, the S of y with
// itself (no gradient).  -> [2, LIMN_PROFILE_PARTS]
limn_node *limn_profile(limn_node *x, limn_node *y, limn_profile_options options);

// ---- what it is made of ----

// Sums of products of each profile of the planes of profile_op.h: x y, x x, y y, of rows, then
// columns.  -> [n, planes, 3, h + w]
limn_node *limn_profile_sums(limn_node *x, limn_node *y, unsigned parts);
// The parts from the sums of n pictures of so many rows.  -> [2, LIMN_PROFILE_PARTS]
limn_node *limn_profile_parts(limn_node *sums, int64_t rows, limn_profile_form form);

#endif
