#!/bin/sh
# Translation by an exemplar, from the outside: training that is cut and goes on, runs that start from
# others, translations in every shape, what is refused.
#
#   tests/exemplar.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"

# ---- pictures and a loss network, of bytes that need no program to make them ----

little() { # little BYTES NUMBER: the lowest byte first
    left=$1 number=$2
    while [ "$left" -gt 0 ]; do
        # shellcheck disable=SC2059 # an octal escape is made here
        printf "\\$(printf '%03o' $((number % 256)))"
        number=$((number / 256)) left=$((left - 1))
    done
}
entry() { little 2 "$1" && little 2 "$2" && little 4 "$3" && little 4 "$4"; }
tiff() { # tiff WIDTH HEIGHT: a grey picture of the bytes on stdin, as a TIFF file
    printf 'II*\000\010\000\000\000\010\000'
    entry 256 4 1 "$1" && entry 257 4 1 "$2" && entry 258 3 1 8
    entry 259 3 1 1 && entry 262 3 1 1
    entry 273 4 1 110 && entry 278 4 1 "$2" && entry 279 4 1 $(($1 * $2))
    little 4 0
    head -c $(($1 * $2))
}
picture() { yes "limn $1 paints" | tiff "$2" "$3"; }
for i in 1 2 3 4 5 6; do
    mkdir -p sets/trainA sets/trainB
    picture "a cat $i" 70 64 >sets/trainA/cat$i.tif
    picture "DOG NUMBER $i" 64 80 >sets/trainB/dog$i.tif
done
# VGG-19 up to conv4_1, with a channel where the published has 64.
vgg 0:1 2:1 5:2 7:2 10:4 12:4 14:4 16:4 19:8 >vgg.safetensors

# ---- training ----

small="--image-size 64 --width 2 --blocks 1 --batch-size 2 --threads 1 --sample-every 1000"
steps=40
begin() { # begin METHOD RUN OPTIONS...
    method=$1 here=$2
    shift 2
    usual="--data sets $small -o $here"
    [ "$method" != dsmap ] || usual="$usual --loss-network vgg.safetensors --content-steps 2"
    # shellcheck disable=SC2046 # words
    run train "$method" $(beside "$usual" "$@") "$@"
}
for method in dsmap munit; do
    begin $method whole-$method --steps $steps --ema 0.9
    ended 0 "done: $steps steps" "$method: training"
    whole=$(state)
    check "$method: a state" test -n "$whole"
    more="--loss-network vgg.safetensors --content-steps 2"
    [ $method = dsmap ] || more=
    # shellcheck disable=SC2086
    cut_at cut-$method KILL 1 train $method --data sets $small $more --steps $steps --ema 0.9 --save-every 1 -o cut-$method
    cut_at cut-$method TERM 7 train --resume cut-$method
    check "$method: SIGTERM saves" test "$status" = 130 -o "$status" = 143 -o "$status" = 0
    cut_at cut-$method KILL 20 train --resume cut-$method
    check "$method: it was cut" test "$(steps_in cut-$method)" -lt $steps
    run train --resume cut-$method
    check "$method: the same bits after 1 + 6 + 13 + 20 steps" test "$(state)" = "$whole"
    check "$method: each step once in the log" test "$(steps_in cut-$method)" = $steps
    run info whole-$method
    check "$method: info says the method" grep -q "method *$method" out
    check "$method: info says what is kept of it" grep -q "shape  *size 64, width 2, style 8, blocks 1, encoder $method" out
