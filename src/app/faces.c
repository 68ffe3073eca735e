// What verbs that work on faces have beside the other verbs that use models: a reference, and where
// the faces are.
#include "app/looks.h"
#include "app/signals.h"
#include "face/makeup.h"
#include "plan/plan.h"

#include <stdlib.h>

typedef struct faces {
    limn_user *by;
    limn_face_finder *finder;
    limn_points points; // that the user gave
    limn_picture *like; // NULL: the average face
    limn_made_up reference;
    limn_makeup_choice choice;
} faces;

// ---- where the faces are ----

static const char *plural(int count) {
    return count == 1 ? "" : "s";
}

static void tell_several(const faces *it, const char *path, int count, int64_t number,
                         const char *option) {
    if (count > 1 && !number)
        limn_say(it->by->call, "%s: has %d faces, and the largest is taken; %s says which", path,
                 count, option);
}

static limn_status choose(const faces *it, const limn_faces *found, const char *path,
                          bool reference, limn_landmarks *landmarks) {
    const limn_use_options *given = it->by->given;
    int64_t number = reference ? given->like_face : given->face;
    tell_several(it, path, found->count, number, reference ? "--like-face" : "--face");
    return limn_faces_choose(found, (int)number, landmarks);
}

static limn_status locate(const faces *it, const limn_picture *picture, const char *path,
                          bool reference, limn_landmarks *landmarks) {
    bool given = reference ? it->points.has_like : it->points.has_face;
    limn_faces found;
    *landmarks = reference ? it->points.like : it->points.face;
    if (given) return limn_makeup_check(&(limn_made_up){picture, *landmarks});
    LIMN_TRY(limn_faces_find(it->finder, picture, &found));
    limn_status status = choose(it, &found, path, reference, landmarks);
    limn_faces_free(&found);
    return status;
}

static limn_status read_reference(faces *it) {
    const limn_use_options *given = it->by->given;
    const limn_read_options how = {.size = sizeof how,
                                   .max_memory = given->verb.compute.max_memory};
    if (!given->like) return LIMN_OK;
    LIMN_TRY(limn_originals_add(&it->by->call->originals, given->like));
    LIMN_TRY(limn_call_read(it->by->call, given->like, &how, &it->like));
    it->reference.picture = it->like;
    limn_status status = locate(it, it->like, given->like, true, &it->reference.landmarks);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "--like %s: ", given->like);
}

// ---- one picture ----

static limn_status work(void *context, limn_picture *picture, limn_picture **result) {
    faces *it = context;
    limn_made_up face = {.picture = picture};
    const char *path = it->by->batch->job->input;
    LIMN_TRY(locate(it, picture, path, false, &face.landmarks));
    return limn_makeup_apply(it->by->tool->runner, it->by->tool->model, &face,
                             it->like ? &it->reference : NULL, &it->choice, result);
}

// ---- what --dry-run tells ----

static void list_faces(limn_text *text, const limn_faces *found) {
    limn_text_print(text, "[");
    for (int i = 0; i < found->count; i++) {
        const limn_face *face = &found->items[i];
        limn_text_print(text, "%s{\"box\": [%.4f, %.4f, %.4f, %.4f], \"score\": %.4f, ",
                        i ? ", " : "", face->x, face->y, face->width, face->height, face->score);
        limn_text_print(text, "\"landmarks\": ");
        limn_points_print(text, &face->landmarks);
        limn_text_print(text, "}");
    }
    limn_text_print(text, "]");
}

static void print_faces(const faces *it, const char *path, const limn_faces *found) {
    if (it->by->call->common->json) return;
    limn_print("%s: %d face%s\n", path, found->count, plural(found->count));
    for (int i = 0; i < found->count; i++) {
        const limn_face *face = &found->items[i];
        limn_print("  %d  at (%.0f, %.0f), %.0f x %.0f pixels, score %.3f\n", i + 1, face->x,
                   face->y, face->width, face->height, face->score);
    }
}

// The chosen face in the form that --landmarks takes, where there is but one picture.
static limn_status tell_chosen(const faces *it, const limn_faces *found,
                               const limn_picture *picture, const char *path) {
    limn_landmarks landmarks = it->points.face;
    limn_status status = it->points.has_face
                             ? limn_makeup_check(&(limn_made_up){picture, landmarks})
                             : choose(it, found, path, false, &landmarks);
    if (status != LIMN_OK) return limn_fail_in(status, "%s: ", path);
    limn_points_print(limn_call_member(it->by->call, "face"), &landmarks);
    return LIMN_OK;
}

