# Removes what outlives a node's processes: `cleanup.sh DIR LINK`. Run when they have ended; running it again is fine.
dir=$1
link=$2

# Another node may have taken the name since: the alias says whose the device is.
if [ "$(cat "/sys/class/net/$link/ifalias" 2>/dev/null)" = "${dir%/*}" ]; then
    ip link delete "$link"
fi

# The groups of the containers that nobody had the time to remove. They empty a moment after the kill.
for container in "$dir"/containerd/io.containerd.grpc.v1.cri/sandboxes/* "$dir"/containerd/io.containerd.grpc.v1.cri/containers/*; do
    for group in /sys/fs/cgroup/k8s.io/"${container##*/}" /sys/fs/cgroup/*/k8s.io/"${container##*/}"; do
        tries=0
        while [ -d "$group" ] && ! rmdir "$group" 2>/dev/null && [ "$tries" -lt 50 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
    done
done
rmdir /sys/fs/cgroup/k8s.io /sys/fs/cgroup/*/k8s.io 2>/dev/null
exit 0
