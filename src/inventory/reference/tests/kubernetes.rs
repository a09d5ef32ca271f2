//! Kinds of Kubernetes itself, the Gateway API, and a user's own kinds.

use super::{line, names, pods, read};
use crate::inventory::convention::OwnKind;
use crate::inventory::facts::Usage;

const DEPLOYMENT: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: mlflow}
spec:
  template:
    spec:
      serviceAccountName: mlflow
      imagePullSecrets:
        - name: ghcr
      initContainers:
        - name: wait
          image: ghcr.io/acme/wait:1
          env:
            - {name: DSN, valueFrom: {secretKeyRef: {name: mlflow-db, key: dsn}}}
      containers:
        - name: web
          image: ghcr.io/acme/mlflow:2
          envFrom:
            - configMapRef: {name: mlflow-settings}
            - secretRef: {name: mlflow-env, optional: true}
          env:
            - name: PLAIN
              value: x
            - name: AWS_SECRET_ACCESS_KEY
              valueFrom:
                secretKeyRef:
                  name: mlflow-s3
                  key: secret
                  optional: true
            - name: LEVEL
              valueFrom:
                configMapKeyRef: {name: mlflow-settings, key: level}
      ephemeralContainers:
        - name: debug
          image: busybox
          envFrom: [{secretRef: {name: debug-env}}]
      volumes:
        - name: tls
          secret:
            secretName: mlflow-tls
            items: [{key: tls.crt, path: a}, {key: tls.key, path: b}]
        - name: all
          projected:
            sources:
              - configMap: {name: other}
              - secret: {name: mlflow-ca, items: [{key: ca.crt, path: c}], optional: false}
        - name: empty
          emptyDir: {}
        - name: csi
          csi: {driver: d, nodePublishSecretRef: {name: csi-secret}}
        - name: files
          azureFile: {secretName: azure, shareName: s}
        - name: nfs
          cephfs: {secretRef: {name: ceph}}
";

#[test]
fn a_deployment() {
    names(
        DEPLOYMENT,
        &[
            "Env mlflow-s3 [secret] optional renamed .spec.template.spec.containers[0].env[1].valueFrom.secretKeyRef.name \
             @ .spec.template.spec.containers[name=web].env[name=AWS_SECRET_ACCESS_KEY]",
            "EnvFrom mlflow-env optional renamed .spec.template.spec.containers[0].envFrom[1].secretRef.name \
             @ .spec.template.spec.containers[name=web].envFrom[1]",
            "Env mlflow-db [dsn] renamed .spec.template.spec.initContainers[0].env[0].valueFrom.secretKeyRef.name \
             @ .spec.template.spec.initContainers[name=wait].env[name=DSN]",
            "EnvFrom debug-env .spec.template.spec.ephemeralContainers[0].envFrom[0].secretRef.name \
             @ .spec.template.spec.ephemeralContainers[name=debug].envFrom[0]",
            "Volume mlflow-tls [tls.crt tls.key] renamed .spec.template.spec.volumes[0].secret.secretName \
             @ .spec.template.spec.volumes[name=tls]",
            "Volume mlflow-ca [ca.crt] renamed .spec.template.spec.volumes[1].projected.sources[1].secret.name \
             @ .spec.template.spec.volumes[name=all].projected.sources[1]",
            "Credential csi-secret .spec.template.spec.volumes[3].csi.nodePublishSecretRef.name \
             @ .spec.template.spec.volumes[name=csi]",
            "Credential azure .spec.template.spec.volumes[4].azureFile.secretName \
             @ .spec.template.spec.volumes[name=files]",
            "Credential ceph .spec.template.spec.volumes[5].cephfs.secretRef.name \
             @ .spec.template.spec.volumes[name=nfs]",
            "ImagePull ghcr renamed .spec.template.spec.imagePullSecrets[0].name \
             @ .spec.template.spec.imagePullSecrets[name=ghcr]",
        ],
    );
    pods(
        DEPLOYMENT,
        &[".spec.template.spec mlflow [\"ghcr.io/acme/mlflow:2\", \"ghcr.io/acme/wait:1\", \"busybox\"] pulls"],
    );
}

