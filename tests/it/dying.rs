//! How each operation ends that a destructor does when nobody will ever answer it: one that hands out nothing
//! ends neutrally, one that would have to own something strands its goroutine. On both backends.

use std::sync::{Arc, Mutex as StdMutex};

use goseed::prelude::*;
use goseed::sync::{Cond, ErrGroup, Once, OnceValue, RawRwMutex, Semaphore, SingleFlight};
use goseed::{Explore, Kind, Multicore, Run, Sim};

/// What a destructor does last; says what came of it.
type Last = Box<dyn FnOnce() -> String + Send>;

/// Does its last thing when it is dropped.
struct OnDrop(Option<Last>, Arc<StdMutex<Option<String>>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        let came = self.0.take().map(|last| last());
        *self.1.lock().unwrap() = came;
    }
}

/// Runs a program whose only goroutine dies where it is blocked, and then does `last`; what came of it.
fn dies(
    run: impl Fn(Box<dyn Fn() + Send + Sync>) -> Run,
    last: fn() -> Last,
) -> (Run, Option<String>) {
    let came = Arc::new(StdMutex::new(None));
    let noted = Arc::clone(&came);
    let run = run(Box::new(move || {
        let (late, begun) = (OnDrop(Some(last()), Arc::clone(&noted)), chan(0));
        go!(begun => {
            let _late = late;
            begun.send(());
            chan::<u8>(0).recv();
        });
        begun.recv();
    }));
    let came = came.lock().unwrap().take();
    (run, came)
}

fn in_both(last: fn() -> Last) -> [(Run, Option<String>); 2] {
    [
        dies(|main| Sim::new().strategy("fifo").run(main), last),
        dies(|main| Multicore::new().procs(2).run(main), last),
    ]
}

fn ends_neutrally(what: &str, expected: &str, last: fn() -> Last) {
    for (run, came) in in_both(last) {
        assert_eq!(came.as_deref(), Some(expected), "{what}");
        assert_eq!(run.exit.code(), 0, "{what}");
        assert!(run.found(Kind::Stranded).is_none(), "{what}");
        assert_eq!((&*run.stdout, &*run.stderr), ("", ""), "{what}");
    }
}

fn strands(what: &str, last: fn() -> Last) {
    for (run, came) in in_both(last) {
        assert_eq!(came, None, "{what}");
        assert_eq!(run.exit.code(), 0, "{what}");
        let found =
            run.found(Kind::Stranded).unwrap_or_else(|| panic!("{what}: {:?}", run.findings));
        assert!(found.places.iter().any(|place| place.starts_with("tests/it/dying.rs:")), "{what}");
        assert_eq!((&*run.stdout, &*run.stderr), ("", ""), "{what}");
    }
}

fn last(what: impl FnOnce() -> String + Send + 'static) -> Last {
    Box::new(what)
}

fn returned() -> String {
    "returned".to_owned()
}

#[test]
fn channels_wait_groups_and_sleep_return() {
    ends_neutrally("send", "returned", || {
        let c = chan(0);
        last(move || {
            c.send(1);
            returned()
        })
    });
    ends_neutrally("recv", "None", || {
        let c = chan::<u8>(0);
        last(move || format!("{:?}", c.recv()))
    });
    ends_neutrally("WaitGroup::wait", "returned", || {
        let wg = WaitGroup::new();
        wg.add(1);
        last(move || {
            wg.wait();
            returned()
        })
    });
    ends_neutrally("sleep", "returned", || {
        last(|| {
            time::sleep(Duration::from_secs(3600));
            returned()
        })
    });
}

#[test]
fn select_takes_its_first_receive_and_else_its_first_send() {
    ends_neutrally("select receives", "second None", || {
        let (a, b, c) = (chan::<u8>(0), chan::<u8>(0), chan::<u8>(0));
        last(move || {
            select! {
                send(a, 1) => "first".to_owned(),
                recv(b) -> v => format!("second {v:?}"),
                recv(c) -> v => format!("third {v:?}"),
            }
        })
    });
    ends_neutrally("select sends", "first", || {
        let (a, b) = (chan::<u8>(0), chan::<u8>(0));
        last(move || {
            select! {
                send(a, 1) => "first".to_owned(),
                send(b, 2) => "second".to_owned(),
            }
        })
    });
}

