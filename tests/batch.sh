#!/bin/sh
# Batches beyond one picture, one process and one disk that does what it should.
#
#   tests/batch.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"
says() { grep -qF -- "$1" out; }

yes 'limn paints' | tiff 24 20 8 >small.tif
yes 'limn paints' | tiff 5000 12 8 >wide.tif
yes 'limn paints' | tiff 20 24 8 >high.tif

# ---- what ships ----

run upscale small.tif -o usual.png -v
check "upscale-x4 is what enlarges where nobody names a model" grep -q "model: .*/upscale-x4.safetensors" err
for model in "$root"/models/*.safetensors; do
    name=$(basename "$model")
    run info "$model"
    check "$name says its licence" says "limn.licence = "
done

# ---- strongly pressed JPEGs get a model of their own, where nobody names one ----

mkdir shelf pressed
cp "$root/models/upscale-x4.safetensors" shelf/usual.safetensors
run convert "$root/models/upscale-x4-sharp.safetensors" -o shelf/for-jpeg.safetensors --describe limn.degrade=jpeg
run stylize small.tif -m wave --strength 0 --quality 60 -o pressed/low.jpg
run stylize small.tif -m wave --strength 0 --quality 95 -o pressed/fine.jpg
cp small.tif pressed/clean.tif
for picture in low.jpg fine.jpg clean.tif; do
    model=usual
    [ $picture = low.jpg ] && model=for-jpeg
    run upscale pressed/$picture -m shelf/$model.safetensors -o "wanted-${picture%.*}.png"
done
usual=$LIMN_MODELS LIMN_MODELS=$PWD/shelf
run upscale pressed -o unnamed --format png
check "a JPEG of quality 60 is said to get a model of its own" grep -q "below quality 90.*low.jpg.*of 60: .*for-jpeg" err
for name in low fine clean; do check "$name gets its model" cmp -s unnamed/$name.png wanted-$name.png; done
run upscale pressed -o unnamed --format png --force --json
said() { grep -o "\"input\": \"pressed/$1\"[^}]*" out | grep -q "/$2.safetensors"; }
check "--json names the model of each picture" said low.jpg for-jpeg
check "also that of a picture as it should be" said fine.jpg usual
run upscale pressed/low.jpg --size 60 -o sized.png
check "enlarged to a size, too" grep -q "for-jpeg" err
run upscale pressed/low.jpg -m usual -o named.png
check "a model that is named is taken" sh -c '! grep -q for-jpeg err'
cp "$root/models/upscale-x2.safetensors" shelf/usual-x2.safetensors
run upscale pressed --scale 2 -o doubled --format png
check "asked for twice, it gets the same one" grep -q "of 60: .*for-jpeg" err
run upscale pressed/clean.tif -m usual-x2 -o twice.png
check "and others that for twice" cmp -s doubled/clean.png twice.png
for size in 45:usual-x2 60:usual; do
    run upscale pressed/clean.tif --size "${size%:*}" -o "any-${size%:*}.tif"
    run upscale pressed/clean.tif --size "${size%:*}" -m "${size#*:}" -o "that-${size%:*}.tif"
    check "24 pixels become ${size%:*} by the model ${size#*:}" cmp -s "any-${size%:*}.tif" "that-${size%:*}.tif"
done
run convert shelf/usual-x2.safetensors -o shelf/for-jpeg.safetensors --describe limn.degrade=jpeg --force
run upscale pressed/low.jpg -o four-times.png
check "one for twice makes nothing smaller than others" cmp -s four-times.png named.png
run convert "$root/models/upscale-x4-sharp.safetensors" -o shelf/for-jpeg.safetensors --describe limn.degrade=jpeg --force
LC_ALL=C sed -i 's/block1.conv2.weight/block1.conv9.weight/' shelf/for-jpeg.safetensors
cp pressed/low.jpg pressed/low-too.jpg
run upscale pressed -o broken --format png
ended 3 "for-jpeg.safetensors: the model has no tensor block1.conv2.weight" "a model that cannot be opened fails its pictures"
check "each of them" grep -q "low-too.jpg: .*no tensor" err
check "and no other" cmp -s broken/clean.png wanted-clean.png
rm shelf/for-jpeg.safetensors shelf/usual-x2.safetensors pressed/low-too.jpg
run upscale pressed/low.jpg -o without.png
check "without such a model the usual one serves" cmp -s without.png named.png
LIMN_MODELS=$usual

# ---- what a format cannot hold is told before any work, and sizes are those of results ----

run upscale small.tif -o x.png --dry-run
ended 0 "" "a dry run of enlarging"
check "says the size of the result" says "small.tif -> x.png (96 x 80)"
run upscale small.tif -o x.png --dry-run --json
check "in JSON too" says '"width": 96, "height": 80'
run upscale small.tif -o x.png
ended 0 "x.png: 96 x 80" "which it has"
for dry in --dry-run ""; do
    # shellcheck disable=SC2086 # no word, or one
    run upscale wide.tif -o x.webp $dry
    ended 2 "x.webp: a picture of 20000 x 48 pixels does not fit into a WebP file" "a WebP too wide $dry"
    check "without advice that the verb has not" test -z "$(grep -e --size err)"
    # shellcheck disable=SC2086
    run upscale small.tif wide.tif high.tif -o mixed/ --format webp $dry
    ended 3 "1 of 3 pictures could not be done" "one among others $dry"
    check "is named" grep -q "mixed/wide.webp: a picture of 20000 x 48" err
done
check "the others are done" test -s mixed/small.webp -a -s mixed/high.webp
mkdir linked
cp small.tif linked/
ln -s nowhere linked/gone.tif
ln -s nowhere linked/gone.txt
run upscale linked -o linked-out
ended 3 "linked/gone.tif: there is no such file" "a link to nowhere among pictures"
check "alone" grep -q "1 of 2 pictures could not be done" err
check "and the others are done" test -s linked-out/small.tif
run data linked
check "a data set tells as well" says "gone.tif: there is no such file"
run upscale small.tif wide.tif -o strict/ --format webp --strict
check "with --strict nothing is" test "$status" = 2 -a ! -e strict
run stylize small.tif --contact-sheet -o sheet.png --dry-run --size 32
planned=$(sed -n 's/.*(\(.*\))$/\1/p' out)
run stylize small.tif --contact-sheet -o sheet.png --size 32
ended 0 "sheet.png: $planned" "the size of a contact sheet"

# ---- one picture is read and another written while one is computed ----

mkdir row
for number in 1 2 4 5; do
    yes "picture $number" | tiff 3$number 40 8 >row/$number.tif
    run upscale row/$number.tif -o alone-$number.png
done
run stylize "$root/examples/chelsea.jpg" -m wave --strength 0 --size 300 -o whole.jpg
head -c 20000 whole.jpg >row/3.jpg # its header is whole
run upscale row -o rowed --format png --verbose
ended 3 "1 of 5 pictures could not be done" "a folder with a broken picture in it"
lines=$(sed -n -e 's/^limn: rowed.\([0-9]\).png: .*/\1/p' -e 's/^limn: row.\([0-9]\).jpg: .*/\1/p' err | tr -d '\n')
check "all is told in the order of the pictures, not $lines" test "$lines" = 12345
for number in 1 2 4 5; do check "$number is as it is alone" cmp rowed/$number.png alone-$number.png; done
run upscale row -o until --format png --strict
ended 3 "After 2 of 5 pictures: row/3.jpg" "--strict stops there"
check "with those before it" test "$(cd until && echo *)" = "1.png 2.png"
run upscale row -o lone --format png --max-memory 20M
for number in 1 2 4 5; do check "$number is so in little memory" cmp lone/$number.png alone-$number.png; done

