//! The two ways to an object's content, which keep the same promises, and buffers of all sizes.

use std::fs;
use std::io::Read;

use plain_s3::{Client, DownloadOptions, Error, GetObjectOptions, Result};

use crate::support::{Random, TempDir};

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

/// Sizes of buffers, from none to 1.5 MiB: small and large ones in turn.
pub(crate) fn changing(seed: u64) -> impl FnMut() -> usize {
    let mut random = Random::new(seed);
    move || match random.below(4) {
        0 => random.below(100) as usize,
        1 => random.below(8 << 10) as usize,
        2 => (256 << 10) - 1 + random.below(3) as usize,
        _ => random.below(3 << 19) as usize,
    }
}

/// Reads to the end by buffers of these sizes, 2 MiB at the most.
pub(crate) fn read_by(content: &mut impl Read, mut size: impl FnMut() -> usize) -> Result<Vec<u8>> {
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
