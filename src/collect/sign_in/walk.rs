//! One run: the app's own start, the sign-in, the app's request with that session, the code at the app's redirect URI, and
//! with `complete` the landing. The session, the code and the cookies live in it alone.

use std::time::Duration;

use hyper::header;
use tokio::time::{Instant, timeout};
use url::Url;

use super::{
    jar::Jar,
    pocket_id::PocketId,
    request::{AuthRequest, Callback},
};
use crate::{
    apps::kasm::{CallbackAnswer, LoginConfig, is_session},
    canary::Passkey,
    collect::{
        sources::login_start,
        transport::{
            answer::Answer,
            fetch_error::{FetchError, bounded, place},
            foreign::Mask,
            http::{CANARY_AGENT, Request},
            request_auth::RequestAuth,
            side_client::{Counts, SideClient},
        },
    },
    config::Secret,
    model::{Blame, Reason, SignInFailure, SignInFault, SignInStep, StepTime},
    oidc::{AuthorizeUrl, is_loopback},
    providers::Recognised,
};

/// A run that takes longer is given up: the round that it is in has other things to tell.
const LIMIT: Duration = Duration::from_secs(30);

/// What a run goes by.
pub(super) struct Walk<'a> {
    /// The provider.
    pub provider: &'a SideClient,
    /// The app.
    pub app: &'a SideClient,
    /// The app's config that leads to the provider.
    pub config: &'a LoginConfig,
    /// What the app's start asked for in this round, before the canary's own.
    pub known: &'a AuthorizeUrl,
    /// The app's address.
    pub app_url: &'a Url,
    /// The provider's address.
    pub provider_url: &'a Url,
    /// The issuer by its document.
    pub issuer: Option<&'a str>,
    /// What the provider is.
    pub recognised: Recognised,
    /// The passkey.
    pub passkey: &'a Passkey,
    /// The user.
    pub user: &'a str,
    /// The canary's own key.
    pub api_key: Option<Secret>,
    /// Whether the app's callback is requested.
    pub complete: bool,
    /// The requests of this collection.
    pub counts: &'a Counts,
    /// What came of it so far.
    pub log: Log,
}

/// What came of a run so far.
#[derive(Default)]
pub(super) struct Log {
    /// The steps.
    pub steps: Vec<StepTime>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// What no text may repeat: cookies, state, code.
    pub secrets: Vec<Secret>,
}

/// Why a step failed, before it is known which it was.
#[derive(Debug)]
pub(super) struct Stumble {
    pub blame: Blame,
    pub fault: SignInFault,
    pub status: Option<u16>,
    pub detail: String,
}

impl Stumble {
    pub(super) fn new(blame: Blame, fault: SignInFault, detail: impl Into<String>) -> Self {
        Self { blame, fault, status: None, detail: detail.into() }
    }

    /// By an answer, with what the server said.
    pub(super) fn answered(blame: Blame, fault: SignInFault, answer: &Answer) -> Self {
        let said = answer.said().map(|text| format!(": {text}"));
        let page = if answer.is_web_page() && said.is_none() { " with a web page" } else { "" };
        let detail = format!("HTTP {}{}{page}", answer.status, said.unwrap_or_default());
        Self { status: Some(answer.status), ..Self::new(blame, fault, detail) }
    }

    /// No answer came, or none that counts.
    pub(super) fn stopped(blame: Blame, stop: FetchError) -> Self {
        let (reason, detail) = stop.into_failure();
        let fault = match reason {
            Reason::Throttled => SignInFault::Throttled,
            Reason::Blocked => SignInFault::Withheld,
            _ => SignInFault::NoAnswer,
        };
        // Whoever asks too much shares the address with us, perhaps: it accuses nobody's settings.
        let blame = if fault == SignInFault::Throttled { Blame::Unclear } else { blame };
        Self::new(blame, fault, detail)
    }

    fn at(self, step: SignInStep, mask: &Mask) -> SignInFailure {
        let Self { blame, fault, status, detail } = self;
        let told = |text: &str| bounded(&mask.sentence(text));
        let fault = match fault {
            SignInFault::Moved { made_for, now } => SignInFault::Moved { made_for, now: told(&now) },
            other => other,
        };
        SignInFailure { step, blame, fault, status, detail: told(&detail) }
    }
}

