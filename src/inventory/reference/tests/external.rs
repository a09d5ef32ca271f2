//! External Secrets: stores, templates, PushSecrets and generators.

/// What `text` names; each reference is decided by the mapping that contains the name.
#[track_caller]
fn names(text: &str, expected: &[&str]) {
    let with_slot = |line: &&str| {
        let path = line.rsplit(' ').next().and_then(|path| path.strip_suffix(".name"));
        format!("{line} @ {}", path.expect("the path of a name"))
    };
    let expected: Vec<String> = expected.iter().map(with_slot).collect();
    super::names(text, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn stores_name_what_they_log_in_with() {
    let provider = r"
apiVersion: external-secrets.io/v1
kind: KIND
spec:
  provider:
    vault:
      server: https://vault.acme.io
      caProvider: {type: Secret, name: ca, key: ca.crt, namespace: pki}
      auth:
        appRole:
          roleRef: {name: role, key: id}
          secretRef: {name: approle, namespace: vault, key: secret}
        kubernetes: {mountPath: kubernetes, serviceAccountRef: {name: account, namespace: vault}}
      tls: {keySecretRef: {name: client, key: tls.key}}
    gitlab: {auth: {SecretRef: {accessToken: {name: gitlab, key: token}}}}
    webhook:
      caProvider: {type: ConfigMap, name: no-secret, key: ca.crt, namespace: pki}
      secrets: [{name: auth, secretRef: {name: hook, key: token}}]
    kubernetes:
      server: {caProvider: {type: ConfigMap, name: kube-root-ca.crt, key: ca.crt}}
      auth: {token: {bearerToken: {name: token, key: token}}}
    ngrok: {vault: {name: no-secret}, auth: {apiKey: {secretRef: {name: ngrok, key: key}}}}
";
    names(
        &provider.replace("KIND", "SecretStore"),
        &[
            "Credential token [token] .spec.provider.kubernetes.auth.token.bearerToken.name",
            "Credential gitlab [token] .spec.provider.gitlab.auth.SecretRef.accessToken.name",
            "Credential ngrok [key] .spec.provider.ngrok.auth.apiKey.secretRef.name",
            "Credential role [id] .spec.provider.vault.auth.appRole.roleRef.name",
            "Credential vault/approle [secret] .spec.provider.vault.auth.appRole.secretRef.name",
            "Credential client [tls.key] .spec.provider.vault.tls.keySecretRef.name",
            "Credential pki/ca [ca.crt] .spec.provider.vault.caProvider.name",
            "Credential hook [token] .spec.provider.webhook.secrets[0].secretRef.name",
        ],
    );
    // Without a namespace it is that of whoever uses the store.
    names(
        &provider.replace("KIND", "ClusterSecretStore"),
        &[
            "Credential ?/token [token] .spec.provider.kubernetes.auth.token.bearerToken.name",
            "Credential ?/gitlab [token] .spec.provider.gitlab.auth.SecretRef.accessToken.name",
            "Credential ?/ngrok [key] .spec.provider.ngrok.auth.apiKey.secretRef.name",
            "Credential ?/role [id] .spec.provider.vault.auth.appRole.roleRef.name",
            "Credential vault/approle [secret] .spec.provider.vault.auth.appRole.secretRef.name",
            "Credential ?/client [tls.key] .spec.provider.vault.tls.keySecretRef.name",
            "Credential pki/ca [ca.crt] .spec.provider.vault.caProvider.name",
            "Credential ?/hook [token] .spec.provider.webhook.secrets[0].secretRef.name",
        ],
    );
}

#[test]
fn templates_and_pushes_read_secrets() {
    names(
        r"
apiVersion: external-secrets.io/v1
kind: ExternalSecret
spec:
  secretStoreRef: {name: store}
  target:
    name: target
    template:
      templateFrom:
        - secret: {name: templates, items: [{key: a.yaml}]}
        - configMap: {name: no-secret, items: [{key: b}]}
",
        &["Credential templates [a.yaml] .spec.target.template.templateFrom[0].secret.name"],
    );
    names(
        r"
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
spec:
  secretStoreRefs: [{name: store}]
  selector: {secret: {name: pushed}}
  data: [{match: {secretKey: a, remoteRef: {remoteKey: b}}}]
",
        &["Credential pushed .spec.selector.secret.name"],
    );
}

#[test]
fn generators_name_what_they_log_in_with() {
    names(
        r"
apiVersion: generators.external-secrets.io/v1alpha1
kind: ECRAuthorizationToken
spec:
  region: eu-central-1
  auth: {secretRef: {accessKeyIDSecretRef: {name: aws, key: id}, secretAccessKeySecretRef: {name: aws, key: secret}}}
",
        &[
            "Credential aws [id] .spec.auth.secretRef.accessKeyIDSecretRef.name",
            "Credential aws [secret] .spec.auth.secretRef.secretAccessKeySecretRef.name",
        ],
    );
    names(
        r"
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
spec:
  kind: Grafana
  generator: {grafanaSpec: {url: https://grafana.acme.io, auth: {token: {name: grafana, key: token}}}}
",
        &["Credential ?/grafana [token] .spec.generator.grafanaSpec.auth.token.name"],
    );
    // It makes a password of nothing.
    names("apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nspec: {length: 32}\n", &[]);
}
