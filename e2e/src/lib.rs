#![doc = include_str!("../README.md")]

pub mod workload;

pub mod load;

pub mod drain;

pub mod backlog;

pub mod bare_copy;

pub mod history;

pub mod ask;

pub mod usage;
