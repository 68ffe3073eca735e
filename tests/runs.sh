#!/bin/sh
# The folders of runs when they are not as limn left them: without checkpoints, from a stranger, on
# another machine; and what a training may lose without ending.
#
#   tests/runs.sh build/limn SCRATCH
set -u
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"
mkdir -p photos || exit 2

for name in a b c; do cp "$root/examples/chelsea.jpg" photos/$name.jpg; done
small="train upscale --network sr --data photos --crop-size 16 --width 2 --batch-size 2 --save-every 1 --sample-every 1000"
# begin FOLDER WORDS...: a run of 6 steps
begin() {
    folder=$1
    shift
    # shellcheck disable=SC2086 # words
    run $small --steps 6 -o "$folder" "$@"
}
same() { cmp -s "$1" "$2"; }

begin whole
ended 0 "done: 6 steps" "a run"
whole=$(state)

# ---- without its checkpoints ----

cp -r whole bare
rm -r bare/checkpoints
run train --resume bare --steps 8
ended 2 "bare: there is no state to go on from: bare/checkpoints holds none" "without the folder"
check "the model stays" same whole/model.safetensors bare/model.safetensors
check "the log stays" same whole/log.jsonl bare/log.jsonl
mkdir -p bare/checkpoints
run train --resume bare --steps 8
ended 2 "there is no state to go on from" "with an empty folder"
mv bare/model.safetensors elsewhere.safetensors
run train --resume bare
ended 2 "there is no state to go on from" "the log alone tells it"
mv elsewhere.safetensors bare/model.safetensors
rm bare/log.jsonl
run train --resume bare
ended 2 "there is no state to go on from" "the model alone tells it"
cp -r whole aside
for file in aside/checkpoints/*; do mv "$file" "$file.unreadable"; done
run train --resume aside
ended 2 "there is no state to go on from" "states put aside are none"
rm bare/model.safetensors
run train --resume bare
ended 0 "done: 6 steps" "a run that was cut before its first step"
check "has the same bits" test "$(state)" = "$whole"
begin onward --init whole
onward=$(state)
check "--init is another start" test "$onward" != "$whole"
rm -r onward/checkpoints onward/log.jsonl onward/model.safetensors
mkdir onward/checkpoints
run train --resume onward
ended 0 "done: 6 steps" "a run that began from a model and was cut before its first step"
check "begins from the model again" test "$(state)" = "$onward"

# ---- from a stranger: links lead out of the folder ----

mkdir -p mine/checkpoints mine/samples
for step in 1 2 3 4 5; do echo mine >mine/checkpoints/step-00000000$step.safetensors; done
echo mine >mine/note
cp -r mine mine-before
# stranger PART TARGET: a run in which this part is a link is refused, and nothing of mine changes.
stranger() {
    rm -rf theirs
    cp -r whole theirs
    rm -rf "theirs/$1"
    ln -s "$2" "theirs/$1"
    run train --resume theirs --steps 8
    ended 2 "theirs/$1: is a link, and a run keeps all it has in its own folder" "$1 as a link"
    check "$1 as a link: what it leads to stays" diff -r mine mine-before
}
here=$(pwd)
for part in checkpoints samples events; do stranger $part "$here/mine/checkpoints"; done
stranger config.json "$here/whole/config.json"
for part in lock log.jsonl index.html model.safetensors best.safetensors \
    checkpoints/step-000000007.safetensors samples/step-000000008.jpg \
    events/events.out.tfevents.0.limn; do
    stranger $part "$here/mine/note"
done
rm -rf theirs
cp -r whole theirs
ln -s "$here/whole" by-link
cp whole/log.jsonl kept.jsonl
run train --resume by-link
ended 0 "done: 6 steps" "the folder itself may be a link"

rm theirs/config.json
mkfifo theirs/config.json
timeout 20 "$limn" train --resume theirs >out 2>err </dev/null
status=$?
ended 2 "theirs/config.json cannot be read" "a pipe for a configuration"

# ---- logs that others wrote into ----

cp -r whole noted
{ head -n 2 whole/log.jsonl; echo 'limn: a message'; tail -n +3 whole/log.jsonl; printf '{"st'; } >noted/log.jsonl
run train --resume noted --steps 7
ended 0 "done: 7 steps" "a log with another line in it"
check "the history stays" test "$(grep -c '"step"' noted/log.jsonl)" = 7
check "a torn line does not" test -z "$(grep '"st{' noted/log.jsonl)"
cp -r whole long
{ printf '{"step": 1, "x":'; head -c $((1048576 - 17)) /dev/zero | tr '\0' ' '; echo; } >long/log.jsonl
check "a log of a megabyte in one line" test "$(wc -c <long/log.jsonl)" = 1048576
run train --resume long
ended 0 "done: 6 steps" "a line of blanks"
cp -r whole far
echo '{"step": 100000000000000000, "x": 1}' >far/log.jsonl
run train --resume far
ended 0 "done: 6 steps" "a step of a log that is far off"

# ---- other processors ----

begin two --threads 2
two=$(state)
cp -r two one
if command -v taskset >/dev/null; then
    rm -rf auto
    begin auto
    check "the number of threads is kept" grep -qE '"threads": [1-9]' auto/config.json
    began=$(sed -n 's/.*"threads": \([0-9]*\).*/\1/p' auto/config.json)
    cp -r whole fewer
    rm fewer/checkpoints/step-000000006.safetensors
    taskset -c 0 "$limn" train --resume fewer >out 2>err </dev/null
    status=$?
    ended 0 "done: 6 steps" "resuming on one processor"
    check "gives the same bits" test "$(state)" = "$whole"
    if [ "$began" -gt 1 ]; then
        check "and says why it is slow" grep -q "$began threads as before" err
    fi
