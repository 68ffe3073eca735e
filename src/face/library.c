// Make-up for programs that use the library.
#include "face/makeup.h"

#include "base/options.h"
#include "model/parts.h"

// Where the face of a picture is: as it was said, or found.
static limn_status locate(limn_face_finder *finder, const limn_picture *picture,
                          const double *points, int number, limn_landmarks *landmarks) {
    limn_faces faces;
    for (int i = 0; i < LIMN_LANDMARKS && points; i++)
        landmarks->point[i] = (limn_point){points[2 * i], points[2 * i + 1]};
    if (points) return limn_makeup_check(&(limn_made_up){picture, *landmarks});
    LIMN_TRY(limn_faces_find(finder, picture, &faces));
    limn_status status = limn_faces_choose(&faces, number, landmarks);
    limn_faces_free(&faces);
    return status;
}

static limn_status locate_both(limn_runner *runner, const limn_makeup_options *options,
                               limn_made_up *face, limn_made_up *like) {
    limn_face_finder *finder;
    LIMN_TRY(limn_face_finder_open(options->networks, runner->how, &finder));
    limn_status status =
        locate(finder, face->picture, options->points, options->face, &face->landmarks);
    if (status != LIMN_OK) limn_fail_in(status, "the face: ");
    if (status == LIMN_OK && like->picture) {
        status = locate(finder, like->picture, options->like_points, options->like_face,
                        &like->landmarks);
        if (status != LIMN_OK) limn_fail_in(status, "the reference: ");
    }
    limn_face_finder_free(finder);
    return status;
}

static limn_status check(const limn_makeup_options *options) {
    if (!(options->held_back >= 0 && options->held_back <= 1))
        return limn_fail(LIMN_USAGE, "limn_makeup: held_back is %g, and must be from 0 to 1.",
                         options->held_back);
    if (options->face < 0 || options->like_face < 0)
        return limn_fail(LIMN_USAGE, "limn_makeup: faces are counted from 1 on.");
    return LIMN_OK;
}

limn_status limn_makeup(limn_runner *runner, const limn_picture *face, const limn_picture *like,
                        const limn_makeup_options *given, limn_picture **result) {
    limn_makeup_options options;
    LIMN_GIVE(result, runner && runner->model && face);
    LIMN_TRY(limn_take_options(given, &options, sizeof options));
    LIMN_TRY(check(&options));
    limn_makeup_choice choice = {.strength = 1 - options.held_back};
    LIMN_TRY(limn_makeup_check_model(runner->model));
    LIMN_TRY(limn_makeup_parts(options.parts, choice.part));
    limn_made_up from = {.picture = face}, to = {.picture = like};
    LIMN_TRY(locate_both(runner, &options, &from, &to));
    return limn_makeup_apply(runner, runner->model, &from, like ? &to : NULL, &choice, result);
}
