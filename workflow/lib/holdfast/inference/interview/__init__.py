"""What is asked, in which order, and how replies become answers."""