/// Asserts what is found in a pod specification at `path` of an object: whether kustomize renames the Secret of its container
/// and its pull secret.
fn assert_pod_specification(head: &str, path: &str, renamed: bool, pull_renamed: bool) {
    let mut text = head.to_owned();
    let mut indent = String::new();
    for key in path.split('.') {
        text.extend([&indent, key, ":\n"]);
        indent.push(' ');
    }
    let pull = format!("{indent}imagePullSecrets: [{{name: ghcr}}]\n");
    let env = format!("{indent}containers: [{{name: a, image: b, envFrom: [{{secretRef: {{name: c}}}}]}}]\n");
    let (found, pods) = read(&(text + &pull + &env), &[]);
    if path == "spec.x" {
        assert!(found.is_empty() && pods.is_empty());
        return;
    }
    let found: Vec<String> = found.iter().map(line).collect();
    let word = |renamed: bool| if renamed { " renamed" } else { "" };
    let expected = [
        format!(
            "EnvFrom c{} .{path}.containers[0].envFrom[0].secretRef.name @ .{path}.containers[name=a].envFrom[0]",
            word(renamed)
        ),
        format!(
            "ImagePull ghcr{} .{path}.imagePullSecrets[0].name @ .{path}.imagePullSecrets[name=ghcr]",
            word(pull_renamed)
        ),
    ];
    assert_eq!(found, expected, "{head}");
    let pods: Vec<String> = pods.iter().map(super::pod).collect();
    assert_eq!(pods, [format!(".{path} - [\"b\"] pulls")], "{head}");
}

#[test]
fn where_a_pod_specification_is() {
    for (head, path, renamed, pull_renamed) in [
        ("apiVersion: v1\nkind: Pod\n", "spec", true, true),
        ("apiVersion: v1\nkind: PodTemplate\n", "template.spec", true, true),
        ("apiVersion: v1\nkind: ReplicationController\n", "spec.template.spec", false, false),
        ("apiVersion: apps/v1\nkind: ReplicaSet\n", "spec.template.spec", true, true),
        ("apiVersion: apps/v1\nkind: DaemonSet\n", "spec.template.spec", true, true),
        ("apiVersion: apps/v1\nkind: StatefulSet\n", "spec.template.spec", true, false),
        ("apiVersion: batch/v1\nkind: Job\n", "spec.template.spec", true, true),
        ("apiVersion: batch/v1\nkind: CronJob\n", "spec.jobTemplate.spec.template.spec", true, true),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n", "spec.template.spec", false, false),
        ("apiVersion: kubeflow.org/v1\nkind: Notebook\n", "spec.template.spec", false, false),
        (
            "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\n",
            "spec.pytorchReplicaSpecs.Worker.template.spec",
            false,
            false,
        ),
        ("apiVersion: kubeflow.org/v1\nkind: TFJob\n", "spec.tfReplicaSpecs.PS.template.spec", false, false),
        (
            "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\n",
            "spec.mpiReplicaSpecs.Launcher.template.spec",
            false,
            false,
        ),
        ("apiVersion: kubeflow.org/v1\nkind: XGBoostJob\n", "spec.xgbReplicaSpecs.Master.template.spec", false, false),
        ("apiVersion: ray.io/v1\nkind: RayCluster\n", "spec.headGroupSpec.template.spec", false, false),
        ("apiVersion: ray.io/v1\nkind: RayJob\n", "spec.rayClusterSpec.headGroupSpec.template.spec", false, false),
        ("apiVersion: ray.io/v1\nkind: RayJob\n", "spec.submitterPodTemplate.spec", false, false),
        (
            "apiVersion: ray.io/v1\nkind: RayService\n",
            "spec.rayClusterConfig.headGroupSpec.template.spec",
            false,
            false,
        ),
        ("apiVersion: ray.io/v1\nkind: RayCronJob\n", "spec.jobTemplate.submitterPodTemplate.spec", false, false),
        ("apiVersion: mlops.seldon.io/v1alpha1\nkind: Server\n", "spec.podSpec", false, false),
        ("apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\n", "spec", false, false),
        ("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n", "spec.transformer", false, false),
        ("apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\n", "spec.prefill.worker", false, false),
        (
            "apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\n",
            "spec.router.scheduler.template",
            false,
            false,
        ),
        ("apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\n", "spec.x", false, false),
    ] {
        assert_pod_specification(head, path, renamed, pull_renamed);
    }
}

