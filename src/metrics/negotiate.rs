//! Which format a scraper gets, and whether compressed: from its `Accept` and `Accept-Encoding` (RFC 9110, section 12).
//!
//! The highest quality that we support wins; of equals the one that is named more exactly; of those the first in our
//! order of preference. What cannot be read or met gets text 0.0.4, as Prometheus' rules of negotiation want.

use super::openmetrics;

/// An exposition format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text 0.0.4.
    Text,
    /// OpenMetrics 1.0.0 text.
    OpenMetrics,
    /// Prometheus protobuf, delimited.
    Protobuf,
}

impl Format {
    /// Every format, in our order of preference.
    pub const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The `Content-Type` of an answer.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => openmetrics::CONTENT_TYPE,
            Self::Protobuf => prometheus::PROTOBUF_FORMAT,
        }
    }

    /// How exactly a media range names this format; none where it does not.
    fn matched_by(self, range: &Range<'_>) -> Option<u8> {
        let (kind, subtype) = match self {
            Self::Text => ("text", "plain"),
            Self::OpenMetrics => ("application", "openmetrics-text"),
            Self::Protobuf => ("application", "vnd.google.protobuf"),
        };
        let exactness = match range.media.split_once('/')? {
            ("*", "*") => 0,
            (of, "*") if of.eq_ignore_ascii_case(kind) => 1,
            (of, sub) if of.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        let says = |key: &str| range.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        let fits = match self {
            Self::Text => says("version").is_none_or(|(_, version)| *version == "0.0.4"),
            Self::OpenMetrics => says("version").is_none_or(|(_, version)| *version == "1.0.0"),
            Self::Protobuf => {
                says("proto").is_none_or(|(_, proto)| *proto == "io.prometheus.client.MetricFamily")
                    && says("encoding").is_none_or(|(_, encoding)| *encoding == "delimited")
            }
        };
        fits.then_some(exactness)
    }
}

/// One range of a header: what is named, with its parameters and its quality.
#[derive(Debug)]
struct Range<'a> {
    media: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f64,
}

impl<'a> Range<'a> {
    /// Reads one; none where it is malformed.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?;
        let mut found = Self { media, parameters: Vec::new(), quality: 1.0 };
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            let (key, value) = (key.trim(), value.trim().trim_matches('"'));
            if key.eq_ignore_ascii_case("q") {
                found.quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
            } else {
                found.parameters.push((key, value));
            }
        }
        Some(found)
    }
}

fn ranges(header: &str) -> Vec<Range<'_>> {
    header.split(',').filter_map(Range::read).collect()
}

/// The format for an `Accept` header (several joined by commas).
#[must_use]
pub fn format(accept: Option<&str>) -> Format {
    let ranges = ranges(accept.unwrap_or_default());
    let mut best = None;
    for format in Format::ALL {
        // The range that names a format most exactly decides about it.
        let matching = ranges.iter().filter_map(|range| Some((format.matched_by(range)?, range.quality)));
        let Some((exactness, quality)) =
            matching.max_by(|(a, p), (b, q)| a.cmp(b).then(p.total_cmp(q))).filter(|(_, quality)| *quality > 0.0)
        else {
            continue;
        };
        if best.is_none_or(|(most, exactest, _)| quality > most || (quality >= most && exactness > exactest)) {
            best = Some((quality, exactness, format));
        }
    }
    best.map_or(Format::Text, |(_, _, format)| format)
}

/// Whether an `Accept-Encoding` header (several joined by commas) takes gzip.
#[must_use]
pub fn takes_gzip(accept_encoding: Option<&str>) -> bool {
    let ranges = ranges(accept_encoding.unwrap_or_default());
    let quality =
        |name: &str| ranges.iter().find(|range| range.media.eq_ignore_ascii_case(name)).map(|range| range.quality);
    quality("gzip").or_else(|| quality("x-gzip")).or_else(|| quality("*")).is_some_and(|quality| quality > 0.0)
}

#[cfg(test)]
mod tests {
    use super::{Format::*, *};

    #[test]
    fn each_scraper_gets_the_best_format_that_it_names() {
        let prometheus_2_42 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                               text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let native_histograms = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,\
                                 application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,\
                                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                            application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                            text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for (accept, expected) in [
            (prometheus_2_42, OpenMetrics),
            (native_histograms, Protobuf),
            (prometheus_3, OpenMetrics),
            (browser, Text),
            ("*/*", Text),
            ("", Text),
            ("text/plain", Text),
            ("text/*", Text),
            ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.8", Text),
            ("text/plain;version=1.0.0", Text),
            ("application/openmetrics-text; version=\"1.0.0\"", OpenMetrics),
            ("application/openmetrics-text; version=2.0.0, */*;q=0.1", Text),
            ("application/openmetrics-text;version=0.0.1", Text),
            ("APPLICATION/OpenMetrics-Text ; Q=0.3 , text/plain;q=0.2", OpenMetrics),
            // Of equals the one that is named.
            ("*/*, application/openmetrics-text", OpenMetrics),
            ("application/*", OpenMetrics),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", Protobuf),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", Text),
            // Not at any price: the exact range outranks the wide one.
            ("text/plain;q=0, */*", OpenMetrics),
            // Malformed ranges are passed over.
            ("application/openmetrics-text;q=high, text/plain;q=0.1", Text),
            ("application/openmetrics-text;q=7", Text),
            ("application/openmetrics-text;version", Text),
            (",,;;, /, nonsense", Text),
            ("image/png", Text),
        ] {
            assert_eq!(format(Some(accept)), expected, "{accept}");
        }
        assert_eq!(format(None), Text);
    }

    #[test]
    fn gzip_only_where_it_is_taken() {
        for (header, expected) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("deflate, GZIP;q=0.5", true),
            ("x-gzip", true),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("gzip;q=0.0", false),
            ("identity", false),
            ("br;q=1.0, identity;q=0.5", false),
            ("", false),
            ("gzip;q=nan", false),
        ] {
            assert_eq!(takes_gzip(Some(header)), expected, "{header}");
        }
        assert!(!takes_gzip(None));
    }
}
