//! Windows that replicas share, in Redis: looking and counting are one script.
//!
//! What was seen there last is kept in this process's own windows, so that a call can be judged by
//! it without asking. Where Redis does not answer, those windows are what counts, with this
//! replica's part of each limit; so that a broken Redis costs one wait a second and not one a call,
//! it is asked again only then.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use portolan_core::answer::Limit;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, Script, ServerErrorKind};

use crate::windows::{Standing, Windows};

/// Counts where there is room. A key whose time is over is gone, and one that never ends is taken
/// for one that has.
const SCRIPT: &str = "
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = redis.call('PTTL', KEYS[1])
if left <= 0 then
  used, left = 0, tonumber(ARGV[2])
end
if used >= tonumber(ARGV[1]) then
  return {0, used, left}
end
if used == 0 then
  redis.call('SET', KEYS[1], 1, 'PX', left)
else
  redis.call('INCR', KEYS[1])
end
return {1, used + 1, left}
";

/// How long a script may take before Redis counts as lost.
const PATIENCE: Duration = Duration::from_millis(250);

/// For so long nobody asks a lost Redis again.
const LOST_MS: i64 = 1000;

/// Windows in Redis.
pub(crate) struct Shared {
    client: Client,
    connection: OnceLock<Option<ConnectionManager>>,
    script: Script,
    replicas: i64,
    lost: AtomicBool,
    /// When it may be asked again.
    again_ms: AtomicI64,
}

/// What became of the connection, where that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Redis does not answer any more.
    Lost,
    /// It does again.
    Found,
}

impl Shared {
    /// Windows under an address such as `redis://127.0.0.1:6379`. Nothing is connected yet.
    pub(crate) fn new(url: &str, replicas: u32) -> Option<Self> {
        Some(Self {
            client: Client::open(url).ok()?,
            connection: OnceLock::new(),
            script: Script::new(SCRIPT),
            replicas: i64::from(replicas.max(1)),
            lost: AtomicBool::new(false),
            again_ms: AtomicI64::new(i64::MIN),
        })
    }

    /// Counts a call that an attempt is about to make, in Redis or, where that is lost, in this
    /// process; and says whether that has changed.
    pub(crate) async fn take(
        &self,
        windows: &Windows,
        account: &str,
        model: &str,
        limit: &Limit,
        now_ms: i64,
    ) -> (Result<Standing, Standing>, Option<Turn>) {
        if now_ms >= self.again_ms.load(Ordering::Relaxed)
            && let Some((free, used, left_ms)) = self.asked(account, limit).await
        {
            let found = self.lost.swap(false, Ordering::Relaxed);
            windows.note(account, model, limit, used, left_ms, now_ms);
            let standing = Standing {
                limit: limit.requests,
                remaining: (limit.requests - used).max(0),
                reset_s: (left_ms.max(0) + 999) / 1000,
            };
            let taken = if free == 1 {
                Ok(standing)
            } else {
                Err(standing)
            };
            return (taken, found.then_some(Turn::Found));
        }
        if now_ms >= self.again_ms.load(Ordering::Relaxed) {
            let again = now_ms.saturating_add(LOST_MS);
            self.again_ms.store(again, Ordering::Relaxed);
        }
        let lost = !self.lost.swap(true, Ordering::Relaxed);
        let part = Limit {
            requests: (limit.requests / self.replicas).max(1),
            ..limit.clone()
        };
        let taken = windows.take(account, model, &part, now_ms);
        if let Err(standing) = &taken {
            // To the policy the window is full, whatever part of it this replica has.
            let left_ms = standing.reset_s.saturating_mul(1000);
            windows.note(account, model, limit, limit.requests, left_ms, now_ms);
        }
        (taken, lost.then_some(Turn::Lost))
    }

    /// Whether there was room, what is used, and for how many milliseconds; nothing where Redis
    /// does not say.
    async fn asked(&self, account: &str, limit: &Limit) -> Option<(i64, i64, i64)> {
        let connection = self.connection.get_or_init(|| self.connect());
        let mut connection = connection.clone()?;
        let asked = async {
            let by_hash = Self::command("EVALSHA", self.script.get_hash(), account, limit);
            match by_hash.query_async(&mut connection).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    let whole = Self::command("EVAL", SCRIPT, account, limit);
                    whole.query_async(&mut connection).await
                }
                answer => answer,
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()
    }

    /// The script, by its hash or by its text: what Redis has run once it knows by its hash.
    fn command(verb: &str, script: &str, account: &str, limit: &Limit) -> Cmd {
        let window_ms = limit.window_s.max(1).saturating_mul(1000);
        let mut command = redis::cmd(verb);
        command.arg(script).arg(1).arg(name(account, limit));
        command.arg(limit.requests).arg(window_ms);
        command
    }

    fn connect(&self) -> Option<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        ConnectionManager::new_lazy_with_config(self.client.clone(), config).ok()
    }
}

/// The key of a window. What stands in braces says which node of a cluster has it.
fn name(account: &str, limit: &Limit) -> String {
    format!("portolan:limit:{{{account}/{}}}", limit.key)
}
