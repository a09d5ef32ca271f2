//! The same input gives the same bytes, for any number of threads.

use std::fs;

use mlguard::api::report::Format;

use super::harness::{Tree, token};

#[test]
fn reports_do_not_depend_on_threads() {
    let tree = Tree::new(&[]);
    for number in 0..300 {
        let folder = tree.path(&format!("d{}/e{}", number % 7, number % 3));
        fs::create_dir_all(&folder).expect("a folder");
        let name = format!("f{number}");
        let (file, text) = match number % 6 {
            0 => (
                "yaml",
                format!(
                    "kind: Secret\napiVersion: v1\nmetadata: {{name: {name}}}\nstringData: {{password: x9{name}Zq}}\n"
                ),
            ),
            1 => ("env", format!("PASSWORD=x9{name}Zq\nTOKEN={}\n", token()).repeat(number)),
            2 => ("yaml", "kind: Secret\napiVersion: v1\na: [\n".to_owned()),
            3 => ("md", format!("```yaml\nkind: Secret\nstringData: {{password: x9{name}Zq}}\n```\n")),
            4 => ("bin", "\0\u{1}".repeat(number)),
            _ => ("json", format!("{{\"password\": \"x9{name}Zq\", \"text\": \"{}\"}}\n", "word ".repeat(number * 40))),
        };
        fs::write(folder.join(format!("{name}.{file}")), text).expect("a file");
    }
    for format in Format::ALL.iter().map(|format| format.as_str()) {
        let runs = ["1", "2", "16"].map(|threads| tree.run(&["check", "--threads", threads, "--format", format]));
        assert!(runs[0].code == 2 && runs[0].out.len() > 1_000, "{:?}", runs[0].code);
        for other in &runs[1..] {
            assert_eq!((runs[0].code, &runs[0].err), (other.code, &other.err), "{format}");
            assert!(runs[0].out == other.out, "{format} differs");
        }
    }
}
