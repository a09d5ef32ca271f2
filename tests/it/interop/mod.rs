//! Sealing is what `kubeseal` does, both directions: its `--recovery-unseal` opens what is sealed here to the same bytes,
//! `mlguard unseal` opens what it seals, and the objects are equal but for their ciphertexts.
//!
//! `MLGUARD_KUBESEAL` names the program, else it is looked for on the PATH. Where there is none, the tests say so and pass,
//! and fail in CI.

#![expect(clippy::disallowed_methods, reason = "starts the program that is compared with, and looks for it")]

mod matrix;
mod rig;
mod single;

use std::collections::BTreeSet;

use matrix::{Case, Format, Scopes};
use rayon::prelude::*;
use rig::{KEYS, Rig};
use serde_json::Value;

/// What a program of kubeseal's writes that is not compared, each with its reason.
fn comparable(mut object: Value) -> Value {
    for path in ["/metadata", "/spec/template/metadata"] {
        if let Some(Value::Object(metadata)) = object.pointer_mut(path) {
            // Before 0.32 kubeseal writes the time of creation as null, which strict validation refuses
            // (`docs/facts/sealed-secrets.md#output-of-kubeseal`); never written here.
            if metadata.get("creationTimestamp").is_some_and(Value::is_null) {
                metadata.remove("creationTimestamp");
            }
            // kubeseal's --recovery-unseal makes the SealedSecret the owner of the Secret, with an empty uid, which no API
            // server takes. Only the controller knows the uid.
            let unknown = |owner: &Value| owner["kind"] == "SealedSecret" && owner["uid"] == "";
            if metadata.get("ownerReferences").and_then(Value::as_array).is_some_and(|all| all.iter().all(unknown)) {
                metadata.remove("ownerReferences");
            }
        }
    }
    // kubeseal's --recovery-unseal writes an empty value as null, which says the same to the API server.
    if let Some(Value::Object(values)) = object.pointer_mut("/data") {
        values.values_mut().filter(|value| value.is_null()).for_each(|value| *value = Value::from(""));
    }
    // Ciphertexts are random.
    if let Some(Value::Object(values)) = object.pointer_mut("/spec/encryptedData") {
        values.values_mut().for_each(|value| *value = Value::from(value.as_str().map_or("no text", |_| "sealed")));
    }
    object
}

/// The documents of one call, with one key, one way of saying the scope and one format.
fn agree(rig: &Rig, key: usize, scopes: Scopes, format: Format, cases: &[Case]) {
    let text = matrix::text(cases, format);
    let what = format!("RSA {}, {scopes:?}, {format:?}", KEYS[key].bits);
    let certificate = rig.certificate(key);
    let mut arguments = vec!["--cert", certificate.as_str()];
    if let Some(scope) = scopes.flag() {
        arguments.extend(["--scope", scope]);
    }
    let ours = rig.mlguard(&[&["seal", "--quiet"], arguments.as_slice()].concat(), &text);
    let theirs = rig.kubeseal(&[arguments.as_slice(), &["-o", format.name()]].concat(), &text);
    assert!(!ours.contains("creationTimestamp"), "{what}");
    let (our_objects, their_objects) = (format.objects(&ours), format.objects(&theirs));
    assert_eq!((our_objects.len(), their_objects.len()), (cases.len(), cases.len()), "{what}");
    for ((our, their), case) in our_objects.iter().zip(&their_objects).zip(cases) {
        assert_eq!(comparable(our.clone()), comparable(their.clone()), "{what}: {}", case.title);
    }
    // Theirs by us: all in one call.
    let private = rig.private(key);
    let opened = rig.mlguard(&["unseal", "--quiet", "--private-key", &private, "-o", "json"], &theirs);
    let opened = Format::Json.objects(&opened);
    assert_eq!(opened.len(), cases.len(), "{what}");
    for (secret, case) in opened.iter().zip(cases) {
        assert_eq!(matrix::values(secret), case.values, "{what}: {}", case.title);
    }
    // Ours by them: they take one document a call.
    matrix::documents(&ours).into_par_iter().zip(&opened).zip(cases).for_each(|((document, mine), case)| {
        let arguments = ["--recovery-unseal", "--recovery-private-key", &private, "-o", "json"];
        let secret: Value = serde_json::from_str(&rig.kubeseal(&arguments, document)).expect("JSON");
        assert_eq!(matrix::values(&secret), case.values, "{what}: {}", case.title);
        assert_eq!(comparable(secret), comparable(mine.clone()), "{what}: {}", case.title);
    });
}

#[expect(clippy::print_stderr, reason = "says what was compared")]
#[test]
fn both_programs_open_and_make_the_same() {
    let Some(rig) = Rig::new() else { return };
    let mut groups = Vec::new();
    let mut number = 0;
    for key in 0..KEYS.len() {
        for scopes in Scopes::ALL {
            for format in [Format::Yaml, Format::Json] {
                let cases: Vec<Case> = (0..8).map(|index| matrix::case(number + index, scopes, format)).collect();
                number += cases.len();
                groups.push((key, scopes, format, cases));
            }
        }
    }
    let shapes: BTreeSet<_> = groups
        .iter()
        .flat_map(|(key, scopes, format, cases)| cases.iter().map(move |case| (*key, *scopes, *format, case.shape)))
        .collect();
    assert!(shapes.len() >= 200, "{} different Secrets", shapes.len());
    matrix::is_covered(groups.iter().flat_map(|(.., cases)| cases));
    groups.par_iter().for_each(|(key, scopes, format, cases)| agree(&rig, *key, *scopes, *format, cases));
    eprintln!("{} Secrets, {} shapes: {}", number, shapes.len(), rig.version());
}
