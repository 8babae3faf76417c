//! The provider's clock is right, as far as its `Date` header shows it.

use super::{Case, Check, SeverityRule};
use crate::model::{ClockReading, Finding, Missing, Verdict};

/// What tokens' times are usually compared with, in seconds (clients allow between none and five minutes).
const MOST_SKEW_SECONDS: f64 = 30.0;

/// Within this, in seconds, two clocks say the same.
const SAME_SECONDS: f64 = 5.0;

pub(super) const CHECK: Check = Check {
    id: "provider_clock",
    severity: SeverityRule::RISK,
    title: "The provider's clock is right to half a minute",
    why: "Tokens carry the provider's time. Once it runs ahead, clients see tokens from the future and refuse them; \
          once it lags, tokens are too old as they arrive.",
    fix: "Set the clock of the provider's host by NTP (chrony or systemd-timesyncd); a container has its host's \
           clock.",
    needs: &[],
    since: "",
    source: "RFC 9110, section 6.6.1; RFC 7519, sections 4.1.4 to 4.1.6",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let clock = case.now.discovery.get().map(|answer| answer.clock.as_ref())?;
    let Some(clock) = clock else {
        return Err(Missing::OutOfReach("the provider's answers carry no time (`Date`)".to_owned()));
    };
    if let Some(cdn) = &clock.through {
        return Err(Missing::OutOfReach(format!("{cdn} answers in between, and the time is its own")));
    }
    if !clock.skew_seconds.is_finite() || clock.skew_seconds.abs() <= MOST_SKEW_SECONDS {
        return Ok(Verdict::OK);
    }
    if kasm_agrees(case, clock) {
        let words = skew_in_words(clock.skew_seconds);
        return Ok(Verdict::noting(format!("{words} this host's clock, as Kasm's is: set this host's clock")));
    }
    let code = if clock.skew_seconds > 0.0 { "ahead" } else { "behind" };
    let message = format!("The provider's clock is {} this host's", skew_in_words(clock.skew_seconds));
    Ok(Verdict::fail(Finding::new(code, message)))
}

/// Whether Kasm's clock shows the provider's time: then it is ours that is wrong, and no token is refused.
fn kasm_agrees(case: &Case<'_>, provider: &ClockReading) -> bool {
    let kasm = case.now.app_health.ok().and_then(|answer| answer.clock.as_ref());
    kasm.filter(|clock| clock.through.is_none())
        .is_some_and(|clock| (clock.skew_seconds - provider.skew_seconds).abs() <= SAME_SECONDS)
}

fn skew_in_words(seconds: f64) -> String {
    let size = seconds.abs();
    let size = if size < 600.0 { format!("{size:.0} s") } else { format!("{:.0} minutes", size / 60.0) };
    format!("{size} {}", if seconds > 0.0 { "ahead of" } else { "behind" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{edit, failed, healthy_but, report, said},
        model::{Reason, Snapshot, SourceId},
    };

    fn with(skew_seconds: f64) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| answer.clock.as_mut().unwrap().skew_seconds = skew_seconds);
        })
    }

    #[test]
    fn half_a_minute_is_allowed() {
        let cases = [(0.0, "ok"), (30.0, "ok"), (-30.0, "ok"), (31.0, "fail ahead"), (-31.0, "fail behind")];
        for (skew, expected) in cases {
            assert_eq!(said(CHECK.id, &with(skew)), expected, "{skew}");
        }
        assert_eq!(said(CHECK.id, &with(f64::NAN)), "ok");
    }

    #[test]
    fn the_skew_is_told_in_words() {
        let message = |skew| report(CHECK.id, &with(skew)).findings[0].message.clone();
        assert_eq!(message(95.0), "The provider's clock is 95 s ahead of this host's");
        assert_eq!(message(-7200.0), "The provider's clock is 120 minutes behind this host's");
    }

    #[test]
    fn where_kasm_shows_the_same_time_this_host_is_wrong() {
        let mut both = with(95.0);
        edit(&mut both.app_health, |answer| answer.clock.as_mut().unwrap().skew_seconds = 94.0);
        assert_eq!(said(CHECK.id, &both), "ok");
        assert!(report(CHECK.id, &both).reason.unwrap().ends_with("set this host's clock"));
        edit(&mut both.app_health, |answer| answer.clock.as_mut().unwrap().through = Some("Cloudflare".to_owned()));
        assert_eq!(said(CHECK.id, &both), "fail ahead");
    }

    #[test]
    fn a_cdns_clock_and_no_clock_say_nothing() {
        let mut through = with(95.0);
        edit(&mut through.discovery, |answer| answer.clock.as_mut().unwrap().through = Some("Cloudflare".to_owned()));
        assert_eq!(said(CHECK.id, &through), "unverified");
        let none = healthy_but(|now| edit(&mut now.discovery, |answer| answer.clock = None));
        assert_eq!(said(CHECK.id, &none), "unverified");
        let down = healthy_but(|now| now.discovery = failed(SourceId::Discovery, Reason::Timeout, ""));
        assert_eq!(said(CHECK.id, &down), "unknown");
    }
}
