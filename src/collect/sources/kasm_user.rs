//! The test user at Kasm: `get_user` of the developer API, by a key with *Users View*. Only the user that `expect.user`
//! names is asked for.

use serde_json::json;

use super::developer_api::{DeveloperApi, Permission};
use crate::{
    apps::kasm::{KasmUser, UserAnswer},
    collect::transport::fetch_error::{self, FetchError},
};

const NEEDS: Permission = Permission { name: "Users View", is_required: false };

/// Asks for one user by name, which Kasm keeps in lower case.
///
/// # Errors
/// IntoMissing it is not known.
pub(in crate::collect) async fn collect(api: &DeveloperApi<'_>, name: &str) -> Result<KasmUser, FetchError> {
    // Inside `target_user`: at the top a user would mean impersonation.
    let parameters = json!({"target_user": {"username": name.trim().to_lowercase()}});
    match api.call("get_user", parameters, NEEDS).await {
        Ok(body) => match UserAnswer::parse(&body) {
            Ok(UserAnswer(user)) => Ok(user),
            Err(problem) => Err(fetch_error::of_body(&problem)),
        },
        Err(stop) => no_such_user(stop),
    }
}

/// Kasm says in an error text that there is no such user (its words are unconfirmed).
fn no_such_user(stop: FetchError) -> Result<KasmUser, FetchError> {
    let FetchError::Failed { detail, .. } = &stop else { return Err(stop) };
    let words = detail.to_lowercase();
    let is_about_the_user = words.contains("an error of its own") && words.contains("user");
    let says_none = ["invalid user", "not found", "does not exist", "no such user", "unknown user", "could not find"];
    if is_about_the_user && says_none.iter().any(|text| words.contains(text)) {
        Ok(KasmUser::Absent)
    } else {
        Err(stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reason;

    #[test]
    fn only_words_about_the_user_mean_that_there_is_none() {
        let told = |said: &str| {
            no_such_user(FetchError::failed(
                Reason::Body,
                format!("Kasm answers with an error of its own: HTTP 200: {said}"),
            ))
        };
        for said in ["Invalid user", "User not found", "The user does not exist"] {
            assert_eq!(told(said), Ok(KasmUser::Absent), "{said}");
        }
        for said in ["Invalid Request", "Not found", "An Unexpected Error occurred"] {
            assert!(told(said).is_err(), "{said}");
        }
        assert!(
            no_such_user(FetchError::failed(Reason::Unauthorized, "Kasm refuses our key: user not found")).is_err()
        );
    }
}
