#!/usr/bin/env bash
# Ends the Action with the status of the gate, after everything is written and uploaded.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=ci/action/lib.sh
source "$here/lib.sh"

case "${EXIT_STATUS:-}" in
    0) echo "Everything was searched, and nothing was found at or above the level that fails." ;;
    1)
        [[ "${FAIL:-true}" != false ]] || exit 0
        note error "mlguard found what fails this job. The summary of the run has all of it."
        exit 1
        ;;
    # Also where a step before this one failed: then nothing is known.
    *) fail "Not everything was searched. This fails, also with 'fail: false'." ;;
esac
