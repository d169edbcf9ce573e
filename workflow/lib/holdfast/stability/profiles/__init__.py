"""Parts of profiles, their stability, and what remains of a stability without response sets."""
