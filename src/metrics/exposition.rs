//! What a scrape gets, put together from pieces that were made before.
//!
//! The series of a target change with its rounds, and a scrape comes several times as often as a round, at a time when
//! nothing should wait. So each target's part is rendered once, when its round ends, in the formats that were asked for
//! lately; a scrape copies these parts, family by family, and renders anew only what changed otherwise.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    Format, MetricsBuilder,
    catalogue::ALL,
    pieces::{self, Pieces},
};
use crate::results::Entry;

/// A format that was not asked for so long is no longer rendered ahead: longer than any scrape interval in use.
const LATELY: Duration = Duration::from_mins(5);
/// How much is handed on at once, in bytes.
const BLOCK: usize = 64 << 10;

/// The parts of all targets.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    targets: BTreeMap<String, Arc<Part>>,
    /// When each format was last asked for, in the order of [`Format::ALL`].
    asked: [Option<Instant>; Format::ALL.len()],
}

/// One target's part, and what it was made from.
#[derive(Debug)]
struct Part {
    entry: Arc<Entry>,
    /// How often the daemon's counts about the target had changed.
    version: u64,
    is_current: bool,
    formats: [Option<Pieces>; Format::ALL.len()],
}

impl Part {
    fn is_of(&self, source: &Source<'_>) -> bool {
        Arc::ptr_eq(&self.entry, source.entry)
            && self.version == source.version
            && self.is_current == source.is_current
    }
}

/// What a target's part is made from.
pub(super) struct Source<'a> {
    pub entry: &'a Arc<Entry>,
    pub version: u64,
    pub is_current: bool,
}

impl Exposition {
    /// Renders a target's part in the formats that were asked for lately; where none was, it is left to the next scrape.
    pub fn refresh(&self, source: &Source<'_>, write: impl Fn(&mut MetricsBuilder)) {
        let wanted = {
            let known = self.known();
            known.asked.map(|asked| asked.is_some_and(|at| at.elapsed() < LATELY))
        };
        let name = &source.entry.name;
        if wanted.contains(&true) {
            let part = part(source, wanted, write);
            self.known().targets.insert(name.clone(), Arc::new(part));
        } else {
            self.known().targets.remove(name);
        }
    }

    /// Forgets a target that is gone.
    pub fn remove(&self, target: &str) {
        self.known().targets.remove(target);
    }

    /// What a scrape gets in this format.
    pub fn scrape<'a>(
        &self,
        format: Format,
        sources: impl Iterator<Item = Source<'a>>,
        write: impl Fn(&Source<'a>, &mut MetricsBuilder),
        rest: MetricsBuilder,
    ) -> Scrape {
        let index = format as usize;
        self.known().asked[index] = Some(Instant::now());
        let mut parts = Vec::new();
        for source in sources {
            let known = self.known().targets.get(&source.entry.name).cloned();
            let known = known.filter(|part| part.is_of(&source) && part.formats[index].is_some());
            parts.push(known.unwrap_or_else(|| {
                let mut wanted = [false; Format::ALL.len()];
                wanted[index] = true;
                let part = Arc::new(part(&source, wanted, |builder| write(&source, builder)));
                self.known().targets.insert(source.entry.name.clone(), Arc::clone(&part));
                part
            }));
        }
        Scrape { format, parts, rest: pieces::of(format, rest) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change of it is whole or was not begun.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn part(source: &Source<'_>, wanted: [bool; Format::ALL.len()], write: impl Fn(&mut MetricsBuilder)) -> Part {
    let formats = Format::ALL.map(|format| {
        wanted[format as usize].then(|| {
            let mut builder = MetricsBuilder::new();
            write(&mut builder);
            pieces::of(format, builder)
        })
    });
    Part { entry: Arc::clone(source.entry), version: source.version, is_current: source.is_current, formats }
}

/// What a scrape gets.
#[derive(Debug)]
pub struct Scrape {
    format: Format,
    parts: Vec<Arc<Part>>,
    rest: Pieces,
}

impl Scrape {
    /// Its format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// How long it is, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        let families = (0..ALL.len()).map(|family| {
            let samples = self.pieces(family).map(<[u8]>::len).sum::<usize>();
            if samples == 0 { 0 } else { pieces::head(self.format, family, samples).len() + samples }
        });
        families.sum::<usize>() + pieces::end(self.format).len()
    }

