"""Why an alert stands where it stands: contributions, what moved them, similar past alerts, the model's passport."""
