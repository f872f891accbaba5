//! The result of signing.

use crate::error::SignedTexts;
use crate::headers::Headers;

/// The headers of a signed request, and the texts that were signed.
pub(crate) struct Signed {
    pub(crate) headers: Headers,
    pub(crate) texts: Option<SignedTexts>,
}
