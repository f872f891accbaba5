//! Compares content with a checksum while it is read.

use super::algorithm::ChecksumAlgorithm;
use super::expected::Expected;
use super::hasher::Hasher;
use super::parts::{PartSizes, PartsHasher};
use super::value::Checksum;
use super::verification::Verification;
use crate::error::Error;

/// Hashes content while it is read, to compare it with what is expected at the end.
#[derive(Clone, Debug)]
pub(crate) struct ContentCheck {
    expected: Expected,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Whole(Hasher),
    /// One for each possible size of the parts.
    Parts(Vec<PartsHasher>),
}

/// The result of a comparison.
#[derive(Debug)]
pub(crate) enum Comparison {
    /// The content is the expected one.
    Equal(Verification),
    /// The content is not the expected one.
    Different(Error),
    /// The checksum of the parts differs. The content may be damaged, the object may have other parts than
    /// assumed, or the server's checksum is none.
    Unclear,
}

impl ContentCheck {
    /// Creates a check of the whole content. Returns `None` for a checksum of parts; see
    /// [`of_parts`](Self::of_parts).
    pub(crate) fn whole(expected: Expected) -> Option<Self> {
        let algorithm = match expected {
            Expected::Whole(checksum) => checksum.algorithm(),
            Expected::Pinned(_) => ChecksumAlgorithm::Sha256,
            Expected::Parts { .. } => return None,
        };
        Some(Self { expected, state: State::Whole(Hasher::new(algorithm)) })
    }

