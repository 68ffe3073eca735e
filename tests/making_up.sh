#!/bin/sh
# limn makeup and limn train makeup from the outside, and what they refuse. Faces of ../shared are
# needed for most; what needs none comes first.
#
#   tests/making_up.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"

shared=$root/../shared
cat=$root/examples/chelsea.jpg
same() { cmp -s "$1" "$2"; }
finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}
refused() { # refused CODE WORDS-ON-STDERR WORDS...
    code=$1 words=$2
    shift 2
    run "$@"
    ended "$code" "$words" "$*"
}

# ---- what needs no face ----

to() { refused "$1" "$2" makeup "$cat" -o out.png "$3" "$4" "$5" "$6"; }
refused 2 "say whose make-up: --like REFERENCE" makeup "$cat" -o out.png
to 2 "nose: there is no such part" --like "$cat" --parts nose
to 2 "did you mean lips" --like "$cat" --parts lip
to 2 "--parts: the text is empty" --like "$cat" --parts ""
refused 2 "there is no --like" makeup "$cat" --remove --like-face 2 -o out.png
mkdir bare
cp "$root/models/faces.safetensors" bare
LIMN_MODELS=$PWD/bare
refused 5 "limn train makeup --data FACES" makeup "$cat" --like "$cat" -o out.png
LIMN_MODELS=$root/models
to 5 "Take limn stylize for it" --like "$cat" -m wave
to 2 "--strength 2: must be between 0 and 1" --like "$cat" --strength 2
refused 4 "nowhere.jpg: there is no such file" makeup "$cat" --like nowhere.jpg --dry-run -o out.png
echo '{"face": [[1, 2]]}' >few.json
echo 'no' >none.json
to 4 "has 1 points, and a face has 68" --like "$cat" --landmarks few.json
to 4 "it is no JSON" --like "$cat" --landmarks none.json
to 4 "nowhere.json: there is no such file" --like "$cat" --landmarks nowhere.json
refused 4 "no face was found" makeup "$cat" --like "$cat" --dry-run -o out.png
mkdir cats
cp "$cat" cats/1.jpg
cp "$cat" cats/2.jpg
echo "no picture" >cats/3.png
refused 4 "no face was found in any" train makeup --data cats -o cats-run --steps 1 --threads 1
refused 4 "3.png: is not a picture" train makeup --data cats -o cats-run --steps 1 --threads 1 --strict
check "nothing is left behind" test ! -e cats-run -a ! -e out.png

