#!/bin/sh
# EGSC-IT and UNIT from the outside: trainings in two stages that are killed and go on, that start from
# others, ablations, translations, what is refused.
#
#   tests/egsc.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"

picture() { pattern "$1" | tiff "$2" "$3" 8; }
mkdir -p sets/trainA sets/trainB
for i in 1 2 3 4 5 6; do
    picture "the A $i" 24 20 >sets/trainA/a$i.tif
    picture "PICTURE B $i" 22 22 >sets/trainB/b$i.tif
done
# VGG-19 up to conv5_1, with a channel where the published has 64.
vgg 0:1 2:1 5:2 7:2 10:4 12:4 14:4 16:4 19:8 21:8 23:8 25:8 28:8 >vgg.safetensors

# The usual options, but for those that are given.
small() {
    for words in "--image-size 20" "--downsamplings 1" "--width 2" "--batch-size 1" "--threads 1" \
        "--sample-every 1000"; do
        case " $* " in *" ${words% *} "*) ;; *) printf '%s ' "$words" ;; esac
    done
}
train() { # train RUN OPTIONS...
    here=$1
    shift
    # shellcheck disable=SC2046
    run train egsc-it --data sets $(small "$@") --loss-network vgg.safetensors -o "$here" "$@"
}
unit() { # unit RUN OPTIONS...
    here=$1
    shift
    # shellcheck disable=SC2046
    run train unit --data sets $(small "$@") -o "$here" "$@"
}
same() { cmp -s "$1" "$2"; }

# ---- killed in either stage, at the border, amid an iteration ----

kills=12
[ -z "${LIMN_SHORT:-}" ] || kills=3
# shellcheck disable=SC2046
kill_often stages $kills 30 train egsc-it --data sets $(small) --loss-network vgg.safetensors --stage1-steps 20 --steps 10 --ema 0.9 --save-every 1
check "the auto-encoders are kept at the border" test -s alone-stages/stage1.safetensors
check "they are those of a run left alone" same alone-stages/stage1.safetensors "$here/stage1.safetensors"
check "so is the model" same alone-stages/model.safetensors "$here/model.safetensors"
# shellcheck disable=SC2046
kill_often unit 3 8 train unit --data sets $(small) --steps 8 --save-every 1

# ---- what a stage does ----

train whole --stage1-steps 3 --steps 2 --save-every 1 --keep 9
ended 0 "done: 5 steps" "both stages"
ended 0 "the encoders stay as F, and pictures are translated: 2 steps" "the second is told"
counter() { run info "$1" && sed -n "s/.*counter $2 = //p" out; }
newest=whole/checkpoints/step-000000005.safetensors
check "one step of the discriminators an iteration" test "$(counter $newest 0)" = 2
check "five of the generators" test "$(counter $newest 1)" = 10
first=whole/checkpoints/step-000000003.safetensors
check "one each in the first stage" test "$(counter $first 0)" = 3 -a "$(counter $first 1)" = 3
terms() { tail -n 1 "$1/log.jsonl" | tr ',' '\n' | grep -c "$2"; }
check "terms of both domains are logged" test "$(terms whole '"content [ab]"')" = 2 -a "$(terms whole '"cycle latent [ab]"')" = 2
check "stage and term are named" grep -q '"stage 1 reconstruction a"' whole/log.jsonl
check "sheets are drawn" test -s whole/samples/step-000000005.jpg
run info whole
check "info says the method" grep -q "method *egsc-it" out
check "and the shape" grep -q "mask true, adain standard, sharing true, noise false, noise-deviation 1, styles-a 6, styles-b 6" out
run info whole -v
check "tensors are listed" grep -q 'E\.a\.' out
check "no discriminator is in the model" test "$(grep -c 'D\.' out)" = 0
unit faint --steps 1 --noise-deviation 0.5
run info faint
check "the noise of its latents is the model's" grep -q "noise-deviation 0.5" out
unit loud --steps 1 --no-sharing --noise-deviation 2
ended 0 "--noise-deviation changes nothing without --sharing" "without latents there is none"
unit older --steps 1 --preset mnist-multiple
check "a preset's noise" grep -q '"noise-deviation": 0.05, ' older/config.json
forget older '"noise-deviation": 0.05'
run train --resume older --steps 2 --accept-changes
ended 0 "done: 2 steps" "a run from before it could be chosen"
run info older
check "goes on with noise of 1" grep -q "noise-deviation 1," out
train updates --stage1-steps 1 --steps 2 --generator-updates 2 --save-every 1
check "updates as asked for" test "$(counter updates/checkpoints/step-000000003.safetensors 1)" = 4
for step in 2 4; do
    train spoilt-$step --stage1-steps 3 --steps 3 --inject-nan $step
    ended 0 "step $step will be left out" "NaN in step $step rewinds"
