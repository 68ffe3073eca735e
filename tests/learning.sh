#!/bin/sh
# That DSMAP learns by an exemplar, on discs and squares of two colours (../shared/spec/domain-mapping.md, T15,
# in short; docs/results.md has the long form): from the first steps to the last the terms of the generators fall
# by a tenth at least, but for that of styles by chance, which takes longer; and results are nearer to their own
# exemplars than to those of their neighbours.
#
#   tests/learning.sh PROGRAM SCRATCH
# shellcheck source=tests/train_common.sh
. "$(dirname "$0")/train_common.sh"

mean() { # mean TERM FIRST LAST: of the steps of the log
    sed -n "$2,$3p" run/log.jsonl | sed -n "s/.*\"$1\": \([-0-9.e+]*\).*/\1/p" |
        awk '{ sum += $1 } END { printf "%.4f", sum / NR }'
}
decibels() { # decibels FOLDER: of the results against it
    run measure psnr made "$1" --json
    sed -n 's/.*"psnr": \([-0-9.e+]*\).*/\1/p' out
}

run data make shapes shapes
run train dsmap --data shapes --preset draft --width 8 --steps 200 --lr 5e-4 --threads 1 --sample-every 1000000 -o run
check "it is trained" [ "$status" = 0 ]
for term in G content domain reconstruction cycle contextual; do
    for domain in a b; do
        first=$(mean "$term $domain" 1 10) last=$(mean "$term $domain" 191 200)
        echo "$term $domain: $first at first, $last at last"
        check "$term $domain falls" holds "$last < 0.9 * $first"
    done
done

run translate shapes/testA -m run --exemplar shapes/testB --pair name -o made
check "all are translated" [ "$status" = 0 ]
mkdir neighbours
before=000099
for number in $(seq -f %06.0f 0 99); do
    cp "shapes/testB/$before.png" "neighbours/$number.png"
    before=$number
done
own=$(decibels shapes/testB) other=$(decibels neighbours)
echo "$own dB from their own exemplars, $other dB from those of their neighbours"
check "exemplars are followed" holds "$own > $other + 1"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
