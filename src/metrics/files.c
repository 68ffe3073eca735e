// What strangers' files mean to the metrics.
#include "metrics/files.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the network of FID and KID ----

limn_status limn_inception_recognise(const limn_tensors *set, limn_inception_names *names,
                                     int *most) {
    static const char *const first[] = {"Conv2d_1a_3x3.conv.weight", "conv.weight"};
    static const char *const last[] = {"Mixed_6e.branch_pool.conv.weight",
                                       "mixed_7_tower_2_conv.weight"};
    const limn_stored *classes = limn_tensors_find(set, "fc.weight");
    for (int i = 0; i < 2; i++) {
        if (!limn_tensors_find(set, first[i]) || !limn_tensors_find(set, last[i])) continue;
        if (classes && classes->rank == 2 && classes->shape[0] != 1008)
            return limn_fail(
                LIMN_MODEL,
                "this Inception tells %zu classes and not 1008, so it was not made for "
                "FID; take pt_inception-2015-12-05-6726825d.pth",
                classes->shape[0]);
        *names = (limn_inception_names)i;
        *most = limn_tensors_find(set, "Mixed_7c.branch_pool.conv.weight") ? 2048 : 768;
        return LIMN_OK;
    }
    return limn_fail(LIMN_MODEL, "this is not the Inception network of FID: there is neither "
                                 "Conv2d_1a_3x3.conv.weight in it (pytorch-fid's names) nor "
                                 "mixed_7_tower_2_conv.weight (TensorFlow's)");
}

// ---- features of a set ----

enum { FEATURES_MOST = 16384 };

limn_status limn_features_from(const limn_tensors *set, int *count, int *size, float **values) {
    const limn_stored *all = limn_tensors_find(set, "features");
    if (!all) return limn_fail(LIMN_INPUT, "there is no array features in it, as --save writes it");
    if (all->rank != 2 || all->shape[0] < 2 || all->shape[0] > INT_MAX || all->shape[1] < 1 ||
        all->shape[1] > FEATURES_MOST) {
        limn_shown shape;
        return limn_fail(LIMN_INPUT,
                         "features has the shape %s, where [pictures, features] of two pictures "
                         "or more are expected",
                         limn_show_shape(&shape, all->rank, all->shape));
    }
    *count = (int)all->shape[0], *size = (int)all->shape[1];
    *values = malloc(all->count * sizeof **values);
    if (!*values)
        return limn_fail(LIMN_MEMORY, "there is no memory for the features of %d pictures", *count);
    limn_status status = limn_tensors_read_float(set, "features", *values, all->count);
    bool fine = true;
    for (size_t i = 0; i < all->count && status == LIMN_OK; i++) fine &= isfinite((*values)[i]);
    if (status == LIMN_OK && !fine)
        status = limn_fail(LIMN_INPUT, "it holds numbers that are none (NaN or infinite)");
    if (status != LIMN_OK) {
        free(*values);
        *values = NULL;
    }
    return status;
}

// ---- statistics of FID ----

limn_status limn_statistics_new(int size, limn_statistics *it) {
    size_t n = (size_t)size;
    *it = (limn_statistics){.size = size,
                            .mean = calloc(n, sizeof(double)),
                            .covariance = calloc(n * n, sizeof(double))};
    if (it->mean && it->covariance) return LIMN_OK;
    limn_statistics_free(it);
    return limn_fail(LIMN_MEMORY, "there is no memory for the statistics of %d features", size);
}

void limn_statistics_free(limn_statistics *it) {
    free(it->mean);
    free(it->covariance);
    *it = (limn_statistics){0};
}

// The values of a tensor of rank 1 or 2 in full precision; false: one of them is no number.
static bool read_doubles(const limn_stored *tensor, double *out) {
    size_t columns = tensor->shape[tensor->rank - 1], inner = tensor->stride[tensor->rank - 1];
    size_t outer = tensor->rank > 1 ? tensor->stride[0] : 0;
    bool fine = true;
    for (size_t i = 0; i < tensor->count; i++) {
        size_t at = i / columns * outer + i % columns * inner;
        const unsigned char *bytes = tensor->bytes + at * limn_element_size(tensor->element);
        float narrow;
        if (tensor->element == LIMN_ELEMENT_F64) {
            memcpy(&out[i], bytes, sizeof *out);
        } else {
            limn_element_to_float(tensor->element, bytes, 0, &narrow, 1);
            out[i] = (double)narrow;
        }
        fine &= fabs(out[i]) <= FLT_MAX; // so that no square of it is too large; NaN is not
    }
    return fine;
}

