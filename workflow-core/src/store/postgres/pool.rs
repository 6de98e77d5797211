//! Connections that wait to be used again, all of one runtime.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Inner;
use super::connection::{Connection, Failure};

/// Connections of which nobody asks anything now; the one used last is used next.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Connection>>);

impl Pool {
    /// Asks once, on a connection that is idle or a new one.
    pub(super) async fn once<T>(
        &self,
        inner: &Inner,
        work: &mut impl AsyncFnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut connection = self.connection(inner).await?;
        let answer = work(&mut connection).await;
        match &answer {
            // What else there is leads to the same server.
            Err(Failure::Lost(_)) => self.idle().clear(),
            Ok(_) | Err(Failure::Again(_) | Failure::Refused(_)) => self.keep(connection),
        }
        answer
    }

    /// Keeps a connection for whoever asks next, if it can still be used.
    pub(super) fn keep(&self, connection: Connection) {
        if connection.is_open() {
            self.idle().push(connection);
        }
    }

    async fn connection(&self, inner: &Inner) -> Result<Connection, Failure> {
        loop {
            let idle = self.idle().pop();
            match idle {
                Some(idle) if idle.is_open() => return Ok(idle),
                Some(_) => {}
                None => return Connection::make(&inner.place, &inner.settings, || {}).await,
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
