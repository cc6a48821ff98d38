//! `Check` of a caller that proves who it is by a key and has rights, and that over TLS, beside the `Check` of anybody.

use std::fs;

use crate::{
    client::{Access, IN_FLIGHT, Method, Target, framed},
    closed::{self, cpu_cells},
    fixture::{Fixture, SETTINGS, SMALL},
    names::member,
    plan::{Plan, progress},
    process::{Meter, Process, resume},
    questions::{CHECK, different},
    stats::{self, Spread, micros, short},
    support::{authority::Authority, callers_file::reader, transport::TlsClient},
    table::Table,
};

const DIFFERENT: usize = 65_536;
/// Connections made one after the other in a round.
const CONNECTIONS: usize = 200;
const KEY: &str = "open sesame";
const COLUMNS: [&str; 6] = ["", "anybody, µs", "known, µs", "ratio", "quartiles", "range"];

/// A server whose caller has to prove who it is, and how.
struct Secured {
    name: &'static str,
    fixture: Fixture,
    /// Who signed its certificate, if it encrypts.
    authority: Option<Authority>,
}

impl Secured {
    /// A client that remembers no session of another.
    fn access(&self) -> Access {
        Access { tls: self.authority.as_ref().map(TlsClient::trusting), key: Some(KEY) }
    }
}

/// Measures, and prints what was found.
pub async fn run(plan: &Plan) {
    let anybody = Fixture::new(plan.cores.server, SMALL).await;
    let mut by_request = Table::new("Check with key, rights and TLS, processor time a call", &COLUMNS);
    let mut by_connection =
        Table::new("A connection and a Check over it, with key, rights and TLS, processor time", &COLUMNS);
    for encrypted in [false, true] {
        let known = secured(plan, encrypted).await;
        let questions = different(&anybody, DIFFERENT).iter().map(framed).collect::<Vec<_>>();
        for (kind, messages) in [("hot", vec![questions[0].clone()]), ("different", questions)] {
            let name = format!("{}, {kind}", known.name);
            progress(&format!("secured: {name}"));
            let mut first = Target::warm(&Access::default(), &anybody.process, CHECK, messages.clone()).await;
            let mut second = Target::warm(&known.access(), &known.fixture.process, CHECK, messages).await;
            let (firsts, seconds) = closed::alternate(&mut first, &mut second, IN_FLIGHT, plan.pairs).await;
            by_request.row(&name, cpu_cells(&firsts, &seconds));
        }
        by_connection.row(known.name, connection_cells(plan, &anybody, &known).await);
    }
    println!("{by_request}\n{by_connection}");
}

/// A server with the same tenant that lets in one caller, who may read it.
async fn secured(plan: &Plan, encrypted: bool) -> Secured {
    let Fixture { size, process, world, dir } = Fixture::new(plan.cores.server, SMALL).await;
    process.end().await;
    let file = dir.path().join("callers.toml");
    fs::write(&file, reader(KEY, &world.tenant)).expect("there is room");
    let mut settings = SETTINGS.iter().map(|&setting| setting.to_owned()).collect::<Vec<_>>();
    settings.push(format!("auth.file={}", file.display()));
    let authority = encrypted.then(|| Authority::new("bench"));
    if let Some(authority) = &authority {
        settings.extend(authority.server().write(dir.path(), "bench"));
    }
    let settings = settings.iter().map(String::as_str).collect::<Vec<_>>();
    let process = Process::rollcall(plan.cores.server, dir.path(), &settings).await;
    process.stop();
    Secured {
        name: if encrypted { "key, rights and TLS" } else { "key and rights" },
        fixture: Fixture { size, process, world, dir },
        authority,
    }
}

/// What a new connection and a `Check` over it take, in rounds of both in turn, after one of each that does not count.
async fn connection_cells(plan: &Plan, anybody: &Fixture, known: &Secured) -> Vec<String> {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..=plan.pairs {
        firsts.push(connections(anybody, Access::default).await);
        seconds.push(connections(&known.fixture, || known.access()).await);
    }
    let (firsts, seconds) = (firsts.split_off(1), seconds.split_off(1));
    let median = |round: &[f64]| short(stats::median(round.iter().copied()));
    let mut cells = vec![median(&firsts), median(&seconds)];
    cells.extend(Spread::of_ratios(&firsts, &seconds, |round| *round).cells());
    cells
}

/// The processor time of a server for a connection, in microseconds: the mean of some.
async fn connections(fixture: &Fixture, access: impl Fn() -> Access) -> f64 {
    let question = framed(&fixture.world.question(&member(0), "data.view", "site-0"));
    let _running = resume(fixture.process.id);
    let meter = Meter::start(fixture.process.id);
    for _ in 0..CONNECTIONS {
        let mut method = Method::connect(&access(), fixture.process.address, CHECK).await;
        method.call(question.clone()).await;
    }
    micros(meter.stop().server) / CONNECTIONS as f64
}
