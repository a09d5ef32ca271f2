//! Path templates: `**/packages/{workflow}/{env}/**` says whose and which environment's a file is.
//!
//! A template is a flat list of pieces. Each of its variables stands in it once, so whether the rest of the pieces
//! matches the rest of a path does not depend on what was captured before: a pair that failed is not tried again, and
//! the time is bounded by pieces times bytes (times the longest name) whatever template and path are.

use memchr::memmem;

use super::names::is_label;

/// Longest template.
const LONGEST_TEMPLATE: usize = 256;
/// Longest name that a variable stands for: a DNS-1123 label.
const LONGEST_NAME: usize = 63;
/// Longest path that is looked at; a longer one says nothing.
const LONGEST: usize = 4096;

/// `**/packages/{workflow}/{env}/**`, ready to match.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    /// As written.
    pub template: String,
    pieces: Vec<Piece>,
    /// The longest literal text, looked for first: most paths do not have it.
    needle: String,
}

impl PartialEq for PathTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.template == other.template
    }
}

impl Eq for PathTemplate {}

/// What a part of a template matches.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// This text, which may hold `/`.
    Literal(String),
    /// `*`: any text within a component.
    Within,
    /// `**/`: any number of components, each with its `/`.
    Components,
    /// `**` at the end: what is below, which is something.
    Below,
    /// A variable.
    Variable(Variable),
}

/// A variable of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    Workflow,
    Environment,
    Namespace,
}

/// The variables as they are written.
const VARIABLES: [(&str, Variable); 3] =
    [("workflow", Variable::Workflow), ("env", Variable::Environment), ("namespace", Variable::Namespace)];

/// What variables may stand for.
pub(super) struct Known<'a> {
    /// Names of environments.
    pub environments: &'a [(String, String)],
    /// Declared workflows; where there is none, any name is one.
    pub workflows: &'a [String],
}

/// What a path holds in the places of the variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Captured<'p> {
    pub workflow: Option<&'p str>,
    pub environment: Option<&'p str>,
    pub namespace: Option<&'p str>,
}

impl PathTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow "bad template: ".
    pub fn new(template: &str) -> Result<Self, String> {
        let body = template.strip_prefix("./").unwrap_or(template);
        let body = body.strip_prefix('/').unwrap_or(body);
        if body.len() > LONGEST_TEMPLATE {
            return Err(format!("it has more than {LONGEST_TEMPLATE} bytes"));
        }
        let components: Vec<&str> = body.split('/').collect();
        let mut builder = Builder::default();
        for (index, component) in components.iter().enumerate() {
            let last = index + 1 == components.len();
            match *component {
                "" => return Err("a component is empty".to_owned()),
                "." | ".." => return Err("`.` and `..` are no names of folders".to_owned()),
                "**" if last => builder.push(Piece::Below),
                "**" => builder.push(Piece::Components),
                _ => {
                    builder.component(component)?;
                    if !last {
                        builder.literal("/");
                    }
                }
            }
        }
        let Builder { pieces, variables } = builder;
        if variables.is_empty() {
            return Err("it has none of {workflow}, {env} and {namespace}, so it says nothing".to_owned());
        }
        let literals = pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            _ => None,
        });
        let needle = literals.max_by_key(|text| text.len()).unwrap_or_default().to_owned();
        Ok(Self { template: template.to_owned(), pieces, needle })
    }

    /// What `path` holds in the places of the variables; nothing where it does not match.
    pub(super) fn capture<'p>(&self, path: &'p str, known: &Known<'_>) -> Option<Captured<'p>> {
        if path.len() > LONGEST || memmem::find(path.as_bytes(), self.needle.as_bytes()).is_none() {
            return None;
        }
        let failed = vec![false; self.pieces.len() * (path.len() + 1)];
        let mut attempt = Attempt { pieces: &self.pieces, path, known, failed, captured: Captured::default() };
        attempt.rest(0, 0).then_some(attempt.captured)
    }
}

/// Pieces while a template is read.
#[derive(Default)]
struct Builder {
    pieces: Vec<Piece>,
    variables: Vec<Variable>,
}

impl Builder {
    fn push(&mut self, piece: Piece) {
        // Two of a kind match what one matches.
        if self.pieces.last() != Some(&piece) {
            self.pieces.push(piece);
        }
    }

