#!/bin/sh
# limn translate with a model that reads exemplars: words, places, refusals. What pictures come of
# them is compared in test_looks.c.
#
#   tests/toy/use.sh build/tests/toy/limn-toy SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/../train_common.sh"
mkdir -p photos/deep gallery none || exit 2
status=0
export LIMN_MODELS=none

for name in photos/a photos/b photos/deep/c gallery/x gallery/y A/1 B/1; do
    mkdir -p "${name%/*}"
    pattern "$name" | tiff 20 16 8 >$name.tif
done
pattern wide | tiff 2000 1000 8 >wide.tif
printf 'no picture' >broken.png
run train toy --data . --steps 2 --translation-steps 2 --width 4 -o model
ended 0 "done: 4 steps" "a model"

# translate WORDS...: by that model
translate() { run translate -m model "$@"; }
# plan WORDS...: lists where results would go
plan() {
    translate "$@" --dry-run
    check "$*: a dry run" test "$status" = 0
}
listed() { check "$1" grep -qxF "$1" out; }
refused() { # refused CODE SENTENCE WORDS...: and nothing is written
    wanted=$1 sentence=$2
    shift 2
    translate -o refused.png "$@"
    ended "$wanted" "$sentence" "$*"
    check "$*: nothing is written" test ! -e refused.png
}

# ---- where results go ----

plan photos/a.tif --exemplar gallery/x.tif -o one.png
listed "photos/a.tif -> one.png (20 x 16)"
plan photos/a.tif --exemplar gallery/x.tif --exemplar gallery/y.tif -o two
listed "photos/a.tif -> two/x/a.tif (20 x 16)"
listed "photos/a.tif -> two/y/a.tif (20 x 16)"
plan photos --recursive --exemplar gallery -o many --format png
listed "photos/deep/c.tif -> many/y/deep/c.png (20 x 16)"
plan photos --random 2 -o random
listed "photos/b.tif -> random/0002/b.tif (20 x 16)"
plan photos/a.tif --random 2 --interpolate 3 -o way/
listed "photos/a.tif -> way/0003/a.tif (20 x 16)"
plan photos --exemplar gallery/x.tif -o folder
listed "photos/b.tif -> folder/b.tif (20 x 16)"
plan photos --exemplar gallery -o sheet.png
listed "2 pictures in 2 looks -> sheet.png"
plan photos/a.tif --random 3 -o sheet.jpg
listed "1 picture in 3 looks -> sheet.jpg"
check "dry runs write nothing" sh -c '! ls -d one.png two many random way folder sheet.* 2>/dev/null'
translate photos --exemplar gallery -o results --json
check "--json tells the files" grep -q '"input": "photos/a.tif", "output": "results/x/a.tif", "state": "done"' out
check "of every look" grep -q '"done": 4, ' out
check "and they are there" test -s results/y/b.tif
translate photos --exemplar gallery -o sheet.png --json
ended 0 "sheet.png: 8 pictures, " "a sheet"
check "--json tells the sheet" grep -q '"sheet": "sheet.png", "pictures": 8, "width": [0-9]*, "height": [0-9]*[,}]' out
translate photos --exemplar gallery -o sheet.png
ended 2 "sheet.png: is there already. Pass --force to replace it." "a sheet replaces nothing"
translate photos --exemplar gallery -o sheet.png --force -q
check "a sheet with --force, and quiet" test "$status" = 0 -a ! -s err
translate photos --exemplar gallery -o results --skip-existing
ended 0 "4 left out" "results that are there are left out"
translate photos/a.tif --random 2 -o seeds --format png -q && translate photos/a.tif --random 2 --seed 1 -o others --format png -q
check "another seed, another look" sh -c '! cmp seeds/0001/a.png others/0001/a.png'
translate photos/a.tif --random 2 -o seeds/again --format png -q
check "the same seed, the same look" cmp seeds/0002/a.png seeds/again/0002/a.png
translate photos/a.tif --random 1 -o plain.png -q && translate photos/a.tif --random 1 --strength 0.5 -o half.png -q
check "--strength" sh -c '! cmp plain.png half.png'
translate photos/a.tif --random 1 --strength 0 -o input.png -q && translate photos/a.tif --random 1 --strength 0 --seed 7 -o same.png -q
check "with --strength 0 the look does not count" cmp input.png same.png
translate photos/a.tif --random 1 --preserve-colour -o grey.png -q
check "--preserve-colour" sh -c '! cmp plain.png grey.png'
translate photos/a.tif --random 1 --depth 16 -o deep.png -q
check "--depth 16" test "$(wc -c <deep.png)" -gt "$(wc -c <plain.png)"
translate photos/a.tif --random 1 --size native -o native.png
ended 0 "native.png: 20 x 16" "--size native"
translate photos/a.tif --from A --to A -o own.png
ended 0 "own.png: 20 x 16" "its own look within its domain"
translate photos/a.tif --direction AtoA -o own2.png -q
check "--direction in place of --from and --to" cmp own.png own2.png
translate photos/a.tif --direction BtoB --from B --to B -o own3.png
ended 0 "own3.png" "both, and they agree"
translate photos/a.tif broken.png --random 1 -o some
ended 3 "1 of 2 pictures could not be done" "a broken picture"

