//! What is uploaded: bytes, a file, or a reader of known length, none of them sent short or long.

mod reader;

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek as _};

use crate::error::{Error, Result};
pub(crate) use reader::BodyReader;

/// The content of an object to store.
///
/// Anything that is bytes converts into it: `&str`, `String`, `&[u8]`, `Vec<u8>`, byte arrays. So does a
/// [`File`], which is sent from its position to its end. A reader needs its length, by
/// [`Body::from_reader`].
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let client = plain_s3::Client::new(plain_s3::Config::from_env()?)?;
/// use plain_s3::Body;
///
/// client.put_object("my-bucket", "text", "Hello World!")?;
/// client.put_object("my-bucket", "bytes", vec![0, 1, 2])?;
/// client.put_object("my-bucket", "file", std::fs::File::open("photo.jpg")?)?;
/// client.put_object("my-bucket", "reader", Body::from_reader(&b"five!"[..], 5))?;
/// # Ok(())
/// # }
/// ```
pub struct Body<'a>(Source<'a>);

enum Source<'a> {
    Bytes(Cow<'a, [u8]>),
    File(FileRef<'a>),
    Reader { reader: Box<dyn Read + 'a>, len: u64 },
}

enum FileRef<'a> {
    Owned(File),
    Borrowed(&'a File),
}

impl FileRef<'_> {
    fn get(&self) -> &File {
        match self {
            Self::Owned(file) => file,
            Self::Borrowed(file) => file,
        }
    }
}

impl<'a> Body<'a> {
    /// Takes exactly `len` bytes from a reader.
    ///
    /// A reader that ends early or goes on after `len` bytes is an error of the call, and nothing is
    /// stored. To send the start of a longer reader, give its [`take`](Read::take). A reader cannot be
    /// read twice, so a call whose connection breaks midway is not repeated.
    pub fn from_reader(reader: impl Read + 'a, len: u64) -> Self {
        Self(Source::Reader { reader: Box::new(reader), len })
    }

    /// The content, where it is bytes in memory.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Source::Bytes(bytes) => Some(bytes),
            Source::File(_) | Source::Reader { .. } => None,
        }
    }

    pub(crate) fn open(self) -> Result<BodyReader<'a>> {
        let (start, len) = match &self.0 {
            Source::Bytes(bytes) => (0, bytes.len() as u64),
            Source::Reader { len, .. } => (0, *len),
            Source::File(file) => file_span(file.get())?,
        };
        Ok(BodyReader::new(self.0, start, len))
    }
}

fn file_span(mut file: &File) -> Result<(u64, u64)> {
    let unreadable = |error| Error::local("the file to upload cannot be read", error);
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Error::invalid("the file to upload is no regular file, so its length is not known")
            .with_hint("Give its length by Body::from_reader."));
    }
    let start = file.stream_position().map_err(unreadable)?;
    Ok((start, metadata.len().saturating_sub(start)))
}

impl<'a> From<&'a [u8]> for Body<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Source::Bytes(Cow::Borrowed(bytes)))
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
        Self(Source::Bytes(Cow::Owned(bytes)))
    }
}

impl From<String> for Body<'_> {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<File> for Body<'_> {
    fn from(file: File) -> Self {
        Self(Source::File(FileRef::Owned(file)))
    }
}

impl<'a> From<&'a File> for Body<'a> {
    fn from(file: &'a File) -> Self {
        Self(Source::File(FileRef::Borrowed(file)))
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Source::File(_) => f.write_str("Body(file)"),
            Source::Reader { len, .. } => write!(f, "Body(reader of {len} bytes)"),
        }
    }
}
