"""Runs tasks with boto3, s3cmd or rclone, and reports what they return.

usage: clients.py <JOB >RESULTS

JOB is a JSON object: the name of the client, the server, the bucket, a folder for files, and a list of tasks. RESULTS
is a JSON list with one object for each task, which is {"error": TEXT} if the client failed. tests/live/foreign_clients.rs
describes the tasks and checks the results.
"""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

BIN = pathlib.Path(sys.executable).parent
PART_SIZE = 5 << 20
# The settings of the caller must not affect the clients.
for variable in list(os.environ):
    if variable.startswith(("AWS_", "RCLONE_", "S3CMD")):
        del os.environ[variable]


class Boto3:
    def __init__(self, job):
        import boto3
        import boto3.s3.transfer
        import botocore.config

        self.bucket = job["bucket"]
        self.s3 = boto3.client(
            "s3",
            endpoint_url=job["endpoint"],
            region_name="us-east-1",
            aws_access_key_id=job["access_key"],
            aws_secret_access_key=job["secret_key"],
            config=botocore.config.Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # Otherwise uploads end with a checksum after the body, which Ceph 16.2 rejects.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"total_max_attempts": 1},
            ),
        )
        self.transfer = boto3.s3.transfer.TransferConfig(multipart_chunksize=PART_SIZE, multipart_threshold=PART_SIZE)

    def put(self, key, file, content_type, metadata):
        with open(file, "rb") as body:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, Metadata=metadata)

    def upload(self, key, file):
        self.s3.upload_file(file, self.bucket, key, Config=self.transfer)

    def get(self, key, file):
        with open(file, "wb") as target:
            target.write(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def head(self, key):
        head = self.s3.head_object(Bucket=self.bucket, Key=key)
        return {"content_type": head["ContentType"], "metadata": head["Metadata"]}

    def list(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {"keys": [entry["Key"] for page in pages for entry in page.get("Contents", [])]}

    def set_acl(self, key, public):
        self.s3.put_object_acl(Bucket=self.bucket, Key=key, ACL="public-read" if public else "private")

    def acl(self, key):
        grants = self.s3.get_object_acl(Bucket=self.bucket, Key=key)["Grants"]
        return {"public": any(grant["Grantee"].get("URI", "").endswith("/AllUsers") for grant in grants)}


class S3cmd:
    """Runs the program s3cmd in forked processes, since its start takes longer than most commands."""

    def __init__(self, job):
        import S3.CloudFront  # noqa: F401
        import S3.FileLists  # noqa: F401
        import S3.MultiPart  # noqa: F401
        import S3.S3  # noqa: F401

        self.bucket = job["bucket"]
        self.folder = pathlib.Path(job["folder"])
        address = job["endpoint"].removeprefix("http://")
        self.config = self.folder / "s3cmd.cfg"
        self.config.write_text(
            f"[default]\naccess_key = {job['access_key']}\nsecret_key = {job['secret_key']}\n"
            f"host_base = {address}\nhost_bucket = {address}\nuse_https = False\n"
            f"max_retries = 1\nprogress_meter = False\n"
            f"preserve_attrs = False\nguess_mime_type = False\n"
        )
        self.program = BIN / "s3cmd"
        self.code = compile(self.program.read_text(), str(self.program), "exec")

    def run(self, *arguments):
        output = self.folder / "s3cmd.out"
        child = os.fork()
        if child == 0:
            target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(target, stream)
            sys.argv = [str(self.program), "-c", str(self.config), *arguments]
            status = 70
            try:
                exec(self.code, {"__name__": "__main__", "__file__": str(self.program)})
            except SystemExit as end:
                status = end.code or 0
            finally:
                sys.stdout.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open(output, newline="") as file:
            text = file.read()
        if status != 0:
            raise RuntimeError(f"s3cmd ended with {status}: {text}")
        return text

    def uri(self, key=""):
        return f"s3://{self.bucket}/{key}"

    def put(self, key, file, content_type, metadata):
        headers = [f"--add-header=x-amz-meta-{name}:{value}" for name, value in metadata.items()]
        self.run("put", f"--mime-type={content_type}", *headers, file, self.uri(key))

    def upload(self, key, file):
        self.run("put", "--multipart-chunk-size-mb=5", file, self.uri(key))

    def get(self, key, file):
        self.run("get", "--force", self.uri(key), file)

    def head(self, key):
        fields = [line.strip().partition(":") for line in self.run("info", self.uri(key)).split("\n")]
        fields = {name: value.strip() for name, _, value in fields}
        metadata = {name.removeprefix("x-amz-meta-"): value for name, value in fields.items() if name.startswith("x-amz-meta-")}
        return {"content_type": fields["MIME type"], "metadata": metadata}

    def list(self):
        # A line has the date, the time, the size and the URI. A key can contain line breaks.
        prefix = self.uri()
        lines = (self.run("ls", "--recursive", prefix).removesuffix("\n") + "\n").split(f"  {prefix}")[1:]
        return {"keys": [line.rpartition("\n")[0] for line in lines]}

    def set_acl(self, key, public):
        self.run("setacl", "--acl-public" if public else "--acl-private", self.uri(key))

    def acl(self, key):
        return {"public": "*anon*: READ" in self.run("info", self.uri(key))}


class Rclone:
    """Runs `rclone rcd`, which is controlled through HTTP over a Unix socket."""

    def __init__(self, job):
        self.folder = job["folder"]
        self.socket = f"{self.folder}/rc.sock"
        config = f"{self.folder}/rclone.conf"
        pathlib.Path(config).write_text(
            f"[server]\ntype = s3\nprovider = Ceph\nregion = us-east-1\nendpoint = {job['endpoint']}\n"
            f"access_key_id = {job['access_key']}\nsecret_access_key = {job['secret_key']}\n"
            f"chunk_size = {PART_SIZE}B\nupload_cutoff = {PART_SIZE}B\n"
        )
        self.remote = f"server:{job['bucket']}"
        pathlib.Path(self.socket).unlink(missing_ok=True)
        self.daemon = subprocess.Popen(
            [BIN / "rclone", "rcd", "--config", config, "--rc-addr", f"unix://{self.socket}", "--rc-no-auth",
             "--low-level-retries", "1", "--retries", "1"],
            stdin=subprocess.DEVNULL, stdout=sys.stderr,
        )
        for _ in range(600):
            if os.path.exists(self.socket) or self.daemon.poll() is not None:
                break
            time.sleep(0.05)

    def close(self):
        self.daemon.kill()
        self.daemon.wait()

    def call(self, method, **fields):
        connection = http.client.HTTPConnection("rclone")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.socket)
        connection.request("POST", f"/{method}", json.dumps(fields), {"Content-Type": "application/json"})
        result = json.loads(connection.getresponse().read())
        connection.close()
        if result.get("error"):
            raise RuntimeError(f"rclone: {result['error']}")
        return result

    # rclone has names of its own for some keys: https://rclone.org/overview/#encoding
    DOTS = {".": "\uff0e", "..": "\uff0e\uff0e"}
    CONTROLS = {**{code: 0x2400 + code for code in range(32)}, 127: 0x2421}

    def name(self, key):
        return "/".join(self.DOTS.get(segment, segment) for segment in key.translate(self.CONTROLS).split("/"))

    def key(self, name):
        dots = {wide: dots for dots, wide in self.DOTS.items()}
        controls = {picture: code for code, picture in self.CONTROLS.items()}
        return "/".join(dots.get(segment, segment) for segment in name.translate(controls).split("/"))

    def copy(self, source, name, target, target_name, **config):
        self.call("operations/copyfile", srcFs=source, srcRemote=name, dstFs=target, dstRemote=target_name, _config=config)

    def put(self, key, file, content_type, metadata):
        self.copy(*os.path.split(file), self.remote, self.name(key),
                  Metadata=True, MetadataSet={"content-type": content_type, **metadata})

    def upload(self, key, file):
        self.copy(*os.path.split(file), self.remote, self.name(key))

    def get(self, key, file):
        self.copy(self.remote, self.name(key), *os.path.split(file))

    def head(self, key):
        item = self.call("operations/stat", fs=self.remote, remote=self.name(key), opt={"metadata": True})["item"]
        return {"content_type": item["MimeType"], "metadata": item["Metadata"]}

    def list(self):
        items = self.call("operations/list", fs=self.remote, remote="", opt={"recurse": True, "filesOnly": True})["list"]
        return {"keys": [self.key(item["Path"]) for item in items]}


def main():
    job = json.load(sys.stdin)
    client = {"boto3": Boto3, "s3cmd": S3cmd, "rclone": Rclone}[job["client"]](job)
    results = []
    for task in job["tasks"]:
        try:
            results.append(getattr(client, task.pop("do"))(**task) or {})
        except Exception as error:  # every failure is a result
            results.append({"error": f"{type(error).__name__}: {error}"})
    if hasattr(client, "close"):
        client.close()
    json.dump(results, sys.stdout)


main()
