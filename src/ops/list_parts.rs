//! ListParts.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::listing::{Cursor, Listing, Page, malformed};
use crate::ops::upload_part::UploadRef;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// A part of a multipart upload in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Part {
    /// The part number, from 1 to 10,000.
    pub part_number: u32,
    /// The ETag: the MD5 of the part, unless the part is encrypted.
    pub e_tag: ETag,
    /// The size in bytes.
    pub size: u64,
    /// When the part was uploaded.
    pub last_modified: Timestamp,
}

impl Part {
    /// Creates a part with this number, ETag and size, for use in tests. `last_modified` is unknown, and can
    /// be assigned.
    pub fn new(part_number: u32, e_tag: impl Into<ETag>, size: u64) -> Self {
        Self { part_number, e_tag: e_tag.into(), size, last_modified: Timestamp::UNKNOWN }
    }
}

impl Client {
    /// Lists the parts of a multipart upload in progress, in order of their numbers.
    /// ([ListParts](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html))
    ///
    /// The iterator fetches each page when it is needed and keeps one page in memory. Nothing is sent before
    /// the first call of `next`.
    ///
    /// # Errors
    ///
    /// If a page cannot be fetched, the iterator yields the error and then ends.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let id = client.create_multipart_upload("my-new-bucket", "backup.tar")?;
    /// client.upload_part("my-new-bucket", "backup.tar", &id, 1, "the first part")?;
    /// for part in client.list_parts("my-new-bucket", "backup.tar", &id) {
    ///     let part = part?;
    ///     println!("{}\t{}\t{}", part.part_number, part.size, part.e_tag);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_parts(&self, bucket: &str, key: &str, upload_id: &str) -> Listing<Part> {
        self.list_upload_parts(UploadRef { bucket, key, id: upload_id }, Headers::default())
    }

    /// Lists the parts of an upload with these headers in each request.
    pub(crate) fn list_upload_parts(&self, upload: UploadRef<'_>, headers: Headers) -> Listing<Part> {
        let UploadRef { bucket, key, id } = upload;
        let (client, bucket, key, id) = (self.clone(), bucket.to_owned(), key.to_owned(), id.to_owned());
        let mut cursor = Cursor::new(0);
        Listing::new(move || {
            let upload = UploadRef { bucket: &bucket, key: &key, id: &id };
            let request = list_parts_request(upload, cursor.at).headers(&headers);
            let (page, next) = client.call(&request, parse)?;
            Ok((page, cursor.follow(next).map_err(|error| error.with_context(|| request.operation()))?))
        })
    }
}

/// Returns the request of ListParts for the page that starts after this part number.
fn list_parts_request(upload: UploadRef<'_>, after: u32) -> Request<'_> {
    let request = upload.request("ListParts", Method::Get);
    if after > 0 { request.query("part-number-marker", after.to_string()) } else { request }
}

fn parse(response: Response) -> Result<(Page<Part>, Option<u32>)> {
    response.xml(&["ListPartsResult"], &["Part", "PartNumberMarker", "MaxParts"], read)
}

/// Returns the page, and the part number after which the next page starts.
fn read(root: Node<'_, '_>) -> Result<(Page<Part>, Option<u32>)> {
    let parts: Vec<Part> = xml::children(root, "Part").map(read_part).collect::<Result<_>>()?;
    // the marker may be missing; it counts if the page has no parts
    let marker = xml::child_parse(root, "NextPartNumberMarker").unwrap_or_default();
    let last = parts.iter().map(|part| part.part_number).max().unwrap_or(marker);
    let next = xml::child_flag(root, "IsTruncated").then_some(last);
    Ok((Page::new(parts), next))
}

fn read_part(node: Node<'_, '_>) -> Result<Part> {
    let part_number = xml::child_parse(node, "PartNumber")
        .ok_or_else(|| malformed("a part in the listing has no valid part number"))?;
    Ok(Part {
        part_number,
        size: xml::child_parse(node, "Size")
            .ok_or_else(|| malformed(format!("part {part_number} in the listing has no valid size")))?,
        e_tag: ETag::new(xml::child_text(node, "ETag").unwrap_or_default()),
        last_modified: xml::child_date(node, "LastModified"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_parsed() {
        let text = "<ListPartsResult><IsTruncated>true</IsTruncated><Part><PartNumber>7</PartNumber>\
                    <ETag>&quot;e&quot;</ETag><Size>5242880</Size></Part></ListPartsResult>";
        let document = xml::parse(text).unwrap();
        let (page, next) = read(document.root_element()).unwrap();
        let part = &page.entries[0];
        assert_eq!((part.part_number, part.size, part.e_tag.as_str(), next), (7, 5_242_880, "e", Some(7)));
    }

    #[test]
    fn part_without_number_or_size_is_an_error() {
        for (part, text) in [
            ("<PartNumber>7</PartNumber>", "part 7 in the listing has no valid size"),
            ("<Size>7</Size>", "a part in the listing has no valid part number"),
        ] {
            let page = format!("<ListPartsResult><Part>{part}</Part></ListPartsResult>");
            let document = xml::parse(&page).unwrap();
            assert_eq!(read(document.root_element()).unwrap_err().summary(), text);
        }
    }
}
