"""Whether a bundle is equally good for every group of people."""
