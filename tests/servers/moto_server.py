"""Runs moto as an HTTP server on 127.0.0.1, one request after the other.

usage: moto_server.py PORT [CERTIFICATE KEY TLS-PORT]

moto is not thread-safe: with two requests at once, it responds 500 or loses one of them. So each request waits for the
ones before it, after its body has been received.
"""

import io
import ssl
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

LOCK = threading.Lock()
APPLICATION = DomainDispatcherApplication(create_backend_app)


def one_by_one(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    with LOCK:
        response = APPLICATION(environ, start_response)
        try:
            return list(response)
        finally:
            close = getattr(response, "close", None)
            if close:
                close()


def serve(port, context):
    server = make_server(
        "127.0.0.1", port, one_by_one, threaded=True, request_handler=MotoRequestHandler, ssl_context=context
    )
    server.serve_forever()


if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[2], sys.argv[3])
    threading.Thread(target=serve, args=(int(sys.argv[4]), tls), daemon=True).start()
serve(int(sys.argv[1]), None)
