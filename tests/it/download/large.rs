//! Objects large enough to be read past ureq: the same guarantees, and connections stay usable.

use std::io::Read as _;
use std::time::Duration;

use plain_s3::{Client, ErrorKind, GetObjectOptions, Result};

use crate::clients::{client, config};
use crate::download_method::{DownloadMethod, random_sizes, read_in_chunks};
use crate::fake_server::{End, FakeServer, Response, Store, get_small};
use crate::support::{Random, content, fails};

/// Large enough that the body is read past ureq, and not a multiple of any buffer size.
const SIZE: usize = (3 << 20) + 12_345;
const LARGE: usize = 1 << 20;
const SMALL: usize = 8 << 10;
const IDLE: Duration = Duration::from_millis(250);
const TOTAL: Duration = Duration::from_millis(300);

/// How the content is read. Each variant switches between ureq and the raw connection at another point, or
/// never.
#[derive(Clone, Copy, Debug)]
enum ReadMode {
    File,
    /// A growing `Vec`.
    Bytes,
    LargeReads,
    SmallReads,
    /// Reads of 0 bytes to 1.5 MiB.
    RandomReads(u64),
}

impl ReadMode {
    const ALL: [Self; 5] =
        [Self::File, Self::Bytes, Self::LargeReads, Self::SmallReads, Self::RandomReads(7)];

    fn download(self, client: &Client) -> Result<Vec<u8>> {
        match self {
            Self::File => DownloadMethod::DownloadFile.download(client),
            Self::Bytes => DownloadMethod::GetObject.download(client),
            Self::LargeReads => read_in_chunks(&mut client.get_object("b", "k")?, || LARGE),
            Self::SmallReads => read_in_chunks(&mut client.get_object("b", "k")?, || SMALL),
            Self::RandomReads(seed) => read_in_chunks(&mut client.get_object("b", "k")?, random_sizes(seed)),
        }
    }
}

// promise: D1
#[test]
fn any_buffer_size_reads_everything_and_keeps_the_connection() {
    // At and around the threshold for reading past ureq.
    for size in [SIZE, (2 << 20) - 1, 2 << 20, (2 << 20) + 1] {
        let body = content(size);
        let server = Store::with_object(&body).serve(|_| None);
        let client = client(&server);
        for mode in ReadMode::ALL {
            assert!(mode.download(&client).unwrap() == body, "{mode:?} returned other content");
            get_small(&client);
        }
        assert_eq!((server.requests().len(), server.connections()), (10, 1));
    }
}

// promise: D3
#[test]
fn break_at_any_offset_is_resumed() {
    let mut random = Random::printed();
    let body = content(SIZE);
    let store = Store::with_object(&body);
    let mib2 = 2 << 20;
    let mut edges = vec![0, 1, SMALL, LARGE, SIZE - mib2 - 1, SIZE - mib2, SIZE - 65_536, SIZE - 2, SIZE - 1];
    edges.extend([65_000, 65_535, 65_536, 65_537, mib2 - 1, mib2, mib2 + 1]);
    for i in 0..60 {
        let mode =
            [ReadMode::File, ReadMode::LargeReads, ReadMode::RandomReads(random.number()), ReadMode::Bytes]
                [i % 4];
        let end = if random.below(2) == 0 { End::Fin } else { End::Rst };
        let offset = edges.pop().unwrap_or_else(|| random.below(SIZE as u64) as usize);
        assert_resumed(&store, &body, mode, offset, end);
    }
}

// promise: D3
#[test]
fn stalled_download_is_resumed() {
    let body = content(SIZE);
    let store = Store::with_object(&body);
    for (mode, offset) in
        [(ReadMode::File, 65_536), (ReadMode::LargeReads, 2 << 20), (ReadMode::RandomReads(1), SIZE - 1)]
    {
        assert_resumed(&store, &body, mode, offset, End::Stall);
    }
}

/// Asserts that the object is complete although the first response ends with `end` at `offset`.
#[track_caller]
fn assert_resumed(store: &Store, body: &[u8], mode: ReadMode, offset: usize, end: End) {
    let (inner, mut first) = (store.clone(), true);
    let server = store
        .serve(move |request| std::mem::take(&mut first).then(|| inner.respond(request).cut(offset, end)));
    let idle = if end == End::Stall { IDLE } else { 40 * IDLE };
    let client = Client::new(config(&server).idle_timeout(idle)).unwrap();
    let context = format!("{mode:?} {offset} {end:?}");
    assert!(mode.download(&client).unwrap() == body, "{context}");
    get_small(&client);
    let requests = server.requests();
    assert_eq!((requests.len(), server.connections()), (3, 2), "{context}");
    let range = requests[1].header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    // A reset also drops bytes that were still in transit, possibly the head with them.
    let from = range.map_or(0, |(first, _)| first.parse().unwrap());
    let is_expected = if end == End::Rst { from <= offset } else { from == offset && range.is_some() };
    assert!(is_expected, "{context}: {range:?}");
}

