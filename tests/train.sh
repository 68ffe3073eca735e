#!/bin/sh
# Training as its users meet it: it starts, it stops when asked, it goes on bit for bit however it was
# cut, and it says what is wrong.
#
#   tests/train.sh build/limn SCRATCH
#
# With LIMN_SHORT set (sanitized builds are slow) runs are shorter and the resuming is left out.
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"
mkdir -p photos/deep || exit 2

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
    # shellcheck disable=SC2046 # words
    run train style $(beside "$small --steps $steps --save-every 1 -o $folder" "$@") "$@"
}
events=events/events.out.tfevents.0.limn
events_size() { wc -c <"$1/$events"; }

# ---- a whole run ----

train whole
ended 0 "done: $steps steps" "a whole run"
whole=$(state)
for file in config.json log.jsonl index.html model.safetensors best.safetensors; do
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

# shellcheck disable=SC2086 # words
cut_at killed KILL 3 train style $small -o killed --steps 14 --save-every 1
run train --resume killed
ended 0 "going on from step" "resuming after SIGKILL"
check "the same bits after SIGKILL" test "$(state)" = "$whole"
check "each step once in the events" test "$(events_size killed)" = "$(events_size whole)"
cp "killed/$events" killed.events
printf torn >>"killed/$events"
run train --resume killed
check "all records are whole, and what is not is cut off" cmp "killed/$events" killed.events
# shellcheck disable=SC2086 # words
cut_at asked TERM 5 train style $small -o asked --steps 14 --save-every 1
check "SIGTERM ends with 130 or 143" test "$status" = 130 -o "$status" = 143 -o "$status" = 0
check "a run that was stopped has a model" test -s asked/model.safetensors
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
run train upscale --data photos -o beside --steps 1 --crop-size 32 --width 8 --batch-size 1 --feature-weight 0.5
check "features beside another loss" awk -F'[:,}]' '{
    for (i = 1; i < NF; i++) if ($i ~ /"/) { name = $i; gsub(/[ {"]/, "", name); of[name] = $(i + 1) }
    off = of["total"] - of["l1"] - 0.5 * of["feature"]
    exit !(of["l1"] > 0 && of["feature"] > 0 && off * off < 1e-6 * of["total"] * of["total"]) }' beside/log.jsonl
run train upscale --data photos -o doubled --scale 2 --steps 1 --crop-size 32 --width 8 --batch-size 1 --init larger
ended 0 "larger enlarges 4 times: what depends on that, 876 of 12460 numbers, begins from chance" "from another scale"
run train upscale --data photos -o refused --scale 2 --steps 1 --crop-size 32 --width 4 --batch-size 1 --init larger
ended 2 "--init larger: it is a span (width 8, scale 4" "but not from another width"
check "which is told alone" grep -q 'to be trained. Add --width 8$' err
run upscale photos/one.jpg -m larger/model.safetensors -o whole.png
ended 0 "1804 x 1200" "enlarging"
run upscale photos/one.jpg -m larger/model.safetensors -o tiles.png --max-memory 60M
ended 0 "1804 x 1200" "enlarging in tiles"
run measure psnr whole.png tiles.png
check "tiles give the same picture" awk '{ exit !($1 == "inf" || $1 > 70) }' out
run stylize photos/one.jpg -m larger/model.safetensors -o wrong.png
ended 5 "larger/model.safetensors: a model of network span. Take limn upscale for it." "a model that enlarges is no style"
run upscale photos/one.jpg -m whole/model.safetensors -o wrong.png
ended 5 "Take limn stylize for it." "a style does not enlarge"

