//! docs/rollouts.md, written as a whole by `cargo xtask bench causes`.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use quicktour_testkit::talk::say;

use super::super::{page as bench_page, table};
use super::{FURTHER, KUBECTL, OURS, Story};

const HEAD: &str = "# Rollouts that fail, and what is said of them

Written by `cargo xtask bench causes` (as root: it starts a real kubelet and containerd); do not edit it by hand.
";

/// On what it ran; `plugin`: what was measured.
pub(super) fn head(plugin: &str) -> anyhow::Result<String> {
    let busy = "Where the load average is above the number of cores the machine was busy with other work: read who names \
                the cause and who ends, and compare times within a row only.";
    Ok(format!("{}\n{busy}\n", bench_page::ran_on(plugin)?))
}

/// The whole page.
pub(super) fn page(head: &str, compared: &[Story], further: &[Story], catalogue: &str) -> String {
    let all = |test: fn(&Story) -> bool| compared.iter().filter(|story| test(story)).count();
    let mut text = format!("{HEAD}\n{head}\n## Side by side\n\n");
    let _ = write!(
        text,
        "Ten deployments of two pods that cannot work, each in a namespace of its own on one real node, each followed at \
         the same time by\n\n* `kubectl rollout status deployment/web --timeout={}s`\n* `kubectl quickdeploy status \
         deployment/web -o json --timeout={}s`\n\nSeconds are counted from the moment at which the deployment had been \
         applied. *After the warning*: between the arrival of the namespace's first warning event at a watch of its own \
         and the line that names the cause; nothing where the pod's own status showed it before any event.\n\n\
         Cause named: kubectl {} of {}, quickdeploy {}. Ended with an exit code that says failure, and for the right \
         reason: kubectl {}, quickdeploy {}. A success that was none: kubectl {}, quickdeploy {}. Without `--timeout` \
         kubectl waits for the deployment's own deadline, ten minutes.\n\n",
        KUBECTL.as_secs(),
        OURS.as_secs(),
        all(|story| story.named().is_some()),
        compared.len(),
        all(|story| story.told().is_some()),
        all(|story| story.named().is_some() && code(story.kubectl.as_ref()).is_some_and(|code| code != 0)),
        all(|story| story.told().is_some() && code(Some(&story.ours)).is_some_and(|code| code != 0)),
        all(|story| code(story.kubectl.as_ref()) == Some(0)),
        all(|story| code(Some(&story.ours)) == Some(0)),
    );
    let rows: Vec<Vec<String>> = compared.iter().map(row).collect();
    text += &table::markdown(
        &[
            "what is wrong",
            "kubectl names it",
            "kubectl's last line",
            "ended, s",
            "exit code",
            "quickdeploy names it",
            "after, s",
            "after the warning, s",
            "ended, s",
            "exit code",
        ],
        &rows,
    );
    let _ = write!(
        text,
        "\nkubectl's exit code 1 above is that of its `--timeout`, or the failure of the command; it does not say why.\n\n\
         ## Further causes, on the same node\n\nFollowed by `kubectl quickdeploy status -o json --timeout={}s` alone, \
         until the cause was told.\n\n",
        FURTHER.as_secs()
    );
    let rows: Vec<Vec<String>> = further
        .iter()
        .map(|story| {
            let told = story.told();
            vec![
                story.case.what.to_owned(),
                format!("`{}`", story.case.cause),
                told.as_ref().map_or_else(|| "**never told**".to_owned(), |(_, title)| cell(title)),
                told.as_ref().map_or_else(String::new, |(at, _)| seconds(*at)),
            ]
        })
        .collect();
    text += &table::markdown(&["what is wrong", "cause", "quickdeploy names it", "after, s"], &rows);
    text += "\n## The catalogue, and where each row has been shown\n\n";
    text += "*Real node*: seen with a kubelet and containerd, here or in a captured state of such a node. *Control plane \
             only*: a captured state of a real API server with its controllers and scheduler. *Captured text*: a test \
             changes a captured state, or feeds the reader with the wording of Kubernetes. *Not shown*: at most the test of a reader knows it. A cause in brackets is shown \
             less well than its row.\n\n";
    text += catalogue;
    text
}

fn row(story: &Story) -> Vec<String> {
    let kubectl = story.kubectl.as_ref();
    let told = story.told();
    let ended = |followed: Option<&super::Followed>| match followed.and_then(|followed| followed.ended) {
        Some((at, code)) => [seconds(at), code.to_string()],
        None => ["not by itself".to_owned(), String::new()],
    };
    let [kubectl_ended, kubectl_code] = ended(kubectl);
    let [ours_ended, ours_code] = ended(Some(&story.ours));
    let after_warning = told.as_ref().and_then(|(at, _)| at.checked_sub(story.warned?));
    vec![
        story.case.what.to_owned(),
        story.named().map_or_else(|| "no".to_owned(), |said| format!("{} s: {}", seconds(said.at), cell(&said.line))),
        kubectl.and_then(|kubectl| kubectl.said.last()).map_or_else(|| "nothing".to_owned(), |said| cell(&said.line)),
        kubectl_ended,
        kubectl_code,
        told.as_ref().map_or_else(|| "**no**".to_owned(), |(_, title)| cell(title)),
        told.as_ref().map_or_else(String::new, |(at, _)| seconds(*at)),
        after_warning.map_or_else(String::new, seconds),
        ours_ended,
        ours_code,
    ]
}

fn code(followed: Option<&super::Followed>) -> Option<i32> {
    followed?.ended.map(|(_, code)| code)
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

/// A line as a cell of a table.
fn cell(line: &str) -> String {
    line.trim().replace('|', "\\|")
}

/// Replaces the page.
pub(super) fn write(text: &str) -> anyhow::Result<()> {
    fs::write(super::file(), text).context("writing docs/rollouts.md")?;
    say("wrote docs/rollouts.md");
    Ok(())
}
