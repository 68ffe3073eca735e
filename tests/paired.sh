#!/bin/sh
# Translation learnt from pairs, from the outside: training that is cut and goes on, pairs that cannot
# be used, translations, the measure, what is refused.
#
#   tests/paired.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"

mkdir -p pairs/A/train pairs/B/train pairs/A/val pairs/B/val joined/train
for i in 1 2 3 4 5 6; do
    pattern "a line drawing $i" | tiff 40 32 8 >pairs/A/train/$i.tif
    pattern "COLOURS $i" | tiff 40 32 8 >pairs/B/train/$i.tif
    pattern "both sides of number $i" | tiff 64 32 8 >joined/train/$i.tif
done
pattern "one more line drawing" | tiff 40 32 8 >pairs/A/val/7.tif
pattern "ITS COLOURS" | tiff 40 32 8 >pairs/B/val/7.tif
common="--threads 1 --sample-every 1000"
small="--image-size 32 --width 2 --batch-size 2 $common"
paired="train paired --data pairs $small --l1-weight 3 --ema 0.9 --schedule exponential --decay 0.9 --save-every 1"

# ---- a run, cut and resumed ----

# shellcheck disable=SC2086 # words
begin() { run $paired --steps 40 -o "$@"; }
begin whole
ended 0 "done: 40 steps" "a whole run"
check "what is held out comes from val" grep -q "held out 1" err
whole=$(state)
check "gaps in the log" grep -q '"gp": .*"cp-rgb": .*"cp-yuv": .*"cp-grad": .*"l1": ' whole/log.jsonl
# shellcheck disable=SC2086
cut_at cut KILL 1 $paired --steps 40 -o cut
cut_at cut TERM 7 train --resume cut
cut_at cut KILL 20 train --resume cut
run train --resume cut
ended 0 "done: 40 steps" "going on to the end"
check "the same bits as the run that was left alone" test "$(state)" = "$whole"
check "each step once in the log" test "$(steps_in cut)" = 40
begin spoilt --inject-nan 9 --on-nan stop
ended 8 "is not a number" "NaN ends with 8"
begin rewound --inject-nan 9
ended 0 "will be left out" "NaN rewinds"
run train --resume whole --l1-weight 5 --steps 41
ended 2 "l1-weight" "changed options are refused on resume"

# Beside a discriminator, whose state is saved as well.
for parts in whole parts; do
    # shellcheck disable=SC2086
    run train paired --data pairs $small --loss l1 --gan-weight 0.01 --steps 4 --save-every 1 -o gan-$parts
    ended 0 "done: 4 steps" "training against a discriminator"
    [ $parts = whole ] && gan=$(state) && continue
    rm gan-parts/checkpoints/step-000000004.safetensors
    run train --resume gan-parts
    check "the same bits against a discriminator" test "$(state)" = "$gan"
done
check "its terms in the log" grep -q '"D real": .*"D fake": .*"G": ' gan-whole/log.jsonl
# shellcheck disable=SC2086
run train paired --data pairs $common --width 2 --batch-size 2 --gan-weight 1 --image-size 16 -o refused
ended 2 "--image-size 16: --gan-weight needs 32 or more" "squares too small for patches"

# ---- what is learnt is used ----

run translate pairs/A/val/7.tif -m whole -o made.png
ended 0 "" "translating"
run measure profile made.png made.png
check "a picture is like itself" grep -q '^0[.0]*  spatial profiles' out
run measure profile pairs/A/val pairs/B/val --json
check "GP, the parts of CP, sum and reach" \
    grep -q '"gp": .*"cp_rgb": .*"cp_yuv": .*"cp_grad": .*"sum": .*"reach": ' out
# shellcheck disable=SC2086
run train paired --data pairs $small --steps 1 --init whole -o again
ended 0 "done: 1 steps" "beginning from a model"
# shellcheck disable=SC2086
run train paired --data pairs $common --image-size 32 --batch-size 2 --steps 1 --init whole --width 4 -o wider
ended 2 "--width 2" "a model of another width"
# shellcheck disable=SC2086
run train paired --data pairs $small --steps 1 --init wave -o other
ended 2 "--init wave: it is a" "a model of another kind"
for network in resnet-9blocks resnet-6blocks; do
    # shellcheck disable=SC2086
    run train paired --data joined $small --steps 1 --network $network --norm batch --loss mse -o $network
    ended 0 "done: 1 steps" "training $network"
done
# shellcheck disable=SC2086
run train paired --data joined $common --width 2 --batch-size 2 --steps 1 --network unet-128 --image-size 128 --loss l1 --direction BtoA -o unet
ended 0 "done: 1 steps" "training unet-128"
run translate pairs/A/val/7.tif -m unet -o made.png --force
ended 0 "" "translating by unet-128"
# shellcheck disable=SC2086
run train paired --data pairs/B $small --input grey --steps 1 -o grey
ended 0 "done: 1 steps" "pictures that are made grey"
run info grey
check "a network that colours leaves luma" grep -q "luma kept" out

