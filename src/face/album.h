// The faces of many pictures: found once, kept in a file, cut out and warped onto one another.
#ifndef LIMN_FACE_ALBUM_H
#define LIMN_FACE_ALBUM_H

#include "data/folder.h"
#include "face/finder.h"

typedef struct limn_album {
    const limn_folder *folder; // borrowed
    bool *has;                 // of each file: it shows a face that can be made up
    limn_landmarks *landmarks; // of the largest
    int found;
} limn_album;

typedef struct limn_album_request {
    const limn_folder *folder;
    const char *kept; // the file where they are kept; NULL: they are not
    bool whole;       // the whole picture is the box of a face
    bool strict;      // a picture that cannot be read ends it; otherwise it has no face
    limn_plan_options how;
    limn_status (*tell)(void *context, int done, int count); // now and then; may end it
    void *context;
} limn_album_request;

// Those of the file where it has those of the same pictures, or else of the pictures, and kept
// then. LIMN_INPUT, LIMN_IO, LIMN_MEMORY, LIMN_MODEL, LIMN_STOPPED.
limn_status limn_album_open(const limn_album_request *request, limn_album *album);
void limn_album_free(limn_album *album);

// A picture of a file, and its landmarks in the frame of its face: [3][side][side].
limn_status limn_album_cut(const limn_album *album, int file, const limn_picture *picture, int side,
                           float *rgb, limn_landmarks *landmarks);

// The mean frame of at most 500 faces, evenly chosen of `files`, warped to the mean of their
// landmarks; [3][side][side], and the landmarks in its pixels.
limn_status limn_album_average(const limn_album *album, const int *files, int count, int side,
                               float *rgb, limn_landmarks *landmarks);

#endif
