//! Composites of several requests, or of a request and a file.

mod delete_forced;
mod download;

pub use download::Download;
