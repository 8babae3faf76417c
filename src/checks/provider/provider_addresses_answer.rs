//! Every address of the provider's name takes connections: browsers pick any of them.

use super::{Case, Check, SeverityRule};
use crate::model::{AddressState, Connection, Finding, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "provider_addresses_answer",
    severity: SeverityRule::DEGRADED,
    title: "Every address of the provider's name takes connections",
    why: "Browsers and Kasm's containers pick an address each by themselves: with one of them dead, sign-in hangs or \
          fails for some people, and for others not.",
    fix: "DNS: take the dead address out of the provider's name (an old AAAA record, often), or let the reverse proxy \
           listen there too; firewall: open the port for IPv6 as for IPv4.",
    needs: &[],
    since: "",
    source: "RFC 8305; RFC 6724",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let connection = case.now.provider_connection.get()?;
    let findings = findings(connection);
    if !findings.is_empty() {
        return Ok(Verdict::Fail(findings));
    }
    let untried = count(connection, |state| *state == AddressState::NoRoute);
    match (untried, count(connection, |state| *state == AddressState::Answered)) {
        (0, _) => Ok(Verdict::OK),
        (_, 0) => Ok(Verdict::Unverified("this host has no route to any of its addresses".to_owned())),
        (untried, _) => {
            Ok(Verdict::noting(format!("{untried} of its addresses not tried: this host has no route to that family")))
        }
    }
}

fn findings(connection: &Connection) -> Vec<Finding> {
    connection
        .addresses
        .iter()
        .filter_map(|address| match &address.answer {
            // `localhost` may have addresses at which nothing listens: nobody else gets there.
            AddressState::Failed(_) if address.address.is_loopback() => None,
            AddressState::Failed(why) => {
                let message = format!("{}, port {}: {why}", address.address, connection.port);
                Some(Finding::new("address_down", message))
            }
            AddressState::Answered | AddressState::NoRoute => None,
        })
        .collect()
}

fn count(connection: &Connection, is_meant: impl Fn(&AddressState) -> bool) -> usize {
    connection.addresses.iter().filter(|address| is_meant(&address.answer)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{edit, failed, healthy_but, report, said},
        model::{AddressAnswer, Reason, Snapshot, SourceId},
    };

    fn with(states: &[AddressState]) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.provider_connection, |connection| {
                connection.addresses = (1..)
                    .zip(states)
                    .map(|(last, answer)| AddressAnswer { address: [192, 0, 2, last].into(), answer: answer.clone() })
                    .collect();
            });
        })
    }

    #[test]
    fn every_address_with_a_route_must_answer() {
        use AddressState::{Answered, Failed, NoRoute};
        let refused = || Failed("refused".to_owned());
        let cases = [
            (with(&[Answered, Answered]), "ok"),
            (with(&[Answered, NoRoute]), "ok"),
            (with(&[NoRoute]), "unverified"),
            (with(&[Answered, refused()]), "fail address_down"),
            (with(&[refused(), NoRoute, refused()]), "fail address_down address_down"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.provider_connection.value);
        }
    }

    #[test]
    fn an_address_of_this_host_alone_may_be_dead() {
        let mut snapshot = with(&[AddressState::Answered, AddressState::Failed("refused".to_owned())]);
        edit(&mut snapshot.provider_connection, |connection| {
            connection.addresses[1].address = std::net::Ipv6Addr::LOCALHOST.into();
        });
        assert_eq!(said(CHECK.id, &snapshot), "ok");
    }

    #[test]
    fn the_dead_address_is_named() {
        let snapshot = with(&[AddressState::Answered, AddressState::Failed("refused".to_owned())]);
        assert_eq!(report(CHECK.id, &snapshot).findings[0].message, "192.0.2.2, port 443: refused");
    }

    #[test]
    fn without_a_connection_it_is_unknown() {
        let down = healthy_but(|now| {
            now.provider_connection = failed(SourceId::ProviderConnection, Reason::Connect, "refused");
        });
        assert_eq!(said(CHECK.id, &down), "unknown");
    }
}
