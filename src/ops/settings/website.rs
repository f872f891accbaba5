//! GetBucketWebsite, PutBucketWebsite, DeleteBucketWebsite.

use crate::client::Client;
use crate::error::Result;
use crate::ops::settings::website_configuration::WebsiteConfiguration;
use crate::ops::settings::{Subresource, Target};

const WEBSITE: Subresource = Subresource {
    get: "GetBucketWebsite",
    put: "PutBucketWebsite",
    delete: "DeleteBucketWebsite",
    name: "website",
    roots: &["WebsiteConfiguration"],
    unset: &["NoSuchWebsiteConfiguration"],
};

impl Client {
    /// Reads how a bucket is served as a website; `None` where it is not.
    /// ([GetBucketWebsite](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing;
    /// [`is_not_implemented`](crate::Error::is_not_implemented) where the server has no websites, or has
    /// them switched off, as Ceph by default.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// if let Some(website) = client.get_bucket_website("my-new-bucket")? {
    ///     println!("{:?} {:?}", website.index_document, website.error_document);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_website(&self, bucket: &str) -> Result<Option<WebsiteConfiguration>> {
        self.get_setting(&WEBSITE, Target::Bucket(bucket), WebsiteConfiguration::read)
    }

    /// Has a bucket served as a website. The objects must be public for it, too.
    /// ([PutBucketWebsite](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_website`](Self::get_bucket_website), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::WebsiteConfiguration;
    ///
    /// let website = WebsiteConfiguration::new("index.html").error_document("404.html");
    /// client.put_bucket_website("my-new-bucket", &website)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_website(&self, bucket: &str, website: &WebsiteConfiguration) -> Result<()> {
        self.put_setting(&WEBSITE, Target::Bucket(bucket), website.write(WEBSITE.roots[0]))
    }

    /// Ends a bucket's website. Its objects stay.
    /// ([DeleteBucketWebsite](https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketWebsite.html))
    ///
    /// # Errors
    ///
    /// As [`get_bucket_website`](Self::get_bucket_website), which is asked first.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.delete_bucket_website("my-new-bucket")?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn delete_bucket_website(&self, bucket: &str) -> Result<()> {
        self.delete_setting(&WEBSITE, Target::Bucket(bucket))
    }
}
