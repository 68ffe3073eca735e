#!/bin/sh
# Training when things go wrong: killed again and again, without space, without permission, without
# its pictures, with other options, with pictures that hold nothing, with losses that are no numbers.
#
#   tests/train_hard.sh build/limn SCRATCH
#
# With LIMN_SHORT set (sanitized builds are slow) it is killed 5 times, not 50, and what only takes
# time is left out.
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"
mkdir -p photos flat one || exit 2
scratch=$(pwd -P)
skipped=0 mounted="" here=""

leave() { [ -z "$mounted" ] || umount "$mounted"; }
trap leave EXIT
trap 'exit 1' HUP INT TERM
skip() {
    skipped=$((skipped + 1))
    printf 'skipped: %s\n' "$1"
}
# last NAME RUN: the value of a term in the last line of the log; first likewise.
last() { tail -n 1 "$2/log.jsonl" | sed 's/.*"'"$1"'": \([^,}]*\).*/\1/'; }
first() { head -n 1 "$2/log.jsonl" | sed 's/.*"'"$1"'": \([^,}]*\).*/\1/'; }

# ---- pictures ----

for name in a b c; do pattern "photo $name" | tiff 40 30 8 >photos/$name.tif; done
cp "$root/examples/chelsea.jpg" one/
pattern 'by numbers' | tiff 16 16 8 >style.tif

# ---- what is trained ----

small="--crop-size 16 --width 2 --batch-size 2 --threads 1 --sample-every 1000"
upscale="train upscale --network sr --data photos $small --ema 0.9 --settle-after 15 --schedule cosine --warmup 3 --save-every 1"
style="train style --style style.tif --init none --data photos $small --save-every 1"
# shellcheck disable=SC2046 # words
begin_upscale() {
    folder=$1
    shift
    run $(beside "$upscale --steps 40" "$@") -o "$folder" "$@"
}
# shellcheck disable=SC2086
begin_style() { run $style --steps 8 -o "$@"; }
for domain in a b; do
    mkdir -p domains/train/$domain
    for number in 1 2 3; do pattern "$domain $number" | tiff 16 16 8 >domains/train/$domain/$number.tif; done
done
two_step="train two-step --data domains --image-size 8 --width 2 --latent-size 3 --batch-size 4 --threads 1 --save-every 1 --sample-every 1000 --ema 0.9"
resume() { run train --resume "$@"; }

# ---- killed again and again ----

# kill_kind KIND KILLS: kill_often, and what goes on behind the end.
kill_kind() {
    # shellcheck disable=SC2086 # words
    case $1 in
    style) kill_often "$@" 8 $style --steps 8 && run train --steps 10 --resume "$here" ;;
    upscale)
        kill_often "$@" 40 $upscale --steps 40 && run train --steps 42 --accept-changes --resume "$here"
        ;;
    two_step)
        kill_often "$@" 12 $two_step --steps 6 --encoder-steps 6 &&
            run train two-step --encoder-steps 8 --accept-changes --resume "$here"
        ;;
    esac
    ended 0 "done: $((steps + 2)) steps" "$1: going on behind the end"
}
if [ "${LIMN_SHORT:-}" ]; then
    kill_kind upscale 5
else
    kill_kind upscale 40
    kill_kind style 10
    kill_kind two_step 10
fi

# ---- a full disk, a read-only one ----

mounted=$scratch/disk
mkdir disk
if mount -t tmpfs -o size=256k tmpfs disk 2>/dev/null; then
    begin_upscale alone --schedule constant
    whole=$(state)
    begin_upscale disk/run --schedule constant --steps 5
    ended 0 "done: 5 steps" "a run on a small disk"
    head -c 1000000 /dev/zero >disk/filler 2>/dev/null
    resume disk/run --steps 40
    ended 6 "the disk is full" "a full disk"
    check "the state from before is there" test -s disk/run/checkpoints/step-000000005.safetensors
    check "a full disk: no temporary files" test -z "$(find disk -name '.limn-*')"
    run train upscale --network sr --data photos -o disk/new --crop-size 16 --width 2 --steps 1
    check "no new run on a full disk" test "$status" = 6
    rm disk/filler
    resume disk/run --steps 40
    ended 0 "going on from step 5" "a disk with space again"
    check "the same bits after a full disk" test "$(state)" = "$whole"
    mount -o remount,ro disk
    resume disk/run
    ended 6 "Read-only file system" "a run on a read-only disk"
    run train upscale --network sr --data photos -o disk/other --crop-size 16 --width 2 --steps 1
    ended 6 "disk/other" "a new run on a read-only disk"
    umount disk
