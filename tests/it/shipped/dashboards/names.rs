//! Every metric and every label on the boards is in the catalogue, and the catalogue is on the boards.

use std::collections::BTreeSet;

use promql_parser::parser::Expr;
use ssowatch::metrics::{
    Family,
    catalogue::{self, About, Kind},
};

use super::{
    board::Board,
    boards, promql,
    query::{Form, OF_PROMETHEUS},
};

/// Families that no board shows, and why.
const UNUSED: &[(Family, &str)] = &[
    (Family::ProbeSuccess, "a probe is shown by the boards of blackbox_exporter, whose names these are"),
    (Family::ProbeDuration, "as above"),
    (Family::ProbeTimeout, "as above"),
    (Family::ProbeHttpDuration, "as above"),
    (Family::ProbeHttpStatus, "as above"),
    (Family::ProbeCertExpiry, "as above"),
    (Family::ProbeDns, "as above"),
    (Family::ProbeIpProtocol, "as above"),
    (Family::ProviderClients, "a count that changes with the provider's clients alone; the page /clients names them"),
    (Family::ProcessVirtualMemory, "what is reserved and never touched costs nothing; resident memory is shown"),
];

/// Labels that Prometheus puts on every series.
const OF_EVERY_SERIES: [&str; 2] = ["job", "instance"];

/// The family that a name in a query stands for: a histogram has three.
pub fn family(name: &str) -> Option<&'static About> {
    let parts = ["_bucket", "_sum", "_count"];
    catalogue::ALL.iter().find(|about| match about.kind {
        Kind::Histogram => name.strip_prefix(about.name).is_some_and(|part| parts.contains(&part)),
        Kind::Gauge | Kind::Counter => about.name == name,
    })
}

/// The labels of what a name in a query stands for; none where the name is unknown.
fn labels_of(name: &str) -> Option<BTreeSet<&'static str>> {
    let of_prometheus = OF_PROMETHEUS.iter().find(|(known, _)| *known == name).map(|(_, labels)| *labels);
    let labels = of_prometheus.or_else(|| Some(family(name)?.labels))?;
    let bucket = name.ends_with("_bucket").then_some("le");
    Some(labels.iter().copied().chain(OF_EVERY_SERIES).chain(bucket).collect())
}

/// What is wrong with the names in a query.
fn wrong(query: &Expr) -> Vec<String> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    for selector in promql::selectors(query) {
        for name in selector.name.split('|') {
            let Some(labels) = labels_of(name) else {
                found.push(format!("there is no metric {name}"));
                continue;
            };
            let foreign =
                selector.matchers.iter().filter(|one| one.name != "__name__" && !labels.contains(one.name.as_str()));
            found.extend(foreign.map(|one| format!("{name} has no label {}", one.name)));
            known.extend(labels);
        }
    }
    let foreign = promql::labels(query).into_iter().filter(|label| !known.contains(label.as_str()));
    found.extend(foreign.map(|label| format!("it groups by {label}, which none of its metrics has")));
    found
}

/// Every query of a board, its variables' too.
fn queries(board: &Board) -> Vec<(String, String)> {
    let variables = board.variables().into_iter().map(|(name, query)| {
        let (series, label) = super::lint::label_query(&query).unwrap();
        assert!(promql::read(series).is_ok_and(|expr| labels_exist(&expr, label)), "{query}");
        (format!("{} / variable {name}", board.uid), series.to_owned())
    });
    board.queries().into_iter().map(|(place, query)| (place, query.expr)).chain(variables).collect()
}

fn labels_exist(expr: &Expr, label: &str) -> bool {
    let selectors = promql::selectors(expr);
    let mut names = selectors.iter().flat_map(|selector| selector.name.split('|'));
    names.all(|name| labels_of(name).is_some_and(|labels| labels.contains(label)))
}

#[test]
fn every_name_on_a_board_is_in_the_catalogue() {
    let mut found = Vec::new();
    for board in boards() {
        for (place, query) in queries(&board) {
            found.extend(
                wrong(&promql::read(&query).unwrap()).into_iter().map(|what| format!("{place}: {what}: {query}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_name_that_is_not_in_the_catalogue_is_found() {
    for (query, what) in [
        ("ssowatch_login_successful", "there is no metric ssowatch_login_successful"),
        ("ssowatch_round_duration_seconds", "there is no metric ssowatch_round_duration_seconds"),
        ("ssowatch_targets{target=\"home\"}", "ssowatch_targets has no label target"),
        ("sum by (side) (ssowatch_jwks_keys)", "it groups by side, which none of its metrics has"),
        ("ssowatch_jwks_keys and on (check) ssowatch_jwks_keys", "it groups by check, which none of its metrics has"),
    ] {
        assert_eq!(wrong(&promql::read(query).unwrap()), [what], "{query}");
    }
}

/// The label in a legend or a column is one of the series that the query gives.
#[test]
fn every_label_that_is_shown_is_there_to_be_shown() {
    for board in boards() {
        for panel in board.panels() {
            for query in panel.queries.iter().filter(|query| query.form != Form::Table) {
                let shown = query.legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
                for label in shown {
                    assert!(
                        gives_label(&query.expr, label),
                        "{} / {}: {label}: {}",
                        board.uid,
                        panel.title,
                        query.expr
                    );
                }
            }
            for label in panel.labels() {
                let mut tables = panel.queries.iter();
                assert!(
                    tables.any(|query| gives_label(&query.expr, label)),
                    "{} / {}: {label}",
                    board.uid,
                    panel.title
                );
            }
        }
    }
}

/// Whether the series of a query can have a label: one that it groups by where it groups, else one of its metrics.
fn gives_label(query: &str, label: &str) -> bool {
    let expr = promql::read(query).unwrap();
    let grouped = promql::labels(&expr);
    let of_metrics =
        || promql::selectors(&expr).iter().any(|one| labels_of(&one.name).is_some_and(|all| all.contains(label)));
    grouped.iter().any(|by| by == label) || (!query.contains(" by (") && of_metrics())
}

#[test]
fn every_family_is_on_a_board_or_is_left_out_for_a_reason() {
    let mut shown = BTreeSet::new();
    for board in boards() {
        for (_, query) in queries(&board) {
            let expr = promql::read(&query).unwrap();
            for selector in promql::selectors(&expr) {
                shown.extend(selector.name.split('|').filter_map(|name| Some(family(name)?.name)));
            }
        }
    }
    for about in catalogue::ALL {
        let reason = UNUSED.iter().find(|(family, _)| *family == about.family).map(|(_, reason)| *reason);
        match (shown.contains(about.name), reason) {
            (false, None) => panic!(
                "{} is on no board: show it in tests/it/shipped/dashboards/{{overview,target,daemon}}.rs, or say in \
                 UNUSED (tests/it/shipped/dashboards/names.rs) why it is not shown",
                about.name
            ),
            (true, Some(reason)) => panic!("{} is on a board, and UNUSED says: {reason}", about.name),
            _ => {}
        }
    }
}