# To any size: by the network as often as needed, then exactly.
# sized "OPTIONS" STATUS WORDS
sized() {
    # shellcheck disable=SC2086
    run upscale forty.png -m larger/model.safetensors $1 -o sized.png --force
    ended "$2" "$3" "enlarging by $1"
}
run upscale photos/one.jpg -m larger/model.safetensors --size 40 -o forty.png
ended 0 ": made smaller without the network" "a size below the picture's"
sized "--scale 2.5" 0 "100 x 68"
sized "--scale 2.5" 0 ": 4 times by the network, then made smaller"
sized "--scale 10" 0 "400 x 270"
sized "--scale 10" 0 ": 4 times by the network, and again, then made smaller"
sized "--scale 16" 0 "640 x 432"
sized "--size 99" 0 "99 x 67"
sized "--size 641" 2 "--size 641: the longer side has 40 pixels, and no more than 16 times"
sized "--scale 17" 2 "--scale 17: must be between"
sized "--scale 1" 2 "--scale 1: must be between"
sized "--scale 2 --size 80" 2 "--scale and --size: choose one"
sized "--scale 4" 0 ": 4 times by the network"
run upscale forty.png -m larger/model.safetensors -o unsized.png
check "the model's own scale" cmp sized.png unsized.png
run upscale forty.png unsized.png -m larger/model.safetensors --scale 1.5 -o sized
ended 0 "2 pictures in" "two pictures"
ended 0 ": 4 times by the network, then made smaller" "and what was done"

larger="train upscale --data photos --crop-size 64 --width 4 --batch-size 2 --threads 1 --schedule constant"
larger="$larger --degrade jpeg --graphics 0.5"
# shellcheck disable=SC2086
run $larger --steps 6 -o straight
straight=$(state)
check "a run on JPEGs and graphics" test -n "$straight"
# shellcheck disable=SC2086
run $larger --steps 3 -o halted
run train --resume halted --steps 6 --accept-changes
ended 0 "done: 6 steps" "going on with it"
check "which gives the same" test "$(state)" = "$straight"
run train upscale --data photos -o older --network sr --steps 1 --width 4 --batch-size 1 --crop-size 32
ended 0 "done: 1 steps" "the network of 2016"
check "whose presets are its own" grep -q '"lr": 0.001,' older/config.json
check "and those of span" grep -q '"lr": 0.0005,' larger/config.json
forget older '"network": "sr"'
run train --resume older --steps 2 --accept-changes
ended 0 "done: 2 steps" "a run from before there was a choice"
run info older
check "goes on with that" grep -q "network     sr" out
run train upscale --data photos -o refused --network sr --scale 2
ended 2 "scale 2: network sr is for 4 and 8" "twice by the network of 2016"

run train upscale --data photos -o blocks --network srresnet --steps 3 --settle-after 1 --width 4 --batch-size 1 --crop-size 32
ended 0 "done: 3 steps" "the network of 2017"
run upscale forty.png -m blocks -o sized.png --force
ended 0 "160 x 108" "enlarges four times"
run train upscale --data photos -o profiles --loss profile --l1-weight 3 --steps 2 --width 4 --batch-size 1 --crop-size 32
ended 0 "done: 2 steps" "enlarging learnt by spatial profiles"
check "their gaps in the log" grep -q '"gp": .*"cp-grad": .*"l1": ' profiles/log.jsonl
run train upscale --data photos -o refused --network srresnet --scale 8
ended 2 "scale 8: network srresnet is for 4" "and no more"

# Pairs of a large and a small picture: HR and LR, NAME_HR and NAME_LR, or two folders.
mkdir -p named/HR named/LR scales/DIV_HR scales/DIV_LR
run stylize photos/one.jpg -m "$root/models/wave.safetensors" --strength 0 --size 240 -o named/HR/1.png
run stylize photos/one.jpg -m "$root/models/wave.safetensors" --strength 0 --size 60 -o named/LR/1.png
cp named/HR/1.png scales/DIV_HR && cp named/LR/1.png scales/DIV_LR/1x4.png
pairs="train upscale --crop-size 64 --batch-size 1 --steps 1 --seed 3 --graphics 0 -o"
l1() { sed -n '1s/.*"l1": \([0-9.]*\).*/\1/p' "$1/log.jsonl"; }
# shellcheck disable=SC2086
run $pairs paired --data scales
ended 0 "done: 1 steps" "training on pairs"
paired=$(state)
# shellcheck disable=SC2086
run $pairs called --data named
check "folders named HR and LR are pairs, too" test "$(state)" = "$paired"
# shellcheck disable=SC2086
run $pairs lower --data named/HR --low named/LR
check "and a folder given as --low" test "$(state)" = "$paired"
# shellcheck disable=SC2086
run $pairs reduced --data named/HR
check "small pictures that are made are others" test "$(state)" != "$paired"
check "by rounding and rims alone" awk "BEGIN { exit !($(l1 paired) < 1.1 * $(l1 reduced)) }"
# shellcheck disable=SC2086
run $pairs unequal --data named --scale 2
ended 4 "(LR/1.png: has 60 x 40 pixels and its large partner 240 x 160: not 2 times as large, as --scale says)" "pairs of another scale"
# shellcheck disable=SC2086
run $pairs mistaken --data named/LR --low named/HR
ended 4 "its large partner 60 x 40" "large and small taken for each other"
check "leaves no folder" test ! -e mistaken

