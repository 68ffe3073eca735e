# What the scripts that test the program share. They read this first and are then in SCRATCH, an empty
# folder, with $limn, $root (of the tree), $passed and $failed set.
# shellcheck shell=sh

[ $# -ge 2 ] || { echo "usage: $0 PROGRAM SCRATCH" >&2; exit 2; }
limn=$(realpath "$1")
root=$(realpath "$(dirname "$0")")
root=${root%/tests*}
rm -rf "$2"
mkdir -p "$2" || exit 2
cd "$2" || exit 2
passed=0 failed=0
export LC_ALL=C LIMN_MODELS="$root/models"

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$1"
    tail -n 5 err | sed 's/^/    stderr: /'
}
check() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then pass; else fail "$what"; fi
}
run() { # its exit code in $status
    "$limn" "$@" >out 2>err </dev/null
    status=$?
}
ended() { # ended CODE WORDS-ON-STDERR WHAT
    if [ "$status" = "$1" ] && grep -qF -- "$2" err; then pass; else fail "$3: ended with $status"; fi
}
# beside WORDS GIVEN...: of options with a value each, those that are not among what is given
beside() {
    usual=$1
    shift
    given=" $* "
    # shellcheck disable=SC2086 # words
    set -- $usual
    while [ $# -ge 2 ]; do
        case $given in *" $1 "*) ;; *) printf '%s %s ' "$1" "$2" ;; esac
        shift 2
    done
}
holds() { awk "BEGIN { exit !($1) }"; } # holds "0.3 < 0.5"
state() { sed -n 's/.*state \([0-9a-f]*\).*/\1/p' err; }
steps_in() { if [ -f "$1/log.jsonl" ]; then wc -l <"$1/log.jsonl"; else echo 0; fi; }

# ---- pictures, as TIFF files that need no program to make them ----

little() { # little BYTES NUMBER: the lowest byte first
    left=$1 number=$2
    while [ "$left" -gt 0 ]; do
        # shellcheck disable=SC2059 # an octal escape is made here
        printf "\\$(printf '%03o' $((number % 256)))"
        number=$((number / 256)) left=$((left - 1))
    done
}
entry() { little 2 "$1" && little 2 "$2" && little 4 "$3" && little 4 "$4"; }
# tiff WIDTH HEIGHT BITS: a grey picture of the bytes on stdin
tiff() {
    bytes=$((($1 * $3 + 7) / 8 * $2))
    printf 'II*\000\010\000\000\000\010\000'
    entry 256 4 1 "$1" && entry 257 4 1 "$2" && entry 258 3 1 "$3" # width, height, bits
    entry 259 3 1 1 && entry 262 3 1 1                             # not packed, 0 is black
    entry 273 4 1 110 && entry 278 4 1 "$2" && entry 279 4 1 "$bytes"
    little 4 0
    head -c "$bytes"
}
white() { tr '\0' '\377' </dev/zero | tiff "$1" "$2" 8; }
pattern() { yes "limn paints $1"; }

# forget RUN ENTRY: config.json as it was before there was the option.
forget() {
    sed "s/$2, //" "$1/config.json" >forgotten.json
    mv forgotten.json "$1/config.json"
}

# vgg LAYER:CHANNELS...: a small VGG of these convolutions; 16-bit floats of either sign.
vgg() {
    head='{"__metadata__":{"preprocess":"caffe"}' at=0 in=3
    for layer in "$@"; do
        number=${layer%:*} out=${layer#*:}
        end=$((at + 18 * in * out))
        head="$head,\"features.$number.weight\":{\"dtype\":\"F16\",\"shape\":[$out,$in,3,3],\"data_offsets\":[$at,$end]}"
        at=$((end + 2 * out))
        head="$head,\"features.$number.bias\":{\"dtype\":\"F16\",\"shape\":[$out],\"data_offsets\":[$end,$at]}"
        in=$out
    done
    head="$head}"
    little 8 ${#head}
    printf '%s' "$head"
    yes "$(printf '0\2601\0622\2663\0644\2605')" | head -c "$at"
}

# ---- killed again and again ----

seed=1
# A moment between 0 and $1 seconds, the same ones in every test run.
moment() {
    seed=$(((seed * 16807) % 2147483647))
    awk "BEGIN { printf \"%.3f\", $1 * $seed / 2147483647 }"
}
# killed SECONDS WORDS...: ends the program with SIGKILL after so long, unless it ends before
killed() {
    seconds=$1
    shift
    "$limn" "$@" >out 2>err </dev/null &
    worker=$!
    sleep "$seconds"
    kill -s KILL "$worker" 2>/dev/null
    wait "$worker" 2>/dev/null
    status=$?
}
# cut_at RUN SIGNAL STEP WORDS...: sends the signal once that step is in the log
cut_at() {
    here=$1 signal=$2 at=$3
    shift 3
    "$limn" "$@" >out 2>err </dev/null &
    worker=$!
    for _ in $(seq 1200); do
        [ "$(steps_in "$here")" -lt "$at" ] || break
        sleep 0.05
    done
    kill -s "$signal" "$worker" 2>/dev/null
    wait "$worker" 2>/dev/null
    status=$?
}
seconds_now() { date +%s.%N; }
# kill_often NAME KILLS STEPS WORDS...: runs of so many steps that are killed at any moment, resumed
# until they end, and compared with one that was left alone; the last is $here.
kill_often() {
    name=$1 wanted=$2 steps=$3
    shift 3
    start=$(seconds_now)
    run "$@" -o "alone-$name"
    whole=$(state)
    span=$(awk "BEGIN { print $(seconds_now) - $start }")
    check "$name: a run left alone" test -n "$whole"
    kills=0 runs=0 unopened=0
    while [ "$kills" -lt "$wanted" ]; do
        runs=$((runs + 1)) here=killed-$name-$runs status=137
        while [ "$status" = 137 ] && [ "$kills" -lt "$wanted" ]; do
            if [ -f "$here/config.json" ]; then
                killed "$(moment "$span")" train --resume "$here"
            else
                killed "$(moment "$span")" "$@" -o "$here"
            fi
            case $status in
            137) kills=$((kills + 1)) ;;
            0) ;;
            *) unopened=$((unopened + 1)) ;;
            esac
        done
        if [ -f "$here/config.json" ]; then run train --resume "$here"; else run "$@" -o "$here"; fi
        if [ "$status" = 0 ] && [ "$(state)" = "$whole" ]; then pass; else
            fail "$name: run $runs, $kills kills: the same bits"
        fi
    done
    check "$name: every one of $kills killed runs opened" test "$unopened" = 0
    check "$name: a line a step in the log" test "$(steps_in "$here")" = "$steps"
    left=$(find "$here" -name '.limn-*' | wc -l)
    check "$name: kills leave no temporary files behind ($left)" test "$left" = 0
}
