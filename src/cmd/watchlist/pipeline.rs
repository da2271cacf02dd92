//! Many submissions to the node without waiting for each answer.

use std::collections::HashMap;

use karakoro_node::service::client::{CallError, Client};
use karakoro_proto::service::{self, Request, Response};

use crate::exit::Failure;

/// Requests that wait for their answers together: fewer than the node takes from one caller, so that it always
/// reads on, and we may send before we receive.
const WINDOW: usize = 1024;

/// Requests on their way, each with what is to be known of it when its answer comes.
pub(super) struct Pipeline<'a, K> {
    client: &'a mut Client,
    under_way: HashMap<u64, K>,
}

impl<'a, K> Pipeline<'a, K> {
    pub(super) fn new(client: &'a mut Client) -> Self {
        Self { client, under_way: HashMap::with_capacity(WINDOW) }
    }

    /// Sends a request; gives an earlier answer to `take` if many are under way.
    pub(super) fn send(
        &mut self,
        key: K,
        request: Request,
        take: impl FnOnce(K, Result<Response, service::Failure>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let id = self.client.send(request)?;
        self.under_way.insert(id, key);
        if self.under_way.len() < WINDOW { Ok(()) } else { self.receive(take) }
    }

    /// Gives all answers that are missing to `take`.
    pub(super) fn finish(
        mut self,
        mut take: impl FnMut(K, Result<Response, service::Failure>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        while !self.under_way.is_empty() {
            self.receive(&mut take)?;
        }
        Ok(())
    }

    fn receive(
        &mut self,
        take: impl FnOnce(K, Result<Response, service::Failure>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (id, response) = self.client.receive()?;
        let key = self.under_way.remove(&id);
        match (key, response) {
            (None, Response::Failure(failure)) => Err(CallError::Failed(failure).into()),
            (None, _) => Err(CallError::Unexpected.into()),
            (Some(key), Response::Failure(failure)) => take(key, Err(failure)),
            (Some(key), response) => take(key, Ok(response)),
        }
    }
}
