//! What a Kasm key shows: the stored OpenID configs; by the key's further rights the version, the group mappings and one
//! named user.
//!
//! The configs come first: where they are refused, the key is not tried on anything else.

use super::credentialed::Credentialed;
use crate::{
    apps::{
        AppKind,
        kasm::{GroupMapping, KasmUser, KasmVersion, OidcConfigs},
    },
    collect::{
        sources::{developer_api::DeveloperApi, kasm_config, kasm_mappings, kasm_user, kasm_version},
        transport::fetch_error::FetchError,
    },
    model::{Credential, DryRun, Missing, Observed, SourceId},
};

/// What a Kasm key shows.
#[derive(Debug)]
pub(super) struct AppKeyCollection {
    /// The stored configs.
    pub config: Observed<OidcConfigs>,
    /// The version.
    pub version: Observed<KasmVersion>,
    /// The group mappings.
    pub mappings: Observed<Vec<GroupMapping>>,
    /// The test user.
    pub user: Observed<KasmUser>,
}

/// Looks with the Kasm key.
pub(super) async fn collect(asked: &Credentialed<'_>) -> AppKeyCollection {
    match asked.target.app.kind {
        Some(AppKind::Kasm) => {}
        Some(AppKind::ProviderAlone) => {
            return without_api(asked, Missing::NotApplicable(super::from_app::NO_APP.to_owned()));
        }
        _ => return without_api(asked, Missing::NotApplicable("the app is not Kasm".to_owned())),
    }
    let api = match DeveloperApi::open(asked) {
        Ok(api) => api,
        Err(why) => return without_api(asked, why),
    };
    let config = config(asked, &api).await;
    let is_blocked = config.value.is_err();
    let before = asked.before;
    let optional = Optional { asked, api: &api, is_blocked };
    let version = optional.see(SourceId::KasmVersion, before.map(|before| &before.kasm_version), async || {
        kasm_version::collect(&api).await
    });
    let mappings = optional.see(SourceId::KasmMappings, before.map(|before| &before.kasm_mappings), async || {
        kasm_mappings::collect(&api).await
    });
    let user = async {
        let Some(name) = asked.target.expect.user.as_deref() else { return asked.missing(nobody_is_named()) };
        let old = before.filter(|before| before.target.expect.user == asked.facts.expect.user);
        optional
            .see(SourceId::KasmUser, old.map(|before| &before.kasm_user), async || kasm_user::collect(&api, name).await)
            .await
    };
    let (version, mappings, user) = tokio::join!(version, mappings, user);
    AppKeyCollection { config, version, mappings, user }
}

/// Nothing can be asked: one source says why, the others wait for it.
fn without_api(asked: &Credentialed<'_>, why: Missing) -> AppKeyCollection {
    let for_others = match &why {
        Missing::Failed { source, .. } => Missing::Blocked { by: *source },
        other => other.clone(),
    };
    AppKeyCollection {
        config: asked.missing(why),
        version: asked.missing(for_others.clone()),
        mappings: asked.missing(for_others.clone()),
        user: asked.missing(for_others),
    }
}

fn nobody_is_named() -> Missing {
    Missing::OutOfReach("needs the name of a test user (expect.user)".to_owned())
}

async fn config(asked: &Credentialed<'_>, api: &DeveloperApi<'_>) -> Observed<OidcConfigs> {
    let old = earlier(asked.before.map(|before| &before.kasm_config));
    let is_due = old.is_none_or(|old| config_is_due(asked, old));
    asked.round.refresh(SourceId::KasmConfig, old, is_due, Ok(api.side), kasm_config::collect(api)).await
}

/// An earlier observation; one from before there was a key is none.
fn earlier<T>(old: Option<&Observed<T>>) -> Option<&Observed<T>> {
    old.filter(|old| !matches!(old.value, Err(Missing::NotConfigured(_))))
}

/// Due with the settings; at once when what Kasm sends has changed; and after a minute while the login path, or a check
/// that rests on the configs, is not good, so that a fix shows.
fn config_is_due(asked: &Credentialed<'_>, old: &Observed<OidcConfigs>) -> bool {
    let Some(before) = asked.before else { return true };
    let sent_before = before.login_start.ok().and_then(|start| start.our_url(asked.facts.wanted()));
    let sent = asked.kasm.start.ok().and_then(|start| start.our_url(asked.facts.wanted()));
    let dry_run_failed = match &before.authorize_dry_run.value {
        Ok(answer) => DryRun::is_refused(answer),
        Err(missing) => matches!(missing, Missing::Failed { .. }),
    };
    let is_in_doubt = sent_before.is_none() || dry_run_failed || asked.recheck.contains(&Credential::AppKey);
    let is_due = asked.round.is_due(SourceId::KasmConfig, Some(old), |_| !is_in_doubt);
    is_due || sent_before != sent
}

/// How the sources are asked that a key may have no right to.
struct Optional<'a> {
    asked: &'a Credentialed<'a>,
    api: &'a DeveloperApi<'a>,
    /// Whether the configs are refused.
    is_blocked: bool,
}

impl Optional<'_> {
    async fn see<T: Clone>(
        &self,
        source: SourceId,
        old: Option<&Observed<T>>,
        ask: impl AsyncFnOnce() -> Result<T, FetchError>,
    ) -> Observed<T> {
        let waited = |old: &Observed<T>| matches!(old.value, Err(Missing::Blocked { .. }));
        let old = earlier(old).filter(|old| !waited(old));
        let is_due = old.is_none_or(|old| is_due(self.asked, source, old));
        let blocked = Missing::Blocked { by: SourceId::KasmConfig };
        let side = if self.is_blocked { Err(blocked) } else { Ok(self.api.side) };
        self.asked.round.refresh(source, old, is_due, side, ask()).await
    }
}

/// Once an hour. A right that the key lacks is no failure that the next minutes would fix.
fn is_due<T>(asked: &Credentialed<'_>, source: SourceId, old: &Observed<T>) -> bool {
    let as_good = Observed { at: old.at, took_seconds: 0.0, value: Ok(()) };
    let old: Observed<()> = match &old.value {
        Ok(_) | Err(Missing::OutOfReach(_)) => as_good,
        Err(why) => Observed::missing(old.at, why.clone()),
    };
    asked.round.is_due(source, Some(&old), |()| true)
}