// promise: D3
#[test]
fn range_is_resumed_within_its_bounds() {
    let body = content(SIZE + LARGE);
    let store = Store::with_object(&body);
    for method in DownloadMethod::ALL {
        let (inner, mut first) = (store.clone(), true);
        let server = store.serve(move |request| {
            std::mem::take(&mut first).then(|| inner.respond(request).cut(2_500_000, End::Fin))
        });
        let range = GetObjectOptions::new().range(100..SIZE as u64);
        assert!(method.download_with(&client(&server), &range).unwrap() == body[100..SIZE]);
        let last = SIZE - 1;
        assert_eq!(server.requests()[1].header("range"), Some(&*format!("bytes=2500100-{last}")));
    }
}

// promise: D4
#[test]
fn replaced_object_and_wrong_byte_are_integrity_errors() {
    for mode in [ReadMode::File, ReadMode::LargeReads] {
        let store = Store::with_object(&content(SIZE));
        let (inner, mut first) = (store.clone(), true);
        let server = store.serve(move |request| {
            let response = std::mem::take(&mut first).then(|| inner.respond(request).cut(2 << 20, End::Fin));
            inner.put("/b/k", content(SIZE + 1));
            response
        });
        let error = fails(ErrorKind::Integrity, mode.download(&client(&server)));
        assert!(error.to_string().contains("replaced while it was read, after 2097152 bytes"), "{error}");

        let mut wrong = content(SIZE);
        wrong[SIZE - LARGE] ^= 1;
        let server = FakeServer::serve(move |_| Response::stored(&content(SIZE)).body(&wrong));
        fails(ErrorKind::Integrity, mode.download(&client(&server)));
    }
}

// promise: T2
#[test]
fn call_timeout_ends_a_download_midway() {
    for mode in [ReadMode::File, ReadMode::LargeReads] {
        for response in [
            |body: &[u8]| Response::content(body).drip(64 << 10, Duration::from_millis(10)),
            |body: &[u8]| Response::content(body).cut(2 << 20, End::Stall),
        ] {
            let server = FakeServer::serve(move |_| response(&content(SIZE)));
            let client = Client::new(config(&server).call_timeout(TOTAL)).unwrap();
            let error = fails(ErrorKind::Timeout, mode.download(&client));
            assert!(error.to_string().contains(": the call did not finish within 300ms. "), "{error}");
            assert_eq!(server.requests().len(), 1);
        }
    }
}

// promise: R8
#[test]
fn threads_sharing_a_client_read_their_own_objects() {
    let bodies = [content(SIZE), content(SIZE + LARGE)];
    let store = Store::default();
    for (key, body) in ["/b/0", "/b/1"].into_iter().zip(&bodies) {
        store.put(key, body);
    }
    let server = store.serve(|_| None);
    let client = client(&server);
    std::thread::scope(|scope| {
        for (i, body) in bodies.iter().enumerate() {
            let client = &client;
            scope.spawn(move || {
                for _ in 0..5 {
                    let mut object = client.get_object("b", &i.to_string()).unwrap();
                    assert!(read_in_chunks(&mut object, || LARGE).unwrap() == *body);
                }
            });
        }
    });
    assert_eq!(server.requests().len(), 10);
    assert!(server.connections() <= 2, "{} connections", server.connections());
}

// promise: R8
#[test]
fn dropped_reader_closes_its_connection_and_moved_reader_continues() {
    let body = content(SIZE);
    let server = Store::with_object(&body).serve(|_| None);
    let client = client(&server);
    let begin = || {
        let mut object = client.get_object("b", "k").unwrap();
        let mut start = vec![0; LARGE];
        object.read_exact(&mut start).unwrap();
        (object, start)
    };
    drop(begin());
    get_small(&client);
    assert_eq!(server.connections(), 2);
    let (mut object, mut got) = begin();
    get_small(&client); // The first connection is busy, so this opens another.
    got.extend(std::thread::spawn(move || read_in_chunks(&mut object, || LARGE).unwrap()).join().unwrap());
    assert!(got == body);
    get_small(&client);
    assert_eq!(server.connections(), 3);
}
