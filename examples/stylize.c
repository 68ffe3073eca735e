// A photograph to a painting with the library:
//
//     cc stylize.c $(pkg-config --cflags --libs limn) -o stylize
//     ./stylize MODEL PHOTO PAINTING
#include <limn/model.h>
#include <limn/picture.h>

#include <stdio.h>

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: %s MODEL PHOTO PAINTING\n", words[0]);
        return LIMN_USAGE;
    }
    limn_model *model = NULL;
    limn_runner *runner = NULL;
    limn_picture *photo = NULL, *painting = NULL;
    limn_run_options options = {.size = sizeof options, .precision = LIMN_SPEED_FAST};

    limn_status status = limn_model_load(words[1], NULL, &model);
    if (!status) status = limn_runner_open(model, &options, &runner);
    if (!status) status = limn_picture_read(words[2], NULL, &photo);
    if (!status) status = limn_translate(runner, photo, NULL, NULL, &painting);
    if (!status) status = limn_picture_write(painting, words[3], NULL);

    if (status) fprintf(stderr, "%s\n", limn_message());
    limn_picture_free(painting);
    limn_picture_free(photo);
    limn_runner_free(runner);
    limn_model_free(model);
    return (int)status;
}
