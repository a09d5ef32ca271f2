#!/usr/bin/env bash
# Tries the hooks of this commit with pre-commit and with prek, in a repository of its own: a clean commit is made, one
# with a plaintext Secret is not, and the key is named. Needs Git, Python, and what the hooks are installed with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly PRE_COMMIT=4.7.0 PREK=0.5.11
source="$PWD"
revision="$(git rev-parse HEAD)"
work="$(mktemp -d)"
trap 'rm -rf -- "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pre-commit==$PRE_COMMIT" "prek==$PREK"
export PATH="$work/venv/bin:$PATH"
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
export GIT_CONFIG_GLOBAL=/dev/null

wrong() {
    printf '%s\n' "$*" >&2
    [[ ! -s "$work/log" ]] || cat -- "$work/log" >&2
    exit 1
}

for runner in pre-commit prek; do
    echo "== $runner"
    repository="$work/$runner"
    git init --quiet -b main "$repository"
    cd "$repository"
    printf 'repos:\n  - repo: %s\n    rev: %s\n    hooks:\n      - id: mlguard\n' "$source" "$revision" \
        > .pre-commit-config.yaml
    "$runner" install > /dev/null
    cp -R "$source/examples/clean" .
    git add .
    git commit --quiet -m clean > "$work/log" 2>&1 || wrong "$runner: a clean commit was stopped"
    cp "$source/examples/leaky/k8s/secret.yaml" .
    git add .
    ! git commit --quiet -m leak > "$work/log" 2>&1 || wrong "$runner: a plaintext Secret was committed"
    grep -q FEATURE_STORE_PASSWORD "$work/log" || wrong "$runner: the key is not named"
    ! grep -q dHI0MW4tbTBkM2xzLWY0c3Q "$work/log" || wrong "$runner: the value is shown"
    ! "$runner" run --all-files > "$work/log" 2>&1 || wrong "$runner: --all-files passes with a plaintext Secret"
    cd "$source"
done
echo "hooks: both let a clean commit pass and stop a plaintext Secret"
