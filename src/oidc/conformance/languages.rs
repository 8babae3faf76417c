//! Language tags (RFC 5646): well formed; not looked up in the registry of languages.

use serde_json::Value;

use super::{Breach, texts};
use crate::oidc::short;

const SOURCE: &str = "RFC 8414, section 2; RFC 5646, section 2.1";

pub(super) fn breaches(document: &Value) -> Vec<Breach> {
    let mut found = Vec::new();
    for name in ["ui_locales_supported", "claims_locales_supported"] {
        for tag in texts(document, name).unwrap_or_default() {
            if !is_well_formed(tag) {
                let message = format!("`{name}` holds \"{}\", which is not a language tag", short(tag));
                found.push(Breach::fault("language_tag", SOURCE, message));
            } else if canonical(tag) != tag {
                let message = format!("`{name}` holds \"{tag}\", usually written {}", canonical(tag));
                found.push(Breach::remark("language_case", SOURCE, message));
            }
        }
    }
    found
}

/// Language, then script, region, variants, extensions and private use, each in the form that its place allows.
fn is_well_formed(tag: &str) -> bool {
    let mut parts = tag.split('-').peekable();
    if tag.split('-').any(|part| part.is_empty() || part.len() > 8 || !part.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        return false;
    }
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.next() {
        Some("x" | "X" | "i" | "I") => return parts.peek().is_some(), // private use; the old irregular ones
        Some(language) if letters(language) && language.len() >= 2 => {}
        _ => return false,
    }
    let mut extended = 0;
    while extended < 3 && parts.next_if(|part| part.len() == 3 && letters(part)).is_some() {
        extended += 1;
    }
    parts.next_if(|part| part.len() == 4 && letters(part)); // script
    parts.next_if(|part| (part.len() == 2 && letters(part)) || (part.len() == 3 && digits(part))); // region
    let is_variant = |part: &&str| part.len() >= 5 || (part.len() == 4 && part.as_bytes()[0].is_ascii_digit());
    while parts.next_if(is_variant).is_some() {}
    extensions_follow(parts)
}

/// Single letters or digits, each with something behind it; after an `x`, anything.
fn extensions_follow<'a>(mut parts: std::iter::Peekable<impl Iterator<Item = &'a str>>) -> bool {
    while let Some(single) = parts.next() {
        if single.len() != 1 {
            return false;
        }
        if single.eq_ignore_ascii_case("x") {
            return parts.peek().is_some();
        }
        let mut behind = 0;
        while parts.next_if(|part| part.len() >= 2).is_some() {
            behind += 1;
        }
        if behind == 0 {
            return false;
        }
    }
    true
}

/// RFC 5646, section 2.1.1: all small, but regions in capitals and scripts with one capital, before any single letter.
fn canonical(tag: &str) -> String {
    let mut after_single = false;
    let parts: Vec<String> = tag
        .split('-')
        .enumerate()
        .map(|(index, part)| {
            let small = part.to_ascii_lowercase();
            let plain = index == 0 || after_single;
            after_single |= part.len() == 1;
            match small.len() {
                2 if !plain => small.to_ascii_uppercase(),
                4 if !plain && small.as_bytes()[0].is_ascii_alphabetic() => {
                    format!("{}{}", small[..1].to_ascii_uppercase(), &small[1..])
                }
                _ => small,
            }
        })
        .collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::tests::check, *};

    #[test]
    fn tags_are_well_formed_or_not() {
        for good in
            ["de", "en-US", "zh-Hans-CN", "sr-Latn", "es-419", "sl-rozaj-biske", "de-CH-1996", "x-mine", "zh-yue"]
        {
            assert!(is_well_formed(good), "{good}");
        }
        for good in ["en-u-ca-gregory", "de-DE-u-co-phonebk-x-a", "i-klingon"] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in ["", "e", "en_US", "en-", "-en", "en--US", "12", "en-US-u", "x", "en-abcdefghi", "en-US-GB", "dé"] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn the_usual_writing_is_known() {
        for (tag, usual) in [("EN-us", "en-US"), ("ZH-hans-cn", "zh-Hans-CN"), ("en-U-CA-gregory", "en-u-ca-gregory")] {
            assert_eq!(canonical(tag), usual);
        }
    }

    #[test]
    fn both_lists_are_looked_at() {
        check(&[
            ("ui_locales_supported", json!(["en", "de-DE"]), &[], &[]),
            ("ui_locales_supported", json!(["en_US"]), &["language_tag"], &[]),
            ("claims_locales_supported", json!(["EN-us"]), &[], &["language_case"]),
            ("claims_locales_supported", json!("en"), &["wrong_type"], &[]),
        ]);
    }
}
