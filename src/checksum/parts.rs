//! Checksums of objects that were uploaded in parts: the checksum of the checksums of the parts.

use super::algorithm::ChecksumAlgorithm;
use super::hasher::Hasher;
use super::value::Checksum;

const MIB: u64 = 1 << 20;

/// The part sizes of common clients, in MiB.
const USUAL: [u64; 18] = [5, 6, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1024];

/// The most whole numbers of MiB that are tried.
const MOST_SIZES: u64 = 16;

/// The sizes of the parts of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartSizes {
    /// All parts except the last have this size.
    Uniform(u64),
    /// The size of each part.
    Listed(Vec<u64>),
}

impl PartSizes {
    /// Returns the usual part sizes that split this many bytes into this many parts.
    ///
    /// With many parts only few sizes are possible, so a whole number of MiB is taken if it is the only one.
    pub(crate) fn usual(length: u64, parts: u32) -> Vec<Self> {
        if parts <= 1 {
            return vec![Self::Uniform(length.max(1))];
        }
        let splits = |size: &u64| splits(*size, length, parts);
        let usual: Vec<u64> = USUAL.iter().map(|mib| mib * MIB).filter(splits).collect();
        let smallest = length.div_ceil(u64::from(parts)).div_ceil(MIB).max(1) * MIB;
        let only = Some(smallest).filter(splits).filter(|size| !splits(&(size + MIB)));
        let sizes = if usual.is_empty() { only.into_iter().collect() } else { usual };
        sizes.into_iter().map(Self::Uniform).collect()
    }

    /// Returns all whole numbers of MiB that split this many bytes into this many parts, unless there are many.
    pub(crate) fn whole_mib(length: u64, parts: u32) -> Vec<Self> {
        let smallest = length.div_ceil(u64::from(parts.max(1))).div_ceil(MIB).max(1);
        let sizes = (smallest..=smallest + MOST_SIZES).map(|mib| mib * MIB);
        let sizes: Vec<Self> =
            sizes.take_while(|size| splits(*size, length, parts)).map(Self::Uniform).collect();
        if sizes.len() as u64 > MOST_SIZES { Vec::new() } else { sizes }
    }

    /// Returns the sizes if the first part has `first` bytes and that is possible.
    pub(crate) fn from_first(first: u64, length: u64, parts: u32) -> Option<Self> {
        match length.checked_sub(first)? {
            0 => None,
            rest if parts == 2 => Some(Self::Listed(vec![first, rest])),
            _ => splits(first, length, parts).then_some(Self::Uniform(first)),
        }
    }

    fn of_part(&self, index: usize) -> u64 {
        match self {
            Self::Uniform(size) => *size,
            // content after the last part: the comparison of the number of parts fails
            Self::Listed(sizes) => sizes.get(index).copied().unwrap_or(u64::MAX),
        }
    }
}

/// Returns `true` if parts of this size, with a smaller one at the end, split `length` bytes into `parts`.
fn splits(size: u64, length: u64, parts: u32) -> bool {
    size > 0 && length.div_ceil(size) == u64::from(parts)
}

/// Computes the checksum of the checksums of the parts.
#[derive(Clone, Debug)]
pub(super) struct PartsHasher {
    sizes: PartSizes,
    /// The current part, and how much of it is missing.
    part: Hasher,
    left: u64,
    /// The checksums of the complete parts, and their number.
    complete: Hasher,
    count: u32,
}

impl PartsHasher {
    pub(super) fn new(algorithm: ChecksumAlgorithm, sizes: PartSizes) -> Self {
        let left = sizes.of_part(0);
        Self { sizes, part: Hasher::new(algorithm), left, complete: Hasher::new(algorithm), count: 0 }
    }

