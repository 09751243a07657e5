//! The rules about the repository, as tests.
