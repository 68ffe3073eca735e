// The paper's style network: batch norm.
#include "kinds/johnson.h"

static const limn_option shape[] = LIMN_JOHNSON_SHAPE("32", "1", 1);

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const limn_johnson_shape *it = of;
    (void)to, (void)style;
    return limn_johnson(net, content->node[0], it->width, limn_johnson_batch);
}

const limn_kind limn_kind_johnson_bn = {
    .name = "johnson-bn",
    .method = "perceptual",
    .verb = "stylize",
    .title = "style of one painting (Johnson 2016)",
    .shape = shape,
    .shape_size = sizeof(limn_johnson_shape),
    .sizes = limn_johnson_sizes,
    .draw = draw,
    .recognise = limn_johnson_recognise,
};
