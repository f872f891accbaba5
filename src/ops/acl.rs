//! GetObjectAcl, PutObjectAcl, GetBucketAcl, PutBucketAcl.

use crate::acl::{Acl, CannedAcl};
use crate::client::Client;
use crate::error::Result;
use crate::request::{Method, Request};

impl Client {
    /// Reads who may do what with an object.
    /// ([GetObjectAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the object is missing or its ACL may not be read.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// if client.get_object_acl("my-new-bucket", "hello.txt")?.is_public_read() {
    ///     println!("everybody may read it");
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_object_acl(&self, bucket: &str, key: &str) -> Result<Acl> {
        self.get_acl(Request::object("GetObjectAcl", Method::Get, bucket, key))
    }

    /// Changes an object's ACL.
    /// ([PutObjectAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html))
    ///
    /// Some servers, DreamObjects' newer ones among them, give every object the rights of its bucket and
    /// take this without effect.
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the object is missing or its ACL may not be changed.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// use plain_s3::CannedAcl;
    ///
    /// client.put_object_acl("my-new-bucket", "hello.txt", CannedAcl::PublicRead)?;
    /// client.put_object_acl("my-new-bucket", "secret_plans.txt", CannedAcl::Private)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_object_acl(&self, bucket: &str, key: &str, acl: CannedAcl) -> Result<()> {
        self.put_acl(Request::object("PutObjectAcl", Method::Put, bucket, key), acl)
    }

    /// Reads who may do what with a bucket.
    /// ([GetBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its ACL may not be read.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// for grant in client.get_bucket_acl("my-new-bucket")?.grants {
    ///     println!("{:?}: {:?}", grant.grantee, grant.permission);
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn get_bucket_acl(&self, bucket: &str) -> Result<Acl> {
        self.get_acl(Request::bucket("GetBucketAcl", Method::Get, bucket))
    }

    /// Changes a bucket's ACL. The objects in it keep their own.
    /// ([PutBucketAcl](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html))
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) where the bucket is missing or its ACL may not be changed.
    ///
    /// ```no_run
    /// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
    /// client.put_bucket_acl("my-new-bucket", plain_s3::CannedAcl::Private)?;
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn put_bucket_acl(&self, bucket: &str, acl: CannedAcl) -> Result<()> {
        self.put_acl(Request::bucket("PutBucketAcl", Method::Put, bucket), acl)
    }

    fn get_acl(&self, request: Request<'_>) -> Result<Acl> {
        self.call(&request.subresource("acl"), |response| response.xml("AccessControlPolicy", Acl::read))
    }

    fn put_acl(&self, request: Request<'_>, acl: CannedAcl) -> Result<()> {
        let request = request.subresource("acl").header("x-amz-acl", acl.as_str());
        self.call(&request, |response| response.finish().map(drop))
    }
}
