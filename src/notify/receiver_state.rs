//! What one receiver was told, against what is so: what differs is its next message. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::TimeDelta;

use super::{
    alert_state::{AlertState, Confirm},
    backoff::Backoff,
    memory::Told,
    message::{AlertKey, Item, Message, Phase},
    target_status::{Presence, TargetStatus},
};
use crate::{
    clock::{Time, span},
    config::{Receiver, ReceiverKind, Topic},
    render::notice::Notice,
};

/// How long after the first sight of a trouble a second one must show it, too.
pub(super) const SECOND_LOOK: TimeDelta = TimeDelta::seconds(10);
/// How long a fix must hold: what comes and goes each minute is reported once.
pub(super) const FIX_HOLDS: TimeDelta = TimeDelta::minutes(1);
/// How long news wait for news of other targets.
const GROUP_FOR: TimeDelta = TimeDelta::seconds(5);
/// How often Alertmanager is told of what lasts: well below its `resolve_timeout` (5 min by default).
const ALERT_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What a receiver is told of, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    send: BTreeSet<Topic>,
    unknown_after: TimeDelta,
    /// How long news wait for others.
    group_for: TimeDelta,
    /// The most messages within an hour; none where the receiver limits itself.
    per_hour: Option<u32>,
    /// How often what lasts is reported again; none for never.
    again_every: Option<TimeDelta>,
}

impl Rules {
    /// The rules of a receiver. Alertmanager groups and limits itself, and wants to be told again.
    #[must_use]
    pub fn of(receiver: &Receiver) -> Self {
        let is_alertmanager = matches!(receiver.means, ReceiverKind::Alertmanager(_));
        Self {
            send: receiver.send.clone(),
            unknown_after: span(receiver.unknown_after),
            group_for: if is_alertmanager { TimeDelta::zero() } else { GROUP_FOR },
            per_hour: (!is_alertmanager).then_some(receiver.per_hour),
            again_every: is_alertmanager.then_some(ALERT_EVERY),
        }
    }

    /// How long a matter must be seen until it counts, and how long it must not.
    fn confirm(&self, topic: Topic) -> Confirm {
        match topic {
            // What can be reported again is reported again at once: it may be an outage.
            Topic::Unknown => Confirm { begins: self.unknown_after.max(SECOND_LOOK), ends: SECOND_LOOK },
            _ => Confirm { begins: SECOND_LOOK, ends: FIX_HOLDS },
        }
    }
}

/// What one receiver was told, against what is so.
#[derive(Debug, Clone)]
pub struct ReceiverState {
    rules: Rules,
    courses: BTreeMap<(String, AlertKey), AlertState>,
    /// How each target stands now, for messages.
    now: BTreeMap<String, Option<Notice>>,
    /// Targets whose messages are muted now.
    muted: BTreeSet<String>,
    /// When there were news first that are still untold.
    news_since: Option<Time>,
    /// When the last message was delivered.
    told_at: Option<Time>,
    backoff: Backoff,
}

