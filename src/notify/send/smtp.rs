//! Mail. One that tells of a fix stands in the thread of the one that told of the break.

use std::{path::Path, time::Duration};

use aws_lc_rs::digest;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Mailbox, MessageBuilder, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};

use crate::{
    clock::Time,
    collect::webhook_client::SendError,
    config::{MailTls, Smtp},
    notify::{
        message::{Item, Message},
        words::{self, Site},
    },
    oidc::one_line,
};

/// How long the server may take for each answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Sends a message as mail.
pub(super) async fn send(smtp: &Smtp, message: &Message, site: Site<'_>, now: Time) -> Result<(), SendError> {
    let mail = mail(smtp, message, site, now)?;
    let transport = transport(smtp)?;
    transport.send(mail).await.map(drop).map_err(|error| SendError::from(refused(smtp, &error)))
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .timeout(Some(ANSWER))
        .hello_name(ClientId::Domain(domain(&smtp.from).to_owned()))
        .tls(tls(smtp)?);
    if let Some((username, password)) = &smtp.auth {
        let password = password.read().map_err(|error| SendError::from(error.to_string()))?;
        builder = builder.credentials(Credentials::new(username.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn tls(smtp: &Smtp) -> Result<Tls, SendError> {
    if smtp.tls == MailTls::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(smtp.host.clone());
    if let Some(path) = &smtp.ca_file {
        parameters = parameters.certificate_store(CertificateStore::None);
        for certificate in certificates(path)? {
            parameters = parameters.add_root_certificate(certificate);
        }
    }
    let parameters = parameters.build().map_err(|error| SendError::from(format!("TLS: {error}")))?;
    Ok(if smtp.tls == MailTls::Tls { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SendError> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let place = path.display();
    let wrong = || SendError::from(format!("ca_file {place} holds no certificate in PEM form"));
    let pem = std::fs::read(path).map_err(|error| SendError::from(format!("ca_file {place}: {error}")))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|_| wrong())?;
    if found.is_empty() {
        return Err(wrong());
    }
    found.into_iter().map(|der| Certificate::from_der(der.to_vec()).map_err(|_| wrong())).collect()
}

fn mail(smtp: &Smtp, message: &Message, site: Site<'_>, now: Time) -> Result<lettre::Message, SendError> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| SendError::from(format!("{text:?}: {error}")));
    let mut mail = lettre::Message::builder()
        .from(mailbox(&smtp.from)?)
        .subject(words::title(message))
        .date(now.into())
        .header(ContentType::TEXT_PLAIN);
    for recipient in &smtp.to {
        mail = mail.to(mailbox(recipient)?);
    }
    mail = threaded(mail, message, domain(&smtp.from), now);
    mail.body(words::text(message, site) + "\n")
        .map_err(|error| SendError::from(format!("no mail can be made: {error}")))
}

/// The mail that tells of a break has an id that follows from what broke and when, and the mail that tells of the fix
/// refers to it: nothing needs to be remembered for that.
fn threaded(mail: MessageBuilder, message: &Message, domain: &str, now: Time) -> MessageBuilder {
    let thread = |item: &Item| {
        let what = format!("{}\0{:?}\0{}", item.target, item.matter, item.since.timestamp_millis());
        format!("<{}@{domain}>", digest_of(&what))
    };
    let Some(first) = message.items.first() else {
        return mail.message_id(Some(format!("<{}@{domain}>", digest_of(&format!("test\0{now}")))));
    };
    let is_over = first.phase.until().is_some();
    let own = if is_over { format!("<fixed.{}", &thread(first)[1..]) } else { thread(first) };
    let others: Vec<String> = message.items.iter().map(thread).filter(|id| *id != own).collect();
    let mail = mail.message_id(Some(own));
    let mail = if is_over { mail.in_reply_to(thread(first)) } else { mail };
    if others.is_empty() { mail } else { mail.references(others.join(" ")) }
}

fn digest_of(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The part of a mail address behind the `@`.
fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("localhost", |(_, domain)| domain.trim_end_matches('>'))
}

/// What a mail server refused, and what to do. It may repeat addresses; a password is never part of its answer.
fn refused(smtp: &Smtp, error: &lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    let mut detail = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !detail.contains(&words) {
            detail = format!("{detail}: {words}");
        }
        source = cause.source();
    }
    let place = format!("{}:{}", smtp.host, smtp.port);
    let code = error.status().map(u16::from);
    let hint = match (code, smtp.tls) {
        (Some(535 | 534 | 530), _) => "; check username and password_file",
        (_, MailTls::Starttls) if detail.contains("STARTTLS") => "; it may want tls: tls (port 465)",
        _ if detail.contains("invalid peer certificate") => "; name its certificate authority by ca_file",
        _ => "",
    };
    // A server may answer whatever it likes, at any length.
    let line = one_line(&detail.replace(char::is_control, " "));
    let line = line.replace("Connection error: Connection error: ", "Connection error: ");
    format!("{place}: {line}{hint}")
}
