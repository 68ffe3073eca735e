// Presets of the trainings by spatial profiles (BMVC 2019); `published` is its authors' own.
#include "methods/profile_training.h"

#include "train/trainer.h"

const limn_default limn_profile_draft[] = {{"image-size", "64"},
                                           {"width", "24"},
                                           {"batch-size", "8"},
                                           {"steps", "1000"},
                                           {"lr", "5e-4"},
                                           {"schedule", "cosine"},
                                           {0}};
const limn_default limn_profile_good[] = {
    {"image-size", "128"}, {"width", "24"},        {"batch-size", "4"}, {"steps", "6000"},
    {"lr", "5e-4"},        {"schedule", "cosine"}, {"ema", "0.999"},    {0}};
const limn_default limn_profile_best[] = {
    {"image-size", "256"}, {"width", "48"},        {"batch-size", "4"}, {"steps", "20000"},
    {"lr", "2e-4"},        {"schedule", "cosine"}, {"ema", "0.999"},    {0}};

enum { PUBLISHED_EPOCHS = 50 };

void limn_profile_training_length(limn_trainer *trainer) {
    int batch = (int)trainer->common.batch_size;
    if (trainer->lengths[0]) return;
    trainer->lengths[0] = PUBLISHED_EPOCHS * limn_set_epoch(&trainer->set, batch);
    limn_trainer_remember(trainer, "steps", &trainer->lengths[0]);
}
