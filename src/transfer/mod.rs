//! Composites of several requests, or of a request and a file.

mod copy;
mod delete_all;
mod deleter;
mod download;
mod multipart;
mod partial_file;
mod rename;
mod upload;

pub use copy::CopyOptions;
pub use delete_all::{DeleteAllOptions, DeletedCounts};
pub use download::{Download, DownloadOptions};
pub use upload::{Upload, UploadOptions};
