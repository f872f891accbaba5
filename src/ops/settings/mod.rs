//! The settings of buckets and objects. Each is a sub-resource that is read, replaced and deleted as a whole.
//!
//! A server that does not know a sub-resource may perform another operation instead: Ceph 16 deletes the
//! bucket at `DELETE /bucket?encryption`, and stores an object at `PUT /bucket/key?…`. Therefore every change
//! first reads the setting, and is sent only if the response shows that the server knows it.

// The methods of `Client` are documented in the order of these modules. rustfmt sorts only adjacent lines.
mod policy;

mod public_access_block;

mod ownership_controls;

mod versioning;

mod lifecycle;

mod encryption;

mod tagging;

mod cors;

mod website;

mod logging;

mod request_payment;

mod location;

mod object_lock_configuration;

mod object_retention;

mod object_legal_hold;

mod lifecycle_rule;

pub use cors::CorsRule;
pub use encryption::BucketEncryption;
pub use lifecycle_rule::{LifecycleRule, LifecycleTransition};
pub use logging::BucketLogging;
pub use object_legal_hold::LegalHold;
pub use object_lock_configuration::{DefaultRetention, ObjectLockConfiguration, RetentionPeriod};
pub use object_retention::{ObjectRetention, PutObjectRetentionOptions, RetentionMode};
pub use ownership_controls::ObjectOwnership;
pub use public_access_block::PublicAccessBlock;
pub use request_payment::Payer;
pub use versioning::Versioning;
pub use website::{WebsiteConfiguration, WebsiteRedirect, WebsiteRoutingRule};

use std::str::FromStr;
use std::time::Instant;

use roxmltree::Node;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::ObjectIdentifier;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::xml;

/// A sub-resource, as a family of AWS actions defines it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subresource {
    /// The AWS actions that read, replace and delete it. Empty if AWS has no such action.
    pub(crate) get: &'static str,
    pub(crate) put: &'static str,
    pub(crate) delete: &'static str,
    /// Its name in the query.
    pub(crate) name: &'static str,
    /// The root element of its XML. Servers may return any of these; the first is sent. Empty if it is JSON.
    pub(crate) roots: &'static [&'static str],
    /// The children of the root. One of them identifies a root with another name, except before a change.
    pub(crate) children: &'static [&'static str],
    /// The error codes which mean that it is not set.
    pub(crate) unset: &'static [&'static str],
}

/// The bucket or the object that has the setting.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    Bucket(&'a str),
    Object(&'a str, &'a ObjectIdentifier),
}

impl Subresource {
    fn request<'a>(&self, action: &'static str, method: Method, target: Target<'a>) -> Request<'a> {
        let request = match target {
            Target::Bucket(bucket) => Request::bucket(action, method, bucket),
            Target::Object(bucket, object) => {
                Request::object(action, method, bucket, object.key()).query_if("versionId", object.version())
            }
        };
        request.subresource(self.name)
    }

    /// Returns the request that reads the setting.
    pub(crate) fn get_request<'a>(&self, target: Target<'a>) -> Request<'a> {
        self.request(self.get, Method::Get, target)
    }

    /// Returns the request that replaces the setting.
    pub(crate) fn put_request<'a>(&self, target: Target<'a>, document: String) -> Request<'a> {
        let request = self.request(self.put, Method::Put, target);
        if self.roots.is_empty() {
            return request.json(document);
        }
        let representable = xml::is_representable(&document);
        request.xml(document).require(representable, || {
            "a value contains a control character, which XML cannot represent".to_owned()
        })
    }

    /// Returns the request that deletes the setting.
    pub(crate) fn delete_request<'a>(&self, target: Target<'a>) -> Request<'a> {
        self.request(self.delete, Method::Delete, target)
    }

    /// Returns the document to send, with this content.
    pub(crate) fn document(&self, content: &str) -> String {
        xml::document(self.roots[0], content)
    }

    /// Fails unless a response contains this sub-resource.
    fn verify(&self, response: Response) -> Result<()> {
        if self.roots.is_empty() {
            return response.json().map(drop);
        }
        self.xml_strict(response, |_| Ok(()))
    }

    /// Reads the setting before a change.
    ///
    /// A server that ignores the sub-resource returns the object, which may be any XML. So the root must have
    /// one of the names.
    fn xml_strict<T>(&self, response: Response, read: impl FnOnce(Node<'_, '_>) -> Result<T>) -> Result<T> {
        response.xml(self.roots, &[], read)
    }
}

