//! One made-up credential in each place that the rules of other secret systems read: nothing that is said holds one.

use std::fmt::Write as _;

use mlguard::api::report::Format;

use super::harness::Tree;

/// Values by where they stand.
#[derive(Default)]
struct Marks(Vec<(String, &'static str)>);

impl Marks {
    /// A random one.
    fn random(&mut self, place: &'static str) -> String {
        self.keep(place, |number| format!("Zk{number:02}vTq8LwXbN5kYp{number:02}Jd"))
    }

    /// One that a person chose.
    fn chosen(&mut self, place: &'static str) -> String {
        self.keep(place, |number| format!("Wq!{number:02}rT7secretzz9"))
    }

    fn keep(&mut self, place: &'static str, make: impl Fn(usize) -> String) -> String {
        let value = make(self.0.len());
        self.0.push((value.clone(), place));
        value
    }
}

/// Files of Terraform, scripts and pods that hold a value in every place, each of the kind that `make` gives.
fn files(marks: &mut Marks, make: fn(&mut Marks, &'static str) -> String) -> Vec<(&'static str, String)> {
    let mut of = |place| make(marks, place);
    let name = of("key that equals a value");
    vec![
        ("a.tfvars", format!("db_password = \"{}\"\napi = {{ token = \"{}\" }}\n", of("tfvars"), of("map of tfvars"))),
        ("same.tfvars", format!("{name} = \"x\"\ndb_password = \"{name}\"\n")),
        (
            "a.tf",
            format!(
                "variable \"db_password\" {{\n  default = \"{}\"\n}}\nresource \"helm_release\" \"a\" {{\n  set_sensitive {{\n    \
                 name  = \"auth.password\"\n    value = \"{}\"\n  }}\n}}\n\
                 resource \"aws_secretsmanager_secret_version\" \"b\" {{\n  secret_string = <<EOT\n{}\nEOT\n}}\n\
                 resource \"aws_secretsmanager_secret_version\" \"c\" {{\n  secret_string = jsonencode({{ password = \"{}\" }})\n}}\n",
                of("default"),
                of("name and value"),
                of("here-document"),
                of("jsonencode"),
            ),
        ),
        (
            "c.sh",
            format!(
                "aws secretsmanager create-secret --name a --secret-string '{}'\n\
                 aws secretsmanager put-secret-value --secret-id b --secret-string '{{\"password\":\"{}\"}}'\n\
                 vault kv put secret/a password='{}'\nvault kv put secret/{name} token='{name}'\n\
                 echo -n '{}' | gcloud secrets create c --data-file=-\ngh secret set A -b'{}'\n",
                of("--secret-string"),
                of("JSON in --secret-string"),
                of("vault kv put"),
                of("standard input"),
                of("-b"),
            ),
        ),
        (
            "class.yaml",
            format!(
                "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {{name: a}}\nspec:\n  \
                 provider: vault\n  parameters:\n    clientSecret: '{}'\n    objects: |\n      - objectName: a\n        \
                 secretPath: secret/data/a\n        secretKey: b\n",
                of("parameters of a class")
            ),
        ),
        (
            "pod.yaml",
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    vault.hashicorp.com/agent-inject: 'true'\n    \
                 vault.hashicorp.com/agent-inject-token: '{}'\n    vault.hashicorp.com/agent-inject-template-db: |\n      \
                 password={}\n      {{{{ with secret \"secret/data/a\" }}}}\n",
                of("annotation"),
                of("template"),
            ),
        ),
    ]
}

/// The same of SOPS, stores, Ansible, and files that should not be in Git.
fn further(marks: &mut Marks, make: fn(&mut Marks, &'static str) -> String) -> Vec<(&'static str, String)> {
    let mut of = |place| make(marks, place);
    let sealed = "ENC[AES256_GCM,data:YWJj,iv:YWJj,tag:YWJj,type:str]";
    let metadata =
        "sops:\n  lastmodified: '2026-01-01T00:00:00Z'\n  version: 3.9.0\n  encrypted_regex: ^(data|stringData)$\n";
    let name = of("name that equals a value");
    vec![
        (
            "a.enc.yaml",
            format!(
                "stringData:\n  a: {sealed}\n  password: '{}'\n{metadata}  mac: '{}'\n",
                of("clear beside SOPS"),
                of("mac")
            ),
        ),
        ("b.enc.yaml", format!("password: '{}'\n", of("encrypted by its name alone"))),
        (
            "c.json",
            format!(
                "{{\"a\":\"{sealed}\",\"password\":\"{}\",\"sops\":{{\"mac\":\"{sealed}\",\"version\":\"3.9.0\"}}}}\n",
                of("JSON of SOPS")
            ),
        ),
        ("d.env", format!("A={sealed}\nPASSWORD={}\nsops_mac={sealed}\nsops_version=3.9.0\n", of("env file of SOPS"))),
        (
            "e.ini",
            format!("[a]\npassword = {}\nb = {sealed}\n[sops]\nmac = {sealed}\nversion = 3.9.0\n", of("INI of SOPS")),
        ),
        (".env", format!("PASSWORD={}\n{name}={name}\n", of(".env"))),
        (
            "kubeconfig",
            format!("apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: '{}'\n", of("kubeconfig")),
        ),
        (
            "store.yaml",
            format!(
                "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {{name: a}}\nspec:\n  provider:\n    fake:\n      \
                 data: [{{key: db-password, value: '{}'}}]\n---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n\
                 metadata: {{name: b}}\nspec:\n  provider:\n    webhook:\n      url: https://a\n      headers: {{Authorization: 'Bearer {}'}}\n",
                of("fake store"),
                of("header"),
            ),
        ),
        (
            "inventory/hosts",
            format!(
                "[all]\na ansible_password={}\n[gpu:vars]\nansible_become_pass = {}\n",
                of("host"),
                of("group of hosts")
            ),
        ),
        (
            "play.yml",
            format!(
                "- hosts: all\n  vars: {{db_password: '{}'}}\n  tasks:\n    - ansible.builtin.user: {{name: a, password: '{}'}}\n",
                of("play"),
                of("task")
            ),
        ),
        (
            "terraform.tfstate",
            format!(
                "{{\"version\":4,\"terraform_version\":\"1.9.0\",\"resources\":[{{\"instances\":[{{\"attributes\":{{\"password\":\"{}\"}}}}]}}]}}\n",
                of("state")
            ),
        ),
    ]
}

#[test]
fn no_report_and_no_fix_holds_what_was_found() {
    for make in [Marks::random, Marks::chosen] {
        let mut marks = Marks::default();
        let mut files = files(&mut marks, make);
        files.extend(further(&mut marks, make));
        let borrowed: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let tree = Tree::new(&borrowed);
        let found = tree.run(&["check", "--format", "jsonl"]).out;
        for (name, _) in &borrowed {
            assert!(found.contains(&format!("\"path\":\"{name}\"")), "nothing is found in {name}");
        }
        let mut leaks = String::new();
        let formats = Format::ALL.iter().map(|format| vec!["check", "-vvv", "--format", format.as_str()]);
        let others =
            [vec!["fix", "--diff"], vec!["fix", "--diff", "--unsafe", "-vvv"], vec!["map"], vec!["check", ".env"]];
        for arguments in formats.chain(others) {
            let run = tree.run(&arguments);
            for (value, place) in marks.0.iter().filter(|(value, _)| run.out.contains(value) || run.err.contains(value))
            {
                writeln!(leaks, "{} of {place}: {value}", arguments.join(" ")).expect("a text");
            }
        }
        assert!(leaks.is_empty(), "{leaks}");
    }
}
