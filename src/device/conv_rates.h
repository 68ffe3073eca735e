// Nanoseconds that a kernel takes for each part of its cost (see limn_conv_cost): products, moved,
// filters; of FORWARD and DATA, then of WEIGHT (0: not taken). Printed by `bench-conv -k -c -t 1 -i
// ISA` on one core of an Intel Sapphire Rapids; behind it, for LIMN_ISA_AVX512_BF16, on one of an
// AMD Zen 4, whose products take a quarter to a half longer, and whose filters and most maps less.
// Of AVX2, which either vendor's processors may have as their best, the mean of both.
#ifndef LIMN_DEVICE_CONV_RATES_H
#define LIMN_DEVICE_CONV_RATES_H

// clang-format off
#if LIMN_LANES == 16
#define RATES_WINOGRAD_F4X4 {{{0.01564, 0.1755, 0.7425}, {0.01762, 0.1541, 0.5022}}, {{0.0225, 0.08654, 0.2789}, {0.02938, 0.09832, 0.393}}}
#define RATES_WINOGRAD_F6X6 {{{0.01843, 0.2051, 0.5578}, {0, 0, 0}}, {{0.02307, 0.1052, 0.2423}, {0, 0, 0}}}
#define RATES_WINOGRAD_2X_F5X5 {{{0.01794, 0.1579, 0.7473}, {0.02041, 0.1403, 0}}, {{0.02199, 0.2109, 0.2567}, {0.02244, 0.4144, 0}}}
#define RATES_WINOGRAD_2X_F4X4 {{{0.02004, 0, 1.283}, {0.0229, 0, 2.392}}, {{0.02201, 0.1812, 0.8212}, {0.03403, 0, 2.195}}}
#define RATES_WINOGRAD__2_LATE {{{0.0197, 0.1759, 0.2699}, {0, 0, 0}}, {{0.02455, 0.1007, 0.5397}, {0, 0, 0}}}
#define RATES_WINOGRAD__2_3X3 {{{0.02083, 0.1488, 0.6781}, {0, 0, 0}}, {{0.02483, 0.1047, 0.1459}, {0, 0, 0}}}
#define RATES_WINOGRAD__2_F5X5 {{{0.02083, 0.1488, 0.6781}, {0.01666, 0.1774, 0.269}}, {{0.02147, 0.07939, 0.2194}, {0.03173, 0.006215, 0.4172}}}
#define RATES_WINOGRAD__2_F4X4 {{{0.01705, 0.4002, 0.7428}, {0.01655, 0.2192, 0.1367}}, {{0.02, 0.1147, 0.2427}, {0.02706, 0.3722, 0}}}
#define RATES_WINOGRAD_9X9_FROM_FEW_CHANNELS {{{0, 0.8201, 3.29}, {0.02843, 0, 0}}, {{0, 1.021, 2.511}, {0.003863, 0.9756, 0}}}
#define RATES_WINOGRAD_9X9_TO_FEW_CHANNELS {{{0.03388, 0, 5.052}, {0.02773, 0, 0.2047}}, {{0.001291, 1.093, 4.523}, {0, 1.212, 0.2269}}}
#define RATES_DIRECT_SPREAD {{{0.01226, 0.3423, 0.6015}, {0.01325, 0.2884, 1.016}}, {{0.01836, 0.3554, 0.7858}, {0.01809, 0.2681, 0.7551}}}
#define RATES_DIRECT_GATHER {{{0.0187, 0.3137, 0.9625}, {0.01137, 0.08949, 0.8444}}, {{0.02325, 0.3671, 1.103}, {0.01772, 0.1249, 0}}}
#define RATES_DIRECT {{{0.01221, 0.2303, 0.5181}, {0.01342, 0.1047, 0.5916}}, {{0.01738, 0.2284, 0.624}, {0.01984, 0.09455, 0.8222}}}
#define RATES_BF16_DOTS {{{0, 0, 0}, {0, 0, 0}}, {{0.00881, 0.1457, 0.7169}, {0.008522, 0.3314, 0.6408}}}
#elif defined(__AVX2__)
#define RATES_WINOGRAD_F4X4 {{{0.02506, 0.1868, 0.4791}, {0.02971, 0.1748, 0.4318}}}
#define RATES_WINOGRAD_F6X6 {{{0.02639, 0.2119, 0.4021}, {0, 0, 0}}}
#define RATES_WINOGRAD_2X_F5X5 {{{0.02459, 0.2964, 0.5724}, {0.03211, 0.3666, 0.3283}}}
#define RATES_WINOGRAD_2X_F4X4 {{{0.02823, 0.02839, 1.113}, {0.03687, 0.0769, 1.532}}}
#define RATES_WINOGRAD__2_LATE {{{0.0303, 0.1348, 0.6249}, {0, 0, 0}}}
#define RATES_WINOGRAD__2_3X3 {{{0.02836, 0.2652, 0.3186}, {0, 0, 0}}}
#define RATES_WINOGRAD__2_F5X5 {{{0.02488, 0.2226, 0.385}, {0.02726, 0.111, 0.4819}}}
#define RATES_WINOGRAD__2_F4X4 {{{0.02461, 0.3313, 0.5439}, {0.03271, 0.1024, 0.3758}}}
#define RATES_WINOGRAD_9X9_FROM_FEW_CHANNELS {{{0.005871, 0.9736, 2.433}, {0.03002, 0.336, 0.8415}}}
#define RATES_WINOGRAD_9X9_TO_FEW_CHANNELS {{{0.03589, 0.2211, 3.914}, {0.04373, 0, 0.5829}}}
#define RATES_DIRECT_SPREAD {{{0.02162, 0.4699, 1.017}, {0.02075, 0.3033, 1.361}}}
#define RATES_DIRECT_GATHER {{{0.02423, 0.3492, 0.922}, {0.02085, 0.1291, 3.266}}}
#define RATES_DIRECT {{{0.02085, 0.3155, 0.7141}, {0.02232, 0.1229, 1.123}}}
#else
#define RATES_WINOGRAD_F4X4 {{{0.1092, 0.6002, 0.7798}, {0.1214, 0.3763, 1.38}}}
#define RATES_WINOGRAD_F6X6 {{{0.1145, 0.6555, 0.6947}, {0, 0, 0}}}
#define RATES_WINOGRAD_2X_F5X5 {{{0.1109, 0.3802, 0.8219}, {0.137, 0, 1.697}}}
#define RATES_WINOGRAD_2X_F4X4 {{{0.1218, 0, 1.613}, {0.1408, 0, 2.835}}}
#define RATES_WINOGRAD__2_LATE {{{0.1225, 0.1421, 0.6639}, {0, 0, 0}}}
#define RATES_WINOGRAD__2_3X3 {{{0.1103, 0.6823, 0.6774}, {0, 0, 0}}}
#define RATES_WINOGRAD__2_F5X5 {{{0.1103, 0.6823, 0.6774}, {0.1106, 0.3838, 0.8088}}}
#define RATES_WINOGRAD__2_F4X4 {{{0.1186, 0.2764, 0.8681}, {0.1254, 0.2991, 1.006}}}
#define RATES_WINOGRAD_9X9_FROM_FEW_CHANNELS {{{0.1081, 0.5843, 3.446}, {0.1274, 0, 6.745}}}
#define RATES_WINOGRAD_9X9_TO_FEW_CHANNELS {{{0.1377, 0, 5.419}, {0.1315, 0, 3.344}}}
#define RATES_DIRECT_SPREAD {{{0.109, 1.209, 1.221}, {0.1245, 0.9191, 3.941}}}
#define RATES_DIRECT_GATHER {{{0.1287, 0.5259, 1.174}, {0.1282, 0.4284, 8.253}}}
#define RATES_DIRECT {{{0.07931, 0.6272, 1.173}, {0.1274, 0.2528, 2.37}}}
#endif
// clang-format on

#endif
