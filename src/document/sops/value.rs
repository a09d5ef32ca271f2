//! Encrypted values, as SOPS reads them (`aes/cipher.go`).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// How Go decodes base64: padded, whatever the last bits are.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
/// How every encrypted value begins.
const HEAD: &str = "ENC[AES256_GCM,";
/// Bytes of the initialisation vector that SOPS makes.
const IV: usize = 32;
/// Bytes of the tag of AES-GCM.
const TAG: usize = 16;

/// What a leaf of a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing; SOPS leaves empty texts and nulls as they are.
    Empty,
    /// A whole encrypted value, with a digest of its initialisation vector and tag, which no two values share.
    Encrypted(u64),
    /// What begins as an encrypted value and is none, with what is wrong.
    Broken(&'static str),
    /// Something else.
    Clear,
    /// A template writes it.
    Unknown,
}

impl Value {
    /// Looks at a text.
    pub(crate) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        let Some(rest) = text.strip_prefix(HEAD) else { return Self::Clear };
        // What follows the last bracket is ignored.
        let Some((inner, _)) = rest.rsplit_once(']') else { return Self::Broken("its end is missing") };
        match parts(inner) {
            Ok(digest) => Self::Encrypted(digest),
            Err(why) => Self::Broken(why),
        }
    }

    /// Whether it begins as an encrypted value.
    pub(crate) fn is_encrypted(self) -> bool {
        matches!(self, Self::Encrypted(_) | Self::Broken(_))
    }
}

fn parts(inner: &str) -> Result<u64, &'static str> {
    let mut fields = inner.splitn(4, ',');
    let mut next =
        |name: &str| fields.next().and_then(|field| field.strip_prefix(name)).filter(|text| !text.is_empty());
    let (Some(data), Some(iv), Some(tag), Some(kind)) = (next("data:"), next("iv:"), next("tag:"), next("type:"))
    else {
        return Err("a part of it is missing");
    };
    let length = |text: &str| BASE64.decode(text).map(|bytes| bytes.len());
    let (Ok(_), Ok(iv_length), Ok(tag_length)) = (length(data), length(iv), length(tag)) else {
        return Err("its base64 is damaged");
    };
    if iv_length != IV {
        return Err("its initialisation vector has the wrong length");
    }
    if tag_length != TAG {
        return Err("its tag has the wrong length");
    }
    if !["str", "int", "float", "bool", "bytes", "time", "comment"].contains(&kind) {
        return Err("its type is unknown");
    }
    let mut digest = DefaultHasher::new();
    (iv, tag).hash(&mut digest);
    Ok(digest.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_sops_tells_them() {
        let iv = BASE64.encode([7; 32]);
        let tag = BASE64.encode([9; 16]);
        let whole = format!("ENC[AES256_GCM,data:aGVsbG8=,iv:{iv},tag:{tag},type:str]");
        assert!(matches!(Value::of(&whole), Value::Encrypted(_)));
        // SOPS matches no more than the beginning.
        assert_eq!(Value::of(&format!("{whole} and more")), Value::of(&whole));
        assert_eq!(Value::of(""), Value::Empty);
        assert_eq!(Value::of("ENC[hunter2]"), Value::Clear);
        for (from, to) in [
            ("data:aGVsbG8=", "data:"),
            ("data:aGVsbG8=", "data:aGVsbG8"),
            ("data:aGVsbG8=,", ""),
            (iv.as_str(), tag.as_str()),
            (tag.as_str(), "aGVsbG8="),
            ("str]", "text]"),
            ("]", ""),
        ] {
            assert!(matches!(Value::of(&whole.replacen(from, to, 1)), Value::Broken(_)), "{from} -> {to}");
        }
    }
}
