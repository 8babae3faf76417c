//! Every client of the provider is watched by a target.

use super::{Case, Check, SeverityRule, all_clients, few, own_client};
use crate::model::{Credential, Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "clients_watched",
    severity: SeverityRule::INFO,
    title: "A target watches every client of the provider",
    why: "Of an app that no target watches, its users are the first to know when nobody can sign in to it any more.",
    fix: "Add a target for it: `ssowatch config init --provider URL --provider.api-key-file FILE` writes one for every client \
           that it recognises, `ssowatch clients` lists all; or switch this check off.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "Pocket ID, GET /api/oidc/clients (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let all = all_clients(case)?;
    let own = own_client(case);
    let is_watched = |client: &&_| case.target().watcher_of(client, own).is_some();
    let others: Vec<String> =
        all.clients.iter().filter(|client| !is_watched(client)).map(|client| client.name.clone()).collect();
    if others.is_empty() {
        return Ok(Outcome::noting(format!("{} clients", all.total)));
    }
    let verb = if others.len() == 1 { "is" } else { "are" };
    let message = format!("{} of {} clients {verb} watched by no target: {}", others.len(), all.total, few(&others));
    Ok(Outcome::fail(Finding::new("unwatched", message)))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated_with_credentials, generic, table, table_with_credentials},
        model::{ClientsToldBy, Snapshot, WatchedApp},
    };

    fn another(now: &mut Snapshot) {
        let clients = now.clients.value.as_mut().unwrap();
        let mut client = clients.clients[0].clone();
        client.id = "grafana".to_owned();
        client.name = "Grafana".to_owned();
        client.callbacks = vec!["https://grafana.example.test/login/generic_oauth".to_owned()];
        clients.clients.push(client);
        clients.total = 2;
    }

    #[test]
    fn clients_that_no_target_watches_are_named() {
        table(&CHECK, &[("no key", |_| {}, "unverified"), ("another provider", generic, "not_applicable")]);
        table_with_credentials(
            &CHECK,
            &[
                ("ours alone", |_| {}, "ok"),
                ("another", another, "fail unwatched"),
                (
                    "another, which another target watches",
                    |now| {
                        another(now);
                        let url = "https://grafana.example.test".to_owned();
                        let app = WatchedApp { target: "grafana".to_owned(), url, has_key: false };
                        now.target.clients_told_by = ClientsToldBy::This([app].into());
                    },
                    "ok",
                ),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, another);
        assert_eq!(report.findings[0].message, "1 of 2 clients is watched by no target: Grafana");
    }
}
