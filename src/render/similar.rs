//! Which names a word that is no name may have meant.

/// The names that are most like a word: at most three, the likeliest first.
pub fn similar<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let word = word.to_lowercase().replace('-', "_");
    let likeness =
        |name: &str| if !word.is_empty() && name.contains(&word) { 1.0 } else { strsim::jaro_winkler(name, &word) };
    let mut found: Vec<(f64, &str)> = names.into_iter().map(|name| (likeness(name), name)).collect();
    found.retain(|(likeness, _)| *likeness > 0.8);
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_name_leads_to_the_likeliest_ones() {
        let names = ["authorization_url_matches", "issuer_matches", "app_clock"];
        for word in ["authorization_url_match", "authorisation_url_matches", "authorization-url", "AUTHORIZATION_URL"] {
            assert_eq!(similar(word, names).first(), Some(&"authorization_url_matches"), "{word}");
        }
        assert_eq!(similar("matches", names), ["authorization_url_matches", "issuer_matches"]);
        assert_eq!(similar("zzzzzz", names), Vec::<&str>::new());
        assert_eq!(similar("", names), Vec::<&str>::new());
    }
}
