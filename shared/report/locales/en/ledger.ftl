# The ledger of what was made, and cleaning up.
ledger-doing = could not keep the ledger of what is made
ledger-no-folder = neither `XDG_STATE_HOME` nor `HOME` names a folder
ledger-io = `{ $path }`: { $why }
ledger-garbled = `{ $path }` is not a ledger file that this version can read
ledger-hint-folder = name a folder that can be written: `export XDG_STATE_HOME=/tmp/state`
ledger-hint-garbled = look at the file, delete what it names by hand, then delete the file

# Which workload is meant.
workload-bad-name = `{ $name }` cannot be a workload's name: lower-case letters, digits, `-` and `.`, as in `web-1`
workload-bad-type = `{ $type }` is no type that rolls out; there are `deployment`, `statefulset` and `daemonset`
workload-bad-type-nearest = `{ $type }` is no type that rolls out; did you mean `{ $nearest }`?

# What counts as a yes.
consent-bad-pattern = `{ $pattern }` is no regular expression: { $why }
consent-other-name = `--yes={ $typed }` is a yes for another context: this is `{ $name }`
consent-protected = `{ $name }` is protected: only `--yes={ $name }` counts as a yes
consent-nobody = there is no terminal to ask in, and `--yes` was not given
