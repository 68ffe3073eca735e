// limn translate: pictures into another domain.
#include "app/use.h"

static const limn_option table[] = {
    LIMN_USE_MODEL_OPTION("the best one for this verb that limn models lists", "the model"),
    {.name = "to",
     .kind = LIMN_OPTION_TEXT,
     LIMN_USE(to),
     .placeholder = "DOMAIN|all",
     .help = "the domain to translate to; all: to each of them, in folders of their names; a "
             "picture's own domain shows what the model knows of it"},
    {.name = "from",
     .kind = LIMN_OPTION_TEXT,
     LIMN_USE(from),
     .placeholder = "DOMAIN",
     .help = "the domain of the pictures, where the model must know it: of two, the one that --to "
             "is not. Of a model that need not, where --interpolate begins with one picture"},
    {.name = "direction",
     .kind = LIMN_OPTION_CHOICE,
     LIMN_USE(direction),
     .fallback = "unsaid",
     .otherwise = "AtoB",
     .choices = LIMN_DIRECTIONS,
     .placeholder = "AtoB|BtoA|AtoA|BtoB",
     .help = "--from and --to in short, for a model of two domains"},
    {.name = "exemplar",
     .kind = LIMN_OPTION_LIST,
     LIMN_USE(exemplars),
     .placeholder = "PICTURE|FOLDER",
     .help =
         "a picture that has the look to give; again and again for several, or a folder of them"},
    {.name = "pair",
     .kind = LIMN_OPTION_CHOICE,
     LIMN_USE(pair),
     .fallback = "none",
     .choices = "none|name|random|similar",
     .help = "one of the exemplars for each picture, instead of all: that of its name, one by seed "
             "and name, or the most similar of a hundred"},
    {.name = "random",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(random),
     .fallback = "0",
     .low = 0,
     .high = 1024,
     .help = "so many looks by chance instead, for each picture; of a model whose looks are its "
             "domains, a sheet of so many pictures made from chance"},
    {.name = "seed",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(seed),
     .fallback = "0",
     .low = 0,
     .high = 9e15,
     .help = "the source of chance for --random, --pair and --noise"},
    {.name = "interpolate",
     .kind = LIMN_OPTION_WHOLE,
     LIMN_USE(interpolate),
     .fallback = "0",
     .low = 0,
     .high = 256,
     .help = "so many steps from one look to another, of two exemplars or --random 2; of a model "
             "whose looks are its domains, a strip on the way from one picture to another, or of "
             "one picture from --from to --to"},
    {.name = "style-strength",
     .kind = LIMN_OPTION_REAL,
     LIMN_USE(style_strength),
     .fallback = "1",
     .low = 0,
     .high = 2,
     .help = "how far from the domain's average look (0) to that of the exemplar (1), and beyond"},
    {.name = "noise",
     .kind = LIMN_OPTION_FLAG,
     LIMN_USE(noise),
     .help = "draw contents with the noise that they had in training, for models that have it"},
    {.name = "diagnose",
     .kind = LIMN_OPTION_FLAG,
     LIMN_USE(diagnose),
     .help = "a sheet of what the results are made of: a row for each picture, with one exemplar"},
    {.name = "size",
     .kind = LIMN_OPTION_CHOICE,
     LIMN_USE(size),
     .fallback = "model",
     .choices = "model|keep|native|detail",
     .help = "model: the size that the model was trained at, by the shorter side; keep: that, "
             "brought back to the picture's own; native: computed at the picture's own; detail: as "
             "keep, but what is enlarged is the change alone, so that lines and textures stay"},
    LIMN_USE_PIXEL_OPTIONS,
    {.name = "network",
     .kind = LIMN_OPTION_TEXT,
     LIMN_USE(network),
     .placeholder = "NAME",
     .help = LIMN_NETWORK_HELP},
    {0}};

static const limn_option_group groups[] = LIMN_BATCH_GROUPS(table);

const limn_verb limn_verb_translate = {
    .name = "translate",
    .summary = "turn pictures of one domain into those of another",
    .arguments = "PICTURE|FOLDER ...",
    .least = 0,
    .most = -1,
    .description =
        "Translates pictures by a model that was trained between domains. A picture of any size "
        "goes in; the result has the model's size, or with --size keep that of the picture.\n"
        "Models differ in what says the look of a result: the domain alone (limn train two-step), "
        "or a domain and an exemplar. limn info tells which domains a model has; what it cannot do "
        "is refused. Several looks at once lie in folders of their names, or on one sheet where -o "
        "names a picture.\n"
        "A two-step result is made anew from what the model reads in the picture. A model trained "
        "with --inpaint fills the middle and leaves the rest as it is.\n",
    .examples = "limn translate face.png -m runs/emoji/model.safetensors --to google -o out.png\n"
                "limn translate faces/ -m emoji --to all -o translated/\n"
                "limn translate a.png b.png -m MODEL --to google --interpolate 8 -o strip.png\n"
                "limn translate a.png -m MODEL --from google --to twitter --interpolate 8 -o "
                "strip.png\n"
                "limn translate -m MODEL --to google --random 16 -o sheet.png\n",
    .groups = groups,
    .options_size = sizeof(limn_use_options),
    .run = limn_use,
};
