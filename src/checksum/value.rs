//! The value of a checksum.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::algorithm::ChecksumAlgorithm;
use super::digest::{Md5Digest, Sha256Digest};
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::headers::Headers;

/// The longest checksum, in bytes.
const MAX_LEN: usize = 32;

/// A checksum: its algorithm and its value. `Display` prints the value in base64, the form of S3.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum {
    algorithm: ChecksumAlgorithm,
    /// As many bytes as the algorithm has; the rest is 0.
    bytes: [u8; MAX_LEN],
}

impl Checksum {
    /// Returns the algorithm.
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// Returns the value, in network byte order.
    ///
    /// ```
    /// # let client = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/documentation/client.rs"));
    /// let stored = client.put_object("my-new-bucket", "hello.txt", "Hello World!")?;
    /// if let Some(checksum) = &stored.checksum {
    ///     println!("{}: {:02x?}", checksum.algorithm(), checksum.as_bytes());
    /// }
    /// # Ok::<(), plain_s3::Error>(())
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.len()]
    }

    /// Creates a checksum. `value` must have the length of the algorithm.
    pub(crate) fn new(algorithm: ChecksumAlgorithm, value: &[u8]) -> Option<Self> {
        let mut bytes = [0; MAX_LEN];
        let value = Some(value).filter(|value| value.len() == algorithm.len())?;
        bytes[..value.len()].copy_from_slice(value);
        Some(Self { algorithm, bytes })
    }

    /// Parses the value in base64.
    pub(crate) fn from_base64(algorithm: ChecksumAlgorithm, text: &str) -> Option<Self> {
        Self::new(algorithm, &BASE64.decode(text.trim()).ok()?)
    }

    /// Fails with [`ErrorKind::Integrity`] unless `expected`, the server's checksum, is equal. `what` is the
    /// subject of the error text.
    pub(crate) fn ensure_equal(&self, expected: &Self, what: &str) -> Result<()> {
        if self == expected {
            return Ok(());
        }
        let (name, show, source): (_, fn(&Self) -> String, _) = match self.algorithm {
            ChecksumAlgorithm::Md5 => ("MD5", |md5| encode::hex(md5.as_bytes()), "ETag"),
            other => (other.as_str(), |checksum| checksum.to_base64(), "checksum"),
        };
        let message =
            format!("{what} has the {name} {}, but the server's {source} is {}", show(self), show(expected));
        Err(Error::new(ErrorKind::Integrity, message).with_hint(format!(
            "Try again. If this server's {source}s look like {name} digests but are not, turn off the check with \
             Config::skip_checksums."
        )))
    }

    /// Returns the MD5, if it is one.
    pub(crate) fn md5(&self) -> Option<Md5Digest> {
        let bytes = <[u8; 16]>::try_from(self.as_bytes()).ok()?;
        (self.algorithm == ChecksumAlgorithm::Md5).then(|| bytes.into())
    }

    /// Returns the SHA-256, if it is one.
    pub(crate) fn sha256(&self) -> Option<Sha256Digest> {
        (self.algorithm == ChecksumAlgorithm::Sha256).then(|| self.bytes.into())
    }

    /// Returns the checksum of this algorithm in the headers of a response. An MD5 is in the ETag instead.
    pub(crate) fn returned_in(&self, headers: &Headers) -> Option<Self> {
        self.algorithm.element()?;
        Self::from_base64(self.algorithm, headers.get(self.algorithm.header())?)
    }

    /// Returns the value in base64, the form of headers and XML.
    pub(crate) fn to_base64(self) -> String {
        BASE64.encode(self.as_bytes())
    }
}

impl From<Md5Digest> for Checksum {
    fn from(md5: Md5Digest) -> Self {
        let mut bytes = [0; MAX_LEN];
        bytes[..16].copy_from_slice(md5.as_bytes());
        Self { algorithm: ChecksumAlgorithm::Md5, bytes }
    }
}

impl From<Sha256Digest> for Checksum {
    fn from(sha256: Sha256Digest) -> Self {
        Self { algorithm: ChecksumAlgorithm::Sha256, bytes: *sha256.as_bytes() }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_base64())
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({} {})", self.algorithm, self.to_base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mismatch_names_both_values() {
        let md5 = |text: &str| Checksum::from(Md5Digest::of(text));
        md5("a").ensure_equal(&md5("a"), "the content").unwrap();
        let error = md5("Hello").ensure_equal(&md5("Hello World!"), "the content").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Integrity);
        assert_eq!(
            error.to_string(),
            "the content has the MD5 8b1a9953c4611296a827abf8c47804d7, but the server's ETag is \
             ed076287532e86365e841e92bfc50d8c. Try again. If this server's ETags look like MD5 digests but are not, \
             turn off the check with Config::skip_checksums."
        );
        let crc = |text| Checksum::from_base64(ChecksumAlgorithm::Crc32, text).unwrap();
        let error = crc("y/Q5Jg==").ensure_equal(&crc("4waSgw=="), "part 1").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("part 1 has the CRC32 y/Q5Jg==, but the server's checksum is 4waSgw=="),
            "{error}"
        );
    }

    #[test]
    fn only_base64_of_the_right_length_is_a_checksum() {
        let crc = Checksum::from_base64(ChecksumAlgorithm::Crc32c, " 4waSgw== ").unwrap();
        assert_eq!(
            (crc.as_bytes(), crc.algorithm()),
            (&[0xe3, 0x06, 0x92, 0x83][..], ChecksumAlgorithm::Crc32c)
        );
        assert_eq!(crc.to_string(), "4waSgw==");
        assert_eq!(format!("{crc:?}"), "Checksum(CRC32C 4waSgw==)");
        for text in ["", "4waSg", "4waSgw==-2", "4waSgwA=", "é"] {
            assert_eq!(Checksum::from_base64(ChecksumAlgorithm::Crc32c, text), None, "{text}");
        }
    }
}
