"""The ways to reach the classifier from outside Python: today the web app (`serving.app`)."""
