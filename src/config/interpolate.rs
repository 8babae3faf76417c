//! `${VAR}` and `${VAR:-default}` inside a value; `$$` is a dollar sign.

/// The value with its variables put in; each variable that was found is told to `used` with its value.
///
/// # Errors
/// A variable that is not set, or a `${` that is not one; names the variable, never a value.
pub(super) fn interpolate(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    mut used: impl FnMut(&str, &str),
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        let tail = &rest[dollar + 1..];
        if let Some(after) = tail.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = tail.strip_prefix('{') {
            let (inside, after) =
                after.split_once('}').ok_or("\"${\" without \"}\"; write \"$$\" for a dollar sign")?;
            out.push_str(&variable(inside, lookup, &mut used)?);
            rest = after;
        } else {
            out.push('$');
            rest = tail;
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn variable(
    inside: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    used: &mut impl FnMut(&str, &str),
) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if !is_name(name) {
        return Err("what stands in \"${}\" is no variable; write \"${NAME}\", \"${NAME:-default}\", or \"$$\" for a \
                    dollar sign"
            .to_owned());
    }
    match (lookup(name), default) {
        // As in a shell: the default stands for an empty value too.
        (Some(value), Some(default)) if value.is_empty() => Ok(default.to_owned()),
        (Some(value), _) => {
            used(name, &value);
            Ok(value)
        }
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            Err(format!("the environment variable {name} is not set; set it, or write \"${{{name}:-default}}\""))
        }
    }
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Result<String, String> {
        let lookup = |name: &str| match name {
            "HOST" => Some("id.example.test".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        interpolate(text, &lookup, |_, _| {})
    }

    #[test]
    fn variables_defaults_and_dollar_signs() {
        for (text, value) in [
            ("plain", "plain"),
            ("https://${HOST}/x", "https://id.example.test/x"),
            ("${HOST}${HOST}", "id.example.testid.example.test"),
            ("${NONE:-fallback}", "fallback"),
            ("${NONE:-}", ""),
            ("${EMPTY:-fallback}", "fallback"),
            ("${EMPTY}", ""),
            ("${HOST:-fallback}", "id.example.test"),
            ("$${HOST}", "${HOST}"),
            ("a$b $", "a$b $"),
            ("$$", "$"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_put_in_is_named() {
        assert!(of("${NONE}").unwrap_err().contains("variable NONE is not set"));
        assert!(of("${HOST").unwrap_err().contains("without"));
        for text in ["${}", "${1A}", "${A B}", "${:-x}"] {
            assert!(of(text).unwrap_err().contains("no variable"), "{text}");
        }
    }

    #[test]
    fn a_value_is_not_read_again() {
        let lookup = |_: &str| Some("${OTHER} $$".to_owned());
        assert_eq!(interpolate("${A}", &lookup, |_, _| {}).as_deref(), Ok("${OTHER} $$"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[${}:A-Z\\-é]*") {
            let _ = of(&text);
        }
    }
}
