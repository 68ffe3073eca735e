// limn upscale: pictures made larger by a network.
#include "app/use.h"

static const limn_option table[] = {
    LIMN_USE_MODEL_OPTION("the best one that ships with limn", "the network"),
    {.name = "scale",
     .kind = LIMN_OPTION_CHOICE,
     LIMN_USE(scale),
     .fallback = "4",
     .choices = "4|8",
     .help = "how many times larger: picks the model where none is named"},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

const limn_verb limn_verb_upscale = {
    .name = "upscale",
    .summary = "make pictures larger",
    .arguments = "PICTURE|FOLDER ...",
    .least = 1,
    .most = -1,
    .description =
        "Enlarges pictures four or eight times by a network that limn train upscale made. "
        "What does not fit into --max-memory is done in tiles that overlap, with the same "
        "result.\n",
    .examples = "limn upscale small.jpg -o large.png\n",
    .groups = groups,
    .options_size = sizeof(limn_use_options),
    .run = limn_use,
};
