//! Calls that consist of several requests, or of a request and a file.

mod copy;
mod delete_all;
mod delete_all_options;
mod deleter;
mod download;
mod in_place;
mod multipart;
mod partial_file;
pub(crate) mod progress;
mod rename;
mod target;
mod upload;
mod upload_options;

pub use copy::CopyOptions;
pub use delete_all_options::{DeleteAllOptions, DeletedCounts};
pub use download::{Download, DownloadOptions};
pub use progress::ProgressResult;
pub use upload_options::{Upload, UploadOptions};
