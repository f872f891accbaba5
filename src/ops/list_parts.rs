//! ListParts.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::etag::ETag;
use crate::headers::Headers;
use crate::listing::{Entries, Listing, broken};
use crate::request::{Method, Request};
use crate::timestamp::Timestamp;
use crate::validate;
use crate::xml;

/// A part of an unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The number of the part, from 1 to 10,000.
    pub part_number: u32,
    /// The ETag that the server gave it: its MD5, unless it is encrypted.
    pub e_tag: ETag,
    /// The length in bytes.
    pub size: u64,
    /// When it was uploaded.
    pub last_modified: Timestamp,
}

impl Client {
    /// Lists the parts that an unfinished upload has, in the order of their numbers.
    /// ([ListParts](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html))
    ///
    /// # Errors
    ///
    /// An item is an error where a page cannot be had; it is the last one.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// # let id = "the id of create_multipart_upload";
    /// for part in client.list_parts("my-new-bucket", "backup.tar", id) {
    ///     let part = part?;
    ///     println!("{}\t{}\t{}", part.part_number, part.size, part.e_tag);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_parts(&self, bucket: &str, key: &str, upload_id: &str) -> ListParts {
        self.list_parts_for((bucket, key, upload_id), Headers::default())
    }

    pub(crate) fn list_parts_for(
        &self,
        (bucket, key, upload_id): (&str, &str, &str),
        requester: Headers,
    ) -> ListParts {
        ListParts(Entries::new(Parts {
            client: self.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            upload_id: upload_id.to_owned(),
            requester,
            after: 0,
        }))
    }
}

/// The parts of an unfinished upload; from [`Client::list_parts`].
#[derive(Debug)]
pub struct ListParts(Entries<Parts>);

impl Iterator for ListParts {
    type Item = Result<Part>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

#[derive(Debug)]
struct Parts {
    client: Client,
    bucket: String,
    key: String,
    upload_id: String,
    requester: Headers,
    /// The last number that was listed.
    after: u32,
}

impl Listing for Parts {
    type Page = Vec<Part>;
    type Entry = Part;

    fn fetch(&mut self) -> Result<(Vec<Part>, bool)> {
        let request = Request::object("ListParts", Method::Get, &self.bucket, &self.key);
        // without an id the request would read the object
        validate::upload_id(&self.upload_id).map_err(|error| error.in_call(|| request.describe()))?;
        let mut request = request.query("uploadId", self.upload_id.as_str()).headers(&self.requester);
        if self.after > 0 {
            request = request.query("part-number-marker", self.after.to_string());
        }
        let (parts, more) = self.client.call(&request, |response| response.xml("ListPartsResult", read))?;
        let last = parts.last().map_or(0, |part| part.part_number);
        if more && last <= self.after {
            return Err(
                broken("the listing says it goes on, but not from where").in_call(|| request.describe())
            );
        }
        self.after = last;
        Ok((parts, more))
    }

    fn entries(page: Vec<Part>) -> Vec<Part> {
        page
    }
}

fn read(root: Node<'_, '_>) -> Result<(Vec<Part>, bool)> {
    let parts: Result<Vec<Part>> = xml::children(root, "Part").map(read_part).collect();
    Ok((parts?, xml::child_flag(root, "IsTruncated")))
}

fn read_part(node: Node<'_, '_>) -> Result<Part> {
    let number = |name| xml::child_text(node, name).and_then(|text| text.trim().parse::<u64>().ok());
    let part_number = number("PartNumber").and_then(|number| u32::try_from(number).ok());
    Ok(Part {
        part_number: part_number.ok_or_else(|| broken("a part of the listing has no number"))?,
        size: number("Size").ok_or_else(|| broken("a part of the listing has no size"))?,
        e_tag: ETag::new(xml::child_text(node, "ETag").unwrap_or_default()),
        last_modified: xml::child_text(node, "LastModified")
            .map_or(Timestamp::UNKNOWN, |date| Timestamp::from_iso8601(&date)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_with_their_sizes() {
        let text = "<ListPartsResult><IsTruncated>true</IsTruncated><Part><PartNumber>7</PartNumber>\
                    <ETag>&quot;e&quot;</ETag><Size>5242880</Size></Part></ListPartsResult>";
        let document = xml::parse(text).unwrap();
        let (parts, more) = read(document.root_element()).unwrap();
        assert_eq!(
            (parts[0].part_number, parts[0].size, parts[0].e_tag.as_str(), more),
            (7, 5_242_880, "e", true)
        );
        let broken =
            xml::parse("<ListPartsResult><Part><PartNumber>7</PartNumber></Part></ListPartsResult>").unwrap();
        assert!(read(broken.root_element()).is_err());
    }
}
