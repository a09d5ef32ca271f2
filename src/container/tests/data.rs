//! Texts of data files.

use super::{open_as, texts};
use crate::container::{Fault, Format, Limits};

/// The lines of a data file.
#[track_caller]
fn lines(format: Format, bytes: &[u8]) -> Vec<String> {
    let (seen, faults) = open_as(format, "file", bytes, &Limits::default());
    assert_eq!(faults, []);
    assert!(seen.iter().all(|seen| seen.strings && seen.path.is_empty()));
    seen.iter().flat_map(|seen| seen.text().lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn strings_are_without_the_length_in_front_of_them() {
    // A token of 72 letters, whose length is `H`, and one of 40, whose length is `(`.
    let (long, short) = ("t".repeat(72), "u".repeat(40));
    let one = |text: &str| [&[u8::try_from(text.len()).expect("short")], text.as_bytes()].concat();
    let joined = [one(&long), one(&short)].concat();
    for (bytes, expected) in [
        (one(&long), vec![&long]),
        ([b"\0\x01".to_vec(), one(&short), vec![0x94]].concat(), vec![&short]),
        (joined, vec![&long, &short]),
        // The tag of a field is printable as well.
        ([b"\0\"".to_vec(), one(&long)].concat(), vec![&long]),
    ] {
        // A length of the header that no file has, so that it is read as strings.
        let (seen, faults) =
            open_as(Format::Safetensors, "file", &[&[0xff; 8], &bytes[..]].concat(), &Limits::default());
        assert_eq!(faults, [(String::new(), Fault::Damaged)]);
        assert_eq!(seen[0].text().lines().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_length_inside_of_a_text_is_a_guess() {
    let text = format!("prefix{}{}", char::from(72), "t".repeat(72));
    let (seen, _) = open_as(Format::Safetensors, "file", &[&[0xff; 8], text.as_bytes()].concat(), &Limits::default());
    assert_eq!(seen[0].text().lines().collect::<Vec<_>>(), [&text[..], &"t".repeat(72)]);
}

#[test]
fn texts_of_early_pickles_are_without_their_operations() {
    assert_eq!(lines(Format::Pickle, b"(dp0\nS'password'\np1\nVhunter2\np2\ns."), ["password = hunter2"]);
    assert_eq!(lines(Format::Pickle, b"(lp0\nVfirst\np1\naS\"second\"\na."), ["first", "second"]);
}

#[test]
fn keys_of_pickles_may_be_repeated_by_reference() {
    let bytes = b"\x80\x02](}q\x00X\x03\0\0\0keyq\x01X\x03\0\0\0oneq\x02s}h\x01X\x03\0\0\0twose.";
    assert_eq!(lines(Format::Pickle, bytes), ["key = one", "key = two"]);
}

#[test]
fn arrays_between_the_operations_of_a_pickle_do_not_hide_what_follows() {
    let bytes = [b"\x80\x04}\x8c\x03key\x8c\x05values".as_slice(), &[0xff; 64], b"\x8c\x08hunter22."].concat();
    assert_eq!(lines(Format::Pickle, &bytes), ["key = value", "hunter22."]);
}

#[test]
fn fields_of_protocol_buffers_are_read_without_their_lengths() {
    // Field 14 with a key and a value; field 2 with a text whose length is a letter.
    let token = "t".repeat(72);
    let mut entry = vec![0x0a, 3];
    entry.extend(b"key");
    entry.extend([0x12, 72]);
    entry.extend(token.as_bytes());
    let mut bytes = vec![0x08, 7, 0x72, u8::try_from(entry.len()).expect("short")];
    bytes.extend(&entry);
    bytes.extend([0x12, 72]);
    bytes.extend(token.as_bytes());
    assert_eq!(lines(Format::Protobuf, &bytes), [format!("key = {token}"), token]);
}

#[test]
fn deep_messages_end() {
    let mut bytes = b"\x0a\x04text".to_vec();
    for _ in 0..1000 {
        let mut length = bytes.len();
        let mut outer = vec![0x1a];
        while length >= 0x80 {
            outer.push(length.to_le_bytes()[0] | 0x80);
            length >>= 7;
        }
        outer.push(length.to_le_bytes()[0]);
        outer.extend(&bytes);
        bytes = outer;
    }
    assert!(lines(Format::Protobuf, &bytes).iter().any(|line| line.ends_with("text")));
}

#[test]
fn a_header_of_safetensors_is_a_file() {
    let header = br#"{"__metadata__":{"token":"x"}}"#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 16]].concat();
    let (seen, faults) = open_as(Format::Safetensors, "a", &bytes, &Limits::default());
    assert_eq!(faults, []);
    assert_eq!((&seen[0].path[..], &seen[0].bytes[..], seen[0].strings), ("header.json", &header[..], false));
}

#[test]
fn control_characters_end_lines() {
    let bytes = b"\x80\x04\x8c\x0fone\0two\rthree\x07!.";
    assert_eq!(texts("a.pkl", bytes), [(String::new(), "one\ntwothree\n!\n".to_owned())]);
}

/// A database of three pages: its schema, a table and an index, whose rows have a text each.
fn database(rows: [&[u8]; 2]) -> Vec<u8> {
    let record = |columns: &[(u8, &[u8])]| {
        let mut record = vec![u8::try_from(columns.len() + 1).expect("few")];
        record.extend(columns.iter().map(|(kind, _)| *kind));
        columns.iter().for_each(|(_, value)| record.extend(*value));
        record
    };
    let kind = |text: &[u8]| u8::try_from(13 + 2 * text.len()).expect("short");
    let page = |start: usize, kind: u8, records: &[Vec<u8>]| {
        let mut page = vec![0; 512];
        page[start] = kind;
        page[start + 4] = u8::try_from(records.len()).expect("few");
        let mut end = 512;
        for (at, record) in records.iter().enumerate() {
            let mut cell = vec![u8::try_from(record.len()).expect("short")];
            cell.extend((kind == 13).then_some(1));
            cell.extend(record);
            end -= cell.len();
            page[end..end + cell.len()].copy_from_slice(&cell);
            let place = u16::try_from(end).expect("a page").to_be_bytes();
            page[start + 8 + 2 * at..start + 10 + 2 * at].copy_from_slice(&place);
        }
        page
    };
    let object = |what: &[u8], root: u8| {
        record(&[(kind(what), what), (kind(b"x"), b"x"), (kind(b"x"), b"x"), (1, &[root]), (0, b"")])
    };
    let mut bytes = page(100, 13, &[object(b"table", 2), object(b"index", 3)]);
    bytes[..16].copy_from_slice(b"SQLite format 3\0");
    bytes[16] = 2;
    bytes.extend(page(0, 13, &[record(&[(kind(rows[0]), rows[0])])]));
    bytes.extend(page(0, 10, &[record(&[(kind(rows[0]), rows[0])]), record(&[(kind(rows[1]), rows[1])])]));
    bytes
}

#[test]
fn an_index_of_a_database_gives_what_no_table_has() {
    let texts = texts("a.db", &database([b"in both of them", b"in the index only"]));
    let count = |text: &str| texts.iter().map(|(_, texts)| texts.matches(text).count()).sum::<usize>();
    assert_eq!((count("in both of them"), count("in the index only")), (1, 1), "{texts:?}");
}
