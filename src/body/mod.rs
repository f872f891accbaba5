//! The content of an upload: bytes, a file, or a reader of known length.

mod reader;
mod source;

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::file_system::{self, FileState};
pub(crate) use reader::{BodyReader, CALLERS_READER, SendProgress};
use source::{FileRef, Source};

/// The content of an upload.
///
/// Strings and bytes convert into it: `&str`, `String`, `&[u8]`, `Vec<u8>`, byte arrays, `Cow` and `Box`. So do
/// a [`File`], which is sent from its current position to its end, and a [`Path`], whose file is opened when it
/// is sent. A file must not change meanwhile. For a reader, use [`Body::from_reader`], which takes its length as
/// well.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
/// use plain_s3::Body;
///
/// client.put_object("my-new-bucket", "text", "Hello World!")?;
/// client.put_object("my-new-bucket", "bytes", vec![0, 1, 2])?;
/// client.put_object("my-new-bucket", "file", std::path::Path::new("photo.jpg"))?;
/// client.put_object("my-new-bucket", "reader", Body::from_reader(&b"five!"[..], 5))?;
/// assert_eq!(client.get_object("my-new-bucket", "reader")?.text()?, "five!");
/// # Ok(())
/// # }
/// ```
pub struct Body<'a> {
    content: Content<'a>,
    progress: Option<SendProgress<'a>>,
}

enum Content<'a> {
    Open(Source<'a>),
    /// A file that is opened when the request is sent.
    Path(Cow<'a, Path>),
}

impl<'a> Body<'a> {
    /// Creates a body of exactly `len` bytes from a reader.
    ///
    /// If the reader ends early or has more than `len` bytes, the call fails and nothing is stored. To send
    /// only the start of a longer reader, pass its [`take`](Read::take). A reader cannot be read twice, so
    /// the call is not retried once it has been read from.
    pub fn from_reader(reader: impl Read + 'a, len: u64) -> Self {
        Self::of(Source::Reader { reader: Box::new(reader), len })
    }

    fn of(source: Source<'a>) -> Self {
        Content::Open(source).into()
    }

    /// Reports the progress of sending this body, but not its end, which only the response confirms.
    pub(crate) fn with_progress(self, progress: Option<SendProgress<'a>>) -> Self {
        Self { progress, ..self }
    }

    /// Returns the content if it is in memory.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Open(Source::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn open(self) -> Result<BodyReader<'a>> {
        let content = match self.content {
            Content::Open(source) => source,
            Content::Path(path) => {
                let (file, _) = file_system::open_regular(&path).map_err(recommend_reader)?;
                Source::File(FileRef::Owned(file))
            }
        };
        let (start, len, state) = match &content {
            Source::Bytes(bytes) => (0, bytes.len() as u64, None),
            Source::Reader { len, .. } => (0, *len, None),
            Source::File(file) => {
                let (start, state) = inspect(file.get())?;
                (start, state.len.saturating_sub(start), Some(state))
            }
        };
        Ok(BodyReader::new(content, start, len, state, self.progress))
    }
}

/// Returns the position in a file, and its state.
fn inspect(mut file: &File) -> Result<(u64, FileState)> {
    let unreadable = |error| Error::local("cannot read the file to upload", error);
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(recommend_reader(file_system::not_regular("the file to upload")));
    }
    let start = file.stream_position().map_err(unreadable)?;
    Ok((start, FileState::of(&metadata)))
}

/// Adds how to send what has no length of its own.
fn recommend_reader(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput => error.with_hint("Use Body::from_reader, which takes the length."),
        _ => error,
    }
}

impl<'a> From<Content<'a>> for Body<'a> {
    fn from(content: Content<'a>) -> Self {
        Self { content, progress: None }
    }
}

impl<'a> From<&'a [u8]> for Body<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::of(Source::Bytes(Cow::Borrowed(bytes)))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Body<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl<'a> From<&'a Vec<u8>> for Body<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl<'a> From<&'a str> for Body<'a> {
    fn from(text: &'a str) -> Self {
        text.as_bytes().into()
    }
}

impl<'a> From<&'a String> for Body<'a> {
    fn from(text: &'a String) -> Self {
        text.as_bytes().into()
    }
}

impl From<Vec<u8>> for Body<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::of(Source::Bytes(Cow::Owned(bytes)))
    }
}

impl From<String> for Body<'_> {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl<'a> From<Cow<'a, [u8]>> for Body<'a> {
    fn from(bytes: Cow<'a, [u8]>) -> Self {
        Self::of(Source::Bytes(bytes))
    }
}

impl<'a> From<Cow<'a, str>> for Body<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Box<[u8]>> for Body<'_> {
    fn from(bytes: Box<[u8]>) -> Self {
        bytes.into_vec().into()
    }
}

impl From<Box<str>> for Body<'_> {
    fn from(text: Box<str>) -> Self {
        text.into_string().into()
    }
}

impl<'a> From<&'a Path> for Body<'a> {
    fn from(path: &'a Path) -> Self {
        Content::Path(Cow::Borrowed(path)).into()
    }
}

impl<'a> From<&'a PathBuf> for Body<'a> {
    fn from(path: &'a PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<PathBuf> for Body<'_> {
    fn from(path: PathBuf) -> Self {
        Content::Path(Cow::Owned(path)).into()
    }
}

impl From<File> for Body<'_> {
    fn from(file: File) -> Self {
        Self::of(Source::File(FileRef::Owned(file)))
    }
}

impl<'a> From<&'a File> for Body<'a> {
    fn from(file: &'a File) -> Self {
        Self::of(Source::File(FileRef::Borrowed(file)))
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Open(Source::Bytes(bytes)) => write!(f, "Body({} bytes)", bytes.len()),
            Content::Open(Source::File(_)) => f.write_str("Body(file)"),
            Content::Open(Source::Reader { len, .. }) => write!(f, "Body(reader of {len} bytes)"),
            Content::Path(path) => write!(f, "Body({path:?})"),
        }
    }
}
