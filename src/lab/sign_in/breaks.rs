//! What can be wrong with a sign-in that nothing shows before somebody signs in.

/// What is wrong with a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BrokenSignIn {
    /// The provider takes no passkey at all, though they are listed.
    TakesNoPasskey,
    /// The user was deleted.
    UserGone,
    /// The user is disabled.
    UserDisabled,
    /// The user has become an admin.
    UserIsAdmin,
    /// Too many sign-ins came from this address.
    RateLimited,
    /// The provider moved to another host: passkeys are bound to it.
    Moved,
    /// Challenges cannot be stored.
    ChallengesFail,
    /// The user may not use the client.
    NotInGroup,
    /// The client wants a fresh passkey at each sign-in.
    WantsFreshPasskey,
    /// The provider asks for consent to another client.
    AsksForAnotherClient,
    /// The app's state comes back changed.
    StateChanged,
    /// The browser is sent to another address than the app's redirect URI.
    SentElsewhere,
    /// Another issuer stands beside the code.
    OtherIssuer,
    /// The app's second start in a round asks for another redirect URI.
    StartChanges,
    /// The secret that the app holds is not the provider's.
    AppSecretWrong,
    /// The app's server does not reach the provider.
    AppUnreached,
    /// The claim with the user name is missing.
    ClaimMissing,
    /// There is a local user of that name.
    LocalUser,
    /// The last redirect leads to an inner host.
    InnerHost,
    /// The app sends people back to its login page.
    NoSession,
}

impl BrokenSignIn {
    /// Everything.
    pub const ALL: [Self; 20] = [
        Self::TakesNoPasskey,
        Self::UserGone,
        Self::UserDisabled,
        Self::UserIsAdmin,
        Self::RateLimited,
        Self::Moved,
        Self::ChallengesFail,
        Self::NotInGroup,
        Self::WantsFreshPasskey,
        Self::AsksForAnotherClient,
        Self::StateChanged,
        Self::SentElsewhere,
        Self::OtherIssuer,
        Self::StartChanges,
        Self::AppSecretWrong,
        Self::AppUnreached,
        Self::ClaimMissing,
        Self::LocalUser,
        Self::InnerHost,
        Self::NoSession,
    ];
}
