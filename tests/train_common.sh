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
