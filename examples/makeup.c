// The make-up of one face on another: how much of it, and on which parts.
//
//     cc makeup.c $(pkg-config --cflags --libs limn) -o makeup
//     ./makeup MODEL FACE REFERENCE OUT
#include <limn/limn.h>

#include <stdio.h>

int main(int count, char **arguments) {
    limn_model *model = NULL;
    limn_runner *runner = NULL;
    limn_picture *face = NULL, *star = NULL, *made = NULL;
    limn_makeup_options options = {0};
    options.size = sizeof options;
    options.parts = "lips,eyes";
    options.held_back = 0.2; // four fifths of it
    if (count != 5) {
        fprintf(stderr, "usage: makeup MODEL FACE REFERENCE OUT\n");
        return 2;
    }
    limn_status status = limn_model_load(arguments[1], NULL, &model);
    if (!status) status = limn_runner_open(model, NULL, &runner);
    if (!status) status = limn_picture_read(arguments[2], NULL, &face);
    if (!status) status = limn_picture_read(arguments[3], NULL, &star);
    if (!status) status = limn_makeup(runner, face, star, &options, &made);
    if (!status) status = limn_picture_write(made, arguments[4], NULL);
    if (status) fprintf(stderr, "%s\n", limn_message());
    limn_picture_free(made);
    limn_picture_free(star);
    limn_picture_free(face);
    limn_runner_free(runner);
    limn_model_free(model);
    return (int)status;
}