done
check "six batches an iteration, a picture of each domain in each" test "$(grep 'its batch' err | tr ',' '\n' | grep -c tif)" = 12
train stops --stage1-steps 1 --steps 1 --inject-nan 2 --on-nan stop
ended 8 "is not a number" "NaN stops"

# ---- what a training starts from ----

train given --steps 2 --stage1 whole/stage1.safetensors
ended 0 "done: 2 steps" "auto-encoders that are given"
check "and handed on" same given/stage1.safetensors whole/stage1.safetensors
unit from-first --steps 1 --stage1 whole/stage1.safetensors
ended 0 "done: 1 steps" "UNIT from the same"
train chance --stage1-steps 2 --steps 1 --init none
ended 0 "done: 3 steps" "the second stage from chance"
train again --steps 1 --lr 0 --init whole
ended 0 "done: 1 steps" "a run, without a first stage"
train from-model --steps 1 --lr 0 --init whole/model.safetensors
ended 0 "done: 1 steps" "a model"
train larger --steps 1 --image-size 24x20 --init whole
ended 0 "done: 1 steps" "another size is the same network"
run train --resume whole
ended 0 "done: 5 steps" "nothing is left to do"
run train --resume whole --style-weight 3
ended 2 "style-weight" "changed options"

# ---- ablations ----

for words in --no-mask --no-adain --no-perceptual "--adain published --kl noisy --discriminator plain"; do
    name=run$(echo "$words" | cut -d' ' -f1)
    # shellcheck disable=SC2086
    train "$name" --stage1-steps 2 --steps 2 $words
    ended 0 "done: 4 steps" "$words"
    check "$words: no NaN" test "$(grep -c 'not a number' err)" = 0
done
unit run--unit --steps 2
ended 0 "done: 2 steps" "UNIT"
unit run--cyclegan --steps 2 --no-sharing
ended 0 "done: 2 steps" "CycleGAN"
check "without a latent space" test "$(terms run--cyclegan latent)" = 0
cp -r sets flat
for i in 1 2 3 4 5 6; do white 20 20 >flat/trainA/a$i.tif && white 20 20 >flat/trainB/b$i.tif; done
for form in standard published; do
    # shellcheck disable=SC2046
    run train egsc-it --data flat $(small) --loss-network vgg.safetensors --stage1-steps 2 --steps 2 --adain $form -o flat-$form
    ended 0 "done: 4 steps" "flat pictures, $form"
    check "flat pictures, $form: no NaN" test "$(grep -c 'not a number' err)" = 0
done

# ---- what training refuses ----

