//! Credentials: an access key, a secret key and, for temporary credentials, a session token.

pub(crate) mod provider;
#[cfg(feature = "credentials-chain")]
mod search;

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::error::{Error, ErrorKind, Result};
use crate::timestamp::Timestamp;
#[cfg(feature = "credentials-chain")]
pub use search::LoadOptions;

/// An access key, its secret key and, for temporary credentials, a session token.
///
/// `{:?}` shows only the access key.
///
/// ```
/// use plain_s3::Credentials;
///
/// let credentials = Credentials::new("put your access key here!", "put your secret key here!");
/// assert!(!format!("{credentials:?}").contains("secret key"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Credentials {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    expiry: Option<OffsetDateTime>,
    /// Where they were found, such as `the environment`; for events and `{:?}`.
    source: Option<Arc<str>>,
}

/// Credentials are equal if they sign equally and expire at the same time, wherever they were found.
impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        let Self { access_key, secret_key, session_token, expiry, source: _ } = self;
        *access_key == other.access_key
            && *secret_key == other.secret_key
            && *session_token == other.session_token
            && *expiry == other.expiry
    }
}

impl Eq for Credentials {}

impl Credentials {
    /// Creates credentials from an access key and its secret key.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: None,
            expiry: None,
            source: None,
        }
    }

    /// Records where the credentials were found, unless that is known already.
    pub(crate) fn found_in(mut self, source: impl Into<Arc<str>>) -> Self {
        self.source.get_or_insert_with(|| source.into());
        self
    }

    /// Sets the session token that belongs to temporary credentials.
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Sets when temporary credentials expire. Until shortly before,
    /// [`Config::credentials_provider`](crate::Config::credentials_provider) caches them. After that, no request is signed
    /// with them: the call fails with [`ErrorKind::Credentials`](crate::ErrorKind::Credentials).
    pub fn expires_at(mut self, time: impl Into<OffsetDateTime>) -> Self {
        self.expiry = Some(time.into());
        self
    }

    /// Rejects values that would break a header, and copying mistakes that would end in
    /// `SignatureDoesNotMatch`. No error text quotes a value.
    pub(crate) fn validate(&self) -> Result<()> {
        let parts = [
            ("access key", Some(&self.access_key)),
            ("secret key", Some(&self.secret_key)),
            ("session token", self.session_token.as_ref()),
        ];
        for (name, value) in parts {
            let Some(value) = value else { continue };
            if value.is_empty() {
                return Err(Error::invalid(format!("the {name} is empty"))
                    .with_hint("Check the variable or the file that it is read from."));
            }
            if value.contains('\u{fffd}') {
                return Err(Error::invalid(format!("the {name} is not valid Unicode"))
                    .with_hint("Check how it was copied or encoded."));
            }
            if value.trim() != value || value.chars().any(char::is_control) {
                return Err(Error::invalid(format!(
                    "the {name} has a line break, another control character, or leading or trailing spaces"
                ))
                .with_hint("If it was copied or read from a file, trim() it."));
            }
        }
        Ok(())
    }

    pub(crate) fn access_key(&self) -> &str {
        &self.access_key
    }

    pub(crate) fn secret_key(&self) -> &str {
        &self.secret_key
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Returns where the credentials were found, if that is known.
    pub(crate) fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    pub(crate) fn is_permanent(&self) -> bool {
        self.expiry.is_none()
    }

    /// Fails if these credentials have expired at `time`. Only the caller can replace them.
    pub(crate) fn require_valid(&self, time: OffsetDateTime) -> Result<()> {
        let Some(expiry) = self.expiry.filter(|_| self.expired(time)) else { return Ok(()) };
        let source = self.source().map(|source| format!(" from {source}")).unwrap_or_default();
        let text = format!("the credentials{source} expired at {}", Timestamp::from(expiry));
        Err(Error::new(ErrorKind::Credentials, text)
            .with_hint("Get new ones. If these are still valid, check the clock of this machine."))
    }

    /// Returns `true` if these credentials have an expiry and it is not after `time`.
    pub(crate) fn expired(&self, time: OffsetDateTime) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= time)
    }

    /// Returns `true` if these credentials have an expiry and it is after `time`.
    pub(crate) fn outlive(&self, time: OffsetDateTime) -> bool {
        self.expiry.is_some_and(|expiry| expiry > time)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Credentials");
        out.field("access_key", &self.access_key);
        if let Some(source) = &self.source {
            out.field("source", &format_args!("{source}"));
        }
        out.finish_non_exhaustive()
    }
}

/// Parses the time at which credentials expire, in the forms that the tools of AWS print.
pub(crate) fn parse_expiry(text: &str) -> Option<OffsetDateTime> {
    // the cached tokens of older versions of aws-cli end in UTC, and some programs print an offset like +0000
    let text = text.trim();
    let text = match (
        text.strip_suffix("UTC"),
        text.len().checked_sub(5).and_then(|at| text.split_at_checked(at)),
    ) {
        (Some(time), _) => format!("{time}Z"),
        (None, Some((time, offset))) if offset.starts_with(['+', '-']) && !offset.contains(':') => {
            let (hours, minutes) = offset.split_at_checked(3)?;
            format!("{time}{hours}:{minutes}")
        }
        _ => text.to_owned(),
    };
    Timestamp::from_iso8601(&text).date_time()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_secrets() {
        let text = format!("{:?}", Credentials::new("AKID", "s3cr3t").session_token("t0k3n"));
        assert!(text.contains("AKID") && !text.contains("s3cr3t") && !text.contains("t0k3n"), "{text}");
    }

    #[test]
    fn copying_mistakes_are_rejected_without_quoting_the_value() {
        for (credentials, text) in [
            (
                Credentials::new("", "s3cr3t"),
                "the access key is empty. Check the variable or the file that it is read from.",
            ),
            (
                Credentials::new("a", ""),
                "the secret key is empty. Check the variable or the file that it is read from.",
            ),
            (
                Credentials::new("a", "s3cr3t").session_token(""),
                "the session token is empty. Check the variable or the file that it is read from.",
            ),
            (
                Credentials::new("a", "s3cr3t\n"),
                "the secret key has a line break, another control character, or leading or trailing spaces. \
                 If it was copied or read from a file, trim() it.",
            ),
        ] {
            assert_eq!(credentials.validate().unwrap_err().to_string(), text);
        }
        Credentials::new("account:user", "a+b/c=").validate().unwrap();
    }

    #[test]
    fn credentials_are_send_and_sync() {
        fn check<T: Send + Sync + Clone + 'static>() {}
        check::<Credentials>();
    }
}
