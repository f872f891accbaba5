//! Signatures as pure functions of a request, its address, the keys and the clock.

mod post_form;
mod v2;
mod v4;

use std::borrow::Cow;
use std::time::Duration;

use time::OffsetDateTime;

use crate::credentials::Credentials;
use crate::encode;
use crate::endpoint::Address;
use crate::error::{Error, Result, SignedTexts};
use crate::headers::Headers;
use crate::request::Request;

/// The two signature schemes of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// HMAC-SHA1 over a few headers and the path, as boto 2 signed. Older Ceph and Swift servers know
    /// only this one; it needs no region.
    V2,
    /// HMAC-SHA256 over the whole request, bound to a day and a region. AWS takes only this one.
    V4,
}

/// How requests are signed.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    Anonymous,
    V2(Credentials),
    V4(v4::Keys),
}

/// A signed request's headers, and what was signed.
pub(crate) struct Signed {
    pub(crate) headers: Headers,
    pub(crate) texts: Option<SignedTexts>,
}

impl Signer {
    pub(crate) fn new(credentials: Credentials, version: SignatureVersion, region: &str) -> Self {
        match version {
            SignatureVersion::V2 => Self::V2(credentials),
            SignatureVersion::V4 => Self::V4(v4::Keys::new(credentials, region)),
        }
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::Anonymous => None,
            Self::V2(credentials) => Some(credentials),
            Self::V4(keys) => Some(&keys.credentials),
        }
    }

    /// The same keys for another region; without one in V2.
    pub(crate) fn for_region(&self, region: &str) -> Self {
        match self {
            Self::V4(keys) => Self::V4(v4::Keys::new(keys.credentials.clone(), region)),
            other => other.clone(),
        }
    }

    /// Signs by headers: the request's own, and those that the signature adds.
    pub(crate) fn sign(&self, request: &Request<'_>, address: &Address, now: OffsetDateTime) -> Signed {
        match self {
            Self::Anonymous => Signed { headers: request.headers.clone(), texts: None },
            Self::V2(credentials) => v2::sign(request, address, credentials, now),
            Self::V4(keys) => v4::sign(request, address, keys, now),
        }
    }

    /// Signs by the query string and returns the whole of it, encoded. The request's headers, where it
    /// has any, must then be sent along with the URL.
    pub(crate) fn presign(
        &self,
        request: &Request<'_>,
        address: &Address,
        now: OffsetDateTime,
        expires: Duration,
    ) -> Result<String> {
        let seconds = self.check_expiry(expires)?;
        match self {
            Self::Anonymous => Err(anonymous()),
            Self::V2(credentials) => v2::presign(request, address, credentials, now, seconds),
            Self::V4(keys) => Ok(v4::presign(request, address, keys, now, seconds)),
        }
    }

    /// The lifetime of what is signed ahead, in seconds and within the bounds of the signature.
    fn check_expiry(&self, expires: Duration) -> Result<u64> {
        let seconds = expires.as_secs();
        if seconds == 0 {
            return Err(Error::invalid(format!(
                "an expiry of {expires:?}; a signed URL is valid for at least 1 second"
            )));
        }
        match self {
            Self::Anonymous => Err(anonymous()),
            Self::V4(..) if seconds > v4::MAX_EXPIRES => Err(Error::invalid(format!(
                "an expiry of {seconds} seconds; under Signature V4 a signed URL lives at most {} seconds (7 days)",
                v4::MAX_EXPIRES
            ))),
            _ => Ok(seconds),
        }
    }
}

fn anonymous() -> Error {
    Error::invalid("a URL cannot be signed without credentials")
        .with_hint("Give them by Config::credentials, or use object_url for a public object.")
}

/// The query string as sent: `acl`, `prefix=a%2Fb&marker=`.
pub(crate) fn query_string(query: &[(Cow<'_, str>, Option<Cow<'_, str>>)]) -> String {
    let mut out = String::new();
    for (name, value) in query {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&encode::query(name));
        if let Some(value) = value {
            out.push('=');
            out.push_str(&encode::query(value));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_at_least_a_second_and_under_v4_at_most_seven_days() {
        let keys = Credentials::new("a", "s");
        let v4 = Signer::new(keys.clone(), SignatureVersion::V4, "r");
        let v2 = Signer::V2(keys);
        v4.check_expiry(Duration::from_secs(604_800)).unwrap();
        v2.check_expiry(Duration::from_secs(604_801)).unwrap();
        let error = v4.check_expiry(Duration::from_secs(604_801)).unwrap_err();
        assert!(error.to_string().contains("7 days"), "{error}");
        assert!(v2.check_expiry(Duration::from_millis(999)).is_err());
        assert!(Signer::Anonymous.check_expiry(Duration::from_secs(1)).is_err());
    }
}
