//! Panels as SVG.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use super::SHOWN;
use crate::shipped::dashboards::frames::{Cell, Style, Table};

/// A column and a row of the grid, in pixels.
const COLUMN: f64 = 60.0;
const ROW: f64 = 34.0;
/// What is left between two panels.
const GAP: f64 = 6.0;
/// A letter of the text, about.
const LETTER: f64 = 6.6;
/// A row of a table.
const LINE: f64 = 26.0;

/// The colours of lines, in turn.
const LINES: [&str; 8] = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#b877d9", "#5794f2", "#fade2a"];

/// A named colour of Grafana's dark theme.
fn color(name: &str) -> &str {
    match name {
        "semi-dark-red" => "#e02f44",
        "semi-dark-orange" => "#ff780a",
        "semi-dark-yellow" => "#e0b400",
        "semi-dark-green" => "#37872d",
        "text" => "#ccccdc",
        other => other,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A line: its legend, and values by time.
type Line = (String, Vec<(f64, f64)>);

/// How many legends are drawn.
const LEGENDS: usize = 6;

/// A board that is being drawn.
pub struct Canvas {
    svg: String,
    /// Unix time.
    now: f64,
}

/// The place of a panel, in pixels.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Place {
    fn of(panel: &Value) -> Self {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_f64().unwrap());
        Self { x: x * COLUMN, y: y * ROW, w: w * COLUMN - GAP, h: h * ROW - GAP }
    }

    /// The place below the title.
    fn inner(self) -> Self {
        Self { x: self.x + 8.0, y: self.y + 30.0, w: self.w - 16.0, h: self.h - 38.0 }
    }
}

