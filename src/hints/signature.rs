//! A refused signature: the line in which both sides differ, and no secret in what is shown.

use super::ErrorContext;
use crate::error::{Answer, SignedTexts};

pub(super) fn hint(answer: &Answer, situation: &ErrorContext<'_>) -> String {
    let mut secret = match situation.signer.credentials() {
        Some(credentials) => {
            format!(
                "Most often the secret key is not the one of the access key {:?}.",
                credentials.access_key()
            )
        }
        None => "The request was not signed.".to_owned(),
    };
    if situation.endpoint.authority().starts_with("localhost") {
        secret.push_str(" A Ceph gateway takes localhost for the name of a bucket: use 127.0.0.1.");
    }
    let (Some(ours), Some(theirs)) = (situation.signed, &answer.expected) else { return secret };
    // under V4 the string to sign holds a hash, so the line that differs is found in what was hashed
    let pair = match (&ours.canonical_request, &theirs.canonical_request) {
        (Some(ours), Some(theirs)) if ours != theirs => (ours, theirs),
        _ => (&ours.string_to_sign, &theirs.string_to_sign),
    };
    match first_difference(pair.0, pair.1) {
        None => format!("{secret} Both sides agree on the string to sign."),
        Some((line, ours, theirs)) => {
            format!(
                "Line {line} of what is signed differs: {:?} was signed, {:?} was expected; something between \
                 may have changed the request.",
                hide(ours, situation),
                hide(theirs, situation)
            )
        }
    }
}

/// The first line, from 1, in which two texts differ.
fn first_difference<'a>(ours: &'a str, theirs: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let (mut ours, mut theirs) = (ours.split('\n'), theirs.split('\n'));
    for line in 1.. {
        match (ours.next(), theirs.next()) {
            (None, None) => return None,
            (a, b) if a != b => return Some((line, a.unwrap_or_default(), b.unwrap_or_default())),
            _ => {}
        }
    }
    None
}

/// What was signed, for people to read.
pub(super) fn redacted(texts: &SignedTexts, situation: &ErrorContext<'_>) -> SignedTexts {
    SignedTexts {
        string_to_sign: hide(&texts.string_to_sign, situation),
        canonical_request: texts.canonical_request.as_ref().map(|text| hide(text, situation)),
    }
}

/// A text for people to read: session tokens and encryption keys are among the signed headers.
fn hide(text: &str, situation: &ErrorContext<'_>) -> String {
    let token = situation.signer.credentials().and_then(|credentials| credentials.token());
    let secrets = token.into_iter().chain(situation.request.headers.secrets());
    secrets
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret, "(hidden)"))
}
