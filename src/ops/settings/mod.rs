//! The settings of buckets and objects. Each is one sub-resource that is read, written and deleted.
//!
//! A server that does not know a sub-resource may take the request for another one: Ceph deletes the bucket at
//! `DELETE /bucket?encryption`, and `PUT /bucket/key?…` overwrites the object. So every change first reads the setting, to
//! find out whether the server knows it.

mod cors;
mod lifecycle;
mod lifecycle_rule;
mod location;
mod policy;
mod public_access_block;
mod request_payment;
mod tagging;
mod versioning;
mod website;
mod website_configuration;

pub use cors::CorsRule;
pub use lifecycle_rule::{LifecycleRule, LifecycleTransition};
pub use public_access_block::PublicAccessBlock;
pub use request_payment::Payer;
pub use versioning::Versioning;
pub use website_configuration::{WebsiteConfiguration, WebsiteRedirect, WebsiteRoutingRule};

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
    /// The AWS actions that read, write and delete it. Empty if there is none.
    pub(crate) get: &'static str,
    pub(crate) put: &'static str,
    pub(crate) delete: &'static str,
    /// Its name in the query.
    pub(crate) name: &'static str,
    /// The root element of its XML, by every name that servers use. Empty if it is JSON.
    pub(crate) roots: &'static [&'static str],
    /// The error codes which mean that it is not set. Every other error is one.
    pub(crate) unset: &'static [&'static str],
}

/// The bucket or object whose setting it is.
#[derive(Clone, Copy)]
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

    /// Returns the request that writes the setting.
    pub(crate) fn put_request<'a>(&self, target: Target<'a>, document: String) -> Request<'a> {
        let request = self.request(self.put, Method::Put, target);
        if self.roots.is_empty() {
            return request.json(document);
        }
        let representable = xml::is_representable(&document);
        request.xml(document).require(representable, || {
            "a text contains a control character, which XML cannot represent".to_owned()
        })
    }

    /// Returns the request that deletes the setting.
    pub(crate) fn delete_request<'a>(&self, target: Target<'a>) -> Request<'a> {
        self.request(self.delete, Method::Delete, target)
    }

    /// Fails unless a response is this sub-resource.
    fn verify(&self, response: Response) -> Result<()> {
        if self.roots.is_empty() {
            return response.json().map(drop);
        }
        response.xml_of(self.roots, |_| Ok(()))
    }
}

impl Client {
    /// Reads a setting; `None` if it is not set.
    pub(crate) fn get_setting<T>(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        read: impl Fn(Node<'_, '_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let request = subresource.get_request(target);
        self.call_setting(subresource, &request, |response| response.xml_of(subresource.roots, &read))
    }

    /// Sends the request that reads a setting; `None` if it is not set.
    pub(crate) fn call_setting<T>(
        &self,
        subresource: &Subresource,
        request: &Request<'_>,
        parse: impl FnMut(Response) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.call(request, parse) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code().is_some_and(|code| subresource.unset.contains(&code)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a setting, after a check that the server knows it.
    pub(crate) fn put_setting(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        document: String,
    ) -> Result<()> {
        let request = subresource.put_request(target, document);
        self.change_setting(subresource, target, request)
    }

    /// Sends a request that writes a setting, after a check that the server knows the setting.
    pub(crate) fn change_setting(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        request: Request<'_>,
    ) -> Result<()> {
        request.validate().map_err(|error| error.with_context(|| request.describe()))?;
        self.verify_supported(subresource, target, request.action)?;
        self.call(&request, Response::discard)
    }

    /// Deletes a setting, after a check that the server knows it. Succeeds if it is not set.
    pub(crate) fn delete_setting(&self, subresource: &Subresource, target: Target<'_>) -> Result<()> {
        if self.verify_supported(subresource, target, subresource.delete)?.is_none() {
            return Ok(());
        }
        self.call(&subresource.delete_request(target), Response::discard)
    }

    /// Reads a setting before `action` changes it. An error is reported as one of that action.
    fn verify_supported(
        &self,
        subresource: &Subresource,
        target: Target<'_>,
        action: &'static str,
    ) -> Result<Option<()>> {
        let request = subresource.get_request(target);
        self.call_setting(subresource, &request, |response| subresource.verify(response)).map_err(|error| {
            let error = error.in_call(subresource.request(action, Method::Get, target).describe());
            if error.kind() == ErrorKind::InvalidInput {
                return error;
            }
            error.append_hint(&format!(
                "Nothing was changed: this error is of {}, which is sent first because a server that does not know \
                 ?{} might take the change for another operation.",
                subresource.get, subresource.name
            ))
        })
    }
}

/// Creates the error for a response without something that it must contain.
pub(crate) fn missing(what: &str) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, format!("the response has no {what}"))
}
