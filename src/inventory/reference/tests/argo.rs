//! Argo Workflows, Argo Events and Argo CD.

use super::{names, pods};

const WORKFLOW: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: train}
spec:
  serviceAccountName: train
  imagePullSecrets: [{name: ghcr}]
  podSpecPatch: '{"containers": [{"name": "main", "image": "ghcr.io/acme/patched", "envFrom": [{"secretRef": {"name": "patched"}}]}]}'
  arguments:
    parameters:
      - {name: p, valueFrom: {configMapKeyRef: {name: no, key: no}}}
    artifacts:
      - name: code
        git: {repo: x, sshPrivateKeySecret: {name: deploy-key, key: ssh, optional: true}}
  templates:
    - name: train
      container:
        image: ghcr.io/acme/train:3
        env:
          - {name: TOKEN, valueFrom: {secretKeyRef: {name: train-token, key: token, optional: true}}}
      volumes: [{name: v, secret: {secretName: train-files}}]
      outputs:
        artifacts:
          - name: model
            s3:
              accessKeySecret: {name: s3, key: access}
              secretKeySecret: {name: s3, key: secret}
          - name: other
            s3: {accessKeySecret: {name: "{{workflow.name}}-s3", key: access}}
    - name: script
      script: {image: python:3, source: print()}
      sidecars: [{name: db, image: postgres, envFrom: [{secretRef: {name: db}}]}]
      podSpecPatch: |
        containers:
          - name: main
            env:
              - name: A
                valueFrom:
                  secretKeyRef: {name: patch-env, key: a}
    - name: steps
      steps:
        - - name: one
            inline:
              steps:
                - - name: deep
                    inline:
                      http:
                        headers: [{name: Authorization, valueFrom: {secretKeyRef: {name: http, key: auth}}}]
    - name: dag
      dag:
        tasks:
          - name: a
            template: train
            arguments: {artifacts: [{name: x, gcs: {serviceAccountKeySecret: {name: gcs, key: json}}}]}
            hooks: {exit: {arguments: {artifacts: [{name: y, azure: {accountKeySecret: {name: azure, key: k}}}]}}}
"#;

#[test]
fn workflows() {
    names(
        WORKFLOW,
        &[
            "ImagePull ghcr .spec.imagePullSecrets[0].name @ .spec.imagePullSecrets[name=ghcr]",
            "EnvFrom patched .spec.podSpecPatch.containers[0].envFrom[0].secretRef.name \
             @ .spec.podSpecPatch.containers[name=main].envFrom[0]",
            "Credential deploy-key [ssh] .spec.arguments.artifacts[0].git.sshPrivateKeySecret.name \
             @ .spec.arguments.artifacts[0].git.sshPrivateKeySecret",
            "Volume train-files .spec.templates[0].volumes[0].secret.secretName @ .spec.templates[0].volumes[name=v]",
            "Env train-token [token] optional .spec.templates[0].container.env[0].valueFrom.secretKeyRef.name \
             @ .spec.templates[0].container.env[name=TOKEN]",
            "Credential s3 [access] .spec.templates[0].outputs.artifacts[0].s3.accessKeySecret.name \
             @ .spec.templates[0].outputs.artifacts[0].s3.accessKeySecret",
            "Credential s3 [secret] .spec.templates[0].outputs.artifacts[0].s3.secretKeySecret.name \
             @ .spec.templates[0].outputs.artifacts[0].s3.secretKeySecret",
            "EnvFrom db .spec.templates[1].sidecars[0].envFrom[0].secretRef.name \
             @ .spec.templates[1].sidecars[name=db].envFrom[0]",
            "Env patch-env [a] .spec.templates[1].podSpecPatch.containers[0].env[0].valueFrom.secretKeyRef.name \
             @ .spec.templates[1].podSpecPatch.containers[name=main].env[name=A]",
            "Credential http [auth] .spec.templates[2].steps[0][0].inline.steps[0][0].inline.http.headers[0].valueFrom.secretKeyRef.name \
             @ .spec.templates[2].steps[0][0].inline.steps[0][0].inline.http.headers[0].valueFrom.secretKeyRef",
            "Credential gcs [json] .spec.templates[3].dag.tasks[0].arguments.artifacts[0].gcs.serviceAccountKeySecret.name \
             @ .spec.templates[3].dag.tasks[0].arguments.artifacts[0].gcs.serviceAccountKeySecret",
            "Credential azure [k] .spec.templates[3].dag.tasks[0].hooks.exit.arguments.artifacts[0].azure.accountKeySecret.name \
             @ .spec.templates[3].dag.tasks[0].hooks.exit.arguments.artifacts[0].azure.accountKeySecret",
        ],
    );
    pods(
        WORKFLOW,
        &[".spec train [\"ghcr.io/acme/patched\", \"ghcr.io/acme/train:3\", \"python:3\", \"postgres\"] pulls"],
    );
}

