//! Reads a body while it is sent, and ensures that it has exactly its declared length.

use std::io::{self, Read, Seek as _, SeekFrom};

use super::source::Source;
use crate::checksum::{Checksum, ChecksumAlgorithm, Hasher, Md5Digest, Md5Hasher, Sha256Digest};
use crate::error::{Error, ErrorKind, Result};
use crate::file_system::FileState;

/// The hint if a reader passed by the caller fails.
pub(crate) const CALLERS_READER: &str =
    "The reader that was passed to the call returned this error: Error::get_ref returns it.";
/// The hint if a body does not have its declared length.
const WRONG_LENGTH: &str = "Nothing was stored: pass the exact length to Body::from_reader, or use upload_reader, which needs \
     none.";

/// Called with the number of bytes that were sent, while a body is sent. An error cancels the request.
pub(crate) type SendProgress<'a> = &'a dyn Fn(u64) -> Result<()>;

/// The most bytes that are read at once, if progress is reported.
const PROGRESS_STEP: usize = 256 << 10;

/// Reads a body for one request and its retries. As a [`Read`], it yields exactly the declared length or
/// fails. The transport turns that failure into an error of its own, so the cause is kept for
/// [`take_error`](Self::take_error).
pub(crate) struct BodyReader<'a> {
    source: Source<'a>,
    start: u64,
    len: u64,
    /// The state of a file, which must not change.
    state: Option<FileState>,
    sent: u64,
    /// A read was attempted, so a source that cannot seek cannot be rewound.
    started: bool,
    error: Option<Error>,
    md5: Option<Md5Hasher>,
    /// The SHA-256 that the body must have, and that of the bytes so far.
    sha256: Option<(Sha256Digest, Hasher)>,
    progress: Option<SendProgress<'a>>,
    /// The progress reported so far. Further attempts report nothing until they have sent more.
    reported: u64,
}

impl<'a> BodyReader<'a> {
    pub(super) fn new(
        source: Source<'a>,
        start: u64,
        len: u64,
        state: Option<FileState>,
        progress: Option<SendProgress<'a>>,
    ) -> Self {
        Self {
            source,
            start,
            len,
            state,
            sent: 0,
            started: false,
            error: None,
            md5: None,
            sha256: None,
            progress,
            reported: 0,
        }
    }
}