#[test]
fn semaphores_are_canceled() {
    ends_neutrally("Semaphore::acquire", "Err(Canceled)", || {
        let (s, ctx) = (Semaphore::new(0), context::background());
        last(move || format!("{:?}", s.acquire(&ctx, 1)))
    });
    ends_neutrally("Semaphore::acquire with a live context", "Err(Canceled)", || {
        let (s, (ctx, _cancel)) = (Semaphore::new(0), context::with_cancel(&context::background()));
        last(move || format!("{:?}", s.acquire(&ctx, 1)))
    });
}

#[test]
fn a_group_that_waits_for_itself_gives_the_error_so_far() {
    let program = |came: Arc<StdMutex<Option<String>>>| {
        move || {
            let (group, ctx) = ErrGroup::<&str>::with_context(&context::background());
            let (mine, begun) = (group.clone(), chan(0));
            let late = OnDrop(Some(last(move || format!("{:?}", mine.wait()))), Arc::clone(&came));
            let begins = begun.sender();
            group.go(move || {
                let _late = late;
                begins.send(());
                chan::<u8>(0).recv();
                Ok(())
            });
            begun.recv();
            group.go(|| Err("first"));
            ctx.done().recv();
        }
    };
    let came = [(); 2].map(|()| Arc::new(StdMutex::new(None)));
    let main = program(Arc::clone(&came[0]));
    let runs = [
        Sim::new().strategy("fifo").run(main),
        Multicore::new().procs(2).run(program(Arc::clone(&came[1]))),
    ];
    for (run, came) in runs.iter().zip(came) {
        assert_eq!(came.lock().unwrap().as_deref(), Some("Err(\"first\")"));
        assert!(run.found(Kind::Stranded).is_none(), "{:?}", run.findings);
    }
}

#[test]
fn a_once_that_waits_for_itself_returns() {
    ends_neutrally("Once::call", "[2, 1]", || {
        let once = Once::new();
        last(move || {
            let mut calls = Vec::new();
            once.call(|| {
                once.call(|| calls.push(0));
                calls.push(2);
            });
            calls.push(1);
            format!("{calls:?}")
        })
    });
}

#[test]
fn what_would_have_to_be_owned_strands() {
    strands("RawMutex::lock", || {
        let m = RawMutex::new();
        m.lock();
        last(move || {
            m.lock();
            returned()
        })
    });
    strands("Mutex::lock", || {
        let m = Mutex::new(0);
        last(move || {
            let _held = m.lock();
            let _again = m.lock();
            returned()
        })
    });
    strands("RwMutex::lock", || {
        let m = RwMutex::new(0);
        last(move || {
            let _held = m.rlock();
            let _again = m.lock();
            returned()
        })
    });
    strands("RwMutex::rlock", || {
        let m = RwMutex::new(0);
        last(move || {
            let _held = m.lock();
            let _again = m.rlock();
            returned()
        })
    });
    strands("RawRwMutex::rlock", || {
        let m = RawRwMutex::new();
        m.lock();
        last(move || {
            m.rlock();
            returned()
        })
    });
}

#[test]
fn what_would_have_to_be_answered_strands() {
    strands("OnceValue::get", || {
        let itself = Arc::new(StdMutex::new(None::<OnceValue<u8>>));
        let again = Arc::clone(&itself);
        let value = OnceValue::new(move || {
            let value = again.lock().unwrap().clone().expect("it is there");
            value.get()
        });
        *itself.lock().unwrap() = Some(value.clone());
        last(move || value.get().to_string())
    });
    strands("Cond::wait", || {
        let m = RawMutex::new();
        let cond = Cond::new(m.clone());
        last(move || {
            m.lock();
            cond.wait();
            returned()
        })
    });
    strands("SingleFlight::call", || {
        let flight = SingleFlight::<u8, u8>::new();
        last(move || flight.call(1, || flight.call(1, || 2).0).0.to_string())
    });
    strands("select!{}", || {
        last(|| {
            select! {}
        })
    });
}

#[test]
fn an_exploration_stops_after_64_that_are_stranded() {
    let explore = Explore::new().schedules(1_000).keep_going().allow(Kind::Stranded);
    let report = explore.run(|| {
        let m = RawMutex::new();
        m.lock();
        let late = OnDrop(
            Some(last(move || {
                m.lock();
                returned()
            })),
            Arc::default(),
        );
        go(move || {
            let _late = late;
            chan::<u8>(0).recv();
        });
        runtime::gosched();
    });
    assert!(report.schedules > 64 && report.schedules < 1_000, "{report}");
    let found = report.found(Kind::Stranded).expect("each run has one");
    assert!(found.fails && report.failed(), "also where they are allowed: {report}");
}
