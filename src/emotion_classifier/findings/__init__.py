"""What a check says, and what every check is made of."""
