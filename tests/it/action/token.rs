//! The job's token goes to the server of the job only, where the checkout cannot fetch by itself, and stays out of sight.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::place::{CLEAN, Place, executable, pull_request};
use super::runner::Ran;

/// What the runner of the tests has for `github.token`.
const TOKEN: &str = "made-up-token";

/// A pull request whose commits are fetched by a Git that needs the token, from `origin`. Returns the run, the headers
/// that Git was given, and its arguments.
fn fetch(origin: &str) -> Option<(Place, Ran, String, String)> {
    let place = Place::new(&[("a.yaml", CLEAN)])?;
    let (base, head) = place.topic(&[("b.yaml", CLEAN)]);
    place.checkout("topic");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let script = format!(
        "#!/usr/bin/env bash\nPATH=\"${{PATH#*:}}\"\ncase \"$*\" in\n\
         *' remote get-url '*) echo '{origin}'; exit ;;\n\
         *' fetch '*) echo \"$*\" >> '{arguments}'\n\
         [[ -n \"${{GIT_CONFIG_COUNT:-}}\" ]] || {{ echo 'fatal: could not read Username' >&2; exit 128; }}\n\
         echo \"$GIT_CONFIG_KEY_0 $GIT_CONFIG_VALUE_0\" >> '{headers}' ;;\nesac\nexec git \"$@\"\n",
        arguments = path("arguments").display(),
        headers = path("headers").display(),
    );
    executable(&path("git"), &script);
    let job = place.recorded("pull_request", pull_request(&base, &head, "team/app"));
    let paths = std::env::var("PATH").unwrap_or_default();
    let ran = job.variable("PATH", format!("{}:{paths}", folder.path().display())).run();
    let read = |name: &str| fs::read_to_string(path(name)).unwrap_or_default();
    Some((place, ran, read("headers"), read("arguments")))
}

#[test]
fn it_fetches_what_the_checkout_cannot() {
    let Some((place, ran, headers, arguments)) = fetch("https://github.example/team/app") else { return };
    assert_eq!((ran.code, ran.output("mode"), place.calls().len()), (0, "diff", 2), "{}", ran.log);
    let encoded = STANDARD.encode(format!("x-access-token:{TOKEN}"));
    let header = format!("http.https://github.example/.extraheader AUTHORIZATION: basic {encoded}");
    assert!(!headers.is_empty() && headers.lines().all(|line| line == header), "{headers}");
    // Other users of the machine see arguments, everybody sees the log.
    for text in [&arguments, &ran.log, &ran.summary] {
        assert!(!text.contains(TOKEN) && !text.contains(&encoded), "{text}");
    }
}

#[test]
fn it_goes_to_no_other_server() {
    for origin in ["https://elsewhere.example/team/app", "https://github.example.elsewhere.example/team/app"] {
        let Some((place, ran, headers, _)) = fetch(origin) else { return };
        assert_eq!((ran.code, ran.output("mode"), headers.as_str()), (2, "", ""), "{}", ran.log);
        assert!(ran.log.contains("could not read Username"), "{}", ran.log);
        assert!(place.calls().is_empty());
    }
}
