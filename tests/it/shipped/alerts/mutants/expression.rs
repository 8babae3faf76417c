//! An expression, changed in one place at a time.

use regex::{Captures, Regex};

/// The parts of an expression that are changed.
const PARTS: &str = r#"(?x)
    (?P<matchers> \{[^}]*\} )
  | (?P<window>   \[[^\]]+\] )
  | (?P<labels>   \b(?:by|on)\ \([^)]*\) )
  | (?P<number>   \b\d+(?:\.\d+)?\b )
  | (?P<word>     [a-zA-Z_:][\w:]* )
  | (?P<compare>  ==|!=|<=|>=|<|> )
  | (?P<sign>     [-+*/] )
"#;

/// Each change in words, and the expression that it makes.
pub fn changes(expr: &str) -> Vec<(String, String)> {
    let parts = Regex::new(PARTS).unwrap();
    let mut made = Vec::new();
    for (place, part) in parts.captures_iter(expr).enumerate() {
        let whole = part.get(0).unwrap();
        let is_bound = part.name("compare").is_some();
        for other in others(&part).into_iter().filter(|other| !(is_bound && is_same_bound(expr, whole.as_str(), other)))
        {
            let change = format!("{place}: {} becomes {other}", whole.as_str());
            made.push((change, format!("{}{other}{}", &expr[..whole.start()], &expr[whole.end()..])));
        }
    }
    made
}

/// Whether a bound that only gains or loses its end is the same one: a time that is compared with now passes its end
/// between two evaluations.
fn is_same_bound(expr: &str, one: &str, other: &str) -> bool {
    expr.contains("time()") && one.trim_end_matches('=') == other.trim_end_matches('=')
}

/// What may stand in the place of a part.
fn others(part: &Captures<'_>) -> Vec<String> {
    let text = &part[0];
    if part.name("matchers").is_some() {
        other_matchers(text)
    } else if part.name("window").is_some() {
        other_windows(text)
    } else if part.name("labels").is_some() {
        other_labels(text)
    } else if part.name("number").is_some() {
        other_numbers(text)
    } else if part.name("word").is_some() {
        pick(text, WORDS)
    } else if part.name("compare").is_some() {
        pick(text, COMPARISONS)
    } else {
        pick(text, SIGNS)
    }
}

type Others = (&'static str, &'static [&'static str]);

const WORDS: &[Others] = &[
    ("min", &["max"]),
    ("max", &["min"]),
    ("sum", &["max"]),
    ("max_over_time", &["min_over_time"]),
    ("last_over_time", &["min_over_time", "max_over_time"]),
    ("sum_over_time", &["max_over_time"]),
    ("count_over_time", &["sum_over_time"]),
    ("unless", &["and"]),
    ("and", &["unless", "or"]),
    ("or", &["and"]),
];
const COMPARISONS: &[Others] =
    &[("==", &["!="]), ("<", &["<=", ">"]), ("<=", &["<", ">="]), (">", &[">=", "<"]), (">=", &[">", "<="])];
const SIGNS: &[Others] = &[("+", &["-"]), ("-", &["+"]), ("*", &["/"]), ("/", &["*"])];

fn pick(text: &str, among: &[Others]) -> Vec<String> {
    let known = among.iter().find(|(one, _)| *one == text);
    known.map_or_else(Vec::new, |(_, others)| others.iter().map(|other| (*other).to_owned()).collect())
}

fn other_numbers(text: &str) -> Vec<String> {
    match text.parse::<f64>().unwrap() {
        0.0 => vec!["1".to_owned()],
        1.0 => vec!["0".to_owned(), "2".to_owned()],
        number => vec![(number / 2.0).to_string(), (number * 2.0).to_string()],
    }
}

fn other_windows(text: &str) -> Vec<String> {
    let (count, unit) = text.trim_matches(['[', ']']).split_at(text.len() - 3);
    let count: u64 = count.parse().unwrap();
    let smaller = match unit {
        "d" => format!("[{}h]", count * 12),
        "h" => format!("[{}m]", count * 30),
        _ => format!("[{}s]", count * 30),
    };
    vec![smaller, format!("[{}{unit}]", count * 2)]
}

fn other_labels(text: &str) -> Vec<String> {
    let (head, labels) = text.trim_end_matches(')').split_once('(').unwrap();
    let labels: Vec<&str> = labels.split(", ").collect();
    (0..labels.len())
        .map(|gone| {
            let left: Vec<&str> =
                labels.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, one)| *one).collect();
            format!("{head}({})", left.join(", "))
        })
        .collect()
}

/// Each matcher gone, turned round, and for another value.
fn other_matchers(text: &str) -> Vec<String> {
    let matchers: Vec<&str> = text.trim_matches(['{', '}']).split(", ").collect();
    let with = |place: usize, other: Option<String>| {
        let all = matchers
            .iter()
            .enumerate()
            .filter_map(|(at, one)| if at == place { other.clone() } else { Some((*one).to_owned()) });
        format!("{{{}}}", all.collect::<Vec<_>>().join(", "))
    };
    let mut made = Vec::new();
    for (place, matcher) in matchers.iter().enumerate() {
        let turned = if matcher.contains("!=") || matcher.contains("!~") {
            matcher.replace("!=", "=").replace("!~", "=~")
        } else if matcher.contains("=~") {
            matcher.replace("=~", "!~")
        } else {
            matcher.replace('=', "!=")
        };
        let (head, _) = matcher.split_once('"').unwrap();
        made.push(with(place, None));
        made.push(with(place, Some(turned)));
        made.push(with(place, Some(format!("{head}\"no such value\""))));
    }
    made
}

#[test]
fn a_bound_of_a_time_is_turned_round_only() {
    let exprs = |expr| changes(expr).into_iter().map(|(_, expr)| expr).collect::<Vec<_>>();
    assert_eq!(exprs("x < time()"), ["x > time()"]);
    assert_eq!(exprs("x < y"), ["x <= y", "x > y"]);
}

#[test]
fn every_kind_of_part_is_changed() {
    let made = changes("min by (target, item) (x{a=\"b\"}[5m]) <= 2");
    let exprs: Vec<&str> = made.iter().map(|(_, expr)| expr.as_str()).collect();
    assert_eq!(
        exprs,
        [
            "max by (target, item) (x{a=\"b\"}[5m]) <= 2",
            "min by (item) (x{a=\"b\"}[5m]) <= 2",
            "min by (target) (x{a=\"b\"}[5m]) <= 2",
            "min by (target, item) (x{}[5m]) <= 2",
            "min by (target, item) (x{a!=\"b\"}[5m]) <= 2",
            "min by (target, item) (x{a=\"no such value\"}[5m]) <= 2",
            "min by (target, item) (x{a=\"b\"}[150s]) <= 2",
            "min by (target, item) (x{a=\"b\"}[10m]) <= 2",
            "min by (target, item) (x{a=\"b\"}[5m]) < 2",
            "min by (target, item) (x{a=\"b\"}[5m]) >= 2",
            "min by (target, item) (x{a=\"b\"}[5m]) <= 1",
            "min by (target, item) (x{a=\"b\"}[5m]) <= 4",
        ]
    );
}
