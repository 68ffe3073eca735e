# What the scripts that test training share: they read this, with $limn, $passed and $failed set.
# shellcheck shell=sh

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
state() { sed -n 's/.*state \([0-9a-f]*\).*/\1/p' err; }

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
