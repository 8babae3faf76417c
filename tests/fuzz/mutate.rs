//! New inputs out of known ones.

use serde_json::Value;

/// The largest input.
const LARGEST: usize = 1_000_000;

/// xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap() % end
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// One of the corpus, changed in a few places; rarely in so many that it becomes large.
pub fn mutate(corpus: &[Vec<u8>], words: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(corpus).clone();
    let tree = if random.one_in(2) { serde_json::from_slice::<Value>(&input).ok() } else { None };
    if let Some(mut tree) = tree {
        for _ in 0..=random.below(3) {
            change_value(&mut tree, words, random);
        }
        input = tree.to_string().into_bytes();
    }
    if random.one_in(3) {
        for _ in 0..=random.below(4) {
            change_bytes(&mut input, corpus, words, random);
        }
    }
    if random.one_in(100) {
        grow(&mut input, random);
    }
    input.truncate(LARGEST);
    input
}

/// Changes one value somewhere in a tree.
fn change_value(value: &mut Value, words: &[&str], random: &mut Random) {
    match value {
        Value::Array(items) if !items.is_empty() && !random.one_in(4) => {
            let index = random.below(items.len());
            match random.below(8) {
                0 => drop(items.remove(index)),
                1 => {
                    let item = items[index].clone();
                    let times = 1 << random.below(8);
                    items.extend(std::iter::repeat_n(item, times));
                }
                _ => change_value(&mut items[index], words, random),
            }
        }
        Value::Object(members) if !members.is_empty() && !random.one_in(6) => {
            let index = random.below(members.len());
            let Some(name) = members.keys().nth(index).cloned() else { return };
            match random.below(8) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert((*random.pick(words)).to_owned(), any(words, random))),
                _ => change_value(&mut members[&name], words, random),
            }
        }
        Value::String(text) if random.one_in(2) => {
            let mut bytes = std::mem::take(text).into_bytes();
            change_bytes(&mut bytes, &[], words, random);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        // Most readers know the type that they want.
        Value::Number(number) if !random.one_in(4) => *value = near(number.as_i64().unwrap_or_default(), random),
        Value::Bool(truth) if !random.one_in(4) => *truth = !*truth,
        Value::String(text) if !random.one_in(4) => *text = (*random.pick(words)).to_owned(),
        other => *other = any(words, random),
    }
}

/// A number near another, or at an edge.
fn near(number: i64, random: &mut Random) -> Value {
    match random.below(8) {
        0 => i64::MAX.into(),
        1 => i64::MIN.into(),
        2 => 0.into(),
        3 => (-1).into(),
        4 => 1e300.into(),
        5 => number.wrapping_mul(2).into(),
        6 => u32::MAX.into(),
        _ => number.wrapping_add(1).into(),
    }
}

/// A value that is at an edge of something.
fn any(words: &[&str], random: &mut Random) -> Value {
    match random.below(16) {
        0 => Value::Null,
        1 => true.into(),
        2 => 0.into(),
        3 => (-1).into(),
        4 => i64::MAX.into(),
        5 => i64::MIN.into(),
        6 => u64::MAX.into(),
        7 => 1e308.into(),
        8 => "".into(),
        9 => "\u{0}\u{202e}\u{1b}[31m é😀".into(),
        10 => "x".repeat(1 << random.below(14)).into(),
        11 => Value::Array(Vec::new()),
        12 => serde_json::json!({}),
        13 => serde_json::json!([[{"": [0]}]]),
        14 => random.below(100_000).into(),
        _ => (*random.pick(words)).into(),
    }
}

/// Changes a few bytes somewhere.
fn change_bytes(input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(16)).min(input.len());
    match random.below(8) {
        0 if at < input.len() => input[at] = u8::try_from(random.below(256)).unwrap(),
        1 if at < input.len() => input[at] ^= 1 << random.below(8),
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece.repeat(1 + random.below(8)));
        }
        4 => input.truncate(at),
        5 if !corpus.is_empty() => {
            let other = random.pick(corpus);
            let from = random.below(other.len() + 1);
            let to = (from + random.below(200)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        6 => drop(input.splice(at..at, [*random.pick(b"\0\xff\x80\"\n<%9")])),
        _ => drop(input.splice(at..end, random.pick(words).bytes())),
    }
}

/// Repeats a piece until the input is large.
fn grow(input: &mut Vec<u8>, random: &mut Random) {
    if input.is_empty() {
        return;
    }
    let at = random.below(input.len());
    let end = (at + 1 + random.below(60)).min(input.len());
    let piece = input[at..end].to_vec();
    let times = (1 << random.below(20)).min(LARGEST / piece.len());
    input.splice(at..at, piece.repeat(times));
}
