"""Which figures a job draws, and from what."""
