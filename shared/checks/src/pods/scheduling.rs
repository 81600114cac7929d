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
}
