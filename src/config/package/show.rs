//! `package` in `--show-config`.

use std::fmt::{self, Write as _};

use super::super::show::quote;
use super::{Content, Item, PackagePlan, PackageSecret, Valued};

impl PackagePlan {
    /// Writes the key, one Secret a line.
    pub(in super::super) fn show(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "package:")?;
        if let Some(Valued { value, origin }) = &self.approved_by {
            writeln!(out, "  approved-by: {}  # {origin}", quote(value))?;
        }
        if self.secrets.is_empty() {
            return writeln!(out, "  secrets: []  # {}", self.origin);
        }
        writeln!(out, "  secrets:")?;
        self.secrets.iter().try_for_each(|secret| writeln!(out, "    - {}  # {}", show(&secret.value), secret.origin))
    }
}

fn show(secret: &PackageSecret) -> String {
    let entries = |items: &[(&str, &Valued<Item>)]| {
        let one = |(key, value): &(&str, &Valued<Item>)| format!("{}: {}", quote(key), item(&value.value));
        items.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let content = match &secret.content {
        Content::Keys(keys) => {
            let keys: Vec<_> = keys.iter().map(|(key, item)| (key.as_str(), item)).collect();
            format!("keys: {{ {} }}", entries(&keys))
        }
        Content::Registry(login) => {
            let mut fields = vec![("username", &login.username), ("password", &login.password)];
            fields.extend(login.email.iter().map(|email| ("email", email)));
            format!("registry: {{ server: {}, {} }}", quote(&login.server), entries(&fields))
        }
    };
    format!("{{ name: {}, {content} }}", quote(&secret.name))
}

fn item(item: &Item) -> String {
    match item {
        Item::From(name) => format!("{{ from: {} }}", quote(name)),
        Item::Value(text) => format!("{{ value: {} }}", quote(text)),
        Item::Template(text) => format!("{{ template: {} }}", quote(text)),
    }
}
