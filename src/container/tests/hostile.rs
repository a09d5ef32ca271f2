//! Archives made to mislead, damaged ones, and random bytes.

use proptest::prelude::*;

use super::{Cut, Seen, Zipped, directory, gzip, open_as, open_with, paths, tar, texts, zip};
use crate::container::{Bound, Fault, Format, Limits, Unsupported};

const FORMATS: [Format; 12] = [
    Format::Zlib,
    Format::Zip,
    Format::Tar,
    Format::Gzip,
    Format::Zstd,
    Format::Pickle,
    Format::Numpy,
    Format::Safetensors,
    Format::Gguf,
    Format::Protobuf,
    Format::Sqlite,
    Format::Parquet,
];

fn fixture(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/containers").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn names_cannot_do_harm() {
    let names: [&[u8]; 5] = [b"../../etc/passwd", b"/abs", b"a\x1b[2J!b", b"\xff\xfe", b""];
    let files: Vec<Zipped<'_>> = names.iter().map(|name| Zipped::stored(name, b"x")).collect();
    let (seen, faults) = open_with("a.zip", &zip(b"", &files), &Limits::default());
    assert_eq!(faults, []);
    assert_eq!(paths(&seen), ["%2E%2E/%2E%2E/etc/passwd", "abs", "a%1B[2J%21b", "%FF%FE", "unnamed"]);
}

#[test]
fn files_with_the_same_name_are_all_handed_over() {
    let files = [Zipped::deflated(b"a.env", b"A=1"), Zipped::deflated(b"a.env", b"A=2")];
    let expected = [("a.env".to_owned(), "A=1".to_owned()), ("a.env".to_owned(), "A=2".to_owned())];
    assert_eq!(texts("a.zip", &zip(b"", &files)), expected);
    assert_eq!(texts("a.tar", &tar(&[(b"a.env", b"A=1"), (b"a.env", b"A=2")])), expected);
}

#[test]
fn files_that_the_directory_does_not_list_are_handed_over() {
    let hidden = |name, data: &[u8]| Zipped { listed: false, ..Zipped::deflated(name, data) };
    let files = [hidden(b"first", b"1"), Zipped::deflated(b"listed", b"2"), hidden(b"last", b"3")];
    let bytes = zip(b"#!/bin/sh\n", &files);
    let (seen, faults) = open_with("a.pyz", &bytes, &Limits::default());
    assert_eq!((paths(&seen), faults), (vec!["listed", "first", "last"], vec![]));
}

