//! Templates made from the checks' own texts, so that no sentence about a check is written twice.

use ssowatch::{
    apps::AppName,
    checks::{self, Check},
    model::{Severity, Stage},
    providers::pocket_id::Dialect,
};

/// Whether a check has that severity under any dialect.
pub fn has(check: &Check, severity: Severity) -> bool {
    [Dialect::Fosite, Dialect::Legacy, Dialect::Openid].iter().any(|dialect| check.severity.under(*dialect) == severity)
}

/// Whether a failing check breaks sign-in for all.
pub fn is_outage(check: &Check) -> bool {
    has(check, Severity::Outage)
}

/// Whether a failing check breaks sign-in for some, or partly.
pub fn is_degraded(check: &Check) -> bool {
    has(check, Severity::Degraded)
}

/// Whether a failing check means that sign-in will break.
pub fn is_risk(check: &Check) -> bool {
    has(check, Severity::Risk)
}

/// A template that picks the text for the variable's value, one line for each value.
pub fn one_of<'a>(variable: &str, texts: impl IntoIterator<Item = (&'a str, String)>, otherwise: &str) -> String {
    let mut template = String::new();
    for (value, text) in texts {
        assert!(!text.contains("{{") && !text.contains('\n'), "{text}");
        let word = if template.is_empty() { "{{ if" } else { "{{- else if" };
        template += &format!("{word} eq {variable} {value:?} }}}}{text}\n");
    }
    template + &format!("{{{{- else }}}}{otherwise}\n{{{{- end }}}}")
}

/// A template that gives the title of the check that the variable names.
pub fn title(variable: &str, among: fn(&Check) -> bool) -> String {
    let app = AppName::unknown();
    let checks = checks::all().filter(|(_, check)| among(check));
    one_of(variable, checks.map(|(_, check)| (check.id, app.text(check.title))), "see its page")
}

/// A template that gives the title of the stage that the variable names.
pub fn stage(variable: &str) -> String {
    let app = AppName::unknown();
    one_of(variable, Stage::ALL.map(|stage| (stage.id(), app.text(stage.title()))), "another stage")
}

/// A template that gives the checks that compare the field that the variable names.
pub fn comparing(variable: &str) -> String {
    let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
    for (_, check) in checks::all() {
        for field in check.fields {
            match fields.iter_mut().find(|(known, _)| known == field) {
                Some((_, checks)) => checks.push(check.id),
                None => fields.push((field, vec![check.id])),
            }
        }
    }
    one_of(variable, fields.into_iter().map(|(field, checks)| (field, checks.join(", "))), "its page tells which")
}
