//! The clients of every provider that a key shows.

use std::sync::Arc;

use maud::{Markup, html};

use super::{
    Heading, View,
    frame::{Page, frame},
    link,
    text::{clipped, shown},
    words::{distance, time},
};
use crate::{
    render::clients::{ClientList, ClientRow},
    results::Entry,
};

/// The longest callback, in characters.
const CALLBACK: usize = 160;

/// The page.
#[must_use]
pub fn clients(entries: &[Arc<Entry>], view: &View<'_>) -> String {
    let lists: Vec<_> = entries.iter().filter_map(|entry| list(entry)).collect();
    let content = html! {
        h1 { "Clients" }
        @if lists.is_empty() {
            p {
                "None is known: that needs a target with a Pocket ID key of an admin (" code { "provider.api_key_file" }
                "), and its first round."
            }
        }
        @for (seen_at, list) in &lists {
            (Heading(2).of(shown(&list.headline())))
            p.dim { "Seen " (distance(*seen_at, view.now)) ", asked once an hour." }
            (table(list, view))
        }
    };
    frame(&Page { title: "Clients", state: None, here: "/clients", content: &content }, view)
}

/// The clients that a target tells of.
fn list(entry: &Entry) -> Option<(crate::clock::Time, ClientList)> {
    let snapshot = &entry.latest.as_ref()?.snapshot;
    let seen = snapshot.clients.ok()?;
    let start = snapshot.login_start.ok().and_then(|start| start.our_url(snapshot.target.wanted()));
    let own = start.and_then(|url| url.client_id.as_deref());
    Some((snapshot.clients.at, ClientList::of(&snapshot.target, seen, own, snapshot.taken_at)))
}

fn table(list: &ClientList, view: &View<'_>) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "Client" }
                    th scope="col" { "App" }
                    th scope="col" { "Callbacks" }
                    th scope="col" { "Settings" }
                    th scope="col" { "Watched by" }
                }
            }
            tbody { @for client in &list.clients { (row(client, view)) } }
        }
    }
}

fn row(client: &ClientRow, view: &View<'_>) -> Markup {
    html! {
        tr {
            th scope="row" { (shown(&client.name)) }
            td data-l="App" { (client.app_kind.unwrap_or("not recognised")) }
            td data-l="Callbacks" {
                @for (n, callback) in client.callbacks.iter().enumerate() {
                    @if n > 0 { br; }
                    span.v { (clipped(&callback.url, CALLBACK)) }
                    @if let Some(mark) = callback.mark { " " strong { "(" (mark.in_words()) ")" } }
                }
                @if client.callbacks.is_empty() { "none" }
            }
            td data-l="Settings" {
                (shown(&client.facts().join(", ")))
                @for end in client.active_secrets.iter().flatten().filter_map(|secret| secret.ends) {
                    @if end - view.now < chrono::TimeDelta::days(30) { br; strong { "A secret ends " (time(end)) } }
                }
            }
            td data-l="Watched by" {
                @match &client.watched_by {
                    Some(target) => { a href=(link(target, view)) { (shown(target)) } }
                    None => { "no target" }
                }
            }
        }
    }
}
