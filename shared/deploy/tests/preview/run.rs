use quicktour_client::Kind;
use quicktour_deploy::labels;
use quicktour_deploy::preview::{Preview, Verdict, show};
use quicktour_deploy::wish::Wish;
use quicktour_report::catalogue::Catalogue;
use quicktour_report::style::Style;
use quicktour_testkit::cluster;

use crate::{admin, carry_out, live, obstacles, owner_of, planned, previewed, wish, words};

/// The episode's line, with everything that a user can say.
fn everything() -> Wish {
    Wish {
        replicas: Some("0".parse().unwrap()),
        port: Some("8080".parse().unwrap()),
        env: vec!["LEVEL=debug".parse().unwrap(), "EMPTY=".parse().unwrap(), "LEVEL=info".parse().unwrap()],
        env_from: vec!["configmap/settings".parse().unwrap(), "secret/login".parse().unwrap()],
        command: vec!["/kuard".into()],
        args: vec!["--debug".into(), "yes".into(), "a: b".into()],
        limits: "memory=256Mi".parse().unwrap(),
        probe_path: Some("/ready".parse().unwrap()),
        labels: vec!["team=shop".parse().unwrap()],
        restricted: true,
        run_as_user: Some("65534".parse().unwrap()),
        image_pull_secret: Some("registry-login".parse().unwrap()),
        expose: Some("LoadBalancer:80".parse().unwrap()),
        ..wish("gcr.io/kuar-demo/kuard-amd64:blue", "kuard")
    }
}

fn lines(preview: &Preview, mode: show::Mode) -> Vec<String> {
    show::lines(preview, mode).iter().map(words).collect()
}

#[tokio::test]
async fn a_preview_sends_nothing_but_reads_and_dry_runs() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("dry").unwrap();
    let (client, user) = owner_of(namespace.name()).await;
    let mark = cluster.audit().mark().unwrap();
    let preview = previewed(&client, &everything()).await;
    assert_eq!(
        lines(&preview, show::Mode::Server),
        ["deployment.apps/kuard created (server dry run)", "service/kuard created (server dry run)"]
    );
    let ours = cluster.audit().since(mark).unwrap().into_iter().filter(|event| event.user == user);
    let writes: Vec<_> = ours.filter(quicktour_testkit::cluster::AuditEvent::is_write).collect();
    let what: Vec<_> =
        writes.iter().map(|event| (event.verb.as_str(), event.object.as_ref().unwrap().resource.as_str())).collect();
    assert_eq!(what, [("patch", "deployments"), ("patch", "services"), ("create", "pods")]);
    for write in &writes {
        assert!(write.uri.contains("dryRun=All"), "{}", write.uri);
        assert!((200..300).contains(&write.code), "{} {}", write.code, write.uri);
    }
    for kind in ["deployment", "service", "pod"] {
        let there =
            cluster.kubectl(&["get", kind, "-n", namespace.name(), "--output=name"]).unwrap().success().unwrap();
        assert_eq!(there, "");
    }
}

#[tokio::test]
async fn what_is_sent_is_what_the_plan_shows_and_what_lives_afterwards() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("sent").unwrap();
    let client = admin(namespace.name()).await;
    let preview = previewed(&client, &everything()).await;
    carry_out(&client, &preview.plan).await;
    for change in &preview.changes {
        let shown = change.after.clone().unwrap().without_server_fields();
        let kind = shown.resource().kind;
        let lives = live(&client, kind, "kuard").await.without_server_fields();
        assert_eq!(shown, lives);
    }
    // A second time: nothing to do, under the same run.
    let again = previewed(&client, &everything()).await;
    assert!(
        again.changes_nothing(),
        "{:?}",
        again.changes.iter().map(quicktour_deploy::preview::Change::diff).collect::<Vec<_>>()
    );
    assert_eq!(again.plan.run, preview.plan.run);
    assert_eq!(again.trial, None, "no pods are made");
    assert_eq!(
        lines(&again, show::Mode::Server),
        ["deployment.apps/kuard unchanged (server dry run)", "service/kuard unchanged (server dry run)"]
    );
    // A change shows as one, and the other object stays.
    let more = previewed(&client, &Wish { port: Some("8081".parse().unwrap()), ..everything() }).await;
    assert_eq!(
        more.changes.iter().map(quicktour_deploy::preview::Change::verdict).collect::<Vec<_>>(),
        [Verdict::Changed, Verdict::Changed]
    );
    let shown = show::text(&more, Catalogue::english(), &Style::default());
    assert!(shown.contains("`deployment.apps/kuard` will change:\n@@ "), "{shown}");
    assert!(shown.contains("-        - containerPort: 8080\n+        - containerPort: 8081\n"), "{shown}");
    assert!(shown.contains("-    targetPort: 8080\n+    targetPort: 8081\n"), "{shown}");
}

#[tokio::test]
async fn an_earlier_scale_of_ours_does_not_stand_in_the_way() {
    let namespace = cluster::shared().namespace("again").unwrap();
    let client = admin(namespace.name()).await;
    let web = || Wish { replicas: Some("1".parse().unwrap()), ..wish("registry.example.com/web:1", "web") };
    carry_out(&client, &previewed(&client, &web()).await.plan).await;
    let seen = live(&client, "Deployment", "web").await;
    let scale = quicktour_deploy::plan::scale(&seen, "3".parse().unwrap(), client.target(), None).unwrap();
    let scaled = quicktour_deploy::preview::preview(&client, &scale).await.unwrap();
    assert_eq!(lines(&scaled, show::Mode::Done), ["deployment.apps/web scaled"]);
    carry_out(&client, &scaled.plan).await;

    // Without a number, what there is stays; with one, the newer word counts.
    let silent = previewed(&client, &Wish { replicas: None, ..web() }).await;
    assert!(silent.changes_nothing(), "{:?}", silent.changes[0].diff());
    let explicit = previewed(&client, &web()).await;
    assert_eq!(explicit.changes[0].after.as_ref().unwrap().value()["spec"]["replicas"], 1);
    carry_out(&client, &explicit.plan).await;
    assert_eq!(live(&client, "Deployment", "web").await.value()["spec"]["replicas"], 1);
}

