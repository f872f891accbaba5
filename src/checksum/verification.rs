//! What was compared before content was accepted.

use super::algorithm::ChecksumAlgorithm;

/// What was compared before downloaded content was accepted as complete. The length is always compared.
///
/// The client compares the cheapest checksum that the server returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Verification {
    /// The CRC-64/NVME of the content.
    Crc64Nvme,
    /// The CRC-32C of the content.
    Crc32c,
    /// The CRC-32 of the content.
    Crc32,
    /// The SHA-256 of the content, with the server's checksum or with the caller's
    /// ([`GetObjectOptions::sha256`](crate::GetObjectOptions::sha256)).
    Sha256,
    /// The SHA-1 of the content.
    Sha1,
    /// The MD5 of the content, with the ETag.
    Md5,
    /// The MD5 of the MD5s of the parts, with the ETag of an object that was uploaded in parts.
    MultipartMd5 {
        /// The number of parts.
        parts: u32,
    },
    /// The checksum of the checksums of the parts, of an object that was uploaded in parts.
    Composite {
        /// The algorithm of the checksums.
        algorithm: ChecksumAlgorithm,
        /// The number of parts.
        parts: u32,
    },
    /// The length only: the server returned no checksum, or one that cannot be compared because the sizes of the
    /// parts are unknown, or a range was read, or
    /// [`Config::skip_checksums`](crate::Config::skip_checksums) turned the checks off.
    Length,
}

impl From<ChecksumAlgorithm> for Verification {
    fn from(algorithm: ChecksumAlgorithm) -> Self {
        match algorithm {
            ChecksumAlgorithm::Crc64Nvme => Self::Crc64Nvme,
            ChecksumAlgorithm::Crc32c => Self::Crc32c,
            ChecksumAlgorithm::Crc32 => Self::Crc32,
            ChecksumAlgorithm::Sha256 => Self::Sha256,
            ChecksumAlgorithm::Sha1 => Self::Sha1,
            ChecksumAlgorithm::Md5 => Self::Md5,
        }
    }
}
