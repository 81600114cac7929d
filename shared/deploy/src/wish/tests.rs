use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;

use super::*;

fn words(message: &Message) -> String {
    Catalogue::english().check(message).unwrap_or_else(|errors| panic!("{message:?}: {errors:?}"))
}

/// What is wrong with it, after a look at the whole of what a user is told: the example in it must be right.
fn wrong<T: std::str::FromStr<Err = Flaw> + std::fmt::Debug>(text: &str) -> String {
    let flaw = text.parse::<T>().expect_err(text);
    let problem = flaw.problem();
    assert!(
        words(&problem.doing).contains(quicktour_report::text::Text::new(text.trim()).as_str()),
        "{}",
        words(&problem.doing)
    );
    assert!(words(problem.hint.as_ref().unwrap()).starts_with("for example `"));
    words(&problem.cause)
}

#[test]
fn images_are_read_as_runtimes_read_them() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let with_digest = format!("registry.example.com:5000/team/web:1.4.2@{digest}");
    for (text, tag, name, moving) in [
        ("nginx", None, "nginx", true),
        ("nginx:1.29", Some("1.29"), "nginx", false),
        ("nginx:latest", Some("latest"), "nginx", true),
        ("gcr.io/kuar-demo/kuard-amd64:blue", Some("blue"), "kuard-amd64", false),
        ("localhost/web", None, "web", true),
        ("localhost:5000/web:v1", Some("v1"), "web", false),
        ("[::1]:5000/my_web.app:v1", Some("v1"), "my-web-app", false),
        ("127.0.0.1:5000/a__b---c", None, "a--b---c", true),
        (with_digest.as_str(), Some("1.4.2"), "web", false),
        (&format!("web@{digest}"), None, "web", false),
    ] {
        let image: Image = text.parse().unwrap_or_else(|flaw: Flaw| panic!("{text}: {flaw}"));
        assert_eq!(image.as_str(), text);
        assert_eq!(image.tag(), tag, "{text}");
        assert_eq!(image.default_name().unwrap().as_str(), name, "{text}");
        assert_eq!(image.is_moving(), moving, "{text}");
    }
}

#[test]
fn what_is_no_image_is_said_with_its_place() {
    for (text, expected) in [
        ("", "an image is needed"),
        ("nginx latest", "there is one at position 6"),
        (" nginx", "there is one at position 1"),
        ("nginx\u{a0}x", "there is one at position 6"),
        ("https://nginx.org/web", "without `https://`"),
        ("Nginx", "`Nginx` has capital letters"),
        ("gcr.io/Team/web", "`Team` has capital letters"),
        ("nginx:", "`` is no tag"),
        ("nginx:-a", "`-a` is no tag"),
        ("nginx:a+b", "`a+b` is no tag"),
        ("nginx@sha256:abc", "`sha256:abc` is no digest"),
        ("nginx@", "`` is no digest"),
        ("registry.example.com:99999/web", "`registry.example.com:99999` is no registry"),
        ("-a.example.com/web", "`-a.example.com` is no registry"),
        ("[::g]:5000/web", "`[::g]:5000` is no registry"),
        ("team//web", "`` is no part"),
        ("team/-web", "`-web` is no part"),
        ("team/we.-b", "`we.-b` is no part"),
        ("web/", "`` is no part"),
    ] {
        let said = wrong::<Image>(text);
        assert!(said.contains(expected), "{text:?}: {said}");
    }
    assert!(wrong::<Image>(&format!("nginx:{}", "a".repeat(129))).contains("is no tag"));
    assert!(wrong::<Image>(&format!("example.com/{}", "a".repeat(250))).contains("longer than 255"));
}

#[test]
fn names_ports_and_numbers_are_checked() {
    for (text, expected) in [
        ("", "a name is needed"),
        ("Web", "`W` at position 1"),
        ("my_web", "`_` at position 3"),
        ("my web", "` ` at position 3"),
        ("web-", "begins and ends"),
        ("-web", "begins and ends"),
        ("wéb", "`é` at position 2"),
    ] {
        let said = wrong::<Name>(text);
        assert!(said.contains(expected), "{text:?}: {said}");
    }
    assert!(wrong::<Name>(&"a".repeat(64)).contains("64 characters"));
    assert!("a".repeat(63).parse::<Name>().is_ok());

    for text in ["0", "70000", "65536", "-1", "99999999999999999999999"] {
        assert_eq!(wrong::<Port>(text), "a port is a number from 1 to 65535", "{text}");
    }
    for text in ["", "http", "80 ", "8o", "1.5"] {
        assert_eq!(wrong::<Port>(text), "a port is a number", "{text}");
    }
    assert_eq!("65535".parse::<Port>().unwrap().number(), 65535);

    assert_eq!(wrong::<Replicas>("-1"), "there cannot be fewer than 0 replicas");
    assert_eq!(wrong::<Replicas>("many"), "the number of replicas is a whole number");
    assert_eq!(wrong::<Replicas>("3000000000"), "there cannot be more than 2147483647 replicas");
    assert_eq!("0".parse::<Replicas>().unwrap().number(), 0);
    assert_eq!(wrong::<UserId>("nobody"), "a user is a number from 0 to 2147483647");
}

