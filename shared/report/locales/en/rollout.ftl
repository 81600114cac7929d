# A rollout while it happens: steps, causes and what to do against them.
