//! A body that is being sent: exactly its length, or an error that says why not.

use std::io::{self, Read, Seek as _, SeekFrom};

use md5::{Digest as _, Md5};

use super::{Body, Source};
use crate::error::{Error, ErrorKind, Result};

/// A body on its way out. As a [`Read`] it yields exactly its length or fails, and keeps why.
pub(crate) struct BodyReader<'a> {
    source: Source<'a>,
    start: u64,
    len: u64,
    sent: u64,
    /// A read has been tried, so that a reader cannot begin anew.
    started: bool,
    failure: Option<Error>,
    md5: Option<Md5>,
}

impl<'a> BodyReader<'a> {
    pub(super) fn new(source: Source<'a>, start: u64, len: u64) -> Self {
        Self { source, start, len, sent: 0, started: false, failure: None, md5: None }
    }
}

impl BodyReader<'static> {
    pub(crate) fn empty() -> Self {
        Body::from(Vec::new()).open().expect("bytes always open")
    }
}

impl BodyReader<'_> {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Has the bytes hashed as they are sent.
    pub(crate) fn with_md5(mut self) -> Self {
        self.md5 = Some(Md5::new());
        self
    }

    /// The MD5 of what was sent, where it was asked for.
    pub(crate) fn md5(&self) -> Option<[u8; 16]> {
        self.md5.clone().map(|md5| md5.finalize().into())
    }

    /// The MD5 of the whole, where it was asked for; read once more, as not all of it need have been sent.
    pub(crate) fn md5_of_all(&mut self) -> Option<[u8; 16]> {
        if !self.rewind().ok()? {
            return None;
        }
        io::copy(self, &mut io::sink()).ok()?;
        self.md5()
    }

    /// Makes ready for one more attempt; false where the bytes are gone.
    pub(crate) fn rewind(&mut self) -> Result<bool> {
        match &self.source {
            Source::Bytes(_) => {}
            Source::File(file) => {
                let mut file = file.get();
                file.seek(SeekFrom::Start(self.start))
                    .map_err(|error| Error::local("the file to upload cannot be read again", error))?;
            }
            Source::Reader { .. } if self.started => return Ok(false),
            Source::Reader { .. } => {}
        }
        self.sent = 0;
        self.failure = None;
        self.md5 = self.md5.take().map(|_| Md5::new());
        Ok(true)
    }

    /// Passes over up to this many bytes without reading them, as nobody takes them any more.
    pub(crate) fn skip(&mut self, most: usize) -> usize {
        let n = usize::try_from(self.len - self.sent).unwrap_or(usize::MAX).min(most);
        self.sent += n as u64;
        n
    }

    /// Why reading failed, where it was not the network that did.
    pub(crate) fn take_error(&mut self) -> Option<Error> {
        self.failure.take()
    }

    fn fetch(&mut self, buf: &mut [u8]) -> Result<usize> {
        let left = self.len - self.sent;
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            return Ok(0);
        }
        let n = self.read_source(&mut buf[..want])?;
        if n == 0 {
            let ended = format!("the body ended after {} of its {} bytes", self.sent, self.len);
            return Err(Error::new(ErrorKind::LocalIo, ended).with_hint("Nothing was stored."));
        }
        if n as u64 == left {
            self.expect_end()?;
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(&buf[..n]);
        }
        self.sent += n as u64;
        Ok(n)
    }

    /// One byte too many is found before the last of the announced bytes goes out, so that the server
    /// stores nothing. Called before an empty body is sent, too.
    pub(crate) fn expect_end(&mut self) -> Result<()> {
        if matches!(self.source, Source::Bytes(_)) || self.read_source(&mut [0])? == 0 {
            return Ok(());
        }
        let longer = format!("the body goes on after the {} bytes that were announced", self.len);
        Err(Error::new(ErrorKind::LocalIo, longer).with_hint("Nothing was stored."))
    }

    fn read_source(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.started = true;
        loop {
            let result = match &mut self.source {
                Source::Bytes(bytes) => (&bytes[self.sent as usize..]).read(buf),
                Source::File(file) => file.get().read(buf),
                Source::Reader { reader, .. } => reader.read(buf),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(|error| Error::local("reading the body failed", error)),
            }
        }
    }
}

impl Read for BodyReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.fetch(buf).map_err(|error| {
            self.failure = Some(error);
            io::Error::other("the body failed") // only ends the attempt; the kept failure is the error
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(body: Body<'_>) -> Result<Vec<u8>> {
        let mut body = body.open()?;
        let mut out = Vec::new();
        match body.read_to_end(&mut out) {
            Ok(_) => Ok(out),
            Err(_) => Err(body.take_error().unwrap()),
        }
    }

    #[test]
    fn everything_that_is_bytes_converts() {
        let owned = String::from("abc");
        let vec = vec![b'a', b'b', b'c'];
        let bodies: [Body<'_>; 7] = [
            "abc".into(),
            (&owned).into(),
            owned.clone().into(),
            b"abc".into(),
            (&vec).into(),
            vec.clone().into(),
            vec.as_slice().into(),
        ];
        for body in bodies {
            assert_eq!(read_all(body).unwrap(), b"abc");
        }
    }

    #[test]
    fn a_reader_must_have_the_length_it_announced() {
        assert_eq!(read_all(Body::from_reader(&b"abcd"[..], 4)).unwrap(), b"abcd");
        let short = read_all(Body::from_reader(&b"abc"[..], 4)).unwrap_err();
        assert!(short.to_string().contains("after 3 of its 4 bytes"), "{short}");
        let long = read_all(Body::from_reader(&b"abcde"[..], 4)).unwrap_err();
        assert!(long.to_string().contains("goes on after the 4 bytes"), "{long}");
        assert!(Body::from_reader(&b"x"[..], 0).open().unwrap().expect_end().is_err());
    }

    #[test]
    fn a_readers_own_error_comes_back_as_its_source() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("tape torn"))
            }
        }
        let error = read_all(Body::from_reader(Broken, 9)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LocalIo);
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "tape torn");
    }

    #[test]
    fn bytes_rewind_and_a_reader_only_before_its_first_read() {
        let mut bytes = Body::from("abc").open().unwrap().with_md5();
        for _ in 0..2 {
            assert!(bytes.rewind().unwrap());
            assert_eq!(io::read_to_string(&mut bytes).unwrap(), "abc");
            assert_eq!(bytes.md5().unwrap()[..2], [0x90, 0x01]);
        }
        let mut reader = Body::from_reader(&b"abc"[..], 3).open().unwrap();
        assert!(reader.rewind().unwrap());
        reader.read_exact(&mut [0]).unwrap();
        assert!(!reader.rewind().unwrap());
    }
}
