# The program and nothing else, linked statically:
#
#   docker build --tag mlguard .
#   docker run --rm --network none --volume "$PWD:/work:ro" mlguard check
#
# `--target ci` is the same with a shell, which GitLab and others start jobs with.
#
# Bases are named by their digests, of indexes for several platforms; the tags are for readers.
FROM rust:1.97.0-alpine3.24@sha256:ec9c91e77119ce498cd1e87d96d77e0f75b2cee21655a29bc2bf75a51a2b20a4 AS build
# C, for ring. gcc may be in the base already.
RUN apk add --no-cache gcc musl-dev
WORKDIR /source
COPY . .
RUN cargo build --profile dist --locked
# The tree of the image: modes of folders are kept only below what is copied.
RUN mkdir -p /root-of-image/usr/local/bin /root-of-image/work \
    && mkdir -m 1777 /root-of-image/tmp \
    && cp target/dist/mlguard /root-of-image/usr/local/bin/

FROM alpine:3.22@sha256:14358309a308569c32bdc37e2e0e9694be33a9d99e68afb0f5ff33cc1f695dce AS ci
COPY --from=build /root-of-image/usr/local/bin/mlguard /usr/local/bin/mlguard
USER 65532:65532
WORKDIR /tmp

FROM scratch
LABEL org.opencontainers.image.title="mlguard" \
    org.opencontainers.image.description="Keeps the secrets of MLOps platforms out of Git" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /root-of-image/ /
# Nobody in particular: it only reads, also a repository that belongs to somebody else. `--user "$(id -u)"` for `fix`.
USER 65532:65532
WORKDIR /work
ENV PATH=/usr/local/bin HOME=/tmp
ENTRYPOINT ["mlguard"]
CMD ["check"]
