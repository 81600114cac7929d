//! Takes the scheduler's verdict apart.

/// One reason why nodes were refused, as in `2 Insufficient cpu`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// How many nodes.
    pub nodes: u64,
    /// The scheduler's words.
    pub text: String,
}

/// Reads `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption: …`.
///
/// Messages of another form (`no nodes available to schedule pods`) become one reason for 0 nodes.
#[must_use]
pub fn breakdown(message: &str) -> Vec<Reason> {
    let Some((_, reasons)) = message.split_once("nodes are available:") else {
        let text = message.trim().trim_end_matches('.').to_owned();
        return if text.is_empty() { Vec::new() } else { vec![Reason { nodes: 0, text }] };
    };
    // What follows speaks of preemption and of claims that might be freed.
    let reasons = reasons.split(". ").next().unwrap_or_default();
    let mut parts: Vec<Reason> = Vec::new();
    for piece in reasons.split(", ") {
        let piece = piece.trim().trim_end_matches('.');
        match piece.split_once(' ').and_then(|(count, text)| Some((count.parse().ok()?, text))) {
            Some((nodes, text)) => parts.push(Reason { nodes, text: text.to_owned() }),
            // A comma inside a reason, as between taints.
            None => match parts.last_mut() {
                Some(last) => last.text = format!("{}, {piece}", last.text),
                None if piece.is_empty() => {}
                None => parts.push(Reason { nodes: 0, text: piece.to_owned() }),
            },
        }
    }
    // What keeps most nodes out comes first.
    parts.sort_by_key(|reason| std::cmp::Reverse(reason.nodes));
    parts
}

/// Whether the scheduler's reasons speak of volumes: claims that are not bound, or a provisioner that it gave up on (then
/// they name its `VolumeBinding`).
pub(crate) fn for_volumes(reasons: &[String]) -> bool {
    let words = ["PersistentVolumeClaim", "persistentvolumeclaim", "persistent volume", "VolumeBinding"];
    reasons.iter().any(|reason| words.iter().any(|words| reason.contains(words)))
}

/// Whether the scheduler's only reasons are that nodes are closed, and taints of nodes that are not ready may be among
/// them: since 1.35 or so it does not name them.
pub(crate) fn for_closed_nodes(reasons: &[String]) -> bool {
    let tainted = |reason: &str| reason.contains("untolerated taint");
    let unready = |reason: &str| {
        let named = reason.contains('{');
        tainted(reason)
            && (!named
                || ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
                    .iter()
                    .any(|key| reason.contains(key)))
    };
    reasons.iter().all(|reason| tainted(reason) || reason.contains("were unschedulable"))
        && reasons.iter().any(|reason| unready(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Vec<(u64, String)> {
        breakdown(message).into_iter().map(|reason| (reason.nodes, reason.text)).collect()
    }

    #[test]
    fn reasons_come_apart_with_their_numbers() {
        assert_eq!(
            read(
                "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taints {a: b}, {c: d}. no new \
                 claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
            ),
            [(2, "node(s) had untolerated taints {a: b}, {c: d}".to_owned()), (1, "Insufficient cpu".to_owned())]
        );
        assert_eq!(
            read("no nodes available to schedule pods"),
            [(0, "no nodes available to schedule pods".to_owned())]
        );
        assert_eq!(read(""), []);
    }

    #[test]
    fn reasons_are_told_apart_by_what_would_explain_them() {
        let of = |reasons: &[&str]| {
            let reasons: Vec<String> = reasons.iter().map(|&reason| reason.to_owned()).collect();
            (for_volumes(&reasons), for_closed_nodes(&reasons))
        };
        let (volumes, closed, neither) = ((true, false), (false, true), (false, false));
        for (reasons, expected) in [
            (&["pod has unbound immediate PersistentVolumeClaims"][..], volumes),
            (&[r#"persistentvolumeclaim "data" not found"#], volumes),
            (&["node(s) didn't find available persistent volumes to bind"], volumes),
            (&[r#"running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded"#], volumes),
            (&["node(s) had untolerated taint(s)"], closed),
            (&["node(s) had untolerated taint {node.kubernetes.io/unreachable: }"], closed),
            (&["node(s) had untolerated taint(s)", "node(s) were unschedulable"], closed),
            // The lost node would not have helped, or nobody knows.
            (&["Insufficient cpu", "node(s) had untolerated taint(s)"], neither),
            (&["node(s) had untolerated taint {team: db}"], neither),
            (&["node(s) were unschedulable"], neither),
        ] {
            assert_eq!(of(reasons), expected, "{reasons:?}");
        }
    }
}
