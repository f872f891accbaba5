//! Signing on its own: where requests go and who signs them, without a connection.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::config::{Config, CredentialsSource};
use crate::credentials::provider::Provider;
use crate::endpoint::{Address, AddressingStyle, Endpoint};
use crate::error::{Error, Result};
use crate::headers::Redacted;
use crate::presign::PresignedUrl;
use crate::raw_request::RawRequest;
use crate::request::Request;
use crate::sign::{SignatureVersion, Signer, query_string};

/// Signs requests for those who send them by an HTTP client of their own.
///
/// It is the part of a [`Client`](crate::Client) that says where a request goes and who asks: pure, without
/// connections or threads. What this crate does beyond that is then yours to do: repeating, checking lengths
/// and sums, reading errors.
///
/// ```
/// use plain_s3::{Config, Credentials, Method, RawRequest, RequestSigner};
///
/// # fn main() -> plain_s3::Result<()> {
/// let config = Config::new("http://objects-us-west-1.dream.io").credentials(Credentials::new("access", "secret"));
/// let signer = RequestSigner::new(&config)?;
/// let signed = signer.sign(&RawRequest::new(Method::Get).bucket("my-new-bucket").key("hello.txt"))?;
/// println!("{} {}", signed.method, signed.url);
/// for (name, value) in &signed.headers {
///     println!("{name}: {value}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RequestSigner {
    endpoint: Endpoint,
    addressing: AddressingStyle,
    source: Source,
}

/// How the signer of each attempt is had.
#[derive(Clone)]
enum Source {
    Fixed(Signer),
    Provided { provider: Arc<Provider>, version: SignatureVersion, region: String },
}

/// A signed request as plain data, good for some 15 minutes. `{:?}` hides the signature.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL, encoded as it was signed. A client that decodes or normalises it breaks the signature.
    pub url: String,
    /// The headers to send, names in lower case; `Host` and `Content-Length` are left to the HTTP client.
    pub headers: Vec<(String, String)>,
}

