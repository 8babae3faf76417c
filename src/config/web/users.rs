//! Reads `basic_auth_users`.

use std::collections::BTreeMap;

use bcrypt::HashParts;

use super::super::{
    Secret,
    reader::{Field, Marked, Reader},
};

/// A hash that costs more than this takes seconds, on a machine that has nothing else to do.
const COSTLY: u32 = 14;

/// Users with the hashes of their passwords. No problem ever repeats a hash.
pub(super) fn users(reader: &mut Reader<'_>, field: Field) -> BTreeMap<String, Secret> {
    let mut users = BTreeMap::new();
    for (name, field) in reader.named(field) {
        if name.value.contains(':') {
            reader.problem(&name.place, "a user name holds no colon (RFC 7617)");
            continue;
        }
        let Some(hash) = reader.text(field) else { continue };
        let Some(cost) = reader.check(&hash.place, cost(&hash.value)) else { continue };
        if cost > COSTLY {
            reader.warn(
                &hash.place,
                format!("a hash of cost {cost} makes each first login take long; 10 to 12 is usual"),
            );
        }
        let Marked { value, .. } = name;
        users.insert(value, Secret::new(hash.value));
    }
    users
}

fn cost(hash: &str) -> Result<u32, String> {
    let known = hash.parse::<HashParts>().ok().map(|parts| parts.get_cost());
    known.filter(|cost| (4..=31).contains(cost)).ok_or_else(|| {
        "is not a bcrypt hash (60 characters that begin with \"$2y$\" and a cost from 04 to 31); `htpasswd -nBC 10 \
         NAME` prints one"
            .to_owned()
    })
}
