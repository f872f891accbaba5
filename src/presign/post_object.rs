//! POST Object: HTML forms for uploads from a browser.

use std::fmt;
use std::ops::RangeInclusive;
use time::OffsetDateTime;

use super::post_policy::{self, Condition};
use crate::acl::CannedAcl;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::headers::is_sensitive;
use crate::metadata::USER_PREFIX;
use crate::request::{Method, Request};
use crate::signer::PresignOptions;
use crate::timestamp::Timestamp;
use crate::validate;

/// The field value that a server replaces with the name of the uploaded file.
const FILE_NAME: &str = "${filename}";
/// The field with the key of the object.
const KEY: &str = "key";

/// The policy of an upload form: what may be uploaded, and how it is stored.
///
/// A field with a value is part of the form and must be sent unchanged. A field with only a prefix must be
/// filled in by the page.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use std::time::Duration;
///
/// use plain_s3::{CannedAcl, PostPolicy};
///
/// let policy = PostPolicy::key_starts_with("inbox/")
///     .content_type("application/pdf")
///     .acl(CannedAcl::Private)
///     .metadata("source", "form")
///     .success_action_status(201)
///     .field("x-amz-meta-campaign", "spring")
///     .field_starts_with("x-amz-meta-author", "");
/// let form = client.presign_post_object("my-new-bucket", &policy, Duration::from_secs(3600))?;
/// assert!(form.to_html().contains("x-amz-meta-author"));
///
/// let thanks = PostPolicy::new("inbox/report.pdf").success_action_redirect("https://www.example.com/thanks");
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct PostPolicy {
    conditions: Vec<Condition>,
}

impl PostPolicy {
    /// Creates a policy that allows an upload with exactly this key.
    pub fn new(key: impl Into<String>) -> Self {
        Self { conditions: vec![Condition::Is(KEY.to_owned(), key.into())] }
    }

    /// Creates a policy that allows an upload with any key that starts with this prefix. The form contains
    /// the key `PREFIX${filename}`, into which the server inserts the name of the file. The page may set
    /// another key.
    pub fn key_starts_with(prefix: impl Into<String>) -> Self {
        Self { conditions: vec![Condition::StartsWith(KEY.to_owned(), prefix.into())] }
    }

    /// Sets the minimum and maximum length of the content in bytes. By default, up to 5 GiB may be uploaded.
    pub fn content_length_range(mut self, bytes: RangeInclusive<u64>) -> Self {
        self.conditions.retain(|condition| !matches!(condition, Condition::Length(..)));
        self.conditions.push(Condition::Length(*bytes.start(), *bytes.end()));
        self
    }

    /// Sets the media type.
    pub fn content_type(self, value: impl Into<String>) -> Self {
        self.field("Content-Type", value)
    }

    /// Allows the page to set a media type that starts with this prefix, such as `image/`. The page must have a
    /// field `Content-Type`, as [`PostForm::to_html`] generates it; browsers do not add one.
    pub fn content_type_starts_with(self, prefix: impl Into<String>) -> Self {
        self.field_starts_with("Content-Type", prefix)
    }

    /// Sets the object's ACL. The default is private.
    pub fn acl(self, acl: CannedAcl) -> Self {
        self.field("acl", acl.as_str())
    }

    /// Adds an entry of user metadata. A value that is not ASCII is encoded; see
    /// [`PutObjectOptions::metadata`](crate::PutObjectOptions::metadata).
    pub fn metadata(self, name: &str, value: impl Into<String>) -> Self {
        self.field(&format!("{USER_PREFIX}{name}"), value)
    }

    /// Sets the status of a successful response: 200, 201 (with XML that names the object) or 204. The
    /// default is 204.
    pub fn success_action_status(self, status: u16) -> Self {
        self.field("success_action_status", status.to_string())
    }