impl Canvas {
    /// An empty board, with what it is of as a comment.
    pub fn new(subject: &str, board: &Value, now: f64) -> Self {
        let bottom = |panel: &Value| panel["gridPos"]["y"].as_f64().unwrap() + panel["gridPos"]["h"].as_f64().unwrap();
        let rows = board["panels"].as_array().unwrap().iter().map(bottom).fold(0.0, f64::max);
        let (width, height) = (24.0 * COLUMN + GAP, rows * ROW + GAP);
        let title = escaped(board["title"].as_str().unwrap());
        Self {
            now,
            svg: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{GAP} -{GAP} {width} {height}\" \
                 font-family=\"Inter, Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#ccccdc\">\n\
                 <!-- {} -->\n<title>{title}</title>\n\
                 <rect x=\"-{GAP}\" y=\"-{GAP}\" width=\"{width}\" height=\"{height}\" fill=\"#111217\"/>\n",
                escaped(subject)
            ),
        }
    }

    /// The whole picture.
    pub fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    fn rect(&mut self, place: Place, fill: &str) {
        let Place { x, y, w, h } = place;
        writeln!(
            self.svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"2\" fill=\"{fill}\"/>"
        )
        .unwrap();
    }

    /// Text that is cut where it would leave its place.
    fn text(&mut self, (x, y): (f64, f64), width: f64, text: &str, how: &str) {
        let fits = (width / LETTER).max(1.0);
        let all: Vec<char> = text.chars().collect();
        let cut = all.len() as f64 > fits;
        let kept = if cut { fits as usize } else { all.len() };
        let shown: String = all[..kept].iter().chain(cut.then_some(&'…')).collect();
        writeln!(self.svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" {how}>{}</text>", escaped(&shown)).unwrap();
    }

    /// The heading over panels.
    pub fn heading(&mut self, row: &Value) {
        let place = Place::of(row);
        self.text(
            (place.x, place.y + 20.0),
            place.w,
            row["title"].as_str().unwrap(),
            "font-weight=\"600\" font-size=\"14\"",
        );
    }

    fn frame(&mut self, panel: &Value) -> Place {
        let place = Place::of(panel);
        self.rect(place, "#181b1f");
        let title = panel["title"].as_str().unwrap();
        self.text((place.x + 8.0, place.y + 20.0), place.w - 16.0, title, "font-weight=\"600\"");
        place
    }

    fn absent(&mut self, place: Place, text: &str) {
        let middle = (place.x + place.w / 2.0, place.y + place.h / 2.0 + 8.0);
        self.text(middle, place.w - 16.0, text, "text-anchor=\"middle\" fill=\"#7b8087\" font-size=\"13\"");
    }

    /// One large value, or several side by side.
    pub fn stat(&mut self, panel: &Value, values: &[(String, f64)]) {
        let place = self.frame(panel);
        if values.is_empty() {
            return self.absent(place, Style::of(panel, "", self.now).absent());
        }
        let is_named = panel["options"]["textMode"] == "name";
        let is_filled = panel["options"]["colorMode"] == "background";
        let inner = place.inner();
        // Names are long: one below the other.
        let (across, down) = if is_named { (1, values.len()) } else { (values.len(), 1) };
        let (width, height) = (inner.w / across as f64, inner.h / down as f64);
        for (index, (name, value)) in values.iter().enumerate() {
            let (shown, fill) = Style::of(panel, name, self.now).shown(*value);
            let (text, below) = if is_named { (name.as_str(), "") } else { (shown.as_str(), name.as_str()) };
            let middle = inner.x + width * ((index % across) as f64 + 0.5);
            // A letter more, so that two side by side are two.
            let letters = text.chars().count() as f64 + 1.0;
            let size = (width / (letters * 0.62)).min(26.0).min(height * 0.7);
            if is_filled {
                self.rect(inner, color(&fill));
            }
            let ink = if is_filled { "#ffffff" } else { color(&fill) };
            let how = format!("text-anchor=\"middle\" font-size=\"{size:.1}\" font-weight=\"600\" fill=\"{ink}\"");
            let top = inner.y + height * (index / across) as f64;
            let baseline = top + height / 2.0 + if below.is_empty() { size / 3.0 } else { 0.0 };
            self.text((middle, baseline), 10_000.0, text, &how);
            self.text((middle, baseline + 20.0), width, below, "text-anchor=\"middle\"");
        }
    }

    /// A table.
    pub fn table(&mut self, panel: &Value, table: &Table) {
        let place = self.frame(panel);
        if table.rows.is_empty() {
            return self.absent(place, Style::of(panel, "", self.now).absent());
        }
        let inner = place.inner();
        let widths = widths(panel, table, inner.w, self.now);
        let mut x = inner.x;
        for (index, title) in table.columns.iter().enumerate() {
            let style = Style::of(panel, title, self.now);
            self.text((x + 4.0, inner.y + 12.0), widths[index] - 8.0, title, "fill=\"#8ab8ff\"");
            let fitting = ((inner.h - LINE) / LINE) as usize;
            for (line, row) in table.rows.iter().take(fitting).enumerate() {
                let top = inner.y + LINE * (line as f64 + 0.8);
                let cell = Place { x, y: top, w: widths[index] - 3.0, h: LINE - 3.0 };
                self.cell(cell, &style, row[index].as_ref());
            }
            x += widths[index];
        }
    }

    fn cell(&mut self, place: Place, style: &Style<'_>, cell: Option<&Cell>) {
        let at = (place.x + 4.0, place.y + 16.0);
        let width = place.w - 8.0;
        match cell {
            None => self.text(at, width, style.absent(), "fill=\"#7b8087\""),
            Some(Cell::Text(text)) => self.text(at, width, text, ""),
            Some(Cell::Number(value)) => {
                let (shown, fill) = style.shown(*value);
                if style.property("custom.cellOptions")["type"] == "color-background" {
                    self.rect(place, color(&fill));
                    self.text(at, width, &shown, "fill=\"#ffffff\"");
                } else {
                    self.text(at, width, &shown, &format!("fill=\"{}\"", color(&fill)));
                }
            }
        }
    }

    /// What is over time: words for stretches of it, or lines.
    pub fn lines(&mut self, panel: &Value, lines: &[Line]) {
        let place = self.frame(panel);
        if lines.is_empty() {
            return self.absent(place, Style::of(panel, "", self.now).absent());
        }
        let end = lines.iter().flat_map(|(_, points)| points.last()).map(|point| point.0).fold(0.0, f64::max);
        if panel["type"] == "state-timeline" {
            self.timeline(panel, place.inner(), end, lines);
        } else {
            self.curves(panel, place.inner(), end, lines);
        }
    }

    fn timeline(&mut self, panel: &Value, inner: Place, end: f64, lines: &[Line]) {
        let style = Style::of(panel, "", self.now);
        let height = (inner.h / lines.len() as f64).min(34.0);
        let chart = Place { x: inner.x + 130.0, w: inner.w - 130.0, ..inner };
        for (index, (name, points)) in lines.iter().enumerate() {
            let top = inner.y + height * index as f64;
            self.text((inner.x + 122.0, top + height / 2.0 + 4.0), 122.0, name, "text-anchor=\"end\"");
            for stretch in points.chunk_by(|one, next| one.1 == next.1 && next.0 - one.0 < 1.5) {
                let (from, to) = (stretch[0].0, stretch[stretch.len() - 1].0 + 1.0);
                let x = chart.x + chart.w * (1.0 - (end + 1.0 - from) / (SHOWN + 1.0));
                let bar = Place { x, y: top + 2.0, w: chart.w * (to - from) / (SHOWN + 1.0) - 1.0, h: height - 4.0 };
                let (word, fill) = style.shown(stretch[0].1);
                self.rect(bar, color(&fill));
                if bar.w > LETTER * word.chars().count() as f64 {
                    self.text((x + 5.0, top + height / 2.0 + 4.0), bar.w, &word, "fill=\"#ffffff\"");
                }
            }
        }
    }

    fn curves(&mut self, panel: &Value, inner: Place, end: f64, lines: &[Line]) {
        let is_stacked = panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal";
        let drawn = if is_stacked { stacked(lines) } else { lines.iter().map(|(_, points)| points.clone()).collect() };
        let legends = lines.len().min(LEGENDS).div_ceil(2) as f64;
        let chart = Place { h: inner.h - 16.0 * legends - 8.0, ..inner };
        let values = || drawn.iter().flatten().map(|point| point.1).filter(|value| value.is_finite());
        let (low, high) = (values().fold(0.0, f64::min), values().fold(1e-9, f64::max));
        let style = Style::of(panel, "", self.now);
        for (index, ((name, points), drawn)) in lines.iter().zip(&drawn).enumerate() {
            let ink = LINES[index % LINES.len()];
            let path: String = drawn
                .iter()
                .filter(|point| point.1.is_finite())
                .map(|(at, value)| {
                    let x = chart.x + chart.w * (1.0 - (end - at) / SHOWN);
                    let y = chart.y + chart.h * (1.0 - (value - low) / (high - low));
                    format!("{x:.1},{y:.1} ")
                })
                .collect();
            let how = format!("fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.5\"");
            writeln!(self.svg, "<polyline points=\"{}\" {how}/>", path.trim()).unwrap();
            if index < LEGENDS {
                let x = inner.x + if index % 2 == 0 { 0.0 } else { inner.w / 2.0 };
                let y = chart.y + chart.h + 20.0 + 16.0 * (index / 2) as f64;
                self.rect(Place { x, y: y - 5.0, w: 10.0, h: 3.0 }, ink);
                let last = points.last().map(|point| style.shown(point.1).0).unwrap_or_default();
                let said = if name.is_empty() { last } else { format!("{name}: {last}") };
                self.text((x + 15.0, y), inner.w / 2.0 - 20.0, &said, "font-size=\"11\"");
            }
        }
    }
}

