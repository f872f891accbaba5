//! ListBuckets.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};
use crate::response::Response;
use crate::timestamp::Timestamp;
use crate::xml;

/// A bucket, as [`Client::list_buckets`] returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
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

fn list_buckets_request() -> Request<'static> {
    Request::service("ListBuckets", Method::Get)
}

impl Client {
    /// Lists the buckets that the owner of these credentials owns.
    /// ([ListBuckets](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the server rejects the credentials.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for bucket in client.list_buckets()? {
    ///     println!("{}\t{}", bucket.name, bucket.creation_date);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn list_buckets(&self) -> Result<Vec<Bucket>> {
        self.call(&list_buckets_request(), parse)
    }
}

fn parse(response: Response) -> Result<Vec<Bucket>> {
    response.xml("ListAllMyBucketsResult", |root| Ok(read(root)))
}

fn read(root: Node<'_, '_>) -> Vec<Bucket> {
    let buckets = xml::child(root, "Buckets");
    buckets
        .into_iter()
        .flat_map(|buckets| xml::children(buckets, "Bucket"))
        .filter_map(|bucket| {
            let date = xml::child_text(bucket, "CreationDate").unwrap_or_default();
            Some(Bucket {
                name: xml::child_text(bucket, "Name")?,
                creation_date: Timestamp::from_iso8601(&date),
            })
        })
        .collect()
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
        let buckets = read(document.root_element());
        let lines: Vec<String> = buckets.iter().map(|b| format!("{}\t{}", b.name, b.creation_date)).collect();
        assert_eq!(lines, ["mahbuckat1\t2011-04-21T18:05:39.000Z", "b\t-"]);
        let none = xml::parse("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>").unwrap();
        assert_eq!(read(none.root_element()), []);
    }
}