#[tokio::test]
async fn what_is_printed_can_be_applied_by_kubectl_either_way() {
    let cluster = cluster::shared();
    for (how, prefix) in [(&["--server-side"][..], "serverside"), (&[], "plain")] {
        let namespace = cluster.namespace(prefix).unwrap();
        let client = admin(namespace.name()).await;
        let preview = previewed(&client, &everything()).await;
        let unserved = Preview::without_server(&preview.plan);
        for text in [show::yaml(&unserved), show::yaml(&preview), show::json(&preview)] {
            for word in
                ["uid", "managedFields", "status", "clusterIP", "nodePort", "resourceVersion", "creationTimestamp"]
            {
                assert!(
                    !text.contains(&format!("{word}:")) && !text.contains(&format!("\"{word}\"")),
                    "{word} in\n{text}"
                );
            }
            let args = [&["apply", "--filename=-"], how].concat();
            let said = cluster.feed(&args, &text).unwrap();
            assert_eq!(said.lines().count(), 2, "{said}");
        }
        // What kubectl made of it is what the server said it would be.
        let shown = preview.changes[0].after.clone().unwrap();
        let lives = live(&client, "Deployment", "kuard").await;
        assert_eq!(lives.value()["spec"], shown.value()["spec"]);
    }
}

#[tokio::test]
async fn without_a_server_the_plan_alone_is_shown() {
    let namespace = cluster::shared().namespace("alone").unwrap();
    let client = admin(namespace.name()).await;
    let plan = quicktour_deploy::plan::run(
        &everything(),
        client.target(),
        &labels::RunId::parse("0123456789ab").unwrap(),
        &quicktour_deploy::plan::Found::default(),
    );
    let preview = Preview::without_server(&plan);
    assert_eq!(
        lines(&preview, show::Mode::Client),
        ["deployment.apps/kuard created (dry run)", "service/kuard created (dry run)"]
    );
    let yaml = show::yaml(&preview).replace(namespace.name(), "NAMESPACE");
    insta::assert_snapshot!(yaml);
}

#[tokio::test]
async fn a_person_reads_where_it_goes_what_becomes_of_it_and_what_to_know() {
    let namespace = cluster::shared().namespace("read").unwrap();
    let client = admin(namespace.name()).await;
    let level = "pod-security.kubernetes.io/enforce=restricted";
    cluster::shared().kubectl(&["label", "namespace", namespace.name(), level]).unwrap().success().unwrap();
    let wish =
        Wish { env: vec!["TRICK=\u{202e}x\u{1b}[2J".parse().unwrap()], ..wish("registry.example.com/web", "web") };
    let preview = previewed(&client, &wish).await;
    let shown = show::text(&preview, Catalogue::english(), &Style::default());
    let colored = show::text(&preview, Catalogue::english(), &Style { color: true, ..Style::default() });
    assert!(colored.contains("\u{1b}[36mkind\u{1b}[0m: Deployment\n"), "{colored}");
    assert_eq!(colored.replace("\u{1b}[36m", "").replace("\u{1b}[0m", ""), shown);
    let run = preview.plan.run.as_ref().unwrap().as_str();
    let shown =
        shown.replace(namespace.name(), "NAMESPACE").replace(&client.target().server, "SERVER").replace(run, "RUN");
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_single_pod_is_planned_as_the_episode_began() {
    let namespace = cluster::shared().namespace("single").unwrap();
    let client = admin(namespace.name()).await;
    let pod = Wish { pod: true, port: Some("8080".parse().unwrap()), ..wish("gcr.io/kuar-demo/kuard-amd64", "kuard") };
    let preview = previewed(&client, &pod).await;
    assert_eq!(lines(&preview, show::Mode::Server), ["pod/kuard created (server dry run)"]);
    assert_eq!(preview.trial, None, "its own dry run is the trial");
    assert_eq!(obstacles(&preview), Vec::<String>::new());
    let warnings: Vec<String> = preview.plan.warnings.iter().map(words).collect();
    assert!(warnings[0].starts_with("`gcr.io/kuar-demo/kuard-amd64` may be another image tomorrow"), "{warnings:?}");
    carry_out(&client, &preview.plan).await;
    assert_eq!(*live(&client, "Pod", "kuard").await.resource(), Kind::POD);
    assert!(previewed(&client, &pod).await.changes_nothing());
}

#[tokio::test]
async fn an_object_that_the_server_refuses_is_refused_in_the_preview() {
    let namespace = cluster::shared().namespace("refused").unwrap();
    let client = admin(namespace.name()).await;
    // Valid by itself, and not what this server takes.
    let probe = Wish {
        port: Some("8080".parse().unwrap()),
        limits: "example.com/gpu=1500m".parse().unwrap(),
        ..wish("registry.example.com/web:1", "web")
    };
    let plan = planned(&client, &probe).await;
    let error = quicktour_deploy::preview::preview(&client, &plan).await.unwrap_err();
    assert_eq!(error.exit_code(), quicktour_report::exit::ExitCode::Findings);
    assert!(crate::told(&error.problem())[0].contains("must be an integer"), "{:?}", crate::told(&error.problem()));
}
