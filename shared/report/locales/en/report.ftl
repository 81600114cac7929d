# Words that every report needs, whatever it is about.

list-comma = { $left }, { $right }
list-and = { $left } and { $right }

duration-milliseconds = { $count } ms
duration-seconds = { $count } s
duration-minutes = { $count } min
duration-hours = { $count } h
duration-days = { $count } d
duration-two = { $left } { $right }

severity-error = error
severity-warning = warning
severity-info = info

verdict-healthy = healthy
verdict-degraded = degraded
verdict-failing = failing
verdict-unknown = unknown

count-errors = { $count ->
    [one] { $count } error
   *[other] { $count } errors
}
count-warnings = { $count ->
    [one] { $count } warning
   *[other] { $count } warnings
}
count-infos = { $count } info
count-not-checked = { $count } not checked
count-ignored = { $count } ignored

# What stands where.
report-cluster = cluster { $context } at { $server }
report-cluster-without-context = cluster at { $server }
report-version = Kubernetes { $version }
report-more-findings = { $count ->
    [one] and { $count } more finding: run with -o wide
   *[other] and { $count } more findings: run with -o wide
}
report-more-not-checked = and { $count } more: run with -o wide
report-more-objects = and { $count } more
report-next = next: { $step }
report-causes = leads to
report-new = new
report-not-checked = not checked
report-ignored = ignored
report-gone = gone since the earlier report
report-compared = since the earlier report: { $new } new, { $gone } gone
report-compared-partly = since the earlier report: { $new } new, { $gone } gone or not checked this time
report-compared-clusters = note: the earlier report is of `{ $earlier }`, this one of `{ $now }`
report-unchanged = nothing new and nothing gone since the earlier report
report-why-forbidden = forbidden
report-why-absent = not in this cluster
report-why-failed = could not be read
report-part = { $what }: { $why }
report-part-detail = { $what }: { $why }: { $detail }
report-part-rule = { $what }: { $why }, needs { $rule }
report-may-not = { $why }: you may not { $verb } { $what }
report-may-not-in = { $why }: you may not { $verb } { $what } in namespace { $namespace }
report-rule-target = { $target }
report-rule-resource = { $verb } { $resource }
report-rule-path = { $verb } { $path }
report-rule-in = { $rule } in namespace { $namespace }

# The whole report (-o wide) and Markdown.
wide-read-at = read at { $time }
wide-why = why
wide-next = next
wide-rule = rule
wide-key = key
wide-source = judged by
wide-objects = objects
wide-causes = leads to
wide-scope-cluster = for the whole cluster
wide-scope-namespace = in namespace { $namespace }
wide-needs-resource = needs a rule with apiGroups: [{ $group }], resources: [{ $resource }], verbs: [{ $verb }] { $scope }
wide-needs-path = needs a rule with nonResourceURLs: [{ $path }], verbs: [{ $verb }]
ignored-finding = { $severity }: { $title } [{ $rule }]
ignored-until = { $reason }; until { $date }
ignored-for-good = { $reason }; no end date
title-cluster-health = Cluster health
title-cluster-limits = Cluster limits
markdown-severity = severity
markdown-finding = finding
markdown-count = count
markdown-what = what
markdown-why = why
markdown-needs = missing permission
markdown-comparison = compared

# The last line.
report-healthy = no problems found
report-nothing-wrong-in-the-rest = nothing wrong in what could be read

# An earlier report that cannot be used.
report-file-not-json = it is not valid JSON: { $error }
report-file-no-report = it is no report: the field `apiVersion` is missing
report-file-version = its `apiVersion` is `{ $found }`, and this version reads only `{ $expected }`
report-file-kind = its `kind` is `{ $found }`, and only `{ $expected }` can be compared here
report-file-invalid = it is not as the schema says: { $error }

# The lines of an error.
problem-error = error
problem-hint = hint
problem-stdout = writing to standard output
problem-stdout-cause = { $error }
problem-runtime = could not start
problem-system-cause = { $error }
