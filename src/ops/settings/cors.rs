//! GetBucketCors, PutBucketCors, DeleteBucketCors.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target, missing};
use crate::xml;

const CORS: Subresource = Subresource {
    get: "GetBucketCors",
    put: "PutBucketCors",
    delete: "DeleteBucketCors",
    name: "cors",
    roots: &["CORSConfiguration"],
    unset: &["NoSuchCORSConfiguration"],
};

/// Which web pages may use a bucket from a browser, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CorsRule {
    /// A name for the rule.
    pub id: Option<String>,
    /// The pages' origins, such as `https://www.example.com`; one `*` may be in each.
    pub allowed_origins: Vec<String>,
    /// HTTP methods: `GET`, `PUT`, `POST`, `DELETE`, `HEAD`.
    pub allowed_methods: Vec<String>,
    /// The headers that a request may have; one `*` may be in each.
    pub allowed_headers: Vec<String>,
    /// The headers of the answer that a page may see.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember this, in seconds.
    pub max_age_seconds: Option<u32>,
}

impl CorsRule {
    /// Lets the pages of this origin use this method. Both can be added to.
    pub fn new(origin: impl Into<String>, method: impl Into<String>) -> Self {
        Self::default().allowed_origin(origin).allowed_method(method)
    }

    /// Gives the rule a name.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds an origin, such as `https://*.example.com`.
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Adds an HTTP method.
    pub fn allowed_method(mut self, method: impl Into<String>) -> Self {
        self.allowed_methods.push(method.into());
        self
    }

    /// Adds a header that a request may have; `*` for any.
    pub fn allowed_header(mut self, name: impl Into<String>) -> Self {
        self.allowed_headers.push(name.into());
        self
    }

    /// Adds a header of the answer that a page may see.
    pub fn expose_header(mut self, name: impl Into<String>) -> Self {
        self.expose_headers.push(name.into());
        self
    }

    /// Sets how long a browser may remember this, in seconds.
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
        let max_age = xml::child_text(node, "MaxAgeSeconds").map(|seconds| seconds.trim().parse());
        Ok(Self {
            id: xml::child_text(node, "ID"),
            allowed_origins: all("AllowedOrigin"),
            allowed_methods: all("AllowedMethod"),
            allowed_headers: all("AllowedHeader"),
            expose_headers: all("ExposeHeader"),
            max_age_seconds: max_age
                .transpose()
                .map_err(|_| missing("escape_invalid_chars MaxAgeSeconds"))?,
        })
    }
}

impl Client {
    /// Reads which web pages may use a bucket from a browser; no rules where none are set.
    /// ([GetBucketCors](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its rules may not be read;
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no such rules.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for rule in client.get_bucket_cors("my-new-bucket")? {
    ///     println!("{:?} {:?}", rule.allowed_origins, rule.allowed_methods);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_cors(&self, bucket: &str) -> Result<Vec<CorsRule>> {
        Ok(self.get_setting(&CORS, Target::Bucket(bucket), read)?.unwrap_or_default())
    }

    /// Sets which web pages may use a bucket from a browser, in place of all rules before.
    /// ([PutBucketCors](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_cors`](Self::get_bucket_cors), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::CorsRule;
    ///
    /// let rule = CorsRule::new("https://www.example.com", "GET").allowed_method("PUT").allowed_header("*");
    /// client.put_bucket_cors("my-new-bucket", &[rule])?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_cors(&self, bucket: &str, rules: &[CorsRule]) -> Result<()> {
        self.put_setting(&CORS, Target::Bucket(bucket), write(rules))
    }

    /// Deletes the rules for web pages.
    /// ([DeleteBucketCors](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_cors`](Self::get_bucket_cors), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
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
    xml::document(CORS.roots[0], &content)
}

fn read(root: Node<'_, '_>) -> Result<Vec<CorsRule>> {
    xml::children(root, "CORSRule").map(CorsRule::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back_equal() {
        let full = CorsRule::new("https://*.example.com", "GET")
            .id("a <b> & c")
            .allowed_origin("http://localhost")
            .allowed_method("PUT")
            .allowed_header("*")
            .expose_header("ETag")
            .expose_header("x-amz-meta-a")
            .max_age_seconds(3000);
        let rules = [full, CorsRule::new("*", "HEAD")];
        let text = write(&rules);
        let document = xml::parse(&text).unwrap();
        assert_eq!(read(document.root_element()).unwrap(), rules);
    }
}
