//! Every address that Kasm's name has takes connections.

use super::{Case, Check, SeverityRule};
use crate::model::{AddressState, Finding, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "app_addresses_answer",
    severity: SeverityRule::DEGRADED,
    title: "Every address of Kasm's name answers",
    why: "Browsers choose one of the addresses: people whose browser chooses the dead one wait, or get nowhere.",
    fix: "Fix the server behind that address, or take the address out of Kasm's DNS records (often an old AAAA \
           record).",
    needs: &[],
    since: "",
    source: "RFC 8305 (Happy Eyeballs)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let connection = case.now.app_connection.get()?;
    let findings = connection
        .addresses
        .iter()
        .filter_map(|one| match &one.answer {
            // `localhost` may have addresses at which nothing listens: nobody else gets there.
            AddressState::Failed(_) if one.address.is_loopback() => None,
            AddressState::Failed(why) => {
                Some(Finding::new("address_dead", format!("{} does not answer: {why}", one.address)))
            }
            AddressState::Answered | AddressState::NoRoute => None,
        })
        .collect::<Vec<_>>();
    let untried = connection.addresses.iter().filter(|one| one.answer == AddressState::NoRoute).count();
    if findings.is_empty() && untried > 0 {
        return Ok(Verdict::noting(format!("{untried} not tried: this host has no route to that family of addresses")));
    }
    Ok(Verdict::from_findings(findings))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{connection, table},
        model::{AddressAnswer, AddressState, Snapshot},
    };

    fn add(now: &mut Snapshot, answer: AddressState) {
        let address = "2001:db8::1".parse().unwrap();
        connection(&mut now.app_connection).addresses.push(AddressAnswer { address, answer });
    }

    #[test]
    fn a_dead_address_fails_and_one_without_a_route_does_not() {
        table(
            &CHECK,
            &[
                ("all answer", |_| {}, "ok"),
                ("one is dead", |now| add(now, AddressState::Failed("refused".to_owned())), "fail address_dead"),
                ("no IPv6 here", |now| add(now, AddressState::NoRoute), "ok"),
                (
                    "localhost, where nothing listens at one of its addresses",
                    |now| {
                        add(now, AddressState::Failed("refused".to_owned()));
                        let connection = connection(&mut now.app_connection);
                        connection.addresses.last_mut().unwrap().address = std::net::Ipv6Addr::LOCALHOST.into();
                    },
                    "ok",
                ),
            ],
        );
    }
}
