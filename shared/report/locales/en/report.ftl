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
count-infos = { $count ->
    [one] { $count } note
   *[other] { $count } notes
}
count-not-checked = { $count } not checked
count-ignored = { $count } ignored

# What stands where.
report-cluster = cluster { $context } at { $server }
report-cluster-without-context = cluster at { $server }
report-version = Kubernetes { $version }
report-version-unknown = version not read
report-more-findings = { $count ->
    [one] and { $count } more finding: run with -o wide
   *[other] and { $count } more findings: run with -o wide
}
report-more-not-checked = and { $count } more: run with -o wide
report-more-objects = and { $count } more
report-then = so { $effects }
report-new = new
report-not-checked = not checked
report-ignored = ignored
report-gone = gone since the earlier report
report-compared = since the earlier report: { $new } new, { $gone } gone
report-unchanged = nothing new and nothing gone since the earlier report
report-why-forbidden = forbidden
report-why-absent = not in this cluster
report-why-failed = could not be read
report-rule-needs = needs { $rule }
report-rule-resource = { $verb } { $resource }
report-rule-path = { $verb } { $path }
report-rule-cluster = in all namespaces or at cluster scope
report-rule-namespace = in namespace { $namespace }

# The last line.
report-checked = { $what } checked
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
