#!/bin/sh
# Training as its users meet it: it starts, it stops when asked, it goes on bit for bit however it was
# cut, and it says what is wrong.
#
#   tests/train.sh build/limn SCRATCH
#
# With LIMN_SHORT set (sanitized builds are slow) runs are shorter and the resuming is left out.
set -u
[ $# -ge 2 ] || { echo "usage: $0 PROGRAM SCRATCH" >&2; exit 2; }
limn=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
rm -rf "$2"
mkdir -p "$2/photos/deep" || exit 2
cd "$2" || exit 2
passed=0 failed=0
export LC_ALL=C LIMN_MODELS="$root/models"

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$1"
    tail -n 5 err | sed 's/^/    stderr: /'
}
check() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then pass; else fail "$what"; fi
}
run() { # its exit code in $status
    "$limn" "$@" >out 2>err </dev/null
    status=$?
}
ended() { # ended CODE WORDS-ON-STDERR WHAT
    if [ "$status" = "$1" ] && grep -qF -- "$2" err; then pass; else fail "$3: ended with $status"; fi
}

cp "$root/examples/chelsea.jpg" photos/one.jpg
cp "$root/examples/chelsea.jpg" photos/deep/two.JPG
head -c 3000 "$root/examples/chelsea.jpg" >photos/torn.jpg
printf 'no picture' >photos/text.png
steps=14
[ -z "${LIMN_SHORT:-}" ] || steps=6
small="--style $root/examples/chelsea.jpg --style-size 64 --data photos --crop-size 32 --batch-size 1 --width 8 --init none --sample-every 1000"

# train RUN WORDS...: a small training of 14 steps
train() {
    folder=$1
    shift
    # shellcheck disable=SC2086 # words
    run train style $small -o "$folder" --steps "$steps" --save-every 1 "$@"
}
events=events/events.out.tfevents.0.limn
events_size() { wc -c <"$1/$events"; }
state() { sed -n 's/.*state \([0-9a-f]*\).*/\1/p' err; }

# ---- a whole run ----

train whole
ended 0 "done: $steps steps" "a whole run"
whole=$(state)
for file in config.json log.jsonl index.html model.safetensors checkpoints/best.safetensors; do
    check "whole/$file is there" test -s "whole/$file"
done
check "a line a step in the log" test "$(wc -l <whole/log.jsonl)" = "$steps"
check "events for TensorBoard" grep -q "brain.Event:2" "whole/$events"
check "a value of each step among them" test "$(grep -ao seconds "whole/$events" | wc -l)" = "$steps"
check "two states are kept" test "$(find whole/checkpoints -name 'step-*' | wc -l)" = 2
run stylize photos/one.jpg -m whole/model.safetensors -o painted.png --size 64
ended 0 "" "the model paints"
check "a painting is there" test -s painted.png
if [ -z "${LIMN_SHORT:-}" ]; then
train again
check "the same seed gives the same run" test "$(state)" = "$whole"
train other --seed 1
check "another seed gives another" test "$(state)" != "$whole"

# ---- cut and resumed ----

