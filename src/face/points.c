// Reading and writing landmarks.
#include "face/points.h"

#include "base/file.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define POINTS_MOST ((size_t)1 << 20) // bytes of a file

static limn_status read_point(const json_t *said, const char *whose, int index, limn_point *point) {
    const json_t *x = json_array_get(said, 0), *y = json_array_get(said, 1);
    bool numbers = json_array_size(said) == 2 && json_is_number(x) && json_is_number(y);
    point->x = json_number_value(x);
    point->y = json_number_value(y);
    if (numbers && limn_landmark_is_possible(*point)) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "point %d of \"%s\" is not two numbers below 1e7: [x, y]", index,
                     whose);
}

static limn_status read_list(const json_t *all, const char *whose, bool *has,
                             limn_landmarks *landmarks) {
    const json_t *list = json_object_get(all, whose);
    *has = list != NULL;
    if (!list) return LIMN_OK;
    if (json_array_size(list) != LIMN_LANDMARKS)
        return limn_fail(LIMN_INPUT, "\"%s\" has %zu points, and a face has %d", whose,
                         json_array_size(list), LIMN_LANDMARKS);
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        LIMN_TRY(read_point(json_array_get(list, (size_t)i), whose, i, &landmarks->point[i]));
    return LIMN_OK;
}

static limn_status read_all(const json_t *all, limn_points *points) {
    LIMN_TRY(read_list(all, "face", &points->has_face, &points->face));
    LIMN_TRY(read_list(all, "like", &points->has_like, &points->like));
    if (points->has_face || points->has_like) return LIMN_OK;
    return limn_fail(LIMN_INPUT, "it has neither \"face\" nor \"like\": lists of %d points [x, y]",
                     LIMN_LANDMARKS);
}

limn_status limn_points_parse(const void *bytes, size_t size, limn_points *points) {
    json_error_t fault;
    limn_shown shown;
    *points = (limn_points){.has_face = false};
    json_t *all = json_loadb(size ? bytes : "", size, JSON_REJECT_DUPLICATES, &fault);
    if (!all)
        return limn_fail(LIMN_INPUT, "it is no JSON: line %d: %s", fault.line,
                         limn_show(&shown, fault.text, strlen(fault.text)));
    limn_status status = read_all(all, points);
    json_decref(all);
    return status;
}

limn_status limn_points_read(const char *path, limn_points *points) {
    limn_file file;
    LIMN_TRY(limn_file_open(path, POINTS_MOST, LIMN_INPUT, &file));
    limn_status status = limn_points_parse(file.bytes, file.size, points);
    limn_file_close(&file);
    return status == LIMN_OK ? LIMN_OK : limn_fail_in(status, "%s: ", path);
}

void limn_points_print(limn_text *text, const limn_landmarks *landmarks) {
    for (int i = 0; i < LIMN_LANDMARKS; i++)
        limn_text_print(text, "%s[%.17g, %.17g]", i ? ", " : "[", landmarks->point[i].x,
                        landmarks->point[i].y);
    limn_text_print(text, "]");
}

limn_status limn_points_check(const limn_landmarks *landmarks, int width, int height) {
    for (int i = 0; i < LIMN_LANDMARKS; i++) {
        limn_point p = landmarks->point[i];
        bool near =
            p.x > -0.5 * width && p.x < 1.5 * width && p.y > -0.5 * height && p.y < 1.5 * height;
        if (!near)
            return limn_fail(LIMN_INPUT,
                             "landmark %d, (%.1f, %.1f), lies far outside of the picture of %d x "
                             "%d pixels",
                             i, p.x, p.y, width, height);
    }
    return LIMN_OK;
}