// As far as two features at a time tell; to the digits of 32-bit floats.
static bool is_covariance(const limn_statistics *it) {
    size_t n = (size_t)it->size;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            const double *c = it->covariance;
            double most = sqrt(c[i * n + i]) * sqrt(c[j * n + j]); // NaN below zero
            double rounding = 1e-4 * most + 1e-30;
            if (!(fabs(c[i * n + j]) <= most + rounding)) return false;
            if (!(fabs(c[i * n + j] - c[j * n + i]) <= rounding)) return false;
        }
    return true;
}

limn_status limn_statistics_from(const limn_tensors *set, limn_statistics *it) {
    const limn_stored *mu = limn_tensors_find(set, "mu"), *sigma = limn_tensors_find(set, "sigma");
    if (!mu || !sigma)
        return limn_fail(LIMN_INPUT, "there are no arrays mu and sigma in it, as statistics of FID "
                                     "have them");
    size_t size = mu->count;
    if (mu->rank != 1 || size < 1 || size > FEATURES_MOST || sigma->rank != 2 ||
        sigma->shape[0] != size || sigma->shape[1] != size) {
        limn_shown a, b;
        return limn_fail(LIMN_INPUT,
                         "mu has the shape %s and sigma %s, where [n] and [n, n] are expected",
                         limn_show_shape(&a, mu->rank, mu->shape),
                         limn_show_shape(&b, sigma->rank, sigma->shape));
    }
    LIMN_TRY(limn_statistics_new((int)size, it));
    bool fine = read_doubles(mu, it->mean);
    limn_status status = LIMN_OK;
    if (!read_doubles(sigma, it->covariance) || !fine)
        status = limn_fail(LIMN_INPUT, "it holds numbers that are none (NaN or infinite)");
    else if (!is_covariance(it))
        status = limn_fail(LIMN_INPUT,
                           "sigma is no covariance: it is not the same across its diagonal, or "
                           "says of features that they vary less than not at all");
    if (status != LIMN_OK) limn_statistics_free(it);
    return status;
}

// ---- weights of LPIPS ----

// StarGAN v2 keeps the same weights under names of its own.
static const limn_stored *find_weight(const limn_tensors *set, int tap) {
    static const char *const names[] = {"lin%d.model.1.weight", "lpips_weights.%d.main.1.weight"};
    const limn_stored *found = NULL;
    for (int i = 0; i < 2 && !found; i++) {
        char name[64];
        snprintf(name, sizeof name, names[i], tap);
        found = limn_tensors_find(set, name);
    }
    return found;
}

limn_status limn_lpips_weights_from(const limn_tensors *set, limn_lpips_weights *it) {
    const limn_stored *found[LIMN_LPIPS_TAPS];
    size_t total = 0;
    *it = (limn_lpips_weights){0};
    while (it->taps < LIMN_LPIPS_TAPS && (found[it->taps] = find_weight(set, it->taps))) {
        const limn_stored *one = found[it->taps];
        size_t channels = one->count;
        if (one->rank != 4 || one->shape[1] != channels || channels < 1 || channels > 4096) {
            limn_shown shape;
            return limn_fail(LIMN_MODEL,
                             "weight %d of it has the shape %s, where [1, c, 1, 1] is "
                             "expected",
                             it->taps, limn_show_shape(&shape, one->rank, one->shape));
        }
        it->channels[it->taps++] = (int)channels;
        total += channels;
    }
    if (!it->taps)
        return limn_fail(LIMN_MODEL, "there is no lin0.model.1.weight in it, as weights of LPIPS "
                                     "have them");
    float *values = malloc(total * sizeof *values);
    if (!values) return limn_fail(LIMN_MEMORY, "there is no memory for the weights of LPIPS");
    for (int i = 0; i < it->taps; i++) {
        it->weight[i] = values;
        limn_tensor_read(found[i], values);
        values += it->channels[i];
    }
    for (const float *at = it->weight[0]; at < values; at++) {
        if (fabsf(*at) <= FLT_MAX) continue;
        limn_lpips_weights_free(it);
        return limn_fail(LIMN_MODEL, "it holds numbers that are none (NaN or infinite)");
    }
    return LIMN_OK;
}

void limn_lpips_weights_free(limn_lpips_weights *it) {
    free(it->weight[0]);
    *it = (limn_lpips_weights){0};
}
