//! What both sides hold at one moment: healthy by the options, then changed by each fault that is on.

use serde_json::Value;

use super::{
    InternalUrl, LabOptions,
    apps::OtherApp,
    keys::{KeyName, SigningKey},
    pocket_id::{ApiKey, Client, Group, Paths, User, discovery},
};
use crate::{
    apps::AppKind,
    providers::{ProviderKind, pocket_id::Version},
};

/// The id of Kasm's config for our provider, as Kasm stores it.
pub(super) const CONFIG_ID: &str = "5ca1ab1e-0000-4000-8000-000000000001";

/// The addresses of a lab, without trailing slashes.
#[derive(Debug, Clone)]
pub(super) struct Urls {
    /// The provider, as users type it: the issuer.
    pub provider: String,
    /// INTERNAL_APP_URL, where there is one.
    pub internal: Option<String>,
    /// Kasm, as users type it.
    pub kasm: String,
    /// The apps beside Kasm, in the order of their seats; none in most labs.
    pub others: Vec<String>,
    /// An address that no document of a healthy lab names and that must never be contacted.
    pub elsewhere: String,
}

impl Urls {
    /// Kasm's callback.
    pub(super) fn callback(&self) -> String {
        format!("{}/api/oidc_callback", self.kasm)
    }
}

/// What both sides hold at one moment.
#[derive(Debug, Clone)]
pub(super) struct LabState {
    /// The addresses.
    pub urls: Urls,
    /// The provider.
    pub provider: Provider,
    /// Kasm.
    pub kasm: Kasm,
    /// The apps beside Kasm.
    pub apps: Vec<OtherApp>,
}

/// The state of a provider's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    /// It answers.
    Fine,
    /// It cannot be read.
    Gone,
    /// Another process holds the write lock.
    Locked,
    /// It takes queries and never answers.
    Hung,
}

/// What the provider holds.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    /// Pocket ID or another.
    pub kind: ProviderKind,
    /// The release of Pocket ID.
    pub version: Version,
    /// APP_URL.
    pub app_url: String,
    /// Where its endpoints are.
    pub paths: &'static Paths,
    /// The registered clients.
    pub clients: Vec<Client>,
    /// The users.
    pub users: Vec<User>,
    /// The groups of users.
    pub groups: Vec<Group>,
    /// The API keys.
    pub api_keys: Vec<ApiKey>,
    /// The database.
    pub database: Database,
    /// The discovery document.
    pub discovery: Value,
    /// The published key set.
    pub jwks: Value,
    /// The key that signs.
    pub signing_key: &'static SigningKey,
    /// The key that `key-rotate` would make.
    pub next_key: &'static SigningKey,
    /// How its tokens differ from what they should be.
    pub token: TokenForm,
    /// Whether the client's share of requests is used up.
    pub is_throttling: bool,
    /// Paths that a proxy in front does not pass on.
    pub hidden: Vec<&'static str>,
    /// The host that passkeys are bound to.
    pub passkey_host: Option<String>,
    /// Whether the page's script is there.
    pub page_script: bool,
}

/// What a client's own token says, where it is not what it should be.
#[derive(Debug, Clone)]
pub(super) struct TokenForm {
    /// From `iat` to `exp`, in seconds.
    pub lifetime: i64,
    /// Another issuer than APP_URL.
    pub issuer: Option<&'static str>,
    /// Another audience than the client.
    pub audience: Option<&'static str>,
}

