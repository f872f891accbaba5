# Compares plain-s3 with other S3 clients: part of benches/run, which starts the servers. Each client is measured as a
# whole process, from outside, because most of them are not ours.
# shellcheck shell=bash disable=SC2154 # the variables of benches/run

PEERS=(rusty-s3 rust-s3 object_store aws-sdk-s3)

# Each peer is built by itself: together, cargo would enable the features of all of them in their common dependencies.
build_peers() {
  local peer target
  target=$(target_directory "$HERE/peers")
  for peer in "${PEERS[@]}"; do
    say "building $peer"
    if (cd "$HERE/peers" && nice cargo build -q --locked --release -j1 -p "peer-$peer" --target-dir "$target/$peer"); then
      cp "$target/$peer/release/peer-$peer" "$DIR/$peer"
    else
      say "$peer does not build"
    fi
  done
}

# counts ENDPOINT: prints the connections and requests that the server has accepted, without this one
counts() { curl -sf --cacert "$DIR/ca.pem" "$1/counts" | awk '/^ *[0-9]/ { print $1 - 1, $3 - 1 }'; }

# measure CLIENT OPERATION ENDPOINT COMMAND...: appends a line to $DIR/results with CPU seconds, seconds, peak memory in
# KiB, requests and connections, or the reason why there are none
measure() {
  local client=$1 operation=$2 endpoint=$3 before after user system seconds TIMEFORMAT='%U %S %R' problem=''
  shift 3
  rm -f "$DATA/got"
  before=$(counts "$endpoint")
  if [ ! -x "$(command -v "$1")" ]; then
    problem='does not build'
  elif ! { time S3_ENDPOINT=$endpoint timeout 120 env time -q -f %M -o "$DIR/peak" "$@" >"$DIR/out" 2>"$DIR/err"; } 2>"$DIR/time"; then
    say "$client $operation: $(tail -n 3 "$DIR/err")"
    problem=fails
  elif [[ $operation = download* ]] && ! cmp -s "$DATA/got" "$DATA/large"; then
    problem='wrong content'
  fi
  after=$(counts "$endpoint")
  read -r user system seconds <"$DIR/time" || true
  # the connection and the request that counted `before` are part of the difference
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$client" "$operation" "$problem" \
    "$(awk "BEGIN { print ${user:-0} + ${system:-0} }")" "${seconds:-0}" "$(cat "$DIR/peak" 2>/dev/null || echo 0)" \
    $((${after#* } - ${before#* } - 1)) $((${after% *} - ${before% *} - 1)) >>"$DIR/results"
}

# all CLIENT COMMAND...: every operation of a client
all() {
  local client=$1
  shift
  measure "$client" download "$HTTP" "$@" download "$DATA/got"
  if [ "$client" = rust-s3 ]; then
    printf '%s\t%s\t%s\n' "$client" download-https 'trusts no other authorities' >>"$DIR/results"
  else
    measure "$client" download-https "$HTTPS" "$@" download "$DATA/got"
  fi
  measure "$client" upload "$SINK" "$@" upload "$DATA/large"
  measure "$client" get "$HTTP" "$@" get 2000
  measure "$client" put "$SINK" "$@" put-small 1000
  [ "$client" = curl ] || measure "$client" list "$SINK" "$@" list
}

compare() { # ROUNDS
  local i peer
  need time time
  need python3 python3
  build_peers
  export BENCH_SMALL=$DATA/small
  export SSL_CERT_FILE=$BENCH_CA AWS_CA_BUNDLE=$BENCH_CA CURL_CA_BUNDLE=$BENCH_CA
  export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
  [ "${#SERVERS[@]}" = 0 ] || taskset -pc 0 $$ >/dev/null
  for i in $(seq "$1"); do
    say "round $i of $1"
    all plain-s3 "$PLAIN"
    all 'plain-s3, unchecked' env BENCH_CHECK=none "$PLAIN"
    measure 'plain-s3, CRC-64' download "$CRC" "$PLAIN" download "$DATA/got"
    measure 'plain-s3, CRC-64' upload "$SINK" env BENCH_CHECK=CRC64NVME "$PLAIN" upload "$DATA/large"
    for peer in "${PEERS[@]}"; do
      all "$peer" "$DIR/$peer"
    done
    measure 'aws-sdk-s3, CRC-64' download "$CRC" "$DIR/aws-sdk-s3" download "$DATA/got"
    all boto3 "${BENCH_PYTHON:-python3}" "$HERE/peers/boto3"
    all curl "$HERE/peers/curl"
  done
  python3 "$HERE/peers/report" "$DIR/results" "$HERE/../docs/benchmarks.md" "$HERE/../docs/benchmarks.svg" \
    "$SIZE MiB, $1 rounds, $CORES cores, $(versions)"
}

# versions: prints the versions of all clients
versions() {
  local peer
  for peer in "${PEERS[@]}"; do
    awk -v name="name = \"$peer\"" '$0 == name { getline; gsub(/[^0-9.]/, ""); printf "%s, ", name $0 }' \
      "$HERE/peers/Cargo.lock" | sed 's/name = "\(.*\)"/\1 /'
  done
  "${BENCH_PYTHON:-python3}" -c 'import boto3; print("boto3", boto3.__version__, end=", ")' 2>/dev/null || printf 'no boto3, '
  curl --version | awk 'NR == 1 { printf "curl %s", $2 }'
}
