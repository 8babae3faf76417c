//! The pages that people see at the provider are served: the sign-in page with its script, and the way out.
//!
//! A broken end-session endpoint is reported here unless userinfo is broken as well (`endpoints_answer`): it is a page that
//! people see when they leave, and no sign-in fails for it. The sign-in page itself is Pocket ID's own.

use super::{Case, Check, SeverityRule, endpoints_answer};
use crate::model::{EndpointAnswers, Finding, Missing, Outcome, Page};

pub(super) const CHECK: Check = Check {
    id: "provider_page_served",
    severity: SeverityRule::DEGRADED,
    title: "The provider's pages are served: sign-in with its script, and sign-out",
    why: "The passkey dialogue lives in the page's script: without it, people look at a blank screen while every \
          endpoint answers well.",
    fix: "Reverse proxy or CDN: pass the page and everything below `/_app/` to Pocket ID unchanged, and empty its \
           cache after an upgrade. Sign-out: pass `/api/oidc/end-session`.",
    needs: &[],
    since: "",
    source: "HTML, section 4.12.1; OpenID Connect RP-Initiated Logout 1.0, section 2",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let mut findings: Vec<Finding> = sign_out(case).into_iter().collect();
    match sign_in(case) {
        Ok(found) => findings.extend(found),
        Err(missing) if findings.is_empty() => return Err(missing),
        Err(_) => {}
    }
    Ok(Outcome::from_findings(findings))
}

/// What is wrong with the end-session endpoint alone.
fn sign_out(case: &Case<'_>) -> Option<Finding> {
    case.discovery().ok()?;
    let EndpointAnswers { userinfo, end_session } = case.now.provider_endpoints().ok()?;
    if endpoints_answer::finding("userinfo", userinfo).is_some() {
        return None;
    }
    endpoints_answer::finding("end_session", end_session.as_ref()?)
}

/// Waits for discovery: where something else answers in the provider's place, its page tells nothing more.
fn sign_in(case: &Case<'_>) -> Result<Option<Finding>, Missing> {
    case.pocket_id_only()?;
    case.discovery()?;
    Ok(page_finding(case.now.provider_page().get()?))
}

fn page_finding(page: &Page) -> Option<Finding> {
    let url = &page.url;
    if !(200..300).contains(&page.status) {
        return Some(Finding::new("status", format!("{url} answers with status {}", page.status)));
    }
    if !page.is_html {
        return Some(Finding::new("not_html", format!("{url} is not a web page")));
    }
    let script = page.script.as_ref()?;
    let path = &script.path;
    match script.status {
        None => Some(Finding::new("script_no_answer", format!("The page's script {path} gets no answer"))),
        Some(status) if !(200..300).contains(&status) => {
            Some(Finding::new("script_status", format!("The page's script {path} answers with status {status}")))
        }
        Some(_) if !script.is_script => {
            Some(Finding::new("script_replaced", format!("In place of the page's script {path} comes something else")))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{edit, failed, healthy_but, said},
        model::{EndpointState, Reason, Snapshot, SourceId},
        providers::ProviderKind,
    };

    fn with(change: impl FnOnce(&mut Page)) -> Snapshot {
        healthy_but(|now| edit(&mut now.provider_page, change))
    }

    fn endpoints(change: impl FnOnce(&mut EndpointAnswers)) -> Snapshot {
        healthy_but(|now| edit(&mut now.provider_endpoints, change))
    }

    fn wrong() -> EndpointState {
        EndpointState::Wrong { status: 500, seen: "an error".to_owned() }
    }

    #[test]
    fn the_page_and_its_script_are_evaluated() {
        let cases = [
            (with(|_| {}), "ok"),
            (with(|page| page.status = 404), "fail status"),
            (with(|page| page.status = 302), "fail status"),
            (with(|page| page.is_html = false), "fail not_html"),
            (with(|page| page.script = None), "ok"),
            (with(|page| page.script.as_mut().unwrap().status = None), "fail script_no_answer"),
            (with(|page| page.script.as_mut().unwrap().status = Some(404)), "fail script_status"),
            (with(|page| page.script.as_mut().unwrap().is_script = false), "fail script_replaced"),
            (healthy_but(|now| now.provider_page = failed(SourceId::ProviderPage, Reason::Challenged, "")), "unknown"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.provider_page.value);
        }
    }

    #[test]
    fn a_broken_way_out_is_told_here_unless_userinfo_is_broken_too() {
        let out = endpoints(|answers| answers.end_session.as_mut().unwrap().state = wrong());
        assert_eq!(said(CHECK.id, &out), "fail end_session_wrong");
        let both = endpoints(|answers| {
            answers.userinfo.state = wrong();
            answers.end_session.as_mut().unwrap().state = wrong();
        });
        assert_eq!(said(CHECK.id, &both), "ok");
        assert_eq!(said(CHECK.id, &endpoints(|answers| answers.end_session = None)), "ok");
    }

    #[test]
    fn a_page_is_not_evaluated_while_something_else_answers() {
        let mut snapshot = with(|page| page.status = 502);
        snapshot.discovery = failed(SourceId::Discovery, Reason::Status, "HTTP 502");
        snapshot.target.provider.kind = Some(ProviderKind::PocketId);
        assert_eq!(said(CHECK.id, &snapshot), "unknown");
    }

    #[test]
    fn of_another_provider_only_the_way_out_is_evaluated() {
        let mut other = with(|page| page.status = 404);
        other.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &other), "not_applicable");
        edit(&mut other.provider_endpoints, |answers| answers.end_session.as_mut().unwrap().state = wrong());
        assert_eq!(said(CHECK.id, &other), "fail end_session_wrong");
    }
}