    /// Creates a check of the checksum of the parts, for each of these possible sizes of them.
    pub(crate) fn of_parts(checksum: Checksum, parts: u32, sizes: Vec<PartSizes>) -> Self {
        let hashers = sizes.into_iter().map(|sizes| PartsHasher::new(checksum.algorithm(), sizes)).collect();
        Self { expected: Expected::Parts { checksum, parts }, state: State::Parts(hashers) }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Whole(hasher) => hasher.update(bytes),
            State::Parts(hashers) => hashers.iter_mut().for_each(|hasher| hasher.update(bytes)),
        }
    }

    /// Returns the verification that a successful comparison amounts to.
    pub(crate) fn verification(&self) -> Verification {
        match self.expected {
            Expected::Whole(checksum) => checksum.algorithm().into(),
            Expected::Pinned(_) => Verification::Sha256,
            Expected::Parts { checksum, parts } => match checksum.algorithm() {
                ChecksumAlgorithm::Md5 => Verification::MultipartMd5 { parts },
                algorithm => Verification::Composite { algorithm, parts },
            },
        }
    }

    /// Compares the content so far.
    pub(crate) fn compare(&self) -> Comparison {
        match (self.expected, &self.state) {
            (Expected::Parts { checksum, parts }, State::Parts(hashers)) => {
                let mut found = hashers.iter().map(PartsHasher::checksum);
                let equal = found.any(|found| found == (checksum, parts));
                if equal { Comparison::Equal(self.verification()) } else { Comparison::Unclear }
            }
            (Expected::Pinned(sha256), State::Whole(hasher)) => match sha256.ensure_pinned(hasher) {
                Ok(()) => Comparison::Equal(self.verification()),
                Err(error) => Comparison::Different(
                    error.with_hint("The object is not the one whose SHA-256 was passed: check the SHA-256 and the version of the object."),
                ),
            },
            (Expected::Whole(checksum), State::Whole(hasher)) => {
                match hasher.checksum().ensure_equal(&checksum, "the content") {
                    Ok(()) => Comparison::Equal(self.verification()),
                    Err(error) => Comparison::Different(error),
                }
            }
            _ => unreachable!("the constructors create no other combinations"),
        }
    }

    /// Returns the number of parts, if the checksum is that of the parts.
    pub(crate) fn parts(&self) -> Option<u32> {
        match self.expected {
            Expected::Parts { parts, .. } => Some(parts),
            Expected::Whole(_) | Expected::Pinned(_) => None,
        }
    }

    /// Returns a check for another reading of an object with parts, which also tries these sizes.
    pub(crate) fn restarted(&self, sizes: Vec<PartSizes>) -> Option<Self> {
        let (State::Parts(hashers), Expected::Parts { checksum, parts }) = (&self.state, self.expected)
        else {
            return None;
        };
        let assumed = hashers.iter().map(|hasher| hasher.sizes().clone());
        Some(Self::of_parts(checksum, parts, assumed.chain(sizes).collect()))
    }

    /// Returns `true` if [`restarted`](Self::restarted) has hashed the same content as this check.
    pub(crate) fn has_same_content(&self, restarted: &Self) -> bool {
        match (&self.state, &restarted.state) {
            (State::Parts(ours), State::Parts(theirs)) => ours
                .first()
                .zip(theirs.first())
                .is_some_and(|(ours, theirs)| ours.checksum() == theirs.checksum()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::{Md5Digest, Sha256Digest};
    use crate::error::ErrorKind;

    const HELLO: &[u8] = b"Hello World!";

    fn fed(mut check: ContentCheck, content: &[u8]) -> ContentCheck {
        content.chunks(5).for_each(|bytes| check.update(bytes));
        check
    }

    #[test]
    fn content_is_compared_with_each_algorithm() {
        for algorithm in ChecksumAlgorithm::ALL {
            let check = ContentCheck::whole(Expected::Whole(Hasher::of(algorithm, HELLO))).unwrap();
            let Comparison::Equal(verification) = fed(check.clone(), HELLO).compare() else {
                panic!("{algorithm}")
            };
            assert_eq!((verification, check.verification()), (algorithm.into(), algorithm.into()));
            let Comparison::Different(error) = fed(check, b"Hello World?").compare() else {
                panic!("{algorithm}")
            };
            assert_eq!(error.kind(), ErrorKind::Integrity);
        }
    }

    #[test]
    fn pinned_sha256_is_compared_and_named() {
        let pinned = Sha256Digest::of(HELLO);
        let check = ContentCheck::whole(Expected::Pinned(pinned)).unwrap();
        assert!(matches!(fed(check.clone(), HELLO).compare(), Comparison::Equal(Verification::Sha256)));
        let Comparison::Different(error) = fed(check, b"x").compare() else { panic!("it differs") };
        assert!(error.to_string().contains(&pinned.to_hex()), "{error}");
    }

    #[test]
    fn parts_are_equal_for_one_of_the_possible_sizes_and_otherwise_unclear() {
        let md5 = |bytes: &[u8]| *Md5Digest::of(bytes).as_bytes();
        let checksum = Md5Digest::of([md5(b"Hello "), md5(b"World!")].concat()).into();
        let sizes = vec![PartSizes::Uniform(8), PartSizes::Uniform(6)];
        let check = ContentCheck::of_parts(checksum, 2, sizes);
        let found = fed(check.clone(), HELLO).compare();
        assert!(matches!(found, Comparison::Equal(Verification::MultipartMd5 { parts: 2 })), "{found:?}");
        let other = fed(check.clone(), b"Hello World?");
        assert!(matches!(other.compare(), Comparison::Unclear));
        let again = |content| fed(check.restarted(Vec::new()).unwrap(), content);
        assert!(other.has_same_content(&again(b"Hello World?")));
        assert!(!other.has_same_content(&again(HELLO)));
        let only = ContentCheck::of_parts(checksum, 2, vec![PartSizes::Uniform(8)]);
        assert!(matches!(fed(only.clone(), HELLO).compare(), Comparison::Unclear));
        let more = fed(only.restarted(vec![PartSizes::Uniform(6)]).unwrap(), HELLO);
        assert!(matches!(more.compare(), Comparison::Equal(_)));
    }
}
