//! From how a run ended to what is wrong with it.

use std::collections::BTreeMap;

use super::{Finding, Kind, label, lock_order, race, waits};
use crate::event::{Ending, Exit, Fate, GoId, GoroutineInfo, GoroutineState, Place};

/// All that is wrong with a run that ended like this: first its exit, then what became of goroutines.
pub(crate) fn findings(ending: &Ending) -> Vec<Finding> {
    let mut all: Vec<Finding> = exit(ending).into_iter().collect();
    all.extend(ending.races.iter().map(race::finding));
    all.extend(ending.lock_orders.iter().map(lock_order::finding));
    if ending.goroutines.is_empty() {
        return all;
    }
    all.extend(lost_panics(ending));
    all.extend(groups(ending, &Fate::Leaked).map(|group| leak(ending, &group)));
    all.extend(groups(ending, &Fate::Stranded).map(|group| stranded(ending, &group)));
    all.extend(cut_off(ending));
    all.extend(groups(ending, &Fate::Abandoned).map(|group| abandoned(ending, &group)));
    all.extend(standing_cycle(ending, &all));
    all
}

/// Goroutines that wait for each other's locks while others run on, unless they are convicted already:
/// somebody might still free a lock of another one's.
fn standing_cycle(ending: &Ending, convicted: &[Finding]) -> Option<Finding> {
    let cycle = waits::cycle(ending)?;
    let lost = |finding: &&Finding| matches!(finding.kind, Kind::Deadlock | Kind::Leak);
    if convicted.iter().filter(lost).any(|finding| finding.who.contains(&cycle[0])) {
        return None;
    }
    let infos = ending.goroutines.iter().map(|(info, _)| info);
    let members: Vec<_> = infos.filter(|info| cycle.contains(&info.id)).collect();
    let places = members.iter().filter_map(|info| info.place);
    let text: Vec<String> = places.clone().map(|place| place.to_string()).collect();
    let what = format!("lock cycle: {} at {}", waits::in_a_circle(&cycle), text.join(", "));
    let finding = told(ending, Finding::new(Kind::LockOrder, "cycle", what), &members);
    Some(places.fold(finding, |finding, place| finding.place(Some(place))))
}

fn exit(ending: &Ending) -> Option<Finding> {
    match &ending.exit {
        Exit::Returned | Exit::Exited(0) => None,
        Exit::Exited(code) => Some(non_zero_exit(ending, *code)),
        Exit::Panicked(panic) => {
            let place = ending.place.or_else(|| panic.location().map(Place::from));
            let text = panic.text();
            Some(by_culprit(ending, Kind::Panic, &text, format!("panic: {text}"), place))
        }
        Exit::Fatal(text) => Some(by_culprit(
            ending,
            Kind::Fatal,
            text,
            format!("fatal error: {text}"),
            ending.place,
        )),
        Exit::Deadlock => Some(deadlock(ending)),
        Exit::StepLimit => Some(step_limit(ending)),
    }
}

/// A finding that one goroutine brought about.
fn by_culprit(
    ending: &Ending,
    kind: Kind,
    message: &str,
    what: String,
    place: Option<Place>,
) -> Finding {
    blamed(ending, Finding::new(kind, message, with_place(what, who(ending), place)), place)
}

/// `panic: boom, in g3 main/0 (worker) at src/a.rs:4`, the first line of the message alone.
fn with_place(what: String, who: Option<String>, place: Option<Place>) -> String {
    let (first, rest) = what.split_once('\n').unwrap_or((&what, ""));
    let mut line = first.to_owned();
    if let Some(who) = who {
        line.push_str(&format!(", in {who}"));
    }
    if let Some(place) = place {
        line.push_str(&format!(" at {place}"));
    }
    if !rest.is_empty() {
        line.push('\n');
        line.push_str(rest);
    }
    line
}

/// Whoever ended the run; it may be gone by then.
fn culprit(ending: &Ending) -> Option<&GoroutineInfo> {
    let culprit = ending.culprit?;
    ending.goroutines.iter().map(|(info, _)| info).find(|info| info.id == culprit)
}

