//! No word is missing from the catalogue, and none is left over.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, into);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            into.push(path);
        }
    }
}

/// Keys as they stand in the catalogue's files.
fn keys() -> BTreeSet<String> {
    let mut paths = Vec::new();
    files(&root().join("shared/report/locales/en"), "ftl", &mut paths);
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| {
            let keys = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
            keys.filter_map(|line| Some(line.split_once(" =")?.0.to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

/// The code of all rooms and plugins without their tests.
fn code() -> String {
    let root = root();
    let mut paths = Vec::new();
    for folder in ["shared", "plugins"] {
        files(&root.join(folder), "rs", &mut paths);
    }
    let inside = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_owned();
    let is_test = |path: &PathBuf| {
        inside(path).components().any(|part| {
            ["tests", "tests.rs", "sample.rs"].iter().any(|test| part.as_os_str() == *test)
                || part.as_os_str() == "testkit"
        })
    };
    paths.retain(|path| !is_test(path));
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    let code: String = texts.map(|text| text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()).collect();
    // The table of components names its words as code does.
    code + &fs::read_to_string(root.join("shared/checks/components.yaml")).unwrap()
}

#[test]
fn every_word_is_used_by_code_or_by_another_word() {
    let code = code();
    let mut paths = Vec::new();
    files(&root().join("shared/report/locales/en"), "ftl", &mut paths);
    let words: String = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let unused: Vec<String> = keys()
        .into_iter()
        .filter(|key| {
            // A rule's id stands for its -explain and -fix.
            let rule = key.strip_suffix("-explain").or_else(|| key.strip_suffix("-fix"));
            let named = |key: &str| code.contains(&format!("\"{key}\"")) || words.contains(&format!("{{ {key} }}"));
            !named(key) && !rule.is_some_and(named)
        })
        .collect();
    assert!(unused.is_empty(), "in the catalogue and nowhere used: {unused:?}");
}

#[test]
fn every_message_that_code_makes_has_words() {
    let code = code();
    let keys = keys();
    let made = code.split("Message::new(").skip(1).filter_map(|rest| {
        let rest = rest.trim_start();
        rest.strip_prefix('"').and_then(|rest| rest.split('"').next())
    });
    let missing: BTreeSet<&str> = made.filter(|id| !keys.contains(*id)).collect();
    assert!(missing.is_empty(), "made in code and not in the catalogue: {missing:?}");
}
