#!/bin/sh
# A method that the program has from tests/toy trains as its own do: two stages, two batches a step,
# two files a sample, killed and resumed, with losses that are no numbers; and its model is told of.
#
#   tests/toy/train.sh build/tests/toy/limn-toy SCRATCH
#
# With LIMN_SHORT set (sanitized builds are slow) it is killed 5 times, not 20.
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/../train_common.sh"

for domain in A B; do
    mkdir -p pairs/$domain
    for number in 1 2 3 4 5; do
        pattern "$domain $number" | tiff 20 16 8 >pairs/$domain/$number.tif
    done
done
toy="train toy --data pairs --image-size 8 --width 2 --batch-size 2 --threads 1 --save-every 1 --sample-every 1000"
# train RUN WORDS...: a small training, 6 steps in each stage
train() {
    folder=$1
    shift
    # shellcheck disable=SC2046 # words
    run $(beside "$toy --steps 6 --translation-steps 6" "$@") -o "$folder" "$@"
}

# ---- a whole run ----

train whole --keep 20
ended 0 "what reads stays, and pictures change their domain: 6 steps" "the second stage is said"
ended 0 "done: 12 steps" "a whole run"
whole=$(state)
for file in model.safetensors best.safetensors samples/step-000000012.jpg; do
    check "whole/$file is there" test -s "whole/$file"
done
check "the curves of both stages are in the report" grep -q "A again.*" whole/index.html
check "the curves of both stages are in the report" grep -q "B of A" whole/index.html
check "the schedule is the method's" grep -q '"schedule": "poly"' whole/config.json
check "the width would be the preset's" grep -q '"preset": "draft"' whole/config.json
check "a term of the first stage in step 6" sh -c 'sed -n 6p whole/log.jsonl | grep -q "A again"'
check "and of the second in step 7" sh -c 'sed -n 7p whole/log.jsonl | grep -q "D A real.*B of A"'
check "and none of the first" sh -c '! sed -n 7p whole/log.jsonl | grep -q again'
run info whole/checkpoints/step-000000012.safetensors
check "D is updated once a step" grep -q "counter 0 = 6" out
check "and G once" grep -q "counter 1 = 6" out
run info -v whole/checkpoints/step-000000012.safetensors
check "discriminators are in the state" grep -q "values.D.A.conv1.weight" out
train again
check "the same seed gives the same run" test "$(state)" = "$whole"
train other --seed 1
check "another seed gives another" test "$(state)" != "$whole"
train good --preset good
check "a preset's values" grep -q '"ema": 0.99,' good/config.json

# ---- cut and resumed ----

for last in 1 5 6 7 11; do # a state of either stage, or that between them, is the last that is left
    cp -r whole part
    for state in part/checkpoints/*; do
        number=${state##*-} number=${number%.safetensors}
        [ "$(expr "$number" + 0)" -le "$last" ] || rm "$state"
    done
    run train --resume part
    ended 0 "going on from step $last" "resuming after step $last"
    check "the same bits as in one go" test "$(state)" = "$whole"
    check "and the same log" test "$(steps_in part)" = 12
    rm -r part
done
kills=20
[ -z "${LIMN_SHORT:-}" ] || kills=5
calm=$whole
# shellcheck disable=SC2086 # words
kill_often toy "$kills" 12 $toy --ema 0.9 --steps 6 --translation-steps 6

# ---- not a number ----

for step in 3 9; do
    train "stopped$step" --inject-nan $step --on-nan stop
    ended 8 "step $step: a loss spoilt on request is not a number" "step $step stops"
    check "its files are named" grep -qE "its batch: pairs/A/.*tif, pairs/A/.*tif" err
    run train --resume "stopped$step" --inject-nan 0
    check "a stop in step $step changes no bit" test "$(state)" = "$calm"
    train "rewound$step" --inject-nan $step
    ended 0 "step $step will be left out" "step $step is left out"
    rewound=$(state)
    check "the log lacks it" test "$(steps_in "rewound$step")" = 11
    train "left$step" --inject-nan $step --on-nan skip
    check "skipping and rewinding end alike" test "$(state)" = "$rewound"
done

# ---- its model ----

run info whole
check "info: what it is" grep -qx "method      toy" out
check "info: its kind" grep -qx "network     toy, an example: two domains and looks of four numbers" out
check "info: its verb" grep -qx "for         limn translate" out
check "info: its size" grep -qx "size        8, the shorter side" out
check "info: its domains" sh -c 'grep -A1 "^domains     A$" out | tail -n 1 | grep -qx "            B"'
check "info: how it came to be" grep -q "limn.source = limn train toy --image-size 8 --width 2" out
check "info: no parameters of discriminators" sh -c '! grep -q "D\.A" out'
run info whole --json
check "info --json" grep -q '"verb": "translate", .*"size": 8, .*"domains": \["A", "B"\]' out
mkdir shelf
cp whole/model.safetensors shelf/little.safetensors
LIMN_MODELS=shelf run models
check "models" grep -qE "^little +translate +8 +shelf/little.safetensors \(A, B\)$" out
LIMN_MODELS=shelf run models --json
check "models --json" grep -q '"verb": "translate", "network": "toy", "scale": null, "size": 8, .*"domains": \["A", "B"\]' out
pattern photo | tiff 20 16 8 >photo.tif
LIMN_MODELS=shelf run translate photo.tif --random 1 -o photo.png
ended 0 "model: shelf/little.safetensors" "the best of the shelf translates"
run convert shelf/little.safetensors -o half.safetensors --half
ended 0 "toy, " "convert"
run translate photo.tif -m half.safetensors --random 1 -o half.png
ended 0 "half.png: 10 x 8" "a converted model translates"
run bench shelf/little.safetensors --size 16 --runs 2
check "bench" grep -q "^toy at 16 x 16" out

# ---- pictures ----

mkdir -p joined/train
for number in 1 2; do pattern "joined $number" | tiff 32 16 8 >joined/train/$number.tif; done
train joined-run --data joined
ended 0 "done: 12 steps" "pairs side by side"
cp -r pairs odd
pattern larger | tiff 24 16 8 >odd/B/3.tif
pattern lonely | tiff 20 16 8 >odd/A/lonely.tif
train odd-run --data odd
ended 0 "without a place 1 (A/lonely.tif: has no partner in B)" "a picture without a partner"
ended 0 "odd/A/3.tif: 20 x 16 pixels, and its partner has 24 x 16" "a pair of two sizes"
train none --data pairs/A
ended 4 "there are no pictures in A, B, nor in train that are twice as wide as high" "no pairs"
train none --image-size 10
ended 2 "--image-size 10: a multiple of 4 is needed" "a size that the networks halve to no end"
train none --image-size 3
ended 2 "--image-size 3" "a shape out of range"
run train toy -o none
ended 2 "--data FOLDER is needed: pairs of pictures to learn from" "no data"
check "what is refused leaves no run" test ! -e none/config.json

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