/// Each line on top of those before it.
fn stacked(lines: &[Line]) -> Vec<Vec<(f64, f64)>> {
    let mut under: BTreeMap<u64, f64> = BTreeMap::new();
    let add = |points: &Vec<(f64, f64)>| {
        let on_top = points.iter().map(|(at, value)| {
            let sum = under.entry(at.round() as u64).or_default();
            *sum += value;
            (*at, *sum)
        });
        on_top.collect()
    };
    lines.iter().map(|(_, points)| points).map(add).collect()
}

/// The widths of columns: as given, and the rest shared by how long the texts are.
fn widths(panel: &Value, table: &Table, all: f64, now: f64) -> Vec<f64> {
    let given: Vec<Option<f64>> =
        table.columns.iter().map(|title| Style::of(panel, title, now).property("custom.width").as_f64()).collect();
    let wanted = |index: usize| {
        let texts = table.rows.iter().filter_map(|row| match row[index].as_ref()? {
            Cell::Text(text) => Some(text.chars().count()),
            Cell::Number(value) => Some(Style::of(panel, &table.columns[index], now).shown(*value).0.chars().count()),
        });
        texts.chain([table.columns[index].chars().count()]).max().unwrap_or_default() as f64 + 2.0
    };
    let left = all - given.iter().flatten().sum::<f64>();
    let open: f64 = given.iter().enumerate().filter(|(_, width)| width.is_none()).map(|(index, _)| wanted(index)).sum();
    given.iter().enumerate().map(|(index, width)| width.unwrap_or_else(|| left * wanted(index) / open)).collect()
}
