// MNIST-Multiple (EGSC-IT, Ma and others, ICLR 2019): ten digits, one of each label, in ten cells
// of 4 x 4. A has them in black on white or the inverse, B each label in a hue of its own.
#include "makers/maker.h"

#include <math.h>

enum {
    CELLS_ACROSS = 4,
    CELLS = CELLS_ACROSS * CELLS_ACROSS,
    SIDE = CELLS_ACROSS * LIMN_DIGIT_SIDE,
    MOST_DRAWN = 200, // digits of which the first of each label is taken: of B; of A half of it
};

// Positions in the stream of a picture: digits come first.
enum { AT_CELLS = MOST_DRAWN, AT_GROUND = AT_CELLS + CELLS, AT_COLOURS };

// A picture: which digit each label has, and where; the ground; a colour for each label.
typedef struct scene {
    int digit[LIMN_DIGIT_LABELS]; // -1: none came
    int cell[CELLS];              // of label k, for the first ten
    limn_rgb8 ground, colour[LIMN_DIGIT_LABELS];
} scene;

static const limn_rgb8 black = {{0, 0, 0}}, white = {{255, 255, 255}};

// Hue, saturation and value of 0 to 1 (hue 1 is 0 again).
static limn_rgb8 from_hsv(double hue, double saturation, double value) {
    limn_rgb8 rgb;
    for (int c = 0; c < 3; c++) {
        double k = fmod(5 - 2 * c + 6 * hue, 6); // how far the hue is from this primary
        double share = fmax(0, fmin(1, fmin(k, 4 - k)));
        rgb.of[c] = (unsigned char)lround(255 * value * (1 - saturation * share));
    }
    return rgb;
}

static void choose_digits(const limn_digits *digits, const limn_random *stream, int most,
                          scene *it) {
    int left = LIMN_DIGIT_LABELS;
    for (int k = 0; k < LIMN_DIGIT_LABELS; k++) it->digit[k] = -1;
    for (int i = 0; i < most && left; i++) {
        int digit = (int)limn_random_below(stream, (uint32_t)i, (uint32_t)digits->count);
        int *taken = &it->digit[digits->labels[digit]];
        if (*taken >= 0) continue;
        *taken = digit;
        left--;
    }
}

static void choose_cells(const limn_random *stream, scene *it) {
    for (int i = 0; i < CELLS; i++) it->cell[i] = i;
    limn_random_shuffle(stream, AT_CELLS, it->cell, CELLS, LIMN_DIGIT_LABELS);
}

// Of A the inverse of the ground; of B, also for a label that did not come, about its own hue.
static void choose_colours(const limn_random *stream, int domain, scene *it) {
    bool light = limn_random_unit(stream, AT_GROUND) < 0.5;
    it->ground = light ? white : black;
    for (int k = 0; k < LIMN_DIGIT_LABELS; k++) {
        bool missing = it->digit[k] < 0;
        uint32_t at = AT_COLOURS + 2 * (uint32_t)k;
        double u[2];
        for (uint32_t i = 0; i < 2; i++)
            u[i] = missing ? 1 : 0.6 + 0.8 * limn_random_unit(stream, at + i);
        it->colour[k] = domain ? from_hsv(k / 10.0, 0.5 * u[0], 0.5 * u[1]) : light ? black : white;
    }
}

static void choose(const limn_making *making, limn_split split, int number, int domain, scene *it) {
    limn_random stream = {making->seed, limn_purpose("mnist-multiple"), (uint32_t)number,
                          2 * (uint64_t)split + (uint64_t)domain};
    choose_digits(&making->files.digits[split], &stream, domain ? MOST_DRAWN : MOST_DRAWN / 2, it);
    choose_cells(&stream, it);
    choose_colours(&stream, domain, it);
}

// ---- pictures ----

// The layout of one scene in any colours.
static void paint(const limn_digits *digits, const scene *layout, limn_rgb8 ground,
                  const limn_rgb8 *colours, unsigned char *pixels) {
    limn_fill_colour(pixels, SIDE, ground);
    for (int k = 0; k < LIMN_DIGIT_LABELS; k++) {
        if (layout->digit[k] < 0) continue;
        int row = layout->cell[k] / CELLS_ACROSS, column = layout->cell[k] % CELLS_ACROSS;
        size_t corner = (size_t)LIMN_DIGIT_SIDE * ((size_t)row * SIDE + (size_t)column);
        limn_digit_paint(digits->images + (size_t)layout->digit[k] * LIMN_DIGIT_PIXELS, colours[k],
                         pixels + 3 * corner, SIDE);
    }
}

static void tell_each(const scene *it, const int *values, int add, limn_text *line) {
    for (int k = 0; k < LIMN_DIGIT_LABELS; k++) {
        limn_text_print(line, "%s", k ? " " : ",");
        if (it->digit[k] < 0)
            limn_text_print(line, "-");
        else
            limn_text_print(line, "%d", values[k] + add);
    }
}

// Digits, cells, ground and colours, in the order of the labels.
static void tell(const limn_digits *digits, const scene *it, limn_text *line) {
    tell_each(it, it->digit, digits->first, line);
    tell_each(it, it->cell, 0, line);
    limn_text_print(line, ",%02x%02x%02x", it->ground.of[0], it->ground.of[1], it->ground.of[2]);
    for (int k = 0; k < LIMN_DIGIT_LABELS; k++) {
        const unsigned char *of = it->colour[k].of;
        limn_text_print(line, "%s%02x%02x%02x", k ? " " : ",", of[0], of[1], of[2]);
    }
}

static void draw(const limn_making *making, limn_split split, int number, limn_made_pair *pair) {
    const limn_digits *digits = &making->files.digits[split];
    limn_rgb8 classes[LIMN_DIGIT_LABELS];
    scene scenes[2];
    for (int k = 0; k < LIMN_DIGIT_LABELS; k++) {
        unsigned char grey = (unsigned char)(k + 1); // 0 is the ground
        classes[k] = (limn_rgb8){{grey, grey, grey}};
    }
    for (int i = 0; i < 2; i++) {
        choose(making, split, number, i, &scenes[i]);
        tell(digits, &scenes[i], &pair->line);
    }
    for (int i = 0; i < 2; i++) {
        const scene *own = &scenes[i], *other = &scenes[1 - i];
        paint(digits, own, own->ground, own->colour, pair->pixels[LIMN_MADE_A + i]);
        paint(digits, own, other->ground, other->colour, pair->pixels[LIMN_MADE_A2B + i]);
        paint(digits, own, black, classes, pair->pixels[LIMN_MADE_A_LABELS + i]);
    }
}

const limn_maker limn_maker_mnist_multiple = {
    .name = "mnist-multiple",
    .summary =
        "ten digits a picture, 112x112, in black and white (A) and each in its hue (B), with "
        "label maps",
    .columns = ",digits_a,cells_a,ground_a,colours_a,digits_b,cells_b,ground_b,colours_b",
    .digits = true,
    .side = SIDE,
    .labels = true,
    .count = {4000, 500},
    .draw = draw,
};
