// One model, two threads: the parameters are there once, and each thread has a runner of its own.
//
//     cc threads.c $(pkg-config --cflags --libs limn) -pthread -o threads
//     ./threads MODEL PHOTO PAINTING OTHER_PHOTO OTHER_PAINTING
#include <limn/limn.h>

#include <pthread.h>
#include <stdio.h>

typedef struct work {
    const limn_model *model;
    const char *photo, *painting;
    limn_status status;
    char why[512];
} work;

static int tell(void *context, double done) {
    const work *it = (const work *)context;
    printf("%s: %.0f %%\n", it->photo, 100 * done);
    return 0; // anything else would end the translation
}

static void *paint(void *context) {
    work *it = (work *)context;
    limn_runner *runner = NULL;
    limn_picture *photo = NULL, *painting = NULL;
    limn_run_options options = {
        .size = sizeof options, .threads = 1, .progress = tell, .context = it};

    it->status = limn_runner_open(it->model, &options, &runner);
    if (!it->status) it->status = limn_picture_read(it->photo, NULL, &photo);
    if (!it->status) it->status = limn_translate(runner, photo, NULL, NULL, &painting);
    if (!it->status) it->status = limn_picture_write(painting, it->painting, NULL);
    // Sentences are a thread's own.
    if (it->status) snprintf(it->why, sizeof it->why, "%s", limn_message());

    limn_picture_free(painting);
    limn_picture_free(photo);
    limn_runner_free(runner);
    return NULL;
}

int main(int count, char **words) {
    if (count != 6) {
        fprintf(stderr, "usage: %s MODEL PHOTO PAINTING OTHER_PHOTO OTHER_PAINTING\n", words[0]);
        return LIMN_USAGE;
    }
    limn_model *model = NULL;
    limn_status status = limn_model_load(words[1], NULL, &model);
    if (status) {
        fprintf(stderr, "%s\n", limn_message());
        return (int)status;
    }
    work works[2] = {{.model = model, .photo = words[2], .painting = words[3]},
                     {.model = model, .photo = words[4], .painting = words[5]}};
    pthread_t other;
    if (pthread_create(&other, NULL, paint, &works[1])) return LIMN_ERROR;
    paint(&works[0]);
    pthread_join(other, NULL);
    for (int i = 0; i < 2; i++) {
        if (works[i].status) fprintf(stderr, "%s\n", works[i].why);
        if (works[i].status) status = works[i].status;
    }
    limn_model_free(model);
    return (int)status;
}
