//! The one definition of a placeholder: text in the place of a value to come.

use super::key::{self, is_among};

/// Whether `value` only holds the place of a value: empty, `changeme`-like, `<…>`, `${…}`, `{{ … }}`, `xxxx`,
/// `REPLACE_ME`, an elided example, or a reference to another store. Weak real values are not placeholders.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'', '`']).trim();
    if value.is_empty() {
        return true;
    }
    if value.contains('\n') {
        // The lines around a key in PEM are no part of it.
        let counts = |line: &&str| !(line.is_empty() || line.starts_with("-----") && line.ends_with("-----"));
        return value.lines().map(str::trim).filter(counts).all(is_placeholder);
    }
    is_expansion(value)
        || is_bracketed(value)
        || is_filler(value)
        || is_reference(value)
        || is_phrase(value)
        || is_hump_phrase(value)
}

/// `${VAR}`, `$(command)`, `$VAR`, `{{ x }}`, `%VAR%`, `@VAR@`, `__VAR__`, `((x))`, `#{x}`, `<%= x %>`, `%(x)s`.
fn is_expansion(value: &str) -> bool {
    if let Some(default) = shell_default(value) {
        return is_placeholder(default);
    }
    let wraps = [("$[", "]"), ("((", "))"), ("#{", "}"), ("<%", "%>"), ("%(", ")s"), ("[[", "]]")];
    let around = |&(open, close): &(&str, &str)| value.find(open).is_some_and(|at| value[at..].contains(close));
    let opens = ["{{", "{%", "$(", "${"].iter().any(|open| value.contains(open));
    if opens || wraps.iter().any(around) {
        return true;
    }
    let name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:/".contains(&byte))
            && !text.starts_with(|c: char| c.is_ascii_digit())
    };
    let inner =
        |open: &str, close: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(name);
    value.strip_prefix('$').is_some_and(|rest| name(rest) && is_variable(rest))
        || [("%", "%"), ("@", "@"), ("__", "__"), ("@@", "@@"), ("{", "}")]
            .iter()
            .any(|(open, close)| inner(open, close))
}