fi
rm one/checkpoints/step-000000006.safetensors
run train --resume one --threads 3
ended 0 "3 threads where there were 2: other last bits" "another number of threads is told"
run train --resume two
check "the same number is not" test -z "$(grep threads err)"
check "and has the same bits" test "$(state)" = "$two"

# ---- how it is started, how it is ended ----

# shellcheck disable=SC2086 # words
"$limn" $small --steps 6 -o unheard <&- >&- 2>&-
check "without descriptors: a line a step in the log, and nothing else" \
    test "$(grep -c '^{"step"' unheard/log.jsonl)" = 6 -a "$(steps_in unheard)" = 6
check "without descriptors: the same model" same whole/model.safetensors unheard/model.safetensors
cp photos/a.jpg photos/z.jpg && head -c 3000 photos/a.jpg >photos/a.jpg.tmp && mv photos/a.jpg.tmp photos/z.jpg
# shellcheck disable=SC2086 # words
"$limn" $small --steps 6 -o half-heard <&- 2>&-
check "with sentences to say: no line is lost" test "$(steps_in half-heard)" = 6
rm photos/z.jpg

# hang_up FOLDER [COMMAND]: SIGHUP once the third step is in the log
hang_up() {
    folder=$1
    shift
    # shellcheck disable=SC2086 # words
    "$@" "$limn" train upscale --network sr --data photos --crop-size 16 --width 2 --batch-size 2 --save-every 1000000 \
        --sample-every 1000000 --steps 400 -o "$folder" >out 2>err </dev/null &
    worker=$!
    for _ in $(seq 1200); do
        [ "$(wc -l 2>/dev/null <"$folder/log.jsonl" || echo 0)" -lt 3 ] || break
        sleep 0.05
    done
    kill -s HUP "$worker"
    kill -s HUP "$worker" # the shell sends another one
    wait "$worker"
    status=$?
}
if env --default-signal=HUP true 2>/dev/null; then # the tests themselves may run under nohup
    hang_up closed env --default-signal=HUP
    ended 129 "all is saved; go on with" "a terminal that is closed"
    check "the state is there" test "$(find closed/checkpoints -name 'step-*' | wc -l)" = 2
else
    echo "skipped: signals: this env knows no --default-signal"
fi
if [ -z "${LIMN_SHORT:-}" ] && command -v nohup >/dev/null; then
    hang_up unmoved nohup
    ended 0 "done: 400 steps" "nohup"
fi

# ---- more memory than there may be, another instruction set ----

