//! The two ways to an object's content, which keep the same promises.

use std::fs;

use plain_s3::{Client, DownloadOptions, GetObjectOptions, Result};

use super::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the `Read` of `get_object`.
    Read,
    /// By `download_file`, over an old file.
    File,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Read, Self::File];

    /// Gets `/b/k`. A file is then whole, or the old one as it was, and there is no other file beside it.
    #[track_caller]
    pub(crate) fn get(self, client: &Client) -> Result<Vec<u8>> {
        self.get_with(client, &GetObjectOptions::new())
    }

    #[track_caller]
    pub(crate) fn get_with(self, client: &Client, options: &GetObjectOptions) -> Result<Vec<u8>> {
        if self == Self::Read {
            return client.get_object_with("b", "k", options)?.bytes();
        }
        let folder = TempDir::new();
        let target = folder.file("target", "old");
        let options = DownloadOptions::new().object(options.clone());
        let result = client.download_file_with("b", "k", &target, &options);
        assert_eq!(folder.names(), ["target"]);
        let now = fs::read(target).unwrap();
        assert!(result.is_ok() || now == b"old", "the target was touched");
        result.map(|_| now)
    }
}
