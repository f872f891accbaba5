//! Computes a checksum incrementally.

use std::fmt;

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, Crc, Table};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::algorithm::ChecksumAlgorithm;
use super::digest::Sha256Digest;
use super::value::Checksum;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};

type Crc32 = Crc<u32, Table<16>>;

static CRC32: Crc32 = Crc32::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc32 = Crc32::new(&CRC_32_ISCSI);

/// Computes the checksum of an algorithm incrementally.
#[derive(Clone)]
pub(crate) struct Hasher(State);

#[derive(Clone)]
enum State {
    Crc64Nvme(crc64fast_nvme::Digest),
    Crc32c(crc::Digest<'static, u32, Table<16>>),
    Crc32(crc::Digest<'static, u32, Table<16>>),
    Sha256(Sha256),
    Sha1(Sha1),
    Md5(Md5),
}

impl Hasher {
    pub(crate) fn new(algorithm: ChecksumAlgorithm) -> Self {
        Self(match algorithm {
            ChecksumAlgorithm::Crc64Nvme => State::Crc64Nvme(crc64fast_nvme::Digest::new()),
            ChecksumAlgorithm::Crc32c => State::Crc32c(CRC32C.digest()),
            ChecksumAlgorithm::Crc32 => State::Crc32(CRC32.digest()),
            ChecksumAlgorithm::Sha256 => State::Sha256(Sha256::new()),
            ChecksumAlgorithm::Sha1 => State::Sha1(Sha1::new()),
            ChecksumAlgorithm::Md5 => State::Md5(Md5::new()),
        })
    }

    /// Returns the checksum of these bytes.
    pub(crate) fn of(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Checksum {
        let mut hasher = Self::new(algorithm);
        hasher.update(bytes);
        hasher.checksum()
    }

    pub(crate) fn algorithm(&self) -> ChecksumAlgorithm {
        match &self.0 {
            State::Crc64Nvme(_) => ChecksumAlgorithm::Crc64Nvme,
            State::Crc32c(_) => ChecksumAlgorithm::Crc32c,
            State::Crc32(_) => ChecksumAlgorithm::Crc32,
            State::Sha256(_) => ChecksumAlgorithm::Sha256,
            State::Sha1(_) => ChecksumAlgorithm::Sha1,
            State::Md5(_) => ChecksumAlgorithm::Md5,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc64Nvme(state) => state.write(bytes),
            State::Crc32c(state) | State::Crc32(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Md5(state) => state.update(bytes),
        }
    }

    /// Returns the checksum of all bytes so far; more bytes can follow.
    pub(crate) fn checksum(&self) -> Checksum {
        let new = |bytes: &[u8]| {
            Checksum::new(self.algorithm(), bytes).expect("each algorithm has a checksum of its own length")
        };
        match &self.0 {
            State::Crc64Nvme(state) => new(&state.sum64().to_be_bytes()),
            State::Crc32c(state) | State::Crc32(state) => new(&state.clone().finalize().to_be_bytes()),
            State::Sha256(state) => Sha256Digest::from(<[u8; 32]>::from(state.clone().finalize())).into(),
            State::Sha1(state) => new(&state.clone().finalize()),
            State::Md5(state) => new(&state.clone().finalize()),
        }
    }
}

impl Sha256Digest {
    /// Fails with [`ErrorKind::Integrity`] unless `hasher` has hashed content with this SHA-256.
    pub(crate) fn ensure_pinned(self, hasher: &Hasher) -> Result<()> {
        let found = hasher.checksum();
        if found == self.into() {
            return Ok(());
        }
        let found = encode::hex(found.as_bytes());
        let message = format!("the content has the SHA-256 {found}, but {} is expected", self.to_hex());
        Err(Error::new(ErrorKind::Integrity, message))
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({})", self.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The check values of the catalogue of parametrised CRC algorithms, and of RFC 1321 and FIPS 180.
    #[test]
    fn checksums_of_the_digits_are_the_published_values() {
        for (algorithm, hex) in [
            (ChecksumAlgorithm::Crc64Nvme, "ae8b14860a799888"),
            (ChecksumAlgorithm::Crc32c, "e3069283"),
            (ChecksumAlgorithm::Crc32, "cbf43926"),
            (ChecksumAlgorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
            (ChecksumAlgorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (ChecksumAlgorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
        ] {
            let checksum = Hasher::of(algorithm, b"123456789");
            assert_eq!(encode::hex(checksum.as_bytes()), hex, "{algorithm}");
        }
    }

    #[test]
    fn incremental_checksum_equals_that_of_the_whole() {
        let content: Vec<u8> = (0..5000_u32).map(|n| ((n * n) >> 3) as u8).collect();
        for algorithm in ChecksumAlgorithm::ALL {
            let mut hasher = Hasher::new(algorithm);
            assert_eq!(hasher.checksum(), Hasher::of(algorithm, b""));
            for piece in content.chunks(611) {
                hasher.update(piece);
                let _ = hasher.checksum();
            }
            assert_eq!(hasher.checksum(), Hasher::of(algorithm, &content), "{algorithm}");
        }
    }
}
