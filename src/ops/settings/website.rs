//! GetBucketWebsite, PutBucketWebsite, DeleteBucketWebsite.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::{Subresource, Target, parse_child};
use crate::xml;

const WEBSITE: Subresource = Subresource {
    get: "GetBucketWebsite",
    put: "PutBucketWebsite",
    delete: "DeleteBucketWebsite",
    name: "website",
    roots: &["WebsiteConfiguration"],
    children: &["IndexDocument", "ErrorDocument", "RedirectAllRequestsTo", "RoutingRules"],
    unset: &["NoSuchWebsiteConfiguration"],
};

/// How a bucket is served as a website: its documents and redirects.
///
/// ```
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::{WebsiteConfiguration, WebsiteRedirect, WebsiteRoutingRule};
///
/// let moved = WebsiteRedirect::new().replace_key_prefix_with("articles/").http_redirect_code(302);
/// let missing = WebsiteRedirect::new().replace_key_with("index.html");
/// let website = WebsiteConfiguration::new("index.html")
///     .error_document("404.html")
///     .routing_rule(WebsiteRoutingRule::new(moved).key_prefix_equals("blog/"))
///     .routing_rule(WebsiteRoutingRule::new(missing).http_error_code_returned_equals(404));
/// client.put_bucket_website("my-new-bucket", &website)?;
/// assert_eq!(client.get_bucket_website("my-new-bucket")?, Some(website));
///
/// let other = WebsiteRedirect::new().host_name("www.example.com").protocol("https");
/// client.put_bucket_website("my-backups", &WebsiteConfiguration::redirect_all(other))?;
/// # Ok::<(), plain_s3::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct WebsiteConfiguration {
    /// The name of the document that is served for a path that ends in `/`, such as `index.html`.
    pub index_document: Option<String>,
    /// The key of the document that is served with errors, such as `404.html`.
    pub error_document: Option<String>,
    /// The target of every request. Excludes all other fields.
    pub redirect_all_requests_to: Option<WebsiteRedirect>,
    /// Redirects with conditions. The first that matches a request applies.
    pub routing_rules: Vec<WebsiteRoutingRule>,
}

/// A redirect of requests that match all of its conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct WebsiteRoutingRule {
    /// Matches keys that start with this prefix.
    pub key_prefix_equals: Option<String>,
    /// Matches requests whose response would have this status, such as 404.
    pub http_error_code_returned_equals: Option<u16>,
    /// The target.
    pub redirect: WebsiteRedirect,
}

/// The target of a redirect. Each part of the URL that is `None` stays as it was in the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use]
pub struct WebsiteRedirect {
    /// The host.
    pub host_name: Option<String>,
    /// The protocol: `http` or `https`.
    pub protocol: Option<String>,
    /// What replaces the prefix that matched. An empty string removes it.
    pub replace_key_prefix_with: Option<String>,
    /// What replaces the whole key.
    pub replace_key_with: Option<String>,
    /// The status of the redirect, such as 302. The default is 301.
    pub http_redirect_code: Option<u16>,
}

impl WebsiteConfiguration {
    /// Creates the configuration of a website that serves this document for each folder, such as
    /// `index.html`.
    pub fn new(index_document: impl Into<String>) -> Self {
        Self { index_document: Some(index_document.into()), ..Self::default() }
    }

    /// Creates the configuration of a website that redirects every request.
    pub fn redirect_all(redirect: WebsiteRedirect) -> Self {
        Self { redirect_all_requests_to: Some(redirect), ..Self::default() }
    }

    /// Sets the key of the document that is served with errors.
    pub fn error_document(mut self, key: impl Into<String>) -> Self {
        self.error_document = Some(key.into());
        self
    }

    /// Adds a redirect with conditions.
    pub fn routing_rule(mut self, rule: WebsiteRoutingRule) -> Self {
        self.routing_rules.push(rule);
        self
    }

    fn write(&self) -> String {
        let mut content = String::new();
        if let Some(redirect) = &self.redirect_all_requests_to {
            redirect.push(&mut content, "RedirectAllRequestsTo");
        }
        for (outer, inner, text) in [
            ("IndexDocument", "Suffix", &self.index_document),
            ("ErrorDocument", "Key", &self.error_document),
        ] {
            if let Some(text) = text {
                content.push_str(&format!("<{outer}>"));
                xml::push(&mut content, inner, text);
                content.push_str(&format!("</{outer}>"));
            }
        }
        if !self.routing_rules.is_empty() {
            content.push_str("<RoutingRules>");
            self.routing_rules.iter().for_each(|rule| rule.push(&mut content));
            content.push_str("</RoutingRules>");
        }
        WEBSITE.document(&content)
    }

    fn read(root: Node<'_, '_>) -> Result<Self> {
        let inner = |outer, inner| xml::child(root, outer).and_then(|node| xml::child_text(node, inner));
        let redirect = xml::child(root, "RedirectAllRequestsTo").map(WebsiteRedirect::read);
        let rules = xml::child(root, "RoutingRules").into_iter();
        Ok(Self {
            index_document: inner("IndexDocument", "Suffix"),
            error_document: inner("ErrorDocument", "Key"),
            redirect_all_requests_to: redirect.transpose()?,
            routing_rules: rules
                .flat_map(|rules| xml::children(rules, "RoutingRule"))
                .map(WebsiteRoutingRule::read)
                .collect::<Result<_>>()?,
        })
    }
}

impl WebsiteRoutingRule {
    /// Creates a rule without conditions, which redirects all requests.
    pub fn new(redirect: WebsiteRedirect) -> Self {
        Self { redirect, ..Self::default() }
    }