# ---- what is refused ----

refused 2 "a look is needed: --exemplar PICTURE, or --random N." photos/a.tif
refused 2 "a look is needed" photos/a.tif --direction BtoA
refused 2 "translate: needs PICTURE|FOLDER ..." --random 2
refused 2 "translate: needs PICTURE|FOLDER ..." --exemplar gallery/x.tif
refused 2 "--exemplar and --random: choose one of them." photos/a.tif --exemplar gallery/x.tif --random 2
refused 2 "--interpolate 1: at least 2 steps are needed." photos/a.tif --random 2 --interpolate 1
refused 2 "it goes from one style to another: --random 2." photos/a.tif --random 3 --interpolate 4
refused 2 "two exemplars or --random 2 are needed." photos/a.tif --exemplar gallery/x.tif --interpolate 4
refused 2 "two exemplars or --random 2 are needed." photos/a.tif --direction AtoA --interpolate 4
refused 2 "x: two exemplars have this name" photos/a.tif --exemplar gallery/x.tif --exemplar gallery
refused 2 "C: the model has no such domain." photos/a.tif --random 1 --to C
refused 2 "all: the model has no such domain. It has A, B." photos/a.tif --exemplar gallery/x.tif --to all
refused 2 "--direction says another domain than --to." photos/a.tif --random 1 --direction AtoB --to A
refused 2 "--direction says another domain than --from." photos/a.tif --random 1 --direction AtoB --from B
refused 2 "--direction BtoC: must be one of" photos/a.tif --random 1 --direction BtoC
refused 2 "--size 64: must be one of model, keep, native, detail." photos/a.tif --random 1 --size 64
refused 2 "--style-strength 3: must be between 0 and 2." photos/a.tif --random 1 --style-strength 3
refused 2 "refused.png: is the name of one picture, and there are several." photos --random 1
refused 4 "none: there is no picture in this folder." photos/a.tif --exemplar none
refused 4 "none: there is no picture in this folder." none --random 2
refused 4 "missing.png: there is no such file." photos/a.tif --exemplar missing.png
refused 4 "broken.png: is not a picture that limn reads" photos/a.tif --exemplar broken.png
refused 4 "broken.png: is not a picture that limn reads" broken.png --random 2 --dry-run
refused 4 "broken.png: is not a picture that limn reads" photos/a.tif broken.png --random 2
refused 7 "and the limit is" wide.tif --random 1 --size native --max-memory 64M
refused 7 "and the limit is" wide.tif --random 2 --size native --max-memory 64M
translate wide.tif --random 1 -o small.png --max-memory 64M
ended 0 "small.png: 32 x 16" "at the model's size it fits"
run stylize photos/a.tif -m model -o refused.png
ended 5 "a model of network toy. Take limn translate for it." "a verb that it is not for"
run upscale photos/a.tif -m model -o refused.png
ended 5 "Take limn translate for it." "a verb that it is not for"
run translate photos/a.tif -m "$root/tests/kept/emoji.safetensors" --to google --exemplar gallery/x.tif -o refused.png
ended 2 "--exemplar: $root/tests/kept/emoji.safetensors is a model of network two-step: it reads no exemplars. Leave it out." "a model without exemplars"
run translate photos/a.tif -m "$root/tests/kept/emoji.safetensors" --direction AtoB -o refused.png
ended 2 "--direction: $root/tests/kept/emoji.safetensors is a model of network two-step: name the domain with --to. Leave it out." "a model without two domains"
check "what is refused leaves nothing" test ! -e refused.png

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
