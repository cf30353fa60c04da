//! Callers that do not read their answers.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{ADMIN, Build, CHAT, Gate, US, ask};
use crate::upstream::{Act, Upstream};

const STREAM: &str = r#"{"model":"m-1","messages":[],"stream":true}"#;
const BOUNDS: &str = "bounds: {reader_s: 1}";

/// A call whose answer nobody reads yet, on a connection with room for little of it.
pub(crate) async fn called(gate: &Gate, body: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(gate.addresses[US]).await.unwrap();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: client-key-canary\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads to the end, which may be a broken one.
async fn drained(mut stream: TcpStream) -> usize {
    let (mut piece, mut all) = (vec![0; 65_536], 0);
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        all += read;
    }
    all
}

#[tokio::test]
async fn a_caller_that_reads_nothing_of_its_stream_is_cut_and_the_upstream_with_it() {
    let us = Upstream::new(vec![Act::Flood]).await;
    let gate = Build::over(&us, &us).with(BOUNDS).start().await;
    let stream = called(&gate, STREAM).await;
    us.left().await;
    gate.logged(2).await;
    let log = gate.log();
    let call = log.iter().find(|line| line["event"].is_null()).unwrap();
    assert_eq!(
        (&call["outcome"], &call["status"]),
        (&"slow-reader".into(), &200.into())
    );
    assert!(
        log.iter().any(|line| line["event"] == "connection-cut"),
        "{log:?}"
    );
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    assert!(
        metrics.contains("portolan_connections_cut_total 1"),
        "{metrics}"
    );
    assert!(metrics.contains(r#"outcome="slow-reader"} 1"#), "{metrics}");
    // What was on its way comes, and then nothing more.
    drained(stream).await;
}

#[tokio::test]
async fn one_that_reads_is_not_cut_however_long_it_takes() {
    let us = Upstream::new(vec![Act::Flood]).await;
    let gate = Build::over(&us, &us).start().await;
    let mut stream = called(&gate, STREAM).await;
    let mut piece = vec![0; 65_536];
    for _ in 0..200 {
        assert!(stream.read(&mut piece).await.unwrap() > 0);
    }
    drop(stream);
    us.left().await;
    assert_eq!(gate.logged(1).await["outcome"], "cancelled");
}

#[tokio::test]
async fn an_answer_in_one_piece_that_nobody_reads_does_not_stay() {
    let answer = format!(r#"{{"choices":[],"pad":"{}"}}"#, "x".repeat(7_900_000));
    let us = Upstream::new(vec![Act::Json(200, answer)]).await;
    let gate = Build::over(&us, &us).with(BOUNDS).start().await;
    let stream = called(&gate, &ask("m-1")).await;
    // Nothing was under way any more: the call was answered, and its connection is cut.
    gate.logged(2).await;
    let log = gate.log();
    assert_eq!(log[0]["outcome"], "answered");
    assert_eq!(log[1]["event"], "connection-cut");
    assert!(drained(stream).await < 7_900_000);
}

#[tokio::test]
async fn one_stream_of_a_connection_can_be_cut_alone() {
    let us = Upstream::new(vec![Act::Flood, crate::upstream::answer("well")]).await;
    let gate = Build::over(&us, &us).with(BOUNDS).start().await;
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .http2_initial_stream_window_size(65_535)
        .build_http::<Full<Bytes>>();
    let post = |body: &str| {
        let request = Request::post(gate.uri(US, CHAT)).header("authorization", "k");
        let request = request.header("content-type", "application/json");
        request
            .body(Full::from(Bytes::from(body.to_owned())))
            .unwrap()
    };
    let unread = client.request(post(STREAM)).await.unwrap();
    us.left().await;
    assert_eq!(gate.logged(1).await["outcome"], "slow-reader");
    // The connection lives.
    let told = client.request(post(&ask("m-1"))).await.unwrap();
    assert_eq!(told.status(), 200);
    let text = told.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("well"));
    assert!(gate.log().iter().all(|line| line["event"].is_null()));
    // What is left of the answer ends in an error, not as if it were all.
    assert!(unread.into_body().collect().await.is_err());
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_must_have_come_in_time() {
    let gate = Build::over_mock().with("bounds: {body_s: 1}").start().await;
    let mut stream = TcpStream::connect(gate.addresses[US]).await.unwrap();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: k\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..100 {
        // Once it is refused, nobody takes more.
        if stream.write_all(b" ").await.is_err() || !gate.log().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(gate.logged(1).await["code"], "body-incomplete");
}
