"""The scoring room: answers to ratings to value scores."""
