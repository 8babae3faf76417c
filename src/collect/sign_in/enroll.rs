//! Enrolment: a one-time code becomes a session, the session registers one passkey and gives the consent that later runs
//! need. The session lives for the enrolment alone.

use std::{path::Path, sync::Arc};

use serde_json::Value;

use super::{
    jar::Jar,
    pocket_id::{PocketId, refused},
    walk::{Log, Stumble, Walk, refuse_plain, request},
};
use crate::{
    canary::{Enrolled, Passkey, runs},
    collect::{
        Collector, off_worker,
        transport::{
            answer::Answer,
            foreign::Mask,
            side_client::{Counts, SideClient},
        },
    },
    config::{Secret, Target},
    model::{Blame, Side, SignInFault, Snapshot},
    oidc::parse_json,
    providers::pocket_id::ProviderKind,
};

/// What an enrolment goes by.
pub struct Enrolment<'a> {
    /// The target, whose client gets the consent.
    pub target: &'a Target,
    /// What was just seen of it.
    pub snapshot: &'a Snapshot,
    /// The user that the code is of.
    pub user: &'a str,
    /// The one-time code.
    pub code: Secret,
    /// Where the passkey goes.
    pub passkey_file: &'a Path,
}

/// What an enrolment came to.
#[derive(Debug)]
pub struct Placed {
    /// The domain that the passkey is for.
    pub rp_id: String,
    /// The passkey's id, as Pocket ID lists it.
    pub passkey_id: String,
    /// Why the consent was not given; the first run then gives it.
    pub without_consent: Option<String>,
}

/// Enrols a canary.
///
/// # Errors
/// A text for a person, which repeats nothing secret.
pub async fn enroll(collector: &Collector, enrolment: &Enrolment<'_>) -> Result<Placed, String> {
    let target = &enrolment.target.with_secrets().await;
    let deps = &collector.deps.masking(target);
    let counts = Counts::of(deps);
    let side = async |side, url, internal, http| {
        SideClient::new(side, url, internal, http, deps).await.map_err(|stop| stop.into_failure().1)
    };
    let provider = side(Side::Provider, &target.provider.url, None, &target.provider.http).await?;
    let app = side(Side::App, &target.app.url, None, &target.app.http).await?;
    let mut enroller =
        Enroller { enrolment, target, provider: &provider, app: &app, counts: &counts, jar: Jar::default() };
    let outcome = Box::pin(enroller.run()).await;
    let secrets: Vec<Secret> = enroller.jar.secrets().cloned().chain([enrolment.code.clone()]).collect();
    let mask = Arc::new(Mask::new(&secrets, target.provider.url.host_str()));
    let told = |text: String| mask.sentence(&text).into_owned();
    match outcome {
        Ok(placed) => Ok(Placed { without_consent: placed.without_consent.map(told), ..placed }),
        Err(stumble) => Err(told(stumble.detail)),
    }
}

struct Enroller<'a> {
    enrolment: &'a Enrolment<'a>,
    target: &'a Target,
    provider: &'a SideClient,
    app: &'a SideClient,
    counts: &'a Counts,
    jar: Jar,
}

fn ours(detail: impl Into<String>) -> Stumble {
    Stumble::new(Blame::Canary, SignInFault::NotEnrolled, detail)
}

fn json_of(answer: &Answer, what: &str) -> Result<Value, Stumble> {
    if answer.status != 200 {
        let why = Stumble::answered(Blame::Unclear, SignInFault::Unexpected, answer).detail;
        return Err(ours(format!("{what}: {why}")));
    }
    parse_json(&answer.body).map(|json| json.value).map_err(|problem| ours(format!("{what}: {problem}")))
}

