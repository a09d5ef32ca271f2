//! Files that have no place in Git: recognised by their names and their content.
//!
//! A name alone is never enough: a template, a file that is encrypted, and one in which nothing is filled in stay quiet.

use crate::document::fragment::Host;
use crate::document::object::Object;
use crate::document::view::View;
use crate::document::yaml::Node;
use crate::dotenv;
use crate::path;
use crate::rule::Level;
use crate::value::{KeyClass, Sensitive};

/// A file that contains secrets by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// What it is, with its article: `a kubeconfig`.
    pub what: &'static str,
    /// What is known of its content without a search for credentials.
    pub holds: Holds,
}

impl SecretFile {
    /// What it is in words, where it is as bad as `level` says: `an env file with credentials in it`.
    pub(crate) fn described(&self, level: Level) -> String {
        let itself = ["a private key", "a store of keys", "a token"].contains(&self.what);
        match level {
            Level::Error if itself => self.what.to_owned(),
            Level::Error => format!("{} with credentials in it", self.what),
            _ => format!("{}, which people fill with credentials", self.what),
        }
    }
}

/// What a secret file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// A credential only where one is found in it: many such files contain settings.
    Perhaps,
    /// Nothing that is known, but people fill it with credentials.
    Soon,
    /// A credential, by its kind and structure.
    Certainly,
}

/// Endings of a template of a secret file, which is there to be committed.
const TEMPLATES: [&str; 7] = [".example", ".template", ".sample", ".dist", ".tpl", ".tmpl", ".j2"];

/// Names of files in which programs keep logins.
const LOGINS: &str = ".npmrc .pypirc .git-credentials .my.cnf .s3cfg .boto .dockercfg .dockerconfigjson .terraformrc terraform.rc \
                      credentials.tfrc.json kaggle.json application_default_credentials.json .yarnrc.yml .htpasswd rclone.conf";

/// Kinds of secret files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SecretFileKind {
    /// `.env` and its family, read by programs as `KEY=value`.
    Env,
    /// Other files of such lines, which contain settings as often.
    NamedEnv,
    /// Variables of Terraform.
    Variables,
    /// State of Terraform.
    State,
    Kubeconfig,
    /// A private key, where the file contains one.
    Key,
    /// A store of keys in a binary format.
    Keystore,
    /// A login that a program keeps, in a format whose credentials are found by the rules.
    Login,
    /// The same, nothing but a token.
    Token,
    Netrc,
    Pgpass,
}

impl SecretFileKind {
    fn what(self) -> &'static str {
        match self {
            Self::Env | Self::NamedEnv => "an env file",
            Self::Variables => "a file of Terraform variables",
            Self::State => "a state of Terraform",
            Self::Kubeconfig => "a kubeconfig",
            Self::Key => "a private key",
            Self::Keystore => "a store of keys",
            Self::Login | Self::Netrc | Self::Pgpass => "a file in which a program keeps its login",
            Self::Token => "a token",
        }
    }

    /// The kind that the name of a file says.
    fn of_path(path: &str) -> Option<Self> {
        let (folder, name) = path::split(path);
        let parent = folder.rsplit('/').next().unwrap_or_default();
        let name = &*name.to_ascii_lowercase();
        if TEMPLATES.iter().any(|ending| name.ends_with(ending)) || is_template(name) {
            return None;
        }
        let (_, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        Some(match (parent, name) {
            (_, ".env" | ".flaskenv") => Self::Env,
            (_, ".envrc") => Self::NamedEnv,
            (".kube", "config") | (_, "kubeconfig" | ".kubeconfig" | "admin.conf" | "super-admin.conf") => {
                Self::Kubeconfig
            }
            (_, "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" | "id_ecdsa_sk" | "id_ed25519_sk") => Self::Key,
            (_, ".vault-token" | "hf_token" | ".hf_token") | (".huggingface" | "huggingface", "token") => Self::Token,
            (_, ".netrc" | "_netrc") => Self::Netrc,
            (_, ".pgpass" | "pgpass.conf") => Self::Pgpass,
            (".docker", "config.json") | (".aws" | ".mlflow" | ".oci", "credentials") => Self::Login,
            _ if LOGINS.split(' ').any(|login| login == name) => Self::Login,
            _ if name.starts_with(".env.") => Self::Env,
            _ if ends(name, &["kubeconfig.yaml", "kubeconfig.yml", ".kubeconfig"]) => Self::Kubeconfig,
            _ if ending == "json" && is_cloud_login(name) => Self::Login,
            _ if ends(name, &[".tfvars", ".tfvars.json"]) => Self::Variables,
            _ if ends(name, &[".tfstate", ".tfstate.backup"]) => Self::State,
            _ => match ending {
                "env" => Self::NamedEnv,
                "pem" | "key" | "ppk" => Self::Key,
                "jks" | "p12" | "pfx" | "keystore" | "bcfks" | "jceks" => Self::Keystore,
                _ => return None,
            },
        })
    }
}

