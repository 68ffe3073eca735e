// MNIST-Single (EGSC-IT, Ma and others, ICLR 2019): A has digits in black and white, B in two of
// red, green and blue. Digits 5 to 9 of the training pictures of B are always red on green, so that
// their other looks are never seen.
#include "makers/maker.h"

// Foreground, background.
typedef struct look {
    limn_rgb8 colour[2];
} look;

#define BLACK                                                                                      \
    {                                                                                              \
        { 0, 0, 0 }                                                                                \
    }
#define WHITE                                                                                      \
    {                                                                                              \
        { 255, 255, 255 }                                                                          \
    }
#define R                                                                                          \
    {                                                                                              \
        { 255, 0, 0 }                                                                              \
    }
#define G                                                                                          \
    {                                                                                              \
        { 0, 255, 0 }                                                                              \
    }
#define B                                                                                          \
    {                                                                                              \
        { 0, 0, 255 }                                                                              \
    }
static const look plain[] = {{{BLACK, WHITE}}, {{WHITE, BLACK}}};
static const look coloured[] = {{{R, G}}, {{G, R}}, {{R, B}}, {{B, R}}, {{G, B}}, {{B, G}}};
enum { PLAIN = 2, COLOURED = 6, UNSEEN = 5 }; // labels from UNSEEN on have the first look only

static void paint(const unsigned char *digit, const look *in, unsigned char *pixels) {
    limn_fill_colour(pixels, LIMN_DIGIT_SIDE, in->colour[1]);
    limn_digit_paint(digit, in->colour[0], pixels, LIMN_DIGIT_SIDE);
}

static void tell(const limn_digits *digits, int digit, const look *in, limn_text *line) {
    limn_text_print(line, ",%d,%d", digits->first + digit, digits->labels[digit]);
    for (int i = 0; i < 2; i++) {
        const unsigned char *of = in->colour[i].of;
        limn_text_print(line, ",%02x%02x%02x", of[0], of[1], of[2]);
    }
}

static void draw(const limn_making *making, limn_split split, int number, limn_made_pair *pair) {
    const limn_digits *digits = &making->files.digits[split];
    limn_random stream = {making->seed, limn_purpose("mnist-single"), (uint32_t)number, split};
    int digit[2], chosen[2] = {(int)limn_random_below(&stream, 0, PLAIN),
                               (int)limn_random_below(&stream, 1, COLOURED)};
    const unsigned char *image[2];
    for (int i = 0; i < 2; i++) {
        digit[i] = making->order[split][i][number];
        image[i] = digits->images + (size_t)digit[i] * LIMN_DIGIT_PIXELS;
    }
    if (split == LIMN_SPLIT_TRAIN && digits->labels[digit[1]] >= UNSEEN) chosen[1] = 0;
    const look *looks[2] = {&plain[chosen[0]], &coloured[chosen[1]]};
    paint(image[0], looks[0], pair->pixels[LIMN_MADE_A]);
    paint(image[1], looks[1], pair->pixels[LIMN_MADE_B]);
    paint(image[0], looks[1], pair->pixels[LIMN_MADE_A2B]);
    paint(image[1], looks[0], pair->pixels[LIMN_MADE_B2A]);
    for (int i = 0; i < 2; i++) tell(digits, digit[i], looks[i], &pair->line);
}

const limn_maker limn_maker_mnist_single = {
    .name = "mnist-single",
    .summary = "a digit a picture, 28x28, in black and white (A) and in two of three colours (B)",
    .columns = ",digit_a,label_a,foreground_a,background_a,digit_b,label_b,foreground_b,"
               "background_b",
    .digits = true,
    .side = LIMN_DIGIT_SIDE,
    .draw = draw,
};
