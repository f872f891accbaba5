//! How a bucket is served as a website, as XML and as types.

use roxmltree::Node;

use crate::error::Result;
use crate::xml;

/// How a bucket is served as a website: its documents, or a redirect of every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebsiteConfiguration {
    /// What is served for a path that ends in `/`, such as `index.html`.
    pub index_document: Option<String>,
    /// The key of what is served with an error, such as `404.html`.
    pub error_document: Option<String>,
    /// Where every request is redirected to, in place of all else.
    pub redirect_all_requests_to: Option<WebsiteRedirect>,
    /// Redirects of some requests; the first that fits is followed.
    pub routing_rules: Vec<WebsiteRoutingRule>,
}

/// A redirect of the requests that fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebsiteRoutingRule {
    /// Only keys that begin like this.
    pub key_prefix_equals: Option<String>,
    /// Only where the answer would have this status, such as `404`.
    pub http_error_code_returned_equals: Option<String>,
    /// Where to.
    pub redirect: WebsiteRedirect,
}

/// Where a request is redirected to; what is not named stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebsiteRedirect {
    /// Another host.
    pub host_name: Option<String>,
    /// `http` or `https`.
    pub protocol: Option<String>,
    /// What stands in place of the prefix that fitted.
    pub replace_key_prefix_with: Option<String>,
    /// What stands in place of the whole key.
    pub replace_key_with: Option<String>,
    /// The status of the redirect, such as `302`.
    pub http_redirect_code: Option<String>,
}

impl WebsiteConfiguration {
    /// A website with this document for each folder, such as `index.html`.
    pub fn new(index_document: impl Into<String>) -> Self {
        Self { index_document: Some(index_document.into()), ..Self::default() }
    }

    /// A website that only redirects.
    pub fn redirect_all(redirect: WebsiteRedirect) -> Self {
        Self { redirect_all_requests_to: Some(redirect), ..Self::default() }
    }

    /// Sets the key of what is served with an error.
    pub fn error_document(mut self, key: impl Into<String>) -> Self {
        self.error_document = Some(key.into());
        self
    }

    /// Adds a redirect of some requests.
    pub fn routing_rule(mut self, rule: WebsiteRoutingRule) -> Self {
        self.routing_rules.push(rule);
        self
    }

    pub(crate) fn write(&self, root: &str) -> String {
        let mut out = String::new();
        if let Some(redirect) = &self.redirect_all_requests_to {
            redirect.push(&mut out, "RedirectAllRequestsTo");
        }
        for (outer, inner, text) in [
            ("IndexDocument", "Suffix", &self.index_document),
            ("ErrorDocument", "Key", &self.error_document),
        ] {
            if let Some(text) = text {
                out.push_str(&format!("<{outer}><{inner}>{}</{inner}></{outer}>", xml::escape(text)));
            }
        }
        if !self.routing_rules.is_empty() {
            out.push_str("<RoutingRules>");
            self.routing_rules.iter().for_each(|rule| rule.push(&mut out));
            out.push_str("</RoutingRules>");
        }
        xml::document(root, &out)
    }

    pub(crate) fn read(root: Node<'_, '_>) -> Result<Self> {
        let inner = |outer, inner| xml::child(root, outer).and_then(|node| xml::child_text(node, inner));
        let rules = xml::child(root, "RoutingRules").into_iter();
        Ok(Self {
            index_document: inner("IndexDocument", "Suffix"),
            error_document: inner("ErrorDocument", "Key"),
            redirect_all_requests_to: xml::child(root, "RedirectAllRequestsTo").map(WebsiteRedirect::read),
            routing_rules: rules
                .flat_map(|rules| xml::children(rules, "RoutingRule"))
                .map(WebsiteRoutingRule::read)
                .collect(),
        })
    }
}

impl WebsiteRoutingRule {
    /// Redirects all requests, as long as no condition is added.
    pub fn new(redirect: WebsiteRedirect) -> Self {
        Self { redirect, ..Self::default() }
    }

    /// Redirects only requests for keys that begin like this.
    pub fn key_prefix_equals(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix_equals = Some(prefix.into());
        self
    }

