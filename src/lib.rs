#![doc = include_str!("../README.md")]

mod access_point;
mod acl;
mod body;
mod checksum;
mod client;
mod config;
mod credentials;
mod encode;
mod encoded_word;
mod endpoint;
mod engine;
mod error;
mod etag;
mod event;
mod file_system;
mod folder;
mod headers;
mod hints;
#[cfg(feature = "credentials-chain")]
mod json;
mod listing;
mod media_type;
mod metadata;
mod names;
mod ops;
mod presign;
mod printable;
mod profile;
mod provider_host;
mod raw_request;
mod request;
mod response;
mod retry;
mod send_raw;
#[cfg(feature = "serde")]
mod serialize;
mod shell_words;
mod sign;
mod signer;
mod timestamp;
mod transfer;
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
