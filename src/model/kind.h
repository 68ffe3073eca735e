// A kind of model: all that limn must know to run, keep, show and recognise it.
//
// A kind is one file in kinds/ that ends in one const struct, and a line in kinds/LIST. Nothing
// else names it: loading, running, tiles, `limn info`, the shelf and the verbs go by what is said
// here. Discriminators and objectives are no part of a kind; methods build them around the same
// read, style and draw.
#ifndef LIMN_MODEL_KIND_H
#define LIMN_MODEL_KIND_H

#include "base/options.h"
#include "base/random.h"
#include "formats/tensors.h"
#include "limn/model.h"
#include "nn/net.h"

// Sizes are in pixels. A picture is first continued, right and below, until its sides are multiples
// of `multiple`; a network that rounds up by itself leaves that at 1. Either way the result is cut
// to the picture's own size, times the scale.
typedef struct limn_sizes {
    int fixed;    // rows and columns of all pictures; 0: any
    int usual;    // the shorter side that it was trained at; 0: that does not matter
    bool square;  // both sides are: pictures are squeezed to that
    bool bicubic; // by which pictures are brought to that size; else bilinear
    int smallest; // rows and columns that it needs
    int multiple;
    int rounds; // what is made has its sides rounded up to a multiple of this by the network itself
    bool luma;  // of a result it is the picture's, also where that is brought back to its own size
    int halo;   // how far one pixel of the result sees, to each side; 0: all over, so no tiles
    int scale;  // result / input
} limn_sizes;

// From a picture's size to that at which it is computed where it is brought to the training size:
// by the shorter side, unless both are. Nothing is enlarged past sixteen training sides for it: a
// line of 1x3000 pixels would become a picture of millions.
void limn_sizes_trained(const limn_sizes *sizes, int *width, int *height);

// LIMN_USAGE and a sentence where pictures of the training size would not come out as large as they
// went in. `name`: what the sentence calls that size.
limn_status limn_sizes_check(const limn_sizes *sizes, const char *name);

struct limn_cells;

enum { LIMN_MOST_CONTENTS = 3 };

// What is read of a picture and drawn from; of a kind that reads nothing the picture itself, or as
// many pictures of one size as it is drawn from.
typedef struct limn_content {
    limn_node *node[LIMN_MOST_CONTENTS];
    int count;
} limn_content;

// How the domains of a model made from published weights are to be called; none: 0, 1, ...
typedef struct limn_import_options {
    const char *const *names;
    int count;
    bool inpaint; // domain 0: pictures with a hole in the middle
} limn_import_options;

// The three parts of a kind, each a plan of its own.
typedef enum limn_part { LIMN_READ, LIMN_STYLE, LIMN_DRAW } limn_part;

typedef struct limn_kind {
    const char *name;   // limn.network
    const char *method; // limn.method where training says no other
    const char *verb;   // that it is for
    const char *title;  // for people
    // What differs between two of a kind: a struct and the table by which limn.options of a file is
    // written and read.
    const limn_option *shape;
    size_t shape_size;
    // What ranges cannot say; also takes down the number of domains where the networks ask for it.
    // LIMN_USAGE and a sentence. May be NULL.
    limn_status (*check)(void *shape, int domains);
    limn_sizes (*sizes)(const void *shape);
    int least_domains, most_domains; // 0, 0: it has none
    bool domains_share;              // read, style and draw are the same whatever the domain
    // The domain that is meant where none is named; -1: it must be. NULL: the last of two.
    int (*target)(const void *shape);

    limn_styles styles;
    // Numbers in a style; NULL or 0: there are none, so that the domain says all.
    int64_t (*style_count)(const void *shape);
    // LIMN_STYLES_DOMAINS: the style that stands for a domain.
    void (*domain)(const void *shape, const limn_store *store, int to, float *style);
    // The k-th of a seed's: styles, or where domains are the styles contents. NULL: no prior.
    void (*chance)(const void *shape, const limn_store *store, int to, uint64_t seed, int k,
                   float *out);
    // How many of them differ; NULL: any number.
    int (*chances)(const void *shape, int to);
    // The style in the middle of all, for --style-strength 0. NULL: zeros.
    void (*average)(const void *shape, const limn_store *store, int to, float *style);

    // Whether a part is there for a domain, which `limn convert --only` may have left out: such a
    // kind has an option "direction", of the values both, AtoB and BtoA. NULL: all are.
    bool (*holds)(const void *shape, limn_part part, int domain);

    // Pictures that draw is given, of a kind that reads nothing; 0: one. Where there are more,
    // whoever has them hands them over as contents (limn_runner_decode).
    int pictures;
    // rgb: [n,3,h,w], 0..255. read and style may be NULL.
    void (*read)(limn_net *net, const void *shape, int from, limn_node *rgb, limn_content *content);
    limn_node *(*style)(limn_net *net, const void *shape, int to, limn_node *rgb); // [n,numbers]
    limn_node *(*draw)(limn_net *net, const void *shape, int to, const limn_content *content,
                       limn_node *style); // rgb

    // Pictures of what a result is made of, in a row: the picture, the exemplar, stages between.
    // May be NULL.
    limn_status (*diagnose)(limn_runner *runner, int from, int to, const limn_picture *picture,
                            const limn_picture *exemplar, struct limn_cells *row);

    // LIMN_MODEL and a sentence where it cannot read pictures yet. May be NULL.
    limn_status (*readable)(const void *shape);
    // A picture as `read` wants it, and what becomes of the result in the end. NULL: nothing.
    limn_status (*prepare)(const void *shape, const limn_picture *picture, limn_picture **result);
    limn_status (*finish)(const void *shape, const limn_picture *was, limn_picture **made);

    // Whether a stranger's state dict is of this kind, by names and shapes; then its shape.
    // LIMN_MODEL and a sentence where it is not. `named`: somebody said that it is. May be NULL.
    limn_status (*recognise)(const limn_tensors *set, bool named, void *shape);
    // Where such a state dict has names of its own: its shape, and `ours`, a set that borrows its
    // tensors under the names of the networks and says in its metadata what the model's file is to
    // say. LIMN_MODEL and a sentence where something does not fit. May be NULL.
    limn_status (*rename)(const limn_tensors *set, void *shape, limn_tensors *ours);
    // A model from published weights that are arrays without names, in several files. May be NULL.
    limn_status (*import)(const char *const *paths, int count, const limn_import_options *options,
                          limn_model **model);
} limn_kind;

extern const limn_kind *const limn_kinds[]; // ended by NULL; made from kinds/LIST

const limn_kind *limn_kind_find(const char *name); // NULL: there is none
// The names of all, "a, b or c".
void limn_kind_names(limn_text *text);

// A shape with its defaults; NULL: no memory. Freed with free.
void *limn_kind_shape(const limn_kind *kind);
bool limn_kind_alike(const limn_kind *kind, const void *a, const void *b);
// "width 32, scale 1"
void limn_kind_shape_words(const limn_kind *kind, const void *shape, limn_text *text);

// What a kind that reads nothing draws of: inputs of this shape.
void limn_kind_pictures(const limn_kind *kind, limn_graph *graph, limn_shape shape,
                        limn_content *pictures);

bool limn_kind_holds(const limn_kind *kind, const void *shape, limn_part part, int domain);
// The first domain that a part is there for.
int limn_kind_first(const limn_kind *kind, const void *shape, limn_part part);

// For methods: the whole of a kind that reads nothing, from one picture to one picture.
limn_node *limn_kind_apply(const limn_kind *kind, limn_net *net, const void *shape, limn_node *rgb);

#endif
