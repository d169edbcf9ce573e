"""Requests to models behind a service: what is sent, what comes back, and what it costs."""
