// The shelf: models that are found by name.
#ifndef LIMN_MODEL_SHELF_H
#define LIMN_MODEL_SHELF_H

#include "model/kind.h"

typedef struct limn_shelf_item {
    const char *name; // "candy"
    const char *path;
    limn_model *model; // without its parameters
    double rank;       // metadata limn.rank: the smallest is taken when nobody names one
} limn_shelf_item;

// What ships beside the models and is none.
typedef enum limn_shelf_tool_name {
    LIMN_SHELF_LOSS_NETWORK, // the VGG-19
    LIMN_SHELF_FACES,        // the networks that find faces
    LIMN_SHELF_TOOLS
} limn_shelf_tool_name;

typedef struct limn_shelf {
    limn_shelf_item *items; // by rank, then by name
    int count;
    const char *tools[LIMN_SHELF_TOOLS]; // paths; NULL: not there
    const char *fault; // why a folder of $LIMN_MODELS, the first such, is not listed; or NULL
    limn_arena arena;
} limn_shelf;

// Looks into the folders of $LIMN_MODELS or, without it, those near the program and the library:
// models, ../models, and ../share/limn/models of an installation. Files that are no model are
// passed over. The tools, which no folder of one's own styles has, are looked for near the program
// as well.
limn_status limn_shelf_open(limn_shelf *shelf);
void limn_shelf_close(limn_shelf *shelf);

// The file that a name means: a path, where the folder of a run stands for its model.safetensors;
// or the name of a model on the shelf; or, for NULL, the best one for this verb: of the nearest
// scale from `scale` on, or else of the largest; 0: of any.
// The caller frees *path. Fails with LIMN_MODEL.
limn_status limn_shelf_find(const char *model, const char *verb, int scale, char **path);

// The best one for a picture that is to become `scale` times as large (0: as the usual model makes
// it); for a JPEG one that was trained on what JPEG leaves of pictures, where one enlarges as much.
// Those limn_shelf_find takes by name alone. The caller frees *path. Fails with LIMN_MODEL.
limn_status limn_shelf_find_for(const char *verb, int scale, bool jpeg, char **path);

// The best model of a kind and shape, or NULL. Freed with free.
char *limn_shelf_alike(const limn_kind *kind, const void *shape);

// The path of what ships, or NULL. Freed with free.
char *limn_shelf_tool(limn_shelf_tool_name tool);

#endif
