//! Operators of machine learning, cert-manager and Flux.

use super::{names, pods};

#[test]
fn seldon() {
    names(
        r"
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
spec:
  predictors:
    - name: a
      componentSpecs: [{spec: {containers: [{name: m, image: i, envFrom: [{secretRef: {name: env}}]}]}}]
      graph:
        envSecretRefName: rclone
        children: [{name: b, children: [{name: c, envSecretRefName: rclone-c}]}]
      explainer: {envSecretRefName: explain}
      ssl: {certSecretName: cert}
      svcOrchSpec: {env: [{name: A, valueFrom: {secretKeyRef: {name: orch, key: k}}}]}
",
        &[
            "EnvFrom env .spec.predictors[0].componentSpecs[0].spec.containers[0].envFrom[0].secretRef.name \
             @ .spec.predictors[0].componentSpecs[0].spec.containers[name=m].envFrom[0]",
            "Credential explain .spec.predictors[0].explainer.envSecretRefName",
            "Credential rclone .spec.predictors[0].graph.envSecretRefName",
            "Credential rclone-c .spec.predictors[0].graph.children[0].children[0].envSecretRefName",
            "Tls cert .spec.predictors[0].ssl.certSecretName",
            "Env orch [k] .spec.predictors[0].svcOrchSpec.env[0].valueFrom.secretKeyRef.name \
             @ .spec.predictors[0].svcOrchSpec.env[name=A]",
        ],
    );
    names(
        "apiVersion: mlops.seldon.io/v1alpha1\nkind: Model\nspec: {secretName: gs}\n",
        &["Credential gs .spec.secretName"],
    );
    names(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seldon-agent}\ndata:\n  agent.json: |\n    {\"rclone\": {\"config_secrets\": [\"a\", \"b\"]}}\n",
        &[
            "Credential a .data['agent.json'].rclone.config_secrets[0]",
            "Credential b .data['agent.json'].rclone.config_secrets[1]",
        ],
    );
}

#[test]
fn kserve() {
    let text = r"
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  annotations: {serving.kserve.io/storageSecretName: models}
spec:
  predictor:
    serviceAccountName: models
    imagePullSecrets: [{name: ghcr}]
    model:
      image: ghcr.io/acme/model:1
      storage: {key: minio, path: a}
      env: [{name: HF_TOKEN, valueFrom: {secretKeyRef: {name: hf, key: token}}}]
    workerSpec:
      containers: [{name: w, image: ghcr.io/acme/worker:1}]
";
    names(
        text,
        &[
            "Credential models .metadata.annotations['serving.kserve.io/storageSecretName']",
            "ImagePull ghcr .spec.predictor.imagePullSecrets[0].name @ .spec.predictor.imagePullSecrets[name=ghcr]",
            "Env hf [token] .spec.predictor.model.env[0].valueFrom.secretKeyRef.name \
             @ .spec.predictor.model.env[name=HF_TOKEN]",
            "Credential storage-config [minio] .spec.predictor.model.storage.key @ .spec.predictor.model.storage",
        ],
    );
    pods(
        text,
        &[
            ".spec.predictor models [\"ghcr.io/acme/model:1\"] pulls",
            ".spec.predictor.workerSpec - [\"ghcr.io/acme/worker:1\"]",
        ],
    );
}

