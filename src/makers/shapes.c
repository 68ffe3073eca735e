// Flat shapes, to see in minutes what a method learns: A has discs, B squares, each in two of six
// colours. A translation has the place and the size of the one and the form and the colours of the
// other.
#include "makers/maker.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, COLOURS = 6, LEAST = 10, MOST = 20 }; // half the height of a shape

static const limn_rgb8 colours[COLOURS] = {{{224, 32, 32}},  {{32, 160, 48}},  {{40, 64, 208}},
                                           {{240, 208, 32}}, {{64, 200, 216}}, {{200, 64, 184}}};

typedef struct thing {
    int x, y, half;
    limn_rgb8 colour[2]; // of the shape, of the ground
} thing;

static thing draw_lots(limn_random *stream) {
    thing it = {.half = LEAST + (int)limn_random_below(stream, 0, MOST - LEAST + 1)};
    int room = SIDE - 2 * it.half - 2; // a pixel of ground stays at every edge
    it.x = 1 + it.half + (int)limn_random_below(stream, 1, (uint32_t)room);
    it.y = 1 + it.half + (int)limn_random_below(stream, 2, (uint32_t)room);
    uint32_t shape = limn_random_below(stream, 3, COLOURS);
    uint32_t other = limn_random_below(stream, 4, COLOURS - 1);
    it.colour[0] = colours[shape];
    it.colour[1] = colours[other < shape ? other : other + 1];
    return it;
}

static bool in_disc(int x, int y, int half) {
    return x * x + y * y <= half * half;
}

static bool in_square(int x, int y, int half) {
    return abs(x) <= half && abs(y) <= half;
}

static void paint(const thing *where, const thing *look, int domain, unsigned char *pixels) {
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            bool in = (domain ? in_square : in_disc)(x - where->x, y - where->y, where->half);
            memcpy(pixels + 3 * (y * SIDE + x), look->colour[in ? 0 : 1].of, 3);
        }
}

static void tell(const thing *it, limn_text *line) {
    limn_text_print(line, ",%d,%d,%d", it->x, it->y, it->half);
    for (int i = 0; i < 2; i++) {
        const unsigned char *of = it->colour[i].of;
        limn_text_print(line, ",%02x%02x%02x", of[0], of[1], of[2]);
    }
}

static void draw(const limn_making *making, limn_split split, int number, limn_made_pair *pair) {
    thing of[2];
    for (int i = 0; i < 2; i++) {
        uint32_t purpose = limn_purpose(i ? "squares" : "discs");
        limn_random stream = {making->seed, purpose, (uint32_t)number, split};
        of[i] = draw_lots(&stream);
        tell(&of[i], &pair->line);
    }
    paint(&of[0], &of[0], 0, pair->pixels[LIMN_MADE_A]);
    paint(&of[1], &of[1], 1, pair->pixels[LIMN_MADE_B]);
    paint(&of[0], &of[1], 1, pair->pixels[LIMN_MADE_A2B]);
    paint(&of[1], &of[0], 0, pair->pixels[LIMN_MADE_B2A]);
}

const limn_maker limn_maker_shapes = {
    .name = "shapes",
    .summary = "a disc (A) or a square (B), each in two of six colours, 64x64",
    .columns = ",x_a,y_a,half_a,foreground_a,background_a,x_b,y_b,half_b,foreground_b,background_b",
    .side = SIDE,
    .count = {800, 100},
    .draw = draw,
};
