//! Buffers that are small by default and grow during a fast download or a large upload.

use ureq::unversioned::transport::Buffers;

use super::request_context;

/// The initial size in each direction, and the size that an idle connection is left with.
pub(super) const SMALL: usize = 64 << 10;
/// The maximum input size. Compared with 64 KiB, it saves a sixth of a download's CPU time, or a twentieth
/// over TLS.
const LARGE: usize = 1 << 20;
/// The input grows after this many reads that filled the buffer: the stream is then faster than the reads, and
/// the body is not short.
const GROW_AFTER: u32 = 32;

/// The output size of a large upload. With 64 KiB it can take twice the CPU time, because sender and receiver
/// then wake each other for each piece.
const LARGE_OUTPUT: usize = 512 << 10;
/// The length from which a request's body is a large upload.
const LARGE_UPLOAD: u64 = 1 << 20;

/// The buffers of one connection. They are allocated when they are first used.
#[derive(Debug, Default)]
pub(super) struct GrowingBuffers {
    output: Vec<u8>,
    input: Vec<u8>,
    /// The unread bytes are `input[start..end]`.
    start: usize,
    end: usize,
    /// The number of reads since the connection was idle that filled the buffer.
    full_reads: u32,
    /// Whether ureq consumed any of the unread bytes when it last looked at them.
    progress: bool,
}

impl GrowingBuffers {
    /// Returns the output buffer with its content, to be sent.
    pub(super) fn pending_output(&self) -> &[u8] {
        &self.output
    }

    /// Frees a large buffer. Called when the connection becomes idle, without any unread input.
    pub(super) fn shrink(&mut self) {
        self.full_reads = 0;
        if self.input.len() > SMALL {
            (self.start, self.end) = (0, 0);
            self.input = Vec::new();
        }
    }

    /// Resizes the empty input buffer for the bytes that are to be read next.
    fn resize(&mut self) {
        let size = if self.full_reads < GROW_AFTER { SMALL } else { LARGE };
        if size != self.input.len() {
            // A new vector instead of `resize`: the old content need not be copied, and the system provides
            // large zeroed allocations without writing to them.
            self.input = vec![0; size];
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
            // ureq waits for the response, so the whole request has been sent.
            self.output = Vec::new();
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.resize();
        } else if self.start > 0 {
            // ureq needs more input to continue, for example the rest of the header section. Make room for
            // it.
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.full_reads += u32::from(self.start == self.end && amount == self.input.len());
        self.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let size = if request_context::body_len() >= LARGE_UPLOAD { LARGE_OUTPUT } else { SMALL };
        if self.output.len() != size {
            self.output = vec![0; size];
        }
        // ureq uses the scratch space for chunked request bodies only, and those are never sent to S3.
        (&mut [], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        // Input that ureq could not use before is useful only after more has been read.
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
    fn input_grows_during_a_long_fast_download_and_shrinks_after_it() {
        let mut buffers = GrowingBuffers::default();
        for i in 0..100 {
            let n = fill(&mut buffers, LARGE);
            assert_eq!(n, if i < GROW_AFTER { SMALL } else { LARGE });
            buffers.input_consume(n);
        }
        buffers.shrink();
        assert_eq!(fill(&mut buffers, LARGE), SMALL);
    }

    #[test]
    fn input_stays_small_for_slow_streams_and_short_bodies() {
        let mut buffers = GrowingBuffers::default();
        for i in 0..10 * GROW_AFTER {
            let n = fill(&mut buffers, if i % 20 == 0 { SMALL } else { SMALL - 1 });
            buffers.input_consume(n);
            assert_eq!(buffers.input.capacity(), SMALL);
        }
    }

    #[test]
    fn unread_bytes_stay_in_order_when_more_arrive() {
        let mut buffers = GrowingBuffers::default();
        buffers.input_append_buf()[..3].copy_from_slice(b"abc");
        buffers.input_appended(3);
        buffers.input_consume(1);
        assert!(buffers.can_use_input());
        buffers.input_append_buf()[..1].copy_from_slice(b"d");
        buffers.input_appended(1);
        assert_eq!(buffers.input(), b"bcd");
        buffers.input_consume(0);
        assert!(!buffers.can_use_input(), "input that could not be used requires more input");
    }
}
