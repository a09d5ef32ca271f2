//! Whether a person made up a value: words, repetitions, sequences. Random characters have none of these.
//!
//! It judges the text alone, so regular text can be made to look random on purpose; a regular text only shows that no
//! generator was used. Of texts of 32 characters from `openssl rand`, fewer than one in a hundred counts as regular.

/// For each letter, from a to z, those that most often follow it in words of Western languages.
const BEHIND: [&str; 26] = [
    "bcdgilmnprsty",
    "el",
    "aehikot",
    "ei",
    "acdelmnrstv",
    "o",
    "e",
    "aeio",
    "acdeglmnorstv",
    "",
    "e",
    "adeiloy",
    "aeiop",
    "acdegiost",
    "dflmnprstuw",
    "aelor",
    "",
    "adeiosty",
    "ehiopstu",
    "aehiorsuy",
    "lnrst",
    "ei",
    "aehio",
    "",
    "",
    "",
];

/// Fewest pairs of letters whose share is significant.
const TELLING: usize = 10;

/// Whether `text` is made of words, repeats itself or runs through a sequence.
pub(super) fn is_regular(text: &str) -> bool {
    // Of a URL only the password is chosen.
    let text = match text.split_once("://") {
        Some((_, rest)) => match rest.split_once('@').and_then(|(login, _)| login.split_once(':')) {
            Some((_, password)) => password,
            None => return false,
        },
        None => text,
    };
    let bytes = text.as_bytes();
    is_wordy(bytes) || repeats(bytes) || runs(bytes)
}

/// Whether most neighbouring letters are pairs that words consist of; of random letters, a fifth are.
fn is_wordy(bytes: &[u8]) -> bool {
    let pairs = bytes.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_alphabetic));
    let known = |pair: &&[u8]| {
        let behind = BEHIND.get(usize::from(pair[0].to_ascii_lowercase().wrapping_sub(b'a')));
        behind.is_some_and(|behind| behind.as_bytes().contains(&pair[1].to_ascii_lowercase()))
    };
    let all = pairs.clone().count();
    all >= TELLING && pairs.filter(known).count() * 20 >= all * 11
}

/// Whether five characters are repeated.
fn repeats(bytes: &[u8]) -> bool {
    const LONG: usize = 5;
    let later = |at: usize| bytes.get(at + LONG..).unwrap_or_default();
    bytes.windows(LONG).enumerate().any(|(at, part)| later(at).windows(LONG).any(|other| other == part))
}

/// Whether five neighbours are each the one after, before or like the last: `12345`, `edcba`, `aaaaa`.
fn runs(bytes: &[u8]) -> bool {
    [0, 1, u8::MAX]
        .iter()
        .any(|&step| bytes.windows(5).any(|part| part.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_make_up_is_regular() {
        for text in [
            "correct-horse-battery-staple-2026!",
            "Minio-Storage-Production-Key-0001",
            "thisisaverylongpasswordwithnodigits",
            "x7Kq9-x7Kq9-x7Kq9-x7Kq9-x7Kq9-x7",
            "Zq8!1234567890Zk3?Wv7#Lp5$Nm1&Rt",
            "QqqqqqZ8rT3vL",
            "postgres://mlflow:the-password-of-the-team@db:5432/mlflow",
        ] {
            assert!(is_regular(text), "{text}");
        }
    }

    #[test]
    fn what_generators_make_is_not() {
        for text in [
            "dT9vQ2mXr7LwZ4bKp8NcY1hJ6sFgA3eU",
            "9f3c1e7ab2d84f06c5e19b7d3a60f28c",
            "zkqwvrxjplmbtgdhcnfysoeuaizkwqxv",
            "postgres://mlflow:dT9vQ2mXr7LwZ4bK@db:5432/mlflow",
            "https://hooks.example.com/services/the/way/to/nothing",
        ] {
            assert!(!is_regular(text), "{text}");
        }
    }

    /// Letters and digits, lower case alone, and hexadecimal digits, by a generator whose numbers are known to be good.
    #[test]
    fn random_values_rarely_count_as_words() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        for alphabet in [
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            "abcdefghijklmnopqrstuvwxyz",
            "0123456789abcdef",
        ] {
            let alphabet = alphabet.as_bytes();
            let count = alphabet.len() as u64;
            let mut value = || -> String {
                (0..32).map(|_| char::from(alphabet[usize::try_from(next() % count).expect("small")])).collect()
            };
            let taken = (0..10_000).filter(|_| is_regular(&value())).count();
            assert!(taken < 100, "{taken} of 10,000 of {count} characters");
        }
    }
}
