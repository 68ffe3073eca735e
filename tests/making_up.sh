#!/bin/sh
# limn makeup and limn train makeup as people use them, and what they refuse. Faces of ../shared are
# needed for most; what needs none comes first.
#
#   tests/making_up.sh LIMN FOLDER
set -u
limn=$(realpath "$1")
root=$PWD
shared=$root/../shared/data
rm -rf "$2"
mkdir -p "$2"
cd "$2" || exit 1
LIMN_MODELS=$root/models
export LIMN_MODELS
passed=0
failed=0

check() { # NAME COMMAND ...: must succeed
    name=$1
    shift
    if "$@" >out 2>err; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name: $*"
        cat err
    fi
}

refuse() { # STATUS WORDS COMMAND ...: must fail so, saying the words
    status=$1
    words=$2
    shift 2
    "$@" >out 2>err
    found=$?
    if [ "$found" = "$status" ] && grep -qF -e "$words" err; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $found, not $status, or not \"$words\": $*"
        cat err
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}

cat=$root/examples/chelsea.jpg
refuse 2 "say whose make-up: --like REFERENCE" "$limn" makeup "$cat" -o out.png
refuse 2 "nose: there is no such part" "$limn" makeup "$cat" --like "$cat" --parts nose -o out.png
refuse 2 "did you mean lips" "$limn" makeup "$cat" --like "$cat" --parts lip -o out.png
refuse 2 "there is no --like" "$limn" makeup "$cat" --remove --like-face 2 -o out.png
mkdir bare
cp "$root/models/faces.safetensors" bare
refuse 5 "limn train makeup --data FACES" env LIMN_MODELS="$PWD/bare" "$limn" makeup "$cat" --like "$cat" -o out.png
refuse 5 "Take limn stylize for it" "$limn" makeup "$cat" --like "$cat" -m wave -o out.png
echo '{"face": [[1, 2]]}' >few.json
echo 'no' >none.json
refuse 4 "has 1 points, and a face has 68" "$limn" makeup "$cat" --like "$cat" --landmarks few.json -o out.png
refuse 4 "it is no JSON" "$limn" makeup "$cat" --like "$cat" --landmarks none.json -o out.png
refuse 4 "no face was found" "$limn" makeup "$cat" --like "$cat" --dry-run -o out.png
mkdir cats
cp "$cat" cats/1.jpg
cp "$cat" cats/2.jpg
refuse 4 "no face was found in any" "$limn" train makeup --data cats -o cats-run --steps 1
[ ! -e cats-run/model.safetensors ] && [ ! -e out.png ] || refuse 0 "nothing left behind" false

me=$shared/makeup/no_makeup/xfsy_0226.png
star=$shared/makeup/makeup/vFG137.png
if [ ! -e "$me" ]; then
    echo "skipped: making up, $shared is not there"
    finish
fi

# ---- training ----

mkdir faces
for picture in "$shared"/makeup/*makeup/*.png; do ln -s "$picture" faces/; done
ln -s "$cat" faces/
train() {
    "$limn" train makeup --data faces --image-size 32 --width 4 --batch-size 2 --schedule constant \
        --ema 0.9 --save-every 1000 "$@"
}
state() { sed -n 's/.*state //p' err; }
check "training" train -o whole --steps 12
whole=$(state)
mv err said
check "a picture without a face is told" grep -qF "1 of 15 pictures show no face and are left out" said
check "training, first part" train -o parts --steps 5
check "training, the rest" "$limn" train --resume parts --steps 12
[ -n "$whole" ] && [ "$(state)" = "$whole" ] || refuse 0 "the same state as in one go" false
check "jitter, tanh" train -o jitter --steps 2 --colour-jitter --skip tanh --references faces
check "whole pictures" train -o wholes --steps 2 --whole --skip none
refuse 2 "a multiple of 4" "$limn" train makeup --data faces -o odd --steps 1 --image-size 33
refuse 2 "nothing would be learnt" train -o zero --steps 1 --gp-weight 0 --cp-weight 0

# ---- use ----

model=whole/model.safetensors
up() { "$limn" makeup "$me" -m "$model" --force "$@"; }
check "made up" up --like "$star" -o a.png
check "again" up --like "$star" -o b.png
cmp -s a.png b.png || refuse 0 "the same twice" false
check "strength 0" up --like "$star" --strength 0 -o zero.png
check "PSNR" "$limn" measure psnr zero.png "$me" --json
grep -q '"equal_pairs": 1' out || refuse 0 "strength 0 is the picture" false
check "where the faces are" up --like "$star" --dry-run --json -o c.png
mv out found.json
check "landmarks" up --like "$star" --landmarks found.json -o c.png
cmp -s a.png c.png || refuse 0 "the same by landmarks" false
check "removal by the average face" up --remove -o d.png
check "removal by a bare one" up --remove --like "$me" -o d.png
check "one file as both" up --like "$me" -o d.png
check "lips alone, in a folder" "$limn" makeup faces -m "$model" --like "$star" --parts lips -o folder --skip-broken
[ "$(ls folder | wc -l)" = 14 ] || refuse 0 "14 of 15" false
check "alone" "$limn" makeup faces/xfsy_0226.png -m "$model" --like "$star" --parts lips -o e.png
cmp -s e.png folder/xfsy_0226.png || refuse 0 "a picture alone is as in a folder" false
refuse 4 "face 3 was asked for, and it has 1" up --like "$star" --face 3 -o f.png
refuse 4 "--like $cat: no face was found" up --like "$cat" -o f.png
refuse 2 "it says where one face is" "$limn" makeup faces -m "$model" --like "$star" --landmarks found.json -o g
sed 's/"face": \[\[/"face": [[9000, 1], [/; s/, \[[^]]*\]\]/]/' found.json >far.json
refuse 4 "lies far outside" up --like "$star" --landmarks far.json -o f.png
[ ! -e f.png ] || refuse 0 "nothing left behind" false
finish
