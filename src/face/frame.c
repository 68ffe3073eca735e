// Cutting out the square that makeup works on.
#include "face/frame.h"

#include "image/hidden.h"

#include <math.h>

limn_window limn_frame_of(const limn_landmarks *landmarks) {
    const double larger = 1.15, up = 0.05; // parts of the landmarks' size, of the side
    limn_bounds box = limn_landmarks_bounds(landmarks);
    double side = larger * limn_landmarks_size(landmarks);
    double x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2 - up * side;
    return (limn_window){x - side / 2, y - side / 2, side, side};
}

limn_landmarks limn_frame_landmarks(const limn_landmarks *landmarks, limn_window frame, int side) {
    limn_landmarks in;
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        in.point[i].x = (landmarks->point[i].x - frame.left) / frame.width * side;
        in.point[i].y = (landmarks->point[i].y - frame.top) / frame.height * side;
    }
    return in;
}

limn_status limn_frame_cut(const limn_picture *picture, limn_window frame, int side, float *rgb) {
    limn_picture *filled = NULL;
    bool hides = picture->alpha && limn_picture_hides(picture);
    if (hides) LIMN_TRY(limn_picture_copy(picture, &filled));
    limn_status status = hides ? limn_picture_fill_hidden(filled) : LIMN_OK;
    if (status == LIMN_OK)
        status = limn_window_sample(hides ? filled : picture, frame, LIMN_BICUBIC, LIMN_BEYOND_EDGE,
                                    side, side, rgb);
    limn_picture_free(filled);
    for (size_t i = 0; i < 3 * (size_t)side * (size_t)side && status == LIMN_OK; i++)
        rgb[i] = fminf(fmaxf(rgb[i], 0), 255);
    return status;
}