    /// Redirects the browser to this URL after the upload, with the bucket, the key and the ETag in the
    /// query.
    pub fn success_action_redirect(self, url: impl Into<String>) -> Self {
        self.field("success_action_redirect", url)
    }

    /// Sets any other field, such as `Cache-Control` or `x-amz-storage-class`. Its name must not contain
    /// quotes, backslashes or control characters.
    pub fn field(self, name: &str, value: impl Into<String>) -> Self {
        self.with(Condition::Is(name.to_owned(), value.into()))
    }

    /// Allows the page to set a field to a value that starts with this prefix. An empty prefix allows any
    /// value. The page must have the field; see [`PostForm::open_fields`].
    pub fn field_starts_with(self, name: &str, prefix: impl Into<String>) -> Self {
        self.with(Condition::StartsWith(name.to_owned(), prefix.into()))
    }

    fn with(mut self, condition: Condition) -> Self {
        let same_field = |old: &Condition| match (old.field(), condition.field()) {
            (Some(old), Some(new)) => old.eq_ignore_ascii_case(new),
            _ => false,
        };
        self.conditions.retain(|old| !same_field(old));
        self.conditions.push(condition);
        self
    }

    fn validate(&self) -> Result<()> {
        for condition in &self.conditions {
            condition.field().map_or(Ok(()), validate::form_field)?;
            match condition {
                Condition::Length(min, max) if min > max => {
                    return Err(Error::invalid(format!("the length range {min} to {max} bytes is empty")));
                }
                Condition::Is(name, value) | Condition::StartsWith(name, value) if value.starts_with('$') => {
                    return Err(Error::invalid(format!(
                        "the value of the field {name} starts with $, which in a policy refers to another field"
                    )));
                }
                Condition::Is(name, value) if name == KEY => validate::key(value)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the fields of the form. For a key prefix, the server completes the key with the name of the
    /// file.
    fn fields(&self) -> Vec<(String, String)> {
        let field = |condition: &Condition| match condition {
            Condition::Is(name, value) => Some((name.clone(), value.clone())),
            Condition::StartsWith(name, prefix) if name == KEY => {
                Some((name.clone(), format!("{prefix}{FILE_NAME}")))
            }
            _ => None,
        };
        self.conditions.iter().filter_map(field).collect()
    }

    /// Returns the fields that the page has to add, with their prefixes.
    fn open_fields(&self) -> Vec<(String, String)> {
        let field = |condition: &Condition| match condition {
            Condition::StartsWith(name, prefix) if name != KEY => Some((name.clone(), prefix.clone())),
            _ => None,
        };
        self.conditions.iter().filter_map(field).collect()
    }
}

/// A signed form: its URL and its hidden fields. Anyone who has it can upload what the policy allows until it
/// expires. `{:?}` hides the values.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PostForm {
    /// The URL for the `action` attribute of the form, which must be sent as `multipart/form-data`.
    pub url: String,
    /// The fields to send unchanged. The content must follow as the last field, named `file`, because servers
    /// ignore fields after it.
    pub fields: Vec<(String, String)>,
    /// The fields that the page has to add, each with the prefix that its value must have. Servers reject a
    /// form that lacks one of them.
    pub open_fields: Vec<(String, String)>,
}

impl PostForm {
    /// Creates a form without open fields, for tests of code that handles forms.
    pub fn new(url: impl Into<String>, fields: Vec<(String, String)>) -> Self {
        Self { url: url.into(), fields, open_fields: Vec::new() }
    }
}

impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("PostForm")
            .field("url", &self.url)
            .field("fields", &names)
            .field("open_fields", &self.open_fields)
            .finish()
    }
}

