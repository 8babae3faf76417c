//! The lab: a Pocket ID and a Kasm made of our own code, for the demo and the tests, with faults one can switch on.
//!
//! Both sides hold state (a [`state::LabState`]) that each fault changes; the handlers are plain functions of that state
//! and a request. What must never happen (a redirect URI that Kasm did not send, a callback hit, a write) is recorded
//! as a violation: [`Lab::stop`] returns the list, and a test asserts that it is empty.

mod apps;
mod certificates;
mod developer_api;
mod faults;
mod kasm;
mod keys;
mod listener;
mod message;
mod options;
mod pocket_id;
mod random;
mod recorder;
mod reply;
mod server;
mod sign_in;
mod state;
mod target;
mod world;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;
use url::Url;

pub use apps::AppFault;
pub use developer_api::{API_KEY as KASM_API_KEY, API_KEY_SECRET as KASM_API_KEY_SECRET};
pub use faults::Fault;
pub use options::{InternalUrl, LabOptions, OtherProvider};
pub use recorder::Seen;
pub use sign_in::{BrokenSignIn, SignInTraces};

use self::{
    listener::LabListener,
    message::Request,
    reply::Reply,
    server::Door,
    world::{Ports, World},
};
use crate::{
    config::Target,
    model::{Credential, Side},
};

/// The secret of Kasm's client at the lab's provider.
pub const CLIENT_SECRET: &str = pocket_id::Client::KASM_SECRET;
/// The id of that client.
pub const CLIENT_ID: &str = pocket_id::Client::KASM;
/// A provider key of an admin.
pub const ADMIN_API_KEY: &str = "PocketIdAdminKeyPlaceholder000001";
/// A provider key of an ordinary user.
pub const USER_API_KEY: &str = "PocketIdUserKeyPlaceholder0000001";

/// A provider key of the test user, who may sign in as the canary.
pub const CANARY_API_KEY: &str = "PocketIdCanaryKeyPlaceholder00001";

/// A running Pocket ID and a running Kasm, on loopback.
#[derive(Debug)]
pub struct Lab {
    inner: Arc<Inner>,
    tasks: Vec<AbortHandle>,
}

/// What the sockets and the [`Lab`] share.
struct Inner {
    world: Mutex<World>,
    provider: Arc<LabListener>,
    internal: Arc<LabListener>,
    kasm: Arc<LabListener>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("provider", &self.provider.address()).field("kasm", &self.kasm.address()).finish()
    }
}

impl Lab {
    /// Starts a lab, each side on a free port of loopback.
    ///
    /// # Errors
    /// No port could be taken, or no key or certificate could be made.
    pub async fn start(options: LabOptions) -> io::Result<Self> {
        let address: IpAddr = if options.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        let listener = || LabListener::open_on(address).map(Arc::new);
        let (provider, internal, kasm, elsewhere) = (listener()?, listener()?, listener()?, listener()?);
        let seats = if options.other_apps { apps::SEATS.len() } else { 0 };
        let others = (0..seats).map(|_| listener()).collect::<io::Result<Vec<_>>>()?;
        let ports = Ports {
            provider: provider.address(),
            internal: internal.address(),
            kasm: kasm.address(),
            others: others.iter().map(|listener| listener.address()).collect(),
            elsewhere: elsewhere.address(),
        };
        // Making an RSA key takes a moment: not on the threads that serve.
        let world =
            tokio::task::spawn_blocking(move || World::new(options, ports)).await.map_err(io::Error::other)??;
        let doors = [
            (Door::Provider, provider.clone()),
            (Door::ProviderInternal, internal.clone()),
            (Door::Kasm, kasm.clone()),
            (Door::Elsewhere, elsewhere),
        ];
        let others = others.into_iter().enumerate().map(|(seat, listener)| (Door::OtherApp(seat), listener));
        let inner = Arc::new(Inner { world: Mutex::new(world), provider, internal, kasm });
        let tasks = doors
            .into_iter()
            .chain(others)
            .map(|(door, listener)| tokio::spawn(server::run(inner.clone(), door, listener)).abort_handle())
            .collect();
        Ok(Self { inner, tasks })
    }

    /// The provider's address, as users type it.
    #[must_use]
    pub fn provider_url(&self) -> Url {
        self.inner.world().provider_url.clone()
    }

    /// Kasm's address, as users type it.
    #[must_use]
    pub fn kasm_url(&self) -> Url {
        self.inner.world().kasm_url.clone()
    }

    /// The lab as a target that is ready to be looked at.
    #[must_use]
    pub fn target(&self) -> Target {
        target::target(&self.inner.world())
    }

    /// The same with these credentials, each one right.
    #[must_use]
    pub fn target_with(&self, credentials: &[Credential]) -> Target {
        target::target_with(&self.inner.world(), credentials)
    }

    /// The targets of every app of the lab, Kasm's first, with every credential there is for each.
    #[must_use]
    pub fn targets_with_everything(&self) -> Vec<Target> {
        target::all(&self.inner.world())
    }

    /// Breaks an app beside Kasm, in a lab that has them ([`LabOptions::other_apps`]).
    pub fn break_app(&self, fault: AppFault) {
        let mut world = self.inner.world();
        if world.options.other_apps {
            world.app_faults.insert(fault);
        }
    }

    /// Fixes that.
    pub fn fix_app(&self, fault: AppFault) {
        self.inner.world().app_faults.remove(&fault);
    }

    /// The faults of apps beside Kasm that are on.
    #[must_use]
    pub fn broken_apps(&self) -> Vec<AppFault> {
        self.inner.world().app_faults.iter().copied().collect()
    }

