//! Taking a lock of the gateway.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic: a panic costs one request, and the rest must be answered.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