#[test]
fn a_stored_archive_is_read_once() {
    let inner = zip(b"", &[Zipped::stored(b"a.env", b"A=1")]);
    let outer = zip(b"", &[Zipped::stored(b"in.zip", &inner)]);
    assert_eq!(texts("a.zip", &outer), [("in.zip!a.env".to_owned(), "A=1".to_owned())]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let files = [
        Zipped { flags: 1, ..Zipped::stored(b"secret", b"abc") },
        Zipped { method: 12, ..Zipped::stored(b"bzip2", b"BZh9") },
        Zipped { method: 8, ..Zipped::stored(b"broken", b"\xff\xff\xff") },
        Zipped::stored(b"a.txt", b"text"),
    ];
    let (seen, faults) = open_with("a.zip", &zip(b"", &files), &Limits::default());
    assert_eq!(paths(&seen), ["a.txt"]);
    let fault = |name: &str, fault| (name.to_owned(), fault);
    assert_eq!(
        faults,
        [
            fault("secret", Fault::Encrypted),
            fault("bzip2", Fault::Unsupported(Unsupported::ZipMethod(12))),
            fault("broken", Fault::Damaged),
        ]
    );
}

#[test]
fn what_is_before_the_damage_is_handed_over() {
    let lines = "PASSWORD=1\n".repeat(100);
    let files: [(&[u8], &[u8]); 2] = [(b"a.env", lines.as_bytes()), (b"b.env", lines.as_bytes())];
    let zipped = zip(b"", &[Zipped::stored(files[0].0, files[0].1), Zipped::stored(files[1].0, files[1].1)]);
    let random: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let archive = tar(&[files[0], (b"b.bin", &random)]);
    for (name, bytes) in [
        ("a.zip", zipped[..1500].to_vec()),
        ("a.tar", archive[..3000].to_vec()),
        ("a.tgz", gzip(&archive)[..100_000].to_vec()),
    ] {
        let (seen, faults) = open_with(name, &bytes, &Limits::default());
        assert_eq!(seen[0].text(), lines, "{name}");
        assert!(faults.iter().all(|(_, fault)| *fault == Fault::Damaged) && !faults.is_empty(), "{name} {faults:?}");
    }
}

#[test]
fn a_zstandard_file_that_is_cut_off_gives_its_whole_blocks() {
    // Raw blocks, of which the last one is cut off. Without its end, the decoder would keep all of them back.
    let mut bytes = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
    for byte in b"ab" {
        bytes.extend([100 << 3, 100 >> 5, 0]);
        bytes.extend([*byte; 100]);
    }
    bytes.truncate(bytes.len() - 10);
    let (seen, faults) = open_with("a.txt.zst", &bytes, &Limits::default());
    assert_eq!(seen[0].bytes, [b'a'; 100]);
    assert_eq!(faults, [("a.txt".to_owned(), Fault::Damaged)]);
}

#[test]
fn a_broken_header_in_a_tar_is_skipped() {
    let mut bytes = tar(&[(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]);
    bytes[1024] = b'x';
    let (seen, faults) = open_with("a.tar", &bytes, &Limits::default());
    assert_eq!(paths(&seen), ["a", "c"]);
    assert_eq!(faults, [(String::new(), Fault::Damaged)]);
}

#[test]
fn another_tar_behind_the_end_is_read() {
    let bytes = [tar(&[(b"a", b"1")]), tar(&[(b"b", b"2")])].concat();
    assert_eq!(texts("a.tar", &bytes).len(), 2);
}

#[test]
fn members_of_gzip_are_one_file() {
    let bytes = [gzip(b"PASS"), gzip(b"WORD=1\n"), vec![0; 100]].concat();
    assert_eq!(texts("a.env.gz", &bytes), [("a.env".to_owned(), "PASSWORD=1\n".to_owned())]);
    let (_, faults) = open_with("a.gz", &[gzip(b"a"), b"trailing".to_vec()].concat(), &Limits::default());
    assert_eq!(faults, [("a".to_owned(), Fault::Damaged)]);
}

#[test]
fn the_name_in_a_gzip_is_used_where_the_file_has_no_ending() {
    let named = flate2::GzBuilder::new().filename("../x.env").write(Vec::new(), flate2::Compression::fast());
    let bytes = named.finish().expect("memory");
    assert_eq!(texts("blob", &bytes), []);
    let mut named = flate2::GzBuilder::new().filename("x.env").write(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut named, b"A=1").expect("memory");
    assert_eq!(texts("blob", &named.finish().expect("memory")), [("x.env".to_owned(), "A=1".to_owned())]);
}

#[test]
fn work_without_a_result_is_counted() {
    // Streams of a MiB that unpack to nothing, of which the directory lists many.
    let deflated = b"\0\0\0\xff\xff".repeat(200_000);
    let zstd = [b"\x28\xb5\x2f\xfd\x00\x58".as_slice(), &vec![0; 1_000_000]].concat();
    for (method, data) in [(8, deflated), (93, zstd)] {
        let file = Zipped { method, data, ..Zipped::stored(b"a", b"") };
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(file.common());
        bytes.extend(b"a");
        bytes.extend(&file.data);
        directory(&mut bytes, 0, std::iter::repeat_n((&file, 0), 5000));
        let (_, faults) = open_with("a.zip", &bytes, &Limits { bytes: 20 << 20, ..Limits::default() });
        assert_eq!(faults.last().map(|(_, fault)| *fault), Some(Fault::Bomb(Bound::Bytes)), "{method}");
    }
}

#[test]
fn rows_that_share_their_bytes_are_counted() {
    // A page of SQLite whose cells are all the same one, which has many columns and no text.
    let mut page = vec![0; 65_536];
    let (columns, record) = (15_000_usize, 40_000);
    page[..16].copy_from_slice(b"SQLite format 3\0");
    page[16..18].copy_from_slice(&[0, 1]);
    page[100] = 13;
    page[103..105].copy_from_slice(&10_000u16.to_be_bytes());
    for cell in 0..10_000 {
        page[108 + 2 * cell..110 + 2 * cell].copy_from_slice(&40_000u16.to_be_bytes());
    }
    // Length of the record, number of the row, length of the header.
    let length = [0x80 | (columns / 128), columns % 128].map(|part| part.to_le_bytes()[0]);
    page[record..record + 5].copy_from_slice(&[length[0], length[1], 1, length[0], length[1]]);
    let (_, faults) = open_as(Format::Sqlite, "a.db", &page, &Limits { bytes: 8 << 20, ..Limits::default() });
    assert!(faults.iter().any(|(_, fault)| matches!(fault, Fault::Bomb(_))), "{faults:?}");
}

/// Archives in archives, as a test makes them.
#[derive(Clone, Debug)]
enum Tree {
    File(Vec<u8>),
    Gzip(Box<Tree>),
    Tar(Vec<Tree>),
    Stored(Vec<Tree>),
    Deflated(Vec<Tree>),
}

impl Tree {
    fn any() -> impl Strategy<Value = Self> {
        let file = proptest::collection::vec(b'a'..=b'y', 1..40).prop_map(Tree::File);
        file.prop_recursive(4, 24, 4, |inner| {
            let several = proptest::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                inner.prop_map(|tree| Tree::Gzip(Box::new(tree))),
                several.clone().prop_map(Tree::Tar),
                several.clone().prop_map(Tree::Stored),
                several.prop_map(Tree::Deflated),
            ]
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let all = |trees: &[Self]| -> Vec<Vec<u8>> { trees.iter().map(Self::bytes).collect() };
        match self {
            Self::File(bytes) => bytes.clone(),
            Self::Gzip(tree) => gzip(&tree.bytes()),
            Self::Tar(trees) => {
                let all = all(trees);
                tar(&all.iter().map(|bytes| (&b"a"[..], &bytes[..])).collect::<Vec<_>>())
            }
            Self::Stored(trees) => {
                zip(b"", &all(trees).iter().map(|bytes| Zipped::stored(b"a", bytes)).collect::<Vec<_>>())
            }
            Self::Deflated(trees) => {
                zip(b"", &all(trees).iter().map(|bytes| Zipped::deflated(b"a", bytes)).collect::<Vec<_>>())
            }
        }
    }

    fn files(&self, into: &mut Vec<Vec<u8>>) {
        match self {
            Self::File(bytes) => into.push(bytes.clone()),
            Self::Gzip(tree) => tree.files(into),
            Self::Tar(trees) | Self::Stored(trees) | Self::Deflated(trees) => {
                trees.iter().for_each(|tree| tree.files(into));
            }
        }
    }
}

/// What may never be exceeded, whatever the bytes.
fn bounded(seen: &[Seen], limits: &Limits) {
    assert!(seen.iter().all(|seen| seen.cut == Cut::Stream || seen.bytes.len() <= limits.entry + 1));
    let total: usize = seen.iter().map(|seen| seen.bytes.len()).sum();
    // Pieces overlap.
    assert!(total as u64 <= limits.bytes * 4, "{total}");
}

const SMALL: Limits = Limits { depth: 4, entries: 500, bytes: 2 << 20, ratio: 200, entry: 10_000 };

/// Real files, which are damaged at random.
const SAMPLES: &[&str] = &[
    "archive.zip",
    "acme-1.0-py3-none-any.whl",
    "x-0.1.0.tgz",
    "gnu.tar",
    "pax.tar",
    "v7.tar",
    "tree.tar.zst",
    "values.yaml.gz",
    "values.yaml.zst",
    "data/model-0.pkl",
    "data/model-5.pkl",
    "data/model.joblib",
    "data/model.pt",
    "data/objects.npy",
    "data/names.npy",
    "data/arrays.npz",
    "data/model.safetensors",
    "data/model.gguf",
    "data/model.onnx",
    "data/none.parquet",
    "data/snappy.parquet",
    "data/gzip.parquet",
    "data/zstd.parquet",
    "data/second-version.parquet",
    "data/mlflow.db",
    "data/utf16.db",
];

proptest! {
    #[test]
    fn random_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..2000), name in "[a-z.]{0,12}") {
        let _ = crate::container::format_of(&name, &bytes);
        for format in FORMATS {
            bounded(&open_as(format, &name, &bytes, &SMALL).0, &SMALL);
        }
    }

    #[test]
    fn every_file_of_archives_in_archives_is_handed_over(tree in Tree::any()) {
        let bytes = tar(&[(b"all", &tree.bytes())]);
        let (seen, faults) = open_with("a.tar", &bytes, &Limits::default());
        prop_assert_eq!(faults, vec![]);
        let mut expected = Vec::new();
        tree.files(&mut expected);
        prop_assert_eq!(seen.into_iter().map(|seen| seen.bytes).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn damaged_files_are_survived(
        sample in 0..SAMPLES.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let name = SAMPLES[sample];
        let mut bytes = fixture(name);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Some(format) = crate::container::format_of(name, &fixture(name)) {
            bounded(&open_as(format, name, &bytes, &SMALL).0, &SMALL);
        }
    }
}