# ---- pairs that cannot be used ----

# A white one, a grey one, and one of a pixel are pairs like others: no NaN.
mkdir -p flat/A/train flat/B/train
for side in A B; do
    white 32 32 >flat/$side/train/white.tif
    tr '\0' '\200' </dev/zero | tiff 32 32 8 >flat/$side/train/grey.tif
    white 1 1 >flat/$side/train/pixel.tif
done
# shellcheck disable=SC2086
run train paired --data flat $common --image-size 32 --width 2 --batch-size 3 --steps 3 --on-nan stop -o flat-run
ended 0 "done: 3 steps" "white and grey pairs, and one of a pixel"
# A partner of another size, and one that is missing.
cp -r pairs uneven
white 31 32 >uneven/B/train/3.tif
# shellcheck disable=SC2086
run train paired --data uneven $small --steps 6 -o uneven-run
ended 0 "40 x 32 pixels, and its partner has 31 x 32" "a pair of two sizes is left out, and said"
# shellcheck disable=SC2086
run train paired --data uneven $small --steps 6 --strict -o uneven-strict
ended 4 "40 x 32 pixels, and its partner has 31 x 32" "or ends it, by --strict"
rm uneven/B/train/5.tif
# shellcheck disable=SC2086
run train paired --data uneven $small --steps 1 -o missing-run
check "a side that is missing is named and counted" \
    grep -qF "to train on 5, held out 1, without a place 1 (A/train/5.tif: has no partner in B)" err
# shellcheck disable=SC2086
run train paired --data uneven $small --steps 1 --strict -o missing-strict
ended 4 "uneven/A/train/5.tif: has no partner in B" "or ends it, by --strict"
pattern "an odd one" | tiff 63 32 8 >joined/train/odd.tif
# shellcheck disable=SC2086
run train paired --data joined --layout joined $small --steps 6 -o odd-run
ended 0 "has an odd width, 63" "an odd joined width"
# What does not fit is said with what is there.
refused() { # refused CODE WORDS-ON-STDERR OPTIONS...
    code=$1 words=$2
    shift 2
    # shellcheck disable=SC2046
    run train paired $(beside "--data pairs $small --steps 1" "$@") "$@" -o refused
    ended "$code" "$words" "$*"
}
mkdir -p nothing domains/train
cp -r pairs/A/train domains/train/dogs
cp -r pairs/B/train domains/train/cats
refused 4 "there is no picture in this folder" --data nothing
refused 4 "there is no such folder" --data nowhere
refused 4 "Put them there. There are 7 in train; train/odd.tif has 63 x 32 pixels." --data joined
refused 4 "Put them there. There are 6 in train/cats and 6 in train/dogs." --data domains
refused 4 "or name another --layout. There are 6 in A/train, 1 in A/val, 6 in B/train and 1 elsewhere." --layout joined
refused 4 "--layout pairs: there are no pictures in A, B" --data joined --layout pairs
refused 2 "image-size 30: a multiple of 4 is needed" --image-size 30
refused 2 "image-size 128: a multiple of 256 is needed" --image-size 128 --network unet-256
refused 2 "nothing would be learnt" --gp-weight 0 --cp-weight 0
refused 2 "one or more of rgb, yuv and gradient" --cp-parts luma
refused 2 "is to be trained" --init whole --network resnet-9blocks
check "no advice of an option that there is not" sh -c '! grep -qF ". Add" err'
refused 5 "nowhere: there is no such file and no model" --init nowhere
check "nothing is left behind" test ! -e refused

# ---- enlarging by the same loss ----

mkdir photos
for i in 1 2 3 4 5 6; do pattern "a photograph $i" | tiff 72 64 8 >photos/$i.tif; done
enlarging="train upscale --data photos --network srresnet --loss profile --l1-weight 10 --width 4
    --crop-size 48 --batch-size 2 --settle-after 10 --save-every 1 $common --steps 40"
# shellcheck disable=SC2086
run $enlarging -o large
ended 0 "done: 40 steps" "enlarging by spatial profiles"
large=$(state)
# shellcheck disable=SC2086
cut_at large-cut KILL 1 $enlarging -o large-cut
cut_at large-cut TERM 7 train --resume large-cut
cut_at large-cut KILL 20 train --resume large-cut
run train --resume large-cut
check "the same bits, enlarging" test -n "$large" -a "$(state)" = "$large"
run upscale pairs/A/val/7.tif -m large -o enlarged.png
ended 0 "160 x 128" "enlarging by what was learnt"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
