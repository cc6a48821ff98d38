//! Every RPC with every right, as the contract says which it needs. Whoever lacks it, or has it in other tenants alone, is answered
//! as if there were no such tenant, and nothing was looked at.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use prost_reflect::{DescriptorPool, MethodDescriptor, Value as Reflected};
use rollcall::{
    cache::{HistoryLimits, Registry},
    edge::identity::{CallerBook, CallerEntry, KeyEntry},
    proto::DESCRIPTORS,
    service::{Caller, Right, Service, TenantPattern, WatchOptions, ports::Store as _},
};
use rollcall_engine::{PolicySet, PolicyStore, compile};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tonic::{Code, Status, transport::Channel};

use crate::{
    conversation::{self, Variables},
    support::{
        clock::{self, ManualClock},
        clocked_server::ClockedServer,
        counted::{Count, CountedStore, CountedViews},
        error::reason_of,
    },
};

/// The caller of each right alone, and of those that have all of them, somewhere.
const EVERYTHING: &str = "everything";
const ELSEWHERE: &str = "elsewhere";

/// A server whose store and views count, with the policy of the conversation.
struct Stage {
    server: ClockedServer,
    count: Count,
    _dir: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let (store, dir) = clock::store().await;
        let mut set = PolicySet::default();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/policies");
        for file in fs::read_dir(root).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "toml")
                && !file.to_str().unwrap().contains(".tests.")
            {
                set.insert(compile(file.to_str().unwrap(), &fs::read_to_string(&file).unwrap()).unwrap());
            }
        }
        let (policies, clock) = (Arc::new(PolicyStore::new(set)), Arc::new(ManualClock::default()));
        clock.advance(std::time::Duration::from_hours(24_000));
        let registry = Registry::new(store.clone(), policies.clone(), clock.clone(), HistoryLimits::default());
        let (count, identity) = (Count::default(), store.identity().await.unwrap());
        let store = Arc::new(CountedStore(store, count.clone()));
        let views = Arc::new(CountedViews(Arc::new(registry), count.clone()));
        let random = Arc::new(ManualClock::default());
        let service = Service::new((store, identity), views, policies, clock, random, WatchOptions::default());
        Self { server: ClockedServer::serve_to(service, callers()).await, count, _dir: dir }
    }
}

fn callers() -> CallerBook {
    let caller = |name: &str, rights: Vec<Right>, tenants: &str| {
        let tenants = vec![TenantPattern::parse(tenants).unwrap()];
        let caller = Caller { rights: rights.into_iter().collect(), tenants, ..Caller::unlimited(name, false) };
        let keys = vec![KeyEntry { sha256: Sha256::digest(name).into(), until: None }];
        CallerEntry { caller, keys, certificates: Vec::new(), tokens: Vec::new() }
    };
    let alone = Right::ALL.into_iter().map(|right| caller(right.name(), vec![right], "*"));
    let all = |name, tenants| caller(name, Right::ALL.to_vec(), tenants);
    CallerBook::new(alone.chain([all(EVERYTHING, "*"), all(ELSEWHERE, "other-*")]).collect(), Vec::new())
}

/// The right that each method needs, by its name, as the contract says.
fn required() -> BTreeMap<String, Right> {
    let pool = DescriptorPool::decode(DESCRIPTORS).expect("the descriptors decode");
    let option = pool.get_extension_by_name("rollcall.v1.required_right").expect("the contract has it");
    let values = pool.get_enum_by_name("rollcall.v1.Right").expect("the contract has it");
    let right = |method: &MethodDescriptor| {
        let Reflected::EnumNumber(number) = *method.options().get_extension(&option) else { panic!("an enum") };
        let name = values.get_value(number).expect("it has a name").name().to_lowercase();
        Right::named(name.strip_prefix("right_").unwrap()).unwrap_or_else(|| panic!("{} has no right", method.name()))
    };
    conversation::methods().into_iter().map(|(name, method)| (name, right(&method))).collect()
}

/// What is told of an error: its code, message and details.
fn parts_of(status: &Status) -> (Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

#[tokio::test]
async fn a_method_needs_its_right_and_is_otherwise_as_if_there_were_no_tenant() {
    let (stage, empty) = (Stage::new().await, Stage::new().await);
    let (channel, nothing) = (stage.server.channel().await, empty.server.channel().await);
    let (methods, required) = (conversation::methods(), required());
    assert!(required.len() > 35, "the contract has more: {required:?}");
    let mut variables = Variables::default();
    let mut requests = BTreeMap::<String, usize>::new();
    for step in conversation::steps() {
        let (method, right) = (&methods[&step.name], required[&step.name]);
        let request = variables.fill(&step.request);
        let message = conversation::message(method, &request);
        let ask = |channel: Channel, caller: &'static str| {
            let message = message.clone();
            async move { conversation::call_with_key(&channel, method, &message, caller).await }
        };
        // What there is not, to whoever may do everything.
        let absent = match right {
            Right::Operate if step.name == "CreateTenant" => None,
            _ => Some(parts_of(&ask(nothing.clone(), EVERYTHING).await.expect_err("there is no tenant"))),
        };
        let before = stage.count.get();
        let without = Right::ALL.into_iter().filter(|other| *other != right).map(Right::name);
        for caller in without.chain([ELSEWHERE]) {
            let refused = ask(channel.clone(), caller).await.expect_err(&format!("{} by {caller}", step.name));
            match reason_of(&refused).as_str() {
                "OPERATOR_NOT_ALLOWED" => assert!(request["actor"]["type"] == "operator" && caller != "operate"),
                "TENANT_NOT_FOUND" => {
                    if let Some(absent) = &absent {
                        assert_eq!(parts_of(&refused), *absent, "{} by {caller}", step.name);
                    }
                }
                other => panic!("{} by {caller} is {other}: {refused:?}", step.name),
            }
            *requests.entry(step.name.clone()).or_default() += 1;
        }
        assert_eq!(stage.count.get(), before, "{}: nothing was looked at", step.name);
        let speaks_for_operators = request["actor"]["type"] == "operator" && right != Right::Operate;
        let caller = if speaks_for_operators { EVERYTHING } else { right.name() };
        let answer = ask(channel.clone(), caller).await;
        let answer = answer.unwrap_or_else(|status| panic!("{} by {caller}: {status:?}", step.name));
        assert!(stage.count.get() > before, "{}: what is answered is looked up", step.name);
        variables.take(&step, &answer);
    }
    assert_eq!(requests.len(), required.len(), "each method was asked: {requests:?}");
}