# ---- two steps, labelled domains ----

for domain in cats cat-paintings; do
    mkdir -p domains/train/$domain/deep
    run stylize photos/one.jpg -m whole/model.safetensors --size 24 -o domains/train/$domain/one.png
    cp photos/one.jpg domains/train/$domain/deep/two.jpg
done
tiny="--data domains --image-size 16 --width 4 --latent-size 6 --batch-size 5 --encoder-steps 4 --sample-every 3 --save-every 1"

# two_step RUN WORDS...: 4 steps of the generator, 4 of the encoder
two_step() {
    folder=$1
    shift
    # shellcheck disable=SC2046 # words
    run train two-step $(beside "$tiny --steps 4" "$@") -o "$folder" "$@"
}
two_step translator
ended 0 "done: 8 steps" "a run of two steps"
two=$(state)
check "the second step begins by itself" grep -q "its encoder learns" err
check "a sheet of either step" test -s translator/samples/step-000000003.jpg -a -s translator/samples/step-000000006.jpg
check "losses and accuracies of step 1" grep -q '"step": 4,.*"D real".*"D class".*"accuracy fake".*"G class"' translator/log.jsonl
check "the encoder's loss in step 2" grep -q '"step": 5, "seconds": [0-9.]*, "waited": [0-9.]*, "latent": [0-9.]*, "encoder"' translator/log.jsonl
two_step spoilt2 --inject-nan 2 --on-nan stop
ended 8 "its batch: domains/train/cat" "a loss of step 1 that is not a number"
two_step spoilt6 --inject-nan 6 --on-nan stop
ended 8 "step 6: a loss spoilt on request is not a number" "a loss of step 2 that is not a number"
check "step 2 draws no pictures, so none are named" test -z "$(grep 'its batch' err)"
two_step once --steps 1 --encoder-steps 0
run translate photos/one.jpg -m once/model.safetensors --to cats -o x.png
ended 5 "the encoder of this model is not trained yet" "translating before the second step"
run translate -m once/model.safetensors --to cats --random 4 -o early.png
ended 0 "4 pictures" "pictures from chance before the second step"
run info once/checkpoints/step-000000001.safetensors
check "D is updated once in an iteration" grep -q "counter 0 = 1" out
check "G is updated twice" grep -q "counter 1 = 2" out
if [ -z "${LIMN_SHORT:-}" ]; then
    for last in 2 4 6; do # a state of either step, or that between them, is the last that is left
        two_step part$last --keep 8
        for later in 1 2 3 4 5 6 7 8; do
            [ "$later" -le "$last" ] || rm part$last/checkpoints/step-00000000$later.safetensors
        done
        run train --resume part$last
        ended 0 "going on from step $last" "resuming after step $last"
        check "the same bits as in one go" test "$(state)" = "$two"
        check "and the same log" test "$(wc -l <part$last/log.jsonl)" = 8
    done
    two_step averaged --keep 8 --ema 0.9 --schedule linear
    whole=$(state)
    for later in 5 6 7 8; do rm averaged/checkpoints/step-00000000$later.safetensors; done
    run train --resume averaged
    check "an average and a schedule over the boundary" test "$(state)" = "$whole"
fi
for words in "--embedding-size 0" "--latent uniform" --class-loss-on-fake --legacy-stretch --no-flip; do
    # shellcheck disable=SC2086 # words
    two_step "with$words" $words
    ended 0 "done: 8 steps" "training with $words"
    check "with $words" test "$(state)" != "$two"
    run translate photos/one.jpg -m "with$words/model.safetensors" --to cats -o "with$words/x.png"
    ended 0 "16 x 16" "translating with $words"
done

