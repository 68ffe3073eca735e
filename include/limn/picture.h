// Pictures: reading and writing files, colour, size.
//
// A picture is held as planar floats, sRGB values 0..255, ready for a network. What the file had
// besides its colours (EXIF, XMP, IPTC, comments, resolution) travels along and is written back.
// limn/model.h says what holds for arguments, options and results everywhere.
//
// Files are read and written by libvips, which is started with the first of them unless the program
// has done so. How it is set up is left to the program: the environment, cache and concurrency stay
// as they are. What libvips warns of, in damaged files mostly, goes to the log of glib, domain
// "VIPS", which shows it on stderr unless the program has said otherwise (g_log_set_handler): what
// became of a picture is in the status and limn_message() alone.
#ifndef LIMN_PICTURE_H
#define LIMN_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "limn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum limn_format {
    LIMN_FORMAT_NONE, // the picture did not come from a file
    LIMN_FORMAT_JPEG,
    LIMN_FORMAT_PNG,
    LIMN_FORMAT_WEBP,
    LIMN_FORMAT_TIFF,
} limn_format;

// "JPEG", "PNG", "WebP", "TIFF"; "none" for LIMN_FORMAT_NONE and what is no format. Static.
LIMN_API const char *limn_format_name(limn_format format);

// The format that the ending of a name stands for (.jpg .jpeg .jpe .jfif .png .webp .tif
// .tiff, any case), or
// LIMN_FORMAT_NONE. For writing, and for finding the pictures of a folder; reading looks at the
// content alone.
LIMN_API limn_format limn_format_of_name(const char *path);

// Everything may be read, and the values at rgb and alpha written to, freely; they belong to the
// picture. Made by the functions below only, since `metadata` is theirs, and since a later version
// may have more members behind it.
typedef struct limn_picture {
    int width, height;
    float *rgb;                     // [3][height][width], sRGB, 0..255; may go below and above
    float *alpha;                   // [height][width], 0 clear .. 1 solid; NULL: solid everywhere
    int depth;                      // bits a channel of the file it came from: 8 or 16
    limn_format format;             // of the file it came from
    struct limn_metadata *metadata; // EXIF and the like, or NULL
    int damaged; // 1: of a JPEG file with damage in it, where colours may be wrong; else 0
} limn_picture;

// A new picture of undefined colours, depth 8. The alpha plane, where asked for, is undefined too.
// Sides are in pixels, 1 or more. LIMN_USAGE, LIMN_MEMORY.
typedef enum limn_planes { LIMN_RGB, LIMN_RGB_ALPHA } limn_planes;
LIMN_API limn_status limn_picture_new(int width, int height, limn_planes planes,
                                      limn_picture **picture);

LIMN_API limn_status limn_picture_copy(const limn_picture *from, limn_picture **picture);
LIMN_API void limn_picture_free(limn_picture *picture); // NULL is fine

// Gives `picture` the metadata, depth and format of `from`, which may be freed after: for a result
// made from an input.
LIMN_API void limn_picture_inherit(limn_picture *picture, const limn_picture *from);

// ---- pixels in memory ----

// Interleaved channels, row by row from the top, 8 or 16 bits each; 16 bits in the machine's byte
// order, at an even address and with an even stride. Alpha is not premultiplied.
typedef enum limn_pixels {
    LIMN_PIXELS_RGB8,
    LIMN_PIXELS_RGBA8,
    LIMN_PIXELS_RGB16,
    LIMN_PIXELS_RGBA16,
} limn_pixels;

// A new picture from pixels, sRGB, without metadata. `stride` is the bytes from one row to the
// next; what lies between the rows is not read, and behind the last row need not be there. The
// pixels are copied. LIMN_USAGE (a side below 1, a stride that is shorter than a row, an odd place
// for 16 bits), LIMN_MEMORY.
LIMN_API limn_status limn_picture_from_pixels(const void *pixels, int width, int height,
                                              size_t stride, limn_pixels kind,
                                              limn_picture **picture);