    pub(super) fn sizes(&self) -> &PartSizes {
        &self.sizes
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left == 0 {
                self.complete.update(self.part.checksum().as_bytes());
                self.count += 1;
                self.part = Hasher::new(self.part.algorithm());
                self.left = self.sizes.of_part(self.count as usize);
                // a hostile server may report a part of 0 bytes
                if self.left == 0 {
                    continue;
                }
            }
            let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            self.part.update(&bytes[..n]);
            self.left -= n as u64;
            bytes = &bytes[n..];
        }
    }

    /// Returns the checksum of the parts so far and their number, including the current one.
    pub(super) fn checksum(&self) -> (Checksum, u32) {
        let mut all = self.complete.clone();
        all.update(self.part.checksum().as_bytes());
        (all.checksum(), self.count + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::Md5Digest;

    fn usual(length: u64, parts: u32) -> Vec<u64> {
        let size = |sizes| match sizes {
            PartSizes::Uniform(size) => size / MIB,
            PartSizes::Listed(_) => unreachable!("usual sizes are uniform"),
        };
        PartSizes::usual(length, parts).into_iter().map(size).collect()
    }

    #[test]
    fn usual_part_sizes_are_those_that_give_the_number_of_parts() {
        assert_eq!(usual(20 * MIB, 3), [8]);
        assert_eq!(usual(20 * MIB, 2), [10, 15, 16]);
        assert_eq!(usual(1 << 30, 64), [16]);
        assert_eq!(usual((1 << 30) + 1, 65), [16]);
        assert_eq!(usual(640 * MIB, 17), Vec::<u64>::new());
        // the only whole number of MiB
        assert_eq!(usual(100 * MIB + 1, 9), [12]);
        assert_eq!(usual(7 * MIB, 1), [7]);
        assert_eq!(usual(0, 2), Vec::<u64>::new());
    }

    #[test]
    fn checksum_of_parts_equals_the_etag_of_a_multipart_upload() {
        let content: Vec<u8> = (0..1000_u32).map(|n| n as u8).collect();
        let expected = |sizes: &[usize]| {
            let (mut all, mut rest) = (Vec::new(), content.as_slice());
            for &size in sizes {
                let (part, after) = rest.split_at(size);
                all.extend_from_slice(Md5Digest::of(part).as_bytes());
                rest = after;
            }
            (Checksum::from(Md5Digest::of(all)), sizes.len() as u32)
        };
        for (sizes, parts) in [
            (PartSizes::Uniform(400), &[400, 400, 200][..]),
            (PartSizes::Uniform(500), &[500, 500]),
            (PartSizes::Uniform(1000), &[1000]),
            (PartSizes::Listed(vec![1, 900, 99]), &[1, 900, 99]),
        ] {
            for piece in [1, 7, 400, 1000] {
                let mut hasher = PartsHasher::new(ChecksumAlgorithm::Md5, sizes.clone());
                content.chunks(piece).for_each(|bytes| hasher.update(bytes));
                assert_eq!(hasher.checksum(), expected(parts), "{sizes:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn whole_numbers_of_mib_are_possible_unless_there_are_many() {
        let uniform = |sizes: std::ops::RangeInclusive<u64>| -> Vec<PartSizes> {
            sizes.map(|mib| PartSizes::Uniform(mib * MIB)).collect()
        };
        assert_eq!(PartSizes::whole_mib(11 * MIB, 2), uniform(6..=10));
        assert_eq!(PartSizes::whole_mib(32 * MIB, 2), uniform(16..=31));
        assert_eq!(PartSizes::whole_mib(34 * MIB, 2), []);
        assert_eq!(PartSizes::whole_mib(100, 3), []);
        assert_eq!(PartSizes::whole_mib(0, 0), []);
    }

    #[test]
    fn first_part_determines_the_others_if_they_are_as_large() {
        assert_eq!(PartSizes::from_first(4, 10, 3), Some(PartSizes::Uniform(4)));
        assert_eq!(PartSizes::from_first(3, 10, 3), None);
        assert_eq!(PartSizes::from_first(3, 10, 2), Some(PartSizes::Listed(vec![3, 7])));
        assert_eq!(PartSizes::from_first(10, 10, 2), None);
        assert_eq!(PartSizes::from_first(11, 10, 2), None);
    }

    #[test]
    fn parts_without_content_end() {
        let mut hasher = PartsHasher::new(ChecksumAlgorithm::Md5, PartSizes::Listed(vec![0, 0, 3]));
        hasher.update(b"abc");
        assert_eq!(hasher.checksum().1, 3);
    }
}