# order_of WORDS...: what limn does with pictures 1 and 2 of a folder, by strace: r for the last time
# that 2 is opened, w for the writing of 1.
order_of() {
    strace -f -e trace=openat,renameat2 -o trace "$limn" "$@" >out 2>err </dev/null
    awk '/openat.*2.tif"/ { read = NR } /renameat2.*1.png"/ { written = NR }
        END { print read && written ? read < written ? "rw" : "wr" : "?" }' trace
}
if strace -o trace true 2>/dev/null; then
    mkdir pair
    for number in 1 2; do yes 'limn paints' | tiff 300 200 8 >pair/$number.tif; done
    check "2 is read while 1 is computed" test "$(order_of upscale pair -o pair-aside --format png)" = rw
    check "but not where memory is short" test "$(order_of upscale pair -o pair-alone --format png --max-memory 120M)" = wr
    check "with the same result" diff -r pair-aside pair-alone
fi

# ---- two processes on one folder ----

mkdir many
for number in $(seq 40); do cp small.tif many/$number.tif; done
"$limn" upscale many -o both --format png --skip-existing -q >out1 2>err1 </dev/null &
first=$!
"$limn" upscale many -o both --format png --skip-existing -q >out 2>err </dev/null
status=$?
wait "$first"
check "two at once: the one ends well" test "$?" = 0 -a ! -s err1
check "two at once: the other ends well" test "$status" = 0 -a ! -s err
check "and all is there" test "$(find both -name '*.png' | wc -l)" = 40
run upscale many -o both --format png
ended 2 "is there already" "without --skip-existing it is refused"

