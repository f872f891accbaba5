# What a program costs to build with plain-s3 and with other S3 clients: part of benches/run.
# shellcheck shell=bash disable=SC2154 # the variables of benches/run

# build_cold NAME FOLDER CARGO-ARGUMENTS...: builds a program in an empty target directory, and appends a row of the table
# to $DIR/builds: its crates without those of this repository, CPU seconds of the build, and size in KiB without symbols
build_cold() {
  local name=$1 folder=$2 target program crates TIMEFORMAT='%U %S'
  shift 2
  target=$(target_directory "$HERE/peers")/$name
  say "building $name"
  rm -rf "$target"
  (cd "$folder" && cargo fetch -q --locked)
  { time (cd "$folder" && cargo build -q --locked --release --target-dir "$target" "$@" 2>"$DIR/err"); } 2>"$DIR/time" ||
    { say "$name does not build: $(tail -n 3 "$DIR/err")"; return 0; }
  program=$(find "$target/release" -maxdepth 1 -type f -executable)
  strip -o "$DIR/stripped" "$program"
  crates=$(cd "$folder" && cargo tree --locked -e normal --prefix none --no-dedupe -p "${PACKAGE:-$2}" |
    sed 's/ (.*//' | sort -u | grep -vc '^peer-')
  printf '| %s | %s | %.0f s | %.1f MiB |\n' "$name" "$crates" \
    "$(awk '{ print $1 + $2 }' "$DIR/time")" "$(awk "BEGIN { print $(stat -c %s "$DIR/stripped") / 1048576 }")" >>"$DIR/builds"
}

builds() {
  local peer
  need strip binutils
  PACKAGE=plain-s3 build_cold plain-s3 "$HERE/clients" --bin plain
  for peer in "${PEERS[@]}"; do
    build_cold "$peer" "$HERE/peers" -p "peer-$peer"
  done
  {
    echo "$(rustc --version | cut -d' ' -f1-2), $(versions)"
    echo
    echo "| | crates | cold build, CPU | program |"
    echo "|---|---|---|---|"
    cat "$DIR/builds"
  } | "$HERE/insert" builds
}