    /// Redirects only where the answer would have this status.
    pub fn http_error_code_returned_equals(mut self, status: u16) -> Self {
        self.http_error_code_returned_equals = Some(status.to_string());
        self
    }

    fn push(&self, out: &mut String) {
        out.push_str("<RoutingRule>");
        if self.key_prefix_equals.is_some() || self.http_error_code_returned_equals.is_some() {
            out.push_str("<Condition>");
            xml::push_some(out, "KeyPrefixEquals", self.key_prefix_equals.as_ref());
            xml::push_some(out, "HttpErrorCodeReturnedEquals", self.http_error_code_returned_equals.as_ref());
            out.push_str("</Condition>");
        }
        self.redirect.push(out, "Redirect");
        out.push_str("</RoutingRule>");
    }

    fn read(node: Node<'_, '_>) -> Self {
        let condition =
            |name| xml::child(node, "Condition").and_then(|condition| xml::child_text(condition, name));
        Self {
            key_prefix_equals: condition("KeyPrefixEquals"),
            http_error_code_returned_equals: condition("HttpErrorCodeReturnedEquals"),
            redirect: xml::child(node, "Redirect").map(WebsiteRedirect::read).unwrap_or_default(),
        }
    }
}

impl WebsiteRedirect {
    /// A redirect to where the request came from, until something is replaced.
    pub fn new() -> Self {
        Self::default()
    }

    /// Redirects to another host.
    pub fn host_name(mut self, host: impl Into<String>) -> Self {
        self.host_name = Some(host.into());
        self
    }

    /// Redirects to `http` or `https`.
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = Some(protocol.into());
        self
    }

    /// Puts this in place of the prefix that fitted.
    pub fn replace_key_prefix_with(mut self, prefix: impl Into<String>) -> Self {
        self.replace_key_prefix_with = Some(prefix.into());
        self
    }

    /// Puts this in place of the whole key.
    pub fn replace_key_with(mut self, key: impl Into<String>) -> Self {
        self.replace_key_with = Some(key.into());
        self
    }

    /// Sets the status of the redirect; 301 by default.
    pub fn http_redirect_code(mut self, status: u16) -> Self {
        self.http_redirect_code = Some(status.to_string());
        self
    }

    fn push(&self, out: &mut String, name: &str) {
        out.push_str(&format!("<{name}>"));
        xml::push_some(out, "HostName", self.host_name.as_ref());
        xml::push_some(out, "Protocol", self.protocol.as_ref());
        xml::push_some(out, "ReplaceKeyPrefixWith", self.replace_key_prefix_with.as_ref());
        xml::push_some(out, "ReplaceKeyWith", self.replace_key_with.as_ref());
        xml::push_some(out, "HttpRedirectCode", self.http_redirect_code.as_ref());
        out.push_str(&format!("</{name}>"));
    }

    fn read(node: Node<'_, '_>) -> Self {
        let get = |name| xml::child_text(node, name);
        Self {
            host_name: get("HostName"),
            protocol: get("Protocol"),
            // to replace it with nothing is something
            replace_key_prefix_with: xml::child(node, "ReplaceKeyPrefixWith").map(xml::text),
            replace_key_with: get("ReplaceKeyWith"),
            http_redirect_code: get("HttpRedirectCode"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websites_read_back_equal() {
        let moved = WebsiteRedirect::new().replace_key_prefix_with("").http_redirect_code(302);
        let missing =
            WebsiteRedirect::new().host_name("example.com").protocol("https").replace_key_with("a&b");
        let site = WebsiteConfiguration::new("index.html")
            .error_document("404 <é>.html")
            .routing_rule(WebsiteRoutingRule::new(moved).key_prefix_equals("docs/"))
            .routing_rule(WebsiteRoutingRule::new(missing.clone()).http_error_code_returned_equals(404))
            .routing_rule(WebsiteRoutingRule::new(missing.clone()));
        for site in [site, WebsiteConfiguration::redirect_all(missing)] {
            let text = site.write("WebsiteConfiguration");
            let document = xml::parse(&text).unwrap();
            assert_eq!(WebsiteConfiguration::read(document.root_element()).unwrap(), site);
        }
    }
}