fn ends(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// `.env.example`, `example.env`, `.env.sample.local`, `.env.ci-template`: a part of the name says that it is to be copied.
fn is_template(name: &str) -> bool {
    let words = ["example", "template", "sample", "dist", "defaults", "default", "schema", "tpl", "vault"];
    name.split(['.', '-', '_']).any(|part| words.contains(&part)) && name.contains("env")
        || name.split(['.', '-', '_']).any(|part| words[..3].contains(&part))
}

/// `service-account.json`, `client_secret_1.json`, `gcp-credentials.json`.
fn is_cloud_login(name: &str) -> bool {
    let stem = name.replace(['_', '.'], "-");
    ["service-account", "serviceaccount", "client-secret", "credentials", "gcp-key", "gcloud", "sa-key", "azureauth"]
        .iter()
        .any(|word| stem.contains(word))
}

/// What a binary file is, by its name alone; nothing where that says that only public certificates are in it.
pub(crate) fn of_binary(path: &str) -> Option<SecretFile> {
    let name = path::name(path).to_ascii_lowercase();
    let public =
        ["trust", "cacert", "public", "-ca.", "ca-cert", "rootca", "root-ca"].iter().any(|word| name.contains(word));
    let kind = SecretFileKind::of_path(path).filter(|kind| *kind == SecretFileKind::Keystore && !public)?;
    Some(SecretFile { what: kind.what(), holds: Holds::Certainly })
}

/// What a file of text is, by its name and its structure.
pub(crate) fn of_text(view: &View<'_>) -> Option<SecretFile> {
    let named = SecretFileKind::of_path(view.path);
    let kind = match named {
        Some(kind) => kind,
        None => kubeconfigs(view).next().map(|_| SecretFileKind::Kubeconfig)?,
    };
    if is_encrypted(view.text) {
        return None;
    }
    let text = view.text;
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let certain = |it: bool| if it { Holds::Certainly } else { Holds::Perhaps };
    let holds = match kind {
        SecretFileKind::Env if is_blank(text) => Holds::Perhaps,
        SecretFileKind::Env => Holds::Soon,
        SecretFileKind::Variables | SecretFileKind::Login | SecretFileKind::NamedEnv
            if is_named_secret(view.path) && !is_blank(text) =>
        {
            Holds::Soon
        }
        SecretFileKind::State if has("\"attributes\"") => Holds::Certainly,
        SecretFileKind::State if has("\"resources\"") || has("\"outputs\"") => Holds::Soon,
        SecretFileKind::Kubeconfig => certain(has_inline_login(view)),
        SecretFileKind::Token => certain(is_token(text)),
        SecretFileKind::Netrc => certain(netrc_password(text)),
        SecretFileKind::Pgpass => certain(text.lines().any(pgpass_password)),
        _ => Holds::Perhaps,
    };
    Some(SecretFile { what: kind.what(), holds })
}

/// Whether the file's own name, not a folder's, says that it contains secrets.
fn is_named_secret(path: &str) -> bool {
    let name = path::name(path).to_ascii_lowercase();
    let named = name.split(['.', '-', '_']).any(|part| matches!(part, "secret" | "secrets" | "credential" | "creds"));
    named || name.split(['.', '-', '_']).any(|part| part == "credentials") && !name.ends_with(".json")
}

/// Only comments and blank lines, or keys without values.
fn is_blank(text: &str) -> bool {
    let mut values = dotenv::assignments(text, true).map(|line| line.value.split(" #").next().unwrap_or_default());
    values.all(|value| Sensitive::new(value).is_placeholder())
}

/// Whether a tool that keeps secrets in Git encrypted the file: SOPS, ansible-vault, age, PGP, transcrypt, dotenvx.
fn is_encrypted(text: &str) -> bool {
    let start = text.trim_start();
    let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    let marks = ["\"sops\"", "sops_mac=", "\nsops:", "\n[sops]", "sops_version="];
    let sops = || marks.iter().any(|mark| has(mark)) && has("ENC[AES256_GCM,");
    // What OpenSSL writes, in base64: `Salted__`.
    start.starts_with("U2FsdGVkX1")
        || start.starts_with("$ANSIBLE_VAULT;") && Sensitive::new(text).is_ansible_vault()
        || start.starts_with("age-encryption.org/v1")
        || Sensitive::new(start).is_armored()
        || start.contains("DOTENV_PUBLIC_KEY") && start.contains("=\"encrypted:")
        || sops()
}

/// Objects that make the file a kubeconfig.
fn kubeconfigs<'v>(view: &'v View<'_>) -> impl Iterator<Item = Node<'v>> {
    let is_config = |object: &&Object<'_>| object.kind == "Config" && object.api_version == "v1";
    let whole = view.objects.iter().filter(is_config).filter(|object| object.unit.host() == Host::File);
    whole.map(|object| object.node).filter(|node| node.get("users").is_some() && node.get("clusters").is_some())
}

/// Whether a user of a kubeconfig carries a token, a password or a key.
fn has_inline_login(view: &View<'_>) -> bool {
    let real = |node: Option<Node<'_>>| node.and_then(Node::value).is_some_and(|value| !value.is_placeholder());
    let user = |item: Node<'_>| {
        let user = item.get("user");
        let field = |path: &[&str]| real(user.and_then(|user| user.at(path)));
        let tokens = ["access-token", "id-token", "refresh-token", "client-secret"];
        ["token", "password", "client-key-data"].iter().any(|name| field(&[name]))
            || tokens.iter().any(|name| field(&["auth-provider", "config", name]))
    };
    kubeconfigs(view).any(|config| config.get("users").into_iter().flat_map(Node::items).any(user))
}

