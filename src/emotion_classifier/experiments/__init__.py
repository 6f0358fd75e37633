"""What trains many models: cross-validation, leaderboard, learning curve, search, the original study again."""
