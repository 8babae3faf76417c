//! Kasm starts a login: it gives the browser an authorize URL.

use super::{Case, Check, SeverityRule, error_of_its_own};
use crate::{
    apps::kasm::{Chosen, KasmStart, Start, StartOutcome},
    model::{Finding, Missing, Outcome, Reason, SourceId},
};

pub(super) const CHECK: Check = Check {
    id: "login_starts",
    severity: SeverityRule::OUTAGE,
    title: "Kasm starts the login with this provider",
    why: "Who presses the button gets Kasm's error text and stays on the login page.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config: look for an empty or broken field, first \
           of all Authorization URL, and save it in place; Kasm's log (Diagnostics > Logging) names the reason.",
    needs: &[],
    since: "",
    source: "Kasm's front end (POST /api/sso); the answers' form is unconfirmed",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let starts = match case.now.login_start().get() {
        Ok(starts) => starts,
        Err(missing) => return without_an_answer(case, missing),
    };
    match starts.ours(case.target().wanted()) {
        Chosen::Ours(start) => Ok(outcome(case, start)),
        Chosen::Nowhere => nowhere(case, starts),
    }
}

/// A Kasm that is well, and ends in an error of its own at the start of a login, is a fault; any other silence is not.
fn without_an_answer(case: &Case<'_>, missing: Missing) -> Result<Outcome, Missing> {
    let while_well = error_of_its_own(case, &missing);
    if while_well.is_some() && case.start_asks_provider() && is_provider_well(case) {
        return Ok(Outcome::Unknown(
            "its server asks the provider at this step, which is told first (back_channel)".to_owned(),
        ));
    }
    if case.is_guess() || is_provider_away(case) {
        return Err(missing);
    }
    let message = match (while_well, missing.server_error()) {
        (Some(detail), _) => format!("Kasm is well, and does not start the login: {detail}"),
        (None, Some(detail)) if has_no_health_check(case) => {
            format!("Kasm answers the start of its login with an error of its own: {detail}")
        }
        _ => return Err(missing),
    };
    Ok(Outcome::fail(Finding::new("server_error", message)))
}

/// Whether no health check says more of an app that ends in errors: then no other check says that nobody signs in.
fn has_no_health_check(case: &Case<'_>) -> bool {
    !case.is_kasm() && matches!(case.now.app_health().value, Err(Missing::NotApplicable(_)))
}

fn outcome(case: &Case<'_>, start: &Start) -> Outcome {
    match &start.outcome {
        StartOutcome::Url(_) => Outcome::OK,
        StartOutcome::NoAnswer(why) => Outcome::Unknown(format!("Kasm's answer could not be read: {why}")),
        StartOutcome::Refused(text) if is_provider_away(case) => Outcome::Unknown(format!(
            "Kasm refuses (\"{text}\") while the provider is away, which it may need at this step"
        )),
        StartOutcome::Refused(text) if case.is_guess() => Outcome::Unverified(format!(
            "how the login of this kind of app starts is unconfirmed, and its answer is: {text}; app.login says it better"
        )),
        StartOutcome::FormRefused(text) if case.is_guess() => Outcome::Unverified(format!(
            "how the login of this kind of app starts is unconfirmed, and it refuses its own login form: {text}; app.login \
             says it better"
        )),
        StartOutcome::Refused(text) => Outcome::fail(refused(&[(&start.display_name, text)])),
        StartOutcome::FormRefused(text) => Outcome::fail(form_refused(case, text)),
    }
}

/// Web frameworks refuse a form that comes from another address than their own as forged: people get an error page in
/// place of the provider's. So does an app that does not know the address at which a proxy serves it.
fn form_refused(case: &Case<'_>, text: &str) -> Finding {
    let message = format!(
        "Kasm refuses its own login form as forged ({text}), most likely because it does not know that people come by {}",
        case.target().app.url
    );
    Finding::new("form_refused", message)
}