else
    skip "a full disk, a read-only disk: this user may not mount one"
fi
mounted=
: >file
run train upscale --network sr --data photos -o file --crop-size 16 --width 2 --steps 1
ended 6 "file: is a file, where a folder is wanted" "a file in place of the run's folder"

# The log grows beyond what a file may have, in the middle of a line.
if (ulimit -f 64) 2>/dev/null; then
    (ulimit -f 64 && exec "$limn" train upscale --network sr --data photos -o log --crop-size 16 --width 1 \
        --batch-size 1 --steps 3000 --save-every 100000 --sample-every 100000 -q) >out 2>err </dev/null
    status=$?
    ended 6 "log/log.jsonl cannot be written" "a log that cannot grow"
    check "with its reason" grep -qE 'No space left|File too large' err
    resume log --steps 20
    ended 0 "done: 20 steps" "going on without the limit"
    check "the torn line is gone" test "$(steps_in log)" = 20
else
    skip "files of limited size: this shell cannot limit them"
fi

# ---- the pictures vanish ----

# With a limit of memory none is kept, so that they are read again and again.
cp -r photos moving
# shellcheck disable=SC2086
"$limn" train upscale --network sr --data moving $small --max-memory 1G --save-every 1 --steps 100000 -o lost >out 2>err &
worker=$!
for _ in $(seq 1200); do
    [ "$(steps_in lost)" -lt 3 ] || break
    sleep 0.05
done
mv moving gone
wait "$worker"
status=$?
ended 4 "none of the 3 pictures can be read" "the pictures vanish"
reached=$(steps_in lost)
resume lost --steps "$((reached + 3))"
ended 4 "--data moving: there is no such file or folder here" "resuming without pictures"
mv gone moving
resume lost --steps "$((reached + 3))"
ended 0 "going on from step $reached" "the pictures are back"
whole=$(state)
# shellcheck disable=SC2086
run train upscale --network sr --data moving $small --save-every 1 --steps "$((reached + 3))" -o lost-never
check "the same bits as if they had never been away" test "$(state)" = "$whole"
rm moving/b.tif
resume lost --steps "$((reached + 6))"
ended 2 "all would come in another order" "one picture less"
resume lost --steps "$((reached + 6))" --accept-changes
ended 0 "done" "one picture less, and that is meant"

# ---- other options ----

begin_style options
resume options -q
check "being quiet is no change" test "$status" = 0
resume options --threads 2 --save-every 7 --keep 3 --on-nan stop --log-every 2 --explain
ended 0 "done: 8 steps" "what may always change"
run train style --resume options --seed 1 --batch-size 1 --precision fast --schedule linear \
    --warmup 2 --halve-every 3 --clip 5 --ema 0.5 --strict --data one --style one/chelsea.jpg \
    --preset best --init auto --style-size 64 --crop-size 48 --width 4 --network johnson-in \
    --content-weight 2 --style-weight 3 --layer-weight relu1_2=4 --tv-weight 6 \
    --content-layer relu2_2 --style-form paper --lr 0.5 --preprocess torchvision
check "other options are refused" test "$status" = 2
for name in seed batch-size precision schedule warmup halve-every clip ema strict data style preset \
    init style-size crop-size width network content-weight style-weight layer-weight tv-weight \
    content-layer style-form lr preprocess; do
    check "--$name is named" grep -qE -- "--$name was .* and is now " err
done
run train style --resume options --lr 0.5 --content-weight 2 --steps 10
ended 2 "--accept-changes" "changed options are refused"
check "and not kept" grep -q '"lr": 0.001,' options/config.json
run train style --resume options --lr 0.5 --content-weight 2 --steps 10 --accept-changes
ended 0 "done: 10 steps" "changed options are accepted"
check "and kept" grep -q '"lr": 0.5,' options/config.json
resume options --steps 11
ended 0 "done: 11 steps" "accepted options stay"
run train style --resume options --width 4 --steps 12 --accept-changes
ended 2 "options: with these options the network is another than the run's" "a width that the state does not have"
resume options --steps 12
ended 0 "done: 12 steps" "a width that was tried ruins nothing"

# ---- pictures that hold nothing ----

