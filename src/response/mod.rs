//! One answer: its status, its headers and a body that is read within bounds.

pub(crate) mod error_response;

use std::io::Read;

use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;
use crate::xml;

/// The largest XML answer that is read: a page of 1000 keys of 1024 bytes, every byte of them
/// percent-encoded, needs 4 MiB.
const MAX_XML: u64 = 32 << 20;
/// The longest JSON that is read: a bucket policy has at most 20 KiB.
const MAX_JSON: u64 = 1 << 20;
/// What is read of an answer whose body does not matter, so that its connection can be used again.
const MAX_DRAIN: u64 = 64 << 10;

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Box<dyn Read + Send + Sync>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// A header's value as this crate's callers get it: owned.
    pub(crate) fn header_owned(&self, name: &str) -> Option<String> {
        self.header(name).map(str::to_owned)
    }

    /// Reads at most `limit` bytes; more than that is an error.
    fn bytes(&mut self, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.body).take(limit + 1).read_to_end(&mut bytes).map_err(Error::from_read)?;
        if bytes.len() as u64 > limit {
            let limit =
                if limit < 1 << 20 { format!("{} KiB", limit >> 10) } else { format!("{} MiB", limit >> 20) };
            return Err(self.unexpected(format!("the answer is longer than {limit}")));
        }
        Ok(bytes)
    }

    /// Reads an answer that is XML with this root element, and gives the root to `read`.
    ///
    /// `<Error>` in a 200 is an error like any other, as is an answer that is no XML or has another root.
    /// A server that lists the bucket instead does not know the sub-resource that was asked for.
    pub(crate) fn xml<T>(
        self,
        root_name: &str,
        read: impl FnOnce(roxmltree::Node<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        self.xml_of(&[root_name], read)
    }

    /// The same where servers differ in the name of the root; the first is the right one.
    pub(crate) fn xml_of<T>(
        mut self,
        root_names: &[&str],
        read: impl FnOnce(roxmltree::Node<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        let root_name = root_names[0];
        let bytes = self.bytes(MAX_XML)?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Err(self.malformed("the answer is not UTF-8"));
        };
        if text.trim().is_empty() {
            return Err(self.malformed(format!("the answer is empty where <{root_name}> was due")));
        }
        let text = &xml::escape_invalid_chars(text);
        let foreign = || {
            let looks = error_response::describe_body(text);
            self.malformed(format!("the answer is {looks}, not the XML that was due"))
        };
        let document = xml::parse(text).map_err(|error| foreign().with_source(error))?;
        let root = document.root_element();
        match root.tag_name().name() {
            "Error" => Err(error_response::server_error(self.status, &self.headers, Some(root))),
            name if root_names.contains(&name) => read(root),
            name if name.eq_ignore_ascii_case("html") => Err(foreign()),
            "ListBucketResult" => Err(error_response::not_implemented(self.status, &self.headers)),
            name => Err(self.malformed(format!("the answer is <{name}> where <{root_name}> was due"))),
        }
    }

    /// Reads an answer that is JSON, as text. XML in its place is an error, as in [`xml`](Self::xml).
    pub(crate) fn json(mut self) -> Result<String> {
        let bytes = self.bytes(MAX_JSON)?;
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(self.malformed("the answer is not UTF-8"));
        };
        if text.trim_start().starts_with('{') {
            return Ok(text);
        }
        let document = xml::parse(&text);
        match document.as_ref().map(|document| document.root_element()) {
            Ok(root) if root.tag_name().name() == "Error" => {
                Err(error_response::server_error(self.status, &self.headers, Some(root)))
            }
            Ok(root) if root.tag_name().name() == "ListBucketResult" => {
                Err(error_response::not_implemented(self.status, &self.headers))
            }
            _ => {
                let looks = error_response::describe_body(&text);
                Err(self.unexpected(format!("the answer is {looks}, not the JSON that was due")))
            }
        }
    }

    /// Finishes an answer whose headers are all that matters. A body that is not empty is looked at:
    /// an `<Error>` is one, and HTML means that something else than the store has answered.
    pub(crate) fn finish(mut self) -> Result<Headers> {
        let bytes = self.bytes(MAX_DRAIN)?;
        let text = String::from_utf8_lossy(&bytes);
        if !text.trim().is_empty() {
            match xml::parse(&xml::escape_invalid_chars(&text)) {
                Ok(document) if document.root_element().tag_name().name() == "Error" => {
                    return Err(error_response::server_error(
                        self.status,
                        &self.headers,
                        Some(document.root_element()),
                    ));
                }
                Ok(document) if !document.root_element().tag_name().name().eq_ignore_ascii_case("html") => {}
                _ => {
                    let looks = error_response::describe_body(&text);
                    return Err(self.malformed(format!("the answer is {looks} where no body was due")));
                }
            }
        }
        Ok(self.headers)
    }

    /// An error for an answer that S3 does not give.
    pub(crate) fn unexpected(&self, message: impl Into<String>) -> Error {
        let answer = error_response::from_head(self.status, &self.headers);
        Error::server(ErrorKind::UnexpectedResponse, answer, message).with_hint(
            "Something else than an S3 server may have answered; check the endpoint and any proxy.",
        )
    }

    /// The same for one that was cut short or is not the store's at all, so that asking again may help.
    pub(crate) fn malformed(&self, message: impl Into<String>) -> Error {
        self.unexpected(message).malformed()
    }

    /// Turns every answer that is not a success into an error.
    pub(crate) fn success(mut self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut bytes = Vec::new();
        // an error's body may be cut short; its status counts all the same
        let _ = (&mut self.body).take(MAX_DRAIN).read_to_end(&mut bytes);
        Err(error_response::error(self.status, &self.headers, &String::from_utf8_lossy(&bytes)))
    }
}