impl Client {
    /// Reads a setting. Returns `None` if it is not set.
    pub(crate) fn get_setting<T>(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        read: impl Fn(Node<'_, '_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.call_setting(self.deadline(), subresource, target, |response| {
            response.xml(subresource.roots, subresource.children, &read)
        })
    }

    /// Sends the request that reads a setting. Returns `None` if it is not set.
    pub(crate) fn call_setting<T>(
        &self,
        deadline: Option<Instant>,
        subresource: &Subresource,
        target: Target<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<Option<T>> {
        self.send_get(deadline, subresource, &subresource.get_request(target), parse)
    }

    /// Sends a request that reads a setting and may have headers. Returns `None` if the setting is not set.
    pub(crate) fn send_get<T>(
        &self,
        deadline: Option<Instant>,
        subresource: &Subresource,
        request: &Request<'_>,
        mut parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<Option<T>> {
        let parse = |mut response: Response| match request.key {
            // Garage has no document for a setting that is not set; for an object, it may be an empty object
            None if response.status == 204 => response.discard().map(|()| None),
            None => parse(response).map(Some),
            Some(_) => {
                response.reject_content()?;
                parse(response).map(Some)
            }
        };
        match self.call_until(deadline, request, parse) {
            Ok(value) => Ok(value),
            Err(error) if error.code().is_some_and(|code| subresource.unset.contains(&code)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces a setting, if the server knows it.
    pub(crate) fn put_setting(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        document: String,
    ) -> Result<()> {
        self.change_setting(subresource, target, &subresource.put_request(target, document))
    }

    /// Sends a request that replaces a setting, if the server knows it.
    pub(crate) fn change_setting(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        change: &Request<'_>,
    ) -> Result<()> {
        let deadline = self.deadline();
        let verify = |response| subresource.verify(response);
        self.before_change(deadline, subresource, target, change, verify)?;
        self.call_until(deadline, change, Response::discard)
    }

    /// Deletes a setting, if the server knows it. Succeeds if it is not set.
    pub(crate) fn delete_setting(&self, subresource: &Subresource, target: Target<'_>) -> Result<()> {
        let deadline = self.deadline();
        let change = subresource.delete_request(target);
        let verify = |response| subresource.verify(response);
        match self.before_change(deadline, subresource, target, &change, verify)? {
            Some(()) => match self.call_until(deadline, &change, Response::discard) {
                // deleted in the meantime; SeaweedFS also returns default ownership controls if none are set
                Err(error) if error.code().is_some_and(|code| subresource.unset.contains(&code)) => Ok(()),
                deleted => deleted,
            },
            // it is already gone, and a server may return an error for a second deletion
            None => Ok(()),
        }
    }

    /// Validates the request for a change and reads the setting, which fails if the server does not know it.
    ///
    /// An error names both requests: the change is what the caller requested.
    pub(crate) fn before_change<T>(
        &self,
        deadline: Option<Instant>,
        subresource: &Subresource,
        target: Target<'_>,
        change: &Request<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<Option<T>> {
        self.validate_change(change)?;
        self.call_setting(deadline, subresource, target, parse)
            .map_err(|error| not_changed(error, change, subresource.get, subresource.name, "every change"))
    }

    /// Validates a request that changes a sub-resource.
    pub(crate) fn validate_change(&self, change: &Request<'_>) -> Result<()> {
        let result = if change.key.is_some() && self.signer().endpoint().is_supabase() {
            let effect = if change.method == Method::Delete { "delete" } else { "replace" };
            Err(Error::invalid(format!(
                "Supabase does not support {}: it would {effect} the object",
                change.action
            )))
        } else {
            change.validate()
        };
        result.map_err(|error| error.with_context(|| change.operation()))
    }
}

/// Explains an error of the request `get` for a sub-resource, which is sent before a change, or `when`.
pub(crate) fn not_changed(error: Error, change: &Request<'_>, get: &str, name: &str, when: &str) -> Error {
    let error = error.with_context(|| change.operation());
    // nothing at all was sent, so there is nothing to explain
    if error.kind() == ErrorKind::InvalidInput {
        return error;
    }
    error.append_hint(&format!(
        "Nothing was changed. {get} is sent before {when}, because a server that does not support ?{name} might perform \
         another operation instead."
    ))
}

/// The hint for a setting that cannot be read.
const INVALID_SETTING: &str = "send_raw returns the whole response, whatever it contains.";

/// Parses the text of a child as a number or a name. Returns `None` if there is no such child or it is empty.
pub(crate) fn parse_child<T: FromStr>(node: Node<'_, '_>, name: &str) -> Result<Option<T>> {
    let child = xml::child(node, name).filter(|child| !xml::text(*child).is_empty());
    child.map(parse_text).transpose()
}

/// Parses the text of a child that must exist as a number or a name.
pub(crate) fn require_child<T: FromStr>(node: Node<'_, '_>, name: &str) -> Result<T> {
    parse_child(node, name)?.ok_or_else(|| missing(name))
}

/// Parses the text of an element as a number or a name.
pub(crate) fn parse_text<T: FromStr>(node: Node<'_, '_>) -> Result<T> {
    let text = xml::text(node);
    text.trim().parse().map_err(|_| {
        let name = node.tag_name().name();
        Error::new(ErrorKind::UnexpectedResponse, format!("the response has an invalid <{name}>: {text:?}"))
            .with_hint(INVALID_SETTING)
    })
}

/// Creates the error for a response without a required element.
pub(crate) fn missing(element: &str) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, format!("the response has no <{element}>"))
        .with_hint(INVALID_SETTING)
}

#[cfg(test)]
impl Subresource {
    /// Parses a document as if a server had returned it.
    pub(crate) fn parse<T>(&self, document: &str, read: impl FnOnce(Node<'_, '_>) -> Result<T>) -> Result<T> {
        let body = Box::new(std::io::Cursor::new(document.as_bytes().to_vec()));
        let response = Response { status: 200, headers: crate::headers::Headers::default(), body };
        response.xml(self.roots, self.children, read)
    }
}
