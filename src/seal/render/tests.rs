//! What stays of a document, line by line.

use std::sync::LazyLock;

use rsa::RsaPrivateKey;
use rsa::rand_core::OsRng;

use super::super::{Randomness, Request, Secret, sealed};
use super::*;
use crate::seal::secret::Entry;

static KEY: LazyLock<RsaPrivateKey> =
    LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).expect("a key can be made"));

/// The text with its first Secret sealed, ciphertexts written as `<key=plaintext>`.
fn sealed_over(text: &str) -> (String, bool) {
    let tree = yaml::parse(text).expect("it is YAML");
    let mut root = tree.root().expect("a root");
    if let Some(item) = root.get("items").and_then(|items| items.items().next()) {
        root = item;
    }
    let secret = Secret::read(root).expect("a Secret");
    let request = Request { namespace: secret.namespace.is_none().then(|| "given".to_owned()), ..Request::default() };
    let identity = secret.identity(&request, root).expect("an identity");
    let sealed = sealed::seal(&secret, &identity, &KEY.to_public_key(), &Randomness::default()).expect("it seals");
    let made = over(root, &sealed);
    let mut out = made.edit.text;
    for (Entry { key, value: plain }, _) in sealed.unseal(&[&*KEY], &Randomness::default()).expect("it opens") {
        let plain = String::from_utf8(plain.expose().to_vec()).expect("text");
        out = out.replace(&sealed.encrypted[&key], &format!("<{key}={}>", plain.escape_debug()));
    }
    (format!("{}{out}{}", &text[..made.edit.span.start], &text[made.edit.span.end..]), made.in_place)
}

#[test]
fn comments_order_and_quotes_stay() {
    let text = "\
# Owned by the platform team.
apiVersion: v1 # core
# A Secret.
kind: Secret
metadata:
  name: 'ml-platform' # the one
  # as the convention says
  namespace: ml-dev
  labels:
      # who
      app: \"x\" # quoted
  annotations: {a: 'b'}
type: Opaque # default

stringData:
  # where it runs
  URL: http://x # internal

  # the password
  PASSWORD: |
    two
    # not a comment
# the end
";
    let wanted = "\
# Owned by the platform team.
apiVersion: bitnami.com/v1alpha1 # core
# A Secret.
kind: SealedSecret
metadata:
  name: ml-platform # the one
  # as the convention says
  namespace: ml-dev
spec:
  encryptedData:
    # where it runs
    # internal
    URL: <URL=http://x>

    # the password
    PASSWORD: <PASSWORD=two\\n# not a comment\\n>
  template:
    metadata:
      name: ml-platform
      namespace: ml-dev
      labels:
          # who
          app: \"x\" # quoted
      annotations: {a: 'b'}
    type: Opaque # default
# the end
";
    let (made, in_place) = sealed_over(text);
    assert_eq!(made, wanted);
    assert!(in_place);
    let crlf = text.replace('\n', "\r\n");
    // A block scalar's own line ends are LF whatever the file's are.
    assert_eq!(sealed_over(&crlf).0, wanted.replace('\n', "\r\n"));
}

#[test]
fn an_item_of_a_list_stays_in_its_list() {
    let text = "\
kind: List
items:
  - apiVersion: v1
    kind: Secret
    metadata: # whose
      name: a
    data: # all of them
      x: aGk=
    stringData: {q: z}
  - kind: ConfigMap
";
    let wanted = "\
kind: List
items:
  - apiVersion: bitnami.com/v1alpha1
    kind: SealedSecret
    metadata: # whose
      name: a
      namespace: given
    spec:
      # all of them
      encryptedData:
        x: <x=hi>
        q: <q=z>
      template:
        metadata:
          name: a
          namespace: given
  - kind: ConfigMap
";
    assert_eq!(sealed_over(text), (wanted.to_owned(), true));
}

#[test]
fn what_has_no_lines_to_move_is_written_anew_under_its_comments() {
    let text = "{apiVersion: v1, kind: Secret, # c\n metadata: {name: a, namespace: b}, data: {x: aGk=}}\n# end\n";
    let (made, in_place) = sealed_over(text);
    let wanted = "\
# c
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: a
  namespace: b
spec:
  encryptedData:
    x: <x=hi>
  template:
    metadata:
      name: a
      namespace: b
# end
";
    assert_eq!((made.as_str(), in_place), (wanted, false));
    let anchored = "kind: Secret\nmetadata:\n  name: &n a\n  namespace: b\n  labels: {app: *n}\nstringData: {x: y}\n";
    let (made, in_place) = sealed_over(anchored);
    assert!(!in_place && made.contains("labels:\n        app: a\n"), "{made}");
}

#[test]
fn json_keeps_its_indentation() {
    let text = "{\n    \"kind\": \"Secret\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"a\", \"namespace\": \"b\"},\n    \"data\": {\"x\": \"aGk=\"}\n}\n";
    let (made, in_place) = sealed_over(text);
    assert!(in_place);
    assert!(made.starts_with("{\n    \"apiVersion\": \"bitnami.com/v1alpha1\",\n    \"kind\""), "{made}");
    assert!(made.ends_with("}\n") && made.contains("\"x\": \"<x=hi>\""), "{made}");
    let one = sealed_over(
        "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"},\"data\":{\"x\":\"aGk=\"}}",
    )
    .0;
    assert!(!one.contains('\n'), "{one}");
}

#[test]
fn stripped_metadata_goes_and_the_rest_stays() {
    let text = "\
kind: Secret
metadata:
  creationTimestamp: null
  name: a
  namespace: b
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"data\":1}'
    keep: \"1\"
    sealedsecrets.bitnami.com/namespace-wide: \"true\"
  uid: x
data:
  x: aGk=
";
    let wanted = "\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: a
  namespace: b
  annotations:
    sealedsecrets.bitnami.com/namespace-wide: \"true\"
spec:
  encryptedData:
    x: <x=hi>
  template:
    metadata:
      name: a
      namespace: b
      annotations:
        keep: \"1\"
        sealedsecrets.bitnami.com/namespace-wide: \"true\"
";
    assert_eq!(sealed_over(text), (wanted.to_owned(), true));
}
