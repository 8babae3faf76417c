//! The state behind the sockets: the healthy state, the faults that are on, and what was seen.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc};

use rustls::ServerConfig;
use url::Url;

use super::{
    AppFault, Fault, InternalUrl, LabOptions, OtherProvider,
    apps::{OtherApp, SEATS},
    certificates::{Authority, Certificates, Shown},
    faults::{Effect, Wire},
    kasm,
    message::Request,
    pocket_id,
    recorder::Recorder,
    reply::{Reply, http_date},
    server::Door,
    sign_in::SignIns,
    state::{Database, LabState, Urls},
};
use crate::{clock::Clock, model::Side};

/// The provider's name where names are used.
const PROVIDER_HOST: &str = "id.example.test";
/// Kasm's name where names are used.
const KASM_HOST: &str = "kasm.example.test";
/// An INTERNAL_APP_URL that only Kasm's network could resolve.
const UNREACHABLE: &str = "http://pocket-id.internal.example.test:1411";

/// Where the sockets listen.
#[derive(Debug, Clone)]
pub(super) struct Ports {
    pub provider: SocketAddr,
    pub internal: SocketAddr,
    pub kasm: SocketAddr,
    pub others: Vec<SocketAddr>,
    pub elsewhere: SocketAddr,
}

/// The state behind the sockets.
pub(super) struct World {
    pub options: LabOptions,
    pub ports: Ports,
    pub provider_url: Url,
    pub kasm_url: Url,
    pub faults: BTreeSet<Fault>,
    pub app_faults: BTreeSet<AppFault>,
    pub recorder: Recorder,
    pub sign_ins: SignIns,
    healthy: LabState,
    tls: Option<Tls>,
}

/// The certificates of a lab on HTTPS.
struct Tls {
    authority: Authority,
    provider: Certificates,
    kasm: Certificates,
    others: Vec<Certificates>,
}

impl World {
    /// The world of these options, with nothing broken.
    ///
    /// # Errors
    /// No key or certificate could be made.
    pub(super) fn new(options: LabOptions, ports: Ports) -> io::Result<Self> {
        let urls = urls(&options, &ports);
        let parse = |text: &str| Url::parse(text).map_err(io::Error::other);
        let tls = if options.tls { Some(Tls::make(&options)?) } else { None };
        Ok(Self {
            provider_url: parse(&urls.provider)?,
            kasm_url: parse(&urls.kasm)?,
            healthy: LabState::healthy(&options, &urls)?,
            faults: BTreeSet::new(),
            app_faults: BTreeSet::new(),
            recorder: Recorder::of(&options),
            sign_ins: SignIns::default(),
            options,
            ports,
            tls,
        })
    }

    /// What both sides hold now.
    pub(super) fn state(&self) -> LabState {
        let mut state = self.healthy.clone();
        for fault in &self.faults {
            if let Effect::Change(change) = fault.effect() {
                change(&mut state);
            }
        }
        for fault in &self.app_faults {
            fault.change(&mut state);
        }
        state
    }

    /// Fills Kasm's config for our provider with these values.
    pub(super) fn fill_in(&mut self, provider: OtherProvider) {
        let config = self.healthy.config();
        config.auth_url = provider.authorization;
        config.token_url = provider.token;
        config.user_info_url = provider.userinfo;
        config.client_id = provider.client_id;
        config.scope = provider.scopes;
        config.issuer = Some(provider.issuer.as_str().trim_end_matches('/').to_owned());
    }

    /// Registers this callback for the first client, and no other.
    pub(super) fn register(&mut self, callback: &str) {
        self.healthy.client().callback_urls = vec![callback.to_owned()];
    }

    /// Notes a request and answers it.
    pub(super) fn reply(&mut self, door: Door, request: &Request) -> Reply {
        let now = self.options.clock.now();
        let state = self.state();
        let side = match door {
            Door::Provider | Door::ProviderInternal => Side::Provider,
            Door::OtherApp(seat) if let Some(app) = state.apps.get(seat) => return self.reply_of_app(app, request),
            Door::Kasm | Door::OtherApp(_) | Door::Elsewhere => Side::App,
        };
        self.recorder.note(side, request, &state.provider, now);
        let of_sign_in = match side {
            _ if !self.options.signs_in => None,
            Side::Provider => {
                let answer = self.sign_ins.provider(&state, request, now);
                answer.map(|answer| pocket_id::finish(&state.provider, request, answer))
            }
            Side::App => self.sign_ins.app(&state, request),
        };
        let mut answer = of_sign_in.unwrap_or_else(|| match side {
            Side::Provider => pocket_id::answer(&state.provider, request, now),
            Side::App => kasm::answer(&state.kasm, request),
        });
        if self.options.signs_in && side == Side::App && request.path == "/api/sso" {
            self.sign_ins.started(&mut answer);
        }
        self.recorder.note_answer(side, request, &answer);
        let mut reply = Reply::of(answer);
        if side == Side::Provider && state.provider.database == Database::Hung {
            reply.never = pocket_id::needs_database(&state.provider, &request.path);
        }
        for fault in &self.faults {
            if let Effect::Reply(of, paths, damage) = fault.effect()
                && of == side
                && (paths.is_empty() || paths.contains(&request.path.as_str()))
            {
                reply = reply.damaged(damage, &state.urls, now);
            }
        }
        // A page that a fault puts in the answer's place has a date as well.
        if !matches!(self.options.clock, Clock::System) {
            reply.answer = reply.answer.or("Date", http_date(now, 0));
        }
        reply
    }

