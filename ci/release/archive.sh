#!/usr/bin/env bash
# archive.sh TARGET: builds the program and packs the archive of a release; its path is the output `archive`. The Action
# (ci/action/install.sh) relies on the names: mlguard-vVERSION-TARGET.tar.gz, or .zip, with a folder of that name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target="$1"
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
stem="mlguard-v$version-$target"
name=mlguard
[[ "$target" != *windows* ]] || name=mlguard.exe

rustup target add "$target"
cargo build --profile dist --locked --target "$target"
rm -rf -- target/archive
mkdir -p -- "target/archive/$stem"
cp -- "target/$target/dist/$name" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "target/archive/$stem/"
# It starts, where this machine can run it.
case "$target" in
    x86_64-apple-darwin) ;;
    *) "target/archive/$stem/$name" --version ;;
esac
cd target/archive
if [[ "$target" == *windows* ]]; then
    archive="$stem.zip"
    7z a -bso0 "$archive" "$stem"
else
    archive="$stem.tar.gz"
    tar -czf "$archive" "$stem"
fi
echo "archive=target/archive/$archive" >> "$GITHUB_OUTPUT"