done
run info whole-dsmap
check "info shows the options to their end" grep -q 'limn.options = {"size": 64, .*"domains": \["A", "B"\]}' out
check "info says the loss network and its layer" grep -q "limn.loss = VGG-19, caffe, relu4_1" out
check "info names no discriminator" test "$(grep -c 'D\.' out)" = 0
begin dsmap curved --steps 2 --contextual all
# A step, then its numbers, each of which has a curve.
terms=$(head -n 1 curved/log.jsonl | tr ',' '\n' | grep -vc '"step"')
check "more than 32 numbers a step" test "$terms" -gt 32
check "each has a curve in the report" test "$(grep -o '<polyline' curved/index.html | wc -l)" = "$terms"
begin dsmap spoilt --steps 6 --inject-nan 4
ended 0 "step 4 will be left out" "NaN rewinds"

for preset in draft good; do
    run train munit --data sets --preset $preset --width 1 --blocks 1 --batch-size 1 --steps 10 --threads 1 -o told-$preset
    ended 0 "5 steps, " "the time that $preset takes"
done
check "and that of the next smaller preset" grep -q "to go; with --preset draft it would be about [0-9]* seconds" err
run train munit --data sets --image-size 64 --width 1 --blocks 1 --batch-size 1 --steps 10 --threads 1 -o told
check "but where that is no less" test "$status" = 0 -a "$(grep -c 'with --preset' err)" = 0

# ---- starting from others ----

begin dsmap again --steps 1 --lr 0 --init whole-dsmap --save-every 1
ended 0 "done: 1 steps" "starting from a run"
values() { run info "$1" --json && tr ',' '\n' <out | grep -c '"name": "values.D'; }
last="whole-dsmap/checkpoints/step-000000040.safetensors"
# At a rate of 0 what it started from is what it ends with; in the file of a state the values come last.
ending() { tail -c 600000 "$1" | cksum; }
check "a checkpoint holds discriminators" test "$(values $last)" -gt 30
check "its last weights, discriminators too" test "$(ending $last)" = \
    "$(ending again/checkpoints/step-000000001.safetensors)"
begin dsmap from-model --steps 1 --lr 0 --init whole-dsmap/model.safetensors
ended 0 "done: 1 steps" "starting from a model"
check "a model is an average" test "$(ending $last)" != \
    "$(ending from-model/checkpoints/step-000000001.safetensors)"
begin dsmap larger --steps 1 --image-size 72 --init whole-dsmap
ended 0 "done: 1 steps" "another size is the same network"
begin dsmap none1 --steps 1 --width 3 --init whole-dsmap
ended 2 "--init whole-dsmap: it is a dsmap (size 64, width 2" "another width"
begin munit none2 --steps 1 --init whole-dsmap
ended 2 "--init whole-dsmap: it is a dsmap" "another method"

# ---- what training refuses ----

