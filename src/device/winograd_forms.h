// The ways in which winograd.c computes, one a kernel.
#ifndef LIMN_DEVICE_WINOGRAD_FORMS_H
#define LIMN_DEVICE_WINOGRAD_FORMS_H

#include "device/winograd_form.h"

READER(read_6, 6, 6, false, false)
READER(read_6_half, 6, 6, false, true)
READER(read_8, 8, 8, false, false)
READER(read_8_half, 8, 8, false, true)
READER(spread_6_4, 6, 4, true, false)
READER(spread_6_4_half, 6, 4, true, true)
READER(spread_6_5, 6, 5, true, false)
READER(spread_6_5_half, 6, 5, true, true)
WRITER(write_6_4, 6, 4, false)
WRITER(write_6_4_half, 6, 4, true)
WRITER(write_6_5, 6, 5, false)
WRITER(write_6_5_half, 6, 5, true)
WRITER(write_8_6, 8, 6, false)
WRITER(write_8_6_half, 8, 6, true)

#define WHOLE                                                                                      \
    {                                                                                              \
        {                                                                                          \
            {1, 0, 0}, {0, 1, 0}, {                                                                \
                0, 0, 1                                                                            \
            }                                                                                      \
        }                                                                                          \
    }
#define READ_6 .read = {read_6, read_6_half}
#define FOUR                                                                                       \
    .t = 6, .m = 4, .r = 3, READ_6, .spread = {spread_6_4, spread_6_4_half},                       \
    .write = {write_6_4, write_6_4_half}

static const form f4 = {.taps = 3, .phases = 1, .take = WHOLE, FOUR};
static const form f6 = {.t = 8,
                        .m = 6,
                        .r = 3,
                        .taps = 3,
                        .phases = 1,
                        .take = WHOLE,
                        .read = {read_8, read_8_half},
                        .write = {write_8_6, write_8_6_half}};
static const form up3 = {.t = 6,
                         .m = 5,
                         .r = 2,
                         .taps = 3,
                         .phases = 2,
                         .top = {1, 0},
                         .take = {{{1, 0, 0}, {0, 1, 1}}, {{1, 1, 0}, {0, 0, 1}}},
                         READ_6,
                         .spread = {spread_6_5, spread_6_5_half},
                         .write = {write_6_5, write_6_5_half}};
static const form up5 = {.taps = 5,
                         .phases = 2,
                         .top = {1, 1},
                         .take = {{{1, 1, 0, 0, 0}, {0, 0, 1, 1, 0}, {0, 0, 0, 0, 1}},
                                  {{1, 0, 0, 0, 0}, {0, 1, 1, 0, 0}, {0, 0, 0, 1, 1}}},
                         FOUR};

#define FIVE                                                                                       \
    .t = 6, .m = 5, .r = 2, .phases = 2, .take = WHOLE, READ_6,                                    \
    .spread = {spread_6_5, spread_6_5_half}, .write = {write_6_5, write_6_5_half}

// Of 3x3 the odd phases have one tap and a zero.
static const form down3 = {.taps = 3, .down = true, FIVE};
static const form down4 = {.taps = 4, .down = true, FIVE};
static const form down5 = {.taps = 5, .phases = 2, .down = true, .take = WHOLE, FOUR};

#endif
