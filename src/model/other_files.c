// Files that limn knows and that are no models: what they are, and what takes them.
#include "model/model.h"

// By a tensor or a key of the metadata that none but they have.
static const struct known {
    const char *tensor, *key;
    const char *is;
} known[] = {
    {"landmarks.fc.weight", NULL,
     "it holds networks that find faces, which whatever works on faces takes by itself"},
    {"detector.conv0.weight", NULL,
     "it holds a network that finds faces, which whatever works on faces takes by itself"},
    {"features.0.weight", NULL,
     "it holds a network that pictures are compared by, for --loss-network of limn train and "
     "limn paint or for limn measure"},
    {"lin0.model.1.weight", NULL,
     "it holds the weights of LPIPS, for --weights of limn measure lpips"},
    {"Conv2d_1a_3x3.conv.weight", NULL,
     "it holds an Inception network, for --network of limn measure fid and limn measure kid"},
    {"mixed_7_tower_2_conv.weight", NULL,
     "it holds an Inception network, for --network of limn measure fid and limn measure kid"},
    {"sigma", NULL,
     "it holds statistics of FID, which limn measure fid takes in place of a folder"},
    {NULL, "pictures checksum",
     "it is a checkpoint, for limn train --resume RUN; the model is RUN/model.safetensors"},
    {NULL, "limn.stage1",
     "it holds the auto-encoders of a first stage, for --stage1 of limn train"},
    {"landmarks", NULL, "it says where the faces are in the pictures of a run"},
};

const char *limn_model_other_file(const limn_tensors *set) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].tensor ? limn_tensors_find(set, known[i].tensor) != NULL
                            : limn_tensors_metadata(set, known[i].key) != NULL)
            return known[i].is;
    return NULL;
}
