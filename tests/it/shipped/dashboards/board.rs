//! Boards: panels in rows, and what all boards have in common.

use serde_json::{Value, json};
use ssowatch::metrics::Family;

use super::{
    panel::Panel,
    query::{Gives, MANY, OF_THE_JOB, ONE, Query, Scope},
};

/// One board.
pub struct Board {
    pub uid: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// What its variable `target` chooses.
    pub targets: Targets,
    /// The family that says which jobs and instances there are.
    pub jobs_of: Family,
    /// The time range that it opens with.
    pub from: &'static str,
    pub rows: Vec<Row>,
}

/// What a board's variable `target` chooses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Targets {
    Many,
    One,
}

/// Panels side by side.
pub struct Row {
    /// The heading over it.
    pub heading: Option<&'static str>,
    /// In units of Grafana's grid.
    pub height: usize,
    pub panels: Vec<Panel>,
}

/// The columns of Grafana's grid.
pub const COLUMNS: usize = 24;

/// What a link to another board takes along.
pub const KEPT: &str = "${datasource:queryparam}&${job:queryparam}&${instance:queryparam}";

/// A row without a heading.
pub fn row(height: usize, panels: Vec<Panel>) -> Row {
    Row { heading: None, height, panels }
}

/// A row under a heading.
pub fn headed(heading: &'static str, height: usize, panels: Vec<Panel>) -> Row {
    Row { heading: Some(heading), height, panels }
}

/// The data source that the reader chose.
pub fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// The query of the variable `target`: every target that was evaluated, or was to be.
const TARGETS: &str = "label_values({__name__=~\"DUE|JUDGED\",JOB}, target)";

impl Board {
    fn scope(&self) -> Scope {
        match self.targets {
            Targets::Many => MANY,
            Targets::One => ONE,
        }
    }

    /// Its panels.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }

    /// Every query, with where it stands: those of panels, then those of annotations.
    pub fn queries(&self) -> Vec<(String, Query)> {
        let of_panels = self.panels().flat_map(|panel| {
            panel.queries.iter().map(|query| {
                let copy = Query { expr: query.expr.clone(), ..*query };
                (format!("{} / {}", self.uid, panel.title), copy)
            })
        });
        let of_annotations =
            self.annotations().into_iter().map(|(name, _, query)| (format!("{} / annotation {name}", self.uid), query));
        of_panels.chain(of_annotations).collect()
    }

