//! One file per AWS action, or per family of actions on one sub-resource: options, request, public method,
//! parser.

// The methods of `Client` are documented in the order of these modules. rustfmt sorts only adjacent lines.
mod list_buckets;

mod create_bucket;

mod head_bucket;

mod delete_bucket;

pub(crate) mod put_object;

mod get_object;

pub(crate) mod head_object;

mod get_object_attributes;

mod copy_object;

pub(crate) mod delete_object;

mod delete_objects;

mod restore_object;

mod list_objects;

mod list_object_versions;

pub(crate) mod create_multipart_upload;

pub(crate) mod upload_part;

mod upload_part_copy;

pub(crate) mod complete_multipart_upload;

pub(crate) mod abort_multipart_upload;

mod list_multipart_uploads;

mod list_parts;

mod acl;

mod settings;

mod object_identifier;
pub(crate) mod object_reader;
pub(crate) mod object_source;
pub(crate) mod options;

pub use acl::AclOptions;
pub use complete_multipart_upload::CompleteMultipartUploadOptions;
pub use copy_object::{CopiedObject, CopyObjectOptions};
pub use create_bucket::CreateBucketOptions;
pub use delete_object::{DeleteObjectOptions, DeletedObject};
pub use delete_objects::DeleteObjectsOptions;
pub use get_object_attributes::{ObjectAttributes, ObjectAttributesOptions, ObjectPart};
pub use head_bucket::BucketInfo;
pub use list_buckets::Bucket;
pub use list_multipart_uploads::MultipartUpload;
pub use list_object_versions::ObjectVersion;
pub use list_objects::Object;
pub use list_parts::Part;
pub use object_identifier::ObjectIdentifier;
pub use object_reader::ObjectReader;
pub use options::get_object::GetObjectOptions;
pub use options::put_object::PutObjectOptions;
pub use put_object::StoredObject;
pub use restore_object::{Restoration, RestoreObjectOptions, RestoreTier};
pub use settings::*;
pub use upload_part::{CompletedPart, UploadPartOptions};
pub use upload_part_copy::UploadPartCopyOptions;
