#!/bin/sh
# Installs limn into a folder of its own, builds examples/stylize.c against what was installed, runs it.
#
#   tests/installed.sh BUILD
set -eu
build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
skipped=0

DESTDIR="$scratch" meson install -C "$build" --no-rebuild >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
}
pc=$(find "$scratch" -name limn.pc)
library=$(dirname "$(dirname "$pc")")
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$scratch
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
flags="$(pkg-config --cflags limn) -L$library $(pkg-config --libs limn)"
# shellcheck disable=SC2086 # a list of words
cc -std=c11 -Wall -Werror "$root/examples/stylize.c" $flags -o "$scratch/stylize"
passed=$((passed + 1))
LD_LIBRARY_PATH=$library
export LD_LIBRARY_PATH

# Only what the headers say is seen from outside.
strange=$(nm -D --defined-only "$library"/liblimn.so | awk '{ print $3 }' | grep -v '^limn_' || true)
[ -z "$strange" ] || { echo "the library shows more than limn_*: $strange"; exit 1; }
passed=$((passed + 1))

status=0
"$scratch/stylize" /nowhere.safetensors a.jpg b.png 2>"$scratch/said" || status=$?
[ "$status" = 5 ] && grep -q nowhere "$scratch/said" || {
    echo "a model that is not there: ended with $status, said $(cat "$scratch/said")"
    exit 1
}
passed=$((passed + 1))

model=
for candidate in "$root"/models/*.safetensors "$root"/../shared/weights/styles/candy.*.safetensors; do
    if [ -f "$candidate" ] && "$build/limn" info "$candidate" 2>/dev/null | grep -q perceptual; then
        model=$candidate
        break
    fi
done
if [ "$model" ]; then
    "$scratch/stylize" "$model" "$root/examples/chelsea.jpg" "$scratch/painting.png"
    "$build/limn" stylize --model "$model" --precision fast --output "$scratch/same.png" \
        "$root/examples/chelsea.jpg" 2>/dev/null
    cmp "$scratch/painting.png" "$scratch/same.png"
    passed=$((passed + 1))
else
    echo "skipped: running the example, no style model is there"
    skipped=1
fi
echo "$passed passed, 0 failed, $skipped skipped"
