//! Lines on a terminal. Every text that is put here passes through [`safe`], so no caller can forget it.

use unicode_width::UnicodeWidthStr;

use super::style::{Paint, Style, safe};

/// The narrowest column that text is broken into: on a narrower terminal lines run over.
const NARROWEST: usize = 24;
/// The longest word that is shown whole, in characters: room for an address, not for a document.
const LONGEST_WORD: usize = 400;

/// Text that grows line by line.
#[derive(Debug)]
pub(super) struct Page {
    style: Style,
    text: String,
}

/// A column of a row: its text, its width, and what it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'a> {
    pub text: &'a str,
    pub width: usize,
    pub paint: Paint,
}

/// A column `width` wide.
pub(super) fn cell(text: &str, width: usize, paint: Paint) -> Cell<'_> {
    Cell { text, width, paint }
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { style, text: String::new() }
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// The width to fill, in columns.
    pub(super) fn width(&self) -> usize {
        self.style.width.max(NARROWEST)
    }

    /// How many columns a text takes once it is safe.
    pub(super) fn columns(&self, text: &str) -> usize {
        safe(text, self.style).width()
    }

    /// An empty line; never two, never at the top.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        self.row(&[], text, Paint::Strong);
    }

    /// Two texts at the two ends of a line, or on two lines where one is too narrow.
    pub(super) fn ends(&mut self, left: (&str, Paint), right: (&str, Paint)) {
        let (left_safe, right_safe) = (safe(left.0, self.style), safe(right.0, self.style));
        let taken = left_safe.width() + right_safe.width();
        let left_shown = left.1.on(&left_safe, self.style);
        let right_shown = right.1.on(&right_safe, self.style);
        if taken + 2 <= self.width() {
            let space = " ".repeat(self.width() - taken);
            self.push_line(&format!("{left_shown}{space}{right_shown}"));
        } else {
            self.row(&[], left.0, left.1);
            self.row(&[], right.0, right.1);
        }
    }

    /// Columns, then text as it is: never broken, so that what stands above and below stays aligned.
    pub(super) fn verbatim(&mut self, cells: &[Cell<'_>], text: &str, paint: Paint) {
        let (head, _) = self.head(cells);
        let text = paint.on(&safe(text, self.style), self.style);
        self.push_line(&format!("{head}{text}"));
    }

    /// Columns, then text that is broken at spaces and goes on below its own beginning.
    ///
    /// A column that is too narrow for its text pushes what follows to the right, one space apart.
    pub(super) fn row(&mut self, cells: &[Cell<'_>], text: &str, paint: Paint) {
        let (head, overflow) = self.head(cells);
        let indent: usize = cells.iter().map(|cell| cell.width).sum();
        let room = self.width().saturating_sub(indent).max(NARROWEST);
        let lines = broken(&safe(text, self.style), room, room.saturating_sub(overflow));
        let below = " ".repeat(indent);
        for (index, line) in lines.iter().enumerate() {
            let before = if index == 0 { &head } else { &below };
            self.push_line(&format!("{before}{}", paint.on(line, self.style)));
        }
    }

    /// A sentence that goes on two columns further in.
    pub(super) fn sentence(&mut self, indent: usize, text: &str) {
        let room = self.width().saturating_sub(indent + 2).max(NARROWEST);
        let lines = broken(&safe(text, self.style), room, room + 2);
        for (index, line) in lines.iter().enumerate() {
            let before = " ".repeat(if index == 0 { indent } else { indent + 2 });
            self.push_line(&format!("{before}{line}"));
        }
    }

    /// Whether every word of a text fits behind so many columns.
    pub(super) fn fits(&self, text: &str, indent: usize) -> bool {
        let room = self.width().saturating_sub(indent);
        text.split(' ').all(|word| self.columns(word) <= room)
    }

    /// The columns of a row, and by how much they are too long.
    fn head(&self, cells: &[Cell<'_>]) -> (String, usize) {
        let mut head = String::new();
        let mut overflow = 0;
        for cell in cells {
            let shown = safe(cell.text, self.style);
            let free = cell.width.saturating_sub(overflow);
            let padding = free.saturating_sub(shown.width());
            head.push_str(&cell.paint.on(&shown, self.style));
            if padding == 0 && cell.width > 0 && !shown.is_empty() {
                head.push(' ');
                overflow = shown.width() + 1 - free;
            } else {
                head.push_str(&" ".repeat(padding));
                overflow = 0;
            }
        }
        (head, overflow)
    }

    fn push_line(&mut self, line: &str) {
        self.text.push_str(line.trim_end_matches(' '));
        self.text.push('\n');
    }
}

/// The text in lines of at most `room` columns, the first of at most `first`; at least one line. Longer words run over.
fn broken(text: &str, room: usize, first: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let word = shortened(word);
        let limit = if lines.len() == 1 { first } else { room };
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(&word);
        } else if line.width() + 1 + word.width() <= limit {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

fn shortened(word: &str) -> String {
    if word.chars().count() <= LONGEST_WORD {
        return word.to_owned();
    }
    let start: String = word.chars().take(LONGEST_WORD - 3).collect();
    format!("{start}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, fill: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(Style { width, ..Style::PLAIN });
        fill(&mut page);
        page.finish()
    }

    #[test]
    fn text_goes_on_below_its_own_beginning() {
        let text = page(40, |page| {
            page.row(&[cell("  Kasm", 10, Paint::Plain)], "one two three four five six seven eight", Paint::Plain);
        });
        assert_eq!(text, "  Kasm    one two three four five six\n          seven eight\n");
    }

    #[test]
    fn a_word_that_is_too_long_runs_over_and_is_not_cut() {
        let address = format!("https://{}.example", "a".repeat(40));
        let text = page(30, |page| page.row(&[], &format!("see {address} now"), Paint::Plain));
        assert_eq!(text, format!("see\n{address}\nnow\n"));
    }

    #[test]
    fn a_column_that_is_too_narrow_pushes_what_follows_and_the_next_column_makes_up_for_it() {
        let text = page(60, |page| {
            page.row(&[cell("longer", 4, Paint::Plain), cell("x", 8, Paint::Plain)], "text", Paint::Plain);
        });
        assert_eq!(text, "longer x    text\n");
    }

    #[test]
    fn two_ends_that_do_not_fit_stand_on_two_lines() {
        let ends =
            |width| page(width, |page| page.ends(("left left left", Paint::Plain), ("right right", Paint::Plain)));
        assert_eq!(ends(30), "left left left     right right\n");
        assert_eq!(ends(26), "left left left\nright right\n");
    }

    #[test]
    fn gaps_are_single_and_never_first() {
        let text = page(30, |page| {
            page.gap();
            page.row(&[], "a", Paint::Plain);
            page.gap();
            page.gap();
            page.row(&[], "b", Paint::Plain);
        });
        assert_eq!(text, "a\n\nb\n");
    }

    #[test]
    fn foreign_text_cannot_colour_or_break_a_line() {
        let text = page(40, |page| page.row(&[cell("\x1b[31m", 10, Paint::Plain)], "a\nb", Paint::Plain));
        assert_eq!(text, "\\u{1b}[31m a\\nb\n");
    }
}