#[test]
fn cron_and_cluster_workflows() {
    let spec = "{templates: [{name: a, container: {image: b, envFrom: [{secretRef: {name: c}}]}}]}";
    let head = "apiVersion: argoproj.io/v1alpha1\nkind: ";
    names(
        &format!("{head}CronWorkflow\nspec: {{workflowSpec: {spec}}}\n"),
        &["EnvFrom c .spec.workflowSpec.templates[0].container.envFrom[0].secretRef.name \
           @ .spec.workflowSpec.templates[0].container.envFrom[0]"],
    );
    names(
        &format!("{head}ClusterWorkflowTemplate\nspec: {spec}\n"),
        &[
            "EnvFrom ?/c .spec.templates[0].container.envFrom[0].secretRef.name @ .spec.templates[0].container.envFrom[0]",
        ],
    );
}

#[test]
fn settings_of_argo_workflows() {
    names(
        r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data:
  artifactRepository: |
    archiveLogs: true
    s3:
      bucket: b
      accessKeySecret: {name: minio, key: access}
  persistence: "postgresql:\n  userNameSecret:\n    name: argo-db\n    key: user\n"
  sso: |
    clientId: {name: sso, key: id}
  kubeConfig: '{secretName: cluster, secretKey: kubeconfig}'
  workflowDefaults: |
    spec:
      imagePullSecrets:
        - name: ghcr
  other: |
    s3: {accessKeySecret: {name: no, key: no}}
"#,
        &[
            "Credential ?/minio [access] .data.artifactRepository.s3.accessKeySecret.name \
             @ .data.artifactRepository.s3.accessKeySecret",
            "Credential cluster [kubeconfig] .data.kubeConfig.secretName @ .data.kubeConfig",
            "Credential argo-db [user] .data.persistence.postgresql.userNameSecret.name \
             @ .data.persistence.postgresql.userNameSecret",
            "Credential sso [id] .data.sso.clientId.name @ .data.sso.clientId",
            "ImagePull ?/ghcr .data.workflowDefaults.spec.imagePullSecrets[0].name \
             @ .data.workflowDefaults.spec.imagePullSecrets[name=ghcr]",
        ],
    );
    let repository = "data:\n  any: |\n    s3:\n      secretKeySecret: {name: a, key: b}\n";
    names(
        &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: artifact-repositories}}\n{repository}"),
        &["Credential a [b] .data.any.s3.secretKeySecret.name @ .data.any.s3.secretKeySecret"],
    );
    names(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: other}}\n{repository}"), &[]);
}

