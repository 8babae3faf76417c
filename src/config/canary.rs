//! Reads the canary: a test user who signs in with a passkey of our own.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use super::{
    SecretSource, Target, address,
    notify::silence,
    reader::{Field, Marked, Reader},
    secrets::secret,
    shown::{Shown, secret as masked, text},
};
use crate::schedule::duration;

/// How often it signs in where the config says nothing.
const EVERY: Duration = Duration::from_hours(1);
/// No more often: each sign-in leaves entries in the provider's audit log, and Pocket ID takes few from one address.
const SHORTEST: Duration = Duration::from_mins(5);

/// A canary, as a target has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Canary {
    /// The user that it signs in as: never an admin.
    pub user: String,
    /// The file with its passkey; the record of its runs stands beside it.
    pub passkey_file: PathBuf,
    /// How often it signs in.
    pub every: Duration,
    /// Whether the app's callback is requested, so that the app opens a session.
    pub complete: bool,
    /// The canary's own API key at Pocket ID, which shows why a passkey is refused.
    pub api_key: Option<SecretSource>,
}

/// The canary, and the targets that it signs in to.
#[derive(Debug, Clone, PartialEq)]
pub struct CanarySettings {
    /// The canary.
    pub canary: Canary,
    /// The names of the targets.
    pub targets: BTreeSet<String>,
}

/// Reads the canary. Without `targets` it signs in to all of them.
pub(super) fn canary(reader: &mut Reader<'_>, field: Field, targets: &[Marked<Target>]) -> Option<CanarySettings> {
    reader.section(field, |reader, section| {
        let user = section.require("user", "the name of a test user of its own, who is no admin");
        let user = user.and_then(|field| reader.text(field)).map(|text| text.value);
        let hint = "where `ssowatch canary enroll` puts the passkey: passkey_file: /var/lib/ssowatch/canary.json";
        let passkey_file = section.require("passkey_file", hint).and_then(|field| reader.path(field));
        let every = section.take("every").and_then(|field| every(reader, field)).unwrap_or(EVERY);
        let complete = section.take("complete").and_then(|field| reader.flag(field)).unwrap_or(false);
        let api_key = secret(reader, section, "api_key", "api_key_file").map(|key| key.value);
        let known: Vec<&str> = targets.iter().map(|target| target.value.name.as_str()).collect();
        let place = section.place.clone();
        let names = match section.take("targets") {
            Some(field) => silence::names(reader, field, &known, "target"),
            None => known.iter().map(|name| (*name).to_owned()).collect(),
        };
        let chosen: Vec<&Target> =
            targets.iter().map(|target| &target.value).filter(|target| names.contains(&target.name)).collect();
        if let Some(other) = chosen.iter().find(|target| target.provider.url != chosen[0].provider.url) {
            let (first, other) = (&chosen[0].name, &other.name);
            let says =
                format!("{first} and {other} have two providers, and a passkey is for one; name the targets of one");
            reader.problem(&place, says);
        }
        for target in chosen {
            for url in [&target.provider.url, &target.app.url] {
                if address::is_plain(url) {
                    let says =
                        format!("{} is plain HTTP, and a sign-in never goes over that; write https://", target.name);
                    reader.problem(&place, says);
                }
            }
        }
        let canary = Canary { user: user?, passkey_file: passkey_file?.value, every, complete, api_key };
        Some(CanarySettings { canary, targets: names })
    })?
}

fn every(reader: &mut Reader<'_>, field: Field) -> Option<Duration> {
    let text = reader.text(field)?;
    let period = text.value.trim().strip_prefix("every ").unwrap_or(&text.value).trim();
    let result = duration::parse(period).and_then(|period| {
        if period < SHORTEST {
            Err("is too often; the shortest is 5m, and 1h is enough".to_owned())
        } else {
            Ok(period)
        }
    });
    reader.check(&text.place, result)
}

/// As it is shown: the key masked.
pub(super) fn shown(settings: &CanarySettings) -> Shown {
    let CanarySettings { canary, targets } = settings;
    let Canary { user, passkey_file, every, complete, api_key } = canary;
    let mut entries = Shown::entries([
        ("user", Some(text(user))),
        ("passkey_file", Some(text(passkey_file.display().to_string()))),
        ("every", Some(text(duration::short(*every)))),
        ("complete", Some(Shown::Flag(*complete))),
        ("targets", Some(Shown::List(targets.iter().map(text).collect()))),
    ]);
    entries.extend(masked("api_key", api_key.as_ref()));
    Shown::Map(entries)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    const TARGETS: &str = "targets:
  - {name: home, provider: {url: https://id.example.com}, kasm: {url: https://kasm.example.com}}
  - {name: work, provider: {url: https://id.example.com}, kasm: {url: https://work.example.com}}
";

    fn read(more: &str) -> Result<Config, String> {
        let text = format!("{TARGETS}{more}");
        Config::parse(&text, "f", Path::new("/etc"), &|_| None).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_off_unless_configured_and_then_of_all_targets_or_of_those_that_it_names() {
        assert!(read("").unwrap().targets.iter().all(|target| target.canary.is_none()));
        let all = read("canary: {user: canary, passkey_file: canary.json}\n").unwrap();
        let canary = all.targets[1].canary.as_ref().unwrap();
        assert_eq!((canary.passkey_file.as_path(), canary.every.as_secs()), (Path::new("/etc/canary.json"), 3600));
        assert!(!canary.complete && all.targets[0].canary.is_some());
        let one = read("canary: {user: canary, passkey_file: /c.json, every: 2h, complete: true, targets: [work]}\n");
        let one = one.unwrap();
        assert!(one.targets[0].canary.is_none() && one.targets[1].canary.as_ref().unwrap().complete);
        assert!(one.redacted.contains("passkey_file: /c.json"), "{}", one.redacted);
    }

    #[test]
    fn its_key_is_masked_and_every_mistake_is_told() {
        let shown = read("canary: {user: canary, passkey_file: /c.json, api_key: planted-canary-key}\n").unwrap();
        assert!(!format!("{} {shown:?}", shown.redacted).contains("planted"), "{}", shown.redacted);
        for (more, says) in [
            ("canary: {passkey_file: /c.json}\n", "user"),
            ("canary: {user: canary}\n", "ssowatch canary enroll"),
            ("canary: {user: canary, passkey_file: /c.json, every: 1m}\n", "the shortest is 5m"),
            ("canary: {user: canary, passkey_file: /c.json, targets: [wrok]}\n", "did you mean \"work\"?"),
            ("canary: {user: canary, passkey_file: /c.json, evry: 1h}\n", "every"),
        ] {
            let error = read(more).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn plain_http_and_two_providers_are_refused() {
        let canary = "canary: {user: canary, passkey_file: /c.json}\n";
        for (from, to, says) in [
            ("https://work", "http://work", "plain HTTP"),
            (
                "url: https://id.example.com}, kasm: {url: https://work",
                "url: https://x.example.com}, kasm: {url: https://work",
                "two providers",
            ),
        ] {
            let text = format!("{}{canary}", TARGETS.replace(from, to));
            let error = Config::parse(&text, "f", Path::new(""), &|_| None).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