/// No config leads to this provider. Those that do not start may be the one.
fn nowhere(case: &Case<'_>, starts: &KasmStart) -> Result<Outcome, Missing> {
    if starts.starts.is_empty() {
        return Err(Missing::Blocked { by: SourceId::KasmLoginSettings });
    }
    let unread = starts.starts.iter().find(|start| matches!(start.outcome, StartOutcome::NoAnswer(_)));
    if let Some(start) = unread {
        return Ok(outcome(case, start));
    }
    let refusals: Vec<(&str, &str)> = starts
        .starts
        .iter()
        .filter_map(|start| match &start.outcome {
            StartOutcome::Refused(text) => Some((start.display_name.as_str(), text.as_str())),
            _ => None,
        })
        .collect();
    match refusals.as_slice() {
        [] => Ok(Outcome::Unknown("no config leads to this provider (login_offered)".to_owned())),
        [(_, text), ..] if is_provider_away(case) => {
            Ok(Outcome::Unknown(format!("Kasm refuses (\"{text}\") while the provider is away")))
        }
        all => Ok(Outcome::fail(refused(all))),
    }
}

fn refused(each: &[(&str, &str)]) -> Finding {
    // Another app than Kasm has no buttons with names of their own.
    if let [("", text)] = each {
        return Finding::new("refused", format!("Kasm does not start the login: {text}"));
    }
    let each: Vec<String> = each.iter().map(|(name, text)| format!("\"{name}\": {text}")).collect();
    Finding::new("refused", format!("Kasm does not start the login with {}", each.join("; ")))
}

/// Whether the provider answers us as it must.
pub(in crate::checks) fn is_provider_well(case: &Case<'_>) -> bool {
    case.now.provider_connection().ok().is_some() && case.discovery().is_ok()
}

