//! The call that failed.

use time::OffsetDateTime;

use crate::endpoint::Endpoint;
use crate::error::SignedTexts;
use crate::request::Request;
use crate::sign::Signer;

/// What a hint may refer to.
pub(crate) struct Context<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) signer: &'a Signer,
    pub(crate) signed: Option<&'a SignedTexts>,
    pub(crate) now: OffsetDateTime,
}
