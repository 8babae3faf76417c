//! Every compared field, side by side.

use super::{
    Heading,
    escape::{clipped, escape, prose},
    shape::icon,
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
pub(super) fn table(report: &Report, snapshot: &Snapshot) -> String {
    let mut rows = fields(snapshot, report);
    rows.sort_by_key(|row| row.agreement != Agreement::Differs);
    let is_seen = |column: &&Column| rows.iter().any(|row| matches!((column.held)(row), Held::Is { .. } | Held::Empty));
    let columns: Vec<&Column> = COLUMNS.iter().filter(is_seen).collect();
    let heads: String = columns
        .iter()
        .map(|column| format!("<th scope=\"col\">{}</th>", headline::says(report, column.title)))
        .collect();
    let unseen = unseen(&rows);
    let rows: String = rows.iter().map(|field| row(field, &columns, report)).collect();
    format!(
        "{}<table class=\"fields\">\n<caption>What Kasm stores and sends, and what the provider has.{unseen}</caption>\n\
         <thead><tr><th scope=\"col\">Field</th>{heads}<th scope=\"col\">Together</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n",
        Heading(2).of("Field by field"),
    )
}

/// Why some values were not seen: each reason once.
fn unseen(rows: &[FieldRow]) -> String {
    let held = rows.iter().flat_map(|row| COLUMNS.iter().map(|column| (column.held)(row)));
    let mut reasons: Vec<&str> = Vec::new();
    for held in held {
        if let Held::Unseen { why } = held
            && !reasons.contains(&why.as_str())
        {
            reasons.push(why);
        }
    }
    match reasons.is_empty() {
        true => String::new(),
        false => format!(" Not seen: {}.", prose(&reasons.join("; "), WHY)),
    }
}

fn row(row: &FieldRow, columns: &[&Column], report: &Report) -> String {
    let state = match row.agreement {
        Agreement::Agrees => State::Ok,
        Agreement::Differs => State::Broken,
        Agreement::Unproven | Agreement::NotApplicable => State::Unproven,
    };
    let name = if row.kasm_label == "-" { row.provider_label } else { row.kasm_label };
    let config = match &row.config_has {
        Held::Is { .. } => format!("<br><span class=\"dim\">config: {}</span>", value(&row.config_has)),
        Held::Empty | Held::Unseen { .. } | Held::None => String::new(),
    };
    let cells: String =
        columns.iter().map(|column| cell(&headline::says(report, column.title), (column.held)(row))).collect();
    format!(
        "<tr><th scope=\"row\">{}{config}</th>{cells}<td>{} {}</td></tr>\n",
        escape(name),
        icon(state),
        row.agreement.word()
    )
}

fn cell(title: &str, held: &Held) -> String {
    match held {
        Held::None => "<td></td>".to_owned(),
        held => format!("<td data-l=\"{title}\">{}</td>", value(held)),
    }
}

fn value(held: &Held) -> String {
    match held {
        Held::Is { values } => format!("<span class=\"v\">{}</span>", clipped(&values.join(" "), VALUE)),
        Held::Empty => "(nothing)".to_owned(),
        Held::Unseen { .. } => "<span class=\"dim\">not seen</span>".to_owned(),
        Held::None => String::new(),
    }
}
