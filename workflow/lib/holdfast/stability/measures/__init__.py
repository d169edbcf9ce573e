"""What is measured beside the two stabilities, one module a measure."""