# ---- what the killed have left ----

mkdir swept
touch swept/.limn-0123456789abcdef0123456789abcdef.part swept/.limn-mine.part
run upscale small.tif -o swept/ --dry-run
check "a dry run takes nothing away" test -e swept/.limn-0123456789abcdef0123456789abcdef.part
run upscale small.tif -o swept/
check "what nobody writes is taken away" test ! -e swept/.limn-0123456789abcdef0123456789abcdef.part
check "what limn did not write is not" test -e swept/.limn-mine.part
touch swept/.limn-0123456789abcdef0123456789abcdef.part
if command -v flock >/dev/null; then
    flock swept/.limn-0123456789abcdef0123456789abcdef.part "$limn" upscale small.tif -o swept/x.png >out 2>err
    check "what somebody writes is not" test -e swept/.limn-0123456789abcdef0123456789abcdef.part
fi

# ---- links ----

mkdir store
cp x.png store/real.png
ln -s store/real.png link.png
ln -s store/none.png dangling.png
run upscale high.tif -o link.png
ended 2 "link.png: is there already" "a link as the result, without --force"
run upscale high.tif -o link.png --force
ended 0 "80 x 96" "a link as the result"
check "stays a link" test -L link.png
check "and what it leads to is the result" test "$("$limn" measure psnr store/real.png link.png | cut -c1-3)" = inf
run upscale high.tif -o dangling.png --force
check "a link to nowhere leads to the result" test -L dangling.png -a -s store/none.png
mkdir apart
ln -s ../high.tif apart/small.tif
cp high.tif high-before.tif
run upscale small.tif high.tif -o apart/ --force
ended 2 "apart/small.tif: the result would replace the picture" "a link to the original of another"
check "which stays" cmp high.tif high-before.tif

# ---- memory, in the numbers that were given ----

cp "$root/examples/chelsea.jpg" photo.jpg
run stylize photo.jpg --size 2000 -o large.png --max-memory 150M
ended 7 "of memory with its pictures and the limit is 150 MB. " "a picture too large for the limit"
fits=$(sed -n 's/.*MB\. \([0-9]*\)x[0-9]* would fit.*/\1/p' err)
run stylize photo.jpg --size "${fits:-9999}" -o fits.png --max-memory 150M
ended 0 "fits.png: $fits x " "what is said to fit fits"
run stylize photo.jpg --size $((${fits:-0} * 3 / 2)) -o z.png --max-memory 150M
check "and that is not much too little" test "$status" = 7
run upscale photo.jpg -o z.png --max-memory 1M
ended 7 "the limit is 1.0 MB" "a limit that the pictures alone are over"

