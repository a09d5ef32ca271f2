//! Which kinds have no namespace, as kustomize knows: kinds of its own list alone, in the versions of that list.

/// Group, versions and kinds (`KZ` kyaml/openapi/openapi.go).
const CLUSTER_SCOPED: [(&str, &[&str], &[&str]); 13] = [
    ("", &["v1"], &["ComponentStatus", "Namespace", "Node", "NodeProxyOptions", "PersistentVolume"]),
    (
        "admissionregistration.k8s.io",
        &["v1", "v1beta1"],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("admissionregistration.k8s.io", &["v1"], &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]),
    ("apiextensions.k8s.io", &["v1", "v1beta1"], &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["v1", "v1beta1"], &["APIService"]),
    ("certificates.k8s.io", &["v1", "v1beta1"], &["CertificateSigningRequest"]),
    ("flowcontrol.apiserver.k8s.io", &["v1beta1"], &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["v1", "v1beta1"], &["IngressClass"]),
    ("node.k8s.io", &["v1", "v1beta1"], &["RuntimeClass"]),
    ("policy", &["v1beta1"], &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["v1", "v1beta1"], &["ClusterRole", "ClusterRoleBinding"]),
    ("scheduling.k8s.io", &["v1", "v1beta1"], &["PriorityClass"]),
    ("storage.k8s.io", &["v1", "v1beta1"], &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
];

/// Whether kustomize takes a kind for one without namespace.
pub(crate) fn is_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    let is_of = |(own, versions, kinds): &(&str, &[&str], &[&str])| {
        *own == group && kinds.contains(&kind) && versions.contains(&version)
    };
    CLUSTER_SCOPED.iter().any(is_of)
}
