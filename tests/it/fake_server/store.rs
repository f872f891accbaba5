//! What an S3 server keeps, for the scripted server: objects, and uploads in parts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plain_s3::Client;

use super::{Answer, FakeServer, Received};
use crate::signatures::md5_hex;

/// Objects and uploads in memory. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    begun: usize,
}

#[derive(Clone)]
struct Object {
    content: Vec<u8>,
    e_tag: String,
}

/// The content of the small object beside a large one.
pub(crate) const HELLO: &str = "Hello World!";

/// Gets `/b/small`, to see that the client's connections are in order.
#[track_caller]
pub(crate) fn get_small(client: &Client) {
    assert_eq!(client.get_object("b", "small").unwrap().text().unwrap(), HELLO);
}

impl Store {
    /// One with this at `/b/k`, and a small object beside it.
    pub(crate) fn of(body: &[u8]) -> Self {
        let store = Self::default();
        store.put("/b/k", body);
        store.put("/b/small", HELLO);
        store
    }

    /// A server that has this store behind it, where `fault` gives no other answer. A fault on a request
    /// that the store is to have seen is [`after`](Self::after).
    pub(crate) fn serve(
        &self,
        mut fault: impl FnMut(&Received) -> Option<Answer> + Send + 'static,
    ) -> FakeServer {
        let store = self.clone();
        FakeServer::serve(move |request| fault(request).unwrap_or_else(|| store.answer(request)))
    }

    /// The server does what is asked, and answers something else.
    pub(crate) fn after(&self, request: &Received, answer: Answer) -> Answer {
        self.answer(request);
        answer
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let content = content.as_ref().to_vec();
        let e_tag = md5_hex(&content);
        self.kept().objects.insert(path.to_owned(), Object { content, e_tag });
    }

    /// The content of `/bucket/key`.
    pub(crate) fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.kept().objects.get(path).map(|object| object.content.clone())
    }

    /// The numbers of the parts of each upload that is neither completed nor aborted.
    pub(crate) fn uploads(&self) -> Vec<Vec<u32>> {
        self.kept().uploads.values().map(|parts| parts.keys().copied().collect()).collect()
    }

    pub(crate) fn answer(&self, request: &Received) -> Answer {
        let mut kept = self.kept();
        let path = request.path().to_owned();
        let id = request.query_value("uploadId").map(str::to_owned);
        match (request.method(), id) {
            ("POST", None) => kept.begin(),
            (_, Some(id)) if !kept.uploads.contains_key(&id) => Answer::error(404, "NoSuchUpload"),
            ("PUT", Some(id)) => {
                let number = request.query_value("partNumber").unwrap().parse().unwrap();
                kept.uploads.get_mut(&id).unwrap().insert(number, request.body.clone());
                Answer::stored(&request.body)
            }
            ("GET", Some(id)) => kept.list(&id),
            ("POST", Some(id)) => kept.complete(&id, path, request.text()),
            ("DELETE", Some(id)) => {
                kept.uploads.remove(&id);
                Answer::new(204)
            }
            ("PUT", None) => {
                drop(kept);
                self.put(&path, &request.body);
                Answer::stored(&request.body)
            }
            ("GET" | "HEAD", None) => match kept.objects.get(&path) {
                Some(object) => Answer::object_with(request, &object.content, &object.e_tag),
                None => Answer::error(404, "NoSuchKey"),
            },
            _ => Answer::error(501, "NotImplemented"),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn begin(&mut self) -> Answer {
        self.begun += 1;
        let id = format!("upload-{}", self.begun);
        self.uploads.insert(id.clone(), BTreeMap::new());
        Answer::xml(&format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ))
    }

    fn list(&self, id: &str) -> Answer {
        let parts = self.uploads[id].iter().map(|(number, content)| {
            format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>\"{}\"</ETag><Size>{}</Size></Part>",
                md5_hex(content),
                content.len()
            )
        });
        Answer::xml(&format!("<ListPartsResult>{}</ListPartsResult>", parts.collect::<String>()))
    }

    /// The parts that are named, one after another, where each is as it is named.
    fn complete(&mut self, id: &str, path: String, text: &str) -> Answer {
        let (mut content, mut sums, mut count) = (Vec::new(), Vec::new(), 0);
        for part in text.split("<Part>").skip(1) {
            let between = |before, after| part.split_once(before).unwrap().1.split_once(after).unwrap().0;
            let number: u32 = between("<PartNumber>", "</PartNumber>").parse().unwrap();
            let e_tag = between("<ETag>", "</ETag>").replace("&quot;", "");
            match self.uploads[id].get(&number) {
                Some(part) if md5_hex(part) == e_tag => content.extend(part),
                _ => return Answer::error(400, "InvalidPart"),
            }
            sums.extend((0..16).map(|i| u8::from_str_radix(&e_tag[i * 2..i * 2 + 2], 16).unwrap()));
            count += 1;
        }
        let e_tag = format!("{}-{count}", md5_hex(&sums));
        let answer = Answer::xml(&format!(
            "<CompleteMultipartUploadResult><ETag>&quot;{e_tag}&quot;</ETag></CompleteMultipartUploadResult>"
        ));
        self.objects.insert(path, Object { content, e_tag });
        self.uploads.remove(id);
        answer
    }
}