/// What Kasm holds.
#[derive(Debug, Clone)]
pub(super) struct Kasm {
    /// The OpenID configs.
    pub configs: Vec<OidcConfig>,
    /// How many SAML configs there are.
    pub saml_configs: usize,
    /// What `/api/sso` answers instead of a URL.
    pub sso_error: Option<&'static str>,
    /// The scope that it sends in place of the stored one, as a host that keeps an old config does.
    pub sends_scope: Option<&'static str>,
    /// Parameters that the authorize URL has beside the usual ones.
    pub extra_parameters: Vec<(&'static str, &'static str)>,
    /// The `response_type` that it asks for.
    pub response_type: &'static str,
    /// How many characters follow the colon of `state`; none: a `state` of five characters.
    pub state_length: Option<usize>,
    /// What the health endpoint says.
    pub health: Health,
    /// Whether its API finds its database.
    pub has_database: bool,
    /// Whether the page's script is there.
    pub page_script: bool,
    /// Whether its page has nothing in it.
    pub is_page_empty: bool,
    /// The realm of the user `canary`: `oidc` once that user has signed in through a provider.
    pub test_user_realm: &'static str,
    /// What the developer API says to a key.
    pub developer_api: DeveloperApi,
    /// The permissions that the key lacks, by their names on Kasm's form.
    pub permissions_missing: Vec<&'static str>,
    /// The provider's groups that the mappings of the group *Kasm Users* name.
    pub mapped_groups: Vec<&'static str>,
}

/// What Kasm's health endpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// 200, `{"ok": true}`.
    Fine,
    /// 500, a page.
    Exception,
    /// 404: a proxy hides the path.
    Hidden,
}

/// What Kasm's developer API says to the right key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeveloperApi {
    /// What it is asked for, as far as the key's permissions go.
    Answers,
    /// An error object inside a 200.
    ErrorInside,
    /// The key is wrong.
    WrongKey,
    /// The key has expired.
    KeyExpired,
    /// The licence has no developer API.
    Unlicensed,
}

/// One OpenID config of Kasm; the fields are named as its API names them.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct OidcConfig {
    pub oidc_id: String,
    /// Kept, so that other faults still find it.
    #[serde(skip)]
    pub is_deleted: bool,
    pub display_name: String,
    pub enabled: bool,
    pub auto_login: bool,
    pub is_default: bool,
    pub hostname: Option<String>,
    pub logo_url: Option<String>,
    pub client_id: String,
    /// Shown as ten asterisks; Kasm's copy of the secret is not readable.
    pub client_secret: &'static str,
    pub auth_url: String,
    pub token_url: String,
    pub user_info_url: String,
    pub scope: Vec<String>,
    pub redirect_url: String,
    pub username_attribute: String,
    pub groups_attribute: Option<String>,
    pub debug: bool,
    pub issuer: Option<String>,
    pub logout_with_oidc_provider: bool,
    pub enable_frontchannel_logout: bool,
}

impl LabState {
    /// The healthy state of these options.
    ///
    /// # Errors
    /// No signing key could be made.
    pub(super) fn healthy(options: &LabOptions, urls: &Urls) -> std::io::Result<Self> {
        let signing_key = if options.es256 { KeyName::Ec } else { KeyName::Rsa }.key()?;
        let paths = Paths::of(options.kind);
        let back_channel = urls.internal.as_ref().unwrap_or(&urls.provider);
        let apps = OtherApp::healthy(urls, paths.authorize);
        let callback = options.other_app.clone().unwrap_or_else(|| urls.callback());
        let mut clients = Client::known(&callback, &urls.kasm, options.secrets());
        clients.extend(apps.iter().map(OtherApp::client));
        let provider = Provider {
            kind: options.kind,
            version: options.version,
            app_url: urls.provider.clone(),
            paths,
            clients,
            users: User::known(),
            groups: Group::known(),
            api_keys: ApiKey::known(),
            database: Database::Fine,
            discovery: discovery::document(options, paths, &urls.provider, back_channel, signing_key.algorithm()),
            jwks: serde_json::json!({"keys": [signing_key.jwk()]}),
            signing_key,
            next_key: KeyName::OtherRsa.key()?,
            token: TokenForm { lifetime: 3600, issuer: None, audience: None },
            is_throttling: false,
            hidden: Vec::new(),
            passkey_host: None,
            page_script: true,
        };
        Ok(Self { urls: urls.clone(), provider, kasm: Kasm::healthy(options, urls, paths), apps })
    }

    /// Kasm's config for our provider.
    pub(super) fn config(&mut self) -> &mut OidcConfig {
        &mut self.kasm.configs[0]
    }

