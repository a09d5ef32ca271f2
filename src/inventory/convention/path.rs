//! Path templates: `**/packages/{workflow}/{env}/**` says whose and which environment's a file is.
//!
//! A template becomes one regular expression with a named group for each variable, so time is linear in the length of a
//! path, whatever template and path are.

use std::sync::OnceLock;

use regex::Regex;

/// Longest template, bytes.
const LONGEST_TEMPLATE: usize = 256;
/// Longest path that is matched, bytes; a longer one says nothing.
const LONGEST_PATH: usize = 4096;
/// A DNS-1123 label of at most 63 bytes, the longest one that fits first: in `{workflow}-{env}` the workflow may have
/// dashes.
const LABEL: &str = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
/// Matches nothing.
const NEVER: &str = r"[^\s\S]";

/// The variables of templates.
const VARIABLES: [&str; 3] = ["workflow", "env", "namespace"];

/// `**/packages/{workflow}/{env}/**`, ready to match.
#[derive(Debug)]
pub struct PathTemplate {
    /// As written.
    pub template: String,
    /// The regular expression, in which the group of each variable is empty.
    pattern: String,
    /// The same for the environments and workflows of the convention that contains the template.
    compiled: OnceLock<Option<Regex>>,
}

impl Clone for PathTemplate {
    fn clone(&self) -> Self {
        // The copy may be for another convention.
        Self { template: self.template.clone(), pattern: self.pattern.clone(), compiled: OnceLock::new() }
    }
}

impl PartialEq for PathTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.template == other.template
    }
}

impl Eq for PathTemplate {}

/// What is wrong with a path template. Displayed as words that follow "bad template: ".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathTemplateError {
    #[error("it is longer than {LONGEST_TEMPLATE} bytes")]
    TooLong,
    #[error("a component is empty")]
    EmptyComponent,
    #[error("`.` and `..` are not names of folders")]
    RelativeComponent,
    #[error("`**` must be a component of its own, between `/`")]
    MixedDoubleStar,
    #[error("the only special characters allowed are `*`, `**` and {{…}}")]
    SpecialCharacter,
    #[error("it has none of {{workflow}}, {{env}} and {{namespace}}, so it says nothing")]
    NoVariable,
    #[error("a variable must be one of {{workflow}}, {{env}} and {{namespace}}")]
    UnknownVariable,
    #[error("a variable must be one of {{workflow}}, {{env}} and {{namespace}}; did you mean {{{0}}}?")]
    MisspeltVariable(&'static str),
    #[error("{{{0}}} occurs twice")]
    RepeatedVariable(&'static str),
    #[error("{{{0}}} must be separated from the variable before it")]
    AdjacentVariables(&'static str),
}

/// What variables may stand for.
pub(super) struct Known<'a> {
    /// Names of environments.
    pub environments: &'a [(String, String)],
    /// Declared workflows; where there is none, any name is one.
    pub workflows: &'a [String],
}

/// What a path contains in the places of the variables.
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
    /// What is wrong with it.
    pub(crate) fn new(template: &str) -> Result<Self, PathTemplateError> {
        let body = template.strip_prefix("./").unwrap_or(template);
        let body = body.strip_prefix('/').unwrap_or(body);
        if body.len() > LONGEST_TEMPLATE {
            return Err(PathTemplateError::TooLong);
        }
        let mut pattern = "(?s)^".to_owned();
        let mut components = body.split('/').peekable();
        while let Some(component) = components.next() {
            let last = components.peek().is_none();
            match component {
                "" => return Err(PathTemplateError::EmptyComponent),
                "." | ".." => return Err(PathTemplateError::RelativeComponent),
                "**" if last => pattern.push_str(".+"),
                "**" => pattern.push_str("(?:[^/]*/)*?"),
                _ => {
                    push_component(component, &mut pattern)?;
                    // A template of a folder takes what is below it too.
                    pattern.push_str(if last { "(?:/.*)?" } else { "/" });
                }
            }
        }
        if !VARIABLES.iter().any(|name| pattern.contains(&group(name))) {
            return Err(PathTemplateError::NoVariable);
        }
        pattern.push('$');
        Ok(Self { template: template.to_owned(), pattern, compiled: OnceLock::new() })
    }

    /// What `path` contains in the places of the variables; nothing where it does not match. `known` is that of the
    /// convention that contains the template, the same each time.
    pub(super) fn capture<'p>(&self, path: &'p str, known: &Known<'_>) -> Option<Captured<'p>> {
        if path.len() > LONGEST_PATH {
            return None;
        }
        let groups = self.compiled.get_or_init(|| self.compile(known)).as_ref()?.captures(path)?;
        let text = |name| groups.name(name).map(|found| found.as_str());
        Some(Captured { workflow: text("workflow"), environment: text("env"), namespace: text("namespace") })
    }

    /// Nothing where there are so many names that the expression is too large.
    fn compile(&self, known: &Known<'_>) -> Option<Regex> {
        let environments = one_of(known.environments.iter().map(|(name, _)| name));
        let workflows = if known.workflows.is_empty() { LABEL.to_owned() } else { one_of(known.workflows.iter()) };
        let values = [workflows, environments, LABEL.to_owned()];
        let filled = VARIABLES.iter().zip(values).fold(self.pattern.clone(), |pattern, (name, value)| {
            pattern.replace(&group(name), &format!("(?<{name}>{value})"))
        });
        Regex::new(&filled).ok()
    }
}

