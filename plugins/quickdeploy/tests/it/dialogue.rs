//! What a person at a terminal meets: questions, answers that are asked for again, a yes, a name to be typed.

use std::time::Duration;

use insta::assert_snapshot;
use quicktour_testkit::cluster::CONTEXT;
use quicktour_testkit::terminal::Terminal;
use quicktour_testkit::wait::wait_for;

use crate::support::{Desk, IMAGE, PATIENCE, shown};

const END: Duration = Duration::from_mins(1);

/// A terminal of which only the text counts.
fn open(desk: &Desk, args: &[&str]) -> Terminal {
    Terminal::open(desk.cli(args).env("NO_COLOR", "1")).unwrap()
}

/// Answers everything up to the preview's question, some of it wrong at first: then it is asked anew.
fn answer_all(terminal: &mut Terminal) {
    terminal.answer("Image", "my web").unwrap();
    terminal.wait_for_text("an image has no spaces").unwrap();
    terminal.answer("Image", IMAGE).unwrap();
    terminal.answer("Name", "Web_1").unwrap();
    terminal.wait_for_text("a name has lower-case letters").unwrap();
    terminal.answer("Name", "shop").unwrap();
    terminal.answer("How many copies", "-1").unwrap();
    terminal.wait_for_text("there cannot be fewer than 0").unwrap();
    terminal.answer("How many copies", "2").unwrap();
    terminal.answer("Port that the container listens on", "70000").unwrap();
    terminal.wait_for_text("a port is a number from 1 to 65535").unwrap();
    terminal.answer("Port that the container listens on", "8080").unwrap();
    terminal.answer("Path that answers when it is ready", "/ready").unwrap();
    // A list: the second way.
    terminal.wait_for_text("other pods of the cluster").unwrap();
    terminal.press("\u{1b}[B\r").unwrap();
    terminal.answer("Port that they use", "").unwrap();
    terminal.answer("What each copy is promised", "").unwrap();
    terminal.answer("What each copy may use at most", "").unwrap();
    terminal.wait_for_question("Follow it until it runs?").unwrap();
    terminal.press("n").unwrap();
    terminal.wait_for_question("Go ahead in namespace").unwrap();
}

/// The screen without what keys leave behind that are pressed faster than a person could: between two of them the
/// terminal itself may show one. Of a question's lines in a row the last one holds.
fn last_answers(screen: &str) -> String {
    let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
    let question = |line: &str| line.split_once(": ").map(|(question, _)| question.to_owned());
    let mut kept: Vec<&str> = Vec::new();
    for line in lines {
        if kept.last().is_some_and(|last| question(last).is_some() && question(last) == question(line)) {
            kept.pop();
        }
        kept.push(line);
    }
    kept.join("\n")
}

#[test]
fn a_person_is_asked_for_everything_and_told_the_line_that_says_the_same() {
    let desk = Desk::new("asked");
    let mut terminal = open(&desk, &[]);
    answer_all(&mut terminal);
    // Until here nothing was written.
    assert!(!desk.exists("deployment/shop"));
    terminal.press("y").unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert_eq!(code, 0, "{screen}");
    assert!(desk.exists("deployment/shop") && desk.exists("service/shop"));
    let screen = last_answers(&shown(&screen, desk.cluster));
    assert_snapshot!("dialogue", screen);
    // The line at the end, typed, finds everything as it is.
    let at = screen.find("The same again: ").unwrap();
    let line = screen[at..].trim_start_matches("The same again: ").replace('\n', "");
    let words: Vec<&str> =
        line.split_whitespace().skip(2).filter(|word| *word != "-n" && !word.contains("[ID]")).collect();
    assert_eq!(&words[..2], ["run", IMAGE], "{line}");
    let output = desk.run(&[&words[..], &["--yes"]].concat());
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (0, "deployment.apps/shop unchanged\nservice/shop unchanged\n"),
        "{line}: {output}"
    );
}

#[test]
fn ctrl_c_leaves_nothing_and_ends_with_130() {
    let desk = Desk::new("ctrl-c");
    desk.unharmed(|| {
        // At the first question, and at the last.
        let mut terminal = open(&desk, &[]);
        terminal.wait_for_question("Image").unwrap();
        terminal.press("\u{3}").unwrap();
        let (code, screen) = terminal.end(END).unwrap();
        assert_eq!(code, 130, "{screen}");

        let mut terminal = open(&desk, &[]);
        answer_all(&mut terminal);
        terminal.press("\u{3}").unwrap();
        let (code, screen) = terminal.end(END).unwrap();
        assert_eq!(code, 130, "{screen}");
        assert!(!screen.contains("stay as they were written"), "{screen}");
    });
}

