//! The SHA-256 that the caller requires content to have.

use crate::checksum::Sha256Digest;
use crate::request::Request;

/// Requires that a pinned SHA-256, if there is one, can be compared.
pub(super) fn require_valid<'a>(request: Request<'a>, hex: Option<&str>) -> Request<'a> {
    let is_valid = hex.is_none_or(|hex| Sha256Digest::from_hex(hex).is_some());
    request.require(is_valid, || {
        format!("the SHA-256 {:?} does not consist of 64 hexadecimal digits", hex.unwrap_or_default())
    })
}
