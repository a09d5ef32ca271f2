//! `mlguard cert`: the certificates that Secrets are sealed for.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use super::args::{CertAction, FetchArgs, Global, ListFormat, ShowArgs};
use super::kubectl::{Failure, Kubectl};
use super::recipient::{self, Loaded};
use super::{locate, output, scan};
use crate::config::{Environment, Origin, Valued};
use crate::error::{Problem, printable, quoted};
use crate::exit::Exit;
use crate::inventory::convention::is_label;
use crate::seal::key::{Certificate, KeyError, Recipient};

/// The defaults of kubeseal.
const NAME: &str = "sealed-secrets-controller";
const NAMESPACE: &str = "kube-system";

pub(super) fn run(args: &CertAction, global: &Global) -> Result<Exit, Problem> {
    match args {
        CertAction::Fetch(args) => fetch(args, global),
        CertAction::Show(args) => show(args, global),
    }
}

/// The service of a controller.
struct Controller {
    name: String,
    namespace: String,
}

fn fetch(args: &FetchArgs, global: &Global) -> Result<Exit, Problem> {
    let environment = Environment::read();
    let controller = Controller::new(args, &environment)?;
    let (output, faulty) = match &args.cluster {
        Some(name) => {
            let (settings, faulty) = scan::settings_here(&args.config, &environment, global)?;
            let none = format!("name it in .mlguard.yaml: `clusters: {{ {name}: {{ cert: certs/{name}.pem }} }}`");
            let clusters = settings.clusters();
            (Some(settings.root.join(&recipient::cluster(&clusters, name, &none)?.certificate)), faulty)
        }
        None => (args.output.clone(), Exit::Clean),
    };
    output.as_deref().map_or(Ok(()), locate::refuse_new_elsewhere)?;
    // Before the cluster is asked: what cannot be written need not be fetched.
    let before = output.as_deref().map(replaced).transpose()?.flatten();
    let kubectl =
        Kubectl { program: &args.kubectl, context: args.context.as_deref(), kubeconfig: args.kubeconfig.as_deref() };
    let recipient = controller.certificate(&kubectl)?;
    let certificate = recipient.certificate().ok_or_else(|| recipient::problem(&KeyError::NoCertificate))?;
    if !global.quiet {
        report_fetched(&recipient, certificate, before.as_ref());
    }
    let text = certificate.to_pem();
    // The folder of a configured file belongs to it; that of another may be misspelt.
    if let Some(folder) = output.as_deref().and_then(Path::parent).filter(|_| args.cluster.is_some()) {
        let fault = |error| Problem::new(format!("cannot be made: {error}")).in_file(folder.display().to_string());
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    Ok(output::save_or_print(output.as_deref(), &text)?.and(faulty))
}

/// The certificate that a file holds, which is replaced by another one; nothing where there is no file.
fn replaced(path: &Path) -> Result<Option<Recipient>, Problem> {
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        // A pipe or a device holds nothing.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => return Ok(None),
        Ok(metadata) if metadata.len() == 0 => return Ok(None),
        _ => {}
    }
    let bytes = recipient::read_file(path)?;
    match Recipient::of_any_age(&bytes) {
        Ok(recipient) => Ok(Some(recipient)),
        Err(error) => {
            let message = format!("is not replaced, because {error}");
            Err(Problem::new(message)
                .in_file(path.display().to_string())
                .help("choose another file, or remove this one"))
        }
    }
}

/// Reports what was fetched, and whether it is another key than before.
fn report_fetched(recipient: &Recipient, certificate: &Certificate, before: Option<&Recipient>) {
    let (bits, left) = (recipient.bits(), days(certificate.days_left(Timestamp::now())));
    output::note(&format!(
        "{}, RSA {bits} bits, valid until {} ({left})",
        recipient.fingerprint(),
        certificate.last_day()
    ));
    match before {
        None => {}
        Some(before) if before.fingerprint() == recipient.fingerprint() => {
            output::note("the key has not changed");
        }
        Some(before) => output::note(&format!(
            "the key has changed; it was {}. What was sealed with it can be decrypted as long as the controller keeps it",
            before.fingerprint()
        )),
    }
}

fn days(left: i64) -> String {
    match left {
        1 => "1 day left".to_owned(),
        0.. => format!("{left} days left"),
        _ => "expired".to_owned(),
    }
}

impl Controller {
    fn new(args: &FetchArgs, environment: &Environment) -> Result<Self, Problem> {
        let choose = |flag: &Option<String>, variable: &Option<String>, default: &str| {
            flag.clone().or_else(|| variable.clone()).unwrap_or_else(|| default.to_owned())
        };
        let name = choose(&args.controller_name, &environment.controller_name, NAME);
        let namespace = choose(&args.controller_namespace, &environment.controller_namespace, NAMESPACE);
        for (what, text) in [("service", &name), ("namespace", &namespace)] {
            if !is_label(text) {
                let problem = Problem::new(format!("{} is not a valid name of a {what}", quoted(text)));
                return Err(problem.help("use lowercase letters, digits and dashes, at most 63"));
            }
        }
        Ok(Self { name, namespace })
    }

