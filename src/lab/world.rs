//! The state behind the sockets: the healthy state, the faults that are on, and what was seen.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc};

use rustls::ServerConfig;
use url::Url;

use super::{
    Fault, InternalUrl, LabOptions, OtherProvider,
    certificates::{Authority, Certificates, Shown},
    faults::{Effect, Wire},
    kasm,
    message::Request,
    pocket_id,
    recorder::Recorder,
    reply::{Reply, http_date},
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub provider: SocketAddr,
    pub internal: SocketAddr,
    pub kasm: SocketAddr,
    pub elsewhere: SocketAddr,
}

/// The state behind the sockets.
pub(super) struct World {
    pub options: LabOptions,
    pub ports: Ports,
    pub provider_url: Url,
    pub kasm_url: Url,
    pub faults: BTreeSet<Fault>,
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
}

impl World {
    /// The world of these options, with nothing broken.
    ///
    /// # Errors
    /// No key or certificate could be made.
    pub(super) fn new(options: LabOptions, ports: Ports) -> io::Result<Self> {
        let urls = urls(&options, ports);
        let parse = |text: &str| Url::parse(text).map_err(io::Error::other);
        let tls = if options.tls { Some(Tls::make(&options.clock)?) } else { None };
        Ok(Self {
            provider_url: parse(&urls.provider)?,
            kasm_url: parse(&urls.kasm)?,
            healthy: LabState::healthy(&options, &urls)?,
            faults: BTreeSet::new(),
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
    pub(super) fn reply(&mut self, side: Side, request: &Request) -> Reply {
        let now = self.options.clock.now();
        let state = self.state();
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

    /// The TLS settings of a side now; none on plain HTTP.
    pub(super) fn tls(&self, side: Side) -> Option<Arc<ServerConfig>> {
        let tls = self.tls.as_ref()?;
        let (certificates, usual) = match side {
            Side::Provider => (&tls.provider, Shown::Good),
            Side::App if self.options.kasm_self_signed => (&tls.kasm, Shown::SelfSigned),
            Side::App => (&tls.kasm, Shown::Good),
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
    fn make(clock: &Clock) -> io::Result<Self> {
        let now = clock.now();
        let authority = Authority::make("Lab", now)?;
        let other = Authority::make("Unknown", now)?;
        let provider = Certificates::make(PROVIDER_HOST, &authority, &other)?;
        let kasm = Certificates::make(KASM_HOST, &authority, &other)?;
        Ok(Self { authority, provider, kasm })
    }
}

fn urls(options: &LabOptions, ports: Ports) -> Urls {
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
    Urls { provider, internal, kasm, elsewhere: format!("http://{}", ports.elsewhere) }
}
