#!/bin/sh
# The program as its users meet it: exit codes, sentences, files that appear and files that must not.
#
#   tests/cli.sh build/limn SCRATCH [SHARED]
#
# SCRATCH is a folder that the tests may empty. SHARED, where real weights and pictures lie, defaults
# to ../shared beside this tree; without it the tests that need it are left out by name.
set -u
[ $# -ge 2 ] || { echo "usage: $0 PROGRAM SCRATCH [SHARED]" >&2; exit 2; }
limn=$(realpath "$1")
"$limn" --version >/dev/null || { echo "0 passed, 1 failed"; exit 1; }
scratch=$2
root=$(realpath "$(dirname "$0")/..")
shared=${3:-$root/../shared}
rm -rf "$scratch"
mkdir -p "$scratch" || exit 2
scratch=$(realpath "$scratch")
[ ! -d "$shared" ] || shared=$(realpath "$shared")
cd "$scratch" || exit 2
passed=0 failed=0 skipped=0 mounted=
export LIMN_MODELS="$scratch/shelf"
export LC_ALL=C

leave() {
    for folder in $mounted; do umount "$folder"; done
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

# ---- how a test is written ----

# run WORDS...: runs the program; what it said is in out and err, how it ended in $status.
run() {
    ran="limn $*"
    "$limn" "$@" >out 2>err </dev/null
    status=$?
}

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n    %s\n' "$ran" "$1"
    sed 's/^/    stderr: /' err | head -n 5
}
skip() {
    skipped=$((skipped + 1))
    printf 'skipped: %s\n' "$1"
}

check_status() {
    if [ "$status" = "$1" ]; then pass; else fail "ended with $status instead of $1"; fi
}
# check_stderr WORDS: a part of what it said. check_stdout likewise.
check_stderr() {
    if grep -qF -- "$1" err; then pass; else fail "said nothing of '$1' on stderr"; fi
}
check_stdout() {
    if grep -qF -- "$1" out; then pass; else fail "said nothing of '$1' on stdout"; fi
}
check_quiet() {
    if [ -s "$1" ]; then fail "said something on std$1: $(head -n 2 "$1")"; else pass; fi
}
check_file() {
    if [ -s "$1" ]; then pass; else fail "did not make $1"; fi
}
check_no_file() {
    if [ -e "$1" ]; then fail "left $1"; else pass; fi
}
check_same() {
    if cmp -s "$1" "$2"; then pass; else fail "made $1 and $2 different"; fi
}
check_differ() {
    if cmp -s "$1" "$2"; then fail "made $1 and $2 alike"; else pass; fi
}
# check_size FILE "640 x 480": by what a dry run prints.
check_size() {
    "$limn" stylize "$1" -o never.png --dry-run >size 2>&1
    if grep -qF "($2)" size; then pass; else fail "made $1 not of $2: $(cat size)"; fi
}
# refused STATUS WORDS ARGUMENTS...: ends with the status, says the words, makes no x.png.
refused() {
    wanted=$1 words=$2
    shift 2
    rm -f x.png
    run "$@"
    check_status "$wanted"
    check_stderr "$words"
    check_no_file x.png
}

# with_models FOLDER COMMAND...: the command with other models than usual.
with_models() {
    usual=$LIMN_MODELS
    LIMN_MODELS=$1
    shift
    "$@"
    LIMN_MODELS=$usual
}

# ---- what the tests work with ----

# A picture of 2 x 2 pixels; another with 16 bits and alpha.
printf '\211PNG\015\012\032\012\000\000\000\015IHDR\000\000\000\002\000\000\000\002\010\002\000\000\000\375\324\232s\000\000\000\026IDATx\332c\320\0209\261@\304\206Ac\225\315\202U\047\000\035\240\005\025\031\345\304\312\000\000\000\000IEND\256B`\202' >small.png
printf '\211PNG\015\012\032\012\000\000\000\015IHDR\000\000\000\002\000\000\000\002\020\006\000\000\000\042&\321g\000\000\000!IDATx\332c`\000\002F\235\377\377_\045\200h?\005\040w\216\003\210\361*\001D\377\377\017\000\211\204\011\331\265\326>q\000\000\000\000IEND\256B`\202' >deep.png
# 70,000 x 70,000 pixels, as its header says.
printf '\211PNG\015\012\032\012\000\000\000\015IHDR\000\001\021p\000\001\021p\010\002\000\000\000\260\134\243\234\000\000\000\014IDATx\234c`\240=\000\000\000d\000\001\206d<5\000\000\000\000IEND\256B`\202' >huge.png

# 8 bytes, the lowest first.
little() {
    number=$1 count=8
    while [ "$count" -gt 0 ]; do
        # shellcheck disable=SC2059 # an octal escape is made here
        printf "\\$(printf '%03o' $((number % 256)))"
        number=$((number / 256)) count=$((count - 1))
    done
}
# safetensors JSON BYTES: a file with this header and as many zeros for values.
safetensors() {
    little ${#1}
    printf '%s' "$1"
    head -c "$2" /dev/zero
}
# The network of pytorch/examples, 4 channels wide, all zero but for the last
# bias: every picture becomes one flat colour, (200, 100, 50).
flat_model() {
    header=$(awk 'function tensor(name, shape, count) {
            printf "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}", comma, name,
                shape, at, at + 4 * count
            at += 4 * count
            comma = ","
        }
        function conv(name, o, i, k) {
            tensor(name ".conv2d.weight", o "," i "," k "," k, o * i * k * k)
            tensor(name ".conv2d.bias", o, o)
        }
        function norm(name, c) { tensor(name ".weight", c, c); tensor(name ".bias", c, c) }
        BEGIN {
            printf "{"
            conv("conv1", 4, 3, 9); norm("in1", 4)
            conv("conv2", 8, 4, 3); norm("in2", 8)
            conv("conv3", 16, 8, 3); norm("in3", 16)
            for (block = 1; block <= 5; block++) {
                conv("res" block ".conv1", 16, 16, 3); norm("res" block ".in1", 16)
                conv("res" block ".conv2", 16, 16, 3); norm("res" block ".in2", 16)
            }
            conv("deconv1", 8, 16, 3); norm("in4", 8)
            conv("deconv2", 4, 8, 3); norm("in5", 4)
            conv("deconv3", 3, 4, 9)
            printf "}%d", at
        }')
    bytes=${header##*\}}
    safetensors "${header%"$bytes"}" $((bytes - 12))
    printf '\000\000\110\103\000\000\310\102\000\000\110\102'
}
mkdir shelf
flat_model >flat.safetensors
cp flat.safetensors shelf/flat.safetensors

# ---- words ----

run
check_status 2
check_stderr "usage: limn VERB"
run --version
check_status 0
check_stdout "limn "
run --help
check_status 0
check_stdout "stylize"
run stylize --help
check_status 0
check_stdout "--preserve-colour"
check_quiet err
run help stylize
check_stdout "usage: limn stylize"
refused 2 "Did you mean stylize?" stilize
refused 2 "there is no such verb" paintbrush
refused 2 "Did you mean info?" help inof
refused 2 "Did you mean train two-step?" help two-step
refused 2 "train foo: there is no such verb. There are train dsmap, train makeup, train munit, train paired, train style, train two-step, train upscale, train egsc-it, train unit." train foo
refused 2 "there are train dsmap, train makeup, train munit, train paired, train style, train two-step, train upscale, train egsc-it, train unit" train
run train --help
check_stdout "There are: train dsmap, train makeup, train munit, train paired, train style,"
refused 2 "--content a.jpg --style b.jpg" paint a.jpg b.jpg -o x.png
refused 2 "needs PICTURE|FOLDER" stylize
refused 2 "takes no arguments" models one two
run help --markdown
check_status 0
if [ -f "$root/docs/manual.md" ]; then
    if cmp -s out "$root/docs/manual.md"; then pass; else
        fail "docs/manual.md differs: build/limn help --markdown > docs/manual.md"
    fi
fi

refused 2 "--qualty: there is no such option. Did you mean --quality?" stylize small.png --qualty 9 -o x.png
refused 2 "Did you mean --preserve-colour?" stylize small.png --preserve -o x.png
refused 2 "Did you mean --max-memory?" stylize small.png --max_memry 9M -o x.png
refused 2 "--help lists those there are" stylize small.png --moustache -o x.png
refused 2 "-z: there is no such option" stylize small.png -z -o x.png
refused 2 "--quality 101: must be between 1 and 100." stylize small.png --quality 101 -o x.png
refused 2 "--quality 0: must be between 1 and 100." stylize small.png --quality=0 -o x.png
refused 2 "--strength 1.5: must be between 0 and 1." stylize small.png --strength 1.5 -o x.png
refused 2 "--strength nan: must be a number between 0 and 1." stylize small.png --strength nan -o x.png
refused 2 "--strength -1: must be between 0 and 1." stylize small.png --strength -1 -o x.png
refused 2 "--size 12px: must be a whole number." stylize small.png --size 12px -o x.png
refused 2 "--size 99999999999999999999: must be between" stylize small.png --size 99999999999999999999 -o x.png
refused 2 "--max-memory lots: must be a number of bytes" stylize small.png --max-memory lots -o x.png
refused 2 "--precision fats: must be one of exact, fast. Did you mean fast?" stylize small.png --precision fats -o x.png
refused 2 "--depth 12: must be one of 8, 16" stylize small.png --depth 12 -o x.png
refused 2 "--direction up: must be one of AtoB, BtoA, AtoA, BtoB." translate small.png --direction up -o x.png
refused 2 "--size: needs a value: --size N." stylize small.png -o x.png --size
refused 2 "-o: needs a value" stylize small.png -o --force
refused 2 "--force: takes no value." stylize small.png -o x.png --force=yes
refused 2 "--model: the name is empty" stylize small.png -o x.png --model=
run stylize small.png --qualty 9 --json
check_status 2
check_stdout '{"status": 2, "message": "--qualty: there is no such option.'

# ---- one picture ----

run stylize small.png -o one.png
check_status 0
check_file one.png
check_stderr "model: $scratch/shelf/flat.safetensors"
check_quiet out
check_size one.png "2 x 2"
run stylize small.png -q -m flat.safetensors -o two.png
check_status 0
check_quiet err
check_same one.png two.png
run stylize small.png -qmflat -otwo.png --force
check_status 0
run stylize --preserve_colour --strength=.5 --output half.png -- small.png
check_status 0
check_differ one.png half.png
run stylize small.png --strength 0 -o zero.png
run stylize zero.png --strength 0 -o again.png
check_status 0
check_same zero.png again.png
for size in 1 3 5 17 64; do
    run stylize small.png --size $size -o size$size.png
    check_status 0
    check_size size$size.png "$size x $size"
done
run stylize small.png --size 160 --strength 0.3 -o photo.jpg --quality 80
check_status 0
check_size photo.jpg "160 x 160"
for ending in webp tif tiff JPG jpeg; do
    run stylize photo.jpg --size 64 -o photo.$ending
    check_status 0
    check_size photo.$ending "64 x 64"
done
run stylize deep.png -o deep-out.png --json
check_status 0
check_stdout '"status": 0'
check_stdout '"state": "done"'
check_stdout '"width": 2, "height": 2'
run stylize deep.png -o laid.jpg
check_status 0
check_stderr "deep.png: JPEG has no transparency, so it is laid on white"
run stylize photo.jpg --depth 16 --size 32 -o sixteen.png
check_status 0
run stylize photo.jpg --size 32 -o eight.png
check_differ sixteen.png eight.png
for isa in baseline avx2 avx512 avx512-bf16 avx512-fp16; do
    run stylize photo.jpg --isa $isa --size 40 -o isa-$isa.png
    if [ "$status" = 9 ]; then
        check_stderr "this processor does not have it"
        check_no_file isa-$isa.png
        skip "kernels for $isa: this processor does not have it"
    else
        check_status 0
    fi
done
run stylize photo.jpg --precision fast --threads 1 -o fast.png
check_status 0

run stylize photo.jpg --contact-sheet --size 60 -o sheet.png --json
check_status 0
check_stderr "row by row: the photograph, flat"
check_stdout '"styles": ["flat"]'
check_file sheet.png
with_models "$scratch/nothing" refused 5 "No styles were found" stylize small.png --contact-sheet -o x.png
refused 2 "choose one of them" stylize small.png --contact-sheet -m flat -o x.png

# ---- refusals before any work ----

refused 2 "say where the result goes" stylize small.png
refused 2 "one.png: is there already. Pass --force to replace" stylize small.png -o one.png
ln -s small.png same.png
refused 2 "small.png: the result would replace the picture" stylize small.png -o .
refused 2 "small.png: the result would replace the picture" stylize small.png -o ./ --force
refused 2 "same.png: the result would replace the picture" stylize small.png -o same.png --force
for result in small.png same.png; do
    refused 2 "$result: the result would replace the picture" paint --content photo.jpg --style small.png -o $result --force
    refused 2 "$result: the result would replace the picture" paint --content small.png --style photo.jpg -o $result --force
    refused 2 "$result: the result would replace the picture" paint --content photo.jpg --style photo.jpg --init small.png -o $result --force
done
rm same.png
refused 2 "its ending is none of" stylize small.png -o x
refused 2 "its ending is none of" stylize small.png -o x.bmp
refused 2 "choose one of them" stylize small.png -o x.png --force --skip-existing
refused 2 "choose one of them" stylize small.png -o x.png --strict --skip-broken
refused 2 "JPEG" stylize small.png -o x.jpg --depth 16
refused 2 "--format says" stylize small.png -o x.png --format jpg
refused 6 "folder is not there" stylize small.png -o nowhere/x.png
refused 2 "is the name of one picture" stylize small.png deep.png -o x.png
refused 2 "is a file" stylize small.png deep.png -o one.png
cp one.png kept.png
run stylize small.png -o one.png --strength 0
check_same one.png kept.png
run stylize small.png -o one.png --strength 0 --force
check_status 0
check_differ one.png kept.png

# ---- pictures that cannot be read ----

printf 'Dear diary, today I made a picture.\n' >text.jpg
printf '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' >svg.png
: >empty.png
head -c 500 photo.jpg >cut.jpg
head -c 60 small.png >cut.png
mkfifo pipe.png
refused 4 "missing.jpg: there is no such file" stylize missing.jpg -o x.png
refused 4 "empty.png" stylize empty.png -o x.png
refused 4 "cut.jpg" stylize cut.jpg -o x.png
refused 4 "cut.png" stylize cut.png -o x.png
refused 4 "text.jpg" stylize text.jpg -o x.png
refused 4 "SVG" stylize svg.png -o x.png
refused 4 "70000" stylize huge.png -o x.png
refused 4 "pipe.png" stylize pipe.png -o x.png
refused 4 "there is no such folder" stylize gone/ -o x.png
run stylize text.jpg -o x.png --json
check_status 4
check_stdout '{"status": 4, "message": "text.jpg'
check_stdout '"state": "failed"'

latin=$(printf 'caf\351.png')
cp small.png "$latin"
run stylize "$latin" -o x.png --force --json
check_status 0
check_stdout "$(printf '"input": "caf\357\277\275.png"')"

# Names that would command a terminal: ESC, and CSI as UTF-8 has it.
wild=$(printf 'a\033[31m\302\233b')
cp small.png "$wild.png"
cp flat.safetensors "$wild.safetensors"
mkdir wild
cp "$wild.safetensors" wild
run stylize "$wild.png" -o "$wild.jpg" --dry-run
check_stdout "a?[31m??b.png -> a?[31m??b.jpg (2 x 2)"
mkdir wild-a wild-b
: >"wild-a/$wild.png"
run stylize small.png "$wild.png" -o wild-a --skip-existing --dry-run
check_stdout "a?[31m??b.png: left out, wild-a/a?[31m??b.png is there already"
run info "$wild.safetensors"
check_stdout "file        a?[31m??b.safetensors"
with_models "$scratch/wild" run models
check_stdout "/wild/a?[31m??b.safetensors"
cp small.png "wild-a/$wild.png"
cp small.png "wild-b/$wild.png"
run measure psnr wild-a wild-b -v
check_stdout "wild-a/a?[31m??b.png inf"
run stylize "$wild.nothing" -o x.png --force
check_stderr "a?[31m??b.nothing: there is no such file"
rm -r wild wild-a wild-b "$wild.png" "$wild.safetensors"

# ---- many pictures ----

mkdir -p album/deeper album/.hidden
cp photo.jpg album/a.jpg
cp small.png album/b.png
cp deep.png album/deeper/c.PNG
cp small.png album/.hidden/d.png
echo notes >album/notes.txt
run stylize album -o painted -v
check_status 0
check_file painted/a.jpg
check_file painted/b.png
check_no_file painted/deeper
check_no_file painted/notes.txt
check_stderr "painted/a.jpg: 160 x 160"
check_stderr "2 pictures in"
run stylize album -o painted --recursive
check_status 2
check_stderr "painted/a.jpg: is there already, and 1 more"
check_no_file painted/deeper
run stylize album -o painted --recursive --skip-existing --json
check_status 0
check_file painted/deeper/c.PNG
check_no_file painted/.hidden
check_stdout '"done": 1, "skipped": 2, "failed": 0'
run stylize album -o painted --recursive --force
check_status 0
run stylize album -o png/ --format png
check_status 0
check_file png/a.png
run stylize album -o planned --recursive --dry-run
check_status 0
check_stdout "album/a.jpg -> planned/a.jpg (160 x 160)"
check_no_file planned
run stylize small.png -o single/
check_status 0
check_file single/small.png
run stylize small.png -o painted
check_file painted/small.png
run stylize album -o album/done --recursive
check_status 0
run stylize album -o album/done --recursive --force
check_status 0
check_no_file album/done/done
rm -r album/done
run stylize album/b.png small.png -o .
check_status 2
cp small.png b.png
run stylize album/b.png ./b.png -o twice
check_status 2
check_stderr "both would be written to twice/b.png"
check_no_file twice
cp album/notes.txt album/IMG_1.HEIC
run stylize album -o some --size 8
check_status 0
check_stderr "left alone: 1 .heic: not read by limn"
rm album/IMG_1.HEIC
mkdir bare
run stylize bare -o x
check_status 4
check_stderr "there is no picture in this folder"
check_no_file x

cp text.jpg album/broken.jpg
run stylize album -o part --json
check_status 3
check_file part/a.jpg
check_no_file part/broken.jpg
check_stderr "album/broken.jpg"
check_stderr "1 of 3 pictures could not be done (named above). --skip-broken passes over such."
check_stdout '"status": 3'
check_stdout '"done": 2, "skipped": 0, "failed": 1'
run stylize album -o skip --skip-broken
check_status 0
check_stderr "skipped: album/broken.jpg"
run stylize text.jpg cut.jpg -o skip --skip-broken
check_status 4
check_stderr "nothing was made"
run stylize album -o strict --strict
check_status 4
check_no_file strict
mkdir torn
cp half.png torn/a.png
"$limn" stylize photo.jpg --size 320 -o whole.png -q
head -c $(($(wc -c <whole.png) * 3 / 4)) whole.png >torn/b.png
cp half.png torn/c.png
run stylize torn -o strict --strict --json
check_status 3
check_stderr "After 1 of 3 pictures: torn/b.png: the file ends in the middle"
check_stdout '{"status": 3, "message": "After 1 of 3 pictures'
check_file strict/a.png
check_no_file strict/c.png
rm -r torn strict
run stylize text.jpg svg.png -o none
check_status 4
check_stderr "2 of 2 pictures could not be done"
check_no_file none

# ---- models ----

refused 5 "no.safetensors" stylize small.png -m ./no.safetensors -o x.png
refused 5 "Did you mean flat?" stylize small.png -m flatt -o x.png
refused 5 "limn models lists" stylize small.png -m impressionism -o x.png
with_models "$scratch/bare" refused 5 "--model FILE" stylize small.png -o x.png
with_models "$scratch/bare:$scratch/gone" run models
check_stderr "LIMN_MODELS: $scratch/gone: there is no such folder. Check the name."
with_models "$scratch/gone" run doctor --json
check_stdout "LIMN_MODELS: $scratch/gone"
refused 5 "none for limn upscale" upscale small.png --scale 8 -o x.png
mkdir -p as/run as/flat
cp flat.safetensors as/run/model.safetensors
run stylize small.png -m as/run -o of-run.png
check_status 0
check_same of-run.png two.png
run info as/run/
check_stdout "file        as/run/model.safetensors"
refused 5 "there is no model.safetensors in this folder" stylize small.png -m as/flat -o x.png
refused 5 "text.jpg" stylize small.png -m text.jpg -o x.png
refused 5 "photo.jpg" stylize small.png -m photo.jpg -o x.png
refused 5 "empty.png" stylize small.png -m empty.png -o x.png
run stylize album -m text.jpg -o x
check_status 5
check_no_file x
size=$(wc -c <flat.safetensors)
for part in 4 100 $((size / 2)) $((size - 1)); do
    head -c "$part" flat.safetensors >cut.safetensors
    refused 5 "cut.safetensors" stylize small.png -m ./cut.safetensors -o x.png
done

# hostile NAME JSON BYTES: a safetensors file that must be refused.
hostile() {
    safetensors "$2" "$3" >"$1.safetensors"
    refused 5 "$1.safetensors" stylize small.png -m "./$1.safetensors" -o x.png
}
tensor='"dtype":"F32","shape"'
hostile overlap "{\"a\":{$tensor:[2],\"data_offsets\":[0,8]},\"b\":{$tensor:[2],\"data_offsets\":[4,12]}}" 12
hostile hole "{\"a\":{$tensor:[1],\"data_offsets\":[0,4]},\"b\":{$tensor:[1],\"data_offsets\":[8,12]}}" 12
hostile outside "{\"a\":{$tensor:[4],\"data_offsets\":[0,16]}}" 8
hostile double "{\"a\":{$tensor:[1],\"data_offsets\":[0,4]},\"a\":{$tensor:[1],\"data_offsets\":[4,8]}}" 8
hostile overflow "{\"a\":{$tensor:[4294967296,4294967296,4],\"data_offsets\":[0,0]}}" 0
hostile backwards "{\"a\":{$tensor:[1],\"data_offsets\":[4,0]}}" 4
hostile wrongsize "{\"a\":{$tensor:[3],\"data_offsets\":[0,8]}}" 8
hostile dtype '{"a":{"dtype":"F999","shape":[1],"data_offsets":[0,4]}}' 4
hostile notjson '{"a":' 4
hostile otherkind "{\"a\":{$tensor:[1],\"data_offsets\":[0,4]}}" 4
{ little 9000000000000000000; echo '{}'; } >long.safetensors
refused 5 "long.safetensors" stylize small.png -m ./long.safetensors -o x.png

# pickle NAME OCTAL: a legacy .pth whose first pickle would do harm where it were executed.
pickle() {
    # shellcheck disable=SC2059 # octal escapes
    printf "$2" >"$1.pth"
    refused 5 "$1.pth" stylize small.png -m "./$1.pth" -o x.png
    check_no_file pwned
}
pickle system '\200\002cos\nsystem\nX\015\000\000\000touch\040pwned.\n\205R.'
pickle popen '\200\002csubprocess\nPopen\n(X\005\000\000\000touchX\005\000\000\000pwnedl\205R.'
pickle build '\200\002c__builtin__\nobject\n)\201}b.'
pickle instance '(ios\nsystem\n.'
pickle getattr '\200\002c__builtin__\ngetattr\ncos\nX\006\000\000\000system\206R.'
pickle memo '\200\002j\377\377\377\377.'
pickle endless '\200\002((((((((((((((((('
pickle bytes '\200\002\216\377\377\377\377\377\377\377\177'

# ---- limits: memory, space, permission ----

refused 7 "memory" stylize photo.jpg --size 800 --max-memory 2M -o x.png
"$limn" stylize photo.jpg --size 320 -o larger.png -q
refused 7 "320 x 320 pixels, which need 1.2 MB of memory" stylize larger.png --max-memory 1M -o x.png
refused 7 "raise --max-memory" paint --content larger.png --style small.png --max-memory 1M \
    --loss-network flat.safetensors -o x.png
# An address space that 8192 x 8192 pixels do not fit in; sanitizers want more than that to begin.
# shellcheck disable=SC3045 # dash and bash have it
if (ulimit -v 700000 && "$limn" --version) >/dev/null 2>&1; then
    ran="limn paint without memory for a larger photograph"
    (ulimit -v 700000 && exec "$limn" paint --content small.png --style small.png --size 8192 \
        --loss-network flat.safetensors -o x.png) >out 2>err
    status=$?
    check_status 7
    check_stderr "No memory for a picture of 8192 x 8192 pixels"
else
    skip "paint without memory: the address space cannot be bounded"
fi
if (ulimit -f 8) 2>/dev/null; then
    trap '' XFSZ 2>/dev/null || true
    ran="limn stylize with files of at most 4 KiB"
    (ulimit -f 8 && exec "$limn" stylize photo.jpg --strength 0 -o x.tif) >out 2>err
    status=$?
    trap - XFSZ 2>/dev/null || true
    check_status 6
    check_stderr "x.tif: cannot be written"
    check_no_file x.tif
fi
if [ -w /dev/full ]; then
    ran="limn models > /dev/full"
    "$limn" models >/dev/full 2>err
    status=$?
    check_status 6
    check_stderr "could not be written to stdout"
else
    skip "a full disk for stdout: there is no /dev/full"
fi

# mount_at FOLDER OPTIONS: a small file system, taken away at the end.
mount_at() {
    mkdir -p "$1"
    mount -t tmpfs -o "$2" tmpfs "$1" 2>/dev/null || return 1
    mounted="$mounted $scratch/$1"
}
if mount_at full size=16k,mode=777; then
    run stylize photo.jpg --strength 0 -o full/x.tif
    check_status 6
    check_stderr "the disk is full"
    check_no_file full/x.tif
    run stylize album -o full/album --format tif --size 200 --strength 0
    check_stderr "the disk is full"
    run convert flat.safetensors -o full/y.safetensors
    check_status 6
    check_no_file full/y.safetensors
    ran="what a full disk left"
    if find full -name '.*' -type f | grep -q .; then fail "temporary files"; else pass; fi
else
    skip "a full disk: this user may not mount one"
fi
if [ "$(id -u)" != 0 ]; then
    mkdir closed && chmod 555 closed
    refused 6 "no permission to write" stylize small.png -o closed/x.png
    refused 6 "closed" stylize small.png photo.jpg -o closed/new/
    refused 6 "cannot be written to" stylize small.png photo.jpg -o closed/new/ --dry-run
elif mount_at closed ro,size=64k; then
    refused 6 "read-only" stylize small.png -o closed/x.png
    refused 6 "read-only" stylize small.png photo.jpg -o closed/new/
    refused 6 "cannot be written to" stylize small.png photo.jpg -o closed/new/ --dry-run
else
    skip "a folder that cannot be written to: root may write everywhere here"
fi

# ---- convert, info, models, bench, doctor ----

run convert flat.safetensors -o own.safetensors
check_status 0
check_file own.safetensors
run convert flat.safetensors -o half.safetensors --half
check_status 0
if [ "$(wc -c <half.safetensors)" -lt "$(wc -c <own.safetensors)" ]; then pass; else
    fail "--half is not smaller"
fi
run convert half.safetensors -o kept.safetensors
check_stderr "16-bit floats"
check_same kept.safetensors half.safetensors
run convert half.safetensors -o whole.safetensors --no-half
check_stderr "32-bit floats"
refused 2 "the file says that its network is torch-examples" convert half.safetensors --network sr -o z.safetensors
run stylize photo.jpg --size 64 -m ./flat.safetensors -o from-flat.png
run stylize photo.jpg --size 64 -m ./own.safetensors -o from-own.png
check_same from-flat.png from-own.png
run stylize photo.jpg --size 64 -m ./half.safetensors -o from-half.png
check_same from-flat.png from-half.png
run convert flat.safetensors -o told.safetensors --describe limn.rank=3 --describe note=hand-made
run info told.safetensors
check_stdout "note = hand-made"
refused 2 "KEY=VALUE is meant" convert flat.safetensors -o z.safetensors --describe note
refused 2 "the file says that itself" convert flat.safetensors -o z.safetensors --describe limn.network=x
refused 2 "half.safetensors: is there already" convert flat.safetensors -o half.safetensors
refused 2 "End the name in .safetensors" convert flat.safetensors -o x.png
refused 2 "say where the result goes" convert flat.safetensors
refused 5 "text.jpg" convert text.jpg -o y.safetensors
refused 5 "cut.safetensors" convert ./cut.safetensors -o y.safetensors
check_no_file y.safetensors

cp "$root"/tests/reference/published_net_?.npz .
run convert published_net_g.npz --domain cats --domain dogs -o published.safetensors --json
check_status 0
check_stdout '"network": "two-step"'
check_stderr "published.safetensors: two-step"
run convert published_net_p.npz published_net_g.npz published_net_e.npz -o thin.safetensors --half --describe note=found
check_status 0
if [ "$(wc -c <thin.safetensors)" -lt "$(wc -c <published.safetensors)" ]; then pass; else
    fail "--half is not smaller"
fi
run info thin.safetensors --json
check_stdout '"note": "found"'
check_stdout '\"stretch\": true'
run translate photo.jpg -m published.safetensors --to dogs -o translated.png
check_status 0
check_file translated.png
mkdir pair
cp flat.safetensors pair/flat.safetensors
cp published.safetensors pair/pets.safetensors
run convert published_net_g.npz --domain cats --domain dogs --describe limn.rank=1 -o pair/first.safetensors
with_models "$scratch/pair" run models
check_status 0
check_stdout "first                translate 16  $scratch/pair/first.safetensors (cats, dogs)"
check_stdout "flat                 stylize       $scratch/pair/flat.safetensors"
with_models "$scratch/pair" run models --json
check_stdout '"name": "pets", "method": "two-step", "verb": "translate", "network": "two-step", "scale": null, "size": 16, "file": "'
with_models "$scratch/pair" run translate photo.jpg -m pets --to dogs -o named.png
check_status 0
check_same named.png translated.png
check_quiet out
with_models "$scratch/pair" run translate photo.jpg --to dogs -o best.png
check_status 0
check_stderr "model: $scratch/pair/first.safetensors"
check_same best.png translated.png
with_models "$scratch/pair" run translate photo.jpg --to birds -o x.png
check_status 2
check_stderr "It has cats, dogs."
with_models "$scratch/pair" run info pets
check_stdout "method      two-step"
with_models "$scratch/pair" run stylize small.png -o other.png
check_status 0
check_stderr "model: $scratch/pair/flat.safetensors"
with_models "$scratch/pair" refused 5 "Take limn translate for it" stylize small.png -m pets -o x.png
with_models "$scratch/pair" refused 5 "Did you mean pets?" translate small.png -m pest --to dogs -o x.png
refused 5 "flat.safetensors: a model of network torch-examples. Take limn stylize for it." translate small.png -m flat --to dogs -o x.png
refused 5 "No model was named, and limn models lists none for limn translate. Name one with --model FILE" translate small.png --to dogs -o x.png
refused 2 "published.safetensors: is there already" convert published_net_g.npz -o published.safetensors
refused 2 "1 names, and the model has 2 domains" convert published_net_g.npz --domain cats -o y.safetensors
refused 2 "--network: the weights of TensorLayer say what they are" convert published_net_g.npz --network sr -o y.safetensors
refused 2 "--statistics: the weights of TensorLayer say what they are" convert published_net_g.npz --statistics running -o y.safetensors
refused 2 "--isa foo: must be one of auto, baseline, avx2" stylize small.png --isa foo -o x.png
refused 2 "--inpaint is for TensorLayer" convert flat.safetensors --inpaint -o y.safetensors
refused 2 "one model at a time" convert flat.safetensors own.safetensors -o y.safetensors
refused 2 "the embedding (NAME_net_e.npz) is not among" convert published_net_g.npz published_net_p.npz -o y.safetensors
refused 5 "limn convert makes a model of its parts" translate photo.jpg -m published_net_g.npz --to 1 -o x.png
mv published_net_e.npz elsewhere.npz
refused 5 "the embedding that belongs to published_net_g.npz" convert published_net_g.npz -o y.safetensors
head -c 2000 published_net_g.npz >short_net_g.npz
refused 5 "short_net_g.npz: the zip archive is damaged" convert short_net_g.npz published_net_p.npz elsewhere.npz -o y.safetensors
check_no_file y.safetensors

# Generators of pix2pix and CycleGAN: one picture in, one out, of whichever size is asked for.
cp "$root"/tests/reference/paired/resnet_batch_dropout.pth latest_net_G.pth
run convert latest_net_G.pth -o paired.safetensors --image-size 16
check_status 0
check_stderr "paired.safetensors: resnet"
run convert latest_net_G.pth -o again.safetensors --image-size 16
check_same paired.safetensors again.safetensors
run convert paired.safetensors -o third.safetensors
check_same paired.safetensors third.safetensors
run convert latest_net_G.pth -o running.safetensors --image-size 16 --statistics running
run info running.safetensors
check_stdout "norm batch, statistics running"
run translate photo.jpg -m paired.safetensors -o paired.png
check_status 0
run translate photo.jpg -m running.safetensors -o running.png
if cmp -s paired.png running.png; then fail "statistics make no difference"; else pass; fi
run translate photo.jpg -m paired.safetensors -o native.png --size native
run translate photo.jpg -m paired.safetensors -o untouched.png --size native --strength 0
run measure psnr untouched.png photo.jpg
check_stdout "inf dB"
run translate photo.jpg -m paired.safetensors -o coloured.png --size keep --preserve-colour
check_status 0
run translate photo.jpg -m paired.safetensors -o brought.png --size keep
run translate photo.jpg -m paired.safetensors -o detailed.png --size detail
run measure psnr brought.png detailed.png
check_status 0
if cmp -s brought.png detailed.png; then fail "detail makes no difference"; else pass; fi
mkdir several
cp photo.jpg several/a.jpg
cp small.png several/b.png
run translate several -m paired.safetensors -o translated
check_status 0
run translate several/a.jpg -m paired.safetensors -o alone.jpg
check_same translated/a.jpg alone.jpg
refused 2 "--to: paired.safetensors is a model of network resnet: it has no domains" translate photo.jpg -m paired.safetensors --to dogs -o x.png
refused 7 "would fit" translate photo.jpg -m paired.safetensors --size native --max-memory 1M -o x.png
fitting=$(sed -n 's/.* \([0-9]*\)x[0-9]* would fit$/\1/p' err)
run stylize photo.jpg --size "$fitting" -o fitting.png
run translate fitting.png -m paired.safetensors --size native --max-memory 1M -o fitted.png
check_status 0
refused 2 "--image-size: size 18: a multiple of 4 is needed" convert latest_net_G.pth -o y.safetensors --image-size 18
refused 2 "have no batch norms" convert own.safetensors -o y.safetensors --statistics running
check_no_file y.safetensors

run info own.safetensors
check_status 0
check_stdout "method      perceptual"
check_stdout "network     torch-examples"
check_stdout "limn.format = 1"
run info own.safetensors --json
check_status 0
check_stdout '"method": "perceptual"'
check_stdout '"name": "conv1.conv2d.weight", "type": "F32", "shape": [4, 3, 9, 9]'
check_stdout '"macs": {"256": '
refused 5 "text.jpg" info text.jpg
run info otherkind.safetensors
check_status 0
check_stderr "not a model to run"
check_stdout "tensors     1, 1 numbers"

run models
check_status 0
check_stdout "flat"
run models --json
check_status 0
check_stdout '[{"name": "flat", "method": "perceptual"'
check_stdout '"scale": 1, "file": "'
with_models "$scratch/bare" run models --json
check_status 0
check_stdout '[]'

run bench flat --size 32 --runs 2 --threads 1 --json
check_status 0
check_stdout '"median_ms": '
check_stdout '"min_ms": '
check_stdout '"peak_bytes": '
run bench flat --size 32 --runs 1 --explain
check_status 0
check_stdout "median"
check_stdout "conv2d"
run bench flat --size 32 --runs 1 --explain --json --precision fast
check_status 0
check_stdout '"explain": ["'
run bench pair/first.safetensors --size 32 --runs 1 # a model that has a size of its own
check_stdout "two-step at 16 x 16"
refused 5 "text.jpg" bench text.jpg
refused 2 "--runs 0: must be between" bench flat --runs 0

run doctor
check_status 0
check_stdout "processor"
check_stdout "flat"
run doctor --json
check_status 0
check_stdout '"advice": ['

# ---- data sets ----

mkdir -p set/deep
cp photo.jpg set/a.jpg
cp photo.jpg set/deep/b.jpg
cp small.png set/c.png
cp deep.png set/deep/d.PNG
echo notes >set/notes.txt
run data set
check_status 0
check_quiet err
check_stdout "data           4 pictures, "
check_stdout "2 x 2 to 160 x 160, median 160 x 160"
check_stdout "layout         pictures: of any kind"
check_stdout "formats        2 JPEG, 2 PNG"
check_stdout "    deep: 2 pictures, "
check_stdout "small          2 (a side under 64 pixels)"
check_stdout "    c.png: 2 x 2"
check_stdout "sixteen_bit    1 (16 bits a channel)"
check_stdout "    deep/b.jpg: a.jpg"
run data set --json --threads 1
check_status 0
check_quiet err
check_stdout '{"status": 0, "data": "set", "layout": "pictures", "seconds": '
check_stdout '"all": {"pictures": 4, "unreadable": 0, "bytes": '
check_stdout '"folders": {".": {"pictures": 2, '
check_stdout '"unreadable": [], "small": [{"file": "c.png", "size": "2 x 2"}, '
check_stdout '"doubled": [{"file": "deep/b.jpg", "same_as": "a.jpg"}], "misfits": []}'
cp text.jpg set/broken.jpg
cp cut.png set/deep/cut.png
run data set/
check_status 4
check_stdout "unreadable     2 (left out of training)"
check_stdout "    broken.jpg: is not a picture that limn reads"
check_stdout "    deep/cut.png: the file ends in the middle of the picture"
check_stderr "set/: 2 of 6 pictures cannot be read."
run data set --json
check_status 4
check_stdout '{"status": 4, "message": "set: 2 of 6 pictures cannot be read.'
check_stdout '"unreadable": [{"file": "broken.jpg", "reason": "is not a picture'
mkdir broken
cp text.jpg huge.png broken
run data broken
check_status 4
check_stdout "huge.png: has 70000 x 70000"
check_stderr "none of the 2 pictures can be read"
run data bare --json
check_status 4
check_stdout '{"status": 4, "message": "bare: there is no picture in this folder'
refused 4 "gone: there is no such folder" data gone
refused 4 "small.png: is a file, where a folder was expected" data small.png
refused 2 "data: needs FOLDER" data
refused 2 "--layout pair: must be one of" data set --layout pair
refused 4 "there are no pictures in trainA, trainB" data set --layout unpaired
refused 4 "there are no pictures in train/NAME" data set --layout domains
mkdir plain
cp kept.png "plain/$(printf 'a\033[31mb.png')"
run data plain
check_status 0
check_stdout "flat           1 (one colour all over)"
check_stdout "    a?[31mb.png: 2 x 2"
mkdir crowd
for i in 0 1 2 3 4 5 6 7 8 9; do for k in 0 1 2; do cp small.png crowd/$i$k.png; done; done
run data crowd
check_stdout "    and 10 more, which -v names"
run data crowd -v
check_stdout "    92.png: 2 x 2"

mkdir -p pairs/A/train pairs/B/train
cp photo.jpg pairs/A/train/1.jpg
cp photo.jpg pairs/A/train/2.jpg
cp half.png pairs/B/train/1.png
run data pairs
check_status 4
check_stdout "layout         pairs: of equal names below A and B"
check_stdout "    A/train/2.jpg: has no partner in B"
check_stdout "    B/train/1.png: has a size that does not fit A/train/1.jpg (160 x 160)"
check_stderr "pairs: 2 of 3 pictures have no place in the layout."
run data pairs --layout pictures
check_status 0
cp photo.jpg pairs/B/train/2.jpg
cp photo.jpg pairs/B/train/1.jpg
rm pairs/B/train/1.png
run data pairs
check_status 0
mkdir -p scales/some_HR scales/some_LR/X2
cp size64.png scales/some_HR/1.png
cp eight.png scales/some_LR/X2/1x2.png
run data scales
check_status 0
check_stdout "layout         scales: "
cp eight.png scales/some_LR/X2/2x2.png
cp size64.png scales/some_HR/3.png
cp size17.png scales/some_LR/X2/3x2.png
run data scales
check_status 4
check_stdout "    some_LR/X2/2x2.png: has no large partner"
check_stdout "    some_LR/X2/3x2.png: has a size that does not fit some_HR/3.png (64 x 64)"
mkdir -p unpaired/trainA unpaired/trainB domains/train/cats domains/train/dogs joined/train
cp photo.jpg unpaired/trainA
cp photo.jpg unpaired/trainB
run data unpaired
check_stdout "layout         unpaired: two domains, trainA and trainB"
cp photo.jpg domains/train/cats
cp photo.jpg domains/train/dogs
run data domains
check_stdout "layout         domains: "
cp photo.jpg size17.png joined/train
run data joined --json
check_status 0
check_stdout '"layout": "pictures"'
run data joined --layout joined
check_status 4
check_stdout "    train/size17.png: has an odd width, so that it has no two halves"

# ---- making sets ----

mkdir digits
{ printf '\0\0\10\3\0\0\0\24\0\0\0\34\0\0\0\34' && head -c 15680 /dev/zero | tr '\0' '\310'; } >digits/images-idx3-ubyte
{ printf '\0\0\10\1\0\0\0\24' && head -c 20 /dev/zero; } | gzip >digits/labels-idx1-ubyte.gz
run data make mnist-single made --digits digits --seed 3 --json
check_status 0
check_stdout '{"status": 0, "data": "made", "pairs": 18, "test_pairs": 2, "seed": 3}'
run data made
check_stdout "layout         unpaired: two domains, trainA and trainB"
run data make mnist-multiple scenes --digits digits --count 3 --test-count 1
check_status 0
check_stdout "scenes: mnist-multiple, 3 pairs to train on and 1 to test with, seed 0"
refused 2 "made: is there already" data make mnist-single made --digits digits
refused 2 "mnist-singel: there is no such set to make. There are mnist-single, mnist-multiple, shapes. Did you mean mnist-single?" data make mnist-singel x --digits digits
refused 2 "data make: needs NAME OUT" data make mnist-single
refused 2 "data make: --digits is missing" data make mnist-single x
printf 'x' >>digits/images-idx3-ubyte
refused 4 "digits/images-idx3-ubyte: says that it has 15680 values, and 15681 follow: it is another file" data make mnist-single x --digits digits
refused 2 "--digits: shapes is made of none" data make shapes x --digits digits
run data make --help
check_stdout "mnist-multiple: ten digits a picture"

# ---- measuring ----

refused 2 "there are measure psnr, measure ssim, measure profile, measure colour, measure miou, measure perceptual" measure
refused 2 "measure beauty: there is no such verb. There are measure psnr" measure beauty a b
refused 2 "measure psnr: needs A B" measure psnr small.png
refused 2 "measure diversity: takes OUT, and got 2 arguments" measure diversity album album
run measure psnr --help
check_stdout "--shave N"
check_stdout "usage: limn measure psnr A B [options]"
if grep -q -e --network -e --threads out; then fail "shows options of other metrics"; else pass; fi
run measure miou scenes/testA_labels scenes/testA_labels --classes 12 --absent skip
check_status 0
check_stdout "1.000000  mIoU: classes 12, ignored none, absent skip, accuracy 1, class-accuracy 1, iou 1 1 - - - - - - - - - -, size 112x112, pairs 1"
run measure miou scenes/testA_labels scenes/testA_labels --classes 3 --absent skip --json
check_stdout '"iou": [1, 1, null], "size": "112x112", "pairs": 1}'
run measure colour made/testA2B made/testA2B
check_stdout "1.000000  colour: regions none, distance none, shape 1, palette "
refused 4 "only flat pictures have regions to compare" measure colour photo.jpg photo.jpg
run measure colour --help
check_stdout "usage: limn measure colour RESULTS TRUTHS [options]"
run measure kid --help
check_stdout "--subsets N"
check_stdout "--features most|64|192|768|2048"
check_stdout "--threads N"
if grep -q -e --shave out; then fail "shows options of other metrics"; else pass; fi
run measure psnr small.png small.png
check_status 0
check_stdout "inf dB  PSNR: channels rgb, values 8-bit, shave 0, size 2x2, pairs 1, equal-pairs 1, failed 0"
run measure psnr small.png small.png --json --shave 0
check_stdout '{"status": 0, "psnr": null, "title": "PSNR", "channels": "rgb", "values": "8-bit", "shave": 0, "size": "2x2", "pairs": 1, "equal_pairs": 1, "failed": 0}'
refused 4 "a picture of 2x2 pixels: VGG-19 needs at least 16x16" measure perceptual small.png small.png --loss-network "$root/models/vgg19.safetensors"
refused 4 "album: there are pictures beside folders of pictures" measure diversity album
refused 2 "--network FILE is needed" measure kid album album
refused 2 "--network FILE is needed" measure fid album album
refused 5 "this is not the Inception network of FID" measure fid album album --network flat.safetensors
refused 2 "--weights FILE is needed" measure lpips small.png small.png
refused 4 "a folder of pictures or a file of statistics is needed: small.png" measure fid small.png small.png

# ---- a training that is refused ----

refused 2 "there is no such folder, so no run" train --resume as/nothing
mkdir -p own/samples
echo mine >own/notes.txt
for folder in own fresh; do
    run train upscale --data bare -o $folder --crop-size 16 --width 2 --steps 1 --threads 1
    check_status 4
done
check_no_file fresh
if [ "$(ls -A own)" = "$(printf 'notes.txt\nsamples')" ]; then pass; else
    fail "left something in own: $(ls -A own)"
fi

# ---- stopped by a signal ----

# Shells let background jobs ignore SIGINT, which limn respects.
normal="env --default-signal=INT,TERM"
if $normal true 2>/dev/null; then
    mkdir many
    for i in 0 1 2 3 4 5 6 7 8 9; do for k in 0 1 2 3 4 5 6 7 8 9; do
        ln photo.jpg many/$i$k.jpg
    done; done
    for signal in INT TERM; do
        ran="limn stylize many, stopped by SIG$signal"
        $normal "$limn" stylize many -o stopped-$signal --size 256 --json >out 2>err &
        program=$!
        waited=0
        while [ ! -e stopped-$signal/00.jpg ] && [ $waited -lt 600 ]; do
            sleep 0.1
            waited=$((waited + 1))
        done
        kill -$signal $program
        wait $program
        status=$?
        if [ $signal = INT ]; then check_status 130; else check_status 143; fi
        check_stderr "Stopped after"
        check_stdout '"state": "waiting"'
        check_no_file stopped-$signal/99.jpg
    done
    ran="limn stylize, stopped twice"
    $normal "$limn" stylize many -o twice --size 256 -q >out 2>err &
    program=$!
    sleep 0.3
    kill -INT $program
    sleep 0.02
    kill -INT $program 2>/dev/null
    wait $program
    status=$?
    check_status 130
else
    skip "signals: this env knows no --default-signal"
fi
# signalled FILE WORDS...: a signal comes when the file is written and does not have its name yet.
signalled() {
    made=$1
    shift
    ran="limn $*, signalled"
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 $normal strace -qq -o trace -e trace=fsync \
        -e inject=fsync:signal=SIGINT:when=1 "$limn" "$@" >out 2>err
    status=$?
    check_status 0
    check_file "$made"
}
if strace -qq -o trace $normal true 2>/dev/null; then
    signalled signalled.safetensors convert flat.safetensors -o signalled.safetensors
    signalled signalled.png translate -m published.safetensors --to dogs --random 1 -o signalled.png
else
    skip "a signal while a file is written: there is no strace, or it may not trace"
fi
ran="limn, all of the above"
left=$(find . -name '.limn-*')
if [ -z "$left" ]; then pass; else fail "temporary files were left: $left"; fi

# ---- real weights and pictures ----

styles=$shared/weights/styles
amber=$shared/data/reference_outputs/pytorch_examples_amber.jpg
if [ -d "$styles" ] && [ -f "$amber" ]; then
    for style in candy mosaic rain_princess udnie; do
        run stylize "$amber" -m "$styles/$style.fp16.safetensors" --size 96 -o "$style.jpg"
        check_status 0
        check_file "$style.jpg"
    done
    with_models "$styles" run stylize "$amber" --size 96 -o named.jpg -m candy
    check_status 0
    check_same named.jpg candy.jpg
    run info "$styles/candy.fp16.safetensors" --json
    check_stdout '"parameters": 1679235'
    for style in "$shared"/weights/styles_narrow/*.model; do
        run stylize "$amber" -m "$style" --size 48 -o "narrow-$(basename "$style").png"
        check_status 0
        run convert "$style" -o "$(basename "$style" .model).safetensors"
        check_status 0
    done
    refused 5 "vgg19.safetensors" stylize "$amber" -m "$shared/weights/vgg19.safetensors" -o x.png
    refused 5 ".onnx" stylize "$amber" -m "$shared/weights/styles_narrow/mosaic_nc8_256x256.onnx" -o x.png
else
    skip "real weights and pictures: there is no $styles"
fi

printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] || printf ', %d skipped' $skipped
echo
[ $failed = 0 ]
