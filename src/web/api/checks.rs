//! What is checked: every check with its texts.

use axum::{
    extract::Path,
    http::{StatusCode, Uri},
};
use serde::Serialize;

use super::{Answer, FORMAT, Problem, Query, Told};
use crate::{
    checks::{self, Check},
    model::{Credential, Stage},
    providers::pocket_id::Dialect,
    render::similar,
};

#[derive(Serialize)]
struct Document {
    format: u32,
    checks: Vec<CheckView>,
}

#[derive(Serialize)]
struct CheckView {
    id: &'static str,
    stage: &'static str,
    severity: SeverityView,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
    needs: &'static [Credential],
    since: Option<&'static str>,
    source: &'static str,
    fields: &'static [&'static str],
}

/// The severity by the provider's dialect.
#[derive(Serialize)]
struct SeverityView {
    legacy: &'static str,
    fosite: &'static str,
    openid: &'static str,
}

pub(super) async fn all(uri: Uri) -> Told {
    Query::none(&uri)?;
    Answer::of(&Document { format: FORMAT, checks: checks::all().map(view).collect() })
}

pub(super) async fn one(Path(id): Path<String>, uri: Uri) -> Told {
    Query::none(&uri)?;
    let check = checks::find(&id).ok_or_else(|| unknown(&id))?;
    Answer::of(&Document { format: FORMAT, checks: vec![view(check)] })
}

fn unknown(id: &str) -> Problem {
    let meant = similar(id, checks::all().map(|(_, check)| check.id));
    let hint = if meant.is_empty() { String::new() } else { format!(" Did you mean {}?", meant.join(" or ")) };
    Problem::new(StatusCode::NOT_FOUND, format!("No check is named \"{id}\".{hint}"))
}

fn view((stage, check): (Stage, &'static Check)) -> CheckView {
    let Check { id, severity, title, why, fix, needs, since, source, fields, run: _ } = check;
    let under = |dialect| severity.under(dialect).id();
    CheckView {
        id,
        stage: stage.id(),
        severity: SeverityView {
            legacy: under(Dialect::Legacy),
            fosite: under(Dialect::Fosite),
            openid: under(Dialect::Openid),
        },
        title,
        why,
        fix,
        needs,
        since: (!since.is_empty()).then_some(since),
        source,
        fields,
    }
}
