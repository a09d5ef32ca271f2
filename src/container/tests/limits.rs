//! Each limit, and bombs.

use super::{Cut, Seen, Zipped, deflate, directory, gzip, open_as, open_with, paths, tar, zip};
use crate::container::{Bound, Fault, Format, Limits};

const MIB: usize = 1 << 20;

fn bomb(bound: Bound) -> Fault {
    Fault::Bomb(bound)
}

fn total(seen: &[Seen]) -> usize {
    seen.iter().map(|seen| seen.bytes.len()).sum()
}

#[test]
fn a_file_that_unpacks_to_a_thousand_times_its_size_is_a_bomb() {
    let zeros = vec![b'a'; 64 * MIB];
    for (name, bytes) in [
        ("a.gz", gzip(&zeros)),
        ("a.zip", zip(b"", &[Zipped::deflated(b"a", &zeros)])),
        ("a.tgz", gzip(&tar(&[(b"a", &zeros)]))),
    ] {
        let (seen, faults) = open_with(name, &bytes, &Limits::default());
        assert_eq!(faults.iter().map(|(_, fault)| *fault).collect::<Vec<_>>(), [bomb(Bound::Ratio)], "{name}");
        assert!(total(&seen) < 20 * MIB, "{name}: {}", total(&seen));
    }
}

#[test]
fn a_small_file_may_compress_well() {
    let text = vec![b'a'; MIB];
    let (seen, faults) = open_with("a.txt.gz", &gzip(&text), &Limits::default());
    assert_eq!((paths(&seen), faults), (vec!["a.txt"], vec![]));
}

#[test]
fn bytes_are_limited() {
    let bytes: Vec<u8> = (0..2 * MIB).map(|n| (n * n).to_le_bytes()[1]).collect();
    let limits = Limits { bytes: MIB as u64, ..Limits::default() };
    let (seen, faults) = open_with("a.gz", &gzip(&bytes), &limits);
    assert_eq!(faults, [("a".to_owned(), bomb(Bound::Bytes))]);
    assert!(total(&seen) <= MIB);
}

#[test]
fn entries_that_share_their_bytes_are_a_bomb() {
    // As in `zbsm.zip`: one compressed file, which the directory lists again and again.
    for method in [0, 8] {
        let text = vec![b'a'; MIB];
        let data = if method == 0 { text } else { deflate(&text) };
        let file = Zipped { method, data, ..Zipped::stored(b"a", b"") };
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(file.common());
        bytes.extend(b"a");
        bytes.extend(&file.data);
        directory(&mut bytes, 0, std::iter::repeat_n((&file, 0), 5000));
        let (seen, faults) = open_with("a.zip", &bytes, &Limits { bytes: 100 << 20, ..Limits::default() });
        let bound = if method == 0 { Bound::Bytes } else { Bound::Ratio };
        assert_eq!(faults.last().map(|(_, fault)| *fault), Some(bomb(bound)), "{method}");
        assert!(total(&seen) <= 100 * MIB);
    }
}

#[test]
fn a_million_empty_entries_are_a_bomb() {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[0] = b'a';
    header.set_size(0);
    header.set_cksum();
    let bytes = header.as_bytes().repeat(1_000_000);
    let (seen, faults) = open_with("a.tar", &bytes, &Limits::default());
    assert_eq!((seen, faults), (vec![], vec![(String::new(), bomb(Bound::Entries))]));
}

#[test]
fn entries_of_a_directory_and_members_of_gzip_count() {
    let limits = Limits { entries: 100, ..Limits::default() };
    let empty = Zipped::stored(b"a", b"");
    let (_, faults) = open_with("a.zip", &zip(b"", &vec![empty; 200]), &limits);
    assert_eq!(faults, [(String::new(), bomb(Bound::Entries))]);
    let (_, faults) = open_with("a.gz", &gzip(b"").repeat(200), &limits);
    assert_eq!(faults, [("a".to_owned(), bomb(Bound::Entries))]);
}

#[test]
fn archives_in_archives_end_at_the_depth() {
    // 42.zip is one of these at each level.
    let mut bytes = b"PASSWORD=1\n".to_vec();
    for _ in 0..10 {
        bytes = zip(b"", &[Zipped::stored(b"a.zip", &bytes), Zipped::stored(b"b.txt", b"text")]);
    }
    let limits = Limits { depth: 3, ..Limits::default() };
    let (seen, faults) = open_with("a.zip", &bytes, &limits);
    assert_eq!(faults, [("a.zip!a.zip!a.zip".to_owned(), bomb(Bound::Depth))]);
    assert_eq!(paths(&seen), ["a.zip!a.zip!b.txt", "a.zip!b.txt", "b.txt"], "the rest is searched");
}