    /// The test user at the provider.
    pub(super) fn test_user(&mut self) -> &mut User {
        let index = self.provider.users.iter().position(|user| user.username == User::TEST).unwrap_or_default();
        &mut self.provider.users[index]
    }

    /// The user of the keys that a lab's target has: both, since each is the owner of one.
    pub(super) fn key_owners(&mut self) -> impl Iterator<Item = &mut User> {
        self.provider.users.iter_mut().filter(|user| ["admin", "alice"].contains(&user.username))
    }

    /// Kasm's client at the provider.
    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.provider.clients[0]
    }

    /// The app of a kind beside Kasm. A lab that has none of that kind is broken in no app: its faults are not offered.
    pub(super) fn app(&mut self, kind: AppKind) -> &mut OtherApp {
        let index = self.apps.iter().position(|app| app.seat.kind == kind).unwrap_or_default();
        &mut self.apps[index]
    }

    /// The client of that app at the provider.
    pub(super) fn client_of(&mut self, kind: AppKind) -> &mut Client {
        let id = self.app(kind).seat.client_id;
        let index = self.provider.clients.iter().position(|client| client.id == id).unwrap_or_default();
        &mut self.provider.clients[index]
    }

    /// The client of another app at the provider.
    pub(super) fn another_client(&mut self) -> &mut Client {
        &mut self.provider.clients[1]
    }
}

impl Provider {
    /// The client of an id.
    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id && !client.is_deleted)
    }
}

impl Kasm {
    /// The configs that are there.
    pub(super) fn configs(&self) -> impl Iterator<Item = &OidcConfig> {
        self.configs.iter().filter(|config| !config.is_deleted)
    }

    fn healthy(options: &LabOptions, urls: &Urls, paths: &Paths) -> Self {
        let back_channel = match options.internal_url {
            InternalUrl::Absent => &urls.provider,
            _ => urls.internal.as_ref().unwrap_or(&urls.provider),
        };
        let ours = OidcConfig {
            oidc_id: CONFIG_ID.to_owned(),
            is_deleted: false,
            display_name: options.display_name.clone(),
            enabled: true,
            auto_login: options.auto_login,
            is_default: true,
            hostname: None,
            logo_url: None,
            client_id: Client::KASM.to_owned(),
            client_secret: "**********",
            auth_url: format!("{}{}", urls.provider, paths.authorize),
            token_url: format!("{back_channel}{}", paths.token),
            user_info_url: format!("{back_channel}{}", paths.userinfo),
            scope: ["openid", "email", "profile", "groups"].map(str::to_owned).to_vec(),
            redirect_url: urls.callback(),
            username_attribute: "preferred_username".to_owned(),
            groups_attribute: Some("groups".to_owned()),
            debug: false,
            issuer: Some(urls.provider.clone()),
            logout_with_oidc_provider: true,
            enable_frontchannel_logout: false,
        };
        let others = (0..options.other_configs).map(|number| ours.of_another_provider(number));
        Self {
            configs: std::iter::once(ours.clone()).chain(others).collect(),
            saml_configs: usize::from(options.saml),
            sso_error: None,
            sends_scope: None,
            extra_parameters: Vec::new(),
            response_type: "code",
            state_length: Some(30),
            health: Health::Fine,
            has_database: true,
            page_script: true,
            is_page_empty: false,
            test_user_realm: "oidc",
            developer_api: DeveloperApi::Answers,
            permissions_missing: Vec::new(),
            mapped_groups: vec!["kasm-users"],
        }
    }
}

impl OidcConfig {
    /// A config that leads to some other provider.
    fn of_another_provider(&self, number: usize) -> Self {
        let base = format!("https://login{number}.example.test");
        Self {
            oidc_id: format!("0ddba11d-0000-4000-8000-{number:012}"),
            display_name: format!("Other provider {}", number + 1),
            auto_login: false,
            client_id: format!("kasm-{number}"),
            auth_url: format!("{base}/oauth2/auth"),
            token_url: format!("{base}/oauth2/token"),
            user_info_url: format!("{base}/oauth2/userinfo"),
            issuer: Some(base),
            ..self.clone()
        }
    }
}
