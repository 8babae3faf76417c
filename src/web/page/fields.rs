//! Every compared field, side by side.

use maud::{Markup, html};

use super::{
    Heading,
    shape::icon,
    text::{clipped, prose, shown},
};
use crate::{
    model::{Report, Snapshot},
    render::{
        fields::{Agreement, FieldRow, Held, fields},
        headline,
        path::State,
    },
};

/// The longest value, and all reasons together, in characters.
const VALUE: usize = 120;
const WHY: usize = 300;

/// One column: who has the values, and where they are in a row.
struct Column {
    title: &'static str,
    held: fn(&FieldRow) -> &Held,
}

const COLUMNS: [Column; 3] = [
    Column { title: "Kasm stores", held: |row| &row.app_stores },
    Column { title: "Kasm sends", held: |row| &row.app_sends },
    Column { title: "The provider has", held: |row| &row.provider_has },
];

/// The table. What differs stands first; a column of which nothing was seen is left out.
pub(super) fn table(report: &Report, snapshot: &Snapshot) -> Markup {
    let mut rows = fields(snapshot, report);
    rows.sort_by_key(|row| row.agreement != Agreement::Differs);
    let is_seen = |column: &&Column| rows.iter().any(|row| matches!((column.held)(row), Held::Is { .. } | Held::Empty));
    let columns: Vec<&Column> = COLUMNS.iter().filter(is_seen).collect();
    html! {
        (Heading(2).of("Field by field"))
        table.fields {
            caption { (report.app.text("What Kasm stores and sends, and what the provider has.")) (unseen(&rows)) }
            thead {
                tr {
                    th scope="col" { "Field" }
                    @for column in &columns { th scope="col" { (headline::says(report, column.title)) } }
                    th scope="col" { "Together" }
                }
            }
            tbody { @for field in &rows { (row(field, &columns, report)) } }
        }
    }
}

/// Why some values were not seen: each reason once.
fn unseen(rows: &[FieldRow]) -> Markup {
    let held = rows.iter().flat_map(|row| COLUMNS.iter().map(|column| (column.held)(row)));
    let mut reasons: Vec<&str> = Vec::new();
    for held in held {
        if let Held::Unseen { why } = held
            && !reasons.contains(&why.as_str())
        {
            reasons.push(why);
        }
    }
    html! { @if !reasons.is_empty() { " Not seen: " (prose(&reasons.join("; "), WHY)) "." } }
}

fn row(row: &FieldRow, columns: &[&Column], report: &Report) -> Markup {
    let state = match row.agreement {
        Agreement::Agrees => State::Ok,
        Agreement::Differs => State::Broken,
        Agreement::Unproven | Agreement::NotApplicable => State::Unproven,
    };
    let name = if row.kasm_label == "-" { row.provider_label } else { row.kasm_label };
    html! {
        tr {
            th scope="row" {
                (shown(name))
                @if let Held::Is { .. } = row.config_has { br; span.dim { "config: " (value(&row.config_has)) } }
            }
            @for column in columns { (cell(&headline::says(report, column.title), (column.held)(row))) }
            td { (icon(state)) " " (row.agreement.word()) }
        }
    }
}

fn cell(title: &str, held: &Held) -> Markup {
    match held {
        Held::None => html! { td {} },
        held => html! { td data-l=(title) { (value(held)) } },
    }
}

fn value(held: &Held) -> Markup {
    match held {
        Held::Is { values } => html! { span.v { (clipped(&values.join(" "), VALUE)) } },
        Held::Empty => html! { "(nothing)" },
        Held::Unseen { .. } => html! { span.dim { "not seen" } },
        Held::None => html! {},
    }
}
