//! What people read, as they read it. The snapshots are reviewed as a tired operator would read them.

use std::fmt::Write as _;

use crate::catalogue::Catalogue;
use crate::finding::NotCheckedWhy;
use crate::message::Message;
use crate::output::Format;
use crate::render::render;
use crate::render::wrap::width_of;
use crate::report::sample::{HOSTILE, bad_night, crowded, finding, healthy, hostile, not_checked, readme};
use crate::report::{Comparison, Gone, Report};
use crate::style::Style;
use crate::text::{Text, is_unsafe};

fn shown(format: Format, report: &Report, style: Style) -> String {
    let mut out = Vec::new();
    render(format, &mut out, report, Catalogue::english(), style).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(format: Format, report: &Report) -> String {
    shown(format, report, Style::default())
}

const HUMAN: [Format; 3] = [Format::Table, Format::Wide, Format::Markdown];

#[test]
fn a_healthy_cluster_is_told_in_three_lines() {
    insta::assert_snapshot!("table_healthy", plain(Format::Table, &healthy()));
}

#[test]
fn a_bad_night_fits_on_a_screen() {
    insta::assert_snapshot!("table_bad_night", plain(Format::Table, &bad_night()));
}

#[test]
fn the_readme_shows_what_is_printed() {
    let page = include_str!("../../../../README.md");
    let (_, sample) = page.split_once("$ kubectl cluster-health\n").unwrap();
    let (sample, _) = sample.split_once("```").unwrap();
    assert_eq!(sample, plain(Format::Table, &readme()));
}

#[test]
fn more_than_a_screen_is_counted() {
    insta::assert_snapshot!("table_crowded", plain(Format::Table, &crowded(30)));
}

#[test]
fn some_more_get_fewer_lines_each() {
    insta::assert_snapshot!("table_six_more", plain(Format::Table, &crowded(6)));
}

#[test]
fn a_partial_answer_is_not_called_healthy() {
    let mut report = healthy();
    report.not_checked = vec![not_checked(NotCheckedWhy::Forbidden)];
    report.verdict = crate::verdict::Verdict::of(&[], &report.not_checked);
    insta::assert_snapshot!("table_partial", plain(Format::Table, &report));
}

#[test]
fn a_comparison_marks_what_is_new_and_names_what_is_gone() {
    let mut report = bad_night();
    report.comparison = Some(Comparison {
        new: vec!["pod-image-pull/some-owner".to_owned()],
        gone: vec![Gone { key: "pvc-pending/shop/db".to_owned(), title: Text::new("1 volume claim is unbound") }],
    });
    insta::assert_snapshot!("table_compared", plain(Format::Table, &report));
    let wide = plain(Format::Wide, &report);
    assert!(
        wide.contains("gone since the earlier report\n  1 volume claim is unbound [pvc-pending/shop/db]\n"),
        "{wide}"
    );
}

#[test]
fn wide_shows_everything() {
    insta::assert_snapshot!("wide", plain(Format::Wide, &bad_night()));
}

#[test]
fn markdown_can_be_pasted() {
    insta::assert_snapshot!("markdown", plain(Format::Markdown, &bad_night()));
}

#[test]
fn hostile_words_are_visible_in_every_human_format() {
    for format in HUMAN {
        for color in [false, true] {
            let text = shown(format, &hostile(), Style { color, ..Style::default() });
            let ours = if color { remove_colors(&text) } else { text };
            for line in ours.lines() {
                assert!(!line.contains(is_unsafe), "{format:?}: {line:?}");
            }
            assert!(ours.contains(r"\u{1b}[2Jx") || ours.contains(r"\\u{1b}\[2Jx"), "{format:?}: {ours}");
        }
    }
    insta::assert_snapshot!("hostile_table", plain(Format::Table, &hostile()));
    insta::assert_snapshot!("hostile_wide", plain(Format::Wide, &hostile()));
    insta::assert_snapshot!("hostile_markdown", plain(Format::Markdown, &hostile()));
}

#[test]
fn hostile_words_reach_programs_unchanged_and_terminals_not_at_all() {
    for format in [Format::Json, Format::Yaml] {
        let text = plain(format, &hostile());
        assert!(!text.contains(|c| c != '\n' && is_unsafe(c)), "{format:?}: {text:?}");
        let value: serde_json::Value = match format {
            Format::Json => serde_json::from_str(&text).unwrap(),
            _ => serde_saphyr::from_str(&text).unwrap(),
        };
        assert_eq!(value["findings"][0]["objects"][0]["name"], HOSTILE, "{format:?}");
    }
}

/// Only sequences that set colours and weight; anything else would be left and found.
fn remove_colors(text: &str) -> String {
    let mut plain = String::new();
    let mut parts = text.split("\u{1b}[");
    plain.push_str(parts.next().unwrap());
    for part in parts {
        let (codes, rest) = part.split_once('m').unwrap();
        assert!(codes.chars().all(|c| c.is_ascii_digit() || c == ';'), "{part:?}");
        plain.push_str(rest);
    }
    plain
}

#[test]
fn color_adds_nothing_to_the_words() {
    for report in [healthy(), bad_night(), crowded(30)] {
        for format in HUMAN {
            let colored = shown(format, &report, Style { color: true, ..Style::default() });
            assert_eq!(colored.contains("\u{1b}["), format != Format::Markdown, "{format:?}");
            assert_eq!(remove_colors(&colored), plain(format, &report), "{format:?}");
        }
    }
}

#[test]
fn a_screen_is_never_exceeded() {
    for count in 0..40 {
        for width in [60, 80, 200] {
            let text = shown(Format::Table, &crowded(count), Style { width, ..Style::default() });
            let rows: usize = text.lines().map(|line| width_of(line).div_ceil(width).max(1)).sum();
            assert!(rows <= 23, "{count} findings at {width} columns take {rows} rows:\n{text}");
        }
    }
}

#[test]
fn only_commands_and_names_are_longer_than_the_terminal() {
    for format in [Format::Table, Format::Wide] {
        let text = plain(format, &bad_night());
        for line in text.lines().filter(|line| width_of(line) > 80) {
            assert!(line.contains("kubectl"), "{format:?}: {line}");
        }
    }
}

#[test]
fn without_unicode_our_own_characters_are_ascii() {
    for report in [healthy(), bad_night(), crowded(30), hostile()] {
        for format in [Format::Table, Format::Wide] {
            let text = shown(format, &report, Style { unicode: false, ..Style::default() });
            assert!(text.is_ascii(), "{format:?}: {text}");
        }
    }
}

#[test]
fn every_format_names_every_finding() {
    let report = bad_night();
    for format in [Format::Wide, Format::Json, Format::Yaml, Format::Markdown] {
        let text = plain(format, &report);
        for finding in &report.findings {
            assert!(text.contains(finding.id), "{format:?} lacks {}", finding.id);
        }
    }
}

#[test]
fn names_are_code_in_markdown() {
    let mut report = bad_night();
    report.findings[0].title = Message::new("sample-pod").arg("name", "shop/web_1");
    assert!(plain(Format::Markdown, &report).contains("\n## error: pod `shop/web_1` is gone\n"));
    assert!(plain(Format::Table, &report).contains("\nerror    pod `shop/web_1` is gone\n"));
}

#[test]
fn objects_that_are_not_named_are_counted() {
    let mut report = bad_night();
    let mut many = finding("pod-crash-loop", crate::finding::Severity::Error);
    many.count = 41;
    report.findings.push(many);
    let mut expected = String::new();
    write!(expected, "and {} more", 40).unwrap();
    for format in [Format::Wide, Format::Markdown] {
        assert!(plain(format, &report).contains(&expected), "{format:?}");
    }
}
