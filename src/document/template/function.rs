//! What the functions of templates do with their arguments: those of Go and Sprig that Helm has, filters of Jinja and
//! Ansible, functions of GitHub expressions.

/// What becomes of the literals among a function's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literals {
    /// All reach the result.
    All,
    /// All but the first.
    Rest,
    /// The one before the last argument: `dig "a" "b" "default" .Values`.
    BeforeLast,
    /// Every second one: the values of `dict`.
    Values,
    None,
}

/// What becomes of a value of the chart that is an argument or is piped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// Each stays what it is.
    Same,
    /// Each but the first argument stays what it is.
    SameButFirst,
    /// It becomes a part of a text, unless it is alone.
    Joined,
    /// It is put in the format that is the first argument.
    Formatted,
    Dumped,
    Encoded,
    Decoded,
    /// The first argument is a template; it is taken as it is.
    Template,
    /// One of the first two arguments.
    Choice,
    /// What is below the first argument, by the keys after it.
    Lookup,
    /// Nobody knows.
    Lost,
}

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) literals: Literals,
    /// Whether a literal that is piped in reaches the result.
    pub(super) pipes: bool,
    pub(super) passage: Passage,
}

impl Function {
    /// The function called `name`; of a method (`a.get`) its last part says which. A field is none.
    pub(super) fn of_name(name: &str) -> Self {
        let short = if name.starts_with(['.', '$']) { "" } else { name.rsplit('.').next().unwrap_or(name) };
        let (literals, pipes, passage) = match short {
            "quote" | "squote" | "toString" | "trim" | "nospace" | "default" | "coalesce" | "or" | "indent"
            | "nindent" | "upper" | "lower" => (Literals::All, true, Passage::Same),
            "print" | "println" | "cat" => (Literals::All, true, Passage::Joined),
            "toYaml" | "toJson" | "toPrettyJson" | "toRawJson" => (Literals::All, true, Passage::Dumped),
            "b64enc" => (Literals::All, true, Passage::Encoded),
            "b64dec" => (Literals::All, true, Passage::Decoded),
            "ternary" => (Literals::All, true, Passage::Choice),
            "required" | "trimSuffix" | "trimPrefix" | "trimAll" => (Literals::Rest, true, Passage::SameButFirst),
            "printf" => (Literals::Rest, true, Passage::Formatted),
            "get" => (Literals::Rest, true, Passage::Lookup),
            "index" => (Literals::None, false, Passage::Lookup),
            "tpl" => (Literals::None, false, Passage::Template),
            "title" | "trunc" | "b32enc" | "urlquery" | "first" | "last" | "list" | "concat" | "and" | "b64encode"
            | "b64decode" | "tojson" | "to_json" | "to_nice_json" | "to_yaml" | "to_nice_yaml" | "toJSON" | "d"
            | "string" | "safe" | "urlencode" | "fromBase64" | "toBase64" | "iif" => {
                (Literals::All, true, Passage::Lost)
            }
            "format" => (Literals::Rest, true, Passage::Lost),
            "dig" => (Literals::BeforeLast, true, Passage::Lost),
            "dict" => (Literals::Values, true, Passage::Lost),
            "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "not" | "has" | "hasKey" | "hasPrefix" | "hasSuffix"
            | "contains" | "empty" | "kindIs" | "typeIs" | "regexMatch" | "semverCompare" | "len" | "length"
            | "include" | "template" | "lookup" | "fail" | "env" | "sha1sum" | "sha256sum" | "hash" | "htpasswd"
            | "bcrypt" | "password_hash" | "set" | "unset" | "define" | "fromJSON" | "hashFiles" => {
                (Literals::None, false, Passage::Lost)
            }
            _ => (Literals::None, true, Passage::Lost),
        };
        Self { literals, pipes, passage }
    }
}