impl Client {
    /// Returns a signed form that lets a browser upload an object without credentials until it expires.
    /// Nothing is sent.
    /// ([POST Object](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html))
    ///
    /// `expires` is the lifetime, or [`PresignOptions`] with the scheme and the signing time as well.
    ///
    /// # Errors
    ///
    /// Fails with [`InvalidInput`](crate::ErrorKind::InvalidInput) if the lifetime is out of range (at least
    /// 1 second and, with Signature V4, at most 7 days), the client has no credentials, or the bucket name or
    /// the policy is invalid.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// # let hour = std::time::Duration::from_secs(3600);
    /// use plain_s3::PostPolicy;
    ///
    /// let policy = PostPolicy::key_starts_with("inbox/").content_length_range(1..=10 << 20);
    /// let form = client.presign_post_object("my-new-bucket", &policy, hour)?;
    /// println!("<!doctype html><title>Send a file</title>{}", form.to_html());
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn presign_post_object(
        &self,
        bucket: &str,
        policy: &PostPolicy,
        expires: impl Into<PresignOptions>,
    ) -> Result<PostForm> {
        let mut request = Request::bucket("PostObject", Method::Post, bucket);
        // an encryption key in a field is subject to the same checks as one in a header
        for (name, value) in
            policy.fields().iter().filter(|(name, _)| is_sensitive(&name.to_ascii_lowercase()))
        {
            request.headers.set(name, value.as_str());
        }
        self.sign_form(&request, bucket, policy, &expires.into())
            .map_err(|error| error.with_context(|| request.operation().preceded_by("presign")))
    }

    /// Encodes the values of user metadata, as in every other request.
    fn encode_policy_metadata(&self, policy: &PostPolicy) -> PostPolicy {
        let mut policy = policy.clone();
        for condition in &mut policy.conditions {
            if let Condition::Is(name, value) = condition
                && name.to_ascii_lowercase().starts_with(USER_PREFIX)
            {
                *value = self.signer().encode_metadata_value(value).into_owned();
            }
        }
        policy
    }

    fn sign_form(
        &self,
        request: &Request<'_>,
        bucket: &str,
        policy: &PostPolicy,
        options: &PresignOptions,
    ) -> Result<PostForm> {
        policy.validate()?;
        let policy = &self.encode_policy_metadata(policy);
        let address = self.signer().url_address(request, options.force_http)?;
        // whatever time is signed, the credentials must be valid now
        let now = OffsetDateTime::now_utc();
        let signer = self.signer().signer(now)?;
        let signed_at = options.signed_at.unwrap_or(now);
        let end = signer.form_expiry(signed_at, options.expires)?;

        // every field must be part of the policy, including those of the signature
        let added = signer.form_fields(signed_at);
        let mut conditions = vec![Condition::Is("bucket".to_owned(), bucket.to_owned())];
        conditions.extend(policy.conditions.iter().cloned());
        conditions.extend(added.iter().map(|(name, value)| Condition::Is(name.clone(), value.clone())));
        let document = post_policy::document(&Timestamp::from(end).to_string(), &conditions);

        let mut fields = policy.fields();
        fields.extend(added);
        fields.extend(signer.sign_form(&document, signed_at));
        Ok(PostForm { url: address.url(""), fields, open_fields: policy.open_fields() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Config, Credentials};

    // the credentials and the date of the published example
    fn client(region: Option<&str>) -> Client {
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let config = Config::new("http://h").credentials(keys.session_token("t0k3n"));
        Client::new(region.map_or(config.clone(), |region| config.region(region))).unwrap()
    }

    fn form(region: Option<&str>, policy: &PostPolicy) -> Result<PostForm> {
        let now = OffsetDateTime::from_unix_timestamp(1_451_347_200).unwrap(); // 2015-12-29
        let options = PresignOptions::new(Duration::from_secs(129_600)).signed_at(now);
        client(region).presign_post_object("sigv4examplebucket", policy, options)
    }

    fn field<'a>(form: &'a PostForm, name: &str) -> &'a str {
        &form.fields.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no field {name}")).1
    }

