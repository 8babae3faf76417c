//! Every incident that is on record for either system: the faults that play it, and what of it cannot be seen.

use ssowatch::lab::Fault::{self, *};

/// One way in which sign-in broke for somebody.
pub struct Incident {
    pub system: &'static str,
    pub number: u32,
    pub what: &'static str,
    /// Public reports; empty where it is documented or measured only.
    pub reports: &'static [&'static str],
    pub played: &'static [Fault],
    /// What of it is out of reach from outside, and why; empty where all of it is played.
    pub beyond: &'static str,
}

const fn pocket_id(
    number: u32,
    what: &'static str,
    reports: &'static [&'static str],
    played: &'static [Fault],
    beyond: &'static str,
) -> Incident {
    Incident { system: "Pocket ID", number, what, reports, played, beyond }
}

const fn kasm(
    number: u32,
    what: &'static str,
    reports: &'static [&'static str],
    played: &'static [Fault],
    beyond: &'static str,
) -> Incident {
    Incident { system: "Kasm", number, what, reports, played, beyond }
}

/// In the order of the two systems' records.
pub const INCIDENTS: &[Incident] = &[
    pocket_id(1, "a short state is refused from 2.10 on", &["bar-assistant#601"], &[StateShort, NonceShort], ""),
    pocket_id(
        2,
        "the token answer names other scopes than were asked for",
        &["kasmtech/workspaces-issues#894"],
        &[ScopesInOneEntry, ScopeTrailingBlank],
        "",
    ),
    pocket_id(
        3,
        "a callback on plain HTTP is refused",
        &["pocket-id/pocket-id#1439", "pocket-id/pocket-id#1585"],
        &[RedirectUrlHttp],
        "",
    ),
    pocket_id(
        4,
        "invalid callback URL",
        &["pocket-id/pocket-id#1510", "pocket-id/pocket-id#458"],
        &[
            RedirectUrlTrailingSlash,
            RedirectUriRegisteredWithSlash,
            RedirectUriNotRegistered,
            NoRedirectUriRegistered,
            RedirectUrlOldHost,
            RedirectUrlPath,
        ],
        "",
    ),
    pocket_id(
        5,
        "a localhost callback with a port is refused by 2.0.0 and 2.0.1",
        &["pocket-id/pocket-id#1191"],
        &[],
        "the lab does not play two patch releases apart; provider_version_sound notes it where Kasm's callback is one",
    ),
    pocket_id(6, "a callback with a fragment is refused", &["pocket-id/pocket-id#1587"], &[RedirectUrlFragment], ""),
    pocket_id(
        7,
        "the client secret is wrong, made anew, or has ended",
        &["pocket-id/pocket-id#589", "pocket-id/pocket-id#1715"],
        &[SecretRegenerated, SecretExpired],
        "whether Kasm holds the right secret: Kasm masks it, and our copy alone is proven",
    ),
    pocket_id(
        8,
        "up to 2.6 a client that sends its id in both places is refused",
        &["pocket-id/pocket-id#1315", "pocket-id/pocket-id#1466"],
        &[],
        "how Kasm's server sends its secret is seen by the provider alone",
    ),
    pocket_id(
        9,
        "2.3 reads special characters of a secret in another way",
        &["pocket-id/pocket-id#1263"],
        &[],
        "how Kasm encodes its secret is seen by the provider alone; ours is sent so that every release reads it",
    ),
    pocket_id(10, "PKCE is on, and the client does not send it", &["dawarich#2282"], &[PkceRequired, ClientPublic], ""),
    pocket_id(
        11,
        "2.9 refuses pushed authorization requests",
        &["pocket-id/pocket-id#1533"],
        &[ParRequired],
        "the refusal itself: to push a request would leave a row, and Kasm pushes none",
    ),
    pocket_id(
        12,
        "2.6 loops at interaction_required, 2.7 refuses the response mode",
        &["pocket-id/pocket-id#1442", "pocket-id/pocket-id#1492"],
        &[],
        "both need a signed-in person and parameters that Kasm does not send",
    ),
    pocket_id(
        13,
        "the person is not allowed to use the client",
        &["pocket-id/pocket-id#1164", "pocket-id/pocket-id#1538"],
        &[TestUserNotAllowed, AllowedGroupEmpty, TestUserGone],
        "",
    ),
    pocket_id(
        14,
        "a migration lost all groups of a client",
        &["pocket-id/pocket-id#865", "pocket-id/pocket-id#871"],
        &[AllowedGroupsGone],
        "",
    ),
    pocket_id(
        15,
        "no groups arrive",
        &["jellyfin-plugin-oidc#25", "pocket-id/pocket-id#987"],
        &[ScopeWithoutGroups, GroupsScopeGone],
        "groups that are lost at a refresh only: nobody is signed in here",
    ),
    pocket_id(
        16,
        "a mail address that is not verified is refused",
        &["pocket-id/pocket-id#1264"],
        &[],
        "Kasm does not read email_verified, so nothing breaks for it",
    ),
    pocket_id(
        17,
        "the signing key changed, and verifiers kept the old one",
        &["pocket-id/pocket-id#339", "pocket-id/pocket-id#356"],
        &[KeysRotated, KeyIdReused, SigningKeyDiffers],
        "",
    ),
    pocket_id(
        18,
        "Pocket ID does not start",
        &["pocket-id/pocket-id#1283", "pocket-id/pocket-id#1305"],
        &[ProviderRefused, ProviderBadGateway],
        "",
    ),
    pocket_id(
        19,
        "passkeys are bound to another host",
        &["pocket-id/pocket-id#1298", "pocket-id/pocket-id#126"],
        &[PasskeyDomainDiffers],
        "",
    ),
    pocket_id(
        20,
        "requests are turned away as too many",
        &["pocket-id/pocket-id#1224", "pocket-id/pocket-id#1451"],
        &[ProviderThrottles, ProviderThrottlesLong],
        "",
    ),
    pocket_id(
        21,
        "a bot guard lets browsers through and challenges servers",
        &["pocket-id/pocket-id#231", "pocket-id/pocket-id#849"],
        &[ProviderChallenges, ProviderLoginPage],
        "a guard that challenges Kasm's server alone: back_channel stays unverified",
    ),
    pocket_id(
        22,
        "the database hangs, is locked or lost",
        &["pocket-id/pocket-id#1274", "pocket-id/pocket-id#1356", "pocket-id/pocket-id#1383"],
        &[ProviderStalls, DatabaseGone, DatabaseHangs, DatabaseLocked],
        "",
    ),
    pocket_id(
        23,
        "the audience or a missing openid makes the client refuse the token",
        &["traefik-oidc-auth#287"],
        &[ScopeWithoutOpenid, TokenAudienceDiffers],
        "",
    ),
    pocket_id(
        24,
        "a web page stands where an answer should be, and HEAD says that all is well",
        &["pocket-id/pocket-id#1130", "pocket-id/pocket-id#1467"],
        &[ProviderWebPage, DiscoveryWebPage, JwksWebPage],
        "",
    ),
    pocket_id(
        25,
        "logout stops at Pocket ID",
        &["pocket-id/pocket-id#238", "pocket-id/pocket-id#1236"],
        &[LogoutUrlNotRegistered, EndSessionGone, IssuerFieldEmpty],
        "",
    ),
    pocket_id(
        26,
        "introspection fails for everybody up to 1.5",
        &["pocket-id/pocket-id#700", "pocket-id/pocket-id#704"],
        &[],
        "sign-in does not meet it, and the lab plays 1.11 and later; provider_version_sound tells it",
    ),
    pocket_id(
        27,
        "Kasm's server does not trust the provider's certificate",
        &["kasmtech/workspaces-issues#834"],
        &[ProviderCertificateUnknownCa, ProviderCertificateIncomplete],
        "the authorities that Kasm's container trusts",
    ),
    pocket_id(
        28,
        "endpoints were pasted without the internal base",
        &["pocket-id/pocket-id#1557"],
        &[EndpointsElsewhere],
        "",
    ),
    kasm(
        1,
        "asked and granted scopes differ",
        &["kasmtech/workspaces-issues#894"],
        &[ScopesInOneEntry, ScopeTrailingBlank, ScopeUnknown],
        "",
    ),
    kasm(2, "all scopes in one value, as a guide has it", &[], &[ScopesInOneEntry, ScopesWithCommas], ""),
    kasm(
        3,
        "the login ends on an internal address or port",
        &["kasmtech/workspaces-issues#408", "kasmtech/workspaces-issues#564", "kasmtech/workspaces-issues#822"],
        &[ConfigHostWithPort, RedirectUrlPort],
        "the last redirect is made after a real sign-in, which is never completed; kasm_public_port warns",
    ),
    kasm(
        4,
        "an address or an old host stands in the redirect URL",
        &["kasmtech/workspaces-issues#481", "kasmtech/workspaces-issues#552"],
        &[RedirectUrlAddress, RedirectUrlOldHost],
        "",
    ),
    kasm(
        5,
        "a local user of that name is in the way",
        &["kasmtech/workspaces-issues#587"],
        &[LocalUserInTheWay],
        "other users than the one named as expect.user",
    ),
    kasm(
        6,
        "Kasm's log tells of a TLS error at the provider",
        &["kasmtech/workspaces-issues#834", "kasmtech/workspaces-issues#844"],
        &[ProviderCertificateUnknownCa, DebugOn],
        "the authorities that Kasm's container trusts",
    ),
    kasm(
        7,
        "the token call brings no token",
        &[],
        &[TokenUrlStale, TokenUrlPath, SecretRegenerated],
        "a login wall that only Kasm's server meets: back_channel stays unverified",
    ),
    kasm(
        8,
        "an upgrade of Kasm no longer fits the proxy's settings",
        &["kasmtech/workspaces-issues#749"],
        &[],
        "the forwarded headers that Kasm reads after sign-in; a change of its version is in the journal",
    ),
    kasm(9, "openid is missing", &["kasmtech/workspaces-issues#717"], &[ScopeWithoutOpenid], ""),
    kasm(
        10,
        "people lose their groups",
        &[],
        &[GroupsAttributeUnknown, GroupsAttributeMissing, GroupMappingUnknown, ScopeWithoutGroups],
        "",
    ),
    kasm(
        11,
        "Kasm hides the provider's error",
        &["kasmtech/workspaces-issues#552"],
        &[PkceRequired, ParRequired, ResponseTypeDiffers],
        "",
    ),
    kasm(12, "the button is missing", &[], &[ConfigDisabled, ConfigDeleted, ConfigForOtherHost], ""),
    kasm(13, "auto login locks everybody out", &[], &[AutoLoginOn, TwoAutoLogins], ""),
    kasm(14, "PKCE is on in Pocket ID", &[], &[PkceRequired], ""),
    kasm(15, "the user name is empty", &[], &[UsernameAttributeUnknown, ScopeWithoutProfile], ""),
    kasm(16, "a scope that the provider drops", &["pocket-id/pocket-id#1544"], &[ScopeUnknown], ""),
];
