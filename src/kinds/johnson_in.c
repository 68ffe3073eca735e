// The paper's style network with instance norm at half width (Ulyanov et al., 1607.08022).
#include "kinds/johnson.h"

static const limn_option shape[] = LIMN_JOHNSON_SHAPE("16", "1", 1);

static limn_node *draw(limn_net *net, const void *of, int to, const limn_content *content,
                       limn_node *style) {
    const limn_johnson_shape *it = of;
    (void)to, (void)style;
    return limn_johnson(net, content->node[0], it->width, limn_instance_layer);
}

const limn_kind limn_kind_johnson_in = {
    .name = "johnson-in",
    .method = "perceptual",
    .verb = "stylize",
    .title = "style of one painting (Johnson 2016, instance norm)",
    .shape = shape,
    .shape_size = sizeof(limn_johnson_shape),
    .sizes = limn_johnson_sizes,
    .draw = draw,
    .recognise = limn_johnson_recognise,
};
