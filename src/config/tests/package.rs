//! The key `package`: what it gives, what is wrong with it, how it is shown.

use super::super::Item;
use super::super::{Content, FILE, PackagePlan, PackageSecret, Registry, Valued};
use super::{Tree, faults};

const FULL: &str = "\
package:
  approved-by: infrastructure-team@company.com
  secrets:
    - name: ml-platform
      keys:
        AWS_ACCESS_KEY_ID: { from: MINIO_ACCESS_KEY }
        AWS_ENDPOINT_URL: { value: \"http://minio.minio:9000\" }
        rclone.conf: { template: '{\"id\": \"${MINIO_ACCESS_KEY}\", \"key\": \"${MINIO_SECRET_KEY}\"}' }
    - name: harbor
      registry:
        server: harbor.test
        username: { value: robot }
        password: { from: HARBOR_PASSWORD }
        email: { value: robot@harbor.test }
";

fn plan(text: &str) -> PackagePlan {
    let settings = Tree::new(&[(FILE, text)]).load();
    assert_eq!(settings.problems(), []);
    settings.package
}

/// Without the places.
fn bare(plan: &PackagePlan) -> String {
    let item = |(key, item): &(String, Valued<Item>)| format!("{key}={:?}", item.value);
    let one = |secret: &Valued<PackageSecret>| {
        let content = match &secret.value.content {
            Content::Keys(keys) => keys.iter().map(item).collect::<Vec<_>>().join(" "),
            Content::Registry(login) => {
                let Registry { server, username, password, email } = &**login;
                let email = email.as_ref().map(|email| &email.value);
                format!("{server} {:?} {:?} {email:?}", username.value, password.value)
            }
        };
        format!("{}: {content}", secret.value.name)
    };
    let approved = plan.approved_by.as_ref().map(|who| &who.value);
    format!("{approved:?} {}", plan.secrets.iter().map(one).collect::<Vec<_>>().join("; "))
}

#[test]
fn the_default_is_the_platform_and_the_registry() {
    let plan = plan("");
    let names: Vec<&str> = plan.secrets.iter().map(|secret| secret.value.name.as_str()).collect();
    assert_eq!((names.as_slice(), &plan.approved_by), (["ml-platform", "ghcr"].as_slice(), &None));
    let Content::Keys(keys) = &plan.secrets[0].value.content else { panic!("keys") };
    // The script of the article, and the one key more that its applications read.
    let wanted = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL",
        "MLFLOW_S3_ENDPOINT_URL",
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_USERNAME",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_FLASK_SERVER_SECRET_KEY",
        "RCLONE_CONFIG_S3_ACCESS_KEY_ID",
        "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY",
    ];
    assert_eq!(keys.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), wanted);
    assert_eq!(
        bare(&self::plan("package: { approved-by: a@b.c }\n")),
        bare(&plan).replace("None ml", "Some(\"a@b.c\") ml")
    );
}

