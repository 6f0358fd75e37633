"""Cards and pages about models and data."""
