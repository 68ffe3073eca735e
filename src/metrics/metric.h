// A metric: one file in metrics/ that ends in one const struct, and a line in metrics/LIST. It says
// what it compares and what its options are; finding the pictures, the verb and its help need no
// line.
#ifndef LIMN_METRICS_METRIC_H
#define LIMN_METRICS_METRIC_H

#include "base/options.h"
#include "base/status.h"
#include "limn/picture.h"
#include "plan/plan.h"

typedef enum limn_compares {
    LIMN_PAIRS,    // two pictures, or those of two folders by their names: the mean of the pairs
    LIMN_POOLED,   // the same pairs, solid ones only, added up: one value of all together
    LIMN_TWO_SETS, // all pictures of one folder with all of another
    LIMN_ONE_SET,  // the pictures of a folder among themselves
} limn_compares;

// What is said beside the value: a number, a text where there is one, or numbers in a row.
typedef struct limn_fact {
    const char *name; // "subset-size"
    double number;
    char text[96];
    int first, count; // of `series`; count 0: no row
} limn_fact;

enum { LIMN_FACTS = 16, LIMN_SERIES = 256 };

// One measurement. The caller frees nothing of it.
typedef struct limn_measuring {
    const struct limn_metric *metric;
    const void *options;    // the metric's own struct
    const char *paths[2];   // A and B
    limn_plan_options plan; // how networks compute
    void *state;            // the metric's own, between open and close
    const struct limn_measuring_hooks {
        void *context; // each may be NULL
        void (*progress)(void *context, int number, int count, const char *name);
        void (*say)(void *context, const char *line);
        void (*one)(void *context, const char *path, double value); // of one pair
        void (*failed)(void *context); // a pair that is left out: limn_message() says why
    } * hooks;

    // What it came to.
    double value;
    char title[96]; // "KID-768 x 1000"
    limn_fact facts[LIMN_FACTS];
    int fact_count;
    double series[LIMN_SERIES]; // NaN: none
    int series_count;
} limn_measuring;

typedef struct limn_metric {
    const char *name;        // "psnr"
    const char *title;       // "PSNR"; where it depends on options, limn_measuring_title
    const char *unit;        // "dB"; NULL: none
    const char *summary;     // one line
    const char *description; // paragraphs, each ended by a newline
    const char *examples;    // lines
    const char *arguments;   // "RESULTS TRUTHS"; NULL: the usual
    limn_compares compares;
    bool more_is_alike;          // LIMN_PAIRS; false: less is
    bool computes;               // with networks, so that threads and precision matter
    limn_option_group groups[4]; // of options, ended by one without
    size_t options_size;
    limn_status (*open)(limn_measuring *it); // before the first picture; may be NULL
    void (*close)(limn_measuring *it);       // whatever became of it; may be NULL
    // LIMN_PAIRS, LIMN_POOLED. The pictures, of equal size and solid, may be changed. The value of
    // a pooled pair is what -v says of it.
    limn_status (*pair)(limn_measuring *it, limn_picture *a, limn_picture *b, double *value);
    // LIMN_PAIRS: the value of a pair that is in the mean, the one of the two on black and on white
    // that counts. For metrics that say more of pairs than their value; may be NULL.
    void (*counts)(limn_measuring *it, double value);
    limn_status (*measure)(limn_measuring *it); // but LIMN_PAIRS: value and facts, after all pairs
} limn_metric;

extern const limn_metric *const limn_metrics[]; // ended by NULL; made from metrics/LIST

// Measures. Of two folders, a pair that cannot be measured (LIMN_INPUT) is left out: LIMN_PARTIAL
// when there are others, and the value is theirs. Any other failure ends it with its sentence, and
// so does every failure where all are pooled: the value would be that of another set.
limn_status limn_measure(limn_measuring *it);

// LIMN_PAIRS, opened. Two pictures of one size as they look: where one of them has alpha, on black
// and on white, and the value of the less alike counts. Solid ones may be changed.
limn_status limn_measure_pictures(limn_measuring *it, limn_picture *a, limn_picture *b,
                                  double *value);

// For metrics.

void limn_measuring_title(limn_measuring *it, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A fact of this name takes the place of one that was said before.
void limn_fact_number(limn_measuring *it, const char *name, double number);
void limn_fact_text(limn_measuring *it, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void limn_fact_series(limn_measuring *it, const char *name, const double *numbers, int count);
void limn_measuring_say(const limn_measuring *it, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Reads a picture, and says where it is damaged.
limn_status limn_measuring_read(const limn_measuring *it, const char *path, limn_picture **picture);
void limn_measuring_progress(const limn_measuring *it, int number, int count, const char *path);

// The sizes of the pictures seen: "128x128", "32x40 to 640x480".
typedef struct limn_sizes_seen {
    int count, least[2], most[2]; // width and height of the smallest and largest
} limn_sizes_seen;

void limn_sizes_add(limn_sizes_seen *seen, const limn_picture *picture);
const char *limn_sizes_text(const limn_sizes_seen *seen, char text[64]);

#endif