refused() { # refused CODE WORDS WHAT OPTIONS...
    code=$1 words=$2 what=$3
    shift 3
    train none --stage1-steps 1 --steps 1 "$@"
    ended "$code" "$words" "$what"
    check "$what: nothing is left behind" test ! -e none
}
refused 2 "That is UNIT: limn train unit" "all ablations" --no-mask --no-adain --no-perceptual
refused 2 "--image-size 21: with --downsamplings 1 both sides must be multiples of 2" "an odd size" --image-size 21
refused 2 "--image-size 18: the loss network needs 20 pixels" "too small a size" --image-size 18
refused 2 "--image-size 20x: a number of pixels, or width and height" "no size" --image-size 20x
refused 2 "in its place" "both kinds of data" --data-a sets/trainA --data-b sets/trainB
refused 2 "--init whole: it is a egsc-it (size 20, width 2" "another width" --init whole --width 3
refused 2 "--init whole: it is a egsc-it (size 20, width 2, downsamplings 1" "another depth" --init whole --downsamplings 2
refused 2 "--init run--unit: it is a egsc-it" "UNIT's model" --init run--unit
refused 2 "--init whole: its domains are A, B" "another order" --init whole --domain B --domain A
refused 2 "a model has its own F" "both starts" --init whole --stage1 whole/stage1.safetensors
refused 2 "its auto-encoders have width 2, downsamplings 1, domains A, B; this training has width 3" "auto-encoders of another width" --stage1 whole/stage1.safetensors --width 3
refused 2 "this training has width 2, downsamplings 2" "of another depth" --stage1 whole/stage1.safetensors --downsamplings 2
refused 2 "downsamplings 1, domains B, A" "of another order" --stage1 whole/stage1.safetensors --domain B --domain A
refused 2 "it holds no auto-encoders" "another file" --stage1 whole/model.safetensors
head -c 300 whole/stage1.safetensors >torn.safetensors
refused 5 "torn.safetensors" "a torn file" --stage1 torn.safetensors
refused 5 "nowhere" "no file" --stage1 nowhere.safetensors
mkdir -p empty/trainA empty/trainB single/trainA single/trainB three/train/cat three/train/dog three/train/owl
cp sets/trainA/* empty/trainA
for name in cat dog owl; do cp sets/trainA/* three/train/$name; done
bad_data() { # bad_data CODE WORDS WHAT OPTIONS...
    code=$1 words=$2 what=$3
    shift 3
    # shellcheck disable=SC2046
    run train egsc-it $(small) --loss-network vgg.safetensors --stage1-steps 1 --steps 1 -o none "$@"
    ended "$code" "$words" "$what"
    check "$what: nothing is left behind" test ! -e none
}
bad_data 4 "there are no pictures in trainB" "an empty domain" --data empty
bad_data 2 "at most 2 domains are needed: choose them with --domain" "three domains" --data three
bad_data 2 "fox" "a domain that is not there" --data three --domain cat --domain fox
bad_data 2 "--data FOLDER is needed" "no data"
cp sets/trainA/a1.tif single/trainA/
cp sets/trainB/b1.tif sets/trainB/b2.tif single/trainB/
bad_data 4 "domain A has one picture to train on" "a domain of one picture" --data single
bad_data 2 "are the same folder" "one folder twice" --data-a sets/trainA --data-b sets/trainA

# ---- translating ----

# Long enough to draw more than grey.
train able --width 4 --stage1-steps 100 --steps 20 --lr 2e-3 --no-perceptual
ended 0 "done: 120 steps" "a model to translate with"

picture "what is seen" 50 25 >x.tif
b1=sets/trainB/b1.tif b2=b2.jpg
cp "$root/examples/chelsea.jpg" $b2
go() { run translate x.tif -m able "$@"; }
go --exemplar $b1 -o one.tif
ended 0 "one.tif" "by an exemplar"
go --exemplar $b1 -o one-again.tif
check "the same again" same one.tif one-again.tif
go --exemplar $b1 --exemplar $b2 -o both/
check "alone as one of several" same one.tif both/b1/x.tif
check "another exemplar, another result" test "$(cksum <one.tif)" != "$(cksum <both/b2/x.tif)"
go --exemplar $b1 --exemplar $b2 --interpolate 3 -o way/
check "the way begins at the first" same way/0001/x.tif both/b1/x.tif
check "and ends at the second" same way/0003/x.tif both/b2/x.tif
go --exemplar $b1 --size native -o native.tif
ended 0 "50 x 25" "at its own size"
go --exemplar $b1 --style-strength 1 -o full.tif
check "full strength is usual" same full.tif one.tif
go --exemplar $b1 --style-strength 0 -o none1.tif
go --exemplar $b2 --style-strength 0 -o none2.tif
check "without strength all exemplars are one" same none1.tif none2.tif
go --random 3 --seed 1 -o chance/
ended 0 "" "styles that are kept"
go --random 3 --seed 1 -o chance-again/
check "the same by seed" same chance/0003/x.tif chance-again/0003/x.tif
go --random 6 -o sheet.png
ended 0 "7 pictures" "all of them"
go --random 7 -o no.png
ended 2 "--random 7: able/model.safetensors keeps 6 looks of B." "more than are kept"
mkdir -p in
for i in 1 2; do picture "what is seen $i" 20 24 >in/b$i.tif; done
run translate in/ -m able --exemplar sets/trainB --pair name -o by-name/
ended 0 "2 pictures" "an exemplar of its name for each picture"
run translate in/b2.tif -m able --exemplar sets/trainB/b2.tif -o alone.tif
check "that of its name" same alone.tif by-name/b2.tif
for way in random similar; do
    run translate in/ -m able --exemplar sets/trainB --pair $way --seed 2 -o by-$way/
    run translate in/b2.tif -m able --exemplar sets/trainB --pair $way --seed 2 -o by-$way.tif
    check "$way: the same, whatever pictures are beside it" same by-$way.tif by-$way/b2.tif
done
run translate sets/trainB/b3.tif -m able --direction BtoB --exemplar sets/trainB --pair similar -o most.tif
run translate sets/trainB/b3.tif -m able --direction BtoB --exemplar sets/trainB/b3.tif -o most-itself.tif
check "most similar to a picture is itself" same most.tif most-itself.tif
go --exemplar sets/trainB --pair name -o no.tif
ended 4 "there is no exemplar of the name of x.tif" "no partner"
go --pair name -o no.tif
ended 2 "--exemplar FOLDER is needed" "pairs without exemplars"
go --exemplar $b1 --diagnose -o diagnosis.png
ended 0 "15 pictures" "a diagnosis: the mask has eight channels"
go --exemplar $b1 --exemplar $b2 --diagnose -o no.png
ended 2 "--diagnose shows one exemplar" "a diagnosis by two"
run translate x.tif -m run--unit --exemplar $b1 --diagnose -o unit.png
ended 0 "7 pictures" "a diagnosis of UNIT"
go --exemplar $b1 --noise --seed 1 -o noise1.tif
go --exemplar $b1 --noise --seed 1 -o noise2.tif
check "noise is by seed" same noise1.tif noise2.tif
check "and is noise" test "$(cksum <noise1.tif)" != "$(cksum <one.tif)"
go --exemplar $b1 --exemplar $b1 -o no/
ended 2 "two exemplars have this name" "one exemplar twice"
go --exemplar nowhere.tif -o no.tif
ended 4 "nowhere.tif" "no exemplar"
head -c 200 $b2 >torn.jpg
go --exemplar torn.jpg -o no.tif
ended 4 "torn.jpg" "a torn exemplar"
go --exemplar $b1 --random 2 -o no.tif
ended 2 "choose one of them" "an exemplar and chance"
go --random 1 --interpolate 3 -o no/
ended 2 "--interpolate" "a way of one look"
go --exemplar $b1 --direction AtoB --to A -o no.tif
ended 2 "says another domain" "two directions"
check "nothing is left behind" test ! -e no -a ! -e no.tif -a ! -e no.png
go --direction AtoA -o itself.tif
ended 0 "itself.tif" "a reconstruction"
go -o no.tif
ended 2 "a look is needed" "no look"
for name in run--no-adain run--unit run--cyclegan; do
    run translate x.tif -m $name -o $name.tif
    ended 0 "$name.tif" "$name: no look is needed"
    run translate x.tif -m $name --exemplar $b1 -o $name-by.tif
    ended 0 "takes nothing of an exemplar" "$name: a note"
    check "$name: it changes nothing" same $name.tif $name-by.tif
done
run convert able/model.safetensors -o converted.safetensors
ended 0 "" "converting"
run translate x.tif -m converted.safetensors --exemplar $b1 -o converted.tif
check "a converted model makes the same" same converted.tif one.tif

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