model=translator/model.safetensors
run info $model
check "info: what it is" grep -qx "method      two-step" out
check "info: the size of its pictures" grep -qx "size        16 x 16" out
check "info: its first domain" grep -qx "domains     cat-paintings" out
check "info: no complaint" test ! -s err
run convert $model -o halved.safetensors --half --describe licence=CC0-1.0
ended 0 "16-bit floats" "converting a two-step model"
run info halved.safetensors
check "what it was described as" grep -q "licence = CC0-1.0" out
check "where it came from is kept" grep -q "limn.source = limn train two-step --image-size 16 --width 4" out
run translate photos/one.jpg -m halved.safetensors --to cats -o halved.png
ended 0 "16 x 16" "translating by a converted model"
run info $model --json
check "info --json: domains" grep -q '"size": 16, .*"domains": \["cat-paintings", "cats"\]' out
run translate photos/one.jpg -m $model --to cat-paintings -o there.png
ended 0 "16 x 16" "translate"
run translate photos/one.jpg -m $model --to cats -o back.png --size keep
ended 0 "451 x 300" "translate --size keep"
run translate photos/one.jpg domains/train/cats/one.png -m $model --to all -o everywhere
ended 0 "4 pictures" "translate --to all"
check "a folder for each domain" test -s everywhere/cats/one.jpg -a -s everywhere/cat-paintings/one.png
run translate domains/train/cats -m $model --to cats --recursive -o folder
ended 0 "2 pictures" "translate a folder"
run translate -m $model --random 9 --to cats -o random.png
ended 0 "9 pictures, 56 x 56" "random pictures of a domain"
run translate photos/one.jpg photos/deep/two.JPG -m $model --to cats --interpolate 5 -o strip.png
ended 0 "5 pictures, 92 x 20" "between two pictures"
run translate photos/one.jpg -m $model --from cats --to cat-paintings --interpolate 5 -o domains.png
ended 0 "5 pictures, 92 x 20" "between two domains"
run train two-step --data photos --inpaint --image-size 16 --width 4 --batch-size 4 --steps 2 --encoder-steps 2 -o filler
ended 0 "done: 4 steps" "training to inpaint"
run translate photos/one.jpg -m filler/model.safetensors --size keep -o filled.png
ended 0 "451 x 300" "inpainting"

run translate -m $model --random 9 --to cats -o planned.png --dry-run
check "a dry run of a sheet" grep -qx "9 pictures of 16 x 16 -> planned.png" out
check "a dry run writes nothing" test ! -e planned.png

run translate -m $model --random 9 --to cats -o x.png --size keep
ended 2 "the pictures of a sheet have the model's size" "a sheet with --size keep"
run translate -m $model --random 9 --to cats -o x.png --format jpg
ended 2 "x.png: its ending says PNG, --format says JPEG" "a sheet with another --format"
run translate photos/one.jpg -m $model --to dogs -o x.png
ended 2 "dogs: the model has no such domain. It has cat-paintings, cats." "an unknown domain"
run translate photos/one.jpg -m $model -o x.png
ended 2 "--to DOMAIN is needed" "no domain"
run translate photos/one.jpg -m whole/model.safetensors --to cats -o x.png
ended 5 "a model of network torch-examples. Take limn stylize for it." "a model of another verb"
run stylize photos/one.jpg -m $model -o x.png
ended 5 "Take limn translate for it" "a two-step model is no style"
run translate photos/one.jpg -m $model --to cats --interpolate 5 -o x.png
ended 2 "say in which domain it begins: --from DOMAIN" "between one picture and nothing"
run translate photos/one.jpg -m $model --to cats --from cats -o x.png
ended 2 "--from cats: it belongs to --interpolate with one picture" "a translation with --from"
run translate -m $model --to cats -o x.png
ended 2 "needs PICTURE|FOLDER" "nothing to translate"
check "what is refused leaves nothing" test ! -e x.png
run_elsewhere() { (mkdir -p abroad && cd abroad && "$limn" "$@" >../out 2>../err </dev/null); status=$?; }
run_elsewhere train --resume ../translator
ended 4 "--data domains: there is no such file or folder here" "resuming from another folder"
cp -r translator grown
cp -r domains wider
cp -r wider/train/cats wider/train/dogs
run train --resume grown --data wider --steps 4 --accept-changes
ended 2 "this run was trained for cat-paintings, cats, and the folders of --data are now" "another domain"
mkdir -p single/train/cats hollow/train/cats hollow/train/dogs
cp domains/train/cats/one.png single/train/cats
cp domains/train/cats/one.png hollow/train/cats
run train two-step --data single -o none5
ended 4 "single: at least 2 domains are needed, each a folder in train. There is cats." "one domain"
run train two-step --data hollow -o none6
ended 4 "hollow/train/dogs: there is no picture in this folder" "an empty domain"
for name in all 'a\b' "$(printf 'bell\007')" "$(printf 'latin\344')"; do
    mkdir -p odd/train/cats "odd/train/$name"
    cp photos/one.jpg odd/train/cats
    run train two-step --data odd -o none6
    ended 4 "Give the folder another name" "a domain that cannot have its name"
    rm -r odd
