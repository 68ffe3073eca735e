// The networks that find faces: those of face-api.js, "tiny face detector" and "face landmark 68".
// What a tensor of theirs is called says which they are of: detector., landmarks.
#ifndef LIMN_FACE_NETWORKS_H
#define LIMN_FACE_NETWORKS_H

#include "face/landmarks.h"
#include "nn/net.h"

enum {
    LIMN_DETECTOR_STEP = 32, // pixels of a cell; sides are multiples of it
    LIMN_ANCHORS = 5,        // boxes of a cell
    LIMN_BOX_NUMBERS = 5,    // x, y, width, height, score
    LIMN_LANDMARK_SIDE = 112,
};

// Both take pictures that limn_face_input made.

// x [1,3,n,n] -> [1,25,n/32,n/32], channel 5 anchor + number
limn_node *limn_face_detector(limn_net *net, limn_node *x);

// x [n,3,112,112] -> [n,136]: x0, y0, x1, ... as parts of the side. `blocks` 4, or of the tiny one
// 3.
limn_node *limn_face_landmarks(limn_net *net, limn_node *x, int blocks);

// From 0..255, in place, [3][side][side].
typedef enum limn_face_network { LIMN_FACE_DETECTOR, LIMN_FACE_LANDMARKS } limn_face_network;
void limn_face_input(limn_face_network network, int side, float *rgb);

#endif
