//! URLs and forms for others: unsigned, presigned, and for uploads from a browser.

// The methods of `Client` are documented in the order of these modules. rustfmt sorts only adjacent lines.
mod object_url;

mod operations;

mod post_object;

mod form_html;
mod post_policy;

pub use object_url::ObjectUrlOptions;
pub use post_object::{PostForm, PostPolicy};
