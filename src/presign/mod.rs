//! URLs and forms for others: unsigned, presigned, and for uploads from a browser.

pub(crate) mod post_object;
pub(crate) mod post_policy;
mod presign;
mod presign_multipart;
pub(crate) mod url;

pub use post_object::{PostForm, PostPolicy};
pub use url::{PresignedUrl, UrlOptions};