/// `g3 main/0 (worker)`, or as much of it as is known.
fn who(ending: &Ending) -> Option<String> {
    match (culprit(ending), ending.culprit) {
        (Some(info), _) => Some(label(info)),
        (None, Some(GoId::MAIN)) => Some("g1 main".to_owned()),
        (None, go) => go.map(|go| go.to_string()),
    }
}

/// The finding as one that the culprit brought about.
fn blamed(ending: &Ending, finding: Finding, place: Option<Place>) -> Finding {
    let finding = finding.place(place);
    match (culprit(ending), ending.culprit) {
        // Where it is, the first line says already.
        (Some(info), _) if info.place == place => {
            let started = info.created.map(|at| format!("{} was started at {at}", label(info)));
            finding.involving([info]).lines(started)
        }
        (Some(info), _) => told(ending, finding, &[info]),
        (None, Some(go)) => finding.by(go, who(ending)),
        (None, None) => finding,
    }
}

fn non_zero_exit(ending: &Ending, code: i32) -> Finding {
    let what = with_place(format!("exit status {code}"), who(ending), ending.place);
    blamed(ending, Finding::exactly(Kind::NonZeroExit, &code.to_string(), what), ending.place)
}

fn deadlock(ending: &Ending) -> Finding {
    let blocked: Vec<_> = ending.goroutines.iter().map(|(info, _)| info).collect();
    let mut what = if ending.main_gone {
        "fatal error: no goroutines (main called runtime.Goexit) - deadlock!".to_owned()
    } else {
        "fatal error: all goroutines are asleep - deadlock!".to_owned()
    };
    if let Some(first) = blocked.first() {
        let place = first.place.map(|place| format!(" at {place}")).unwrap_or_default();
        let who = if first.id == GoId::MAIN { "main".to_owned() } else { label(first) };
        what.push_str(&format!(" {who}: {}{place}", first.state));
    }
    let mut places: Vec<_> = blocked.iter().filter_map(|info| info.place).collect();
    places.sort_unstable_by_key(ToString::to_string);
    places.dedup();
    let message = if ending.main_gone { "goexit" } else { "" };
    let finding = Finding::new(Kind::Deadlock, message, what);
    let circle = waits::cycle(ending).map(|cycle| waits::in_a_circle(&cycle));
    let finding = told(ending, finding.lines(circle), &blocked);
    places.into_iter().fold(finding, |finding, place| finding.place(Some(place)))
}

fn step_limit(ending: &Ending) -> Finding {
    let spinners: Vec<_> = ending
        .goroutines
        .iter()
        .map(|(info, _)| info)
        .filter(|info| ending.spinning.contains(&info.id))
        .collect();
    let what = match spinners.first() {
        Some(first) => {
            let what = format!("step limit: {} only spins", label(first));
            with_place(what, None, first.place)
        }
        None => with_place("step limit".to_owned(), who(ending), ending.place),
    };
    let mut places: Vec<_> = spinners.iter().filter_map(|info| info.place).collect();
    places.sort_unstable_by_key(ToString::to_string);
    places.dedup();
    let who = spinners.iter().copied().chain(culprit(ending).filter(|_| spinners.is_empty()));
    let mut seen: Vec<String> = who.filter_map(|info| waits::looked_at(ending, info)).collect();
    seen.dedup();
    let finding = told(ending, Finding::new(Kind::StepLimit, "", what), &spinners).lines(seen);
    places.into_iter().fold(finding, |finding, place| finding.place(Some(place)))
}

fn lost_panics(ending: &Ending) -> impl Iterator<Item = Finding> {
    ending.goroutines.iter().filter_map(|(info, fate)| match fate {
        Fate::Panicking(message, place) => {
            let what = format!("panic: {message} (lost: main returned first)");
            let what = with_place(what, Some(label(info)), *place);
            let message = format!("{message} | lost");
            let finding = Finding::new(Kind::Panic, &message, what).place(*place);
            Some(told(ending, finding, &[info]))
        }
        _ => None,
    })
}

