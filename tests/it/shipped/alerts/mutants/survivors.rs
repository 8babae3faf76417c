//! Changes that no test can notice, or that no test should.

/// Rule, change, and why it is not noticed.
pub const SURVIVORS: &[(&str, &str, &str)] = &[
    ("SsoLoginUnknown", "15: last_over_time becomes min_over_time", PRESENCE),
    ("SsoLoginUnknown", "15: last_over_time becomes max_over_time", PRESENCE),
    ("SsowatchInstanceDown", "4: {job=\"ssowatch\"} becomes {}", BOTH_SIDES),
    ("SsowatchInstanceDown", "9: on (job) becomes on ()", BOTH_SIDES),
    ("SsowatchInstanceDown", "14: {job=\"ssowatch\"} becomes {}", BOTH_SIDES),
    ("SsowatchRoundsStale", "0: max becomes min", PRESENCE),
    (
        "SsowatchRoundsMissed",
        "17: > becomes >=",
        "releases of Prometheus extrapolate increase() differently: none need give a tenth exactly",
    ),
    (
        "SsowatchNotificationsFailing",
        "0: sum becomes max",
        "no increase is negative: the sum is above 0 if the greatest is",
    ),
    ("SsoWatchdog", "keep_firing_for: 2m", "it never ceases to hold"),
    ("SsoWatchdog", "1: 1 becomes 0", PRESENCE),
    ("SsoWatchdog", "1: 1 becomes 2", PRESENCE),
];

const PRESENCE: &str = "that there is a value counts, and not which";
const BOTH_SIDES: &str = "both sides select the job and are joined on it: two of the three suffice";
