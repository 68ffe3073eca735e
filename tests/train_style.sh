#!/bin/sh
# What the training of a style begins from: the style on the shelf that is nearest to the painting,
# kept in the run and in the model.
#
#   tests/train_style.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"
mkdir -p photos empty one || exit 2

cp "$root/examples/chelsea.jpg" photos/one.jpg
cp "$root/models/wreck.safetensors" one/lone.safetensors

# The preset in little, of the width of the styles that ship; pictures are held out of which one can
# see in what style they are painted.
little="--preset draft --data photos --crop-size 96 --batch-size 1 --threads 1 --sample-every 1000"
# draft RUN PAINTING WORDS...
draft() {
    folder=$1 painting=$2
    shift 2
    # shellcheck disable=SC2086 # words
    run train style $little --style "$painting" -o "$folder" "$@"
}

total() { sed -n '1s/.*"total": //p' "$1/log.jsonl"; }

# ---- the nearest ----

ships=$("$limn" models --json | tr '}' '\n' | grep -c '"network": "torch-examples"')
for style in wave the-scream composition-vii; do
    run stylize photos/one.jpg -m $style --size 96 -o $style.png
    draft "from-$style" $style.png --steps 1
    ended 0 "beginning from $style, the nearest of the $ships styles that ship" "a painting like $style"
    check "kept in the run" grep -q "\"init\": \"$style\"" "from-$style/config.json"
    check "and in the model" grep -qa -e "--init $style " "from-$style/model.safetensors"
done
check "the preset's rate" grep -q '"lr": 0.002,' from-wave/config.json
check "its schedule" grep -q '"schedule": "cosine"' from-wave/config.json
check "its width, the whole" grep -q '"width": 32,' from-wave/config.json

# ---- what else there may be to begin from ----

draft named wave.png --steps 1 --init wreck
ended 0 "done: 1 steps" "a model that is named"
check "is what it begins from" grep -q '"init": "wreck"' named/config.json
check "and is not sought" sh -c '! grep -q beginning err'
draft file wave.png --steps 1 --init "$root/models/wreck.safetensors"
check "a file is the same" test "$(total file)" = "$(total named)"
draft chance wave.png --steps 1 --init none
check "chance is another" test "$(total chance)" != "$(total named)"
check "and is not sought, either" sh -c '! grep -q beginning err'
draft narrow wave.png --steps 1 --width 4
ended 0 "no style of this shape ships: beginning from chance" "a shape that none has"
check "which is kept" grep -q '"init": "none"' narrow/config.json
LIMN_MODELS=$PWD/one
draft lone wave.png --steps 1
ended 0 "beginning from lone, the only style of this shape that ships" "one to choose from"
LIMN_MODELS=$root/models

# ---- going on, whatever ships by then ----

draft whole wave.png --steps 6 --save-every 1
whole=$(state)
check "a whole run" test -n "$whole"
# shellcheck disable=SC2086
"$limn" train style $little --style wave.png --steps 6 --save-every 1 -o cut \
    >out 2>err </dev/null &
worker=$!
while [ "$(steps_in cut)" -lt 2 ] && kill -s 0 "$worker" 2>/dev/null; do
    sleep 0.05
done
kill -s KILL "$worker" 2>/dev/null
wait "$worker" 2>/dev/null
check "it was cut" test "$(steps_in cut)" -lt 6
check "after it had begun" test "$(steps_in cut)" -ge 2
LIMN_MODELS=$PWD/empty
run train --resume cut
check "the same bits, with an empty shelf" test "$(state)" = "$whole"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