/// Goroutines with this fate, those with the same lines together.
fn groups<'a>(ending: &'a Ending, fate: &Fate) -> impl Iterator<Item = Vec<&'a GoroutineInfo>> {
    type Lines = (Option<String>, Option<String>);
    let mut groups: BTreeMap<Lines, Vec<&GoroutineInfo>> = BTreeMap::new();
    for (info, _) in ending.goroutines.iter().filter(|(_, of)| of == fate) {
        let text = |place: Option<Place>| place.map(|place| place.to_string());
        groups.entry((text(info.created), text(info.place))).or_default().push(info);
    }
    groups.into_values()
}

fn leak(ending: &Ending, group: &[&GoroutineInfo]) -> Finding {
    let what = sentence("leak", group, |state| format!("blocked for ever in {state}"));
    on_lines(ending, Kind::Leak, group, what)
}

fn stranded(ending: &Ending, group: &[&GoroutineInfo]) -> Finding {
    let what =
        sentence("stranded", group, |state| format!("blocked for ever in a destructor ({state})"));
    on_lines(ending, Kind::Stranded, group, what)
}

fn abandoned(ending: &Ending, group: &[&GoroutineInfo]) -> Finding {
    let what = sentence("abandoned", group, |_| "in a loop without points".to_owned());
    on_lines(ending, Kind::Starvation, group, what + ": its thread runs on after the end")
}

/// Cut off goroutines, and in the first note those that may have been leaks.
fn cut_off(ending: &Ending) -> Vec<Finding> {
    let note = |group: Vec<&GoroutineInfo>| {
        let what = sentence("cut off", &group, |state| format!("not done ({state})"));
        on_lines(ending, Kind::CutOff, &group, what + " when main returned")
    };
    let mut notes: Vec<Finding> = groups(ending, &Fate::CutOff).map(note).collect();
    if let Some(first) = notes.first_mut() {
        for group in groups(ending, &Fate::Suspect) {
            let what =
                sentence("perhaps a leak", &group, |state| format!("still blocked in {state}"));
            first.text.push_str("\n  ");
            first.text.push_str(&what);
        }
    }
    notes
}

/// `leak: goroutine started at A is blocked for ever in chan receive at B`.
fn sentence(
    word: &str,
    group: &[&GoroutineInfo],
    state: impl Fn(GoroutineState) -> String,
) -> String {
    let first = group[0];
    let (subject, verb) = match group.len() {
        1 => ("goroutine".to_owned(), "is"),
        n => (format!("{n} goroutines"), "are"),
    };
    let mut text = format!("{word}: {subject}");
    match (first.created, first.id) {
        (Some(created), _) => text.push_str(&format!(" started at {created}")),
        (None, GoId::MAIN) => text.push_str(" main"),
        (None, _) => {}
    }
    text.push_str(&format!(" {verb} {}", state(first.state)));
    if let Some(place) = first.place {
        text.push_str(&format!(" at {place}"));
    }
    text
}

fn on_lines(ending: &Ending, kind: Kind, group: &[&GoroutineInfo], what: String) -> Finding {
    let first = group[0];
    let finding = Finding::new(kind, "", what).place(first.created).place(first.place);
    finding.involving(group.iter().copied()).lines(waits::together(ending, group))
}

