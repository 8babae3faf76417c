//! Samples that are encoded already, by family; and what stands around them in each format.

use prometheus::{
    Encoder as _, ProtobufEncoder, TextEncoder,
    proto::{MetricFamily, MetricType},
};

use super::{
    Format, MetricsBuilder,
    catalogue::{ALL, Kind},
    openmetrics,
};

/// Samples of all families in one format, in the order of the catalogue.
#[derive(Debug)]
pub(super) struct Pieces {
    bytes: Box<[u8]>,
    /// Where the samples of each family end.
    ends: Box<[u32]>,
}

impl Pieces {
    /// The samples of one family.
    pub fn of_family(&self, family: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let begin = family.checked_sub(1).map_or(0, end);
        self.bytes.get(begin..end(family)).unwrap_or_default()
    }
}

/// Encodes samples.
pub(super) fn of(format: Format, builder: MetricsBuilder) -> Pieces {
    let (mut bytes, mut ends) = (Vec::with_capacity(8 << 10), Vec::with_capacity(ALL.len()));
    for family in builder.by_family() {
        if let Some(family) = family {
            samples(format, &family, &mut bytes);
        }
        // Some kilobytes: a target has a closed set of series.
        ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }
    Pieces { bytes: bytes.into(), ends: ends.into() }
}

/// Adds the samples of a family, without what stands before them.
fn samples(format: Format, family: &MetricFamily, bytes: &mut Vec<u8>) {
    match format {
        Format::OpenMetrics => {
            let mut text = String::new();
            openmetrics::samples_of(&mut text, family);
            bytes.extend_from_slice(text.as_bytes());
        }
        Format::Text => {
            // The encoder refuses a family without samples or without a name, which the builder does not make.
            let text = TextEncoder::new().encode_to_string(std::slice::from_ref(family)).unwrap_or_default();
            let head = text.match_indices('\n').nth(1).map_or(text.len(), |(at, _)| at + 1);
            bytes.extend_from_slice(&text.as_bytes()[head..]);
        }
        Format::Protobuf => {
            // Of a message with nothing but a name of one letter, all that follows the name are samples.
            let mut bare = MetricFamily::default();
            bare.set_name("x".to_owned());
            bare.set_metric(family.get_metric().to_vec());
            let mut message = Vec::new();
            if ProtobufEncoder::new().encode(&[bare], &mut message).is_ok() {
                let length = message.iter().position(|byte| byte & 0x80 == 0).map_or(0, |at| at + 1);
                let name = length + 3;
                bytes.extend_from_slice(message.get(name..).unwrap_or_default());
            }
        }
    }
}

/// What stands before the samples of a family; `samples` is their length in bytes.
pub(super) fn head(format: Format, family: usize, samples: usize) -> Vec<u8> {
    let about = &ALL[family];
    match format {
        Format::Text => format!("# HELP {0} {1}\n# TYPE {0} {2}\n", about.name, about.help, about.kind.word()).into_bytes(),
        Format::OpenMetrics => openmetrics::head_of(about).into_bytes(),
        Format::Protobuf => {
            // Fields 1 to 3 of io.prometheus.client.MetricFamily; the samples are field 4.
            let mut fields = Vec::new();
            for (tag, text) in [(0x0a, about.name), (0x12, about.help)] {
                fields.push(tag);
                varint(&mut fields, text.len());
                fields.extend_from_slice(text.as_bytes());
            }
            let kind = match about.kind {
                Kind::Counter => MetricType::COUNTER,
                Kind::Gauge => MetricType::GAUGE,
                Kind::Histogram => MetricType::HISTOGRAM,
            };
            fields.push(0x18);
            varint(&mut fields, kind as usize);
            let mut head = Vec::new();
            varint(&mut head, fields.len() + samples);
            head.extend_from_slice(&fields);
            head
        }
    }
}

/// What ends an exposition.
pub(super) fn end(format: Format) -> &'static [u8] {
    match format {
        Format::OpenMetrics => openmetrics::END.as_bytes(),
        Format::Text | Format::Protobuf => b"",
    }
}

/// A number in base 128, the lowest digits first (Protocol Buffers, "Base 128 Varints").
fn varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
