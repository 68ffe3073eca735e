// Graphics are paths: corners joined by lines, either filled or drawn with a pen.
#include "methods/graphics.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { MOST_CORNERS = 48, ROUND = MOST_CORNERS - 1 };

typedef struct point {
    double x, y;
} point;

typedef struct path {
    point at[MOST_CORNERS];
    int count;
    double pen; // half of its width; 0: the path is closed and filled
} path;

typedef struct colour {
    double rgb[3];
} colour;

typedef struct sheet {
    float *rgb;
    int size;
    bool grey, sharp; // no colours; no grey rims
    limn_random stream;
    uint32_t used; // positions of the stream
} sheet;

// ---- chance ----

static double unit(sheet *on) {
    return limn_random_unit(&on->stream, on->used++);
}
static double between(sheet *on, double low, double high) {
    return low + (high - low) * unit(on);
}
static int below(sheet *on, int count) {
    return (int)limn_random_below(&on->stream, on->used++, (uint32_t)count);
}
// More often small than large.
static double small_between(sheet *on, double low, double high) {
    return low * pow(high / low, unit(on));
}

// Black, white and the corners of the cube of colours half of the time.
static colour some_colour(sheet *on) {
    colour it;
    int kind = below(on, 8), corner = below(on, 8);
    for (int c = 0; c < 3; c++) {
        double any = floor(256 * unit(on));
        it.rgb[c] = kind == 0 ? 0 : kind == 1 ? 255 : kind < 4 ? (corner >> c & 1) * 255 : any;
    }
    if (on->grey) it.rgb[1] = it.rgb[2] = it.rgb[0];
    return it;
}

static point some_point(sheet *on) {
    point it = {between(on, -0.1, 1.1) * on->size, between(on, -0.1, 1.1) * on->size};
    return it;
}

// ---- painting ----

static float *pixel(const sheet *on, int x, int y) {
    return on->rgb + (size_t)y * (size_t)on->size + x;
}

static void lay(const sheet *on, int x, int y, const colour *with, double cover) {
    size_t plane = (size_t)on->size * (size_t)on->size;
    float *to = pixel(on, x, y);
    for (size_t c = 0; c < 3; c++) {
        double was = (double)to[c * plane];
        to[c * plane] = (float)floor(was + cover * (with->rgb[c] - was) + 0.5);
    }
}

static double squared_distance(point p, point a, point b) {
    double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    double t = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double x = a.x + t * dx - p.x, y = a.y + t * dy - p.y;
    return x * x + y * y;
}

// How far p lies outside; below zero inside.
static double outside(const path *it, point p) {
    double nearest = 1e18;
    bool inside = false;
    for (int i = it->pen > 0 ? 1 : 0; i < it->count; i++) {
        point a = it->at[i ? i - 1 : it->count - 1], b = it->at[i];
        nearest = fmin(nearest, squared_distance(p, a, b));
        if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) * (b.x - a.x) / (b.y - a.y))
            inside = !inside;
    }
    return it->pen > 0 ? sqrt(nearest) - it->pen : inside ? -sqrt(nearest) : sqrt(nearest);
}

static int held(double at, int size) {
    return at < 0 ? 0 : at > size ? size : (int)at;
}

static void paint(const sheet *on, const path *it, const colour *with) {
    point low = it->at[0], high = it->at[0];
    for (int i = 1; i < it->count; i++) {
        low = (point){fmin(low.x, it->at[i].x), fmin(low.y, it->at[i].y)};
        high = (point){fmax(high.x, it->at[i].x), fmax(high.y, it->at[i].y)};
    }
    int right = held(high.x + it->pen + 2, on->size), bottom = held(high.y + it->pen + 2, on->size);
    for (int y = held(low.y - it->pen - 1, on->size); y < bottom; y++)
        for (int x = held(low.x - it->pen - 1, on->size); x < right; x++) {
            double cover = 0.5 - outside(it, (point){x + 0.5, y + 0.5});
            if (on->sharp) cover = cover >= 0.5 ? 1 : 0;
            if (cover > 0) lay(on, x, y, with, cover < 1 ? cover : 1);
        }
}

// ---- grounds ----

static void fill(const sheet *on, const colour *with) {
    for (int y = 0; y < on->size; y++)
        for (int x = 0; x < on->size; x++) lay(on, x, y, with, 1);
}

// From the colour that is there to another, across the whole sheet.
static void gradient(sheet *on) {
    colour to = some_colour(on);
    double angle = between(on, 0, 6.2832), dx = cos(angle) / on->size, dy = sin(angle) / on->size;
    double start = between(on, -0.5, 0.5);
    for (int y = 0; y < on->size; y++)
        for (int x = 0; x < on->size; x++) {
            double t = start + x * dx + y * dy;
            lay(on, x, y, &to, t < 0 ? 0 : t > 1 ? 1 : t);
        }
}

// Checks, grids, stripes: exact pixels.
static void pattern(sheet *on) {
    colour with = some_colour(on);
    int kind = below(on, 4), step = (int)small_between(on, 3, 48);
    int line = (int)small_between(on, 1, step), dx = below(on, step), dy = below(on, step);
    for (int y = 0; y < on->size; y++)
        for (int x = 0; x < on->size; x++) {
            int column = x + dx, row = y + dy;
            bool in = kind == 0   ? (column / step + row / step) & 1
                      : kind == 1 ? column % step < line || row % step < line
                      : kind == 2 ? column % step < line
                                  : row % step < line;
            if (in) lay(on, x, y, &with, 1);
        }
}

static void ground(sheet *on) {
    colour with = some_colour(on);
    static const colour white = {{255, 255, 255}};
    fill(on, below(on, 3) ? &with : &white);
    int kind = below(on, 5);
    if (kind == 0) gradient(on);
    if (kind == 1) pattern(on);
}

