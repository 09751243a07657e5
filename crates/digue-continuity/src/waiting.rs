//! The one runtime in which this process waits for servers of backups.
//!
//! Connections are shared by all who use one `HttpClient`, and each is driven by the runtime in which
//! it was opened. With a runtime for each repository, a connection that another one had opened
//! answered nobody: that runtime was not running.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

static SHARED: Mutex<Option<Arc<Runtime>>> = Mutex::new(None);

/// The runtime, made at the first call; a thread of its own drives it.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn runtime() -> io::Result<Arc<Runtime>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*shared {
        return Ok(runtime.clone());
    }
    let mut builder = Builder::new_multi_thread();
    let runtime = Arc::new(builder.worker_threads(1).enable_all().build()?);
    *shared = Some(runtime.clone());
    Ok(runtime)
}
