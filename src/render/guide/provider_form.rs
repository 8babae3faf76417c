//! The provider's form: Pocket ID's, or what any other provider calls it.

use super::{
    Seen,
    form::{Field, paragraph},
};

pub(super) fn form(seen: &Seen<'_>) -> String {
    let (heading, fields) = if seen.is_pocket_id() {
        ("1. Pocket ID: Administration > OIDC Clients > Add OIDC Client (or Kasm's client)", pocket_id(seen))
    } else {
        ("1. The provider: register a confidential client for the authorization code flow", other(seen))
    };
    let mut out = format!("\n{heading}\n\n");
    for field in fields {
        field.write(&mut out);
    }
    out.push('\n');
    out.push_str(&paragraph(
        "Save, then copy client ID and client secret: the secret is shown only once. Keep it in the file that ssowatch \
         gets as client_secret_file, so that a rotation is noticed.",
        "   ",
    ));
    out
}

fn pocket_id(seen: &Seen<'_>) -> Vec<Field> {
    vec![
        Field::open("Name", seen.client_name().map_or_else(|| "Kasm Workspaces".to_owned(), super::safe))
            .ticked_if(seen.client_name().is_some())
            .note("any name; people see it when they sign in"),
        callback(seen, "Callback URLs"),
        Field::open("Public Client", "off").note("cannot be seen from outside"),
        pkce(seen, "PKCE", "off"),
        Field::open("Requires Pushed Authorization", "off")
            .ticked_if(seen.callback_is_accepted())
            .note("from Pocket ID 2.9; Kasm does not push"),
        Field::open("Allowed User Groups", groups(seen)).note(
            "cannot be seen from outside; from Pocket ID 2.0 a new client is restricted, and nobody gets in until a group \
             is allowed or the restriction is lifted",
        ),
    ]
}

fn other(seen: &Seen<'_>) -> Vec<Field> {
    vec![
        callback(seen, "Redirect URI"),
        pkce(seen, "PKCE", "not required"),
        Field::open("Client authentication", "client_secret_basic").note("Kasm sends its secret by HTTP Basic"),
        Field::open("Scopes", super::kasm_form::scopes(seen).join(" ")),
    ]
}

fn callback(seen: &Seen<'_>, label: &'static str) -> Field {
    let field = Field::open(label, seen.callback()).ticked_if(seen.callback_is_accepted());
    if seen.dry_run.is_some_and(|answer| !answer.is_accepted()) {
        return field.unless_right("the provider does not take what Kasm sends; every character counts");
    }
    field.unless_right("exactly this text, in Kasm's form too; every character counts")
}

fn pkce(seen: &Seen<'_>, label: &'static str, value: &str) -> Field {
    let sends_none = seen.authorize.is_some_and(|url| !url.has_code_challenge);
    Field::open(label, value)
        .ticked_if(seen.request_is_accepted() && sends_none)
        .unless_right("Kasm sends no PKCE challenge: a client that demands one refuses every login")
}

fn groups(seen: &Seen<'_>) -> String {
    match seen.case.target().expect.groups.as_deref() {
        Some(groups) if !groups.is_empty() => groups.join(", "),
        _ => "the groups that may sign in".to_owned(),
    }
}
