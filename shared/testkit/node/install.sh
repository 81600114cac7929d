#!/bin/sh
# Installs what the tests' node needs on Debian or Ubuntu; needs root.
set -eu
for program in containerd ctr runc ip /usr/lib/cni/bridge; do
    if ! command -v "$program" >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update
        exec apt-get install --yes --no-install-recommends containerd runc containernetworking-plugins iproute2
    fi
done
