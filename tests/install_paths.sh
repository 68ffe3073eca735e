#!/bin/sh
# Where things are installed: pkg-config and the loader find the library by what ./dev install says
# of it, and by nothing else; another libdir is followed.
#
#   tests/install_paths.sh BUILD
set -eu
build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
pass() { passed=$((passed + 1)); }
fail() {
    echo "FAILED: $1"
    exit 1
}
# option FOLDER-OR-FILE NAME: its value there
option() {
    meson introspect --buildoptions "$1" | tr '{' '\n' |
        sed -n 's/.*"name": "'"$2"'", "value": "\([^"]*\)".*/\1/p'
}
unset PKG_CONFIG_PATH LD_LIBRARY_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR

# Without a word of anybody: pkg-config and the loader of Debian look into /usr/local/lib, but not
# into the lib64 that meson would take where it cannot ask dpkg-architecture.
[ "$(option "$root/meson.build" libdir)" = lib ] || fail "the usual libdir is $(option "$root/meson.build" libdir)"
pass

prefix=$(option "$build" prefix) libdir=$(option "$build" libdir)
DESTDIR=$scratch meson install -C "$build" --no-rebuild >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
place=$scratch$prefix/$libdir
[ -f "$place/liblimn.so" ] && [ -f "$place/pkgconfig/limn.pc" ] || fail "no library in $prefix/$libdir"
pass

# The lines that ./dev install prints, below the scratch folder.
export PKG_CONFIG_PATH="$place/pkgconfig"
said=$(pkg-config --variable=libdir limn)
[ "$said" = "$prefix/$libdir" ] || fail "limn.pc says that the library is in $said"
pass
export PKG_CONFIG_SYSROOT_DIR="$scratch"
# shellcheck disable=SC2046 # a list of words
cc -std=c11 -D_POSIX_C_SOURCE=200809L "$root/examples/stylize.c" $(pkg-config --cflags --libs limn) -o "$scratch/stylize"
pass
status=0
"$scratch/stylize" >"$scratch/said" 2>&1 || status=$?
[ "$status" = 127 ] || fail "started without the library's folder: $status"
pass
# What a new machine has no list of is found by its folder alone.
loader=$(sed -n 's/.*interpreter: \(.*\)\]/\1/p' <<END
$(readelf -l "$scratch/stylize")
END
)
status=0
"$loader" --inhibit-cache --library-path "$place:$(ldd "$build/limn" | sed -n 's/.*=> \(.*\)\/[^/]* (.*/\1/p' | sort -u | tr '\n' ':')" \
    "$scratch/stylize" /nowhere.safetensors a.jpg b.png >"$scratch/said" 2>&1 || status=$?
[ "$status" = 5 ] && grep -q nowhere "$scratch/said" || fail "started with it: $status, $(cat "$scratch/said")"
pass
LD_LIBRARY_PATH=$place "$scratch/stylize" /nowhere.safetensors a.jpg b.png >"$scratch/said" 2>&1 || status=$?
[ "$status" = 5 ] || fail "started by LD_LIBRARY_PATH: $status"
pass
echo "$passed passed, 0 failed"
