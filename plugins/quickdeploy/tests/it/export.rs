//! What `export` writes is what lives: kustomize gives the same objects back.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Desk, IMAGE};

/// What only the live object has: the server's own fields, what a controller counts, what was allocated for it, and the
/// marks of the run that made it.
fn without_server_fields(mut live: Value) -> Value {
    live.as_object_mut().unwrap().remove("status");
    let metadata = live["metadata"].as_object_mut().unwrap();
    for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
        metadata.remove(field);
    }
    for (map, names) in [
        ("annotations", &["deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"][..]),
        ("labels", &["quicktour/run", "app.kubernetes.io/managed-by"]),
    ] {
        if let Some(entries) = metadata.get_mut(map).and_then(Value::as_object_mut) {
            entries.retain(|name, _| !names.contains(&name.as_str()));
            if entries.is_empty() {
                metadata.remove(map);
            }
        }
    }
    if live["kind"] == "Service" {
        let spec = live["spec"].as_object_mut().unwrap();
        for field in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
            spec.remove(field);
        }
        for port in spec["ports"].as_array_mut().unwrap() {
            port.as_object_mut().unwrap().remove("nodePort");
        }
    }
    if let Some(metadata) = live.pointer_mut("/spec/template/metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
    }
    live
}

/// What kustomize makes of a folder, by kind and name.
fn kustomized(desk: &Desk, folder: &Path) -> Vec<Value> {
    let text = desk.kubectl(&["kustomize", folder.to_str().unwrap()]);
    let mut objects: Vec<Value> =
        text.split("\n---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect();
    objects.sort_by_key(|object| (object["kind"].to_string(), object["metadata"]["name"].to_string()));
    objects
}

fn live(desk: &Desk, what: &[&str]) -> Vec<Value> {
    what.iter().map(|what| without_server_fields(desk.get(&[what]))).collect()
}

/// A Deployment with everything that a line can ask for, its service, and another that somebody else made for it.
fn running(prefix: &str) -> Desk {
    let desk = Desk::new(prefix);
    let line = [
        "run",
        IMAGE,
        "--replicas",
        "3",
        "--port",
        "8080",
        "--probe-path",
        "/ready",
        "--env",
        "LEVEL=info",
        "--env",
        "ODD=yes: #1",
        "--limits",
        "cpu=500m,memory=256Mi",
        "--labels",
        "team=shop",
        "--expose",
        "NodePort:80",
        "--yes",
        "--",
        "--name=on",
        "12",
    ];
    desk.fine(&line);
    desk.kubectl(&["expose", "deployment", "web", "--name=inner", "--port=8081"]);
    desk.kubectl(&["create", "service", "clusterip", "unrelated", "--tcp=80:80"]);
    desk.until_settled("web");
    desk
}

#[test]
fn kustomize_gives_the_live_objects_back() {
    let desk = running("export");
    let dir = desk.state().join("deploy/web");
    let output = desk
        .unharmed(|| desk.run(&["export", "web", "--dir", dir.to_str().unwrap(), "--overlay", "staging,production"]));
    assert_eq!(output.code, 0, "{output}");
    let said = desk.shown(&output).replace(dir.to_str().unwrap(), "[DIR]");
    assert_snapshot!("said", said);
    let live = live(&desk, &["deployment/web", "service/inner", "service/web"]);
    for folder in ["base", "overlays/staging", "overlays/production"] {
        assert_eq!(kustomized(&desk, &dir.join(folder)), live, "{folder}");
    }
    // And it can be applied, also where nothing of it lives.
    let other = Desk::new("import");
    let base = dir.join("base/kustomization.yaml");
    let moved = fs::read_to_string(&base).unwrap().replace(desk.name(), other.name());
    fs::write(&base, moved).unwrap();
    let applied = other.kubectl(&["apply", "-k", dir.join("overlays/production").to_str().unwrap()]);
    assert_eq!(applied.lines().count(), 3, "{applied}");
    let theirs = live_in(&other);
    let ours: Vec<Value> = live.into_iter().map(|object| moved_to(object, other.name())).collect();
    assert_eq!(theirs, ours);
}

fn live_in(desk: &Desk) -> Vec<Value> {
    live(desk, &["deployment/web", "service/inner", "service/web"])
}

fn moved_to(mut object: Value, namespace: &str) -> Value {
    object["metadata"]["namespace"] = json!(namespace);
    object
}

#[test]
fn an_overlay_changes_images_replicas_and_resources() {
    let desk = running("overlay");
    let dir = desk.state().join("web");
    desk.fine(&["export", "web", "--dir", dir.to_str().unwrap(), "--overlay", "production"]);
    let overlay = dir.join("overlays/production");
    let mut files: Vec<String> =
        fs::read_dir(&overlay).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let text: Vec<String> =
        files.iter().map(|file| format!("# {file}\n{}", fs::read_to_string(overlay.join(file)).unwrap())).collect();
    assert_snapshot!("overlay", text.join("---\n"));
    for file in &files {
        let path = overlay.join(file);
        let changed = fs::read_to_string(&path).unwrap();
        let changed = changed.replace("newTag: v1", "newTag: v9").replace("count: 3", "count: 12");
        fs::write(&path, changed.replace("500m", "750m")).unwrap();
    }
    let objects = kustomized(&desk, &overlay);
    let container = &objects[0]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        (&objects[0]["spec"]["replicas"], &container["image"], &container["resources"]["limits"]["cpu"]),
        (&json!(12), &json!("registry.test/web:v9"), &json!("750m"))
    );
    // The base is as it was.
    assert_eq!(kustomized(&desk, &dir.join("base"))[0]["spec"]["replicas"], 3);
}

#[test]
fn nothing_is_overwritten() {
    let desk = running("full");
    let dir = desk.state().join("full");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("notes"), "mine").unwrap();
    let output = desk.run(&["export", "web", "--dir", dir.to_str().unwrap()]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output}");
    assert!(output.stderr.contains("is not empty"), "{output}");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    // An empty folder is as good as none, and where nothing can be written that is said.
    fs::remove_file(dir.join("notes")).unwrap();
    assert_eq!(desk.run(&["export", "web", "--dir", dir.to_str().unwrap()]).code, 0);
    let output = desk.run(&["export", "web", "--dir", "/dev/null/out"]);
    assert_eq!((output.code, output.stdout.as_str()), (3, ""), "{output}");
    let left = fs::read_dir(desk.state()).unwrap().map(|file| file.unwrap().file_name()).collect::<Vec<_>>();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}