    /// Asks for the certificate as kubeseal does: the service tells its first port, the controller behind it the rest.
    fn certificate(&self, kubectl: &Kubectl<'_>) -> Result<Recipient, Problem> {
        let Self { name, namespace } = self;
        let service = format!("/api/v1/namespaces/{namespace}/services/{name}");
        let answer = kubectl.get(&service, false).map_err(|failure| self.no_service(&failure, kubectl))?;
        let service: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
        let Some(port) = service["spec"]["ports"].get(0) else {
            return Err(Problem::new(format!("service `{name}` in namespace `{namespace}` has no port")));
        };
        // A single port may be without a name, and is then found without one.
        let port = port["name"].as_str().filter(|port| is_label(port)).unwrap_or_default();
        let path = format!("/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy/v1/cert.pem");
        let answer = kubectl.get(&path, false).map_err(|failure| self.no_certificate(&failure, kubectl))?;
        Recipient::from_pem(&answer, Timestamp::now()).map_err(|error| {
            let problem = recipient::problem(&error);
            let message =
                format!("unusable response from service `{name}` in namespace `{namespace}`: {error}");
            let help = "check that it is the service of the Sealed Secrets controller, and that its first port is the one for http";
            // Advice to fetch it would lead in a circle.
            let help = if matches!(error, KeyError::NoCertificate | KeyError::Empty) {
                Some(help.to_owned())
            } else if matches!(error, KeyError::Expired(_)) {
                Some("the controller must create a new key: see its flags --key-ttl and --key-renew-period".to_owned())
            } else {
                problem.help
            };
            Problem { help, ..Problem::new(message) }
        })
    }

    fn no_service(&self, failure: &Failure, kubectl: &Kubectl<'_>) -> Problem {
        let Self { name, namespace } = self;
        match failure {
            Failure::NotFound => {
                let problem = Problem::new(format!("there is no service `{name}` in namespace `{namespace}`"));
                let found = others(kubectl);
                problem.help(if found.is_empty() {
                    "set --controller-name and --controller-namespace; the Helm chart calls it `sealed-secrets`"
                        .to_owned()
                } else {
                    let flags = found.iter().map(|(namespace, name)| {
                        format!("--controller-name {name} --controller-namespace {namespace}")
                    });
                    format!("the cluster has: {}", flags.collect::<Vec<_>>().join(", or "))
                })
            }
            Failure::Forbidden => {
                let problem =
                    Problem::new(format!("you are not allowed to read service `{name}` in namespace `{namespace}`"));
                problem.help(format!("{ASK}; kubeseal's own roles allow it to every authenticated user"))
            }
            _ => self.other(failure, kubectl),
        }
    }

    fn no_certificate(&self, failure: &Failure, kubectl: &Kubectl<'_>) -> Problem {
        let Self { name, namespace } = self;
        match failure {
            Failure::Forbidden => {
                let what = format!(
                    "you are not allowed to reach service `{name}` in namespace `{namespace}` (services/proxy)"
                );
                Problem::new(what).help(ASK)
            }
            Failure::NotFound => {
                let what = format!("service `{name}` in namespace `{namespace}` has no /v1/cert.pem");
                Problem::new(what).help("check that it is the service of the Sealed Secrets controller")
            }
            _ => self.other(failure, kubectl),
        }
    }

    fn other(&self, failure: &Failure, kubectl: &Kubectl<'_>) -> Problem {
        match failure {
            Failure::Start(error) => {
                let problem = Problem::new(format!("cannot start kubectl: {error}"));
                problem.in_file(kubectl.program.display().to_string()).help(format!("install it, or set --kubectl; otherwise {ASK}"))
            }
            Failure::TooLarge => Problem::new(format!("the response of service `{}` is larger than a certificate", self.name)),
            _ => Problem::new("kubectl could not get the certificate").help(
                "see its messages above. Check that `kubectl get nodes` reaches the cluster, and that no network policy keeps \
                 the API server from the controller; the controller also writes each new certificate to its log",
            ),
        }
    }
}

/// Advice for those who cannot ask the cluster.
const ASK: &str = "ask somebody who is allowed to; the certificate is not secret";

/// Services that may be a controller's, by namespace and name. Who may not list them gets none.
fn others(kubectl: &Kubectl<'_>) -> Vec<(String, String)> {
    let ways = [
        "labelSelector=app.kubernetes.io%2Fname%3Dsealed-secrets",
        "fieldSelector=metadata.name%3Dsealed-secrets-controller",
    ];
    let mut found = Vec::new();
    for way in ways {
        let Ok(answer) = kubectl.get(&format!("/api/v1/services?{way}"), true) else { continue };
        let list: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
        let services = list["items"].as_array().into_iter().flatten();
        found.extend(services.filter_map(|service| {
            let text = |key: &str| service["metadata"][key].as_str().filter(|text| is_label(text));
            let (namespace, name) = (text("namespace")?, text("name")?);
            // The chart has a second service, for metrics.
            (!name.ends_with("-metrics")).then(|| (namespace.to_owned(), name.to_owned()))
        }));
    }
    found.sort();
    found.dedup();
    found.truncate(5);
    found
}

