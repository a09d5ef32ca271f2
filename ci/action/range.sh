#!/usr/bin/env bash
# Decides what is searched (the tree, the commits of a change, all of history), and sees that these commits are here.
#
# Where a pull request's commits cannot be had, this fails: searching less, and saying that nothing was found, would be
# a gate that is always open. A push falls back to the whole tree, which is more than what it brings.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=ci/action/lib.sh
source "$here/lib.sh"

# Commits that a shallow clone is deepened by, before all of history is fetched.
readonly DEPTHS="64 512 4096"
readonly NONE="0000000000000000000000000000000000000000"

# The checkout may belong to another user (jobs in containers): nothing of it is run, so Git may read it.
git_() {
    GIT_TERMINAL_PROMPT=0 git -c safe.directory='*' -c gc.auto=0 -c maintenance.auto=false "$@"
}

here_is() {
    git_ cat-file -e "$1^{commit}" 2> /dev/null
}

is_shallow() {
    [[ "$(git_ rev-parse --is-shallow-repository)" == true ]]
}

# complete FROM TO: whether every commit between the two and where they parted is here, with its parents.
complete() {
    local commits
    here_is "$1" && here_is "$2" && git_ merge-base "$1" "$2" > /dev/null 2>&1 || return 1
    commits="$(git_ rev-list "$1...$2" 2> /dev/null)" || return 1
    ! is_shallow || ! grep -qxFf "$(git_ rev-parse --git-path shallow)" <<< "$commits"
}

# fetch ARGUMENT…: from the repository that was checked out. With what Git is set up with, else with the job's token:
# `persist-credentials: false` leaves a checkout without credentials. Never both, which GitHub refuses.
fetch() {
    local remote=origin url header
    url="$(git_ remote get-url origin 2> /dev/null)" \
        || remote="${GITHUB_SERVER_URL:?}/${GITHUB_REPOSITORY:?}" url="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
    local arguments=(fetch --quiet --no-tags --no-recurse-submodules)
    while [[ "${1:-}" == --* ]]; do
        arguments+=("$1")
        shift
    done
    arguments+=("$remote" "$@")
    if git_ "${arguments[@]}" 2> "$log"; then
        return 0
    fi
    [[ -n "${TOKEN:-}" && "$url" == "${GITHUB_SERVER_URL:-}/"* ]] || return 1
    # By the environment: other users of the machine can read arguments.
    header="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 | tr -d '\r\n')"
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader" GIT_CONFIG_VALUE_0="$header" \
        git_ "${arguments[@]}" 2> "$log.token"
}

# obtain FROM TO: fetches until the commits between the two are here. Fails where they are not to be had.
obtain() {
    local depth missing=()
    ! complete "$1" "$2" || return 0
    if is_shallow; then
        for depth in $DEPTHS; do
            fetch "--depth=$depth" "$1" "$2" || break
            ! complete "$1" "$2" || return 0
        done
        ! is_shallow || fetch --unshallow "$1" "$2" || return 1
    else
        here_is "$1" || missing+=("$1")
        here_is "$2" || missing+=("$2")
        [[ ${#missing[@]} -gt 0 ]] && fetch "${missing[@]}" || return 1
    fi
    complete "$1" "$2"
}

# What Git said last, for a message.
said() {
    local text=""
    [[ ! -s "$log" ]] || text=" Git says: $(tail -n 1 "$log")"
    printf '%s' "$text"
}

# tip NAME: the commit of a branch or tag of the repository. Empty where there is none.
tip() {
    local depth=()
    # A clone that has all of history stays one.
    ! is_shallow || depth=(--depth=1)
    fetch ${depth[@]+"${depth[@]}"} "$1" || return 0
    git_ rev-parse --verify --quiet "FETCH_HEAD^{commit}" || true
}

# commit NAME: what the input `base` names: a branch, a commit, a tag. Empty where there is none.
commit() {
    local name
    for name in "refs/remotes/origin/$1" "$1"; do
        ! git_ rev-parse --verify --quiet --end-of-options "$name^{commit}" || return 0
    done
    if [[ "$1" =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]]; then
        echo "$1"
    else
        tip "$1"
    fi
}

decide() {
    printf '%s\n' "$2"
    output root "$(folder)"
    output mode "$1"
    output range "${3:-}"
    exit 0
}

tree() {
    decide tree "Searching the whole tree: $1."
}

enter
log="$(scratch)/git.log"
: > "$log"
case "${MODE:-auto}" in
    tree) tree "as the input 'mode' says" ;;
    auto | diff | history) ;;
    *) fail "The input 'mode' is auto, tree, diff or history, not '$MODE'." ;;
