#!/bin/sh
# Starts a command of this folder under a Node that can: the one of this package, or else the first on the PATH.
# `exec` keeps the process: the launcher's signals, SIGKILL too, reach it.
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
node="$here/../../node_modules/node/bin/node"
[ -x "$node" ] || node=node
exec "$node" --disable-warning=ExperimentalWarning "$here/main.ts" "$@"
