#!/bin/sh
# Makes every committed baseline again from the 1998 World Cup trace (see convert_worldcup.py):
#     sh stacks/baselines/rebuild.sh SOURCE.csv
# The same source gives the same bytes. PYTHON names the interpreter (default: .venv/bin/python of the repository).
set -eu
source=$(realpath "${1:?name the source file: sh stacks/baselines/rebuild.sh SOURCE.csv}")
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

record() { # NAME FILE FACTOR WHAT
    "$python" stacks/baselines/convert_worldcup.py "$source" "$work/$1" --scale "$3"
    "$python" -m capacity_guard record --from-csv "$work/$1/traffic.csv" \
        --capacity "stacks/baselines/capacity/$1.json" \
        --table "Conversations-$1" --stack "Conversations-$1" --recorded-at 2026-07-09T00:00:00Z \
        --note "Sample data, no table was recorded. Traffic: requests of the 1998 World Cup web site, 25 June to 8 July 1998 (github nimamahmoudi/worldcup98-dataset, commit 8246021, MIT), dates shifted by 28 years (10,227 days, same weekdays), $4" \
        --out "stacks/baselines/$2"
}

record production-cell-1 production/cell-1/conversations.json 1 "scaled so that the busiest minute of the index is 4,800 writes a second."
record production-cell-2 production/cell-2/conversations.json 0.5 "scaled so that the busiest minute of the index is 2,400 writes a second."
record production-cell-3 production/cell-3/conversations.json 0.25 "scaled so that the busiest minute of the index is 1,200 writes a second."
record staging staging/conversations.json 0.01 "scaled so that the busiest minute of the index is 48 writes a second."
