# Process 1 of a node: `init.sh DIR`, run by `unshare --mount --pid --fork`. When it ends, the kernel ends every process
# of the node and drops every mount, so nothing can be left behind.
set -eu
dir=$1

# What containerd, the CNI plugins and kubelet write to fixed places goes to the node's folder instead.
mount --bind "$dir/run" /run
mount --bind "$dir/var-lib" /var/lib
mount --bind "$dir/var-log" /var/log

# A machine apart has an `/etc` of its own above the host's, and a network of its own.
if [ -d "$dir/etc" ]; then
    mount -t overlay -o "lowerdir=/etc,upperdir=$dir/etc,workdir=$dir/etc-work" overlay /etc
    ip link set dev lo up
    echo 1 >/proc/sys/net/ipv4/ip_forward
fi

containerd --config "$dir/containerd.toml" >"$dir/containerd.log" 2>&1 &
# Also collects the processes that the containers' shims leave behind.
wait $!
