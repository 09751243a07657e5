//! Whichever way a visit comes, it is the same visit; and a restart changes nothing about it.

mod faults;
mod restart;
mod ways;
mod world;
