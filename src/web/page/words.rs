//! The words of the page: what is known of a target now, and times.

use crate::{
    clock::Time,
    model::{Login, Verified},
    render::path::State,
    results::{Entry, Latest},
};

/// What is known of a target.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) enum Standing<'a> {
    /// No round has ended yet.
    NothingYet,
    /// The last round is too old to say anything about now.
    Stale(&'a Latest, f64),
    /// The latest round.
    Current(&'a Latest),
}

impl<'a> Standing<'a> {
    /// What is known of it at a time.
    pub(in crate::web) fn of(entry: &'a Entry, now: Time) -> Self {
        match (&entry.latest, entry.current(now)) {
            (None, _) => Self::NothingYet,
            (Some(latest), None) => Self::Stale(latest, entry.age_seconds(latest, now)),
            (Some(_), Some(current)) => Self::Current(current),
        }
    }

    /// How sign-in stands: what is not known now is unknown, whatever it was.
    pub(in crate::web) fn login(self) -> Login {
        match self {
            Self::NothingYet | Self::Stale(..) => Login::Unknown,
            Self::Current(latest) => latest.report.login,
        }
    }

    /// The state whose shape stands for it.
    pub(super) fn state(self) -> State {
        state(self.login())
    }

    /// The answer to *can people sign in now?*, in a few words.
    pub(in crate::web) fn answer(self) -> String {
        match self {
            Self::NothingYet => "Cannot tell yet: the first round is under way".to_owned(),
            Self::Stale(latest, _) if latest.restored => {
                "Cannot tell yet: the first round since the restart is under way".to_owned()
            }
            Self::Stale(_, age) if age < 0.0 => "Cannot tell: the clock was set back since the last round".to_owned(),
            Self::Stale(_, age) => format!("Cannot tell: the last round is {} old", length(age)),
            Self::Current(latest) => match (latest.report.login, latest.report.verified) {
                (Login::Ok, Verified::Full) => "Yes, people can sign in",
                (Login::Ok, Verified::Partial) => "Yes, people can sign in, as far as verified",
                (Login::Degraded, _) => "Partly: some people cannot sign in, or only partly",
                (Login::Broken, _) => "No, people cannot sign in",
                (Login::Unknown, _) => "Cannot tell whether people can sign in",
            }
            .to_owned(),
        }
    }
}

/// The state whose shape stands for a login.
pub(super) fn state(login: Login) -> State {
    match login {
        Login::Ok => State::Ok,
        Login::Degraded => State::Degraded,
        Login::Broken => State::Broken,
        Login::Unknown => State::Unknown,
    }
}

/// A length of time in words, from seconds, to the largest unit that leaves two or more.
pub(super) fn length(seconds: f64) -> String {
    let units = [("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0)];
    let seconds = seconds.max(0.0);
    let (name, size) = units.into_iter().find(|(_, size)| seconds >= 2.0 * size).unwrap_or(("second", 1.0));
    let count = (seconds / size).floor();
    format!("{count} {name}{}", if count == 1.0 { "" } else { "s" })
}

/// When something is, seen from now.
pub(super) fn distance(at: Time, now: Time) -> String {
    let seconds = (at - now).as_seconds_f64();
    if seconds <= 0.0 { format!("{} ago", length(-seconds)) } else { format!("in {}", length(seconds)) }
}

/// A time for people.
pub(super) fn time(at: Time) -> String {
    at.format("%F %T UTC").to_string()
}

/// A day for people.
pub(super) fn day(at: Time) -> String {
    at.format("%F").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_the_largest_unit_that_leaves_two() {
        for (seconds, words) in [
            (-3.0, "0 seconds"),
            (1.2, "1 second"),
            (119.0, "119 seconds"),
            (120.0, "2 minutes"),
            (7_200.0, "2 hours"),
            (86_400.0, "24 hours"),
            (5_270_400.0, "61 days"),
        ] {
            assert_eq!(length(seconds), words);
        }
    }
}
