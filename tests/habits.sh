#!/bin/sh
# What people bring and do that is not quite what was meant: pictures with damage, models that learnt
# nothing but NaN, words of other programs.
#
#   tests/habits.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"

# ---- a JPEG with a hole in it is used, and that is said, whoever uses it ----

cp "$root/examples/chelsea.jpg" whole.jpg
cp whole.jpg hurt.jpg
dd if=/dev/zero of=hurt.jpg bs=1 seek=20000 count=3000 conv=notrunc 2>/dev/null
hurt="hurt.jpg: is damaged"

run measure psnr hurt.jpg whole.jpg
ended 0 "$hurt" "measuring a damaged picture"
for size in 2 30 300 3000; do # the last bytes of a hole may look like a segment beyond the end
    for at in 15000 20000 40000; do
        cp whole.jpg holed.jpg
        tr '\0' '\377' </dev/zero | head -c $size |
            dd of=holed.jpg bs=1 seek=$at conv=notrunc iflag=fullblock 2>/dev/null
        run measure psnr holed.jpg whole.jpg
        ended 0 "holed.jpg: is damaged" "$size bytes of 255 from $at on"
    done
done
run measure psnr whole.jpg hurt.jpg -q
check "-q says nothing of it" test "$status" = 0 -a ! -s err
run stylize hurt.jpg -m wave --size 32 -o painted.png
ended 0 "$hurt" "painting one"
run paint --content hurt.jpg --style whole.jpg --size 32 --style-size 32 --iterations 1 -o a.png
ended 0 "$hurt" "a photograph for limn paint"
run paint --content whole.jpg --style hurt.jpg --size 32 --style-size 32 --iterations 1 -o b.png
ended 0 "$hurt" "a painting for it"
mkdir photos
cp hurt.jpg whole.jpg photos
small="train upscale --network sr --data photos --crop-size 16 --batch-size 2 --width 2"
# shellcheck disable=SC2086 # words
run $small --steps 6 -o run
ended 0 "photos/hurt.jpg: is damaged, and is used" "training on one"
check "and that once" test "$(grep -c 'is damaged' err)" = 1

# ---- a model whose numbers are none ----

cp "$root/models/the-scream.safetensors" nan.safetensors
size=$(wc -c <nan.safetensors)
printf '\377\377\377\377' | dd of=nan.safetensors bs=1 seek=$((size - 4)) conv=notrunc 2>/dev/null
run info nan.safetensors
ended 0 "not a model to run: nan.safetensors: parameter" "limn info of NaN"
check "says why" grep -q "numbers that are none" err
run info "$root/models/the-scream.safetensors"
check "and nothing of one that is sound" test "$status" = 0 -a ! -s err

# ---- words of other programs, and other ways to write ----

for words in "--style wave" "-s wave" "--weights wave"; do
    # shellcheck disable=SC2086 # words
    run stylize whole.jpg $words -o x.png
    ended 2 "Did you mean --model?" "$words"
done
run stylize whole.jpg -m Wave --size 32 -o case/ --format JPEG
check "names and choices in capitals" test "$status" = 0 -a -s case/whole.jpg
run stylize whole.jpg -m WAVE --size 32 -o other/ --format .tiff
check "an ending for a format" test "$status" = 0 -a -s other/whole.tif
run stylize whole.jpg --strength 50% -o x.png
ended 2 "--strength 50%: must be a number between 0 and 1" "a strength in percent"
run models
check "a style enlarges nothing" test -z "$(grep 'x1 ' out)"

run info vgg19
check "the loss network has a name, too" grep -q "^file .*vgg19.safetensors" out
run info vgg
ended 5 "no model of that name" "a part of it is none"
run stylize whole.jpg --threads 0 --size 32 -m wave -o threads.png
ended 0 "threads.png: 32 x 21" "no number of threads, as in training"
run train --help
check "options for tests are not in the help" test -z "$(grep inject out)"

# shellcheck disable=SC2086 # words
run ${small% --width*} --steps 2 --init run -o other-run
ended 2 "a sr (width 64, scale 4) is to be trained. Add --width 2" "a start of another width"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
