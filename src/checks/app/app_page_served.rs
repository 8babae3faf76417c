//! People get Kasm's login page, and the script that draws it.

use super::{Case, Check, SeverityRule};
use crate::model::{Finding, Missing, Outcome, Page};

pub(super) const CHECK: Check = Check {
    id: "app_page_served",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's login page and its script are served",
    why: "The API can be well while people look at an error or a blank page, and so find no button to sign in with.",
    fix: "Open Kasm's address in a private window; see Kasm's proxy container and what stands before it. After an \
           upgrade, empty the caches of a CDN.",
    needs: &[],
    since: "",
    source: "Kasm documentation, troubleshooting; RFC 9110, section 8.3",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if case.starts_at_its_page() {
        return Err(Missing::NotApplicable("its page is where its login starts, as login_starts says".to_owned()));
    }
    let page = case.now.app_page().get()?;
    Ok(match page.status {
        200 if page.is_blank => return Err(Missing::OutOfReach("the page is empty, as login_offered says".to_owned())),
        200 if page.is_html => script(page),
        300..=399 if !case.is_kasm() => Outcome::noting("its page leads on, to another of its own or to the provider"),
        300..=399 | 401 | 403 | 407 => Outcome::Unverified(format!(
            "{} answers {}: if a login wall stands before Kasm, kasm.http_headers or kasm.basic_auth lets this daemon \
             through",
            page.url, page.status
        )),
        500.. => Outcome::fail(Finding::new("no_page", format!("{} answers {}", page.url, page.status))),
        // What Kasm shows at this path is written down nowhere, so anything but a server's own error is open.
        status => Outcome::Unverified(format!(
            "{} answers {status} and no web page, which may be right for this release: open it in a browser",
            page.url
        )),
    })
}

fn script(page: &Page) -> Outcome {
    let Some(script) = &page.script else { return Outcome::noting("the page has no script of its own") };
    match script.status {
        None => Outcome::Unknown(format!("no answer for the page's script {}", script.path)),
        Some(200) if script.is_script => Outcome::OK,
        Some(200) => {
            Outcome::fail(Finding::new("script_is_no_script", format!("{} is served as something else", script.path)))
        }
        Some(status) => Outcome::fail(Finding::new("no_script", format!("{} answers {status}", script.path))),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::AppKind,
        checks::testing::table,
        model::{Page, Script, Snapshot},
    };

    fn page(now: &mut Snapshot) -> &mut Page {
        now.app_page.value.as_mut().unwrap()
    }

    fn script(now: &mut Snapshot) -> &mut Script {
        page(now).script.as_mut().unwrap()
    }

    #[test]
    fn the_page_and_its_script_must_be_what_they_claim() {
        table(
            &CHECK,
            &[
                ("served", |_| {}, "ok"),
                ("an error", |now| page(now).status = 503, "fail no_page"),
                ("not HTML", |now| page(now).is_html = false, "unverified"),
                ("nothing there", |now| page(now).status = 404, "unverified"),
                ("a login wall", |now| page(now).status = 302, "unverified"),
                ("the script is gone", |now| script(now).status = Some(404), "fail no_script"),
                ("a web page in the script's place", |now| script(now).is_script = false, "fail script_is_no_script"),
                ("the script gave no answer", |now| script(now).status = None, "unknown"),
                ("an empty page: told by login_offered", |now| page(now).is_blank = true, "unverified"),
                ("no script", |now| page(now).script = None, "ok"),
                (
                    "an error where the login starts at the page: told by login_starts",
                    |now| {
                        now.target.app.kind = Some(AppKind::ModAuthOpenidc);
                        page(now).status = 500;
                    },
                    "not_applicable",
                ),
            ],
        );
    }
}
