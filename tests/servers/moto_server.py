"""Runs the S3 part of moto as an HTTP server on 127.0.0.1, one request after the other.

usage: moto_server.py PORT [CERTIFICATE KEY TLS-PORT]

It differs from the server of the package, `moto_server`, in three ways:

- moto is not thread-safe: with two requests at once, it responds 500 or loses one of them. So each request waits for
  the ones before it, after its body has been received. A request whose body is incomplete is not executed.
- moto guesses the service from the `Authorization` header, and responds 500 if it finds no such service. A header of
  Signature V2 has none, but one in 1400 signatures has as many slashes as the scope of Signature V4. Here, each
  request is for S3.
- Connections are kept open. The server of the package closes each one after its response.
"""

import io
import ssl
import sys
import threading

from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.exceptions import InternalServerError
from werkzeug.serving import make_server

LOCK = threading.Lock()
APPLICATION = create_backend_app("s3")


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self):
        environ = self.make_environ()
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        if len(body) < length:
            self.close_connection = True
            return
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            with LOCK:
                status, headers, body = execute(APPLICATION, environ)
        except Exception as error:
            self.log_error("%r", error)
            status, headers, body = execute(InternalServerError(), environ)
        code, reason = status.split(" ", 1)
        self.send_response(int(code), reason)
        for header in headers:
            self.send_header(*header)
        if self.command == "HEAD" or code in ("204", "304"):
            body = b""
        elif "content-length" not in (name.lower() for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self._headers_buffer.append(b"\r\n" + body)  # one packet, if it is short
        self.flush_headers()

    def log_request(self, code="-", size="-"):
        pass  # the log would take a tenth of the time


def execute(application, environ):
    """Returns the status, the headers and the body of the response."""
    started = []
    response = application(environ, lambda status, headers, exc_info=None: started.append((status, headers)))
    try:
        body = b"".join(response)
    finally:
        close = getattr(response, "close", None)
        if close:
            close()
    return *started[-1], body


def serve(port, context=None):
    server = make_server("127.0.0.1", port, APPLICATION, threaded=True, request_handler=Handler)
    if context:
        # A handshake must not delay other connections, so each takes place in the thread of its connection.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.ssl_context = context
    server.serve_forever()


if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[2], sys.argv[3])
    threading.Thread(target=serve, args=(int(sys.argv[4]), tls), daemon=True).start()
serve(int(sys.argv[1]))
