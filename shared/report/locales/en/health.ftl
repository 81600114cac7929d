# What cluster-health says of its own.

explain-rule = { $id }: { $what }
explain-reads = reads: { $parts }
explain-judges = judges by: { $source }
explain-threshold = { $name } = { $value } { $unit }
explain-ours = threshold: { $threshold } (our choice: { $why })
explain-published = threshold: { $threshold } ({ $source }, read on { $date })
explain-fix = what to do: { $fix }

health-reading-rules = reading the rule `{ $id }` of { $flag }
health-unknown-rule = no rule has this id; there are { $known }
health-unknown-rule-near = no rule has this id; did you mean `{ $nearest }`?
health-explain-hint = read what a rule does with `kubectl cluster-health --explain { $id }`
health-reading-file = reading the { $what } `{ $path }`
health-file-ignore = ignore file
health-file-earlier = earlier report
health-file-missing = there is no such file
health-file-forbidden = you may not read it
health-file-folder = it is a folder
health-file-no-text = it is not text
health-file-unreadable = { $error }
health-earlier-hint = make one with `kubectl cluster-health -o json > earlier.json`
health-ignore-hint = see its format with `kubectl cluster-health --help`
health-expired = note: the ignore entry for `{ $id }` has expired on { $until }
health-timed-out = waiting for the cluster to be { $verdict }
health-timed-out-plain = checking the cluster
health-timed-out-cause = { $timeout } have passed (`--timeout`)
health-timed-out-hint = look at what is left with `{ $command }`
