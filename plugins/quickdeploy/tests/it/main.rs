//! `kubectl quickdeploy` against real clusters.