fn is_provider_away(case: &Case<'_>) -> bool {
    let away = |failure: Option<(Reason, &str)>| failure.is_some_and(|(reason, _)| reason.is_transport());
    away(case.now.provider_connection().failure()) || away(case.now.discovery().failure())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::{AppKind, kasm::StartOutcome},
        checks::testing::{add_config, evaluated, lose, table, url},
        model::{HealthState, Missing, Reason, Snapshot, SourceId},
    };

    const ELSEWHERE: &str = "https://login.example.test/authorize";

    fn answer(now: &mut Snapshot, outcome: StartOutcome) {
        now.login_start.value.as_mut().unwrap().starts[0].outcome = outcome;
    }

    fn status(now: &mut Snapshot, status: u16) {
        now.login_start.value = Err(Missing::status(SourceId::LoginStart, status, format!("HTTP {status}")));
    }

    fn refuse(now: &mut Snapshot) {
        answer(now, StartOutcome::Refused("No SSO ID".to_owned()));
    }

    #[test]
    fn a_refusal_fails_unless_the_provider_is_away() {
        table(
            &CHECK,
            &[
                ("starts", |_| {}, "ok"),
                ("refused", refuse, "fail refused"),
                (
                    "no answer that could be read",
                    |now| {
                        answer(now, StartOutcome::NoAnswer("a web page".to_owned()));
                    },
                    "unknown",
                ),
                (
                    "refused while the provider is away",
                    |now| {
                        refuse(now);
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Timeout);
                    },
                    "unknown",
                ),
                (
                    "refused while discovery is an error page",
                    |now| {
                        refuse(now);
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Body);
                    },
                    "fail refused",
                ),
                (
                    "one refused, the other leads elsewhere",
                    |now| {
                        add_config(now, "Work", ELSEWHERE);
                        refuse(now);
                    },
                    "fail refused",
                ),
                (
                    "one without an answer, the other leads elsewhere",
                    |now| {
                        add_config(now, "Work", ELSEWHERE);
                        answer(now, StartOutcome::NoAnswer("a web page".to_owned()));
                    },
                    "unknown",
                ),
                (
                    "both lead elsewhere: told by login_offered",
                    |now| {
                        add_config(now, "Work", ELSEWHERE);
                        url(now).endpoint = ELSEWHERE.to_owned();
                    },
                    "unknown",
                ),
                ("both lead here", |now| add_config(now, "Work", "https://id.example.test/authorize"), "ok"),
                ("nothing to start", |now| now.login_start.value.as_mut().unwrap().starts.clear(), "unknown"),
                ("an error of its own", |now| status(now, 500), "fail server_error"),
                (
                    "an error of its own while it is not well: told by app_healthy",
                    |now| {
                        status(now, 502);
                        now.app_health.value.as_mut().unwrap().fact.state = HealthState::Unhealthy("502".to_owned());
                    },
                    "unknown",
                ),
                (
                    "an error of its own while the provider is away",
                    |now| {
                        status(now, 500);
                        lose(&mut now.provider_connection, SourceId::ProviderConnection, Reason::Connect);
                    },
                    "unknown",
                ),
                ("no such path", |now| status(now, 404), "unknown"),
                ("not asked", |now| lose(&mut now.login_start, SourceId::LoginStart, Reason::Connect), "unknown"),
            ],
        );
    }

    fn is_paperless(now: &mut Snapshot) {
        now.target.app.kind = Some(AppKind::Paperless);
        now.app_health.value = Err(Missing::NotApplicable("it has none".to_owned()));
    }

    /// Its page is where its login starts.
    fn is_apache(now: &mut Snapshot) {
        is_paperless(now);
        now.target.app.kind = Some(AppKind::ModAuthOpenidc);
    }

    #[test]
    fn another_app_fails_where_it_refuses_its_own_form_or_ends_in_an_error() {
        table(
            &CHECK,
            &[
                (
                    "refuses its own form",
                    |now| {
                        is_paperless(now);
                        answer(now, StartOutcome::FormRefused("HTTP 403".to_owned()));
                    },
                    "fail form_refused",
                ),
                (
                    "asks the provider at this step, and its page is well: told by back_channel",
                    |now| {
                        is_paperless(now);
                        status(now, 500);
                    },
                    "unknown",
                ),
                (
                    "the same, started as the configuration says: back_channel does not speak of it",
                    |now| {
                        is_paperless(now);
                        now.target.app.login = Some("/start".to_owned());
                        status(now, 500);
                    },
                    "fail server_error",
                ),
                (
                    "its page is an error, too",
                    |now| {
                        is_paperless(now);
                        status(now, 502);
                        now.app_page.value.as_mut().unwrap().status = 502;
                    },
                    "fail server_error",
                ),
                (
                    "its page is the start",
                    |now| {
                        is_apache(now);
                        status(now, 500);
                        now.app_page.value.as_mut().unwrap().status = 500;
                    },
                    "fail server_error",
                ),
                (
                    "the same while the provider is away",
                    |now| {
                        is_apache(now);
                        status(now, 500);
                        now.app_page.value.as_mut().unwrap().status = 500;
                        lose(&mut now.provider_connection, SourceId::ProviderConnection, Reason::Connect);
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn a_form_that_is_refused_names_the_address_and_where_the_app_is_told_it() {
        let report = evaluated(&CHECK, |now| {
            is_paperless(now);
            answer(now, StartOutcome::FormRefused("HTTP 403".to_owned()));
        });
        let finding = &report.findings[0];
        assert!(finding.message.starts_with("Paperless-ngx refuses its own login form as forged (HTTP 403)"));
        assert!(finding.message.ends_with("https://kasm.example.test"), "{}", finding.message);
        assert!(finding.fix.as_ref().unwrap().starts_with("Paperless-ngx: set PAPERLESS_URL"), "{finding:?}");
    }

    #[test]
    fn kasms_own_text_is_told() {
        let report = evaluated(&CHECK, refuse);
        assert_eq!(report.findings[0].message, "Kasm does not start the login with \"Pocket ID\": No SSO ID");
    }
}
