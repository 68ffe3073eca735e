// The loss network of perceptual losses, from a file, and what is measured with it.
#ifndef LIMN_MODEL_LOSS_NETWORK_H
#define LIMN_MODEL_LOSS_NETWORK_H

#include "base/options.h"
#include "limn/picture.h"
#include "nn/losses.h"
#include "nn/update.h"
#include "nn/vgg.h"

typedef struct limn_loss_network {
    limn_store store;
    int layers; // VGG-16 or VGG-19, told by the file's names
    int width;  // of the first block, by its shapes: 64 of those that are published
    limn_preprocess preprocess;
} limn_loss_network;

// Reads features.* of a torchvision-like file up to the deepest of the taps. What the weights
// expect is the file's metadata "preprocess" (caffe or torchvision), unless `preprocess` says it;
// absent means torchvision. LIMN_USAGE and a sentence when `preprocess` is neither, or path NULL.
limn_status limn_loss_network_load(const char *path, const char *preprocess,
                                   const char *const *taps, int count, limn_loss_network *network);
void limn_loss_network_free(limn_loss_network *network);

// The VGG on a net over the network's store.
limn_vgg limn_loss_network_on(limn_loss_network *network, limn_net *net);

// Features of x [n,3,h,w] in 0..255 at one layer; `net` is over the network's store.
limn_node *limn_loss_network_tap(limn_loss_network *network, limn_net *net, limn_node *x,
                                 const char *layer);
// The term "feature": the mean square of how far those of y are from those of x.
void limn_loss_network_term(limn_loss_network *network, limn_update *update, limn_node *y,
                            limn_node *x, const char *layer, double weight);

// Whether weights (the style's as the official code divides its loss; of several the largest) are
// more likely meant for a network that expects pictures as the other kind does, with a sentence for
// people. Losses of content are 3300 times smaller for torchvision's pictures than for Caffe's,
// those of style 1.1e7 times.
enum { LIMN_WEIGHTS_SENTENCE = 256 };
bool limn_loss_weights_doubted(const limn_loss_network *network, double content, double style,
                               char sentence[LIMN_WEIGHTS_SENTENCE]);

// Options of whoever paints by a content and a style, and of whoever asks a loss network, for a
// table whose OPTION(member), or PLACE(member), is the place of a member.
#define LIMN_OBJECTIVE_OPTIONS                                                                     \
    {.name = "content-weight",                                                                     \
     .kind = LIMN_OPTION_REAL,                                                                     \
     OPTION(content_weight),                                                                       \
     .fallback = "1",                                                                              \
     .low = 0,                                                                                     \
     .high = 1e15,                                                                                 \
     .help = "how much the photograph counts"},                                                    \
        {.name = "style-weight",                                                                   \
         .kind = LIMN_OPTION_REAL,                                                                 \
         OPTION(style_weight),                                                                     \
         .fallback = "5",                                                                          \
         .low = 0,                                                                                 \
         .high = 1e15,                                                                             \
         .help = "how much the painting counts, at each layer"},                                   \
        {.name = "tv-weight",                                                                      \
         .kind = LIMN_OPTION_REAL,                                                                 \
         OPTION(tv_weight),                                                                        \
         .fallback = "1e-6",                                                                       \
         .low = 0,                                                                                 \
         .high = 1e6,                                                                              \
         .help = "how smooth the result should be"},                                               \
    {                                                                                              \
        .name = "content-layer", .kind = LIMN_OPTION_TEXT, OPTION(content_layer),                  \
        .fallback = "relu3_3", .help = "the layer where the photograph is compared"                \
    }
// Beside another loss; the member is `feature`.
#define LIMN_FEATURE_WEIGHT_OPTION(PLACE, what)                                                    \
    {                                                                                              \
        .name = "feature-weight", .kind = LIMN_OPTION_REAL, PLACE(feature), .fallback = "0",       \
        .low = 0, .high = 1e6, .help = what                                                        \
    }
#define LIMN_LOSS_NETWORK_OPTIONS(PLACE)                                                           \
    {.name = "loss-network",                                                                       \
     .kind = LIMN_OPTION_PATH,                                                                     \
     PLACE(loss_network),                                                                          \
     .otherwise = "the VGG-19 that ships",                                                         \
     .help = "VGG-16 or VGG-19 with torchvision's names"},                                         \
    {                                                                                              \
        .name = "preprocess", .kind = LIMN_OPTION_TEXT, PLACE(preprocess),                         \
        .otherwise = "as its file says", .placeholder = "caffe|torchvision",                       \
        .help = "what the loss network expects of a picture"                                       \
    }

// The layers whose Gram matrices are a style (Johnson 2016).
enum { LIMN_STYLE_LAYERS = 4 };
extern const char *const limn_style_layers[LIMN_STYLE_LAYERS];

// Loads it up to the deepest of those and the layer where contents are compared.
limn_status limn_loss_network_of_style(const char *path, const char *preprocess,
                                       const char *content_layer, limn_loss_network *network);

// The Gram matrices of a style picture at its own size, one [1,c,c] a layer.
typedef struct limn_style_target {
    int channels[LIMN_STYLE_LAYERS];
    float *gram[LIMN_STYLE_LAYERS];
} limn_style_target;

limn_status limn_style_target_make(limn_loss_network *network, const limn_picture *style,
                                   limn_plan_options options, limn_style_target *target);
void limn_style_target_free(limn_style_target *target);

#endif
