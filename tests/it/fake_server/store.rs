//! An in-memory object store for the scripted server: objects and multipart uploads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plain_s3::Client;

use super::{FakeServer, Request, Response};
use crate::signatures::md5_hex;

/// Objects and multipart uploads in memory, shared by all clones.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    uploads_created: usize,
}

#[derive(Clone)]
struct Object {
    content: Vec<u8>,
    e_tag: String,
}

/// The content of the small object in every [`Store::with_object`].
pub(crate) const HELLO: &str = "Hello World!";

/// Reads `/b/small`, which fails if the client has left a connection in a bad state.
#[track_caller]
pub(crate) fn get_small(client: &Client) {
    assert_eq!(client.get_object("b", "small").unwrap().text().unwrap(), HELLO);
}

impl Store {
    /// Creates a store with `body` at `/b/k` and a small object at `/b/small`.
    pub(crate) fn with_object(body: &[u8]) -> Self {
        let store = Self::default();
        store.put("/b/k", body);
        store.put("/b/small", HELLO);
        store
    }

    /// Starts a server that serves this store, unless `fault` returns another response. For a fault after
    /// the store has handled the request, see [`handle_then`](Self::handle_then).
    pub(crate) fn serve(
        &self,
        mut fault: impl FnMut(&Request) -> Option<Response> + Send + 'static,
    ) -> FakeServer {
        let store = self.clone();
        FakeServer::serve(move |request| fault(request).unwrap_or_else(|| store.respond(request)))
    }

    /// Handles the request, but returns `response` instead of its own.
    pub(crate) fn handle_then(&self, request: &Request, response: Response) -> Response {
        self.respond(request);
        response
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let content = content.as_ref().to_vec();
        let e_tag = md5_hex(&content);
        self.state().objects.insert(path.to_owned(), Object { content, e_tag });
    }

