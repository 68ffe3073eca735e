// oneDNN's convolution as a judge of ours. Builds against oneDNN 2.x (Debian 12) and 3.x.
#include "onednn.h"

#include "base/memory.h"

#include <dnnl.h>

struct limn_onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_memory_t weights, x, y;
    limn_pass pass;
    void *block; // the weights' bytes
};

// Descriptors are values in 2.x and objects in 3.x.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t description;
#define DESTROY(desc) dnnl_memory_desc_destroy(desc)
#define POINT(desc) (desc)
#else
typedef dnnl_memory_desc_t description;
#define DESTROY(desc) (void)(desc)
#define POINT(desc) (&(desc))
#endif

static dnnl_status_t describe(description *desc, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag(desc, 4, dims, dnnl_f32, tag);
#else
    return dnnl_memory_desc_init_by_tag(desc, 4, dims, dnnl_f32, tag);
#endif
}

void limn_onednn_limit(int lanes) {
    dnnl_set_max_cpu_isa(lanes == 16 ? dnnl_cpu_isa_avx512_core : dnnl_cpu_isa_avx2);
}

// What the convolution is told, in oneDNN's words.
typedef struct geometry {
    dnnl_dims_t x, w, y, strides, dilates, before, after;
} geometry;

static geometry translate(const limn_conv *v) {
    return (geometry){
        .x = {v->n, v->c, v->h, v->w},
        .w = {v->k, v->c, v->kh, v->kw},
        .y = {v->n, v->k, v->oh, v->ow},
        .strides = {v->stride_y, v->stride_x},
        .before = {v->top, v->left},
        .after = {(v->oh - 1) * v->stride_y + v->kh - v->h - v->top,
                  (v->ow - 1) * v->stride_x + v->kw - v->w - v->left},
    };
}

static dnnl_status_t create(limn_onednn *conv, const geometry *g, description x, description w,
                            description y, dnnl_primitive_desc_t *made) {
    dnnl_engine_t engine = conv->engine;
    dnnl_alg_kind_t direct = dnnl_convolution_direct;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
    status = dnnl_convolution_forward_primitive_desc_create(&hint, engine, dnnl_forward_training,
                                                            direct, x, w, NULL, y, g->strides,
                                                            g->dilates, g->before, g->after, NULL);
    if (status || conv->pass == LIMN_PASS_FORWARD) {
        *made = hint;
        return status;
    }
    if (conv->pass == LIMN_PASS_DATA)
        status = dnnl_convolution_backward_data_primitive_desc_create(
            made, engine, direct, x, w, y, g->strides, g->dilates, g->before, g->after, hint, NULL);
    else
        status = dnnl_convolution_backward_weights_primitive_desc_create(
            made, engine, direct, x, w, NULL, y, g->strides, g->dilates, g->before, g->after, hint,
            NULL);
#else
    dnnl_convolution_desc_t desc;
    status = dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_training, direct, &x,
                                                        &w, NULL, &y, g->strides, g->dilates,
                                                        g->before, g->after);
    if (status) return status;
    status = dnnl_primitive_desc_create(&hint, &desc, NULL, engine, NULL);
    if (status || conv->pass == LIMN_PASS_FORWARD) {
        *made = hint;
        return status;
    }
    if (conv->pass == LIMN_PASS_DATA)
        status = dnnl_dilated_convolution_backward_data_desc_init(
            &desc, direct, &x, &w, &y, g->strides, g->dilates, g->before, g->after);
    else
        status = dnnl_dilated_convolution_backward_weights_desc_init(
            &desc, direct, &x, &w, NULL, &y, g->strides, g->dilates, g->before, g->after);
    if (!status) status = dnnl_primitive_desc_create(made, &desc, NULL, engine, hint);
#endif
    dnnl_primitive_desc_destroy(hint);
    return status;
}