    /// Restricts the rule to keys that start with this prefix.
    pub fn key_prefix_equals(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix_equals = Some(prefix.into());
        self
    }

    /// Restricts the rule to requests whose response would have this status.
    pub fn http_error_code_returned_equals(mut self, status: u16) -> Self {
        self.http_error_code_returned_equals = Some(status);
        self
    }

    fn push(&self, out: &mut String) {
        out.push_str("<RoutingRule>");
        let status = self.http_error_code_returned_equals.map(|status| status.to_string());
        if self.key_prefix_equals.is_some() || status.is_some() {
            out.push_str("<Condition>");
            xml::push_some(out, "KeyPrefixEquals", self.key_prefix_equals.as_ref());
            xml::push_some(out, "HttpErrorCodeReturnedEquals", status);
            out.push_str("</Condition>");
        }
        self.redirect.push(out, "Redirect");
        out.push_str("</RoutingRule>");
    }

    fn read(node: Node<'_, '_>) -> Result<Self> {
        let condition = xml::child(node, "Condition");
        let redirect = xml::child(node, "Redirect").map(WebsiteRedirect::read);
        Ok(Self {
            key_prefix_equals: condition.and_then(|condition| xml::child_text(condition, "KeyPrefixEquals")),
            http_error_code_returned_equals: match condition {
                Some(condition) => parse_child(condition, "HttpErrorCodeReturnedEquals")?,
                None => None,
            },
            redirect: redirect.transpose()?.unwrap_or_default(),
        })
    }
}

impl WebsiteRedirect {
    /// Creates a redirect that changes nothing. The setters change parts of the URL.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the host.
    pub fn host_name(mut self, host: impl Into<String>) -> Self {
        self.host_name = Some(host.into());
        self
    }

    /// Sets the protocol: `http` or `https`.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = Some(protocol.into());
        self
    }

    /// Replaces the prefix that matched. An empty string removes it.
    pub fn replace_key_prefix_with(mut self, prefix: impl Into<String>) -> Self {
        self.replace_key_prefix_with = Some(prefix.into());
        self
    }

    /// Replaces the whole key.
    pub fn replace_key_with(mut self, key: impl Into<String>) -> Self {
        self.replace_key_with = Some(key.into());
        self
    }

    /// Sets the status of the redirect. The default is 301.
    pub fn http_redirect_code(mut self, status: u16) -> Self {
        self.http_redirect_code = Some(status);
        self
    }

    fn push(&self, out: &mut String, name: &str) {
        out.push_str(&format!("<{name}>"));
        xml::push_some(out, "HostName", self.host_name.as_ref());
        xml::push_some(out, "Protocol", self.protocol.as_ref());
        xml::push_some(out, "ReplaceKeyPrefixWith", self.replace_key_prefix_with.as_ref());
        xml::push_some(out, "ReplaceKeyWith", self.replace_key_with.as_ref());
        xml::push_some(out, "HttpRedirectCode", self.http_redirect_code.map(|status| status.to_string()));
        out.push_str(&format!("</{name}>"));
    }

    fn read(node: Node<'_, '_>) -> Result<Self> {
        Ok(Self {
            host_name: xml::child_text(node, "HostName"),
            protocol: xml::child_text(node, "Protocol"),
            // an empty element is not the same as none: it removes the prefix
            replace_key_prefix_with: xml::child(node, "ReplaceKeyPrefixWith").map(xml::text),
            replace_key_with: xml::child_text(node, "ReplaceKeyWith"),
            http_redirect_code: parse_child(node, "HttpRedirectCode")?,
        })
    }
}

impl Client {
    /// Returns how a bucket is served as a website, or `None` if it is not.
    /// ([GetBucketWebsite](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist, or if the server does
    /// not support websites or has disabled them, as Ceph does by default
    /// ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// if let Some(website) = client.get_bucket_website("my-new-bucket")? {
    ///     println!("{:?} {:?}", website.index_document, website.error_document);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_website(&self, bucket: &str) -> Result<Option<WebsiteConfiguration>> {
        self.get_setting(&WEBSITE, Target::Bucket(bucket), WebsiteConfiguration::read)
    }

    /// Serves a bucket as a website. Its objects must also be public.
    /// ([PutBucketWebsite](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_website`](Self::get_bucket_website), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// use plain_s3::WebsiteConfiguration;
    ///
    /// let website = WebsiteConfiguration::new("index.html").error_document("404.html");
    /// client.put_bucket_website("my-new-bucket", &website)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_website(&self, bucket: &str, website: &WebsiteConfiguration) -> Result<()> {
        self.put_setting(&WEBSITE, Target::Bucket(bucket), website.write())
    }

    /// Stops serving a bucket as a website. Its objects are kept. Succeeds if it is not a website.
    /// ([DeleteBucketWebsite](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketWebsite.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_website`](Self::get_bucket_website), which is called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.delete_bucket_website("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_website(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&WEBSITE, Target::Bucket(bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_websites_read_back_equal() {
        let moved = WebsiteRedirect::new().replace_key_prefix_with("").http_redirect_code(302);
        let missing =
            WebsiteRedirect::new().host_name("example.com").protocol("https").replace_key_with("a&b");
        let site = WebsiteConfiguration::new("index.html")
            .error_document("404 <é>.html")
            .routing_rule(WebsiteRoutingRule::new(moved).key_prefix_equals("docs/"))
            .routing_rule(WebsiteRoutingRule::new(missing.clone()).http_error_code_returned_equals(404))
            .routing_rule(WebsiteRoutingRule::new(missing.clone()));
        for site in [site, WebsiteConfiguration::redirect_all(missing)] {
            assert_eq!(WEBSITE.parse(&site.write(), WebsiteConfiguration::read).unwrap(), site);
        }
    }
}