done
ln -s nowhere hollow/train/broken
run train two-step --data hollow -o none6
ended 4 "hollow/train/broken: there is no such folder" "a domain that leads nowhere"
if [ "$(id -u)" != 0 ]; then # who may read everything
    rm hollow/train/broken
    chmod 0 hollow/train/cats
    run train two-step --data hollow -o none6
    ended 4 "hollow/train/cats: no permission to read it" "a domain that cannot be read"
    chmod 755 hollow/train/cats
    chmod 0 hollow/train
    run train two-step --data hollow -o none6
    ended 4 "hollow/train: no permission to read it" "domains that cannot be read"
    chmod 755 hollow/train
fi
run train two-step --data photos -o none7
ended 4 "photos: there are no pictures in train/NAME, one for each of two domains or more, nor in trainA, trainB" "no domains"
two_step none8 --image-size 24
ended 2 "pictures of 24 x 24" "a size that is no power of two"
two_step none9 --batch-size 1
ended 2 "at least one picture of each of the 2 domains" "a batch of one"
run stylize photos/one.jpg -m whole/model.safetensors --size 1 -o domains/train/cats/dot.png
two_step dot
ended 0 "left out (1 so far): domains/train/cats/dot.png: 1 x 1 pixels" "a picture of one pixel"
two_step dots --strict
ended 4 "dot.png: 1 x 1 pixels, and at least 8 x 8 are needed" "a picture of one pixel with --strict"

# ---- painting by optimisation ----

run paint --content photos/one.jpg --style photos/deep/two.JPG --size 64 --iterations 5 -o gatys.png
check "paint" test "$status" = 0
check "a painting is there" test -s gatys.png
run paint --content photos/one.jpg --style photos/deep/two.JPG --size 64 --iterations 5 --precision fast -o gatys-fast.png
check "paint --precision fast" test "$status" = 0
check "which is another computation" test -s gatys-fast.png -a "$(cat gatys.png | cksum)" != "$(cat gatys-fast.png | cksum)"
run paint --content photos/one.jpg --style photos/deep/two.JPG --size 64 --max-memory 2M -o gatys-little.png
ended 7 "the limit is 2.0 MB" "paint --max-memory"
run paint --content photos/one.jpg --style photos/deep/two.JPG --size 64 -o gatys.png
ended 2 "gatys.png" "paint replaces nothing"

# ---- what is wrong is said ----

train whole
ended 2 "there is a run in this folder" "a run is never overwritten"
run train --resume nothing
ended 2 "there is no such folder, so no run to resume" "nothing to resume"
# shellcheck disable=SC2086
run train style $small --resume whole --lr 0.5
ended 2 "--lr was 0.001 and is now 0.5" "changed options are named"
run train --resume whole -o elsewhere
ended 2 "-o elsewhere: a run that is resumed goes on in its own folder, whole" "-o beside --resume"
# shellcheck disable=SC2086
run train style $small --resume whole -o elsewhere
ended 2 "Leave -o out" "-o beside --resume of a method"
check "and no folder is made" test ! -e elsewhere
mkdir -p edited
# edited ENTRY STATUS WORDS WHAT: resuming a run whose config.json has an entry for this one
edited() {
    printf '{"method": "style", %s}' "$1" >edited/config.json
    run train --resume edited
    ended "$2" "$3" "$4"
}
edited '"layer-weight": [1]' 4 'edited: config.json: entry 0 of "layer-weight" is no text' "a list of numbers"
edited '"layer-weight": [null]' 4 'is no text' "a list of nothing"
edited '"seed": {}' 4 'config.json: "seed" is no value' "an object for a number"
edited '"seed": [{}]' 4 'is no text' "a list for a number"
edited '"style": "photos/one.jpg", "loss-network": 5' 4 '--loss-network 5: there is no such file' "a number for a name"
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
ended 5 "photos/one.jpg: this is a JPEG picture" "a loss network that is none"
for words in relu9_9=2 relu5_1=3 relu=1 =1; do
    train none10 --layer-weight $words
    ended 2 "$words: the style is compared at relu1_2, relu2_2, relu3_3 and relu4_3" "--layer-weight $words"
