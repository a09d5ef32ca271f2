#!/usr/bin/env bash
# Gets the program: the one that is named, else the release of this version, else a build of the Action's own checkout.
#
# A release is used only where checksums.txt, which is part of the pinned commit, has its sum: neither the input
# `version` nor whoever can change a release brings in other bytes.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=ci/action/lib.sh
source "$here/lib.sh"

readonly SOURCE="$here/../.."
own="$(sed -n 's/^version = "\(.*\)"$/\1/p' "$SOURCE/Cargo.toml" | head -n 1)"

# Shows that it starts, and hands it to the next steps.
use() {
    local shown
    shown="$("$1" --version)" || fail "'$1' does not start."
    printf '%s (%s)\n' "$shown" "$2"
    output program "$1"
    exit 0
}

# The target that releases are built for, or nothing. On Linux the static one, which needs no C library.
target() {
    case "${RUNNER_OS:-}/${RUNNER_ARCH:-}" in
        Linux/X64) echo x86_64-unknown-linux-musl ;;
        Linux/ARM64) echo aarch64-unknown-linux-musl ;;
        macOS/X64) echo x86_64-apple-darwin ;;
        macOS/ARM64) echo aarch64-apple-darwin ;;
        Windows/X64) echo x86_64-pc-windows-msvc ;;
    esac
}

# sum_of NAME: the sum that checksums.txt has for an archive, or nothing.
sum_of() {
    local sum name
    while read -r sum name || [[ -n "$sum" ]]; do
        if [[ "$name" == "$1" && "$sum" =~ ^[0-9a-f]{64}$ ]]; then
            echo "$sum"
            return 0
        fi
    done < "$here/checksums.txt"
}

# Reads the file from standard input: some versions of sha256sum change how they print odd names.
sha256() {
    local sum
    if command -v sha256sum > /dev/null 2>&1; then
        sum="$(sha256sum < "$1")"
    else
        sum="$(shasum -a 256 < "$1")"
    fi
    echo "${sum%% *}"
}

# Downloads, compares, unpacks and uses a release. Comes back with the reason in $why where there is none to use.
release() {
    local version="$1" target stem archive sum found folder
    target="$(target)"
    if [[ -z "$target" ]]; then
        why="no release is built for ${RUNNER_OS:-?}/${RUNNER_ARCH:-?}"
        return 0
    fi
    stem="mlguard-v$version-$target"
    archive="$stem.tar.gz"
    [[ "$target" != *windows* ]] || archive="$stem.zip"
    sum="$(sum_of "$archive")"
    if [[ -z "$sum" ]]; then
        why="ci/action/checksums.txt has no sum for $archive"
        return 0
    fi
    if [[ -z "${ACTION_REPOSITORY:-}" ]]; then
        why="the Action runs from a folder, which has no releases"
        return 0
    fi
    folder="$(scratch)/release"
    rm -rf -- "$folder"
    mkdir -p -- "$folder"
    # Unpacked from inside: to tar, `D:\…` is a file on the host D.
    cd -- "$folder"
    if ! curl --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --tlsv1.2 \
        --retry 3 --max-time 300 --output archive \
        "${GITHUB_SERVER_URL:?}/$ACTION_REPOSITORY/releases/download/v$version/$archive"; then
        why="$archive could not be downloaded"
        return 0
    fi
    found="$(sha256 archive)"
    if [[ "$found" != "$sum" ]]; then
        fail "$archive is not the one that this version of the Action knows: its SHA-256 is $found, and not $sum."
    fi
    case "$archive" in
        *.zip) unzip -q archive && use "$folder/$stem/mlguard.exe" "release v$version" ;;
        *) tar -xzf archive && use "$folder/$stem/mlguard" "release v$version" ;;
    esac
    fail "$archive could not be unpacked."
}

if [[ -n "${BINARY:-}" ]]; then
    [[ "$BINARY" == */* ]] || fail "The input 'binary' is a path with a slash in it, such as ./bin/mlguard."
    enter
    [[ -f "$BINARY" ]] || fail "The file of the input 'binary' does not exist: '$BINARY'."
    use "$(cd -- "$(dirname -- "$BINARY")" && pwd)/${BINARY##*/}" "as given"
fi

version="${VERSION:-$own}"
version="${version#v}"
[[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+([.+-][0-9A-Za-z.+-]+)?$ ]] \
    || fail "The input 'version' is one such as 0.1.0, not '$version'."

why=""
release "$version"
if [[ "$version" != "$own" ]]; then
    fail "mlguard $version is not to be had: $why. This commit of the Action is $own; pin one that knows $version."
fi
command -v cargo > /dev/null 2>&1 \
    || fail "mlguard cannot be had: $why, and there is no Rust (cargo) here to build it. Give the input 'binary'."
printf 'Building mlguard %s, because %s.\n' "$own" "$why"
# From the Action's folder: Cargo and rustup take settings from the one they start in, and the repository that is
# searched may hold such settings.
cd -- "$SOURCE"
built="$(scratch)/target"
cargo build --release --locked --target-dir "$built" || fail "mlguard could not be built."
name=mlguard
[[ "${RUNNER_OS:-}" != Windows ]] || name=mlguard.exe
use "$built/release/$name" "built"