#[test]
fn kubeflow() {
    let template = "{spec: {template: {spec: {imagePullSecrets: [{name: a}]}}}}";
    names(
        &format!(
            "apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nspec: {{replicatedJobs: [{{name: w, template: {template}}}]}}\n"
        ),
        &["ImagePull a .spec.replicatedJobs[0].template.spec.template.spec.imagePullSecrets[0].name \
           @ .spec.replicatedJobs[name=w].template.spec.template.spec.imagePullSecrets[name=a]"],
    );
    names(
        &format!(
            "apiVersion: trainer.kubeflow.org/v1alpha1\nkind: ClusterTrainingRuntime\n\
             spec: {{template: {{spec: {{replicatedJobs: [{{template: {template}}}]}}}}}}\n"
        ),
        &["ImagePull ?/a .spec.template.spec.replicatedJobs[0].template.spec.template.spec.imagePullSecrets[0].name \
           @ .spec.template.spec.replicatedJobs[0].template.spec.template.spec.imagePullSecrets[name=a]"],
    );
    names(
        r"
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
spec:
  initializer:
    dataset: {storageUri: hf://a, secretRef: {name: hf}}
    model: {env: [{name: A, valueFrom: {secretKeyRef: {name: model, key: k}}}]}
  podTemplateOverrides: [{spec: {imagePullSecrets: [{name: ghcr}]}}]
",
        &[
            "Env model [k] .spec.initializer.model.env[0].valueFrom.secretKeyRef.name \
             @ .spec.initializer.model.env[name=A]",
            "Credential hf .spec.initializer.dataset.secretRef.name @ .spec.initializer.dataset.secretRef",
            "ImagePull ghcr .spec.podTemplateOverrides[0].spec.imagePullSecrets[0].name \
             @ .spec.podTemplateOverrides[0].spec.imagePullSecrets[name=ghcr]",
        ],
    );
}

#[test]
fn ray() {
    names(
        r"
apiVersion: ray.io/v1
kind: RayCluster
spec:
  authOptions: {mode: token, secretName: auth}
  gcsFaultToleranceOptions: {redisPassword: {valueFrom: {secretKeyRef: {name: redis, key: password}}}, redisUsername: {value: x}}
  workerGroupSpecs: [{template: {spec: {imagePullSecrets: [{name: ghcr}]}}}]
",
        &[
            "Credential auth [auth_token] .spec.authOptions.secretName @ .spec.authOptions",
            "Credential redis [password] .spec.gcsFaultToleranceOptions.redisPassword.valueFrom.secretKeyRef.name \
             @ .spec.gcsFaultToleranceOptions.redisPassword.valueFrom.secretKeyRef",
            "ImagePull ghcr .spec.workerGroupSpecs[0].template.spec.imagePullSecrets[0].name \
             @ .spec.workerGroupSpecs[0].template.spec.imagePullSecrets[name=ghcr]",
        ],
    );
}

#[test]
fn spark() {
    let spec = r#"
  image: ghcr.io/acme/spark:3
  imagePullSecrets: [ghcr]
  sparkConf:
    spark.kubernetes.driver.secretKeyRef.TOKEN: token:value
    spark.kubernetes.executor.secrets.my.files: /etc/files
    spark.kubernetes.driver.secrets.{{.x}}: /etc/files
    spark.executor.cores: "1"
  driver:
    serviceAccount: spark
    secrets: [{name: gcp, path: /mnt, secretType: GCPServiceAccount}]
    envSecretKeyRefs: {AWS_KEY: {name: aws, key: id, optional: true}}
    env: [{name: A, valueFrom: {secretKeyRef: {name: env, key: a}}}]
  executor:
    template: {spec: {containers: [{name: e, image: ghcr.io/acme/executor:3}]}}
"#;
    let text = format!("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nspec:{spec}");
    names(
        &text,
        &[
            "ImagePull ghcr .spec.imagePullSecrets[0]",
            "Env env [a] .spec.driver.env[0].valueFrom.secretKeyRef.name @ .spec.driver.env[name=A]",
            "Env aws [id] .spec.driver.envSecretKeyRefs.AWS_KEY.name @ .spec.driver.envSecretKeyRefs.AWS_KEY",
            "Volume gcp .spec.driver.secrets[0].name @ .spec.driver.secrets[0]",
            "Env token [value] .spec.sparkConf['spark.kubernetes.driver.secretKeyRef.TOKEN']",
            "Volume my.files .spec.sparkConf['spark.kubernetes.executor.secrets.my.files']",
        ],
    );
    pods(&text, &[".spec spark [\"ghcr.io/acme/spark:3\", \"ghcr.io/acme/executor:3\"] pulls"]);
    names(
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nspec: {template: {imagePullSecrets: [a]}}\n",
        &["ImagePull a .spec.template.imagePullSecrets[0]"],
    );
}

#[test]
fn cert_manager() {
    let spec = r"
spec:
  acme:
    privateKeySecretRef: {name: made-by-it}
    externalAccountBinding: {keyID: a, keySecretRef: {name: eab, key: hmac}}
    solvers:
      - dns01: {route53: {region: r, secretAccessKeySecretRef: {name: aws, key: secret}}}
      - http01: {ingress: {podTemplate: {spec: {imagePullSecrets: [{name: ghcr}]}}}}
  vault: {caBundleSecretRef: {name: ca}, auth: {appRole: {secretRef: {name: role, key: id}}}}
";
    names(
        &format!("apiVersion: cert-manager.io/v1\nkind: Issuer{spec}"),
        &[
            "Credential eab [hmac] .spec.acme.externalAccountBinding.keySecretRef.name \
             @ .spec.acme.externalAccountBinding.keySecretRef",
            "Credential aws [secret] .spec.acme.solvers[0].dns01.route53.secretAccessKeySecretRef.name \
             @ .spec.acme.solvers[0].dns01.route53.secretAccessKeySecretRef",
            "ImagePull ghcr .spec.acme.solvers[1].http01.ingress.podTemplate.spec.imagePullSecrets[0].name \
             @ .spec.acme.solvers[1].http01.ingress.podTemplate.spec.imagePullSecrets[name=ghcr]",
            "Credential role [id] .spec.vault.auth.appRole.secretRef.name @ .spec.vault.auth.appRole.secretRef",
            "Credential ca [ca.crt] .spec.vault.caBundleSecretRef.name @ .spec.vault.caBundleSecretRef",
        ],
    );
    names(
        "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nspec: {ca: {secretName: root}}\n",
        &["Tls ?/root .spec.ca.secretName"],
    );
    names(
        "apiVersion: cert-manager.io/v1\nkind: Certificate\n\
         spec: {secretName: made, keystores: {jks: {create: true, passwordSecretRef: {name: jks, key: p}}}}\n",
        &["Credential jks [p] .spec.keystores.jks.passwordSecretRef.name @ .spec.keystores.jks.passwordSecretRef"],
    );
}

#[test]
fn flux() {
    names(
        r"
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
spec:
  decryption: {provider: sops, secretRef: {name: age}}
  kubeConfig: {secretRef: {name: cluster}}
  postBuild:
    substituteFrom: [{kind: ConfigMap, name: no}, {kind: Secret, name: vars, optional: true}]
",
        &[
            "Credential age .spec.decryption.secretRef.name @ .spec.decryption.secretRef",
            "Credential cluster .spec.kubeConfig.secretRef.name @ .spec.kubeConfig.secretRef",
            "Credential vars optional .spec.postBuild.substituteFrom[1].name @ .spec.postBuild.substituteFrom[1]",
        ],
    );
    names(
        r"
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec:
  valuesFrom:
    - {kind: Secret, name: a}
    - {kind: Secret, name: b, valuesKey: prod.yaml, optional: true}
    - {kind: ConfigMap, name: no}
    - {name: unsaid}
",
        &[
            "Credential a [values.yaml] .spec.valuesFrom[0].name @ .spec.valuesFrom[0]",
            "Credential b [prod.yaml] optional .spec.valuesFrom[1].name @ .spec.valuesFrom[1]",
        ],
    );
    names(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec: {secretRef: {name: a}, verify: {provider: cosign, secretRef: {name: b}}}\n",
        &[
            "Credential a .spec.secretRef.name @ .spec.secretRef",
            "Credential b .spec.verify.secretRef.name @ .spec.verify.secretRef",
        ],
    );
}
