"""The policy lab: what a queue's policy would do, before it does it; and what it has hidden."""
