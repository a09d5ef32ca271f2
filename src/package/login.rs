//! The login of a container registry, as `kubectl create secret docker-registry` writes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::seal::Plaintext;

/// The key of a Secret of type `kubernetes.io/dockerconfigjson`.
pub(super) const KEY: &str = ".dockerconfigjson";
/// The type.
pub(super) const TYPE: &str = "kubernetes.io/dockerconfigjson";

/// The value of [`KEY`]: `auths` with one server. `auth` is base64 of user name, colon and password.
pub(super) fn config(server: &str, username: &str, password: &str, email: Option<&str>) -> Plaintext {
    // Room for all at once, since a text that grows leaves copies behind: a character takes six bytes at most, and what
    // is in `auth` stands there a second time.
    let parts = server.len() + username.len() + password.len() + email.map_or(0, str::len);
    let mut out = Zeroizing::new(String::with_capacity(parts * 8 + 128));
    let mut pair = Zeroizing::new(String::with_capacity(username.len() + password.len() + 1));
    pair.extend([username, ":", password]);
    let auth = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    out.push_str("{\"auths\":{\"");
    escape(server, &mut out);
    out.push_str("\":{");
    let fields =
        [("username", Some(username)), ("password", Some(password)), ("email", email), ("auth", Some(&**auth))];
    for (index, (name, value)) in fields.iter().filter_map(|(name, value)| Some((name, (*value)?))).enumerate() {
        out.push_str(if index == 0 { "\"" } else { ",\"" });
        out.extend([name, "\":\""]);
        escape(value, &mut out);
        out.push('"');
    }
    out.push_str("}}}");
    Plaintext::from(out.as_str())
}

/// Writes a text into a string of JSON. Go escapes what could end a script of HTML, and so does this.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    out.extend(char::from_digit((u32::from(c) >> shift) & 0xf, 16));
                }
            }
            c => out.push(c),
        }
    }
}