impl RequestSigner {
    /// Takes the endpoint, the addressing style, the region, the signature version and the credentials from
    /// the settings; the others are for a client.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the endpoint, the region or the credentials
    /// cannot be used as they are; the text says why.
    ///
    /// ```
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Config, Credentials, RequestSigner};
    /// let config = Config::new("http://127.0.0.1:8080").credentials(Credentials::new("access", "secret"));
    /// let signer = RequestSigner::new(&config)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(config: &Config) -> Result<Self> {
        let endpoint = Endpoint::parse(&config.endpoint)?;
        if config.addressing == AddressingStyle::VirtualHosted && endpoint.has_ip_address() {
            return Err(Error::invalid(format!(
                "virtual-hosted style needs a host name, and the endpoint {:?} has an IP address",
                config.endpoint
            ))
            .with_hint("Use path style, or a name: names below localhost are this machine."));
        }
        let region = config.region.as_deref().map(str::trim);
        if region.is_some_and(|region| {
            region.is_empty() || region.contains(|c: char| !c.is_ascii_graphic() || c == '/')
        }) {
            return Err(Error::invalid(format!(
                "the region {:?} is not a name like us-east-1",
                region.unwrap_or_default()
            )));
        }
        let default_version = if region.is_some() { SignatureVersion::V4 } else { SignatureVersion::V2 };
        let version = config.signature.unwrap_or(default_version);
        let region = region.unwrap_or("us-east-1").to_owned();
        let source = match &config.credentials {
            None => Source::Fixed(Signer::Anonymous),
            Some(CredentialsSource::Fixed(credentials)) => {
                credentials.validate()?;
                Source::Fixed(Signer::new(credentials.clone(), version, &region))
            }
            Some(CredentialsSource::Provider(provider)) => {
                Source::Provided { provider: provider.clone(), version, region }
            }
        };
        Ok(Self { endpoint, addressing: config.addressing, source })
    }

    /// Signs a request by its headers, for now.
    ///
    /// The body is not among what is signed, unless the request names its SHA-256; see [`RawRequest`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where the bucket, the key or a header cannot be one;
    /// [`Credentials`](crate::ErrorKind::Credentials) where a provider fails.
    ///
    /// ```
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Config, Credentials, Method, RawRequest, RequestSigner};
    /// # let config = Config::new("http://127.0.0.1:8080").credentials(Credentials::new("access", "secret"));
    /// # let signer = RequestSigner::new(&config)?;
    /// let put = RawRequest::new(Method::Put).bucket("b").key("k").header("content-type", "text/plain");
    /// let signed = signer.sign(&put)?;
    /// assert_eq!(signed.url, "http://127.0.0.1:8080/b/k");
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign(&self, request: &RawRequest) -> Result<SignedRequest> {
        self.sign_at(request, OffsetDateTime::now_utc())
    }

    /// Signs a request by its headers for a moment of the caller's choice; see [`sign`](Self::sign).
    ///
    /// Servers take a difference of 15 minutes to their own clocks.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    ///
    /// ```
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Config, Credentials, Method, RawRequest, RequestSigner};
    /// # let config = Config::new("http://127.0.0.1:8080").credentials(Credentials::new("access", "secret"));
    /// # let signer = RequestSigner::new(&config)?;
    /// let request = RawRequest::new(Method::Get).bucket("b").key("k");
    /// let moment = std::time::SystemTime::now();
    /// assert_eq!(signer.sign_at(&request, moment.into())?, signer.sign_at(&request, moment.into())?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_at(&self, request: &RawRequest, now: OffsetDateTime) -> Result<SignedRequest> {
        let request = request.to_request()?;
        let address = self.address(&self.endpoint, &request)?;
        let signer = self.signer(now).map_err(|error| error.with_context(|| request.describe()))?;
        let signed = signer.sign(&request, &address, now);
        Ok(SignedRequest {
            method: request.method.as_str(),
            url: address.url(&query_string(&request.query)),
            headers: signed.headers.to_vec(),
        })
    }

    /// Signs a request by its URL, which is then good for `expires`, in whole seconds: at least 1 and, under
    /// Signature V4, at most 7 days.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign); also where the expiry is out of bounds or there are no credentials.
    ///
    /// ```
    /// # fn main() -> plain_s3::Result<()> {
    /// # use plain_s3::{Config, Credentials, Method, RawRequest, RequestSigner};
    /// # let config = Config::new("http://127.0.0.1:8080").credentials(Credentials::new("access", "secret"));
    /// # let signer = RequestSigner::new(&config)?;
    /// let request = RawRequest::new(Method::Get).bucket("my-new-bucket").query("prefix", "photos/");
    /// let listing = signer.presign(&request, std::time::Duration::from_secs(3600))?;
    /// println!("curl '{listing}'");
    /// # Ok(())
    /// # }
    /// ```
    pub fn presign(&self, request: &RawRequest, expires: Duration) -> Result<PresignedUrl> {
        self.presign_at(OffsetDateTime::now_utc(), &self.endpoint, request.to_request()?, expires)
    }

    pub(crate) fn presign_at(
        &self,
        now: OffsetDateTime,
        endpoint: &Endpoint,
        request: Request<'_>,
        expires: Duration,
    ) -> Result<PresignedUrl> {
        let address = self.address(endpoint, &request)?;
        let query = self
            .signer(now)
            .and_then(|signer| signer.presign(&request, &address, now, expires))
            .map_err(|error| error.with_context(|| request.describe()))?;
        Ok(PresignedUrl {
            method: request.method.as_str(),
            url: address.url(&query),
            headers: request.headers.to_vec(),
        })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What signs at this moment; a provider is asked where its last keys have ended.
    pub(crate) fn signer(&self, now: OffsetDateTime) -> Result<Cow<'_, Signer>> {
        match &self.source {
            Source::Fixed(signer) => Ok(Cow::Borrowed(signer)),
            Source::Provided { provider, version, region } => {
                Ok(Cow::Owned(Signer::new(provider.get(now)?, *version, region)))
            }
        }
    }

    /// Gives a request its place at an endpoint, after all that can be refused here has been.
    pub(crate) fn address(&self, endpoint: &Endpoint, request: &Request<'_>) -> Result<Address> {
        request
            .validate()
            .and_then(|()| match request.headers.customer_key_name().filter(|_| !endpoint.is_https()) {
                None => Ok(()),
                Some(name) => Err(Error::invalid(format!(
                    "{name} holds an encryption key, and over plain http everybody on the way could read it"
                ))
                .with_hint("Use an endpoint with https://.")),
            })
            .map_err(|error| error.with_context(|| request.describe()))?;
        Ok(endpoint.address(self.addressing, request.bucket, request.key))
    }
}

