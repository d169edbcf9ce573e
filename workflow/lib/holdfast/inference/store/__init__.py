"""What is never computed twice: the response store."""
