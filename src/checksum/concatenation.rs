//! The CRC of two pieces of content, from the CRC of each.
//!
//! A CRC is the remainder of a polynomial division. Appending `n` bytes multiplies the polynomial of the first piece by
//! x⁸ⁿ, so the content need not be read again.

use super::algorithm::ChecksumAlgorithm;
use super::value::Checksum;

/// The divisor of a CRC. The highest bit of its numbers is the coefficient of x⁰ (reflected form).
#[derive(Clone, Copy)]
struct Divisor {
    polynomial: u64,
    bits: u32,
}

impl Checksum {
    /// Returns the checksum of content with this checksum that is followed by `len` bytes with the checksum `next`.
    /// Returns `None` unless the algorithm is a CRC.
    pub(crate) fn followed_by(self, next: Self, len: u64) -> Option<Self> {
        let divisor = Divisor::of(self.algorithm()).filter(|_| self.algorithm() == next.algorithm())?;
        let number =
            |crc: Self| crc.as_bytes().iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        let crc = divisor.multiply(number(self), divisor.power_of_bytes(len)) ^ number(next);
        Self::new(self.algorithm(), &crc.to_be_bytes()[8 - self.as_bytes().len()..])
    }
}

impl Divisor {
    fn of(algorithm: ChecksumAlgorithm) -> Option<Self> {
        let (polynomial, bits) = match algorithm {
            ChecksumAlgorithm::Crc64Nvme => (0x9a6c_9329_ac4b_c9b5, 64),
            ChecksumAlgorithm::Crc32c => (0x82f6_3b78, 32),
            ChecksumAlgorithm::Crc32 => (0xedb8_8320, 32),
            ChecksumAlgorithm::Sha256 | ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Md5 => return None,
        };
        Some(Self { polynomial, bits })
    }

    /// Returns x⁸ⁿ for `n` bytes, by repeated squaring.
    fn power_of_bytes(self, mut n: u64) -> u64 {
        let one = 1 << (self.bits - 1);
        let (mut result, mut power) = (one, one >> 8);
        while n > 0 {
            if n & 1 == 1 {
                result = self.multiply(result, power);
            }
            power = self.multiply(power, power);
            n >>= 1;
        }
        result
    }

    /// Multiplies two polynomials, and returns the remainder.
    fn multiply(self, a: u64, mut b: u64) -> u64 {
        let mut product = 0;
        for bit in (0..self.bits).rev() {
            if (a >> bit) & 1 == 1 {
                product ^= b;
            }
            b = (b >> 1) ^ if b & 1 == 1 { self.polynomial } else { 0 };
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::super::hasher::Hasher;
    use super::*;

    #[test]
    fn crc_of_two_pieces_is_that_of_the_whole() {
        let content: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(n) >> 5) as u8).collect();
        for algorithm in ChecksumAlgorithm::ALL {
            let whole = Hasher::of(algorithm, &content);
            for at in [0, 1, 7, 65_536, content.len() - 1, content.len()] {
                let (first, second) = content.split_at(at);
                let (first, next) = (Hasher::of(algorithm, first), Hasher::of(algorithm, second));
                let found = first.followed_by(next, second.len() as u64);
                assert_eq!(found, algorithm.covers_whole_object().then_some(whole), "{algorithm} at {at}");
            }
        }
    }

    #[test]
    fn checksums_of_different_algorithms_are_not_combined() {
        let crc32 = Hasher::of(ChecksumAlgorithm::Crc32, b"a");
        assert_eq!(crc32.followed_by(Hasher::of(ChecksumAlgorithm::Crc32c, b"b"), 1), None);
    }
}
