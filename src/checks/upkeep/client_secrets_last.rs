//! No secret of any client of the provider ends soon.

use chrono::TimeDelta;

use super::{Case, Check, SeverityRule, all_clients, ends_soon, has_one_secret_without_an_end, own_client};
use crate::model::{Credential, Finding, Missing, Outcome, ProviderClient};

/// The warning begins so long before the end.
const USUAL: TimeDelta = TimeDelta::days(30);
/// The most clients that are named.
const MOST: usize = 10;

pub(super) const CHECK: Check = Check {
    id: "client_secrets_last",
    severity: SeverityRule::RISK,
    title: "No client secret of another app ends soon",
    why: "On the day that the last secret of a client ends, nobody can sign in to its app, whether it is watched or not.",
    fix: "Pocket ID: Administration > OIDC Clients > the named client > Client secrets: add a second one, enter it in that \
           app, and delete the old one after a good sign-in.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.14",
    source: "Pocket ID 2.14, client secrets (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    if has_one_secret_without_an_end(case) {
        return Ok(Outcome::NotApplicable("before 2.14 a client has one secret, without an end".to_owned()));
    }
    let all = all_clients(case)?;
    let findings: Vec<Finding> = all
        .clients
        .iter()
        .filter(|client| client.is_public != Some(true) && !has_a_check_of_its_own(case, client))
        .filter_map(|client| finding(case, client))
        .take(MOST)
        .collect();
    if findings.is_empty() {
        Ok(Outcome::noting(format!("{} clients", all.total)))
    } else {
        Ok(Outcome::Fail(findings))
    }
}

/// Whether a target looks at this client's secrets itself: one with a key of its own.
fn has_a_check_of_its_own(case: &Case<'_>, client: &ProviderClient) -> bool {
    let own = own_client(case);
    if own == Some(client.id.as_str()) {
        return true;
    }
    let watcher = case.target().watcher_of(client, own);
    watcher.is_some_and(|app| app.has_key && app.target != case.target().name)
}

fn finding(case: &Case<'_>, client: &ProviderClient) -> Option<Finding> {
    let name = &client.name;
    let active: Vec<_> = client.active_secrets(case.now.taken_at).collect();
    if active.is_empty() {
        let count = client.secrets.as_ref().map_or(0, Vec::len);
        let what = if count == 1 {
            "its only client secret has".to_owned()
        } else {
            format!("all {count} client secrets have")
        };
        return (count > 0).then(|| Finding::new("ended", format!("{name}: {what} ended")));
    }
    // The app may use the one that ends last.
    let last = active
        .iter()
        .map(|secret| secret.expires_at)
        .try_fold(None, |last, end| end.map(|end| last.max(Some(end))))??;
    let when = ends_soon(case, &CHECK, last, USUAL)?;
    let which = if active.len() == 1 { "its client secret" } else { "the last of its client secrets" };
    Some(Finding::new("ends_soon", format!("{name}: {which} {when}")))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::CHECK;
    use crate::{
        checks::testing::{evaluated_with_credentials, generic, legacy, lose, table, table_with_credentials},
        model::{ClientsToldBy, Missing, Reason, Snapshot, SourceId, WatchedApp},
    };

    /// Another client, with secrets that end in so many days, or never.
    fn another(now: &mut Snapshot, days: &[Option<i64>]) {
        let at = now.taken_at;
        let clients = &mut now.clients.value.as_mut().unwrap().clients;
        let mut client = clients[0].clone();
        client.id = "grafana".to_owned();
        client.name = "Grafana".to_owned();
        client.callbacks = vec!["https://grafana.example.test/login/generic_oauth".to_owned()];
        let one = client.secrets.as_ref().unwrap()[0].clone();
        let ending = |days: &Option<i64>| {
            let mut secret = one.clone();
            secret.expires_at = days.map(|days| at + TimeDelta::days(days));
            secret
        };
        client.secrets = Some(days.iter().map(ending).collect());
        clients.push(client);
    }

    fn watch(now: &mut Snapshot, has_key: bool) {
        let url = "https://grafana.example.test".to_owned();
        now.target.clients_told_by =
            ClientsToldBy::This([WatchedApp { target: "grafana".to_owned(), url, has_key }].into());
    }

    #[test]
    fn the_secrets_of_clients_that_nobody_else_looks_at_are_told_before_they_end() {
        table_with_credentials(
            &CHECK,
            &[
                ("only our own, which has a check", |_| {}, "ok"),
                ("for ever", |now| another(now, &[None]), "ok"),
                ("31 days", |now| another(now, &[Some(31)]), "ok"),
                ("29 days", |now| another(now, &[Some(29)]), "fail ends_soon"),
                ("another goes on", |now| another(now, &[Some(5), None]), "ok"),
                ("both end", |now| another(now, &[Some(5), Some(6)]), "fail ends_soon"),
                ("one has ended, the other ends", |now| another(now, &[Some(-5), Some(6)]), "fail ends_soon"),
                ("the only one has ended", |now| another(now, &[Some(-5)]), "fail ended"),
                ("there never was one", |now| another(now, &[]), "ok"),
                (
                    "of a target without a key",
                    |now| {
                        another(now, &[Some(5)]);
                        watch(now, false);
                    },
                    "fail ends_soon",
                ),
                (
                    "of a target that looks itself",
                    |now| {
                        another(now, &[Some(5)]);
                        watch(now, true);
                    },
                    "ok",
                ),
                (
                    "another target tells of them",
                    |now| {
                        now.clients.value =
                            Err(Missing::NotApplicable("the target work tells of all clients".to_owned()))
                    },
                    "not_applicable",
                ),
                ("the list fails", |now| lose(&mut now.clients, SourceId::Clients, Reason::Timeout), "unknown"),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, |now| another(now, &[Some(5)]));
        assert_eq!(report.findings[0].message, "Grafana: its client secret ends in 5 days, on 2026-11-29 12:00 UTC");
    }

    #[test]
    fn only_a_key_of_pocket_id_2_14_shows_them() {
        table(
            &CHECK,
            &[
                ("no key", |_| {}, "unverified"),
                ("before", legacy, "not_applicable"),
                ("another", generic, "not_applicable"),
            ],
        );
    }
}
