//! Objects so large that they are read past ureq: the same promises, and connections that stay in order.

use std::io::Read as _;
use std::time::Duration;

use plain_s3::{Client, ErrorKind, GetObjectOptions, Result};

use crate::clients::{client, config};
use crate::fake_server::{Answer, End, FakeServer, Store, get_small};
use crate::support::{Random, content, fails};
use crate::way::{Way, changing, read_by};

/// More than is read past ureq at the least, and no multiple of any buffer.
const SIZE: usize = (3 << 20) + 12_345;
const LARGE: usize = 1 << 20;
const SMALL: usize = 8 << 10;
const IDLE: Duration = Duration::from_millis(250);
const TOTAL: Duration = Duration::from_millis(300);

/// The ways to the content: each is another change from ureq to the connection, or none.
#[derive(Clone, Copy, Debug)]
enum By {
    File,
    /// A `Vec` that grows.
    Bytes,
    LargeReads,
    SmallReads,
    /// Reads of no byte up to 1.5 MiB.
    ChangingReads(u64),
}

impl By {
    const ALL: [Self; 5] =
        [Self::File, Self::Bytes, Self::LargeReads, Self::SmallReads, Self::ChangingReads(7)];

    fn get(self, client: &Client) -> Result<Vec<u8>> {
        match self {
            Self::File => Way::File.get(client),
            Self::Bytes => Way::Read.get(client),
            Self::LargeReads => read_by(&mut client.get_object("b", "k")?, || LARGE),
            Self::SmallReads => read_by(&mut client.get_object("b", "k")?, || SMALL),
            Self::ChangingReads(seed) => read_by(&mut client.get_object("b", "k")?, changing(seed)),
        }
    }
}

#[test]
fn by_any_buffer_the_content_is_whole_and_the_connection_stays() {
    // at and around what is worth it
    for size in [SIZE, (2 << 20) - 1, 2 << 20, (2 << 20) + 1] {
        let body = content(size);
        let server = Store::of(&body).serve(|_| None);
        let client = client(&server);
        for by in By::ALL {
            assert!(by.get(&client).unwrap() == body, "{by:?} brought something else");
            get_small(&client);
        }
        assert_eq!((server.requests().len(), server.connections()), (10, 1));
    }
}

#[test]
fn a_break_anywhere_is_resumed_from_the_byte_reached() {
    let mut random = Random::printed();
    let body = content(SIZE);
    let store = Store::of(&body);
    let mib2 = 2 << 20;
    let mut edges = vec![0, 1, SMALL, LARGE, SIZE - mib2 - 1, SIZE - mib2, SIZE - 65_536, SIZE - 2, SIZE - 1];
    edges.extend([65_000, 65_535, 65_536, 65_537, mib2 - 1, mib2, mib2 + 1]);
    for i in 0..60 {
        let by = [By::File, By::LargeReads, By::ChangingReads(random.number()), By::Bytes][i % 4];
        let end = if random.below(2) == 0 { End::Fin } else { End::Rst };
        let offset = edges.pop().unwrap_or_else(|| random.below(SIZE as u64) as usize);
        broken(&store, &body, by, offset, end);
    }
}

#[test]
fn a_stall_is_resumed_from_the_byte_reached() {
    let body = content(SIZE);
    let store = Store::of(&body);
    for (by, offset) in [(By::File, 65_536), (By::LargeReads, 2 << 20), (By::ChangingReads(1), SIZE - 1)] {
        broken(&store, &body, by, offset, End::Stall);
    }
}

/// Gets the whole although the first answer ends like this.
#[track_caller]
fn broken(store: &Store, body: &[u8], by: By, offset: usize, end: End) {
    let (inner, mut first) = (store.clone(), true);
    let server = store
        .serve(move |request| std::mem::take(&mut first).then(|| inner.answer(request).cut(offset, end)));
    let idle = if end == End::Stall { IDLE } else { 40 * IDLE };
    let client = Client::new(config(&server).idle_timeout(idle)).unwrap();
    let what = format!("{by:?} {offset} {end:?}");
    assert!(by.get(&client).unwrap() == body, "{what}");
    get_small(&client);
    let requests = server.requests();
    assert_eq!((requests.len(), server.connections()), (3, 2), "{what}");
    let range = requests[1].header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    // a reset also drops what was still on its way, or the head with it
    let from = range.map_or(0, |(first, _)| first.parse().unwrap());
    let is_right = if end == End::Rst { from <= offset } else { from == offset && range.is_some() };
    assert!(is_right, "{what}: {range:?}");
}

#[test]
fn a_range_is_resumed_within_itself() {
    let body = content(SIZE + LARGE);
    let store = Store::of(&body);
    for way in Way::BOTH {
        let (inner, mut first) = (store.clone(), true);
        let server = store.serve(move |request| {
            std::mem::take(&mut first).then(|| inner.answer(request).cut(2_500_000, End::Fin))
        });
        let range = GetObjectOptions::new().range(100..SIZE as u64);
        assert!(way.get_with(&client(&server), &range).unwrap() == body[100..SIZE]);
        let last = SIZE - 1;
        assert_eq!(server.requests()[1].header("range"), Some(&*format!("bytes=2500100-{last}")));
    }
}

#[test]
fn an_object_that_is_replaced_meanwhile_is_an_error_and_so_is_a_wrong_byte() {
    for by in [By::File, By::LargeReads] {
        let store = Store::of(&content(SIZE));
        let (inner, mut first) = (store.clone(), true);
        let server = store.serve(move |request| {
            let answer = std::mem::take(&mut first).then(|| inner.answer(request).cut(2 << 20, End::Fin));
            inner.put("/b/k", content(SIZE + 1));
            answer
        });
        let error = fails(ErrorKind::Integrity, by.get(&client(&server)));
        assert!(error.to_string().contains("replaced while it was read, after 2097152 bytes"), "{error}");

        let mut wrong = content(SIZE);
        wrong[SIZE - LARGE] ^= 1;
        let server = FakeServer::serve(move |_| Answer::stored(&content(SIZE)).body(&wrong));
        fails(ErrorKind::Integrity, by.get(&client(&server)));
    }
}

#[test]
fn a_limit_on_the_call_ends_a_download_in_its_middle() {
    for by in [By::File, By::LargeReads] {
        for answer in [
            |body: &[u8]| Answer::content(body).drip(64 << 10, Duration::from_millis(10)),
            |body: &[u8]| Answer::content(body).cut(2 << 20, End::Stall),
        ] {
            let server = FakeServer::serve(move |_| answer(&content(SIZE)));
            let client = Client::new(config(&server).call_timeout(TOTAL)).unwrap();
            let error = fails(ErrorKind::Timeout, by.get(&client));
            assert!(error.to_string().contains("did not finish within 300ms"), "{error}");
            assert_eq!(server.requests().len(), 1);
        }
    }
}

#[test]
fn two_threads_with_one_client_get_each_their_own() {
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
                    assert!(read_by(&mut object, || LARGE).unwrap() == *body);
                }
            });
        }
    });
    assert_eq!(server.requests().len(), 10);
    assert!(server.connections() <= 2, "{} connections", server.connections());
}

#[test]
fn one_that_is_left_midway_is_closed_and_one_that_moves_to_another_thread_goes_on() {
    let body = content(SIZE);
    let server = Store::of(&body).serve(|_| None);
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
    get_small(&client); // meanwhile, and on another connection
    got.extend(std::thread::spawn(move || read_by(&mut object, || LARGE).unwrap()).join().unwrap());
    assert!(got == body);
    get_small(&client);
    assert_eq!(server.connections(), 3);
}
