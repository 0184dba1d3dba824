//! A sorted map whose every version stays as it is: what `Map` and `SingleFlight` are made of.
//!
//! Keys are compared by code of the user's, which must not run under a lock. So a version is taken out
//! (one count), searched and changed outside, and the result put in its place if that is still the same
//! version. A change copies the nodes on one path, `O(log n)`, and shares the rest. The tree is an AVL
//! tree: the heights of siblings differ by one at most.

use std::cmp::Ordering;
use std::mem;
use std::sync::Arc;

use crate::primitives::guarded::Guarded;

/// One version.
#[derive(Debug)]
pub(super) struct Tree<K, V>(Option<Arc<Node<K, V>>>);

#[derive(Debug)]
struct Node<K, V> {
    entry: Arc<(K, V)>,
    height: u32,
    left: Tree<K, V>,
    right: Tree<K, V>,
}

impl<K, V> Clone for Tree<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K, V> Tree<K, V> {
    /// Whether both are the same version, not merely equal.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    fn height(&self) -> u32 {
        self.0.as_ref().map_or(0, |node| node.height)
    }

    fn join(left: Self, entry: Arc<(K, V)>, right: Self) -> Self {
        let height = left.height().max(right.height()) + 1;
        Self(Some(Arc::new(Node { entry, height, left, right })))
    }

    /// As `join`, for sides whose heights differ by two at most.
    fn balance(left: Self, entry: Arc<(K, V)>, right: Self) -> Self {
        match (&left.0, &right.0) {
            (Some(l), _) if l.height > right.height() + 1 => Self::lean_right(l, entry, right),
            (_, Some(r)) if r.height > left.height() + 1 => Self::lean_left(left, entry, r),
            _ => Self::join(left, entry, right),
        }
    }

    /// Rotates what is too high on the left.
    fn lean_right(l: &Node<K, V>, entry: Arc<(K, V)>, right: Self) -> Self {
        let outer = Arc::clone(&l.entry);
        match &l.right.0 {
            Some(inner) if inner.height > l.left.height() => {
                let low = Self::join(l.left.clone(), outer, inner.left.clone());
                let high = Self::join(inner.right.clone(), entry, right);
                Self::join(low, Arc::clone(&inner.entry), high)
            }
            _ => Self::join(l.left.clone(), outer, Self::join(l.right.clone(), entry, right)),
        }
    }

    /// Rotates what is too high on the right.
    fn lean_left(left: Self, entry: Arc<(K, V)>, r: &Node<K, V>) -> Self {
        let outer = Arc::clone(&r.entry);
        match &r.left.0 {
            Some(inner) if inner.height > r.right.height() => {
                let low = Self::join(left, entry, inner.left.clone());
                let high = Self::join(inner.right.clone(), outer, r.right.clone());
                Self::join(low, Arc::clone(&inner.entry), high)
            }
            _ => Self::join(Self::join(left, entry, r.left.clone()), outer, r.right.clone()),
        }
    }

    /// The tree without its least entry, and that entry.
    fn split_first(node: &Node<K, V>) -> (Arc<(K, V)>, Self) {
        let Some(left) = &node.left.0 else {
            return (Arc::clone(&node.entry), node.right.clone());
        };
        let (first, left) = Self::split_first(left);
        (first, Self::balance(left, Arc::clone(&node.entry), node.right.clone()))
    }

    /// Everything in `left`, then everything in `right`.
    fn concat(left: Self, right: Self) -> Self {
        let Some(node) = &right.0 else { return left };
        let (first, right) = Self::split_first(node);
        Self::balance(left, first, right)
    }
}

impl<K: Ord, V> Tree<K, V> {
    /// The entry of a key.
    pub(super) fn get(&self, key: &K) -> Option<&Arc<(K, V)>> {
        let node = self.0.as_ref()?;
        match key.cmp(&node.entry.0) {
            Ordering::Less => node.left.get(key),
            Ordering::Equal => Some(&node.entry),
            Ordering::Greater => node.right.get(key),
        }
    }

    /// The first entry, or the first one beyond a key.
    pub(super) fn after(&self, key: Option<&K>) -> Option<&Arc<(K, V)>> {
        let node = self.0.as_ref()?;
        match key {
            Some(key) if *key >= node.entry.0 => node.right.after(Some(key)),
            _ => node.left.after(key).or(Some(&node.entry)),
        }
    }