#[test]
fn the_group_is_part_of_the_kind() {
    let knative = r"
kind: Service
spec:
  template:
    spec:
      containers:
        - image: a
          env: [{name: A, valueFrom: {secretKeyRef: {name: b, key: c}}}]
          envFrom: [{secretRef: {name: d}}]
";
    names(
        &format!("apiVersion: serving.knative.dev/v1{knative}"),
        &[
            "Env b [c] renamed .spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name \
             @ .spec.template.spec.containers[0].env[name=A]",
            "EnvFrom d .spec.template.spec.containers[0].envFrom[0].secretRef.name \
             @ .spec.template.spec.containers[0].envFrom[0]",
        ],
    );
    names(&format!("apiVersion: v1{knative}"), &[]);
    names("apiVersion: example.com/v1\nkind: Pod\nspec: {imagePullSecrets: [{name: a}]}\n", &[]);
}

#[test]
fn names_that_something_else_writes() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  serviceAccountName: {{ .Values.account }}
  imagePullSecrets:
    {{- toYaml .Values.pull | nindent 4 }}
  containers:
    - name: a
      image: "{{ .Values.image }}:1"
      envFrom:
        - secretRef:
            name: {{ .Release.Name }}-env
        - secretRef:
            name: "$(SECRET)"
        - secretRef:
            name: '${SECRET}'
        - secretRef:
            name: ""
        - secretRef:
            name:
        - secretRef:
            name: ~
        - secretRef: {}
        - secretRef: plain
      env:
        - name: A
          valueFrom: {secretKeyRef: {name: known, key: "{{ .Values.key }}"}}
"#;
    names(
        text,
        &[
            "Env known renamed .spec.containers[0].env[0].valueFrom.secretKeyRef.name @ .spec.containers[name=a].env[name=A]",
        ],
    );
    pods(text, &[".spec ? [] pulls"]);
    pods("apiVersion: v1\nkind: Pod\nspec: {imagePullSecrets: [], containers: [{image: a}]}\n", &[".spec - [\"a\"]"]);
    pods("apiVersion: v1\nkind: Pod\nspec:\n", &[]);
}

#[test]
fn other_kinds_of_the_core() {
    names(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nsecrets: [{name: token}]\nimagePullSecrets: [{name: ghcr}]\n",
        &[
            "ImagePull ghcr renamed .imagePullSecrets[0].name @ .imagePullSecrets[0]",
            "Access token .secrets[0].name @ .secrets[name=token]",
        ],
    );
    names(
        r"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  annotations:
    nginx.ingress.kubernetes.io/auth-secret: ops/basic
    ingress.kubernetes.io/auth-secret: basic
    nginx.ingress.kubernetes.io/auth-tls-secret: ca
    nginx.ingress.kubernetes.io/auth-type: basic
spec:
  tls: [{hosts: [a]}, {hosts: [b], secretName: b-tls}]
",
        &[
            "Tls b-tls renamed .spec.tls[1].secretName",
            "Credential basic renamed .metadata.annotations['ingress.kubernetes.io/auth-secret']",
            "Credential ops/basic .metadata.annotations['nginx.ingress.kubernetes.io/auth-secret']",
            "Tls ca renamed .metadata.annotations['nginx.ingress.kubernetes.io/auth-tls-secret']",
        ],
    );
    names(
        r"
apiVersion: v1
kind: PersistentVolume
spec:
  csi: {nodeStageSecretRef: {name: stage, namespace: storage}, nodePublishSecretRef: {name: publish}}
  azureFile: {secretName: azure, secretNamespace: files}
",
        &[
            "Credential ?/publish .spec.csi.nodePublishSecretRef.name @ .spec.csi.nodePublishSecretRef",
            "Credential storage/stage .spec.csi.nodeStageSecretRef.name @ .spec.csi.nodeStageSecretRef",
            "Credential files/azure renamed .spec.azureFile.secretName @ .spec.azureFile",
        ],
    );
    names(
        r"
apiVersion: storage.k8s.io/v1
kind: StorageClass
parameters:
  adminSecretName: admin
  csi.storage.k8s.io/provisioner-secret-name: provision
  csi.storage.k8s.io/provisioner-secret-namespace: ceph
  csi.storage.k8s.io/node-stage-secret-name: ${pvc.name}
",
        &[
            "Credential ?/admin renamed .parameters.adminSecretName @ .parameters",
            "Credential ceph/provision .parameters['csi.storage.k8s.io/provisioner-secret-name'] @ .parameters",
        ],
    );
}

