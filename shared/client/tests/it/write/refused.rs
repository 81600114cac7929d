use quicktour_client::{Kind, Manifest, Precondition, Situation};
use quicktour_testkit::cluster::{self, User};
use serde_json::json;

use super::{REAL, TRIAL, admin, deployment, done, pod};
use crate::{client_with, told};

#[tokio::test]
async fn one_may_or_may_not_and_asking_changes_nothing() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("may").unwrap();
    let ns = namespace.name();
    let user = User::named("may").may_in(ns, &["patch"], &["apps"], &["deployments/scale"]);
    let user = cluster.kubeconfig_for(&user.may_in(ns, &["create"], &["apps"], &["deployments"])).unwrap();
    let client = client_with(&user.kubeconfig).await.unwrap();
    let mark = cluster.audit().mark().unwrap();
    let web = Kind::DEPLOYMENT;
    for (verb, subresource, namespace, may) in [
        ("create", None, Some(ns), true),
        ("create", None, Some("default"), false),
        ("create", None, None, false),
        ("patch", None, Some(ns), false),
        ("patch", Some("scale"), Some(ns), true),
    ] {
        let answer = done(client.may(verb, &web, subresource, namespace).await);
        assert_eq!(answer, may, "{verb} {subresource:?} {namespace:?}");
    }
    let seen = cluster.audit().since(mark).unwrap();
    let asked: Vec<_> = seen.iter().filter(|event| event.user == user.user).collect();
    assert_eq!(asked.len(), 5);
    assert!(asked.iter().all(|event| !event.is_write()), "{asked:?}");
}

#[tokio::test]
async fn who_may_not_is_told_the_verb_and_the_subresource() {
    let cluster = cluster::shared();
    let namespace = cluster.namespace("rbac").unwrap();
    let ns = namespace.name();
    done(admin().await.apply(&deployment(ns, "web", &json!({"paused": true})), REAL).await);
    let viewer = cluster.kubeconfig_for(&User::named("looks").with_role_in(ns, "view")).unwrap();
    let second = User::named("patches").may_in(ns, &["get", "patch"], &["apps"], &["deployments"]);
    let second = cluster.kubeconfig_for(&second).unwrap();
    let (looks, patches) =
        (client_with(&viewer.kubeconfig).await.unwrap(), client_with(&second.kubeconfig).await.unwrap());
    let web = deployment(ns, "web", &json!({}));
    let only_if = Precondition::default();
    let where_ = format!("in namespace `{ns}`");
    for (error, who, cause, command) in [
        (
            looks.apply(&web, REAL).await.map(drop),
            &viewer,
            "patch `deployments.apps/web`",
            "patch deployments.apps/web",
        ),
        (looks.create(&web, REAL).await.map(drop), &viewer, "create `deployments.apps`", "create deployments.apps"),
        (
            looks.scale(&Kind::DEPLOYMENT, ns, "web", 2, "", REAL).await,
            &viewer,
            "patch `deployments.apps/web/scale`",
            "patch deployments.apps/web --subresource=scale",
        ),
        (
            looks.delete(&Kind::DEPLOYMENT, Some(ns), "web", &only_if, REAL).await.map(drop),
            &viewer,
            "delete `deployments.apps/web`",
            "delete deployments.apps/web",
        ),
        // An apply of what is not there yet is a create as well.
        (
            patches.apply(&deployment(ns, "new", &json!({})), REAL).await.map(drop),
            &second,
            "create `deployments.apps`",
            "create deployments.apps",
        ),
    ] {
        let error = error.unwrap_err();
        let [_, said, hint] = told(&error);
        assert_eq!(said, format!("`{}` may not {cause} {where_}", who.user));
        assert!(hint.contains(&format!("`kubectl auth can-i {command} -n {ns} ")), "{hint}");
        assert_eq!(error.exit_code().code(), 3);
        assert!(error.rule().is_some() && !error.is_refused_write());
        // kubectl understands the hint, and says what we said.
        let command = hint.split('`').nth(1).unwrap();
        let kubectl = cluster.binaries().path("kubectl");
        let command = command.replacen("kubectl", &kubectl.to_string_lossy(), 1);
        let output = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "no", "{command}: {output:?}");
    }
    let rule = looks.scale(&Kind::DEPLOYMENT, ns, "web", 2, "", REAL).await.unwrap_err();
    assert_eq!(rule.rule().unwrap().resource, "deployments/scale");
}

#[tokio::test]
async fn admission_says_why_not_and_warns() {
    let cluster = cluster::shared();
    let (client, namespace) = (admin().await, cluster.namespace("admit").unwrap());
    let ns = namespace.name();
    let label = |mode: &str| {
        let label = format!("pod-security.kubernetes.io/{mode}=restricted");
        cluster.kubectl(&["label", "namespace", ns, &label]).unwrap().success().unwrap();
    };
    label("warn");
    let written = done(client.apply(&deployment(ns, "web", &json!({"paused": true})), TRIAL).await);
    assert!(
        written.warnings.len() == 1
            && written.warnings[0].starts_with(r#"would violate PodSecurity "restricted:latest""#),
        "{:?}",
        written.warnings
    );
    label("enforce");
    let refused = async |pod: &Manifest| {
        let error = client.create(pod, TRIAL).await.unwrap_err();
        assert_eq!(error.exit_code().code(), 1);
        let Situation::Refused { status, message } = error.situation() else { panic!("{:?}", error.situation()) };
        (*status, message.clone())
    };
    let (status, message) = refused(&pod(ns, "p")).await;
    assert_eq!(status, 403);
    assert!(message.contains(r#"violates PodSecurity "restricted:latest""#), "{message}");

    let namespace = cluster.namespace("limits").unwrap();
    let ns = namespace.name();
    let limits = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"},
        "spec": {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]}});
    cluster.feed(&["create", "-n", ns, "-f", "-"], &limits.to_string()).unwrap();
    let mut large = pod(ns, "p");
    large.value_mut()["spec"]["containers"][0]["resources"] = json!({"limits": {"memory": "128Mi"}});
    let (status, message) = refused(&large).await;
    assert_eq!(status, 403);
    assert!(message.contains("maximum memory usage per Container is 64Mi"), "{message}");
    let mut nobody = pod(ns, "p");
    nobody.value_mut()["spec"]["serviceAccountName"] = json!("nobody");
    assert!(refused(&nobody).await.1.contains("service account "));
}
