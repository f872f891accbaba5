//! A blocking client for S3 and S3-compatible servers, without an async runtime.
//!
//! ```
//! use plain_s3::Client;
//!
//! fn main() -> plain_s3::Result<()> {
//!     # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
//!     let client = Client::from_env()?;
//!     client.upload_file("my-new-bucket", "backup.tar", "backup.tar")?;
//!     for object in client.list_objects("my-new-bucket") {
//!         let object = object?;
//!         println!("{}\t{}\t{}", object.key, object.size, object.last_modified);
//!     }
//!     client.download_file("my-new-bucket", "backup.tar", "restored.tar")?;
//!     Ok(())
//! }
//! ```
//!
//! [`Client::from_env`] reads the endpoint from `S3_ENDPOINT` or `AWS_ENDPOINT_URL`, the credentials from
//! `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, and the region from `AWS_REGION`. A call blocks until it has succeeded
//! or failed. A [`Client`] can be cloned and shared between threads.
//!
//! # Tasks
//!
//! | task | method |
//! |---|---|
//! | configure the endpoint, region, credentials and timeouts | [`Config`], [`Credentials`], [`RetryPolicy`] |
//! | use a known provider | [`Config::aws`], [`Config::cloudflare_r2`], [`Config::backblaze_b2`], [and others](Config#implementations) |
//! | list, create, check and delete buckets | [`list_buckets`](Client::list_buckets), [`create_bucket`](Client::create_bucket), [`bucket_exists`](Client::bucket_exists), [`delete_bucket`](Client::delete_bucket) |
//! | store text or bytes | [`put_object`](Client::put_object) |
//! | read an object, or a range of it | [`get_object`](Client::get_object), [`GetObjectOptions::range`] |
//! | upload a file, or a reader of unknown length | [`upload_file`](Client::upload_file), [`upload_reader`](Client::upload_reader) |
//! | download to a file | [`download_file`](Client::download_file) |
//! | continue an interrupted transfer | [`DownloadOptions::resume`], [`UploadOptions::resume`] |
//! | transfer a folder | [`upload_folder`](Client::upload_folder), [`download_prefix`](Client::download_prefix) |
//! | list objects, also under a prefix | [`list_objects`](Client::list_objects), [`ListOptions`] |
//! | list versions, and restore one | [`list_object_versions`](Client::list_object_versions), [`CopyObjectOptions::source_version_id`] |
//! | find out whether an object exists, and its size and metadata | [`object_exists`](Client::object_exists), [`head_object`](Client::head_object) |
//! | copy or rename an object | [`copy`](Client::copy), [`rename_object`](Client::rename_object) |
//! | delete one object, or many | [`delete_object`](Client::delete_object), [`delete_objects`](Client::delete_objects), [`delete_prefix`](Client::delete_prefix) |
//! | delete a bucket with all contents | [`force_delete_bucket`](Client::force_delete_bucket) |
//! | store an object only if its key is free, or only over a known version | [`PutObjectOptions::if_none_exists`], [`PutObjectOptions::if_match`] |
//! | share an object by a URL that expires | [`presign_get_object`](Client::presign_get_object) |
//! | let others upload | [`presign_put_object`](Client::presign_put_object), [`presign_post_object`](Client::presign_post_object) |
//! | make an object public | [`put_object_acl`](Client::put_object_acl), [`put_bucket_policy`](Client::put_bucket_policy), [`object_url`](Client::object_url) |
//! | change the settings of a bucket | [versioning](Client::put_bucket_versioning), [lifecycle](Client::put_bucket_lifecycle_configuration), [CORS](Client::put_bucket_cors), [website](Client::put_bucket_website), [encryption](Client::put_bucket_encryption), [tags](Client::put_bucket_tagging), [and others](Client#bucket-settings) |
//! | protect objects against deletion | [`put_object_retention`](Client::put_object_retention), [`put_object_legal_hold`](Client::put_object_legal_hold) |
//! | verify what is transferred | [`Verification`], [`Checksum`], [`GetObjectOptions::sha256`], [`PutObjectOptions::sha256`] |
//! | handle errors | [`Error`], [`ErrorKind`] |
//! | log requests and retries | [`Config::on_event`], [`Event`] |
//! | send any other request | [`send_raw`](Client::send_raw), [`RawRequest`], [`RequestSigner`] |
//!
//! # Guides
//!
//! - [Tutorial](documentation::tutorial): the basics in eleven steps
//! - [Recipes](documentation::recipes): complete programs for common jobs
//! - [Troubleshooting](documentation::troubleshooting): the texts of errors, and what to do
//! - [Credentials](documentation::credentials) and [providers](documentation::providers): how to connect
//! - [Transfers](documentation::transfers) and [security](documentation::security): what is guaranteed
//! - [Testing](documentation::testing): testing code that uses this crate
//! - [Coming from boto3, boto or minio-go](documentation::coming_from_boto)
//! - [Compatibility](documentation::compatibility), [benchmarks](documentation::benchmarks),
//!   [design](documentation::design) and the [changelog](documentation::changelog)
//!
//! # Crate features
//!
//! | feature | effect |
//! |---|---|
//! | `rustls` (default) | HTTPS through rustls, with ring and the Mozilla root certificates |
//! | `rustls-native-certs` | the root certificates of the system for rustls |
//! | `tcp-keepalive` | TCP keepalive, for networks in which silent connections are forgotten |
//! | `native-tls` | HTTPS through the TLS library and the root certificates of the system; use it with `default-features = false` |
//! | `credentials-chain` (default) | `Config::load`: credentials from roles, SSO, processes, containers and instance metadata |
//! | `serde` | `Serialize` for everything that the client returns, such as the entries of a listing |
//!
//! Without `rustls` and `native-tls`, an `https://` endpoint is an error.

