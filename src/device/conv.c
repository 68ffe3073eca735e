// Which fast convolution kernels there are, and how long each will take.
#include "device/conv.h"

#include "device/bf16_kernels.h"
#include "device/depthwise.h"
#include "device/direct.h"
#include "device/winograd.h"

typedef const limn_conv_kernel *const *table;

static const table baseline[] = {limn_winograd_baseline, limn_direct_baseline,
                                 limn_depthwise_baseline, NULL};
#if defined(__x86_64__)
static const table avx2[] = {limn_winograd_avx2, limn_direct_avx2, limn_depthwise_avx2, NULL};
static const table avx512[] = {limn_winograd_avx512, limn_direct_avx512, limn_depthwise_avx512,
                               NULL};
static const table dots[] = {limn_bf16_dots, limn_winograd_avx512, limn_direct_avx512,
                             limn_depthwise_avx512, NULL};
static const table amx[] = {limn_bf16_amx, limn_winograd_avx512, limn_direct_avx512,
                            limn_depthwise_avx512, NULL};
#endif

const limn_conv_kernel *limn_conv_kernel_at(limn_isa isa, int index) {
    const table *tables = baseline;
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
#if defined(__x86_64__)
    if (isa == LIMN_ISA_AVX2) tables = avx2;
    if (isa >= LIMN_ISA_AVX512) tables = avx512;
    // Intel's processors do no more products by the dot instruction than by plain ones.
    if (isa == LIMN_ISA_AVX512_BF16) tables = dots;
    if (isa >= LIMN_ISA_AMX) tables = amx;
#endif
    for (; *tables; tables++)
        for (table kernel = *tables; *kernel; kernel++)
            if (index-- == 0) return *kernel;
    return NULL;
}

// Filters that are packed once are there all the time: without a price, kernels that are hardly
// faster would take four times the memory.
static const double PRICE_OF_ROOM = 0.25;

// The row of a kernel's rates.
static int rates_of(limn_isa isa) {
    if (isa == LIMN_ISA_AUTO) isa = limn_isa_best();
    return isa == LIMN_ISA_AVX512_BF16;
}

static double seconds(limn_conv_cost cost, const limn_conv_cost *rate) {
    return 1e-9 * (cost.products * rate->products + cost.moved * rate->moved +
                   cost.filters * rate->filters);
}

double limn_conv_seconds(const limn_conv_kernel *kernel, limn_isa isa, const limn_conv *conv,
                         limn_pass pass, limn_packing packing) {
    limn_conv_cost cost = kernel->cost(conv, pass);
    if (packing == LIMN_PACKED_ONCE && pass != LIMN_PASS_WEIGHT) cost.filters *= PRICE_OF_ROOM;
    return seconds(cost, &kernel->rates[rates_of(isa)][pass == LIMN_PASS_WEIGHT]);
}

double limn_conv_pack_share(const limn_conv_kernel *kernel, limn_isa isa, const limn_conv *conv,
                            limn_pass pass) {
    if (!kernel->cost) return 1;
    limn_conv_cost cost = kernel->cost(conv, pass), packing = {.filters = cost.filters};
    const limn_conv_cost *rate = &kernel->rates[rates_of(isa)][0];
    return seconds(packing, rate) / seconds(cost, rate);
}