/// The finding with these goroutines, each in a line of the text.
fn told(ending: &Ending, finding: Finding, all: &[&GoroutineInfo]) -> Finding {
    let lines = waits::one_by_one(ending, all.iter().copied());
    finding.involving(all.iter().copied()).lines(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Action, Panic};

    fn goroutine(number: u32, state: GoroutineState) -> GoroutineInfo {
        let here = Place::here();
        GoroutineInfo {
            id: GoId::new(number),
            name: None,
            path: if number == 1 { "main".to_owned() } else { format!("main/{}", number - 2) },
            state,
            action: Action::Recv,
            object: "chan#1".to_owned(),
            place: Some(here),
            parent: (number > 1).then_some(GoId::MAIN),
            created: (number > 1).then_some(here),
            stack: Vec::new(),
        }
    }

    fn ending(exit: Exit, goroutines: Vec<(GoroutineInfo, Fate)>) -> Ending {
        Ending {
            exit,
            culprit: Some(GoId::MAIN),
            place: None,
            main_gone: false,
            goroutines,
            spinning: Vec::new(),
            races: Vec::new(),
            lock_orders: Vec::new(),
            holdings: Vec::new(),
            uses: Vec::new(),
        }
    }

    fn kinds(ending: &Ending) -> Vec<Kind> {
        findings(ending).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn a_return_with_nobody_left_is_fine() {
        assert_eq!(kinds(&ending(Exit::Returned, Vec::new())), []);
        assert_eq!(kinds(&ending(Exit::Exited(0), Vec::new())), []);
        assert_eq!(kinds(&ending(Exit::Exited(3), Vec::new())), [Kind::NonZeroExit]);
    }

    #[test]
    fn leaks_of_the_same_lines_are_one_finding() {
        let leaked = |number| (goroutine(number, GoroutineState::ChanReceive), Fate::Leaked);
        let one = findings(&ending(Exit::Returned, vec![leaked(2)]));
        let three = findings(&ending(Exit::Returned, vec![leaked(2), leaked(3), leaked(7)]));
        assert_eq!((one.len(), three.len()), (1, 1));
        assert_eq!(one[0].signature, three[0].signature);
        assert_eq!(three[0].goroutines, ["g2 main/0", "g3 main/1", "g7 main/5"]);
        let first = three[0].first_line();
        assert!(
            first.starts_with("leak: 3 goroutines started at src/detect/ending.rs:"),
            "{first}"
        );
        assert!(first.contains(" are blocked for ever in chan receive at src/"), "{first}");
    }

    #[test]
    fn one_run_shows_each_signature_once() {
        let state = |number, state| (goroutine(number, state), Fate::CutOff);
        let both = vec![state(2, GoroutineState::Sleep), state(3, GoroutineState::Runnable)];
        assert_eq!(findings(&ending(Exit::Returned, both)).len(), 1);
    }

    #[test]
    fn exit_codes_are_different_findings() {
        let of = |code| findings(&ending(Exit::Exited(code), Vec::new())).remove(0).signature;
        assert_ne!(of(1), of(2));
        assert_ne!(of(1), of(-1));
    }

    #[test]
    fn a_panic_that_mains_return_lost_is_a_panic() {
        let lost = Fate::Panicking("boom".to_owned(), Some(Place::here()));
        let info = goroutine(2, GoroutineState::Runnable);
        let found = findings(&ending(Exit::Returned, vec![(info, lost)]));
        assert_eq!(found[0].kind, Kind::Panic);
        assert!(found[0].text.contains("lost: main returned first"), "{}", found[0].text);
    }

    #[test]
    fn a_suspect_is_named_in_a_note_and_nowhere_else() {
        let busy = (goroutine(2, GoroutineState::Sleep), Fate::CutOff);
        let suspect = (goroutine(3, GoroutineState::ChanSend), Fate::Suspect);
        let found = findings(&ending(Exit::Returned, vec![busy, suspect.clone()]));
        assert_eq!(found.len(), 1);
        assert!(found[0].text.contains("perhaps a leak"), "{}", found[0].text);
        assert_eq!(kinds(&ending(Exit::Returned, vec![suspect])), []);
    }

    #[test]
    fn a_deadlock_says_who_is_blocked_where() {
        let blocked = |number| (goroutine(number, GoroutineState::ChanReceive), Fate::None);
        let end = ending(Exit::Deadlock, vec![blocked(1), blocked(2)]);
        let found = findings(&end).remove(0);
        let start = "fatal error: all goroutines are asleep - deadlock! main: chan receive at src/";
        assert!(found.text.starts_with(start), "{}", found.text);
        assert_eq!(found.text.lines().count(), 3);
        let mut end = ending(Exit::Deadlock, Vec::new());
        end.main_gone = true;
        assert!(findings(&end)[0].text.contains("no goroutines (main called runtime.Goexit)"));
    }

    #[test]
    fn the_first_line_of_a_panic_keeps_what_and_where_together() {
        let panic = Panic::new(Box::new("two\nlines"), None);
        let info = (goroutine(1, GoroutineState::Running), Fate::None);
        let mut end = ending(Exit::Panicked(panic), vec![info]);
        end.place = Some(Place::here());
        let found = findings(&end).remove(0);
        assert!(found.first_line().starts_with("panic: two, in g1 main at src/"), "{}", found.text);
        assert!(found.text.contains("\n\tlines"));
    }
}
