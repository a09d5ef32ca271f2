use super::*;
use proptest::prelude::*;

/// Every literal with the path of keys to it.
fn literals(text: &str) -> Vec<String> {
    fn value(text: &str, path: &str, of: &Value, out: &mut Vec<String>) {
        match of {
            Value::Text(span) => out.push(format!("{path} = {}", span.slice(text))),
            Value::Template(span) => out.push(format!("{path} ~ {}", span.slice(text))),
            Value::Heredoc(span, filled) => out.push(format!("{path} < {:?} {filled}", span.slice(text))),
            Value::Object(entries) => {
                entries
                    .iter()
                    .for_each(|entry| value(text, &format!("{path}.{}", entry.key.slice(text)), &entry.value, out));
            }
            Value::List(items) => items.iter().for_each(|item| value(text, &format!("{path}[]"), item, out)),
            Value::Call(name, items) => {
                items.iter().for_each(|item| value(text, &format!("{path}:{}", name.slice(text)), item, out));
            }
            Value::Other => out.push(format!("{path} ?")),
        }
    }
    fn body(text: &str, path: &str, of: &Body, out: &mut Vec<String>) {
        of.attributes
            .iter()
            .for_each(|entry| value(text, &format!("{path}.{}", entry.key.slice(text)), &entry.value, out));
        for block in &of.blocks {
            let labels: Vec<&str> = block.labels.iter().map(|label| label.slice(text)).collect();
            body(text, &format!("{path}/{}({})", block.kind.slice(text), labels.join(",")), &block.body, out);
        }
    }
    let mut out = Vec::new();
    body(text, "", &parse(text), &mut out);
    out
}

#[test]
fn literals_and_what_is_none() {
    let text = "# a = \"no\"\nregion = \"eu\" // end\nn = 3\n/* b = \"no\" */ c = [\"x\", var.y, \"z\"]\n\
                d = { \"k 1\" = \"v\", e: \"w\"\n f = var.x }\ng = \"a${var.h[\"i\"]}b\"\nj = \"$${k}\"\n\
                l = var.m ? \"yes\" : \"no\"\no = jsonencode({ p = \"q\" })\nr = \"s\" == \"t\"\nu = (\"v\")\n\
                w = [for x in y : \"z\"]\naa = { for k, v in b : k => \"c\" }\nlast = \"l\"";
    assert_eq!(
        literals(text),
        [
            ".region = eu",
            ".n ?",
            ".c[] = x",
            ".c[] ?",
            ".c[] = z",
            ".d.k 1 = v",
            ".d.e = w",
            ".d.f ?",
            ".g ~ a${var.h[\"i\"]}b",
            ".j = $${k}",
            ".l ?",
            ".o:jsonencode.p = q",
            ".r ?",
            ".u = v",
            ".w ?",
            ".aa ?",
            ".last = l",
        ]
    );
}

#[test]
fn blocks_and_heredocs() {
    let text = "resource \"helm_release\" \"r\" {\n  set {\n    name = \"a.b\"\r\n    value = \"c\"\n  }\n  dynamic \"set\" { for_each = x }\n\
                \x20 values = [<<-EOT\n    a: 1\n    EOT\n    , \"d\"]\n}\nlocals { e = <<EOF\nf ${g}\nEOF\n  h = \"i\" }\nvariable v {}\n";
    assert_eq!(
        literals(text),
        [
            "/resource(helm_release,r).values[] < \"    a: 1\\n\" false",
            "/resource(helm_release,r).values[] = d",
            "/resource(helm_release,r)/set().name = a.b",
            "/resource(helm_release,r)/set().value = c",
            "/resource(helm_release,r)/dynamic(set).for_each ?",
            "/locals().e < \"f ${g}\\n\" true",
            "/locals().h = i",
        ]
    );
}

#[test]
fn hostile_text_stays_linear() {
    for unit in ["{", "[", "(", "a{", "a=[", "a=f(", "\"${", "<<A\n", "\"", "}", "a=\"", "a=<<", "/*", "a = {b="] {
        let _ = parse(&unit.repeat(60_000));
    }
}

proptest! {
    #[test]
    fn nothing_panics(parts in proptest::collection::vec(
        prop_oneof![
            Just("a"), Just("="), Just("\""), Just("${"), Just("}"), Just("{"), Just("["), Just("]"), Just("("), Just(")"),
            Just("<<E\n"), Just("E\n"), Just("\n"), Just("é"), Just("\\"), Just("#"), Just("/*"), Just("*/"), Just(","),
            Just(" "), Just("for "), Just("%{"), Just("<<-"), Just("\r\n"), Just("?"), Just(":"), Just("=="),
        ],
        0..60,
    )) {
        let text = parts.concat();
        let _ = literals(&text);
    }
}