impl Enroller<'_> {
    async fn send(&mut self, path: &str, body: Option<String>) -> Result<Answer, Stumble> {
        let stopped = |stop| Stumble::stopped(Blame::Provider, stop);
        let asked = request(self.provider.at(path), &self.jar, body, "application/json").map_err(stopped)?;
        let answer = self.provider.ask(&asked, self.counts).await.map_err(stopped)?;
        self.jar.take(&answer);
        Ok(answer)
    }

    async fn run(&mut self) -> Result<Placed, Stumble> {
        let Enrolment { user, passkey_file, snapshot, code, .. } = self.enrolment;
        refuse_plain(&self.target.provider.url)?;
        if snapshot.recognised().is_none_or(|recognised| recognised.kind != ProviderKind::PocketId) {
            return Err(ours("the provider is not seen to be Pocket ID, and the canary signs in nowhere else"));
        }
        let code = code.expose();
        if code.is_empty() || code.len() > 64 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ours(
                "the code is none: Pocket ID shows one for a user (\"login code\"), of letters and digits",
            ));
        }
        // A passkey that cannot be kept would stay at the provider, of use to nobody.
        let file = passkey_file.to_path_buf();
        off_worker(move || runs::prepare(&file)).await.map_err(|why| ours(why.to_string()))?;

        let answer = self.send(&format!("/api/one-time-access-token/{code}"), Some(String::new())).await?;
        let account = json_of(&answer, "the code is not taken")?;
        if account.get("isAdmin") != Some(&Value::Bool(false)) {
            return Err(ours("the code is of an admin, or of somebody who may be one: a canary is never an admin"));
        }
        if account.get("username").and_then(Value::as_str) != Some(user) {
            return Err(ours("the code is of another user than --user names; nothing was registered"));
        }
        let options = json_of(&self.send("/api/webauthn/register/start", None).await?, "no passkey can be made")?;
        let part = |pointer: &str| options.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (rp_id, handle, challenge) = (part("/rp/id"), part("/user/id"), part("/challenge"));
        let host = self.target.provider.url.host_str().unwrap_or_default();
        if rp_id != host || handle.is_empty() {
            let detail =
                format!("Pocket ID makes passkeys for {rp_id:?} (APP_URL), and the provider's address has {host}");
            return Err(ours(crate::oidc::one_line(&detail)));
        }
        let origin = self.target.provider.url.origin().ascii_serialization();
        let passkey = Passkey::create(&rp_id, &origin, &handle).map_err(|refusal| refused(&refusal))?;
        let body = passkey.registration(&challenge).map_err(|refusal| refused(&refusal))?.to_string();
        json_of(&self.send("/api/webauthn/register/finish", Some(body)).await?, "the passkey is not taken")?;
        let enrolled = Enrolled { user: (*user).to_owned(), at: snapshot.taken_at, passkey };
        let file = passkey_file.to_path_buf();
        let (enrolled, kept) = off_worker(move || {
            let kept = enrolled.save(&file);
            (enrolled, kept)
        })
        .await;
        kept.map_err(|error| {
            ours(format!("the passkey was made and cannot be kept ({error}): delete it at Pocket ID, and begin anew"))
        })?;
        let passkey_id = enrolled.passkey.id().to_owned();
        let without_consent = self.consent(&enrolled).await.err().map(|stumble| stumble.detail);
        Ok(Placed { rp_id, passkey_id, without_consent })
    }

    /// The first authorization of the app's client, with the session of the code.
    async fn consent(&mut self, enrolled: &Enrolled) -> Result<(), Stumble> {
        let missing = || ours("the app starts no login");
        let snapshot = self.enrolment.snapshot;
        let wanted = snapshot.target.wanted();
        let started = snapshot.login_start.ok().ok_or_else(missing)?;
        let known = started.our_url(wanted).ok_or_else(missing)?;
        let crate::apps::kasm::Chosen::Ours(ours) = started.ours(wanted) else { return Err(missing()) };
        let settings = snapshot.kasm_login_settings.ok().ok_or_else(missing)?;
        let config = settings.configs.iter().find(|config| config.id == ours.config_id).ok_or_else(missing)?;
        let walk = Walk {
            provider: self.provider,
            app: self.app,
            config,
            known,
            app_url: &self.target.app.url,
            provider_url: &self.target.provider.url,
            issuer: None,
            recognised: snapshot.recognised().unwrap_or_default(),
            passkey: &enrolled.passkey,
            user: self.enrolment.user,
            api_key: None,
            complete: false,
            counts: self.counts,
            log: Log::default(),
        };
        let asked = walk.start(&mut Jar::default()).await?;
        let mut driver = PocketId::with_session(&walk, std::mem::take(&mut self.jar));
        let sent = driver.authorize(&asked).await;
        self.jar = driver.into_jar();
        walk.callback(&sent?, &asked).map(|_| ())
    }
}
