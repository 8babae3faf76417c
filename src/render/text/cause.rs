//! What broke first: both sides' values, where they differ, and what to change.

use unicode_width::UnicodeWidthStr;

use crate::{
    model::{CheckReport, Drift, Finding, Login, Report},
    render::{
        drift, facts, headline,
        page::{Page, cell},
        style::Paint,
    },
};

/// The columns of the words at the left: `Cause`, `Fix`, `More`.
const LABEL: usize = 7;
/// How many columns before the first difference stay in sight where a value is wider than the page.
const BEFORE: usize = 24;

/// Tells the check that matters most: the cause; without one, the first that fails. Returns it, so that it is not told
/// twice. Where nothing can be told, why.
pub(super) fn cause<'r>(page: &mut Page, report: &'r Report) -> Option<&'r CheckReport> {
    if report.login == Login::Unknown {
        doubt(page, report);
    }
    let check = headline::told(report)?;
    let label = if report.login == Login::Broken { "Cause" } else { "Fault" };
    page.gap();
    page.row(&[cell(label, LABEL, Paint::Strong)], &check.id, Paint::Strong);
    for finding in &check.findings {
        tell(page, report, finding);
    }
    fix(page, check);
    page.row(&[cell("More", LABEL, Paint::Strong)], &format!("ssowatch explain {}", check.id), Paint::Plain);
    Some(check)
}

/// Why it cannot be told.
fn doubt(page: &mut Page, report: &Report) {
    if let Some(reason) = headline::doubt(report) {
        page.gap();
        page.row(&[cell("Why", LABEL, Paint::Strong)], reason, Paint::Plain);
    }
}

fn tell(page: &mut Page, report: &Report, finding: &Finding) {
    if let Some(message) = facts::without_values(finding) {
        page.row(&[cell("", 2, Paint::Plain)], &message, Paint::Plain);
    }
    if let Some(drift) = &finding.drift {
        both_sides(page, report, drift);
    }
}

fn fix(page: &mut Page, check: &CheckReport) {
    for way in headline::fixes(check) {
        page.row(&[cell("Fix", LABEL, Paint::Strong)], way, Paint::Plain);
    }
}

/// Both values, one above the other, and a caret below the first difference.
fn both_sides(page: &mut Page, report: &Report, drift: &Drift) {
    let actual_by = headline::says(report, &drift.actual_by);
    let expected_by = headline::says(report, &drift.expected_by);
    let label = page.columns(&actual_by).max(page.columns(&expected_by)) + 3;
    let room = page.width().saturating_sub(2 + label);
    let window = Window::around(page, drift, room);
    for (by, value) in [(&actual_by, &drift.actual), (&expected_by, &drift.expected)] {
        let shown = if value.is_empty() { "(nothing)".to_owned() } else { window.of(page, value) };
        page.verbatim(&[cell("", 2, Paint::Plain), cell(by, label, Paint::Quiet)], &shown, Paint::Plain);
    }
    let difference = drift::difference(&drift.expected, &drift.actual);
    if difference.is_one_place {
        caret(page, 2 + label + window.caret, &difference.words);
    } else {
        page.row(&[cell("", 2 + label, Paint::Plain)], &difference.words, Paint::Bad);
    }
}

/// The words stand behind the caret, before it where the line is too short, or below it.
fn caret(page: &mut Page, at: usize, words: &str) {
    let long = page.columns(words);
    if at + 2 + long <= page.width() {
        page.row(&[cell("", at, Paint::Plain), cell("^", 2, Paint::Bad)], words, Paint::Bad);
    } else if long + 3 <= at {
        let text = format!("{words} ^");
        page.row(&[cell("", at - long - 1, Paint::Plain)], &text, Paint::Bad);
    } else {
        page.row(&[cell("", at, Paint::Plain)], "^", Paint::Bad);
        page.row(&[cell("", 2, Paint::Plain)], words, Paint::Bad);
    }
}

/// The part of both values that is shown: all of them where they fit, else the part around the first difference.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// How many characters are left out at the beginning.
    skip: usize,
    /// How many columns a value may take.
    room: usize,
    /// The column of the first difference, counted from the value's first one.
    caret: usize,
}

const LEFT_OUT: &str = "...";

impl Window {
    fn around(page: &Page, drift: &Drift, room: usize) -> Self {
        let room = room.max(2 * BEFORE);
        let same = drift::common_prefix(&drift.expected, &drift.actual);
        let column = page.columns(&drift.actual.chars().take(same).collect::<String>());
        let widest = page.columns(&drift.actual).max(page.columns(&drift.expected));
        if widest <= room || column + BEFORE <= room {
            return Self { skip: 0, room, caret: column };
        }
        let mut skip = 0;
        let before = |skip: usize| -> String { drift.actual.chars().take(same).skip(skip).collect() };
        while skip < same && page.columns(&before(skip)) > BEFORE {
            skip += 1;
        }
        Self { skip, room, caret: LEFT_OUT.len() + page.columns(&before(skip)) }
    }

    fn of(self, page: &Page, value: &str) -> String {
        let start = if self.skip > 0 { LEFT_OUT } else { "" };
        let kept: String = value.chars().skip(self.skip).collect();
        if start.len() + page.columns(&kept) <= self.room {
            return format!("{start}{kept}");
        }
        let mut shown = start.to_owned();
        let mut taken = shown.width();
        for character in kept.chars() {
            taken += page.columns(character.encode_utf8(&mut [0; 4]));
            if taken + LEFT_OUT.len() > self.room {
                break;
            }
            shown.push(character);
        }
        shown + LEFT_OUT
    }
}
