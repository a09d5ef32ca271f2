#!/usr/bin/env bash
# checksums.sh SHA256SUMS: opens a pull request that adds the sums of a release to ci/action/checksums.txt. Through the
# API, so that no credential is left in a checkout.
#
# Compare the sums with the attestation before merging: gh attestation verify ARCHIVE --repo OWNER/REPOSITORY
set -euo pipefail
readonly FILE=ci/action/checksums.txt
: "${GH_REPO:?}" "${DEFAULT_BRANCH:?}" "${GITHUB_REF_NAME:?}"
sums="$(cat -- "$1")"
while read -r sum name; do
    [[ "$sum" =~ ^[0-9a-f]{64}$ && "$name" =~ ^mlguard-[A-Za-z0-9._-]+$ ]] || {
        echo "not a sum and a name: $sum $name" >&2
        exit 1
    }
done <<< "$sums"

branch="checksums-$GITHUB_REF_NAME"
tip="$(gh api "repos/$GH_REPO/git/ref/heads/$DEFAULT_BRANCH" --jq .object.sha)"
held="$(gh api "repos/$GH_REPO/contents/$FILE?ref=$tip" --jq .content | base64 --decode)"
blob="$(gh api "repos/$GH_REPO/contents/$FILE?ref=$tip" --jq .sha)"
gh api "repos/$GH_REPO/git/refs" --raw-field "ref=refs/heads/$branch" --raw-field "sha=$tip" --silent
message="Let the Action use $GITHUB_REF_NAME"
gh api --method PUT "repos/$GH_REPO/contents/$FILE" --silent --raw-field "branch=$branch" --raw-field "sha=$blob" \
    --raw-field "message=$message" --raw-field "content=$(printf '%s\n%s\n' "$held" "$sums" | base64 -w 0)"
gh pr create --head "$branch" --base "$DEFAULT_BRANCH" --title "$message" \
    --body "SHA-256 of the archives of $GITHUB_REF_NAME, from SHA256SUMS of the release."
