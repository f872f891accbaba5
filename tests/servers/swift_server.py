"""Runs the proxy server or the storage servers of OpenStack Swift, with its S3 interface, on 127.0.0.1.

usage: swift_server.py proxy DIR PORTS SECRET SECRET2
       swift_server.py storage DIR PORTS

DIR is a folder for all data, which does not exist yet. PORTS are the ports of the proxy and of the account, container
and object servers, separated by commas. The two secrets are those of the users test:tester and test:tester2.
"""

import gc
import json
import logging
import os
import sys
from time import time as now

import eventlet
from eventlet import tpool

eventlet.monkey_patch(all=False, socket=True, select=True, thread=True, time=True)

ROLE, FOLDER = sys.argv[1], os.path.abspath(sys.argv[2])
PORTS = dict(zip(("proxy", "account", "container", "object"), map(int, sys.argv[3].split(","))))
SECRET, OTHER_SECRET = sys.argv[4:] if ROLE == "proxy" else ("", "")

# The data is discarded at the end, so nothing has to wait for the disk, and no threads are needed for it.
os.fsync = os.fdatasync = lambda file: None
tpool.execute = lambda function, *arguments, **options: function(*arguments, **options)
gc.set_threshold(100_000)  # fewer collections save a tenth of the time


def write(name, content):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.write(content)
    return path


# Swift reads this file when its modules are imported.
from swift.common import utils

os.makedirs(f"{FOLDER}/srv/d1")
utils.SWIFT_CONF_FILE = write(
    "swift.conf",
    "[swift-hash]\nswift_hash_path_suffix = x\n[swift-constraints]\nmax_header_size = 16384\n",
)
utils.HASH_PATH_SUFFIX = utils.HASH_PATH_PREFIX = b""
utils.validate_hash_conf()

from swift.common import constraints, db, storage_policy

constraints.reload_constraints()
storage_policy.reload_storage_policies()

from eventlet import listen, wsgi
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.ring import RingBuilder
from swift.common.wsgi import loadapp

# On a busy machine, the defaults (0.5, 10 and 1 s) are too short: requests would fail, and a listing would lack objects
# that were just stored.
DEFAULTS = f"""[DEFAULT]
conn_timeout = 30
node_timeout = 60
container_update_timeout = 60
swift_dir = {FOLDER}
devices = {FOLDER}/srv
mount_check = false
log_level = ERROR
fallocate_reserve = 0
disable_fallocate = true
workers = 0
"""
PROXY = f"""[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
s3_acl = true
location = us-east-1
storage_domain = s3.localhost
dns_compliant_bucket_names = no
check_bucket_owner = yes
min_segment_size = 5242880
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {SECRET} .admin
user_test_tester2 = {OTHER_SECRET} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
yield_frequency = 10
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
error_suppression_limit = 1000000
"""


class Cache:
    """Stands in for memcached, which real installations have: the proxy keeps the settings of accounts and buckets."""

    def __init__(self, app):
        self.app, self.values = app, {}

    def __call__(self, env, start_response):
        env["swift.cache"] = self
        return self.app(env, start_response)

    def get(self, key, raise_on_error=False):
        value, end = self.values.get(key, ("null", 0))
        return json.loads(value) if not end or now() < end else None

    def set(self, key, value, serialize=True, time=0, min_compress_len=0, raise_on_error=False):
        self.values[key] = json.dumps(value), time and now() + time

    def delete(self, key, server_key=None):
        self.values.pop(key, None)


def fast_connection(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def serve(kind, config, wrap=lambda app: app):
    sock = listen(("127.0.0.1", PORTS[kind]))
    # Otherwise, a small response on a reused connection takes 40 ms.
    sock.setsockopt(eventlet.green.socket.IPPROTO_TCP, eventlet.green.socket.TCP_NODELAY, 1)
    app = wrap(loadapp(write(f"{kind}.conf", DEFAULTS + config), global_conf={"log_name": kind}))
    logging.getLogger(kind).addHandler(logging.StreamHandler())
    eventlet.spawn(
        wsgi.server, sock, app, log=logging.getLogger("wsgi"), log_output=False, protocol=SwiftHttpProtocol, debug=False
    )


if ROLE == "proxy":
    for kind in ("account", "container", "object"):
        ring = RingBuilder(2, 1, 0)
        ring.add_dev({
            "id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1", "meta": "",
            "ip": "127.0.0.1", "port": PORTS[kind], "replication_ip": "127.0.0.1", "replication_port": PORTS[kind],
        })
        ring.rebalance()
        ring.get_ring().save(f"{FOLDER}/{kind}.ring.gz")
    serve("proxy", PROXY, Cache)
else:
    connect, db.get_db_connection = db.get_db_connection, fast_connection
    for kind in ("account", "container", "object"):
        serve(kind, f"[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\nlog_requests = false\n")
while True:
    eventlet.sleep(3600)
