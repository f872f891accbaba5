//! ListBuckets.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::listing::{Cursor, malformed};
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// A bucket, as [`Client::list_buckets`] returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// When the bucket was created.
    pub creation_date: Timestamp,
}

impl Bucket {
    /// Creates a bucket whose creation date is unknown, for tests of code that handles buckets.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), creation_date: Timestamp::UNKNOWN }
    }
}

/// Returns the request of ListBuckets for the page that starts with this token.
fn list_buckets_request(token: Option<&str>) -> Request<'_> {
    Request::service("ListBuckets", Method::Get).query_if("continuation-token", token)
}

/// # Buckets
impl Client {
    /// Lists the buckets that the owner of these credentials owns.
    /// ([ListBuckets](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html))
    ///
    /// If the server returns them in pages, all pages are fetched.
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the server rejects the credentials.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// for bucket in client.list_buckets()? {
    ///     println!("{}\t{}", bucket.name, bucket.creation_date);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_buckets(&self) -> Result<Vec<Bucket>> {
        let (mut buckets, mut next) = self.call(&list_buckets_request(None), parse)?;
        let mut cursor = Cursor::new(String::new());
        while let Some(token) = next {
            let request = list_buckets_request(Some(&token));
            // a server that ignores the token would return the first page forever
            cursor.follow(Some(token.clone())).map_err(|error| error.with_context(|| request.operation()))?;
            let (page, token) = self.call(&request, parse)?;
            buckets.extend(page);
            next = token;
        }
        Ok(buckets)
    }
}

/// Returns a page, and the token of the next one.
fn parse(response: Response) -> Result<(Vec<Bucket>, Option<String>)> {
    response.xml(&["ListAllMyBucketsResult"], &["Buckets"], read)
}

fn read(root: Node<'_, '_>) -> Result<(Vec<Bucket>, Option<String>)> {
    let list = xml::child(root, "Buckets");
    let entries = list.into_iter().flat_map(|list| xml::children(list, "Bucket"));
    let buckets = entries.map(read_bucket).collect::<Result<_>>()?;
    Ok((buckets, xml::child_text(root, "ContinuationToken")))
}

fn read_bucket(node: Node<'_, '_>) -> Result<Bucket> {
    Ok(Bucket {
        name: xml::child_text(node, "Name")
            .ok_or_else(|| malformed("a bucket in the listing has no name"))?,
        creation_date: xml::child_date(node, "CreationDate"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dates_are_read_in_order() {
        let text = "<ListAllMyBucketsResult xmlns='x'><Owner><ID>a</ID></Owner><Buckets><Bucket><Name>mahbuckat1</Name>\
                    <CreationDate>2011-04-21T18:05:39.000Z</CreationDate></Bucket><Bucket><CreationDate/>\
                    <Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>";
        let document = xml::parse(text).unwrap();
        let (buckets, next) = read(document.root_element()).unwrap();
        assert_eq!(next, None);
        let lines: Vec<String> = buckets.iter().map(|b| format!("{}\t{}", b.name, b.creation_date)).collect();
        assert_eq!(lines, ["mahbuckat1\t2011-04-21T18:05:39.000Z", "b\t-"]);
        let none = xml::parse("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>").unwrap();
        assert_eq!(read(none.root_element()).unwrap(), (vec![], None));
    }
}
