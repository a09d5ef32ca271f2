//! Reading files that change, and long ones.

use super::*;

#[test]
fn a_vanished_or_replaced_file_is_a_failure() {
    let tree = Folder::new();
    let mut buffer = Scratch::default();
    let location = tree.write("a", "a");
    fs::remove_file(&location).expect("it is there");
    let Read::Failed(reason) = read(&file(location.clone()), LIMIT, &mut buffer) else { panic!("it is gone") };
    assert_eq!(reason.to_string(), "vanished between listing and reading; run again");
    symlink("/etc/passwd", &location).expect("links can be made");
    assert!(matches!(read(&file(location.clone()), LIMIT, &mut buffer), Read::Failed(_)));
    fs::remove_file(&location).expect("it is there");
    fs::create_dir(&location).expect("folders can be made");
    assert!(matches!(read(&file(location), LIMIT, &mut buffer), Read::Failed(_)));
}

#[test]
fn reading_reuses_its_buffer_and_respects_the_limit() {
    let tree = Folder::new();
    let mut buffer = Scratch::default();
    let long = "é".repeat(300_000);
    for text in [long.as_str(), "short\r\n", "", &long[..65_536], &long[..65_534]] {
        let location = tree.write("a", text);
        let Read::Text(decoded) = read(&file(location), LIMIT, &mut buffer) else { panic!("it is text") };
        assert!(decoded.text == text && decoded.bytes == text.len() as u64);
        assert!(matches!(decoded.text, std::borrow::Cow::Borrowed(_)));
    }
    let exact = file(tree.write("exact", "x".repeat(1024)));
    assert!(matches!(read(&exact, 1024, &mut buffer), Read::Text(_)));
    let Read::Skipped(reason) = read(&exact, 1023, &mut buffer) else { panic!("it is too large") };
    assert_eq!(reason.to_string(), "larger than the limit of 1023 bytes (1024 bytes); raise it with --max-size");
    let Read::Skipped(reason) = read(&file(tree.write("big", &long)), 1 << 12, &mut buffer) else {
        panic!("too large")
    };
    assert_eq!(reason.to_string(), "larger than the limit of 4 KiB (600000 bytes); raise it with --max-size");
    let model = file(tree.write("model", [b"\x93NUMPY\x01\0".to_vec(), vec![7; 100_000]].concat()));
    for limit in [LIMIT, 1 << 12] {
        let Read::Skipped(reason) = read(&model, limit, &mut buffer) else { panic!("it is binary") };
        assert_eq!(reason.to_string(), "binary file");
    }
}
