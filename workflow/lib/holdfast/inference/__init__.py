"""The inference room: conversations and answers of language models."""
