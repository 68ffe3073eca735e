#!/bin/sh
# A name that is wrong in a LIST, or missing there, is found: by tools/check-lists, and by the build;
# and so is a kind or a method that is named elsewhere, by tools/check-floors.
set -eu
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0

# expect WORDS COMMAND...: the command fails and says so.
expect() {
    words=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        echo "$* is content, and should say: $words"
        exit 1
    fi
    grep -qF "$words" "$scratch/said" || {
        echo "$* should say: $words"
        cat "$scratch/said"
        exit 1
    }
    passed=$((passed + 1))
}

# A tree whose sources are its own.
mkdir "$scratch/tree"
for entry in "$root"/*; do
    case ${entry##*/} in
    src) cp -r "$entry" "$scratch/tree" ;;
    build*) ;;
    *) ln -s "$entry" "$scratch/tree" ;;
    esac
done
cd "$scratch/tree"
tools/check-lists "$PWD"
passed=$((passed + 1))

for folder in ops kinds methods metrics makers app; do
    list=src/$folder/LIST
    name=$(head -n 1 "$list")
    cp "$list" "$scratch/kept"
    sed "s/^$name\$/${name}x/" "$scratch/kept" >"$list"
    expect "$list: $name is missing" tools/check-lists "$PWD"
    expect "$list: no file of src/$folder/ defines ${name}x" tools/check-lists "$PWD"
    expect "$list: there is no src/$folder/${name}x.c" meson setup "$scratch/build"
    cat "$scratch/kept" - >"$list" <<END
$name
END
    expect "$list: $name is there twice" tools/check-lists "$PWD"
    cp "$scratch/kept" "$list"
done

tools/check-floors "$PWD"
for words in '&limn_kind_two_step;' '&limn_method_style' '{"two-step"}' '"sr";' '#include "kinds/johnson.h"' \
    '#include "methods/two_step.h"'; do
    cp src/app/info.c "$scratch/kept"
    printf '%s\n' "$words" >>src/app/info.c
    expect "src/app/info.c:$(wc -l <src/app/info.c): names a kind or a method" tools/check-floors "$PWD"
    cp "$scratch/kept" src/app/info.c
done
for words in '// Not "sr".' 'limn_kind_srx' '"train two-step"' '{.name = "upscale"}' '#include "methods/paint.h"'; do
    printf '%s\n' "$words" >>src/app/info.c
    tools/check-floors "$PWD"
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
