//! How long each phase of the two connections took.

use maud::{Markup, html};

use super::{Heading, text::shown};
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
pub(super) fn connections(report: &Report, snapshot: &Snapshot) -> Markup {
    let sides = [
        (facts::provider_name(report), phases(&snapshot.provider_connection, &snapshot.discovery)),
        (report.app.name(), phases(&snapshot.app_connection, &snapshot.app_health)),
    ];
    let total = |phases: &Phases| phases.iter().flatten().sum::<f64>();
    let longest = sides.iter().map(|(_, phases)| total(phases)).fold(0.0, f64::max);
    if longest <= 0.0 {
        return html! {};
    }
    html! {
        (Heading(2).of("Connections"))
        table.timing {
            caption { "Milliseconds of each phase in the last look" }
            thead {
                tr {
                    th scope="col" { "Side" }
                    @for (phase, n) in PHASES.iter().zip(1..) { th scope="col" { (key(n)) (phase) } }
                    th scope="col" { "All" }
                }
            }
            tbody { @for (side, phases) in &sides { (row(side, phases, total(phases), longest)) } }
        }
    }
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

fn row(side: &str, phases: &Phases, total: f64, longest: f64) -> Markup {
    html! {
        tr {
            th scope="row" { (shown(side)) (bar(phases, longest)) }
            @for (seconds, phase) in phases.iter().zip(&PHASES) {
                @match seconds {
                    Some(seconds) => { td.n data-l=(phase) { (milliseconds(*seconds)) } }
                    None => { td data-l=(phase) { "-" } }
                }
            }
            td.n data-l="All" { (milliseconds(total)) }
        }
    }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1}", seconds * 1000.0)
}

/// The phases one after the other, on the scale of the slower side. The numbers beside it say the same.
fn bar(phases: &Phases, longest: f64) -> Markup {
    let mut at = 0.0;
    let pieces: Vec<(f64, f64)> = phases
        .iter()
        .map(|seconds| {
            let (begin, width) = (at, seconds.unwrap_or_default() / longest * WIDTH);
            at += width;
            (begin, width)
        })
        .collect();
    html! {
        svg.phases viewBox=(format!("0 0 {WIDTH} 9")) preserveAspectRatio="none" aria-hidden="true" {
            @for ((begin, width), n) in pieces.iter().zip(1..) {
                rect class={ "p" (n) } x=(format!("{begin:.0}")) width=(format!("{width:.0}")) height="9" {}
            }
        }
    }
}

fn key(n: usize) -> Markup {
    html! { svg.key viewBox="0 0 9 9" aria-hidden="true" { rect class={ "p" (n) } width="9" height="9" {} } }
}
