# What etcd-sizing says: the disk check, the sizing, etcd's health, and the advice.

title-etcd-disk = Disk for etcd
disk-place = `{ $directory }` on { $filesystem }
disk-place-bare = `{ $directory }`
disk-looked-at = { $writes } writes of { $bytes } bytes one after another, each with fdatasync, in { $elapsed }
disk-looked-at-cut = { $writes } writes of { $bytes } bytes one after another, each with fdatasync, in { $elapsed }, when the time was over

disk-column-what = measured
disk-column-now = now
disk-iops = sequential writes per second
disk-percentile = p{ $percent } of fdatasync
disk-slowest = slowest fdatasync
disk-column-took = fdatasync took
disk-column-writes = writes
disk-column-share = share
disk-up-to = up to { $span }
disk-above = above { $span }
disk-any = any time

demand-column-what = demanded
demand-column-met = here
demand-column-source = source
demand-met = yes
demand-missed = no
demand-unknown = not known
disk-demand-iops = { $value } sequential writes per second
disk-demand-iops-heavy = { $value } sequential writes per second for heavy load
disk-demand-fsync = p99 of fdatasync below { $value }

disk-memory-title = { $filesystem } is memory, not a disk
disk-memory-why = fdatasync has nothing to do there, and etcd's data would be gone after a restart
disk-memory-advice = check a folder on the disk that etcd is to use
disk-slow-title = { $iops } sequential writes per second, and etcd needs { $wanted }
disk-slow-why = etcd acknowledges nothing before its log is on the disk: members would miss heartbeats, and the leader would change
disk-slow-advice = give etcd a local SSD or a volume with guaranteed IOPS, and nothing else on that disk; measure again while the machine does its usual work
disk-light-title = { $iops } sequential writes per second are less than the { $wanted } for heavily loaded clusters
disk-light-why = it is enough for small clusters
disk-latency-title = p99 of fdatasync is { $p99 }, and should stay below { $wanted }
disk-latency-why = every write to the cluster waits for it, on more than half of the members

disk-doing = could not check the disk under `{ $directory }`
disk-removing = could not remove the check's file from `{ $directory }`
disk-removing-hint = remove `{ $name }` there
disk-no-folder = there is no such folder
disk-not-a-folder = it is not a folder
disk-no-folder-hint = name a folder on the disk that etcd is to use with `--dir`
disk-read-only = the file system is read-only; nothing was written
disk-denied = this user may not write there; nothing was written
disk-folder-hint = name a folder on that disk that this user may write to with `--dir`
disk-full = there is no room for the check's file and some more; nothing is left behind
disk-full-hint = free some room first, or write less with `--max-size`
disk-live-member = a member of etcd runs on the data in `{ $data }`: its writes would wait for those of the check
disk-hidden-member = `{ $data }` looks like the data of a member of etcd, and this user may not see whether it runs
disk-live-member-hint = check the disk before etcd is started, or say `--beside-live-member` if you mean it
