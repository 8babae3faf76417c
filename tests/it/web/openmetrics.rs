//! A small strict reader of OpenMetrics 1.0.0 text, by the rules of its specification that our families can break.

use std::collections::{BTreeMap, BTreeSet};

/// One family while it is read.
#[derive(Default)]
struct Family {
    name: String,
    kind: String,
    seen: BTreeSet<&'static str>,
    samples: usize,
}

/// The samples by name and labels.
pub fn parse(text: &str) -> Result<BTreeMap<String, f64>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("no # EOF at the end")?;
    let mut found = BTreeMap::new();
    let mut names = BTreeSet::new();
    let mut family = Family::default();
    let mut buckets: Vec<(String, f64, f64)> = Vec::new();
    for line in body.lines() {
        if line.is_empty() || line == "# EOF" {
            return Err(format!("an empty line or a second end: {line:?}"));
        }
        if let Some(rest) = line.strip_prefix("# ") {
            metadata(rest, &mut family, &mut names)?;
            continue;
        }
        let (series, value) = line.rsplit_once(' ').ok_or_else(|| format!("no value: {line}"))?;
        let (name, labels) = series_of(series)?;
        let value = number(value)?;
        belongs(&family, &name, &labels)?;
        if name.ends_with("_bucket") {
            buckets.push(bucket(&labels, value)?);
        }
        family.samples += 1;
        if found.insert(series.to_owned(), value).is_some() {
            return Err(format!("{series} stands twice"));
        }
    }
    cumulative(&buckets)?;
    Ok(found)
}

fn metadata(rest: &str, family: &mut Family, names: &mut BTreeSet<String>) -> Result<(), String> {
    let mut parts = rest.splitn(3, ' ');
    let (Some(keyword), Some(name), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("not a line of metadata: {rest}"));
    };
    if family.name != name {
        if !names.insert(name.to_owned()) {
            return Err(format!("{name} is interleaved with another family"));
        }
        *family = Family { name: name.to_owned(), ..Family::default() };
    }
    if family.samples > 0 {
        return Err(format!("{name}: metadata after samples"));
    }
    let keyword = ["TYPE", "UNIT", "HELP"].into_iter().find(|known| *known == keyword);
    let keyword = keyword.ok_or_else(|| format!("an unknown keyword: {rest}"))?;
    if !family.seen.insert(keyword) {
        return Err(format!("{name}: {keyword} stands twice"));
    }
    match keyword {
        "TYPE" if name.ends_with("_total") => return Err(format!("{name}: a family's name has no _total")),
        "TYPE" => family.kind = value.to_owned(),
        "UNIT" if !name.ends_with(&format!("_{value}")) => return Err(format!("{name} does not end with {value}")),
        "HELP" => unescaped(value)?,
        _ => {}
    }
    Ok(())
}

/// A text in which quotes are escaped and every backslash begins an escape.
fn unescaped(text: &str) -> Result<(), String> {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\n' => return Err(format!("not escaped: {text:?}")),
            '\\' if !matches!(characters.next(), Some('\\' | '"' | 'n')) => return Err(format!("an escape: {text:?}")),
            _ => {}
        }
    }
    Ok(())
}

fn series_of(series: &str) -> Result<(String, Vec<(String, String)>), String> {
    let Some((name, rest)) = series.split_once('{') else { return Ok((series.to_owned(), Vec::new())) };
    let mut rest = rest.strip_suffix('}').ok_or_else(|| format!("no closing brace: {series}"))?;
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").ok_or_else(|| format!("no label: {rest}"))?;
        let end = end_of_value(after).ok_or_else(|| format!("no end of a value: {after}"))?;
        unescaped(&after[..end])?;
        if labels.iter().any(|(known, _)| known == key) {
            return Err(format!("the label {key} stands twice: {series}"));
        }
        labels.push((key.to_owned(), after[..end].to_owned()));
        rest = &after[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    Ok((name.to_owned(), labels))
}

/// The index of the quote that is not escaped.
fn end_of_value(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)) => {
            text.parse().map_err(|_| format!("not a number: {text}"))
        }
        _ => Err(format!("not a number: {text}")),
    }
}

fn belongs(family: &Family, name: &str, labels: &[(String, String)]) -> Result<(), String> {
    let suffix = name.strip_prefix(family.name.as_str()).ok_or_else(|| format!("{name} is in no family"))?;
    let has_bound = labels.iter().any(|(key, _)| key == "le");
    match (family.kind.as_str(), suffix) {
        ("gauge", "") | ("counter", "_total") | ("histogram", "_count" | "_sum") if !has_bound => Ok(()),
        ("histogram", "_bucket") if has_bound => Ok(()),
        _ => Err(format!("{name} is no sample of the {} {}", family.kind, family.name)),
    }
}

fn bucket(labels: &[(String, String)], value: f64) -> Result<(String, f64, f64), String> {
    let bound = labels.iter().find(|(key, _)| key == "le").map(|(_, bound)| bound.as_str()).unwrap_or_default();
    if bound != "+Inf" && !bound.contains('.') {
        return Err(format!("the bound {bound} is not written as a float"));
    }
    let others: Vec<String> =
        labels.iter().filter(|(key, _)| key != "le").map(|(key, value)| format!("{key}={value}")).collect();
    Ok((others.join(","), number(bound)?, value))
}

fn cumulative(buckets: &[(String, f64, f64)]) -> Result<(), String> {
    for pair in buckets.windows(2) {
        let [(one, bound, count), (other, next_bound, next_count)] = pair else { continue };
        if one == other && (bound >= next_bound || count > next_count) {
            return Err(format!("buckets of {one} do not grow"));
        }
        if one != other && *bound != f64::INFINITY {
            return Err(format!("buckets of {one} do not end with +Inf"));
        }
    }
    match buckets.last() {
        Some((of, bound, _)) if *bound != f64::INFINITY => Err(format!("buckets of {of} do not end with +Inf")),
        _ => Ok(()),
    }
}

#[test]
fn the_reader_refuses_what_the_specification_refuses() {
    let good = "# TYPE a counter\n# HELP a text\na_total{x=\"y\"} 1.0\n# EOF\n";
    assert_eq!(parse(good).unwrap().len(), 1);
    for bad in [
        "# TYPE a counter\na_total 1.0\n",
        "# TYPE a_total counter\na_total 1.0\n# EOF\n",
        "# TYPE a counter\na 1.0\n# EOF\n",
        "# TYPE a gauge\na 1.0\na 1.0\n# EOF\n",
        "# TYPE a gauge\n\na 1.0\n# EOF\n",
        "# TYPE a gauge\na inf\n# EOF\n",
        "# TYPE a gauge\n# UNIT a seconds\na 1.0\n# EOF\n",
        "# TYPE a gauge\n# HELP a say \"hi\"\na 1.0\n# EOF\n",
        "# TYPE a gauge\na{x=\"y\\z\"} 1.0\n# EOF\n",
        "# TYPE a gauge\na 1.0\n# TYPE b gauge\nb 1.0\n# TYPE a gauge\n# EOF\n",
        "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n# EOF\n",
        "# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_count 1\n# EOF\n",
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
}