    fn literal(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Literal(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    /// Reads a component that is not `**`.
    fn component(&mut self, component: &str) -> Result<(), String> {
        if component.contains("**") {
            return Err("`**` is a component of its own, between `/`".to_owned());
        }
        let mut rest = component;
        while !rest.is_empty() {
            let plain = rest.find(['*', '{', '}', '?', '[', ']', '\\', '!']).unwrap_or(rest.len());
            if plain > 0 {
                self.literal(&rest[..plain]);
                rest = &rest[plain..];
            } else if let Some(after) = rest.strip_prefix('*') {
                self.push(Piece::Within);
                rest = after;
            } else {
                rest = self.variable(rest)?;
            }
        }
        Ok(())
    }

    /// Reads a variable at the start of `text`, and returns what follows it.
    fn variable<'t>(&mut self, text: &'t str) -> Result<&'t str, String> {
        let Some((name, after)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) else {
            return Err("of special characters it may have `*`, `**` and {…}".to_owned());
        };
        let Some((_, variable)) = VARIABLES.into_iter().find(|(known, _)| *known == name) else {
            let near = crate::error::nearest(name, VARIABLES.map(|(known, _)| known));
            let near = near.map(|near| format!("; did you mean {{{near}}}?")).unwrap_or_default();
            return Err(format!("in braces stands one of {{workflow}}, {{env}} and {{namespace}}{near}"));
        };
        if self.variables.contains(&variable) {
            return Err(format!("{{{name}}} stands in it twice"));
        }
        if matches!(self.pieces.last(), Some(Piece::Variable(_))) {
            return Err(format!("nothing divides {{{name}}} from what stands before it"));
        }
        self.variables.push(variable);
        self.pieces.push(Piece::Variable(variable));
        Ok(after)
    }
}

/// The matching of one path.
struct Attempt<'a, 'p> {
    pieces: &'a [Piece],
    path: &'p str,
    known: &'a Known<'a>,
    /// Whether the pieces from one on are known not to match the path from one byte on.
    failed: Vec<bool>,
    captured: Captured<'p>,
}