impl RequestSigner {
    /// Shows where requests go and who signs them, as fields of what is being shown.
    pub(crate) fn show(&self, out: &mut fmt::DebugStruct<'_, '_>) {
        let scheme = if self.endpoint.is_https() { "https" } else { "http" };
        out.field("endpoint", &format_args!("{scheme}://{}", self.endpoint.authority()));
        match &self.source {
            Source::Fixed(signer) => out.field("signer", signer),
            Source::Provided { provider, version, region } => {
                out.field("signer", &(provider, version, region))
            }
        };
    }
}

impl fmt::Debug for RequestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RequestSigner");
        self.show(&mut out);
        out.finish()
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &Redacted(&self.headers))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use crate::error::ErrorKind;
    use crate::request::Method;

    // The keys, the day and the answer of a published example of Signature V4.
    #[test]
    fn a_published_example_comes_out_as_plain_data() {
        let config = Config::new("http://s3.amazonaws.com")
            .addressing_style(AddressingStyle::VirtualHosted)
            .region("us-east-1")
            .credentials(Credentials::new(
                "AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ));
        let request =
            RawRequest::new(Method::Get).bucket("examplebucket").query("max-keys", "2").query("prefix", "J");
        let day = OffsetDateTime::from_unix_timestamp(1_369_353_600).unwrap();
        let signed = RequestSigner::new(&config).unwrap().sign_at(&request, day).unwrap();
        assert_eq!(
            (signed.method, signed.url.as_str()),
            ("GET", "http://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J")
        );
        let (_, authorization) = signed.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        let signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert!(authorization.ends_with(signature), "{authorization}");
        assert!(!format!("{signed:?}").contains(signature));
    }

    #[test]
    fn an_encryption_key_does_not_go_over_plain_http() {
        let name = "x-amz-server-side-encryption-customer-key";
        let request = RawRequest::new(Method::Get).bucket("b").key("k").header(name, "s3cr3t");
        let signer =
            RequestSigner::new(&Config::new("http://h").credentials(Credentials::new("a", "s"))).unwrap();
        let hour = Duration::from_secs(3600);
        for error in [signer.sign(&request).unwrap_err(), signer.presign(&request, hour).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains("plain http") && !text.contains("s3cr3t"), "{text}");
        }
        assert!(!format!("{request:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_provider_signs_and_its_failure_names_the_call() {
        let config = Config::new("http://h").region("r");
        let request = RawRequest::new(Method::Get).bucket("b");
        let good = config.clone().credentials_provider(|| Ok::<_, Error>(Credentials::new("AKID", "s")));
        let signed = RequestSigner::new(&good).unwrap().sign(&request).unwrap();
        assert!(signed.headers.iter().any(|(_, value)| value.contains("Credential=AKID/")));
        let bad = config.credentials_provider(|| Err::<Credentials, _>("the vault is shut"));
        let error = RequestSigner::new(&bad).unwrap().sign(&request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.to_string().starts_with("GET b: cannot get credentials: the vault is shut"), "{error}");
    }
}