# Threads whose stacks have no room, as where memory is short: that is no fault of a disk, and other
# formats may do with less. (Sanitizers need more address space.)
# shellcheck disable=SC3045 # dash and bash have it
if [ -z "${LIMN_SHORT:-}" ] && (ulimit -s 4000000 && ulimit -v 3000000) 2>/dev/null; then
    mkdir threadless
    cp small.tif threadless/a.tif
    run stylize small.tif -m wave --strength 0 -o threadless/b.jpg
    cp threadless/a.tif threadless/c.tif
    # shellcheck disable=SC3045
    (ulimit -s 4000000 && ulimit -v 3000000 && "$limn" stylize threadless -m wave --format png --threads 1 -o short) >out 2>err </dev/null
    status=$?
    ended 7 "short/a.png: cannot be written as PNG: " "no thread for a PNG"
    check "all are tried" grep -q "3 of 3 pictures could not be done" err
    check "nothing is left behind" test ! -e short
else
    echo "skipped: threads without room for their stacks: limits cannot be set here"
fi

# ---- pairs that cannot be measured ----

mkdir made truth
for side in made truth; do cp wide.tif $side/a.tif && cp small.tif $side/b.tif; done
cp high.tif made/c.tif && cp small.tif truth/c.tif && cp small.tif made/d.tif && cp high.tif made/e.tif && cp high.tif truth/e.tif
run measure ssim made truth --shave 1
ended 3 "3 of 5 pictures could not be measured (named above); the mean is that of the others." "two folders"
check "the mean is there" grep -qx "1.000000  SSIM: window gaussian 11x11, channels rgb, values 8-bit, shave 1, size 24x20, pairs 2, equal-pairs 2, failed 3" out
for words in "made/a.tif and truth/a.tif: ssim of 5000x12 pixels without their border: at least 13x13 are needed" \
    "made/c.tif has 20x24 pixels and truth/c.tif 24x20" "made/d.tif has no partner"; do
    check "$words" grep -qF "$words" err
done
run measure ssim made truth --shave 1 --json
check "in JSON" says '"ssim": 1, "title": "SSIM", "window": "gaussian 11x11", "channels": "rgb", "values": "8-bit", "shave": 1, "size": "24x20", "pairs": 2, "equal_pairs": 2, "failed": 3'
run measure ssim made/a.tif truth/a.tif --shave 1
ended 4 "made/a.tif and truth/a.tif: ssim of 5000x12" "two pictures"
mkdir none
cp high.tif none/b.tif
run measure psnr none truth
ended 4 "1 of 1 pictures could not be measured (named above)." "no pair at all"

# ---- no more is read than is needed ----

# bytes_read FILE WORDS...: of a file, by strace
bytes_read() {
    file=$1
    shift
    strace -f -e trace=openat,read,pread64,mmap -o trace "$limn" "$@" >out 2>err </dev/null
    status=$?
    awk -v file="$file" '
        index($0, "openat(") && index($0, file "\"") { fd = $NF; opened[fd] = 1 }
        index($0, "openat(") && !index($0, file "\"") { opened[$NF] = 0 }
        / (read|pread64)\(/ { split($0, part, /[(,]/); if (opened[part[2]]) sum += $NF }
        END { print sum + 0 }' trace
}
if strace -o trace true 2>/dev/null; then
    { cat "$root/examples/chelsea.jpg"; head -c 8000000 /dev/zero; } >long.jpg
    check "planning reads the begin of a picture" test "$(bytes_read long.jpg upscale long.jpg -o y.png --dry-run)" -lt 1000000
    check "and gets its size" says "(1804 x 1200)"
    weights=$root/models/vgg19.safetensors
    check "limn info reads the begin of weights that are no model" test "$(bytes_read "$weights" info "$weights")" -lt $(($(wc -c <"$weights") / 4))
    cp "$root/models/upscale-x4.safetensors" model.safetensors
    size=$(wc -c <model.safetensors)
    check "the shelf too" test "$(bytes_read wave.safetensors models)" -lt 200000
    read=$(bytes_read model.safetensors convert ./model.safetensors -o z.safetensors)
    check "convert reads its input once" test "$read" -ge "$size" -a "$read" -lt $((size + 10000))
else
    echo "skipped: how much is read: there is no strace, or it may not trace"
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
