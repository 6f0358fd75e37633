"""From findings to a cleaned copy of a dataset: plan, review, write."""