/// A variable's name, or a few joined by ordinary text; a real password may start with `$` too (`$ecret9x`).
fn is_variable(rest: &str) -> bool {
    let screaming = rest.bytes().all(|byte| !byte.is_ascii_lowercase());
    screaming || rest.contains(['_', '.', ':']) || rest.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The literal of `${VAR:-literal}` or `${VAR-literal}`.
fn shell_default(value: &str) -> Option<&str> {
    let inner = value.strip_prefix("${")?.strip_suffix('}')?;
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let rest = &inner[end..];
    let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-')).or_else(|| rest.strip_prefix(":="))?;
    Some(default.trim_matches(['"', '\'']))
}

/// `<anything short>`, `[anything]`, or an ordinary text with `<name>` in it.
fn is_bracketed(value: &str) -> bool {
    let whole = |open: char, close: char| value.starts_with(open) && value.ends_with(close) && value.len() <= 80;
    if whole('<', '>') || whole('[', ']') && !value.contains('"') {
        return true;
    }
    let Some(open) = value.find('<') else { return false };
    let Some(close) = value[open..].find('>') else { return false };
    let name = &value[open + 1..open + close];
    let ordinary = |c: char| c.is_ascii_alphanumeric() || " _-.".contains(c);
    name.len() >= 2 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(ordinary)
}

/// `xxxx`, `****`, `....`, `0000`, an ellipsis anywhere, or one character repeated.
fn is_filler(value: &str) -> bool {
    let body: Vec<char> = value.chars().filter(|c| !"-_ .:/".contains(*c)).collect();
    let same = body.is_empty() || body.len() >= 3 && body.iter().all(|c| *c == body[0]);
    let sequence = matches!(value, "1234567890" | "0123456789" | "abc123" | "abcdef" | "abcdefgh" | "abcdefghijklmnop");
    let stretched =
        value.as_bytes().windows(8).any(|run| run[0].is_ascii_lowercase() && run.iter().all(|b| *b == run[0]));
    // `ghp_xxx`: the beginning of a token, and then nothing.
    let begun = value.len() <= 40
        && value.rsplit_once(['_', '-']).is_some_and(|(head, rest)| {
            let word = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            head.split(['_', '-']).all(word) && matches!(rest, "xxx" | "XXX")
        });
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let numbered = digits && value.len() >= 8 && value.bytes().filter(|byte| *byte != b'0').count() <= 2;
    same || sequence
        || begun
        || numbered
        || is_pem_line(value)
        || stretched
        || ["xxxx", "XXXX", "****", "...", "…", "••••"].iter().any(|part| value.contains(part))
}

/// The first or last line of a key without the key.
fn is_pem_line(value: &str) -> bool {
    let inner = value.strip_prefix("-----").and_then(|rest| rest.strip_suffix("-----"));
    inner.is_some_and(|inner| (inner.starts_with("BEGIN ") || inner.starts_with("END ")) && !inner.contains('-'))
}

/// Whether a login in a URL only shows where one goes: `user:password@host`. `postgres:postgres@db` is a weak real one.
pub(super) fn is_sample_login(user: &str, password: &str, host: &str) -> bool {
    const PASSWORDS: &[&str] = &["password", "pass", "passwd", "pwd", "secret", "pw", "user", "username", "token"];
    const USERS: &[&str] =
        &["user", "username", "usr", "login", "myuser", "db_user", "dbuser", "admin_user", "u", "me", "name"];
    let lower = |text: &str| text.to_ascii_lowercase();
    let (user, password, host) = (lower(user), lower(password), lower(host));
    let generic_host =
        host.contains("host") && host != "localhost" || host.contains("example") || host.starts_with("your");
    PASSWORDS.contains(&password.as_str()) && (USERS.contains(&user.as_str()) || generic_host)
}

/// A value that names where the real one is kept.
fn is_reference(value: &str) -> bool {
    const STORES: [&[&str]; 4] = [
        &[
            "vault:",
            "!vault",
            "ref+",
            "op://",
            "doppler:",
            "bws:",
            "infisical:",
            "secretref:",
            "secret:",
            "file:",
            "env:",
        ],
        &[
            "arn:aws",
            "aws-sm:",
            "aws-ssm:",
            "aws_sm:",
            "awssm",
            "ssm:",
            "secretsmanager:",
            "aws_secretsmanager",
            "sm://",
        ],
        &["gcpsm:", "gcp-sm:", "gsm:", "keyvault:", "azurekeyvault", "@microsoft.keyvault", "k8s:", "kubernetes:"],
        &["/run/secrets/"],
    ];
    const CODE: [&[&str]; 2] = [
        &["process.env", "os.environ", "os.getenv", "getenv", "config.", "self.", "this.", "settings."],
        &["var.", "local.", "data.", "module.", "secrets.", "random_password.", "values.", ".values"],
    ];
    let lower: String = value.chars().take(32).flat_map(char::to_lowercase).collect();
    let gcp = lower.starts_with("projects/") && value.contains("/secrets/");
    let cell = value.strip_prefix('$').is_some_and(|rest| !rest.starts_with('{') && rest.split(':').count() == 2);
    gcp || cell
        || STORES.iter().chain(&CODE).flat_map(|list| *list).any(|prefix| lower.starts_with(prefix))
        || is_constant_name(value)
}

/// `DB_PASSWORD` in the place of a value: the name of a variable, not its content.
fn is_constant_name(value: &str) -> bool {
    const ALONE: &[&str] =
        &["PASSWORD", "PASSWD", "PASS", "SECRET", "TOKEN", "USER", "USERNAME", "KEY", "APIKEY", "VALUE", "CREDENTIALS"];
    if value.len() > 64 {
        return false;
    }
    if ALONE.contains(&value) {
        return true;
    }
    // Numbers may tell several apart: `SERVICE_NAME-2`.
    let parts: Vec<&str> = value.trim_matches('_').split(['_', '-']).collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
    let number = |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    value.contains('_')
        && parts.iter().filter(|part| word(part)).count() >= 2
        && parts.iter().all(|part| word(part) || number(part))
}

/// The same in camelCase: `yourSecretKey`, `someToken`. Letters only, so that no random value is cut into words.
fn is_hump_phrase(value: &str) -> bool {
    if value.len() > 40 || !value.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let words = key::words(value);
    words.len() >= 2 && words.iter().all(|word| word.len() >= 2) && is_phrase(&words.join(" "))
}

/// Words that say "put yours here".
fn is_phrase(value: &str) -> bool {
    if value.len() > 120 {
        return false;
    }
    if value.contains("EXAMPLE") {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let (Some(&first), Some(&last)) = (words.first(), words.last()) else {
        return true;
    };
    let many = words.len() >= 2;
    words.iter().any(|word| is_among(&ANYWHERE, word))
        || is_among(&WHOLE, &lower)
        || many && FIRST.contains(&first) && words.iter().any(|word| CREDENTIAL.contains(word))
        || many && last == "here"
        || words.len() >= 3 && CREDENTIAL.contains(&first) && words[1] == "from"
        || is_among(&PHRASES, &words.join(" "))
        || words.windows(2).any(is_pair)
        || first.strip_prefix("your").is_some_and(|rest| CREDENTIAL.contains(&rest))
}

/// Words that make a placeholder of any value that contains one.
const ANYWHERE: [&[&str]; 4] = [
    &["changeme", "changethis", "changeit", "pleasechange", "changemeplease", "tochange", "tobechanged"],
    &["replaceme", "replacethis", "fillme", "setme", "fixme", "todo", "tbd", "dummy", "placeholder", "example"],
    &["yourpassword", "yoursecret", "yourtoken", "yourkey", "yourapikey", "goeshere", "notreal"],
    &["redacted", "masked", "censored", "omitted", "elided"],
];

/// Words for a credential.
const CREDENTIAL: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "key",
    "apikey",
    "credential",
    "credentials",
    "value",
    "username",
    "user",
    "api",
];

/// Words that do so before a word for a credential.
const FIRST: &[&str] =
    &["your", "replace", "insert", "enter", "put", "paste", "fill", "my", "some", "fake", "mock", "sample"];

/// Whole values of several words.
const PHRASES: [&[&str]; 2] = [
    &["secure password", "strong password", "very secure password", "super secure password"],
    &["secure token", "secure random string", "long random string", "random string"],
];

/// Whole values.
const WHOLE: [&[&str]; 4] = [
    &["none", "null", "nil", "undefined", "na", "n/a", "empty", "unset", "unused", "notused", "tba"],
    &["foo", "bar", "baz", "foobar", "foobarbaz", "lorem", "ipsum", "blah", "qux", "quux", "fake", "sample"],
    &["string", "value", "data", "generated", "autogenerated", "random"],
    &["change", "required", "optional", "hidden"],
];

/// Neighbours that do so anywhere.
fn is_pair(words: &[&str]) -> bool {
    matches!(
        words,
        ["change", "me" | "this" | "it"]
            | ["replace", "me" | "this" | "with"]
            | ["fill", "in" | "me"]
            | ["set", "me"]
            | ["goes", "here"]
            | ["not", "real" | "used" | "set"]
            | ["to", "be"]
            | ["please" | "must", "change"]
            | ["auto" | "randomly", "generated"]
            | ["add" | "use" | "put" | "enter" | "with", "your"]
            | ["the" | "a", "real"]
            | ["base64", "encoded"]
            | ["no", "password" | "secret"]
    )
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    const PLACEHOLDERS: &[&str] = &[
        "",
        "  ",
        "\"\"",
        "changeme",
        "CHANGE_ME",
        "change-me-please",
        "ChangeMe!",
        "<password>",
        "<your-api-key>",
        "${DB_PASSWORD}",
        "$(cat /run/secret)",
        "$DB_PASSWORD",
        "{{ .Values.password }}",
        "{{password}}",
        "{% raw %}",
        "xxxx",
        "sk-xxxxxxxxxxxx",
        "XXXXXXXX",
        "********",
        "REPLACE_ME",
        "REPLACE_WITH_YOUR_TOKEN",
        "your-password-here",
        "your_api_key",
        "-----BEGIN PRIVATE KEY-----\n<your-client-private-key>\n-----END PRIVATE KEY-----\n",
        "yourSecretKey",
        "someSecretToken",
        "ReplaceWithYourToken",
        "YOUR_SECRET",
        "%(password)s",
        "%DB_PASSWORD%",
        "@PASSWORD@",
        "__TOKEN__",
        "((password))",
        "#{token}",
        "[REDACTED]",
        "[your token]",
        "todo",
        "TBD",
        "n/a",
        "null",
        "None",
        "AgBy3i4OJSWK+PiTySYZZA9rO43cGDEQAx...",
        "vault:secret/data/db#password",
        "ref+vault://x/y#z",
        "op://vault/item/field",
        "arn:aws:secretsmanager:eu-west-1:123:secret:x",
        "projects/p/secrets/s/versions/1",
        "AKIAIOSFODNN7EXAMPLE",
        "postgres://user:<password>@host/db",
        "${PASSWORD:-changeme}",
        "DB_PASSWORD",
        "SERVICE_NAME-2",
        "insert token here",
        "my-secret-password",
        "foo",
        "0000000000",
        "00000000-0000-0000-0000-000000000000",
        "<path:secret/data/x#y>",
        "placeholder",
        "$secret-name:key",
        "my_password",
        "yourpassword",
        "'<token>'",
        "to-be-filled",
        "token-from-harbor",
        "secure-password",
        "AQBQyyyyyyyyyyyyyyyy==",
        "enter your password",
        "base64-encoded-value",
        "ghp_xxx",
        "sk_live_xxx",
        "000000000000000000002",
        "-----BEGIN PRIVATE KEY-----",
    ];

    #[test]
    fn every_spelling_of_a_placeholder() {
        for value in PLACEHOLDERS {
            assert!(is_placeholder(value), "{value:?}");
        }
    }

    #[test]
    fn logins_of_documentation_are_samples() {
        use super::is_sample_login as sample;
        assert!(sample("user", "password", "host") && sample("USER", "PASSWORD", "db.example.com"));
        assert!(sample("root", "password", "mongodb-hostname"));
        assert!(!sample("postgres", "postgres", "db") && !sample("mlflow", "password", "10.0.0.3"));
    }

    #[test]
    fn weak_real_values_are_not_placeholders() {
        for value in [
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEV2c3bRtGH3qA0PRv6lPeM6bxkW\n-----END PRIVATE KEY-----\n",
            "minioadmin",
            "minioadmin123",
            "password",
            "hunter2",
            "hello",
            "postgres",
            "secret",
            "admin123",
            "p4ssw0rd",
            "S3cr3t!",
            "${PASSWORD:-hunter2}",
            "$ecret9x",
            "yellow-submarine",
            "correct horse battery",
            "mlflow",
            "xx",
            "Zk9+vT3/Lw0XbN5kYp2JdQ==",
            "mysecretpassword",
            "letmein",
            "root",
            "12000034",
            "Zk9!vT-xxx",
        ] {
            assert!(!is_placeholder(value), "{value:?}");
        }
    }
}
