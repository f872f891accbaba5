//! The texts behind a signature, kept as data so that errors do not depend on signing.

/// The texts behind a signature, as this crate computed them or as the server reports them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedTexts {
    pub(crate) string_to_sign: String,
    /// The text whose hash is part of the string to sign; Signature V4 only.
    pub(crate) canonical_request: Option<String>,
}