    /// Its bytes, in blocks.
    pub fn blocks(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let mut next = (0, 0);
        std::iter::from_fn(move || {
            let mut block = Vec::with_capacity(BLOCK + BLOCK / 8);
            self.fill(&mut block, &mut next);
            (!block.is_empty()).then_some(block)
        })
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(self, to: &mut impl io::Write) -> io::Result<()> {
        self.blocks().try_for_each(|block| to.write_all(&block))
    }

    /// Adds to a block from this family and part on, until it is full, and notes where it ended.
    fn fill(&self, block: &mut Vec<u8>, (family, part): &mut (usize, usize)) {
        while *family < ALL.len() {
            if *part == 0 {
                let samples = self.pieces(*family).map(<[u8]>::len).sum::<usize>();
                if samples > 0 {
                    block.extend_from_slice(&pieces::head(self.format, *family, samples));
                }
            }
            for piece in self.pieces(*family).skip(*part) {
                if block.len() >= BLOCK {
                    return;
                }
                block.extend_from_slice(piece);
                *part += 1;
            }
            (*family, *part) = (*family + 1, 0);
        }
        if *family == ALL.len() {
            block.extend_from_slice(pieces::end(self.format));
            *family += 1;
        }
    }

    /// The samples of a family, by target.
    fn pieces(&self, family: usize) -> impl Iterator<Item = &[u8]> {
        let index = self.format as usize;
        let targets = self.parts.iter().filter_map(move |part| part.formats[index].as_ref());
        targets.chain(std::iter::once(&self.rest)).map(move |pieces| pieces.of_family(family))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::metrics::{Family, encode};

    fn entry(name: &str) -> Arc<Entry> {
        let name = name.to_owned();
        Arc::new(Entry { name, stale_after_seconds: 240.0, interval_seconds: 60.0, latest: None })
    }

    fn sources(entries: &[Arc<Entry>], version: u64, is_current: bool) -> impl Iterator<Item = Source<'_>> {
        entries.iter().map(move |entry| Source { entry, version, is_current })
    }

    /// Some series of a target, of each type and with characters that are escaped.
    fn write(name: &str, builder: &mut MetricsBuilder) {
        builder.set_flag(Family::LoginSuccess, &[name], true);
        builder.set(Family::Rounds, &[name], 7.0);
        builder.set(Family::Expiry, &[name, "a \"quoted\" \\ item"], 1_795_521_600.5);
        for number in 0..200 {
            builder.set(Family::JwksKeys, &[&format!("{name} {number}")], f64::from(number));
        }
    }

    fn rest() -> MetricsBuilder {
        let mut builder = MetricsBuilder::new();
        builder.set(Family::Targets, &[], 2.0);
        let mut durations = crate::metrics::builder::Distribution::default();
        durations.observe(0.2);
        builder.set_distribution(Family::RoundDuration, &[], &durations);
        builder
    }

    #[test]
    fn what_is_put_together_from_pieces_is_what_is_made_at_once() {
        let entries: Vec<Arc<Entry>> = (0..40).map(|number| entry(&format!("target-{number:02}"))).collect();
        for format in Format::ALL {
            let mut whole = MetricsBuilder::new();
            entries.iter().for_each(|entry| write(&entry.name, &mut whole));
            whole.set(Family::Targets, &[], 2.0);
            let mut durations = crate::metrics::builder::Distribution::default();
            durations.observe(0.2);
            whole.set_distribution(Family::RoundDuration, &[], &durations);
            let expected = encode(&whole.finish(), format).unwrap();

            let exposition = Exposition::default();
            let by = |source: &Source<'_>, builder: &mut MetricsBuilder| write(&source.entry.name, builder);
            let scrape = exposition.scrape(format, sources(&entries, 0, true), by, rest());
            assert_eq!(scrape.length(), expected.len(), "{format:?}");
            let blocks: Vec<Vec<u8>> = scrape.blocks().collect();
            assert!(blocks.len() > 2 && blocks.iter().all(|block| block.len() < 2 * BLOCK), "{format:?}");
            assert!(blocks.concat() == expected, "{format:?}");
        }
    }

    #[test]
    fn a_part_is_rendered_once_for_each_round_and_again_only_when_something_about_it_changed() {
        let (exposition, rendered) = (Exposition::default(), Cell::new(0));
        let by = |source: &Source<'_>, builder: &mut MetricsBuilder| {
            rendered.set(rendered.get() + 1);
            write(&source.entry.name, builder);
        };
        let count = |entries: &[Arc<Entry>], version, is_current, format| {
            rendered.set(0);
            exposition.scrape(format, sources(entries, version, is_current), by, MetricsBuilder::new());
            rendered.get()
        };
        let entries = [entry("home"), entry("work")];
        let first = &entries[0];
        let refresh = |version| {
            rendered.set(0);
            let source = Source { entry: first, version, is_current: true };
            exposition.refresh(&source, |builder| by(&source, builder));
            rendered.get()
        };
        assert_eq!(refresh(0), 0, "nobody has asked yet");
        assert_eq!(count(&entries, 0, true, Format::Text), 2);
        assert_eq!(count(&entries, 0, true, Format::Text), 0);
        assert_eq!(count(&entries, 1, true, Format::Text), 2, "other counts");
        assert_eq!(count(&entries, 1, false, Format::Text), 2, "too old");
        assert_eq!(refresh(2), 1, "in the one format that was asked for");
        assert_eq!(count(&entries[..1], 2, true, Format::Text), 0);
        assert_eq!(count(&entries[..1], 2, true, Format::OpenMetrics), 1);
        assert_eq!(refresh(3), 2, "in both");
        assert_eq!(count(&[entry("home")], 3, true, Format::OpenMetrics), 1, "another round");
        exposition.remove("home");
        assert_eq!(exposition.known().targets.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_format_that_nobody_asks_for_any_more_is_not_rendered_ahead() {
        let exposition = Exposition::default();
        let home = entry("home");
        let by = |source: &Source<'_>, builder: &mut MetricsBuilder| write(&source.entry.name, builder);
        exposition.scrape(Format::Text, sources(std::slice::from_ref(&home), 0, true), by, MetricsBuilder::new());
        tokio::time::advance(LATELY).await;
        exposition.refresh(&Source { entry: &home, version: 1, is_current: true }, |builder| write("home", builder));
        assert!(exposition.known().targets.is_empty());
    }
}
