//! One file per AWS action, or per family of one sub-resource: the request, the answer, the public method.

mod abort_multipart_upload;
mod acl;
mod complete_multipart_upload;
mod copy_object;
mod copy_source;
mod cors;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod delete_objects;
mod encryption;
mod get_object;
mod get_object_attributes;
mod head_bucket;
mod head_object;
mod lifecycle;
mod lifecycle_rule;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_parts;
mod location;
mod policy;
mod post_object;
mod presign;
mod presign_multipart;
mod public_access_block;
mod put_object;
mod request_payment;
mod setting;
mod tagging;
mod upload_part;
mod upload_part_copy;
mod url;
mod versioning;
mod website;
mod website_configuration;

pub use acl::AclOptions;
pub use complete_multipart_upload::CompleteMultipartUploadOptions;
pub use copy_object::{CopiedObject, CopyObjectOptions};
pub use cors::CorsRule;
pub use create_bucket::CreateBucketOptions;
pub use delete_object::DeletedObject;
pub use delete_objects::ObjectIdentifier;
pub use get_object::GetObjectOptions;
pub use get_object_attributes::{ObjectAttributes, ObjectAttributesOptions, ObjectPart};
pub use head_bucket::BucketInfo;
pub use lifecycle_rule::{LifecycleRule, LifecycleTransition};
pub use list_buckets::Bucket;
pub use list_multipart_uploads::{
    ListMultipartUploads, ListMultipartUploadsOptions, MultipartUpload, MultipartUploadPage,
    MultipartUploadPages,
};
pub use list_object_versions::{
    ListObjectVersions, ListObjectVersionsOptions, ObjectVersion, ObjectVersionPage, ObjectVersionPages,
};
pub use list_objects::{ListObjects, ListObjectsOptions, ListPage, ListPages, ListVersion, Object};
pub use list_parts::{ListParts, Part};
pub use post_object::{PostForm, PostPolicy};
pub use public_access_block::PublicAccessBlock;
pub use put_object::{PutObjectOptions, StoredObject};
pub use request_payment::Payer;
pub use upload_part::{CompletedPart, UploadPartOptions};
pub use upload_part_copy::UploadPartCopyOptions;
pub use url::{PresignedUrl, UrlOptions};
pub use versioning::Versioning;
pub use website_configuration::{WebsiteConfiguration, WebsiteRedirect, WebsiteRoutingRule};
