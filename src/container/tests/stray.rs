//! Text that is in no file of an archive: in names, comments, headers, padding, and around the files.

use super::{Zipped, deflate, gzip, open_with, see, tar, zip};
use crate::container::{Content, Fault, Format, Limits, open};

/// What a test hides.
const HIDDEN: &[u8] = b"TOKEN=wJalrXUtnFEMIK7MDENGbPxRfiCY";

/// The paths of the members that contain what is hidden.
#[track_caller]
fn hidden(name: &str, bytes: &[u8]) -> Vec<String> {
    let (seen, _) = open_with(name, bytes, &Limits::default());
    let has = |bytes: &[u8]| memchr::memmem::find(bytes, HIDDEN).is_some();
    seen.into_iter().filter(|seen| has(&seen.bytes)).map(|seen| seen.path).collect()
}

/// `bytes` with `new` at the first place of `old`.
fn with(bytes: &[u8], old: &[u8], skip: usize, new: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::find(bytes, old).expect("it is there") + skip;
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn text_around_the_files_of_a_zip_is_searched() {
    let plain = zip(b"", &[Zipped::stored(b"a.txt", b"text")]);
    let name = zip(b"", &[Zipped::stored(HIDDEN, b"text")]);
    let mut comment = plain.clone();
    let end = comment.len() - 2;
    comment[end] = u8::try_from(HIDDEN.len()).expect("short");
    comment.extend(HIDDEN);
    let slack = [&deflate(b"text")[..], b"\n", HIDDEN].concat();
    let slack = zip(b"", &[Zipped { method: 8, data: slack, ..Zipped::stored(b"a.txt", b"") }]);
    for (bytes, path) in [
        (name, "names"),
        ([&plain, HIDDEN].concat(), "unlisted"),
        ([HIDDEN, &plain].concat(), "unlisted"),
        ([&HIDDEN.iter().flat_map(|byte| [*byte, 0]).collect::<Vec<_>>(), &plain[..]].concat(), "unlisted"),
        (comment, "unlisted"),
        (slack, "unlisted"),
        (zip(b"", &[Zipped { listed: false, ..Zipped::deflated(b"", HIDDEN) }]), "unnamed"),
    ] {
        let mut seen = Vec::new();
        open(Format::Zip, "a.zip", &bytes, &Limits::default(), &mut |member| seen.extend(see(member)));
        let found = seen.iter().find(|seen| memchr::memmem::find(&seen.bytes, HIDDEN).is_some());
        assert_eq!(found.map(|seen| &seen.path[..]), Some(path));
    }
}

#[test]
fn where_headers_of_a_zip_differ_each_is_believed() {
    const LISTED: &[u8] = b"PK\x01\x02";
    const METHOD: usize = 10;
    const SIZE: usize = 20;
    let stored = zip(b"", &[Zipped::stored(b"a.env", HIDDEN)]);
    let deflated = zip(b"", &[Zipped::deflated(b"a.env", HIDDEN)]);
    let local = zip(b"", &[Zipped { flags: 1, ..Zipped::stored(b"a.env", HIDDEN) }]);
    for bytes in [
        with(&stored, LISTED, SIZE, &[0]),
        with(&stored, LISTED, METHOD, &[8]),
        with(&deflated, LISTED, METHOD, &[0]),
        with(&stored, b"PK\x03\x04", 8, &[8]),
        // The directory does not say that it is encrypted.
        with(&local, LISTED, 8, &[0]),
    ] {
        let mut found = hidden("a.zip", &bytes);
        // Deflate may leave a text as it is.
        found.dedup();
        assert_eq!(found, ["a.env"]);
    }
    // Behind what its local header says, there is no file.
    let unlisted = zip(b"", &[Zipped { listed: false, ..Zipped::stored(b"a.env", HIDDEN) }]);
    assert_eq!(hidden("a.zip", &with(&unlisted, b"PK\x03\x04", 18, &[0])), ["unlisted"]);
}

#[test]
fn a_file_whose_size_is_behind_it_is_read_once() {
    let file = Zipped { flags: 8, ..Zipped::deflated(b"a.env", HIDDEN) };
    let bytes = with(&zip(b"", &[file]), b"PK\x03\x04", 18, &[0; 4]);
    assert_eq!(hidden("a.zip", &bytes), ["a.env"]);
}

#[test]
fn content_is_not_shown_as_a_name() {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(u16::try_from(HIDDEN.len()).expect("short").to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend(HIDDEN);
    bytes.extend(b"PASSWORD=hunter2");
    let (seen, faults) = open_with("a.txt", &bytes, &Limits::default());
    let secret = |path: &str| path.contains("TOKEN");
    assert!(!seen.iter().any(|seen| secret(&seen.path)) && !faults.iter().any(|(path, _)| secret(path)));
    assert_eq!(hidden("a.txt", &bytes), ["names"]);
}

/// A header of a tar and what follows it.
fn entry(kind: u8, size: usize, link: &[u8], content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[0] = b'x';
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(size as u64);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn nothing_in_a_tar_is_skipped() {
    let plain = tar(&[(b"a.txt", b"text")]);
    let file = tar(&[(b"a.env", HIDDEN)]);
    let mut padding = plain.clone();
    padding[600..600 + HIDDEN.len()].copy_from_slice(HIDDEN);
    let size = HIDDEN.len();
    for (what, bytes, path) in [
        ("folder", entry(b'5', size, b"", HIDDEN), "x"),
        ("volume", entry(b'M', size, b"", HIDDEN), "x"),
        ("what two programs take for a file, one for content", entry(b'1', 1024, b"y", &file), "a.env"),
        ("link", entry(b'2', 0, HIDDEN, b""), "unlisted"),
        ("link and file", [entry(b'2', 0, HIDDEN, b""), plain.clone()].concat(), "names"),
        ("attributes", [entry(b'g', size, b"", HIDDEN), plain.clone()].concat(), "names"),
        ("padding", padding, "unlisted"),
        ("behind the end", [&plain, HIDDEN].concat(), "unlisted"),
        ("compressed", gzip(&[&plain, HIDDEN].concat()), "unlisted"),
    ] {
        assert_eq!(hidden("a.tar", &bytes), [path], "{what}");
    }
}

#[test]
fn what_is_beside_a_stream_is_searched() {
    let mut named = flate2::GzBuilder::new().comment(HIDDEN).write(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut named, b"text").expect("memory");
    assert_eq!(hidden("a.txt.gz", &named.finish().expect("memory")), ["unlisted"]);
    assert_eq!(hidden("a.txt.gz", &[&gzip(b"text"), HIDDEN].concat()), ["unlisted"]);

    let zlib = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    assert_eq!(hidden("a.z", &[&zlib(b"text"), HIDDEN].concat()), ["unlisted"]);
    assert_eq!(hidden("a.z", &[zlib(b"text"), zlib(HIDDEN)].concat()), ["a"]);

    let length = u32::try_from(HIDDEN.len()).expect("short").to_le_bytes();
    assert_eq!(hidden("a.txt.zst", &[b"P*M\x18", &length[..], HIDDEN].concat()), ["unlisted"]);
}

#[test]
fn a_text_that_starts_like_a_container_is_handed_over_too() {
    let text = b"GGUF=\0\nA=1\n";
    let mut whole = 0;
    let faults = open(Format::Tar, "a.tar", &tar(&[(b"a.env", text)]), &Limits::default(), &mut |member| {
        whole += usize::from(matches!(member.content, Content::Whole(bytes) if bytes == text));
    });
    assert_eq!((whole, faults), (1, vec![]));
    let (_, faults) = open_with("a.tar", &tar(&[(b"a.txt", b"SQLite format 3\0\n")]), &Limits::default());
    assert_eq!(faults, [("a.txt".to_owned(), Fault::Damaged)]);
}