#[test]
fn event_sources() {
    names(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {name: hooks}
spec:
  template:
    serviceAccountName: a
    imagePullSecrets: [{name: ghcr}]
    container: {env: [{name: A, valueFrom: {secretKeyRef: {name: env, key: a, optional: true}}}]}
  github:
    models:
      apiToken: {name: github, key: token, optional: true}
      metadata: {name: not, key: this}
      webhook: {port: "1", serverCertSecret: {name: cert, key: crt}}
  kafka:
    x:
      sasl: {userSecret: {name: kafka, key: user}, mechanism: PLAIN}
      configMapRef: {name: not, key: this}
      filter: {name: not, key: this, value: three}
"#,
        &[
            "ImagePull ghcr .spec.template.imagePullSecrets[0].name @ .spec.template.imagePullSecrets[name=ghcr]",
            "Env env [a] optional .spec.template.container.env[0].valueFrom.secretKeyRef.name \
             @ .spec.template.container.env[name=A]",
            "Credential github [token] .spec.github.models.apiToken.name @ .spec.github.models.apiToken",
            "Credential cert [crt] .spec.github.models.webhook.serverCertSecret.name \
             @ .spec.github.models.webhook.serverCertSecret",
            "Credential kafka [user] .spec.kafka.x.sasl.userSecret.name @ .spec.kafka.x.sasl.userSecret",
        ],
    );
}

#[test]
fn sensors_and_event_buses() {
    // The workflow inside is an object of its own.
    names(
        r"
apiVersion: argoproj.io/v1alpha1
kind: Sensor
spec:
  dependencies: [{name: a, key: b}]
  triggers:
    - template:
        name: run
        argoWorkflow:
          source:
            git: {creds: {username: {name: git, key: user}}}
            resource:
              apiVersion: argoproj.io/v1alpha1
              kind: Workflow
              spec:
                templates: [{container: {env: [{name: A, valueFrom: {secretKeyRef: {name: inner, key: k}}}]}}]
",
        &[
            "Credential git [user] .spec.triggers[0].template.argoWorkflow.source.git.creds.username.name \
             @ .spec.triggers[0].template.argoWorkflow.source.git.creds.username",
            "Env inner [k] .spec.templates[0].container.env[0].valueFrom.secretKeyRef.name \
             @ .spec.templates[0].container.env[name=A]",
        ],
    );
    names(
        "apiVersion: argoproj.io/v1alpha1\nkind: EventBus\nspec: {nats: {exotic: {accessSecret: {name: a, key: b}}, \
         native: {imagePullSecrets: [{name: c}]}}}\n",
        &[
            "ImagePull c .spec.nats.native.imagePullSecrets[0].name @ .spec.nats.native.imagePullSecrets[name=c]",
            "Credential a [b] .spec.nats.exotic.accessSecret.name @ .spec.nats.exotic.accessSecret",
        ],
    );
}

#[test]
fn argo_cd() {
    names(
        r"
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  generators:
    - matrix:
        generators:
          - scmProvider: {github: {organization: o, tokenRef: {secretName: token, key: t}, appSecretName: app}}
          - merge: {generators: [{pullRequest: {bitbucketServer: {basicAuth: {passwordRef: {secretName: bb, key: p}}}}}]}
",
        &[
            "Credential token [t] .spec.generators[0].matrix.generators[0].scmProvider.github.tokenRef.secretName \
             @ .spec.generators[0].matrix.generators[0].scmProvider.github.tokenRef",
            "Credential app .spec.generators[0].matrix.generators[0].scmProvider.github.appSecretName",
            "Credential bb [p] .spec.generators[0].matrix.generators[1].merge.generators[0].pullRequest.bitbucketServer\
             .basicAuth.passwordRef.secretName @ .spec.generators[0].matrix.generators[1].merge.generators[0].pullRequest\
             .bitbucketServer.basicAuth.passwordRef",
        ],
    );
    names(
        r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data:
  url: https://example.com
  dex.config: |
    connectors:
      - config:
          clientID: $dex:id
          clientSecret: "$dex:secret"
          own: $dex.key
          price: 5$dex:id
  oidc.config: "clientSecret: $oidc-secret:client.secret\n"
  whole: $one:two
"#,
        &[
            "Credential dex [id] .data['dex.config']",
            "Credential dex [secret] .data['dex.config']",
            "Credential oidc-secret [client.secret] .data['oidc.config']",
            "Credential one [two] .data.whole",
        ],
    );
}
