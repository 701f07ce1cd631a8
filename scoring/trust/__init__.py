"""Who said it: how far each judge can be believed, who is held back, and the lead's page about it."""