#[test]
fn a_wide_tree_of_archives_ends() {
    // Sixteen archives in each, four levels: 65,536 at the bottom.
    let mut bytes = b"a".repeat(1000);
    for _ in 0..4 {
        let file = Zipped::deflated(b"a.zip", &bytes);
        bytes = zip(b"", &vec![file; 16]);
    }
    let (seen, faults) = open_with("a.zip", &bytes, &Limits { entries: 10_000, ..Limits::default() });
    assert!(matches!(faults[..], [(_, Fault::Bomb(_))]), "{faults:?}");
    assert!(seen.len() < 10_000);
}

#[test]
fn many_faults_are_a_short_list() {
    let encrypted = Zipped { flags: 1, ..Zipped::stored(b"a", b"abc") };
    let (_, faults) = open_with("a.zip", &zip(b"", &vec![encrypted; 1000]), &Limits::default());
    assert_eq!(faults.len(), 65);
    assert_eq!(faults[64], (String::new(), Fault::More(936)), "what is not listed is counted");
}

#[test]
fn a_large_member_is_read_in_one_go() {
    let text = (0..50_000).map(|n| format!("line {n:08}\n")).collect::<Vec<_>>().concat();
    let limits = Limits { entry: 100_000, ..Limits::default() };
    for (name, bytes) in [("a.txt.gz", gzip(text.as_bytes())), ("a.tar", tar(&[(b"a.txt", text.as_bytes())]))] {
        let (seen, faults) = open_with(name, &bytes, &limits);
        assert_eq!(faults, []);
        assert_eq!((paths(&seen), seen[0].cut), (vec!["a.txt"], Cut::Stream));
        assert!(seen[0].text() == text, "{name}");
        // What is there before a fault is not lost.
        let (seen, faults) = open_with(name, &bytes[..bytes.len() - bytes.len() / 4], &limits);
        assert!(seen[0].bytes.len() > 200_000 && text.as_bytes().starts_with(&seen[0].bytes), "{name}");
        assert!(faults.contains(&("a.txt".to_owned(), Fault::Damaged)), "{name} {faults:?}");
    }
}

#[test]
fn pieces_of_the_text_of_a_data_file_make_up_the_text() {
    // A pickle of many texts, and of a long one.
    for length in [20, 5000] {
        let texts: Vec<String> = (0..40_000 / length).map(|n| format!("{n:08}").repeat(length / 8)).collect();
        let mut bytes = b"\x80\x02".to_vec();
        for text in &texts {
            bytes.push(b'X');
            bytes.extend(u32::try_from(text.len()).expect("short").to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.push(b'.');
        let (seen, faults) = open_as(Format::Pickle, "a.pkl", &bytes, &Limits { entry: 1000, ..Limits::default() });
        assert_eq!(faults, []);
        assert!(seen.len() > 20 && seen.iter().all(|seen| seen.cut == Cut::Piece));
        assert_eq!(seen.iter().map(Seen::text).collect::<String>(), texts.join("\n") + "\n");
    }
}

#[test]
fn a_nested_archive_that_is_too_large_is_read_from_its_start() {
    let inner = tar(&[(b"a.env", b"A=1"), (b"b.bin", &vec![0; 5000]), (b"c.env", b"C=1")]);
    let limits = Limits { entry: 4000, ..Limits::default() };
    let (seen, faults) = open_with("a.zip", &zip(b"", &[Zipped::stored(b"in.tar", &inner)]), &limits);
    assert_eq!(paths(&seen), ["in.tar!a.env", "in.tar!b.bin"]);
    assert_eq!(faults, [("in.tar".to_owned(), Fault::TooLarge), ("in.tar!b.bin".to_owned(), Fault::Damaged),]);
}

#[test]
fn a_key_that_is_repeated_by_reference_is_limited() {
    // A pickle that remembers one long key, and gives it to a million values.
    let mut bytes = b"\x80\x02X\x78\0\0\0".to_vec();
    bytes.extend([b'k'; 120]);
    bytes.extend(b"q\x01");
    let values = [b"}(", &b"h\x01U\x04abcd".repeat(1000)[..], b"u"].concat();
    bytes.extend(values.repeat(100));
    bytes.push(b'.');
    let (seen, faults) = open_as(Format::Pickle, "a.pkl", &bytes, &Limits { ratio: 2, ..Limits::default() });
    assert_eq!(faults, [(String::new(), bomb(Bound::Ratio))]);
    assert!(total(&seen) < 8 * MIB);
}
