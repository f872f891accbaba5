//! The methods to download an object, which give the same guarantees, and reads with all buffer sizes.

use std::fs;
use std::io::Read;

use plain_s3::{Client, DownloadOptions, Error, GetObjectOptions, Result};

use crate::support::{Random, TempDir};

/// How a test downloads an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DownloadMethod {
    /// With the `Read` that `get_object` returns.
    GetObject,
    /// With `download_file`, over an existing file.
    DownloadFile,
    /// With `download_to`, into memory.
    DownloadTo,
}

impl DownloadMethod {
    pub(crate) const ALL: [Self; 3] = [Self::GetObject, Self::DownloadFile, Self::DownloadTo];

    /// Downloads `/b/k`. Asserts that a file is complete or unchanged, and that no other file is left beside
    /// it.
    #[track_caller]
    pub(crate) fn download(self, client: &Client) -> Result<Vec<u8>> {
        self.download_with(client, &GetObjectOptions::new())
    }

    #[track_caller]
    pub(crate) fn download_with(self, client: &Client, options: &GetObjectOptions) -> Result<Vec<u8>> {
        match self {
            Self::GetObject => client.get_object_with("b", "k", options)?.bytes(),
            Self::DownloadFile => Self::download_file(client, options),
            Self::DownloadTo => {
                let mut content = Vec::new();
                let download = client.download_to_with("b", "k", &mut content, options)?;
                assert_eq!(download.bytes, content.len() as u64);
                Ok(content)
            }
        }
    }

    #[track_caller]
    fn download_file(client: &Client, options: &GetObjectOptions) -> Result<Vec<u8>> {
        let folder = TempDir::new();
        let target = folder.file("target", "old");
        let options = DownloadOptions::new().object(options.clone());
        let result = client.download_file_with("b", "k", &target, &options);
        assert_eq!(folder.names(), ["target"]);
        let content = fs::read(target).unwrap();
        assert!(result.is_ok() || content == b"old", "the old file was changed");
        result.map(|_| content)
    }
}

/// Returns random buffer sizes, from 0 to 1.5 MiB, both small and large.
pub(crate) fn random_sizes(seed: u64) -> impl FnMut() -> usize {
    let mut random = Random::new(seed);
    move || match random.below(4) {
        0 => random.below(100) as usize,
        1 => random.below(8 << 10) as usize,
        2 => (256 << 10) - 1 + random.below(3) as usize,
        _ => random.below(3 << 19) as usize,
    }
}

/// Reads to the end with buffers of these sizes, at most 2 MiB each.
pub(crate) fn read_in_chunks(content: &mut impl Read, mut size: impl FnMut() -> usize) -> Result<Vec<u8>> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 2 << 20]);
    loop {
        let size = size();
        match content.read(&mut buffer[..size]) {
            Ok(0) if size > 0 => return Ok(bytes),
            Ok(n) => bytes.extend(&buffer[..n]),
            Err(error) => return Err(error.downcast::<Error>().unwrap()),
        }
    }
}