// The methods of `Client` are documented in the order of these modules.
mod client;

mod transfer;

mod folder;

mod ops;

mod presign;

mod send_raw;

mod access_point;
mod acl;
mod body;
mod checksum;
mod config;
mod credentials;
#[cfg(any(doc, doctest))]
pub mod documentation;
mod encode;
mod encoded_word;
mod endpoint;
mod engine;
mod error;
mod etag;
mod event;
mod file_system;
mod headers;
mod hints;
#[cfg(feature = "credentials-chain")]
mod json;
mod listing;
mod media_type;
mod metadata;
mod names;
mod operation;
mod printable;
mod profile;
mod provider_host;
mod raw_request;
mod request;
mod response;
mod retry;
#[cfg(feature = "serde")]
mod serialize;
mod shell_words;
mod sign;
mod signer;
mod timestamp;
mod transport;
mod validate;
mod xml;

pub use acl::{Acl, CannedAcl, Grant, Grantee, NewAcl, Owner, Permission};
pub use body::Body;
pub use checksum::{Checksum, ChecksumAlgorithm, Verification};
pub use client::Client;
pub use config::Config;
pub use credentials::Credentials;
#[cfg(feature = "credentials-chain")]
pub use credentials::LoadOptions;
pub use encoded_word::MetadataEncoding;
pub use endpoint::AddressingStyle;
pub use error::{Error, ErrorKind, KeyFailure, Result};
pub use etag::ETag;
pub use event::Event;
pub use folder::{FolderAction, FolderOptions, FolderPlan, FolderProgress, FolderStep, FolderSummary};
pub use listing::{ListApi, ListOptions, Listing, Page, Pages};
pub use metadata::ObjectMetadata;
pub use ops::*;
pub use presign::{ObjectUrlOptions, PostForm, PostPolicy};
pub use profile::Profiles;
pub use raw_request::RawRequest;
pub use request::Method;
pub use retry::RetryPolicy;
pub use send_raw::RawResponse;
pub use sign::SignatureVersion;
pub use signer::{PresignOptions, PresignedUrl, RequestSigner, SignedRequest};
pub use timestamp::Timestamp;
pub use transfer::*;

/// The crate `time`, re-exported because its [`OffsetDateTime`](time::OffsetDateTime) is part of this crate's
/// API.
pub use time;
