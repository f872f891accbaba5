//! The checksum algorithms of S3, and their names in requests and responses.

use crate::names::impl_names;

/// An algorithm for the checksum of an object.
///
/// All of them detect damage. Only SHA-256 also protects against someone who can change the content on purpose.
/// CPU time on one core of an x86-64 server with and without the instructions that accelerate it:
///
/// | | with, s/GiB | without, s/GiB |
/// |---|---|---|
/// | [`Crc64Nvme`](Self::Crc64Nvme) | 0.07 | 0.28 |
/// | [`Crc32c`](Self::Crc32c), [`Crc32`](Self::Crc32) | | 0.21 |
/// | [`Sha1`](Self::Sha1) | 0.50 | 1.12 |
/// | [`Sha256`](Self::Sha256) | 0.53 | 2.23 |
/// | [`Md5`](Self::Md5) | | 1.49 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-64/NVME, sent as `x-amz-checksum-crc64nvme`. AWS stores it with every object since the end of 2024.
    Crc64Nvme,
    /// CRC-32C (Castagnoli), sent as `x-amz-checksum-crc32c`.
    Crc32c,
    /// CRC-32, sent as `x-amz-checksum-crc32`.
    Crc32,
    /// SHA-256, sent as `x-amz-checksum-sha256`. Signature V4 also signs it.
    Sha256,
    /// SHA-1, sent as `x-amz-checksum-sha1`.
    Sha1,
    /// MD5, sent as `Content-MD5`, which every server understands.
    Md5,
}

impl_names! {
    ChecksumAlgorithm, "checksum algorithm";
    /// Returns the name of the algorithm in S3 requests, such as `CRC64NVME`.
    as_str;
    Crc64Nvme => "CRC64NVME",
    Crc32c => "CRC32C",
    Crc32 => "CRC32",
    Sha256 => "SHA256",
    Sha1 => "SHA1",
    Md5 => "MD5",
}

impl ChecksumAlgorithm {
    /// All algorithms, the cheapest first.
    pub(crate) const ALL: [Self; 6] =
        [Self::Crc64Nvme, Self::Crc32c, Self::Crc32, Self::Sha1, Self::Sha256, Self::Md5];

    /// Returns the request and response header of the checksum.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Md5 => "content-md5",
        }
    }

    /// Returns the XML element of the checksum. MD5 has none: ETags contain it.
    pub(crate) fn element(self) -> Option<&'static str> {
        match self {
            Self::Crc64Nvme => Some("ChecksumCRC64NVME"),
            Self::Crc32c => Some("ChecksumCRC32C"),
            Self::Crc32 => Some("ChecksumCRC32"),
            Self::Sha256 => Some("ChecksumSHA256"),
            Self::Sha1 => Some("ChecksumSHA1"),
            Self::Md5 => None,
        }
    }

    /// Returns `true` if the checksum of an object that is uploaded in parts is that of its whole content. The
    /// others are the checksum of the checksums of the parts.
    pub(crate) fn covers_whole_object(self) -> bool {
        matches!(self, Self::Crc64Nvme | Self::Crc32c | Self::Crc32)
    }

    /// Returns the value of `x-amz-checksum-type` for an upload in parts.
    pub(crate) fn multipart_type(self) -> &'static str {
        if self.covers_whole_object() { "FULL_OBJECT" } else { "COMPOSITE" }
    }

    /// Returns the length of the checksum in bytes.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Crc64Nvme => 8,
            Self::Crc32c | Self::Crc32 => 4,
            Self::Sha256 => 32,
            Self::Sha1 => 20,
            Self::Md5 => 16,
        }
    }
}
