//! One response: its status, its headers, and a body that is read within bounds.

pub(crate) mod error_response;

use std::io::{Cursor, Read};

use crate::checksum::Md5Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::metadata::content_md5;
use crate::printable;
use crate::xml;

/// The largest XML document that is read. A page of 1000 keys of 1024 bytes, all of them percent-encoded,
/// needs 4 MiB.
const MAX_XML: u64 = 32 << 20;
/// The largest JSON document that is read. A bucket policy has at most 20 KiB.
const MAX_JSON: u64 = 1 << 20;
/// How much memory is reserved for a document before it arrives.
const MAX_RESERVED: u64 = 1 << 20;
/// How much is read of a body that does not matter, so that its connection can be reused.
const MAX_DRAIN: u64 = 64 << 10;
/// The largest length and offset with which the client computes: those of the largest file. The sum of two
/// cannot overflow.
pub(crate) const MAX_OFFSET: u64 = i64::MAX as u64;
/// What a server does that ignores a sub-resource of a bucket.
const LISTED: &str = "listed the bucket";
/// How much is shown of the name of an unexpected root element, in bytes.
const MAX_ROOT_NAME: usize = 80;

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Box<dyn Read + Send + Sync>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Returns the value of a header as an owned string.
    pub(crate) fn header_owned(&self, name: &str) -> Option<String> {
        self.header(name).map(str::to_owned)
    }

    /// Reads the body, which must not exceed `limit` bytes.
    fn bytes(&mut self, limit: u64) -> Result<Vec<u8>> {
        // The length is only a hint, and a server may announce any. Reserved memory that is not used costs nothing, but
        // a page that grows is moved several times.
        let length = self.header("content-length").and_then(|length| length.parse().ok());
        let length = length.unwrap_or(limit).min(limit).min(MAX_RESERVED);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
        (&mut self.body).take(limit + 1).read_to_end(&mut bytes).map_err(Error::from_read)?;
        if bytes.len() as u64 > limit {
            let limit =
                if limit < 1 << 20 { format!("{} KiB", limit >> 10) } else { format!("{} MiB", limit >> 20) };
            return Err(self.unexpected(format!("the response is longer than {limit}")));
        }
        Ok(bytes)
    }

    /// Parses the body as XML, and passes the root to `read`.
    ///
    /// Servers differ in the name of the root, so another one is accepted if it has one of these children, or
    /// if its only purpose is to wrap the root. `root_names[0]` is the correct name. Without any `children`,
    /// the root must have one of the names.
    ///
    /// Fails if the body is an `<Error>`, whatever the status, or HTML, or not XML. A server that lists the
    /// bucket instead does not know the sub-resource in the request.
    pub(crate) fn xml<T>(
        mut self,
        root_names: &[&str],
        children: &[&str],
        read: impl FnOnce(roxmltree::Node<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        let root_name = root_names[0];
        let bytes = self.bytes(MAX_XML)?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Err(self.malformed("the response is not UTF-8"));
        };
        if text.trim().is_empty() {
            return Err(self.malformed(format!("the response is empty; <{root_name}> was expected")));
        }
        let escaped = xml::escape_invalid_chars(text);
        let not_xml = || {
            let found = error_response::describe_body(text);
            self.malformed(format!("the response is not well-formed XML but {found}"))
        };
        let document = xml::parse_escaped(&escaped).map_err(|error| not_xml().with_source(error))?;
        let root = document.root_element();
        let is_root = |node: &roxmltree::Node<'_, '_>| root_names.contains(&node.tag_name().name());
        let has_child = || children.iter().any(|name| xml::child(root, name).is_some());
        match root.tag_name().name() {
            "Error" => Err(error_response::server_error(self.status, &self.headers, Some(root))),
            _ if is_root(&root) => read(root),
            name if name.eq_ignore_ascii_case("html") => Err(not_xml()),
            "ListBucketResult" => Err(error_response::not_implemented(self.status, &self.headers, LISTED)),
            name => {
                let wrapped = root.children().find(is_root).filter(|_| !children.is_empty());
                match wrapped.or_else(|| has_child().then_some(root)) {
                    Some(root) => read(root),
                    None => {
                        let name = printable::line(name, MAX_ROOT_NAME);
                        Err(self.malformed(format!("the response is <{name}>; <{root_name}> was expected")))
                    }
                }
            }
        }
    }

    /// Fails if the body is the content of an object, because its ETag is the MD5 of the body: the server has ignored
    /// the sub-resource in the request. The content may be any document, even one of that sub-resource.
    pub(crate) fn reject_content(&mut self) -> Result<()> {
        let Some(md5) = content_md5(&self.headers) else { return Ok(()) };
        let bytes = self.bytes(MAX_XML)?;
        if Md5Digest::of(&bytes) == md5 {
            return Err(error_response::not_implemented(self.status, &self.headers, "returned the object"));
        }
        self.body = Box::new(Cursor::new(bytes));
        Ok(())
    }

    /// Returns the body as JSON text. Fails if it is XML, as in [`xml`](Self::xml).
    pub(crate) fn json(mut self) -> Result<String> {
        let bytes = self.bytes(MAX_JSON)?;
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(self.malformed("the response is not UTF-8"));
        };
        if text.trim_start().starts_with('{') {
            return Ok(text);
        }
        let escaped = xml::escape_invalid_chars(&text);
        let document = xml::parse_escaped(&escaped);
        match document.as_ref().map(|document| document.root_element()) {
            Ok(root) if root.tag_name().name() == "Error" => {
                Err(error_response::server_error(self.status, &self.headers, Some(root)))
            }
            Ok(root) if root.tag_name().name() == "ListBucketResult" => {
                Err(error_response::not_implemented(self.status, &self.headers, LISTED))
            }
            _ => {
                let found = error_response::describe_body(&text);
                Err(self.unexpected(format!("the response is not JSON but {found}")))
            }
        }
    }

    /// Returns the headers of a response that needs no body.
    ///
    /// Some servers send one nevertheless, such as `True`. It is checked: an `<Error>` is an error, and HTML
    /// means that something other than the S3 server responded.
    pub(crate) fn finish(mut self) -> Result<Headers> {
        let bytes = self.bytes(MAX_DRAIN)?;
        let text = String::from_utf8_lossy(&bytes);
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
            return Ok(self.headers);
        }
        let escaped = xml::escape_invalid_chars(&text);
        match xml::parse_escaped(&escaped) {
            Ok(document) if document.root_element().tag_name().name() == "Error" => {
                Err(error_response::server_error(self.status, &self.headers, Some(document.root_element())))
            }
            Ok(document) if !document.root_element().tag_name().name().eq_ignore_ascii_case("html") => {
                Ok(self.headers)
            }
            _ => {
                let found = error_response::describe_body(&text);
                Err(self.malformed(format!("the response is {found}; an empty one was expected")))
            }
        }
    }

    /// Checks a response that needs neither headers nor body.
    pub(crate) fn discard(self) -> Result<()> {
        self.finish().map(drop)
    }

    /// Creates the error for a response that is not one of S3.
    pub(crate) fn unexpected(&self, message: impl Into<String>) -> Error {
        let response = error_response::from_head(self.status, &self.headers);
        Error::from_response(ErrorKind::UnexpectedResponse, response, message).with_hint(
            "Something other than an S3 server may have responded: check the endpoint and any proxy.",
        )
    }

    /// Like [`unexpected`](Self::unexpected), for a response that was cut short or is not the server's, so
    /// that a retry may help.
    pub(crate) fn malformed(&self, message: impl Into<String>) -> Error {
        self.unexpected(message).malformed()
    }

    /// Turns a response that is not a success into an error.
    pub(crate) fn success(mut self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut bytes = Vec::new();
        // the status says what failed, even if the body of the error is cut short
        let _ = (&mut self.body).take(MAX_DRAIN).read_to_end(&mut bytes);
        Err(error_response::error(self.status, &self.headers, &String::from_utf8_lossy(&bytes)))
    }
}