impl ReceiverState {
    /// The receiver_state of a receiver that takes it that all is well.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            courses: BTreeMap::new(),
            now: BTreeMap::new(),
            muted: BTreeSet::new(),
            news_since: None,
            told_at: None,
            backoff: Backoff::default(),
        }
    }

    /// Goes by other rules from now on. What is no longer told of is forgotten.
    pub fn go_by(&mut self, rules: Rules) {
        self.courses.retain(|(_, matter), _| rules.send.contains(&matter.topic));
        self.rules = rules;
    }

    /// Forgets all targets but these.
    pub fn keep_only(&mut self, targets: &BTreeSet<&str>) {
        self.courses.retain(|(target, _), _| targets.contains(target.as_str()));
        self.now.retain(|target, _| targets.contains(target.as_str()));
    }

    /// Takes it that the receiver was told this by the process before.
    pub fn recall(&mut self, told: Told) {
        let Told { target, matter, since, notice, .. } = told;
        if self.rules.send.contains(&matter.topic) {
            self.courses.insert((target, matter), AlertState::recalled(since, notice));
        }
    }

    /// What the receiver takes to be so.
    pub fn told(&self, receiver: &str) -> Vec<Told> {
        let known = self.courses.iter().filter_map(|((target, matter), course)| {
            let (since, notice) = (course.known()?, course.notice()?.clone());
            Some(Told { receiver: receiver.to_owned(), target: target.clone(), matter: matter.clone(), since, notice })
        });
        known.collect()
    }

    /// Takes in how the receiver's targets stand, and which of them are muted.
    pub fn see(&mut self, sights: &[&TargetStatus], muted: &BTreeSet<String>, now: Time) {
        for sight in sights {
            self.see_one(sight);
        }
        self.muted.clone_from(muted);
        for ((target, _), course) in &mut self.courses {
            course.mute(muted.contains(target));
        }
        self.courses.retain(|_, course| !course.is_over());
        self.news_since = self.has_news().then(|| self.news_since.map_or(now, |since| since.min(now)));
    }

    fn see_one(&mut self, sight: &TargetStatus) {
        let topics = [Topic::Broken, Topic::Unknown, Topic::Degraded]
            .into_iter()
            .filter(|topic| self.rules.send.contains(topic));
        let mut matters: Vec<AlertKey> = topics.map(AlertKey::of).collect();
        if self.rules.send.contains(&Topic::Risk) {
            let known =
                self.courses.keys().filter(|(target, matter)| *target == sight.target && matter.check.is_some());
            let risks: BTreeSet<AlertKey> =
                sight.risks().map(AlertKey::risk).chain(known.map(|(_, matter)| matter.clone())).collect();
            matters.extend(risks);
        }
        let is_broken = self.is_present(&sight.target, Topic::Broken);
        let mut is_in_trouble = false;
        for matter in matters {
            let presence = match sight.presence(&matter) {
                // An outage that was told is not also told as something that cannot be told.
                Presence::Yes if matter.topic == Topic::Unknown && is_broken => Presence::CannotTell,
                presence => presence,
            };
            let key = (sight.target.clone(), matter);
            let course = match self.courses.get_mut(&key) {
                Some(course) => course,
                None if presence == Presence::Yes => self.courses.entry(key.clone()).or_default(),
                None => continue,
            };
            is_in_trouble = true;
            course.see(presence, sight.at, self.rules.confirm(key.1.topic), || sight.notice(&key.1));
        }
        if is_in_trouble {
            self.now.insert(sight.target.clone(), sight.now());
        } else {
            self.now.remove(&sight.target);
        }
    }

    fn is_present(&self, target: &str, topic: Topic) -> bool {
        self.courses.get(&(target.to_owned(), AlertKey::of(topic))).is_some_and(AlertState::is_present)
    }

    /// Whether there is something that the receiver does not know and may be told.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.news().next().is_some()
    }

    /// What the receiver does not know and may be told.
    fn news(&self) -> impl Iterator<Item = (&(String, AlertKey), Phase)> {
        let audible = self.courses.iter().filter(|((target, _), _)| !self.muted.contains(target));
        audible.filter_map(|(key, course)| Some((key, course.news()?)))
    }

    /// When [`ReceiverState::message`] has something, as things are; none while there is nothing to tell.
    #[must_use]
    pub fn due(&self, now: Time) -> Option<Time> {
        let news = self.news_since.map(|since| since + self.rules.group_for);
        let again = self.rules.again_every.filter(|_| self.lasts()).zip(self.told_at);
        let again = again.map(|(every, told)| told.min(now) + every);
        let due = news.into_iter().chain(again).min()?;
        Some(self.backoff.earliest(self.rules.per_hour, now).map_or(due, |earliest| earliest.max(due)))
    }

    /// Whether something lasts that the receiver knows of.
    fn lasts(&self) -> bool {
        let mut audible = self.courses.iter().filter(|((target, _), _)| !self.muted.contains(target));
        audible.any(|(_, course)| course.phase() == Some(Phase::Lasts))
    }

    /// What the receiver is to be told now: all news, grouped. None if nothing is due.
    #[must_use]
    pub fn message(&self, now: Time) -> Option<Message> {
        if self.due(now).is_none_or(|due| due > now) { None } else { self.all_news(now) }
    }

    /// All news, whether they are due or not: the last words of a daemon that stops.
    #[must_use]
    pub fn all_news(&self, now: Time) -> Option<Message> {
        let wants_all = self.rules.again_every.is_some();
        let audible = self.courses.iter().filter(|((target, _), _)| !self.muted.contains(target));
        let mut items: Vec<Item> = Vec::new();
        // In the order of gravity within a target, so that the first item covers the others.
        for ((target, matter), course) in audible {
            let phase = if wants_all { course.phase() } else { course.news() };
            let (Some(phase), Some(since), Some(notice)) = (phase, course.since(), course.notice()) else { continue };
            let is_covered = matter.topic != Topic::Risk
                && items.iter().any(|item| item.target == *target && item.matter.topic != Topic::Risk);
            if is_covered && !wants_all {
                continue;
            }
            let said_now = self.now.get(target).cloned().flatten();
            let (target, matter, notice) = (target.clone(), matter.clone(), notice.clone());
            items.push(Item { target, matter, phase, since, notice, now: said_now });
        }
        if items.is_empty() {
            return None;
        }
        let held_until = self.rules.per_hour.and_then(|limit| self.backoff.would_hold_until(limit, now));
        Some(Message { items, held_until })
    }

    /// The receiver took a message.
    pub fn delivered(&mut self, message: &Message, now: Time) {
        for item in &message.items {
            self.know(&item.target, &item.matter, item.phase, item.since);
            if item.matter.topic != Topic::Risk {
                self.cover(item, message);
            }
        }
        self.backoff.delivered(now);
        self.told_at = Some(now);
        self.courses.retain(|_, course| !course.is_over());
        self.news_since = self.has_news().then_some(now);
    }

    /// What else is new of the item's target is told with it: it says how things stand now.
    fn cover(&mut self, item: &Item, message: &Message) {
        let has_own = |matter: &AlertKey| {
            message.items.iter().any(|other| other.target == item.target && other.matter == *matter)
        };
        let covered: Vec<(AlertKey, Phase, Option<Time>)> = self
            .courses
            .iter()
            .filter(|((target, matter), _)| *target == item.target && matter.topic != Topic::Risk && !has_own(matter))
            .filter_map(|((_, matter), course)| Some((matter.clone(), course.news()?, course.since())))
            .collect();
        for (matter, phase, since) in covered {
            self.know(&item.target, &matter, phase, since.unwrap_or(item.since));
        }
    }

    fn know(&mut self, target: &str, matter: &AlertKey, phase: Phase, since: Time) {
        if let Some(course) = self.courses.get_mut(&(target.to_owned(), matter.clone())) {
            course.told(phase, since);
        }
    }

    /// The receiver did not take a message. `asked` is how long it wants us to wait; `jitter` is from 0 to 1.
    pub fn failed(&mut self, now: Time, asked: Option<Duration>, jitter: f64) {
        self.backoff.failed(now, asked, jitter);
    }

    /// How many attempts failed since the last delivery.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.backoff.failures()
    }
}
