//! Reading files that change, and long ones.

use super::*;

#[test]
fn a_vanished_or_replaced_file_is_a_failure() {
    let tree = Folder::new();
    let mut buffer = Scratch::default();
    let location = tree.write("a", "a");
    fs::remove_file(&location).expect("it is there");
    let Read::Failed(reason) = read(&file(location.clone()), Named::Nothing, LIMIT, &mut buffer) else {
        panic!("it is gone")
    };
    assert_eq!(reason.to_string(), "vanished between listing and reading; run again");
    symlink("/etc/passwd", &location).expect("links can be made");
    assert!(matches!(read(&file(location.clone()), Named::Nothing, LIMIT, &mut buffer), Read::Failed(_)));
    fs::remove_file(&location).expect("it is there");
    fs::create_dir(&location).expect("folders can be made");
    assert!(matches!(read(&file(location), Named::Nothing, LIMIT, &mut buffer), Read::Failed(_)));
}

#[test]
fn reading_reuses_its_buffer_and_respects_the_limit() {
    let tree = Folder::new();
    let mut buffer = Scratch::default();
    let long = "é".repeat(300_000);
    for text in [long.as_str(), "short\r\n", "", &long[..65_536], &long[..65_534]] {
        let location = tree.write("a", text);
        let Read::Text(decoded) = read(&file(location), Named::Nothing, LIMIT, &mut buffer) else {
            panic!("it is text")
        };
        assert!(decoded.text == text && decoded.bytes == text.len() as u64);
        assert!(matches!(decoded.text, std::borrow::Cow::Borrowed(_)));
    }
    let exact = file(tree.write("exact", "x".repeat(1024)));
    assert!(matches!(read(&exact, Named::Nothing, 1024, &mut buffer), Read::Text(_)));
    let Read::Large(large) = read(&exact, Named::Nothing, 1023, &mut buffer) else { panic!("it is too large") };
    assert_eq!((large.limit, large.size), (1023, Some(1024)));
    drop(large);
    let Read::Large(large) = read(&file(tree.write("big", &long)), Named::Nothing, 1 << 12, &mut buffer) else {
        panic!("too large")
    };
    assert_eq!(large.size, Some(600_000));
    drop(large);
    let model = file(tree.write("model", [b"\x89PNG\0".to_vec(), vec![7; 100_000]].concat()));
    for limit in [LIMIT, 1 << 12] {
        let Read::Skipped(reason) = read(&model, Named::Nothing, limit, &mut buffer) else { panic!("it is binary") };
        assert_eq!(reason.to_string(), "binary file");
    }
}

/// Windows of a large text put together, each checked against the whole text.
fn windows_of(bytes: &[u8], whole: &str) {
    let tree = Folder::new();
    let mut buffer = Scratch::default();
    let location = tree.write("large", bytes);
    let Read::Large(mut large) = read(&file(location), Named::Nothing, 1 << 20, &mut buffer) else {
        panic!("it is large")
    };
    let lines = LineIndex::new(whole);
    let mut all = String::new();
    let mut count = 0;
    while let Some((window, _)) = large.next().expect("it can be read") {
        assert!(whole[window.byte..].starts_with(&window.text));
        assert_eq!(window.position, lines.position(whole, window.byte));
        assert_eq!(window.byte + window.own.start, all.len());
        // What a window is responsible for is seen with what is around it.
        assert!(window.own.start == 0 || window.own.start >= 30_000);
        all.push_str(&window.text[window.own]);
        count += 1;
    }
    assert!(all == whole && count > 1);
}

#[test]
fn windows_of_a_large_text_make_up_the_whole() {
    let text = "key: é€😀 value\r\nnext: x\n".repeat(400_000);
    windows_of(text.as_bytes(), &text);
    windows_of(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), &text);
    let line = "€é😀a".repeat(900_000);
    windows_of(line.as_bytes(), &line);
    let narrow = "key: grün\n".repeat(900_000);
    windows_of(&narrow.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect::<Vec<_>>(), &narrow);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    windows_of(&[b"\xff\xfe".to_vec(), wide].concat(), &text);
}
