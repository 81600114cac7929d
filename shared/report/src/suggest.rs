//! What was probably meant.

/// The known word that is nearest to a mistyped one, if any is near.
///
/// The likeness of 0.7 (Jaro-Winkler) keeps one wrong letter in a short word and a lost ending in a long one; source:
/// ours.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(typed, known), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        let known = ["production", "staging", "kind-dev"];
        assert_eq!(nearest("prodution", known), Some("production"));
        assert_eq!(nearest("kind", known), Some("kind-dev"));
        assert_eq!(nearest("zzz", known), None);
    }
}
