//! MD5 and SHA-256 digests as types.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::encode;

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
        bytes_of_hex(text).map(Self)
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
}

impl From<[u8; 16]> for Md5Digest {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
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

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Returns the digest of these bytes.
    pub(crate) fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Parses 64 hexadecimal digits of either case.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        bytes_of_hex(text).map(Self)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns 64 lower-case hexadecimal digits, as Signature V4 uses them.
    pub(crate) fn to_hex(self) -> String {
        encode::hex(&self.0)
    }
}

impl From<[u8; 32]> for Sha256Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({})", self.to_hex())
    }
}

/// Decodes exactly `N` bytes, each of two hexadecimal digits.
fn bytes_of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = Some(text.as_bytes()).filter(|digits| digits.len() == 2 * N)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = encode::hex_digit(pair[0])? << 4 | encode::hex_digit(pair[1])?;
    }
    Some(bytes)
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
        assert_eq!(Sha256Digest::from_hex(&digits.to_uppercase()), Some(Sha256Digest::of("")));
        assert_eq!(Sha256Digest::from_hex(&digits[1..]), None);
    }
}
