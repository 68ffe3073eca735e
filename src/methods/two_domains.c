// What trainings between two unpaired sets of pictures have in common.
#include "methods/two_domains.h"

#include "train/start.h"

#include <stdio.h>

limn_status limn_two_domains_open(limn_trainer *trainer, const limn_two_domains *from) {
    static const limn_samples samples = {
        .layouts = {LIMN_LAYOUT_UNPAIRED, LIMN_LAYOUT_DOMAINS}, .files = 1, .least = 2, .most = 2};
    const char *domains[LIMN_TWO_DOMAINS + 2] = {NULL};
    for (int i = 0; i < from->names.count && i <= LIMN_TWO_DOMAINS; i++)
        domains[i] = from->names.items[i];
    limn_set_request more = {.path_a = from->data_a,
                             .path_b = from->data_b,
                             .domains = from->names.count ? domains : NULL};
    return limn_trainer_pictures_of(trainer, more, &samples);
}

limn_status limn_two_domains_load(limn_trainer *trainer, limn_loader_options how, int held_out,
                                  limn_held_out held[LIMN_TWO_DOMAINS]) {
    how.batch *= LIMN_TWO_DOMAINS;
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) LIMN_TRY(limn_hold_out(&how, d, held_out, &held[d]));
    trainer->epoch = limn_set_epoch(&trainer->set, how.batch);
    return limn_loader_new(how, &trainer->loader);
}

limn_status limn_two_domains_start(limn_trainer *trainer, const char *init, const limn_kind *kind,
                                   const void *shape) {
    const char *names[LIMN_TWO_DOMAINS];
    for (int d = 0; d < LIMN_TWO_DOMAINS; d++) names[d] = trainer->set.domains[d].name;
    return limn_start_between(trainer, init, kind, shape, names, LIMN_TWO_DOMAINS);
}

limn_status limn_two_domains_describe(limn_trainer *trainer, const limn_loss_network *loss,
                                      const char *layer) {
    static const char *const prepared[] = {
        [LIMN_TORCHVISION] = "torchvision", [LIMN_CAFFE] = "caffe"};
    char text[96] = "none";
    LIMN_TRY(limn_model_describe(trainer->model, "limn.method", trainer->method->name));
    if (loss->layers)
        snprintf(text, sizeof text, "VGG-%d, %s, %.40s", loss->layers, prepared[loss->preprocess],
                 layer);
    return limn_model_describe(trainer->model, "limn.loss", text);
}
