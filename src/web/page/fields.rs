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

/// The longest value, and all reasons together, in characters.
const VALUE: usize = 120;
const WHY: usize = 300;

/// The table. What differs stands first.
pub(super) fn table(report: &Report, snapshot: &Snapshot) -> String {
    let mut rows = fields(snapshot, report);
    rows.sort_by_key(|row| row.agreement != Agreement::Differs);
    let unseen = unseen(&rows);
    let rows: String = rows.iter().map(row).collect();
    format!(
        "{}<table class=\"fields\">\n<caption>What Kasm stores and sends, and what the provider has.{unseen}</caption>\n\
         <thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Kasm stores</th><th scope=\"col\">Kasm sends</th>\
         <th scope=\"col\">Provider has</th><th scope=\"col\">Together</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
        Heading(2).of("Field by field"),
    )
}

/// Why some values were not seen: each reason once.
fn unseen(rows: &[FieldRow]) -> String {
    let held = rows.iter().flat_map(|row| [&row.kasm_stores, &row.kasm_sends, &row.provider_has]);
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
        false => format!(" Not seen: {}.", clipped(&reasons.join("; "), WHY)),
    }
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
        Held::Unseen { .. } => "<span class=\"dim\">not seen</span>".to_owned(),
        Held::None => return "<td></td>".to_owned(),
    };
    format!("<td data-l=\"{label}\">{told}</td>")
}