// Writes a picture into the caller's memory at `pixels`, its height of rows with `stride` bytes
// from one to the next; what lies between the rows is left alone. Values are held to 0..255 and
// rounded to the nearest of the depth. Without alpha the picture is solid; with it, and without
// room for it, it is laid on white, as in a JPEG file. Pixels that became a picture of the same
// depth come back bit for bit. LIMN_USAGE as above, and then nothing is written.
LIMN_API limn_status limn_picture_to_pixels(const limn_picture *picture, void *pixels,
                                            size_t stride, limn_pixels kind);

// ---- files ----

typedef struct limn_read_options {
    size_t size;
    long long max_pixels; // default (0): 268,435,456; checked before memory is taken
    int max_scans;        // default (0): 100, scans of a progressive JPEG
    size_t max_memory;    // bytes of the picture read, 12 a pixel and 4 for alpha; default (0):
                          // three quarters of what is free. Over it: LIMN_MEMORY, by the header
    int page;             // of TIFF and WebP files and of pictures behind one another in a JPEG
                          // file, from 1; default (0): the picture that the file is of
    int enough;           // pixels of the shorter side: a JPEG may come at a half, a quarter or an
                          // eighth of its sides as long as it has so many, which is several times
                          // as fast; default (0): at its own size
} limn_read_options;

// Reads a JPEG, PNG, WebP or TIFF file, whatever its name says. The turn noted in its EXIF is
// applied; another colour profile, CMYK, Lab, grey, palette and 1 bit become sRGB. Of several pages
// or frames options->page says which, else the first is read, but not a preview of another.
// LIMN_INPUT (missing, a folder, unreadable, another format, damaged, cut short, over a limit),
// LIMN_MEMORY (over options->max_memory, or there is none left).
LIMN_API limn_status limn_picture_read(const char *path, const limn_read_options *options,
                                       limn_picture **picture);

// The same from so many bytes in memory; `name` is for the sentences.
LIMN_API limn_status limn_picture_read_bytes(const void *bytes, size_t size, const char *name,
                                             const limn_read_options *options,
                                             limn_picture **picture);

// What a file's header says; nothing is decoded. Fails as reading does, over its limits too, and
// then all is 0.
typedef struct limn_picture_header {
    size_t size;       // the caller's to set
    int width, height; // after the turn
    limn_format format;
    int depth;         // 8 or 16
    int has_alpha;     // 0 or 1
    int orientation;   // EXIF: 1 upright .. 8; the turn that reading will apply
    int other_colours; // 0 or 1: another profile than sRGB, CMYK, Lab: reading will convert them
    int pages;         // or frames, of which one is read; previews are not counted
    int left_channels; // of a TIFF file, neither colours nor alpha (saved selections): not read
    int quality;       // of a JPEG file, 1..100 as libjpeg counts it; 0: not known
} limn_picture_header;

LIMN_API limn_status limn_picture_read_header(const char *path, const limn_read_options *options,
                                              limn_picture_header *header);
LIMN_API limn_status limn_picture_read_header_bytes(const void *bytes, size_t size,
                                                    const char *name,
                                                    const limn_read_options *options,
                                                    limn_picture_header *header);

// What happens when the file to write is there already.
typedef enum limn_existing { LIMN_KEEP_EXISTING, LIMN_REPLACE_EXISTING } limn_existing;

// What becomes of EXIF and the like.
typedef enum limn_keeping { LIMN_KEEP_METADATA, LIMN_STRIP_METADATA } limn_keeping;

typedef struct limn_write_options {
    size_t size;
    int depth;              // 8, 16 (PNG and TIFF only); default (0): the picture's own where the
                            // format can, else 8
    int quality;            // 1..100 for JPEG and WebP; default (0): 92. JPEG is written 4:4:4
    limn_format format;     // default: by the ending of the name
    limn_existing existing; // default: refuse with LIMN_USAGE
    limn_keeping metadata;  // default: kept, as far as the format can
    int halve_colours;      // 0 or 1: JPEG 4:2:0, as most cameras write it
} limn_write_options;