#[test]
fn pairs_are_checked() {
    assert_eq!("A=b=c".parse::<EnvVar>().unwrap(), EnvVar { name: "A".into(), value: "b=c".into() });
    assert_eq!("A=".parse::<EnvVar>().unwrap().value, "");
    assert!(wrong::<EnvVar>("A").contains("`NAME=VALUE`"));
    assert!(wrong::<EnvVar>("1A=x").contains("`1A` is no name"));
    assert!(wrong::<EnvVar>("A B=x").contains("`A B` is no name"));
    assert_eq!("cm/settings".parse::<EnvFrom>().unwrap(), EnvFrom::ConfigMap("settings".into()));
    assert_eq!("secret/login".parse::<EnvFrom>().unwrap(), EnvFrom::Secret("login".into()));
    assert!(wrong::<EnvFrom>("settings").contains("`configmap/NAME`"));
    assert!(wrong::<EnvFrom>("pod/x").contains("`configmap/NAME`"));

    let labels = Label::parse_all("team=shop,example.com/tier=front,empty=").unwrap();
    assert_eq!(
        labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(),
        ["team", "example.com/tier", "empty"]
    );
    for (text, expected) in [
        ("team", "`team` is no label"),
        ("=x", "`` is no name"),
        ("a/b/c=x", "`a/b/c` is no name"),
        ("Ex!=x", "`Ex!` is no name"),
        ("team=a b", "`a b` is no value"),
        ("team=-a", "`-a` is no value"),
        ("app.kubernetes.io/managed-by=me", "is set by this command"),
        ("quicktour/run=me", "is set by this command"),
    ] {
        let said = wrong::<Label>(text);
        assert!(said.contains(expected), "{text:?}: {said}");
    }
    assert!(wrong::<ProbePath>("healthz").contains("begins with `/`"));
    assert!(wrong::<ProbePath>("/a b").contains("no spaces"));
}

#[test]
fn exposures_name_a_type_and_a_port_or_either() {
    let read = |text: &str| {
        let exposure: Exposure = text.parse().unwrap();
        (exposure.kind.as_str(), exposure.port.map(Port::number))
    };
    assert_eq!(read(""), ("ClusterIP", None));
    assert_eq!(read("LoadBalancer:80"), ("LoadBalancer", Some(80)));
    assert_eq!(read("nodeport"), ("NodePort", None));
    assert_eq!(read(":8080"), ("ClusterIP", Some(8080)));
    assert_eq!(read("8080"), ("ClusterIP", Some(8080)));
    assert!(wrong::<Exposure>("LoadBalancr:80").contains("did you mean `LoadBalancer`?"));
    assert!(wrong::<Exposure>("LoadBalancer:70000").contains("1 to 65535"));
    let flaw = "LoadBalancer:0".parse::<Exposure>().unwrap_err();
    assert_eq!(words(&flaw.problem().doing), "`--expose LoadBalancer:0` cannot be used");
}