// The primitive, then its three memories; those of x and y get their bytes when it runs.
static dnnl_status_t build(limn_onednn *conv, const geometry *g, dnnl_format_tag_t x_tag,
                           dnnl_format_tag_t y_tag) {
    dnnl_status_t status = dnnl_engine_create(&conv->engine, dnnl_cpu, 0);
    if (!status)
        status = dnnl_stream_create(&conv->stream, conv->engine, dnnl_stream_default_flags);
    if (status) return status;
    description x, w, y;
    if ((status = describe(&x, g->x, x_tag))) return status;
    if ((status = describe(&w, g->w, dnnl_format_tag_any))) return status;
    if ((status = describe(&y, g->y, y_tag))) return status;
    dnnl_primitive_desc_t made = NULL;
    status = create(conv, g, x, w, y, &made);
    if (!status) status = dnnl_primitive_create(&conv->primitive, made);
    if (!status) status = dnnl_memory_create(&conv->x, POINT(x), conv->engine, DNNL_MEMORY_NONE);
    if (!status) status = dnnl_memory_create(&conv->y, POINT(y), conv->engine, DNNL_MEMORY_NONE);
    if (!status) {
        bool weight = conv->pass == LIMN_PASS_WEIGHT;
        const_dnnl_primitive_desc_t from = made;
        dnnl_query_t what = weight ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
#if DNNL_VERSION_MAJOR >= 3
        const_dnnl_memory_desc_t chosen = dnnl_primitive_desc_query_md(from, what, 0);
#else
        const dnnl_memory_desc_t *chosen = dnnl_primitive_desc_query_md(from, what, 0);
#endif
        conv->block = limn_alloc_zeroed(dnnl_memory_desc_get_size(chosen));
        status = conv->block ? dnnl_memory_create(&conv->weights, chosen, conv->engine, conv->block)
                             : dnnl_out_of_memory;
    }
    if (made) dnnl_primitive_desc_destroy(made);
    DESTROY(x), DESTROY(w), DESTROY(y);
    return status;
}

limn_status limn_onednn_new(const limn_conv *v, limn_pass pass, bool plain_x, bool plain_y,
                            int lanes, limn_onednn **made) {
    limn_onednn *conv = limn_alloc_zeroed(sizeof *conv);
    if (!conv) return limn_fail(LIMN_MEMORY, "oneDNN: no memory for a convolution");
    conv->pass = pass;
    bool data = pass == LIMN_PASS_DATA;
    dnnl_format_tag_t blocked = lanes == 16 ? dnnl_nChw16c : dnnl_nChw8c;
    geometry g = translate(v);
    dnnl_status_t status = build(conv, &g, (data ? plain_y : plain_x) ? dnnl_nchw : blocked,
                                 (data ? plain_x : plain_y) ? dnnl_nchw : blocked);
    if (status) {
        limn_onednn_free(conv);
        return limn_fail(LIMN_ERROR,
                         "oneDNN refuses the %dx%d convolution of %d to %d channels (its code: %d)",
                         v->kh, v->kw, v->c, v->k, (int)status);
    }
    *made = conv;
    return LIMN_OK;
}

limn_status limn_onednn_run(limn_onednn *conv, void *x, void *y) {
    static const int names[3][3] = {
        [LIMN_PASS_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
        [LIMN_PASS_DATA] = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
        [LIMN_PASS_WEIGHT] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST},
    };
    bool data = conv->pass == LIMN_PASS_DATA;
    dnnl_status_t status = dnnl_memory_set_data_handle(conv->x, data ? y : x);
    if (!status) status = dnnl_memory_set_data_handle(conv->y, data ? x : y);
    const int *name = names[conv->pass];
    dnnl_exec_arg_t words[] = {{name[0], conv->x}, {name[1], conv->weights}, {name[2], conv->y}};
    if (!status) status = dnnl_primitive_execute(conv->primitive, conv->stream, 3, words);
    if (!status) status = dnnl_stream_wait(conv->stream);
    if (status)
        return limn_fail(LIMN_ERROR, "oneDNN: a convolution failed (its code: %d)", (int)status);
    return LIMN_OK;
}

void limn_onednn_free(limn_onednn *conv) {
    if (!conv) return;
    if (conv->weights) dnnl_memory_destroy(conv->weights);
    if (conv->x) dnnl_memory_destroy(conv->x);
    if (conv->y) dnnl_memory_destroy(conv->y);
    if (conv->primitive) dnnl_primitive_destroy(conv->primitive);
    if (conv->stream) dnnl_stream_destroy(conv->stream);
    if (conv->engine) dnnl_engine_destroy(conv->engine);
    limn_free(conv->block);
    limn_free(conv);
}
