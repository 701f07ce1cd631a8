"""Report cards: what a scorer's owner has to know of one version of it, on screen and in the API."""