    /// The queries of its variables, with their names.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        let jobs = self.jobs_of.about().name;
        let targets = TARGETS
            .replace("DUE", Family::RoundInterval.about().name)
            .replace("JUDGED", Family::LoginCoverage.about().name)
            .replace("JOB", OF_THE_JOB);
        [
            ("job", format!("label_values({jobs}, job)")),
            ("instance", format!("label_values({jobs}{{job=~\"$job\"}}, instance)")),
            ("target", targets),
        ]
    }

    /// What is marked on the time axis: a name, a colour and a query.
    fn annotations(&self) -> [(&'static str, &'static str, Query); 4] {
        let scope = self.scope();
        let alerts = match self.targets {
            Targets::Many => r#"ALERTS{alertname=~"Sso.+",alertstate="firing"}"#,
            Targets::One => r#"ALERTS{alertname=~"Sso.+",alertstate="firing",target="$target"}"#,
        };
        let changes = scope.all(Family::ConfigChanges);
        let changes = format!("sum by (target, side, subject) (increase({changes}[$__rate_interval])) > 0");
        let began = |family| format!("changes({}[$__rate_interval]) > 0", scope.all(family));
        let restarts = super::query::of_our_daemons(&began(Family::ProcessStart));
        let perhaps = |why| Gives::Perhaps(why);
        [
            ("Firing alerts", "red", Query::lines(alerts, "{{alertname}} {{target}}").gives(Gives::WhenBroken)),
            ("Changes", "blue", Query::lines(changes, "{{target}}: {{subject}}").gives(Gives::WhenBroken)),
            (
                "Reloads",
                "purple",
                Query::lines(began(Family::ReloadTimestamp), "").gives(perhaps("nobody reloads while the test looks")),
            ),
            ("Restarts", "orange", Query::lines(restarts, "").gives(perhaps("nothing restarts while the test looks"))),
        ]
    }

    /// The board as Grafana stores it.
    pub fn json(&self) -> Value {
        json!({
            "annotations": {"list": self.annotation_list()},
            "description": self.description,
            "editable": false,
            "graphTooltip": 1,
            "id": null,
            "links": self.links(),
            "panels": self.laid_out(),
            "refresh": "1m",
            "schemaVersion": 39,
            "tags": ["ssowatch", "pocket-id", "kasm"],
            "templating": {"list": self.variable_list()},
            "time": {"from": self.from, "to": "now"},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
        })
    }

    fn laid_out(&self) -> Vec<Value> {
        let (mut laid, mut y) = (Vec::new(), 0);
        for row in &self.rows {
            if let Some(heading) = row.heading {
                let place = json!({"h": 1, "w": COLUMNS, "x": 0, "y": y});
                let id = laid.len() + 1;
                laid.push(json!({
                    "collapsed": false, "gridPos": place, "id": id, "panels": [], "title": heading, "type": "row",
                }));
                y += 1;
            }
            let mut x = 0;
            for panel in &row.panels {
                let place = json!({"h": row.height, "w": panel.width, "x": x, "y": y});
                laid.push(panel.json(laid.len() + 1, &place));
                x += panel.width;
            }
            assert_eq!(x, COLUMNS, "{}: a row is as wide as the board ({})", self.uid, row.panels[0].title);
            y += row.height;
        }
        laid
    }

    fn annotation_list(&self) -> Vec<Value> {
        let built_in = json!({
            "builtIn": 1,
            "datasource": {"type": "grafana", "uid": "-- Grafana --"},
            "enable": true,
            "hide": true,
            "iconColor": "rgba(0, 211, 255, 1)",
            "name": "Annotations & Alerts",
            "type": "dashboard",
        });
        let ours = self.annotations().into_iter().map(|(name, color, query)| {
            json!({
                "datasource": datasource(),
                "enable": true,
                "expr": query.expr,
                "hide": false,
                "iconColor": color,
                "name": name,
                "step": "60s",
                "titleFormat": if query.legend.is_empty() { name } else { query.legend },
            })
        });
        std::iter::once(built_in).chain(ours).collect()
    }

    fn links(&self) -> Vec<Value> {
        let others = super::SHIPPED.iter().filter(|(uid, _)| *uid != self.uid);
        let link = |(uid, title): &(&str, &str)| {
            json!({
                "asDropdown": false,
                "icon": "dashboard",
                "includeVars": false,
                "keepTime": true,
                "tags": [],
                "targetBlank": false,
                "title": title,
                "tooltip": "",
                "type": "link",
                "url": format!("/d/{uid}?{KEPT}"),
            })
        };
        others.map(link).collect()
    }

    fn variable_list(&self) -> Vec<Value> {
        let source = json!({
            "hide": 0, "includeAll": false, "label": "Data source", "multi": false, "name": "datasource", "options": [],
            "query": "prometheus", "refresh": 1, "regex": "", "type": "datasource",
        });
        let ours = self.variables().into_iter().map(|(name, query)| {
            let mut variable = json!({
                "datasource": datasource(),
                "hide": 0,
                "label": format!("{}{}", name[..1].to_uppercase(), &name[1..]),
                "name": name,
                "options": [],
                "query": query,
                "refresh": 2,
                "regex": "",
                "sort": 1,
                "type": "query",
            });
            let many = name != "target" || self.targets == Targets::Many;
            variable["multi"] = json!(many);
            variable["includeAll"] = json!(many);
            if many {
                variable["allValue"] = json!(".+");
                variable["current"] = json!({"selected": true, "text": ["All"], "value": ["$__all"]});
            }
            variable
        });
        std::iter::once(source).chain(ours).collect()
    }
}
