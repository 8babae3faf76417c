//! Kasm's clock is right.
//!
//! Where the provider's clock says the same as Kasm's, this host's own is the odd one out. 30 s: a clock that network
//! time keeps is within one; libraries that verify tokens allow from none to a minute; and a `Date` header is a second
//! coarse, and older than its arrival.

use super::{Case, Check, SeverityRule};
use crate::model::{ClockReading, Finding, Missing, Verdict};

/// In seconds.
const TOLERATED: f64 = 30.0;
/// Within this, in seconds, two clocks say the same.
const SAME: f64 = 5.0;

pub(super) const CHECK: Check = Check {
    id: "app_clock",
    severity: SeverityRule::RISK,
    title: "Kasm's clock is within 30 seconds of ours",
    why: "Tokens are valid from one second to another: a Kasm whose clock drifts refuses good ones, first now and \
           then, later all.",
    fix: "Let Kasm's host keep network time (timedatectl set-ntp true), and see that its virtual machine is not set \
           by a host with a wrong clock.",
    needs: &[],
    since: "",
    source: "RFC 7519, sections 4.1.4 to 4.1.6; RFC 9110, section 6.6.1",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let health = case.now.app_health.get()?;
    let Some(clock) = &health.clock else {
        return Ok(Verdict::Unverified("Kasm's answers have no Date header".to_owned()));
    };
    if let Some(cdn) = &clock.through {
        return Ok(Verdict::Unverified(format!(
            "the clock that answers is that of {cdn}: compare Kasm's own on its host"
        )));
    }
    let skew = clock.skew_seconds;
    if skew.abs() <= TOLERATED {
        return Ok(Verdict::OK);
    }
    let direction = if skew > 0.0 { "ahead of" } else { "behind" };
    let distance = format!("{:.0} s {direction} this host's", skew.abs());
    let provider = case.now.discovery.ok().and_then(|answer| answer.clock.as_ref());
    if provider.is_some_and(|provider| says_the_same(provider, clock)) {
        return Ok(Verdict::noting(format!("the same as the provider's; both are {distance}: set this host's clock")));
    }
    Ok(Verdict::fail(Finding::new("clock_off", format!("Kasm's clock is {distance}"))))
}

fn says_the_same(provider: &ClockReading, kasm: &ClockReading) -> bool {
    (provider.skew_seconds - kasm.skew_seconds).abs() <= SAME
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::table,
        model::{ClockReading, Snapshot},
    };

    fn set(now: &mut Snapshot, skew_seconds: f64) {
        now.app_health.value.as_mut().unwrap().clock = Some(ClockReading { skew_seconds, through: None });
    }

    #[test]
    fn a_clock_is_off_by_more_than_thirty_seconds_either_way() {
        table(
            &CHECK,
            &[
                ("right", |_| {}, "ok"),
                ("within", |now| set(now, -30.0), "ok"),
                ("ahead", |now| set(now, 31.0), "fail clock_off"),
                ("behind", |now| set(now, -90.0), "fail clock_off"),
                (
                    "our own is off",
                    |now| {
                        set(now, 90.0);
                        let skewed = Some(ClockReading { skew_seconds: 88.0, through: None });
                        now.discovery.value.as_mut().unwrap().clock = skewed;
                    },
                    "ok",
                ),
                (
                    "through a CDN",
                    |now| {
                        set(now, 90.0);
                        let clock = now.app_health.value.as_mut().unwrap().clock.as_mut().unwrap();
                        clock.through = Some("Cloudflare".to_owned());
                    },
                    "unverified",
                ),
                ("no Date", |now| now.app_health.value.as_mut().unwrap().clock = None, "unverified"),
            ],
        );
    }
}
