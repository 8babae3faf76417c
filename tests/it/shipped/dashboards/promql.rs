//! Reading queries: what Grafana puts in, and which series they choose.

use std::time::Duration;

use promql_parser::{
    label::Matcher,
    parser::{self, Expr},
};

/// What stands for `$__rate_interval` while a query is read: a duration that nobody writes by hand.
pub const RATE_INTERVAL: Duration = Duration::from_secs(7919);

/// The query as it is read: durations that Grafana puts in are put in, other variables stay in their strings.
///
/// # Errors
/// It is no PromQL.
pub fn read(query: &str) -> Result<Expr, String> {
    let rate = format!("{}s", RATE_INTERVAL.as_secs());
    let expr = query.replace("$__rate_interval", &rate).replace("$__interval", "1m").replace("$__range", "1h");
    parser::parse(&expr).map_err(|error| format!("{error}: {query}"))
}

/// A choice of series in a query.
pub struct Selector<'a> {
    pub name: String,
    pub matchers: Vec<&'a Matcher>,
    /// The range, where there is one.
    pub range: Option<Duration>,
    /// The function whose argument it is.
    pub function: Option<&'static str>,
}

/// Every choice of series in a query.
pub fn selectors(expr: &Expr) -> Vec<Selector<'_>> {
    let mut found = Vec::new();
    collect(expr, None, &mut found);
    found
}

fn collect<'a>(expr: &'a Expr, function: Option<&'static str>, found: &mut Vec<Selector<'a>>) {
    match expr {
        Expr::VectorSelector(chosen) => found.push(selector(chosen, None, function)),
        Expr::MatrixSelector(chosen) => found.push(selector(&chosen.vs, Some(chosen.range), function)),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| collect(argument, Some(call.func.name), found)),
        Expr::Aggregate(aggregate) => {
            aggregate.param.iter().for_each(|parameter| collect(parameter, None, found));
            collect(&aggregate.expr, None, found);
        }
        Expr::Binary(binary) => [&binary.lhs, &binary.rhs].into_iter().for_each(|side| collect(side, None, found)),
        Expr::Unary(unary) => collect(&unary.expr, None, found),
        Expr::Paren(inner) => collect(&inner.expr, function, found),
        Expr::Subquery(inner) => collect(&inner.expr, function, found),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn selector<'a>(
    chosen: &'a parser::VectorSelector,
    range: Option<Duration>,
    function: Option<&'static str>,
) -> Selector<'a> {
    let matchers: Vec<&Matcher> =
        chosen.matchers.matchers.iter().chain(chosen.matchers.or_matchers.iter().flatten()).collect();
    let by_label = || matchers.iter().find(|matcher| matcher.name == "__name__").map(|matcher| matcher.value.clone());
    let name = chosen.name.clone().or_else(by_label).unwrap_or_default();
    Selector { name, matchers, range, function }
}

/// Every label that a query groups or joins by.
pub fn labels(expr: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    collect_labels(expr, &mut found);
    found
}

fn collect_labels(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Call(call) => call.args.args.iter().for_each(|argument| collect_labels(argument, found)),
        Expr::Aggregate(aggregate) => {
            found.extend(aggregate.modifier.iter().flat_map(|modifier| modifier.labels().labels.clone()));
            collect_labels(&aggregate.expr, found);
        }
        Expr::Binary(binary) => {
            let matching = binary.modifier.iter().flat_map(|modifier| modifier.matching.iter());
            found.extend(matching.flat_map(|matching| matching.labels().labels.clone()));
            let brought = binary.modifier.iter().filter_map(|modifier| modifier.card.labels());
            found.extend(brought.flat_map(|brought| brought.labels.clone()));
            [&binary.lhs, &binary.rhs].into_iter().for_each(|side| collect_labels(side, found));
        }
        Expr::Unary(unary) => collect_labels(&unary.expr, found),
        Expr::Paren(inner) => collect_labels(&inner.expr, found),
        Expr::Subquery(inner) => collect_labels(&inner.expr, found),
        Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => {}
    }
}
