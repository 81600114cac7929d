//! Who uses the database: objects and bytes of each kind, the largest first.

use std::collections::BTreeMap;

use quicktour_report::etcd::Use;

use super::Read;

/// Every kind that is known to have objects.
#[must_use]
pub(super) fn uses(read: &Read<'_>) -> Vec<Use> {
    let mut kinds: BTreeMap<String, Use> = BTreeMap::new();
    let mut kind = |group: &str, plural: &str, change: &dyn Fn(&mut Use)| {
        let resource = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let empty = || Use {
            resource: resource.clone(),
            objects: None,
            bytes: None,
            sampled: false,
            largest: None,
            permille: 0,
        };
        change(kinds.entry(resource.clone()).or_insert_with(empty));
    };
    if let Some(server) = read.apiserver {
        for ((group, plural), count) in server.told.kinds() {
            kind(group, plural, &|of| of.objects = Some(count));
        }
        for ((group, plural), bytes) in &server.told.bytes {
            kind(group, plural, &|of| of.bytes = Some(*bytes));
        }
    }
    for (resource, count) in read.counts.into_iter().flatten() {
        if let Some(count) = count.read() {
            // Counted just now, while metrics are up to a minute old.
            kind(resource.group, resource.plural, &|of| of.objects = Some(*count));
        }
    }
    for (resource, sizes) in &read.sizes {
        kind(resource.group, resource.plural, &|of| {
            of.largest.clone_from(&sizes.largest);
            // What the server estimates is what it stores; a sample is JSON.
            if of.bytes.is_none() && sizes.objects > 0 {
                of.sampled = true;
                of.bytes = of.objects.map(|objects| sizes.bytes / sizes.objects * objects);
            }
        });
    }
    let mut all: Vec<Use> =
        kinds.into_values().filter(|of| of.objects.unwrap_or(0) > 0 || of.bytes.unwrap_or(0) > 0).collect();
    let bytes: u64 = all.iter().filter_map(|of| of.bytes).sum();
    let objects: u64 = all.iter().filter_map(|of| of.objects).sum();
    for of in &mut all {
        of.permille = match of.bytes {
            Some(own) if bytes > 0 => own * 1000 / bytes,
            _ if bytes == 0 => of.objects.unwrap_or(0) * 1000 / objects.max(1),
            _ => 0,
        };
    }
    all.sort_by(|a, b| (b.bytes, b.objects, &a.resource).cmp(&(a.bytes, a.objects, &b.resource)));
    all
}
