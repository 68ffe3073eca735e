// Makeup by the spatial profile loss (Sarfraz et al., BMVC 2019): the residual generator of form
// spl, given two pictures of one size, the face and a reference warped onto it.
#include "kinds/resnet.h"

// What make-up is taken off with, where no bare face is named: a picture and its landmarks in its
// pixels, which training fills in. No network is shown them unasked.
static void carry_average(limn_net *net, const limn_resnet_shape *it) {
    limn_init zero = {LIMN_INIT_ZERO};
    limn_buffer(net, LIMN_SHAPE(3, it->size, it->size), zero, "average.rgb");
    limn_buffer(net, LIMN_SHAPE(68, 2), zero, "average.landmarks");
}

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    limn_node *face = limn_paired_in(content->node[0], 3), *r = limn_paired_in(content->node[1], 3);
    (void)to, (void)style;
    limn_node *both = limn_concat((limn_node *[]){face, r}, 2, 1);
    limn_node *y = limn_paired_out(limn_resnet(net, of, both, r));
    carry_average(net, of);
    return y;
}

static limn_status check(void *of, int domains) {
    limn_resnet_shape *it = of;
    (void)domains;
    it->out = 3;
    return LIMN_OK;
}

// The skip adds pictures of equal size.
static limn_sizes sizes(const void *of) {
    limn_sizes is = limn_resnet_sizes(of);
    is.multiple = 4;
    return is;
}

#define WHOLE(title, member, usual, least, largest)                                                \
    LIMN_PAIRED_WHOLE(limn_resnet_shape, title, member, usual, least, largest)
#define CHOICE(title, member, usual, words)                                                        \
    LIMN_PAIRED_CHOICE(limn_resnet_shape, title, member, usual, words)
static const limn_option table[] = {WHOLE("width", width, "24", 1, LIMN_RESNET_MOST_WIDTH),
                                    WHOLE("blocks", blocks, "9", 1, LIMN_RESNET_MOST_BLOCKS),
                                    CHOICE("norm", norm, "instance", LIMN_PAIRED_NORMS),
                                    CHOICE("skip", skip, "atanh", LIMN_RESNET_SKIPS),
                                    WHOLE("size", size, "128", 16, 4096),
                                    {0}};

const limn_kind limn_kind_makeup = {
    .name = "makeup",
    .method = "makeup",
    .verb = "makeup",
    .title = "the make-up of one face on another (spatial profiles 2019)",
    .shape = table,
    .shape_size = sizeof(limn_resnet_shape),
    .check = check,
    .sizes = sizes,
    .pictures = 2,
    .draw = draw,
};
