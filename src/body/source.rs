//! Where the content of a body comes from.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;

pub(super) enum Source<'a> {
    Bytes(Cow<'a, [u8]>),
    File(FileRef<'a>),
    Reader { reader: Box<dyn Read + 'a>, len: u64 },
}

pub(super) enum FileRef<'a> {
    Owned(File),
    Borrowed(&'a File),
}

impl FileRef<'_> {
    pub(super) fn get(&self) -> &File {
        match self {
            Self::Owned(file) => file,
            Self::Borrowed(file) => file,
        }
    }
}
