// The report of a run: curves as SVG, samples embedded, one file without scripts.
#define _GNU_SOURCE
#include "train/report.h"

#include "base/file.h"
#include "base/text.h"
#include "train/run_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// What steps can log: their terms, the total of each update, and a few numbers of the trainer's.
enum { MOST_CURVES = LIMN_MAX_UPDATES * (LIMN_MAX_TERMS + 1) + 16 };
enum { POINTS = 400, SHEETS = 7, PLOT_WIDTH = 640, PLOT_HEIGHT = 180 };

typedef struct curve {
    char name[48];
    double sum[POINTS];
    int count[POINTS];
} curve;

typedef struct log_data {
    curve *curves;
    int count;
    bool failed; // no memory
    double last_step;
} log_data;

static curve *curve_named(log_data *data, const char *name, size_t length) {
    if (length >= sizeof data->curves->name) length = sizeof data->curves->name - 1;
    for (int i = 0; i < data->count; i++)
        if (strlen(data->curves[i].name) == length && !memcmp(data->curves[i].name, name, length))
            return &data->curves[i];
    if (data->count == MOST_CURVES || memchr(name, '<', length) || memchr(name, '&', length))
        return NULL;
    curve *more = realloc(data->curves, ((size_t)data->count + 1) * sizeof *more);
    data->failed |= !more;
    if (!more) return NULL;
    data->curves = more;
    curve *made = &data->curves[data->count++];
    *made = (curve){.name = ""};
    memcpy(made->name, name, length);
    return made;
}

// The number before `end`, which need not be followed by anything.
static double read_number(const char *at, const char *end) {
    char text[32];
    size_t size = (size_t)(end - at) < sizeof text - 1 ? (size_t)(end - at) : sizeof text - 1;
    memcpy(text, at, size);
    text[size] = 0;
    return strtod(text, NULL);
}

// One line of our own log: {"step": 12, "name": value, ...}
static void read_line(log_data *data, const char *line, const char *end) {
    double step = 0;
    while (line < end) {
        const char *name = memchr(line, '"', (size_t)(end - line));
        const char *close = name ? memchr(name + 1, '"', (size_t)(end - name - 1)) : NULL;
        if (!close || close + 2 >= end) return;
        double value = read_number(close + 2, end);
        size_t length = (size_t)(close - name - 1);
        if (length == 4 && !memcmp(name + 1, "step", 4)) {
            step = value;
        } else if (isfinite(value) && step >= 1 && step <= data->last_step) {
            curve *into = curve_named(data, name + 1, length);
            int at = (int)fmin((step - 1) / data->last_step * POINTS, POINTS - 1);
            if (into) into->sum[at] += value, into->count[at]++;
        }
        const char *comma = memchr(close, ',', (size_t)(end - close));
        line = comma ? comma : end;
    }
}

static limn_status read_log(const limn_trainer *trainer, log_data *data) {
    limn_text path = {0};
    limn_file file;
    limn_status status = limn_run_path(trainer->folder, &path, "log.jsonl");
    if (status == LIMN_OK) status = limn_file_open(path.data, (size_t)1 << 34, LIMN_IO, &file);
    limn_text_free(&path);
    LIMN_TRY(status);
    data->last_step = trainer->step > 0 ? (double)trainer->step : 1;
    const char *at = (const char *)file.bytes, *end = at + file.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) break; // a torn line
        read_line(data, at, stop);
        at = stop + 1;
    }
    limn_file_close(&file);
    return LIMN_OK;
}

// A curve over the steps; where all values are positive and far apart, on a logarithmic scale.
static void draw_curve(limn_text *html, const curve *it, double last_step) {
    double low = INFINITY, high = -INFINITY, final = 0;
    for (int i = 0; i < POINTS; i++) {
        if (!it->count[i]) continue;
        final = it->sum[i] / it->count[i];
        low = fmin(low, final);
        high = fmax(high, final);
    }
    if (!(low <= high)) return;
    bool logarithmic = low > 0 && high > 10 * low;
    double bottom = logarithmic ? log10(low) : low, top = logarithmic ? log10(high) : high;
    double span = top > bottom ? top - bottom : 1;
    limn_text_print(html,
                    "<figure><figcaption><b>%s</b> %.5g <small>(%.4g to %.4g%s)</small>"
                    "</figcaption><svg viewBox=\"0 0 %d %d\"><polyline points=\"",
                    it->name, final, low, high, logarithmic ? ", logarithmic" : "", PLOT_WIDTH,
                    PLOT_HEIGHT);
    for (int i = 0; i < POINTS; i++) {
        if (!it->count[i]) continue;
        double value = it->sum[i] / it->count[i];
        double part = ((logarithmic ? log10(value) : value) - bottom) / span;
        limn_text_print(html, "%.1f,%.1f ", (i + 0.5) * PLOT_WIDTH / POINTS,
                        PLOT_HEIGHT - 8 - part * (PLOT_HEIGHT - 16));
    }
    limn_text_print(html, "\"/></svg><small>step 1 to %.0f</small></figure>\n", last_step);
}

