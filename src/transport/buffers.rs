//! Buffers that are small for small calls and grow under a fast download.

use ureq::unversioned::transport::Buffers;

/// What a connection begins with, in each direction. Measured best for uploads and for TLS.
pub(super) const SMALL: usize = 64 << 10;
/// What a plain-http download grows to: it saves a third of its CPU time.
const LARGE: usize = 1 << 20;

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
    may_grow: bool,
}

impl GrowingBuffers {
    pub(super) fn new(may_grow: bool) -> Self {
        Self { may_grow, ..Self::default() }
    }

    fn resize_empty(&mut self, size: usize) {
        self.input = vec![0; size]; // fresh and zeroed by the system, where it is large
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
        let size = self.input.len();
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if size == 0 {
                self.resize_empty(SMALL);
            } else if self.may_grow && self.last_read == size && size < LARGE {
                self.resize_empty(size * 2);
            }
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
        // an idle connection is to hold no large buffer
        if self.start == self.end && self.input.len() > SMALL && self.last_read < self.input.len() / 8 {
            (self.start, self.end) = (0, 0);
            self.input = Vec::new();
        }
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
    fn a_fast_stream_grows_the_input_and_its_end_frees_it() {
        let mut buffers = GrowingBuffers::new(true);
        let mut sizes = Vec::new();
        for _ in 0..6 {
            let n = fill(&mut buffers, usize::MAX);
            sizes.push(n >> 10);
            buffers.input_consume(n);
        }
        assert_eq!(sizes, [64, 128, 256, 512, 1024, 1024]);
        fill(&mut buffers, 100);
        buffers.input_consume(100);
        assert_eq!(buffers.input.capacity(), 0);
        assert_eq!(fill(&mut buffers, usize::MAX), SMALL);
    }

    #[test]
    fn unread_bytes_stay_in_order_when_more_come() {
        let mut buffers = GrowingBuffers::new(false);
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
