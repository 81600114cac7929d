#!/bin/sh
# Installs what the tests' node and the benchmark need on Debian or Ubuntu; needs root.
set -eu
for program in containerd ctr runc ip iptables /usr/lib/cni/bridge curl; do
    if ! command -v "$program" >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        # A machine that has just started updates itself and holds the lock; mirrors fail now and then.
        set -- -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3
        apt-get "$@" update
        exec apt-get "$@" install --yes --no-install-recommends \
            containerd runc containernetworking-plugins iproute2 iptables curl ca-certificates
    fi
done
