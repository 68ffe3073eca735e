// What the trainings by spatial profiles of the BMVC paper have in common besides their loss:
// presets, and the options of the network and its optimiser.
#ifndef LIMN_METHODS_PROFILE_TRAINING_H
#define LIMN_METHODS_PROFILE_TRAINING_H

#include "methods/profile_loss.h"
#include "train/method.h"

typedef struct limn_profile_training {
    const char *init;
    int preset, norm; // limn_paired_norm
    int64_t width, image_size;
    double output_deviation, rate;
    bool flip;
} limn_profile_training;

// Where no steps are given, as in the published training, its 50 epochs.
void limn_profile_training_length(limn_trainer *trainer);

extern const limn_default limn_profile_draft[], limn_profile_good[], limn_profile_best[];
#define LIMN_PROFILE_PUBLISHED                                                                     \
    {"image-size", "256"}, {"width", "64"}, {"batch-size", "16"}, {"lr", "2e-4"},                  \
        {"decay", "0.96"}, {                                                                       \
        "schedule", "exponential"                                                                  \
    }

// Rows of an option table whose TRAINING(member) is the place of a member. `size_help` and
// `deviation_help` say what a method asks of the size and begins from.
#define LIMN_PROFILE_PRESET_OPTION                                                                 \
    {                                                                                              \
        .name = "preset", .kind = LIMN_OPTION_CHOICE, TRAINING(preset), .fallback = "good",        \
        .choices = "draft|good|best|published",                                                    \
        .help = "minutes, an hour, two days, weeks: size, width, steps and how the rate falls"     \
    }
#define LIMN_PROFILE_TRAINING_OPTIONS(size_help, usual_deviation, deviation_help)                  \
    {.name = "norm",                                                                               \
     .kind = LIMN_OPTION_CHOICE,                                                                   \
     TRAINING(norm),                                                                               \
     .fallback = "instance",                                                                       \
     .choices = "instance|batch",                                                                  \
     .help = "batch: trained by the statistics of batches, used by running ones"},                 \
        {.name = "width",                                                                          \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         TRAINING(width),                                                                          \
         .otherwise = "by the preset",                                                             \
         .low = 1,                                                                                 \
         .high = 256,                                                                              \
         .help = "channels of the first layer"},                                                   \
        {.name = "image-size",                                                                     \
         .kind = LIMN_OPTION_WHOLE,                                                                \
         TRAINING(image_size),                                                                     \
         .otherwise = "by the preset",                                                             \
         .low = 16,                                                                                \
         .high = 1024,                                                                             \
         .help = size_help},                                                                       \
        {.name = "flip",                                                                           \
         .kind = LIMN_OPTION_FLAG,                                                                 \
         TRAINING(flip),                                                                           \
         .fallback = "yes",                                                                        \
         .help = "do not mirror half of the pairs"},                                               \
        {.name = "output-deviation",                                                               \
         .kind = LIMN_OPTION_REAL,                                                                 \
         TRAINING(output_deviation),                                                               \
         .otherwise = usual_deviation,                                                             \
         .low = 0,                                                                                 \
         .high = 1,                                                                                \
         .help = deviation_help},                                                                  \
        {.name = "init",                                                                           \
         .kind = LIMN_OPTION_TEXT,                                                                 \
         TRAINING(init),                                                                           \
         .fallback = "none",                                                                       \
         .placeholder = "none|MODEL",                                                              \
         .help = "the model to start from"},                                                       \
    {                                                                                              \
        .name = "lr", .kind = LIMN_OPTION_REAL, TRAINING(rate), .otherwise = "by the preset",      \
        .low = 1e-9, .high = 10, .help = "learning rate of Adam"                                   \
    }

#endif