    fn policy_of(form: &PostForm) -> String {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(field(form, "policy")).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_field_of_the_form_is_part_of_the_policy() {
        let policy = PostPolicy::key_starts_with("user/")
            .acl(CannedAcl::PublicRead)
            .content_type_starts_with("image/")
            .metadata("uuid", "14365")
            .content_length_range(1..=10);
        for region in [None, Some("us-east-1")] {
            let form = form(region, &policy).unwrap();
            assert_eq!(form.url, "http://h/sigv4examplebucket/");
            assert_eq!(field(&form, "key"), "user/${filename}");
            assert_eq!(form.open_fields, [("Content-Type".to_owned(), "image/".to_owned())]);
            let text = policy_of(&form);
            assert!(text.starts_with("{\"expiration\":\"2015-12-30T12:00:00.000Z\""), "{text}");
            for (name, _) in &form.fields {
                let exempt =
                    ["policy", "signature", "x-amz-signature", "AWSAccessKeyId"].contains(&name.as_str());
                assert_eq!(text.contains(&format!("\"${name}\"")), !exempt, "{name} in {text}");
            }
            assert!(text.contains("[\"starts-with\",\"$Content-Type\",\"image/\"]"), "{text}");
            assert!(text.contains("[\"content-length-range\",1,10]"), "{text}");
            let shown = format!("{form:?}");
            assert!(!shown.contains("t0k3n") && shown.contains("policy"), "{shown}");
        }
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn forced_http_applies_to_the_url_and_to_the_check_of_keys() {
        let config = Config::new("https://h:8443").credentials(Credentials::new("a", "s"));
        let client = Client::new(config).unwrap();
        let options = PresignOptions::new(Duration::from_secs(60)).force_http();
        let form = |policy: &PostPolicy| client.presign_post_object("b", policy, options.clone());
        assert_eq!(form(&PostPolicy::new("k")).unwrap().url, "http://h/b/");
        let with_key = PostPolicy::new("k").field("x-amz-server-side-encryption-customer-key", "s3cr3t");
        assert!(form(&with_key).unwrap_err().to_string().contains("plain HTTP"));
    }

    #[test]
    fn later_setting_replaces_earlier_one() {
        let policy = PostPolicy::new("k").field("content-type", "a").content_type_starts_with("b");
        let policy = policy.content_length_range(1..=2).content_length_range(3..=4);
        let text = policy_of(&form(None, &policy).unwrap());
        assert!(!text.contains("\"a\"") && text.contains("\"b\""), "{text}");
        assert!(!text.contains("1,2") && text.contains("3,4"), "{text}");
    }

    #[test]
    fn invalid_policies_are_rejected() {
        let secret = "x-amz-server-side-encryption-customer-key";
        for (policy, words) in [
            (PostPolicy::new(""), "key is empty"),
            (PostPolicy::key_starts_with("$key"), "another field"),
            (PostPolicy::new("k").content_length_range(RangeInclusive::new(2, 1)), "2 to 1 bytes"),
            (PostPolicy::new("k").field(secret, "s3cr3t"), "plain HTTP"),
            (PostPolicy::new("k").field("", "v"), "field name is empty"),
            (PostPolicy::new("k").field("a\"; filename=\"b", "v"), "contains '\"'"),
            (PostPolicy::new("k").field_starts_with("a\r\nb", ""), "contains '\\r'"),
            (PostPolicy::new("k").metadata("it's", "v"), "\"x-amz-meta-it's\""),
        ] {
            let error = form(None, &policy).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("s3cr3t"), "{error}");
        }
        let anonymous = Client::new(Config::new("http://h")).unwrap();
        let hour = Duration::from_secs(3600);
        let error = anonymous.presign_post_object("b", &PostPolicy::new("k"), hour).unwrap_err();
        assert!(error.to_string().contains("without credentials"), "{error}");
        assert!(client(Some("r")).presign_post_object("b", &PostPolicy::new("k"), hour * 200).is_err());
    }
}