/// One word that is not a placeholder.
fn is_token(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let word = words.next().unwrap_or_default();
    words.next().is_none() && word.len() >= 12 && !Sensitive::new(word).is_placeholder()
}

/// `machine HOST login USER password VALUE`, on one line or several.
fn netrc_password(text: &str) -> bool {
    let words: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace).collect();
    words.windows(2).any(|pair| pair[0] == "password" && Sensitive::new(pair[1]).judge(KeyClass::Password).is_some())
}

/// `host:port:database:user:password`, with `\:` for a colon.
fn pgpass_password(line: &str) -> bool {
    let line = line.trim().replace("\\:", " ");
    let fields: Vec<&str> = line.splitn(5, ':').collect();
    !line.starts_with('#')
        && matches!(fields.as_slice(), [_, _, _, _, password] if Sensitive::new(password).judge(KeyClass::Password).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::fragment::Lang;
    use crate::document::view;

    fn of(path: &str, text: &str) -> Option<Holds> {
        let lang = Lang::of_path(path, text);
        let parsed = view::parse(path, text, lang);
        of_text(&View::new(path, text, lang, &parsed)).map(|file| file.holds)
    }

    #[test]
    fn secret_files_are_known_by_name_and_content() {
        use Holds::{Certainly, Perhaps, Soon};
        for (path, text, holds) in [
            (".env", "LEVEL=debug\n", Some(Soon)),
            ("app/.env.production", "LEVEL=debug\n", Some(Soon)),
            (".env", "# nothing\nDB_PASSWORD=\n", Some(Perhaps)),
            ("params.env", "replicas=2\n", Some(Perhaps)),
            ("secrets.env", "user=admin\n", Some(Soon)),
            (".envrc", "use nix\n", Some(Perhaps)),
            (".env.example", "A=b\n", None),
            ("example.env", "A=b\n", None),
            ("env.template", "A=b\n", None),
            (".env.vault", "A=b\n", None),
            ("prod.tfvars", "replicas = 2\n", Some(Perhaps)),
            ("secret.auto.tfvars", "user = \"x\"\n", Some(Soon)),
            ("terraform.tfvars.example", "a = 1\n", None),
            (
                "terraform.tfstate",
                "{\"version\": 4, \"resources\": [{\"instances\": [{\"attributes\": {}}]}]}",
                Some(Certainly),
            ),
            ("terraform.tfstate.backup", "{\"version\": 4, \"outputs\": {}, \"resources\": []}", Some(Soon)),
            ("home/.vault-token", "hvs.notARealToken000\n", Some(Certainly)),
            ("home/.vault-token", "<token>\n", Some(Perhaps)),
            (".cache/huggingface/token", "a8Kd02mzPq7xT4vL", Some(Certainly)),
            (".netrc", "machine a login b\n  password hunter2\n", Some(Certainly)),
            (".netrc", "machine a login b password ${TOKEN}\n", Some(Perhaps)),
            (".pgpass", "# comment\ndb:5432:*:me:hunter2\n", Some(Certainly)),
            (".pgpass", "db:5432:*:me:\n", Some(Perhaps)),
            ("certs/ca.pem", "-----BEGIN CERTIFICATE-----\n", Some(Perhaps)),
            ("README.md", "x", None),
            ("deploy.yaml", "kind: Config\napiVersion: v1\n", None),
        ] {
            assert_eq!(of(path, text), holds, "{path}");
        }
    }

    #[test]
    fn a_kubeconfig_is_one_under_any_name() {
        let text = |user: &str| {
            format!("apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: me\n  user:\n    {user}\n")
        };
        assert_eq!(of("cluster/admin.yaml", &text("token: abcDEF123456")), Some(Holds::Certainly));
        assert_eq!(of("a.yaml", &text("exec: {command: aws}")), Some(Holds::Perhaps));
        assert_eq!(of("a.yaml", &text("token: ${TOKEN}")), Some(Holds::Perhaps));
        assert_eq!(of("README.md", &format!("```yaml\n{}```\n", text("token: abcDEF123456"))), None);
    }

    #[test]
    fn what_is_encrypted_may_be_there() {
        let sops = "DB=ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\nsops_mac=ENC[AES256_GCM,data:a]\n";
        assert_eq!(of(".env", sops), None);
        assert_eq!(of(".env", "U2FsdGVkX18yy1FsdGVkX1\n"), None);
        assert_eq!(of(".env", "DOTENV_PUBLIC_KEY=\"02ab\"\nDB=\"encrypted:BD7ab\"\n"), None);
        assert_eq!(of(".env", "$ANSIBLE_VAULT;1.1;AES256\nhunter2\n"), Some(Holds::Perhaps), "a vault in name only");
    }

    #[test]
    fn stores_of_keys_are_known_by_name() {
        for path in ["a/server.jks", "client.p12", "X.PFX", "debug.keystore"] {
            assert!(of_binary(path).is_some(), "{path}");
        }
        for path in ["truststore.jks", "cacerts.jks", "a.png", ".env", "kafka-truststore.p12"] {
            assert!(of_binary(path).is_none(), "{path}");
        }
    }
}