#[test]
fn only_a_y_is_a_yes() {
    let desk = Desk::new("yes-no");
    let line = ["run", IMAGE];
    for answer in ["n", "\r"] {
        desk.unharmed(|| {
            let mut terminal = open(&desk, &line);
            terminal.wait_for_question(&format!("Go ahead in namespace `{}`", desk.name())).unwrap();
            terminal.press(answer).unwrap();
            let (code, screen) = terminal.end(END).unwrap();
            assert_eq!(code, 1, "{screen}");
            assert!(screen.ends_with("nothing was written"), "{screen}");
        });
    }
    let mut terminal = open(&desk, &line);
    terminal.wait_for_question("Go ahead in namespace").unwrap();
    terminal.press("y").unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert_eq!(code, 0, "{screen}");
    assert!(desk.exists("deployment/web"));
    // Nothing to agree to, nothing asked.
    let (code, screen) = open(&desk, &line).end(END).unwrap();
    assert!(code == 0 && screen.contains("deployment.apps/web unchanged"), "{screen}");

    let mut terminal = open(&desk, &["cleanup"]);
    terminal.wait_for_question(&format!("Delete this object from `{CONTEXT}`?")).unwrap();
    terminal.press("n").unwrap();
    assert_eq!(terminal.end(END).unwrap().0, 1);
    assert!(desk.exists("deployment/web"));
    let mut terminal = open(&desk, &["cleanup"]);
    terminal.wait_for_question("Delete this object").unwrap();
    terminal.press("y").unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert!(code == 0 && screen.ends_with("deployment/web deleted"), "{screen}");
    assert!(!desk.exists("deployment/web"));
}

#[test]
fn a_protected_context_is_typed_by_name() {
    let desk = Desk::new("typed");
    for (given, yes) in [(&["--protect", "^quicktour"][..], "y"), (&["--protect", "^quicktour", "--yes"], "quicktour")]
    {
        desk.unharmed(|| {
            let mut terminal = open(&desk, &[&["run", IMAGE][..], given].concat());
            terminal.wait_for_text(&format!("Type `{CONTEXT}` to go on")).unwrap();
            terminal.press(&format!("{yes}\r")).unwrap();
            let (code, screen) = terminal.end(END).unwrap();
            assert_eq!(code, 1, "{screen}");
            assert!(screen.ends_with("nothing was written"), "{screen}");
        });
    }
    let mut terminal = open(&desk, &["run", IMAGE, "--protect", "^quicktour"]);
    terminal.wait_for_text(&format!("Type `{CONTEXT}` to go on")).unwrap();
    terminal.press(&format!("{CONTEXT}\r")).unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert_eq!(code, 0, "{screen}");
    assert!(desk.exists("deployment/web"));
}

#[test]
fn a_refusal_is_a_question_to_a_person() {
    let desk = Desk::new("refused");
    let line = ["run", IMAGE, "--service-account", "builder"];
    let mut terminal = open(&desk, &line);
    terminal.wait_for_text("The pods would not come about. Go ahead all the same").unwrap();
    terminal.press("n").unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert_eq!(code, 1, "{screen}");
    assert!(!desk.exists("deployment/web"));
}

#[test]
fn a_target_stays_the_same_whatever_becomes_of_the_kubeconfig() {
    let desk = Desk::new("pinned");
    let mine = desk.state().join("kubeconfig");
    std::fs::copy(&desk.access.kubeconfig, &mine).unwrap();
    let cli = desk.cli(&["run", IMAGE]).env("KUBECONFIG", &mine).env("NO_COLOR", "1");
    let mut terminal = Terminal::open(cli).unwrap();
    terminal.wait_for_question("Go ahead in namespace").unwrap();
    // Another shell points the file elsewhere between the question and the answer.
    let text = std::fs::read_to_string(&mine).unwrap();
    let elsewhere = regex::Regex::new("https://[^\n]*").unwrap().replace_all(&text, "https://127.0.0.1:1").into_owned();
    std::fs::write(&mine, elsewhere).unwrap();
    terminal.press("y").unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert_eq!(code, 0, "{screen}");
    assert!(desk.exists("deployment/web"));
}

#[test]
fn the_panel_shows_a_rollout_and_ctrl_c_leaves_it() {
    let desk = Desk::new("panel");
    let mut terminal = open(&desk, &["run", IMAGE, "--replicas", "2", "--wait", "--yes"]);
    terminal.wait_for_text("0 available").or_else(|_| terminal.wait_for_text("deployment/web")).unwrap();
    wait_for("two pods", PATIENCE, || (desk.get(&["pods"])["items"].as_array().map(Vec::len) == Some(2)).then_some(()))
        .unwrap();
    terminal.press("\u{3}").unwrap();
    let (code, screen) = terminal.end(END).unwrap();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("stays as it was written"), "{screen}");
    assert!(screen.contains(" cleanup`"), "{screen}");
}