/// The empty group that stands for a variable. Literal parentheses are escaped in a pattern.
fn group(variable: &str) -> String {
    format!("(?<{variable}>)")
}

/// An expression for any of these names, the longest first.
fn one_of<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let is_name = |name: &&String| {
        (1..=63).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
    };
    let mut names: Vec<String> = names.filter(is_name).map(|name| regex::escape(name)).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    if names.is_empty() { NEVER.to_owned() } else { names.join("|") }
}

/// Appends the expression of a component that is not `**`.
fn push_component(component: &str, pattern: &mut String) -> Result<(), PathTemplateError> {
    if component.contains("**") {
        return Err(PathTemplateError::MixedDoubleStar);
    }
    let mut rest = component;
    while !rest.is_empty() {
        let plain = rest.find(['*', '{', '}', '?', '[', ']', '\\', '!']).unwrap_or(rest.len());
        if plain > 0 {
            pattern.push_str(&regex::escape(&rest[..plain]));
            rest = &rest[plain..];
        } else if let Some(after) = rest.strip_prefix('*') {
            pattern.push_str("[^/]*?");
            rest = after;
        } else {
            let variable = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let (name, after) = variable.ok_or(PathTemplateError::SpecialCharacter)?;
            let Some(known) = VARIABLES.into_iter().find(|known| *known == name) else {
                let near = crate::error::nearest(name, VARIABLES);
                return Err(near.map_or(PathTemplateError::UnknownVariable, PathTemplateError::MisspeltVariable));
            };
            if pattern.contains(&group(known)) {
                return Err(PathTemplateError::RepeatedVariable(known));
            }
            if VARIABLES.iter().any(|before| pattern.ends_with(&group(before))) {
                return Err(PathTemplateError::AdjacentVariables(known));
            }
            pattern.push_str(&group(known));
            rest = after;
        }
    }
    Ok(())
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
            ("{env}/{env}", "{env} occurs twice"),
            ("{workflow}{env}", "{env} must be separated"),
            ("{workflows}/**", "did you mean {workflow}?"),
            ("{x}/**", "must be one of {workflow}, {env} and {namespace}"),
            ("{env/**", "only special characters"),
            ("[a]/{env}", "only special characters"),
        ] {
            let fault = PathTemplate::new(template).expect_err("a bad template");
            assert!(fault.to_string().contains(why), "{template}: {fault}");
        }
        let long = "a/".repeat(130) + "{env}";
        assert!(PathTemplate::new(&long).expect_err("too long").to_string().contains("longer than 256"));
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
        let (flat, tall) = ("a".repeat(LONGEST_PATH), "aa/".repeat(LONGEST_PATH / 3));
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