// Writes a picture: values are held to 0..255 and rounded to the nearest of the depth, an sRGB
// profile is attached. EXIF, XMP, IPTC and words (comments, PNG's texts) are kept as far as the
// format can, with the turn set to upright and without the thumbnail; what a format has no place
// for goes to its description. A resolution is written where the file had one. Alpha is written
// where the format has it; JPEG has none, so there the picture is laid on white. The file appears
// whole or not at all. LIMN_USAGE (ending, depth, quality, file exists, side over the format's
// limit: 65,500 for JPEG, 16,383 for WebP), LIMN_IO or LIMN_MEMORY.
LIMN_API limn_status limn_picture_write(const limn_picture *picture, const char *path,
                                        const limn_write_options *options);

// The same to new memory, *size bytes at *bytes, which the caller frees with free();
// options->format must be given. On failure *size is 0.
LIMN_API limn_status limn_picture_write_bytes(const limn_picture *picture,
                                              const limn_write_options *options, void **bytes,
                                              size_t *size);

// Checks name, depth, quality and format as limn_picture_write would, before hours of work. The
// file itself is not touched.
LIMN_API limn_status limn_picture_check_write(const char *path, const limn_write_options *options);

// ---- colour ----
//
// A result counts as it would be shown: first it is held to 0..255. LIMN_USAGE where two sizes
// differ.

// result := Y of the result with Cb and Cr of the input (BT.601, full range).
LIMN_API limn_status limn_picture_preserve_colour(limn_picture *result, const limn_picture *input);

// result := input + strength (result - input), alpha left alone; strength 0..1.
LIMN_API limn_status limn_picture_blend(limn_picture *result, const limn_picture *input,
                                        double strength);

// Lays the picture on white, in place: afterwards it is solid everywhere, and colours that were
// hidden are gone.
LIMN_API void limn_picture_on_white(limn_picture *picture);

// ---- size and place ----

// Filters widen when they shrink a picture, so that nothing flickers (antialiasing). The sampling
// grid and the weights are those of Pillow's Image.resize, without its rounding to 8 bits.
typedef enum limn_filter {
    LIMN_BICUBIC, // a = -0.5
    LIMN_BILINEAR,
    LIMN_LANCZOS3,
} limn_filter;

// A new picture of another size, with the metadata of the old. Where there is alpha, colours count
// by their opacity, so that hidden colours do not bleed out. LIMN_USAGE (a side below 1),
// LIMN_MEMORY.
LIMN_API limn_status limn_picture_resize(const limn_picture *from, int width, int height,
                                         limn_filter filter, limn_picture **picture);

// The size with the longer side `longer`, the shorter rounded to nearest and at least 1; all given
// are 1 or more.
LIMN_API void limn_fit_size(int width, int height, int longer, int *fit_width, int *fit_height);

// Makes the longer side `longer` pixels, larger or smaller, in place (LIMN_BICUBIC). LIMN_USAGE
// (below 1), LIMN_MEMORY; the picture is as it was then.
LIMN_API limn_status limn_picture_fit(limn_picture *picture, int longer);

// A new picture: the part of this width and height whose upper left corner is at x, y, counted
// from 0. LIMN_USAGE where the part reaches outside, LIMN_MEMORY.
LIMN_API limn_status limn_picture_crop(const limn_picture *from, int x, int y, int width,
                                       int height, limn_picture **picture);

// Mirrors left and right, in place.
LIMN_API void limn_picture_flip(limn_picture *picture);

// Several pictures on one sheet, row by row. A column is as wide as the widest picture in it, a
// row as high as the highest; each picture stands in the middle of its cell, laid on the background
// by its alpha. NULL among the `count` pictures leaves a cell empty. LIMN_USAGE, LIMN_MEMORY.
typedef struct limn_sheet_options {
    size_t size;
    int columns;         // default (0): as square a sheet as can be
    int gap;             // pixels between pictures and around them; default (0): none
    float background[3]; // sRGB 0..255; default: black
} limn_sheet_options;

LIMN_API limn_status limn_picture_sheet(const limn_picture *const *pictures, int count,
                                        const limn_sheet_options *options, limn_picture **sheet);

#ifdef __cplusplus
}
#endif
#endif