    /// [`Lab::target`] as a config file.
    #[must_use]
    pub fn config_yaml(&self) -> String {
        target::config_yaml(&self.inner.world())
    }

    /// Fills Kasm's form with the values of another provider, which the target then names; faults of Kasm still apply.
    /// For labs on plain HTTP.
    pub fn point_kasm_at(&self, provider: OtherProvider) {
        let mut world = self.inner.world();
        world.provider_url = provider.issuer.clone();
        world.fill_in(provider);
    }

    /// Registers another callback for the client of [`LabOptions::other_app`].
    pub fn register(&self, callback: &str) {
        self.inner.world().register(callback);
    }

    /// Where a side really listens, whatever its address says.
    #[must_use]
    pub fn socket(&self, side: Side) -> std::net::SocketAddr {
        self.inner.listener(side).address()
    }

    /// The root certificate that signs both sides' certificates, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.inner.world().ca_pem()
    }

    /// The self-signed certificate that Kasm shows with `kasm_self_signed`, in PEM: what an operator pins.
    #[must_use]
    pub fn kasm_certificate_pem(&self) -> String {
        self.inner.world().kasm_certificate_pem()
    }

    /// Switches a fault on. A fault that [`Fault::needs_tls`] does nothing on plain HTTP ([`Fault::plays_on`]).
    ///
    /// Where the fault is in the connection, open ones are ended. A client in the same runtime that keeps connections
    /// notices once the caller has yielded (`tokio::task::yield_now`).
    pub fn break_with(&self, fault: Fault) {
        self.inner.world().faults.insert(fault);
        self.inner.cut_for(fault);
        self.inner.settle();
    }

    /// Switches a fault off.
    pub fn fix(&self, fault: Fault) {
        self.inner.world().faults.remove(&fault);
        self.inner.cut_for(fault);
        self.inner.settle();
    }

    /// Switches every fault off.
    pub fn fix_all(&self) {
        for fault in self.broken() {
            self.fix(fault);
        }
        self.inner.world().app_faults.clear();
    }

    /// A one-time code of the test user, as Pocket ID's admin makes one.
    #[must_use]
    pub fn one_time_code(&self) -> String {
        self.inner.world().sign_ins.one_time_code()
    }

    /// Breaks what only shows when somebody signs in.
    pub fn break_sign_in(&self, broken: BrokenSignIn) {
        self.inner.world().sign_ins.broken.insert(broken);
    }

    /// Fixes that.
    pub fn fix_sign_in(&self, broken: BrokenSignIn) {
        self.inner.world().sign_ins.broken.remove(&broken);
    }

    /// Deletes the passkeys of the test user at the provider.
    pub fn delete_passkeys(&self) {
        self.inner.world().sign_ins.forget_passkeys();
    }

    /// What sign-ins have left at both sides.
    #[must_use]
    pub fn sign_in_traces(&self) -> SignInTraces {
        self.inner.world().sign_ins.traces()
    }

    /// Every secret that a sign-in was given: cookies, codes, states, sessions.
    #[must_use]
    pub fn sign_in_secrets(&self) -> Vec<String> {
        self.inner.world().sign_ins.given_out()
    }

    /// The faults that are on.
    #[must_use]
    pub fn broken(&self) -> Vec<Fault> {
        self.inner.world().faults.iter().copied().collect()
    }

    /// Every request that came, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.world().recorder.seen.clone()
    }

    /// How many requests of that path came to a side.
    #[must_use]
    pub fn count(&self, side: Side, path: &str) -> usize {
        self.inner.world().recorder.seen.iter().filter(|seen| seen.side == side && seen.path == path).count()
    }

    /// How many tokens the provider gave out.
    #[must_use]
    pub fn minted(&self) -> usize {
        self.inner.world().recorder.minted
    }

    /// Forgets the requests that came so far, but no violation.
    pub fn forget_seen(&self) {
        self.inner.world().recorder.seen.clear();
    }

    /// What happened that must never happen: one sentence each, empty when all is well.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.inner.world().recorder.violations.clone()
    }

    /// Stops both sides and returns the violations: a test asserts that there are none.
    #[must_use = "a violation that nobody looks at is none"]
    pub async fn stop(self) -> Vec<String> {
        for task in &self.tasks {
            task.abort();
        }
        // Lets the runtime drop the sockets before the caller goes on.
        tokio::task::yield_now().await;
        self.violations()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Inner {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listener(&self, side: Side) -> &LabListener {
        match side {
            Side::Provider => &self.provider,
            Side::App => &self.kasm,
        }
    }

    /// Answers a request that came by a door.
    fn reply(&self, door: Door, request: &Request) -> Reply {
        self.world().reply(door, request)
    }

    /// Ends a side's connections where a fault changes what a new connection meets.
    fn cut_for(&self, fault: Fault) {
        if let Some(side) = fault.connections_of() {
            self.listener(side).cut();
            if side == Side::Provider {
                self.internal.cut();
            }
        }
    }

    /// Opens and closes the listening sockets as the faults want it.
    fn settle(&self) {
        for side in [Side::Provider, Side::App] {
            let is_refused = self.world().refuses(side);
            let internal = (side == Side::Provider).then_some(&*self.internal);
            for listener in std::iter::once(self.listener(side)).chain(internal) {
                let settled = if is_refused { listener.close() } else { listener.open() };
                if let Err(error) = settled {
                    tracing::error!(%error, "the lab could not open or close a port");
                }
            }
        }
    }
}
