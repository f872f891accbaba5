//! What the settings of buckets and objects have in common: each is one sub-resource, read, written, deleted.
//!
//! A server that does not know a sub-resource may take the request for another one: Ceph deletes the bucket at
//! `DELETE /bucket?encryption`, and `PUT /bucket/key?…` overwrites the object. So every change asks by a GET
//! first whether the server knows the setting.

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

use crate::body::Body;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::ObjectIdentifier;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::xml;

/// A sub-resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// The AWS actions that read, write and delete it; for errors.
    pub(crate) get: &'static str,
    pub(crate) put: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) subresource: &'static str,
    /// The root of its XML, by all names that servers give it; none where it is JSON.
    pub(crate) roots: &'static [&'static str],
}

/// What has the setting.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'a> {
    Bucket(&'a str),
    Object(&'a str, &'a ObjectIdentifier),
}

impl Setting {
    fn request<'a>(&self, method: Method, owner: Owner<'a>) -> Request<'a> {
        let action = match method {
            Method::Put => self.put,
            Method::Delete => self.delete,
            _ => self.get,
        };
        let request = match owner {
            Owner::Bucket(bucket) => Request::bucket(action, method, bucket),
            Owner::Object(bucket, object) => {
                Request::object(action, method, bucket, object.key()).query_if("versionId", object.version())
            }
        };
        request.subresource(self.subresource)
    }

    /// Refuses what no server could read.
    pub(crate) fn validate(&self, owner: Owner<'_>, text: &str) -> Result<()> {
        if xml::is_representable(text) {
            return Ok(());
        }
        let message = "a text has a control character, which XML cannot hold";
        Err(Error::invalid(message).with_context(|| self.request(Method::Put, owner).describe()))
    }

    /// Fails where the answer is of something else.
    fn verify(&self, response: Response) -> Result<()> {
        if self.roots.is_empty() {
            return response.json().map(drop);
        }
        response.xml_of(self.roots, |_| Ok(()))
    }
}

impl Client {
    /// Reads a setting; `None` where it is not set.
    pub(crate) fn get_setting<T>(
        &self,
        setting: &Setting,
        owner: Owner<'_>,
        read: impl Fn(Node<'_, '_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.read_setting(setting, owner, |response| response.xml_of(setting.roots, &read))
    }

    pub(crate) fn read_setting<T>(
        &self,
        setting: &Setting,
        owner: Owner<'_>,
        read: impl FnMut(Response) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.call(&setting.request(Method::Get, owner), read) {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_not_set(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a setting, once the server has shown that it knows it.
    pub(crate) fn put_setting(&self, setting: &Setting, owner: Owner<'_>, text: String) -> Result<()> {
        setting.validate(owner, &text)?;
        self.verify_supported(setting, owner)?;
        self.write_setting(setting, owner, text)
    }

    /// Writes a setting that was validated and read before.
    pub(crate) fn write_setting(&self, setting: &Setting, owner: Owner<'_>, text: String) -> Result<()> {
        let mut request = setting.request(Method::Put, owner).xml_body(&text);
        if setting.roots.is_empty() {
            request = request.header("content-type", "application/json");
        }
        self.execute(&request, &mut Body::from(text).open()?, |response| response.finish().map(drop))
    }

    /// Deletes a setting, once the server has shown that it knows it. One that is not set is no error.
    pub(crate) fn delete_setting(&self, setting: &Setting, owner: Owner<'_>) -> Result<()> {
        if self.verify_supported(setting, owner)?.is_none() {
            return Ok(());
        }
        let request = setting.request(Method::Delete, owner);
        self.call(&request, |response| response.finish().map(drop))
    }

    fn verify_supported(&self, setting: &Setting, owner: Owner<'_>) -> Result<Option<()>> {
        self.read_setting(setting, owner, |response| setting.verify(response)).map_err(|error| {
            if error.kind() == ErrorKind::InvalidInput {
                return error;
            }
            error.append_hint(&format!(
                "Nothing was changed: ?{} is read before it is changed, as a server that does not know it \
                 might take the change for another action.",
                setting.subresource
            ))
        })
    }
}

/// True for `NoSuchCORSConfiguration`, `NoSuchTagSet` and the like.
fn is_not_set(error: &Error) -> bool {
    let code = error.code().unwrap_or_default();
    let missing = ["NoSuchBucket", "NoSuchKey", "NoSuchVersion"];
    error.is_not_found() && code.starts_with("NoSuch") && !missing.contains(&code)
}

/// An answer without what it is about.
pub(crate) fn incomplete(what: &str) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, format!("the answer has no {what}"))
}
