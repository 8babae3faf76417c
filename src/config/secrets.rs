//! Reads `x` and `x_file`, which exclude each other.

use super::{
    Secret, SecretSource,
    reader::{Field, Marked, Reader, Section},
    secret::Complaint,
};

/// Reads the secret of a key and of its `_file`. Nothing that stands there is ever repeated in a problem.
pub(super) fn secret(
    reader: &mut Reader<'_>,
    section: &mut Section,
    key: &'static str,
    file_key: &'static str,
) -> Option<Marked<SecretSource>> {
    match (section.take(key), section.take(file_key)) {
        (None, None) => None,
        (Some(inline), None) => inline_secret(reader, inline),
        (None, Some(file)) => secret_file(reader, file),
        (Some(_), Some(file)) => {
            reader.problem(&file.place, format!("excludes \"{key}\"; keep one of the two"));
            None
        }
    }
}

/// Reads a secret that stands in the configuration itself.
pub(super) fn inline_secret(reader: &mut Reader<'_>, field: Field) -> Option<Marked<SecretSource>> {
    let text = reader.text(field)?;
    if text.value.chars().any(char::is_control) {
        reader.problem(&text.place, "holds a line break or another control character");
        return None;
    }
    Some(Marked { value: SecretSource::Inline(Secret::new(text.value)), place: text.place })
}

/// Reads the path of a file that holds a secret.
pub(super) fn secret_file(reader: &mut Reader<'_>, field: Field) -> Option<Marked<SecretSource>> {
    let path = reader.path(field)?;
    let source = SecretSource::File(path.value);
    match source.complaint() {
        Some(Complaint::Unreadable(why)) => reader.unreadable(&path.place, why),
        Some(Complaint::Open(why)) => reader.warn(&path.place, why),
        None => {}
    }
    Some(Marked { value: source, place: path.place })
}
