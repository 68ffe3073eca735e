// Fuzzing what the metrics take from files: features and statistics of FID (.npz), the network of
// FID and weights of LPIPS (.pth): clang -fsanitize=fuzzer. Starts: fuzz/corpus/metrics.
#include "formats/load.h"
#include "metrics/files.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size) {
    limn_tensors set = {0};
    limn_statistics statistics;
    float *features;
    int count, wide;
    limn_lpips_weights weights;
    limn_inception_names names;
    int most;
    if (limn_tensors_parse(bytes, size, &set) == LIMN_OK) {
        if (limn_statistics_from(&set, &statistics) == LIMN_OK) {
            size_t n = (size_t)statistics.size;
            if (!isfinite(statistics.mean[n - 1]) || !isfinite(statistics.covariance[n * n - 1]))
                abort();
            limn_statistics_free(&statistics);
        }
        if (limn_features_from(&set, &count, &wide, &features) == LIMN_OK) {
            if (!isfinite(features[(size_t)count * (size_t)wide - 1])) abort();
            free(features);
        }
        if (limn_lpips_weights_from(&set, &weights) == LIMN_OK) {
            int last = weights.taps - 1;
            if (!isfinite(weights.weight[last][weights.channels[last] - 1])) abort();
            limn_lpips_weights_free(&weights);
        }
        if (limn_inception_recognise(&set, &names, &most) == LIMN_OK && most < 768) abort();
    }
    limn_tensors_free(&set);
    return 0;
}
