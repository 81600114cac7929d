//! What etcd asks of machines and disks, and how it does: etcd's metrics and a disk's durations against the published
//! figures. Pure, like all rules.

pub mod disk;
