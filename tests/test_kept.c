// Models and runs that older limns left (tests/kept) give what they gave: pictures by checksums of
// their 8-bit values, with plain kernels, which compute alike on every machine.
#include "base/file.h"
#include "base/memory.h"
#include "limn/limn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PHOTO "examples/chelsea.jpg"
#define MODEL(name) "-m tests/kept/" name ".safetensors "

static const char *program, *scratch;

// `words` of the command line; {} stands for the scratch folder.
static const struct kept {
    const char *result, *words;
    uint64_t sum;
} all[] = {
    {"torch.png", "stylize " PHOTO " --size 101 " MODEL("torch-examples"), 0x2a7724e6bb18238b},
    {"in.png", "stylize " PHOTO " --size 101 " MODEL("johnson-in"), 0x183e580f3d230d82},
    {"bn.png", "stylize " PHOTO " --size 101 " MODEL("johnson-bn"), 0x72992a61992b707f},
    {"mixed.png",
     "stylize " PHOTO " --size 101 --strength 0.5 --preserve-colour " MODEL("torch-examples"),
     0x44d03caf1fcb59e3},
    {"tiny.png", "stylize {}/torch.png --size 3 " MODEL("torch-examples"), 0xe11b214464e8b438},
    {"small.png", "stylize " PHOTO " --size 37 " MODEL("torch-examples"), 0xfdea72baa40bb3fb},
    {"x4.png", "upscale {}/small.png " MODEL("sr4"), 0x0ddaea30aac0f86b},
    {"x8.png", "upscale {}/small.png --scale 8 " MODEL("sr8"), 0xda9673b3500d7d8d},
    {"tiles.png", "upscale " PHOTO " --max-memory 60M " MODEL("sr4"), 0x9b714daf10b6cb6b},
    {"emoji.png", "translate " PHOTO " --to twitter " MODEL("emoji"), 0x5bc56fa45714bebd},
    {"keep.png", "translate " PHOTO " --to google --size keep " MODEL("emoji"), 0x5d71b79b178f35ca},
    {"onehot.png", "translate " PHOTO " --to google " MODEL("onehot"), 0x89a7cb6c84e310fe},
    {"hole.png", "translate " PHOTO " " MODEL("hole"), 0x6d7c9e15a33b5176},
    {"filled.png", "translate " PHOTO " --size keep " MODEL("hole"), 0x93ef72b574b9ce8f},
    {"random.png", "translate --to openmoji --random 5 --seed 3 " MODEL("emoji"),
     0xee623950d2b14c54},
    {"uniform.png", "translate --to openmoji --random 5 --seed 3 " MODEL("onehot"),
     0xe54f1806c426d350},
    {"strip.png", "translate " PHOTO " {}/small.png --to openmoji --interpolate 4 " MODEL("emoji"),
     0xf9b46fbc9cab4cb3},
    {"domains.png",
     "translate " PHOTO " --from google --to openmoji --interpolate 3 " MODEL("emoji"),
     0x49ee2fc7fd520ce0},
};

// Runs the program; the exit code.
static int run(const char *words) {
    char command[2048];
    size_t used = (size_t)snprintf(command, sizeof command, "%s ", program);
    for (const char *at = words; *at; at++)
        if (at[0] == '{' && at[1] == '}') {
            used += (size_t)snprintf(command + used, sizeof command - used, "%s", scratch);
            at++;
        } else {
            command[used++] = *at;
        }
    command[used] = 0;
    int status = system(command);
    return status < 0 ? status : status / 256;
}

static uint64_t checksum(const char *path) {
    limn_picture *picture;
    if (limn_picture_read(path, NULL, &picture)) fail_msg("%s", limn_message());
    size_t count = 3 * (size_t)picture->width * (size_t)picture->height;
    unsigned char *bytes = malloc(count);
    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++) bytes[i] = (unsigned char)(picture->rgb[i] + 0.5F);
    int sides[2] = {picture->width, picture->height};
    uint64_t sum = limn_checksum(limn_checksum(0, sides, sizeof sides), bytes, count);
    free(bytes);
    limn_picture_free(picture);
    return sum;
}

static void pictures(void **state) {
    (void)state;
    bool same = true;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char words[1024], path[512];
        snprintf(words, sizeof words, "%s -o {}/%s --isa baseline --threads 1 -q", all[i].words,
                 all[i].result);
        assert_int_equal(run(words), 0);
        snprintf(path, sizeof path, "%s/%s", scratch, all[i].result);
        uint64_t sum = checksum(path);
        if (sum == all[i].sum) continue;
        print_error("%s: 0x%016llx\n", all[i].result, (unsigned long long)sum);
        same = false;
    }
    assert_true(same);
}

// A run that an older limn began goes on to its end, or is refused; its model is one all the same.
static void old_run(const char *name, const char *method, int code) {
    char words[512];
    snprintf(words, sizeof words,
             "train %s --resume {}/%s --accept-changes -q --data {}/two 2>{}/said", method, name);
    assert_int_equal(run(words), code);
    snprintf(words, sizeof words, "info {}/%s >{}/info", name);
    assert_int_equal(run(words), 0);
}

static void runs(void **state) {
    (void)state;
    char command[2048];
    snprintf(command, sizeof command,
             "cp -r tests/kept/old-style tests/kept/old-two-step %s && mkdir -p %s/two/train/a "
             "%s/two/train/b && cp " PHOTO " %s/two/train/a/1.jpg && cp " PHOTO
             " %s/two/train/b/1.jpg",
             scratch, scratch, scratch, scratch, scratch);
    assert_int_equal(system(command), 0);
    old_run("old-style", "style --style " PHOTO " --loss-network models/vgg19.safetensors", 0);
    old_run("old-two-step", "two-step", 2); // its checkpoints have another order
    snprintf(command, sizeof command, "grep -q -e --init %s/said", scratch);
    assert_int_equal(system(command), 0);
}

int main(int count, char **words) {
    char command[1024];
    if (count != 3) return 2;
    program = words[1];
    scratch = words[2];
    snprintf(command, sizeof command, "rm -rf %s && mkdir -p %s", scratch, scratch);
    if (system(command)) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(pictures), cmocka_unit_test(runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
