"""What tasks of the worker are called by those who send them: they may not import the edge that runs them."""

LEARN = "scoring.tasks.learn"
