"""The design room: instruments, personas, topics, contexts and option orders."""
