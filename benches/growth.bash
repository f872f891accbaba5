# How the cost of plain-s3 grows: part of benches/run, which starts the servers. Transfers check a CRC-64, as on AWS.
# shellcheck shell=bash disable=SC2154,SC2034 # the variables of benches/run

SIZES=(1K 1M 16M 256M 1G 10G)
declare -A TIMES=([1K]=2000 [1M]=200 [16M]=20 [256M]=4 [1G]=2 [10G]=1)

# spent COMMAND...: sets CPU, WALL and PEAK, the seconds and MiB that a command takes
spent() {
  local TIMEFORMAT='%U %S %R' user system
  { time "$@" >"$DIR/out" 2>"$DIR/err"; } 2>"$DIR/time" || { cat "$DIR/err" >&2; quit "failed: $*"; }
  read -r user system WALL <"$DIR/time"
  CPU=$(awk "BEGIN { print $user + $system }")
  PEAK=$(awk 'END { printf "%.1f", $1 / 1024 }' "$DIR/out")
}

# at ENDPOINT ARGUMENTS..., at_proxy ARGUMENTS...: runs the measured program
at() { S3_ENDPOINT=$1 "$TARGET/release/growth" "${@:2}"; }
at_proxy() { at "$PROXY" "$@"; }
calculate() { awk "BEGIN { printf \"$1\", $2 }"; }

# behind MILLISECONDS ADDRESS COMMAND...: runs a command with a proxy that delays each round trip; $PROXY is its URL
behind() {
  local pid
  "${SERVERS[@]}" "$TARGET/release/delay" "${2#http://}" "$1" >"$DIR/delay" &
  pid=$!
  PIDS+=("$pid")
  until [ -s "$DIR/delay" ]; do sleep 0.05; done
  PROXY=http://127.0.0.1:$(cat "$DIR/delay")
  "${@:3}"
  kill "$pid"
  : >"$DIR/delay"
}

sizes() {
  local size n down up bytes
  echo "| object | download, CPU | CPU s/GiB | peak MiB | upload, CPU | CPU s/GiB | peak MiB |"
  echo "|---|---|---|---|---|---|---|"
  for size in "${SIZES[@]}"; do
    say "objects of $size"
    n=${TIMES[$size]} bytes=$(stat -c %s "$DATA/$size")
    spent at "$CRC" download "$size" "$DIR/got" "$n"
    down="$(calculate %.5f "$CPU / $n") s | $(calculate %.2f "$CPU / $n / $bytes * 2^30") | $PEAK"
    spent at "$SINK" upload "$DATA/$size" "$n"
    up="$(calculate %.5f "$CPU / $n") s | $(calculate %.2f "$CPU / $n / $bytes * 2^30") | $PEAK"
    echo "| ${size%?} ${size: -1}iB | $down | $up |"
    rm -f "$DIR/got"
  done
}

keys() {
  local count
  echo "| listed keys | CPU | CPU µs per key | peak MiB |"
  echo "|---|---|---|---|"
  for count in 1000 10000 100000 1000000; do
    say "$count keys"
    spent at "$SINK" list "$count"
    printf "| %d | %.3f s | %s | %s |\n" "$count" "$CPU" "$(calculate %.2f "$CPU / $count * 1000000")" "$PEAK"
  done
}

threads() {
  local n
  echo "| threads | requests/s | CPU µs per request | peak MiB | requests/s, 20 ms | CPU µs per request | peak MiB |"
  echo "|---|---|---|---|---|---|---|"
  for n in 1 2 4 8 16 32; do
    say "$n threads"
    spent at "$HTTP" threads "$n" $((8000 / n))
    printf '| %s | %s | %s | %s |' "$n" "$(calculate %.0f "8000 / $WALL")" "$(calculate %.0f "$CPU / 8000 * 1000000")" "$PEAK"
    behind 20 "$HTTP" spent at_proxy threads "$n" 50
    printf ' %s | %s | %s |\n' "$(calculate %.0f "50 * $n / $WALL")" "$(calculate %.0f "$CPU / (50 * $n) * 1000000")" "$PEAK"
  done
}

latencies() {
  local ms
  echo "| round trip | GET of 1 KiB | download of 256 MiB | upload of 256 MiB | 10,000 listed keys |"
  echo "|---|---|---|---|---|"
  for ms in 0 1 10 30 100; do
    say "$ms ms"
    behind "$ms" "$HTTP" spent at_proxy threads 1 20
    printf '| %s ms | %s ms |' "$ms" "$(calculate %.1f "$WALL / 20 * 1000")"
    behind "$ms" "$CRC" spent at_proxy download 256M "$DIR/got" 1
    printf ' %.2f s |' "$WALL"
    behind "$ms" "$SINK" spent at_proxy upload "$DATA/256M" 1
    printf ' %.2f s |' "$WALL"
    behind "$ms" "$SINK" spent at_proxy list 10000
    printf ' %.2f s |\n' "$WALL"
  done
}

growth() {
  export BENCH_CHECK=CRC64NVME
  [ "${#SERVERS[@]}" = 0 ] || taskset -pc 0 $$ >/dev/null
  {
    sizes
    echo
    keys
    echo
    threads
    echo
    latencies
  } | "$HERE/insert" growth
}
