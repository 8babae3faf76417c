//! What was probably meant, of several known texts. Likeness costs the product of two lengths, so it is asked only of
//! texts as people write them, and of so many.

/// Longer texts, in bytes, are like no other.
const LONGEST: usize = 300;
/// No more texts are compared.
const MOST: usize = 100;

/// The known word that a slip of the pen was meant to be.
pub(super) fn meant<'k>(word: &str, known: &'k [String]) -> Option<&'k str> {
    let word = word.trim().to_lowercase();
    comparable(&word, known)
        .map(|known| (strsim::jaro_winkler(&word, known), known))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// The known text that is nearest; the first one where none can be compared.
pub(super) fn nearest<'k>(text: &str, known: &'k [String]) -> Option<&'k str> {
    let nearest = comparable(text, known).min_by_key(|known| strsim::levenshtein(known, text));
    nearest.or_else(|| known.first().map(String::as_str))
}

fn comparable<'k>(text: &str, known: &'k [String]) -> impl Iterator<Item = &'k str> {
    let most = if text.len() > LONGEST { 0 } else { MOST };
    known.iter().map(String::as_str).filter(|known| known.len() <= LONGEST).take(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_text_is_found_and_nothing_is_like_a_text_that_nobody_writes() {
        let known = ["profile", "email", "groups"].map(str::to_owned);
        for (word, expected) in [("grops", Some("groups")), (" Email", Some("email")), ("xyz", None)] {
            assert_eq!(meant(word, &known), expected, "{word}");
        }
        assert_eq!(nearest("emails", &known), Some("email"));
        assert_eq!(nearest("", &[]), None);
        let long = "x".repeat(1_000_000);
        assert_eq!((meant(&long, std::slice::from_ref(&long)), nearest(&long, &known)), (None, Some("profile")));
    }
}
