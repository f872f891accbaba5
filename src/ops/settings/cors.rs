//! GetBucketCors, PutBucketCors, DeleteBucketCors.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target, parse_child};
use crate::xml;

const CORS: Subresource = Subresource {
    get: "GetBucketCors",
    put: "PutBucketCors",
    delete: "DeleteBucketCors",
    name: "cors",
    roots: &["CORSConfiguration"],
    children: &["CORSRule"],
    unset: &["NoSuchCORSConfiguration"],
};

/// A rule for cross-origin requests: which websites may send which requests from a browser.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::CorsRule;
///
/// let rule = CorsRule::new("https://www.example.com", "GET")
///     .allowed_origin("https://*.example.org")
///     .expose_header("etag")
///     .max_age_seconds(3600);
/// client.put_bucket_cors("my-new-bucket", &[rule])?;
/// assert_eq!(client.get_bucket_cors("my-new-bucket")?[0].max_age_seconds, Some(3600));
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct CorsRule {
    /// The ID of the rule.
    pub id: Option<String>,
    /// The allowed origins, such as `https://www.example.com`. Each may contain one `*`.
    pub allowed_origins: Vec<String>,
    /// The allowed HTTP methods: `GET`, `PUT`, `POST`, `DELETE` or `HEAD`.
    pub allowed_methods: Vec<String>,
    /// The headers that a request may have. Each may contain one `*`.
    pub allowed_headers: Vec<String>,
    /// The response headers that scripts may read.
    pub expose_headers: Vec<String>,
    /// How long browsers may cache the response to a preflight request, in seconds.
    pub max_age_seconds: Option<u32>,
}

impl CorsRule {
    /// Creates a rule that allows this method for this origin.
    pub fn new(origin: impl Into<String>, method: impl Into<String>) -> Self {
        Self::default().allowed_origin(origin).allowed_method(method)
    }

    /// Sets the ID of the rule.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds an allowed origin, such as `https://*.example.com`.
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Adds an allowed HTTP method.
    pub fn allowed_method(mut self, method: impl Into<String>) -> Self {
        self.allowed_methods.push(method.into());
        self
    }

    /// Adds a header that a request may have; `*` allows all headers.
    pub fn allowed_header(mut self, name: impl Into<String>) -> Self {
        self.allowed_headers.push(name.into());
        self
    }

    /// Adds a response header that scripts may read.
    pub fn expose_header(mut self, name: impl Into<String>) -> Self {
        self.expose_headers.push(name.into());
        self
    }

    /// Sets how long browsers may cache the response to a preflight request, in seconds.
    pub fn max_age_seconds(mut self, seconds: u32) -> Self {
        self.max_age_seconds = Some(seconds);
        self
    }

    fn push(&self, out: &mut String) {
        out.push_str("<CORSRule>");
        xml::push_some(out, "ID", self.id.as_ref());
        for (name, values) in [
            ("AllowedOrigin", &self.allowed_origins),
            ("AllowedMethod", &self.allowed_methods),
            ("AllowedHeader", &self.allowed_headers),
            ("ExposeHeader", &self.expose_headers),
        ] {
            values.iter().for_each(|value| xml::push(out, name, value));
        }
        xml::push_some(out, "MaxAgeSeconds", self.max_age_seconds.map(|seconds| seconds.to_string()));
        out.push_str("</CORSRule>");
    }

    fn read(node: Node<'_, '_>) -> Result<Self> {
        let all = |name| xml::children(node, name).map(xml::text).collect();
        Ok(Self {
            id: xml::child_text(node, "ID"),
            allowed_origins: all("AllowedOrigin"),
            allowed_methods: all("AllowedMethod"),
            allowed_headers: all("AllowedHeader"),
            expose_headers: all("ExposeHeader"),
            max_age_seconds: parse_child(node, "MaxAgeSeconds")?,
        })
    }
}

impl Client {
    /// Returns the CORS rules of a bucket. The list is empty if none are set.
    /// ([GetBucketCors](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist, you may not read its
    /// rules, or the server does not support CORS ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for rule in client.get_bucket_cors("my-new-bucket")? {
    ///     println!("{:?} {:?}", rule.allowed_origins, rule.allowed_methods);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_cors(&self, bucket: &str) -> Result<Vec<CorsRule>> {
        Ok(self.get_setting(&CORS, Target::Bucket(bucket), read)?.unwrap_or_default())
    }

    /// Replaces the CORS rules of a bucket.
    /// ([PutBucketCors](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_cors`](Self::get_bucket_cors), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::CorsRule;
    ///
    /// let rule = CorsRule::new("https://www.example.com", "GET").allowed_method("PUT").allowed_header("*");
    /// client.put_bucket_cors("my-new-bucket", &[rule])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_cors(&self, bucket: &str, rules: &[CorsRule]) -> Result<()> {
        self.put_setting(&CORS, Target::Bucket(bucket), write(rules))
    }

    /// Deletes all CORS rules of a bucket. Succeeds if none are set.
    /// ([DeleteBucketCors](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_cors`](Self::get_bucket_cors), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_cors("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_cors(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&CORS, Target::Bucket(bucket))
    }
}

fn write(rules: &[CorsRule]) -> String {
    let mut content = String::new();
    rules.iter().for_each(|rule| rule.push(&mut content));
    CORS.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<Vec<CorsRule>> {
    xml::children(root, "CORSRule").map(CorsRule::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_rules_read_back_equal() {
        let full = CorsRule::new("https://*.example.com", "GET")
            .id("a <b> & c")
            .allowed_origin("http://localhost")
            .allowed_method("PUT")
            .allowed_header("*")
            .expose_header("ETag")
            .expose_header("x-amz-meta-a")
            .max_age_seconds(3000);
        let rules = [full, CorsRule::new("*", "HEAD")];
        assert_eq!(CORS.parse(&write(&rules), read).unwrap(), rules);
    }

    #[test]
    fn invalid_number_is_an_unexpected_response() {
        let text =
            "<CORSConfiguration><CORSRule><MaxAgeSeconds>soon</MaxAgeSeconds></CORSRule></CORSConfiguration>";
        let error = CORS.parse(text, read).unwrap_err();
        assert_eq!(error.summary(), "the response has an invalid <MaxAgeSeconds>: \"soon\"");
    }
}
