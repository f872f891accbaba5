//! Buffers that are small for small calls and grow under a fast download.

use std::cell::Cell;

use ureq::unversioned::transport::Buffers;

/// What a connection begins with, in each direction, and is left with. Measured best for uploads.
pub(super) const SMALL: usize = 64 << 10;
/// What a download grows to: beside 64 KiB it saves a sixth of its CPU time, over TLS a twentieth.
const LARGE: usize = 1 << 20;
/// The input is large only where more than this is still to come. So a large buffer is never the one that
/// takes the end of a body, and no idle connection holds one.
const WORTH_IT: u64 = 2 * LARGE as u64;

thread_local! {
    /// What this thread's answer has still to bring. ureq has no other way from a body to its connection.
    static EXPECTED: Cell<u64> = const { Cell::new(0) };
}

/// Says how much is still to come before it is read; 0 where that is not known.
pub(super) fn expect(bytes: u64) {
    EXPECTED.set(bytes);
}

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
}

impl GrowingBuffers {
    /// Gives the input, which is empty, the size that suits what comes.
    fn fit(&mut self) {
        let size = self.input.len();
        let better = if EXPECTED.get() <= WORTH_IT {
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
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        if self.output.is_empty() {
            self.output = vec![0; SMALL];
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
            expect(left);
            let n = fill(&mut buffers, usize::try_from(left).unwrap());
            buffers.input_consume(n);
            left -= n as u64;
            sizes.push(n >> 10);
        }
        assert_eq!(sizes[..9], [64, 128, 256, 512, 1024, 1024, 1024, 1024, 64]);
        assert_eq!(buffers.input.capacity(), SMALL);
        expect(0);
    }

    #[test]
    fn neither_a_slow_stream_nor_one_of_unknown_length_grows_it() {
        let mut buffers = GrowingBuffers::default();
        for (expected, amount) in [(u64::MAX, SMALL - 1), (0, SMALL), (WORTH_IT, SMALL)] {
            expect(expected);
            for _ in 0..3 {
                let n = fill(&mut buffers, amount);
                buffers.input_consume(n);
            }
            assert_eq!(buffers.input.capacity(), SMALL);
        }
        expect(0);
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