impl<'p> Attempt<'_, 'p> {
    /// Whether the pieces from `piece` on match the path from `at` on. A template takes what is below a folder too.
    fn rest(&mut self, piece: usize, at: usize) -> bool {
        let Some(current) = self.pieces.get(piece) else {
            return at == self.path.len() || self.path[at..].starts_with('/');
        };
        let state = piece * (self.path.len() + 1) + at;
        if self.failed[state] {
            return false;
        }
        let path = self.path;
        let left = &path[at..];
        let matched = match current {
            Piece::Literal(text) => left.starts_with(text.as_str()) && self.rest(piece + 1, at + text.len()),
            Piece::Below => !left.is_empty(),
            Piece::Within => {
                let end = left.find('/').unwrap_or(left.len());
                self.any_of(piece, at, (0..=end).filter(|end| left.is_char_boundary(*end)))
            }
            Piece::Components => {
                let starts = memchr::memchr_iter(b'/', left.as_bytes()).map(|slash| slash + 1);
                self.any_of(piece, at, std::iter::once(0).chain(starts))
            }
            Piece::Variable(variable) => {
                let variable = *variable;
                let longest = left.bytes().take(LONGEST_NAME).take_while(u8::is_ascii_graphic);
                let longest = longest.take_while(|byte| *byte != b'/').count();
                // The longest first: in `{workflow}-{env}` the workflow may have dashes.
                (1..=longest).rev().any(|end| {
                    self.may_be(variable, &left[..end]) && self.rest(piece + 1, at + end) && {
                        self.set(variable, &left[..end]);
                        true
                    }
                })
            }
        };
        self.failed[state] = !matched;
        matched
    }

    /// Whether what follows `piece`, which takes any text up to one of `ends`, matches from there. What fails from one
    /// end fails for `piece` from there too, so one that failed before ends the search.
    fn any_of(&mut self, piece: usize, at: usize, ends: impl Iterator<Item = usize>) -> bool {
        for end in ends {
            let state = piece * (self.path.len() + 1) + at + end;
            if self.failed[state] {
                return false;
            }
            if self.rest(piece + 1, at + end) {
                return true;
            }
            self.failed[state] = true;
        }
        false
    }

    fn may_be(&self, variable: Variable, text: &str) -> bool {
        match variable {
            Variable::Environment => self.known.environments.iter().any(|(name, _)| name == text),
            Variable::Workflow if !self.known.workflows.is_empty() => {
                self.known.workflows.iter().any(|name| name == text)
            }
            Variable::Workflow | Variable::Namespace => is_label(text),
        }
    }

    fn set(&mut self, variable: Variable, text: &'p str) {
        let place = match variable {
            Variable::Workflow => &mut self.captured.workflow,
            Variable::Environment => &mut self.captured.environment,
            Variable::Namespace => &mut self.captured.namespace,
        };
        *place = Some(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(template: &str, path: &str) -> Option<[String; 3]> {
        capture_known(template, path, &[])
    }

    fn capture_known(template: &str, path: &str, workflows: &[String]) -> Option<[String; 3]> {
        let template = PathTemplate::new(template).expect("a good template");
        let environments =
            ["dev", "staging", "production", "pre-prod"].map(|name| (name.to_owned(), String::new())).to_vec();
        let captured = template.capture(path, &Known { environments: &environments, workflows })?;
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        Some([text(captured.workflow), text(captured.environment), text(captured.namespace)])
    }

    fn found(workflow: &str, environment: &str, namespace: &str) -> [String; 3] {
        [workflow, environment, namespace].map(str::to_owned)
    }

    #[test]
    fn the_built_in_forms_match_what_they_are_for() {
        let packages = "**/packages/{workflow}/{env}/**";
        for path in ["packages/financial-ml/dev/a.yaml", "x/y/packages/financial-ml/dev/deep/er/a.yaml"] {
            assert_eq!(capture(packages, path), Some(found("financial-ml", "dev", "-")), "{path}");
        }
        let package = "**/{workflow}-secrets-package/{env}/**";
        assert_eq!(
            capture(package, "financial-ml-secrets-package/production/s.yaml"),
            Some(found("financial-ml", "production", "-"))
        );
        let sealed = "**/sealed-secrets/{namespace}/**";
        assert_eq!(
            capture(sealed, "k8s/sealed-secrets/financial-ml-dev/a.yaml"),
            Some(found("-", "-", "financial-ml-dev"))
        );
        assert_eq!(capture("**/overlays/{env}/**", "app/overlays/staging/k.yaml"), Some(found("-", "staging", "-")));
    }

    #[test]
    fn near_misses_do_not_match() {
        let packages = "**/packages/{workflow}/{env}/**";
        for path in [
            "packages/financial-ml/gpu/a.yaml",
            "packages/financial-ml/dev",
            "packages/financial-ml/dev/",
            "packages/dev/a.yaml",
            "my-packages/financial-ml/dev/a.yaml",
            "packages/financial-ml/developer/a.yaml",
            "packages/Financial/dev/a.yaml",
            "packages/-ml/dev/a.yaml",
            "packages//dev/a.yaml",
            "",
        ] {
            assert_eq!(capture(packages, path), None, "{path}");
        }
        assert_eq!(capture("**/{workflow}-secrets-package/{env}/**", "-secrets-package/dev/a"), None);
        assert_eq!(capture("**/sealed-secrets/{namespace}/**", "sealed-secrets/README.md"), None);
        assert_eq!(capture("**/sealed-secrets/{namespace}/**", "sealed-secrets/readme"), None);
        assert_eq!(capture("**/overlays/{env}/**", "overlays/gpu/a.yaml"), None);
        assert_eq!(capture("**/overlays/{env}/**", "overlays/dev.yaml"), None);
    }

    #[test]
    fn a_later_place_is_tried_where_an_earlier_one_does_not_fit() {
        let packages = "**/packages/{workflow}/{env}/**";
        assert_eq!(capture(packages, "packages/a/packages/b/dev/x"), Some(found("b", "dev", "-")));
        assert_eq!(capture("{workflow}-{env}/**", "a-dev-dev/x"), Some(found("a-dev", "dev", "-")));
        assert_eq!(capture("{workflow}-{env}/**", "a-pre-prod/x"), Some(found("a", "pre-prod", "-")));
        assert_eq!(capture("{workflow}-{env}/**", "a-b/x"), None);
    }

    #[test]
    fn stars_stay_in_a_component_and_double_stars_do_not() {
        assert_eq!(capture("apps/*/{env}.yaml", "apps/x/dev.yaml"), Some(found("-", "dev", "-")));
        assert_eq!(capture("apps/*/{env}.yaml", "apps/x/y/dev.yaml"), None);
        assert_eq!(capture("apps/**/{env}.yaml", "apps/dev.yaml"), Some(found("-", "dev", "-")));
        assert_eq!(capture("apps/**/{env}.yaml", "apps/x/y/dev.yaml"), Some(found("-", "dev", "-")));
        assert_eq!(capture("apps/{namespace}*", "apps/a.yaml"), Some(found("-", "-", "a")));
        assert_eq!(capture("**/**/é*/{env}/**", "x/éü/dev/a"), Some(found("-", "dev", "-")));
    }

    #[test]
    fn a_template_of_a_folder_takes_what_is_below() {
        assert_eq!(capture("/apps/{workflow}", "apps/x/deep/a.yaml"), Some(found("x", "-", "-")));
        assert_eq!(capture("./apps/{workflow}", "sub/apps/x/a.yaml"), None);
        assert_eq!(capture("apps/{namespace}.yaml", "apps/x.yaml"), Some(found("-", "-", "x")));
        assert_eq!(capture("apps/{namespace}.yaml", "apps/x.yaml.bak"), None);
    }

    #[test]
    fn declared_workflows_are_the_only_ones() {
        let declared = ["financial-ml".to_owned()];
        let template = "packages/{workflow}/{env}/**";
        assert_eq!(
            capture_known(template, "packages/financial-ml/dev/a", &declared),
            Some(found("financial-ml", "dev", "-"))
        );
        assert_eq!(capture_known(template, "packages/common/dev/a", &declared), None);
    }

    #[test]
    fn bad_templates_say_why() {
        for (template, why) in [
            ("", "a component is empty"),
            ("a//{env}", "a component is empty"),
            ("{env}/", "a component is empty"),
            ("../{env}", "`.` and `..`"),
            ("a/**", "says nothing"),
            ("a**/{env}", "a component of its own"),
            ("{env}/{env}", "{env} stands in it twice"),
            ("{workflow}{env}", "nothing divides {env}"),
            ("{workflows}/**", "did you mean {workflow}?"),
            ("{x}/**", "in braces stands one of"),
            ("{env/**", "of special characters"),
            ("[a]/{env}", "of special characters"),
        ] {
            let fault = PathTemplate::new(template).expect_err("a bad template");
            assert!(fault.contains(why), "{template}: {fault}");
        }
        let long = "a/".repeat(130) + "{env}";
        assert!(PathTemplate::new(&long).expect_err("too long").contains("more than 256"));
    }

    #[test]
    fn hostile_templates_and_paths_end() {
        let templates = [
            format!("{}{{workflow}}-{{env}}b", "*a".repeat(100)),
            format!("{}{{env}}/b", "**/a*a/".repeat(30)),
            format!("{}*{{env}}*b", "**/*/".repeat(45)),
            "**/*{namespace}*{workflow}*{env}*/**/b".to_owned(),
        ];
        let known = Known { environments: &[("a".to_owned(), String::new())], workflows: &[] };
        let (flat, tall) = ("a".repeat(LONGEST), "aa/".repeat(LONGEST / 3));
        for template in templates {
            let template = PathTemplate::new(&template).expect("a good template");
            for path in [&flat, &tall, &format!("{}b", &flat[1..]), &format!("{}bc", &tall[3..])] {
                assert_eq!(template.capture(path, &known), None, "{}", template.template);
            }
        }
    }

    /// The same template as a regular expression.
    fn regex(template: &str) -> regex::Regex {
        let components: Vec<&str> = template.split('/').collect();
        let mut pattern = "^".to_owned();
        for (index, component) in components.iter().enumerate() {
            let last = index + 1 == components.len();
            match *component {
                "**" if last => pattern.push_str(".+"),
                "**" => pattern.push_str("(?:[^/]*/)*"),
                _ => {
                    let name = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
                    let component =
                        component.replace('*', "[^/]*").replace("{env}", "(?:dev|staging|production|pre-prod)");
                    pattern.push_str(&component.replace("{workflow}", name).replace("{namespace}", name));
                    pattern.push_str(if last { "(?:/.*)?" } else { "/" });
                }
            }
        }
        regex::Regex::new(&(pattern + "$")).expect("a good pattern")
    }

    proptest::proptest! {
        #[test]
        fn matching_is_that_of_a_regular_expression(
            components in proptest::collection::vec(
                proptest::sample::select(vec!["**", "*", "a", "a*", "*b", "{env}", "{workflow}", "x-{namespace}", "{workflow}-{env}"]),
                1..6,
            ),
            path in proptest::collection::vec(
                proptest::sample::select(vec!["a", "ab", "b", "dev", "x-a", "a-dev", "x-pre-prod", "X", "-", "", "é"]),
                1..7,
            ),
        ) {
            let (template, path) = (components.join("/"), path.join("/"));
            if PathTemplate::new(&template).is_ok() {
                let found = capture(&template, &path);
                proptest::prop_assert_eq!(found.is_some(), regex(&template).is_match(&path), "{} {}", template, path);
                let [workflow, environment, namespace] = found.unwrap_or_default();
                for (text, variable) in [(workflow, "{workflow}"), (environment, "{env}"), (namespace, "{namespace}")] {
                    proptest::prop_assert!(text.is_empty() || (text == "-") != template.contains(variable));
                }
            }
        }
    }
}