impl BodyReader<'_> {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Computes the MD5 of the bytes while they are sent.
    pub(crate) fn start_md5(&mut self) {
        self.md5 = Some(Md5Hasher::new());
    }

    /// Returns `true` if the body can be read again after it was sent.
    pub(crate) fn is_repeatable(&self) -> bool {
        !matches!(self.source, Source::Reader { .. })
    }

    /// Requires the body to have this SHA-256. Otherwise its last bytes are not sent, and nothing is stored.
    pub(crate) fn require_sha256(mut self, sha256: Sha256Digest) -> Self {
        self.sha256 = Some((sha256, Hasher::new(ChecksumAlgorithm::Sha256)));
        self
    }

    /// Returns the checksum of the whole body before it is sent. Returns `None` for a body that can be read only
    /// once.
    pub(crate) fn checksum(&mut self, algorithm: ChecksumAlgorithm) -> Result<Option<Checksum>> {
        match &self.source {
            Source::Bytes(bytes) => return Ok(Some(Hasher::of(algorithm, bytes))),
            Source::Reader { .. } => return Ok(None),
            Source::File(_) => {}
        }
        let mut hasher = Hasher::new(algorithm);
        self.rewind()?;
        self.read_all(|bytes| hasher.update(bytes))?;
        self.rewind()?;
        Ok(Some(hasher.checksum()))
    }

    /// Reads the rest of the body without sending it.
    fn read_all(&mut self, mut with: impl FnMut(&[u8])) -> Result<()> {
        let mut buffer = vec![0; 256 << 10];
        loop {
            match self.try_read(&mut buffer)? {
                0 => return Ok(()),
                n => with(&buffer[..n]),
            }
        }
    }

    /// Returns the MD5 of the bytes sent so far, if [`start_md5`](Self::start_md5) was called.
    pub(crate) fn md5(&self) -> Option<Md5Digest> {
        self.md5.as_ref().map(Md5Hasher::digest)
    }

    /// Returns the MD5 of the whole body, unless it can be read only once. Reads the body again, because the last
    /// attempt may have sent only a part of it.
    pub(crate) fn full_md5(&mut self) -> Option<Md5Digest> {
        self.md5.get_or_insert_default();
        if !self.rewind().ok()? {
            return None;
        }
        self.read_all(|_| {}).ok()?;
        self.md5()
    }

    /// Goes back to the start for another attempt. Returns `false` if the source cannot be read again.
    pub(crate) fn rewind(&mut self) -> Result<bool> {
        match &self.source {
            Source::Bytes(_) => {}
            Source::File(file) => {
                let mut file = file.get();
                file.seek(SeekFrom::Start(self.start))
                    .map_err(|error| Error::local("cannot read the file to upload again", error))?;
            }
            Source::Reader { .. } if self.started => return Ok(false),
            Source::Reader { .. } => {}
        }
        self.sent = 0;
        self.error = None;
        self.md5 = self.md5.take().map(|_| Md5Hasher::new());
        self.sha256 = self.sha256.take().map(|(sha256, _)| (sha256, Hasher::new(ChecksumAlgorithm::Sha256)));
        Ok(true)
    }

    /// Skips up to `max` bytes without reading them, for a server that has stopped accepting the body.
    pub(crate) fn skip(&mut self, max: usize) -> usize {
        let n = usize::try_from(self.len - self.sent).unwrap_or(usize::MAX).min(max);
        self.sent += n as u64;
        n
    }

    /// Takes the error that made the last read fail: an error of the source, not of the network.
    pub(crate) fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// Reads from the source: [`Read::read`] with this crate's error.
    fn try_read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let left = self.len - self.sent;
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            return Ok(0);
        }
        let n = self.read_source(&mut buf[..want])?;
        if n == 0 {
            let message = format!("the body ended after {} of its {} bytes", self.sent, self.len);
            return Err(Error::new(ErrorKind::LocalIo, message).with_hint(WRONG_LENGTH));
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(&buf[..n]);
        }
        if let Some((_, hasher)) = &mut self.sha256 {
            hasher.update(&buf[..n]);
        }
        if n as u64 == left {
            // before the last bytes go out: the server stores nothing if the request stays incomplete
            self.expect_end()?;
        }
        self.sent += n as u64;
        Ok(n)
    }

    /// Fails if the source has more bytes than declared, is a file that has changed, or does not have the required
    /// SHA-256. Also called before an empty body is sent, which is never read.
    pub(crate) fn expect_end(&mut self) -> Result<()> {
        if let Some((expected, hasher)) = &self.sha256 {
            expected.ensure_pinned(hasher).map_err(|error| {
                error.with_hint("Nothing was stored: check the content and PutObjectOptions::sha256.")
            })?;
        }
        let ended = matches!(self.source, Source::Bytes(_)) || self.read_source(&mut [0])? == 0;
        let (message, hint) = if !ended {
            (format!("the body is longer than its declared length of {} bytes", self.len), WRONG_LENGTH)
        } else if self.is_unchanged()? {
            return Ok(());
        } else {
            let hint = "Nothing was stored: upload the file again when no other program writes to it.";
            ("the file changed while it was sent".to_owned(), hint)
        };
        Err(Error::new(ErrorKind::LocalIo, message).with_hint(hint))
    }

    fn is_unchanged(&self) -> Result<bool> {
        let (Source::File(file), Some(before)) = (&self.source, self.state) else { return Ok(true) };
        let now = file.get().metadata().map_err(|error| Error::local("cannot read the body", error))?;
        Ok(FileState::of(&now) == before)
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
                Err(error) => {
                    let error = Error::local("cannot read the body", error);
                    let is_reader = matches!(self.source, Source::Reader { .. });
                    return Err(if is_reader { error.with_hint(CALLERS_READER) } else { error });
                }
                Ok(n) => return Ok(n),
            }
        }
    }
}

impl BodyReader<'_> {
    /// Reads bytes to send. The transport asks for them after it has sent the previous ones, so these are reported.
    fn read_to_send(&mut self, buf: &mut [u8]) -> Result<usize> {
        let Some(progress) = self.progress else { return self.try_read(buf) };
        if self.sent > self.reported && self.sent < self.len {
            self.reported = self.sent;
            progress(self.sent)?;
        }
        let most = buf.len().min(PROGRESS_STEP);
        self.try_read(&mut buf[..most])
    }
}

