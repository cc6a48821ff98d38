# Sourced by check: installs the generators of each language, and generates its stubs.
# shellcheck shell=bash

readonly PYTHON=target/clients/python TYPESCRIPT=target/clients/typescript GO=target/clients/go

# What is installed is kept as long as what it was installed from is the same.
python_packages() {
  local from=clients/python/requirements.txt
  need python3 "Python 3.10 or newer with venv and pip"
  if cmp -s "$from" "$PYTHON/installed" && "$PYTHON/venv/bin/python" -c "import grpc_tools" 2>/dev/null; then return; fi
  echo "clients: installing Python's packages into $PYTHON" >&2
  rm -rf "$PYTHON"
  run python3 -m venv "$PYTHON/venv"
  run "$PYTHON/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$from"
  cp "$from" "$PYTHON/installed"
}

typescript_packages() {
  local from=clients/typescript
  need node "Node.js 20 or newer"
  need npm "npm"
  if cmp -s "$from/package-lock.json" "$TYPESCRIPT/installed"; then return; fi
  echo "clients: installing TypeScript's packages into $TYPESCRIPT" >&2
  rm -rf "$TYPESCRIPT"
  mkdir -p "$TYPESCRIPT"
  cp "$from/package.json" "$from/package-lock.json" "$TYPESCRIPT"
  run npm ci --prefix "$TYPESCRIPT" --ignore-scripts --engine-strict --no-audit --no-fund --loglevel=error >/dev/null
  cp "$from/package-lock.json" "$TYPESCRIPT/installed"
}

python() {
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PYTHON/stubs:clients/python" run "$PYTHON/venv/bin/python" "$@"
}

# The compiler is the one of Python's packages, for every language.
protoc() {
  local files packages=("$PYTHON"/venv/lib/python*/site-packages)
  mapfile -t files < <(cd proto && printf '%s\n' rollcall/v1/*.proto)
  python -m grpc_tools.protoc -I proto -I "${packages[0]}" "$@" "${files[@]}"
}

python_stubs() {
  rm -rf "$PYTHON/stubs"
  mkdir -p "$PYTHON/stubs"
  protoc --python_out="$PYTHON/stubs" --grpc_python_out="$PYTHON/stubs"
}

typescript_stubs() {
  rm -rf "$TYPESCRIPT/src" "$TYPESCRIPT/build"
  cp -r clients/typescript/tsconfig.json clients/typescript/src "$TYPESCRIPT"
  mkdir "$TYPESCRIPT/src/stubs"
  protoc --plugin="$TYPESCRIPT/node_modules/.bin/protoc-gen-es" --es_out="$TYPESCRIPT/src/stubs" \
    --es_opt=target=ts,import_extension=js google/rpc/error_details.proto
}

# What of Go is not there; Debian's packages of its libraries are a GOPATH.
go_missing() {
  local name
  for name in go protoc-gen-go protoc-gen-go-grpc; do
    command -v "$name" >/dev/null || printf '%s ' "$name"
  done
  for name in google.golang.org/grpc google.golang.org/protobuf; do
    [[ -d "$1/src/$name" ]] || printf '%s ' "$name"
  done
}

go_stubs() {
  local from="${GOPATH:-/usr/share/gocode}"
  rm -rf "$GO/src"
  mkdir -p "$GO/src"
  protoc --go_out="$GO/src" --go-grpc_out="$GO/src"
  GO111MODULE=off GOFLAGS="" GOPATH="$PWD/$GO:$from" GOCACHE="$PWD/$GO/cache" run go vet rollcall.dev/rollcall/v1
}
