//! Who waits for whom, in words.

use std::collections::BTreeMap;

use super::finding::label;
use crate::event::{Ending, GoId, GoroutineInfo, GoroutineState, Holding, Use};

/// Goroutines that a report names one by one.
const SHOWN: usize = 8;

/// A line for each goroutine, and what is known of what it waits for.
pub(super) fn one_by_one<'a>(
    ending: &Ending,
    all: impl IntoIterator<Item = &'a GoroutineInfo>,
) -> Vec<String> {
    let (mut lines, mut more) = (Vec::new(), 0);
    for (n, info) in all.into_iter().enumerate() {
        if n >= SHOWN {
            more += 1;
            continue;
        }
        lines.push(describe(info));
        lines.extend(known(ending, info));
    }
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// Goroutines that wait at the same line, by what they wait for.
pub(super) fn together(ending: &Ending, all: &[&GoroutineInfo]) -> Vec<String> {
    let mut by_object: BTreeMap<(usize, &str), Vec<&GoroutineInfo>> = BTreeMap::new();
    for info in all {
        by_object.entry((info.object.len(), &info.object)).or_default().push(info);
    }
    let (mut lines, mut unused) = (Vec::new(), Vec::new());
    let (mut room, mut left) = (SHOWN, all.len());
    for ((_, object), group) in by_object {
        if room == 0 {
            break;
        }
        let named: Vec<String> = group.iter().take(room).map(|info| label(info)).collect();
        room -= named.len();
        left -= group.len();
        let mut line = named.join(", ");
        if named.len() < group.len() {
            line.push_str(&format!(" and {} more", group.len() - named.len()));
        }
        if !object.is_empty() {
            line.push_str(&format!(": {object}"));
        }
        lines.push(line);
        match used(ending, group[0]).filter(|used| used.last.is_none()) {
            Some(used) => unused.push(used),
            None => lines.extend(known(ending, group[0])),
        }
    }
    if left > 0 {
        lines.push(format!("and {left} more"));
    }
    lines.extend(nobody(&unused));
    lines
}

/// Goroutines each of which waits for a lock that the next one has, if there are such.
pub(super) fn cycle(ending: &Ending) -> Option<Vec<GoId>> {
    let waiting = ending.goroutines.iter().map(|(info, _)| info);
    let mut all = waiting.filter(|info| info.state.waits_for_lock());
    all.find_map(|info| circle(ending, &mut vec![info.id]))
}

/// The cycle in words.
pub(super) fn in_a_circle(cycle: &[GoId]) -> String {
    match cycle {
        [only] => format!("{only} waits for itself"),
        [one, other] => format!("{one} and {other} wait for each other"),
        all => {
            let names: Vec<String> = all.iter().chain(all.first()).map(GoId::to_string).collect();
            format!("each waits for the next: {}", names.join(", "))
        }
    }
}

/// Follows who waits for whom until that comes back to the first.
fn circle(ending: &Ending, path: &mut Vec<GoId>) -> Option<Vec<GoId>> {
    let last = path[path.len() - 1];
    let mut infos = ending.goroutines.iter().map(|(info, _)| info);
    let info = infos.find(|info| info.id == last && info.state.waits_for_lock())?;
    for holding in holdings(ending, info) {
        if holding.go == path[0] {
            return Some(path.clone());
        }
        if !path.contains(&holding.go) {
            path.push(holding.go);
            if let Some(circle) = circle(ending, path) {
                return Some(circle);
            }
            path.pop();
        }
    }
    None
}

/// Who has the lock that a goroutine waits for.
fn holdings<'a>(
    ending: &'a Ending,
    info: &'a GoroutineInfo,
) -> impl Iterator<Item = &'a Holding> + 'a {
    // A writer that waits for the readers has announced itself.
    let own = |holding: &Holding| {
        info.state == GoroutineState::RwMutexLock
            && (holding.go, Some(holding.since)) == (info.id, info.place)
    };
    ending.holdings.iter().filter(move |holding| holding.lock == info.object && !own(holding))
}

/// What is known of what a goroutine waits for, in lines below its own.
fn known(ending: &Ending, info: &GoroutineInfo) -> Vec<String> {
    if info.state.waits_for_lock() {
        let held = holdings(ending, info).take(SHOWN).map(|holding| {
            let Holding { lock, go, who, since } = holding;
            let who = if *go == info.id { "the same goroutine" } else { who };
            format!("  {lock} is held by {who}, since {since}")
        });
        return held.collect();
    }
    used(ending, info).and_then(last_use).map(|line| format!("  {line}")).into_iter().collect()
}

/// `chan#1, made at src/a.rs:4, was last used by g1 main: send at src/a.rs:9`.
fn last_use(used: &Use) -> Option<String> {
    let Use { object, made, last } = used;
    match last {
        None => nobody(&[used]),
        Some((who, action, place)) => {
            Some(format!("{object}, made at {made}, was last used by {who}: {action} at {place}"))
        }
    }
}

/// Who else has used what a goroutine looks at again and again.
pub(super) fn looked_at(ending: &Ending, info: &GoroutineInfo) -> Option<String> {
    last_use(ending.uses.iter().find(|used| used.object == info.object)?)
}

/// `nobody else has used chan#1, made at src/a.rs:4`.
fn nobody(unused: &[&Use]) -> Option<String> {
    let what = match unused {
        [] => return None,
        [only] => only.object.clone(),
        _ => "these".to_owned(),
    };
    let mut places: Vec<String> = unused.iter().map(|used| used.made.to_string()).collect();
    places.sort_unstable();
    places.dedup();
    Some(format!("nobody else has used {what}, made at {}", places.join(", ")))
}

/// What became of what a goroutine waits for, if that may say why.
fn used<'a>(ending: &'a Ending, info: &GoroutineInfo) -> Option<&'a Use> {
    use GoroutineState::{ChanReceive, ChanSend, CondWait, Semacquire, WaitGroupWait};
    let (ChanReceive | ChanSend | CondWait | Semacquire | WaitGroupWait) = info.state else {
        return None;
    };
    ending.uses.iter().find(|used| used.object == info.object)
}

/// `g3 main/0/2 (worker): chan receive chan#2 at src/a.rs:14, started at src/a.rs:12`.
fn describe(info: &GoroutineInfo) -> String {
    let mut text = format!("{}: {}", label(info), info.state);
    for (before, part) in [
        (" ", (!info.object.is_empty()).then(|| info.object.clone())),
        (" at ", info.place.map(|place| place.to_string())),
        (", started at ", info.created.map(|place| place.to_string())),
    ] {
        if let Some(part) = part {
            text.push_str(before);
            text.push_str(&part);
        }
    }
    text
}