#[test]
fn quantities_are_exact_and_written_as_the_api_writes_them() {
    for (text, written) in [
        ("250m", "250m"),
        ("0.25", "250m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("1024Ki", "1Mi"),
        ("1k", "1k"),
        ("1e3", "1k"),
        ("2E3", "2k"),
        ("15e-1", "1500m"),
        ("1E", "1E"),
        ("+3", "3"),
        ("0", "0"),
        ("0Mi", "0"),
        ("-1", "-1"),
        (".5", "500m"),
        ("5.", "5"),
        ("9223372036854775807", "9223372036854775807"),
        ("8Ei", "8Ei"),
        ("0.1n", "1n"),
    ] {
        let quantity = Quantity::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(quantity.to_string(), written, "{text}");
    }
    for text in ["", "m", "1mm", "1 Gi", "1gb", "1KI", "0x10", "1e", "1e1.5", "1.2.3", "٣", "--1", "1e99"] {
        assert_eq!(Quantity::parse(text), None, "{text}");
    }
    let third = Quantity::parse("300m").unwrap();
    assert_eq!(third.times(3).plus(Quantity::parse("100m").unwrap()), Quantity::whole(1));
    assert_eq!(Quantity::whole(1).holds(third), Some(3));
    assert_eq!(Quantity::whole(1).minus(Quantity::whole(2)).holds(third), Some(0));
    assert_eq!(Quantity::whole(1).holds(Quantity::ZERO), None);
}

#[test]
fn resources_are_named_and_counted() {
    let resources: Resources = "cpu=250m,memory=64Mi,example.com/gpu=1,hugepages-2Mi=4Mi".parse().unwrap();
    assert_eq!(resources.get("cpu"), Quantity::parse("250m"));
    for (text, expected) in [
        ("cpu", "`cpu` is no amount"),
        ("", "`` is no amount"),
        ("cpus=1", "did you mean `cpu`?"),
        ("gpu=1", "`gpu` is no resource"),
        ("cpu=lots", "`lots` is no amount of cpu"),
        ("memory=64MB", "`64MB` is no amount of memory"),
        ("cpu=-1", "less than nothing of cpu"),
        ("cpu=1,cpu=2", "cpu is named twice"),
    ] {
        let said = wrong::<Resources>(text);
        assert!(said.contains(expected), "{text:?}: {said}");
    }
}

#[test]
fn what_only_several_parts_have_wrong_is_said_too() {
    let wish = || Wish::of("web:1".parse().unwrap(), None).unwrap();
    assert_eq!(wish().check(), Ok(()));
    let cases: [(Wish, &str); 6] = [
        (
            Wish { probe_path: Some("/ready".parse().unwrap()), ..wish() },
            "a path is asked at a port, and none is named",
        ),
        (
            Wish { expose: Some(Exposure::default()), ..wish() },
            "neither the service's port nor the container's is named",
        ),
        (Wish { pod: true, replicas: Some("2".parse().unwrap()), ..wish() }, "a single pod has no replicas"),
        (
            Wish { restricted: true, run_as_user: Some("0".parse().unwrap()), ..wish() },
            "`--restricted` does not let a container run as user 0",
        ),
        (
            Wish { requests: "cpu=2".parse().unwrap(), limits: "cpu=1500m".parse().unwrap(), ..wish() },
            "more cpu is requested than its limit of 1500m",
        ),
        (
            Wish { requests: "memory=1Gi".parse().unwrap(), limits: "memory=1000M".parse().unwrap(), ..wish() },
            "more memory is requested than its limit of 1000M",
        ),
    ];
    for (wish, expected) in cases {
        assert_eq!(words(&wish.check().unwrap_err().wrong), expected);
    }
    let limited = Wish { limits: "memory=64Mi".parse().unwrap(), ..wish() };
    let requests = limited.requests_or_default();
    assert_eq!(requests.iter().collect::<Vec<_>>(), [("cpu", "100m")], "the API takes the limit for the request");
}

#[test]
fn every_example_is_right() {
    let example = |flaw: Flaw| words(flaw.problem().hint.as_ref().unwrap());
    let of = |field| example(Flaw::new(field, "x", Message::new("name-edge")));
    let value = |text: String, flag: &str| {
        let text = text.trim_start_matches("for example `").trim_end_matches('`').to_owned();
        text.strip_prefix(flag).map(|rest| rest.trim_start().split(' ').next().unwrap().to_owned()).unwrap_or(text)
    };
    value(of(Field::Image), "IMAGE").parse::<Image>().unwrap();
    value(of(Field::Name), "--name").parse::<Name>().unwrap();
    value(of(Field::Replicas), "--replicas").parse::<Replicas>().unwrap();
    value(of(Field::Port), "--port").parse::<Port>().unwrap();
    value(of(Field::TargetPort), "--target-port").parse::<Port>().unwrap();
    value(of(Field::Env), "--env").parse::<EnvVar>().unwrap();
    value(of(Field::EnvFrom), "--env-from").parse::<EnvFrom>().unwrap();
    value(of(Field::Requests), "--requests").parse::<Resources>().unwrap();
    value(of(Field::Limits), "--limits").parse::<Resources>().unwrap();
    value(of(Field::ProbePath), "--probe-path").parse::<ProbePath>().unwrap();
    Label::parse_all(&value(of(Field::Labels), "--labels")).unwrap();
    value(of(Field::ServiceAccount), "--service-account").parse::<ObjectName>().unwrap();
    value(of(Field::RunAsUser), "--run-as-user").parse::<UserId>().unwrap();
    value(of(Field::Expose), "--expose").parse::<Exposure>().unwrap();
    value(of(Field::Type), "--type").parse::<ServiceType>().unwrap();
}
