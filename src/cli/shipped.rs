//! `ssowatch rules` and `ssowatch dashboards`: what the repository ships for Prometheus and Grafana, ready to load.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use url::Url;

const RULES: (&str, &str) = ("ssowatch.rules.yml", include_str!("../../alerts/ssowatch.rules.yml"));
const ALERTS: (&str, &str) = ("ssowatch.alerts.yml", include_str!("../../alerts/ssowatch.alerts.yml"));
const WATCHDOG: (&str, &str) = ("watchdog.alerts.yml", include_str!("../../alerts/watchdog.alerts.yml"));

/// Each dashboard: its short name, its file, what it shows.
const DASHBOARDS: [(&str, &str, &str); 3] = [
    (
        "overview",
        include_str!("../../dashboards/ssowatch-overview.json"),
        "all targets: who cannot sign in, and since when",
    ),
    ("target", include_str!("../../dashboards/ssowatch-target.json"), "one target: its login path, checks and changes"),
    ("daemon", include_str!("../../dashboards/ssowatch-daemon.json"), "the daemon itself: rounds, memory, journal"),
];

/// Where the shipped rules say that their runbooks are.
const SHIPPED_RUNBOOKS: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/alerts/runbooks/");

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub(super) struct RuleArgs {
    /// The daemon's address as your browser reaches it: alerts then link to the runbooks that it serves
    #[arg(long = "web.external-url", value_name = "URL", value_parser = base)]
    external_url: Option<Url>,
    /// A label for every alert, for example team=identity; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// With an alert that always fires, for a service that notices when alerts stop
    #[arg(long)]
    watchdog: bool,
    #[command(flatten)]
    to: To,
}

/// Arguments of `dashboards`.
#[derive(Debug, clap::Args)]
pub(super) struct DashboardArgs {
    /// The dashboard to print; without it, the list
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(DASHBOARDS.map(|(name, ..)| name)))]
    name: Option<String>,
    #[command(flatten)]
    to: To,
}

/// Where the files go.
#[derive(Debug, clap::Args)]
struct To {
    /// A folder that is there, for a file each; else standard output
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long, requires = "output")]
    force: bool,
}

/// Runs `rules`.
pub(super) fn rules(args: &RuleArgs) -> ExitCode {
    let labels: BTreeMap<_, _> = args.labels.iter().cloned().collect();
    let alerts = std::iter::once(ALERTS).chain(args.watchdog.then_some(WATCHDOG));
    let alerts = alerts.map(|(name, text)| (name, adapted(text, args.external_url.as_ref(), &labels)));
    let files: Vec<(&str, String)> = std::iter::once((RULES.0, RULES.1.to_owned())).chain(alerts).collect();
    match &args.to.output {
        Some(folder) => write(folder, files, args.to.force),
        None => {
            super::print(&joined(&files));
            ExitCode::SUCCESS
        }
    }
}

/// Runs `dashboards`.
pub(super) fn dashboards(args: &DashboardArgs) -> ExitCode {
    let wanted = |name: &str| args.name.as_deref().is_none_or(|wanted| wanted == name);
    let chosen = DASHBOARDS.iter().filter(|(name, ..)| wanted(name));
    if let Some(folder) = &args.to.output {
        let files = chosen.map(|(name, text, _)| (format!("ssowatch-{name}.json"), *text));
        return write(folder, files, args.to.force);
    }
    for (name, text, shows) in chosen {
        match args.name {
            Some(_) => super::print(text),
            None => super::print(&format!("{name:<10}{shows}\n")),
        }
    }
    ExitCode::SUCCESS
}

fn write<T: AsRef<str>>(
    folder: &Path,
    files: impl IntoIterator<Item = (impl AsRef<Path>, T)>,
    force: bool,
) -> ExitCode {
    for (name, text) in files {
        let path = folder.join(name);
        match super::write_file(&path, text.as_ref(), force) {
            Ok(()) => super::print(&format!("{} is written\n", path.display())),
            Err(problem) => return super::complain(&problem),
        }
    }
    ExitCode::SUCCESS
}

/// The rules with the daemon's own runbooks, and these labels on every alert.
fn adapted(text: &str, external_url: Option<&Url>, labels: &BTreeMap<String, String>) -> String {
    /// The line that the labels of an alert stand below.
    const LABELS: &str = "        labels:";
    let mut adapted = String::with_capacity(text.len());
    for line in text.lines() {
        match external_url {
            Some(base) if line.contains(SHIPPED_RUNBOOKS) => {
                let own = format!("{}/runbooks/", base.as_str().trim_end_matches('/'));
                adapted.push_str(&line.replace(SHIPPED_RUNBOOKS, &own).replacen(".md", "", 1));
            }
            _ => adapted.push_str(line),
        }
        adapted.push('\n');
        if line == LABELS {
            for (name, value) in labels {
                // A JSON string is a YAML string in double quotes (YAML 1.2, section 5.7).
                adapted.push_str(&format!("          {name}: {}\n", serde_json::Value::from(value.as_str())));
            }
        }
    }
    adapted
}

/// The files as one: each begins with comments, and a file of rules has `groups` once.
fn joined(files: &[(&str, String)]) -> String {
    const GROUPS: &str = "\ngroups:\n";
    let mut heads = String::new();
    let mut groups = String::new();
    for (_, text) in files {
        let (head, rest) = text.split_once(GROUPS).unwrap_or(("", text));
        heads.push_str(head);
        heads.push('\n');
        groups.push_str(rest);
    }
    format!("{}{}{groups}", heads.trim_end(), GROUPS)
}

fn base(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none() => {
            Ok(url)
        }
        _ => Err("write an address such as https://ssowatch.example.com".to_owned()),
    }
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, for example team=identity")?;
    let mut letters = name.chars();
    let is_name = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    match name {
        _ if !is_name => Err(format!("{name:?} is no name of a label: letters, digits and _ only")),
        "alertname" | "severity" | "target" => Err(format!("the rules set {name} themselves")),
        _ if value.is_empty() => Err("a label without a value is none".to_owned()),
        _ => Ok((name.to_owned(), value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_names_with_values_that_the_rules_do_not_set() {
        assert_eq!(label("team=identity=1"), Ok(("team".to_owned(), "identity=1".to_owned())));
        for (text, says) in [
            ("team", "NAME=VALUE"),
            ("1team=x", "no name of a label"),
            ("te-am=x", "no name of a label"),
            ("=x", "no name of a label"),
            ("severity=page", "set severity themselves"),
            ("team=", "without a value"),
        ] {
            assert!(label(text).unwrap_err().contains(says), "{text}");
        }
    }

    #[test]
    fn each_alert_has_the_label_and_the_runbook_of_the_daemon() {
        let labels = BTreeMap::from([("team".to_owned(), "a \"b\"".to_owned())]);
        let url = base("https://ssowatch.example.com/sso/").unwrap();
        for (name, text) in [ALERTS, WATCHDOG] {
            let alerts = text.matches("- alert:").count();
            let own = adapted(text, Some(&url), &labels);
            assert!(alerts > 0 && own.matches("          team: \"a \\\"b\\\"\"\n").count() == alerts, "{name}");
            let links: Vec<&str> =
                own.lines().filter(|line| line.contains("https://ssowatch.example.com/sso/runbooks/Sso")).collect();
            assert!(links.len() == alerts && links.iter().all(|line| !line.contains(".md")), "{name}: {links:?}");
            assert!(!own.contains(SHIPPED_RUNBOOKS), "{name}");
        }
        assert_eq!(adapted(ALERTS.1, None, &BTreeMap::new()), ALERTS.1);
    }
}
