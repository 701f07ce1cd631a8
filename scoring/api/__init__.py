"""The API for upstream scorers, `/api/v1/`: post alerts, read them back, follow verdicts, post outcomes."""
