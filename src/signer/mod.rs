//! Signing without sending: the address and the signature of a request.

mod additions;
mod presign_options;
mod signed_request;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

use crate::access_point;
use crate::config::{Config, CredentialsSource};
use crate::credentials::Credentials;
use crate::credentials::provider::Provider;
use crate::endpoint::{Address, AddressingStyle, Endpoint};
use crate::error::{Error, Result};
use crate::raw_request::RawRequest;
use crate::request::Request;
use crate::sign::{SignatureVersion, Signer};
use crate::validate;
use additions::Additions;
pub(crate) use additions::SOURCE_BUCKET_OWNER;
pub use presign_options::PresignOptions;
pub use signed_request::{PresignedUrl, SignedRequest};

/// Signs requests that another HTTP client sends.
///
/// This is the part of a [`Client`](crate::Client) that determines where a request goes and how it is signed.
/// It has no connections and starts no threads. The HTTP client that sends the request has to retry it,
/// verify lengths and digests, and handle error responses.
///
/// ```
/// use plain_s3::{Config, Credentials, Method, RawRequest, RequestSigner};
///
/// # fn main() -> plain_s3::Result<()> {
/// let config = Config::new("http://objects-us-west-1.dream.io")
///     .credentials(Credentials::new("access", "secret"));
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
    additions: Additions,
}

/// The source of the credentials with which an attempt is signed.
#[derive(Clone)]
enum Source {
    Fixed(Signer),
    Provided { provider: Arc<Provider>, version: SignatureVersion, region: String },
}

