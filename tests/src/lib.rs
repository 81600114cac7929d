//! Nothing: this package holds the tests that stand across plugins, in `tests/`.
