//! URLs and forms for others: unsigned, presigned, and for uploads from a browser.

mod form_html;
mod object_url;
mod operations;
mod post_object;
mod post_policy;

pub use object_url::ObjectUrlOptions;
pub use post_object::{PostForm, PostPolicy};
