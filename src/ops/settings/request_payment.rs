//! GetBucketRequestPayment, PutBucketRequestPayment.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::names::impl_names;
use crate::ops::settings::{Subresource, Target};
use crate::xml;

const REQUEST_PAYMENT: Subresource = Subresource {
    get: "GetBucketRequestPayment",
    put: "PutBucketRequestPayment",
    delete: "",
    name: "requestPayment",
    roots: &["RequestPaymentConfiguration"],
    unset: &[],
};

/// Who pays for the requests to a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Payer {
    /// The owner of the bucket: the default.
    BucketOwner,
    /// Who sends the request. Such a request has to say so by the header `x-amz-request-payer: requester`.
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
    /// Reads who pays for the requests to a bucket.
    /// ([GetBucketRequestPayment](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html))
    ///
    /// # Errors
    ///
    /// [`Server`](ErrorKind::Server) where the bucket is missing;
    /// [`is_not_implemented`](Error::is_not_implemented) where the server has no such setting.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// println!("{:?}", client.get_bucket_request_payment("my-new-bucket")?);
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_request_payment(&self, bucket: &str) -> Result<Payer> {
        let payer =
            self.get_setting(&REQUEST_PAYMENT, Target::Bucket(bucket), |root| {
                match xml::child_text(root, "Payer").as_deref() {
                    Some("BucketOwner") => Ok(Payer::BucketOwner),
                    Some("Requester") => Ok(Payer::Requester),
                    other => {
                        Err(Error::new(ErrorKind::UnexpectedResponse, format!("the payer is {other:?}")))
                    }
                }
            })?;
        Ok(payer.unwrap_or(Payer::BucketOwner))
    }

    /// Sets who pays for the requests to a bucket.
    /// ([PutBucketRequestPayment](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_request_payment`](Self::get_bucket_request_payment), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_bucket_request_payment("my-new-bucket", plain_s3::Payer::Requester)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_request_payment(&self, bucket: &str, payer: Payer) -> Result<()> {
        let mut content = String::new();
        xml::push(&mut content, "Payer", payer.as_str());
        let text = xml::document(REQUEST_PAYMENT.roots[0], &content);
        self.put_setting(&REQUEST_PAYMENT, Target::Bucket(bucket), text)
    }
}
