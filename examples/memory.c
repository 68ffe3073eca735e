// From memory to memory: a model and a photograph from bytes, pixels as toolkits hold them, a PNG
// file in bytes. Where the bytes come from and go to is not limn's business; here it is files.
//
//     cc memory.c $(pkg-config --cflags --libs limn) -o memory
//     ./memory MODEL PHOTO PAINTING.png
#include <limn/limn.h>

#include <stdio.h>
#include <stdlib.h>

static char *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    *size = 0;
    if (!file) return NULL;
    if (fseek(file, 0, SEEK_END) == 0) *size = (size_t)ftell(file);
    rewind(file);
    if (*size) bytes = (char *)malloc(*size);
    if (bytes && fread(bytes, 1, *size, file) != *size) *size = 0;
    fclose(file);
    return bytes;
}

static limn_status paint(const limn_model *model, const limn_picture *photo,
                         limn_picture **painting) {
    limn_runner *runner = NULL;
    limn_status status = limn_runner_open(model, NULL, &runner);
    if (!status) status = limn_translate(runner, photo, NULL, NULL, painting);
    limn_runner_free(runner);
    return status;
}

// What a window would show: red, green, blue, alpha, 8 bits each, row by row.
static unsigned char *pixels_of(const limn_picture *picture) {
    size_t stride = 4 * (size_t)picture->width;
    unsigned char *pixels = (unsigned char *)malloc(stride * (size_t)picture->height);
    if (pixels) limn_picture_to_pixels(picture, pixels, stride, LIMN_PIXELS_RGBA8);
    return pixels;
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: %s MODEL PHOTO PAINTING.png\n", words[0]);
        return LIMN_USAGE;
    }
    size_t model_size, photo_size, size = 0;
    char *model_bytes = read_all(words[1], &model_size);
    char *photo_bytes = read_all(words[2], &photo_size);
    limn_model *model = NULL;
    limn_picture *photo = NULL, *painting = NULL, *shown = NULL;
    unsigned char *pixels = NULL;
    void *png = NULL;
    limn_write_options as = {.size = sizeof as, .format = LIMN_FORMAT_PNG};

    limn_status status = limn_model_load_bytes(model_bytes, model_size, "the model", NULL, &model);
    if (!status)
        status = limn_picture_read_bytes(photo_bytes, photo_size, "the photograph", NULL, &photo);
    if (!status) status = paint(model, photo, &painting);
    if (!status) pixels = pixels_of(painting);
    if (!status)
        status = limn_picture_from_pixels(pixels, painting->width, painting->height,
                                          4 * (size_t)painting->width, LIMN_PIXELS_RGBA8, &shown);
    if (!status) status = limn_picture_write_bytes(shown, &as, &png, &size);
    if (status) fprintf(stderr, "%s\n", limn_message());

    FILE *file = status ? NULL : fopen(words[3], "wb");
    if (!status && (!file || fwrite(png, 1, size, file) != size)) status = LIMN_IO;
    if (file && fclose(file)) status = LIMN_IO;
    free(png);
    free(pixels);
    free(photo_bytes);
    free(model_bytes);
    limn_picture_free(shown);
    limn_picture_free(painting);
    limn_picture_free(photo);
    limn_model_free(model);
    return (int)status;
}
