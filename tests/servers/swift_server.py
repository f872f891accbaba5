"""Runs all servers of OpenStack Swift in one process, with its S3 interface, on 127.0.0.1.

usage: swift_server.py DIR PORT SECRET SECRET2

DIR is the folder for all data. The two secrets are those of the users test:tester and test2:tester2.
"""

import logging
import os
import sys

import eventlet

eventlet.monkey_patch(all=False, socket=True, select=True, thread=True, time=True)

FOLDER, PORT, SECRET, OTHER_SECRET = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]


def write(name, content):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.write(content)
    return path


# Swift reads this file when its modules are imported.
from swift.common import utils

utils.SWIFT_CONF_FILE = write(
    "swift.conf",
    "[swift-hash]\nswift_hash_path_suffix = x\n[swift-constraints]\nmax_header_size = 16384\n",
)
utils.HASH_PATH_SUFFIX = utils.HASH_PATH_PREFIX = b""
utils.validate_hash_conf()

from swift.common import constraints, storage_policy

constraints.reload_constraints()
storage_policy.reload_storage_policies()

from eventlet import listen, wsgi
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.ring import RingBuilder
from swift.common.wsgi import loadapp

DEFAULTS = f"""[DEFAULT]
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
check_bucket_owner = no
min_segment_size = 5242880
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {SECRET} .admin
user_test2_tester2 = {OTHER_SECRET} .admin
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
"""


def listener(port):
    sock = listen(("127.0.0.1", port))
    # Otherwise, a small response on a reused connection takes 40 ms.
    sock.setsockopt(eventlet.green.socket.IPPROTO_TCP, eventlet.green.socket.TCP_NODELAY, 1)
    return sock


os.makedirs(f"{FOLDER}/srv/d1")
configs, listeners = {}, {}
for kind in ("account", "container", "object"):
    listeners[kind] = listener(0)
    port = listeners[kind].getsockname()[1]
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({
        "id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1", "meta": "",
        "ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port,
    })
    ring.rebalance()
    ring.get_ring().save(f"{FOLDER}/{kind}.ring.gz")
    configs[kind] = write(
        f"{kind}.conf",
        f"{DEFAULTS}[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n",
    )
listeners["proxy"] = listener(PORT)
configs["proxy"] = write("proxy.conf", DEFAULTS + PROXY)
for kind, config in configs.items():
    eventlet.spawn(
        wsgi.server, listeners[kind], loadapp(config, global_conf={"log_name": kind}),
        log=logging.getLogger("wsgi"), log_output=False, protocol=SwiftHttpProtocol, debug=False,
    )
while True:
    eventlet.sleep(3600)
