"""The study as one object: an RO-Crate to deposit and to cite."""