begin dsmap none3 --image-size 56
ended 2 "--image-size" "a size under 64"
begin dsmap none4 --image-size 68
ended 2 "size 68: a multiple of 8 is needed" "no multiple of 8"
begin munit none5 --image-size 66
ended 2 "size 66: a multiple of 4 is needed" "no multiple of 4"
mkdir -p one/train/cat three/train/cat three/train/dog three/train/owl empty/trainA empty/trainB
cp sets/trainA/* one/train/cat && cp sets/trainA/* three/train/cat
cp sets/trainB/* three/train/dog && cp sets/trainB/* three/train/owl && cp sets/trainA/* empty/trainA
refuse_data() { # refuse_data CODE WORDS WHAT OPTIONS...
    code=$1 words=$2 what=$3
    shift 3
    # shellcheck disable=SC2046 # words
    run train dsmap $(beside "$small --loss-network vgg.safetensors" "$@") --steps 1 -o none6 "$@"
    ended "$code" "$words" "$what"
}
refuse_data 4 "at least 2 domains are needed" "one domain" --data one
refuse_data 4 "there are no pictures in trainB" "an empty domain" --data empty
refuse_data 2 "at most 2 domains are needed: choose them with --domain. There are cat, dog, owl." "three domains" --data three
refuse_data 2 "--domain names 1, and at least 2 are needed. There are cat, dog, owl." "one of three domains" --data three --domain cat
refuse_data 2 "fox" "a domain that is not there" --data three --domain cat --domain fox
refuse_data 2 "--data-a and --data-b stand in its place" "both kinds of data" --data three --data-a one --data-b three
refuse_data 2 "--data FOLDER is needed" "no data"
refuse_data 5 "sets/trainA/cat1.tif: this is a TIFF picture, not a model" "another file as loss network" --data sets --loss-network sets/trainA/cat1.tif
cp "$limn" alone
# shellcheck disable=SC2086
(unset LIMN_MODELS && HOME=$PWD ./alone train dsmap $small --data sets --steps 1 -o none7) >out 2>err
status=$?
ended 2 "--loss-network FILE is needed" "no loss network"
check "nothing is left behind" test ! -e none6 -a ! -e none7 -a ! -e none3
run train --resume whole-dsmap --cycle-weight 3
ended 2 "cycle-weight" "changed options"
begin dsmap two-of-three --steps 1 --data three --domain owl --domain cat
ended 0 "done: 1 steps" "two of three domains"
run info two-of-three
check "in the order that was asked for" grep -q "domains *owl" out
# shellcheck disable=SC2086
run train dsmap $small --loss-network vgg.safetensors --steps 2 --data-a sets/trainA --data-b three/train/dog --domain cat --domain dog -o apart
ended 0 "done: 2 steps" "two folders"
cp -r sets white
tr '\0' '\377' </dev/zero | tiff 64 64 >white/trainA/white.tif
tr '\0' '\377' </dev/zero | tiff 64 64 >white/trainB/white.tif
picture dot 1 1 >white/trainA/dot.tif
begin dsmap pale --steps 8 --data white
ended 0 "done: 8 steps" "white pictures and one of a pixel"
check "no NaN of them" test "$(grep -c 'not a number' err)" = 0

# ---- translating ----

mkdir -p in
picture "in 1" 64 64 >in/x.tif
picture "what is 2" 190 133 >in/y.tif
picture dot 1 1 >in/dot.tif
cp "$root/examples/chelsea.jpg" in/z.jpg
dogs="sets/trainB/dog1.tif" other="sets/trainB/dog2.tif"
go() { run translate -m whole-dsmap "$@"; }
same() { cmp -s "$1" "$2"; }
go in/x.tif --exemplar $dogs -o alone1.tif
ended 0 "alone1.tif" "by an exemplar"
go in/x.tif --exemplar $other -o alone2.tif
check "another exemplar, another result" test "$(cksum <alone1.tif)" != "$(cksum <alone2.tif)"
go in/x.tif in/y.tif in/dot.tif in/z.jpg --exemplar $dogs -o folder/
check "alone as in a folder" same alone1.tif folder/x.tif
check "a pixel, and 190 x 133" test -s folder/dot.tif -a -s folder/y.tif -a -s folder/z.jpg
go in/x.tif in/y.tif --exemplar $dogs --exemplar $other -o several/
ended 0 "" "several exemplars"
check "alone as one of several" same alone1.tif several/dog1/x.tif
check "and the second" same alone2.tif several/dog2/x.tif
mkdir -p looks && cp $dogs $other looks/
go in/x.tif --exemplar looks -o by-folder/
check "a folder of exemplars" same alone2.tif by-folder/dog2/x.tif
go in/x.tif --random 3 --seed 5 -o chance/
check "three by chance" test -s chance/0003/x.tif
go in/y.tif --random 3 --seed 5 -o chance2/
go in/x.tif --random 1 --seed 5 -o first.tif
check "the k-th look is a function of seed and k" same first.tif chance/0001/x.tif
go in/x.tif --random 3 --seed 5 -o chance3/
check "the same again" same chance/0003/x.tif chance3/0003/x.tif
go in/x.tif --random 3 --seed 6 -o chance4/
check "another seed" test "$(cksum <chance/0003/x.tif)" != "$(cksum <chance4/0003/x.tif)"
check "another k" test "$(cksum <chance/0001/x.tif)" != "$(cksum <chance/0002/x.tif)"
go in/x.tif --exemplar $dogs --exemplar $other --interpolate 5 -o way/
check "the way begins at the first exemplar" same alone1.tif way/0001/x.tif
check "and ends at the second" same alone2.tif way/0005/x.tif
check "with something between" test "$(cksum <way/0003/x.tif)" != "$(cksum <alone1.tif)"
go in/x.tif in/y.tif --exemplar $dogs --exemplar $other -o sheet.png
ended 0 "sheet.png" "a sheet"
go in/x.tif in/y.tif --exemplar $dogs --exemplar $other -o sheet2.png
check "the same sheet again" same sheet.png sheet2.png

# No result replaces what it is made from, which is also an exemplar, and a row of a sheet.
cp in/x.tif original.tif
ln -s original.tif also.tif
spared() { # spared WHAT OPTIONS...
    what=$1
    shift
    go "$@" --force
    ended 2 ".tif: the result would replace the picture that it is made from" "$what as the result"
    check "$what stays" same original.tif in/x.tif
}
spared "a row of a sheet" original.tif in/y.tif --random 2 -o original.tif
spared "an exemplar" in/y.tif --exemplar original.tif -o original.tif
spared "one of several exemplars" in/y.tif --exemplar $dogs --exemplar original.tif -o also.tif
spared "an exemplar to choose from" in/y.tif --exemplar looks --exemplar original.tif --pair name -o original.tif
ln -s ../original.tif looks/y.tif
spared "one of a folder" in/y.tif --exemplar original.tif -o looks/
rm looks/y.tif also.tif

# With --skip-broken, what cannot be read is passed over: a row of a sheet, an exemplar.
mkdir torn
cp $dogs $other torn/
head -c 3000 $dogs >torn/dog3.tif
ln -s nowhere torn/lost.tif
go torn --random 2 -o rows.png
ended 4 "torn/dog3.tif: " "a sheet with a broken row"
check "is not made" test ! -e rows.png
go torn --random 2 -o rows.png --skip-broken
ended 0 "rows.png: 6 pictures" "--skip-broken leaves out rows"
check "and names them" test "$(grep -c '^limn: skipped: torn/' err)" = 2
go torn/dog3.tif --random 2 -o rows2.png --skip-broken
ended 4 "No picture could be read" "a sheet without rows"
go in/x.tif --exemplar torn -o torn-looks/
ended 4 "torn/dog3.tif: " "a broken exemplar among others"
go in/x.tif --exemplar torn -o torn-looks/ --skip-broken
ended 0 "torn-looks/: 2 pictures" "--skip-broken leaves out exemplars"
check "and names them, too" test "$(grep -c '^limn: skipped: torn/' err)" = 2
check "with the results of the others" same torn-looks/dog1/x.tif alone1.tif
go in/x.tif in/y.tif --exemplar torn --pair similar -o torn-pairs/
ended 4 "2 of 2 pictures could not be done" "a broken exemplar to compare with"
go in/x.tif in/y.tif --exemplar torn --pair similar -o torn-pairs/ --skip-broken
ended 0 "torn-pairs/: 2 pictures" "--skip-broken compares with the others"
check "and names what is broken once" test "$(grep -c '^limn: skipped: torn/' err)" = 2
go in/x.tif in/y.tif --exemplar looks --pair similar -o whole-pairs/
check "as if it were not there" diff -r torn-pairs whole-pairs
go torn --random 3 -o torn-chance/
ended 3 "6 of 12 pictures could not be done" "pictures in three looks each"
check "what is broken is told once for all" test "$(grep -c '^limn: torn/dog3.tif: ' err)" = 1
mkdir twin
cp $other twin/dog1.tif
go in/x.tif --exemplar looks --exemplar twin -o twins/
ended 2 "dog1: two exemplars have this name, and their results would lie in one folder" "two of a name"
go in/x.tif --exemplar looks --exemplar twin --pair name -o twins/
ended 2 "dog1: two exemplars have this name, by which --pair chooses one" "two of a name, by name"
go in/x.tif --exemplar looks --exemplar twin --pair random -o twins/
ended 0 "twins/x.tif" "two of a name, by chance"

go in/x.tif --random 2 --interpolate 4 -o strip.png
ended 0 "strip.png" "a strip between two by chance"
# Cells of 64 x 64, two pixels around each: a content and its four steps, nothing on top.
ended 0 "5 pictures, 332 x 68" "its layout"
go in/x.tif in/x.tif --random 2 --interpolate 4 -o strips.png
ended 0 "10 pictures, 332 x 134" "a strip for each picture"
go in/x.tif in/z.jpg --exemplar $dogs --exemplar $other --interpolate 3 -o way.png
ended 0 "pictures, " "strips with their exemplars on top"
reads() { tr ',' '\n' <out | sed -n 's/.*"contents_read": //p' | tr -dc 0-9; }
go in/x.tif in/y.tif --random 5 -o read/ --json
check "a content is read once for all its looks" test "$(reads)" = 2
go in/x.tif in/y.tif --random 5 -o read.png --json
check "on a sheet as well" test "$(reads)" = 2

for direction in AtoB BtoA; do
    go in/x.tif --exemplar $dogs --direction $direction -o $direction.tif
done
check "AtoB is usual" same AtoB.tif alone1.tif
check "BtoA is another" test "$(cksum <AtoB.tif)" != "$(cksum <BtoA.tif)"
go in/x.tif --to A --exemplar $dogs -o to-a.tif
check "--to says the same" same to-a.tif BtoA.tif
go in/x.tif --direction AtoA -o itself.tif
ended 0 "itself.tif" "a reconstruction"
go in/x.tif --direction AtoA --exemplar in/x.tif -o own.tif
check "in its own style" same itself.tif own.tif
go in/x.tif --exemplar $dogs --style-strength 0 -o average1.tif
go in/x.tif --exemplar $other --style-strength 0 -o average2.tif
check "without strength all exemplars are one" same average1.tif average2.tif
go in/x.tif --exemplar $dogs --style-strength 1 -o full.tif
check "full strength is usual" same full.tif alone1.tif
size_of() { go in/y.tif --exemplar $dogs --size "$1" -o "size-$1.png"; grep -o '[0-9]* x [0-9]*' err | tail -n 1; }
check "the model's size" test "$(size_of model)" = "91 x 64"
check "kept" test "$(size_of keep)" = "190 x 133"
check "native" test "$(size_of native)" = "190 x 133"
picture line 1 3000 >line.tif
go line.tif --exemplar $dogs -o line.png
check "a line of pixels is not enlarged to millions" grep -q '1 x 3000' err
check "kept is not native" test "$(cksum <size-keep.png)" != "$(cksum <size-native.png)"
run translate in/x.tif -m whole-munit --exemplar $dogs -o munit.png
ended 0 "munit.png" "MUNIT by an exemplar"

# ---- what translating refuses ----

picture small 15 40 >small.tif
picture enough 16 40 >enough.tif
go small.tif --exemplar $dogs --size native -o no.png
ended 4 "small.tif: a picture of 15x40 with network dsmap: computing at a picture's own size takes 16x16" "native under 16 pixels"
go in/x.tif --exemplar small.tif --size native -o no.png
ended 4 "small.tif: a picture of 15x40" "an exemplar under 16 pixels"
go enough.tif --exemplar $dogs --size native -o enough.png
ended 0 "16 x 40" "native at 16 pixels"
for size in model keep; do
    go small.tif --exemplar small.tif --size $size -o small.png --force
    ended 0 "small.png" "15 pixels at the size $size"
done

refused() { # refused CODE WORDS WHAT OPTIONS...
    code=$1 words=$2 what=$3
    shift 3
    go in/x.tif -o no.png "$@"
    ended "$code" "$words" "$what"
}
refused 2 "a look is needed: --exemplar PICTURE, or --random N" "no look"
refused 2 "--exemplar and --random: choose one" "two kinds of looks" --exemplar $dogs --random 2
refused 2 "two exemplars or --random 2 are needed" "a way from one look" --exemplar $dogs --interpolate 4
mkdir -p twin && cp $other twin/dog1.tif
refused 2 "two exemplars have this name" "two exemplars of one stem" --exemplar $dogs --exemplar twin/dog1.tif
refused 4 "missing.jpg" "a missing exemplar" --exemplar missing.jpg
refused 4 "vgg.safetensors" "an exemplar that is no picture" --exemplar vgg.safetensors
refused 2 "the model has no such domain" "an unknown domain" --exemplar $dogs --to fox
refused 2 "--direction says another domain than --to" "--to against --direction" --exemplar $dogs --to A --direction AtoB
go in/y.tif --exemplar $dogs --size native --max-memory 1M -o no.png
ended 7 "" "over the memory limit"
run translate in/x.tif -m "$root/tests/kept/emoji.safetensors" --exemplar $dogs -o no.png
ended 2 "it reads no exemplars" "a two-step model with an exemplar"
run translate in/x.tif -m wave --exemplar $dogs -o no.png
ended 5 "Take limn stylize for it" "a style model"
check "nothing is left behind" test ! -e no.png

# ---- converting ----

run convert whole-dsmap -o named.safetensors --domain cat --domain dog --image-size 96
ended 0 "named.safetensors" "names and a size for a model"
run info named.safetensors
check "it has them" grep -qx '            dog' out
check "and the size" grep -q "shape  *size 96, width 2" out
run convert whole-dsmap -o none.safetensors --domain cat
ended 2 "--domain: 1 names, and the model has 2 domains" "one name"
run convert wave -o none.safetensors --image-size 96
ended 2 "has no size that it was trained at" "a size for a style"
size() { wc -c <"$1"; }
for direction in AtoB BtoA; do
    run convert whole-dsmap -o only.safetensors --force --only $direction
    ended 0 "only.safetensors" "only $direction"
    run convert whole-dsmap -o whole.safetensors --force --half
    check "half of the file" test $((100 * $(size only.safetensors))) -lt $((56 * $(size whole.safetensors)))
    go in/x.tif --exemplar $dogs --direction $direction -o whole.tif
    run translate -m only.safetensors in/x.tif --exemplar $dogs -o only.tif
    check "only $direction: that is what it does, as the whole" same whole.tif only.tif
    run bench only.safetensors --size 64 --runs 1
    check "a bench of one direction" grep -q "a further look [0-9.]* ms" out
    for lost in AtoB BtoA AtoA BtoB; do
        [ $lost != $direction ] || continue
        run translate -m only.safetensors in/x.tif --exemplar $dogs --direction $lost -o no.tif
        ended 2 "only.safetensors: the model keeps the direction" "only $direction: $lost is lost"
    done
    run info only.safetensors
    check "info says so" grep -q "shape .*, direction $direction" out
done
run convert only.safetensors -o none.safetensors --only AtoB
ended 2 "--only AtoB: the model keeps the direction B to A alone (limn convert --only), and reads no pictures of A" "the lost one"
run convert only.safetensors -o again.safetensors --only BtoA
check "the same direction again" same only.safetensors again.safetensors
begin dsmap none1 --steps 1 --init only.safetensors
ended 2 "--init only.safetensors: it is a dsmap" "training from half a model"
run convert wave -o none.safetensors --only AtoB
ended 2 "is not made of two directions" "a direction of a style"
check "nothing is left behind" test ! -e none.safetensors -a ! -e no.tif -a ! -e none1

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
