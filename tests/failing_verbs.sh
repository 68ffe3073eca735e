#!/bin/sh
# Memory that runs out at any moment of a verb ends it with 7 and a sentence, or changes nothing of
# what it says: never with a crash, with another code, or with less than the truth.
#
#   tests/failing_verbs.sh build/limn SCRATCH build/tests/libfailing_allocation.so
set -u
[ $# -ge 3 ] || { echo "usage: $0 PROGRAM SCRATCH LIBRARY" >&2; exit 2; }
limn=$(realpath "$1")
library=$(realpath "$3")
root=$(realpath "$(dirname "$0")/..")
rm -rf "$2"
mkdir -p "$2/photos" || exit 2
cd "$2" || exit 2
passed=0 failed=0
export LC_ALL=C LIMN_MODELS="$root/tests/kept"
for name in a b; do cp "$root/examples/chelsea.jpg" photos/$name.jpg; done

# every STEP WORDS...: each STEP-th allocation of the verb fails. What it prints is compared but for
# times.
every() {
    step=$1
    shift
    "$limn" "$@" 2>/dev/null </dev/null | sed 's/[0-9.]* s$//' >whole
    at=1 before=$failed
    while :; do
        rm -f made.safetensors
        FAIL_AT=$at LD_PRELOAD=$library "$limn" "$@" >out 2>err </dev/null
        status=$?
        sed 's/[0-9.]* s$//' out >said
        grep -q '^struck$' err || break
        if { [ $status = 7 ] && grep -q '^limn: ' err; } || { [ $status = 0 ] && cmp -s said whole; }; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            printf 'FAILED: limn %s, allocation %s: ended with %s\n' "$*" $at $status
            tail -n 3 err | sed 's/^/    stderr: /'
        fi
        [ $failed -lt $((before + 5)) ] || break
        at=$((at + step))
    done
    [ $at -gt 10 ] || { failed=$((failed + 1)) && echo "FAILED: limn $*: nothing was struck"; }
}

every 7 info "$root/tests/kept/torch-examples.safetensors"
every 7 info "$root/tests/kept/sr4.safetensors" --json
every 1 data photos
every 5 convert "$root/tests/kept/sr4.safetensors" -o made.safetensors
every 3 convert "$root"/tests/reference/published_net_g.npz -o made.safetensors
every 5 models
every 1 measure psnr photos/a.jpg photos/b.jpg

echo "$passed passed, $failed failed"
[ $failed = 0 ]
