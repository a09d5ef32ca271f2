//! `--cert`: the certificate that Secrets are sealed for, from a file or an address.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::CertArgs;
use super::{download, output};
use crate::config::{Cluster, Environment, Origin, Settings, Valued};
use crate::error::{Problem, counted, nearest, quoted};
use crate::path::percent_decoded;
use crate::seal::key::{KeyError, Recipient};
use crate::seal::strength::Weakness;

/// Largest file that is read as a certificate.
const LIMIT: u64 = 1 << 20;
/// Days before the end of a certificate at which it is reported, as by `certificate-expiring`.
const SOON: i64 = 30;
/// Age in days at which a controller has made two newer keys: it makes one every 30 days by default
/// (`--key-renew-period`).
const STALE: i64 = 60;

impl CertArgs {
    /// What the flag says, or else the environment.
    pub(super) fn named(&self, environment: &Environment) -> Option<Valued<PathBuf>> {
        let flag = self.cert.clone().map(|value| Valued { value, origin: Origin::Flag("--cert") });
        flag.or_else(|| environment.cert.clone())
    }

    /// The same, read; nothing where nothing is named.
    pub(super) fn recipient(&self, environment: &Environment, now: Timestamp) -> Result<Option<Loaded>, Problem> {
        self.named(environment).map(|named| load(&named, now)).transpose()
    }
}

/// A certificate, and what to know before it is used.
#[derive(Debug)]
pub(super) struct Loaded {
    pub recipient: Recipient,
    /// Where it was read, to be shown.
    pub place: String,
    pub warnings: Vec<Problem>,
}

impl Loaded {
    pub(super) fn warn(&self, quiet: bool) {
        self.warnings.iter().filter(|_| !quiet).for_each(output::problem);
    }
}

/// The configured cluster of that name. `none` is what to do where no cluster is configured.
pub(super) fn cluster<'c>(clusters: &'c [Cluster], name: &str, none: &str) -> Result<&'c Cluster, Problem> {
    clusters.iter().find(|cluster| cluster.name == name).ok_or_else(|| {
        let names: Vec<&str> = clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        let help = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => none.to_owned(),
            None => format!("`clusters` has: {}", names.join(", ")),
        };
        Problem::new(format!("the configuration has no cluster {}", quoted(name))).help(help)
    })
}

/// The certificate of a configured cluster, named as short as people would type it.
pub(super) fn of_cluster(settings: &Settings, cluster: &Cluster, current: &Path) -> Valued<PathBuf> {
    let path = settings.root.join(&cluster.certificate);
    Valued::built_in(path.strip_prefix(current).map(Path::to_path_buf).unwrap_or(path))
}

/// The warning that a value is weak, before it is sealed.
pub(super) fn weak(value: &str, weakness: Weakness) -> Problem {
    let problem = Problem::new(format!("{value} {weakness}")).warning();
    problem.help("change it where it is used, then seal the new value")
}

/// Reads what is named. An expired certificate is an error.
pub(super) fn load(named: &Valued<PathBuf>, now: Timestamp) -> Result<Loaded, Problem> {
    let loaded = load_of_any_age(named, now)?;
    let recipient = loaded.recipient.unexpired(now).map_err(|error| fault(&error, named))?;
    Ok(Loaded { recipient, ..loaded })
}

/// The same also where it has expired, to be looked at.
pub(super) fn load_of_any_age(named: &Valued<PathBuf>, now: Timestamp) -> Result<Loaded, Problem> {
    let bytes = read(&named.value).map_err(|problem| from(problem, &named.origin))?;
    let recipient = Recipient::of_any_age(&bytes).map_err(|error| fault(&error, named))?;
    let place = place(&named.value);
    let warnings = warnings(&recipient, &place, now);
    Ok(Loaded { recipient, place, warnings })
}

fn fault(error: &KeyError, named: &Valued<PathBuf>) -> Problem {
    from(problem(error).in_file(place(&named.value)), &named.origin)
}