impl Read for BodyReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read_to_send(buf).map_err(|error| {
            self.error = Some(error);
            io::Error::other("the body failed") // only ends the attempt; `take_error` has the cause
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Body;
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
    fn strings_and_bytes_convert() {
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
    fn reader_must_have_its_declared_length() {
        assert_eq!(read_all(Body::from_reader(&b"abcd"[..], 4)).unwrap(), b"abcd");
        let short = read_all(Body::from_reader(&b"abc"[..], 4)).unwrap_err();
        assert!(short.to_string().contains("after 3 of its 4 bytes"), "{short}");
        let long = read_all(Body::from_reader(&b"abcde"[..], 4)).unwrap_err();
        assert!(long.to_string().contains("declared length of 4 bytes"), "{long}");
        assert!(Body::from_reader(&b"x"[..], 0).open().unwrap().expect_end().is_err());
    }

    #[test]
    fn error_of_a_reader_is_the_cause() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("tape torn"))
            }
        }
        let error = read_all(Body::from_reader(Broken, 9)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LocalIo);
        assert_eq!(error.get_ref().unwrap().to_string(), "tape torn");
    }

    #[test]
    fn last_bytes_are_not_sent_unless_the_sha256_is_the_required_one() {
        for (text, required) in [("abc", "abc"), ("", ""), ("abc", "abd"), ("", "x")] {
            let mut body = Body::from(text).open().unwrap().require_sha256(Sha256Digest::of(required));
            for _ in 0..2 {
                assert!(body.rewind().unwrap());
                let mut out = Vec::new();
                let read = body.read_to_end(&mut out).and_then(|_| Ok(body.expect_end()?));
                assert_eq!(read.is_ok(), text == required, "{text:?} {required:?}");
                assert_eq!(out == text.as_bytes(), text.is_empty() || text == required);
            }
        }
    }

    #[test]
    fn progress_only_grows_and_leaves_the_end_to_the_response() {
        use std::cell::RefCell;
        let content = vec![7; 2 * PROGRESS_STEP + 1];
        let reports = RefCell::new(Vec::new());
        let report = |sent| {
            reports.borrow_mut().push(sent as usize);
            Ok(())
        };
        let mut body = Body::from(&content).with_progress(Some(&report)).open().unwrap();
        body.start_md5();
        body.checksum(ChecksumAlgorithm::Sha256).unwrap();
        let mut buffer = vec![0; 4 * PROGRESS_STEP];
        for _ in 0..2 {
            assert_eq!(body.read(&mut buffer).unwrap(), PROGRESS_STEP);
            assert_eq!(body.read(&mut buffer).unwrap(), PROGRESS_STEP);
            assert_eq!(*reports.borrow(), [PROGRESS_STEP]);
            assert!(body.rewind().unwrap());
        }
        assert_eq!(body.full_md5(), Some(Md5Digest::of(&content)));
        assert!(body.rewind().unwrap());
        assert_eq!(io::copy(&mut body, &mut io::sink()).unwrap(), content.len() as u64);
        let reports = reports.borrow();
        assert!(reports.is_sorted() && *reports.last().unwrap() < content.len(), "{reports:?}");
    }

    #[test]
    fn checksum_is_that_of_the_bytes_that_are_sent() {
        let expected = Hasher::of(ChecksumAlgorithm::Crc32c, b"abc");
        let mut body = Body::from("abc").open().unwrap();
        assert_eq!(body.checksum(ChecksumAlgorithm::Crc32c).unwrap(), Some(expected));
        assert_eq!(io::read_to_string(&mut body).unwrap(), "abc");
        let mut reader = Body::from_reader(&b"abc"[..], 3).open().unwrap();
        assert_eq!(reader.checksum(ChecksumAlgorithm::Crc32c).unwrap(), None);
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "abc");
    }

    #[test]
    fn bytes_rewind_but_a_reader_only_before_its_first_read() {
        let mut bytes = Body::from("abc").open().unwrap();
        bytes.start_md5();
        for _ in 0..2 {
            assert!(bytes.rewind().unwrap());
            assert_eq!(io::read_to_string(&mut bytes).unwrap(), "abc");
            assert_eq!(bytes.md5(), Some(Md5Digest::of("abc")));
            assert_eq!(bytes.full_md5(), bytes.md5());
        }
        let mut reader = Body::from_reader(&b"abc"[..], 3).open().unwrap();
        assert!(reader.rewind().unwrap());
        reader.read_exact(&mut [0]).unwrap();
        assert!(!reader.rewind().unwrap());
    }
}