white 1 1 >flat/dot.tif
white 300 1 >flat/line.tif
white 40 30 >flat/white.tif
pattern 'a little' | tiff 40 30 8 >flat/pattern.tif
# shellcheck disable=SC2046,SC2086
run train style --style style.tif --init none --data flat $(beside "$small" --batch-size) --batch-size 1 --steps 24 -o blank
ended 0 "done: 24 steps" "white pictures and pixels"
check "no step was left out" test "$(steps_in blank)" = 24
check "all losses are numbers" test -z "$(grep -iE 'nan|inf' blank/log.jsonl err)"
run stylize one/chelsea.jpg --size 32 -m blank/model.safetensors -o blank.png
ended 0 "" "and the model paints"
# shellcheck disable=SC2086
run train upscale --network sr --data flat $small --steps 12 -o blank-larger
ended 0 "done: 12 steps" "white pictures and pixels, enlarged"
check "no step was left out" test "$(steps_in blank-larger)" = 12

# ---- small and large paintings ----

check "a painting of 16 x 16" test -s options/model.safetensors
pattern 'too small' | tiff 15 16 8 >narrow.tif
run train style --style narrow.tif --data photos -o narrow
ended 4 "narrow.tif: the style picture has 15x16 pixels; at least 16x16 are needed" "15 x 16"
if [ -z "${LIMN_SHORT:-}" ]; then
    pattern 'large pictures' | tiff 8000 6000 1 >large.tif
    # shellcheck disable=SC2086
    run train style --style large.tif --style-size 64 --init none --data photos $small --steps 2 -o vast
    ended 0 "done: 2 steps" "a painting of 8000 x 6000"
fi

# ---- not a number ----

# shellcheck disable=SC2046
nan() { # nan RUN WORDS...: 8 steps, saved every third, the fifth spoilt
    folder=$1
    shift
    run $(beside "$style" --save-every) --steps 8 --save-every 3 --inject-nan 5 -o "$folder" "$@"
}
nan rewound --on-nan rewind
ended 0 "back to step 3; step 5 will be left out" "rewinding"
whole=$(state)
check "the batch is named" grep -q 'its batch: photos/.*tif, photos/.*tif' err
check "the log lacks that step" test "$(steps_in rewound)" = 7 -a -z "$(grep '"step": 5,' rewound/log.jsonl)"
nan left --on-nan skip
ended 0 "step 5: a loss spoilt on request is not a number" "skipping"
check "skipping and rewinding end alike" test "$(state)" = "$whole"
check "the log lacks that step" test "$(steps_in left)" = 7
nan stopped --on-nan stop
ended 8 "go on with \`limn train style --resume stopped --accept-changes --lr\`" "stopping"
resume stopped
ended 8 "step 5" "stopping again"
resume stopped --inject-nan 0
ended 0 "going on from step 3" "going on after a stop"
begin_style calm
whole=$(state)
resume stopped --inject-nan 0
check "a stop changes no bit" test "$(state)" = "$whole"

# ---- what training does: check 13 of tests/test_perceptual.c ----

# learn RUN STEPS WORDS...: one photograph, a style, all losses as usual
learn() {
    folder=$1 steps=$2
    shift 2
    run train style --style style.tif --init none --data one --crop-size 32 --width 8 \
        --batch-size 1 --sample-every 1000 --save-every 1000 --steps "$steps" -o "$folder" "$@"
}
style_loss() { # style_loss RUN first|last
    for layer in relu1_2 relu2_2 relu3_3 relu4_3; do printf '%s + ' "$($2 $layer "$1")"; done
    echo 0
}
# likeness RUN: in decibels, of the photograph and what the run's model makes of it
likeness() {
    "$limn" stylize one/chelsea.jpg --size 96 -m "$1/model.safetensors" -o like.png --force -q
    "$limn" measure psnr photo.png like.png | sed 's/ dB.*//'
}
if [ -z "${LIMN_SHORT:-}" ]; then
    learn usual 40 --lr 0.01
    ended 0 "done: 40 steps" "40 steps on one picture"
    check "the loss falls by half" holds "$(last total usual) < 0.5 * $(first total usual)"
    run stylize one/chelsea.jpg --size 96 --strength 0 -m usual/model.safetensors -o photo.png
    learn same 10 --lr 0.01 --style-weight 0 --tv-weight 0
    likeness same >like1
    resume same --steps 40 && likeness same >like2
    resume same --steps 80 && likeness same >like3
    check "without a style the photograph comes back ($(cat like1 like2 like3 | tr '\n' ' '))" \
        holds "$(cat like1) + 0.1 < $(cat like2) && $(cat like2) + 0.1 < $(cat like3)"
    learn texture 40 --lr 0.01 --content-weight 0
    check "without a photograph the style is learnt alone" \
        holds "$(style_loss texture last) < 0.5 * ($(style_loss texture first))"
fi

printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
echo
[ "$failed" = 0 ]