impl RequestSigner {
    /// Creates a signer from the endpoint, addressing style, region, signature version, credentials, requester
    /// settings and metadata encoding of a configuration. The other settings are ignored.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the endpoint, the region or the
    /// credentials are invalid.
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
        if let Some(problem) = &config.invalid_argument {
            return Err(Error::invalid(problem.clone()));
        }
        let endpoint = Endpoint::parse(&config.endpoint)?;
        if config.addressing == AddressingStyle::VirtualHosted && endpoint.has_ip_address() {
            return Err(Error::invalid(format!(
                "virtual-hosted style needs a host name, but the endpoint {:?} has an IP address",
                config.endpoint
            ))
            .with_hint("Use path style or a host name. Names under localhost resolve to this machine."));
        }
        let region = config.region.as_deref().map(str::trim);
        if region.is_some_and(|region| !validate::is_region(region)) {
            return Err(Error::invalid(format!(
                "the region {:?} is not a valid name; a region looks like us-east-1",
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
        Ok(Self { endpoint, addressing: config.addressing, source, additions: Additions::new(config) })
    }

    /// Signs a request with the current time, by adding headers.
    ///
    /// The body is not signed unless the request contains its SHA-256; see [`RawRequest`].
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the bucket name, the key or a header is
    /// invalid, and with [`Credentials`](crate::ErrorKind::Credentials) if the credentials provider fails.
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

    /// Signs a request with the given time; see [`sign`](Self::sign).
    ///
    /// Servers accept a time that differs from their own by at most 15 minutes.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`sign`](Self::sign).
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
        let mut request = request.to_request();
        self.additions.add_requester(&mut request);
        let signed = self.address(&self.endpoint, &request).and_then(|address| {
            // whatever time is signed, the credentials must be valid now
            let signed = self.signer(OffsetDateTime::now_utc())?.sign(&request, &address, now);
            Ok(SignedRequest {
                method: request.method.as_str(),
                url: address.url(&request.query_string()),
                headers: signed.headers.to_vec(),
            })
        });
        signed.map_err(|error| error.with_context(|| request.operation()))
    }

    /// Returns a presigned URL for a request. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`sign`](Self::sign). Also fails with
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the lifetime is out of range (see
    /// [`PresignOptions::new`]) or there are no credentials.
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
    pub fn presign(&self, request: &RawRequest, options: impl Into<PresignOptions>) -> Result<PresignedUrl> {
        self.presign_request(request.to_request(), &options.into(), OffsetDateTime::now_utc())
    }
}

impl RequestSigner {
    /// Presigns the request of any operation. Every `presign_…` method calls this.
    pub(crate) fn presign_request(
        &self,
        request: Request<'_>,
        options: &PresignOptions,
        now: OffsetDateTime,
    ) -> Result<PresignedUrl> {
        let operation = request.operation().preceded_by("presign");
        self.presign_unnamed(request, options, now).map_err(|error| error.with_context(|| operation))
    }

    fn presign_unnamed(
        &self,
        mut request: Request<'_>,
        options: &PresignOptions,
        now: OffsetDateTime,
    ) -> Result<PresignedUrl> {
        // the provider may be slow, so it is not called for an invalid request
        let address = self.url_address(&request, options.force_http)?;
        // whatever time is signed, the credentials must be valid now
        let signer = self.signer(now)?;
        self.additions.encode_metadata(&mut request);
        if let Signer::V4(_) = *signer {
            self.additions.add_requester_to_query(&mut request);
        }
        let signed_at = options.signed_at.unwrap_or(now);
        let query = signer.presign(&request, &address, signed_at, options.expires)?;
        Ok(PresignedUrl {
            method: request.method.as_str(),
            url: address.url(&query),
            headers: request.headers.to_vec(),
        })
    }

    /// Adds to a request what the configuration requires of all requests.
    pub(crate) fn complete<'r, 'q>(&self, request: &'r Request<'q>) -> Cow<'r, Request<'q>> {
        self.additions.complete(request)
    }

    /// Encodes the value of an entry of user metadata.
    pub(crate) fn encode_metadata_value<'v>(&self, value: &'v str) -> Cow<'v, str> {
        self.additions.encode_metadata_value(value)
    }

    /// Returns the region that requests are signed for, unless they are anonymous or signed with V2.
    pub(crate) fn region(&self) -> Option<&str> {
        match &self.source {
            Source::Fixed(Signer::V4(key)) => Some(&key.region),
            Source::Fixed(_) => None,
            Source::Provided { version, region, .. } => {
                (*version == SignatureVersion::V4).then_some(region.as_str())
            }
        }
    }

    /// Returns `true` if requests are signed with V2, and `false` if they are anonymous.
    pub(crate) fn signs_with_v2(&self) -> bool {
        match &self.source {
            Source::Fixed(signer) => matches!(signer, Signer::V2(_)),
            Source::Provided { version, .. } => *version == SignatureVersion::V2,
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the signer for the given time. Calls the credentials provider if its last credentials have
    /// expired.
    pub(crate) fn signer(&self, now: OffsetDateTime) -> Result<Cow<'_, Signer>> {
        self.signer_until(None, now)
    }

    /// Returns the signer for the given time, like [`signer`](Self::signer), for a call with a deadline.
    pub(crate) fn signer_until(
        &self,
        deadline: Option<Instant>,
        now: OffsetDateTime,
    ) -> Result<Cow<'_, Signer>> {
        match &self.source {
            Source::Fixed(signer) => {
                signer.credentials().map_or(Ok(()), |credentials| credentials.require_valid(now))?;
                Ok(Cow::Borrowed(signer))
            }
            Source::Provided { provider, version, region } => {
                Ok(Cow::Owned(Signer::new(provider.get(now, deadline)?, *version, region)))
            }
        }
    }

    /// Fetches credentials again, because the server has rejected these as expired. Returns `true` if there are
    /// others now. Credentials without a provider cannot be fetched.
    pub(crate) fn renew(
        &self,
        rejected: &Credentials,
        now: OffsetDateTime,
        deadline: Option<Instant>,
    ) -> Result<bool> {
        match &self.source {
            Source::Fixed(_) => Ok(false),
            Source::Provided { provider, .. } => provider.renew(rejected, now, deadline),
        }
    }

    /// Validates a request that is signed, and returns its address at an endpoint.
    pub(crate) fn address(&self, endpoint: &Endpoint, request: &Request<'_>) -> Result<Address> {
        let address = self.unsigned_address(endpoint, request)?;
        if self.signs_with_v2()
            && let Some(what) = requires_v4(endpoint, request)
        {
            return Err(Self::rejects_v2(what));
        }
        Ok(address)
    }

    /// Returns the error for something that cannot be signed with V2.
    pub(crate) fn rejects_v2(what: &str) -> Error {
        Error::invalid(format!("{what} requires Signature V4, but requests are signed with V2"))
            .with_hint("Set Config::region, which selects Signature V4, or Config::signature_version.")
    }

    /// Validates a request and returns its address at an endpoint.
    fn unsigned_address(&self, endpoint: &Endpoint, request: &Request<'_>) -> Result<Address> {
        request.validate()?;
        if let Some(name) = request.headers.customer_key_name().filter(|_| !endpoint.is_https()) {
            return Err(Error::invalid(format!(
                "the header {name} holds an encryption key, which anyone on the network path could read over plain HTTP"
            ))
            .with_hint("Use an endpoint with https://."));
        }
        endpoint.find(self.addressing, request.bucket, request.key)
    }

    /// Validates a request that others will send, and returns its address: that of this client, or over plain HTTP
    /// if `force_http` is set.
    pub(crate) fn url_address(&self, request: &Request<'_>, force_http: bool) -> Result<Address> {
        if force_http {
            self.address(&self.endpoint.plain_http(), request)
        } else {
            self.address(&self.endpoint, request)
        }
    }

    /// Returns the unsigned URL of a request.
    pub(crate) fn unsigned_url(&self, request: &Request<'_>, force_http: bool) -> Result<String> {
        let plain_http = force_http.then(|| self.endpoint.plain_http());
        let address = self.unsigned_address(plain_http.as_ref().unwrap_or(&self.endpoint), request);
        let address = address.map_err(|error| error.with_context(|| request.operation()))?;
        Ok(address.url(&request.query_string()))
    }

    /// Adds the endpoint and the signer to a `Debug` output.
    pub(crate) fn debug_fields(&self, out: &mut fmt::DebugStruct<'_, '_>) {
        let scheme = if self.endpoint.is_https() { "https" } else { "http" };
        out.field("endpoint", &format_args!("{scheme}://{}", self.endpoint.location()));
        match &self.source {
            Source::Fixed(signer) => out.field("signer", signer),
            Source::Provided { provider, version, region } => {
                out.field("signer", &(provider, version, region))
            }
        };
    }
}

/// Returns the part of a request that AWS accepts only with Signature V4. Other servers do not have these restrictions.
fn requires_v4(endpoint: &Endpoint, request: &Request<'_>) -> Option<&'static str> {
    if !endpoint.is_aws() {
        return None;
    }
    let is_access_point = |bucket: &str| access_point::is_arn(bucket) || access_point::is_alias(bucket);
    let encryption = request.headers.get("x-amz-server-side-encryption").unwrap_or_default();
    if request.bucket.is_some_and(is_access_point) {
        Some("an access point")
    } else if encryption.starts_with("aws:kms") {
        Some("encryption with a key of KMS")
    } else {
        None
    }
}

impl fmt::Debug for RequestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RequestSigner");
        self.debug_fields(&mut out);
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::credentials::Credentials;
    use crate::error::ErrorKind;
    use crate::request::Method;

    // the credentials, the day and the signature of a published example of Signature V4
    #[test]
    fn published_example_is_signed_as_documented() {
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
    fn what_requires_v4_is_not_signed_with_v2() {
        let hour = Duration::from_secs(3600);
        let credentials = || Credentials::new("a", "s");
        let get = |bucket: &str| RawRequest::new(Method::Get).bucket(bucket).key("k");
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/data";
        let kms = get("b").header("x-amz-server-side-encryption", "aws:kms:dsse");
        let requests = [get(arn), get("data-abcd-s3alias"), kms];
        let aws = Config::new("http://s3.eu-west-1.amazonaws.com").credentials(credentials());
        let v2 = RequestSigner::new(&aws).unwrap();
        let v4 = RequestSigner::new(&aws.clone().region("eu-west-1")).unwrap();
        let provided = aws.clone().credentials_provider(|| Err::<Credentials, _>("never called"));
        let provided = RequestSigner::new(&provided).unwrap();
        for request in &requests {
            for error in [
                v2.sign(request).unwrap_err(),
                v2.presign(request, hour).unwrap_err(),
                provided.sign(request).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
                assert!(error.to_string().contains("requires Signature V4"), "{error}");
                assert!(error.hint().unwrap().contains("Config::region"), "{error}");
            }
            v4.sign(request).unwrap();
            RequestSigner::new(&aws.clone().anonymous()).unwrap().sign(request).unwrap();
        }
        v2.sign(&get("b")).unwrap();
        v2.unsigned_url(&Request::object("GetObject", Method::Get, arn, "k"), false).unwrap();
        // other servers encrypt with keys of KMS under V2 as well
        let other = RequestSigner::new(&Config::new("http://h").credentials(credentials())).unwrap();
        other.sign(&requests[2]).unwrap();
    }

    #[test]
    fn encryption_key_is_not_sent_over_plain_http() {
        let name = "x-amz-server-side-encryption-customer-key";
        let request = RawRequest::new(Method::Get).bucket("b").key("k").header(name, "s3cr3t");
        let signer =
            RequestSigner::new(&Config::new("http://h").credentials(Credentials::new("a", "s"))).unwrap();
        let hour = Duration::from_secs(3600);
        for error in [signer.sign(&request).unwrap_err(), signer.presign(&request, hour).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains("plain HTTP") && !text.contains("s3cr3t"), "{text}");
        }
        assert!(!format!("{request:?}").contains("s3cr3t"));
    }

    #[test]
    fn provider_signs_and_its_error_names_the_call() {
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

    #[test]
    fn provider_is_called_for_valid_requests_only_and_with_the_current_time() {
        use std::sync::atomic::{AtomicU32, Ordering};

        let calls = Arc::new(AtomicU32::new(0));
        let counted = calls.clone();
        let config = Config::new("http://h").region("r").credentials_provider(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            let in_an_hour = std::time::SystemTime::now() + Duration::from_secs(3600);
            Ok::<_, Error>(Credentials::new("a", "s").expires_at(in_an_hour))
        });
        let signer = RequestSigner::new(&config).unwrap();
        let minute = Duration::from_secs(60);
        let invalid = RawRequest::new(Method::Get).bucket("b").key("");
        assert_eq!(signer.presign(&invalid, minute).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        // the credentials are cached, whatever time is signed
        let request = RawRequest::new(Method::Get).bucket("b").key("k");
        let tomorrow = OffsetDateTime::now_utc() + Duration::from_secs(86_400);
        for _ in 0..2 {
            signer.presign(&request, PresignOptions::new(minute).signed_at(tomorrow)).unwrap();
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn presigned_url_is_the_same_for_the_same_moment() {
        let config = Config::new("http://h").region("r").credentials(Credentials::new("a", "s"));
        let signer = RequestSigner::new(&config).unwrap();
        let request = RawRequest::new(Method::Get).bucket("b").key("k");
        let options = PresignOptions::new(Duration::from_secs(60)).signed_at(OffsetDateTime::UNIX_EPOCH);
        let url = signer.presign(&request, options.clone()).unwrap();
        assert!(url.url.contains("X-Amz-Date=19700101T000000Z"), "{url}");
        assert_eq!(url, signer.presign(&request, options).unwrap());
    }
}
