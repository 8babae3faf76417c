//! Foreign text in messages: receivers read more in a text than letters, and servers must not speak through ours.

use crate::oidc::is_unshown;

/// Shows nothing, and is part of no syntax.
const BREAK: char = '\u{200b}';

/// The text so that no receiver takes a part of it for more than text: no mention of people (`@everyone`, `<!channel>`,
/// `<@U1>`), no link behind other words (`[text](address)`, `<address|text>`), no tag of HTML, no formatting by Markdown,
/// no escape sequence of a terminal. A letter that begins one is followed by a space of no width; characters that are not
/// shown are written out. Line breaks stay.
#[must_use]
pub(super) fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '\n' => shown.push(letter),
            letter if is_unshown(letter) => shown.extend(letter.escape_unicode()),
            letter => shown.push(letter),
        }
        let starts = match letter {
            // In a mail address, it follows a letter.
            '@' => !before.is_some_and(char::is_alphanumeric),
            '<' | '&' => next.is_some_and(|next| !next.is_whitespace()),
            ']' => matches!(next, Some('(' | '[')),
            // Twice, these begin bold and struck-out text, hidden text and code.
            '*' | '_' | '~' | '|' | '`' => next == Some(letter),
            _ => false,
        };
        if starts {
            shown.push(BREAK);
        }
        before = Some(letter);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_receiver_takes_a_part_of_it_for_more_than_text() {
        for (text, shown) in [
            ("@everyone look", "@\u{200b}everyone look"),
            ("(@here)", "(@\u{200b}here)"),
            ("alice@example.test", "alice@example.test"),
            ("<!channel> <@U1> <#C1>", "<\u{200b}!channel> <\u{200b}@\u{200b}U1> <\u{200b}#C1>"),
            ("<https://evil.test|id.example.test>", "<\u{200b}https://evil.test|id.example.test>"),
            ("<b onclick=x>", "<\u{200b}b onclick=x>"),
            ("&lt;!channel&gt;", "&\u{200b}lt;!channel&\u{200b}gt;"),
            ("[log in](https://evil.test)", "[log in]\u{200b}(https://evil.test)"),
            ("**bold** ||hidden|| ```", "*\u{200b}*bold*\u{200b}* |\u{200b}|hidden|\u{200b}| `\u{200b}`\u{200b}`"),
            ("client_secret_basic", "client_secret_basic"),
            ("a < b & c", "a < b & c"),
            ("\x1b[31mred\u{202e}\u{9b}", "\\u{1b}[31mred\\u{202e}\\u{9b}"),
            ("one\ntwo\r", "one\ntwo\\u{d}"),
        ] {
            assert_eq!(inert(text), shown, "{text:?}");
        }
    }
}