static limn_status tell_picture(const faces *it, const limn_batch *batch, const limn_job *job,
                                limn_text *text) {
    const limn_read_options how = limn_batch_reading(batch);
    limn_picture *picture;
    limn_faces found;
    LIMN_TRY(limn_call_read(it->by->call, job->input, &how, &picture));
    limn_status status = limn_faces_find(it->finder, picture, &found);
    if (status == LIMN_OK) {
        print_faces(it, job->input, &found);
        limn_text_print(text, "%s{\"input\": ", text->size > 1 ? ", " : "");
        limn_text_json(text, job->input);
        limn_text_print(text, ", \"faces\": ");
        list_faces(text, &found);
        limn_text_print(text, "}");
        if (batch->count == 1) status = tell_chosen(it, &found, picture, job->input);
        limn_faces_free(&found);
    }
    limn_picture_free(picture);
    return status;
}

static limn_status tell(const faces *it, limn_batch *batch) {
    limn_text text = {0};
    limn_status status = LIMN_OK;
    limn_text_print(&text, "[");
    for (int i = 0; i < batch->count && status == LIMN_OK; i++) {
        limn_job *job = &batch->jobs[i];
        if (job->state != LIMN_JOB_WAITING) continue;
        if (limn_signal_caught()) {
            status = LIMN_STOPPED;
            break;
        }
        status = tell_picture(it, batch, job, &text);
        if (status != LIMN_OK) status = limn_batch_fail(batch, job, status);
    }
    if (text.size) limn_text_print(limn_call_member(it->by->call, "found"), "%s]", text.data);
    limn_text_free(&text);
    if (it->like)
        limn_points_print(limn_call_member(it->by->call, "like"), &it->reference.landmarks);
    return status;
}

// ---- all of them ----

static limn_status run_batch(void *context, limn_batch *batch) {
    faces *it = context;
    if (it->points.has_face && batch->count > 1)
        return limn_fail(LIMN_USAGE,
                         "--landmarks %s: it says where one face is, and there are %d pictures. "
                         "Name one at a time.",
                         it->by->given->landmarks, batch->count);
    it->by->batch = batch;
    LIMN_TRY(limn_batch_run(batch, work, it));
    return batch->options->dry_run ? tell(it, batch) : LIMN_OK;
}

// Which of several faces it is, the file says.
static limn_status refuse_numbers(const faces *it) {
    const limn_use_options *given = it->by->given;
    const char *option = it->points.has_face && given->face        ? "face"
                         : it->points.has_like && given->like_face ? "like-face"
                                                                   : NULL;
    if (!option) return LIMN_OK;
    return limn_fail(LIMN_USAGE,
                     "--%s: --landmarks %s says where that face is. Leave one of the two "
                     "out.",
                     option, given->landmarks);
}

static limn_status check(faces *it) {
    const limn_use_options *given = it->by->given;
    if (!given->like && !given->remove)
        return limn_fail(LIMN_USAGE,
                         "makeup: say whose make-up: --like REFERENCE. Or --remove takes it off.");
    if (given->like_face && !given->like)
        return limn_fail(LIMN_USAGE, "--like-face %d: there is no --like.", (int)given->like_face);
    it->choice.strength = given->strength;
    LIMN_TRY(limn_makeup_parts(given->parts, it->choice.part));
    if (given->landmarks) LIMN_TRY(limn_points_read(given->landmarks, &it->points));
    return refuse_numbers(it);
}

static limn_status open_model(faces *it) {
    limn_user *by = it->by;
    if (by->given->verb.batch.dry_run) return LIMN_OK;
    LIMN_TRY(limn_user_open_model(by));
    if (!it->by->given->like && !limn_makeup_has_average(by->tool->model))
        return limn_fail(LIMN_USAGE,
                         "--remove: %s carries no average face. Name a face without make-up: "
                         "--like BARE.",
                         by->tool->path);
    return limn_user_open_runner(by, by->tool);
}

static limn_status open_finder(faces *it) {
    limn_plan_options how;
    LIMN_TRY(limn_compute_plan(&it->by->given->verb.compute, &how));
    return limn_face_finder_open(NULL, how, &it->finder);
}

static limn_status use(faces *it) {
    LIMN_TRY(check(it));
    LIMN_TRY(open_model(it));
    LIMN_TRY(open_finder(it));
    LIMN_TRY(read_reference(it));
    return limn_batch_do(it->by->call, (limn_variants){0}, run_batch, it);
}

limn_status limn_use_faces(limn_call *call) {
    limn_user by = {.call = call, .given = call->options};
    faces it = {.by = &by};
    limn_status status = use(&it);
    limn_picture_free(it.like);
    limn_face_finder_free(it.finder);
    limn_tools_free(&by.tools);
    return status;
}