    /// This version with an entry, which replaces that of an equal key.
    pub(super) fn with(&self, entry: Arc<(K, V)>) -> Self {
        let Some(node) = &self.0 else {
            return Self::join(Self(None), entry, Self(None));
        };
        let (left, mine, right) = (&node.left, &node.entry, &node.right);
        match entry.0.cmp(&mine.0) {
            Ordering::Less => Self::balance(left.with(entry), Arc::clone(mine), right.clone()),
            Ordering::Equal => Self::join(left.clone(), entry, right.clone()),
            Ordering::Greater => Self::balance(left.clone(), Arc::clone(mine), right.with(entry)),
        }
    }

    /// This version without a key.
    pub(super) fn without(&self, key: &K) -> Self {
        let Some(node) = &self.0 else { return Self(None) };
        let (left, mine, right) = (&node.left, &node.entry, &node.right);
        match key.cmp(&mine.0) {
            Ordering::Less => Self::balance(left.without(key), Arc::clone(mine), right.clone()),
            Ordering::Equal => Self::concat(left.clone(), right.clone()),
            Ordering::Greater => Self::balance(left.clone(), Arc::clone(mine), right.without(key)),
        }
    }
}

/// The version that is in force.
pub(super) struct Current<K, V>(Guarded<Tree<K, V>>);

impl<K, V> Default for Current<K, V> {
    fn default() -> Self {
        Self(Guarded::default())
    }
}

impl<K, V> Current<K, V> {
    /// The version in force now.
    pub(super) fn version(&self) -> Tree<K, V> {
        self.0.lock().clone()
    }

    /// Puts `new` in the place of `old`, unless that is no longer in force.
    fn replace(&self, old: &Tree<K, V>, new: Tree<K, V>) -> bool {
        let mut current = self.0.lock();
        if !current.same(old) {
            return false;
        }
        let replaced = mem::replace(&mut *current, new);
        drop(current);
        drop(replaced);
        true
    }

    /// Applies `f`, which gives the next version, if there is to be one, and its answer. It is called
    /// again if the version has changed meanwhile. Also says whether anything was changed.
    pub(super) fn change<R>(
        &self,
        mut f: impl FnMut(&Tree<K, V>) -> (Option<Tree<K, V>>, R),
    ) -> (bool, R) {
        loop {
            let old = self.version();
            let (new, answer) = f(&old);
            let changed = new.is_some();
            if new.is_none_or(|new| self.replace(&old, new)) {
                return (changed, answer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::testing::fixed;
    use super::*;

    fn entries(tree: &Tree<u8, usize>) -> Vec<(u8, usize)> {
        let next = |entry: &Arc<(u8, usize)>| tree.after(Some(&entry.0)).cloned();
        std::iter::successors(tree.after(None).cloned(), next).map(|entry| *entry).collect()
    }

    /// The height, if each node has the right one and is balanced.
    fn height(tree: &Tree<u8, usize>) -> u32 {
        let Some(node) = &tree.0 else { return 0 };
        let (left, right) = (height(&node.left), height(&node.right));
        assert!(left.abs_diff(right) <= 1, "siblings of heights {left} and {right}");
        assert_eq!(node.height, left.max(right) + 1, "the height that was kept is right");
        node.height
    }

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn it_agrees_with_std_and_versions_stay(
            ops in prop::collection::vec((0..40_u8, any::<bool>()), 0..150),
        ) {
            let (mut tree, mut model) = (Tree::default(), BTreeMap::new());
            for (n, (key, remove)) in ops.into_iter().enumerate() {
                let (before, old) = (entries(&tree), tree.clone());
                if remove {
                    tree = tree.without(&key);
                    model.remove(&key);
                } else {
                    tree = tree.with(Arc::new((key, n)));
                    model.insert(key, n);
                }
                height(&tree);
                prop_assert_eq!(entries(&tree), model.clone().into_iter().collect::<Vec<_>>());
                prop_assert_eq!(tree.get(&key).map(|e| e.1), model.get(&key).copied());
                prop_assert_eq!(entries(&old), before);
            }
        }
    }
}