/// A request of the canary: what it carries goes over trusted connections alone.
pub(super) fn request(url: Url, jar: &Jar, body: Option<String>, accept: &'static str) -> Result<Request, FetchError> {
    let headers = jar.header()?.map(|cookies| (header::COOKIE, cookies)).into_iter().collect();
    let body = body.map(|body| ("application/json", body));
    let carried = Some(RequestAuth { headers, body });
    Ok(Request { carried, accept, agent: CANARY_AGENT, ..Request::json(url) })
}

/// Plain HTTP goes to loopback alone, whatever the settings allow.
pub(super) fn refuse_plain(url: &Url) -> Result<(), Stumble> {
    if url.scheme() == "https" || is_loopback(url) {
        return Ok(());
    }
    let detail = format!("{} is plain HTTP: nothing was sent", place(url));
    Err(Stumble::new(Blame::App, SignInFault::Withheld, detail))
}

impl Walk<'_> {
    /// Walks to the end, or to the first step that fails; that one is not repeated.
    pub(super) async fn run(&mut self) -> Result<(), SignInFailure> {
        let mut step = SignInStep::Start;
        let walked = timeout(LIMIT, self.steps(&mut step)).await.unwrap_or_else(|_| {
            let blame =
                if matches!(step, SignInStep::Start | SignInStep::Landing) { Blame::App } else { Blame::Provider };
            Err(Stumble::new(blame, SignInFault::NoAnswer, format!("not done within {} s", LIMIT.as_secs())))
        });
        let public = [self.provider_url, self.app_url].map(|url| url.host_str().unwrap_or_default().to_owned());
        let mask = Mask::new(&self.log.secrets, public.iter().map(String::as_str));
        for scope in &mut self.log.scopes {
            *scope = mask.sentence(scope).into_owned();
        }
        walked.map_err(|stumble| stumble.at(step, &mask))
    }

    async fn steps(&mut self, step: &mut SignInStep) -> Result<(), Stumble> {
        let mut app_jar = Jar::default();
        let begun = Instant::now();
        let started = self.start(&mut app_jar).await;
        self.note(*step, begun);
        let started = started?;
        self.log.secrets.push(started.state.clone());

        let mut driver = PocketId::new(self);
        let mut steps = Vec::new();
        let signed_in = driver.sign_in(step, &mut steps).await;
        let authorized = match signed_in {
            Ok(()) => {
                *step = SignInStep::Authorize;
                let begun = Instant::now();
                let sent = driver.authorize(&started).await;
                steps.push(StepTime { step: *step, seconds: begun.elapsed().as_secs_f64() });
                sent
            }
            Err(stumble) => Err(stumble),
        };
        let secrets = driver.into_secrets();
        self.log.secrets.extend(secrets);
        self.log.steps.extend(steps);
        let sent = authorized?;

        *step = SignInStep::Code;
        let begun = Instant::now();
        let callback = self.callback(&sent, &started);
        self.note(*step, begun);
        let callback = callback?;
        self.log.secrets.push(callback.code.clone());
        self.log.scopes.clone_from(&callback.scopes);
        if !self.complete {
            return Ok(());
        }
        *step = SignInStep::Landing;
        let begun = Instant::now();
        let landed = self.land(&callback, &mut app_jar).await;
        self.log.secrets.extend(app_jar.secrets().cloned());
        self.note(*step, begun);
        landed
    }

    fn note(&mut self, step: SignInStep, begun: Instant) {
        self.log.steps.push(StepTime { step, seconds: begun.elapsed().as_secs_f64() });
    }

    /// The app's own start of a login. It must ask for what the app asked for in this round already, at this provider, and
    /// have people sent back to the app itself.
    pub(super) async fn start(&self, jar: &mut Jar) -> Result<AuthRequest, Stumble> {
        refuse_plain(self.app_url)?;
        refuse_plain(self.provider_url)?;
        let asked = Request { agent: CANARY_AGENT, ..login_start::request(self.app, self.config) };
        let stopped = |stop| Stumble::stopped(Blame::App, stop);
        let answer = self.app.ask(&asked, self.counts).await.map_err(stopped)?;
        jar.take(&answer);
        let no_start = |why: &str| Stumble::new(Blame::App, SignInFault::NoStart, why);
        let read = login_start::read(&answer).map_err(stopped)?;
        let (Some(raw), crate::apps::kasm::StartOutcome::Url(asks)) = (read.raw, read.fact) else {
            return Err(Stumble::answered(Blame::App, SignInFault::NoStart, &answer));
        };
        let request = AuthRequest::read(&raw, asks).map_err(no_start)?;
        let other = |what: &str| {
            let detail = format!("the app's start has {what}, so nothing was signed");
            Err(Stumble::new(Blame::App, SignInFault::OtherStart, detail))
        };
        if !self.provider.names(&request.url) {
            return other("an authorize URL of another origin than the provider's");
        }
        if request.redirect_uri.origin() != self.app_url.origin() {
            return other("a redirect URI of another origin than the app's");
        }
        if request.asks.client_id != self.known.client_id || request.asks.redirect_uri != self.known.redirect_uri {
            return other("another client or redirect URI than a moment ago");
        }
        Ok(request)
    }

    /// Reads what the browser would bring back to the app.
    pub(super) fn callback(&self, sent: &Url, request: &AuthRequest) -> Result<Callback, Stumble> {
        use super::request::NoCallback;
        let url = self.provider_url.as_str();
        let issuers = [url, self.issuer.unwrap_or(url)];
        let fail = |fault, detail: String| Stumble::new(Blame::Provider, fault, detail);
        Callback::read(sent, request, &issuers).map_err(|why| match why {
            NoCallback::Elsewhere => {
                let detail = format!("people are sent to {}, which is not the app's redirect URI", place(sent));
                fail(SignInFault::OtherCallback, detail)
            }
            NoCallback::Issuer(issuer) => {
                fail(SignInFault::OtherCallback, format!("the code comes from {issuer}, which is not this provider"))
            }
            NoCallback::State => fail(SignInFault::StateChanged, "the app's state came back changed".to_owned()),
            NoCallback::NoCode => fail(SignInFault::Unexpected, "the browser comes back without a code".to_owned()),
            NoCallback::Error(error, description) if error == "access_denied" => {
                let detail = format!("{error}: {description}");
                Stumble::new(Blame::Canary, SignInFault::NotAllowed, detail)
            }
            NoCallback::Error(error, description) => {
                fail(SignInFault::RequestRefused, format!("{error}: {description}"))
            }
        })
    }

    /// The app's callback, with the app's cookies: where the app sends the browser then.
    async fn land(&self, callback: &Callback, jar: &mut Jar) -> Result<(), Stumble> {
        let fail = |fault, answer: &Answer| Err(Stumble::answered(Blame::App, fault, answer));
        let asked = request(callback.url.clone(), jar, None, "text/html");
        let asked = asked.map_err(|stop| Stumble::stopped(Blame::App, stop))?;
        let answer = match self.app.ask(&asked, self.counts).await {
            Ok(answer) => answer,
            Err(FetchError::Failed { reason: Reason::Timeout, detail, .. }) => {
                return Err(Stumble::new(Blame::App, SignInFault::AppTimeout, detail));
            }
            Err(stop) => return Err(Stumble::stopped(Blame::App, stop)),
        };
        jar.take(&answer);
        match answer.status {
            300..=399 => self.landed_at(&answer),
            502 | 504 => fail(SignInFault::AppTimeout, &answer),
            500.. => fail(SignInFault::AppError, &answer),
            _ => match CallbackAnswer::read(&answer.body) {
                CallbackAnswer::NoUserName => fail(SignInFault::NoUserName, &answer),
                CallbackAnswer::UserRefused => fail(SignInFault::UserRefused, &answer),
                CallbackAnswer::Unknown => fail(SignInFault::NoSession, &answer),
            },
        }
    }

    fn landed_at(&self, answer: &Answer) -> Result<(), Stumble> {
        let Some(url) = answer.location_url() else {
            return Err(Stumble::answered(Blame::App, SignInFault::NoSession, answer));
        };
        let leads_to = url.origin().ascii_serialization();
        if url.origin() != self.app_url.origin() {
            let detail = format!("the last redirect leads to {leads_to}");
            return Err(Stumble::new(Blame::App, SignInFault::OtherHost { leads_to: bounded(&leads_to) }, detail));
        }
        if is_session(url.path(), url.fragment()) {
            return Ok(());
        }
        let detail = format!("the last redirect leads to {}, and hands no session over", place(&url));
        Err(Stumble::new(Blame::App, SignInFault::NoSession, detail))
    }
}
