#!/usr/bin/env bash
# Runs the gate and writes annotations, the step summary, the outputs and the SARIF file. Does not fail for what it
# finds: verdict.sh does, after the upload.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=ci/action/lib.sh
source "$here/lib.sh"

# GitHub drops a summary of more than 1 MiB; some of that is left for the closing line.
readonly SUMMARY_LIMIT=1040000

switch upload "${UPLOAD:-false}"
switch fail "${FAIL:-true}"
enter
own="$(scratch)"
report="$own/report.jsonl" summary="$own/summary.md" errors="$own/errors.txt"
rm -f -- "$report" "$summary" "$errors"

category="${CATEGORY:-mlguard}"
category="${category%/}"
[[ "$category" =~ ^[A-Za-z0-9._:/-]+$ ]] || fail "The input 'category' is made of letters, digits and . _ : / -, not '$category'."
case "${SARIF_FILE:-}" in
    "") sarif="$own/mlguard.sarif" ;;
    /* | [A-Za-z]:*) sarif="$SARIF_FILE" ;;
    *) sarif="$(folder)/$SARIF_FILE" ;;
esac
rm -f -- "$sarif"

# What both runs are given. Values stand behind `=`, so that one that begins with a dash is no flag.
options=()
[[ -z "${CONFIG:-}" ]] || options+=("--config=$CONFIG")
[[ -z "${POLICY:-}" ]] || options+=("--policy=$POLICY")
[[ -z "${BASELINE:-}" ]] || options+=("--baseline=$BASELINE")
gate=("--format=github" "--format=markdown=$summary" "--format=jsonl=$report")
case "${FAIL_ON:-}" in
    "") ;;
    note | warning | error) gate+=("--fail-on=$FAIL_ON") ;;
    *) fail "The input 'fail-on' is note, warning or error, not '$FAIL_ON'." ;;
esac
while IFS= read -r line; do
    line="${line%$'\r'}"
    case "$line" in
        "") ;;
        # Standard output is read by the runner, so every other format goes to a file.
        [a-z]*=?*) gate+=("--format=$line") ;;
        *) fail "A line of the input 'formats' is FORMAT=FILE, such as junit=mlguard.xml, not '$line'." ;;
    esac
done <<< "${FORMATS:-}"
paths=()
while IFS= read -r line; do
    line="${line%$'\r'}"
    [[ -z "$line" ]] || paths+=("$line")
done <<< "${PATHS:-}"

case "${SCAN_MODE:-}" in
    # Code scanning is about the tree, as this run is: one does for both.
    tree) gate+=("--format=sarif=$sarif") ;;
    diff) gate+=("--diff=${SCAN_RANGE:?}") ;;
    history) gate+=("--history") ;;
    *) fail "What to search was not decided." ;;
esac

# run ARGUMENT…: the program, with its status in $status. What is neither 0 nor 1 is a run that did not finish.
run() {
    status=0
    "${PROGRAM:?}" check "$@" ${options[@]+"${options[@]}"} -- ${paths[@]+"${paths[@]}"} 2> "$errors" || status=$?
    cat -- "$errors" >&2
    case "$status" in
        0 | 1) ;;
        *) status=2 ;;
    esac
}

run "${gate[@]}"
gate_status="$status"
# The closing line of the report says what was searched; without one, nothing was.
files=""
[[ ! -f "$report" ]] || files="$(sed -n 's/^{"coverage":{[^[]*"files":\([0-9][0-9]*\).*/\1/p' "$report")"
if [[ -z "$files" ]]; then
    gate_status=2
    note error "mlguard did not finish. $(head -c 2000 -- "$errors")"
fi

# Quotation marks in texts are escaped in JSON, so this cannot stand in a message.
count() {
    local found=0
    [[ ! -f "$report" ]] || found="$(grep -c "\"level\":\"$1\"" "$report" || true)"
    echo "$found"
}
error_count="$(count error)" warning_count="$(count warning)" note_count="$(count note)"

if [[ -s "$summary" ]]; then
    if [[ "$(wc -c < "$summary")" -le $SUMMARY_LIMIT ]]; then
        cat -- "$summary" >> "$GITHUB_STEP_SUMMARY"
    else
        # The last line is cut somewhere.
        head -c "$SUMMARY_LIMIT" -- "$summary" | sed '$d' >> "$GITHUB_STEP_SUMMARY"
        printf '\nThe rest is left out here, because GitHub shows 1 MiB.\n' >> "$GITHUB_STEP_SUMMARY"
    fi
elif [[ "$gate_status" == 2 ]]; then
    printf 'mlguard did not finish, so **not everything was searched**. The log says why.\n' >> "$GITHUB_STEP_SUMMARY"
fi

# Alerts that an analysis lacks count as fixed, so code scanning is given the whole tree. Its status is not the gate's.
tree_status="$gate_status"
if [[ "$SCAN_MODE" != tree ]]; then
    run "--format=sarif=$sarif"
    tree_status="$status"
fi
complete=false
[[ "$tree_status" == 2 || ! -s "$sarif" ]] || complete=true
if [[ -s "$sarif" && "$category" != mlguard ]]; then
    # GitHub takes the category from the file, before the one that the upload is given.
    sed "/\"automationDetails\": {/,/}/ s|\"id\": \"mlguard/\"|\"id\": \"$category/\"|" "$sarif" > "$own/category.sarif"
    grep -qF "\"id\": \"$category/\"" "$own/category.sarif" || fail "The category could not be written to the SARIF file."
    cat -- "$own/category.sarif" > "$sarif"
fi

upload="${UPLOAD:-false}"
if [[ "$upload" == true && "$complete" == false ]]; then
    note warning "SARIF is not uploaded: not all of the tree was searched, and what is missing would count as fixed."
    upload=false
fi
case "${GITHUB_EVENT_NAME:-}" in
    pull_request | pull_request_target | pull_request_review | pull_request_review_comment)
        if [[ "$upload" == true && "${HEAD_REPOSITORY:-}" != "${GITHUB_REPOSITORY:-}" ]]; then
            printf 'SARIF is not uploaded: the pull request comes from another repository.\n'
            upload=false
        fi
        ;;
esac

output exit-status "$gate_status"
output errors "$error_count"
output warnings "$warning_count"
output notes "$note_count"
output findings "$((error_count + warning_count + note_count))"
output files "${files:-0}"
[[ ! -s "$sarif" ]] || output sarif-file "$sarif"
output upload "$upload"
