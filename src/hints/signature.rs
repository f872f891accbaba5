//! Rejected signatures: the line in which both sides differ, without the secrets in it.

use super::context::Context;
use crate::error::ErrorResponse;
use crate::error::SignedTexts;
use crate::metadata::USER_PREFIX;
use crate::printable;

/// How much is shown of a line that differs, in bytes.
const MAX_LINE: usize = 200;

pub(super) fn hint(response: &ErrorResponse, context: &Context<'_>) -> String {
    let mut cause = match context.signer.credentials() {
        Some(credentials) => format!(
            "The secret key probably does not belong to the access key {:?}: check both.",
            credentials.access_key()
        ),
        None => "The request was not signed.".to_owned(),
    };
    let metadata = context.request.headers.iter().filter_map(|(name, _)| name.strip_prefix(USER_PREFIX));
    if let Some(name) = metadata.into_iter().find(|name| name.contains('_')) {
        cause = format!(
            "The metadata name {:?} contains _, which Ceph changes to - before it checks the signature, and for which some \
             proxies drop the header: use - instead. Otherwise: {cause}",
            printable::line(name, MAX_LINE)
        );
    }
    if context.endpoint.authority().starts_with("localhost") {
        cause.push_str(" A Ceph gateway may interpret localhost as a bucket name: use 127.0.0.1.");
    }
    let (Some(ours), Some(theirs)) = (context.signed, &response.expected) else { return cause };
    // V4's string to sign contains only a hash of the canonical request, which is where the texts differ
    let pair = match (&ours.canonical_request, &theirs.canonical_request) {
        (Some(ours), Some(theirs)) if ours != theirs => (ours, theirs),
        _ => (&ours.string_to_sign, &theirs.string_to_sign),
    };
    match first_difference(pair.0, pair.1) {
        None => format!("{cause} Both sides signed the same text."),
        Some((line, ours, theirs)) => format!(
            "Line {line} of the signed text differs: the client signed \"{}\", the server expected \"{}\". A proxy may have \
             changed the request.",
            printable::line(redact(ours, context), MAX_LINE),
            printable::line(redact(theirs, context), MAX_LINE)
        ),
    }
}

/// Returns the first line, counted from 1, in which two texts differ.
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

/// Returns signed texts without the secrets in them.
pub(super) fn redacted(texts: &SignedTexts, context: &Context<'_>) -> SignedTexts {
    SignedTexts {
        string_to_sign: redact(&texts.string_to_sign, context),
        canonical_request: texts.canonical_request.as_ref().map(|text| redact(text, context)),
    }
}

/// Hides session tokens and encryption keys, which are among the signed headers.
fn redact(text: &str, context: &Context<'_>) -> String {
    let token = context.signer.credentials().and_then(|credentials| credentials.token());
    let secrets = token.into_iter().chain(context.request.headers.secrets());
    secrets
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret, "(hidden)"))
}
