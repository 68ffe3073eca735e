// The shelf: models that ship with limn, found by name.
#ifndef LIMN_APP_SHELF_H
#define LIMN_APP_SHELF_H

#include "app/verb.h"
#include "base/memory.h"

typedef struct limn_shelf_item {
    const char *name; // "candy"
    const char *path;
    const char *method, *network;
    const char *verb;     // that it is for: "stylize"
    const char **domains; // that it translates between
    int domain_count;
    int scale;   // 0: the model makes pictures of a size of its own
    double rank; // metadata limn.rank: the smallest is taken when nobody names one
} limn_shelf_item;

typedef struct limn_shelf {
    limn_shelf_item *items; // by rank, then by name
    int count;
    const char *loss_network; // path of the VGG-19 that ships; NULL: not there
    const char *missing;      // the first folder of $LIMN_MODELS that is not there, or NULL
    limn_arena arena;
} limn_shelf;

// Looks into the folders of $LIMN_MODELS or, without it, those near the program: models,
// ../models, and ../share/limn/models of an installation. Files that are no model are passed over.
// The loss network, which no folder of one's own styles has, is looked for near the program as
// well.
limn_status limn_shelf_open(limn_shelf *shelf);
void limn_shelf_close(limn_shelf *shelf);

// The file that --model means: a path, where the folder of a run stands for its model.safetensors;
// or the name of a model on the shelf; or, for NULL, the best one of this method and scale. The
// caller frees *path. Fails with LIMN_MODEL.
limn_status limn_shelf_find(const char *model, const char *method, int scale, char **path);

// The model that --model means, loaded, for a verb that makes pictures: scale 1 for a style, more
// for what enlarges so many times (a named one may enlarge otherwise), 0 for any, a style where
// none is named. `network`: what a bare state dict is, or NULL. The path is told, as "model" in
// JSON and, where nobody named it, in a line.
limn_status limn_shelf_load(limn_call *call, const char *model, int scale, const char *network,
                            limn_model **loaded);

// The path of the VGG-19 that ships, or NULL. Freed with free.
char *limn_shelf_loss_network(void);

#endif
