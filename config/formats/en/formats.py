"""Times of 24 hours, as everywhere else in the product."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "N j, Y, H:i"
SHORT_DATETIME_FORMAT = "j M Y H:i"
