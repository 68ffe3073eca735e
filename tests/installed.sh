#!/bin/sh
# Installs limn into a folder of its own, builds what is in examples/ against what was installed, as C
# and as C++, and runs it.
#
#   tests/installed.sh BUILD
set -eu
build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
skipped=0
pass() { passed=$((passed + 1)); }
fail() {
    echo "$1"
    exit 1
}

DESTDIR="$scratch" meson install -C "$build" --no-rebuild >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
}
pc=$(find "$scratch" -name limn.pc)
library=$(dirname "$(dirname "$pc")")
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$scratch
LD_LIBRARY_PATH=$library
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
flags="$(pkg-config --cflags limn) -L$library $(pkg-config --libs limn) -pthread"

# ---- what is seen from outside ----

version=$(sed -n 's/^Version: //p' "$pc")
[ "$version" = "$("$build/limn" --version | sed 's/^limn //')" ] || fail "limn.pc says version $version"
pass
nm -D --defined-only "$library/liblimn.so" | awk '{ print $3 }' | LC_ALL=C sort >"$scratch/symbols"
diff "$root/tests/symbols" "$scratch/symbols" || fail \
    "The functions of the library are not those of tests/symbols. What is there for others and in a
public header belongs into that file. Where one is gone or has other arguments, programs that were
built with it end: raise abi in src/meson.build as well."
pass
while read -r name; do
    grep -q "[ *]$name(" "$root"/include/limn/*.h || fail "$name: no public header has it"
done <"$root/tests/symbols"
pass

# ---- the examples ----

for example in "$root"/examples/*.c; do
    name=$(basename "$example" .c)
    # shellcheck disable=SC2086 # a list of words
    cc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wno-missing-field-initializers -Wpedantic \
        -Werror "$example" $flags -o "$scratch/$name"
    pass
    if command -v c++ >/dev/null; then
        # shellcheck disable=SC2086 # a list of words
        c++ -std=c++20 -Wall -Werror -x c++ "$example" -x none $flags -o "$scratch/$name-c++"
        pass
    fi
done

status=0
"$scratch/stylize" /nowhere.safetensors a.jpg b.png 2>"$scratch/said" || status=$?
[ "$status" = 5 ] && grep -q nowhere "$scratch/said" ||
    fail "a model that is not there: ended with $status, said $(cat "$scratch/said")"
pass

cd "$scratch"
photo="$root/examples/chelsea.jpg"
model="$root/models/wave.safetensors"
if [ -f "$model" ]; then
    ./stylize "$model" "$photo" painting.png
    "$build/limn" stylize --model "$model" --precision fast --output same.png "$photo" 2>/dev/null
    cmp painting.png same.png
    pass
    "$build/limn" stylize --model "$model" --output exact.png "$photo" 2>/dev/null
    ./memory "$model" "$photo" bytes.png
    "$build/limn" measure psnr bytes.png exact.png | grep -q inf ||
        fail "memory.c: another picture: $("$build/limn" measure psnr bytes.png exact.png)"
    pass
    ./threads wave "$photo" one.png "$photo" two.png >said
    cmp one.png two.png
    grep -q '100 %' said || fail "threads.c: no progress: $(cat said)"
    pass
else
    echo "skipped: running the examples, the models are not there"
    skipped=1
fi

# The loss network is that of the installation.
mkdir photos
cp "$photo" photos
tiny="style=$photo style-size=32 data=photos init=none width=4 crop-size=32 batch-size=1 steps=2"
if [ -f "$root/models/vgg19.safetensors" ]; then
    # shellcheck disable=SC2086 # a list of words
    ./train_style "$photo" trained.png $tiny output=run >said
    grep -q '^done: 2 steps' said && grep -q '^100 %' said || fail "train_style.c: $(cat said)"
    [ -s trained.png ] || fail "train_style.c: no picture"
    pass
else
    echo "skipped: training, the loss network is not there"
    skipped=1
fi
status=0
./train_style a b stpes=2 2>said || status=$?
[ "$status" = 2 ] && grep -q 'Did you mean --steps?' said || fail "train_style.c: $(cat said)"
pass
echo "$passed passed, 0 failed, $skipped skipped"
