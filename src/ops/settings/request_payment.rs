//! GetBucketRequestPayment, PutBucketRequestPayment.

use roxmltree::Node;

use crate::client::Client;
use crate::error::Result;
use crate::names::impl_names;
use crate::ops::settings::{Subresource, Target, require_child};
use crate::xml;

const REQUEST_PAYMENT: Subresource = Subresource {
    get: "GetBucketRequestPayment",
    put: "PutBucketRequestPayment",
    delete: "",
    name: "requestPayment",
    roots: &["RequestPaymentConfiguration"],
    children: &["Payer"],
    unset: &[],
};

/// Who pays for requests to a bucket and for downloads from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Payer {
    /// The owner of the bucket pays. This is the default.
    BucketOwner,
    /// The requester pays. Each request must confirm this; see
    /// [`Config::request_payer`](crate::Config::request_payer).
    Requester,
}

impl_names! {
    Payer, "payer";
    /// Returns the name of the payer in S3, such as `BucketOwner`.
    as_str;
    BucketOwner => "BucketOwner",
    Requester => "Requester",
}

impl Client {
    /// Returns who pays for requests to a bucket.
    /// ([GetBucketRequestPayment](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html))
    ///
    /// # Errors
    ///
    /// Fails with [`Server`](crate::ErrorKind::Server) if the bucket does not exist or the server does not
    /// support this setting ([`is_not_implemented`](crate::Error::is_not_implemented)).
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// println!("{:?}", client.get_bucket_request_payment("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_request_payment(&self, bucket: &str) -> Result<Payer> {
        let payer = self.get_setting(&REQUEST_PAYMENT, Target::Bucket(bucket), read)?;
        Ok(payer.unwrap_or(Payer::BucketOwner))
    }

    /// Sets who pays for requests to a bucket.
    /// ([PutBucketRequestPayment](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html))
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`get_bucket_request_payment`](Self::get_bucket_request_payment), which is
    /// called first.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// client.put_bucket_request_payment("my-new-bucket", plain_s3::Payer::Requester)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_request_payment(&self, bucket: &str, payer: Payer) -> Result<()> {
        self.put_setting(&REQUEST_PAYMENT, Target::Bucket(bucket), write(payer))
    }
}

fn write(payer: Payer) -> String {
    let mut content = String::new();
    xml::push(&mut content, "Payer", payer.as_str());
    REQUEST_PAYMENT.document(&content)
}

fn read(root: Node<'_, '_>) -> Result<Payer> {
    require_child(root, "Payer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_payer_reads_back_equal() {
        for payer in [Payer::BucketOwner, Payer::Requester] {
            assert_eq!(REQUEST_PAYMENT.parse(&write(payer), read).unwrap(), payer);
        }
    }

    #[test]
    fn missing_and_unknown_payers_are_errors() {
        for (text, message) in [
            ("<RequestPaymentConfiguration/>", "the response has no <Payer>"),
            (
                "<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>",
                "the response has an invalid <Payer>: \"Nobody\"",
            ),
        ] {
            assert_eq!(REQUEST_PAYMENT.parse(text, read).unwrap_err().summary(), message);
        }
    }
}