#[test]
fn rights_to_secrets() {
    let rules = r#"
rules:
  - {apiGroups: [""], resources: [configmaps], resourceNames: [a]}
  - {apiGroups: [""], resources: [pods, secrets], resourceNames: [b, c], verbs: [get]}
  - {apiGroups: [""], resources: [secrets]}
"#;
    let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ";
    names(
        &format!("{head}Role{rules}"),
        &["Access b renamed .rules[1].resourceNames[0]", "Access c renamed .rules[1].resourceNames[1]"],
    );
    names(
        &format!("{head}ClusterRole{rules}"),
        &["Access ?/b renamed .rules[1].resourceNames[0]", "Access ?/c renamed .rules[1].resourceNames[1]"],
    );
}

#[test]
fn gateways() {
    names(
        r#"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
spec:
  listeners:
    - name: a
      tls:
        certificateRefs:
          - {name: plain}
          - {kind: Secret, group: "", name: full, namespace: certs}
          - {kind: ConfigMap, name: no}
          - {kind: Secret, group: example.com, name: neither}
  tls:
    frontend:
      default: {validation: {caCertificateRefs: [{kind: ConfigMap, group: "", name: no}, {kind: Secret, name: ca}, {name: unsaid}]}}
"#,
        &[
            "Tls plain .spec.listeners[0].tls.certificateRefs[0].name @ .spec.listeners[0].tls.certificateRefs[0]",
            "Tls certs/full .spec.listeners[0].tls.certificateRefs[1].name @ .spec.listeners[0].tls.certificateRefs[1]",
            "Credential ca .spec.tls.frontend.default.validation.caCertificateRefs[1].name \
             @ .spec.tls.frontend.default.validation.caCertificateRefs[1]",
        ],
    );
}

#[test]
fn kinds_of_a_user() {
    let own = |path: &str, key: Option<&str>, group: Option<&str>| OwnKind {
        kind: "FeatureStore".to_owned(),
        group: group.map(str::to_owned),
        path: path.to_owned(),
        key: key.map(str::to_owned),
        usage: Usage::Credential,
        optional: true,
    };
    let text = r"
apiVersion: feast.example/v1
kind: FeatureStore
spec:
  stores:
    - credentials: {secretName: a, field: {key: x}}
    - credentials: {secretName: b}
  names: {one: c, two: d}
";
    let found = |own: &[OwnKind]| read(text, own).0.iter().map(line).collect::<Vec<_>>();
    assert_eq!(
        found(&[own("spec.stores[].credentials.secretName", Some("field.key"), None)]),
        [
            "Credential a [x] optional .spec.stores[0].credentials.secretName @ .spec.stores[0].credentials",
            "Credential b optional .spec.stores[1].credentials.secretName @ .spec.stores[1].credentials",
        ]
    );
    assert_eq!(
        found(&[own("spec.names.*", None, Some("feast.example"))]),
        ["Credential c optional .spec.names.one", "Credential d optional .spec.names.two"]
    );
    assert!(found(&[own("spec.names.*", None, Some("other.example"))]).is_empty());
    assert!(found(&[own("spec..names", None, None)]).is_empty());
}

#[test]
fn secrets_of_the_vault_agent() {
    names(
        "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: a
  annotations: {vault.hashicorp.com/agent-inject: 'true', vault.hashicorp.com/tls-secret: not-of-pods}
spec:
  template:
    metadata:
      annotations:
        vault.hashicorp.com/agent-inject: 'true'
        vault.hashicorp.com/tls-secret: vault-tls
        vault.hashicorp.com/agent-extra-secret: vault-extra
    spec:
      containers: [{name: a, image: b}]
",
        &[
            "Credential vault-tls .spec.template.metadata.annotations['vault.hashicorp.com/tls-secret']",
            "Credential vault-extra .spec.template.metadata.annotations['vault.hashicorp.com/agent-extra-secret']",
        ],
    );
    names(
        "apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations: {vault.hashicorp.com/agent-inject: 'false', vault.hashicorp.com/tls-secret: vault-tls}
spec:
  containers: [{name: a, image: b}]
",
        &[],
    );
}