esac
if ! git_ rev-parse --git-dir > /dev/null 2>&1; then
    [[ "${MODE:-auto}" == auto && -z "${BASE:-}" ]] \
        || fail "This is not a Git repository, so there are no commits to search. Is actions/checkout missing?"
    case "${GITHUB_EVENT_NAME:-}" in
        pull_request | pull_request_target | merge_group) fail "This is not a Git repository. Is actions/checkout missing?" ;;
        *) tree "this is not a Git repository" ;;
    esac
fi
# Paths that Git says are relative to where it runs.
root="$(git_ rev-parse --show-toplevel)"
cd -- "$root"
if [[ "${MODE:-auto}" == history ]]; then
    # All of it: a shallow checkout has one branch only.
    if is_shallow && ! fetch --unshallow "+refs/heads/*:refs/remotes/origin/*" "+refs/tags/*:refs/tags/*"; then
        fail "The checkout has a part of history only, and the rest cannot be fetched. Set fetch-depth: 0 for actions/checkout.$(said)"
    fi
    decide history "Searching all of history."
fi

# What the event says: from where to where, and whether the tree will do where these commits are not to be had.
from="" to="" lenient=false
case "${GITHUB_EVENT_NAME:-}" in
    pull_request | pull_request_target) from="${PULL_BASE:-}" to="${PULL_HEAD:-}" ;;
    merge_group) from="${QUEUE_BASE:-}" to="${QUEUE_HEAD:-}" ;;
    push)
        from="${BEFORE:-}" to="${AFTER:-}" lenient=true
        # Of SHA-256 repositories there are 64 zeros.
        [[ "$from" != "$NONE"* ]] || from=""
        [[ "$to" != "$NONE"* ]] || tree "the push deletes a branch"
        ;;
    *) lenient=true ;;
esac
if [[ -n "${BASE:-}" ]]; then
    lenient=false
    case "$BASE" in
        -* | *..* | *[[:space:]]* | *:*) fail "The input 'base' is a commit, branch or tag, not '$BASE'." ;;
    esac
    from="$(commit "$BASE")"
    [[ -n "$from" ]] || fail "There is no commit, branch or tag '$BASE' (input 'base').$(said)"
    to="${to:-$(git_ rev-parse --verify HEAD)}"
elif [[ "${GITHUB_EVENT_NAME:-}" == push && -z "$from" ]]; then
    # Compared with the default branch, which it most likely left.
    [[ -z "${DEFAULT_BRANCH:-}" ]] || from="$(tip "refs/heads/$DEFAULT_BRANCH")"
    [[ -n "$from" || "${MODE:-auto}" == diff ]] || tree "the branch is new, and the default branch cannot be fetched"
fi
if [[ "${MODE:-auto}" == diff ]]; then
    lenient=false
    [[ -n "$from" && -n "$to" ]] || fail "The event '${GITHUB_EVENT_NAME:-}' names no base to compare with. Give the input 'base'."
fi
if [[ -z "$from" || -z "$to" ]]; then
    [[ "$lenient" == true ]] || fail "The event '${GITHUB_EVENT_NAME:-}' does not say which commits it is about."
    tree "the event '${GITHUB_EVENT_NAME:-}' brings no commits"
fi
if ! obtain "$from" "$to"; then
    [[ "$lenient" == false ]] || tree "commits since $from are not to be had (a forced push, or no common history)"
    fail "The commits of $from..$to cannot be had, so nothing was searched. Set fetch-depth: 0 for actions/checkout.$(said)"
fi
# Of an annotated tag the event names the tag.
from="$(git_ rev-parse --verify "$from^{commit}")"
to="$(git_ rev-parse --verify "$to^{commit}")"
if [[ "$(git_ merge-base "$from" "$to")" == "$to" ]]; then
    [[ "${MODE:-auto}" == auto ]] || fail "There are no commits in $from..$to, so nothing was searched."
    tree "$to brings nothing that $from has not"
fi
decide diff "Searching the commits $from..$to." "$from..$to"
