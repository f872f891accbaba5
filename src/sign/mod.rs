//! Signatures as pure functions of a request, its address, the credentials and the time.

mod post_form;
mod signed;
mod v2;
mod v4;

use std::borrow::Cow;
use std::time::Duration;

use time::OffsetDateTime;

use crate::credentials::Credentials;
use crate::endpoint::Address;
use crate::error::{Error, Result};
use crate::names::impl_names;
use crate::request::Request;
use signed::Signed;

/// The signature versions of S3.
///
/// `Display` and `FromStr` use the names `v2` and `v4`, in any ASCII case when parsing.
///
/// ```
/// use plain_s3::SignatureVersion;
///
/// assert_eq!("V4".parse::<SignatureVersion>()?, SignatureVersion::V4);
/// assert_eq!(SignatureVersion::V2.to_string(), "v2");
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// HMAC-SHA1 of the path and some of the headers, as in boto 2. Needs no region. Older Ceph and Swift
    /// servers support only this version.
    V2,
    /// HMAC-SHA256 of the whole request, valid for one day and one region. AWS accepts only this version.
    V4,
}

impl_names! {
    SignatureVersion, "signature version";
    /// Returns the name of the version, such as `v4`.
    as_str;
    V2 => "v2",
    V4 => "v4",
}

/// How requests are signed.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    Anonymous,
    V2(Credentials),
    V4(v4::SigningKey),
}

impl Signer {
    pub(crate) fn new(credentials: Credentials, version: SignatureVersion, region: &str) -> Self {
        match version {
            SignatureVersion::V2 => Self::V2(credentials),
            SignatureVersion::V4 => Self::V4(v4::SigningKey::new(credentials, region)),
        }
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::Anonymous => None,
            Self::V2(credentials) => Some(credentials),
            Self::V4(key) => Some(&key.credentials),
        }
    }

    /// Returns a signer with the same credentials for another region. V2 has no region and stays the same.
    pub(crate) fn for_region(&self, region: &str) -> Self {
        match self {
            Self::V4(key) => Self::V4(v4::SigningKey::new(key.credentials.clone(), region)),
            other => other.clone(),
        }
    }

    /// Returns the signer for the region of an address.
    fn at(&self, address: &Address) -> Cow<'_, Self> {
        match (self, &address.region) {
            (Self::V4(key), Some(region)) if key.region != *region => Cow::Owned(self.for_region(region)),
            _ => Cow::Borrowed(self),
        }
    }

    /// Returns a signer with the same credentials for another service of AWS. V2 is only used for S3.
    #[cfg(feature = "credentials-chain")]
    pub(crate) fn for_service(self, service: &'static str) -> Self {
        match self {
            Self::V4(key) => Self::V4(key.for_service(service)),
            other => other,
        }
    }

    /// Signs a request with headers: returns its own headers and those that the signature adds.
    pub(crate) fn sign(&self, request: &Request<'_>, address: &Address, now: OffsetDateTime) -> Signed {
        match &*self.at(address) {
            Self::Anonymous => Signed { headers: request.headers.clone(), texts: None },
            Self::V2(credentials) => v2::sign(request, address, credentials, now),
            Self::V4(key) => v4::sign(request, address, key, now),
        }
    }

    /// Signs a request with query parameters: returns the complete encoded query string. If the request has
    /// headers, they must be sent along with the URL.
    pub(crate) fn presign(
        &self,
        request: &Request<'_>,
        address: &Address,
        now: OffsetDateTime,
        expires: Duration,
    ) -> Result<String> {
        let seconds = self.check_expiry(expires)?;
        match &*self.at(address) {
            Self::Anonymous => Err(anonymous()),
            Self::V2(credentials) => v2::presign(request, address, credentials, now, seconds),
            Self::V4(key) => Ok(v4::presign(request, address, key, now, seconds)),
        }
    }

    /// Validates the expiry of a presigned URL or a form, and returns it in seconds.
    fn check_expiry(&self, expires: Duration) -> Result<u64> {
        let seconds = expires.as_secs();
        if seconds == 0 {
            return Err(Error::invalid(format!(
                "an expiry of {expires:?} is too short; a presigned URL must be valid for at least 1 second"
            )));
        }
        match self {
            Self::Anonymous => Err(anonymous()),
            Self::V4(..) if seconds > v4::MAX_EXPIRES => Err(Error::invalid(format!(
                "an expiry of {seconds} seconds is too long; with Signature V4, a presigned URL can be valid for at most {} \
                 seconds (7 days)",
                v4::MAX_EXPIRES
            ))),
            _ => Ok(seconds),
        }
    }
}

fn anonymous() -> Error {
    Error::invalid("a URL cannot be presigned without credentials")
        .with_hint("Set them with Config::credentials, or use object_url for a public object.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_at_least_1_second_and_in_v4_at_most_7_days() {
        let credentials = Credentials::new("a", "s");
        let v4 = Signer::new(credentials.clone(), SignatureVersion::V4, "r");
        let v2 = Signer::V2(credentials);
        v4.check_expiry(Duration::from_secs(604_800)).unwrap();
        v2.check_expiry(Duration::from_secs(604_801)).unwrap();
        let error = v4.check_expiry(Duration::from_secs(604_801)).unwrap_err();
        assert!(error.to_string().contains("7 days"), "{error}");
        assert!(v2.check_expiry(Duration::from_millis(999)).is_err());
        assert!(Signer::Anonymous.check_expiry(Duration::from_secs(1)).is_err());
    }
}
