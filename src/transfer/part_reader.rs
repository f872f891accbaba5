//! The content of an upload, read one part at a time.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;

use super::upload_options::UploadOptions;
use crate::body::CALLERS_READER;
use crate::checksum::{Checksum, ChecksumAlgorithm, Hasher};
use crate::error::{Error, ErrorKind, Result};
use crate::validate::{self, MAX_PART_SIZE};

const MIB: u64 = 1 << 20;
/// How much is read at once, so that it is hashed before it leaves the cache of the processor.
const BLOCK: u64 = 256 << 10;

/// Where the content comes from.
pub(super) struct Source<'a> {
    pub(super) reader: &'a mut dyn Read,
    pub(super) len: Option<u64>,
    /// The path of the file; `None` for a reader passed by the caller.
    pub(super) path: Option<&'a Path>,
    /// Starts the reader again at its first byte, if it can be read twice.
    pub(super) rewind: Option<&'a dyn Fn() -> Result<()>>,
    /// Called with the number of bytes read, after the last of them. Fails if the source changed meanwhile.
    pub(super) verify_unchanged: &'a dyn Fn(u64) -> Result<()>,
}

/// Reads the content, one part at a time.
pub(super) struct PartReader<'a> {
    source: Source<'a>,
    part_size: u64,
    max_parts: u32,
    algorithm: Option<ChecksumAlgorithm>,
    /// The current part.
    buffer: Vec<u8>,
    /// Its checksum.
    checksum: Option<Checksum>,
    /// The first byte of the next part. Only reading it shows whether the current part is the last.
    ahead: Option<u8>,
    read: u64,
    ended: bool,
    /// The progress that was reported last. It does not decrease if the content is read again.
    reported: Cell<u64>,
}

impl<'a> PartReader<'a> {
    pub(super) fn new(
        source: Source<'a>,
        part_size: u64,
        max_parts: u32,
        algorithm: Option<ChecksumAlgorithm>,
    ) -> Result<Self> {
        let part_size =
            source.len.map_or(part_size, |len| validate::part_size_for(len, part_size, max_parts));
        // a small file needs only a small buffer; one byte more than its length shows its end
        let size = source.len.map_or(part_size, |len| part_size.min(len + 1));
        let mut buffer = Vec::new();
        let fits = usize::try_from(size).is_ok_and(|size| buffer.try_reserve_exact(size).is_ok());
        if !fits {
            let message = format!("a part of {size} bytes does not fit into memory");
            return Err(Error::invalid(message).with_hint("Choose a smaller UploadOptions::part_size."));
        }
        Ok(Self {
            source,
            part_size,
            max_parts,
            algorithm,
            buffer,
            checksum: None,
            ahead: None,
            read: 0,
            ended: false,
            reported: Cell::new(0),
        })
    }

    /// Fills the buffer with the next part, computes its checksum, and finds out whether it is the last.
    pub(super) fn fill(&mut self) -> Result<()> {
        let path = self.source.path;
        let failed = |error| match path {
            Some(path) => Error::local(format!("cannot read {}", path.display()), error),
            None => Error::local("cannot read the content", error).with_hint(CALLERS_READER),
        };
        self.buffer.clear();
        self.buffer.extend(self.ahead.take());
        let mut hasher = self.algorithm.map(Hasher::new);
        let mut hashed = 0;
        loop {
            let want = BLOCK.min(self.part_size - self.buffer.len() as u64);
            let n = (&mut *self.source.reader).take(want).read_to_end(&mut self.buffer).map_err(failed)?;
            if let Some(hasher) = &mut hasher {
                hasher.update(&self.buffer[hashed..]);
            }
            hashed = self.buffer.len();
            if hashed as u64 == self.part_size {
                self.ahead = read_byte(self.source.reader).map_err(failed)?;
                break;
            }
            if (n as u64) < want {
                break;
            }
        }
        self.checksum = hasher.map(|hasher| hasher.checksum());
        self.ended = self.ahead.is_none();
        self.read += self.buffer.len() as u64;
        Ok(())
    }

    pub(super) fn can_rewind(&self) -> bool {
        self.source.rewind.is_some()
    }

    /// Reads the content again from its first part, if it can be read twice.
    pub(super) fn rewind(&mut self) -> Result<()> {
        if let Some(rewind) = self.source.rewind {
            rewind()?;
            (self.ahead, self.read) = (None, 0);
            self.fill()?;
        }
        Ok(())
    }

    /// Returns the current part.
    pub(super) fn part(&self) -> &[u8] {
        &self.buffer
    }

    /// Returns the number of bytes that were read, including the current part.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Returns `true` if the current part is the last.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Fails if the source changed since it was opened, or ended early.
    pub(super) fn verify_unchanged(&self) -> Result<()> {
        (self.source.verify_unchanged)(self.read)
    }

    /// Returns the checksum of the current part, if there is an algorithm.
    pub(super) fn checksum(&self) -> Option<Checksum> {
        self.checksum
    }

    /// Reports that the server has the current part.
    pub(super) fn report(&self, options: &UploadOptions<'_>) -> Result<()> {
        self.report_sent(self.buffer.len() as u64, options)
    }

    /// Reports that this much of the current part was sent.
    pub(super) fn report_sent(&self, sent: u64, options: &UploadOptions<'_>) -> Result<()> {
        let before = self.read - self.buffer.len() as u64;
        let uploaded = self.reported.get().max(before + sent);
        self.reported.set(uploaded);
        options.progress.report((uploaded, self.source.len))
    }

    /// Returns how many parts the content can have.
    pub(super) fn max_parts(&self) -> u32 {
        self.max_parts
    }

    pub(super) fn too_many_parts(&self) -> Error {
        let size = self.part_size / MIB;
        let message = format!(
            "the content is longer than {} parts of {size} MiB, the most of one upload",
            self.max_parts
        );
        Error::new(ErrorKind::InvalidInput, message).with_hint(format!(
            "Choose a larger UploadOptions::part_size, such as {} MiB.",
            (size * 10).min(MAX_PART_SIZE / MIB)
        ))
    }
}

fn read_byte(reader: &mut dyn Read) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match reader.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
