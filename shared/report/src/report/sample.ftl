# The words of the reports in this room's tests.
sample = { $text }
sample-pod = pod `{ $name }` is gone
sample-list = { $what } listed
sample-nodes = { $count ->
    [one] { $count } node
   *[other] { $count } nodes
}
sample-since = not ready since { $age }
