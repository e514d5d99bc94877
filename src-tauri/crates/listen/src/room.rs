//! Room for bodies: bytes of all of them together, taken before they are read and given back when they are stored.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All the room there is.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    bytes: usize,
}

/// Part of the room, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    room: Room,
    permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(crate) fn of(bytes: usize) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(bytes)),
            bytes,
        }
    }

    /// Bytes of all parts.
    pub(crate) fn taken_bytes(&self) -> usize {
        self.bytes.saturating_sub(self.free.available_permits())
    }

    /// A part without bytes, to grow.
    pub(crate) fn part(&self) -> Taken {
        Taken {
            room: self.clone(),
            permit: None,
        }
    }
}

impl Taken {
    pub(crate) fn bytes(&self) -> usize {
        self.permit
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Grows to `bytes` in all; false where there is no room.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes());
        let Ok(more) = u32::try_from(more) else {
            return false;
        };
        let Ok(more) = Arc::clone(&self.room.free).try_acquire_many_owned(more) else {
            return false;
        };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        true
    }

    /// All of it, with nothing left here.
    pub(crate) fn take_all(&mut self) -> Self {
        Self {
            room: self.room.clone(),
            permit: self.permit.take(),
        }
    }

    /// Makes another part of the same room a part of this.
    pub(crate) fn join(&mut self, mut other: Self) {
        match (&mut self.permit, other.permit.take()) {
            (Some(permit), Some(more)) => permit.merge(more),
            (none, more) => *none = none.take().or(more),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_until_the_room_is_taken_and_come_back() {
        let room = Room::of(100);
        let (mut one, mut other) = (room.part(), room.part());
        assert!(one.grow_to(60) && other.grow_to(40));
        assert!(!one.grow_to(61));
        assert_eq!(room.taken_bytes(), 100);
        assert!(one.grow_to(10), "less is no more");
        drop(other);
        assert!(one.grow_to(100));
        assert_eq!(one.bytes(), 100);
    }
}
