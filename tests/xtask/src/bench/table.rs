//! Tables of figures in Markdown, which read well in a terminal too.

use super::bounds::Verdict;
use super::series::{Figures, Row, Series};

/// Columns of words, aligned.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or_default()
    };
    // A rule has three dashes at least.
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).max(3)).collect();
    let line = |cells: Vec<&str>| {
        let cells: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = line(head.to_vec());
    text.extend([
        "| ",
        &rule.join(" | "),
        " |
",
    ]);
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// What every program cost, with ratios beside `rival` and beside the raw download.
pub(crate) fn costs(series: &Series, rival: &str, raw: &str) -> String {
    let (rival, raw) = (series.of(rival), series.of(raw));
    let ratio = |value: f64, base: Option<f64>| base.map_or_else(String::new, |base| number(value / base));
    let row = |row: &Row| match row {
        Row::LeftOut(name, why) => vec![(*name).to_owned(), why.clone()],
        Row::Ran(figures) => vec![
            figures.name.to_owned(),
            seconds(figures),
            number(figures.cpu_seconds),
            number(figures.peak_megabytes),
            number(figures.server_cpu_seconds),
            number(figures.received_megabytes),
            figures.requests.to_string(),
            figures.runs.to_string(),
            ratio(figures.wall_seconds, rival.map(|rival| rival.wall_seconds)),
            ratio(figures.wall_seconds, raw.map(|raw| raw.wall_seconds)),
            ratio(figures.server_cpu_seconds, raw.map(|raw| raw.server_cpu_seconds)),
        ],
    };
    let head = [
        "program",
        "time, s (least to most)",
        "CPU, s",
        "peak memory, MB",
        "API server's CPU, s",
        "received, MB",
        "requests",
        "runs",
        "time / get pods -A",
        "time / raw",
        "server CPU / raw",
    ];
    let rows: Vec<Vec<String>> = series.rows.iter().map(row).collect();
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|mut row| {
            row.resize(head.len(), String::new());
            row
        })
        .collect();
    markdown(&head, &rows)
}

fn seconds(figures: &Figures) -> String {
    let (least, most) = figures.wall_range;
    format!("{} ({} to {})", number(figures.wall_seconds), number(least), number(most))
}

/// The bounds with what was reached.
pub(crate) fn verdicts(verdicts: &[Verdict]) -> String {
    let rows: Vec<Vec<String>> = verdicts
        .iter()
        .map(|verdict| {
            let unit = verdict.unit;
            let reached = verdict.reached.map_or_else(String::new, |reached| format!("{}{unit}", number(reached)));
            vec![verdict.figure.clone(), format!("{}{unit}", number(verdict.at_most)), reached, verdict.words()]
        })
        .collect();
    markdown(&["figure", "at most", "reached", "verdict"], &rows)
}

/// Three significant digits are more than one run deserves, and enough for all.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => String::new(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = markdown(&["a", "b"], &[vec!["long".into(), "1".into()], vec!["x".into(), "2".into()]]);
        assert_eq!(text, "| a    | b   |\n| ---- | --- |\n| long | 1   |\n| x    | 2   |\n");
    }

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!([0.0123, 1.234, 12.34, 4473.2].map(number), ["0.012", "1.23", "12.3", "4473"]);
    }
}
