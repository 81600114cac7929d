use quicktour_deploy::yaml::to_yaml;
use quicktour_testkit::cluster;
use serde_json::{Value, json};

/// Words that a YAML writer trips over. (Not U+0085, which kubectl itself turns into a space.)
const TRICKY: &[&str] = &[
    "",
    " ",
    "  two",
    "end ",
    "a: b",
    "a:b",
    "a #b",
    "a#b",
    "#a",
    "- a",
    "-a",
    "-",
    "--- a",
    "...",
    "? a",
    "?a",
    "?",
    ":",
    ": a",
    "*a",
    "&a",
    "!a",
    "|",
    ">a",
    "'a'",
    "\"a\"",
    "it's",
    "%a",
    "@a",
    "`a`",
    "{a}",
    "[a]",
    "a, b",
    "a]",
    "true",
    "True",
    "yes",
    "n",
    "off",
    "null",
    "~",
    "NaN",
    ".nan",
    ".inf",
    "-.INF",
    "1",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e3",
    "+1",
    "-1",
    "0x1f",
    "0o7",
    "0b1",
    "0b2",
    "1_000",
    "_1",
    "1:30",
    "1:75",
    "12:30:45",
    "2026-01-02",
    "2026-13-02",
    "2026-11-23T20:31:53Z",
    "2026-11-23 20:31:53",
    "20261123",
    "=",
    "<<",
    "a\tb",
    "\ta",
    "a\nb",
    "a\nb\n",
    "a\nb\n\n",
    "\n",
    "\na",
    " a\nb",
    "a \nb",
    "a\n b",
    "a\nb ",
    "line\n\n\nline\n",
    "a\\b",
    "a\r\nb",
    "a\u{7}b",
    "\u{1b}[2J",
    "é",
    "日本語",
    "😀",
    "a\u{a0}b",
    "a\u{feff}",
    "\u{200b}",
    "250m",
    "1Gi",
    "127.0.0.1",
    "10.0.0.0/8",
    "::1",
    "fe80::1%eth0",
    "https://example.com/a?b=c#d",
    "web:1.4.2@sha256:0123",
    "{{ .Values.x }}",
    "${HOME}",
    "a=b",
    "a b c",
    "key: |\n  text\n",
    "/bin/sh -c 'while true; do echo \"hello\"; sleep 5; done # and a comment that makes this line long enough to be folded twice over, as kubectl does'",
    "a long line without anything special in it at all that goes on and on until it is folded somewhere after eighty columns",
    "a long line with  two spaces  where it would be folded, and with  more of  them  until the very end of it  here  and there",
    "it's a long line in quotes: which is folded too, because it is longer than eighty columns, and it ends with a space here ",
    "1 a long line that is \"quoted\" \\ doubly\tbecause of a tab in it, and which is folded too, because it is longer than that",
    "averyveryverylongwordthatcannotbefoldedbecausethereisnospaceinitanywherewhateverhappensandwhereveronelooks",
];

#[test]
fn kubectl_reads_every_word_as_it_was_meant() {
    let cluster = cluster::shared();
    let data: serde_json::Map<String, Value> =
        TRICKY.iter().enumerate().map(|(position, word)| (format!("k{position}"), json!(word))).collect();
    let keys = [
        "a", "a1", "a10", "a2", "a.b", "a-b", "a_b", "A", "1", "10", "2", "01", "true", "no", "1.5", "ab", "a0", "a00",
    ];
    let odd: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), json!(*key))).collect();
    let annotations: serde_json::Map<String, Value> = TRICKY
        .iter()
        .enumerate()
        .map(|(position, word)| (format!("example.com/{position}"), json!(word)))
        .chain([(format!("{}.example.com/{}", "a".repeat(60), "b".repeat(60)), json!("long: key"))])
        .chain([(format!("{0}.{0}.{0}.example.com/{0}", "a".repeat(60)), json!("longest key"))])
        .collect();
    let objects = [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tricky", "annotations": annotations}, "data": data}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "keys", "labels": {}}, "data": odd}),
        json!({"apiVersion": "example.com/v1", "kind": "Anything", "metadata": {"name": "shapes"}, "spec": {
            "list": [[], {}, [1, 2], [[1], [{"a": 1, "b": [1]}]], {"a": {"b": {}}}, null, true, -1, 2.5, ""],
            "empty": {"list": [], "map": {}}, "words": TRICKY, "deep": {"er": [{"x": TRICKY, "y": {"z": TRICKY}}]},
        }}),
    ];
    for object in objects {
        // Changes the object without a server, whatever its kind.
        let read = |text: &str| -> Value {
            let args = ["annotate", "--local", "--overwrite", "--output", "json", "-f", "-", "note=true"];
            serde_json::from_str(&cluster.feed(&args, text).unwrap()).unwrap()
        };
        assert_eq!(read(&to_yaml(&object)), read(&object.to_string()));
    }
}
