//! A form as text: ticked fields with their values, and notes below them.

use std::fmt::Write as _;

/// How wide prose gets.
const WIDTH: usize = 100;
/// Where values begin.
const VALUES: usize = 40;
/// How much of a text from outside is told.
const MOST: usize = 200;

/// One field of a form.
#[derive(Debug)]
pub(super) struct Field {
    /// As the form has it.
    label: &'static str,
    /// What to enter; several lines where the form wants lines.
    value: String,
    is_right: bool,
    notes: Vec<String>,
}

impl Field {
    /// A field that cannot be seen from outside, or is not right.
    pub(super) fn open(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), is_right: false, notes: Vec::new() }
    }

    /// Ticks the field, if it was seen to be right.
    pub(super) fn ticked_if(mut self, is_right: bool) -> Self {
        self.is_right = is_right;
        self
    }

    /// Says something below the field, where it is not ticked.
    pub(super) fn unless_right(mut self, note: impl Into<String>) -> Self {
        if !self.is_right {
            self.notes.push(note.into());
        }
        self
    }

    /// What was seen instead, where something was and it is not right.
    pub(super) fn now(self, seen: Option<&str>) -> Self {
        match seen {
            Some(seen) => self.unless_right(format!("now: {}", safe(seen))),
            None => self,
        }
    }

    /// Says something below the field in any case.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(super) fn write(&self, out: &mut String) {
        let mark = if self.is_right { "[x]" } else { "[ ]" };
        let mut lines = self.value.lines();
        let first = lines.next().unwrap_or_default();
        let head = format!("   {mark} {}", self.label);
        let _ = writeln!(out, "{head:<VALUES$}{first}");
        for line in lines {
            let _ = writeln!(out, "{:VALUES$}{line}", "");
        }
        for note in &self.notes {
            let words = paragraph(&format!("({note})"), &" ".repeat(VALUES));
            out.push_str(&words);
        }
    }
}

/// A text wrapped at blanks, behind a lead-in; the lines after the first are indented as far. A word that is longer than
/// a line (an address) stays whole.
pub(super) fn paragraph(text: &str, lead: &str) -> String {
    let indent = lead.chars().count();
    let mut out = String::new();
    let mut line = lead.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
    out
}

/// A text from outside without anything that could move the cursor, hide or turn text around; bounded.
pub(super) fn safe(text: &str) -> String {
    let hides = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut kept: String =
        text.chars().take(MOST).map(|letter| if hides(letter) { '\u{fffd}' } else { letter }).collect();
    if text.chars().count() > MOST {
        kept.push_str("...");
    }
    kept
}
