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
cargo build --release --locked --target "$target"
rm -rf -- target/dist
mkdir -p -- "target/dist/$stem"
cp -- "target/$target/release/$name" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "target/dist/$stem/"
# It starts, where this machine can run it.
case "$target" in
    x86_64-apple-darwin) ;;
    *) "target/dist/$stem/$name" --version ;;
esac
cd target/dist
if [[ "$target" == *windows* ]]; then
    archive="$stem.zip"
    7z a -bso0 "$archive" "$stem"
else
    archive="$stem.tar.gz"
    tar -czf "$archive" "$stem"
fi
echo "archive=target/dist/$archive" >> "$GITHUB_OUTPUT"