/// A certificate to be shown, and the cluster that it is for.
struct Shown {
    loaded: Loaded,
    cluster: Option<String>,
}

fn show(args: &ShowArgs, global: &Global) -> Result<Exit, Problem> {
    let (named, faulty) = named(args, global)?;
    let now = Timestamp::now();
    let mut exit = faulty;
    let mut shown = Vec::new();
    for (named, cluster) in named {
        match recipient::load_of_any_age(&named, now) {
            Ok(loaded) => shown.push(Shown { loaded, cluster }),
            Err(problem) => {
                output::problem(&problem);
                exit = exit.and(Exit::Failed);
            }
        }
    }
    for shown in &shown {
        shown.loaded.warn(global.quiet);
        if shown.loaded.recipient.certificate().is_some_and(|certificate| certificate.is_expired(now)) {
            exit = exit.and(Exit::Findings);
        }
    }
    let printed = match args.format {
        ListFormat::Human => output::print(&human(&shown, now)),
        ListFormat::Json => output::print_json(&machine(&shown, now)),
    };
    Ok(printed?.and(exit))
}

type Named = (Valued<PathBuf>, Option<String>);

/// What is to be shown: the given files, else that of the flag or the environment, else those of all clusters.
fn named(args: &ShowArgs, global: &Global) -> Result<(Vec<Named>, Exit), Problem> {
    let environment = Environment::read();
    if !args.files.is_empty() {
        let flag = |value: &PathBuf| (Valued { value: value.clone(), origin: Origin::Flag("FILE") }, None);
        return Ok((args.files.iter().map(flag).collect(), Exit::Clean));
    }
    if let Some(named) = args.cert.named(&environment) {
        return Ok((vec![(named, None)], Exit::Clean));
    }
    let (settings, faulty) = scan::settings_here(&args.config, &environment, global)?;
    let clusters = settings.clusters();
    if clusters.is_empty() {
        let help = "pass a file, or set `clusters` in .mlguard.yaml; `mlguard cert fetch` fetches one";
        return Err(Problem::new("no certificate is given").help(help));
    }
    let current = locate::current_folder()?;
    let named =
        clusters.into_iter().map(|cluster| (recipient::of_cluster(&settings, &cluster, &current), Some(cluster.name)));
    Ok((named.collect(), faulty))
}

fn human(shown: &[Shown], now: Timestamp) -> String {
    let mut text = String::new();
    for Shown { loaded: Loaded { recipient, place, .. }, cluster } in shown {
        let mut lines = vec![
            ("fingerprint", recipient.fingerprint().to_owned()),
            ("key", format!("RSA {} bits", recipient.bits())),
        ];
        match recipient.certificate() {
            None => lines.push(("certificate", "none: a bare public key, which does not expire".to_owned())),
            Some(certificate) => {
                let name = |name: &str| if name.is_empty() { "(empty)".to_owned() } else { name.to_owned() };
                lines.push(("subject", name(&certificate.subject)));
                lines.push(("issuer", name(&certificate.issuer)));
                lines.push(("serial", certificate.serial.clone()));
                lines.push(("valid from", certificate.not_before.to_string()));
                let left = days(certificate.days_left(now));
                lines.push(("valid until", format!("{} ({left})", certificate.not_after)));
            }
        }
        let cluster = cluster.as_ref().map(|name| format!(" (cluster {})", printable(name))).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(text, "key of {}{cluster}", printable(place));
        for (key, value) in lines {
            let _ = writeln!(text, "  {key:<12} {}", printable(&value));
        }
    }
    text
}

fn machine(shown: &[Shown], now: Timestamp) -> serde_json::Value {
    let object = |Shown { loaded: Loaded { recipient, place, .. }, cluster }: &Shown| {
        let certificate = recipient.certificate();
        let text = |part: fn(&Certificate) -> String| certificate.map(part);
        json!({
            "place": place,
            "cluster": cluster,
            "kind": if certificate.is_some() { "certificate" } else { "public-key" },
            "fingerprint": recipient.fingerprint(),
            "algorithm": "RSA",
            "bits": recipient.bits(),
            "subject": text(|own| own.subject.clone()),
            "issuer": text(|own| own.issuer.clone()),
            "serial": text(|own| own.serial.clone()),
            "valid_from": text(|own| own.not_before.to_string()),
            "valid_until": text(|own| own.not_after.to_string()),
            "days_left": certificate.map(|own| own.days_left(now)),
            "expired": certificate.is_some_and(|own| own.is_expired(now)),
        })
    };
    let list: Vec<_> = shown.iter().map(object).collect();
    json!({ "version": 1, "certificates": list })
}