/// What is wrong with a key, and what to do.
pub(super) fn problem(error: &KeyError) -> Problem {
    Problem::new(error.to_string()).maybe_help(error.help())
}

/// Says which variable named a file, since nobody sees that on the command line.
fn from(mut problem: Problem, origin: &Origin) -> Problem {
    if matches!(origin, Origin::Environment(_)) {
        problem.message = format!("{} (from {origin})", problem.message);
    }
    problem
}

/// What to know before a certificate is used.
pub(super) fn warnings(recipient: &Recipient, place: &str, now: Timestamp) -> Vec<Problem> {
    let mut warnings = Vec::new();
    let mut warn = |message: String, help: &str| {
        warnings.push(Problem::new(message).in_file(place).help(help).warning());
    };
    if recipient.has_private_key() {
        let help = "whoever has it can read everything sealed for this certificate: keep only the certificate in this file, and \
                    replace the key where others could read it";
        warn("the file also contains a private key".to_owned(), help);
    }
    let Some(certificate) = recipient.certificate() else { return warnings };
    let begin = certificate.not_before.to_zoned(TimeZone::UTC).date();
    if now < certificate.not_before {
        warn(format!("the certificate is not valid before {begin}"), "check the clock of this machine");
    }
    let left = certificate.days_left(now);
    if (0..=SOON).contains(&left) {
        let left = counted(usize::try_from(left).unwrap_or_default(), "day");
        let message = format!("the certificate expires on {}, in {left}", certificate.last_day());
        warn(message, "kubeseal and mlguard refuse it afterwards; what is sealed with it can still be decrypted");
    }
    let age = certificate.age(now);
    if certificate.by_controller && age > STALE && left >= 0 {
        warn(
            format!("the certificate is from {begin}, {age} days ago; the controller may have newer ones"),
            "by default it creates a key every 30 days and keeps the old ones: what is sealed with this one can be decrypted \
             until the old key is removed; `mlguard cert fetch` fetches the newest",
        );
    }
    warnings
}

/// A file or an address as messages show it.
pub(super) fn place(named: &Path) -> String {
    match named.to_str().filter(|text| text.contains("://")) {
        Some(address) => download::shown(address),
        None => named.display().to_string(),
    }
}

/// The bytes of a file or an address.
fn read(named: &Path) -> Result<Vec<u8>, Problem> {
    let fault = |message: &str, help: &str| Problem::new(message).in_file(place(named)).help(help);
    let Some((scheme, rest)) = named.to_str().and_then(|text| text.split_once("://")) else { return read_file(named) };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => download::download(&format!("https://{rest}"), LIMIT),
        "http" => Err(fault(
            "http is refused: anybody on the network path could replace the certificate",
            "use https, or download the file, compare its fingerprint (`mlguard cert show`), and pass the file",
        )),
        "file" => match file_of(rest) {
            Some(path) => read_file(&path),
            None => Err(fault("this is not the URL of a file", "use file:///FOLDER/FILE, or the path alone")),
        },
        _ => Err(fault("only file:// and https:// are supported", "download the file, and pass the file")),
    }
}

/// The path in what follows `file://`: after no host or `localhost`, with percent signs decoded.
fn file_of(rest: &str) -> Option<PathBuf> {
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let path = String::from_utf8(percent_decoded(path)?).ok()?;
    // `/C:/x` is how addresses write drives.
    let drive = path.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic) && path.get(2..4) == Some(":/");
    Some(PathBuf::from(if drive && cfg!(windows) { &path[1..] } else { &path }))
}