    /// Notes a request to an app beside Kasm and answers it.
    fn reply_of_app(&mut self, app: &OtherApp, request: &Request) -> Reply {
        self.recorder.note_app(app, request);
        let answer = app.answer(request);
        self.recorder.note_start(&answer);
        Reply::of(answer)
    }

    /// Whether a side refuses connections.
    pub(super) fn refuses(&self, side: Side) -> bool {
        self.has(Effect::Wire(side, Wire::Refused))
    }

    /// Whether a side resets connections when the first byte comes.
    pub(super) fn resets(&self, side: Side) -> bool {
        self.has(Effect::Wire(side, Wire::Reset))
    }

    fn has(&self, wanted: Effect) -> bool {
        self.faults.iter().any(|fault| match (fault.effect(), wanted) {
            (Effect::Wire(side, wire), Effect::Wire(of, kind)) => side == of && wire == kind,
            _ => false,
        })
    }

    /// The TLS settings behind a door now; none on plain HTTP.
    pub(super) fn tls(&self, door: Door) -> Option<Arc<ServerConfig>> {
        let tls = self.tls.as_ref()?;
        let (side, certificates, usual) = match door {
            Door::ProviderInternal | Door::Elsewhere => return None,
            Door::OtherApp(seat) => return tls.others.get(seat)?.config(Shown::Good),
            Door::Provider => (Side::Provider, &tls.provider, Shown::Good),
            Door::Kasm if self.options.kasm_self_signed => (Side::App, &tls.kasm, Shown::SelfSigned),
            Door::Kasm => (Side::App, &tls.kasm, Shown::Good),
        };
        let broken = self.faults.iter().find_map(|fault| match fault.effect() {
            Effect::Wire(of, Wire::Shows(shown)) if of == side => Some(shown),
            _ => None,
        });
        certificates.config(broken.unwrap_or(usual))
    }

    /// The root certificate; empty on plain HTTP.
    pub(super) fn ca_pem(&self) -> String {
        self.tls.as_ref().map(|tls| tls.authority.pem().to_owned()).unwrap_or_default()
    }

    /// Kasm's self-signed certificate; empty on plain HTTP.
    pub(super) fn kasm_certificate_pem(&self) -> String {
        self.tls.as_ref().map(|tls| tls.kasm.self_signed_pem().to_owned()).unwrap_or_default()
    }
}

impl Tls {
    fn make(options: &LabOptions) -> io::Result<Self> {
        let now = options.clock.now();
        let authority = Authority::make("Lab", now)?;
        let other = Authority::make("Unknown", now)?;
        let provider = Certificates::make(PROVIDER_HOST, &authority, &other)?;
        let kasm = Certificates::make(KASM_HOST, &authority, &other)?;
        let hosts = SEATS.iter().filter(|_| options.other_apps).map(|seat| seat.host);
        let others = hosts.map(|host| Certificates::make(host, &authority, &other)).collect::<io::Result<_>>()?;
        Ok(Self { authority, provider, kasm, others })
    }
}

fn urls(options: &LabOptions, ports: &Ports) -> Urls {
    let (provider, kasm) = if options.tls {
        let port = options.kasm_port.map(|port| format!(":{port}")).unwrap_or_default();
        (format!("https://{PROVIDER_HOST}"), format!("https://{KASM_HOST}{port}"))
    } else {
        let named = |port: SocketAddr| match options.localhost {
            true => format!("http://localhost:{}", port.port()),
            false => format!("http://{port}"),
        };
        (named(ports.provider), named(ports.kasm))
    };
    let internal = match options.internal_url {
        InternalUrl::Absent => None,
        InternalUrl::Reachable => Some(format!("http://{}", ports.internal)),
        InternalUrl::Unreachable => Some(UNREACHABLE.to_owned()),
    };
    let others = SEATS.iter().zip(&ports.others).map(|(seat, port)| match (options.tls, options.localhost) {
        (true, _) => format!("https://{}", seat.host),
        (false, true) => format!("http://localhost:{}", port.port()),
        (false, false) => format!("http://{port}"),
    });
    let others = others.collect();
    Urls { provider, internal, kasm, others, elsewhere: format!("http://{}", ports.elsewhere) }
}
