//! Every compared field, side by side.

use super::{
    Heading,
    escape::{clipped, escape},
    shape::icon,
};
use crate::{
    model::{Report, Snapshot},
    telling::{
        fields::{Agreement, FieldRow, Held, fields},
        path::State,
    },
};

/// The longest value, and the longest reason, in characters.
const VALUE: usize = 120;
const WHY: usize = 60;

/// The table. What differs stands first.
pub(super) fn table(report: &Report, snapshot: &Snapshot) -> String {
    let mut rows = fields(snapshot, report);
    rows.sort_by_key(|row| row.agreement != Agreement::Differs);
    let rows: String = rows.iter().map(row).collect();
    format!(
        "{}<table>\n<caption>What Kasm stores and sends, and what the provider has</caption>\n\
         <thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Kasm stores</th><th scope=\"col\">Kasm sends</th>\
         <th scope=\"col\">Provider has</th><th scope=\"col\">They</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
        Heading(2).of("Field by field"),
    )
}

fn row(row: &FieldRow) -> String {
    let state = match row.agreement {
        Agreement::Agrees => State::Ok,
        Agreement::Differs => State::Broken,
        Agreement::Unproven | Agreement::NotApplicable => State::Unproven,
    };
    let name = if row.kasm_label == "-" { row.provider_label } else { row.kasm_label };
    format!(
        "<tr><th scope=\"row\">{}</th>{}{}{}<td>{} {}</td></tr>\n",
        escape(name),
        cell("Kasm stores", &row.kasm_stores),
        cell("Kasm sends", &row.kasm_sends),
        cell("Provider has", &row.provider_has),
        icon(state),
        row.agreement.word()
    )
}

fn cell(label: &str, held: &Held) -> String {
    let told = match held {
        Held::Is { values } => format!("<span class=\"v\">{}</span>", clipped(&values.join(" "), VALUE)),
        Held::Empty => "(nothing)".to_owned(),
        Held::Unseen { why } => format!("<span class=\"dim\">? {}</span>", clipped(why, WHY)),
        Held::None => return "<td></td>".to_owned(),
    };
    format!("<td data-l=\"{label}\">{told}</td>")
}
