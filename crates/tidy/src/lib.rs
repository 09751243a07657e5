//! The rules about the repository, as tests. Links nothing, so it answers in seconds.
