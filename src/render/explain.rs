//! What the checks mean: a page for each, the list, and the same as a Markdown table, all from the checks' own texts.

use super::{
    facts,
    page::{Page, cell},
    style::{Paint, Style},
};
use crate::{
    checks::{self, Check, SeverityRule},
    model::{Severity, Stage},
    providers::pocket_id::Dialect,
};

/// The columns of a page's labels.
const LABEL: usize = 10;

/// The list of checks, by stage in the order of the login path.
#[must_use]
pub fn list(style: Style) -> String {
    let mut page = Page::new(style);
    let name = checks::all().map(|(_, check)| page.columns(check.id) + 2).max().unwrap_or_default();
    for (stage, checks) in checks::ALL.iter().filter(|(_, checks)| !checks.is_empty()) {
        page.heading(stage.title());
        for check in *checks {
            let severity = worst(check.severity);
            let cells =
                [cell("", 2, Paint::Plain), cell(check.id, name, Paint::Plain), cell(&severity, 10, Paint::Quiet)];
            page.row(&cells, check.title, Paint::Plain);
        }
    }
    page.gap();
    if checks::all().any(|(_, check)| severity_in_short(check.severity).contains('/')) {
        page.row(&[], "* with some releases of the provider; less with others", Paint::Quiet);
    }
    page.row(&[], "ssowatch explain CHECK tells why one matters and how to fix it.", Paint::Quiet);
    page.finish()
}

/// The page of one check; none where no check has this id.
#[must_use]
pub fn one(id: &str, style: Style) -> Option<String> {
    let (stage, check) = checks::find(id)?;
    let mut page = Page::new(style);
    page.row(&[], check.id, Paint::Strong);
    page.row(&[], check.title, Paint::Plain);
    page.gap();
    for (label, text) in entries(stage, check) {
        page.row(&[cell(label, LABEL, Paint::Strong)], &text, Paint::Plain);
    }
    Some(page.finish())
}

fn entries(stage: Stage, check: &Check) -> Vec<(&'static str, String)> {
    let needs = match check.needs {
        [] => "no credential".to_owned(),
        needs => {
            let mut keys: Vec<&str> = needs.iter().map(|credential| credential.config_keys()).collect();
            keys.dedup();
            format!("{} ({})", facts::in_words(needs.iter().copied()), keys.join(", "))
        }
    };
    let all = [
        ("Stage", stage.title().to_owned()),
        ("Severity", severity_in_words(check.severity)),
        ("Why", check.why.to_owned()),
        ("Fix", check.fix.to_owned()),
        ("Needs", needs),
        ("Since", check.since.to_owned()),
        ("Source", check.source.to_owned()),
        ("Fields", check.fields.join(", ")),
        ("Off", format!("checks: {{{}: off}} in the configuration of a target", check.id)),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The checks as a Markdown table, for documents.
#[must_use]
pub fn markdown_table() -> String {
    let mut table = "| check | severity | needs | holds when it is good |\n| --- | --- | --- | --- |\n".to_owned();
    for (_, check) in checks::all() {
        let needs = facts::in_words(check.needs.iter().copied());
        let row = [&format!("`{}`", check.id), &severity_in_short(check.severity), &needs, check.title];
        let row: Vec<String> = row.iter().map(|text| text.replace('|', "\\|")).collect();
        table.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    table
}

/// The worst severity, starred where it is not that bad under every dialect.
fn worst(rule: SeverityRule) -> String {
    let short = severity_in_short(rule);
    short.split_once('/').map_or(short.clone(), |(worst, _)| format!("{worst}*"))
}

/// `outage`, or `outage/risk` where the dialects differ, the worst first.
fn severity_in_short(rule: SeverityRule) -> String {
    let used = Severity::ALL.into_iter().filter(|severity| by_dialect(rule).iter().any(|(_, own)| own == severity));
    used.map(Severity::id).collect::<Vec<_>>().join("/")
}

/// The severity, and where it depends on the provider's release.
fn severity_in_words(rule: SeverityRule) -> String {
    let rows = by_dialect(rule);
    if rows.iter().all(|(_, severity)| *severity == rows[0].1) {
        return rows[0].1.id().to_owned();
    }
    rows.map(|(when, severity)| format!("{} {when}", severity.id())).join(", ")
}

fn by_dialect(rule: SeverityRule) -> [(&'static str, Severity); 3] {
    [
        ("with Pocket ID from 2.10 on", rule.under(Dialect::Fosite)),
        ("before", rule.under(Dialect::Legacy)),
        ("with other providers", rule.under(Dialect::Openid)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(dialect: Dialect) -> Severity {
        if dialect == Dialect::Fosite { Severity::Outage } else { Severity::Risk }
    }

    #[test]
    fn a_severity_that_splits_says_by_what() {
        assert_eq!(severity_in_words(SeverityRule::DEGRADED), "degraded");
        assert_eq!(severity_in_short(SeverityRule::DEGRADED), "degraded");
        let rule = SeverityRule::By(split);
        assert_eq!(
            severity_in_words(rule),
            "outage with Pocket ID from 2.10 on, risk before, risk with other providers"
        );
        assert_eq!(severity_in_short(rule), "outage/risk");
        assert_eq!((worst(rule).as_str(), worst(SeverityRule::INFO).as_str()), ("outage*", "info"));
    }

    #[test]
    fn every_check_is_in_the_list_and_in_the_table_and_has_a_page() {
        let (list, table) = (list(Style::PLAIN), markdown_table());
        for (_, check) in checks::all() {
            assert!(list.contains(check.id), "{}", check.id);
            let rows = table.lines().filter(|row| row.starts_with(&format!("| `{}` |", check.id))).count();
            assert_eq!(rows, 1, "{}", check.id);
            let page = one(check.id, Style::PLAIN).unwrap_or_default();
            let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
            for text in [check.title, check.why, check.fix, check.source] {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(words.contains(&text), "{} lacks \"{text}\":\n{page}", check.id);
            }
        }
        assert!(table.lines().all(|row| row.replace("\\|", "").matches('|').count() == 5), "{table}");
        assert_eq!(one("no_such_check", Style::PLAIN), None);
    }
}
