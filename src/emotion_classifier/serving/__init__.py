"""The ways to reach the classifier from outside Python: the web app (`app`) and the HTTP API (`api`)."""
