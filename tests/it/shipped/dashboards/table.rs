//! Tables: one row per label value, one column per label or query.

use serde_json::{Map, Value, json};

use super::{
    panel::{Panel, override_of},
    query::ref_id,
    words::{Words, mappings},
};

/// A column of a table.
pub struct Column {
    title: &'static str,
    from: From,
    /// The words that stand for all its values.
    words: Option<Words>,
    properties: Vec<(&'static str, Value)>,
}

/// Where a column's values come from.
#[derive(Clone, Copy)]
enum From {
    /// A label.
    Label(&'static str),
    /// The value of a query, by its place.
    Value(usize),
}

impl Column {
    /// A label.
    pub fn label(label: &'static str, title: &'static str) -> Self {
        Self { title, from: From::Label(label), words: None, properties: Vec::new() }
    }

    /// The value of a query, by its place.
    pub fn value(query: usize, title: &'static str) -> Self {
        Self { title, from: From::Value(query), words: None, properties: Vec::new() }
    }

    fn with(mut self, property: &'static str, value: Value) -> Self {
        self.properties.push((property, value));
        self
    }

    /// The same, with words for all its values, in their colours.
    pub fn words(mut self, words: Words) -> Self {
        self.words = Some(words);
        self.wording(words).with("custom.cellOptions", json!({"mode": "basic", "type": "color-background"}))
    }

    /// The same, with words for all its values, the text in their colours.
    pub fn text_words(mut self, words: Words) -> Self {
        self.words = Some(words);
        self.wording(words).with("custom.cellOptions", json!({"type": "color-text"}))
    }

    /// The same, with words for some of its values.
    pub fn wording(self, words: Words) -> Self {
        self.with("mappings", mappings(words))
    }

    /// The same, in a unit of Grafana's.
    pub fn unit(self, unit: &str) -> Self {
        self.with("unit", json!(unit))
    }

    /// The same, its text coloured by thresholds.
    pub fn colored(self, thresholds: Value) -> Self {
        self.with("thresholds", thresholds).with("custom.cellOptions", json!({"type": "color-text"}))
    }

    /// The same, with so many digits after the point.
    pub fn decimals(self, count: usize) -> Self {
        self.with("decimals", json!(count))
    }

    /// The same, with what stands where there is no value.
    pub fn absent(self, text: &str) -> Self {
        self.with("noValue", json!(text))
    }

    /// The same, so many pixels wide.
    pub fn wide(self, pixels: usize) -> Self {
        self.with("custom.width", json!(pixels))
    }

    /// The same: a click on a target's name opens its board.
    pub fn opening_its_board(self) -> Self {
        let url =
            format!("/d/ssowatch-target?var-target=${{__value.text}}&{}&${{__url_time_range}}", super::board::KEPT);
        self.with("links", json!([{"targetBlank": false, "title": "Open the board of this target", "url": url}]))
    }

    /// Its properties. An empty cell has a dash: else it would have the words for a table without rows.
    fn all_properties(&self) -> Vec<(&'static str, Value)> {
        let mut properties = self.properties.clone();
        if !properties.iter().any(|(id, _)| *id == "noValue") {
            properties.push(("noValue", json!("-")));
        }
        properties
    }

    /// The label that it shows, if it shows one.
    fn of_label(&self) -> Option<&'static str> {
        match self.from {
            From::Label(label) => Some(label),
            From::Value(_) => None,
        }
    }

    /// Its query, and the words for all that it gives.
    fn worded(&self) -> Option<(usize, Words)> {
        match self.from {
            From::Value(query) => Some((query, self.words?)),
            From::Label(_) => None,
        }
    }

    /// The names that Grafana may give the field. Where only one query of several gives rows, its value has no letter.
    fn fields(&self, queries: usize) -> Vec<String> {
        match self.from {
            From::Label(label) => vec![label.to_owned()],
            From::Value(_) if queries == 1 => vec!["Value".to_owned()],
            From::Value(0) => vec!["Value #A".to_owned(), "Value".to_owned()],
            From::Value(query) => vec![format!("Value #{}", ref_id(query))],
        }
    }
}

impl Panel {
    /// A table. What stands where there is no row is said in words.
    pub fn table(title: &'static str, description: &str, absent: &str) -> Self {
        let mut panel = Self::new("table", title, description).absent(absent);
        panel.defaults["custom"] = json!({"align": "auto", "cellOptions": {"type": "auto"}, "inspect": false});
        panel.options = json!({"cellHeight": "sm", "showHeader": true, "sortBy": []});
        panel.options["frameIndex"] = json!(0);
        panel
    }

    /// The same (a table with several queries), one row for each value of a label.
    pub fn joined_by(mut self, label: &str) -> Self {
        self.transformations.push(json!({"id": "joinByField", "options": {"byField": label, "mode": "outer"}}));
        self
    }

    /// The labels that are columns.
    pub fn labels(&self) -> impl Iterator<Item = &'static str> {
        self.labels.iter().copied()
    }

    /// The same (a table), sorted.
    pub fn sorted_by(mut self, title: &str, descending: bool) -> Self {
        self.options["sortBy"] = json!([{"desc": descending, "displayName": title}]);
        self
    }

    /// The same (a table), with these columns in this order and no others. The queries come first.
    pub fn columns(mut self, columns: &[Column]) -> Self {
        let (mut order, mut titles) = (Map::new(), Map::new());
        for (column, field) in columns
            .iter()
            .flat_map(|column| column.fields(self.queries.len()).into_iter().map(move |field| (column, field)))
        {
            order.insert(field.clone(), json!(order.len()));
            titles.insert(field, json!(column.title));
        }
        self.columns = columns.iter().map(|column| column.title).collect();
        self.labels = columns.iter().filter_map(Column::of_label).collect();
        self.worded.extend(columns.iter().filter_map(Column::worded));
        let names: Vec<&String> = order.keys().collect();
        self.transformations.push(json!({"id": "filterFieldsByName", "options": {"include": {"names": names}}}));
        self.transformations.push(json!({
            "id": "organize",
            "options": {"excludeByName": {}, "indexByName": order, "renameByName": titles},
        }));
        self.overrides.extend(columns.iter().map(|column| override_of(column.title, &column.all_properties())));
        self
    }
}