done
train none10 --layer-weight relu1_2
ended 2 "LAYER=WEIGHT is meant" "--layer-weight without a weight"
for words in relu1_2=abc relu1_2=-1 relu1_2= relu1_2=nan relu1_2=1e300 relu1_2=0x2; do
    train none10 --layer-weight relu2_2=3 --layer-weight $words
    ended 2 "$words: the weight must be a number from 0" "--layer-weight $words"
done
train none10 --content-weight 0 --style-weight 0 --layer-weight relu1_2=0
ended 2 "nothing to learn from" "weights that are all zero"
train none10 --content-weight 0 --style-weight 5 --layer-weight relu1_2=0 --layer-weight relu2_2=0 \
    --layer-weight relu3_3=0 --layer-weight relu4_3=0
ended 2 "nothing to learn from" "layers whose weights are all zero"
train none10 --preprocess cafe
ended 2 "--preprocess cafe: must be one of caffe, torchvision." "an unknown --preprocess"
run paint --content photos/one.jpg --style photos/one.jpg --preprocess cafe -o none10.png
ended 2 "--preprocess cafe: must be one of caffe, torchvision." "an unknown --preprocess to paint"
unusual="are unusual with this loss network: it has torchvision's scale, where they are 1e5 and 1e10"
train none10 --data empty --preprocess torchvision
ended 4 "weights of 1 for the content and 5 for the style $unusual" "weights for Caffe's scale"
train none10 --data empty --preprocess torchvision --content-weight 30 --style-weight 0 --layer-weight relu2_2=910
ended 4 "weights of 30 for the content and 910 for the style $unusual" "layer weights for Caffe's scale"
train none10 --data empty --content-weight 1e5
ended 4 "it has Caffe's scale, where they are 1 and 5, or 30 and 910" "a content weight for torchvision's"
for words in "" "--content-weight 30 --style-weight 910" "--content-weight 0 --style-weight 1e10" \
    "--preprocess torchvision --content-weight 1e5 --style-weight 1e10"; do
    # shellcheck disable=SC2086 # words
    train none10 --data empty $words
    check "no doubt about weights ($words)" test -z "$(grep unusual err)"
done
run paint --content photos/one.jpg --style photos/one.jpg --size 32 --style-size 32 --iterations 0 --style-weight 1e10
ended 0 "weights of 1 for the content and 1e+10 for the style are unusual" "weights to paint"
train none10 --crop-size 30
ended 2 "--crop-size 30: for --network torch-examples a multiple of 4 from 16 on" "squares of 30"
train none10 --crop-size 12
ended 2 "a multiple of 4 from 16 on" "squares of 12"
train none10 --crop-size 40 --network johnson-in
ended 2 "--crop-size 40: for --network johnson-in a multiple of 4 from 44 on" "squares of 40"
latin=$(printf 'm\374nchen')
cp -r photos "$latin"
train none10 --data "$latin"
ended 2 "--data m?nchen: the name is not UTF-8" "a data folder whose name is not UTF-8"
train none10 --style "$latin/one.jpg"
ended 2 "--style m?nchen/one.jpg: the name is not UTF-8" "a style whose name is not UTF-8"
train none10 -o "$latin/run"
ended 2 "--output m?nchen/run: the name is not UTF-8" "a run whose name is not UTF-8"
check "what is refused leaves no run" test ! -e "$latin/run"
check "what is refused leaves no run" test ! -e none10/config.json
train strict --strict
ended 4 "photos/t" "a broken picture with --strict"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
