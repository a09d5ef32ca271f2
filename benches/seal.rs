//! How long sealing 1,000 values of 32 bytes takes beside the RSA encryptions that it cannot do without: `cargo bench`.
//!
//! The same key, the same process, in turn, round after round. Beside `seal`, which spreads values over the machine's
//! threads, stand plain OAEP encryptions of 32 bytes by the `rsa` crate: one after another, and spread in the same way.
//! Prints medians and ratios; nothing fails.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use mlguard::api::inventory::Scope;
use mlguard::api::seal::{Identity, Randomness, Secret, seal};
use rayon::prelude::*;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use serde_json::{Map, Value, json};

const VALUES: usize = 1000;
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` passes `--test`: building it is all that asks for.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("{VALUES} values of 32 bytes, {} threads, median of {ROUNDS} rounds", rayon::current_num_threads());
    for bits in [2048, 4096] {
        let key = RsaPrivateKey::new(&mut OsRng, bits).expect("a key").to_public_key();
        compare(bits, &key);
    }
}

fn compare(bits: usize, key: &RsaPublicKey) {
    let values: Map<String, Value> =
        (0..VALUES).map(|number| (format!("key-{number}"), format!("{number:032}").into())).collect();
    let text = json!({"apiVersion": "v1", "kind": "Secret", "stringData": values}).to_string();
    let tree = mlguard::api::document::yaml::parse(&text).expect("it parses");
    let secret = Secret::read(tree.root().expect("a root")).expect("a Secret");
    let identity = Identity { name: "db".to_owned(), namespace: Some("ml".to_owned()), scope: Scope::Strict };
    let label = identity.label();
    let plain = |number: usize| {
        let bytes = [u8::try_from(number % 256).unwrap_or_default(); 32];
        key.encrypt(&mut OsRng, Oaep::new_with_label::<Sha256, _>(&label), &bytes).expect("it encrypts")
    };
    let mut times: [Vec<Duration>; 4] = Default::default();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let seal = || seal(&secret, &identity, key, &Randomness::default()).expect("it seals");
    for _ in 0..ROUNDS {
        times[0].push(time(|| (0..VALUES).map(plain).collect::<Vec<_>>()));
        times[1].push(time(|| alone.install(seal)));
        times[2].push(time(|| (0..VALUES).into_par_iter().map(plain).collect::<Vec<_>>()));
        times[3].push(time(seal));
    }
    let [one, seal_alone, spread, seal_spread] = times.map(median);
    let milliseconds = |time: f64| format!("{:.0} ms", time * 1000.0);
    println!("\nRSA {bits}");
    println!("  rsa crate, one thread     {}", milliseconds(one));
    println!("  seal, one thread          {}  {:.2}x", milliseconds(seal_alone), seal_alone / one);
    println!("  rsa crate, all threads    {}", milliseconds(spread));
    println!(
        "  seal, all threads         {}  {:.2}x of the same threads, {:.2}x of one",
        milliseconds(seal_spread),
        seal_spread / spread,
        seal_spread / one
    );
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    black_box(work());
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