# Published weights of the networks that find faces (F1 of faces.md).
weights=$shared/weights/face
detector=tiny_face_detector_model landmarks=face_landmark_68_model
manifests() { echo "$1/$detector-weights_manifest.json $1/$landmarks-weights_manifest.json"; }
if [ -e "$weights" ]; then
    begins() { [ "$(sha256sum "$weights/$1-shard1" | cut -c1-16)" = "$2" ]; }
    check "the detector as published" begins $detector b7503ce7df31039b
    check "the landmarks as published" begins $landmarks 4611ef65c87d836d
    check "the small landmarks as published" begins face_landmark_68_tiny_model b98e9f2f7da76f8a
    # shellcheck disable=SC2046 # two words
    run convert $(manifests "$weights") -o faces.safetensors
    ended 0 "faces, 550161 parameters" "both manifests in one file"
    mkdir short
    cp "$weights"/* short
    chmod u+w short/*
    head -c 193320 "$weights/$detector-shard1" >short/$detector-shard1
    # shellcheck disable=SC2046
    refused 5 "the weights need 193321 bytes" convert $(manifests short) -o short.safetensors
    echo "<html>" >short/$detector-shard1
    # shellcheck disable=SC2046
    refused 5 "it looks like a web page" convert $(manifests short) -o short.safetensors
    echo "<html></html>" >short/$detector-weights_manifest.json
    # shellcheck disable=SC2046
    refused 2 "(a web page): convert takes one model at a time" convert $(manifests short) -o short.safetensors
    check "nothing is left behind" test ! -e short.safetensors
else
    echo "skipped: published weights of faces, $weights is not there"
fi

me=$shared/data/makeup/no_makeup/xfsy_0226.png
star=$shared/data/makeup/makeup/vFG137.png
if [ ! -e "$me" ]; then
    echo "skipped: making up, $shared/data/makeup is not there"
    finish
fi

# ---- training ----

mkdir faces one
for picture in "$shared"/data/makeup/*makeup/*.png; do ln -s "$picture" faces/; done
ln -s "$cat" faces/
ln -s "$me" one/
small="--image-size 32 --width 4 --batch-size 2 --threads 1 --schedule constant --ema 0.9 --sample-every 1000"
train() { # train RUN OPTIONS...
    here=$1
    shift
    # shellcheck disable=SC2086,SC2046 # words
    run train makeup $(beside "--data faces $small" "$@") -o "$here" "$@"
}
train whole --steps 40 --save-every 1
ended 0 "1 of 15 pictures show no face and are left out" "a picture without a face is told"
whole=$(state)
# shellcheck disable=SC2086
cut_at cut KILL 1 train makeup --data faces $small --steps 40 --save-every 1 -o cut
cut_at cut TERM 7 train --resume cut
cut_at cut KILL 20 train --resume cut
run train --resume cut
ended 0 "done: 40 steps" "going on to the end"
check "the same bits as the run that was left alone" test -n "$whole" -a "$(state)" = "$whole"
check "each step once in the log" test "$(steps_in cut)" = 40
train spoilt --steps 12 --inject-nan 9 --on-nan stop
ended 8 "is not a number" "NaN ends with 8"
train jitter --steps 2 --colour-jitter --skip tanh --references faces
ended 0 "done: 2 steps" "jitter, tanh"
train wholes --steps 2 --whole --skip none
ended 0 "done: 2 steps" "whole pictures"
train single --data one --steps 1
ended 4 "one: there is one face, and a reference is another one" "one face alone"
train none --references cats --steps 1
ended 4 "cats: no face was found in any" "references without a face"
train odd --steps 1 --image-size 33
ended 2 "--image-size 33: a multiple of 4 is needed" "an odd size"
train zero --steps 1 --gp-weight 0 --cp-weight 0
ended 2 "nothing would be learnt" "no loss"
train other --steps 1 --init whole --skip tanh
ended 2 "Add --skip atanh" "a model with another skip"
train larger --steps 1 --init whole --image-size 64
ended 2 "size 32), and a makeup" "a model of another size"
check "no advice of an option that there is not" sh -c '! grep -qF ". Add" err'
for run in single none odd zero other larger; do
    check "nothing is left of $run" test ! -e $run
done
run train makeup --resume whole --skip tanh
ended 2 "--skip was \"atanh\" and is now \"tanh\"" "changed options are refused on resume"

# ---- use ----

with() { run makeup "$@" -m whole --threads 1; }
up() { with "$me" --force "$@"; }
made() { # made NAME OPTIONS...
    name=$1
    shift
    up "$@" -o "$name.png"
    ended 0 "" "$name"
}
made made --like "$star"
made again --like "$star"
check "the same twice" same made.png again.png
made zero --like "$star" --strength 0
run measure psnr zero.png "$me" --json
check "strength 0 is the picture" grep -q '"equal_pairs": 1' out
up --like "$star" --dry-run --json -o not.png
mv out found.json
check "a dry run writes nothing" test ! -e not.png
made marked --like "$star" --landmarks found.json
check "the same by landmarks" same made.png marked.png
made bare-by-average --remove
made bare-by-reference --remove --like "$me"
made itself --like "$me"
made deep --like "$star" --depth 16
cp "$star" star.png
ln star.png same.png
up --like star.png -o same.png
ended 2 "same.png: the result would replace the picture that it is made from" "--like as the result"
check "it stays" same star.png "$star"
with faces --like "$star" --parts lips -o folder --skip-broken
ended 0 "14 pictures" "lips alone, in a folder"
with faces/xfsy_0226.png --like "$star" --parts lips -o alone.png
check "a picture alone is as in a folder" same alone.png folder/xfsy_0226.png
with faces/xfsy_0226.png folder/xfsy_0521.png --like "$star" --parts lips -o batch
check "and as beside another" same alone.png batch/xfsy_0226.png

# All styles of a face side by side are faces as well.
run stylize "$me" --contact-sheet --threads 1 --size 256 -o sheet.jpg
with sheet.jpg --like "$star" -o several.jpg
ended 0 "faces, and the largest is taken; --face says which" "several faces"
with "$me" --like sheet.jpg -o several.png
ended 0 "faces, and the largest is taken; --like-face says which" "several references"

# ---- bad input ----

up --like "$star" --face 3 -o bad.png
ended 4 "face 3 was asked for, and it has 1" "a third face"
up --like "$star" --like-face 2 -o bad.png
ended 4 "vFG137.png: face 2 was asked for, and it has 1" "a second reference"
up --like "$cat" -o bad.png
ended 4 "--like $cat: no face was found" "a reference without a face"
with "$cat" --like "$star" -o bad.png
ended 4 "$cat: no face was found" "no face"
white 1 1 >dot.tif
with dot.tif --like "$star" -o bad.png
ended 4 "dot.tif: no face was found" "a picture of one pixel"
with faces --like "$star" --landmarks found.json -o bad
ended 2 "it says where one face is" "landmarks of a folder"
# The landmarks of the face changed by sed; those of the reference are found.
points=$(sed 's/.*"face": \[\(\[[^a-z]*\]\)\], "found".*/\1/' found.json)
lacking() { # lacking CODE WORDS POINTS WHAT
    printf '{"face": [%s]}' "$3" >points.json
    up --like "$star" --landmarks points.json -o bad.png
    ended "$1" "$2" "$4"
}
lacking 0 "" "$points" "landmarks of the face alone"
rm -f bad.png
lacking 4 "has 67 points, and a face has 68" "${points#*], }" "67 points"
lacking 4 "has 69 points, and a face has 68" "$points, [1, 2]" "69 points"
lacking 4 "lies far outside" "[9000, 1], ${points#*], }" "points outside"
lacking 4 "it is no JSON" "[NaN, 1], ${points#*], }" "NaN"
lacking 4 "point 0 of \"face\" is not two numbers" "[\"a\", 1], ${points#*], }" "a word"
smaller=$(echo "$points" | awk -v RS=', ' '{ gsub(/[][]/, ""); printf "%g ", 100 + $0 / 10 }' |
    awk '{ for (i = 1; i <= NF; i += 2) printf "%s[%s, %s]", (i > 1 ? ", " : ""), $i, $(i + 1) }')
lacking 4 "it is smaller than 48 pixels" "$smaller" "a small face"
run translate "$me" -m whole -o bad.png
ended 5 "Take limn makeup for it" "translating by a model of make-up"
check "nothing is left behind" test ! -e bad.png -a ! -e bad
finish
