//! Composites of several requests, or of a request and a file.

mod copy;
mod delete_all;
mod deletion;
mod download;
mod partial_file;
mod parts;
mod reader;
mod rename;
mod upload;
pub(crate) mod verify;

pub use copy::CopyOptions;
pub use delete_all::{DeleteAllOptions, DeletedCounts};
pub use download::{Download, DownloadOptions};
pub use reader::ObjectReader;
pub use upload::{Upload, UploadOptions};
pub use verify::ContentCheck;