// ---- figures ----

// Regular polygons and stars; with many corners circles and ellipses.
static void figure(sheet *on) {
    path it = {.count = below(on, 2) ? 3 + below(on, 6) : ROUND};
    point middle = some_point(on);
    double radius = small_between(on, 3, 0.4 * on->size), turn = between(on, 0, 6.2832);
    double flat = below(on, 2) ? 1 : between(on, 0.2, 1);
    bool star = it.count < 9 && below(on, 3) == 0;
    if (star) it.count *= 2;
    for (int i = 0; i < it.count; i++) {
        double angle = 6.283185307 * i / it.count, far = star && (i & 1) ? 0.45 * radius : radius;
        double x = far * cos(angle), y = far * flat * sin(angle);
        it.at[i] = (point){middle.x + x * cos(turn) - y * sin(turn),
                           middle.y + x * sin(turn) + y * cos(turn)};
    }
    colour with = some_colour(on), rim = some_colour(on);
    int manner = below(on, 3); // filled, filled with a rim, or the rim
    if (manner < 2) paint(on, &it, &with);
    if (manner == 0) return;
    it.at[it.count] = it.at[0];
    it.count++;
    it.pen = small_between(on, 0.5, 6);
    paint(on, &it, &rim);
}

// A rectangle along the pixels.
static void box(sheet *on) {
    point a = some_point(on);
    double width = floor(small_between(on, 1, on->size)),
           height = floor(small_between(on, 1, on->size));
    double x = floor(a.x), y = floor(a.y);
    path it = {.at = {{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}},
               .count = 4};
    colour with = some_colour(on);
    paint(on, &it, &with);
}

// A line with bends, as in drawings and diagrams.
static void line(sheet *on) {
    path it = {.count = 2 + below(on, 5), .pen = small_between(on, 0.5, 5)};
    bool round = it.count > 2 && below(on, 2);
    for (int i = 0; i < it.count; i++) it.at[i] = some_point(on);
    colour with = some_colour(on);
    if (round) { // a Bezier curve of the first three
        point a = it.at[0], b = it.at[1], c = it.at[2];
        it.count = 24;
        for (int i = 0; i < it.count; i++) {
            double t = i / 23.0, u = 1 - t;
            it.at[i] = (point){u * u * a.x + 2 * u * t * b.x + t * t * c.x,
                               u * u * a.y + 2 * u * t * b.y + t * t * c.y};
        }
    }
    paint(on, &it, &with);
}

// Strokes on a grid 4 wide and 6 high, from the foot up: two digits a corner, a blank lifts the
// pen.
static const char *const letters[] = {
    "002640 1232",
    "00063645343303 3343423100",
    "45361605011031 41",
    "00062644422000",
    "46060040 0333",
    "46060003 0333",
    "453616050110304143 23",
    "0006 4046 0343",
    "1030 2026 1636",
    "000602 4602 0240",
    "060040",
    "0006234640",
    "00064046",
    "160501103041453616",
    "00063645343303",
    "453616050413334241301001",
    "0646 2026",
    "060110304146",
    "062046",
    "0610233046",
    "0046 0640",
    "062346 2320",
    "06460040",
    "0526203 1030",
    "0516364534000040",
    "0646233342413010 01",
    "303602 0242",
    "46060433424130100",
    "13334241301001051636",
    "064620",
};

static void letter(sheet *on, const char *strokes, point foot, double scale, double lean,
                   double pen, const colour *with) {
    while (*strokes) {
        path it = {.pen = pen};
        for (; strokes[0] && strokes[0] != ' ' && strokes[1] && strokes[1] != ' '; strokes += 2) {
            double x = strokes[0] - '0', y = strokes[1] - '0';
            it.at[it.count++] = (point){foot.x + scale * (x + lean * y), foot.y - scale * y};
        }
        if (it.count > 1) paint(on, &it, with);
        while (*strokes && *strokes != ' ') strokes++;
        while (*strokes == ' ') strokes++;
    }
}

// Lines of letters in one hand.
static void text(sheet *on) {
    enum { LETTERS = sizeof letters / sizeof *letters };
    double scale = small_between(on, 2, 12), pen = scale * between(on, 0.15, 0.7);
    double lean = below(on, 3) ? 0 : between(on, 0, 0.3);
    point at = {between(on, -0.2, 0.6) * on->size, between(on, 0.1, 1) * on->size};
    colour with = some_colour(on);
    int lines = 1 + below(on, 4);
    for (int l = 0; l < lines; l++) {
        int count = 3 + below(on, 10);
        for (int i = 0; i < count; i++) {
            point foot = {at.x + 5.5 * scale * i, at.y + 9 * scale * l};
            const char *strokes = letters[below(on, LETTERS)];
            if (below(on, 7)) letter(on, strokes, foot, scale, lean, pen, &with);
        }
    }
}

static void anything(sheet *on) {
    static void (*const ways[])(sheet *) = {figure, figure, box, line, text};
    ways[below(on, sizeof ways / sizeof *ways)](on);
}

void limn_graphics_draw(float *rgb, int size, const limn_random *stream) {
    sheet on = {.rgb = rgb, .size = size, .stream = *stream};
    on.stream.purpose = limn_purpose("graphics");
    bool bare = below(&on, 6) == 0; // a ground and nothing on it
    bool over = below(&on, 5) == 0; // on what is there
    on.grey = below(&on, 4) == 0 && !over;
    on.sharp = below(&on, 6) == 0;
    if (!over) ground(&on);
    for (int left = bare && !over ? 0 : 1 + below(&on, 10); left > 0; left--) anything(&on);
}
