"""What observers of conversations say of the speakers, beside what the speakers say of themselves."""
