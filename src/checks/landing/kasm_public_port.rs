//! Kasm's public port is one that its last redirect keeps.

use url::Url;

use super::{Case, Check, SeverityRule};
use crate::model::{Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "kasm_public_port",
    severity: SeverityRule::INFO,
    title: "Kasm's public port survives the last redirect",
    why: "On another port than 443, several releases send people back without it, or to an inner one: the sign-in was \
           good, and the page does not load.",
    fix: "Serve Kasm at 443. Behind a reverse proxy, set Kasm: Infrastructure > Zones > your zone > Proxy Port to 0, \
           and let the proxy pass the Host with its port.",
    needs: &[],
    since: "",
    source: "kasmtech/workspaces-issues 408, 564, 901",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let port = Url::parse(&case.target().app.url).ok().and_then(|url| url.port());
    Ok(match port {
        None => Outcome::NotApplicable("Kasm is at the default port".to_owned()),
        Some(port) => Outcome::Unverified(format!(
            "Kasm is at port {port}: sign in once in a private window and see that the last address keeps it"
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::checks::testing::{evaluated, table};

    #[test]
    fn only_another_port_is_a_question() {
        table(
            &CHECK,
            &[
                ("443", |_| {}, "not_applicable"),
                ("443, written", |now| now.target.app.url.push_str(":443"), "not_applicable"),
                ("8443", |now| now.target.app.url.push_str(":8443"), "unverified"),
            ],
        );
        let reason = evaluated(&CHECK, |now| now.target.app.url.push_str(":8443")).reason.unwrap();
        assert!(reason.contains("8443"), "{reason}");
    }
}