static void add_base64(limn_text *html, const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        unsigned word = (unsigned)bytes[i] << 16;
        if (i + 1 < size) word |= (unsigned)bytes[i + 1] << 8;
        if (i + 2 < size) word |= bytes[i + 2];
        char group[4];
        for (int k = 0; k < 4; k++) group[k] = digits[word >> (18 - 6 * k) & 63];
        if (i + 1 >= size) group[2] = '=';
        if (i + 2 >= size) group[3] = '=';
        limn_text_add(html, group, 4);
    }
}

typedef struct sheets {
    char *names[SHEETS]; // the first, then the latest
    int count;
} sheets;

static limn_status note_sheet(void *context, const char *path, const char *relative) {
    sheets *list = context;
    (void)relative;
    char *copy = strdup(path);
    if (!copy) return limn_fail(LIMN_MEMORY, "there is no memory for a name");
    if (list->count < SHEETS) {
        list->names[list->count++] = copy;
        return LIMN_OK;
    }
    free(list->names[1]);
    memmove(&list->names[1], &list->names[2], (SHEETS - 2) * sizeof *list->names);
    list->names[SHEETS - 1] = copy;
    return LIMN_OK;
}

static void add_sheet(limn_text *html, const char *path) {
    limn_file file;
    long long step;
    const char *name = strrchr(path, '/');
    struct stat about; // not through a link: what it leads to may not be meant for others
    if (!name || sscanf(name, "/step-%lld", &step) != 1) return;
    if (lstat(path, &about) || !S_ISREG(about.st_mode)) return;
    if (limn_file_open(path, (size_t)64 << 20, LIMN_IO, &file)) return;
    limn_text_print(html,
                    "<figure><figcaption>step %lld</figcaption><img alt=\"samples of step "
                    "%lld\" src=\"data:image/jpeg;base64,",
                    step, step);
    add_base64(html, file.bytes, file.size);
    limn_text_print(html, "\"></figure>\n");
    limn_file_close(&file);
}

static limn_status find_sheets(const limn_trainer *trainer, sheets *list) {
    limn_text path = {0};
    limn_status status = limn_run_path(trainer->folder, &path, "samples");
    if (status == LIMN_OK) status = limn_folder_walk(path.data, false, note_sheet, list);
    limn_text_free(&path);
    return status;
}

static const char head[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>limn: training</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:82rem;padding:0 1rem;"
    "color:#222;background:#fdfdfb}figure{margin:0 0 1.5rem}img{max-width:100%;border-radius:4px}"
    ".curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}"
    "svg{width:100%;background:#f3f2ec;border-radius:4px}polyline{fill:none;stroke:#1f5fa8;"
    "stroke-width:2}small{color:#666}@media(prefers-color-scheme:dark){body{color:#ddd;background:"
    "#16181b}svg{background:#23262b}polyline{stroke:#7fb4f0}small{color:#999}}</style>\n";

// What it has come to, how it came there, what it was before.
static void add_body(limn_text *html, const limn_trainer *trainer, const log_data *data,
                     const sheets *list) {
    limn_text_print(html,
                    "<h1>%s</h1><p>%s</p><p>Step %lld of %lld, %.1f minutes of training.</p>\n",
                    trainer->method->name, trainer->method->title, (long long)trainer->step,
                    (long long)limn_trainer_total(trainer), trainer->seconds / 60);
    if (list->count) add_sheet(html, list->names[list->count - 1]);
    limn_text_print(html, "<h2>Curves</h2>\n<div class=\"curves\">\n");
    for (int i = 0; i < data->count; i++) draw_curve(html, &data->curves[i], data->last_step);
    limn_text_print(html, "</div>\n<h2>Before</h2>\n");
    for (int i = list->count - 2; i >= 0; i--) add_sheet(html, list->names[i]);
    limn_text_print(html, "</html>\n");
}

limn_status limn_report_write(const limn_trainer *trainer) {
    log_data data = {.curves = NULL};
    sheets list = {.count = 0};
    limn_text html = {0}, path = {0};
    limn_status status = read_log(trainer, &data);
    if (status == LIMN_OK) status = find_sheets(trainer, &list);
    limn_text_add(&html, head, sizeof head - 1);
    if (status == LIMN_OK) add_body(&html, trainer, &data, &list);
    if (status == LIMN_OK && (html.failed || data.failed))
        status = limn_fail(LIMN_MEMORY, "there is no memory for the report");
    if (status == LIMN_OK) status = limn_run_path(trainer->folder, &path, "index.html");
    if (status == LIMN_OK) status = limn_file_write(path.data, html.data, html.size, true);
    for (int i = 0; i < list.count; i++) free(list.names[i]);
    limn_text_free(&html);
    limn_text_free(&path);
    free(data.curves);
    return status;
}
