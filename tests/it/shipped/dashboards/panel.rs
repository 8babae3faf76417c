//! Panels: what each kind looks like.

use serde_json::{Value, json};

use super::{
    query::Query,
    words::{PLAIN, Words, mappings, thresholds},
};

/// One panel of a board.
pub struct Panel {
    pub title: &'static str,
    /// The question that it answers, and how to read it.
    pub description: String,
    /// Columns of 24.
    pub width: usize,
    pub queries: Vec<Query>,
    pub(super) kind: &'static str,
    /// The labels that are columns.
    pub(super) labels: Vec<&'static str>,
    /// The titles of its columns.
    pub(super) columns: Vec<&'static str>,
    /// Queries, by their places, for whose values there are words.
    pub(super) worded: Vec<(usize, Words)>,
    /// The words for the values of all queries.
    pub(super) words: Option<Words>,
    pub(super) defaults: Value,
    pub(super) overrides: Vec<Value>,
    pub(super) options: Value,
    pub(super) transformations: Vec<Value>,
}

impl Panel {
    pub(super) fn new(kind: &'static str, title: &'static str, description: &str) -> Self {
        Self {
            title,
            description: description.to_owned(),
            width: 24,
            queries: Vec::new(),
            kind,
            labels: Vec::new(),
            columns: Vec::new(),
            worded: Vec::new(),
            words: None,
            defaults: json!({}),
            overrides: Vec::new(),
            options: json!({}),
            transformations: Vec::new(),
        }
        .unit("short")
        .colored(thresholds(PLAIN, &[]))
    }

    /// One value, large. What is not there is said in words.
    pub fn stat(title: &'static str, description: &str, absent: &str) -> Self {
        let mut panel = Self::new("stat", title, description).absent(absent);
        panel.options = json!({
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            "showPercentChange": false,
            "textMode": "auto",
            "wideLayout": true,
        });
        panel
    }

    /// Lines over time.
    pub fn lines(title: &'static str, description: &str, unit: &str, absent: &str) -> Self {
        let mut panel = Self::new("timeseries", title, description).unit(unit).absent(absent);
        panel.defaults["color"] = json!({"mode": "palette-classic"});
        panel.defaults["min"] = json!(0);
        panel.defaults["custom"] = json!({
            "drawStyle": "line",
            "fillOpacity": 10,
            "lineWidth": 1,
            "showPoints": "never",
            "spanNulls": false,
            "stacking": {"group": "A", "mode": "none"},
        });
        panel.options = json!({
            "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": true},
            "tooltip": {"mode": "multi", "sort": "desc"},
        });
        panel
    }

    /// A word for each stretch of time.
    pub fn timeline(title: &'static str, description: &str, words: Words, absent: &str) -> Self {
        let mut panel = Self::new("state-timeline", title, description).words(words).absent(absent);
        panel.defaults["custom"] = json!({"fillOpacity": 80, "lineWidth": 0});
        panel.options = json!({
            "alignValue": "left",
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": false},
            "mergeValues": true,
            "rowHeight": 0.85,
            "showValue": "auto",
            "tooltip": {"mode": "single", "sort": "none"},
        });
        panel
    }

    /// How often each size occurred, over time.
    pub fn heatmap(title: &'static str, description: &str, unit: &str, absent: &str) -> Self {
        let mut panel = Self::new("heatmap", title, description).unit("short").absent(absent);
        panel.defaults["custom"] = json!({"scaleDistribution": {"type": "linear"}});
        panel.options = json!({
            "calculate": false,
            "cellGap": 1,
            "color": {
                "exponent": 0.5, "fill": "dark-blue", "mode": "scheme", "reverse": false, "scale": "exponential",
                "scheme": "Blues", "steps": 32,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": true},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": false, "yHistogram": false},
            "yAxis": {"axisPlacement": "left", "reverse": false, "unit": unit},
        });
        panel
    }

    /// The same, so many columns wide.
    pub fn wide(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }

    /// The same, with another query.
    pub fn ask(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    /// The same, in a unit of Grafana's.
    pub fn unit(mut self, unit: &str) -> Self {
        self.defaults["unit"] = json!(unit);
        self
    }

    /// The same, with what stands where there is no value.
    pub fn absent(mut self, text: &str) -> Self {
        self.defaults["noValue"] = json!(text);
        self
    }

    /// The same, with words for its values.
    pub fn words(mut self, words: Words) -> Self {
        self.words = Some(words);
        self.defaults["mappings"] = mappings(words);
        self.unit("short")
    }

    /// Each query with the words for its values, where there are some.
    pub fn worded(&self) -> impl Iterator<Item = (&Query, Words)> {
        let all = self.queries.iter().filter_map(|query| Some((query, self.words?)));
        all.chain(self.worded.iter().map(|(index, words)| (&self.queries[*index], *words)))
    }

    /// The same, coloured by thresholds.
    pub fn colored(mut self, thresholds: Value) -> Self {
        self.defaults["color"] = json!({"mode": "thresholds"});
        self.defaults["thresholds"] = thresholds;
        self
    }

    /// The same (a stat), with the colour behind the words.
    pub fn filled(mut self) -> Self {
        self.options["colorMode"] = json!("background");
        self
    }

    /// The same (a stat), with the name of the series in the place of its value.
    pub fn named(mut self) -> Self {
        self.options["textMode"] = json!("name");
        self
    }

    /// The same (lines), one on top of the other.
    pub fn stacked(mut self) -> Self {
        self.defaults["custom"]["stacking"]["mode"] = json!("normal");
        self.defaults["custom"]["fillOpacity"] = json!(40);
        self
    }

    /// The same (lines), as bars, for counts.
    pub fn bars(mut self) -> Self {
        self.defaults["custom"]["drawStyle"] = json!("bars");
        self.defaults["custom"]["fillOpacity"] = json!(80);
        self.defaults["decimals"] = json!(0);
        self.stacked()
    }

    /// The same (lines), which may go below 0.
    pub fn signed(mut self) -> Self {
        self.defaults.as_object_mut().unwrap().remove("min");
        self
    }

    /// The same, with the series of this name coloured by thresholds of its own.
    pub fn series_colored(mut self, name: &str, thresholds: Value) -> Self {
        self.overrides.push(override_of(name, &[("thresholds", thresholds)]));
        self
    }

    /// The same, with the series of this name in one colour.
    pub fn series_fixed(mut self, name: &str, color: &str) -> Self {
        self.overrides.push(override_of(name, &[("color", json!({"fixedColor": color, "mode": "fixed"}))]));
        self
    }

    /// The panel as Grafana stores it.
    pub fn json(&self, id: usize, place: &Value) -> Value {
        let targets: Vec<Value> = self.queries.iter().enumerate().map(|(index, query)| query.json(index)).collect();
        json!({
            "datasource": super::board::datasource(),
            "description": self.description,
            "fieldConfig": {"defaults": self.defaults, "overrides": self.overrides},
            "gridPos": place,
            "id": id,
            "options": self.options,
            "targets": targets,
            "title": self.title,
            "transformations": self.transformations,
            "type": self.kind,
        })
    }
}

/// Properties of one field, by its name.
pub fn override_of(name: &str, properties: &[(&str, Value)]) -> Value {
    let properties: Vec<Value> = properties.iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
    json!({"matcher": {"id": "byName", "options": name}, "properties": properties})
}
