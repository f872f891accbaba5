//! Calls that consist of several requests, or of a request and a file.

// The methods of `Client` are documented in the order of these modules. rustfmt sorts only adjacent lines.
mod upload;

mod download;

mod download_to;

mod completion;
mod copy;

mod rename;

mod delete_all;

mod delete_all_options;
mod deleter;
mod download_options;
mod existing_file;
mod in_place;
mod multipart;
mod part_reader;
pub(crate) mod partial_file;
pub(crate) mod progress;
mod target;
mod upload_options;

pub use copy::CopyOptions;
pub use delete_all_options::{DeleteAllOptions, DeletedCounts};
pub use download_options::{Download, DownloadOptions};
pub use progress::ProgressResult;
pub use upload_options::{Upload, UploadOptions};
