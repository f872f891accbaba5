//! MD5 and SHA-256 digests as types, and the comparison of content with its ETag.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::encode;
use crate::error::{Error, ErrorKind, Result};

/// What was compared before downloaded content was accepted as complete. The length is always compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// The length, and the MD5 of the content with the ETag.
    Md5,
    /// The length only: the ETag is not an MD5 because the object was uploaded in parts or is encrypted, a
    /// range was read, or [`Config::skip_md5_check`](crate::Config::skip_md5_check) turned the check off.
    Length,
}

/// An MD5 digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Md5Digest([u8; 16]);

impl Md5Digest {
    /// Returns the digest of these bytes.
    pub(crate) fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Md5::digest(bytes).into())
    }

    /// Parses 32 hexadecimal digits of either case.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = Some(text.as_bytes()).filter(|digits| digits.len() == 32)?;
        let mut md5 = [0; 16];
        for (byte, pair) in md5.iter_mut().zip(digits.chunks(2)) {
            *byte = encode::hex_digit(pair[0])? << 4 | encode::hex_digit(pair[1])?;
        }
        Some(Self(md5))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Returns 32 lower-case hexadecimal digits, the form of an ETag.
    pub(crate) fn to_hex(self) -> String {
        encode::hex(&self.0)
    }

    /// Returns the form of the `Content-MD5` header.
    pub(crate) fn to_base64(self) -> String {
        BASE64.encode(self.0)
    }

    /// Fails with [`ErrorKind::Integrity`] unless `expected`, the MD5 in the server's ETag, is equal.
    /// `what` is the subject of the error text.
    pub(crate) fn ensure_equal(&self, expected: &Self, what: &str) -> Result<()> {
        if self == expected {
            return Ok(());
        }
        let message =
            format!("{what} has the MD5 {}, but the server's ETag is {}", self.to_hex(), expected.to_hex());
        Err(Error::new(ErrorKind::Integrity, message).with_hint(
            "Try again. If this server's ETags look like MD5 digests but are not, turn off the check with \
             Config::skip_md5_check.",
        ))
    }
}

impl fmt::Debug for Md5Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Md5Digest({})", self.to_hex())
    }
}

/// Computes an MD5 digest incrementally.
#[derive(Clone, Debug, Default)]
pub(crate) struct Md5Hasher(Md5);

impl Md5Hasher {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// Returns the digest of all bytes so far; more bytes can follow.
    pub(crate) fn digest(&self) -> Md5Digest {
        Md5Digest(self.0.clone().finalize().into())
    }
}

/// Hashes content while it is read, to compare it with its ETag at the end.
#[derive(Clone, Debug)]
pub(crate) struct Md5Check {
    expected: Md5Digest,
    state: Md5Hasher,
}

impl Md5Check {
    pub(crate) fn new(expected: Md5Digest) -> Self {
        Self { expected, state: Md5Hasher::new() }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// Fails with [`ErrorKind::Integrity`] unless the content so far has the expected MD5.
    pub(crate) fn finish(&self) -> Result<()> {
        self.state.digest().ensure_equal(&self.expected, "the content")
    }
}

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Returns the digest of these bytes.
    pub(crate) fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Returns 64 lower-case hexadecimal digits, as Signature V4 uses them.
    pub(crate) fn to_hex(self) -> String {
        encode::hex(&self.0)
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({})", self.to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = "Hello World!";
    const HELLO_MD5: &str = "ed076287532e86365e841e92bfc50d8c";

    #[test]
    fn md5_has_its_standard_forms() {
        let md5 = Md5Digest::of(HELLO);
        assert_eq!(md5.to_hex(), HELLO_MD5);
        assert_eq!(md5.to_base64(), "7Qdih1MuhjZehB6Sv8UNjA==");
        assert_eq!(format!("{md5:?}"), format!("Md5Digest({HELLO_MD5})"));
        assert_eq!((md5.as_bytes()[0], md5.as_bytes()[15]), (0xed, 0x8c));
    }

    #[test]
    fn md5_is_parsed_from_32_hex_digits_only() {
        for text in [HELLO_MD5, &HELLO_MD5.to_uppercase()] {
            assert_eq!(Md5Digest::from_hex(text), Some(Md5Digest::of(HELLO)));
        }
        for text in ["", "ed", &"z".repeat(32), &"é".repeat(16), &"0".repeat(33)] {
            assert_eq!(Md5Digest::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn incremental_md5_equals_md5_of_the_whole() {
        let mut hasher = Md5Hasher::new();
        assert_eq!(hasher.digest(), Md5Digest::of(""));
        hasher.update("Hello ");
        hasher.update("World!");
        assert_eq!(hasher.digest(), Md5Digest::of(HELLO));
    }

    #[test]
    fn sha256_of_nothing_is_the_published_value() {
        let digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256Digest::of("").to_hex(), digits);
        assert_eq!(format!("{:?}", Sha256Digest::of("")), format!("Sha256Digest({digits})"));
    }

    #[test]
    fn mismatch_names_both_digests() {
        let mut check = Md5Check::new(Md5Digest::of(HELLO));
        check.update(b"Hello");
        let error = check.finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Integrity);
        assert_eq!(
            error.to_string(),
            format!(
                "the content has the MD5 8b1a9953c4611296a827abf8c47804d7, but the server's ETag is {HELLO_MD5}. \
                 Try again. If this server's ETags look like MD5 digests but are not, turn off the check with \
                 Config::skip_md5_check."
            )
        );
        check.update(b" World!");
        check.finish().unwrap();
    }
}
