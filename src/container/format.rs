//! Recognises formats: by their first bytes, and by name where these say nothing.

use crate::path;

/// A format that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Zip: wheels, jars, TorchServe and PyTorch archives, `.npz`, office files.
    Zip,
    Tar,
    Gzip,
    Zstd,
    /// Deflate with a header of two bytes, as joblib compresses pickles.
    Zlib,
    /// Python's pickle, also PyTorch's and joblib's.
    Pickle,
    /// One array of NumPy.
    Numpy,
    Safetensors,
    Gguf,
    /// Protocol Buffers of any schema: ONNX, TensorFlow's SavedModel.
    Protobuf,
    Sqlite,
    Parquet,
}

impl Format {
    /// Whether this holds text rather than files.
    pub(super) fn is_data(self) -> bool {
        !matches!(self, Self::Zip | Self::Tar | Self::Gzip | Self::Zstd | Self::Zlib)
    }
}

/// What a file with this name or path that starts with `head` is: all of its bytes, or 512 at least.
pub(crate) fn format_of(name: &str, head: &[u8]) -> Option<Format> {
    const STARTS: &[(&[u8], Format)] = &[
        (b"PK\x03\x04", Format::Zip),
        (b"PK\x05\x06", Format::Zip),
        (b"PK\x07\x08PK", Format::Zip),
        (b"\x1f\x8b\x08", Format::Gzip),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"\x93NUMPY", Format::Numpy),
        (b"SQLite format 3\0", Format::Sqlite),
        (b"PAR1\x15", Format::Parquet),
    ];
    let known = STARTS.iter().find(|(start, _)| head.starts_with(start)).map(|(_, format)| *format);
    known.or_else(|| by_shape(head)).or_else(|| by_name(path::name(name), head))
}

/// Whether only its bytes say what it is: then it may be something else.
pub(super) fn is_by_bytes(head: &[u8]) -> bool {
    format_of("", head).is_some()
}

/// Formats whose start is a number of some range.
fn by_shape(head: &[u8]) -> Option<Format> {
    match head {
        // A skippable frame of Zstandard, as pzstd writes first.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Format::Zstd),
        [0x80, 2..=5, ..] => Some(Format::Pickle),
        [b'G', b'G', b'U', b'F', version @ ..] if version.iter().take(4).any(|byte| *byte == 0) => Some(Format::Gguf),
        // With an encrypted footer: a header of a page follows, or the length of an encrypted one.
        [b'P', b'A', b'R', b'E', 0x15, ..] | [b'P', b'A', b'R', b'E', _, _, _, 0, ..] => Some(Format::Parquet),
        // The length of a header in JSON, which is below 100 MB.
        [_, _, _, 0..=6, 0, 0, 0, 0, b'{', ..] => Some(Format::Safetensors),
        _ if is_tar(head) => Some(Format::Tar),
        _ => None,
    }
}

fn by_name(name: &str, head: &[u8]) -> Option<Format> {
    const ZIP: &[&str] = &["zip", "whl", "jar", "war", "ear", "mar", "egg", "pyz", "pex", "exe"];
    const PICKLE: &[&str] = &["pkl", "pickle", "joblib", "pck", "pcl", "pt", "pth"];
    const ZLIB: &[&str] = &["z", "zlib"];
    const PROTOBUF: &[&str] = &["onnx", "pb"];
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let is = |list: &[&str]| list.contains(&ending.as_str());
    if is(ZIP) && memchr::memmem::find(head, b"PK\x03\x04").is_some() {
        Some(Format::Zip)
    } else if (is(PICKLE) || is(ZLIB)) && is_zlib(head) {
        Some(Format::Zlib)
    } else if is(PICKLE) && is_early_pickle(head) {
        Some(Format::Pickle)
    } else if is(PROTOBUF) && is_protobuf(head) {
        Some(Format::Protobuf)
    } else if ending == "tar" && is_old_tar(head) {
        Some(Format::Tar)
    } else {
        None
    }
}

/// Deflate with the usual window, and a check of these two bytes.
pub(super) fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [0x78, flags, ..] if u16::from_be_bytes([0x78, *flags]).is_multiple_of(31))
}

/// `ustar` where POSIX and GNU have it.
fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// A tar from before `ustar` has only its checksum.
fn is_old_tar(head: &[u8]) -> bool {
    head.get(..512).is_some_and(super::tar_header::is_header)
}

/// Protocols 0 and 1 of pickle have no mark of their own. What Git LFS leaves, and other text, starts with none of these
/// operations.
fn is_early_pickle(head: &[u8]) -> bool {
    match head {
        [b'(', b'd' | b'l' | b'i' | b'I' | b'S' | b'V' | b'X' | b'U' | b'K' | b'(' | b'c' | b'N' | b't', ..]
        | [b'}' | b']', b'q' | b'(' | b'.' | b'r', ..]
        | [b'X' | b'T', _, _, _, 0, ..] => true,
        [b'c', rest @ ..] => {
            // `cmodule\nclass\n`
            let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
            line > 0 && rest[..line].iter().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte))
        }
        [b'S', b'\'' | b'"', ..] | [b'V', ..] => memchr::memchr2(b'p', b'.', head).is_some(),
        _ => false,
    }
}

/// The first field is one of the first fifteen, and some byte is a control character.
fn is_protobuf(head: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 0x20 && !b"\t\n\r\x0c".contains(byte);
    matches!(head.first(), Some(tag) if tag >> 3 > 0 && tag & 0x80 == 0 && matches!(tag & 7, 0 | 1 | 2 | 5))
        && head.iter().take(512).any(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_their_first_bytes() {
        for (name, head, format) in [
            ("a.whl", &b"PK\x03\x04\x14\0"[..], Some(Format::Zip)),
            ("x", b"\x1f\x8b\x08\0", Some(Format::Gzip)),
            ("x", b"\x28\xb5\x2f\xfd", Some(Format::Zstd)),
            ("x", b"\x80\x04\x95", Some(Format::Pickle)),
            ("x", b"GGUF\x03\0\0\0", Some(Format::Gguf)),
            ("x", b"\x40\0\0\0\0\0\0\0{\"a\"", Some(Format::Safetensors)),
            ("x.onnx", b"\x08\x07\x12\x07pytorch", Some(Format::Protobuf)),
            ("a.pyz", b"#!/usr/bin/env python3\nPK\x03\x04", Some(Format::Zip)),
            ("a.pkl", b"(dp0\nS'a'\np1\n", Some(Format::Pickle)),
        ] {
            assert_eq!(format_of(name, head), format, "{name}");
        }
    }

    #[test]
    fn text_is_not_taken_for_a_format() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";
        for name in ["a.zip", "a.pkl", "a.onnx", "a.tar", "a.pt", "a.safetensors", "mlflow.db"] {
            assert_eq!(format_of(name, pointer), None, "{name}");
        }
        assert_eq!(format_of("a.yaml", b"PAR1: x\n"), None);
        assert_eq!(format_of("a.env", b"PARENT_DOMAIN=example.com\n"), None);
        assert_eq!(format_of("a.txt", b"GGUF is a format\n"), None);
        assert_eq!(format_of("", b""), None);
    }
}
