// Trains a style by the options of `limn train style`, then paints with it. Ctrl-C saves and stops;
// resume=RUN in place of the options goes on.
//
//     cc train_style.c $(pkg-config --cflags --libs limn) -o train_style
//     ./train_style PHOTO PAINTED style=PAINTING data=PHOTOGRAPHS output=RUN preset=draft
#include <limn/limn.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 64 };

static volatile sig_atomic_t stop;

static void on_interrupt(int number) {
    (void)number;
    stop = 1;
}

static void say(void *context, const char *line) {
    (void)context;
    printf("%s\n", line);
}

static void progress(void *context, const char *line, double done, double seconds_left) {
    (void)context;
    printf("%3.0f %%, %.0f s left: %s\n", 100 * done, seconds_left, line);
}

static int asked(void *context) {
    (void)context;
    return stop ? LIMN_STOP : LIMN_GO_ON;
}

// "steps=300" becomes {"steps", "300"}. Returns the folder of the run, or NULL.
static const char *split(char **words, int count, limn_setting *settings) {
    const char *run = NULL;
    for (int i = 0; i < count && i < MOST; i++) {
        char *sign = strchr(words[i], '=');
        if (sign) *sign = 0;
        settings[i].option = words[i];
        settings[i].value = sign ? sign + 1 : "yes";
        if (!strcmp(words[i], "output") || !strcmp(words[i], "resume")) run = settings[i].value;
    }
    return run;
}

static limn_status paint(const char *run, const char *from, const char *to) {
    limn_model *model = NULL;
    limn_runner *runner = NULL;
    limn_picture *photo = NULL, *painting = NULL;
    limn_status status = limn_model_load(run, NULL, &model); // a run's folder stands for its model
    if (!status) status = limn_runner_open(model, NULL, &runner);
    if (!status) status = limn_picture_read(from, NULL, &photo);
    if (!status) status = limn_translate(runner, photo, NULL, NULL, &painting);
    if (!status) status = limn_picture_write(painting, to, NULL);
    limn_picture_free(painting);
    limn_picture_free(photo);
    limn_runner_free(runner);
    limn_model_free(model);
    return status;
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: %s PHOTO PAINTED OPTION=VALUE ...\n", words[0]);
        return LIMN_USAGE;
    }
    limn_setting settings[MOST + 1] = {{NULL, NULL}};
    limn_train_options options = {
        .size = sizeof options, .say = say, .progress = progress, .asked = asked};
    const char *run = split(words + 3, count - 3, settings);
    signal(SIGINT, on_interrupt);

    limn_status status = limn_train("style", settings, &options);
    if (!status) status = paint(run, words[1], words[2]);
    if (status) fprintf(stderr, "%s\n", limn_message());
    return (int)status;
}
