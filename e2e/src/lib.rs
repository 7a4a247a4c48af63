#![doc = include_str!("../README.md")]

pub mod workload;

pub mod load;

pub mod drain;

pub mod usage;