    /// Returns the content of `/bucket/key`.
    pub(crate) fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.state().objects.get(path).map(|object| object.content.clone())
    }

    /// Returns the ETag of `/bucket/key`.
    pub(crate) fn e_tag(&self, path: &str) -> Option<String> {
        self.state().objects.get(path).map(|object| object.e_tag.clone())
    }

    /// Returns the decoded paths of all objects.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.state().objects.keys().map(|path| decode(path)).collect()
    }

    /// Returns the part numbers of each upload that is neither completed nor aborted.
    pub(crate) fn uploads(&self) -> Vec<Vec<u32>> {
        self.state().uploads.values().map(|parts| parts.keys().copied().collect()).collect()
    }

    /// Returns the response of a real server.
    pub(crate) fn respond(&self, request: &Request) -> Response {
        let mut state = self.state();
        let path = request.path().to_owned();
        let id = request.query_value("uploadId").map(str::to_owned);
        match (request.method(), id) {
            ("GET", None) if request.query_value("list-type").is_some() => state.list(request),
            ("POST", None) if request.query_value("delete").is_some() => state.delete(request),
            ("DELETE", None) => {
                state.objects.remove(&path);
                Response::new(204)
            }
            ("POST", None) => state.create_upload(),
            (_, Some(id)) if !state.uploads.contains_key(&id) => Response::error(404, "NoSuchUpload"),
            ("PUT", Some(id)) => {
                let number = request.query_value("partNumber").unwrap().parse().unwrap();
                state.uploads.get_mut(&id).unwrap().insert(number, request.body.clone());
                Response::stored(&request.body)
            }
            ("GET", Some(id)) => state.list_parts(&id),
            ("POST", Some(id)) => state.complete(&id, path, request.text()),
            ("DELETE", Some(id)) => {
                state.uploads.remove(&id);
                Response::new(204)
            }
            ("PUT", None) => {
                drop(state); // `put` locks the state again.
                self.put(&path, &request.body);
                Response::stored(&request.body)
            }
            ("GET" | "HEAD", None) => match state.objects.get(&path) {
                Some(object) => Response::object_with(request, &object.content, &object.e_tag),
                None => Response::error(404, "NoSuchKey"),
            },
            _ => Response::error(501, "NotImplemented"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lists the objects in pages of 1000.
    fn list(&self, request: &Request) -> Response {
        let value = |name| decode(request.query_value(name).unwrap_or_default());
        let (prefix, after) = (value("prefix"), value("continuation-token"));
        let bucket = format!("{}/", request.path().trim_end_matches('/'));
        let keys = self.objects.keys().filter_map(|path| path.strip_prefix(&bucket));
        let mut keys: Vec<(String, &str)> = keys.map(|key| (decode(key), key)).collect();
        keys.retain(|(key, _)| key.starts_with(&prefix) && *key > after);
        keys.sort();
        let token = keys.get(1000).map(|_| keys[999].1);
        let mut text =
            format!("<EncodingType>url</EncodingType><IsTruncated>{}</IsTruncated>", token.is_some());
        if let Some(token) = token {
            text += &format!("<NextContinuationToken>{}</NextContinuationToken>", decode(token));
        }
        for (_, key) in keys.iter().take(1000) {
            let Object { content, e_tag } = &self.objects[&format!("{bucket}{key}")];
            text += &format!(
                "<Contents><Key>{key}</Key><Size>{}</Size><ETag>\"{e_tag}\"</ETag></Contents>",
                content.len()
            );
        }
        Response::xml(&format!("<ListBucketResult>{text}</ListBucketResult>"))
    }

    /// Deletes the listed keys, which contain nothing that XML or URLs encode.
    fn delete(&mut self, request: &Request) -> Response {
        let mut text = String::new();
        for key in request.text().split("<Key>").skip(1).filter_map(|piece| piece.split('<').next()) {
            self.objects.remove(&format!("{}/{key}", request.path().trim_end_matches('/')));
            text += &format!("<Deleted><Key>{key}</Key></Deleted>");
        }
        Response::xml(&format!("<DeleteResult>{text}</DeleteResult>"))
    }

    fn create_upload(&mut self) -> Response {
        self.uploads_created += 1;
        let id = format!("upload-{}", self.uploads_created);
        self.uploads.insert(id.clone(), BTreeMap::new());
        Response::xml(&format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ))
    }

    fn list_parts(&self, id: &str) -> Response {
        let parts = self.uploads[id].iter().map(|(number, content)| {
            format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>\"{}\"</ETag><Size>{}</Size></Part>",
                md5_hex(content),
                content.len()
            )
        });
        Response::xml(&format!("<ListPartsResult>{}</ListPartsResult>", parts.collect::<String>()))
    }

    /// Joins the listed parts into an object. Fails if a part does not have the listed ETag.
    fn complete(&mut self, id: &str, path: String, text: &str) -> Response {
        let (mut content, mut md5s, mut count) = (Vec::new(), Vec::new(), 0);
        for part in text.split("<Part>").skip(1) {
            let between = |before, after| part.split_once(before).unwrap().1.split_once(after).unwrap().0;
            let number: u32 = between("<PartNumber>", "</PartNumber>").parse().unwrap();
            let e_tag = between("<ETag>", "</ETag>").replace("&quot;", "");
            match self.uploads[id].get(&number) {
                Some(part) if md5_hex(part) == e_tag => content.extend(part),
                _ => return Response::error(400, "InvalidPart"),
            }
            md5s.extend((0..16).map(|i| u8::from_str_radix(&e_tag[i * 2..i * 2 + 2], 16).unwrap()));
            count += 1;
        }
        let e_tag = format!("{}-{count}", md5_hex(&md5s));
        let response = Response::xml(&format!(
            "<CompleteMultipartUploadResult><ETag>&quot;{e_tag}&quot;</ETag></CompleteMultipartUploadResult>"
        ));
        self.objects.insert(path, Object { content, e_tag });
        self.uploads.remove(id);
        response
    }
}

/// Decodes a part of a URL.
fn decode(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(piece[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}