over() { run train upscale --network sr --data photos --crop-size 32 --width 16 -o over --steps 1 "$@"; }
over --batch-size 8 --max-memory 2M
ended 7 "Training with --batch-size 8 needs " "more than --max-memory"
check "what would fit is said" grep -q "and --max-memory is 2.0 MB. --batch-size [1-4] would fit" err
check "no folder is left" test ! -e over
fitting=$(sed -n 's/.*--batch-size \([0-9]*\) would fit.*/\1/p' err)
over --batch-size $((fitting + 1)) --max-memory 2M
ended 7 "--batch-size $fitting would fit" "one picture more than fits"
over --batch-size "$fitting" --max-memory 2M
ended 0 "done: 1 steps" "as many as fit"
rm -r over
over --batch-size 4 --max-memory 1M
ended 7 "--max-memory is 1.0 MB. A smaller network or smaller pictures would fit" "whatever the batch"
begin limited --max-memory 50M
check "a limit that is kept changes no bit" test "$(state)" = "$whole"
run train --resume limited --steps 8
ended 0 "done: 8 steps" "and without"
begin plainer --isa baseline
ended 0 "done: 6 steps" "the kernels of any processor"
run train --resume plainer --steps 8 --isa avx2
ended 2 '--isa was "baseline" and is now "avx2"' "other kernels on --resume: other last bits"

run train upscale --resume whole --width 4 --steps 8 --accept-changes
ended 2 "whole: with these options the network is another than the run's" "another width on --resume"
run train --resume whole --steps 6
ended 0 "done: 6 steps" "and the run is as it was"

# ---- a run among its own pictures ----

cp -r photos among
# shellcheck disable=SC2046 # words
run $(beside "$small" --data --sample-every) --data among --sample-every 1 --steps 3 -o among/run
ended 0 "done: 3 steps" "a run in the folder of its pictures"
check "its sheets are there" test -f among/run/samples/step-000000003.jpg
run train --resume among/run --steps 4 --accept-changes
ended 0 "done: 4 steps" "goes on"
run data among
check "and its sheets are no pictures" grep -q "3 pictures" out

# ---- pictures that are too large, folders that are shut ----

if [ -z "${LIMN_SHORT:-}" ]; then # sanitizers need more address space than that
    cp -r photos large
    tiff 16384 16384 1 </dev/zero >large/huge.tif
    # little WORDS...: with 2.5 GB, of which the picture would take 3.2
    # shellcheck disable=SC3045,SC2034 # dash and bash have it; ended() looks at the status
    little_memory() { (ulimit -v 2500000 && exec "$limn" "$@") >out 2>err </dev/null; status=$?; }
    little_memory data large
    ended 4 "1 of 4 pictures cannot be read" "a picture that is too large for the machine"
    check "is listed" grep -q "huge.tif: has 16384 x 16384" out
    # shellcheck disable=SC2046 # words
    little_memory $(beside "$small" --data) --data large --steps 3 -o with-large
    ended 0 "done: 3 steps" "training with it"
    check "leaves it out by name" grep -q "left out (1 so far): large/huge.tif: has 16384 x 16384" err
    rm -r large
fi
deep=photos-deep
mkdir $deep
cp photos/a.jpg $deep
(cd $deep && for _ in $(seq 300); do mkdir d && cd d || exit; done)
run train upscale --network sr --data $deep --crop-size 16 --width 2 --batch-size 1 --steps 1 -o from-deep
ended 0 "done: 1 steps" "folders in folders"
check "are told of" grep -q "folders that cannot be listed 1 ($deep/d/d" err
run data $deep
ended 0 "lies in 200 folders, one in another, and is left out." "and by limn data"

# ---- what is only looked at ----

rm -rf looks
# shellcheck disable=SC2086
run $small --steps 2 -o looks
rm -r looks/index.html looks/samples
mkdir looks/index.html
run train --resume looks --steps 4 --sample-every 1
ended 0 "done: 4 steps" "a page that cannot be written"
check "is told of" grep -q "looks/index.html: is a folder.* Training goes on" err
check "with its step" grep -q "step 3: looks/index.html" err
rmdir looks/index.html
mkdir looks/samples/step-000000005.jpg
run train --resume looks --steps 5 --sample-every 1
ended 0 "done: 5 steps" "a sheet that cannot be written"
check "is told of" grep -q "looks/samples/step-000000005.jpg: is a folder.* Training goes on" err
check "the page is there all the same" test -s looks/index.html

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