/// The bytes of a file, where it is small enough.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let fault = |error: io::Error| {
        let problem = Problem::new(format!("cannot be read: {error}")).in_file(path.display().to_string());
        match error.kind() {
            io::ErrorKind::NotFound => {
                problem.help("check the spelling; `mlguard cert fetch --output FILE` creates it")
            }
            _ => problem,
        }
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes)).map_err(fault)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Problem::new("is too large for a certificate").in_file(path.display().to_string()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROLLER: &[u8] = include_bytes!("../../tests/fixtures/certificates/controller.pem");

    /// A certificate as the documentation of Sealed Secrets has people make it.
    fn at_home() -> Recipient {
        let bytes = include_bytes!("../../tests/fixtures/certificates/openssl.pem");
        Recipient::of_any_age(bytes).expect("a certificate")
    }

    /// What is warned of at a time, the first words of each.
    fn warned(now: &str) -> Vec<String> {
        let recipient = Recipient::of_any_age(CONTROLLER).expect("a certificate");
        let found = warnings(&recipient, "dev.pem", now.parse().expect("a time"));
        found.iter().map(|problem| problem.message.clone()).collect()
    }

    /// A controller makes new keys by itself; other keys are changed when people want it.
    #[test]
    fn only_certificates_of_controllers_are_stale() {
        let old = at_home();
        assert!(old.certificate().is_some_and(|certificate| !certificate.by_controller));
        assert!(warnings(&old, "own.pem", "2027-12-01T00:00:00Z".parse().expect("a time")).is_empty());
    }

    /// The certificate is valid from 2026-01-15T08:30Z to 2036-01-13T08:30Z.
    #[test]
    fn warnings_follow_the_clock() {
        let none: [&str; 0] = [];
        assert_eq!(warned("2026-01-15T08:30:00Z"), none);
        assert_eq!(warned("2026-03-17T08:00:00Z"), none, "60 days");
        let stale = warned("2026-03-17T08:31:00Z");
        assert!(
            stale.len() == 1 && stale[0].starts_with("the certificate is from 2026-01-15, 61 days ago"),
            "{stale:?}"
        );
        let early = warned("2026-01-14T00:00:00Z");
        assert_eq!(early, ["the certificate is not valid before 2026-01-15"]);
        assert_eq!(warned("2035-12-13T08:00:00Z").len(), 1, "31 days");
        assert_eq!(warned("2035-12-14T08:30:00Z")[0], "the certificate expires on 2036-01-13, in 30 days");
        assert_eq!(warned("2036-01-12T08:00:00Z")[0], "the certificate expires on 2036-01-13, in 1 day");
        assert_eq!(warned("2036-01-14T00:00:00Z"), none, "expired is more than a warning");
    }

    #[test]
    fn addresses_of_files_are_paths() {
        for (rest, path) in [
            ("/a/b.pem", Some("/a/b.pem")),
            ("localhost/a%20b%2Fc", Some("/a b/c")),
            ("host/a", None),
            ("a.pem", None),
            ("/a%2", None),
            ("/a%+1", None),
            ("/a%é", None),
            ("", None),
        ] {
            assert_eq!(file_of(rest), path.map(PathBuf::from), "{rest}");
        }
    }

    #[test]
    fn addresses_without_protection_are_refused() {
        for (named, why) in [
            ("http://pki.example/c.pem", "http is refused"),
            ("HTTP://pki.example/c.pem", "http is refused"),
            ("ftp://pki.example/c.pem", "only file:// and https://"),
            ("file://c.pem", "not the URL of a file"),
        ] {
            let problem = read(Path::new(named)).expect_err("refused");
            assert!(problem.message.contains(why), "{problem}");
        }
    }

    #[test]
    fn the_flag_wins_over_the_environment() {
        let environment = |name| Environment {
            cert: Some(Valued { value: "missing.pem".into(), origin: Origin::Environment(name) }),
            ..Environment::default()
        };
        let environment = environment("SEALED_SECRETS_CERT");
        let flag = CertArgs { cert: Some("flag.pem".into()) };
        assert_eq!(flag.named(&environment).map(|named| named.value), Some(PathBuf::from("flag.pem")));
        let named = CertArgs { cert: None }.named(&environment).expect("a variable");
        let said = load(&named, Timestamp::UNIX_EPOCH).expect_err("no file").to_string();
        assert!(said.contains("missing.pem: cannot be read") && said.contains("(from SEALED_SECRETS_CERT)"), "{said}");
        assert!(CertArgs { cert: None }.named(&Environment::default()).is_none());
    }
}