# cut RUN SIGNAL STEP: sends the signal once that step is in the log
cut() {
    # shellcheck disable=SC2086
    "$limn" train style $small -o "$1" --steps 14 --save-every 1 >out 2>err </dev/null &
    worker=$!
    for _ in $(seq 600); do
        [ "$(wc -l 2>/dev/null <"$1/log.jsonl" || echo 0)" -lt "$3" ] || break
        sleep 0.05
    done
    kill -s "$2" "$worker" 2>/dev/null
    wait "$worker"
    status=$?
}
cut killed KILL 3
run train --resume killed
ended 0 "going on from step" "resuming after SIGKILL"
check "the same bits after SIGKILL" test "$(state)" = "$whole"
check "each step once in the events" test "$(events_size killed)" = "$(events_size whole)"
cp "killed/$events" killed.events
printf torn >>"killed/$events"
run train --resume killed
check "all records are whole, and what is not is cut off" cmp "killed/$events" killed.events
cut asked TERM 5
check "SIGTERM ends with 130 or 143" test "$status" = 130 -o "$status" = 143 -o "$status" = 0
run train --resume asked
check "the same bits after SIGTERM" test "$(state)" = "$whole"
train parts --steps 1
begin=$(events_size parts)
run train --resume parts --steps 7
check "the events grow" test "$(events_size parts)" -gt "$begin"
run train --resume parts --steps 14
check "1 + 6 + 7 steps give the same bits" test "$(state)" = "$whole"
check "and the same log" test "$(wc -l <parts/log.jsonl)" = 14
printf torn >parts/checkpoints/step-000000014.safetensors
run train --resume parts
ended 0 "left aside" "a torn state is passed over"
check "the same bits after a torn state" test "$(state)" = "$whole"

fi

# ---- not a number ----

train spoilt --inject-nan 5 --on-nan stop
ended 8 "is not a number" "NaN ends with 8"
train rewound --inject-nan 5
ended 0 "will be left out" "NaN rewinds"
check "the batch's files are named" grep -q "photos/" err
check "no step twice in the events" test "$(grep -ao seconds "rewound/$events" | wc -l)" = $((steps - 1))
train left --inject-nan 5 --on-nan skip
ended 0 "is not a number" "NaN skips"

# ---- enlarging ----

run train upscale --data photos -o larger --steps 3 --crop-size 32 --width 8 --batch-size 1
ended 0 "done: 3 steps" "training to enlarge"
run upscale photos/one.jpg -m larger/model.safetensors -o whole.png
ended 0 "1804 x 1200" "enlarging"
run upscale photos/one.jpg -m larger/model.safetensors -o tiles.png --max-memory 60M
ended 0 "1804 x 1200" "enlarging in tiles"
run measure psnr whole.png tiles.png
check "tiles give the same picture" awk '{ exit !($1 == "inf" || $1 > 70) }' out
run stylize photos/one.jpg -m larger/model.safetensors -o wrong.png
ended 5 "which is not a style" "a model that enlarges is no style"
run upscale photos/one.jpg -m whole/model.safetensors -o wrong.png
ended 5 "enlarges nothing" "a style does not enlarge"

# ---- painting by optimisation ----

run paint --content photos/one.jpg --style photos/deep/two.JPG --size 64 --iterations 5 -o gatys.png
check "paint" test "$status" = 0
check "a painting is there" test -s gatys.png
run paint --content photos/one.jpg --style photos/deep/two.JPG --size 64 -o gatys.png
ended 2 "gatys.png" "paint replaces nothing"

# ---- what is wrong is said ----

train whole
ended 2 "there is a run in this folder" "a run is never overwritten"
run train --resume nothing
ended 2 "there is no run to resume" "nothing to resume"
# shellcheck disable=SC2086
run train style $small --resume whole --lr 0.5
ended 2 "--lr was 0.001 and is now 0.5" "changed options are named"
run train
ended 2 "what to train is missing" "train alone"
run train style --style photos/one.jpg --data photos
ended 2 "-o FOLDER is needed" "no folder for the run"
mkdir -p empty
run train style --style photos/one.jpg --data empty -o none1
ended 4 "there is no picture in this folder" "an empty folder"
run train style --style photos/text.png --data photos -o none2
ended 4 "photos/text.png" "a style that is no picture"
run train style --style photos/one.jpg --data photos -o none3 --content-layer relu9_9
ended 2 "has no layer relu9_9" "a layer that is not there"
run train style --style photos/one.jpg --data photos -o none4 --loss-network photos/one.jpg
ended 5 "photos/one.jpg: this is a picture" "a loss network that is none"
train strict --strict
ended 4 "photos/t" "a broken picture with --strict"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
