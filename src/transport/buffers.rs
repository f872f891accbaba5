//! Buffers that are small for small calls and grow under a fast download.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ureq::unversioned::transport::Buffers;

use super::request_context;

/// What a connection begins with, in each direction, and is left with.
pub(super) const SMALL: usize = 64 << 10;
/// What a download grows to: beside 64 KiB it saves a sixth of its CPU time, over TLS a twentieth.
const LARGE: usize = 1 << 20;
/// The input is large only where more than this is still to come. So a large buffer is never the one that
/// takes the end of a body, and no idle connection holds one.
const WORTH_IT: u64 = 2 * LARGE as u64;

/// What a large upload is sent by. Through 64 KiB it can take twice the CPU time: sender and receiver then wake each
/// other for each piece.
const LARGE_OUTPUT: usize = 512 << 10;
/// A body of this length is a large upload.
const LARGE_UPLOAD: u64 = 1 << 20;

/// The buffers of one connection. Nothing is set aside before it is needed.
#[derive(Debug, Default)]
pub(super) struct GrowingBuffers {
    output: Vec<u8>,
    input: Vec<u8>,
    /// The unread bytes are `input[start..end]`.
    start: usize,
    end: usize,
    /// What the last read brought, to see whether the buffer fits the stream.
    last_read: usize,
    /// The last look at the unread bytes took some.
    progress: bool,
    /// How many bytes are unread, for those who cannot look in here.
    unread: Arc<AtomicUsize>,
}

impl GrowingBuffers {
    pub(super) fn new(unread: Arc<AtomicUsize>) -> Self {
        Self { unread, ..Self::default() }
    }

    /// The output buffer as it was filled last.
    pub(super) fn filled(&self) -> &[u8] {
        &self.output
    }

    fn count_unread(&self) {
        self.unread.store(self.end - self.start, Ordering::Relaxed);
    }

    /// Gives the input, which is empty, the size that suits what comes.
    fn fit(&mut self) {
        let size = self.input.len();
        let better = if request_context::to_come() <= WORTH_IT {
            SMALL
        } else if self.last_read == size {
            (size * 2).clamp(SMALL, LARGE)
        } else {
            size.max(SMALL)
        };
        if better != size {
            self.input = vec![0; better]; // fresh and zeroed by the system, where it is large
        }
    }
}

impl Buffers for GrowingBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.tmp_and_output().1
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.output.len() > SMALL {
            self.output = Vec::new(); // an answer is awaited, so the request is out
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.fit();
        } else if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
        self.last_read = amount;
        self.count_unread();
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
        self.count_unread();
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let size = if request_context::to_send() >= LARGE_UPLOAD { LARGE_OUTPUT } else { SMALL };
        if self.output.len() != size {
            self.output = vec![0; size];
        }
        // the scratch space serves chunked uploads alone, and S3 takes none
        (&mut [], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.start < self.end && self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(buffers: &mut GrowingBuffers, amount: usize) -> usize {
        let room = buffers.input_append_buf();
        let n = amount.min(room.len());
        room[..n].fill(7);
        buffers.input_appended(n);
        n
    }

    #[test]
    fn a_fast_download_grows_the_input_and_its_end_does_not_find_it_large() {
        let mut buffers = GrowingBuffers::default();
        let mut left = 6 << 20;
        let mut sizes = Vec::new();
        while left > 0 {
            request_context::expect(left);
            let n = fill(&mut buffers, usize::try_from(left).unwrap());
            buffers.input_consume(n);
            left -= n as u64;
            sizes.push(n >> 10);
        }
        assert_eq!(sizes[..9], [64, 128, 256, 512, 1024, 1024, 1024, 1024, 64]);
        assert_eq!(buffers.input.capacity(), SMALL);
        request_context::expect(0);
    }

    #[test]
    fn neither_a_slow_stream_nor_one_of_unknown_length_grows_it() {
        let mut buffers = GrowingBuffers::default();
        for (expected, amount) in [(u64::MAX, SMALL - 1), (0, SMALL), (WORTH_IT, SMALL)] {
            request_context::expect(expected);
            for _ in 0..3 {
                let n = fill(&mut buffers, amount);
                buffers.input_consume(n);
            }
            assert_eq!(buffers.input.capacity(), SMALL);
        }
        request_context::expect(0);
    }

    #[test]
    fn unread_bytes_stay_in_order_when_more_come() {
        let mut buffers = GrowingBuffers::default();
        buffers.input_append_buf()[..3].copy_from_slice(b"abc");
        buffers.input_appended(3);
        buffers.input_consume(1);
        assert!(buffers.can_use_input());
        buffers.input_append_buf()[..1].copy_from_slice(b"d");
        buffers.input_appended(1);
        assert_eq!(buffers.input(), b"bcd");
        buffers.input_consume(0);
        assert!(!buffers.can_use_input(), "what could not be used asks for more");
    }
}
