//! How long each phase of the two connections took.

use super::{Heading, escape::escape};
use crate::{
    model::{Answered, Connection, HttpTiming, Observed, Report, Snapshot},
    render::facts,
};

/// The phases in their order, each with its name.
const PHASES: [&str; 5] = ["Name", "TCP", "TLS", "Server", "Transfer"];
/// The width of the longest bar.
const WIDTH: f64 = 1000.0;

/// The seconds of each phase; none where it was not seen.
type Phases = [Option<f64>; 5];

/// The part of the page about the connections.
pub(super) fn connections(report: &Report, snapshot: &Snapshot) -> String {
    let sides = [
        (facts::provider_name(report), phases(&snapshot.provider_connection, &snapshot.discovery)),
        ("Kasm", phases(&snapshot.app_connection, &snapshot.app_health)),
    ];
    let total = |phases: &Phases| phases.iter().flatten().sum::<f64>();
    let longest = sides.iter().map(|(_, phases)| total(phases)).fold(0.0, f64::max);
    if longest <= 0.0 {
        return String::new();
    }
    let rows: String = sides.iter().map(|(side, phases)| row(side, phases, total(phases), longest)).collect();
    let heads: String =
        PHASES.iter().zip(1..).map(|(phase, n)| format!("<th scope=\"col\">{}{phase}</th>", key(n))).collect();
    format!(
        "{}<table class=\"timing\">\n<caption>Milliseconds of each phase in the last look</caption>\n<thead><tr><th scope=\"col\">Side</th>\
         {heads}<th scope=\"col\">All</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
        Heading(2).of("Connections")
    )
}

fn phases<T>(connection: &Observed<Connection>, answer: &Observed<Answered<T>>) -> Phases {
    let connection = connection.ok();
    let timing: Option<HttpTiming> = answer.ok().map(|answer| answer.timing);
    [
        connection.map(|connection| connection.resolve_seconds),
        connection.map(|connection| connection.connect_seconds),
        connection.and_then(|connection| connection.tls_seconds),
        timing.map(|timing| timing.processing_seconds),
        timing.map(|timing| timing.transfer_seconds),
    ]
}

fn row(side: &str, phases: &Phases, total: f64, longest: f64) -> String {
    let cell = |(seconds, phase): (&Option<f64>, &&str)| match seconds {
        Some(seconds) => format!("<td class=\"n\" data-l=\"{phase}\">{:.1}</td>", seconds * 1000.0),
        None => format!("<td data-l=\"{phase}\">-</td>"),
    };
    let cells: String = phases.iter().zip(&PHASES).map(cell).collect();
    format!(
        "<tr><th scope=\"row\">{}{}</th>{cells}<td class=\"n\" data-l=\"All\">{:.1}</td></tr>\n",
        escape(side),
        bar(phases, longest),
        total * 1000.0
    )
}

/// The phases one after the other, on the scale of the slower side. The numbers beside it say the same.
fn bar(phases: &Phases, longest: f64) -> String {
    let mut at = 0.0;
    let piece = |(seconds, n): (&Option<f64>, usize)| {
        let width = seconds.unwrap_or_default() / longest * WIDTH;
        let piece = format!("<rect class=\"p{n}\" x=\"{at:.0}\" width=\"{width:.0}\" height=\"9\"/>");
        at += width;
        piece
    };
    let pieces: String = phases.iter().zip(1..).map(piece).collect();
    format!(
        "<svg class=\"phases\" viewBox=\"0 0 {WIDTH} 9\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{pieces}</svg>"
    )
}

fn key(n: usize) -> String {
    format!(
        "<svg class=\"key\" viewBox=\"0 0 9 9\" aria-hidden=\"true\"><rect class=\"p{n}\" width=\"9\" height=\"9\"/></svg>"
    )
}