#[test]
fn what_a_file_says_stands_for_the_default() {
    let wanted = "Some(\"infrastructure-team@company.com\") ml-platform: AWS_ACCESS_KEY_ID=From(\"MINIO_ACCESS_KEY\") \
                  AWS_ENDPOINT_URL=Value(\"http://minio.minio:9000\") \
                  rclone.conf=Template(\"{\\\"id\\\": \\\"${MINIO_ACCESS_KEY}\\\", \\\"key\\\": \\\"${MINIO_SECRET_KEY}\\\"}\"); \
                  harbor: harbor.test Value(\"robot\") From(\"HARBOR_PASSWORD\") Some(Value(\"robot@harbor.test\"))";
    let own = plan(FULL);
    assert_eq!(bare(&own), wanted);
    let Content::Keys(keys) = &own.secrets[0].value.content else { panic!("keys") };
    assert_eq!(keys[2].1.value.names(), ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"]);
    assert!(plan("package: { secrets: [] }\n").secrets.is_empty());
}

#[test]
fn what_is_shown_gives_the_same_again() {
    for text in ["", "package: { secrets: [] }\n"] {
        let settings = Tree::new(&[(FILE, text)]).load();
        let shown = settings.show();
        assert_eq!(bare(&plan(&shown)), bare(&settings.package), "{shown}");
    }
    // But for literals, which may be passwords.
    let mask = "********";
    let masked = [
        ("http://minio.minio:9000", mask),
        ("robot@harbor.test", "'********'"),
        ("value: robot", "value: '********'"),
        ("{\"id\": \"", mask),
        ("\", \"key\": \"", mask),
        ("\"}", mask),
    ];
    let masked = masked.iter().fold(FULL.to_owned(), |text, (literal, mask)| text.replace(literal, mask));
    let shown = Tree::new(&[(FILE, FULL)]).load().show();
    assert_eq!(bare(&plan(&shown)), bare(&plan(&masked)), "{shown}\n{masked}");
    let shown = Tree::new(&[(FILE, FULL)]).load().show();
    assert!(shown.contains("approved-by: \"infrastructure-team@company.com\"  # .mlguard.yaml:2:16\n"), "{shown}");
    let harbor = "    - { name: \"harbor\", registry: { server: \"harbor.test\", \"username\": { value: \"********\" }, \
                  \"password\": { from: \"HARBOR_PASSWORD\" }, \"email\": { value: \"********\" } } }  # .mlguard.yaml:9:7\n";
    assert!(shown.contains(harbor), "{shown}");
    assert!(Tree::new(&[]).load().show().contains("    - { name: \"ghcr\", "));
}

#[test]
fn faults_have_their_place() {
    let secret = |text: &str| faults(&format!("package:\n  secrets:\n    - {text}\n"));
    let file = "error: .mlguard.yaml:";
    for (text, wanted) in [
        ("{ name: a }", "3:7: `a` has neither `keys` nor `registry`; help: use `keys` for keys and their values"),
        (
            "{ name: a, keys: { X: { from: Y } }, registry: { server: s, username: { value: u }, password: { from: P } } }",
            "3:7: `a` has both `keys` and `registry`",
        ),
        ("{ keys: { X: { from: Y } } }", "3:7: an entry of `secrets` has no `name`"),
        ("{ name: A, keys: { X: { from: Y } } }", "3:15: invalid name `A`"),
        ("{ name: a, keys: {} }", "3:24: `keys` is empty"),
        ("{ name: a, keys: { \"b c\": { from: Y } } }", "3:26: invalid key"),
        (
            "{ name: a, keys: { X: word } }",
            "3:29: `X` does not say where its value comes from; help: use { from: NAME }",
        ),
        ("{ name: a, keys: { X: {} } }", "3:29: `X` must have exactly one of from, value or template"),
        ("{ name: a, keys: { X: { from: Y, value: z } } }", "`X` must have exactly one of from, value or template"),
        ("{ name: a, keys: { X: { form: Y } } }", "unknown key `form`; help: did you mean `from`?"),
        ("{ name: a, keys: { X: { from: 1Y } } }", "invalid name `1Y`: must be the name of an environment variable"),
        ("{ name: a, keys: { X: { value: 1 } } }", "`value` must be a string; found a number"),
        ("{ name: a, keys: { X: { template: plain } } }", "the template has no ${NAME}; use `value` instead"),
        ("{ name: a, keys: { X: { template: \"${A\" } } }", "a `${` of the template has no `}`"),
        ("{ name: a, keys: { X: { template: \"${A B}\" } } }", "invalid name"),
        ("{ name: a, registry: { server: s } }", "`registry` has no `password`"),
        ("{ name: a, registry: { server: \"a b\", username: { from: U }, password: { from: P } } }", "invalid server"),
    ] {
        let found = secret(text);
        assert!(!found.is_empty() && found[0].starts_with(file) && found[0].contains(wanted), "{text}: {found:?}");
    }
    let twice = faults(
        "package: { secrets: [{ name: a, keys: { X: { from: Y } } }, { name: a, keys: { X: { from: Y } } }] }\n",
    );
    assert!(twice.len() == 1 && twice[0].contains("`a` is listed twice in `secrets`"), "{twice:?}");
    let approver = faults("package: { approved-by: \"a\\nb\" }\n");
    assert!(approver.len() == 1 && approver[0].contains("`approved-by` must be a single line"), "{approver:?}");
    let long = format!("package: {{ secrets: [{{ name: {}, keys: {{ X: {{ from: Y }} }} }}] }}\n", "a".repeat(235));
    assert_eq!(faults(&long).len(), 1);
}

#[test]
fn a_value_in_the_wrong_place_is_not_repeated() {
    let word = "hunter2-Zq81xT";
    for text in [
        format!("package: {word}\n"),
        format!("package: {{ secrets: [{word}] }}\n"),
        format!("package: {{ secrets: [{{ name: {word} }}] }}\n"),
        format!("package: {{ secrets: [{{ name: a, keys: {{ X: {word} }} }}] }}\n"),
        format!("package: {{ secrets: [{{ name: a, keys: {{ X: {{ from: {word} }} }} }}] }}\n"),
        format!("package: {{ secrets: [{{ name: a, keys: {{ X: {{ {word}: a }} }} }}] }}\n"),
        format!("package: {{ secrets: [{{ name: a, keys: {{ X: {{ template: \"${{{word}}}\" }} }} }}] }}\n"),
    ] {
        let found = faults(&text).join("\n");
        assert!(!found.is_empty() && !found.contains("hunter2"), "{found}");
    }
}

#[test]
fn the_documented_examples_are_good_and_the_first_is_the_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/package.md");
    let text = std::fs::read_to_string(path).expect("the page can be read").replace("\r\n", "\n");
    let examples: Vec<&str> =
        text.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    let plans: Vec<&&str> = examples.iter().filter(|text| text.starts_with("package:")).collect();
    assert!(plans.len() >= 2, "{examples:?}");
    assert_eq!(bare(&plan(plans[0])), bare(&plan("")));
    for example in &plans[1..] {
        assert_ne!(bare(&plan(example)), bare(&plan("")), "{example}");
    }
}
